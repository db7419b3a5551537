// SPDX-License-Identifier: Apache-2.0
// KeyOrder: whether rows come with keys that ascend strictly, so that no two are equal. Plain data of one thread.
#pragma once

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

}  // namespace sluice::kernel
