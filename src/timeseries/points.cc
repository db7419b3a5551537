// SPDX-License-Identifier: Apache-2.0
#include "timeseries/points.h"

#include <cstring>

namespace sluice::timeseries {
namespace {

bool has_text(PointType type) { return type == PointType::kString || type == PointType::kComplex; }

}  // namespace

void Points::clear() {
  times_.clear();
  values_.clear();
  types_.clear();
  text_.clear();
}

void Points::reserve(size_t points) {
  times_.reserve(points);
  values_.reserve(points);
}

double Points::number(size_t i) const {
  switch (type(i)) {
    case PointType::kLong:
    case PointType::kLongNano:
      return static_cast<double>(long_value(i));
    case PointType::kDouble:
      return double_value(i);
    default:
      return 0;
  }
}

void Points::add_complex(int64_t time, double real, double imaginary) {
  char bytes[2 * sizeof(double)];
  std::memcpy(bytes, &real, sizeof real);
  std::memcpy(bytes + sizeof real, &imaginary, sizeof imaginary);
  add(time, PointType::kComplex, place(std::string_view(bytes, sizeof bytes)));
}

void Points::add_from(const Points& other, size_t i) { add_from(other, i, other.times_[i]); }

void Points::add_from(const Points& other, size_t i, int64_t time) {
  const PointType type = other.type(i);
  add(time, type, has_text(type) ? place(other.text(i)) : other.values_[i]);
}

void Points::append(const Points& other, size_t begin, size_t end) {
  if (begin == end) return;
  const bool numbers = other.uniform() && !has_text(other.type_);
  if (!numbers || !(empty() || (uniform() && type_ == other.type_))) {
    for (size_t i = begin; i < end; ++i) add_from(other, i);
    return;
  }
  const auto tail = grow(other.type_, end - begin);
  std::memcpy(tail.times, other.times_.data() + begin, (end - begin) * sizeof(int64_t));
  std::memcpy(tail.values, other.values_.data() + begin, (end - begin) * sizeof(uint64_t));
}

Points::Tail Points::grow(PointType type, size_t count) {
  BUG_CHECK(empty() || (uniform() && type_ == type));
  BUG_CHECK(!has_text(type));
  type_ = type;
  const size_t old = size();
  times_.resize(old + count);
  values_.resize(old + count);
  return {times_.data() + old, values_.data() + old};
}

void Points::truncate(size_t count) {
  BUG_CHECK(uniform() && count <= size());
  times_.resize(count);
  values_.resize(count);
}

size_t Points::memory() const {
  return sizeof *this + times_.capacity() * sizeof(int64_t) + values_.capacity() * sizeof(uint64_t) +
         types_.capacity() + text_.capacity();
}

void Points::add_type(PointType type) {
  if (times_.empty()) {
    type_ = type;
    types_.clear();
    return;
  }
  if (types_.empty()) types_.assign(times_.size(), type_);
  types_.push_back(type);
}

uint64_t Points::place(std::string_view text) {
  BUG_CHECK(text.size() <= kMaxTextBytes);
  const uint64_t place = static_cast<uint64_t>(text_.size()) << 24 | text.size();
  text_.append(text);
  return place;
}

}  // namespace sluice::timeseries
