// SPDX-License-Identifier: Apache-2.0
#include "session/dynamic_partitions.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>

#include "base/log.h"
#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/parser/keyword_helper.hpp"
#include "duckdb/parser/parsed_data/create_table_info.hpp"
#include "duckdb/storage/table_storage_info.hpp"
#include "kernel/catalog_facts.h"
#include "kernel/deleted_rows.h"
#include "kernel/dynamic_partition.h"
#include "kernel/partitions.h"
#include "session/alteration.h"
#include "session/load_store.h"
#include "session/recycle_bin.h"
#include "session/schema_jobs.h"
#include "session/services.h"
#include "session/show_rows.h"
#include "session/table_definition.h"

namespace sluice::session {
namespace {

using duckdb::StringUtil;
using duckdb::Value;
using Clock = std::chrono::system_clock;
using Types = std::vector<duckdb::LogicalType>;

constexpr auto kTick = std::chrono::seconds(1);
constexpr auto kEmptyBinEvery = std::chrono::seconds(30);
constexpr auto kAfterFailure = std::chrono::seconds(10);  // at most, until the next attempt

// Minutes east of UTC of +08:00; nothing for names.
std::optional<int64_t> offset_minutes(const std::string& zone) {
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') return std::nullopt;
  int64_t hours = 0, minutes = 0;
  std::from_chars(zone.data() + 1, zone.data() + 3, hours);
  std::from_chars(zone.data() + 4, zone.data() + 6, minutes);
  return (zone[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
}

// Microseconds on the zone's wall clock. Error 1105: there is no such zone.
Result<int64_t> wall_clock(kernel::Connection& kernel, const std::string& written) {
  const auto zone = normalise_time_zone(StringUtil::CIEquals(written, "CST") ? "Asia/Shanghai" : written);
  if (!zone) return fail(ddl_error("Unknown or incorrect time zone: '" + written + "'"));
  if (const auto offset = offset_minutes(*zone)) {
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch());
    return now.count() + *offset * 60'000'000;
  }
  const auto row = TRY(first_row(kernel, "SELECT epoch_us(timezone($1, current_timestamp))", {Value(*zone)}));
  return row.empty() ? fail(ddl_error("Unknown or incorrect time zone: '" + written + "'"))
                     : Result<int64_t>(row[0].GetValue<int64_t>());
}

duckdb::unique_ptr<duckdb::BaseTableRef> reference(const std::string& database, const std::string& table) {
  auto ref = duckdb::make_uniq<duckdb::BaseTableRef>();
  ref->catalog_name = kernel::kInternalCatalog;
  ref->schema_name = database;
  ref->table_name = table;
  return ref;
}

// The rows of a partition leave, into the bin if the table is not too large.
Status drop_rows(kernel::Connection& kernel, const TableDefinition& table, const kernel::TableModel& model,
                 const std::string& partition) {
  if (table.rows <= kMostKeptRows) TRY(keep_partition(kernel, table.database, table.name, model, partition));
  auto deletion = duckdb::make_uniq<duckdb::DeleteStatement>();
  auto ref = reference(table.database, table.name);
  ref->column_name_alias.push_back(partition);
  deletion->table = std::move(ref);
  return run_tree(kernel, std::move(deletion));
}

// Of AUTO partitions there is no list: those that have rows before the limit.
Status drop_auto_partitions(kernel::Connection& kernel, const TableDefinition& table, int64_t limit,
                            const kernel::DynamicPartition& properties, const duckdb::LogicalType& type) {
  kernel::DynamicPartition aligned;  // as date_trunc() has it
  aligned.unit = properties.unit;
  const std::string column = duckdb::KeywordHelper::WriteOptionallyQuoted(table.model.partition_columns[0]);
  auto answer = TRY(run_load_sql(kernel,
                                 "SELECT DISTINCT epoch_us(CAST(date_trunc($1, CAST(" + column +
                                     " AS TIMESTAMP)) AS TIMESTAMP)) FROM internal." +
                                     duckdb::KeywordHelper::WriteOptionallyQuoted(table.schema) + "." +
                                     duckdb::KeywordHelper::WriteOptionallyQuoted(table.name) + " WHERE CAST(" +
                                     column + " AS TIMESTAMP) < make_timestamp($2) ORDER BY 1",
                                 {Value(StringUtil::Lower(properties.unit_text)), Value::BIGINT(limit)}));
  std::vector<int64_t> begins;
  while (auto* chunk = TRY(answer->next())) {
    for (duckdb::idx_t row = 0; row < chunk->size(); ++row) {
      if (!chunk->GetValue(0, row).IsNull()) begins.push_back(chunk->GetValue(0, row).GetValue<int64_t>());
    }
  }
  answer.reset();
  for (const int64_t begin : begins) {
    const auto end = kernel::dynamic_border(aligned, begin, 1);
    if (!end || *end > limit || kernel::is_reserved(properties, begin, *end)) continue;
    auto text = [&](int64_t at) { return Value::TIMESTAMP(duckdb::timestamp_t(at)).DefaultCastAs(type).ToString(); };
    kernel::TableModel model = table.model;
    kernel::Partition partition;
    const auto row =
        TRY(first_row(kernel, "SELECT strftime(make_timestamp($1), 'p%Y%m%d%H%M%S')", {Value::BIGINT(begin)}));
    partition.name = row.at(0).ToString();
    partition.lower = {text(begin)};
    partition.upper = {text(*end)};
    // A listed partition holds these rows: then it decides about them.
    if (!kernel::add_partition(model, partition, false, {type})) continue;
    TRY(drop_rows(kernel, table, model, partition.name));
  }
  return {};
}

std::string or_else(const std::string& text, const std::string& otherwise) { return text.empty() ? otherwise : text; }
Value text_or_else(const std::string& value) { return value.empty() ? no_text() : text(value); }

// 1st, 2nd, 3rd, 4th, .., 11th, 21st
std::string ordinal(int32_t number) {
  const int32_t last = number % 10;
  const bool teen = number % 100 >= 11 && number % 100 <= 13;
  return std::to_string(number) + (teen ? "th" : last == 1 ? "st" : last == 2 ? "nd" : last == 3 ? "rd" : "th");
}

Value start_of(const kernel::DynamicPartition& properties) {
  static constexpr const char* kDays[] = {"MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"};
  if (properties.unit == kernel::PartitionUnit::kWeek) return text(kDays[(properties.day_of_week + 6) % 7]);
  if (properties.unit == kernel::PartitionUnit::kMonth) return text(ordinal(properties.day_of_month));
  return no_text();
}

std::string sorted_periods(const kernel::DynamicPartition& properties) {
  auto periods = kernel::reserved_periods(properties.reserved, properties.unit);
  if (!periods) return properties.reserved;
  std::ranges::sort(*periods);
  std::string text;
  for (const auto& [first, last] : *periods) text += (text.empty() ? "[" : ",[") + first + "," + last + "]";
  return text;
}

}  // namespace

void DynamicPartitions::start() {
  std::lock_guard lock(mutex_);
  stopping_ = false;
  if (!thread_.joinable()) thread_ = std::thread([this] { loop(); });
}

void DynamicPartitions::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    if (running_) running_->interrupt();
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

std::string DynamicPartitions::zone_of(const kernel::DynamicPartition& properties) const {
  const std::string& written = properties.time_zone;
  return written.empty() || StringUtil::CIEquals(written, "SYSTEM") ? server_time_zone() : written;
}

std::string DynamicPartitions::server_time_zone() const {
  const auto id = find_variable("system_time_zone");
  const auto value = id ? services_.variables.get(*id) : VariableValue();
  const auto* zone = std::get_if<std::string>(&value);
  return zone && normalise_time_zone(*zone) ? *zone : "UTC";
}

Status DynamicPartitions::complete(kernel::Connection& kernel, duckdb::SQLStatement& tree) {
  if (tree.type != duckdb::StatementType::CREATE_STATEMENT) return {};
  auto& created = *tree.Cast<duckdb::CreateStatement>().info;
  if (created.type != duckdb::CatalogType::TABLE_ENTRY) return {};
  auto& info = created.Cast<duckdb::CreateTableInfo>();
  if (info.query || !kernel::is_encoded(info.comment)) return {};
  auto model = kernel::decode_table(info.comment);
  const auto properties = kernel::dynamic_partition(model);
  if (!properties) return {};
  // As Doris does, so that the table's partitions stay the same under another server's zone.
  if (properties->time_zone.empty()) model.properties.emplace_back("dynamic_partition.time_zone", server_time_zone());
  const Types types = kernel::partition_types(model, info.columns);
  const int64_t now = TRY(wall_clock(kernel, zone_of(*properties)));
  const auto change = kernel::dynamic_change(model, types.at(0), now);
  if (!change.not_added.empty() || !change.not_dropped.empty())
    return fail(ddl_error(change.not_added + change.not_dropped));
  kernel::apply_dynamic_change(model, change, types[0]);
  info.comment = kernel::encode(model);
  return {};
}

void DynamicPartitions::properties_changed(const std::string& database, const std::string& table, bool created) {
  std::lock_guard lock(mutex_);
  Info& info = infos_[{database, table}];
  if (created) info = {};
  info.updated = time_text(Clock::now());
  if (created) info.scheduled = info.updated;
}

DynamicPartitions::Info DynamicPartitions::info(const std::string& database, const std::string& table) const {
  std::lock_guard lock(mutex_);
  const auto known = infos_.find({database, table});
  return known == infos_.end() ? Info() : known->second;
}

void DynamicPartitions::note(const std::string& database, const std::string& table, std::string not_added,
                             std::string not_dropped) {
  std::lock_guard lock(mutex_);
  Info& info = infos_[{database, table}];
  info.scheduled = time_text(Clock::now());
  info.not_added = std::move(not_added);
  info.not_dropped = std::move(not_dropped);
}

Status DynamicPartitions::run(kernel::Connection& kernel, const std::string& database, const std::string& name) {
  kernel::DynamicChange change;
  bool changed = false;
  TRY(kernel.begin());
  const Status done = [&]() -> Status {
    TableDefinition table = TRY(read_definition(kernel, database, name));
    const auto properties = kernel::dynamic_partition(table.model);
    if (!properties || !properties->enabled || table.temporary || table.model.is_materialized_view()) return {};
    TRY(check_state(table.model, name));
    const auto& type = table.columns[TRY(table.at(table.model.partition_columns.at(0)))].definition.Type();
    const int64_t now = TRY(wall_clock(kernel, zone_of(*properties)));
    change = kernel::dynamic_change(table.model, type, now);
    const auto limit = kernel::dynamic_drop_limit(table.model, now);
    if (change.empty() && !limit) return {};
    changed = true;
    // Names of partitions are read from the stored model: rows leave first.
    for (const std::string& partition : change.dropped) TRY(drop_rows(kernel, table, table.model, partition));
    kernel::apply_dynamic_change(table.model, change, type);
    if (!change.empty()) TRY(store_model(kernel, table));
    if (limit) TRY(drop_auto_partitions(kernel, table, *limit, *properties, type));
    return kernel.commit();
  }();
  if (kernel.in_transaction()) static_cast<void>(kernel.rollback());
  if (changed) services_.kernel.schema_changed();
  if (done) {
    note(database, name, change.not_added, change.not_dropped);
  } else {
    const bool drops = !change.dropped.empty();
    note(database, name, drops ? "" : done.error().message(), drops ? done.error().message() : "");
  }
  return done;
}

bool DynamicPartitions::run_all() {
  kernel::Connection connection(services_.kernel);
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return true;
    running_ = &connection;
  }
  std::vector<std::pair<std::string, std::string>> tables, enabled;
  Status listed = connection.with_context([&](duckdb::ClientContext& context) -> Status {
    for (const std::string& database : kernel::list_databases(context)) {
      if (kernel::is_system_database(database)) continue;
      for (const auto& relation : kernel::list_relations(context, database)) {
        if (relation.view || relation.temporary || !kernel::dynamic_partition(relation.model)) continue;
        tables.emplace_back(database, relation.name);
        if (kernel::has_dynamic_partitions(relation.model)) enabled.push_back(tables.back());
      }
    }
    return {};
  });
  bool well = listed.has_value();
  for (const auto& [database, table] : enabled) {
    {
      std::lock_guard lock(mutex_);
      if (stopping_) break;
    }
    if (Status done = run(connection, database, table); !done) {
      well = false;
      log::warn("dynamic partitions of a table were not changed",
                {{"database", database}, {"table", table}, {"error", done.error().describe()}});
    }
  }
  std::lock_guard lock(mutex_);
  running_ = nullptr;
  // Of tables that are gone nothing is told.
  if (listed)
    std::erase_if(infos_, [&](const auto& known) { return std::ranges::find(tables, known.first) == tables.end(); });
  return well;
}

void DynamicPartitions::clean_up() {
  kernel::Connection connection(services_.kernel);
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    running_ = &connection;
  }
  if (Status done = empty_bin(connection); !done)
    log::info("the recycle bin was not emptied", {{"error", done.error().describe()}});
  if (const auto done = run_load_sql(connection, kernel::forget_old_deletions()); !done)
    log::info("old deletions were not forgotten", {{"error", done.error().describe()}});
  std::lock_guard lock(mutex_);
  running_ = nullptr;
}

void DynamicPartitions::loop() {
  const auto id = find_variable("dynamic_partition_check_interval_seconds");
  std::optional<Clock::time_point> last;  // the first look is at once
  bool well = true;
  auto emptied = Clock::now();
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    const auto value = id ? services_.variables.get(*id) : VariableValue();
    const auto* seconds = std::get_if<int64_t>(&value);
    std::chrono::seconds interval(seconds ? *seconds : 600);
    if (!well) interval = std::min(interval, std::chrono::seconds(kAfterFailure));
    const auto now = Clock::now();
    if (!last || now - *last >= interval || now < *last) {
      well = run_all();
      last = now;
    }
    if (now - emptied >= kEmptyBinEvery) {
      clean_up();
      emptied = now;
    }
    lock.lock();
    if (!stopping_) changed_.wait_for(lock, kTick);
  }
}

Result<Table> show_dynamic_partitions(const std::string& database, ShowContext& context, Table table) {
  std::vector<kernel::RelationFacts> relations;
  TRY(context.kernel.with_context([&](duckdb::ClientContext& kernel) -> Status {
    relations = kernel::list_relations(kernel, database);
    return {};
  }));
  for (const auto& relation : relations) {
    const auto properties = kernel::dynamic_partition(relation.model);
    if (!properties || relation.view) continue;
    if (!context.rights.sees({kernel::kInternalCatalog, database, relation.name})) continue;
    const auto info = context.services.dynamic_partitions.info(database, relation.name);
    const std::string* written = relation.model.property("replication_num");
    const std::string replication =
        or_else(properties->replication, "tag.location.default: " + (written ? *written : std::string("1")));
    const bool failed = !info.not_added.empty() || !info.not_dropped.empty();
    table.rows.push_back(
        {text(relation.name), text(properties->enabled ? "true" : "false"),
         text(StringUtil::Upper(properties->unit_text)), text(std::to_string(properties->start.value_or(INT32_MIN))),
         text(std::to_string(properties->end)), text(properties->prefix),
         text(kernel::dynamic_buckets(relation.model, *properties)),
         text(replication.substr(replication.rfind(' ') + 1)), text(replication), start_of(*properties),
         text_or_else(info.updated), text_or_else(info.scheduled), text(failed ? "ERROR" : "NORMAL"),
         text_or_else(info.not_added), text_or_else(info.not_dropped),
         properties->reserved == "NULL" ? no_text() : text(sorted_periods(*properties))});
  }
  return table;
}

}  // namespace sluice::session
