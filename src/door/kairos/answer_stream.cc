// SPDX-License-Identifier: Apache-2.0
#include "door/kairos/answer_stream.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace sluice::door::kairos {

AnswerStream::AnswerStream(asio::any_io_executor executor) : state_(std::make_shared<State>(std::move(executor))) {}

void AnswerStream::wake(const std::shared_ptr<State>& state) {
  asio::post(state->executor, [state] {
    if (auto waiting = std::exchange(state->waiting, std::nullopt)) std::move (*waiting)();
  });
}

Status AnswerStream::write(std::string_view piece) {
  const auto state = state_;
  std::unique_lock lock(state->mutex);
  state->room.wait(lock, [&] { return state->closed || state->bytes.size() < kMaxBytes; });
  if (state->closed) return fail(Code::kCancelled, "nobody waits for the answer");
  state->bytes += piece;
  const bool enough = state->bytes.size() >= kWakeBytes;
  lock.unlock();
  if (enough) wake(state);
  return {};
}

void AnswerStream::finish(Status status) {
  const auto state = state_;
  {
    std::lock_guard lock(state->mutex);
    state->finished = true;
    state->status = std::move(status);
  }
  wake(state);
}

awaitable<AnswerStream::Piece> AnswerStream::next() {
  for (;;) {
    {
      std::lock_guard lock(state_->mutex);
      if (state_->finished || (state_->bytes.size() >= kWakeBytes && !state_->closed)) {
        Piece piece{std::exchange(state_->bytes, {}), state_->finished, state_->status};
        state_->room.notify_one();
        co_return piece;
      }
    }
    // What was posted since comes on this thread, after this.
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(
        [this](auto handler) { state_->waiting.emplace(std::move(handler)); }, asio::use_awaitable);
  }
}

void AnswerStream::close() {
  std::lock_guard lock(state_->mutex);
  state_->closed = true;
  state_->bytes.clear();
  state_->room.notify_one();
}

}  // namespace sluice::door::kairos
