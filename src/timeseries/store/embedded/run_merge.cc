// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/embedded/run_merge.h"

#include <algorithm>

namespace sluice::timeseries {
namespace {

// The first of the rising times that is not below `time`: a search whose steps grow, as most stretches are short.
const int64_t* first_not_below(const int64_t* begin, const int64_t* end, int64_t time) {
  ptrdiff_t step = 1;
  while (step < end - begin && begin[step] < time) {
    begin += step;
    step *= 2;
  }
  return std::lower_bound(begin, begin + std::min(end - begin, step + 1), time);
}

}  // namespace

void RunMerge::add(std::span<const int64_t> times, std::span<const uint64_t> values) {
  runs_.push_back({times.data(), times.data() + times.size(), values.data(), added_++});
}

void RunMerge::settle_last() {
  if (runs_.back().time == runs_.back().end)
    runs_.pop_back();
  else
    std::push_heap(runs_.begin(), runs_.end(), comes_later);
}

RunMerge::Stretch RunMerge::next(size_t most) {
  if (!heaped_) {
    std::make_heap(runs_.begin(), runs_.end(), comes_later);
    heaped_ = true;
  }
  for (;;) {
    std::pop_heap(runs_.begin(), runs_.end(), comes_later);
    Run& run = runs_.back();
    const bool alone = runs_.size() == 1;
    if (!alone && *run.time == *runs_.front().time) {
      ++run.time;
      ++run.value;
      settle_last();
      continue;
    }
    const int64_t* end = run.time + std::min(most, static_cast<size_t>(run.end - run.time));
    if (!alone) end = first_not_below(run.time, end, *runs_.front().time);
    const auto count = static_cast<size_t>(end - run.time);
    const Stretch stretch{{run.time, count}, {run.value, count}};
    run.time += count;
    run.value += count;
    settle_last();
    return stretch;
  }
}

void RunMerge::skip_to(int64_t time) {
  for (Run& run : runs_) {
    const int64_t* const at = std::lower_bound(run.time, run.end, time);
    run.value += at - run.time;
    run.time = at;
  }
  std::erase_if(runs_, [](const Run& run) { return run.time == run.end; });
  heaped_ = false;
}

}  // namespace sluice::timeseries
