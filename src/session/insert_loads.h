// SPDX-License-Identifier: Apache-2.0
// What SHOW LOAD lists: the INSERTs WITH LABEL and LOAD LABELs since the start, which have ended when their statement
// returns. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace sluice::session {

struct InsertLoad {
  uint64_t id = 0;
  int64_t txn_id = 0;
  std::string database;
  std::string table;
  std::string label;
  std::string type = "INSERT";  // or BROKER
  std::string user;
  uint64_t rows = 0;
  std::string error;  // empty: finished
  std::chrono::system_clock::time_point began;
  std::chrono::system_clock::time_point ended;
};

class InsertLoads {
 public:
  void add(InsertLoad load) {
    std::lock_guard lock(mutex_);
    loads_.push_back(std::move(load));
    if (loads_.size() > kMaxKept) loads_.pop_front();
  }
  // Of one database, the oldest first.
  std::vector<InsertLoad> list(const std::string& database) const {
    std::vector<InsertLoad> result;
    std::lock_guard lock(mutex_);
    for (const auto& load : loads_) {
      if (load.database == database) result.push_back(load);
    }
    return result;
  }

 private:
  static constexpr size_t kMaxKept = 2000;
  mutable std::mutex mutex_;
  std::deque<InsertLoad> loads_;
};

}  // namespace sluice::session
