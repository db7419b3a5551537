// SPDX-License-Identifier: Apache-2.0
// GroupTags: the tags of all series of a group: every value of every tag, in the order in which answers list them.
// One thread. Source of truth: KairosDB's AbstractDataPointGroup (a TreeMultimap) and Group (a HashMultimap).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "timeseries/series.h"

namespace sluice::timeseries {

class GroupTags {
 public:
  using Entry = std::pair<std::string, std::vector<std::string>>;

  GroupTags() = default;
  // Names and values sorted as Java sorts strings.
  static GroupTags of(const std::vector<const Tags*>& series);
  // The same tags as groups by time, value or bin list them: in the order of java.util.HashMap and HashSet. `buckets`:
  // that the map is made with, a power of two.
  GroupTags hashed(size_t buckets = 16) const;

  const std::vector<Entry>& all() const { return entries_; }
  bool operator==(const GroupTags&) const = default;

 private:
  std::vector<Entry> entries_;
};

// String.hashCode: of the UTF-16 units of UTF-8 text.
uint32_t java_hash(std::string_view text);

}  // namespace sluice::timeseries
