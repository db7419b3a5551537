// SPDX-License-Identifier: Apache-2.0
#include "session/load.h"

#include "base/failpoint.h"
#include "kernel/table_locks.h"
#include "session/load_labels.h"
#include "session/load_prepared.h"
#include "session/load_records.h"
#include "session/load_scan.h"
#include "session/load_source.h"
#include "session/load_spool.h"
#include "session/load_statement.h"

namespace sluice::session {
namespace {

// What may wait between the client and the kernel's threads.
constexpr size_t kMaxQueuedBytes = 16ull << 20;

// Doris' write_buffer_size: what fits in is sorted by the table's keys, a larger load lies as it came.
constexpr uint64_t kMostSortedBytes = 200ull << 20;

// Rows of equal keys keep the order of the data up to here: one thread parses them.
constexpr uint64_t kMostOrderedBytes = 16ull << 20;

using Clock = std::chrono::steady_clock;

std::chrono::microseconds since(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
}

Status check_spec(const LoadSpec& spec) {
  auto bad = [](std::string what) { return fail(sql_error(Code::kInvalidArgument, 1105, std::move(what))); };
  auto length_ok = [](const std::string& text) { return !text.empty() && text.size() <= 16; };
  if (spec.prepare && !spec.reservation) return bad("a load in two phases needs a label");
  if (spec.max_filter_ratio < 0 || spec.max_filter_ratio > 1) return bad("max_filter_ratio must be between 0 and 1");
  if (spec.format == LoadSpec::Format::kCsv) {
    if (!length_ok(spec.csv.column_separator)) return bad("the column separator must have 1 to 16 bytes");
    if (!length_ok(spec.csv.line_delimiter)) return bad("the line delimiter must have 1 to 16 bytes");
    if (spec.csv.column_separator == spec.csv.line_delimiter)
      return bad("the column separator and the line delimiter must differ");
    if (spec.csv.enclose &&
        (spec.csv.column_separator[0] == *spec.csv.enclose || spec.csv.line_delimiter[0] == *spec.csv.enclose)) {
      return bad("the enclosing character must not begin the column separator or the line delimiter");
    }
  }
  if (spec.format == LoadSpec::Format::kJson) {
    for (const auto& path : spec.json.paths) TRY(parse_json_path(path));
    TRY(parse_json_path(spec.json.root));
    size_t fields = 0;
    for (const auto& column : spec.columns) fields += !column.value;
    if (!spec.json.paths.empty() && fields > 0 && fields != spec.json.paths.size()) {
      return bad("jsonpaths has " + std::to_string(spec.json.paths.size()) + " paths, but columns names " +
                 std::to_string(fields) + " fields");
    }
  }
  return {};
}

}  // namespace

Load::Load(kernel::Connection& connection, LoadSpec spec) : connection_(connection), spec_(std::move(spec)) {}

Result<std::unique_ptr<Load>> Load::open(kernel::Connection& connection, LoadSpec spec) {
  TRY(check_spec(spec));
  std::unique_ptr<Load> load(new Load(connection, std::move(spec)));
  TRY(load->start());
  return load;
}

Result<std::unique_ptr<Load>> Load::open(std::unique_ptr<kernel::Connection> connection, LoadSpec spec) {
  TRY(check_spec(spec));
  std::unique_ptr<Load> load(new Load(*connection, std::move(spec)));
  load->own_connection_ = std::move(connection);
  TRY(load->start());
  return load;
}

Load::~Load() {
  if (finished_) return;
  abort(Error(Code::kCancelled, "the load was given up"));
  if (inserter_.joinable()) inserter_.join();
  roll_back();
}

void Load::abort(Error reason) {
  std::lock_guard lock(settling_mutex_);
  if (settling_) return;
  if (source_) source_->abort(std::move(reason));
  connection_.interrupt();
}

Status Load::start() {
  const auto began = Clock::now();
  if (!spec_.time_zone.empty()) TRY(connection_.set_time_zone(spec_.time_zone));
  table_ = std::make_unique<LoadTable>(TRY(look_up_load_table(connection_, spec_.table)));
  auto targets = TRY(load_targets(spec_, *table_));
  report_.txn_id = LoadLabels::next_txn_id();
  own_transaction_ = !connection_.in_transaction();
  const bool parquet = spec_.format == LoadSpec::Format::kParquet;
  if (parquet && spec_.file.empty()) spool_ = TRY(LoadSpool::create(connection_.host()));
  source_ = std::make_shared<LoadSource>(kMaxQueuedBytes);
  counts_merged_ = table_->merges && !spec_.where;
  kernel::WriteRules rules;
  rules.partial_update = spec_.partial_update;
  rules.partial_adds = !spec_.strict;
  rules.into_views = spec_.into_views;
  if (spec_.bytes.value_or(0) > kMostSortedBytes) rules.most_sorted_rows = 0;
  connection_.set_write_rules(rules);
  begins_late_ = own_transaction_ && table_->merges && !spec_.prepare;
  if (own_transaction_ && !begins_late_) {
    TRY(connection_.begin());
    begun_ = true;
  }
  into_ = std::make_unique<LoadTable>(
      spec_.prepare ? TRY(spec_.prepare->make_stage(connection_, *table_, report_.txn_id)) : *table_);
  if (spec_.format == LoadSpec::Format::kJson) TRY(take_defaults(connection_, *table_, targets));
  if (!parquet) {
    std::vector<std::string> fields;
    for (const auto& target : targets) fields.push_back(target.name);
    // Rows of a load inside somebody's transaction cannot be taken back alone: there the first bad row ends it.
    const bool fail_fast = !own_transaction_ && spec_.max_filter_ratio < 1;
    rows_ = std::make_shared<LoadRows>(source_, spec_, std::move(targets), fail_fast);
    const bool small = spec_.bytes.value_or(kMostOrderedBytes + 1) <= kMostOrderedBytes;
    if (table_->merges || (table_->sorted && small)) rows_->keep_order();
    splitter_ = std::make_unique<LoadSplitter>(spec_, *source_);
    TRY(connection_.with_context([&](duckdb::ClientContext& context) -> Status {
      published_ = LoadRows::publish(rows_, context);
      return {};
    }));
    auto insert =
        load_insert(spec_, *into_, fields, table_function("sluice_load", duckdb::Value::UBIGINT(published_)), false);
    inserter_ =
        std::thread([this, tree = insert.release()] { run_insert(duckdb::unique_ptr<duckdb::SQLStatement>(tree)); });
  }
  report_.begin = since(began);
  last_write_end_ = Clock::now();
  return {};
}

Status Load::begin_after_others() {
  constexpr auto kLook = std::chrono::seconds(1);  // for an abort
  constexpr auto kLongestWait = std::chrono::minutes(10);
  const auto began = Clock::now();
  while (true) {
    TRY(still_wanted());
    Status alone = connection_.lock_merging(into_->catalog, into_->database, into_->name, kLook);
    if (alone) break;
    if (alone.error().native_code() != kernel::kLockWaitTimeout || Clock::now() - began > kLongestWait) return alone;
  }
  TRY(connection_.begin());
  begun_ = true;
  return {};
}

void Load::run_insert(duckdb::unique_ptr<duckdb::SQLStatement> insert) {
  Status begun = begins_late_ ? begin_after_others() : Status();
  auto answer = begun ? connection_.run(std::move(insert)) : fail(std::move(begun.error()));
  if (answer) {
    inserted_rows_ = (*answer)->changed_rows();
  } else {
    insert_status_ = fail(answer.error());
  }
  source_->scan_ended();
}

Status Load::write(std::string_view bytes) {
  const auto began = Clock::now();
  report_.receive += std::chrono::duration_cast<std::chrono::microseconds>(began - last_write_end_);
  report_.bytes += bytes.size();
  Status status = spool_ ? spool_->write(bytes) : splitter_->write(bytes);
  if (spool_ && status) {
    if (auto aborted = source_->abort_reason()) status = fail(*aborted);
  }
  if (!status) source_->abort(status.error());
  last_write_end_ = Clock::now();
  return status;
}

Status Load::next_file(std::vector<std::optional<std::string>> path_values) {
  Status status =
      splitter_->next_file(std::make_shared<const std::vector<std::optional<std::string>>>(std::move(path_values)));
  if (!status) source_->abort(status.error());
  return status;
}

Result<Done> Load::finish() {
  const auto began = Clock::now();
  report_.receive += std::chrono::duration_cast<std::chrono::microseconds>(began - last_write_end_);
  Status status;
  if (!splitter_) {
    status = insert_parquet();
  } else {
    if (Status rest = splitter_->finish(); !rest) source_->abort(rest.error());
    source_->close();
    inserter_.join();
    status = insert_status_;
  }
  // Why the load was aborted says more than how the INSERT ended because of it.
  auto aborted = source_->abort_reason();
  if (aborted && !(insert_status_ && aborted->code() == Code::kCancelled && !status)) {
    // A writer that found the scan ended only tells that it ended.
    if (status || aborted->message() != "the load has ended") status = fail(*aborted);
  }
  report_.write = since(began);
  if (rows_) {
    report_.total_rows = rows_->total_rows();
    report_.filtered_rows = rows_->bad_rows();
    report_.nulled_values = rows_->nulled_values();
    report_.complaints = rows_->complaints();
  }
  if (status) {
    // Rows that became one with others are loaded, too.
    if (counts_merged_) {
      const uint64_t left_out = report_.filtered_rows + (rows_ ? rows_->preceded_rows() : 0);
      inserted_rows_ = report_.total_rows - std::min(report_.total_rows, left_out);
    }
    report_.loaded_rows = inserted_rows_;
    report_.unselected_rows = report_.total_rows - std::min(report_.total_rows, report_.filtered_rows + inserted_rows_);
    status = check_quality();
  }
  if (status) {
    std::lock_guard lock(settling_mutex_);
    status = still_wanted();
    settling_ = status.has_value();
  }
  if (status) status = settle();
  finished_ = true;
  if (!status) {
    report_.loaded_rows = 0;
    roll_back();
    return fail(status.error());
  }
  release();
  Done done;
  done.affected_rows = report_.loaded_rows;
  done.warnings = static_cast<uint16_t>(std::min<uint64_t>(report_.filtered_rows + report_.nulled_values, UINT16_MAX));
  done.info = "Records: " + std::to_string(report_.total_rows) +
              "  Deleted: 0  Skipped: " + std::to_string(report_.filtered_rows + report_.unselected_rows) +
              "  Warnings: " + std::to_string(report_.nulled_values);
  return done;
}

Status Load::still_wanted() const {
  if (auto aborted = source_->abort_reason()) return fail(*aborted);
  return {};
}

Status Load::insert_parquet() {
  TRY(still_wanted());
  if (begins_late_) TRY(begin_after_others());
  const duckdb::Value path(spool_ ? spool_->path().string() : spec_.file);
  auto all_of = [&](duckdb::unique_ptr<duckdb::ParsedExpression> what) {
    auto select = duckdb::make_uniq<duckdb::SelectNode>();
    select->select_list.push_back(std::move(what));
    select->from_table = table_function("read_parquet", path);
    auto statement = duckdb::make_uniq<duckdb::SelectStatement>();
    statement->node = std::move(select);
    return statement;
  };
  std::vector<std::string> present;
  {
    auto star = TRY(connection_.run(all_of(duckdb::make_uniq<duckdb::StarExpression>())));
    present = star->names();
  }
  TRY(still_wanted());
  {
    duckdb::vector<duckdb::unique_ptr<duckdb::ParsedExpression>> none;
    auto count =
        TRY(connection_.run(all_of(duckdb::make_uniq<duckdb::FunctionExpression>("count_star", std::move(none)))));
    auto* chunk = TRY(count->next());
    if (chunk && chunk->size() > 0)
      report_.total_rows = static_cast<uint64_t>(chunk->GetValue(0, 0).GetValue<int64_t>());
  }
  std::vector<std::string> fields;
  bool named = false;
  for (const auto& column : spec_.columns) {
    if (column.value) continue;
    named = true;
    fields.push_back(column.name);
  }
  if (!named) {
    for (const auto& name : present) {
      if (table_->find(name)) fields.push_back(name);
    }
    if (fields.empty()) {
      return fail(
          sql_error(Code::kInvalidArgument, 1105, "the file has none of the columns of table '" + table_->name + "'"));
    }
  }
  TRY(still_wanted());
  // The rows with what the path says of them, as far as they are wanted.
  auto source = all_of(duckdb::make_uniq<duckdb::StarExpression>());
  auto& select = source->node->Cast<duckdb::SelectNode>();
  for (size_t i = 0; i < spec_.path_columns.size(); ++i) {
    const auto& written = spec_.path_values.at(i);
    auto value = duckdb::make_uniq<duckdb::ConstantExpression>(written ? duckdb::Value(*written)
                                                                       : duckdb::Value(duckdb::LogicalType::VARCHAR));
    value->SetAlias(spec_.path_columns[i]);
    select.select_list.push_back(std::move(value));
    fields.push_back(spec_.path_columns[i]);
  }
  duckdb::unique_ptr<duckdb::TableRef> rows = duckdb::make_uniq<duckdb::SubqueryRef>(std::move(source), "load_rows");
  if (spec_.preceding) {
    auto wanted = duckdb::make_uniq<duckdb::SelectNode>();
    wanted->select_list.push_back(duckdb::make_uniq<duckdb::StarExpression>());
    wanted->from_table = std::move(rows);
    wanted->where_clause = duckdb::unique_ptr<duckdb::ParsedExpression>(spec_.preceding.release());
    auto statement = duckdb::make_uniq<duckdb::SelectStatement>();
    statement->node = std::move(wanted);
    rows = duckdb::make_uniq<duckdb::SubqueryRef>(std::move(statement), "load_rows");
  }
  auto insert = load_insert(spec_, *into_, fields, std::move(rows), true);
  auto answer = TRY(connection_.run(std::move(insert)));
  inserted_rows_ = answer->changed_rows();
  return {};
}

Status Load::check_quality() {
  return own_transaction_ ? check_load_quality(report_, spec_.max_filter_ratio) : Status();
}

Status check_load_quality(const LoadReport& report, double max_filter_ratio) {
  if (report.filtered_rows == 0) return {};
  const uint64_t considered = report.total_rows - report.unselected_rows;
  if (static_cast<double>(report.filtered_rows) <= max_filter_ratio * static_cast<double>(considered)) return {};
  std::string message = "too many filtered rows: " + std::to_string(report.filtered_rows) + " of " +
                        std::to_string(considered) + " are bad";
  if (!report.complaints.empty()) message += "; the first: " + report.complaints.front().reason;
  return fail(sql_error(Code::kInvalidArgument, 1105, std::move(message)));
}

// Stores the label and commits.
Status Load::settle() {
  const auto began = Clock::now();
  if (spec_.prepare) {
    TRY(spec_.prepare->record(connection_, *spec_.reservation, *table_, report_.txn_id, report_.loaded_rows));
  } else if (spec_.reservation) {
    TRY(spec_.reservation->store(connection_, report_.txn_id, report_.loaded_rows));
  }
  if (auto fault = FAILPOINT("load.before_commit")) return fail(std::move(*fault));
  if (own_transaction_) {
    TRY(connection_.commit());
    begun_ = false;
  }
  if (auto fault = FAILPOINT("load.after_commit")) return fail(std::move(*fault));
  report_.commit = since(began);
  return {};
}

void Load::roll_back() {
  if (std::exchange(begun_, false)) static_cast<void>(connection_.rollback());
  release();
}

// The label is free again (or its row is stored), the parsed rows are no longer reachable.
void Load::release() {
  if (published_ != 0) LoadRows::withdraw(std::exchange(published_, 0));
  spec_.reservation.reset();
}

Result<std::unique_ptr<LoadSink>> open_load(kernel::Connection& connection, LoadSpec spec) {
  return TRY(Load::open(connection, std::move(spec)));
}

}  // namespace sluice::session
