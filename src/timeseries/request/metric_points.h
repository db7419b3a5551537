// SPDX-License-Identifier: Apache-2.0
// MetricPoints: the "datapoints" of one metric as columns, while the metric is read: what kind of value decides about
// is known only at its end (type, name, tags may come later). Numbers are read at once; other points keep their place
// in the text. One thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "timeseries/request/json_reader.h"
#include "timeseries/request/json_value.h"

namespace sluice::timeseries {

class MetricPoints {
 public:
  enum class Kind : uint8_t {
    kLong,    // a JSON number without point and exponent
    kDouble,  // a JSON number with a point
    kText,    // a string without escapes: its bytes in the text
    kOther,   // anything else: the bytes of the point in the text; its time is not read yet
  };
  // The bytes of a point or value: 40 bits of begin, 24 bits of length.
  static constexpr uint64_t kMaxTextBytes = (1u << 24) - 1;

  void clear();
  size_t size() const { return kinds_.size(); }
  // Whether all points are of `kind`.
  bool only(Kind kind) const { return seen_ == 1u << static_cast<unsigned>(kind); }
  bool has(Kind kind) const { return (seen_ & 1u << static_cast<unsigned>(kind)) != 0; }

  const std::vector<int64_t>& times() const { return times_; }
  // The int64, the bits of the double.
  const std::vector<uint64_t>& values() const { return values_; }
  Kind kind(size_t i) const { return kinds_[i]; }
  std::string_view text(size_t i, std::string_view metric) const {
    return metric.substr(values_[i] >> 24, values_[i] & kMaxTextBytes);
  }

  // Reads points from the reader, which stands inside the array between two of them, as long as they are of the plain
  // kinds and whole; then goes on behind them. `text` is the reader's, `origin` where the metric begins in it.
  void read_plain(JsonReader& reader, std::string_view text, size_t origin);
  // Reads one point of any shape. False: the reader's fault.
  bool read_any(JsonReader& reader, size_t origin);

  // Numbers lose their text: false when the type needs it (fractions as longs, numbers as strings).
  bool enough_for(std::string_view type) const;

 private:
  void add(Kind kind, int64_t time, uint64_t value) {
    times_.push_back(time);
    values_.push_back(value);
    kinds_.push_back(kind);
    seen_ |= 1u << static_cast<unsigned>(kind);
  }

  std::vector<int64_t> times_;
  std::vector<uint64_t> values_;
  std::vector<Kind> kinds_;
  unsigned seen_ = 0;
};

}  // namespace sluice::timeseries
