// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/embedded/columns.h"

#include <array>
#include <cstring>

namespace sluice::timeseries {
namespace {

struct TimePlace {
  uint64_t time;  // less the least
  uint32_t place;
};

// Places of points by time, those of one time in their order. By digits of eight bits: points of some connections that
// are mixed are an order that comparing sorts do not profit from.
std::vector<TimePlace> places_by_time(const std::vector<int64_t>& times) {
  const auto [least, greatest] = std::minmax_element(times.begin(), times.end());
  const auto base = static_cast<uint64_t>(*least);
  const uint64_t range = static_cast<uint64_t>(*greatest) - base;
  std::vector<TimePlace> places(times.size());
  for (size_t i = 0; i < times.size(); ++i)
    places[i] = {static_cast<uint64_t>(times[i]) - base, static_cast<uint32_t>(i)};
  std::vector<TimePlace> other(times.size());
  for (unsigned shift = 0; shift < 64 && range >> shift != 0; shift += 8) {
    std::array<size_t, 257> starts{};
    for (const auto& one : places) ++starts[static_cast<uint8_t>(one.time >> shift) + 1u];
    for (size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
    for (const auto& one : places) other[starts[static_cast<uint8_t>(one.time >> shift)]++] = one;
    places.swap(other);
  }
  return places;
}

}  // namespace

void Columns::add(int64_t time, uint64_t value, uint32_t expires) {
  if (expires != 0 && expiry.empty()) expiry.assign(times.size(), 0);
  times.push_back(time);
  values.push_back(value);
  if (!expiry.empty() || expires != 0) expiry.push_back(expires);
}

void Columns::add_text(int64_t time, std::string_view bytes, uint32_t expires) {
  const uint64_t place = static_cast<uint64_t>(text.size()) << 24 | bytes.size();
  text.append(bytes);
  add(time, place, expires);
}

void Columns::append(const Columns& other, size_t begin, size_t end) {
  if (begin == end) return;
  const auto at = [](size_t i) { return static_cast<ptrdiff_t>(i); };
  if (!other.expiry.empty() && expiry.empty()) expiry.assign(times.size(), 0);
  if (!other.expiry.empty())
    expiry.insert(expiry.end(), other.expiry.begin() + at(begin), other.expiry.begin() + at(end));
  else if (!expiry.empty())
    expiry.resize(expiry.size() + end - begin, 0);
  times.insert(times.end(), other.times.begin() + at(begin), other.times.begin() + at(end));
  if (!has_text(type)) {
    values.insert(values.end(), other.values.begin() + at(begin), other.values.begin() + at(end));
    return;
  }
  for (size_t i = begin; i < end; ++i) {
    const auto bytes = other.text_at(i);
    values.push_back(static_cast<uint64_t>(text.size()) << 24 | bytes.size());
    text.append(bytes);
  }
}

bool Columns::ordered() const {
  for (size_t i = 1; i < times.size(); ++i)
    if (times[i] <= times[i - 1]) return false;
  return true;
}

void Columns::settle() {
  if (ordered()) return;
  const auto places = places_by_time(times);
  Columns sorted;
  sorted.times.reserve(size());
  sorted.values.reserve(size());
  for (size_t i = 0; i < size(); ++i) {
    const auto [time, place] = places[i];
    if (i + 1 < size() && places[i + 1].time == time) continue;
    // Texts stay where they are.
    sorted.add(times[place], values[place], expiry_at(place));
  }
  times.swap(sorted.times);
  values.swap(sorted.values);
  expiry.swap(sorted.expiry);
}

void Columns::drop(uint32_t now, int64_t begin, int64_t end) {
  size_t kept = 0;
  for (size_t i = 0; i < size(); ++i) {
    if (expired(i, now) || (begin <= end && times[i] >= begin && times[i] <= end)) continue;
    times[kept] = times[i];
    values[kept] = values[i];
    if (!expiry.empty()) expiry[kept] = expiry[i];
    ++kept;
  }
  times.resize(kept);
  values.resize(kept);
  if (!expiry.empty()) expiry.resize(kept);
}

void Columns::copy_to(Points& into, size_t begin, size_t end, bool reverse) const {
  if (begin == end) return;
  if (has_text(type)) {
    for (size_t i = begin; i < end; ++i) {
      const size_t from = reverse ? begin + end - 1 - i : i;
      const auto bytes = text_at(from);
      if (type == PointType::kString) {
        into.add_text(times[from], bytes);
        continue;
      }
      double parts[2] = {0, 0};
      std::memcpy(parts, bytes.data(), std::min(bytes.size(), sizeof parts));
      into.add_complex(times[from], parts[0], parts[1]);
    }
    return;
  }
  const auto tail = into.grow(type == PointType::kLongNano ? PointType::kLong : type, end - begin);
  const auto at = [](size_t i) { return static_cast<ptrdiff_t>(i); };
  if (reverse) {
    std::reverse_copy(times.begin() + at(begin), times.begin() + at(end), tail.times);
    std::reverse_copy(values.begin() + at(begin), values.begin() + at(end), tail.values);
  } else {
    std::copy(times.begin() + at(begin), times.begin() + at(end), tail.times);
    std::copy(values.begin() + at(begin), values.begin() + at(end), tail.values);
  }
}

}  // namespace sluice::timeseries
