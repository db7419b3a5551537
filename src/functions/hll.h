// SPDX-License-Identifier: Apache-2.0
// HyperLogLog with 2^14 registers: the value of type HLL, and approx_count_distinct. Value semantics, not for several
// threads at once. Up to 160 hashes are kept themselves; the estimate is exact then.
// Stored as Doris writes it to a client (hll_to_base64). The first byte is the form:
//   0 empty | 1 one byte n, n hashes of 8 bytes | 2 four bytes n, n times: two bytes of index, one of value
//   | 3 the 16,384 registers. All little endian.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::functions {

class Hll {
 public:
  // Nothing for bytes that are no HLL.
  static std::optional<Hll> from_bytes(std::string_view bytes);
  std::string to_bytes() const;

  void add(uint64_t hash);
  void merge(const Hll& other);
  int64_t estimate() const;

 private:
  static constexpr size_t kRegisters = 16384;

  void to_registers();
  void add_to_registers(uint64_t hash);

  std::set<uint64_t> hashes_;       // as long as there are no registers
  std::vector<uint8_t> registers_;  // empty, or all
};

}  // namespace sluice::functions
