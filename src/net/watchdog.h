// SPDX-License-Identifier: Apache-2.0
// Watchdog: one per io_context, used on its thread only. Ends the waiting operations of streams whose deadline has
// passed, and notices peers that went away while nobody reads from them. One timer for all streams: an operation with
// a deadline costs a comparison, an idle connection nothing.
#pragma once

#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>

#include "base/deadline.h"
#include "base/executor.h"

namespace sluice::net {

class Stream;

class Watchdog : public asio::execution_context::service {
 public:
  using key_type = Watchdog;
  static asio::execution_context::id id;

  // How often peers are looked at while one is watched.
  static constexpr std::chrono::milliseconds kPeerInterval{250};

  explicit Watchdog(asio::io_context& context);
  static Watchdog& of(asio::io_context& context);

  // Looks at `stream` no later than `when`.
  void watch(Stream& stream, Deadline::Clock::time_point when) {
    if (!linked(stream)) link(stream);
    if (when < armed_until_) arm(when);
  }
  // Looks at `stream` every kPeerInterval as long as its peer is watched.
  void watch_peer(Stream& stream);
  void unlink(Stream& stream);

 private:
  void shutdown() noexcept override { timer_.reset(); }
  static bool linked(const Stream& stream);
  void link(Stream& stream);
  void arm(Deadline::Clock::time_point when);
  void round();

  std::optional<asio::steady_timer> timer_;
  Stream* first_ = nullptr;
  // When the next round is; max() while none is needed.
  Deadline::Clock::time_point armed_until_ = Deadline::Clock::time_point::max();
  // The next round is at most kPeerInterval away: watching a further peer needs no look at the clock.
  bool armed_for_peers_ = false;
};

}  // namespace sluice::net
