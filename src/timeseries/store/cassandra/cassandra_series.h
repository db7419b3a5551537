// SPDX-License-Identifier: Apache-2.0
// CassandraSeries: a series with the parts of its row keys. Immutable; any thread.
#pragma once

#include <map>
#include <string>

#include "timeseries/series.h"
#include "timeseries/store/cassandra/row_key.h"

namespace sluice::timeseries::cassandra {

class CassandraSeries : public Series {
 public:
  CassandraSeries(std::string metric, PointType type, Tags tags)
      : Series(std::move(metric), type, std::move(tags)),
        identity_(identity_of(this->metric(), type, this->tags())),
        back_at_(this->metric().size() + 1) {}

  // A row key without its time: metric, 00, and what follows the time.
  const std::string& identity() const { return identity_; }
  std::string row_key(int64_t row_time) const {
    const std::string_view parts = identity_;
    return join_key(parts.substr(0, back_at_), row_time, parts.substr(back_at_));
  }
  std::map<std::string, std::string> tag_map() const { return {tags().all().begin(), tags().all().end()}; }

  static std::string identity_of(std::string_view metric, PointType type, const Tags& tags) {
    return key_front(metric) + key_back(store_name(type), tags);
  }

 private:
  const std::string identity_;
  const size_t back_at_;
};
using CassandraSeriesRef = std::shared_ptr<const CassandraSeries>;

}  // namespace sluice::timeseries::cassandra
