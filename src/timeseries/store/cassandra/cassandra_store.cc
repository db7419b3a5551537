// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/cassandra/cassandra_store.h"

#include <algorithm>
#include <set>

namespace sluice::timeseries {

using cassandra::CassandraSeries;
using cassandra::Cluster;
namespace cql = client::cassandra;

namespace {

struct JavaLess {
  bool operator()(const std::string& a, const std::string& b) const { return compare_java(a, b) < 0; }
};

// Behind all texts that begin with it: U+10FFFF is the last character.
std::string behind(std::string_view prefix) { return std::string(prefix) + "\xF4\x8F\xBF\xBF"; }

}  // namespace

CassandraStore::CassandraStore(CassandraSettings settings) : settings_(std::move(settings)) {}

Result<std::unique_ptr<CassandraStore>> CassandraStore::open(NetworkThreads& threads, CassandraSettings settings) {
  if (settings.meta.size() > 1) return fail(Code::kInvalidArgument, "there can be one meta cluster only");
  if (settings.start_async) {
    settings.write.connection.wait_for_cluster = false;
    for (auto& cluster : settings.meta) cluster.connection.wait_for_cluster = false;
    for (auto& cluster : settings.reads) cluster.connection.wait_for_cluster = false;
  }
  std::unique_ptr<CassandraStore> store(new CassandraStore(std::move(settings)));
  TRY(store->connect(threads));
  return store;
}

Status CassandraStore::connect(NetworkThreads& threads) {
  const auto open = [&](const ClusterSettings& cluster,
                        cassandra::ClusterRoles roles) -> Result<cassandra::ClusterPtr> {
    auto opened = TRY(Cluster::open(threads, cluster, roles, settings_));
    if (!settings_.start_async) TRY(opened->ready());
    return opened;
  };
  write_ = TRY(open(settings_.write, {.write = true, .meta = settings_.meta.empty()}));
  for (const auto& cluster : settings_.meta) meta_ = TRY(open(cluster, {.write = false, .meta = true}));
  for (const auto& cluster : settings_.reads) reads_.push_back(TRY(open(cluster, {})));
  if (write_->is_ready() && write_->spec().unit == cassandra::RowUnit::kSeconds)
    return fail(
        Code::kFailedPrecondition,
        "the write cluster has row_time_unit SECONDS: KairosDB stores wrong times there; use it as a read cluster");
  queue_ = TRY(cassandra::WriteQueue::open(settings_));
  delivery_ = std::make_unique<cassandra::Delivery>(settings_, write_, *queue_, stamps_);
  delivery_->start();
  return {};
}

CassandraStore::~CassandraStore() {
  if (delivery_) delivery_->stop(Deadline::after(settings_.drain));
  // Callbacks that are under way end here.
  for (const auto& cluster : reads_) cluster->close();
  if (meta_) meta_->close();
  if (write_) write_->close();
  delivery_.reset();
}

Result<SeriesRef> CassandraStore::series(std::string_view metric, PointType type, const Tags& tags) {
  if (type == PointType::kLegacy) return fail(Code::kInvalidArgument, "points of type legacy cannot be written");
  std::string identity = CassandraSeries::identity_of(metric, type, tags);
  const std::lock_guard lock(series_mutex_);
  const auto found = series_.find(identity);
  if (found != series_.end()) return SeriesRef(found->second);
  // Those that somebody holds work on; they are made anew when they are asked for again.
  if (series_.size() >= settings_.cached_series) series_.clear();
  auto made = std::make_shared<const CassandraSeries>(std::string(metric), type, tags);
  series_.emplace(std::move(identity), made);
  return SeriesRef(std::move(made));
}

Status CassandraStore::write(const WriteBatch& batch) {
  if (batch.empty()) return {};
  thread_local cassandra::RecordWriter writer;
  thread_local ByteBuffer record;
  record.clear();
  record.fill(0, kRecordHeader);
  writer.write(batch, static_cast<uint64_t>(stamps_.of_write()), record);
  if (record.size() > kMaxRecord) return fail(Code::kResourceExhausted, "the batch of points is too large");
  return queue_->append(record, batch.size());
}

Result<std::vector<Cluster*>> CassandraStore::clusters_of(const SeriesQuery& query, Deadline deadline) {
  std::vector<Cluster*> clusters;
  if (write_->in_range(query.start, query.end)) clusters.push_back(write_.get());
  for (const auto& cluster : reads_)
    if (cluster->in_range(query.start, query.end)) clusters.push_back(cluster.get());
  for (Cluster* cluster : clusters) TRY(cluster->ready(deadline));
  return clusters;
}

Status CassandraStore::names_of(std::string_view key, std::string_view prefix, std::vector<std::string>& names) {
  std::vector<Cluster*> clusters{write_.get()};
  for (const auto& cluster : reads_) clusters.push_back(cluster.get());
  for (Cluster* cluster : clusters) {
    TRY(cluster->ready());
    const auto& statements = cluster->statements();
    cql::Execute request(prefix.empty() ? statements.names : statements.names_between);
    request.values().blob(key);
    if (!prefix.empty()) request.values().text(prefix).text(behind(prefix));
    request.options = cluster->reading();
    TRY(cluster->each(request, [&](cql::Rows::Cursor& cursor) -> Status {
      if (cursor[0].text().starts_with(prefix)) names.emplace_back(cursor[0].text());
      return {};
    }));
  }
  return {};
}

Result<std::vector<std::string>> CassandraStore::metric_names(std::string_view prefix) {
  std::vector<std::string> names;
  TRY(names_of("metric_names", prefix, names));
  std::sort(names.begin(), names.end(), JavaLess());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

Result<std::vector<std::string>> CassandraStore::tag_texts(bool values) {
  std::vector<std::string> noted;
  TRY(names_of(values ? "tag_values" : "tag_names", "", noted));
  std::set<std::string, JavaLess> texts(noted.begin(), noted.end());
  uint64_t rows = 0;
  cql::Execute request(write_->statements().all_tags);
  request.options = write_->reading();
  TRY(write_->each(request, [&](cql::Rows::Cursor& cursor) -> Status {
    if (++rows > settings_.max_scanned_row_keys)
      return fail(Code::kResourceExhausted, "there are too many row keys to list all tags");
    const auto tags = cursor[0].text_map();
    if (tags)
      for (const auto& [name, value] : *tags) texts.insert(values ? value : name);
    return {};
  }));
  return std::vector<std::string>(texts.begin(), texts.end());
}

Result<std::vector<std::string>> CassandraStore::tag_names() { return tag_texts(false); }
Result<std::vector<std::string>> CassandraStore::tag_values() { return tag_texts(true); }

Status CassandraStore::check(Deadline deadline) {
  TRY(queue_->sync_status());
  const uint64_t room = settings_.queue_on_disk ? settings_.queue_disk_bytes : settings_.queue_memory_bytes;
  if (queue_->waiting_bytes() > room / 10 * 9)
    return fail(Code::kResourceExhausted, "the queue for Cassandra is nearly full");
  for (Cluster* cluster : TRY(clusters_of({"", kMinTime, kMaxTime, {}}, deadline))) {
    cql::Execute request(cluster->statements().row_times);
    request.values().text("kairosdb").timestamp(0).timestamp(0);
    request.options = cluster->reading(deadline);
    TRY(cluster->session().execute_and_wait(request));
  }
  return {};
}

CassandraStore::State CassandraStore::state() const {
  return {queue_->waiting_bytes(), queue_->waiting_points(), delivery_->delivered_points(), delivery_->lost_points(),
          queue_->lost_bytes(),    delivery_->batches(),     delivery_->delivery_ns(),      delivery_->status()};
}

}  // namespace sluice::timeseries
