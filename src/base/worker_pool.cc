// SPDX-License-Identifier: Apache-2.0
// WorkerPool. Idle workers wait in a stack (the last one that worked is the next to work: its caches are warm).
// A job is handed to an idle worker directly; when all workers that count are busy it waits in the queue, and the
// monitor thread looks every stall_after, as long as jobs wait, whether some worker has stalled.
#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <algorithm>
#include <list>
#include <system_error>

#include "base/check.h"
#include "base/executor.h"
#include "base/log.h"

namespace sluice {

namespace {

using Clock = std::chrono::steady_clock;

// A wake-up for one waiting thread. A bare futex: libstdc++'s timed semaphore polls with growing sleeps.
class WakeUp {
 public:
  void give() {
    if (state_.exchange(kGiven, std::memory_order_release) == kWaiting) {
      syscall(SYS_futex, reinterpret_cast<int*>(&state_), FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
    }
  }
  // Takes a wake-up that was or will be given; false after `limit` without one. Negative: no limit.
  bool take(std::chrono::nanoseconds limit) {
    const bool limited = limit.count() >= 0;
    const auto end = limited ? Clock::now() + limit : Clock::time_point::max();
    for (;;) {
      int expected = kNone;
      if (!state_.compare_exchange_strong(expected, kWaiting, std::memory_order_acquire) && expected == kGiven) {
        state_.store(kNone, std::memory_order_relaxed);
        return true;
      }
      timespec pause{};
      if (limited) {
        auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(end - Clock::now()).count();
        if (left <= 0) {
          expected = kWaiting;
          if (state_.compare_exchange_strong(expected, kNone, std::memory_order_acquire)) return false;
          continue;
        }
        pause = {static_cast<time_t>(left / 1'000'000'000), static_cast<long>(left % 1'000'000'000)};
      }
      syscall(SYS_futex, reinterpret_cast<int*>(&state_), FUTEX_WAIT_PRIVATE, kWaiting, limited ? &pause : nullptr,
              nullptr, 0);
    }
  }

 private:
  static constexpr int kNone = 0, kGiven = 1, kWaiting = 2;
  std::atomic<int> state_{kNone};
};
constexpr std::chrono::nanoseconds kNoLimit{-1};

}  // namespace

struct WorkerPool::Worker {
  std::thread thread;
  WakeUp wake;
  // Guarded by State::mutex, except that the worker takes `job` after it was woken:
  WorkerJob* job = nullptr;
  bool idle = false;
  bool stalled = false;  // busy for longer than stall_after: does not count as active
  Clock::time_point job_began{};
  std::list<Worker>::iterator position;
};

struct WorkerPool::State {
  explicit State(WorkerPool& pool) : pool(pool), options(pool.options_) {}

  WorkerPool& pool;
  const Options& options;
  mutable std::mutex mutex;
  // Guarded by mutex:
  WorkerJob* first = nullptr;  // the queue
  WorkerJob* last = nullptr;
  size_t queued = 0;
  std::list<Worker> workers;
  std::list<Worker> ended;    // their threads are to be joined
  std::vector<Worker*> idle;  // a stack
  unsigned active = 0;        // busy and not stalled
  bool stopping = false;
  bool monitor_armed = false;
  size_t started = 0;  // workers ever, for their names
  std::condition_variable monitor_wake;
  std::condition_variable worker_ended;
  std::thread monitor;

  void push(WorkerJob& job) {
    job.next = nullptr;
    if (last)
      last->next = &job;
    else
      first = &job;
    last = &job;
    ++queued;
  }
  WorkerJob* pop() {
    WorkerJob* job = first;
    if (!job) return nullptr;
    first = job->next;
    if (!first) last = nullptr;
    --queued;
    return job;
  }
  // Gives `job` to an idle or a new worker. False when there is none and none can be made.
  // The returned worker must be woken after the mutex is released.
  bool assign(WorkerJob& job, Worker*& to_wake) {
    Worker* worker = nullptr;
    if (!idle.empty()) {
      worker = idle.back();
      idle.pop_back();
      worker->idle = false;
    } else {
      worker = add_worker(&job);
      if (!worker) return false;
      ++active;
      return true;
    }
    worker->job = &job;
    worker->stalled = false;
    worker->job_began = Clock::now();
    ++active;
    to_wake = worker;
    return true;
  }
  Worker* add_worker(WorkerJob* job) {
    if (workers.size() >= options.max_threads || stopping) return nullptr;
    workers.emplace_back();
    Worker& worker = workers.back();
    worker.position = std::prev(workers.end());
    worker.job = job;
    worker.job_began = Clock::now();
    size_t number = started++;
    try {
      worker.thread = std::thread([this, &worker, number] { run(worker, number); });
    } catch (const std::system_error& e) {
      workers.pop_back();
      static log::RateLimit limit;
      limit.warn("no further worker thread can be started", {{"pool", options.name}, {"error", e.what()}});
      return nullptr;
    }
    return &worker;
  }
  // Takes workers that are busy for too long out of `active`.
  void mark_stalled(Clock::time_point now) {
    for (Worker& worker : workers) {
      if (worker.idle || worker.stalled || !worker.job || now - worker.job_began < options.stall_after) continue;
      worker.stalled = true;
      --active;
    }
  }
  void run(Worker& worker, size_t number);
  bool wait_for_job(Worker& worker, std::unique_lock<std::mutex>& lock);
  void watch();
  void join_ended(std::unique_lock<std::mutex>& lock);
};

void WorkerPool::State::run(Worker& worker, size_t number) {
  pthread_setname_np(pthread_self(), (options.name.substr(0, 10) + "-" + std::to_string(number)).substr(0, 15).c_str());
  WorkerJob* job = worker.job;
  std::unique_lock lock(mutex, std::defer_lock);
  for (;;) {
    if (job) job->run(job);
    lock.lock();
    if (job && !worker.stalled) --active;
    worker.job = nullptr;
    // A worker that had stalled goes on only if another short job fits beside those that run.
    if (active < options.min_threads || stopping) worker.job = pop();
    if (worker.job) {
      worker.stalled = false;
      worker.job_began = Clock::now();
      ++active;
    } else if (!wait_for_job(worker, lock)) {
      return;
    }
    job = worker.job;
    lock.unlock();
  }
}

// False: the worker is to end; it is out of `workers` then.
bool WorkerPool::State::wait_for_job(Worker& worker, std::unique_lock<std::mutex>& lock) {
  bool may_leave = false;
  if (!stopping) {
    worker.idle = true;
    idle.push_back(&worker);
    lock.unlock();
    may_leave = !worker.wake.take(options.idle_timeout);
    lock.lock();
    if (worker.job) {
      // Handed over while the wait timed out: its wake-up is still to come.
      if (may_leave) worker.wake.take(kNoLimit);
      return true;
    }
    if (may_leave && !stopping && workers.size() <= options.min_threads) {
      // One of those that stay: waits without a limit from now on.
      lock.unlock();
      worker.wake.take(kNoLimit);
      lock.lock();
      if (worker.job) return true;
    }
    if (worker.idle) {
      worker.idle = false;
      idle.erase(std::find(idle.begin(), idle.end(), &worker));
    }
    if (stopping && (worker.job = pop())) {
      ++active;
      worker.stalled = false;
      return true;
    }
  }
  ended.splice(ended.end(), workers, worker.position);
  worker_ended.notify_all();
  return false;
}

// The monitor thread.
void WorkerPool::State::watch() {
  pthread_setname_np(pthread_self(), (options.name.substr(0, 10) + "-mon").c_str());
  std::unique_lock lock(mutex);
  while (!stopping) {
    if (queued == 0) {
      monitor_armed = false;
      join_ended(lock);
      if (queued == 0 && !stopping) monitor_wake.wait(lock);
      continue;
    }
    monitor_armed = true;
    monitor_wake.wait_for(lock, options.stall_after);
    mark_stalled(Clock::now());
    while (queued > 0 && active < options.min_threads && !stopping) {
      WorkerJob* job = pop();
      Worker* to_wake = nullptr;
      if (!assign(*job, to_wake)) {
        // All max_threads are busy: back to the head of the queue.
        job->next = first;
        first = job;
        if (!last) last = job;
        ++queued;
        break;
      }
      if (to_wake) to_wake->wake.give();
    }
  }
}

void WorkerPool::State::join_ended(std::unique_lock<std::mutex>& lock) {
  while (!ended.empty()) {
    std::list<Worker> one;
    one.splice(one.end(), ended, ended.begin());
    lock.unlock();
    one.front().thread.join();
    lock.lock();
  }
}

WorkerPool::WorkerPool(Options options) : options_(std::move(options)), state_(std::make_unique<State>(*this)) {
  BUG_CHECK(options_.min_threads > 0 && options_.max_threads >= options_.min_threads, "a pool without threads");
  state_->monitor = std::thread([state = state_.get()] { state->watch(); });
}

WorkerPool::~WorkerPool() { stop(); }

bool WorkerPool::submit(WorkerJob& job) {
  Worker* to_wake = nullptr;
  bool arm = false;
  {
    std::lock_guard lock(state_->mutex);
    State& state = *state_;
    if (state.stopping) return false;
    if (state.active >= options_.min_threads || !state.assign(job, to_wake)) {
      if (state.queued >= options_.queue_limit) {
        refused_.fetch_add(1, std::memory_order_relaxed);
        return false;
      }
      state.push(job);
      arm = !state.monitor_armed;
      state.monitor_armed = true;
    }
  }
  if (to_wake) to_wake->wake.give();
  if (arm) state_->monitor_wake.notify_one();
  return true;
}

void WorkerPool::stop() {
  std::unique_lock lock(state_->mutex);
  State& state = *state_;
  if (!state.stopping) {
    state.stopping = true;
    state.monitor_wake.notify_all();
    for (Worker* worker : state.idle) worker->wake.give();
  }
  if (state.workers.empty() && state.queued > 0) {
    // Refused a thread earlier: run the rest here.
    while (WorkerJob* job = state.pop()) {
      lock.unlock();
      job->run(job);
      lock.lock();
    }
  }
  state.worker_ended.wait(lock, [&] { return state.workers.empty(); });
  state.join_ended(lock);
  if (!state.monitor.joinable()) return;
  std::thread monitor = std::move(state.monitor);
  lock.unlock();
  monitor.join();
}

size_t WorkerPool::queued() const {
  std::lock_guard lock(state_->mutex);
  return state_->queued;
}

unsigned WorkerPool::threads() const {
  std::lock_guard lock(state_->mutex);
  return static_cast<unsigned>(state_->workers.size());
}

unsigned WorkerPool::busy() const {
  std::lock_guard lock(state_->mutex);
  return static_cast<unsigned>(state_->workers.size() - state_->idle.size());
}

}  // namespace sluice
