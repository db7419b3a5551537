// SPDX-License-Identifier: Apache-2.0
// DESC t ALL: the table and what is kept with it (rollups, materialised views); DESC FUNCTION f(..).
#include "dialect/parser.h"
#include "duckdb/parser/query_node/select_node.hpp"
#include "functions/type_names.h"
#include "functions/types.h"
#include "session/show_rows.h"
#include "session/table_definition.h"
#include "session/view_columns.h"

namespace sluice::session {
namespace {

using duckdb::StringUtil;

Table header() {
  return table_of({"IndexName", "IndexKeysType", "Field", "Type", "InternalType", "Null", "Key", "Default", "Extra",
                   "Visible", "DefineExpr", "WhereClause"});
}

std::string keys_text(kernel::KeyModel keys) {
  switch (keys) {
    case kernel::KeyModel::kUnique:
      return "UNIQUE_KEYS";
    case kernel::KeyModel::kAggregate:
      return "AGG_KEYS";
    default:
      return "DUP_KEYS";
  }
}

// The type as Doris stores it.
std::string internal_type(const duckdb::LogicalType& type, const std::string& shown) {
  switch (type.id()) {
    case duckdb::LogicalTypeId::DATE:
      return "datev2";
    case duckdb::LogicalTypeId::TIMESTAMP_SEC:
      return "datetimev2(0)";
    case duckdb::LogicalTypeId::TIMESTAMP_MS:
      return "datetimev2(3)";
    case duckdb::LogicalTypeId::TIMESTAMP: {
      const size_t open = shown.find('(');
      return "datetimev2" + (open == std::string::npos ? std::string("(0)") : shown.substr(open));
    }
    case duckdb::LogicalTypeId::DECIMAL:
      return "decimalv3(" + std::to_string(duckdb::DecimalType::GetWidth(type)) + "," +
             std::to_string(duckdb::DecimalType::GetScale(type)) + ")";
    default:
      return shown;
  }
}

// The type as this statement shows it: dates and decimals in capitals.
std::string outer_type(const duckdb::LogicalType& type, const std::string& shown) {
  if (type.id() == duckdb::LogicalTypeId::DECIMAL) {
    return "DECIMAL(" + std::to_string(duckdb::DecimalType::GetWidth(type)) + ", " +
           std::to_string(duckdb::DecimalType::GetScale(type)) + ")";
  }
  const bool date = type.id() == duckdb::LogicalTypeId::DATE || type.id() == duckdb::LogicalTypeId::TIMESTAMP ||
                    type.id() == duckdb::LogicalTypeId::TIMESTAMP_SEC ||
                    type.id() == duckdb::LogicalTypeId::TIMESTAMP_MS;
  return date ? StringUtil::Upper(shown) : shown;
}

class Indexes {
 public:
  Indexes(const TableDefinition& definition, const kernel::RelationFacts& relation)
      : definition_(definition), relation_(relation), table_(header()) {}

  void add(const std::string& name, const std::vector<std::string>& columns) {
    if (!table_.rows.empty()) table_.rows.emplace_back(table_.columns.size(), text(""));
    bool first = true;
    for (const std::string& wanted : columns) {
      auto column = std::ranges::find_if(relation_.columns, [&](const kernel::ColumnFacts& candidate) {
        return StringUtil::CIEquals(candidate.name, wanted);
      });
      if (column == relation_.columns.end()) continue;
      const kernel::ColumnModel model = model_of(wanted);
      const bool key = model.key || column->key == kernel::ColumnKey::kPrimary;
      const std::string shown = model.type.empty() ? functions::type_name(column->type) : model.type;
      table_.rows.push_back({text(first ? name : ""), text(first ? keys_text(definition_.model.keys) : ""),
                             text(column->name), text(outer_type(column->type, shown)),
                             text(internal_type(column->type, shown)), text(column->nullable ? "Yes" : "No"),
                             text(key ? "true" : "false"),
                             column->default_value ? text(column->default_value->shown) : no_text(),
                             text(key                         ? ""
                                  : model.aggregation.empty() ? "NONE"
                                                              : model.aggregation),
                             text("true"), text(column->generated), text("")});
      first = false;
    }
  }

  // A materialised view kept with the table.
  void add_view(const std::string& name, const duckdb::SelectNode& query,
                const duckdb::vector<duckdb::LogicalType>& types) {
    table_.rows.emplace_back(table_.columns.size(), text(""));
    const auto columns = view_columns(query, definition_);
    const bool grouped = !query.groups.group_expressions.empty();
    const bool unique = definition_.model.keys == kernel::KeyModel::kUnique;
    const size_t ordered = order_columns(query);
    const size_t short_keys = grouped || unique ? 0 : ordered > 0 ? ordered : short_key_columns(types);
    for (size_t i = 0; i < columns.size() && i < types.size() && i < query.select_list.size(); ++i) {
      const ViewColumn& column = columns[i];
      const TableColumn* source = column_of(*query.select_list[i]);
      std::string shown = functions::type_name(types[i]);
      // Texts lose their length.
      if (source && source->model().type.starts_with("varchar")) shown = "varchar(65533)";
      const bool key = unique ? source && source->model().key : grouped ? column.aggregation.empty() : i < short_keys;
      const bool no_order = unique && ordered > 0 && i >= ordered;
      const bool nullable = source ? !source->not_null : !functions::is_object(types[i]);
      table_.rows.push_back({text(i == 0 ? name : ""),
                             text(i > 0     ? ""
                                  : grouped ? "AGG_KEYS"
                                  : unique  ? "UNIQUE_KEYS"
                                            : "DUP_KEYS"),
                             text(column.name), text(outer_type(types[i], shown)), text(internal_type(types[i], shown)),
                             text(nullable ? "Yes" : "No"), text(key ? "true" : "false"), no_text(),
                             text(key && !no_order             ? ""
                                  : column.aggregation.empty() ? "NONE"
                                                               : column.aggregation),
                             text("true"), text(column.definition), text("")});
    }
  }

  Table take() { return std::move(table_); }

 private:
  kernel::ColumnModel model_of(const std::string& name) const {
    for (const auto& column : definition_.columns) {
      if (StringUtil::CIEquals(column.name(), name)) return column.model();
    }
    return {};
  }
  // The column that an item is; null: it is more than that.
  const TableColumn* column_of(const duckdb::ParsedExpression& item) const {
    if (item.GetExpressionClass() != duckdb::ExpressionClass::COLUMN_REF) return nullptr;
    const std::string& name = item.Cast<duckdb::ColumnRefExpression>().GetColumnName();
    const auto column = std::ranges::find_if(
        definition_.columns, [&](const TableColumn& known) { return StringUtil::CIEquals(known.name(), name); });
    return column == definition_.columns.end() ? nullptr : &*column;
  }

  static size_t order_columns(const duckdb::SelectNode& query) {
    for (const auto& modifier : query.modifiers) {
      if (modifier->type == duckdb::ResultModifierType::ORDER_MODIFIER)
        return modifier->Cast<duckdb::OrderModifier>().orders.size();
    }
    return 0;
  }

  // How many columns Doris makes keys without ORDER BY: up to three, up to the first text, none that is floating.
  static size_t short_key_columns(const duckdb::vector<duckdb::LogicalType>& types) {
    constexpr size_t kMostColumns = 3;
    size_t count = 0;
    while (count < std::min(types.size(), kMostColumns)) {
      const auto id = types[count].id();
      if (id == duckdb::LogicalTypeId::FLOAT || id == duckdb::LogicalTypeId::DOUBLE) break;
      ++count;
      if (id == duckdb::LogicalTypeId::VARCHAR) break;
    }
    return count;
  }

  const TableDefinition& definition_;
  const kernel::RelationFacts& relation_;
  Table table_;
};

}  // namespace

Result<Table> show_all_indexes(const dialect::ShowStatement& show, ShowContext& context) {
  const kernel::RelationFacts relation = TRY(relation_of(show.object, context));
  TableDefinition definition;
  if (!relation.view) definition = TRY(read_definition(context.kernel, relation.database, relation.name));
  Indexes indexes(definition, relation);
  std::vector<std::string> all;
  for (const auto& column : relation.columns) all.push_back(column.name);
  indexes.add(relation.name, all);
  for (const std::string& rollup : definition.model.rollups) indexes.add(name_in_line(rollup), columns_in_line(rollup));
  for (const auto& note : definition.model.notes) {
    if (note.kind != "mv") continue;
    auto parsed = dialect::parse(note.text, {});
    auto* query = parsed ? std::get_if<dialect::KernelStatement>(&parsed->body) : nullptr;
    if (!query) continue;
    if (query->tree->type != duckdb::StatementType::SELECT_STATEMENT) continue;
    const auto& node = *query->tree->Cast<duckdb::SelectStatement>().node;
    if (node.type != duckdb::QueryNodeType::SELECT_NODE) continue;
    auto prepared = context.kernel.prepare(query->tree->Copy());
    if (prepared) indexes.add_view(note.name, node.Cast<duckdb::SelectNode>(), (*prepared)->types());
  }
  return indexes.take();
}

Result<Table> show_function_type(const dialect::ShowStatement& show, ShowContext& context) {
  auto prepared = TRY(context.kernel.prepare(show.query->Copy()));
  Table table = table_of({"Field", "Type", "Null", "Key", "Default", "Extra"});
  for (size_t i = 0; i < prepared->names().size(); ++i) {
    table.rows.push_back({text(prepared->names()[i]), text(functions::type_name(prepared->types()[i])), text("No"),
                          text("false"), no_text(), text("NONE")});
  }
  return table;
}

}  // namespace sluice::session
