// SPDX-License-Identifier: Apache-2.0
// Batch: the rows of one INSERT as a table of trees: named, converted, checked. Alive while one statement is rewritten;
// internal to the rewriting of writes.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "duckdb/common/string_util.hpp"
#include "duckdb/planner/binder.hpp"
#include "kernel/insert_values.h"
#include "kernel/merge_source.h"
#include "kernel/partitions.h"
#include "kernel/table_writes.h"

namespace sluice::kernel {

inline constexpr const char* kRequire = "d_require";
inline constexpr const char* kFitText = "d_fit_text";
inline constexpr const char* kFitVariant = "d_variant_of";
inline constexpr const char* kRoundMoment = "d_round_datetime";
inline constexpr int32_t kMostFractionDigits = 6;
inline constexpr const char* kNoPartition =
    "Insert has filtered data in strict mode: no partition for this tuple of table '%s'";

inline ExprPtr text(std::string value) { return constant(duckdb::Value(std::move(value))); }
// Any value as one of VARIANT: the compact text of what is JSON, a string of what is not.
inline ExprPtr as_variant(ExprPtr value) { return doris_call(kFitVariant, arguments_of(std::move(value))); }
inline ExprPtr named(ExprPtr expression, const std::string& name) {
  expression->SetAlias(name);
  return expression;
}

// The partitions that a statement named in the place that table_writes.h tells, and whether they are temporary ones.
struct NamedPartitions {
  std::vector<std::string> names;
  bool temporary = false;
};
NamedPartitions take_partitions(duckdb::TableRef* ref);

// The table of that name, or null: views and errors are left to the kernel.
duckdb::TableCatalogEntry* find_table(duckdb::ClientContext& context, const std::string& catalog,
                                      const std::string& schema, const std::string& name);
// Whether the comments say anything that writes must obey; most tables have none.
bool has_model(duckdb::TableCatalogEntry& table);
WriteTarget target_of(duckdb::TableCatalogEntry& table);

// generated_values.cc: takes DEFAULT in the places of generated columns out, which the kernel does not count; refuses
// other values there.
void leave_out_generated(duckdb::TableCatalogEntry& table, duckdb::InsertStatement& insert);

// write_changes.cc
void rewrite_update(duckdb::ClientContext& context, duckdb::UpdateStatement& update, const WriteRules& rules);
// The table whose deleted rows are to be forgotten, as WriteEffects has it.
std::string rewrite_delete(duckdb::ClientContext& context, duckdb::DeleteStatement& deletion);
// A new comment leaves the rest of the model as it is.
void rewrite_comment(duckdb::ClientContext& context, duckdb::AlterInfo& info);

// The value as it goes into the column: as Doris converts it, in tables of Doris.
ExprPtr converted_for(KeyModel keys, const WriteColumn& column, ExprPtr value, const WriteRules& rules);

class Batch {
 public:
  Batch(duckdb::ClientContext& context, const WriteTarget& target, duckdb::InsertStatement& insert,
        const WriteRules& rules)
      : context_(context), target_(target), insert_(insert), rules_(rules) {
    names_.assign(insert.columns.begin(), insert.columns.end());
    if (names_.empty()) {
      for (const auto& column : target.columns) {
        if (!column.model.hidden) names_.push_back(column.name);
      }
    }
    if (insert.default_values) names_.clear();
    auto values = insert.GetValuesList();
    single_ = insert.default_values || (values && values->values.size() <= 1);
    check_names();
  }

  bool has_sign() const { return has_sign_; }
  bool lists(const std::string& column) const {
    return std::any_of(names_.begin(), names_.end(),
                       [&](const std::string& name) { return duckdb::StringUtil::CIEquals(name, column); });
  }
  // At most one row: nothing to merge among themselves.
  bool is_single() const { return single_; }

  // All of `columns`, converted, checked, in the order written when `numbered`.
  TablePtr rows(const std::vector<const WriteColumn*>& columns, const NamedPartitions& partitions, bool numbered) {
    auto select = duckdb::make_uniq<duckdb::SelectNode>();
    select->from_table = source();
    for (const WriteColumn* column : columns)
      select->select_list.push_back(named(fitting(*column, value_of(*column)), column->name));
    if (has_sign_) {
      select->select_list.push_back(
          named(cast(duckdb::make_uniq<duckdb::ColumnRefExpression>(kDeleteSign), duckdb::LogicalType::TINYINT),
                kDeleteSign));
    }
    if (numbered) {
      auto number =
          duckdb::make_uniq<duckdb::WindowExpression>(duckdb::ExpressionType::WINDOW_ROW_NUMBER, "", "", "row_number");
      number->start = duckdb::WindowBoundary::UNBOUNDED_PRECEDING;
      number->end = duckdb::WindowBoundary::CURRENT_ROW_RANGE;
      select->select_list.push_back(named(std::move(number), kRowNumber));
    }
    ExprPtr filled = rules_.strict || from_values_ ? nullptr : without_nulls(columns);
    for (const auto& [name, expression] : target_.never_null) {
      auto known = duckdb::make_uniq<duckdb::OperatorExpression>(duckdb::ExpressionType::OPERATOR_IS_NOT_NULL,
                                                                 expression->Copy());
      filled = both(std::move(filled),
                    doris_call(kRequire, arguments_of(std::move(known), text("null value for not null column, "
                                                                             "column=" +
                                                                             name))));
    }
    const bool checked = target_.model.partitioned != PartitionKind::kNone || !partitions.names.empty();
    if (!checked && !filled) return subquery(std::move(select), "__b");
    auto outer = duckdb::make_uniq<duckdb::SelectNode>();
    outer->select_list.push_back(duckdb::make_uniq<duckdb::StarExpression>());
    outer->from_table = subquery(std::move(select), "__c");
    outer->where_clause = std::move(filled);
    if (!checked) return subquery(std::move(outer), "__b");
    ExprPtr inside = in_partitions(target_.model, partitions.names, partitions.temporary, target_.partition_types, "");
    if (rules_.strict) {
      inside = doris_call(
          kRequire, arguments_of(std::move(inside), text(duckdb::StringUtil::Format(kNoPartition, target_.name))));
    }
    outer->where_clause = both(std::move(outer->where_clause), std::move(inside));
    return subquery(std::move(outer), "__b");
  }

 private:
  // Rows of a query whose NULLs the table does not take are left out when it is not strict.
  ExprPtr without_nulls(const std::vector<const WriteColumn*>& columns) const {
    ExprPtr condition;
    for (const WriteColumn* column : columns) {
      if (!column->not_null || column->model.auto_increment) continue;
      condition = both(std::move(condition), duckdb::make_uniq<duckdb::OperatorExpression>(
                                                 duckdb::ExpressionType::OPERATOR_IS_NOT_NULL,
                                                 duckdb::make_uniq<duckdb::ColumnRefExpression>(column->name)));
    }
    return condition;
  }

  void check_names() {
    std::set<std::string> seen;
    for (const auto& name : names_) {
      if (!seen.insert(duckdb::StringUtil::Lower(name)).second)
        throw duckdb::BinderException("Duplicate column name \"%s\" in INSERT", name);
      if (duckdb::StringUtil::CIEquals(name, kDeleteSign)) {
        if (target_.model.keys != KeyModel::kUnique)
          throw duckdb::BinderException("Column %s exists in UNIQUE KEY tables only", name);
        has_sign_ = true;
      } else if (!target_.find(name)) {
        throw duckdb::BinderException("Table \"%s\" does not have a column with name \"%s\"", target_.name, name);
      }
    }
  }

  void check_count(size_t count) const {
    if (count == names_.size()) return;
    throw duckdb::BinderException(
        insert_.columns.empty() ? "table %s has %lld columns but %lld values were supplied"
                                : "Column name/value mismatch for insert on %s: expected %lld columns but %lld values "
                                  "were supplied",
        target_.name, names_.size(), count);
  }

  // The statement's VALUES or query, with the names of the columns.
  TablePtr source() {
    if (insert_.default_values || !insert_.select_statement) {
      return duckdb::make_uniq<duckdb::EmptyTableRef>();
    }
    if (auto values = insert_.GetValuesList()) {
      for (auto& row : values->values) {
        check_count(row.size());
        for (size_t i = 0; i < row.size(); ++i) fill_cell(row[i], target_.find(names_[i]));
      }
      from_values_ = true;
    } else {
      check_query();
    }
    auto ref = duckdb::make_uniq<duckdb::SubqueryRef>(std::move(insert_.select_statement), "__v");
    for (const auto& name : names_) ref->column_name_alias.push_back(name);
    return ref;
  }

  // DEFAULT becomes what it stands for; each cell converts to its column alone, as in a plain INSERT.
  void fill_cell(ExprPtr& cell, const WriteColumn* column) const {
    if (!column) return;
    if (cell->GetExpressionType() == duckdb::ExpressionType::VALUE_DEFAULT) {
      cell = column->model.auto_increment ? constant(duckdb::Value(column->type)) : column->default_value->Copy();
    }
    cell = converted(std::move(cell), *column);
  }

  ExprPtr converted(ExprPtr value, const WriteColumn& column) const {
    if (column.model.type == "variant") return as_variant(std::move(value));
    return converted_for(target_.model.keys, column, std::move(value), rules_);
  }

  void check_query() {
    auto& node = *insert_.select_statement->node;
    bool countable = node.type == duckdb::QueryNodeType::SELECT_NODE;
    if (countable) {
      for (const auto& item : node.Cast<duckdb::SelectNode>().select_list)
        countable = countable && item->GetExpressionClass() != duckdb::ExpressionClass::STAR;
    }
    if (countable) return check_count(node.Cast<duckdb::SelectNode>().select_list.size());
    size_t count = names_.size();
    try {
      auto copy = insert_.select_statement->Copy();
      count = duckdb::Binder::CreateBinder(context_)->Bind(*copy).names.size();
    } catch (const std::exception&) {
      return;  // the statement itself is going to say so
    }
    check_count(count);
  }

  ExprPtr value_of(const WriteColumn& column) const {
    const bool listed = lists(column.name);
    ExprPtr value = duckdb::make_uniq<duckdb::ColumnRefExpression>(column.name);
    if (!listed) value = cast(column.default_value->Copy(), column.type);
    if (listed && !from_values_) value = converted(std::move(value), column);
    if (!column.model.auto_increment || column.model.sequence.empty()) return value;
    ExprPtr next = cast(call("nextval", arguments_of(text(column.model.sequence))), column.type);
    if (!listed) return next;
    duckdb::vector<ExprPtr> choices;
    choices.push_back(std::move(value));
    choices.push_back(std::move(next));
    return duckdb::make_uniq<duckdb::OperatorExpression>(duckdb::ExpressionType::OPERATOR_COALESCE, std::move(choices));
  }

  ExprPtr fitting(const WriteColumn& column, ExprPtr value) const {
    const bool limited = column.model.max_bytes > 0 && target_.model.keys != KeyModel::kNone;
    if (!limited || column.type.id() != duckdb::LogicalTypeId::VARCHAR) return value;
    const auto bytes = static_cast<int64_t>(column.model.max_bytes);
    // Doris casts what VALUES lists to the column's type, which cuts.
    const bool refuse = rules_.strict && !from_values_;
    return doris_call(kFitText, arguments_of(std::move(value), constant(duckdb::Value::BIGINT(refuse ? bytes : -bytes)),
                                             text(column.name)));
  }

  duckdb::ClientContext& context_;
  const WriteTarget& target_;
  duckdb::InsertStatement& insert_;
  const WriteRules rules_;
  std::vector<std::string> names_;
  bool has_sign_ = false;
  bool single_ = false;
  bool from_values_ = false;
};

}  // namespace sluice::kernel
