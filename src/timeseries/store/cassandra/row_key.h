// SPDX-License-Identifier: Apache-2.0
// Row keys: the partition keys of data_points, byte for byte as KairosDB makes them:
//   <metric> 00 <row time: 8 bytes, big endian> [00 <length: 1> <data type>] <tag>=<value>:<tag>=<value>:...
// The part in brackets is absent for kairos_legacy. Tags are sorted as Java sorts texts; ':' and '=' are escaped by ':'
// in names and by '=' in values. Pure functions; any thread. Source of truth: KairosDB's DataPointsRowKeySerializer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "timeseries/series.h"

namespace sluice::timeseries::cassandra {

// Cassandra refuses longer keys.
inline constexpr size_t kMaxKeyBytes = 65'535;

std::string tag_string(const Tags& tags);
// What is no tag is left out, as KairosDB does.
Tags parse_tag_string(std::string_view text);

struct RowKey {
  std::string metric;
  int64_t row_time = 0;  // milliseconds
  std::string type;      // as the store names it, "kairos_long"
  Tags tags;
};

std::string encode_row_key(const RowKey& key);
// kDataLoss: no row key.
Result<RowKey> decode_row_key(std::string_view bytes);

// The parts of a key before and behind the row time.
std::string key_front(std::string_view metric);
std::string key_back(std::string_view type, const Tags& tags);
std::string join_key(std::string_view front, int64_t row_time, std::string_view back);

// Bounds of the column names of row_key_index for keys of row times [first, last], which have the same sign.
std::string index_begin(std::string_view metric, int64_t first);
std::string index_end(std::string_view metric, int64_t last);

}  // namespace sluice::timeseries::cassandra
