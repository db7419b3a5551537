// SPDX-License-Identifier: Apache-2.0
// KeyOrder: whether rows come with keys that ascend strictly, so that no two are equal. KeyRange: between which values
// one key column lies. Plain data of one thread.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "pch/pch.h"

namespace sluice::kernel {

class KeyOrder {
 public:
  // The next rows: their key columns.
  void add(duckdb::DataChunk& keys);
  bool ascends() const { return ascends_; }
  // Whether all these keys are below those of `later`; both ascend and neither is empty.
  bool is_below(const KeyOrder& later) const;

 private:
  std::vector<duckdb::Value> first_, last_;
  bool ascends_ = true;
};

class KeyRange {
 public:
  void add(duckdb::Vector& column, duckdb::idx_t count);
  void add(const KeyRange& other);
  // Nothing when there was no row, a NULL, or a type of whose values none is the least.
  std::optional<std::pair<duckdb::Value, duckdb::Value>> bounds() const;

 private:
  std::optional<std::pair<duckdb::Value, duckdb::Value>> bounds_;
  bool unknown_ = false;
};

}  // namespace sluice::kernel
