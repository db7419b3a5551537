// SPDX-License-Identifier: Apache-2.0
// Series points: the points of one series in a range of time, out of blocks and head pieces, as a PointSource. Pieces
// that overlap are a cluster: it is read whole, and the latest piece wins; other blocks are decoded straight into what
// the engine asked for. A source is used by one thread at a time.
#pragma once

#include <memory>
#include <vector>

#include "timeseries/store.h"
#include "timeseries/store/embedded/block.h"
#include "timeseries/store/embedded/database.h"
#include "timeseries/store/embedded/run_merge.h"
#include "timeseries/store/embedded/series_index.h"

namespace sluice::timeseries {

// What the rows of one read share.
struct ReadContext {
  const Database& database;
  Database::Snapshot snapshot;
  ReadOptions options;
  uint32_t now;            // seconds: what expired before is not read
  uint64_t merged_points;  // of overlapping blocks that are in memory at a time, about
};
using ReadContextRef = std::shared_ptr<const ReadContext>;

class SeriesPoints : public PointSource {
 public:
  // `spans` as find_spans() gives them, `pieces` as Head::find() does: all that may have points in [begin, end].
  SeriesPoints(ReadContextRef context, StoredRef series, int64_t begin, int64_t end, std::vector<Span> spans,
               std::vector<HeadPiece> pieces);

  Status next(Points& into) override;

  // Points that next() will give in all; before the first next(). Reads blocks only where their spans do not tell.
  Result<uint64_t> count();
  // Whether a point has a row of KairosDB in [first_row, last_row]; instead of next().
  Result<bool> any_in_rows(int64_t first_row, int64_t last_row);
  // Clusters that end before `time` (ascending), or begin behind it (descending), are left out.
  void skip_to(int64_t time);

 private:
  struct Piece {
    int64_t min;
    int64_t max;
    Span span;       // of a block, or
    HeadPiece head;  // of a chunk
    bool is_block() const { return head.chunk == nullptr; }
    bool simple() const;  // its points are ordered and none expires
  };
  // Pieces that overlap, or a window of them: then some have points outside of [min, max], which are not its own.
  struct Cluster {
    size_t begin;
    size_t end;  // of pieces_
    int64_t min;
    int64_t max;
  };

  bool simple(const Cluster& cluster) const {
    if (cluster.end - cluster.begin != 1) return false;
    const Piece& piece = pieces_[cluster.begin];
    return piece.simple() && piece.min >= cluster.min && piece.max <= cluster.max;
  }
  bool inside(const Cluster& cluster) const { return cluster.min >= begin_ && cluster.max <= end_; }
  Result<uint64_t> count(const Cluster& cluster);
  // All points of a cluster that count, in the range or not.
  Status load(const Cluster& cluster, Columns& into);
  Status load_block(const Piece& piece, Columns& into);
  // Adds the pieces at these places, sorted by min, and their cluster, or windows of it.
  void add_cluster(Cluster cluster, std::span<uint32_t> places, std::vector<Piece>& by_time);
  // The part of ordered times that lies in the range and belongs to the cluster.
  std::pair<size_t, size_t> in_range(std::span<const int64_t> times, const Cluster& cluster) const;
  bool take_cluster(Cluster& cluster);
  // Whether it is numbers in memory that need not be looked at one by one: runs to be merged.
  bool mergeable(const Cluster& cluster) const;
  // Its runs, as far as they lie in the range.
  RunMerge merge_of(const Cluster& cluster) const;
  // Appends the points of merge_, and of the clusters behind it that are mergeable, as many as fit.
  void give_merged(Points& into);
  // True when it was a block simple enough to go straight into the answer.
  Result<bool> give_directly(const Cluster& cluster, Points& into);

  const ReadContextRef context_;
  const StoredRef series_;
  const int64_t begin_;
  const int64_t end_;
  const bool descending_;
  std::vector<Piece> pieces_;
  std::vector<Cluster> clusters_;  // by time; those at [next_, last_) are to be given
  size_t next_ = 0;
  size_t last_ = 0;

  RunMerge merge_;  // of the current cluster, or
  Columns loaded_;  // its points
  size_t from_ = 0;
  size_t to_ = 0;  // points [from_, to_) of it are to be given
};

}  // namespace sluice::timeseries
