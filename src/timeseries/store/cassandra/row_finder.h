// SPDX-License-Identifier: Apache-2.0
// Row finder: which rows of a cluster a query is about: the row times of the metric, then its row keys, those of the
// index by tag where it has one, and those of the old index, all filtered by tags. Blocks; any thread.
// Source of truth: KairosDB's CQLFilteredRowKeyIterator.
#pragma once

#include <string>
#include <vector>

#include "timeseries/store/cassandra/cassandra_series.h"
#include "timeseries/store/cassandra/cluster.h"
#include "timeseries/value_pattern.h"

namespace sluice::timeseries::cassandra {

struct FoundRow {
  CassandraSeriesRef series;
  int64_t row_time;
};

struct RowSearch {
  const SeriesQuery& query;
  const ReadOptions& options;
  const TagMatcher& matcher;
  std::string_view pattern_prefix;
  // Rows of series whose data type is not known are left out, and told in the log.
  int64_t first_row;  // row times from here on
};

// Each row once. Errors: those of Cassandra, kCancelled, kDeadlineExceeded.
Result<std::vector<FoundRow>> find_rows(Cluster& cluster, const RowSearch& search);

}  // namespace sluice::timeseries::cassandra
