// SPDX-License-Identifier: Apache-2.0
// TableLocks: one writer at a time for each table whose rows merge by key. Without an index that refuses it, two
// writers that do not see each other's rows would both add a row of the same key. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "base/result.h"

namespace sluice::kernel {

inline constexpr int kLockWaitTimeout = 1205;

class TableLocks {
 public:
  // Now, for lock() of a transaction that begins.
  uint64_t now();
  static constexpr std::chrono::seconds kLongestWait{50};  // innodb_lock_wait_timeout of MySQL
  // Waits until `owner` alone holds `table`; it may hold it already. `began`: now() at the begin of the open
  // transaction, nothing outside of one. Errors: 1205 another transaction holds it for too long; 1213 somebody wrote
  // after the transaction began, whose rows it would not see.
  Status lock(const std::string& table, const void* owner, const uint64_t* began,
              std::chrono::seconds longest_wait = kLongestWait);
  // Gives back all that `owner` holds, after its commit or rollback.
  void release(const void* owner);

 private:
  struct Entry {
    const void* owner = nullptr;
    uint32_t waiting = 0;
    uint64_t released = 0;
  };
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::map<std::string, Entry> tables_;
  uint64_t clock_ = 1;
};

}  // namespace sluice::kernel
