// SPDX-License-Identifier: Apache-2.0
// Settings of the embedded store. Plain data.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace sluice::timeseries {

struct EmbeddedSettings {
  // When acknowledged points are safe from the end of the machine. From the end of the process they always are.
  enum class Sync : uint8_t { kNever, kInterval, kAlways };

  std::string folder;  // made when it is missing
  Sync sync = Sync::kInterval;
  std::chrono::milliseconds sync_interval{1000};
  uint64_t head_bytes = 256u << 20;         // memory for points that are in no block yet; at half of it they are sealed
  uint64_t log_bytes = 256u << 20;          // of the log, at which they are sealed
  std::chrono::seconds head_age{2 * 3600};  // at which they are sealed
  std::chrono::seconds idle{30};            // without writes: they are sealed, and small blocks joined
  uint64_t cache_bytes = 64u << 20;         // of blocks that were read
  uint64_t merged_points = 512 * 1024;      // of overlapping blocks that are merged in memory at a time, about
  size_t cached_series = 500'000;           // kept in memory though nobody uses them
  uint32_t default_ttl = 0;                 // seconds; 0: points stay for ever
  std::chrono::seconds retention{0};        // older points are not seen any more, and dropped by and by; 0: never
  std::string pattern_prefix = "regex:";    // of values of tag filters; empty: no patterns
  std::chrono::seconds patience{20};        // how long write() waits when memory is full before it gives up
  bool background = true;                   // false: seal() and compact() are only done when called (tests)
  std::function<int64_t()> now;             // milliseconds since 1970; empty: the system's clock
};

}  // namespace sluice::timeseries
