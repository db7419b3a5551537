// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace sluice::timeseries {

Status check_stop(const std::atomic<bool>* cancelled, Deadline deadline) {
  if (cancelled != nullptr && cancelled->load(std::memory_order_relaxed))
    return fail(Code::kCancelled, "The query was cancelled");
  if (!deadline.is_never() && deadline.expired()) return fail(Code::kDeadlineExceeded, "The query took too long");
  return {};
}

Status ReadOptions::check_stop() const { return timeseries::check_stop(cancelled, deadline); }

Status ReadOptions::check_points(uint64_t points) const {
  if (max_points == 0 || points <= max_points) return {};
  return fail(Code::kResourceExhausted, "The query reads more than " + std::to_string(max_points) + " points");
}

Status Store::flush(Deadline) { return {}; }

Status Store::erase_ranges(std::span<const SeriesRange>) {
  return fail(Code::kUnsupported, "this store deletes no single points");
}

void WriteBatch::add(const SeriesRef& series, int64_t time, uint64_t value, uint32_t ttl) {
  if (series_.empty() || series_.back() != series) series_.push_back(series);
  points_.push_back({series.get(), time, value, ttl});
}

void WriteBatch::add_long(const SeriesRef& series, int64_t time, int64_t value, uint32_t ttl) {
  add(series, time, static_cast<uint64_t>(value), ttl);
}

void WriteBatch::add_double(const SeriesRef& series, int64_t time, double value, uint32_t ttl) {
  add(series, time, std::bit_cast<uint64_t>(value), ttl);
}

void WriteBatch::add_text(const SeriesRef& series, int64_t time, std::string_view value, uint32_t ttl) {
  BUG_CHECK(value.size() <= Points::kMaxTextBytes);
  const uint64_t place = static_cast<uint64_t>(text_.size()) << 24 | value.size();
  text_.append(value);
  add(series, time, place, ttl);
}

void WriteBatch::add_complex(const SeriesRef& series, int64_t time, double real, double imaginary, uint32_t ttl) {
  char bytes[2 * sizeof(double)];
  std::memcpy(bytes, &real, sizeof real);
  std::memcpy(bytes + sizeof real, &imaginary, sizeof imaginary);
  add_text(series, time, std::string_view(bytes, sizeof bytes), ttl);
}

void WriteBatch::add_numbers(const SeriesRef& series, std::span<const int64_t> times, std::span<const uint64_t> values,
                             uint32_t ttl) {
  BUG_CHECK(times.size() == values.size());
  if (times.empty()) return;
  if (series_.empty() || series_.back() != series) series_.push_back(series);
  const Series* const raw = series.get();
  // Grows as push_back does: a batch takes many columns.
  if (points_.capacity() < points_.size() + times.size())
    points_.reserve(std::max(points_.size() + times.size(), 2 * points_.capacity()));
  for (size_t i = 0; i < times.size(); ++i) points_.push_back({raw, times[i], values[i], ttl});
}

std::string_view WriteBatch::text(const NewPoint& point) const {
  return std::string_view(text_).substr(point.value >> 24, point.value & Points::kMaxTextBytes);
}

void WriteBatch::clear() {
  points_.clear();
  series_.clear();
  text_.clear();
}

}  // namespace sluice::timeseries
