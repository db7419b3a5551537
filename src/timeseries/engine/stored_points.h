// SPDX-License-Identifier: Apache-2.0
// StoredPoints: a column in memory as a point source. One thread; the column may be shared, it is only read.
#pragma once

#include <algorithm>
#include <memory>

#include "timeseries/store.h"

namespace sluice::timeseries {

class StoredPoints : public PointSource {
 public:
  explicit StoredPoints(std::shared_ptr<const Points> points) : points_(std::move(points)) {}

  Status next(Points& into) override {
    constexpr size_t kBatch = 4096;  // times and values of a batch stay in a core's nearest cache
    into.clear();
    const size_t end = std::min(points_->size(), at_ + kBatch);
    into.append(*points_, at_, end);
    at_ = end;
    return {};
  }

 private:
  const std::shared_ptr<const Points> points_;
  size_t at_ = 0;
};

}  // namespace sluice::timeseries
