// SPDX-License-Identifier: Apache-2.0
// RunningStatements: every open session and what it runs, for SHOW PROCESSLIST, KILL, GET /api/queries and the
// query_timeout watchdog. Thread-safe. Sessions register themselves, the HTTP door its stream loads; doors and SHOW
// read snapshots.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "session/session.h"

namespace sluice::session {

// A session or a load as seen from outside.
struct RunningEntry {
  uint32_t connection_id = 0;
  ClientIdentity client;
  std::string database;
  std::string statement;  // text of the running statement, cut at 64 KiB; empty when idle
  std::string query_id;   // 32 hex digits and dashes, new for each statement; empty when idle
  std::string trace_id;   // W3C trace id of the statement; empty when idle
  std::chrono::system_clock::time_point logged_in;
  std::chrono::system_clock::time_point state_since;  // start of the statement, or of the idleness
  double progress = -1;                               // percent, -1 unknown
};

// Numbers of statements, from 1, and the id that clients see: 32 hex digits in the form of Doris' query ids, unique for
// a number within this process and, with its random half, beyond.
uint64_t next_query_number();
std::string query_id_text(uint64_t query_number);

class RunningStatements {
 public:
  RunningStatements();
  ~RunningStatements();

  void add(uint32_t connection_id, Listed* session);
  void remove(uint32_t connection_id);
  size_t session_count() const;

  // A statement of this session begins in the kernel and has to be interrupted (kTimeout) at `deadline`.
  void watch(uint32_t connection_id, std::chrono::steady_clock::time_point deadline);
  // It ended.
  void unwatch(uint32_t connection_id);
  // The session wants to be interrupted again soon: an interrupt that arrives before the kernel begins is lost.
  void repeat_interrupt(uint32_t connection_id);
  std::vector<RunningEntry> snapshot() const;

  // KILL and KILL QUERY. Errors: 1094 no such connection; 1095 not the owner, unless `any` may be killed.
  Status kill(uint64_t connection_id, bool query_only, const ClientIdentity& by, bool any);
  Status kill_query_id(const std::string& query_id, const ClientIdentity& by, bool any);
  // Interrupts every running statement (shutdown). Returns how many there were.
  size_t interrupt_all(Interrupt reason);
  size_t running_count() const;

 private:
  void run_watchdog();

  mutable std::mutex mutex_;  // guards all below; a session's own lock is taken under it, never the other way round
  std::map<uint32_t, Listed*> sessions_;
  struct Watch {
    std::chrono::steady_clock::time_point due;
    bool repeats = false;  // was interrupted already, for whatever reason
  };
  std::map<uint32_t, Watch> watches_;
  std::chrono::steady_clock::time_point next_due_ = std::chrono::steady_clock::time_point::max();
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread watchdog_;
};

}  // namespace sluice::session
