// SPDX-License-Identifier: Apache-2.0
// Audit: who did what, one JSON object a line, appended to a file. Owned by src/server; used by sessions (statements)
// and doors (logins, loads). record() may be called from any thread, never blocks on the disk and never fails: one
// own thread writes; when its bounded queue is full, entries are dropped, counted, and the log says so.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/result.h"

namespace sluice::session {

// One finished event. Empty strings and zero counts are left out of the line.
struct AuditEntry {
  enum class Event : uint8_t { kStatement, kLogin, kLogout, kLoad };
  Event event = Event::kStatement;
  std::chrono::system_clock::time_point started;
  std::chrono::microseconds duration{0};
  uint32_t connection_id = 0;
  std::string user;
  std::string host;
  std::string door;  // "mysql" or "http"
  std::string database;
  std::string query_id;
  std::string trace_id;
  std::string statement;  // text as sent; record() cuts it to Options::max_statement_bytes and masks passwords
  uint64_t rows = 0;      // returned, or affected when the statement returns none, or loaded
  uint64_t bytes = 0;     // sent to the client, or received by a load
  int error_code = 0;     // the door's number (MySQL errno, HTTP status); 0: success
  std::string error;
};

class Audit {
 public:
  struct Options {
    std::string file;  // empty: off
    uint64_t max_file_bytes =
        256ull << 20;        // a longer file is renamed to <file>.1, <file>.1 to <file>.2, ...; 0: never
    uint32_t max_files = 8;  // rotated files kept beside the current one
    size_t max_statement_bytes = 16ull << 10;  // longer statements are cut at a character boundary
    size_t max_queue_entries = 16384;
    size_t max_queue_bytes = 32ull << 20;  // of statement texts waiting to be written
  };

  Audit() = default;  // off
  // Opens the file for appending and starts the writer. Errors: the file cannot be opened or created.
  static Result<std::unique_ptr<Audit>> open(Options options);
  ~Audit();
  Audit(const Audit&) = delete;
  Audit& operator=(const Audit&) = delete;

  // Callers ask first, so that an audit that is off costs no copies of statement texts.
  bool enabled() const { return enabled_; }
  void record(AuditEntry entry);

  // SIGHUP: the writer closes the file and opens its name anew (for logrotate).
  void reopen();
  // Waits until everything recorded before the call is in the file.
  void flush();
  // Writes what is queued and ends the writer; record() does nothing afterwards. Idempotent.
  void stop();
  // Entries dropped since the start because the queue was full or the disk refused them.
  uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  void run();
  void write_batch(const std::vector<AuditEntry>& batch);
  bool open_file();
  void rotate();

  Options options_;
  std::atomic<bool> enabled_ = false;
  std::atomic<uint64_t> dropped_{0};

  std::mutex mutex_;
  std::condition_variable wake_writer_;
  std::condition_variable written_;
  // Guarded by mutex_.
  std::vector<AuditEntry> queue_;
  size_t queue_bytes_ = 0;
  uint64_t accepted_ = 0;
  uint64_t finished_ = 0;
  bool reopen_wanted_ = false;
  bool stopping_ = false;

  // Only the writer thread.
  int fd_ = -1;
  uint64_t file_bytes_ = 0;
  uint64_t dropped_reported_ = 0;
  std::string lines_;

  std::thread writer_;
};

// The statement with the literals of passwords replaced by '<secret>': what follows IDENTIFIED [WITH plugin] BY | AS |
// BY PASSWORD, SET PASSWORD [FOR account] =, PASSWORD(...), and properties named like a credential ("password" = "...",
// "secret_key", "token", ...). Works on text that does not parse as well.
std::string mask_secrets(std::string_view sql);

// One entry as its JSON line, without the newline.
void append_json(const AuditEntry& entry, std::string& out);

}  // namespace sluice::session
