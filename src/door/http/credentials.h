// SPDX-License-Identifier: Apache-2.0
// Credentials: HTTP basic authentication against session::Access. Checking a password costs milliseconds by design, and
// every request brings it again: what was right is remembered for a while as a keyed digest, and only as long as the
// account keeps that password. Owned by the door. Thread-safe.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "session/access.h"
#include "session/session.h"

namespace sluice::door::http {

class Credentials {
 public:
  Credentials();

  // Whether this password was right for this account lately. Cheap.
  bool remembered(const session::AccountRecord& account, std::string_view password);
  void remember(const session::AccountRecord& account, std::string_view password);

 private:
  using Digest = std::array<uint8_t, 32>;
  Digest digest(const session::AccountRecord& account, std::string_view password) const;

  static constexpr auto kKeep = std::chrono::minutes(10);
  static constexpr size_t kMaxEntries = 4096;
  std::array<uint8_t, 32> key_;  // of this process
  std::mutex mutex_;
  std::map<Digest, std::chrono::steady_clock::time_point> known_;  // guarded by mutex_: until when
};

}  // namespace sluice::door::http
