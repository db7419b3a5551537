// SPDX-License-Identifier: Apache-2.0
// The order in which Doris gives the elements of a set: that of its hash table, which is of open addressing and begins
// with 2^degree places. Programs see it in the text of ARRAY_UNION, ARRAY_INTERSECT and COLLECT_SET. Source: Doris'
// regression answers. Pure functions: no thread rule.
#pragma once

#include <cstdint>
#include <vector>

#include "pch/pch.h"

namespace sluice::functions {

inline constexpr uint8_t kArraySetDegree = 6;    // of functions over arrays
inline constexpr uint8_t kCollectSetDegree = 4;  // of aggregates

struct SetPlace {
  uint64_t hash;
  bool zero;  // 0 and '' stand before all others
};

// Where the values of a vector belong.
class SetPlaces {
 public:
  SetPlaces(duckdb::Vector& values, duckdb::idx_t count);
  // Whether Doris has sets of the type; without, sets keep the order in which their elements came.
  static bool known(const duckdb::LogicalType& type);
  // Of a value that is not NULL.
  SetPlace operator[](duckdb::idx_t index) const;

 private:
  duckdb::LogicalType type_;
  duckdb::UnifiedVectorFormat values_;
};

// The order of different values that came one after the other, as indexes into `places`.
std::vector<size_t> set_order(const std::vector<SetPlace>& places, uint8_t degree);

}  // namespace sluice::functions
