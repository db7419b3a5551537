// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/cassandra/tag_index.h"

#include <bit>
#include <cstring>

namespace sluice::timeseries::cassandra {

int32_t murmur3_32(std::string_view bytes) {
  const auto mix = [](uint32_t k) { return std::rotl(k * 0xCC9E2D51u, 15) * 0x1B873593u; };
  uint32_t hash = 0;
  size_t at = 0;
  for (; at + 4 <= bytes.size(); at += 4) {
    uint32_t k;
    std::memcpy(&k, bytes.data() + at, sizeof k);
    hash = std::rotl(hash ^ mix(k), 13) * 5 + 0xE6546B64u;
  }
  uint32_t rest = 0;
  std::memcpy(&rest, bytes.data() + at, bytes.size() - at);
  if (at != bytes.size()) hash ^= mix(rest);
  hash ^= static_cast<uint32_t>(bytes.size());
  hash = (hash ^ hash >> 16) * 0x85EBCA6Bu;
  hash = (hash ^ hash >> 13) * 0xC2B2AE35u;
  return static_cast<int32_t>(hash ^ hash >> 16);
}

bool TagIndex::has(std::string_view metric, std::string_view tag) const {
  if (all_) return true;
  const auto found = metrics_.find(metric);
  if (found == metrics_.end()) return false;
  const auto& tags = found->second;
  return tags.empty() || tags.contains("*") || tags.contains(std::string(tag));
}

TagIndex::Rows TagIndex::rows_of(std::string_view metric, const Tags& tags) const {
  Rows rows;
  std::string hashed;
  for (const auto& [name, value] : tags.all()) {
    if (!has(metric, name)) continue;
    hashed.append(name).append(value);
    rows.pairs.push_back(name + "=" + value);
  }
  rows.hash = murmur3_32(hashed);
  return rows;
}

}  // namespace sluice::timeseries::cassandra
