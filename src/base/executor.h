// SPDX-License-Identifier: Apache-2.0
// Threads and coroutines: NetworkThreads run the connections' coroutines, a WorkerPool runs what blocks, run_on() goes
// from one to the other and back, a TaskScope owns coroutines until they are joined.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"

namespace sluice {

namespace asio = boost::asio;
template <typename T>
using awaitable = asio::awaitable<T>;

// One io_context per thread: all coroutines of one io_context run in one thread, so a connection needs no strand.
class NetworkThreads {
 public:
  // `count` at least 1. Threads start with start(), so that everything can be set up before.
  explicit NetworkThreads(unsigned count);
  ~NetworkThreads();  // stop() and join()
  NetworkThreads(const NetworkThreads&) = delete;
  NetworkThreads& operator=(const NetworkThreads&) = delete;

  void start();
  // Ends the threads after the handlers they are in. Join every TaskScope first: coroutines still waiting are
  // destroyed where they stand when this object is.
  void stop();
  void join();

  unsigned size() const { return static_cast<unsigned>(contexts_.size()); }
  asio::io_context& at(unsigned index) { return *contexts_[index]; }
  // Round robin. Any thread.
  asio::io_context& next() { return at(next_.fetch_add(1, std::memory_order_relaxed) % size()); }

 private:
  using WorkGuard = asio::executor_work_guard<asio::io_context::executor_type>;
  std::vector<std::unique_ptr<asio::io_context>> contexts_;
  std::vector<WorkGuard> guards_;
  std::vector<std::thread> threads_;
  std::atomic<unsigned> next_{0};
};

// A job of a WorkerPool, linked into its queue without allocation. `run` gets the job itself and may destroy it.
struct WorkerJob {
  void (*run)(WorkerJob*) noexcept = nullptr;
  WorkerJob* next = nullptr;
};

// Threads for work that blocks. Any thread may call any method; jobs must not throw.
// Short jobs run on about min_threads threads (more would only fight for cores); when jobs take longer than stall_after
// they no longer count, and further threads take over, up to max_threads.
class WorkerPool {
 public:
  struct Options {
    unsigned min_threads = 2;                        // at least 1; kept alive for good
    unsigned max_threads = 64;                       // at least min_threads
    size_t queue_limit = 10'000;                     // jobs waiting; more are refused
    std::chrono::milliseconds idle_timeout{30'000};  // threads beyond min_threads end after so long without work
    std::chrono::microseconds stall_after{1'000};
    std::string name = "worker";  // of the threads, at most 12 bytes
  };
  explicit WorkerPool(Options options);
  ~WorkerPool();  // stop()
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False: the queue is full or the pool is stopped; the job was not and will not be run.
  bool submit(WorkerJob& job);
  template <typename F>
  bool submit(F function);

  // Runs what is queued, then ends the threads and joins them. Later submits are refused.
  void stop();

  // For metrics: exact at some recent moment.
  size_t queued() const;
  unsigned threads() const;
  unsigned busy() const;
  uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }
  const Options& options() const { return options_; }

 private:
  struct Worker;
  struct State;
  const Options options_;
  std::atomic<uint64_t> refused_{0};
  std::unique_ptr<State> state_;
};

namespace detail {
template <typename F>
struct RunOn;
}

// Runs `function` on the pool and resumes on the awaiting coroutine's executor. Gives what it returned: Result<T> as it
// is, T as Result<T>, void as Status. kResourceExhausted when the pool refuses the job; kInternal when it threw.
// Not cancellable: the job always runs to its end before the coroutine goes on, so it may use the coroutine's locals.
template <typename F>
typename detail::RunOn<F>::Awaitable run_on(WorkerPool& pool, F function);

// Owns running coroutines: they are cancelled and joined through it. Any thread may call any method.
class TaskScope {
 public:
  explicit TaskScope(std::string name);
  // BUG_CHECKs that no task is running.
  ~TaskScope();
  TaskScope(const TaskScope&) = delete;
  TaskScope& operator=(const TaskScope&) = delete;

  // Starts `task` on `executor`. False after cancel_all(): the task was destroyed without running.
  // Inside tasks cancellation does not throw: waiting operations end with kCancelled (asio: operation_aborted).
  // An exception that leaves a task is logged as a defect and ends that task only.
  bool spawn(const asio::any_io_executor& executor, awaitable<void> task);
  bool spawn(asio::io_context& context, awaitable<void> task) { return spawn(context.get_executor(), std::move(task)); }

  // Asks all tasks to end and refuses new ones. Each task's cancellation is delivered on its own executor.
  void cancel_all();
  // Completes when no task is running. Must not be awaited by a task of this scope.
  awaitable<void> join();
  // The same for threads outside; false when the deadline passed first. Never on a network thread.
  bool wait(Deadline deadline = Deadline::never());

  size_t running() const;

 private:
  struct Task;
  struct State;
  std::shared_ptr<State> state_;
};

// Waits; kCancelled when the task was cancelled meanwhile.
awaitable<Status> sleep_until(Deadline deadline);
inline awaitable<Status> sleep_for(Deadline::Clock::duration duration) {
  return sleep_until(Deadline::after(duration));
}
// Whether the current task was asked to end.
awaitable<bool> cancelled();

}  // namespace sluice

#include "base/executor_inl.h"
