// SPDX-License-Identifier: Apache-2.0
// Committer: the way of points into log and heads. Writers that come at the same time are written by one of them, with
// one system call; then their points are put into the heads, in the order of the log.
//
// Locks, in this order: commit (log, series' enrolment, order of changes), head (heads, list of those with points).
// Readers take the head lock only, and for short.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <vector>

#include "timeseries/store.h"
#include "timeseries/store/embedded/log_records.h"
#include "timeseries/store/embedded/series_index.h"
#include "timeseries/store/embedded/settings.h"
#include "timeseries/store/log/segment_log.h"

namespace sluice::timeseries {

class Committer {
 public:
  Committer(const EmbeddedSettings& settings, SeriesIndex& index) : settings_(settings), index_(index) {}

  // What replays the log; before start(). `full` is called when memory is full.
  Status replay(std::string_view points_payload, const std::function<Status()>& full);
  void start(std::unique_ptr<SegmentLog> log);

  // `now`: seconds since 1970. Any thread.
  Status write(const WriteBatch& batch, uint32_t now);

  // ---- for seals, erasures and what else changes the order of things

  std::unique_lock<std::mutex> lock_commits() { return std::unique_lock(commit_mutex_); }
  std::unique_lock<std::mutex> lock_heads() { return std::unique_lock(head_mutex_); }
  bool started() const { return log_ != nullptr; }
  SegmentLog& log() { return *log_; }
  // Under both locks. All series with points; they are no longer in the list.
  std::vector<StoredRef> take_dirty();
  // Their sealing failed: what was sealing is active again.
  void put_back(const std::vector<StoredRef>& series);
  // Under the commit lock: series were removed from the index.
  void series_were_removed() { ++removals_; }
  // Points cannot be sealed: writers need not wait for memory.
  void set_stuck(bool stuck);
  // Memory was given back, or taken when `bytes` < 0.
  void release(ptrdiff_t bytes);
  void account(size_t bytes) { head_bytes_.fetch_add(bytes, std::memory_order_relaxed); }

  size_t head_bytes() const { return head_bytes_.load(std::memory_order_relaxed); }
  uint64_t written_points() const { return written_.load(std::memory_order_relaxed); }

 private:
  struct Request {
    const WriteBatch& batch;
    const ByteBuffer& record;
    std::vector<const StoredSeries*> fresh;  // not enrolled when the record was made
    uint64_t removals;                       // before `fresh` was made
    uint32_t now;
    bool done = false;
    Status status;
    std::condition_variable wake;
  };

  Status encode(const WriteBatch& batch, uint32_t now, ByteBuffer& record,
                std::vector<const StoredSeries*>& fresh) const;
  Status wait_for_memory();
  Status commit(const std::vector<Request*>& group);
  void apply(const Request& request);
  void note(const StoredSeries& series);  // before its point
  uint32_t expiry(uint32_t now, uint32_t ttl) const;

  const EmbeddedSettings& settings_;
  SeriesIndex& index_;
  std::unique_ptr<SegmentLog> log_;
  std::unordered_map<uint32_t, StoredRef> replayed_;  // by number; until start()

  std::mutex queue_mutex_;
  std::deque<Request*> queue_;  // the first one writes

  std::mutex commit_mutex_;
  std::atomic<uint64_t> removals_ = 0;

  std::mutex head_mutex_;
  std::vector<StoredRef> dirty_;  // series with active points

  std::atomic<size_t> head_bytes_ = 0;
  std::atomic<uint64_t> written_ = 0;
  std::mutex memory_mutex_;
  std::condition_variable memory_freed_;
  bool stuck_ = false;
};

}  // namespace sluice::timeseries
