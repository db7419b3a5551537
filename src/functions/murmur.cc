// SPDX-License-Identifier: Apache-2.0
#include "functions/murmur.h"

#include <bit>
#include <cstring>

namespace sluice::functions {
namespace {

template <typename T>
T load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

// The last bytes as a little endian number.
uint64_t tail(const char* at, size_t count) {
  uint64_t value = 0;
  for (size_t i = 0; i < count; ++i) value |= uint64_t{static_cast<uint8_t>(at[i])} << (8 * i);
  return value;
}

uint64_t finish64(uint64_t hash) {
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccdULL;
  hash ^= hash >> 33;
  hash *= 0xc4ceb9fe1a85ec53ULL;
  return hash ^ (hash >> 33);
}

}  // namespace

uint32_t murmur3_32(std::string_view bytes, uint32_t seed) {
  constexpr uint32_t kFirst = 0xcc9e2d51;
  constexpr uint32_t kSecond = 0x1b873593;
  const auto mixed = [](uint32_t block) { return std::rotl(block * kFirst, 15) * kSecond; };
  uint32_t hash = seed;
  const size_t whole = bytes.size() / 4 * 4;
  for (size_t i = 0; i < whole; i += 4) {
    hash ^= mixed(load<uint32_t>(bytes.data() + i));
    hash = std::rotl(hash, 13) * 5 + 0xe6546b64;
  }
  if (whole != bytes.size()) hash ^= mixed(static_cast<uint32_t>(tail(bytes.data() + whole, bytes.size() - whole)));
  hash ^= static_cast<uint32_t>(bytes.size());
  hash ^= hash >> 16;
  hash *= 0x85ebca6b;
  hash ^= hash >> 13;
  hash *= 0xc2b2ae35;
  return hash ^ (hash >> 16);
}

uint64_t murmur3_64(std::string_view bytes, uint64_t seed) {
  const auto mixed = [](uint64_t block) {
    return std::rotl(block * 0x87c37b91114253d5ULL, 31) * 0x4cf5ad432745937fULL;
  };
  uint64_t hash = seed;
  const size_t whole = bytes.size() / 8 * 8;
  for (size_t i = 0; i < whole; i += 8) {
    hash ^= mixed(load<uint64_t>(bytes.data() + i));
    hash = std::rotl(hash, 27) * 5 + 0x52dce729;
  }
  if (whole != bytes.size()) hash ^= mixed(tail(bytes.data() + whole, bytes.size() - whole));
  return finish64(hash ^ bytes.size());
}

uint64_t murmur2_64(std::string_view bytes, uint64_t seed) {
  constexpr uint64_t kFactor = 0xc6a4a7935bd1e995ULL;
  constexpr int kShift = 47;
  uint64_t hash = seed ^ (bytes.size() * kFactor);
  const size_t whole = bytes.size() / 8 * 8;
  for (size_t i = 0; i < whole; i += 8) {
    uint64_t block = load<uint64_t>(bytes.data() + i) * kFactor;
    block ^= block >> kShift;
    hash = (hash ^ (block * kFactor)) * kFactor;
  }
  if (whole != bytes.size()) hash = (hash ^ tail(bytes.data() + whole, bytes.size() - whole)) * kFactor;
  hash ^= hash >> kShift;
  hash *= kFactor;
  return hash ^ (hash >> kShift);
}

}  // namespace sluice::functions
