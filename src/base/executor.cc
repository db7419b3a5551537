// SPDX-License-Identifier: Apache-2.0
#include "base/executor.h"

#include <pthread.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>

#include "base/check.h"
#include "base/log.h"

namespace sluice {

namespace {

// Linux cuts thread names at 15 bytes.
void name_this_thread(const std::string& name, size_t number) {
  std::string numbered = name.substr(0, 12) + "-" + std::to_string(number);
  pthread_setname_np(pthread_self(), numbered.substr(0, 15).c_str());
}

std::string describe(std::exception_ptr exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "something that is no std::exception";
  }
}

}  // namespace

// ---------------------------------------------------------------- NetworkThreads

NetworkThreads::NetworkThreads(unsigned count) {
  BUG_CHECK(count > 0);
  for (unsigned i = 0; i < count; ++i) {
    // The hint of 1 tells asio that one thread runs it; posting from others stays allowed.
    contexts_.push_back(std::make_unique<asio::io_context>(1));
    guards_.emplace_back(contexts_.back()->get_executor());
  }
}

NetworkThreads::~NetworkThreads() {
  stop();
  join();
}

void NetworkThreads::start() {
  BUG_CHECK(threads_.empty(), "network threads were started twice");
  for (unsigned i = 0; i < size(); ++i) {
    threads_.emplace_back([this, i] {
      name_this_thread("net", i);
      for (;;) {
        try {
          contexts_[i]->run();
          return;
        } catch (...) {
          // Coroutines catch their own exceptions (TaskScope), so this came from a bare handler: that one is lost.
          log::error("defect: a handler on a network thread threw", {{"what", describe(std::current_exception())}});
        }
      }
    });
  }
}

void NetworkThreads::stop() {
  guards_.clear();
  for (auto& context : contexts_) context->stop();
}

void NetworkThreads::join() {
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
  threads_.clear();
}

// ---------------------------------------------------------------- run_on

Error detail::job_refused() {
  return Error(Code::kResourceExhausted, "the server is busy: too many statements are waiting for a worker thread")
      .with_retry(Retry::kBackoff);
}

Error detail::job_threw(std::exception_ptr exception) {
  return Error(Code::kInternal, "unexpected exception in a worker: " + describe(std::move(exception)));
}

// ---------------------------------------------------------------- TaskScope

struct TaskScope::Task {
  asio::cancellation_signal signal;  // used on `executor` only
  asio::any_io_executor executor;
  std::list<std::shared_ptr<Task>>::iterator position;
};

// Shared with the tasks' completion handlers, which may still run while the scope is being joined.
struct TaskScope::State {
  std::string name;
  mutable std::mutex mutex;
  std::condition_variable idle;  // running became empty
  // Guarded by mutex:
  std::list<std::shared_ptr<Task>> running;
  bool closed = false;
  std::vector<std::shared_ptr<asio::steady_timer>> joiners;  // each is touched on its own executor only
};

TaskScope::TaskScope(std::string name) : state_(std::make_shared<State>()) { state_->name = std::move(name); }

TaskScope::~TaskScope() { BUG_CHECK(running() == 0, "a task scope was destroyed while tasks run: " + state_->name); }

namespace {

awaitable<void> without_throwing_cancellation(awaitable<void> task) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await std::move(task);
}

}  // namespace

bool TaskScope::spawn(const asio::any_io_executor& executor, awaitable<void> task) {
  auto entry = std::make_shared<Task>();
  entry->executor = executor;
  auto done = [state = state_, entry](std::exception_ptr exception) {
    if (exception) {
      log::error("defect: an exception left a task", {{"scope", state->name}, {"what", describe(exception)}});
    }
    std::lock_guard lock(state->mutex);
    state->running.erase(entry->position);
    if (!state->running.empty()) return;
    state->idle.notify_all();
    for (auto& joiner : state->joiners) {
      asio::post(joiner->get_executor(), [joiner] { joiner->cancel(); });
    }
    state->joiners.clear();
  };
  std::lock_guard lock(state_->mutex);
  if (state_->closed) return false;
  entry->position = state_->running.insert(state_->running.end(), entry);
  // Posted with the mutex held: so the start, which connects the signal's slot, comes before any cancellation.
  asio::post(executor, [executor, entry, task = std::move(task), done = std::move(done)]() mutable {
    asio::co_spawn(executor, without_throwing_cancellation(std::move(task)),
                   asio::bind_cancellation_slot(entry->signal.slot(), std::move(done)));
  });
  return true;
}

void TaskScope::cancel_all() {
  std::lock_guard lock(state_->mutex);
  state_->closed = true;
  for (auto& task : state_->running) {
    asio::post(task->executor, [task] { task->signal.emit(asio::cancellation_type::terminal); });
  }
}

awaitable<void> TaskScope::join() {
  // The timer only waits to be cancelled by the last task.
  auto executor = co_await asio::this_coro::executor;
  auto timer = std::make_shared<asio::steady_timer>(executor, asio::steady_timer::time_point::max());
  while (!co_await cancelled()) {
    {
      std::lock_guard lock(state_->mutex);
      if (state_->running.empty()) co_return;
      state_->joiners.push_back(timer);
    }
    boost::system::error_code ignored;
    co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

bool TaskScope::wait(Deadline deadline) {
  std::unique_lock lock(state_->mutex);
  auto idle = [&] { return state_->running.empty(); };
  if (deadline.is_never()) {
    state_->idle.wait(lock, idle);
    return true;
  }
  return state_->idle.wait_until(lock, deadline.time(), idle);
}

size_t TaskScope::running() const {
  std::lock_guard lock(state_->mutex);
  return state_->running.size();
}

// ---------------------------------------------------------------- small awaitables

awaitable<Status> sleep_until(Deadline deadline) {
  asio::steady_timer timer(co_await asio::this_coro::executor, deadline.time());
  if (co_await cancelled()) co_return fail(Code::kCancelled, "cancelled");
  boost::system::error_code error;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return fail(Code::kCancelled, "cancelled");
  co_return Status();
}

awaitable<bool> cancelled() {
  auto state = co_await asio::this_coro::cancellation_state;
  co_return state.cancelled() != asio::cancellation_type::none;
}

}  // namespace sluice
