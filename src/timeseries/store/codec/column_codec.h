// SPDX-License-Identifier: Apache-2.0
// Column codec: 64-bit integers <-> few bytes. A column is turned into small numbers (differences to the least value,
// to the value before, or of differences; divided by what all have in common), those are cut into planes (all lowest
// bytes, all second bytes, ...), and each plane is a constant, raw, or compressed by zstd, whose entropy coding of one
// plane comes near to what the numbers hold: that beats packing bits for noise whose range is no power of two.
// Regular times and constants cost some bytes a column. Format: README.md, "Columns". Pure functions; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/result.h"

namespace sluice::timeseries {

// How much time encoding may take: kFast when memory is to be freed, kSmall in the background.
enum class Effort : uint8_t { kFast, kSmall };

inline constexpr size_t kMaxColumn = 1u << 16;  // values

// Appends the column. At most kMaxColumn values; how many is not stored.
void encode_column(std::span<const uint64_t> values, Effort effort, ByteBuffer& out);
// Reads a column of `out.size()` values, at most kMaxColumn. Errors: kDataLoss.
Status decode_column(ByteReader& in, std::span<uint64_t> out);

// Bytes of any kind, compressed where that makes them shorter. At most `max_bytes` when read.
void encode_bytes(std::span<const uint8_t> bytes, Effort effort, ByteBuffer& out);
Status decode_bytes(ByteReader& in, size_t max_bytes, ByteBuffer& out);

}  // namespace sluice::timeseries
