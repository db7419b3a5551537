// SPDX-License-Identifier: Apache-2.0
// What SHOW EXPORT lists: the EXPORT statements since the start, which have ended when they return. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace sluice::session {

struct ExportJob {
  uint64_t id = 0;
  std::string database;
  std::string table;
  std::string label;
  std::string path;
  std::string task_info;  // JSON, as Doris shows it
  std::string files;      // JSON: OutfileInfo
  std::string error;      // empty: finished
  std::chrono::system_clock::time_point began;
  std::chrono::system_clock::time_point ended;
};

class ExportJobs {
 public:
  void add(ExportJob job);
  // Of one database, the newest first; empty: of all.
  std::vector<ExportJob> list(const std::string& database) const;
  bool has_label(const std::string& database, const std::string& label) const;

 private:
  static constexpr size_t kMaxKept = 2000;
  mutable std::mutex mutex_;
  std::deque<ExportJob> jobs_;
};

}  // namespace sluice::session
