// SPDX-License-Identifier: Apache-2.0
// LOAD LABEL .. WITH S3: the objects of each table go through the loads of stream load, all of them in one transaction
// with the label. The load is done when the statement returns. CLEAN LABEL forgets labels.
#include "base/sql_text.h"
#include "kernel/catalog_facts.h"
#include "kernel/s3_client.h"
#include "session/broker_load_options.h"
#include "session/load_labels.h"
#include "session/load_store.h"
#include "session/no_database.h"
#include "session/session_state.h"
#include "session/table_definition.h"

namespace sluice::session {
namespace {

using dialect::BrokerLoadStatement;
using kernel::S3Object;
using Part = BrokerLoadStatement::Part;

// Below so many the sizes of the objects are asked for beforehand: small loads keep the order of their rows.
constexpr size_t kFewObjects = 16;

// Loads the objects of one statement, part by part, and counts.
class ObjectLoader {
 public:
  // `wanted` fails once the statement is to end.
  ObjectLoader(kernel::Connection& connection, const BrokerLoadStatement& statement, const BrokerLoadOptions& options,
               bool into_views, std::function<Status()> wanted)
      : connection_(connection),
        statement_(statement),
        options_(options),
        into_views_(into_views),
        wanted_(std::move(wanted)) {}

  // URLs whose files have one form are one load.
  Status load(const Part& part, const std::string& database) {
    std::vector<S3Object> objects;
    std::optional<LoadSpec> spec;
    for (const std::string& url : part.urls) {
      LoadSpec next = TRY(broker_load_spec(part, options_, database, url));
      next.into_views = into_views_;
      S3Object object = TRY(kernel::s3_object(statement_.storage, url));
      TRY(kernel::check_s3_object(object));
      if (next.format == LoadSpec::Format::kParquet) {
        TRY(load_parquet(part, std::move(object), database, url));
        continue;
      }
      if (spec && spec->format != next.format) TRY(load_text(part, std::move(*spec), std::exchange(objects, {})));
      spec = std::move(next);
      for (auto& found : TRY(kernel::find_s3_objects(object))) objects.push_back(std::move(found));
    }
    return spec ? load_text(part, std::move(*spec), objects) : Status();
  }

  const LoadReport& total() const { return total_; }

 private:
  static std::string name_of(const S3Object& object) { return "s3://" + object.bucket + "/" + object.key; }

  Status load_text(const Part& part, LoadSpec spec, const std::vector<S3Object>& objects) {
    std::vector<std::vector<std::optional<std::string>>> paths;
    for (const auto& object : objects) paths.push_back(TRY(path_values(name_of(object), part.path_columns)));
    spec.bytes = TRY(size_of(part, objects));
    auto load = TRY(Load::open(connection_, std::move(spec)));
    const Status fed = [&]() -> Status {
      for (size_t i = 0; i < objects.size(); ++i) {
        TRY(wanted_());
        TRY(load->next_file(std::move(paths[i])));
        TRY(feed(*load, objects[i], broker_load_compression(part, objects[i].key)));
      }
      return {};
    }();
    if (!fed) load->abort(fed.error());
    return finish(*load);
  }

  Status feed(Load& load, const S3Object& object, std::optional<Compression> compression) {
    const auto decompressor = compression ? Decompressor::make(*compression) : nullptr;
    const Decompressor::Take write = [&](std::string_view bytes) { return load.write(bytes); };
    TRY(kernel::read_s3_object(object, [&](std::string_view bytes) -> Status {
      TRY(wanted_());
      return decompressor ? decompressor->write(bytes, write) : write(bytes);
    }));
    return decompressor ? decompressor->finish() : Status();
  }

  // The kernel reads these itself: all that a URL means at once, one by one where each has its own path.
  Status load_parquet(const Part& part, S3Object object, const std::string& database, const std::string& url) {
    std::vector<S3Object> objects = TRY(kernel::find_s3_objects(object));
    if (part.path_columns.empty()) objects = {std::move(object)};
    for (auto& each : objects) {
      TRY(wanted_());
      LoadSpec spec = TRY(broker_load_spec(part, options_, database, url));
      spec.into_views = into_views_;
      spec.path_values = TRY(path_values(name_of(each), part.path_columns));
      spec.file = TRY(kernel::register_s3_object(std::move(each)));
      auto load = TRY(Load::open(connection_, std::move(spec)));
      TRY(finish(*load));
    }
    return {};
  }

  Status finish(Load& load) {
    const auto done = load.finish();
    const LoadReport& report = load.report();
    total_.total_rows += report.total_rows;
    total_.loaded_rows += report.loaded_rows;
    total_.filtered_rows += report.filtered_rows;
    total_.unselected_rows += report.unselected_rows;
    if (total_.complaints.empty()) total_.complaints = report.complaints;
    return done ? Status() : fail(done.error());
  }

  // Of few objects that are not compressed; else nobody knows.
  static Result<std::optional<uint64_t>> size_of(const Part& part, const std::vector<S3Object>& objects) {
    if (objects.size() > kFewObjects) return std::optional<uint64_t>();
    uint64_t bytes = 0;
    for (const auto& object : objects) {
      if (broker_load_compression(part, object.key)) return std::optional<uint64_t>();
      bytes += TRY(kernel::s3_object_size(object));
    }
    return std::optional<uint64_t>(bytes);
  }

  kernel::Connection& connection_;
  const BrokerLoadStatement& statement_;
  const BrokerLoadOptions& options_;
  const bool into_views_;
  const std::function<Status()> wanted_;
  LoadReport total_;
};

}  // namespace

Result<Outcome> SessionState::broker_load(const BrokerLoadStatement& statement) {
  InsertLoad load;
  load.type = "BROKER";
  load.database = statement.database.empty() ? database_ : statement.database;
  load.label = statement.label;
  load.user = client.user;
  load.began = std::chrono::system_clock::now();
  if (load.database.empty()) return fail(no_database_selected());
  if (!LoadLabels::valid(load.label)) return fail(ddl_error("Label format error: " + load.label));
  const BrokerLoadOptions options = TRY(read_broker_load_options(statement));
  for (const auto& [name, value] : statement.storage) {
    if (!kernel::is_s3_property(name)) return fail(ddl_error(name + " is invalid property"));
  }
  TRY(prepare_transaction(dialect::KernelStatement::Effect::kSchema));
  TRY(make_load_tables(connection()));
  for (const auto& part : statement.parts) {
    const std::string& database = part.table.database.empty() ? load.database : part.table.database;
    load.table = TRY(read_definition(connection(), database, part.table.name)).name;
  }
  const duckdb::Value database(load.database), label(load.label);
  const auto used =
      TRY(first_row(connection(), "SELECT txn_id FROM internal.__sluice.load_labels WHERE database = $1 AND label = $2",
                    {database, label}));
  if (!used.empty())
    return fail(
        ddl_error("Label [" + load.label + "] has already been used, relate to txn [" + used[0].ToString() + "]"));
  if (!options.time_zone.empty()) TRY(connection().set_time_zone(options.time_zone));
  if (options.timeout.count() > 0) services.running.watch(id, started_ + options.timeout);
  const auto wanted = [this]() -> Status {
    std::lock_guard lock(run_lock);
    return interrupted ? Status(fail(Code::kCancelled, "interrupted")) : Status();
  };
  const Status done = [&]() -> Status {
    TRY(connection().begin());
    ObjectLoader loader(connection(), statement, options, is_on("allow_modify_materialized_view_data"), wanted);
    for (const auto& part : statement.parts) TRY(loader.load(part, load.database));
    TRY(check_load_quality(loader.total(), options.max_filter_ratio));
    load.rows = loader.total().loaded_rows;
    load.txn_id = LoadLabels::next_txn_id();
    return run_load_sql(connection(), "INSERT INTO internal.__sluice.load_labels VALUES ($1, $2, $3, $4, now())",
                        {database, label, duckdb::Value::BIGINT(load.txn_id), duckdb::Value::UBIGINT(load.rows)})
        .map([](const auto&) {});
  }();
  Status ended = done;
  if (done) {
    ended = connection().commit();
  } else if (connection().in_transaction()) {
    static_cast<void>(connection().rollback());
  }
  if (!options.time_zone.empty()) static_cast<void>(connection().set_time_zone(variables.time_zone()));
  load.ended = std::chrono::system_clock::now();
  load.id = services.schema_jobs.next_id();
  if (!ended) load.error = ended.error().message();
  services.insert_loads.add(std::move(load));
  if (!ended) return fail(std::move(ended.error()));
  return Outcome(Done{});
}

Result<Outcome> SessionState::clean_label(const dialect::CleanLabelStatement& statement) {
  const std::string database = TRY(own_database(statement.database));
  bool known = false;
  TRY(connection().with_context([&](duckdb::ClientContext& context) -> Status {
    known = kernel::find_database(context, database).has_value();
    return {};
  }));
  if (!known) return fail(sql_error(Code::kNotFound, 1049, "Unknown database '" + database + "'"));
  TRY(prepare_transaction(dialect::KernelStatement::Effect::kSchema));
  TRY(make_load_tables(connection()));
  std::string sql = "DELETE FROM internal.__sluice.load_labels WHERE database = $1";
  std::vector<duckdb::Value> values = {duckdb::Value(database)};
  if (!statement.label.empty()) {
    sql += " AND label = $2";
    values.emplace_back(statement.label);
  }
  TRY(run_load_sql(connection(), sql, std::move(values)));
  return Outcome(Done{});
}

}  // namespace sluice::session
