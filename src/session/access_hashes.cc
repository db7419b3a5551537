// SPDX-License-Identifier: Apache-2.0
#include "session/access_hashes.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <memory>

#include "base/check.h"

namespace sluice::session {
namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// One digest under way. OpenSSL's SHA functions fail only when memory runs out.
class Digest {
 public:
  explicit Digest(const EVP_MD* kind) : kind_(kind), context_(EVP_MD_CTX_new()) { restart(); }
  void restart() { BUG_CHECK(context_ && EVP_DigestInit_ex(context_.get(), kind_, nullptr) == 1); }
  Digest& add(std::string_view bytes) {
    BUG_CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
    return *this;
  }
  template <size_t N>
  void finish(std::array<uint8_t, N>& out) {
    unsigned length = 0;
    BUG_CHECK(EVP_DigestFinal_ex(context_.get(), out.data(), &length) == 1 && length == N);
  }

 private:
  const EVP_MD* kind_;
  std::unique_ptr<EVP_MD_CTX, FreeContext> context_;
};

constexpr char kCryptAlphabet[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

// Repeats `digest` until `length` bytes are filled.
std::string stretched(const Sha256Digest& digest, size_t length) {
  std::string out;
  out.reserve(length + digest.size());
  while (out.size() < length) out += bytes_of(digest);
  out.resize(length);
  return out;
}

}  // namespace

Sha1Digest sha1(std::string_view a, std::string_view b) {
  Sha1Digest out;
  Digest(EVP_sha1()).add(a).add(b).finish(out);
  return out;
}
Sha256Digest sha256(std::string_view a, std::string_view b) {
  Sha256Digest out;
  Digest(EVP_sha256()).add(a).add(b).finish(out);
  return out;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

// The numbers in the comments are the steps of the specification.
std::string sha256_crypt_digest(std::string_view password, std::string_view salt, uint32_t rounds) {
  Digest digest(EVP_sha256());
  Sha256Digest b;
  digest.add(password).add(salt).add(password).finish(b);  // 4-8

  digest.restart();
  digest.add(password).add(salt);             // 1-3
  digest.add(stretched(b, password.size()));  // 9, 10
  Sha256Digest a;
  for (size_t length = password.size(); length > 0; length >>= 1) {  // 11
    if (length & 1) {
      digest.add(bytes_of(b));
    } else {
      digest.add(password);
    }
  }
  digest.finish(a);  // 12

  digest.restart();
  for (size_t i = 0; i < password.size(); ++i) digest.add(password);  // 13-15
  Sha256Digest dp;
  digest.finish(dp);
  const std::string p = stretched(dp, password.size());  // 16

  digest.restart();
  for (size_t i = 0; i < 16u + a[0]; ++i) digest.add(salt);  // 17-19
  Sha256Digest ds;
  digest.finish(ds);
  const std::string s = stretched(ds, salt.size());  // 20

  for (uint32_t round = 0; round < rounds; ++round) {  // 21
    digest.restart();
    digest.add((round & 1) ? std::string_view(p) : bytes_of(a));
    if (round % 3 != 0) digest.add(s);
    if (round % 7 != 0) digest.add(p);
    digest.add((round & 1) ? bytes_of(a) : std::string_view(p));
    digest.finish(a);
  }

  // 22: groups of three bytes, six bits a character, least significant first.
  std::string out;
  const auto emit = [&](uint32_t bits, int characters) {
    for (; characters > 0; --characters, bits >>= 6) out += kCryptAlphabet[bits & 0x3f];
  };
  constexpr uint8_t kOrder[10][3] = {{0, 10, 20}, {21, 1, 11}, {12, 22, 2}, {3, 13, 23}, {24, 4, 14},
                                     {15, 25, 5}, {6, 16, 26}, {27, 7, 17}, {18, 28, 8}, {9, 19, 29}};
  for (const auto& group : kOrder) emit(uint32_t{a[group[0]]} << 16 | uint32_t{a[group[1]]} << 8 | a[group[2]], 4);
  emit(uint32_t{a[31]} << 8 | a[30], 3);
  return out;
}

std::string native_stage2(std::string_view password) { return std::string(bytes_of(sha1(bytes_of(sha1(password))))); }

std::string to_hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    out += kDigits[static_cast<uint8_t>(c) >> 4];
    out += kDigits[static_cast<uint8_t>(c) & 15];
  }
  return out;
}

std::optional<std::string> from_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string out;
  out.reserve(hex.size() / 2);
  int high = -1;
  for (const char c : hex) {
    int digit = 0;
    if (c >= '0' && c <= '9') {
      digit = c - '0';
    } else if (c >= 'a' && c <= 'f') {
      digit = c - 'a' + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = c - 'A' + 10;
    } else {
      return std::nullopt;
    }
    if (high < 0) {
      high = digit;
    } else {
      out += static_cast<char>(high << 4 | digit);
      high = -1;
    }
  }
  return out;
}

std::string native_hash_text(std::string_view stage2) { return "*" + to_hex(stage2); }

std::optional<std::string> parse_native_hash(std::string_view text) {
  if (text.size() != 1 + 2 * kSha1Bytes || text[0] != '*') return std::nullopt;
  return from_hex(text.substr(1));
}

namespace {
constexpr std::string_view kSha2Prefix = "$A$005$";
constexpr size_t kSha2Chars = kSha2Prefix.size() + kSha2SaltBytes + kSha2DigestChars;
}  // namespace

std::string sha2_auth_string(std::string_view password) {
  std::array<uint8_t, kSha2SaltBytes> random;
  BUG_CHECK(RAND_bytes(random.data(), random.size()) == 1);
  std::string salt;
  for (const uint8_t byte : random) salt += kCryptAlphabet[byte & 0x3f];
  return std::string(kSha2Prefix) + salt + sha256_crypt_digest(password, salt, kSha2Rounds);
}

std::optional<std::string> parse_sha2_auth_string(std::string_view text) {
  std::string bytes(text);
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  if (text.size() == 2 * kSha2Chars) {
    auto decoded = from_hex(text);
    if (!decoded) return std::nullopt;
    bytes = std::move(*decoded);
  }
  if (bytes.size() != kSha2Chars || !bytes.starts_with(kSha2Prefix)) return std::nullopt;
  const std::string_view digest = std::string_view(bytes).substr(kSha2Prefix.size() + kSha2SaltBytes);
  if (digest.find_first_not_of(std::string_view(kCryptAlphabet, 64)) != std::string_view::npos) return std::nullopt;
  return bytes;
}

bool sha2_auth_string_matches(std::string_view auth_string, std::string_view password) {
  if (auth_string.size() != kSha2Chars || password.size() > kMaxPasswordBytes) return false;
  const auto salt = auth_string.substr(kSha2Prefix.size(), kSha2SaltBytes);
  return equal_in_constant_time(sha256_crypt_digest(password, salt, kSha2Rounds),
                                auth_string.substr(kSha2Prefix.size() + kSha2SaltBytes));
}

}  // namespace sluice::session
