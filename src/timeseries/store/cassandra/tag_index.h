// SPDX-License-Identifier: Apache-2.0
// The index by tag: which metrics have one, and what its rows (table tag_indexed_row_keys) are named. Pure functions
// over plain data; any thread. Source of truth: KairosDB's ClusterConnection.TagIndexedRowKeysTableLookup.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "timeseries/series.h"

namespace sluice::timeseries::cassandra {

// Guava's murmur3_32 with seed 0, as a signed number.
int32_t murmur3_32(std::string_view bytes);

// tag_indexed_row_key_lookup_metrics: metrics and the tags of them that are indexed; the metric "*" stands for all
// metrics, the tag "*" and an empty set for all tags.
class TagIndex {
 public:
  using Metrics = std::map<std::string, std::set<std::string>, std::less<>>;

  TagIndex() = default;
  explicit TagIndex(Metrics metrics) : metrics_(std::move(metrics)), all_(metrics_.contains("*")) {}

  bool has(std::string_view metric) const { return all_ || (!metrics_.empty() && metrics_.contains(metric)); }
  bool has(std::string_view metric, std::string_view tag) const;

  struct Rows {
    int32_t hash = 0;                // tag_collection_hash
    std::vector<std::string> pairs;  // single_tag_pair, "host=a"
  };
  Rows rows_of(std::string_view metric, const Tags& tags) const;

 private:
  Metrics metrics_;
  bool all_ = false;
};

}  // namespace sluice::timeseries::cassandra
