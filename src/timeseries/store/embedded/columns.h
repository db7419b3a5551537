// SPDX-License-Identifier: Apache-2.0
// Columns: points of one series as the store holds them between its forms: Points, and when each expires. Not
// thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "timeseries/points.h"

namespace sluice::timeseries {

constexpr bool has_text(PointType type) { return type == PointType::kString || type == PointType::kComplex; }

struct Columns {
  PointType type = PointType::kLong;
  std::vector<int64_t> times;    // milliseconds
  std::vector<uint64_t> values;  // as Points::values(), texts lie in `text`
  std::vector<uint32_t> expiry;  // seconds since 1970, 0: never; empty: none expires
  std::string text;

  size_t size() const { return times.size(); }
  bool empty() const { return times.empty(); }
  void clear() {
    times.clear();
    values.clear();
    expiry.clear();
    text.clear();
  }
  std::string_view text_at(size_t i) const {
    return std::string_view(text).substr(values[i] >> 24, values[i] & Points::kMaxTextBytes);
  }
  uint32_t expiry_at(size_t i) const { return expiry.empty() ? 0 : expiry[i]; }
  bool expired(size_t i, uint32_t now) const { return !expiry.empty() && expiry[i] != 0 && expiry[i] <= now; }

  void add(int64_t time, uint64_t value, uint32_t expires);  // the value of a text must be a place in `text`
  void add_text(int64_t time, std::string_view bytes, uint32_t expires);
  // Points [begin, end) of columns of the same type.
  void append(const Columns& other, size_t begin, size_t end);
  bool ordered() const;  // times rise, none comes twice
  // Sorts by time; of points of one time the last one stays.
  void settle();
  // Drops what expired at `now` and, if begin <= end, what lies in [begin, end].
  void drop(uint32_t now, int64_t begin, int64_t end);
  // Appends points [begin, end), which are ordered, the last one first if `reverse`.
  void copy_to(Points& into, size_t begin, size_t end, bool reverse) const;
};

}  // namespace sluice::timeseries
