// SPDX-License-Identifier: Apache-2.0
#include "session/schema_jobs.h"

#include <algorithm>
#include <ctime>

namespace sluice::session {

uint64_t SchemaJobs::next_id() {
  std::lock_guard lock(mutex_);
  return ++last_id_;
}

void SchemaJobs::at_least(uint64_t id) {
  std::lock_guard lock(mutex_);
  last_id_ = std::max(last_id_, id);
}

void SchemaJobs::add(SchemaJob job) {
  std::lock_guard lock(mutex_);
  job.id = ++last_id_;
  jobs_.push_back(std::move(job));
  if (jobs_.size() > kMaxKept) jobs_.pop_front();
}

void SchemaJobs::add(RefreshTask task) {
  std::lock_guard lock(mutex_);
  task.id = ++last_id_;
  tasks_.push_back(std::move(task));
  if (tasks_.size() > kMaxKept) tasks_.pop_front();
}

std::vector<SchemaJob> SchemaJobs::list(SchemaJob::Kind kind, const std::string& database) const {
  std::vector<SchemaJob> result;
  std::lock_guard lock(mutex_);
  for (const auto& job : jobs_) {
    if (job.kind == kind && job.database == database) result.push_back(job);
  }
  return result;
}

std::vector<RefreshTask> SchemaJobs::tasks() const {
  std::lock_guard lock(mutex_);
  return {tasks_.begin(), tasks_.end()};
}

void SchemaJobs::rename_view(const std::string& database, const std::string& from, const std::string& to) {
  std::lock_guard lock(mutex_);
  for (auto& task : tasks_) {
    if (task.database == database && task.view == from) task.view = to;
  }
}

std::string time_text(std::chrono::system_clock::time_point when) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
  std::tm parts{};
  localtime_r(&seconds, &parts);
  char text[32];
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts));
}

}  // namespace sluice::session
