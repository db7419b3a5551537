// SPDX-License-Identifier: Apache-2.0
#include "client/cassandra/token.h"

#include <bit>
#include <cstring>
#include <limits>

namespace sluice::client::cassandra {

namespace {

constexpr uint64_t kC1 = 0x87c37b91114253d5ULL;
constexpr uint64_t kC2 = 0x4cf5ad432745937fULL;

uint64_t mix(uint64_t k) {
  k ^= k >> 33;
  k *= 0xff51afd7ed558ccdULL;
  k ^= k >> 33;
  k *= 0xc4ceb9fe1a85ec53ULL;
  return k ^ (k >> 33);
}

uint64_t mixed_first(uint64_t k) { return std::rotl(k * kC1, 31) * kC2; }
uint64_t mixed_second(uint64_t k) { return std::rotl(k * kC2, 33) * kC1; }

// Up to 8 bytes, little endian, each with its sign.
uint64_t signed_tail(const char* at, size_t n) {
  uint64_t k = 0;
  for (size_t i = 0; i < n; ++i)
    k ^= static_cast<uint64_t>(static_cast<int64_t>(static_cast<int8_t>(at[i]))) << (8 * i);
  return k;
}

}  // namespace

int64_t token_of(std::string_view key) {
  uint64_t h1 = 0, h2 = 0;
  const char* at = key.data();
  size_t left = key.size();
  for (; left >= 16; left -= 16, at += 16) {
    uint64_t k1, k2;
    std::memcpy(&k1, at, sizeof(k1));
    std::memcpy(&k2, at + sizeof(k1), sizeof(k2));
    h1 ^= mixed_first(k1);
    h1 = (std::rotl(h1, 27) + h2) * 5 + 0x52dce729;
    h2 ^= mixed_second(k2);
    h2 = (std::rotl(h2, 31) + h1) * 5 + 0x38495ab5;
  }
  if (left > 8) h2 ^= mixed_second(signed_tail(at + 8, left - 8));
  if (left > 0) h1 ^= mixed_first(signed_tail(at, left < 8 ? left : 8));
  h1 ^= key.size();
  h2 ^= key.size();
  h1 += h2;
  h2 += h1;
  h1 = mix(h1);
  h2 = mix(h2);
  h1 += h2;
  const auto token = static_cast<int64_t>(h1);
  return token == std::numeric_limits<int64_t>::min() ? std::numeric_limits<int64_t>::max() : token;
}

}  // namespace sluice::client::cassandra
