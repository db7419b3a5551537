// SPDX-License-Identifier: Apache-2.0
// Pages: the points of one row, read page by page and kept until a query wants them, as they are or packed
// (../codec/README.md says how small). One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "timeseries/store.h"

namespace sluice::timeseries::cassandra {

class Pages : public PointSource {
 public:
  // The page that follows. Texts, and pages of several data types, are never packed.
  void add(Points page, bool packed);
  uint64_t points() const { return points_; }  // added
  size_t memory() const;                       // bytes that the pages hold

  // Gives what was added, page by page, and forgets it.
  Status next(Points& into) override;

 private:
  struct Page {
    Points plain;  // or, where it is empty:
    PointType type;
    size_t points;
    std::vector<uint8_t> packed;  // times, then values
  };
  std::deque<Page> pages_;
  uint64_t points_ = 0;
};

}  // namespace sluice::timeseries::cassandra
