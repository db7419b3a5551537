// SPDX-License-Identifier: Apache-2.0
#include "session/show_storage.h"

#include "session/schema_jobs.h"
#include "session/server_rows.h"

namespace sluice::session {

using duckdb::StringUtil;

namespace {

std::string size_text(uint64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "KB", "MB", "GB", "TB"};
  if (bytes == 0) return "0.000 ";
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  char text[64];
  return std::string(text, static_cast<size_t>(std::snprintf(text, sizeof text, "%.3f %s", value, kUnits[unit])));
}

// An estimate: what the rows would take without compression.
uint64_t data_size(const kernel::RelationFacts& relation) {
  uint64_t row = 0;
  for (const auto& column : relation.columns) row += duckdb::GetTypeIdSize(column.type.InternalType());
  return row * relation.rows.value_or(0);
}

// SELECT count(*), count(c), approx_count_distinct(c), min(c), max(c) FROM t, over a tree.
Result<std::vector<duckdb::Value>> column_facts(const kernel::RelationFacts& relation, const std::string& column,
                                                ShowContext& context) {
  const auto stored = kernel::kernel_schema(relation.database);
  auto select = duckdb::make_uniq<duckdb::SelectNode>();
  const auto add = [&](const char* function, bool star) {
    duckdb::vector<duckdb::unique_ptr<duckdb::ParsedExpression>> arguments;
    if (!star) arguments.push_back(duckdb::make_uniq<duckdb::ColumnRefExpression>(column));
    select->select_list.push_back(duckdb::make_uniq<duckdb::CastExpression>(
        duckdb::LogicalType::VARCHAR, duckdb::make_uniq<duckdb::FunctionExpression>(function, std::move(arguments))));
  };
  add("count_star", true);
  add("count", false);
  add("approx_count_distinct", false);
  add("min", false);
  add("max", false);
  auto table = duckdb::make_uniq<duckdb::BaseTableRef>();
  table->catalog_name = stored.catalog;
  table->schema_name = stored.schema;
  table->table_name = relation.name;
  select->from_table = std::move(table);
  auto statement = duckdb::make_uniq<duckdb::SelectStatement>();
  statement->node = std::move(select);
  auto answer = TRY(context.kernel.run(std::move(statement)));
  std::vector<duckdb::Value> values;
  if (auto* chunk = TRY(answer->next())) {
    for (duckdb::idx_t i = 0; i < chunk->ColumnCount(); ++i) values.push_back(chunk->GetValue(i, 0));
  }
  return values;
}

}  // namespace

Table with_header(std::string_view columns) {
  Table table;
  for (const std::string& name : StringUtil::Split(std::string(columns), ',')) {
    Table one = table_of({name});
    table.columns.push_back(std::move(one.columns.front()));
  }
  return table;
}

Result<std::vector<kernel::RelationFacts>> tables_of(const std::string& database, ShowContext& context) {
  std::vector<kernel::RelationFacts> relations;
  TRY(context.kernel.with_context([&](duckdb::ClientContext& kernel) -> Status {
    relations = kernel::describe_relations(kernel, database);
    return {};
  }));
  return relations;
}

// SHOW DATA [FROM t | FROM db.t]
Result<Table> show_data(const dialect::ShowStatement& show, ShowContext& context) {
  if (!show.object.name.empty()) {
    auto relation = relation_of(show.object, context);
    if (!relation) {
      // FROM db
      dialect::QualifiedName database{{}, show.object.name, {}};
      if (!show.object.database.empty() || !database_of(database, context)) return fail(std::move(relation.error()));
      dialect::ShowStatement all;
      all.object = database;
      return show_data(all, context);
    }
    Table table = with_header("TableName,IndexName,Size,ReplicaCount,RowCount,RemoteSize");
    const auto size = size_text(data_size(*relation));
    table.rows.push_back({text(relation->name), text(relation->name), text(size), text("1"),
                          text(std::to_string(relation->rows.value_or(0))), text("0.000 ")});
    table.rows.push_back({text(""), text("Total"), text(size), text("1"), text(""), text("0.000 ")});
    return table;
  }
  const std::string database = TRY(database_of(show.object, context));
  Table table = with_header("TableName,Size,ReplicaCount,RemoteSize");
  uint64_t total = 0;
  int64_t count = 0;
  for (const auto& relation : TRY(tables_of(database, context))) {
    if (relation.view) continue;
    total += data_size(relation);
    ++count;
    table.rows.push_back({text(relation.name), text(size_text(data_size(relation))), text("1"), text("0.000 ")});
  }
  const auto last = [&](const char* name, const std::string& size, const std::string& replicas) {
    table.rows.push_back({text(name), text(size), text(replicas), text("")});
  };
  last("Total", size_text(total), std::to_string(count));
  last("Quota", "8192.000 PB", "1073741824");
  last("Left", "8192.000 PB", std::to_string(1073741824 - count));
  return table;
}

// One tablet a table: it is stored in one piece.
Result<Table> show_tablets(const dialect::ShowStatement& show, ShowContext& context, Table table) {
  const auto relation = TRY(relation_of(show.object, context));
  const auto rows = static_cast<int64_t>(relation.rows.value_or(0));
  const auto none = text("NULL");
  table.rows.push_back({number(10010), number(10011), number(kBackendId),
                        number(0),     number(2),     number(2),
                        number(-1),    none,          number(static_cast<int64_t>(data_size(relation))),
                        number(0),     number(rows),  text("NORMAL"),
                        none,          number(-1),    number(1),
                        number(1),     number(0),     number(0),
                        text(""),      text(""),      text(""),
                        number(-1),    text("")});
  return table;
}

Result<Table> show_table_stats(const dialect::ShowStatement& show, ShowContext& context, Table table) {
  const auto relation = TRY(relation_of(show.object, context));
  std::string columns;
  for (const auto& column : relation.columns)
    columns += (columns.empty() ? "" : ", ") + relation.name + ":" + column.name;
  table.rows.push_back({number(0), number(0), number(static_cast<int64_t>(relation.rows.value_or(0))), text(""),
                        text("[" + columns + "]"), text("MANUAL"), text("false"), text("false"), text("true")});
  return table;
}

Result<Table> show_column_stats(const dialect::ShowStatement& show, ShowContext& context, Table table) {
  const auto relation = TRY(relation_of(show.object, context));
  if (relation.view || show.family != "COLUMN STATS") return table;
  for (const auto& column : relation.columns) {
    if (column.type.IsNested() || column.type.HasAlias()) continue;
    const auto facts = TRY(column_facts(relation, column.name, context));
    if (facts.size() < 5) continue;
    const auto as_number = [](const duckdb::Value& value) { return std::stod(value.ToString()); };
    const double rows = as_number(facts[0]);
    const double width = static_cast<double>(duckdb::GetTypeIdSize(column.type.InternalType()));
    const auto shown = [](double value) { return text(duckdb::Value::DOUBLE(value).ToString()); };
    table.rows.push_back({text(column.name), text(relation.name), shown(rows), shown(as_number(facts[2])),
                          shown(rows - as_number(facts[1])), shown(rows * width), shown(width),
                          facts[3].IsNull() ? text("N/A") : text(facts[3].ToString()),
                          facts[4].IsNull() ? text("N/A") : text(facts[4].ToString()), text("FULL"),
                          text("FUNDAMENTALS"), text("MANUAL"), text("0"),
                          text(time_text(std::chrono::system_clock::now())), text("0"),
                          text(std::to_string(static_cast<int64_t>(rows)))});
  }
  return table;
}

}  // namespace sluice::session
