// SPDX-License-Identifier: Apache-2.0
// ErrorLogs: the bad rows of recent loads, kept in memory under names that cannot be guessed (the answer's ErrorURL).
// Owned by the door. Thread-safe.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "session/load.h"

namespace sluice::door::http {

class ErrorLogs {
 public:
  // Gives the name. The oldest logs go when there are too many or too long ones.
  std::string add(const std::vector<session::LoadComplaint>& complaints);
  std::optional<std::string> find(const std::string& name) const;

 private:
  static constexpr size_t kMaxLogs = 1000;
  static constexpr size_t kMaxBytes = 16ull << 20;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::map<std::string, std::string> logs_;
  std::deque<std::string> order_;
  size_t bytes_ = 0;
};

}  // namespace sluice::door::http
