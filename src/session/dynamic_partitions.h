// SPDX-License-Identifier: Apache-2.0
// DynamicPartitions: partitions that come and go with time (dynamic_partition.*): at CREATE TABLE, after ALTER TABLE
// SET, and every dynamic_partition_check_interval_seconds on a thread of its own. Rows of dropped partitions leave
// into the recycle bin, which the same thread empties, as it forgets old deletions (kernel/deleted_rows.h). What it did
// last is kept in memory only, for SHOW DYNAMIC PARTITION TABLES. Thread-safe.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/result.h"
#include "pch/pch.h"

namespace sluice::kernel {
class Connection;
struct DynamicPartition;
}  // namespace sluice::kernel

namespace sluice::session {

class Services;
struct ShowContext;
struct Table;

class DynamicPartitions {
 public:
  // Empty texts: never, or nothing to tell.
  struct Info {
    std::string updated;    // the properties
    std::string scheduled;  // the last look at the table
    std::string not_added, not_dropped;
  };

  explicit DynamicPartitions(Services& services) : services_(services) {}
  ~DynamicPartitions() { stop(); }
  DynamicPartitions(const DynamicPartitions&) = delete;
  DynamicPartitions& operator=(const DynamicPartitions&) = delete;

  void start();
  // Interrupts what runs and waits for it.
  void stop();

  // Before CREATE TABLE: gives the new table the partitions of this moment. Errors 1105: they cannot be.
  Status complete(kernel::Connection& kernel, duckdb::SQLStatement& tree);
  // CREATE TABLE and ALTER TABLE SET have changed the properties.
  void properties_changed(const std::string& database, const std::string& table, bool created);
  // Makes and drops what is due, in a transaction of its own; reasons against it go to info().
  Status run(kernel::Connection& kernel, const std::string& database, const std::string& table);
  Info info(const std::string& database, const std::string& table) const;
  // A partition's time zone when the property names none.
  std::string server_time_zone() const;

 private:
  void loop();
  std::string zone_of(const kernel::DynamicPartition& properties) const;
  // Whether all went well.
  bool run_all();
  void clean_up();
  void note(const std::string& database, const std::string& table, std::string not_added, std::string not_dropped);

  Services& services_;
  mutable std::mutex mutex_;  // guards what follows; never held while the kernel is used
  std::condition_variable changed_;
  bool stopping_ = false;
  kernel::Connection* running_ = nullptr;  // the thread's, to be interrupted
  std::map<std::pair<std::string, std::string>, Info> infos_;
  std::thread thread_;
};

// SHOW DYNAMIC PARTITION TABLES: rows for `table`, which has the header.
Result<Table> show_dynamic_partitions(const std::string& database, ShowContext& context, Table table);

}  // namespace sluice::session
