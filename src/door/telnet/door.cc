// SPDX-License-Identifier: Apache-2.0
#include "door/telnet/door.h"

#include <algorithm>
#include <cstring>
#include <thread>

#include "base/log.h"

namespace sluice::door::telnet {
namespace {

// A connection's buffer: grows while reads fill it. A few thousand lines make a batch worth its hand-over.
constexpr size_t kFirstBuffer = 8 << 10;
constexpr size_t kMaxBuffer = 512 << 10;
// After a short read others are likely to come in drops: a short rest makes one batch of them.
constexpr size_t kShortRead = 4 << 10;
constexpr auto kRest = std::chrono::milliseconds(5);
constexpr auto kFirstRetry = std::chrono::milliseconds(50);
constexpr auto kLastRetry = std::chrono::milliseconds(1000);
constexpr auto kReplyTimeout = std::chrono::seconds(60);

bool pushes_back(const Error& error) {
  return error.code() == Code::kResourceExhausted || error.code() == Code::kUnavailable;
}

}  // namespace

Door::Door(DoorOptions options, timeseries::Store& store, timeseries::Traffic& traffic, WorkerPool& workers,
           NetworkThreads& threads)
    : options_(std::move(options)), store_(store), traffic_(traffic), workers_(workers), threads_(threads) {}

Door::~Door() { stop(Deadline::after(Deadline::Clock::duration::zero())); }

Status Door::start() {
  net::Listener::Options options;
  options.name = "telnet";
  options.max_connections = options_.max_connections;
  return listeners_.start(threads_, options_.addresses, options,
                          [this](std::unique_ptr<net::Stream> stream, net::Admission admission) {
                            return serve(std::move(stream), admission);
                          });
}

void Door::stop(Deadline deadline) {
  if (listeners_.empty()) return;
  stop_at_ = std::max<Deadline::Clock::rep>(deadline.time().time_since_epoch().count(), 1);
  listeners_.stop();
  listeners_.cancel_connections();
  if (!listeners_.wait(Deadline::after(deadline.remaining() + kLastRetry * 30))) {
    log::error("connections did not end", {{"door", "telnet"}});
  }
  listeners_.clear();
}

awaitable<Result<size_t>> Door::take(Intake& intake, std::string_view bytes) {
  size_t done = 0;
  auto wait = kFirstRetry;
  for (;;) {
    size_t used = 0;
    const Status status = co_await run_on(workers_, [&]() -> Status { return intake.take(bytes.substr(done), used); });
    done += used;
    if (status) co_return done;
    if (!pushes_back(status.error())) co_return fail(status.error());
    static log::RateLimit limit;
    limit.warn("telnet clients wait: the store takes no points", {{"error", status.error()}});
    const auto stop_at = stop_at_.load();
    if (stop_at != 0 && Deadline::Clock::now().time_since_epoch().count() >= stop_at) co_return fail(status.error());
    // Once the connection is cancelled, its own waits end at once.
    if (!co_await sleep_for(wait)) {
      if (!co_await run_on(workers_, [&] { std::this_thread::sleep_for(wait); })) co_return fail(status.error());
    }
    wait = std::min<std::chrono::milliseconds>(wait * 2, kLastRetry);
  }
}

awaitable<void> Door::serve(std::unique_ptr<net::Stream> stream, net::Admission admission) {
  if (admission == net::Admission::kRefuse) {
    stream->abort();
    co_return;
  }
  Intake intake(store_, traffic_, options_.intake);
  const size_t first = std::max(kFirstBuffer, 2 * options_.intake.max_line);
  const size_t most = std::max(kMaxBuffer, first);
  std::string buffer(first, '\0');
  size_t held = 0;
  for (;;) {
    const auto n = co_await stream->read_some({reinterpret_cast<uint8_t*>(buffer.data()) + held, buffer.size() - held});
    if (!n || *n == 0) break;
    const bool full = held + *n == buffer.size();
    held += *n;
    const auto used = co_await take(intake, std::string_view(buffer).substr(0, held));
    if (!used) {
      log::error("a telnet connection is given up: its points cannot be stored",
                 {{"peer", stream->remote_address()}, {"error", used.error()}});
      stream->abort();
      co_return;
    }
    held -= *used;
    std::memmove(buffer.data(), buffer.data() + *used, held);
    if (auto& replies = intake.replies(); !replies.empty()) {
      const auto bytes = std::span(reinterpret_cast<const uint8_t*>(replies.data()), replies.size());
      if (!co_await stream->write(bytes, Deadline::after(kReplyTimeout))) break;
      replies.clear();
    }
    if (full && buffer.size() < most) buffer.resize(std::min(most, buffer.size() * 4));
    if (*n < kShortRead && !co_await sleep_for(kRest)) break;
  }
  co_await stream->close();
}

}  // namespace sluice::door::telnet
