// SPDX-License-Identifier: Apache-2.0
// WriteQueue: records between write() and Cassandra, in files or in memory, bounded. Writers come from any thread;
// one thread reads and says what was delivered. Records in files survive the process, and are read again after a
// restart from the last note of what was delivered: at least once.
// Source of truth of what is kept: KairosDB's FileQueueProcessor and MemoryQueueProcessor.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/deadline.h"
#include "timeseries/store/cassandra/settings.h"
#include "timeseries/store/log/log_reader.h"

namespace sluice::timeseries::cassandra {

class WriteQueue {
 public:
  // Errors of the folder.
  static Result<std::unique_ptr<WriteQueue>> open(const CassandraSettings& settings);
  ~WriteQueue();

  // `record` begins with kRecordHeader bytes of room. When it returns, the record is kept as the settings say; in
  // memory its bytes are taken. Errors: kResourceExhausted (bound reached, disk full), kUnavailable.
  Status append(ByteBuffer& record, size_t points);

  // ---- for the one that delivers

  // Waits until there are `points` to take, or some have waited for `patience`, or flush() hurries: true. False: until
  // nudge(), close() or `until`.
  bool wait(size_t points, std::chrono::milliseconds patience, Deadline until);
  void wait_for_nudge(Deadline until);
  void nudge();  // from any thread
  // What was read ends here.
  struct Mark {
    LogPosition position;
    uint64_t bytes = 0;  // of all records up to there, since open()
  };
  struct Taken {
    std::vector<std::string_view> records;  // until the next take()
    Mark end;
  };
  // Records of about `bytes`; none: all were taken.
  Result<Taken> take(size_t bytes);
  // All up to the mark is in Cassandra.
  void delivered(const Mark& mark);

  // ---- for anybody

  // Waits until what was appended before is delivered. kDeadlineExceeded.
  Status flush(Deadline deadline);
  // Waiting ends; nothing is appended any more.
  void close();

  uint64_t waiting_bytes() const;
  // About: waiting_bytes() as points of the mean length so far.
  uint64_t waiting_points() const;
  uint64_t lost_bytes() const { return lost_.load(std::memory_order_relaxed); }
  // Of the last attempt to sync.
  Status sync_status() const;

 private:
  explicit WriteQueue(const CassandraSettings& settings) : settings_(settings) {}
  Status open_files();
  void note_delivered(const LogPosition& position);
  void sync_loop();

  const CassandraSettings& settings_;
  const bool on_disk_ = settings_.queue_on_disk;

  mutable std::mutex mutex_;
  std::condition_variable came_;
  std::condition_variable went_;
  std::unique_ptr<SegmentLog> log_;
  std::deque<ByteBuffer> memory_;  // not yet taken
  uint64_t appended_ = 0;          // bytes of records since open(), and of those that were there
  uint64_t taken_ = 0;
  uint64_t delivered_ = 0;
  uint64_t points_ = 0;          // appended and not taken; an estimate
  uint64_t counted_points_ = 0;  // appended since open(), in
  uint64_t counted_bytes_ = 0;
  unsigned hurry_ = 0;  // flushes that wait
  bool closed_ = false;
  bool nudged_ = false;
  Deadline::Clock::time_point since_{};  // when the oldest that was not taken came

  std::unique_ptr<LogReader> reader_;
  std::vector<ByteBuffer> given_;  // of memory, until the next take()
  std::chrono::steady_clock::time_point noted_{};
  std::atomic<uint64_t> lost_ = 0;

  std::mutex sync_mutex_;
  uint64_t synced_ = 0;  // of appended_; under sync_mutex_
  Status sync_status_;   // under sync_mutex_
  std::condition_variable sync_stop_;
  std::thread sync_thread_;
};

}  // namespace sluice::timeseries::cassandra
