// SPDX-License-Identifier: Apache-2.0
// Stamps: the timestamps of cells, in milliseconds as all writers of KairosDB's tables use them. What is written after
// an erasure began must have a later one: at equal stamps Cassandra keeps the erasure. Thread-safe.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace sluice::timeseries::cassandra {

class Stamps {
 public:
  static int64_t now() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
  // Of points that come now.
  int64_t of_write() const { return std::max(now(), erased_.load(std::memory_order_acquire) + 1); }
  // Of an erasure: not before any point that was sent, before all that come later.
  int64_t of_erasure() {
    const int64_t stamp = std::max(now(), sent_.load(std::memory_order_acquire));
    raise(erased_, stamp);
    return stamp;
  }
  // Of changes whose order counts each: no two are equal.
  int64_t next() {
    int64_t last = single_.load(std::memory_order_relaxed);
    int64_t stamp = 0;
    do stamp = std::max(now(), last + 1);
    while (!single_.compare_exchange_weak(last, stamp, std::memory_order_relaxed));
    return stamp;
  }
  void was_sent(int64_t stamp) { raise(sent_, stamp); }
  int64_t erased() const { return erased_.load(std::memory_order_acquire); }

 private:
  static void raise(std::atomic<int64_t>& value, int64_t to) {
    int64_t have = value.load(std::memory_order_relaxed);
    while (have < to && !value.compare_exchange_weak(have, to, std::memory_order_acq_rel)) {
    }
  }
  std::atomic<int64_t> erased_ = INT64_MIN / 2;
  std::atomic<int64_t> sent_ = INT64_MIN / 2;
  std::atomic<int64_t> single_ = 0;
};

}  // namespace sluice::timeseries::cassandra
