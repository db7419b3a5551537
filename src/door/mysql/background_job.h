// SPDX-License-Identifier: Apache-2.0
// BackgroundJob: work that a worker does while its coroutine does something else, e.g. writes the last buffer while the
// next one is filled. start() and wait() on the coroutine's thread; every start() must be waited for before the object
// or anything that the work uses goes away. run_on() is for work that the coroutine has nothing to do beside.
#pragma once

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <optional>
#include <utility>

#include "base/executor.h"

namespace sluice::door::mysql {

class BackgroundJob {
 public:
  BackgroundJob(WorkerPool& pool, asio::any_io_executor executor) : pool_(pool), executor_(std::move(executor)) {}
  BackgroundJob(const BackgroundJob&) = delete;
  BackgroundJob& operator=(const BackgroundJob&) = delete;

  // False: the pool refused; nothing runs and nothing is to be waited for. `work` must not throw.
  bool start(std::function<void()> work) {
    done_ = false;
    return pool_.submit([this, work = std::move(work)] {
      work();
      auto executor = executor_;  // this object may be gone before post() returns
      asio::post(executor, [this] {
        done_ = true;
        if (auto waiting = std::exchange(waiting_, std::nullopt)) std::move (*waiting)();
      });
    });
  }
  awaitable<void> wait() {
    if (done_) co_return;
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(
        [this](auto handler) { waiting_.emplace(std::move(handler)); }, asio::use_awaitable);
  }

 private:
  using Handler = typename asio::async_result<asio::use_awaitable_t<>, void()>::handler_type;

  WorkerPool& pool_;
  asio::any_io_executor executor_;
  bool done_ = true;
  std::optional<Handler> waiting_;
};

}  // namespace sluice::door::mysql
