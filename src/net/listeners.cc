// SPDX-License-Identifier: Apache-2.0
#include "net/listeners.h"

#include "base/log.h"

namespace sluice::net {

Status Listeners::start(NetworkThreads& threads, const std::vector<ListenAddress>& addresses,
                        const Listener::Options& options, const Listener::Handler& handler) {
  for (const auto& address : addresses) {
    auto listener = Listener::open(threads, address, options, handler);
    if (!listener) {
      listeners_.clear();
      return fail(std::move(listener).error());
    }
    listeners_.push_back(std::move(*listener));
  }
  for (auto& listener : listeners_) {
    listener->start();
    log::info("listening", {{"door", options.name}, {"address", listener->address()}});
  }
  return {};
}

void Listeners::stop() {
  for (auto& listener : listeners_) listener->stop();
}

void Listeners::cancel_connections() {
  for (auto& listener : listeners_) listener->cancel_connections();
}

bool Listeners::wait(Deadline deadline) {
  bool all_gone = true;
  for (auto& listener : listeners_) all_gone = listener->wait(deadline) && all_gone;
  return all_gone;
}

std::vector<uint16_t> Listeners::ports() const {
  std::vector<uint16_t> result;
  for (const auto& listener : listeners_) result.push_back(listener->port());
  return result;
}

uint32_t Listeners::connections() const {
  uint32_t all = 0;
  for (const auto& listener : listeners_) all += listener->connections();
  return all;
}

}  // namespace sluice::net
