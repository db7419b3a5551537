// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <unordered_set>

#include "base/log.h"
#include "timeseries/store/cassandra/cassandra_store.h"
#include "timeseries/store/cassandra/pages.h"
#include "timeseries/store/cassandra/pipeline.h"
#include "timeseries/store/cassandra/value_codec.h"

namespace sluice::timeseries {

using cassandra::Cluster;
using cassandra::FoundRow;
namespace cql = client::cassandra;

namespace {

constexpr int32_t kTextPage = 1'000;  // cells of up to 64 KiB
// Points of a query that are kept as they came, 16 bytes each; further ones are packed.
constexpr uint64_t kPlainPoints = 2'000'000;

uint32_t column_of(std::string_view bytes) {
  uint32_t column;
  std::memcpy(&column, bytes.data(), sizeof column);
  return sluice::detail::swap_bytes(column);
}

// The cells of a page; those that are damaged are left out and counted.
size_t decode(const cql::Rows& rows, const cassandra::RowSpec& spec, int64_t row_time, PointType type, Points& into) {
  size_t damaged = 0;
  auto cursor = rows.cursor();
  if (type == PointType::kDouble) {
    const auto tail = into.grow(type, rows.size());
    size_t count = 0;
    while (cursor.next()) {
      const std::string_view name = cursor[0].bytes();
      const std::string_view value = cursor[1].bytes();
      if (name.size() != sizeof(uint32_t) || value.size() < sizeof(uint64_t)) {
        ++damaged;
        continue;
      }
      uint64_t bits;
      std::memcpy(&bits, value.data(), sizeof bits);
      tail.times[count] = spec.time(row_time, column_of(name));
      tail.values[count++] = sluice::detail::swap_bytes(bits);
    }
    into.truncate(count);
    return damaged;
  }
  into.reserve(rows.size());
  while (cursor.next()) {
    const std::string_view name = cursor[0].bytes();
    const uint32_t column = name.size() == sizeof(uint32_t) ? column_of(name) : 0;
    if (name.size() != sizeof(uint32_t) ||
        !cassandra::add_value(type, spec.time(row_time, column), column, cursor[1].bytes(), into))
      ++damaged;
  }
  return damaged;
}

}  // namespace

ReadOptions CassandraStore::limited(const ReadOptions& options) const {
  ReadOptions limits = options;
  if (settings_.query_limit != 0 && (limits.max_points == 0 || limits.max_points > settings_.query_limit))
    limits.max_points = settings_.query_limit;
  if (settings_.query_time_limit.count() != 0)
    limits.deadline = Deadline::earlier(limits.deadline, Deadline::after(settings_.query_time_limit));
  return limits;
}

Status CassandraStore::read_rows(Cluster& cluster, std::vector<FoundRow> found, const SeriesQuery& query,
                                 const ReadOptions& options, uint64_t& points, std::vector<Row>& rows) {
  const cassandra::RowSpec& spec = cluster.spec();
  const auto& statements = cluster.statements();
  const bool ascending = options.order == Order::kAscending;
  const auto& statement = options.limit == 0
                              ? (ascending ? statements.points : statements.points_descending)
                              : (ascending ? statements.points_limit : statements.points_descending_limit);
  struct Reading {
    cassandra::Pages pages;
    size_t damaged = 0;
  };
  std::vector<Reading> readings(found.size());
  cassandra::Pipeline pipeline(cluster, std::max<uint32_t>(settings_.simultaneous_queries, 1));
  size_t next = 0;
  while (next < found.size() || pipeline.busy()) {
    TRY(options.check_stop());
    for (; next < found.size() && pipeline.has_room(); ++next) {
      const FoundRow& row = found[next];
      const auto columns = spec.columns(row.row_time, query.start, query.end);
      if (!columns.any) continue;
      const auto bytes = [](uint32_t column) {
        column = sluice::detail::swap_bytes(column);
        return std::string(reinterpret_cast<const char*>(&column), sizeof column);
      };
      auto request = std::make_unique<cql::Execute>(statement);
      request->values().blob(row.series->row_key(row.row_time)).blob(bytes(columns.first)).blob(bytes(columns.last));
      if (options.limit != 0)
        request->values().int32(static_cast<int32_t>(std::min<uint32_t>(options.limit, INT32_MAX)));
      request->options = cluster.reading(options.deadline);
      const bool text = row.series->type() == PointType::kString;
      request->options.page_size = text ? std::min(settings_.page_rows, kTextPage) : settings_.page_rows;
      pipeline.send(std::move(request), next);
    }
    if (!pipeline.busy()) break;
    const auto answer = TRY(pipeline.next(options));
    Reading& reading = readings[answer.tag];
    const FoundRow& row = found[answer.tag];
    Points page;
    reading.damaged += decode(answer.rows, spec, row.row_time, row.series->type(), page);
    points += page.size();
    reading.pages.add(std::move(page), points > kPlainPoints);
    if (answer.last && reading.damaged != 0)
      log::warn("points are left out: their bytes are none of their data type",
                {{"metric", query.metric}, {"points", reading.damaged}});
    TRY(options.check_points(points));
  }
  for (size_t i = 0; i < found.size(); ++i)
    if (const uint64_t count = readings[i].pages.points(); count != 0)
      rows.push_back({found[i].series, count, std::make_unique<cassandra::Pages>(std::move(readings[i].pages))});
  return {};
}

Result<std::vector<Row>> CassandraStore::read(const SeriesQuery& query, const ReadOptions& options) {
  const auto matcher = TRY(TagMatcher::make(query.tags, settings_.pattern_prefix));
  const ReadOptions limits = limited(options);
  std::vector<Row> rows;
  if (query.start > query.end) return rows;
  uint64_t points = 0;
  for (Cluster* cluster : TRY(clusters_of(query, limits.deadline))) {
    auto found = TRY(cassandra::find_rows(
        *cluster, {query, limits, matcher, settings_.pattern_prefix, cluster->spec().least_row(query.start)}));
    TRY(read_rows(*cluster, std::move(found), query, limits, points, rows));
  }
  return rows;
}

Result<std::vector<SeriesRef>> CassandraStore::find_series(const SeriesQuery& query, const ReadOptions& options) {
  const auto matcher = TRY(TagMatcher::make(query.tags, settings_.pattern_prefix));
  const ReadOptions limits = limited(options);
  std::vector<SeriesRef> series;
  if (query.start > query.end) return series;
  std::unordered_set<std::string_view> seen;
  for (Cluster* cluster : TRY(clusters_of(query, limits.deadline))) {
    const auto found = TRY(cassandra::find_rows(
        *cluster, {query, limits, matcher, settings_.pattern_prefix, cluster->spec().first_row(query.start)}));
    for (const auto& row : found)
      if (seen.insert(row.series->identity()).second) series.push_back(row.series);
  }
  return series;
}

}  // namespace sluice::timeseries
