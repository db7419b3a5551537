// SPDX-License-Identifier: Apache-2.0
// MATERIALIZED VIEW. One kept with a table is a note of that table: the kernel needs no second copy of the rows to be
// quick. One with BUILD and REFRESH is a table with rows of its own, whose notes say how they are made.
#include "base/sql_text.h"
#include "duckdb/parser/parsed_data/create_table_info.hpp"
#include "duckdb/parser/parsed_data/create_view_info.hpp"
#include "duckdb/parser/parsed_data/drop_info.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "duckdb/parser/parser.hpp"
#include "duckdb/parser/query_node/select_node.hpp"
#include "duckdb/parser/query_node/set_operation_node.hpp"
#include "kernel/catalog_facts.h"
#include "kernel/index_scan.h"
#include "kernel/view_partition.h"
#include "session/create_as.h"
#include "session/load.h"
#include "session/materialized_views.h"
#include "session/session_state.h"
#include "session/table_definition.h"
#include "session/view_columns.h"

namespace sluice::session {
namespace {

using View = dialect::MaterializedViewStatement;
using What = View::What;
using duckdb::StringUtil;

constexpr const char* kNote = "async";
constexpr size_t kMaxShownPartitions = 1000;  // of one refresh, in tasks()

// Selects `database` for the length of a statement: a view's query means the tables of the view's own database.
class Selected {
 public:
  Selected(kernel::Connection& kernel, std::string before) : kernel_(kernel), before_(std::move(before)) {}
  Status select(const std::string& database) {
    const kernel::SchemaName stored = kernel::kernel_schema(database);
    return kernel_.set_schema(stored.catalog, stored.schema);
  }
  ~Selected() {
    if (before_.empty()) {
      kernel_.clear_schema();
    } else {
      const kernel::SchemaName stored = kernel::kernel_schema(before_);
      static_cast<void>(kernel_.set_schema(stored.catalog, stored.schema));
    }
  }
  Selected(const Selected&) = delete;
  Selected& operator=(const Selected&) = delete;

 private:
  kernel::Connection& kernel_;
  const std::string before_;
};

std::string properties_text(const std::vector<std::pair<std::string, std::string>>& properties) {
  std::string text;
  for (const auto& [key, value] : properties) text += (text.empty() ? "\"" : ",\n\"") + key + "\" = \"" + value + "\"";
  return text;
}

Error not_a_view(const std::string& name) {
  return ddl_error("Table[" + name + "] is not MATERIALIZED_VIEW: it is of type OLAP");
}

Result<TableDefinition> read_view(kernel::Connection& kernel, const std::string& database, const std::string& name) {
  TableDefinition table = TRY(read_definition(kernel, database, name));
  if (!table.model.is_materialized_view()) return fail(not_a_view(name));
  return table;
}

// CREATE TABLE v [(names)] AS query, without rows.
duckdb::unique_ptr<duckdb::SQLStatement> create_tree(View& view, const kernel::SchemaName& stored) {
  auto info = duckdb::make_uniq<duckdb::CreateTableInfo>();
  info->catalog = stored.catalog;
  info->schema = stored.schema;
  info->table = view.name.name;
  info->on_conflict = duckdb::OnCreateConflict::ERROR_ON_CONFLICT;
  for (const auto& column : view.columns)
    info->columns.AddColumn(duckdb::ColumnDefinition(column.name, duckdb::LogicalType::UNKNOWN));
  auto none = duckdb::make_uniq<duckdb::SelectNode>();
  none->select_list.push_back(duckdb::make_uniq<duckdb::StarExpression>());
  duckdb::unique_ptr<duckdb::SQLStatement> copy = view.query->Copy();
  none->from_table = duckdb::make_uniq<duckdb::SubqueryRef>(
      duckdb::unique_ptr<duckdb::SelectStatement>(static_cast<duckdb::SelectStatement*>(copy.release())), "view_rows");
  auto limit = duckdb::make_uniq<duckdb::LimitModifier>();
  limit->limit = duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value::BIGINT(0));
  none->modifiers.push_back(std::move(limit));
  info->query = duckdb::make_uniq<duckdb::SelectStatement>();
  info->query->node = std::move(none);
  auto create = duckdb::make_uniq<duckdb::CreateStatement>();
  create->info = std::move(info);
  return create;
}

using Node = duckdb::unique_ptr<duckdb::QueryNode>;

duckdb::unique_ptr<duckdb::SelectNode> everything_from(duckdb::unique_ptr<duckdb::TableRef> table) {
  auto select = duckdb::make_uniq<duckdb::SelectNode>();
  select->select_list.push_back(duckdb::make_uniq<duckdb::StarExpression>());
  select->from_table = std::move(table);
  return select;
}

duckdb::unique_ptr<duckdb::TableRef> as_table(Node node) {
  auto statement = duckdb::make_uniq<duckdb::SelectStatement>();
  statement->node = std::move(node);
  return duckdb::make_uniq<duckdb::SubqueryRef>(std::move(statement), "view_rows");
}

Node combined(duckdb::SetOperationType type, Node left, Node right) {
  auto node = duckdb::make_uniq<duckdb::SetOperationNode>();
  node->setop_type = type;
  node->setop_all = true;
  node->children.push_back(std::move(left));
  node->children.push_back(std::move(right));
  return node;
}

// Which values of the column that a view is partitioned by have other rows now: the rows of (query, view) that have no
// equal in the other.
duckdb::unique_ptr<duckdb::SQLStatement> changed_values(const duckdb::QueryNode& query, duckdb::TableRef& stored,
                                                        const std::string& column) {
  const auto fresh = [&] { return everything_from(as_table(query.Copy())); };
  const auto kept = [&] { return everything_from(stored.Copy()); };
  Node changed = combined(duckdb::SetOperationType::UNION,
                          everything_from(as_table(combined(duckdb::SetOperationType::EXCEPT, fresh(), kept()))),
                          everything_from(as_table(combined(duckdb::SetOperationType::EXCEPT, kept(), fresh()))));
  auto select = duckdb::make_uniq<duckdb::SelectNode>();
  select->select_list.push_back(duckdb::make_uniq<duckdb::CastExpression>(
      duckdb::LogicalType::VARCHAR, duckdb::make_uniq<duckdb::ColumnRefExpression>(column)));
  select->from_table = as_table(std::move(changed));
  select->modifiers.push_back(duckdb::make_uniq<duckdb::DistinctModifier>());
  auto order = duckdb::make_uniq<duckdb::OrderModifier>();
  order->orders.emplace_back(duckdb::OrderType::ASCENDING, duckdb::OrderByNullType::NULLS_FIRST,
                             duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value::INTEGER(1)));
  select->modifiers.push_back(std::move(order));
  auto statement = duckdb::make_uniq<duckdb::SelectStatement>();
  statement->node = std::move(select);
  return statement;
}

}  // namespace

bool is_readable(kernel::Connection& kernel, const kernel::RelationFacts& view) {
  const std::string* sources = view.model.note(kNote, "sources");
  if (!sources || sources->empty()) return true;
  for (const std::string& source : StringUtil::Split(*sources, '\n')) {
    const size_t dot = source.find('\t');
    std::optional<kernel::RelationFacts> found;
    auto read = kernel.with_context([&](duckdb::ClientContext& context) -> Status {
      found = kernel::describe_relation(context, source.substr(0, dot), source.substr(dot + 1));
      return {};
    });
    if (!read || !found) return false;
    if (found->model.is_materialized_view() && found->name != view.name && !is_readable(kernel, *found)) return false;
  }
  return true;
}

Status note_changed_source(kernel::Connection& kernel, const std::string& database, const std::string& table) {
  const std::string changed = database + "\t" + table;
  for (const auto& view : list_materialized_views(kernel)) {
    const std::string* sources = view.model.note(kNote, "sources");
    if (!sources || (view.database == database && view.name == table)) continue;
    const auto names = StringUtil::Split(*sources, '\n');
    if (std::ranges::none_of(names, [&](const auto& name) { return StringUtil::CIEquals(name, changed); })) continue;
    if (!view.model.note(kNote, "changed")) {
      TableDefinition definition = TRY(read_definition(kernel, view.database, view.name));
      definition.model.set_note(kNote, "changed", "yes");
      TRY(store_model(kernel, definition));
    }
    TRY(note_changed_source(kernel, view.database, view.name));  // views of views
  }
  return {};
}

std::string create_materialized_view_text(const kernel::RelationFacts& view) {
  const auto note = [&](const char* name) {
    const std::string* text = view.model.note(kNote, name);
    return text ? *text : std::string();
  };
  std::string text = "CREATE MATERIALIZED VIEW " + quoted_name(view.name) + " (\n";
  for (size_t i = 0; i < view.columns.size(); ++i) {
    text += (i == 0 ? "  " : ",\n  ") + quoted_name(view.columns[i].name);
    if (!view.columns[i].comment.empty()) text += " COMMENT " + quoted_string(view.columns[i].comment);
  }
  text += "\n)\nBUILD " + note("build") + " REFRESH " + note("refresh") + " " + note("trigger");
  if (!note("keys").empty()) text += "\n" + note("keys");
  if (!view.comment.empty()) text += "\nCOMMENT " + quoted_string(view.comment);
  if (!note("partition").empty()) text += "\nPARTITION BY (" + note("partition") + ")";
  if (!note("distribution").empty()) text += "\n" + note("distribution");
  if (!note("properties").empty()) text += "\nPROPERTIES (\n" + note("properties") + "\n)";
  return text + "\nAS " + note("query");
}

Status SessionState::fill_view(const TableDefinition& table, duckdb::unique_ptr<duckdb::SQLStatement> query,
                               std::vector<std::string>* changed) {
  Selected selected(connection(), database_);
  TRY(selected.select(table.database));
  const std::string* partition = table.model.note(kNote, "partition");
  if (changed && partition && !partition->empty()) {
    // A partition for each value, as over LIST partitions; expressions (date_trunc) are one partition of all.
    const std::string column = name_in_line(*partition);
    if (table.at(column)) {
      duckdb::BaseTableRef stored;
      stored.catalog_name = table.catalog;
      stored.schema_name = table.schema;
      stored.table_name = table.name;
      const auto& node = *query->Cast<duckdb::SelectStatement>().node;
      auto answer = TRY(connection().run(changed_values(node, stored, column)));
      for (auto* chunk = TRY(answer->next()); chunk; chunk = TRY(answer->next())) {
        for (size_t i = 0; i < chunk->size() && changed->size() < kMaxShownPartitions; ++i) {
          const duckdb::Value value = chunk->GetValue(0, i);
          changed->push_back("p_" + (value.IsNull() ? std::string("NULL") : value.ToString()));
        }
      }
      if (changed->empty()) return {};  // nothing to do
    }
  }
  auto erase = duckdb::make_uniq<duckdb::DeleteStatement>();
  auto target = duckdb::make_uniq<duckdb::BaseTableRef>();
  target->catalog_name = table.catalog;
  target->schema_name = table.schema;
  target->table_name = table.name;
  erase->table = std::move(target);
  TRY(run_tree(connection(), std::move(erase)));
  auto insert = duckdb::make_uniq<duckdb::InsertStatement>();
  insert->catalog = table.catalog;
  insert->schema = table.schema;
  insert->table = table.name;
  insert->select_statement =
      duckdb::unique_ptr<duckdb::SelectStatement>(static_cast<duckdb::SelectStatement*>(query.release()));
  return run_tree(connection(), std::move(insert));
}

Status SessionState::check_partition(const View& view, const std::string& database, const TableDefinition& table) {
  if (view.partition.empty()) return {};
  const auto by = TRY(parse_load_condition(view.partition));  // as any expression
  std::optional<size_t> column;
  const std::function<void(const duckdb::ParsedExpression&)> find = [&](const duckdb::ParsedExpression& part) {
    if (part.GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF) {
      const std::string& name = part.Cast<duckdb::ColumnRefExpression>().GetColumnName();
      for (size_t i = 0; i < table.columns.size(); ++i)
        if (StringUtil::CIEquals(table.columns[i].name(), name)) column = i;
    }
    duckdb::ParsedExpressionIterator::EnumerateChildren(part, find);
  };
  find(*by);
  if (!column)
    return fail(ddl_error("The partition column of the materialized view is not among the columns of its query: " +
                          view.partition));
  Selected selected(connection(), database_);
  TRY(selected.select(database));
  std::string refused;
  TRY(connection().with_context([&](duckdb::ClientContext& context) -> Status {
    refused = kernel::refused_partition(context, *view.query, *column);
    return {};
  }));
  if (refused.empty()) return {};
  return fail(ddl_error("Unable to find a suitable base table for partitioning, the fail reason is " + refused));
}

Status SessionState::create_async_view(View& view, const std::string& database, bool& created) {
  const kernel::SchemaName stored = kernel::kernel_schema(database);
  auto existing = read_definition(connection(), database, view.name.name);
  if (existing) {
    if (view.if_not_exists) return {};
    return fail(sql_error(Code::kAlreadyExists, 1050, "Table '" + view.name.name + "' already exists"));
  }
  {
    Selected selected(connection(), database_);
    TRY(selected.select(database));
    TRY(run_tree(connection(), create_tree(view, stored)));
    const auto digits = connection().moment_digits();
    TRY(note_moment_digits(connection(), TRY(read_definition(connection(), database, view.name.name)), digits));
  }
  TableDefinition table = TRY(read_definition(connection(), database, view.name.name));
  TRY(check_partition(view, database, table));
  for (const std::string& key : columns_in_line(view.keys)) TRY(table.at(key));
  table.model.comment = view.comment;
  std::string sources;
  for (const auto& source : view.sources) {
    const std::string& home = source.database.empty() ? database : source.database;
    auto known = read_definition(connection(), home, source.name);
    // A name that WITH defines, a view, a table of another catalog: not watched.
    if (known) sources += (sources.empty() ? "" : "\n") + home + "\t" + known->name;
  }
  auto& model = table.model;
  model.set_note(kNote, "query", view.query_text);
  model.set_note(kNote, "sources", sources);
  model.set_note(kNote, "build", view.build);
  model.set_note(kNote, "refresh", view.refresh);
  TRY(note_trigger(table, view));
  model.set_note(kNote, "keys", view.keys);
  model.set_note(kNote, "partition", view.partition);
  model.set_note(kNote, "distribution", view.distribution);
  model.set_note(kNote, "properties", properties_text(view.properties));
  model.set_note(kNote, "id", std::to_string(services.schema_jobs.next_id()));
  model.set_note(kNote, "created", time_text(std::chrono::system_clock::now()));
  const bool now = view.build == "IMMEDIATE";
  if (now) TRY(fill_view(table, view.query->Copy()));
  model.set_note(kNote, "state", now ? "SUCCESS" : "INIT");
  created = true;
  return store_model(connection(), table);
}

Status SessionState::create_sync_view(View& view, const std::string& database) {
  TableDefinition table = TRY(read_definition(connection(), TRY(own_database(*view.table)), view.table->name));
  for (const std::string& rollup : table.model.rollups) {
    if (StringUtil::CIEquals(name_in_line(rollup), view.name.name))
      return fail(ddl_error("Materialized view[" + view.name.name + "] already exists in table " + table.name));
  }
  if (table.model.note("mv", view.name.name)) {
    if (view.if_not_exists) return {};
    return fail(ddl_error("Materialized view[" + view.name.name + "] already exists in table " + table.name));
  }
  const auto& query = view.query->Cast<duckdb::SelectStatement>().node->Cast<duckdb::SelectNode>();
  TRY(check_view_of_table(query, table));
  // Binding it tells whether its columns and functions are there.
  TRY(check_view_types(query, TRY(connection().prepare(view.query->Copy()))->types()));
  table.model.set_note("mv", view.name.name, view.query_text);
  std::vector<std::string> columns;
  for (auto& column : view_columns(query, table)) columns.push_back(std::move(column.name));
  table.model.set_note(kernel::kIndexQuery, view.name.name, kernel::index_query(columns, *view.query));
  static_cast<void>(database);
  return store_model(connection(), table);
}

// Without ON table: a view with rows of its own, or one kept with a table of the database.
Status SessionState::drop_view(const View& view, const std::string& database) {
  const std::string& name = view.name.name;
  if (view.table) {
    auto table = read_definition(connection(), TRY(own_database(*view.table)), view.table->name);
    if (!table) {
      if (view.if_exists) return {};
      return fail(std::move(table.error()));
    }
    const auto same_name = [&](const std::string& line) { return StringUtil::CIEquals(name_in_line(line), name); };
    const bool rollup = std::erase_if(table->model.rollups, same_name) > 0;
    if (!rollup && !table->model.remove_note("mv", name)) {
      if (view.if_exists) return {};
      return fail(ddl_error("Materialized view [" + name + "] does not exist in table [" + table->name + "]"));
    }
    table->model.remove_note(kernel::kIndexQuery, name);
    return store_model(connection(), *table);
  }
  auto table = read_definition(connection(), database, name);
  if (!table) {
    if (view.if_exists) return {};
    return fail(sql_error(Code::kNotFound, 1051, "Unknown table '" + name + "'"));
  }
  if (!table->model.is_materialized_view()) return fail(not_a_view(name));
  return drop_table(connection(), *table);
}

Status SessionState::replace_view(const View& view, const std::string& database) {
  TableDefinition first = TRY(read_view(connection(), database, view.name.name));
  TableDefinition second = TRY(read_view(connection(), database, view.other.name));
  if (first.name == second.name) return fail(ddl_error("A materialized view cannot be replaced by itself"));
  TRY(note_changed_source(connection(), database, first.name));
  TRY(note_changed_source(connection(), database, second.name));
  first = TRY(read_view(connection(), database, view.name.name));
  second = TRY(read_view(connection(), database, view.other.name));
  if (!view.swap) {
    TRY(drop_table(connection(), first));
    return rename_table(connection(), second, first.name);
  }
  const std::string between = "__sluice_swap_" + first.name;
  TRY(rename_table(connection(), first, between));
  TRY(rename_table(connection(), second, first.name));
  TableDefinition moved = TRY(read_definition(connection(), database, between));
  return rename_table(connection(), moved, second.name);
}

Result<Outcome> SessionState::refresh_view(const View& view, const std::string& database) {
  RefreshTask task;
  task.database = database;
  task.view = view.name.name;
  task.mode = view.refresh == "PARTITIONS" ? "PARTIAL" : "COMPLETE";
  if (client.server) task.trigger = client.program == kCommitTrigger ? "COMMIT" : "SYSTEM";
  task.began = std::chrono::system_clock::now();
  bool known = false;
  Status done = in_own_transaction([&]() -> Status {
    TableDefinition table = TRY(read_view(connection(), database, view.name.name));
    known = true;
    task.view = table.name;
    auto parsed = TRY(dialect::parse(*table.model.note(kNote, "query"), parse_options()));
    auto* query = std::get_if<dialect::KernelStatement>(&parsed.body);
    if (!query || query->tree->type != duckdb::StatementType::SELECT_STATEMENT)
      return fail(Error(Code::kInternal, "the query of a materialized view does not read as one"));
    TRY(fill_view(table, duckdb::unique_ptr<duckdb::SQLStatement>(query->tree.release()),
                  view.refresh == "AUTO" ? &task.partitions : nullptr));
    table.model.set_note(kNote, "state", "SUCCESS");
    table.model.remove_note(kNote, "changed");
    return store_model(connection(), table);
  });
  task.ended = std::chrono::system_clock::now();
  if (known) {
    task.failed = !done;
    if (!done) task.error = done.error().message();
    services.schema_jobs.add(task);
  }
  if (!done) return fail(std::move(done.error()));
  return Outcome(Done{});
}

Result<Outcome> SessionState::materialized_view(View view) {
  const bool refreshes = view.what == What::kRefresh;
  auto outcome = change_materialized_view(std::move(view));
  if (!refreshes && outcome) services.jobs.views_changed();
  return outcome;
}

Result<Outcome> SessionState::change_materialized_view(View view) {
  const std::string database = TRY(own_database(view.name));
  // Of the statements that change the notes of one view.
  const auto change = [&](const std::function<Status(TableDefinition&)>& work) -> Result<Outcome> {
    TRY(in_own_transaction([&]() -> Status {
      TableDefinition table = TRY(read_view(connection(), database, view.name.name));
      TRY(work(table));
      return store_model(connection(), table);
    }));
    return Outcome(Done{});
  };
  switch (view.what) {
    case What::kCreateSync: {
      SchemaJob job;
      job.began = std::chrono::system_clock::now();
      TRY(in_own_transaction([&] { return create_sync_view(view, database); }));
      job.ended = std::chrono::system_clock::now();
      job.database = TRY(own_database(*view.table));
      job.table = view.table->name;
      job.index = view.name.name;
      job.kind = SchemaJob::Kind::kMaterializedView;
      services.schema_jobs.add(job);
      job.kind = SchemaJob::Kind::kRollup;
      services.schema_jobs.add(job);
      return Outcome(Done{});
    }
    case What::kCreateAsync: {
      RefreshTask task;
      task.began = std::chrono::system_clock::now();
      bool created = false;
      TRY(in_own_transaction([&] { return create_async_view(view, database, created); }));
      if (created && view.build == "IMMEDIATE") {
        task.ended = std::chrono::system_clock::now();
        task.database = database;
        task.view = view.name.name;
        task.mode = "COMPLETE";
        services.schema_jobs.add(task);
      }
      return Outcome(Done{});
    }
    case What::kDrop:
      TRY(in_own_transaction([&] { return drop_view(view, database); }));
      return Outcome(Done{});
    case What::kRefresh:
      return refresh_view(view, database);
    case What::kRename:
      TRY(in_own_transaction([&]() -> Status {
        TableDefinition table = TRY(read_view(connection(), database, view.name.name));
        return rename_table(connection(), table, view.other.name);
      }));
      services.schema_jobs.rename_view(database, view.name.name, view.other.name);
      return Outcome(Done{});
    case What::kReplaceWith:
      TRY(in_own_transaction([&] { return replace_view(view, database); }));
      return Outcome(Done{});
    case What::kSetRefresh:
      return change([&](TableDefinition& table) -> Status {
        if (!view.refresh.empty()) table.model.set_note(kNote, "refresh", view.refresh);
        return view.trigger.empty() ? Status() : note_trigger(table, view);
      });
    case What::kSetProperties:
      return change([&](TableDefinition& table) -> Status {
        const std::string* before = table.model.note(kNote, "properties");
        const std::string added = properties_text(view.properties);
        table.model.set_note(kNote, "properties", before && !before->empty() ? *before + ",\n" + added : added);
        return {};
      });
    case What::kPause:
    case What::kResume:
      return change([&](TableDefinition& table) -> Status {
        table.model.set_note(kNote, "job", view.what == What::kPause ? "PAUSED" : "RUNNING");
        return {};
      });
    case What::kCancel:
      TRY(read_view(connection(), database, view.name.name));
      return fail(ddl_error("no running task " + std::to_string(view.task) + ": refreshes end with their statement"));
    case What::kShowCreate:
      break;
  }
  return Outcome(Done{});
}

Result<Outcome> SessionState::alter_view(dialect::AlterViewStatement statement) {
  auto& info = statement.create->Cast<duckdb::CreateStatement>().info->Cast<duckdb::CreateViewInfo>();
  const std::string database = TRY(own_database({{}, info.schema, {}}));
  std::optional<kernel::RelationFacts> found;
  TRY(connection().with_context([&](duckdb::ClientContext& context) -> Status {
    found = kernel::describe_relation(context, database, info.view_name);
    return {};
  }));
  if (!found)
    return fail(sql_error(Code::kNotFound, 1146, "Table '" + database + "." + info.view_name + "' doesn't exist"));
  if (!found->view)
    return fail(sql_error(Code::kInvalidArgument, 1347, "'" + database + "." + info.view_name + "' is not VIEW"));
  if (info.comment.IsNull() && !found->comment.empty()) info.comment = duckdb::Value(found->comment);
  return run_kernel(duckdb::unique_ptr<duckdb::SQLStatement>(statement.create.release()),
                    dialect::KernelStatement::Effect::kSchema, {});
}

}  // namespace sluice::session
