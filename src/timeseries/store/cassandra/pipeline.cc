// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/cassandra/pipeline.h"

#include "timeseries/store/cassandra/row_finder.h"

namespace sluice::timeseries::cassandra {

void Pipeline::send(std::unique_ptr<cql::Execute> request, size_t tag) {
  ask(*request, tag, {});
  requests_.emplace(tag, std::move(request));
}

void Pipeline::ask(const cql::Execute& request, size_t tag, std::string_view paging_state) {
  cluster_.session().execute(
      request,
      [arrived = arrived_, tag](Result<cql::Rows> rows) {
        const std::lock_guard lock(arrived->mutex);
        arrived->pages.emplace_back(tag, std::move(rows));
        arrived->came.notify_one();
      },
      paging_state);
}

Result<Pipeline::Answer> Pipeline::next(const ReadOptions& options) {
  if (given_ == answers_.size()) {
    answers_.clear();
    given_ = 0;
    std::unique_lock lock(arrived_->mutex);
    while (arrived_->pages.empty()) {
      // Nobody wakes it when the query is cancelled.
      arrived_->came.wait_for(lock, std::chrono::milliseconds(50));
      TRY(options.check_stop());
    }
    answers_.swap(arrived_->pages);
  }
  auto& [tag, rows] = answers_[given_++];
  const auto request = requests_.find(tag);
  if (!rows) return fail(std::move(rows).error());
  const bool last = rows->paging_state().empty();
  if (last)
    requests_.erase(request);
  else
    ask(*request->second, tag, rows->paging_state());
  return Answer{tag, std::move(*rows), last};
}

}  // namespace sluice::timeseries::cassandra
