// SPDX-License-Identifier: Apache-2.0
// Pipeline: several reads of one cluster at once; their answers are worked on by the thread that asks, in the order in
// which they come. Pages that follow are asked for before an answer is given out. One thread.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "timeseries/store/cassandra/cluster.h"

namespace sluice::timeseries::cassandra {

class Pipeline {
 public:
  // At most `width` requests under way.
  Pipeline(Cluster& cluster, size_t width) : cluster_(cluster), width_(width) {}

  bool has_room() const { return requests_.size() < width_; }
  bool busy() const { return !requests_.empty() || given_ < answers_.size(); }
  // `tag`: comes back with each page; no two under way are equal.
  void send(std::unique_ptr<cql::Execute> request, size_t tag);

  struct Answer {
    size_t tag;
    cql::Rows rows;
    bool last;  // page of its request
  };
  // Waits for the next page of any request; only when busy(). Errors: of a request, and of options.check_stop().
  Result<Answer> next(const ReadOptions& options);

 private:
  // Callbacks write here; outlives this.
  struct Arrived {
    std::mutex mutex;
    std::condition_variable came;
    std::vector<std::pair<size_t, Result<cql::Rows>>> pages;
  };
  void ask(const cql::Execute& request, size_t tag, std::string_view paging_state);

  Cluster& cluster_;
  const size_t width_;
  const std::shared_ptr<Arrived> arrived_ = std::make_shared<Arrived>();
  std::unordered_map<size_t, std::unique_ptr<cql::Execute>> requests_;  // under way
  std::vector<std::pair<size_t, Result<cql::Rows>>> answers_;           // taken out of arrived_
  size_t given_ = 0;                                                    // of answers_
};

}  // namespace sluice::timeseries::cassandra
