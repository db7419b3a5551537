// SPDX-License-Identifier: Apache-2.0
// Varints: 7 bits a byte, lowest first, at most 10 bytes; signed numbers zigzag. Pure functions over ByteReader and
// ByteBuffer. Used by blocks, records of the log and keys' values.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace sluice::timeseries {

inline constexpr size_t kMaxVarint = 10;

constexpr uint64_t zigzag(int64_t value) {
  return static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63);
}
constexpr int64_t unzigzag(uint64_t value) { return static_cast<int64_t>(value >> 1 ^ (~(value & 1) + 1)); }

// Only after reserve() of kMaxVarint.
inline void varint_unchecked(ByteBuffer& out, uint64_t value) {
  while (value >= 0x80) {
    out.u8_unchecked(static_cast<uint8_t>(value | 0x80));
    value >>= 7;
  }
  out.u8_unchecked(static_cast<uint8_t>(value));
}
inline void varint(ByteBuffer& out, uint64_t value) {
  out.reserve(kMaxVarint);
  varint_unchecked(out, value);
}

// Zero and !in.ok() when the bytes end or the number has more than 64 bits.
inline uint64_t read_varint(ByteReader& in) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const uint8_t byte = in.u8();
    if (shift == 63 && byte > 1) break;
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  in.set_failed();
  return 0;
}

}  // namespace sluice::timeseries
