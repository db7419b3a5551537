// SPDX-License-Identifier: Apache-2.0
#include "kernel/execution.h"

#include <thread>

#include "duckdb/execution/executor.hpp"
#include "duckdb/main/client_context.hpp"
#include "duckdb/main/stream_query_result.hpp"

namespace sluice::kernel {
namespace {

using Clock = std::chrono::steady_clock;
using duckdb::PendingExecutionResult;

constexpr auto kCountEvery = std::chrono::milliseconds(20);
// Tasks of short statements end within this time: sleeping would only delay their answers.
constexpr auto kAskAgainFor = std::chrono::microseconds(200);
constexpr auto kSleep = std::chrono::microseconds(50);

}  // namespace

void Progress::start() {
  percent_.store(-1, std::memory_order_relaxed);
  counted_ = Clock::now();
}

void Progress::count(duckdb::ClientContext& context) {
  const auto now = Clock::now();
  if (now - counted_ < kCountEvery) return;
  counted_ = now;
  duckdb::ProgressData progress;
  // Of pipelines that cannot tell there is no sum.
  if (context.GetExecutor().GetPipelinesProgress(progress) > 0 || !progress.IsValid()) return;
  // Pipelines that begin later make the share smaller; what people watch only grows.
  const double percent = progress.ProgressDone() * 100;
  if (percent > percent_.load(std::memory_order_relaxed)) percent_.store(percent, std::memory_order_relaxed);
}

bool run_until_ready(duckdb::ClientContext& context, duckdb::PendingQueryResult& pending, Progress& progress) {
  progress.start();
  std::optional<Clock::time_point> idle_since;
  for (;;) {
    const PendingExecutionResult state = pending.ExecuteTask();
    if (duckdb::PendingQueryResult::IsResultReady(state)) return state != PendingExecutionResult::EXECUTION_ERROR;
    progress.count(context);
    if (state == PendingExecutionResult::BLOCKED) pending.WaitForTask();
    if (state != PendingExecutionResult::NO_TASKS_AVAILABLE) {
      idle_since.reset();
    } else if (!idle_since) {
      idle_since = Clock::now();
    } else if (Clock::now() - *idle_since > kAskAgainFor) {
      std::this_thread::sleep_for(kSleep);
    } else {
      std::this_thread::yield();
    }
  }
}

void count_while_read(duckdb::ClientContext& context, duckdb::QueryResult& result, Progress& progress) {
  if (result.type != duckdb::QueryResultType::STREAM_RESULT || Clock::now() - progress.counted_ < kCountEvery) return;
  if (result.Cast<duckdb::StreamQueryResult>().IsOpen()) progress.count(context);
}

}  // namespace sluice::kernel
