// SPDX-License-Identifier: Apache-2.0
// Loads in two phases. The first ends with the rows in a table of the server's own schema, of the same columns and
// constraints as the load's table: durable, checked and invisible. The second makes them rows of the load's table, or
// drops them; it may come after a crash. Each phase is one transaction of the kernel, together with the record of it in
// prepared_loads. One per process; thread-safe; blocking.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "base/result.h"
#include "kernel/connection.h"
#include "session/load_labels.h"
#include "session/load_statement.h"

namespace sluice::session {

class PreparedLoads {
 public:
  static constexpr auto kDefaultTimeout = std::chrono::hours(1);

  // What is not decided within `timeout` after it was prepared is aborted. `labels` must outlive this.
  PreparedLoads(kernel::Host& host, LoadLabels& labels, std::chrono::seconds timeout = kDefaultTimeout)
      : host_(host), labels_(labels), timeout_(timeout) {}

  // ---- The first phase, inside the load's open transaction.
  // Makes the table that takes the rows of `txn_id` in. Errors: 1235 a table that is not the server's own.
  Result<LoadTable> make_stage(kernel::Connection& connection, const LoadTable& target, int64_t txn_id) const;
  // Checks the staged rows against the keys that are in `target` now and records the load as prepared.
  // Errors: 1062 a key is there already.
  Status record(kernel::Connection& connection, const LabelReservation& reservation, const LoadTable& target,
                int64_t txn_id, uint64_t rows) const;

  // ---- The second phase.
  struct Decision {
    std::string database;
    std::optional<int64_t> txn_id;  // or
    std::string label;
    bool commit = true;                                        // otherwise abort
    std::function<Status(const std::string& table)> may_load;  // whether the client may decide; empty: it may
  };
  // Errors, in Doris' words: no such transaction, or it was decided before. When the kernel refuses the commit, the
  // load stays prepared and the error says so.
  Status decide(const Decision& decision);

  // Aborts what was prepared too long ago. Does nothing when it did that a moment ago.
  Status expire();

 private:
  struct Record {
    int64_t txn_id = 0;
    std::string label;
    std::string table;
    uint64_t rows = 0;
    std::string state;
    std::string reason;
    bool expired = false;
  };
  Result<std::optional<Record>> find(kernel::Connection& connection, const Decision& decision) const;
  Status check_undecided(kernel::Connection& connection, const Decision& decision, const Record& record);
  Error not_found(kernel::Connection& connection, const Decision& decision) const;
  Status commit(kernel::Connection& connection, const std::string& database, const Record& record) const;
  Status abort(kernel::Connection& connection, int64_t txn_id, const std::string& reason) const;
  // Marks a transaction as being decided; false when it is already.
  bool take(int64_t txn_id);
  void give_back(int64_t txn_id);

  kernel::Host& host_;
  LoadLabels& labels_;
  const std::chrono::seconds timeout_;
  std::mutex mutex_;
  std::set<int64_t> deciding_;                               // guarded by mutex_
  std::chrono::steady_clock::time_point last_expiration_{};  // guarded by mutex_
};

}  // namespace sluice::session
