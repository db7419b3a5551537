// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store.h"

#include <bit>
#include <cstring>

namespace sluice::timeseries {

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

std::string_view WriteBatch::text(const NewPoint& point) const {
  return std::string_view(text_).substr(point.value >> 24, point.value & Points::kMaxTextBytes);
}

void WriteBatch::clear() {
  points_.clear();
  series_.clear();
  text_.clear();
}

}  // namespace sluice::timeseries
