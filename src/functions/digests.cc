// SPDX-License-Identifier: Apache-2.0
// Digests and hashes of text: MD5, SHA2, SM3, CRC32, MURMUR_HASH3_32, XXHASH_64, PASSWORD.
#include <openssl/evp.h>
#include <xxhash.h>

#include "functions/families.h"
#include "functions/rows.h"

namespace sluice::functions {
namespace {

using View = std::string_view;

std::string raw_digest(const EVP_MD* kind, std::span<const View> texts) {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  bool good = context && kind && EVP_DigestInit_ex(context.get(), kind, nullptr) == 1;
  for (View text : texts) good = good && EVP_DigestUpdate(context.get(), text.data(), text.size()) == 1;
  if (!good || EVP_DigestFinal_ex(context.get(), bytes, &size) != 1) {
    throw duckdb::InvalidInputException("This build of OpenSSL has not got the digest");
  }
  return {reinterpret_cast<char*>(bytes), size};
}

std::string in_hex(View bytes, const char* digits) {
  std::string result;
  for (char c : bytes) {
    result += digits[static_cast<unsigned char>(c) >> 4];
    result += digits[static_cast<unsigned char>(c) & 15];
  }
  return result;
}
constexpr const char* kSmall = "0123456789abcdef";
constexpr const char* kLarge = "0123456789ABCDEF";

std::string digest(const EVP_MD* kind, std::span<const View> texts) { return in_hex(raw_digest(kind, texts), kSmall); }
std::string md5(View text) { return digest(EVP_md5(), {&text, 1}); }
std::string md5sum(std::span<const View> texts) { return digest(EVP_md5(), texts); }
std::string sha1(View text) { return digest(EVP_sha1(), {&text, 1}); }
std::string sm3(View text) { return digest(EVP_sm3(), {&text, 1}); }
std::string sm3sum(std::span<const View> texts) { return digest(EVP_sm3(), texts); }

std::string sha2(View text, int64_t bits) {
  switch (bits) {
    case 224:
      return digest(EVP_sha224(), {&text, 1});
    case 0:
    case 256:
      return digest(EVP_sha256(), {&text, 1});
    case 384:
      return digest(EVP_sha384(), {&text, 1});
    case 512:
      return digest(EVP_sha512(), {&text, 1});
    default:
      throw duckdb::InvalidInputException("sha2 functions only support digest length of 224/256/384/512, not %d", bits);
  }
}

// MySQL's password hash: sha1 of sha1.
std::string password(View text) {
  if (text.empty()) return {};
  const std::string once = raw_digest(EVP_sha1(), {&text, 1});
  const View inner = once;
  return "*" + in_hex(raw_digest(EVP_sha1(), {&inner, 1}), kLarge);
}

int64_t crc32(View text) {
  uint32_t rest = 0xFFFFFFFF;
  for (char c : text) {
    rest ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) rest = rest >> 1 ^ (rest & 1 ? 0xEDB88320u : 0u);
  }
  return ~rest;
}

// ---- MurmurHash3 for 32 bits

constexpr uint32_t kMurmurSeed = 104729;

uint32_t rotated(uint32_t value, int by) { return value << by | value >> (32 - by); }
uint32_t murmur_word(uint32_t word) { return rotated(word * 0xcc9e2d51u, 15) * 0x1b873593u; }

uint32_t murmur32(View text, uint32_t hash) {
  size_t at = 0;
  for (; at + 4 <= text.size(); at += 4) {
    uint32_t word = 0;
    std::memcpy(&word, text.data() + at, 4);
    hash = rotated(hash ^ murmur_word(word), 13) * 5 + 0xe6546b64u;
  }
  uint32_t tail = 0;
  for (size_t i = text.size(); i > at; --i) tail = tail << 8 | static_cast<unsigned char>(text[i - 1]);
  if (at < text.size()) hash ^= murmur_word(tail);
  hash ^= static_cast<uint32_t>(text.size());
  hash = (hash ^ hash >> 16) * 0x85ebca6bu;
  hash = (hash ^ hash >> 13) * 0xc2b2ae35u;
  return hash ^ hash >> 16;
}
int32_t murmur_hash3_32(std::span<const View> texts) {
  uint32_t hash = kMurmurSeed;
  for (View text : texts) hash = murmur32(text, hash);
  return static_cast<int32_t>(hash);
}

// ---- its variant of one lane of 64 bits

uint64_t rotated64(uint64_t value, int by) { return value << by | value >> (64 - by); }
uint64_t murmur_long(uint64_t word) { return rotated64(word * 0x87c37b91114253d5ull, 31) * 0x4cf5ad432745937full; }

uint64_t murmur64(View text, uint64_t hash) {
  size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    hash = rotated64(hash ^ murmur_long(word), 27) * 5 + 0x52dce729;
  }
  if (at < text.size()) {
    uint64_t tail = 0;
    std::memcpy(&tail, text.data() + at, text.size() - at);
    hash ^= murmur_long(tail);
  }
  hash ^= text.size();
  hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccdull;
  hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53ull;
  return hash ^ hash >> 33;
}
int64_t murmur_hash3_64(std::span<const View> texts) {
  uint64_t hash = 0;
  for (View text : texts) hash = murmur64(text, hash);
  return static_cast<int64_t>(hash);
}

int32_t xxhash_32(std::span<const View> texts) {
  uint32_t hash = 0;
  for (View text : texts) hash = XXH32(text.data(), text.size(), hash);
  return static_cast<int32_t>(hash);
}
int64_t xxhash_64(std::span<const View> texts) {
  uint64_t hash = 0;
  for (View text : texts) hash = XXH3_64bits_withSeed(text.data(), text.size(), hash);
  return static_cast<int64_t>(hash);
}

}  // namespace

void add_digests(Registry& registry) {
  add_rows<md5>(registry.add("md5", "The MD5 digest in base 16."));
  add_variadic_rows<md5sum>(registry.add("md5sum", "The MD5 digest of all texts together in base 16."));
  add_rows<sha1>(registry.add("sha1", "The SHA-1 digest in base 16.").alias("sha"));
  add_rows<sha2>(registry.add("sha2", "The SHA-2 digest of 224, 256, 384 or 512 bits in base 16."));
  add_rows<sm3>(registry.add("sm3", "The SM3 digest in base 16."));
  add_variadic_rows<sm3sum>(registry.add("sm3sum", "The SM3 digest of all texts together in base 16."));
  add_rows<password>(registry.add("password", "MySQL's hash of a password."));
  add_rows<crc32>(registry.add("crc32", "The CRC-32 checksum."));
  add_variadic_rows<murmur_hash3_32>(registry.add("murmur_hash3_32", "A hash of 32 bits."));
  add_variadic_rows<murmur_hash3_64>(registry.add("murmur_hash3_64", "A hash of 64 bits."));
  add_variadic_rows<xxhash_32>(registry.add("xxhash_32", "A hash of 32 bits."));
  add_variadic_rows<xxhash_64>(registry.add("xxhash_64", "A hash of 64 bits."));
}

}  // namespace sluice::functions
