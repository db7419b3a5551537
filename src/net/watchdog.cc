// SPDX-License-Identifier: Apache-2.0
#include "net/watchdog.h"

#include <poll.h>
#include <algorithm>
#include <utility>

#include "net/stream.h"

namespace sluice::net {

asio::execution_context::id Watchdog::id;

namespace {

using Clock = Deadline::Clock;

// Deadlines are met this late at most, so that many close ones share a round.
constexpr std::chrono::milliseconds kSlack{5};

bool peer_is_gone(int fd, PeerGone meaning) {
  pollfd state{fd, POLLRDHUP, 0};
  if (::poll(&state, 1, 0) <= 0) return false;
  if (state.revents & (POLLHUP | POLLERR | POLLNVAL)) return true;
  return meaning == PeerGone::kHalfClosed && (state.revents & POLLRDHUP);
}

}  // namespace

Watchdog::Watchdog(asio::io_context& context)
    : asio::execution_context::service(context), timer_(std::in_place, context) {}

Watchdog& Watchdog::of(asio::io_context& context) { return asio::use_service<Watchdog>(context); }

bool Watchdog::linked(const Stream& stream) { return stream.watch_.linked; }

void Watchdog::link(Stream& stream) {
  auto& watch = stream.watch_;
  watch.previous = nullptr;
  watch.next = first_;
  if (first_) first_->watch_.previous = &stream;
  first_ = &stream;
  watch.linked = true;
}

void Watchdog::unlink(Stream& stream) {
  auto& watch = stream.watch_;
  if (!watch.linked) return;
  if (watch.previous)
    watch.previous->watch_.next = watch.next;
  else
    first_ = watch.next;
  if (watch.next) watch.next->watch_.previous = watch.previous;
  watch.linked = false;
}

void Watchdog::watch_peer(Stream& stream) {
  if (!linked(stream)) link(stream);
  if (armed_for_peers_) return;
  armed_for_peers_ = true;
  auto when = Clock::now() + kPeerInterval;
  if (when < armed_until_) arm(when);
}

void Watchdog::arm(Clock::time_point when) {
  if (!timer_) return;
  armed_until_ = when;
  timer_->expires_at(when);  // ends an earlier wait
  timer_->async_wait([this](const boost::system::error_code& error) {
    if (!error) round();
  });
}

void Watchdog::round() {
  const auto now = Clock::now();
  auto next_round = Clock::time_point::max();
  armed_for_peers_ = false;
  armed_until_ = Clock::time_point::min();  // callbacks below must not arm: this round does at its end
  for (Stream* stream = first_; stream;) {
    auto& watch = stream->watch_;
    Stream* next = watch.next;
    bool watching = false;
    bool any_expired = false;
    for (int direction = 0; direction < 2; ++direction) {
      Deadline& deadline = watch.deadlines[direction];
      if (deadline.is_never()) continue;
      if (deadline.expired(now)) {
        watch.expired[direction] = true;
        deadline = Deadline::never();
        any_expired = true;
      } else {
        watching = true;
        next_round = std::min(next_round, deadline.time());
      }
    }
    if (any_expired) {
      boost::system::error_code ignored;
      stream->socket_.cancel(ignored);
    }
    if (watch.gone) {
      if (std::exchange(watch.seen, true) && peer_is_gone(stream->socket_.native_handle(), watch.meaning)) {
        auto gone = std::exchange(watch.gone, nullptr);
        gone();
      } else {
        watching = true;
        armed_for_peers_ = true;
      }
    }
    if (!watching) unlink(*stream);
    stream = next;
  }
  armed_until_ = Clock::time_point::max();
  if (armed_for_peers_) next_round = std::min(next_round, now + kPeerInterval);
  if (next_round != armed_until_) arm(std::max(next_round, now + kSlack));
}

}  // namespace sluice::net
