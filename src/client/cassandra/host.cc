// SPDX-License-Identifier: Apache-2.0
#include "client/cassandra/host.h"

#include <utility>

#include "base/backoff.h"
#include "base/log.h"

namespace sluice::client::cassandra {

Host::Host(std::shared_ptr<const Settings> settings, Address address, std::string datacenter)
    : settings_(std::move(settings)),
      address_(std::move(address)),
      datacenter_(std::move(datacenter)),
      breaker_(address_.host + ":" + std::to_string(address_.port), settings_->breaker) {}

void Host::start(NetworkThreads& threads, TaskScope& scope, std::function<void()> changed) {
  std::lock_guard lock(mutex_);
  connections_.resize(settings_->connections_per_host);
  for (size_t slot = 0; slot < connections_.size(); ++slot) {
    auto& context = threads.next();
    auto signal = std::make_shared<Signal>(context);
    signals_.push_back(signal);
    scope.spawn(context, keep_connected(slot, signal, scope, changed));
  }
}

void Host::remove() {
  removed_ = true;
  std::lock_guard lock(mutex_);
  for (auto& connection : connections_) {
    if (connection) connection->close_from_any_thread(Error(Code::kUnavailable, "the node left the cluster"));
  }
  for (auto& signal : signals_) Signal::post(signal);
}

void Host::wake() {
  std::lock_guard lock(mutex_);
  for (auto& signal : signals_) Signal::post(signal);
}

std::shared_ptr<Connection> Host::pick() const {
  std::lock_guard lock(mutex_);
  const std::shared_ptr<Connection>* best = nullptr;
  for (auto& connection : connections_) {
    if (!connection || !connection->is_open()) continue;
    if (!best || connection->load() < (*best)->load()) best = &connection;
  }
  return best ? *best : nullptr;
}

uint32_t Host::load() const {
  std::lock_guard lock(mutex_);
  uint32_t sum = 0;
  for (auto& connection : connections_) sum += connection ? connection->load() : 0;
  return sum;
}

std::string Host::last_error() const {
  std::lock_guard lock(mutex_);
  return last_error_;
}

void Host::put(size_t slot, std::shared_ptr<Connection> connection) {
  std::lock_guard lock(mutex_);
  open_ += connection ? 1 : -1;
  if (connection) last_error_.clear();
  connections_[slot] = std::move(connection);
}

awaitable<void> Host::keep_connected(size_t slot, std::shared_ptr<Signal> signal, TaskScope& scope,
                                     std::function<void()> changed) {
  auto self = shared_from_this();
  Backoff backoff(retry::kReconnect);
  static log::RateLimit limit;
  while (!removed_ && !co_await cancelled()) {
    // On this thread, too; put() first, so that who is told of a lost request no longer finds the connection here.
    auto closed = std::make_shared<bool>(false);
    auto placed = std::make_shared<bool>(false);
    Connection::Observer observer;
    observer.closed = [self, slot, closed, placed, signal] {
      *closed = true;
      if (std::exchange(*placed, false)) self->put(slot, nullptr);
      signal->set();
    };
    auto connection = co_await Connection::open(settings_, address_, scope, std::move(observer),
                                                Deadline::after(settings_->connect_timeout));
    if (!connection) {
      if (connection.error().code() == Code::kCancelled) break;
      limit.warn("a Cassandra node cannot be connected to", {{"peer", name()}, {"error", connection.error()}});
      {
        std::lock_guard lock(mutex_);
        last_error_ = connection.error().describe();
      }
      auto wait = backoff.next(connection.error());
      co_await signal->wait(Deadline::after(wait.value_or(retry::kReconnect.cap)));
      continue;
    }
    backoff.reset();
    if (*closed) continue;
    *placed = true;
    put(slot, *connection);
    changed();
    while (!*closed && !removed_ && !co_await cancelled()) co_await signal->wait();
    (*connection)->close(Error(Code::kCancelled, "the session is closed"));
    changed();
  }
}

}  // namespace sluice::client::cassandra
