// SPDX-License-Identifier: Apache-2.0
// Signal: wakes one coroutine that waits on it. Used on the thread of its io_context only, but for post().
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>

#include "base/deadline.h"
#include "base/executor.h"

namespace sluice::client::cassandra {

class Signal {
 public:
  explicit Signal(asio::io_context& context) : timer_(context) {}

  // Ends the present wait(), or else the next one at once.
  void set() {
    set_ = true;
    timer_.cancel();
  }
  // Until set(), `until`, or the task's cancellation. Several set() before it count as one.
  awaitable<void> wait(Deadline until = Deadline::never()) {
    if (!set_ && !co_await cancelled()) {
      timer_.expires_at(until.time());
      boost::system::error_code ignored;
      co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    set_ = false;
  }

  // set() from any thread.
  static void post(const std::shared_ptr<Signal>& signal) {
    asio::post(signal->timer_.get_executor(), [signal] { signal->set(); });
  }

 private:
  asio::steady_timer timer_;
  bool set_ = false;
};

}  // namespace sluice::client::cassandra
