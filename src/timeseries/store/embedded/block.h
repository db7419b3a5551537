// SPDX-License-Identifier: Apache-2.0
// Block: up to kMaxBlockPoints points of one series as bytes, and its span: what is known of a block without reading
// it. Format: README.md, "Blocks". Decoders take bytes that may be damaged: kDataLoss, never a crash. Pure functions;
// any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "timeseries/store/codec/column_codec.h"
#include "timeseries/store/embedded/columns.h"

namespace sluice::timeseries {

inline constexpr size_t kMaxBlockPoints = 8192;
// A block of texts ends before it has more than this, but for a single longer text.
inline constexpr size_t kMaxBlockText = 1u << 20;

struct Span {
  int64_t first = 0;  // of the times, inclusive
  int64_t last = 0;
  uint64_t sequence = 0;      // of blocks of one series: later made, greater
  uint32_t count = 0;         // points, expired ones included
  uint32_t bytes = 0;         // of the block
  uint32_t first_expiry = 0;  // seconds since 1970 when the first one expires; 0: none ever does
  uint32_t last_expiry = 0;   // when all have expired; 0: some never do
};

// How many points from `begin` on fit into a block.
size_t block_points(const Columns& columns, size_t begin);
// Appends points [begin, end) of ordered columns, at least one; gives the span, its sequence 0.
Span encode_block(const Columns& columns, size_t begin, size_t end, Effort effort, ByteBuffer& out);

// Into `out`, which is cleared.
Status decode_block(std::string_view bytes, Columns& out);
// The same straight into Points when the block has numbers and none that expires; false: it is none of these.
Result<bool> decode_numbers(std::string_view bytes, Points& into);
// The times only.
Status decode_times(std::string_view bytes, std::vector<int64_t>& out);

// The value that belongs to the key of a block (first time and sequence are in the key).
void encode_span(const Span& span, ByteBuffer& out);
// Fills in all but first and sequence, which must be there.
Status decode_span(std::string_view bytes, Span& span);

}  // namespace sluice::timeseries
