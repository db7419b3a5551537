// SPDX-License-Identifier: Apache-2.0
#include "timeseries/engine/group_tags.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/json_text.h"

namespace sluice::timeseries {
namespace {

struct JavaLess {
  bool operator()(const std::string& a, const std::string& b) const { return compare_java(a, b) < 0; }
};

// The order of a java.util.HashMap with `buckets` buckets at first into which the names were put one after the other.
template <typename Entry, typename Name>
void order_as_hashed(std::vector<Entry>& entries, size_t buckets, Name name) {
  while (entries.size() > buckets * 3 / 4) buckets *= 2;
  std::vector<std::pair<size_t, size_t>> places;  // bucket, place before
  for (size_t i = 0; i < entries.size(); ++i) {
    const uint32_t hash = java_hash(name(entries[i]));
    places.emplace_back((hash ^ hash >> 16) & (buckets - 1), i);
  }
  std::sort(places.begin(), places.end());
  std::vector<Entry> ordered;
  for (const auto& [bucket, place] : places) ordered.push_back(std::move(entries[place]));
  entries = std::move(ordered);
}

}  // namespace

GroupTags GroupTags::of(const std::vector<const Tags*>& series) {
  std::map<std::string, std::set<std::string, JavaLess>, JavaLess> sorted;
  for (const auto* tags : series)
    for (const auto& [name, value] : tags->all()) sorted[name].insert(value);
  GroupTags made;
  for (auto& [name, values] : sorted)
    made.entries_.emplace_back(name, std::vector<std::string>(values.begin(), values.end()));
  return made;
}

GroupTags GroupTags::hashed(size_t buckets) const {
  GroupTags made = *this;
  for (auto& [name, values] : made.entries_)
    order_as_hashed(values, 4, [](const std::string& value) -> const std::string& { return value; });
  order_as_hashed(made.entries_, buckets, [](const Entry& entry) -> const std::string& { return entry.first; });
  return made;
}

uint32_t java_hash(std::string_view text) {
  uint32_t hash = 0;
  const auto unit = [&](uint32_t value) { hash = hash * 31 + value; };
  for (size_t i = 0; i < text.size();) {
    const size_t length = utf8_sequence(text.substr(i));
    const auto byte = [&](size_t at) { return static_cast<uint32_t>(static_cast<unsigned char>(text[i + at])); };
    if (length <= 1)
      unit(length == 0 ? 0xFFFD : byte(0));
    else if (length == 2)
      unit((byte(0) & 0x1F) << 6 | (byte(1) & 0x3F));
    else if (length == 3)
      unit((byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F));
    else {
      const uint32_t point =
          ((byte(0) & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F)) - 0x10000;
      unit(0xD800 + (point >> 10));
      unit(0xDC00 + (point & 0x3FF));
    }
    i += std::max<size_t>(length, 1);
  }
  return hash;
}

}  // namespace sluice::timeseries
