// SPDX-License-Identifier: Apache-2.0
// The other two forms of an operation that ends with a callback: awaited by a coroutine, which resumes on its own
// executor, and waited for by a thread that may block. Neither can be cancelled: operations have deadlines.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>
#include <memory>
#include <optional>

#include "base/executor.h"

namespace sluice::client::cassandra {

// `start` gets the callback, which takes a T, and sees to it that it is called once, on any thread.
template <typename T, typename Start>
awaitable<T> await_callback(Start start) {
  using Handler = typename asio::async_result<asio::use_awaitable_t<>, void()>::handler_type;
  std::optional<T> value;
  auto executor = co_await asio::this_coro::executor;
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(
      [&](auto handler) {
        auto waiting = std::make_shared<Handler>(std::move(handler));
        start([waiting, executor, &value](T result) {
          value.emplace(std::move(result));
          asio::post(executor, [waiting] { std::move (*waiting)(); });
        });
      },
      asio::use_awaitable);
  co_return std::move(*value);
}

template <typename T, typename Start>
T wait_for_callback(Start start) {
  auto promise = std::make_shared<std::promise<T>>();
  auto future = promise->get_future();
  start([promise](T result) { promise->set_value(std::move(result)); });
  return future.get();
}

}  // namespace sluice::client::cassandra
