// SPDX-License-Identifier: Apache-2.0
// RunningQueries: the queries that run now, for /admin/runningqueries and killquery. Thread-safe.
// Differs from KairosDB: each request has a hash of its own, for all its metrics; two equal queries run beside each
// other.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace sluice::door::kairos {

class RunningQueries {
 public:
  // Lists a query while it lives, with its `metric`-th metric. All must outlive it.
  class Entry {
   public:
    Entry(RunningQueries& queries, std::string_view json, const std::atomic<size_t>& metric,
          std::atomic<bool>& cancelled);
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    RunningQueries& queries_;
    const std::string hash_;
  };

  void kill(const std::string& hash);
  // The answer of /admin/runningqueries.
  std::string json(size_t waiting) const;
  size_t size() const;

 private:
  struct Running {
    std::string_view json;
    const std::atomic<size_t>* metric;
    std::atomic<bool>* cancelled;
  };

  mutable std::mutex mutex_;
  std::unordered_map<std::string, Running> running_;
};

}  // namespace sluice::door::kairos
