// SPDX-License-Identifier: Apache-2.0
// SeriesCache: from the bytes by which a client names a series (metric and tags as it writes them) to the series, so
// that a point of a series seen before costs one look-up. Bounded: starts over when full. One thread, one store.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "timeseries/series.h"

namespace sluice::timeseries {

class SeriesCache {
 public:
  static constexpr size_t kTypes = 3;  // kLong, kDouble, kString: what clients write

  struct Entry {
    std::string key;
    uint64_t hash = 0;
    std::array<SeriesRef, kTypes> series;  // nullptr: not asked for yet
    uint32_t ttl = 0;                      // seconds; of telnet lines, whose tags may carry one
  };

  // `max_bytes` bounds the keys; an entry takes some 200 bytes besides.
  explicit SeriesCache(size_t max_entries = 65'536, size_t max_bytes = 16u << 20);

  // Nullptr when it is not there.
  Entry* find(std::string_view key, uint64_t hash);
  // The same for the key `front` + '\n' + `back`.
  Entry* find(std::string_view front, std::string_view back, uint64_t hash);
  // A new entry; the key must not be there. Older entries may go, so pointers to them are void.
  Entry& add(std::string_view key, uint64_t hash);
  void clear();
  size_t size() const { return entries_.size(); }

  // Part by part (metric, tag, value, ..) to a key that stands for nothing else.
  static void append_part(std::string& key, std::string_view part);
  static uint64_t hash(std::string_view key);
  static uint64_t hash(std::string_view front, std::string_view back);

 private:
  void grow();

  const size_t max_entries_;
  const size_t max_bytes_;
  size_t bytes_ = 0;
  std::deque<Entry> entries_;
  std::vector<uint32_t> slots_;  // index + 1; 0: free; a power of two, at most half full
};

}  // namespace sluice::timeseries
