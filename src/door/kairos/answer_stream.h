// SPDX-License-Identifier: Apache-2.0
// AnswerStream: the pieces of an answer on their way from the worker that makes them to the coroutine that sends them.
// A worker waits while kMaxBytes are unsent, so a slow client slows its query down. write() and finish() on one worker,
// the rest on the coroutine's thread. Copies are the same stream; it lives until both sides are done with it.
#pragma once

#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/executor.h"
#include "timeseries/engine/answer_text.h"

namespace sluice::door::kairos {

class AnswerStream : public timeseries::AnswerSink {
 public:
  // Bytes that may wait to be sent; a single piece may be larger.
  static constexpr size_t kMaxBytes = 1 << 20;
  // Pieces below that wait for what follows, or for the end.
  static constexpr size_t kWakeBytes = 64 << 10;

  struct Piece {
    std::string bytes;
    bool last = false;
    Status status;  // of the whole answer, with `last`
  };

  explicit AnswerStream(asio::any_io_executor executor);

  // ---- the worker
  Status write(std::string_view piece) override;
  // Once, as the last call.
  void finish(Status status);

  // ---- the coroutine. Not cancellable: until the last piece came, the worker may use what belongs to the request.
  awaitable<Piece> next();
  // Nobody wants the rest: write() fails from now on.
  void close();

 private:
  using Handler = typename asio::async_result<asio::use_awaitable_t<>, void()>::handler_type;
  struct State {
    explicit State(asio::any_io_executor executor) : executor(std::move(executor)) {}
    std::mutex mutex;
    std::condition_variable room;
    // Guarded by mutex.
    std::string bytes;
    bool closed = false;
    bool finished = false;
    Status status;
    // Of the coroutine's thread.
    const asio::any_io_executor executor;
    std::optional<Handler> waiting;
  };
  static void wake(const std::shared_ptr<State>& state);

  const std::shared_ptr<State> state_;
};

}  // namespace sluice::door::kairos
