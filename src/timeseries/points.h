// SPDX-License-Identifier: Apache-2.0
// Points as columns: times, and values as 64 bits each. No object per point. Not thread-safe.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "timeseries/point_types.h"

namespace sluice::timeseries {

// A column of points. `types` is empty while all points are of `type` (the common case; loops over such a column need
// no look at types). kLegacy never appears here: its points are kLong or kDouble. kLongNano is kLong.
class Points {
 public:
  static constexpr size_t kMaxTextBytes = (1u << 24) - 1;  // of one text or complex value

  size_t size() const { return times_.size(); }
  bool empty() const { return times_.empty(); }
  void clear();
  void reserve(size_t points);

  // Milliseconds since 1970, any sign.
  const std::vector<int64_t>& times() const { return times_; }
  // What a value is: kLong: the int64; kDouble: its bits; kString and kComplex: a place in the text, see text().
  const std::vector<uint64_t>& values() const { return values_; }

  bool uniform() const { return types_.empty(); }
  // Of all points when uniform(); of an empty column the type of the series it was made for.
  PointType uniform_type() const { return type_; }
  PointType type(size_t i) const { return types_.empty() ? type_ : types_[i]; }

  int64_t time(size_t i) const { return times_[i]; }
  int64_t long_value(size_t i) const { return static_cast<int64_t>(values_[i]); }
  double double_value(size_t i) const { return std::bit_cast<double>(values_[i]); }
  // The text of a kString; the 16 bytes (two doubles, real first) of a kComplex.
  std::string_view text(size_t i) const {
    return std::string_view(text_).substr(values_[i] >> 24, values_[i] & kMaxTextBytes);
  }
  // As a double, as Java's getDoubleValue(): texts and nulls are 0.
  double number(size_t i) const;

  void add_long(int64_t time, int64_t value) { add(time, PointType::kLong, static_cast<uint64_t>(value)); }
  void add_double(int64_t time, double value) { add(time, PointType::kDouble, std::bit_cast<uint64_t>(value)); }
  // At most kMaxTextBytes.
  void add_text(int64_t time, std::string_view value) { add(time, PointType::kString, place(value)); }
  void add_complex(int64_t time, double real, double imaginary);
  void add_null(int64_t time) { add(time, PointType::kNull, 0); }
  // Point i of another column.
  void add_from(const Points& other, size_t i);
  // The same with another time.
  void add_from(const Points& other, size_t i, int64_t time);
  // Points [begin, end) of another column.
  void append(const Points& other, size_t begin, size_t end);

  // For decoders: `count` more points of the uniform type, whose times and values the caller writes. The column must
  // be empty or uniform of that type, which is no text.
  struct Tail {
    int64_t* times;
    uint64_t* values;
  };
  Tail grow(PointType type, size_t count);
  // Drops what lies behind the first `count` points, of a uniform column without text.
  void truncate(size_t count);
  // Bytes of memory that the column holds.
  size_t memory() const;

 private:
  void add(int64_t time, PointType type, uint64_t value) {
    if (type != type_ || !types_.empty()) [[unlikely]]
      add_type(type);
    times_.push_back(time);
    values_.push_back(value);
  }
  void add_type(PointType type);
  uint64_t place(std::string_view text);

  std::vector<int64_t> times_;
  std::vector<uint64_t> values_;
  std::vector<PointType> types_;  // empty: all of type_
  PointType type_ = PointType::kLong;
  std::string text_;
};

}  // namespace sluice::timeseries
