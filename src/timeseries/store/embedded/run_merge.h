// SPDX-License-Identifier: Apache-2.0
// RunMerge: ordered runs of numbers as one, stretch by stretch, without copying: clients that write the same series
// over several connections leave long runs that overlap. Of points of one time the one of the run that was added last
// counts. Refers to the runs. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sluice::timeseries {

class RunMerge {
 public:
  struct Stretch {
    std::span<const int64_t> times;
    std::span<const uint64_t> values;
  };

  // Before the first next(). Rising times, at least one, and as many values.
  void add(std::span<const int64_t> times, std::span<const uint64_t> values);
  bool done() const { return runs_.empty(); }
  // The next points, at least one and at most `most` (> 0) of them; not when done(). No time comes twice.
  Stretch next(size_t most);
  // Leaves out what lies before `time`.
  void skip_to(int64_t time);

 private:
  struct Run {
    const int64_t* time;
    const int64_t* end;
    const uint64_t* value;
    uint32_t rank;
  };
  static bool comes_later(const Run& left, const Run& right) {
    return *left.time != *right.time ? *left.time > *right.time : left.rank > right.rank;
  }
  // The last of runs_ went on; the others are a heap.
  void settle_last();

  std::vector<Run> runs_;  // a heap when heaped_: the one that comes first is at the front
  uint32_t added_ = 0;
  bool heaped_ = false;
};

}  // namespace sluice::timeseries
