// SPDX-License-Identifier: Apache-2.0
// Block keeper: everything that makes, joins and drops blocks. Calls come one at a time (the store's maintenance lock);
// readers go on with the snapshot that they have. Nothing here touches heads or the log.
#pragma once

#include <unordered_set>
#include <vector>

#include "timeseries/store/embedded/block.h"
#include "timeseries/store/embedded/database.h"
#include "timeseries/store/embedded/series_index.h"

namespace sluice::timeseries {

// The spans of the blocks of a series that overlap [begin, end], by first time. `widest`: no block is longer.
Status find_spans(rocksdb::Iterator& at, uint32_t series, int64_t begin, int64_t end, int64_t widest,
                  std::vector<Span>& into);

class BlockKeeper {
 public:
  // `merged_points`: of blocks that are joined in memory at a time, about.
  BlockKeeper(Database& database, uint64_t merged_points) : database_(database), merged_points_(merged_points) {}
  // Sequences go on where they ended.
  Status load();

  // Blocks of the points of a series, which are sorted here. Durable after finish() and Database::flush().
  Status add(const StoredSeries& series, Columns& columns);
  // Writes what add() has gathered.
  Status finish();
  // Forgets it, after an error.
  void abandon() { batch_.Clear(); }

  struct Limits {
    uint32_t now;      // seconds: what expired before is dropped
    int64_t oldest;    // milliseconds: blocks that end before are dropped; kMinTime: none
    bool all = false;  // joins all that can be joined, not only many
  };
  // Joins blocks that overlap and small ones, those of a run that is too large for memory by windows of time, drops
  // what may be dropped. False: the series has no block left.
  Result<bool> compact(const StoredSeries& series, const Limits& limits);
  // Drops points [begin, end] out of all blocks. False: the series has no block left.
  Result<bool> erase(const StoredSeries& series, int64_t begin, int64_t end);
  // Numbers of all series that have blocks.
  Result<std::vector<uint32_t>> series_with_blocks();

  // Bytes of blocks that were replaced or dropped since the last call of Database::compact().
  uint64_t garbage() const { return garbage_; }
  void garbage_is_gone() { garbage_ = 0; }

 private:
  Status list(uint32_t series, int64_t begin, int64_t end, std::vector<Span>& into);
  Status join(const StoredSeries& series, std::span<const Span> spans, const Limits& limits);
  Status read(uint32_t series, const Span& span, Columns& into);
  void put(const StoredSeries& series, const Columns& columns, Effort effort);
  void put(const StoredSeries& series, const Columns& columns, size_t begin, size_t end, Effort effort);
  void drop(uint32_t series, const Span& span);

  Database& database_;
  const uint64_t merged_points_;
  rocksdb::WriteBatch batch_;
  uint64_t next_sequence_ = 1;
  uint64_t garbage_ = 0;
  ByteBuffer scratch_;
};

}  // namespace sluice::timeseries
