// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/cassandra/cluster.h"

#include <algorithm>
#include <condition_variable>
#include <vector>

#include "base/log.h"

namespace sluice::timeseries::cassandra {
namespace {

constexpr std::string_view kSpecRow = "spec WHERE spec_type = 'cluster_config' AND name = ";

struct Table {
  std::string_view name;
  std::string_view definition;
  bool meta;
};
// KairosDB's, in the order in which it makes them.
constexpr Table kTables[] = {
    {"data_points", "key blob, column1 blob, value blob, PRIMARY KEY ((key), column1)", false},
    {"row_key_index", "key blob, column1 blob, value blob, PRIMARY KEY ((key), column1)", false},
    {"string_index", "key blob, column1 text, value blob, PRIMARY KEY ((key), column1)", false},
    {"row_keys",
     "metric text, table_name text, row_time timestamp, data_type text, tags frozen<map<text, text>>, "
     "mtime timeuuid static, value text, PRIMARY KEY ((metric, table_name, row_time), data_type, tags)",
     false},
    {"tag_indexed_row_keys",
     "metric text, table_name text, row_time timestamp, single_tag_pair text, tag_collection_hash int, "
     "data_type text, tags frozen<map<text, text>>, mtime timeuuid static, value text, PRIMARY KEY "
     "((metric, table_name, row_time, single_tag_pair), data_type, tag_collection_hash, tags)",
     false},
    {"row_key_time_index",
     "metric text, table_name text, row_time timestamp, value text, PRIMARY KEY ((metric), table_name, row_time)",
     false},
    {"spec", "spec_type text, name text, value text, PRIMARY KEY ((spec_type), name)", false},
    {"service_index",
     "service text, service_key text, key text, mtime timeuuid static, value text, "
     "PRIMARY KEY ((service, service_key), key)",
     true},
};

// Unquoted names are folded by Cassandra.
std::string folded(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name;
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 48 &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

}  // namespace

Cluster::Cluster(ClusterSettings settings, ClusterRoles roles, const CassandraSettings& store)
    : settings_(std::move(settings)),
      roles_(roles),
      keyspace_(folded(settings_.keyspace)),
      create_with_(store.table_create_with) {}

Cluster::~Cluster() { close(); }

void Cluster::close() {
  if (session_) session_->close();
}

Result<ClusterPtr> Cluster::open(NetworkThreads& threads, ClusterSettings settings, ClusterRoles roles,
                                 const CassandraSettings& store) {
  if (!is_name(settings.keyspace))
    return fail(Code::kInvalidArgument, "'" + settings.keyspace + "' is no name of a keyspace");
  ClusterPtr cluster(new Cluster(std::move(settings), roles, store));
  // Statements name their keyspace, which may not be there yet.
  cql::Settings connection = cluster->settings_.connection;
  connection.keyspace.clear();
  cluster->session_ = TRY(cql::Session::open_and_wait(threads, std::move(connection)));
  return cluster;
}

cql::RequestOptions Cluster::reading(Deadline deadline) const {
  return {.consistency = settings_.read_consistency, .spread_replicas = true, .deadline = deadline};
}

cql::RequestOptions Cluster::writing(int64_t stamp, Deadline deadline) const {
  return {.consistency = settings_.write_consistency, .timestamp = stamp, .deadline = deadline};
}

Status Cluster::ready(Deadline deadline) {
  if (is_ready()) return {};
  std::unique_lock lock(mutex_, std::defer_lock);
  if (deadline.is_never())
    lock.lock();
  else if (!lock.try_lock_until(deadline.time()))
    return fail(Code::kDeadlineExceeded, "Cassandra does not answer");
  if (is_ready()) return {};
  TRY(make_schema(deadline));
  if (roles_.write || !roles_.meta) TRY(read_spec(deadline));
  if (roles_.write) TRY(read_table_ttl(deadline));
  TRY(prepare());
  log::info("Cassandra cluster ready", {{"cluster", settings_.name},
                                        {"keyspace", keyspace_},
                                        {"row_time_unit", spec_.unit_name()},
                                        {"row_width", spec_.width}});
  ready_.store(true, std::memory_order_release);
  return {};
}

Result<cql::Rows> Cluster::query(const std::string& text, Deadline deadline) {
  return session_->query_and_wait(text, {.consistency = settings_.read_consistency, .deadline = deadline});
}

Status Cluster::make_schema(Deadline deadline) {
  // Users who may not create anything are no obstacle where everything is there.
  std::vector<std::string> known;
  {
    const cql::Rows rows =
        TRY(query("SELECT table_name FROM system_schema.tables WHERE keyspace_name = '" + keyspace_ + "'", deadline));
    auto cursor = rows.cursor();
    while (cursor.next()) known.emplace_back(cursor[0].text());
  }
  if (known.empty())
    TRY(query("CREATE KEYSPACE IF NOT EXISTS " + keyspace_ + "  WITH REPLICATION = " + settings_.replication,
              deadline));
  for (const auto& table : kTables) {
    if (table.meta ? !roles_.meta : !roles_.write) continue;
    if (std::find(known.begin(), known.end(), table.name) != known.end()) continue;
    const auto with = create_with_.find(table.name);
    TRY(query("CREATE TABLE IF NOT EXISTS " + keyspace_ + "." + std::string(table.name) + " (" +
                  std::string(table.definition) + ") " + (with == create_with_.end() ? "" : with->second),
              deadline));
  }
  return {};
}

Status Cluster::read_spec(Deadline deadline) {
  const auto read = [&](const std::string& name) -> Result<std::optional<std::string>> {
    const cql::Rows rows =
        TRY(query("SELECT value FROM " + keyspace_ + "." + std::string(kSpecRow) + "'" + name + "'", deadline));
    auto cursor = rows.cursor();
    if (!cursor.next() || cursor[0].is_null()) return std::optional<std::string>();
    return std::optional(std::string(cursor[0].text()));
  };
  const auto write = [&](const std::string& name, const std::string& value) -> Status {
    TRY(query("INSERT INTO " + keyspace_ + ".spec (spec_type, name, value) VALUES ('cluster_config', '" + name +
                  "', '" + value + "')",
              deadline));
    return {};
  };
  const RowSpec fresh = roles_.write ? settings_.new_spec : RowSpec();
  auto unit = TRY(read("row_time_unit"));
  if (!unit && roles_.write) {
    // A keyspace with names and without spec was written by a KairosDB that knew none.
    const cql::Rows names = TRY(query(
        "SELECT column1 FROM " + keyspace_ + ".string_index WHERE key = 0x6d65747269635f6e616d6573 LIMIT 1", deadline));
    unit = names.empty() ? fresh.unit_name() : "LEGACY";
    TRY(write("row_time_unit", *unit));
  }
  auto width = TRY(read("row_width"));
  if (!width) {
    width = std::to_string(fresh.width);
    if (roles_.write) TRY(write("row_width", *width));
  }
  spec_ = TRY(RowSpec::parse(unit.value_or(fresh.unit_name()), *width));
  return {};
}

Status Cluster::read_table_ttl(Deadline deadline) {
  const cql::Rows rows = TRY(query("SELECT default_time_to_live FROM system_schema.tables WHERE keyspace_name = '" +
                                       keyspace_ + "' AND table_name = 'data_points'",
                                   deadline));
  auto cursor = rows.cursor();
  table_ttl_ = cursor.next() && cursor[0].int32().value_or(0) != 0;
  return {};
}

Status Cluster::prepare() {
  struct Wanted {
    cql::StatementPtr Statements::* member;
    std::string text;
  };
  using S = Statements;
  const std::string points =
      "SELECT column1, value FROM $data_points WHERE key = ? AND column1 >= ? AND column1 <= ? "
      "ORDER BY column1";
  const std::string row_key = " WHERE metric = ? AND table_name = 'data_points' AND row_time = ?";
  std::vector<Wanted> wanted;
  if (roles_.write || !roles_.meta) {
    wanted = {
        {&S::points, points + " ASC"},
        {&S::points_descending, points + " DESC"},
        {&S::points_limit, points + " ASC LIMIT ?"},
        {&S::points_descending_limit, points + " DESC LIMIT ?"},
        {&S::row_times,
         "SELECT row_time FROM $row_key_time_index WHERE metric = ? AND table_name = 'data_points' AND row_time >= ? "
         "AND row_time <= ?"},
        {&S::row_keys, "SELECT data_type, tags FROM $row_keys" + row_key},
        {&S::tag_rows, "SELECT data_type, tags FROM $tag_indexed_row_keys" + row_key + " AND single_tag_pair = ?"},
        {&S::old_row_keys, "SELECT column1 FROM $row_key_index WHERE key = ? AND column1 >= ? AND column1 < ?"},
        {&S::names, "SELECT column1 FROM $string_index WHERE key = ?"},
        {&S::names_between, "SELECT column1 FROM $string_index WHERE key = ? AND column1 >= ? AND column1 < ?"},
        {&S::all_tags, "SELECT tags FROM $row_keys"},
        {&S::delete_points, "DELETE FROM $data_points WHERE key = ? AND column1 >= ? AND column1 <= ?"},
        {&S::delete_row, "DELETE FROM $data_points WHERE key = ?"},
        {&S::delete_row_key, "DELETE FROM $row_keys" + row_key + " AND data_type = ? AND tags = ?"},
        {&S::delete_tag_row, "DELETE FROM $tag_indexed_row_keys" + row_key +
                                 " AND single_tag_pair = ? AND data_type = ? AND tag_collection_hash = ? AND tags = ?"},
        {&S::delete_row_time, "DELETE FROM $row_key_time_index" + row_key},
        {&S::delete_old_row_key, "DELETE FROM $row_key_index WHERE key = ? AND column1 = ?"},
        {&S::delete_old_row_keys, "DELETE FROM $row_key_index WHERE key = ?"},
        {&S::delete_name, "DELETE FROM $string_index WHERE key = ? AND column1 = ?"},
    };
  }
  if (roles_.write) {
    wanted.insert(
        wanted.end(),
        {{&S::insert_point, "INSERT INTO $data_points (key, column1, value) VALUES (?, ?, ?)"},
         {&S::insert_point_ttl, "INSERT INTO $data_points (key, column1, value) VALUES (?, ?, ?) USING TTL ?"},
         {&S::insert_row_key,
          "INSERT INTO $row_keys (metric, table_name, row_time, data_type, tags, mtime) VALUES (?, 'data_points', ?, "
          "?, "
          "?, now()) USING TTL ?"},
         {&S::insert_row_time,
          "INSERT INTO $row_key_time_index (metric, table_name, row_time) VALUES (?, 'data_points', ?) USING TTL ?"},
         {&S::insert_tag_row,
          "INSERT INTO $tag_indexed_row_keys (metric, table_name, row_time, data_type, single_tag_pair, "
          "tag_collection_hash, tags, mtime) VALUES (?, 'data_points', ?, ?, ?, ?, ?, now()) USING TTL ?"},
         {&S::insert_name, "INSERT INTO $string_index (key, column1, value) VALUES (?, ?, 0x00)"}});
  }
  if (roles_.meta) {
    const std::string key = " WHERE service = ? AND service_key = ?";
    wanted.insert(
        wanted.end(),
        {{&S::put_value,
          "INSERT INTO $service_index (service, service_key, key, value, mtime) VALUES (?, ?, ?, ?, now())"},
         {&S::get_value, "SELECT value, WRITETIME(value) FROM $service_index" + key + " AND key = ?"},
         {&S::list_keys, "SELECT key FROM $service_index" + key + " ORDER BY key ASC"},
         {&S::list_keys_between, "SELECT key FROM $service_index" + key + " AND key >= ? AND key < ?"},
         {&S::list_service_keys, "SELECT service_key, key FROM $service_index WHERE service = ? ALLOW FILTERING"},
         {&S::delete_value, "DELETE FROM $service_index" + key + " AND key = ?"},
         {&S::touch_service, "INSERT INTO $service_index (service, service_key, mtime) VALUES (?, ?, now())"},
         {&S::modified, "SELECT mtime FROM $service_index" + key + " LIMIT 1"}});
  }
  // All at once.
  struct Waiting {
    std::mutex mutex;
    std::condition_variable done;
    size_t left;
    std::vector<Result<cql::StatementPtr>> results;
  };
  const auto waiting = std::make_shared<Waiting>();
  waiting->left = wanted.size();
  waiting->results.assign(wanted.size(), fail(Code::kUnavailable, "not prepared"));
  for (size_t i = 0; i < wanted.size(); ++i) {
    std::string text = wanted[i].text;
    for (size_t at; (at = text.find('$')) != std::string::npos;) text.replace(at, 1, keyspace_ + ".");
    session_->prepare(std::move(text), [waiting, i](Result<cql::StatementPtr> result) {
      const std::lock_guard lock(waiting->mutex);
      waiting->results[i] = std::move(result);
      if (--waiting->left == 0) waiting->done.notify_all();
    });
  }
  std::unique_lock lock(waiting->mutex);
  waiting->done.wait(lock, [&] { return waiting->left == 0; });
  for (size_t i = 0; i < wanted.size(); ++i) statements_.*wanted[i].member = TRY(std::move(waiting->results[i]));
  return {};
}

}  // namespace sluice::timeseries::cassandra
