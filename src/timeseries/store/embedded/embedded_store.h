// SPDX-License-Identifier: Apache-2.0
// EmbeddedStore: time series on local disk, nothing else needed: a write-ahead log, the newest points in memory, the
// others in compressed blocks in RocksDB, an index of metrics, tags and series. How it works: README.md beside this
// file. Thread-safe; calls block. One process at a time has a folder open.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "timeseries/store.h"
#include "timeseries/store/embedded/block_keeper.h"
#include "timeseries/store/embedded/committer.h"
#include "timeseries/store/embedded/database.h"
#include "timeseries/store/embedded/series_index.h"
#include "timeseries/store/embedded/series_points.h"
#include "timeseries/store/embedded/settings.h"

namespace sluice::timeseries {

class EmbeddedStore : public Store, public ServiceStore {
 public:
  // Replays the log. Errors: kDataLoss (with file and place), kFailedPrecondition (open elsewhere), system errors.
  static Result<std::unique_ptr<EmbeddedStore>> open(EmbeddedSettings settings);
  // Puts all points into blocks, so that the next start has nothing to replay. Errors are logged: the log has them all.
  ~EmbeddedStore() override;

  Result<SeriesRef> series(std::string_view metric, PointType type, const Tags& tags) override;
  Status write(const WriteBatch& batch) override;
  Result<std::vector<Row>> read(const SeriesQuery& query, const ReadOptions& options) override;
  Result<std::vector<SeriesRef>> find_series(const SeriesQuery& query, const ReadOptions& options) override;
  Result<std::vector<std::string>> metric_names(std::string_view prefix) override;
  Result<std::vector<std::string>> tag_names() override;
  Result<std::vector<std::string>> tag_values() override;
  Status erase(const SeriesQuery& query) override;
  Status erase_metric(std::string_view metric) override;
  Status erase_ranges(std::span<const SeriesRange> ranges) override;
  Status index_tags(const SeriesQuery& query) override;
  Status check(Deadline deadline) override;

  Status put(std::string_view service, std::string_view service_key, std::string_view key,
             std::string_view value) override;
  Result<std::optional<ServiceValue>> get(std::string_view service, std::string_view service_key,
                                          std::string_view key) override;
  Result<std::vector<std::string>> service_keys(std::string_view service) override;
  Result<std::vector<std::string>> keys(std::string_view service, std::string_view service_key,
                                        std::string_view prefix) override;
  Status erase(std::string_view service, std::string_view service_key, std::string_view key) override;
  Result<std::optional<int64_t>> modified(std::string_view service, std::string_view service_key) override;

  // Points in memory become blocks, and the log is dropped. In the background by size, age and when nothing is written.
  Status seal();
  // Seals, joins all small and overlapping blocks, drops what expired, and gives room on disk back.
  Status compact();

  struct Statistics {
    uint64_t written_points;  // since the start
    uint64_t head_bytes;      // memory of points that are in no block
    uint64_t log_bytes;
    uint64_t block_bytes;  // files of RocksDB
  };
  Statistics statistics() const;

 private:
  explicit EmbeddedStore(EmbeddedSettings settings);
  Status load();
  Status replay(std::string_view payload);
  int64_t now_ms() const;
  // Older points are gone; kMinTime: none.
  int64_t oldest() const;
  uint32_t now_seconds() const;

  // Of a series: pieces of head and blocks in [begin, end], as points.
  struct Found {
    StoredRef series;
    std::vector<HeadPiece> pieces;
  };
  Result<std::vector<Found>> find_pieces(std::string_view metric, const std::vector<TagFilter>& tags, int64_t begin,
                                         int64_t end, const ReadOptions& options, ReadContextRef& context);
  Result<std::unique_ptr<SeriesPoints>> points_of(Found& found, rocksdb::Iterator& spans, int64_t begin, int64_t end,
                                                  const ReadContextRef& context);
  Status cut_rows(SeriesPoints& points, const StoredRef& series, const ReadContextRef& context, std::vector<Row>& rows);

  std::unique_lock<std::mutex> lock_maintenance();
  // Under the maintenance lock.
  Status seal_locked(bool replaying = false);
  Status write_sealing(const std::vector<StoredRef>& series);
  Status compact_locked(const std::vector<uint32_t>& numbers, bool all);
  struct Erasure {
    std::vector<StoredRef> series;
    int64_t begin;
    int64_t end;  // inclusive
  };
  Status erase_locked(const std::vector<Erasure>& erasures, bool log);
  // Their last blocks are gone: takes them out of the index, but for those with points in memory.
  Status remove_empty(const std::vector<StoredRef>& series);
  // Logs and applies. `value`: that of the key, or none.
  Status change_service(std::string_view key, std::string_view value, bool erased);
  Status apply_service(std::string_view key, std::string_view stamped, bool erased);

  bool must_seal() const;
  // What is due; true: there is more to do.
  bool maintain(uint64_t& seen_points, std::chrono::steady_clock::time_point& last_write);
  Status tidy_locked(bool idle, std::chrono::steady_clock::time_point now);
  void run_maintenance();
  void run_sync();

  const EmbeddedSettings settings_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<SeriesIndex> index_;
  std::unique_ptr<Committer> committer_;

  // Seals, compactions and erasures, one at a time. Before the committer's locks.
  std::mutex maintenance_mutex_;
  std::atomic<int> waiting_ = 0;  // for it: the background then pauses
  std::unique_ptr<BlockKeeper> blocks_;
  std::unordered_set<uint32_t> untidy_;  // series that were sealed since all their blocks were joined
  std::vector<uint32_t> sealed_;         // since they were put into to_join_
  std::vector<uint32_t> to_join_;        // series whose blocks are looked through next
  bool join_all_ = false;                // all that can be joined of them

  std::chrono::steady_clock::time_point last_seal_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_expiry_;
  std::chrono::steady_clock::time_point not_before_;  // after a failure

  std::mutex stop_mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  std::thread maintenance_;
  std::thread sync_;
};

}  // namespace sluice::timeseries
