// SPDX-License-Identifier: Apache-2.0
// Tokens of Murmur3Partitioner: where on the ring a partition key lies. Pure; any thread.
// Source of truth: Cassandra's MurmurHash.hash3_x64_128, which takes the bytes of the last, short block as signed ones
// and so differs from other implementations for bytes above 0x7F there.
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::client::cassandra {

// The first half of the 128-bit hash with seed 0; INT64_MIN, which is no token, becomes INT64_MAX.
int64_t token_of(std::string_view partition_key);

}  // namespace sluice::client::cassandra
