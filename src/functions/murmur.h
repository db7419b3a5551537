// SPDX-License-Identifier: Apache-2.0
// The MurmurHash functions, with the seeds that Doris gives them. Pure functions: no thread rule.
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::functions {

// MurmurHash3 x86, 32 bits: bitmap_hash(), murmur_hash3_32().
uint32_t murmur3_32(std::string_view bytes, uint32_t seed = 104729);
// A MurmurHash3 of 64 bits in the manner of the x64 one of 128: bitmap_hash64(), murmur_hash3_64().
uint64_t murmur3_64(std::string_view bytes, uint64_t seed = 0);
// MurmurHash64A: hll_hash().
uint64_t murmur2_64(std::string_view bytes, uint64_t seed = 0xadc83b19);

}  // namespace sluice::functions
