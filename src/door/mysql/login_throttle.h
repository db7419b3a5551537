// SPDX-License-Identifier: Apache-2.0
// LoginThrottle: slows down hosts that fail to log in, so that guessing passwords is slow and costs the server little.
// Nobody is locked out: a right password is only ever late by the host's current delay, and a success forgives all.
// Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

namespace sluice::door::mysql {

class LoginThrottle {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr uint32_t kFreeFailures = 3;                  // without delay
  static constexpr std::chrono::milliseconds kFirstDelay{100};  // doubles with each further failure
  static constexpr std::chrono::milliseconds kLongestDelay{4'000};
  static constexpr std::chrono::seconds kForgetAfter{60};  // without a failure
  static constexpr uint32_t kMaxWaitingPerHost = 32;       // more are answered at once, and cut
  static constexpr size_t kMaxHosts = 10'000;

  // What a login from `host` has to wait now because of failures before.
  std::chrono::milliseconds delay(const std::string& host, Clock::time_point now = Clock::now());
  // Counts a failure and gives the delay for its answer.
  std::chrono::milliseconds failed(const std::string& host, Clock::time_point now = Clock::now());
  void succeeded(const std::string& host);

  // Around waiting for a delay. False: too many of this host wait already, do not wait.
  bool begin_waiting(const std::string& host);
  void end_waiting(const std::string& host);

 private:
  struct Host {
    uint32_t failures = 0;
    uint32_t waiting = 0;
    Clock::time_point last_failure;
  };
  static std::chrono::milliseconds delay_after(uint32_t failures);
  void forget_old(Clock::time_point now);

  std::mutex mutex_;
  std::unordered_map<std::string, Host> hosts_;  // guarded by mutex_
};

}  // namespace sluice::door::mysql
