// SPDX-License-Identifier: Apache-2.0
// Runs a planned statement until it has something to fetch. The kernel's own loop asks for tasks without a pause while
// its other threads hold the last ones, which takes a core from them, and counts the progress at each turn; this one
// sleeps between its questions and counts now and then. Call on the thread that holds the connection.
#pragma once

#include <atomic>
#include <chrono>

#include "duckdb/main/pending_query_result.hpp"
#include "pch/pch.h"

namespace sluice::kernel {

// Percent of the running statement, from when its tasks are run. One thread runs and counts, any reads.
class Progress {
 public:
  double percent() const { return percent_.load(std::memory_order_relaxed); }

 private:
  friend bool run_until_ready(duckdb::ClientContext&, duckdb::PendingQueryResult&, Progress&);
  friend void count_while_read(duckdb::ClientContext&, duckdb::QueryResult&, Progress&);
  void start();
  // Every now and then. Only while the context has an active query.
  void count(duckdb::ClientContext& context);

  std::atomic<double> percent_{-1};  // -1 unknown
  std::chrono::steady_clock::time_point counted_;
};

// False: it failed, the error is in `pending`.
bool run_until_ready(duckdb::ClientContext& context, duckdb::PendingQueryResult& pending, Progress& progress);
// Before each chunk is taken from the result of such a statement.
void count_while_read(duckdb::ClientContext& context, duckdb::QueryResult& result, Progress& progress);

}  // namespace sluice::kernel
