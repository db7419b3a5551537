// SPDX-License-Identifier: Apache-2.0
// What the query of a materialised view that is kept with its table may be.
#include "dialect/query.h"
#include "dialect/tree.h"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "functions/nested_aggregate.h"
#include "functions/type_names.h"
#include "functions/types.h"
#include "kernel/table_properties.h"
#include "session/alteration.h"
#include "session/materialized_views.h"
#include "session/view_columns.h"

namespace sluice::session {
namespace {

using duckdb::StringUtil;

void collect_columns(const duckdb::ParsedExpression& expression, std::vector<std::string>& columns) {
  if (expression.GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF) {
    columns.push_back(expression.Cast<duckdb::ColumnRefExpression>().GetColumnName());
    return;
  }
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      expression, [&](const duckdb::ParsedExpression& child) { collect_columns(child, columns); });
}

bool orders_arguments(const duckdb::ParsedExpression& expression) {
  if (expression.GetExpressionClass() == duckdb::ExpressionClass::FUNCTION) {
    const auto& call = expression.Cast<duckdb::FunctionExpression>();
    if (call.order_bys && !call.order_bys->orders.empty()) return true;
  }
  bool found = false;
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      expression, [&](const duckdb::ParsedExpression& child) { found = found || orders_arguments(child); });
  return found;
}

bool is_aggregate(const duckdb::ParsedExpression& expression) {
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::FUNCTION) return false;
  const auto& call = expression.Cast<duckdb::FunctionExpression>();
  return call.distinct || dialect::is_aggregate(expression) || functions::is_aggregate_name(doris_name(call));
}

bool has_aggregate(const duckdb::ParsedExpression& expression) {
  if (is_aggregate(expression)) return true;
  bool found = false;
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      expression, [&](const duckdb::ParsedExpression& child) { found = found || has_aggregate(child); });
  return found;
}

// One column of the view.
struct Item {
  const duckdb::ParsedExpression* tree = nullptr;
  std::string text;         // in Doris' words
  std::string aggregation;  // "SUM", ..; empty: a plain column
  std::vector<const TableColumn*> columns;
};

class ViewCheck {
 public:
  ViewCheck(const duckdb::SelectNode& query, const TableDefinition& table) : query_(query), table_(table) {}

  Status run() {
    const std::string* row_store = table_.model.property("store_row_column");
    if (row_store && StringUtil::CIEquals(*row_store, "true"))
      return fail(ddl_error("RowStore table can't create materialized view."));
    TRY(read_items());
    if (query_.where_clause) TRY(check_filter());
    TRY(check_groups());
    TRY(check_order());
    TRY(check_keys());
    return check_use();
  }

 private:
  using Columns = std::vector<const TableColumn*>;

  Columns columns_of(const duckdb::ParsedExpression& expression) const {
    std::vector<std::string> names;
    collect_columns(expression, names);
    Columns columns;
    for (const std::string& name : names) {
      const auto column = std::ranges::find_if(
          table_.columns, [&](const TableColumn& candidate) { return StringUtil::CIEquals(candidate.name(), name); });
      if (column != table_.columns.end()) columns.push_back(&*column);
    }
    return columns;
  }

  // How the table itself adds up the values of a column; empty: it does not.
  std::string aggregation_of(const TableColumn& column) const {
    const kernel::ColumnModel model = column.model();
    if (model.key) return {};
    if (table_.model.keys == kernel::KeyModel::kAggregate) return model.aggregation;
    const bool replaced = table_.model.keys == kernel::KeyModel::kUnique && !kernel::merges_on_write(table_.model);
    return replaced ? "REPLACE" : "";
  }
  bool reads_aggregated(const Columns& columns) const {
    return std::ranges::any_of(columns, [&](const auto* column) { return !aggregation_of(*column).empty(); });
  }

  Status read_items() {
    for (const auto& tree : query_.select_list) {
      Item item{tree.get(), expression_text(*tree), {}, columns_of(*tree)};
      if (std::ranges::any_of(item.columns, [](const auto* column) { return column->model().auto_increment; }))
        return fail(ddl_error("The materialized view can not involved auto increment column"));
      if (is_aggregate(*tree)) {
        TRY(read_aggregate(item));
        if (first_aggregate_ == kNone) first_aggregate_ = items_.size();
      } else {
        if (has_aggregate(*tree)) {
          return fail(ddl_error(
              "The materialized view's expr calculations cannot be included outside aggregate functions, expr: " +
              item.text));
        }
        std::vector<std::string> names;
        collect_columns(*tree, names);
        if (names.empty())
          return fail(ddl_error("The materialized view contain constant expr is disallowed, expr: " + item.text));
        if (first_aggregate_ != kNone) return fail(ddl_error("The aggregate column should be after the single column"));
      }
      items_.push_back(std::move(item));
    }
    if (first_aggregate_ == 0) return fail(ddl_error("The materialized view must contain at least one key column"));
    return {};
  }

  Status read_aggregate(Item& item) const {
    if (orders_arguments(*item.tree))
      return fail(ddl_error("The materialized-view do not support aggregate with order by elements."));
    const auto& call = item.tree->Cast<duckdb::FunctionExpression>();
    const std::string name = doris_name(call);
    item.aggregation = name == "count" || name == "count_star" ? "SUM" : StringUtil::Upper(name);
    if (!reads_aggregated(item.columns)) return {};
    const bool one = call.children.size() == 1 &&
                     call.children[0]->GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF &&
                     !name.starts_with("count");
    if (!one) {
      return fail(ddl_error("Aggregate function require single slot argument, invalid argument is: " +
                            (call.children.empty() ? item.text : expression_text(*call.children[0]))));
    }
    if (const std::string input = aggregation_of(*item.columns[0]); input != item.aggregation) {
      return fail(ddl_error("Aggregate function require same with slot aggregate type, input: " + input +
                            ", required: " + item.aggregation));
    }
    return {};
  }

  Status check_filter() const {
    if (!reads_aggregated(columns_of(*query_.where_clause))) return {};
    return fail(ddl_error("The where clause contained aggregate column is not supported, expr:" +
                          expression_text(*query_.where_clause)));
  }

  bool groups() const { return !query_.groups.group_expressions.empty(); }

  // Whether GROUP BY or ORDER BY mean this item: as it is written, by its alias or its place.
  static bool means(const duckdb::ParsedExpression& wanted, const Item& item, size_t place) {
    if (item.tree->Equals(wanted)) return true;
    const bool name = wanted.GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF;
    if (!name) {
      const auto number = dialect::tree::constant_integer(wanted);
      return (number && static_cast<size_t>(*number) == place) || expression_text(wanted) == item.text;
    }
    const std::string& wanted_name = wanted.Cast<duckdb::ColumnRefExpression>().GetColumnName();
    if (StringUtil::CIEquals(item.tree->GetAlias(), wanted_name)) return true;
    return item.tree->GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF &&
           StringUtil::CIEquals(item.tree->Cast<duckdb::ColumnRefExpression>().GetColumnName(), wanted_name);
  }

  Status check_groups() const {
    if (!groups()) {
      if (table_.model.keys == kernel::KeyModel::kAggregate || first_aggregate_ != kNone)
        return fail(ddl_error("agg mv must has group by clause"));
      return {};
    }
    std::vector<std::string> seen;
    for (size_t i = 0; i < items_.size(); ++i) {
      const Item& item = items_[i];
      const bool grouped = std::ranges::any_of(query_.groups.group_expressions,
                                               [&](const auto& group) { return means(*group, item, i + 1); });
      if (item.aggregation.empty() && !grouped)
        return fail(ddl_error("The select expr " + item.text + " not in grouping or aggregate columns"));
      if (holds(seen, item.text)) return fail(ddl_error("The select expr " + item.text + " is duplicated."));
      seen.push_back(item.text);
    }
    for (const auto& group : query_.groups.group_expressions) {
      bool found = group->GetExpressionClass() == duckdb::ExpressionClass::CONSTANT;
      for (size_t i = 0; i < items_.size(); ++i) found = found || means(*group, items_[i], i + 1);
      if (!found) return fail(ddl_error("The grouping expr " + expression_text(*group) + " not in select list."));
    }
    return {};
  }

  Status check_order() {
    for (const auto& modifier : query_.modifiers) {
      if (modifier->type != duckdb::ResultModifierType::ORDER_MODIFIER) continue;
      const auto& orders = modifier->Cast<duckdb::OrderModifier>().orders;
      if (orders.size() > items_.size())
        return fail(ddl_error(
            "The number of columns in order clause must be less than the number of columns in select clause"));
      if (first_aggregate_ != kNone && orders.size() != first_aggregate_)
        return fail(ddl_error("The key of columns in mv must be all of group by columns"));
      for (size_t i = 0; i < orders.size(); ++i) {
        if (means(*orders[i].expression, items_[i], i + 1)) continue;
        return fail(
            ddl_error("The order of columns in order by clause must be same as the order of columns in select "
                      "list, " +
                      items_[i].text + " vs " + expression_text(*orders[i].expression)));
      }
      return {};
    }
    if (table_.model.keys == kernel::KeyModel::kDuplicate && !groups() && is_floating(items_[0]))
      return fail(ddl_error("The first column could not be float or double type, use decimal instead"));
    return {};
  }

  static bool is_floating(const Item& item) {
    if (item.tree->GetExpressionClass() != duckdb::ExpressionClass::COLUMN_REF || item.columns.empty()) return false;
    const auto type = item.columns[0]->definition.Type().id();
    return type == duckdb::LogicalTypeId::FLOAT || type == duckdb::LogicalTypeId::DOUBLE;
  }

  static bool reads_key(const Item& item) {
    return std::ranges::any_of(item.columns, [](const auto* column) { return column->model().key; });
  }

  // Keys of the view against those of the table.
  Status check_keys() const {
    using Keys = kernel::KeyModel;
    const Keys keys = table_.model.keys;
    if (keys == Keys::kUnique && groups())
      return fail(ddl_error("The materialized view of unique table must not has grouping columns"));
    bool values = false;
    for (const Item& item : items_) {
      const bool key = keys == Keys::kUnique ? reads_key(item) : item.aggregation.empty();
      if (keys == Keys::kUnique || keys == Keys::kAggregate) {
        for (const auto* column : item.columns) {
          if (column->model().key == key) continue;
          return fail(ddl_error("The mvItem[mv_" + item.text +
                                "]'s isKey must same with all slot, mvItem.isKey=" + (key ? "true" : "false")));
        }
      }
      const bool grouped_key = keys != Keys::kDuplicate || groups();
      if (key && grouped_key && is_floating(item))
        return fail(ddl_error("Do not support float/double type on key column, you can change it to decimal"));
    }
    if (keys != Keys::kUnique) return {};
    for (const auto& column : table_.columns) {
      const bool there = std::ranges::any_of(items_, [&](const Item& item) {
        return item.tree->GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF && !item.columns.empty() &&
               item.columns[0] == &column;
      });
      if (column.model().key && !there) {
        return fail(
            ddl_error("The materialized view of uniq table must contain all key columns. column:" + column.name()));
      }
    }
    for (const Item& item : items_) {
      const bool key = reads_key(item);
      if (key && values) return fail(ddl_error("The materialized view not support value column before key column"));
      values |= !key;
    }
    return {};
  }

  // A view with the table's own columns and order would be no other way to them.
  Status check_use() const {
    if (table_.model.keys == kernel::KeyModel::kNone || table_.model.keys == kernel::KeyModel::kAggregate) return {};
    if (groups()) return {};
    size_t place = 0;
    for (const auto& column : table_.columns) {
      if (column.model().hidden) continue;
      if (place == items_.size()) return {};
      const Item& item = items_[place++];
      const bool same = item.tree->GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF &&
                        !item.columns.empty() && item.columns[0] == &column;
      if (!same) return {};
    }
    return place == items_.size() ? Status(fail(ddl_error("MV same with base table is useless."))) : Status();
  }

  static constexpr size_t kNone = static_cast<size_t>(-1);
  const duckdb::SelectNode& query_;
  const TableDefinition& table_;
  std::vector<Item> items_;
  size_t first_aggregate_ = kNone;
};

}  // namespace

Status check_view_of_table(const duckdb::SelectNode& query, const TableDefinition& table) {
  return ViewCheck(query, table).run();
}

Status check_view_types(const duckdb::SelectNode& query, const duckdb::vector<duckdb::LogicalType>& types) {
  for (const auto& type : types) {
    const bool nested = type.IsNested() && !functions::is_object(type);
    if (nested || functions::is_json(type))
      return fail(ddl_error("The " + functions::type_name(type) + " column not support to create materialized view"));
    if (functions::is_object(type) && query.groups.group_expressions.empty())
      return fail(ddl_error("Bitmap/HLL type only support aggregate table"));
  }
  return {};
}

}  // namespace sluice::session
