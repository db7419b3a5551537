// SPDX-License-Identifier: Apache-2.0
#include "session/export_jobs.h"

#include <algorithm>

namespace sluice::session {

void ExportJobs::add(ExportJob job) {
  std::lock_guard lock(mutex_);
  jobs_.push_front(std::move(job));
  if (jobs_.size() > kMaxKept) jobs_.pop_back();
}

std::vector<ExportJob> ExportJobs::list(const std::string& database) const {
  std::vector<ExportJob> result;
  std::lock_guard lock(mutex_);
  for (const auto& job : jobs_) {
    if (database.empty() || job.database == database) result.push_back(job);
  }
  return result;
}

bool ExportJobs::has_label(const std::string& database, const std::string& label) const {
  std::lock_guard lock(mutex_);
  return std::ranges::any_of(
      jobs_, [&](const auto& job) { return job.error.empty() && job.database == database && job.label == label; });
}

}  // namespace sluice::session
