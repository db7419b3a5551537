// SPDX-License-Identifier: Apache-2.0
#include "timeseries/rollup/rollup_service.h"

#include <pthread.h>

#include <algorithm>

#include "base/log.h"

namespace sluice::timeseries {
namespace {

void note(log::RateLimit& limit, const char* text, const Status& status) {
  if (!status) limit.warn(text, {{"error", status.error()}});
}

}  // namespace

void RollupService::start() {
  watcher_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "rollup-watch");
    watch();
  });
  runner_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "rollup-run");
    run();
  });
}

void RollupService::stop() {
  if (!watcher_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  node_.cancel();
  changed_.notify_all();
  watcher_.join();
  runner_.join();
  if (const auto left = node_.leave(); !left)
    log::warn("the other hosts of the roll-ups could not be told that this one ends", {{"error", left.error()}});
}

void RollupService::wake() {
  {
    std::lock_guard lock(mutex_);
    ++wakes_;
  }
  changed_.notify_all();
}

void RollupService::watch() {
  log::RateLimit beat_limit, check_limit;
  Clock::time_point next_beat = Clock::now();
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const uint64_t seen = wakes_;
    lock.unlock();
    if (Clock::now() >= next_beat) {
      note(beat_limit, "the heartbeat of the roll-ups failed", node_.beat());
      next_beat = Clock::now() + options_.beat;
    }
    note(check_limit, "roll-up tasks could not be looked up", node_.check());
    lock.lock();
    ++schedules_;
    changed_.notify_all();
    changed_.wait_until(lock, std::min(next_beat, Clock::now() + options_.check),
                        [&] { return stopping_ || wakes_ != seen; });
  }
}

void RollupService::run() {
  // Due times are of the system's clock, which may be set: it is looked at again after a while.
  constexpr std::chrono::milliseconds kLongestWait{1000};
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const uint64_t seen = schedules_;
    lock.unlock();
    node_.run_due();
    lock.lock();
    changed_.wait_for(lock, kLongestWait, [&] { return stopping_ || schedules_ != seen; });
  }
}

}  // namespace sluice::timeseries
