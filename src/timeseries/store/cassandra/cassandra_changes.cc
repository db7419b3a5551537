// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <unordered_map>

#include "timeseries/store/cassandra/cassandra_store.h"
#include "timeseries/store/cassandra/pipeline.h"

namespace sluice::timeseries {

using cassandra::CassandraSeries;
using cassandra::Cluster;
using cassandra::FoundRow;
using cassandra::Pipeline;
namespace cql = client::cassandra;

namespace {

constexpr size_t kWidth = 64;  // statements under way
constexpr auto kPatience = std::chrono::seconds(30);

// Sends statements one after the other, several at once, and waits for all.
class Sender {
 public:
  Sender(Cluster& cluster, int64_t stamp) : cluster_(cluster), pipeline_(cluster, kWidth), stamp_(stamp) {}

  template <typename F>
  Status send(const cql::StatementPtr& statement, F values) {
    while (!pipeline_.has_room()) TRY(pipeline_.next({}));
    auto request = std::make_unique<cql::Execute>(statement);
    values(request->values());
    request->options = cluster_.writing(stamp_);
    pipeline_.send(std::move(request), number_++);
    return {};
  }
  Status finish() {
    while (pipeline_.busy()) TRY(pipeline_.next({}));
    return {};
  }

 private:
  Cluster& cluster_;
  Pipeline pipeline_;
  const int64_t stamp_;
  size_t number_ = 0;
};

std::string column_bytes(uint32_t column) {
  column = sluice::detail::swap_bytes(column);
  return {reinterpret_cast<const char*>(&column), sizeof column};
}

Status erase_row(Sender& sender, Cluster& cluster, const FoundRow& row) {
  const auto& statements = cluster.statements();
  const auto& series = *row.series;
  const std::string key = series.row_key(row.row_time);
  const std::string type(store_name(series.type()));
  const auto tags = series.tag_map();
  TRY(sender.send(statements.delete_row, [&](auto& values) { values.blob(key); }));
  TRY(sender.send(statements.delete_old_row_key, [&](auto& values) { values.blob(series.metric()).blob(key); }));
  const auto& index = cluster.settings().tag_index;
  if (index.has(series.metric())) {
    const auto rows = index.rows_of(series.metric(), series.tags());
    for (const auto& pair : rows.pairs)
      TRY(sender.send(statements.delete_tag_row, [&](auto& values) {
        values.text(series.metric()).timestamp(row.row_time).text(pair).text(type).int32(rows.hash).text_map(tags);
      }));
  }
  return sender.send(statements.delete_row_key, [&](auto& values) {
    values.text(series.metric()).timestamp(row.row_time).text(type).text_map(tags);
  });
}

// The points of a row between two times. True: the row is gone.
Result<bool> erase_part(Sender& sender, Cluster& cluster, const FoundRow& row, int64_t start, int64_t end) {
  const cassandra::RowSpec& spec = cluster.spec();
  if (spec.covers(row.row_time, start, end)) {
    TRY(erase_row(sender, cluster, row));
    return true;
  }
  const auto columns = spec.columns(row.row_time, start, end);
  if (columns.any)
    TRY(sender.send(cluster.statements().delete_points, [&](auto& values) {
      values.blob(row.series->row_key(row.row_time)).blob(column_bytes(columns.first)).blob(column_bytes(columns.last));
    }));
  return false;
}

}  // namespace

// Deletions are written with the consistency of writes. Differs from Java, which takes that of reads: what one replica
// alone has forgotten comes back.
Status CassandraStore::erase_rows(Cluster& cluster, const SeriesQuery& query, int64_t stamp) {
  const auto matcher = TRY(TagMatcher::make(query.tags, settings_.pattern_prefix));
  const auto found = TRY(cassandra::find_rows(
      cluster, {query, {}, matcher, settings_.pattern_prefix, cluster.spec().least_row(query.start)}));
  Sender sender(cluster, stamp);
  std::set<int64_t> whole;
  for (const auto& row : found)
    if (TRY(erase_part(sender, cluster, row, query.start, query.end))) whole.insert(row.row_time);
  if (query.tags.empty())
    for (const int64_t time : whole)
      TRY(sender.send(cluster.statements().delete_row_time,
                      [&](auto& values) { values.text(query.metric).timestamp(time); }));
  return sender.finish();
}

Status CassandraStore::erase(const SeriesQuery& query) {
  if (query.start > query.end) return {};
  TRY(TagMatcher::make(query.tags, settings_.pattern_prefix));
  TRY(queue_->flush(Deadline::after(kPatience)));
  const int64_t stamp = stamps_.of_erasure();
  for (Cluster* cluster : TRY(clusters_of(query, Deadline::after(kPatience)))) TRY(erase_rows(*cluster, query, stamp));
  return {};
}

Status CassandraStore::erase_ranges(std::span<const SeriesRange> ranges) {
  if (ranges.empty()) return {};
  SeriesQuery query{ranges[0].series->metric(), kMaxTime, kMinTime, {}};
  std::unordered_map<std::string, std::vector<const SeriesRange*>> wanted;
  for (const auto& range : ranges) {
    query.start = std::min(query.start, range.start);
    query.end = std::max(query.end, range.end);
    const auto& series = *range.series;
    wanted[CassandraSeries::identity_of(series.metric(), series.type(), series.tags())].push_back(&range);
  }
  const auto matcher = TRY(TagMatcher::make({}, settings_.pattern_prefix));
  TRY(queue_->flush(Deadline::after(kPatience)));
  const int64_t stamp = stamps_.of_erasure();
  for (Cluster* cluster : TRY(clusters_of(query, Deadline::after(kPatience)))) {
    const auto found = TRY(cassandra::find_rows(
        *cluster, {query, {}, matcher, settings_.pattern_prefix, cluster->spec().least_row(query.start)}));
    Sender sender(*cluster, stamp);
    for (const auto& row : found) {
      const auto ranges_of = wanted.find(row.series->identity());
      if (ranges_of == wanted.end()) continue;
      for (const auto* range : ranges_of->second)
        if (TRY(erase_part(sender, *cluster, row, range->start, range->end))) break;
    }
    TRY(sender.finish());
  }
  return {};
}

Status CassandraStore::erase_metric(std::string_view metric) {
  const SeriesQuery query{std::string(metric), kMinTime, kMaxTime, {}};
  TRY(queue_->flush(Deadline::after(kPatience)));
  const int64_t stamp = stamps_.of_erasure();
  for (Cluster* cluster : TRY(clusters_of(query, Deadline::after(kPatience)))) {
    TRY(erase_rows(*cluster, query, stamp));
    if (metric.empty()) continue;
    Sender sender(*cluster, stamp);
    TRY(sender.send(cluster->statements().delete_old_row_keys, [&](auto& values) { values.blob(metric); }));
    TRY(sender.send(cluster->statements().delete_name,
                    [&](auto& values) { values.blob("metric_names").text(metric); }));
    TRY(sender.finish());
  }
  return {};
}

Status CassandraStore::index_tags(const SeriesQuery& query) {
  const auto matcher = TRY(TagMatcher::make(query.tags, settings_.pattern_prefix));
  TRY(write_->ready());
  const auto& index = write_->settings().tag_index;
  if (!index.has(query.metric) || query.start > query.end) return {};
  // Through the table of all row keys: without filters the index by tag is not asked.
  const SeriesQuery all{query.metric, query.start, query.end, {}};
  const auto found = TRY(cassandra::find_rows(
      *write_, {all, {}, matcher, settings_.pattern_prefix, write_->spec().least_row(query.start)}));
  Sender sender(*write_, stamps_.of_write());
  for (const auto& row : found) {
    const auto& series = *row.series;
    const auto rows = index.rows_of(series.metric(), series.tags());
    for (const auto& pair : rows.pairs)
      TRY(sender.send(write_->statements().insert_tag_row, [&](auto& values) {
        values.text(series.metric()).timestamp(row.row_time).text(store_name(series.type())).text(pair);
        values.int32(rows.hash).text_map(series.tag_map()).int32(0);
      }));
  }
  return sender.finish();
}

}  // namespace sluice::timeseries
