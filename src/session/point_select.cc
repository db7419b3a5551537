// SPDX-License-Identifier: Apache-2.0
#include "session/point_select.h"

#include "dialect/tree.h"
#include "duckdb/common/string_util.hpp"
#include "session/kernel_rows.h"

namespace sluice::session {
namespace {

using duckdb::ExpressionClass;
using duckdb::ExpressionType;

struct Recogniser {
  kernel::PointLookup::Shape shape;
  std::vector<PointSelect::Key> keys;
  std::vector<std::string> aliases;  // of the outputs; empty: the column's own name
  std::string table_alias;

  // A column of the one table: "c", "t.c" with t the table's alias or name, or "db.t.c".
  std::optional<std::string> column(const duckdb::ParsedExpression& expression) const {
    if (expression.GetExpressionClass() != ExpressionClass::COLUMN_REF) return std::nullopt;
    const auto& names = expression.Cast<duckdb::ColumnRefExpression>().column_names;
    if (names.size() == 1) return names[0];
    if (names.size() == 2 && duckdb::StringUtil::CIEquals(names[0], table_alias)) return names[1];
    return std::nullopt;
  }

  std::optional<PointSelect::Key> value(const duckdb::ParsedExpression& expression) const {
    if (expression.GetExpressionClass() == ExpressionClass::CONSTANT) {
      return PointSelect::Key{0, expression.Cast<duckdb::ConstantExpression>().value};
    }
    if (expression.GetExpressionClass() == ExpressionClass::PARAMETER) {
      const auto& identifier = expression.Cast<duckdb::ParameterExpression>().identifier;
      return PointSelect::Key{static_cast<uint32_t>(std::stoul(identifier)), duckdb::Value()};
    }
    return std::nullopt;
  }

  bool condition(const duckdb::ParsedExpression& expression) {
    if (expression.GetExpressionType() == ExpressionType::CONJUNCTION_AND) {
      for (const auto& child : expression.Cast<duckdb::ConjunctionExpression>().children) {
        if (!condition(*child)) return false;
      }
      return true;
    }
    if (!dialect::tree::is_doris(expression, "eq")) return false;
    const auto& sides = expression.Cast<duckdb::FunctionExpression>().children;
    auto name = column(*sides[0]);
    auto key = value(*sides[1]);
    if (!name || !key) {
      name = column(*sides[1]);
      key = value(*sides[0]);
    }
    if (!name || !key) return false;
    for (const auto& known : shape.keys) {
      if (duckdb::StringUtil::CIEquals(known, *name)) return false;
    }
    shape.keys.push_back(*name);
    keys.push_back(*key);
    return true;
  }

  bool outputs(const std::vector<duckdb::reference<const duckdb::ParsedExpression>>& list) {
    for (const auto& item : list) {
      const auto& expression = item.get();
      if (expression.GetExpressionClass() == ExpressionClass::STAR) {
        const auto& star = expression.Cast<duckdb::StarExpression>();
        return list.size() == 1 && star.exclude_list.empty() && star.replace_list.empty() && star.rename_list.empty() &&
               !star.columns && !star.expr &&
               (star.relation_name.empty() || duckdb::StringUtil::CIEquals(star.relation_name, table_alias));
      }
      auto name = column(expression);
      if (!name) return false;
      shape.outputs.push_back(*name);
      aliases.push_back(expression.GetAlias());
    }
    return true;
  }

  // LIMIT n with n > 0 changes nothing: there is at most one row.
  static bool harmless(const duckdb::ResultModifier& modifier) {
    if (modifier.type != duckdb::ResultModifierType::LIMIT_MODIFIER) return false;
    const auto& limit = modifier.Cast<duckdb::LimitModifier>();
    if (limit.offset || !limit.limit || limit.limit->GetExpressionClass() != ExpressionClass::CONSTANT) return false;
    const auto& count = limit.limit->Cast<duckdb::ConstantExpression>().value;
    return !count.IsNull() && count.type().IsIntegral() && count.GetValue<int64_t>() > 0;
  }

  bool statement(const duckdb::SQLStatement& tree, const std::string& database) {
    if (tree.type != duckdb::StatementType::SELECT_STATEMENT) return false;
    const auto& any_node = *tree.Cast<duckdb::SelectStatement>().node;
    if (any_node.type != duckdb::QueryNodeType::SELECT_NODE || !any_node.cte_map.map.empty()) return false;
    const auto& node = any_node.Cast<duckdb::SelectNode>();
    if (!node.from_table || node.from_table->type != duckdb::TableReferenceType::BASE_TABLE || !node.where_clause ||
        node.having || node.qualify || node.sample || !node.groups.group_expressions.empty() ||
        !node.groups.grouping_sets.empty()) {
      return false;
    }
    for (const auto& modifier : node.modifiers) {
      if (!harmless(*modifier)) return false;
    }
    const auto& table = node.from_table->Cast<duckdb::BaseTableRef>();
    if (table.sample || table.at_clause || !table.column_name_alias.empty()) return false;
    shape.catalog = table.catalog_name.empty() ? kernel::kInternalCatalog : table.catalog_name;
    shape.schema = table.schema_name.empty() ? database : table.schema_name;
    shape.table = table.table_name;
    if (shape.schema.empty()) return false;
    table_alias = table.alias.empty() ? table.table_name : table.alias;
    std::vector<duckdb::reference<const duckdb::ParsedExpression>> list;
    for (const auto& item : node.select_list) list.emplace_back(*item);
    return outputs(list) && condition(*node.where_clause);
  }
};

}  // namespace

Result<std::shared_ptr<const PointSelect>> PointSelect::recognise(kernel::Connection& connection,
                                                                  const duckdb::SQLStatement& tree,
                                                                  const std::string& database) {
  Recogniser found;
  if (!found.statement(tree, database)) return std::shared_ptr<const PointSelect>();
  std::shared_ptr<PointSelect> select(new PointSelect());
  select->lookup_ = TRY(kernel::PointLookup::plan(connection, found.shape));
  if (!select->lookup_) return std::shared_ptr<const PointSelect>();
  const auto& lookup = *select->lookup_;
  for (size_t i = 0; i < lookup.names().size(); ++i) {
    Column column;
    column.org_name = lookup.names()[i];
    column.name = i < found.aliases.size() && !found.aliases[i].empty() ? found.aliases[i] : column.org_name;
    column.type = lookup.types()[i];
    column.table = found.table_alias;
    column.org_table = found.shape.table;
    column.schema = found.shape.schema;
    select->columns_read_.push_back(column.org_name);
    select->columns_.push_back(std::move(column));
  }
  declare_columns(connection, select->columns_);
  select->table_ = {found.shape.catalog, found.shape.schema, found.shape.table};
  select->columns_read_.insert(select->columns_read_.end(), found.shape.keys.begin(), found.shape.keys.end());
  select->keys_ = std::move(found.keys);
  return std::shared_ptr<const PointSelect>(std::move(select));
}

}  // namespace sluice::session
