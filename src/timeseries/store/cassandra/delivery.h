// SPDX-License-Identifier: Apache-2.0
// Delivery: the thread that brings what is in the queue to Cassandra: shipments, a few parcels in flight at once,
// repeated with pauses until Cassandra has them. What Cassandra never takes (too long a key ..) is told in the log and
// left out. start() and stop() from one thread; the rest from any.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "timeseries/store/cassandra/shipment.h"
#include "timeseries/store/cassandra/stamps.h"
#include "timeseries/store/cassandra/write_queue.h"

namespace sluice::timeseries::cassandra {

class Delivery {
 public:
  // All outlive it.
  Delivery(const CassandraSettings& settings, ClusterPtr cluster, WriteQueue& queue, Stamps& stamps);
  ~Delivery();  // stop() without patience

  void start();
  // Delivers what is left, until `drain`. The queue is closed then.
  void stop(Deadline drain);

  uint64_t delivered_points() const { return delivered_.load(std::memory_order_relaxed); }
  uint64_t lost_points() const { return lost_.load(std::memory_order_relaxed); }
  // Those that came to an end.
  uint64_t batches() const { return batches_.load(std::memory_order_relaxed); }
  // From the sending of each batch to its end, in all.
  uint64_t delivery_ns() const { return delivery_ns_.load(std::memory_order_relaxed); }
  // Of the last attempt; OK when there was none that failed since the last success.
  Status status() const;

 private:
  using ParcelPtr = std::unique_ptr<Parcel>;
  struct Done {
    ParcelPtr parcel;
    Status status;
  };
  // What callbacks of the session write to; outlives the thread.
  struct Answers {
    std::mutex mutex;
    std::vector<Done> done;
    WriteQueue* queue;  // null when the delivery has ended
  };
  struct Ship {
    std::unique_ptr<Shipment> shipment;
    WriteQueue::Mark end;
  };

  void run();
  void take_answers();
  void failed(ParcelPtr parcel, const Error& error);
  void arrived(Parcel& parcel);
  void acknowledge();
  bool load_next();
  void send(ParcelPtr parcel);
  void pause(const Error& error);

  const CassandraSettings& settings_;
  const ClusterPtr cluster_;
  WriteQueue& queue_;
  Stamps& stamps_;
  RowBook book_;
  const std::shared_ptr<Answers> answers_ = std::make_shared<Answers>();

  // Of the thread:
  std::deque<Ship> ships_;                          // in the order of the queue
  std::vector<std::unique_ptr<Shipment>> harbour_;  // for the next ones
  std::deque<ParcelPtr> waiting_;
  size_t in_flight_ = 0;
  uint32_t failures_ = 0;  // since the last success
  Deadline paused_ = Deadline::at({});
  int64_t last_stamp_ = 0;
  WriteQueue::Mark last_mark_;

  std::atomic<bool> stopping_ = false;
  std::atomic<Deadline::Clock::time_point> drain_{};
  std::atomic<uint64_t> delivered_ = 0;
  std::atomic<uint64_t> lost_ = 0;
  std::atomic<uint64_t> batches_ = 0;
  std::atomic<uint64_t> delivery_ns_ = 0;
  mutable std::mutex status_mutex_;
  Status status_;
  std::thread thread_;
};

}  // namespace sluice::timeseries::cassandra
