// SPDX-License-Identifier: Apache-2.0
#include "door/mysql/door.h"

#include "base/log.h"
#include "door/mysql/connection.h"
#include "door/mysql/error_packet.h"

namespace sluice::door::mysql {
namespace {

// After running statements were interrupted, their clients have this long to take the error.
constexpr std::chrono::seconds kLastWords{2};

}  // namespace

Door::Door(DoorOptions options, session::Services& services, NetworkThreads& threads,
           std::shared_ptr<net::TlsContext> tls)
    : options_(std::move(options)),
      services_(services),
      threads_(threads),
      tls_(std::move(tls)),
      metrics_(Metrics::process()) {}

Door::~Door() { stop(Deadline::after(std::chrono::seconds(0))); }

Status Door::start() {
  net::Listener::Options listening;
  listening.name = "mysql";
  listening.max_connections = services_.limits.max_connections;
  return listeners_.start(threads_, options_.addresses, listening,
                          [this](std::unique_ptr<net::Stream> stream, net::Admission admission) {
                            return serve(std::move(stream), admission);
                          });
}

void Door::stop(Deadline deadline) {
  draining_ = true;
  listeners_.stop();
  wake_connections();
  if (!listeners_.wait(deadline)) {
    size_t interrupted = services_.running.interrupt_all(session::Interrupt::kShutdown);
    log::warn("statements were interrupted by the shutdown", {{"count", interrupted}});
    if (!listeners_.wait(Deadline::after(kLastWords))) {
      listeners_.cancel_connections();
      listeners_.wait(Deadline::never());
    }
  }
  listeners_.clear();
}

awaitable<void> Door::serve(std::unique_ptr<net::Stream> stream, net::Admission admission) {
  if (admission == net::Admission::kRefuse) {
    co_await refuse(*stream);
    co_return;
  }
  struct Counted {
    explicit Counted(Door& door) : door(door) {
      door.metrics_.connections.add();
      door.metrics_.open_connections.add();
      door.open_.fetch_add(1, std::memory_order_relaxed);
    }
    ~Counted() {
      door.open_.fetch_sub(1, std::memory_order_relaxed);
      door.metrics_.open_connections.sub();
    }
    Door& door;
  } counted(*this);
  {
    Connection connection(*this, *stream);
    co_await connection.run();
  }
  if (stream->is_open()) co_await stream->close();
}

awaitable<void> Door::refuse(net::Stream& stream) {
  metrics_.refused_connections.add();
  PacketBuffer out;
  uint8_t sequence = 0;
  Error error = sql_error(Code::kResourceExhausted, 1040, "Too many connections");
  put_error(out, sequence, to_wire_error(error), false);
  (void)co_await stream.write(out.span(), Deadline::after(std::chrono::seconds(1)));
  co_await stream.close();
}

void Door::enlist(Connection* connection) {
  std::lock_guard lock(mutex_);
  connections_.insert(connection);
}

void Door::delist(Connection* connection) {
  std::lock_guard lock(mutex_);
  connections_.erase(connection);
}

void Door::wake_connections() {
  std::lock_guard lock(mutex_);
  for (Connection* connection : connections_) connection->wake();
}

}  // namespace sluice::door::mysql
