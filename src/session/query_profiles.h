// SPDX-License-Identifier: Apache-2.0
// QueryProfiles: what statements that ran with enable_profile did, for SHOW QUERY PROFILE and GET /api/profile.
// Thread-safe. In memory only; the oldest ones leave.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::session {

struct QueryProfile {
  std::string id;    // the statement's query id
  std::string task;  // QUERY, LOAD
  std::chrono::system_clock::time_point began;
  std::chrono::system_clock::time_point ended;
  std::string state;  // EOF, OK or ERR, as Doris calls the end of queries, of other statements and failures
  std::string user;
  std::string database;
  std::string statement;
  std::string operators;  // lines: each operator with its rows and time
};

class QueryProfiles {
 public:
  static constexpr size_t kMostProfiles = 100;
  static constexpr size_t kMostTextBytes = 64 << 10;  // of a statement and of its operators: the rest is cut

  void add(QueryProfile profile);
  // The newest first.
  std::vector<std::shared_ptr<const QueryProfile>> list() const;
  // Null when there is none.
  std::shared_ptr<const QueryProfile> find(std::string_view id) const;

 private:
  mutable std::mutex mutex_;  // guards profiles_
  std::deque<std::shared_ptr<const QueryProfile>> profiles_;
};

// The whole text of a profile: a summary and its operators.
std::string profile_text(const QueryProfile& profile);

}  // namespace sluice::session
