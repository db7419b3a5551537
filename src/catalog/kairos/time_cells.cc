// SPDX-License-Identifier: Apache-2.0
#include "catalog/kairos/time_cells.h"

#include <limits>

#include "catalog/kairos/row_columns.h"
#include "catalog/kairos/step_values.h"

namespace sluice::catalog::kairos {
namespace {

// 1970-01-02 to 2038-01-18: what UNIX_TIMESTAMP() takes, a day less for the time zone.
constexpr int64_t kEarthlyBegin = 86'400'000;
constexpr int64_t kEarthlyEnd = (2'147'483'647LL - 86'400) * 1000;
constexpr int64_t kDay = 86'400'000;
// Cells whose ends are computed at once.
constexpr size_t kPredicted = 512;
// Searched cells after which the rest are single points: the kernel then looks at each.
constexpr size_t kMostSearches = 2'000;
constexpr size_t kMostCells = 200'000;

}  // namespace

TimeCells::TimeCells(duckdb::ClientContext& context, const StepList& steps, bool earthly, timeseries::Zone zone)
    : context_(context), earthly_(earthly), zone_(std::move(zone)) {
  if (steps.empty()) return;
  values_ = std::make_unique<StepValues>(context_, steps);
  kept_ = std::make_unique<KeptValues>(steps);
}

TimeCells::~TimeCells() = default;

namespace {

int64_t after(int64_t time) { return time == std::numeric_limits<int64_t>::max() ? time : time + 1; }

}  // namespace

bool TimeCells::in_domain(int64_t time) const {
  const int64_t begin = earthly_ ? kEarthlyBegin : kFirstLocal + kDay;
  const int64_t end = earthly_ ? kEarthlyEnd : kLastLocal - kDay;
  return time >= begin && time < end;
}

TimeCells::Cell TimeCells::span_of(int64_t time) const {
  Cell span{earthly_ ? kEarthlyBegin : kFirstLocal + kDay, earthly_ ? kEarthlyEnd : kLastLocal - kDay, 0};
  if (zone_.fixed()) return span;
  const int64_t previous = zone_.previous_transition(time);
  if (previous < time) span.begin = std::max(span.begin, previous + 1);
  const int64_t next = zone_.next_transition(time);
  if (next > time) span.end = std::min(span.end, next);
  return span;
}

TimeCells::Cell TimeCells::find(std::span<const int64_t> times) {
  const int64_t time = times[0];
  const auto holds = [&](const Cell& cell) { return cell.begin <= time && time < cell.end; };
  if (last_ < cells_.size() && holds(cells_[last_])) return cells_[last_];
  if (last_ + 1 < cells_.size() && holds(cells_[last_ + 1])) return cells_[++last_];
  const auto look = [&] {
    auto found = std::upper_bound(cells_.begin(), cells_.end(), time,
                                  [](int64_t at, const Cell& cell) { return at < cell.end; });
    if (found == cells_.end() || !holds(*found)) return false;
    last_ = static_cast<size_t>(found - cells_.begin());
    return true;
  };
  if (look()) return cells_[last_];
  if (!values_) return in_domain(time) ? span_of(time) : Cell{time, after(time), 0};
  if (next_single_ < singles_.size() && singles_[next_single_].begin == time) return singles_[next_single_++];
  if (!in_domain(time)) return single(times.first(1));
  const Cell span = span_of(time);
  if (predict(times, span) && look()) return cells_[last_];
  if (searches_ >= kMostSearches || cells_.size() >= kMostCells) return single(times);
  ++searches_;
  const Cell cell = search(time, span);
  cells_.insert(std::upper_bound(cells_.begin(), cells_.end(), cell.begin,
                                 [](int64_t at, const Cell& other) { return at < other.begin; }),
                cell);
  return look() ? cells_[last_] : single(times.first(1));
}

TimeCells::Cell TimeCells::single(std::span<const int64_t> times) {
  if (first_single_ == kNone) first_single_ = kept_->size();
  singles_.clear();
  const std::vector<int64_t> at(times.begin(),
                                times.begin() + static_cast<ptrdiff_t>(std::min(times.size(), kPredicted)));
  values_->compute(at, zone_);
  for (size_t i = 0; i < at.size(); ++i) singles_.push_back({at[i], after(at[i]), kept_->keep(*values_, i)});
  next_single_ = 1;
  return singles_[0];
}

std::optional<TrueRange> TimeCells::true_range() {
  const int64_t begin = earthly_ ? kEarthlyBegin : kFirstLocal + kDay;
  const int64_t last = (earthly_ ? kEarthlyEnd : kLastLocal - kDay) - 1;
  constexpr int64_t kOutside = 400 * kDay;
  values_->compute({begin, last, begin - kOutside, last + kOutside}, zone_);
  const auto holds = [&](size_t row) {
    const auto& result = values_->results()[0];
    return duckdb::FlatVector::Validity(result).RowIsValid(row) && duckdb::FlatVector::GetData<bool>(result)[row];
  };
  const bool first = holds(0);
  const bool in_the_end = holds(1);
  if (first == in_the_end) return std::nullopt;
  const bool outside = earthly_ && (holds(2) || holds(3));
  const int64_t slack = zone_.fixed() ? 0 : kDay;
  const int64_t border = last_equal(begin, last);
  if (first) return TrueRange{std::numeric_limits<int64_t>::min(), border + slack, outside};
  return TrueRange{border + 1 - slack, std::numeric_limits<int64_t>::max(), outside};
}

size_t TimeCells::forget_singles(size_t values) {
  // Values of cells that are remembered lie among those of single points: only a run at the end can go.
  if (first_single_ == kNone || !kept_) return values;
  singles_.clear();
  next_single_ = 0;
  for (const Cell& cell : cells_)
    if (cell.values != kNone && cell.values >= first_single_) first_single_ = cell.values + 1;
  const size_t now = kept_->truncate(std::min(first_single_, kept_->size()), values);
  first_single_ = kNone;
  return now;
}

void TimeCells::write(size_t step, std::span<const size_t> values, duckdb::Vector& into, size_t at) const {
  kept_->write(step, values, into, at);
}

// Cells are mostly as long as their neighbours: those of the times to come are guessed, and proven at their ends.
bool TimeCells::predict(std::span<const int64_t> times, const Cell& span) {
  if (cells_.empty() || cells_.size() >= kMostCells) return false;
  const Cell base = cells_[std::min(last_, cells_.size() - 1)];
  const int64_t width = base.end - base.begin;
  if (width <= 1 || width > 400LL * 86'400'000) return false;
  std::vector<Cell> guessed;
  std::vector<int64_t> ends;
  for (const int64_t time : times) {
    if (time < span.begin || time >= span.end) break;
    if (!guessed.empty() && time < guessed.back().end) continue;
    const int64_t distance = time - base.begin;
    const int64_t begin = base.begin + (distance / width - (distance % width < 0 ? 1 : 0)) * width;
    const Cell cell{begin, begin + width, 0};
    if (cell.begin < span.begin || cell.end > span.end) break;
    guessed.push_back(cell);
    ends.push_back(cell.begin);
    ends.push_back(cell.end - 1);
    if (guessed.size() == kPredicted) break;
  }
  if (guessed.empty()) return false;
  values_->compute(ends, zone_);
  std::vector<Cell> proven;
  for (size_t i = 0; i < guessed.size(); ++i)
    if (values_->equal(2 * i, 2 * i + 1))
      proven.push_back({guessed[i].begin, guessed[i].end, kept_->keep(*values_, 2 * i)});
  std::vector<Cell> all;
  all.reserve(cells_.size() + proven.size());
  std::ranges::merge(cells_, proven, std::back_inserter(all), {}, &Cell::begin, &Cell::begin);
  // Cells that are there already, or that a search has cut otherwise, stay.
  cells_.clear();
  for (const Cell& cell : all)
    if (cells_.empty() || cell.begin >= cells_.back().end) cells_.push_back(cell);
  last_ = 0;
  return !proven.empty();
}

int64_t TimeCells::last_equal(int64_t from, int64_t to) {
  constexpr int64_t kProbes = 64;
  const int64_t sign = to < from ? -1 : 1;
  // First in growing steps, then between the last equal one and the first other one.
  int64_t equal = 0;
  int64_t other = (to - from) * sign + 1;
  std::vector<int64_t> distances;
  for (int64_t step = 1; step < other; step *= 2) distances.push_back(step);
  if (distances.empty() || distances.back() != other - 1) distances.push_back(other - 1);
  while (other - equal > 1) {
    std::vector<int64_t> probes{from};
    for (const int64_t distance : distances) probes.push_back(from + sign * distance);
    values_->compute(probes, zone_);
    for (size_t i = 0; i < distances.size(); ++i) {
      if (values_->equal(0, i + 1)) {
        equal = std::max(equal, distances[i]);
      } else {
        other = std::min(other, distances[i]);
        break;
      }
    }
    distances.clear();
    const int64_t gap = other - equal;
    const int64_t step = std::max<int64_t>(1, gap / kProbes);
    for (int64_t at = equal + step; at < other; at += step) distances.push_back(at);
    if (distances.size() > StepValues::kMost - 1) distances.resize(StepValues::kMost - 1);
  }
  return from + sign * equal;
}

TimeCells::Cell TimeCells::search(int64_t time, const Cell& span) {
  Cell free = span;
  // Not into cells that are known.
  for (const Cell& cell : cells_) {
    if (cell.end <= time) free.begin = std::max(free.begin, cell.end);
    if (cell.begin > time) free.end = std::min(free.end, cell.begin);
  }
  Cell cell{last_equal(time, free.begin), last_equal(time, free.end - 1) + 1, 0};
  values_->compute({time}, zone_);
  cell.values = kept_->keep(*values_, 0);
  return cell;
}

}  // namespace sluice::catalog::kairos
