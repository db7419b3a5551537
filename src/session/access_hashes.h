// SPDX-License-Identifier: Apache-2.0
// Password hashes as MySQL keeps them. Pure functions over OpenSSL's digests: no thread rule.
// Sources: MySQL internals "Authentication Method"; U. Drepper, "Unix crypt using SHA-256 and SHA-512" (version 0.6).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sluice::session {

constexpr size_t kSha1Bytes = 20;
constexpr size_t kSha256Bytes = 32;
constexpr size_t kSha2SaltBytes = 20;
constexpr size_t kSha2DigestChars = 43;
constexpr uint32_t kSha2Rounds = 5000;     // "$A$005$": thousands of rounds
constexpr size_t kMaxPasswordBytes = 256;  // as caching_sha2_password; bounds the work of one check

using Sha1Digest = std::array<uint8_t, kSha1Bytes>;
using Sha256Digest = std::array<uint8_t, kSha256Bytes>;

Sha1Digest sha1(std::string_view a, std::string_view b = {});
Sha256Digest sha256(std::string_view a, std::string_view b = {});
inline std::string_view bytes_of(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
// Takes the same time wherever the difference is. Different lengths are unequal at once.
bool equal_in_constant_time(std::string_view a, std::string_view b);

// The 43 characters that SHA-256 crypt puts behind "$5$<salt>$". The caller cuts salts (crypt(3): 16 bytes, MySQL: 20).
std::string sha256_crypt_digest(std::string_view password, std::string_view salt, uint32_t rounds);

// mysql_native_password: 20 bytes SHA1(SHA1(password)).
std::string native_stage2(std::string_view password);
// "*" + 40 hex digits <-> the 20 bytes.
std::string native_hash_text(std::string_view stage2);
std::optional<std::string> parse_native_hash(std::string_view text);

// caching_sha2_password: "$A$005$" + salt + digest, 70 bytes, with a new random salt.
std::string sha2_auth_string(std::string_view password);
// Accepts the 70 bytes themselves or "0x"/no prefix and 140 hex digits of them.
std::optional<std::string> parse_sha2_auth_string(std::string_view text);
// Costs milliseconds.
bool sha2_auth_string_matches(std::string_view auth_string, std::string_view password);

std::string to_hex(std::string_view bytes);
std::optional<std::string> from_hex(std::string_view hex);

}  // namespace sluice::session
