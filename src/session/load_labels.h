// SPDX-License-Identifier: Apache-2.0
// Labels of loads: each names a load of one database that must happen at most once. A label is reserved in memory while
// its load runs, and stored in internal.__sluice.load_labels by the same transaction that adds the rows, so that after
// a crash either both are there or neither. Labels of failed loads can be used again. One per process; thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/result.h"
#include "kernel/connection.h"
#include "kernel/host.h"

namespace sluice::session {

class LoadLabels;

// A label in use by a running load. Destroying it frees the label (unless its row was committed meanwhile).
class LabelReservation {
 public:
  ~LabelReservation();
  LabelReservation(const LabelReservation&) = delete;
  LabelReservation& operator=(const LabelReservation&) = delete;

  // Writes the label's row; part of the open transaction of `connection`.
  Status store(kernel::Connection& connection, int64_t txn_id, uint64_t rows) const;

  const std::string& database() const { return database_; }
  const std::string& label() const { return label_; }

 private:
  friend class LoadLabels;
  LabelReservation(LoadLabels& labels, std::string database, std::string label)
      : labels_(labels), database_(std::move(database)), label_(std::move(label)) {}
  LoadLabels& labels_;
  const std::string database_;
  const std::string label_;
};

class LoadLabels {
 public:
  static constexpr auto kDefaultKeep = std::chrono::hours(72);

  explicit LoadLabels(kernel::Host& host, std::chrono::seconds keep = kDefaultKeep) : host_(host), keep_(keep) {}

  // kPrepared: by a load in two phases that is neither committed nor aborted.
  enum class Use : uint8_t { kFree, kRunning, kPrepared, kFinished };
  // The reservation, or how the label is in use. Blocking. Errors: the kernel's.
  struct Reserved {
    Use use = Use::kFree;
    std::shared_ptr<LabelReservation> reservation;  // with kFree
    int64_t txn_id = 0;                             // of the load that used it, with kPrepared and kFinished
  };
  Result<Reserved> reserve(const std::string& database, const std::string& label);
  bool is_running(const std::string& database, const std::string& label) const;
  std::chrono::seconds keep() const { return keep_; }

  // 1 to 128 letters, digits, '_', '-', '.', ':' or other characters above ASCII.
  static bool valid(std::string_view label);
  // Unique in this process and, for all practical purposes, beyond.
  static std::string generate();
  // Grows; starts at the milliseconds since 1970 of the first call.
  static int64_t next_txn_id();

 private:
  friend class LabelReservation;
  Status make_table(kernel::Connection& connection);
  Status remove_old(kernel::Connection& connection);

  kernel::Host& host_;
  const std::chrono::seconds keep_;
  mutable std::mutex mutex_;
  std::set<std::pair<std::string, std::string>> running_;  // guarded by mutex_: database, label
  bool have_table_ = false;                                // guarded by mutex_
  std::chrono::steady_clock::time_point last_cleaning_{};  // guarded by mutex_
};

}  // namespace sluice::session
