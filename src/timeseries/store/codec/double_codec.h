// SPDX-License-Identifier: Apache-2.0
// Double codec: doubles <-> bytes, bit for bit. Numbers that were written as decimals (most are) become integers times
// a power of ten, so that the column codec sees their small differences; single ones that are none (NaN, -0.0, 1/3) are
// kept aside, and a column of many such is coded by its bits. Format: README.md, "Doubles". Pure functions; any thread.
#pragma once

#include <cstdint>
#include <span>

#include "timeseries/store/codec/column_codec.h"

namespace sluice::timeseries {

// `bits` of the doubles; at most kMaxColumn.
void encode_doubles(std::span<const uint64_t> bits, Effort effort, ByteBuffer& out);
// Errors: kDataLoss.
Status decode_doubles(ByteReader& in, std::span<uint64_t> bits);

}  // namespace sluice::timeseries
