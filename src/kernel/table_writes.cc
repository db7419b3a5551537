// SPDX-License-Identifier: Apache-2.0
#include "kernel/table_writes.h"

#include <set>

#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/common/string_util.hpp"
#include "duckdb/common/vector_operations/generic_executor.hpp"
#include "duckdb/parser/constraints/not_null_constraint.hpp"
#include "duckdb/parser/constraints/unique_constraint.hpp"
#include "duckdb/parser/parsed_data/alter_table_info.hpp"
#include "duckdb/parser/parsed_data/comment_on_column_info.hpp"
#include "duckdb/parser/parsed_data/create_function_info.hpp"
#include "duckdb/parser/parsed_data/create_scalar_function_info.hpp"
#include "duckdb/parser/statement/merge_into_statement.hpp"
#include "duckdb/planner/binder.hpp"
#include "kernel/merge_source.h"
#include "kernel/partitions.h"

namespace sluice::kernel {
namespace {

using duckdb::make_uniq;
using duckdb::MergeActionCondition;
using duckdb::MergeActionType;
using duckdb::StringUtil;
using duckdb::Value;
using Tree = duckdb::unique_ptr<duckdb::SQLStatement>;

constexpr const char* kRequire = "d_require";
constexpr const char* kFitText = "d_fit_text";
constexpr const char* kNoPartition =
    "Insert has filtered data in strict mode: no partition for this tuple of table '%s'";

ExprPtr text(std::string value) { return constant(Value(std::move(value))); }
ExprPtr named(ExprPtr expression, const std::string& name) {
  expression->SetAlias(name);
  return expression;
}

// The table of that name, or null: views, temporary names and errors are left to the kernel.
duckdb::TableCatalogEntry* find_table(duckdb::ClientContext& context, const std::string& catalog,
                                      const std::string& schema, const std::string& name) {
  const duckdb::EntryLookupInfo lookup(duckdb::CatalogType::TABLE_ENTRY, name);
  auto entry =
      duckdb::Catalog::GetEntry(context, catalog, schema, lookup, duckdb::OnEntryNotFound::RETURN_NULL);
  if (!entry || entry->type != duckdb::CatalogType::TABLE_ENTRY) return nullptr;
  return &entry->Cast<duckdb::TableCatalogEntry>();
}

// Whether the comments say anything that writes must obey; most tables have none.
bool has_model(duckdb::TableCatalogEntry& table) {
  if (is_encoded(table.comment)) return true;
  for (const auto& column : table.GetColumns().Logical()) {
    if (is_encoded(column.Comment())) return true;
  }
  return false;
}

WriteTarget target_of(duckdb::TableCatalogEntry& table) {
  WriteTarget target;
  target.catalog = table.ParentCatalog().GetName();
  target.schema = table.ParentSchema().name;
  target.name = table.name;
  target.model = decode_table(table.comment);
  std::set<size_t> not_null;
  for (const auto& constraint : table.GetConstraints()) {
    if (constraint->type == duckdb::ConstraintType::NOT_NULL) {
      not_null.insert(constraint->Cast<duckdb::NotNullConstraint>().index.index);
    } else if (constraint->type == duckdb::ConstraintType::UNIQUE) {
      const auto& unique = constraint->Cast<duckdb::UniqueConstraint>();
      if (!unique.IsPrimaryKey()) continue;
      for (const auto& index : unique.GetLogicalIndexes(table.GetColumns())) not_null.insert(index.index);
    }
  }
  for (const auto& column : table.GetColumns().Logical()) {
    if (column.Generated()) continue;
    WriteColumn& added = target.columns.emplace_back();
    added.name = column.Name();
    added.type = column.Type();
    added.model = decode_column(column.Comment());
    added.not_null = not_null.contains(column.Logical().index);
    added.has_default = column.HasDefaultValue();
    added.default_value = added.has_default ? column.DefaultValue().Copy() : constant(Value(column.Type()));
  }
  target.partition_types = partition_types(target.model, table.GetColumns());
  return target;
}

// The partitions that a statement named, and whether they are temporary ones: see names_partitions().
struct NamedPartitions {
  std::vector<std::string> names;
  bool temporary = false;
};
NamedPartitions take_partitions(duckdb::TableRef* ref) {
  NamedPartitions result;
  if (!ref || ref->type != duckdb::TableReferenceType::BASE_TABLE) return result;
  result.names.assign(ref->column_name_alias.begin(), ref->column_name_alias.end());
  ref->column_name_alias.clear();
  return result;
}

// ---- the rows of an INSERT

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
    check_names();
  }

  bool has_sign() const { return has_sign_; }
  bool lists(const std::string& column) const {
    return std::any_of(names_.begin(), names_.end(),
                       [&](const std::string& name) { return StringUtil::CIEquals(name, column); });
  }
  // At most one row: nothing to merge among themselves.
  bool is_single() const { return single_; }

  // All of `columns`, converted, checked, in the order written when `numbered`.
  TablePtr rows(const std::vector<const WriteColumn*>& columns, const NamedPartitions& partitions, bool numbered) {
    auto select = make_uniq<duckdb::SelectNode>();
    for (const WriteColumn* column : columns)
      select->select_list.push_back(named(fitting(*column, value_of(*column)), column->name));
    if (has_sign_) {
      select->select_list.push_back(
          named(cast(make_uniq<duckdb::ColumnRefExpression>(kDeleteSign), duckdb::LogicalType::TINYINT), kDeleteSign));
    }
    if (numbered) {
      auto number =
          make_uniq<duckdb::WindowExpression>(duckdb::ExpressionType::WINDOW_ROW_NUMBER, "", "", "row_number");
      number->start = duckdb::WindowBoundary::UNBOUNDED_PRECEDING;
      number->end = duckdb::WindowBoundary::CURRENT_ROW_RANGE;
      select->select_list.push_back(named(std::move(number), kRowNumber));
    }
    select->from_table = source();
    const bool checked = target_.model.partitioned != PartitionKind::kNone || !partitions.names.empty();
    if (!checked) return subquery(std::move(select), "__b");
    ExprPtr inside = in_partitions(target_.model, partitions.names, partitions.temporary, target_.partition_types, "");
    auto outer = make_uniq<duckdb::SelectNode>();
    outer->select_list.push_back(make_uniq<duckdb::StarExpression>());
    outer->from_table = subquery(std::move(select), "__c");
    outer->where_clause =
        rules_.strict ? doris_call(kRequire, arguments_of(std::move(inside),
                                                          text(StringUtil::Format(kNoPartition, target_.name))))
                      : std::move(inside);
    return subquery(std::move(outer), "__b");
  }

 private:
  void check_names() {
    std::set<std::string> seen;
    for (const auto& name : names_) {
      if (!seen.insert(StringUtil::Lower(name)).second)
        throw duckdb::BinderException("Duplicate column name \"%s\" in INSERT", name);
      if (StringUtil::CIEquals(name, kDeleteSign)) {
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
      single_ = true;
      return make_uniq<duckdb::EmptyTableRef>();
    }
    if (auto values = insert_.GetValuesList()) {
      single_ = values->values.size() <= 1;
      for (auto& row : values->values) {
        check_count(row.size());
        for (size_t i = 0; i < row.size(); ++i) fill_cell(row[i], target_.find(names_[i]));
      }
    } else {
      check_query();
    }
    auto ref = make_uniq<duckdb::SubqueryRef>(std::move(insert_.select_statement), "__v");
    for (const auto& name : names_) ref->column_name_alias.push_back(name);
    return ref;
  }

  // DEFAULT becomes what it stands for; each cell converts to its column alone, as in a plain INSERT.
  static void fill_cell(ExprPtr& cell, const WriteColumn* column) {
    if (!column) return;
    if (cell->GetExpressionType() == duckdb::ExpressionType::VALUE_DEFAULT) {
      cell = column->model.auto_increment ? constant(Value(column->type)) : column->default_value->Copy();
    }
    cell = cast(std::move(cell), column->type);
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
    ExprPtr value = listed ? cast(make_uniq<duckdb::ColumnRefExpression>(column.name), column.type)
                           : cast(column.default_value->Copy(), column.type);
    if (!column.model.auto_increment || column.model.sequence.empty()) return value;
    ExprPtr next = cast(call("nextval", arguments_of(text(column.model.sequence))), column.type);
    if (!listed) return next;
    duckdb::vector<ExprPtr> choices;
    choices.push_back(std::move(value));
    choices.push_back(std::move(next));
    return make_uniq<duckdb::OperatorExpression>(duckdb::ExpressionType::OPERATOR_COALESCE, std::move(choices));
  }

  ExprPtr fitting(const WriteColumn& column, ExprPtr value) const {
    if (column.model.max_bytes == 0 || column.type.id() != duckdb::LogicalTypeId::VARCHAR) return value;
    const auto bytes = static_cast<int64_t>(column.model.max_bytes);
    return doris_call(kFitText, arguments_of(std::move(value), constant(Value::BIGINT(rules_.strict ? bytes : -bytes)),
                                             text(column.name)));
  }

  duckdb::ClientContext& context_;
  const WriteTarget& target_;
  duckdb::InsertStatement& insert_;
  const WriteRules rules_;
  std::vector<std::string> names_;
  bool has_sign_ = false;
  bool single_ = false;
};

// ---- INSERT

ExprPtr equal_keys(const WriteTarget& target, const char* left, const char* right) {
  ExprPtr condition;
  for (const auto& column : target.columns) {
    if (!column.model.key) continue;
    const auto type = column.not_null ? duckdb::ExpressionType::COMPARE_EQUAL
                                      : duckdb::ExpressionType::COMPARE_NOT_DISTINCT_FROM;
    condition = both(std::move(condition), make_uniq<duckdb::ComparisonExpression>(
                                               type, column_of(column.name, left), column_of(column.name, right)));
  }
  return condition;
}

TablePtr table_of(const WriteTarget& target, const char* alias) {
  auto table = make_uniq<duckdb::BaseTableRef>();
  table->catalog_name = target.catalog;
  table->schema_name = target.schema;
  table->table_name = target.name;
  table->alias = alias;
  return table;
}

// The batch and, for columns whose stored values no function can be merged with, the stored rows of its keys.
TablePtr with_stored_rows(const WriteTarget& target, TablePtr rows) {
  // The batch is read twice: as rows to add and as the keys to look up.
  auto keys = make_uniq<duckdb::SelectNode>();
  auto batch = make_uniq<duckdb::SelectNode>();
  auto stored = make_uniq<duckdb::SelectNode>();
  for (const auto& column : target.columns) {
    batch->select_list.push_back(make_uniq<duckdb::ColumnRefExpression>(column.name));
    stored->select_list.push_back(column_of(column.name, "__o"));
  }
  batch->select_list.push_back(make_uniq<duckdb::ColumnRefExpression>(kRowNumber));
  stored->select_list.push_back(named(constant(Value::BIGINT(0)), kRowNumber));
  auto reference = [] {
    auto table = make_uniq<duckdb::BaseTableRef>();
    table->table_name = "__batch";
    table->alias = "__n";
    return table;
  };
  batch->from_table = reference();
  auto join = make_uniq<duckdb::JoinRef>(duckdb::JoinRefType::REGULAR);
  join->type = duckdb::JoinType::SEMI;
  join->left = table_of(target, "__o");
  join->right = reference();
  join->condition = equal_keys(target, "__o", "__n");
  stored->from_table = std::move(join);
  auto all = make_uniq<duckdb::SetOperationNode>();
  all->setop_type = duckdb::SetOperationType::UNION;
  all->setop_all = true;
  all->children.push_back(std::move(batch));
  all->children.push_back(std::move(stored));
  auto cte = make_uniq<duckdb::CommonTableExpressionInfo>();
  auto inner = make_uniq<duckdb::SelectStatement>();
  auto star = make_uniq<duckdb::SelectNode>();
  star->select_list.push_back(make_uniq<duckdb::StarExpression>());
  star->from_table = std::move(rows);
  inner->node = std::move(star);
  cte->query = std::move(inner);
  cte->materialized = duckdb::CTEMaterialize::CTE_MATERIALIZE_ALWAYS;
  all->cte_map.map.insert("__batch", std::move(cte));
  auto statement = make_uniq<duckdb::SelectStatement>();
  statement->node = std::move(all);
  return make_uniq<duckdb::SubqueryRef>(std::move(statement), "__u");
}

duckdb::unique_ptr<duckdb::MergeIntoAction> action(MergeActionType type, ExprPtr condition) {
  auto result = make_uniq<duckdb::MergeIntoAction>();
  result->action_type = type;
  result->condition = std::move(condition);
  return result;
}

ExprPtr sign_is(int64_t value) {
  return make_uniq<duckdb::ComparisonExpression>(duckdb::ExpressionType::COMPARE_EQUAL, column_of(kDeleteSign, "__s"),
                                                 constant(Value::BIGINT(value)));
}

// The column by whose value later rows win, when the table has one.
const WriteColumn* sequence_of(const WriteTarget& target) {
  const std::string* name = target.model.property("function_column.sequence_col");
  return name ? target.find(*name) : nullptr;
}

// Whether the row of the batch is not older than the stored one.
ExprPtr is_newer(const WriteColumn* sequence) {
  if (!sequence) return nullptr;
  ExprPtr later = make_uniq<duckdb::ComparisonExpression>(duckdb::ExpressionType::COMPARE_GREATERTHANOREQUALTO,
                                                          column_of(sequence->name, "__s"),
                                                          column_of(sequence->name, "__t"));
  ExprPtr none = make_uniq<duckdb::OperatorExpression>(duckdb::ExpressionType::OPERATOR_IS_NULL,
                                                       column_of(sequence->name, "__t"));
  return make_uniq<duckdb::ConjunctionExpression>(duckdb::ExpressionType::CONJUNCTION_OR, std::move(later),
                                                  std::move(none));
}

Tree merge(duckdb::ClientContext& context, const WriteTarget& target, duckdb::InsertStatement& insert,
           const WriteRules& rules, const NamedPartitions& partitions) {
  const bool unique = target.model.keys == KeyModel::kUnique;
  Batch batch(context, target, insert, rules);
  const bool partial = unique && rules.partial_update && !insert.columns.empty();
  std::vector<const WriteColumn*> columns;
  for (const auto& column : target.columns) {
    if (partial && !batch.lists(column.name)) {
      if (column.model.key)
        throw duckdb::BinderException("Partial update should include all key columns, missing: %s", column.name);
      continue;
    }
    columns.push_back(&column);
  }
  const WriteColumn* sequence = unique ? sequence_of(target) : nullptr;
  if (partial && sequence && !batch.lists(sequence->name)) sequence = nullptr;

  TablePtr rows = batch.rows(columns, partitions, true);
  SelectPtr source;
  const bool with_stored = !unique && aggregates_with_stored_rows(target);
  if (!unique)
    source = aggregated(target, with_stored ? with_stored_rows(target, std::move(rows)) : std::move(rows));
  else
    source = last_of_each_key(target, columns, batch.has_sign(), sequence, std::move(rows));

  auto merge = make_uniq<duckdb::MergeIntoStatement>();
  merge->target = table_of(target, "__t");
  merge->source = subquery(std::move(source), "__s");
  merge->join_condition = equal_keys(target, "__t", "__s");
  merge->cte_map = std::move(insert.cte_map);
  auto& matched = merge->actions[MergeActionCondition::WHEN_MATCHED];
  if (batch.has_sign()) matched.push_back(action(MergeActionType::MERGE_DELETE, both(sign_is(1), is_newer(sequence))));
  auto update = action(MergeActionType::MERGE_UPDATE, is_newer(sequence));
  update->update_info = make_uniq<duckdb::UpdateSetInfo>();
  for (const WriteColumn* column : columns) {
    if (column->model.key) continue;
    update->update_info->columns.push_back(column->name);
    update->update_info->expressions.push_back(unique || with_stored ? column_of(column->name, "__s")
                                                                     : merged_value(*column));
  }
  if (partial) {
    for (const auto& column : target.columns) {
      if (!column.model.now_on_update || batch.lists(column.name)) continue;
      update->update_info->columns.push_back(column.name);
      update->update_info->expressions.push_back(column.default_value->Copy());
    }
  }
  if (update->update_info->columns.empty()) update = action(MergeActionType::MERGE_DO_NOTHING, is_newer(sequence));
  matched.push_back(std::move(update));

  auto added = action(MergeActionType::MERGE_INSERT, batch.has_sign() ? sign_is(0) : nullptr);
  for (const WriteColumn* column : columns) {
    added->insert_columns.push_back(column->name);
    added->expressions.push_back(column_of(column->name, "__s"));
  }
  merge->actions[MergeActionCondition::WHEN_NOT_MATCHED_BY_TARGET].push_back(std::move(added));
  return merge;
}

bool rewrite_insert(duckdb::ClientContext& context, Tree& tree, const WriteRules& rules) {
  auto& insert = tree->Cast<duckdb::InsertStatement>();
  auto* table = find_table(context, insert.catalog, insert.schema, insert.table);
  const bool partitions_named =
      !insert.on_conflict_info && insert.table_ref && !insert.table_ref->column_name_alias.empty();
  if (!table || (!has_model(*table) && !partitions_named)) return false;
  const WriteTarget target = target_of(*table);
  NamedPartitions partitions;
  if (!insert.on_conflict_info) {
    partitions = take_partitions(insert.table_ref.get());
    insert.table_ref.reset();
  }
  const bool replaces =
      insert.on_conflict_info && insert.on_conflict_info->action_type == duckdb::OnConflictAction::REPLACE;
  if (target.merges() && (!insert.on_conflict_info || replaces)) {
    auto parameters = insert.named_param_map;
    tree = merge(context, target, insert, rules, partitions);
    tree->named_param_map = std::move(parameters);
    return true;
  }
  const bool checked = target.model.partitioned != PartitionKind::kNone || !partitions.names.empty() ||
                       std::any_of(target.columns.begin(), target.columns.end(), [](const WriteColumn& column) {
                         return column.model.max_bytes > 0 || column.model.auto_increment || column.model.hidden;
                       });
  if (!checked) return false;
  Batch batch(context, target, insert, rules);
  std::vector<const WriteColumn*> columns;
  for (const auto& column : target.columns) columns.push_back(&column);
  TablePtr rows = batch.rows(columns, partitions, false);
  auto select = make_uniq<duckdb::SelectNode>();
  select->select_list.push_back(make_uniq<duckdb::StarExpression>());
  select->from_table = std::move(rows);
  insert.select_statement = make_uniq<duckdb::SelectStatement>();
  insert.select_statement->node = std::move(select);
  insert.default_values = false;
  insert.columns.clear();
  for (const WriteColumn* column : columns) insert.columns.push_back(column->name);
  return false;
}

// ---- UPDATE, DELETE, comments

duckdb::TableCatalogEntry* table_of(duckdb::ClientContext& context, duckdb::TableRef* ref) {
  if (!ref || ref->type != duckdb::TableReferenceType::BASE_TABLE) return nullptr;
  auto& base = ref->Cast<duckdb::BaseTableRef>();
  return find_table(context, base.catalog_name, base.schema_name, base.table_name);
}

void rewrite_update(duckdb::ClientContext& context, duckdb::UpdateStatement& update, const WriteRules& rules) {
  auto* table = table_of(context, update.table.get());
  if (!table || !has_model(*table) || !update.set_info) return;
  const WriteTarget target = target_of(*table);
  if (target.model.keys == KeyModel::kAggregate || target.model.keys == KeyModel::kDuplicate)
    throw duckdb::BinderException("Only unique table could be updated.");
  auto& set = *update.set_info;
  for (size_t i = 0; i < set.columns.size(); ++i) {
    const WriteColumn* column = target.find(set.columns[i]);
    if (!column) continue;
    if (column->model.key && target.model.keys == KeyModel::kUnique)
      throw duckdb::BinderException("Only value columns of unique table could be updated");
    if (column->model.max_bytes == 0 || column->type.id() != duckdb::LogicalTypeId::VARCHAR) continue;
    if (set.expressions[i]->GetExpressionType() == duckdb::ExpressionType::VALUE_DEFAULT) continue;
    const auto bytes = static_cast<int64_t>(column->model.max_bytes);
    set.expressions[i] =
        doris_call(kFitText, arguments_of(cast(std::move(set.expressions[i]), column->type),
                                          constant(Value::BIGINT(rules.strict ? bytes : -bytes)), text(column->name)));
  }
  for (const auto& column : target.columns) {
    if (!column.model.now_on_update) continue;
    const bool written = std::any_of(set.columns.begin(), set.columns.end(), [&](const std::string& name) {
      return StringUtil::CIEquals(name, column.name);
    });
    if (written) continue;
    set.columns.push_back(column.name);
    set.expressions.push_back(make_uniq<duckdb::DefaultExpression>());
  }
}

// FROM the rows of INSERT OVERWRITE, under the names of their columns.
SelectPtr overwrite_rows(const WriteTarget& target, const std::vector<std::string>& names, ExprPtr selected) {
  auto rows = make_uniq<duckdb::BaseTableRef>();
  rows->catalog_name = TEMP_CATALOG;
  rows->schema_name = DEFAULT_SCHEMA;
  rows->table_name = kOverwriteRows;
  rows->alias = "__o";
  rows->column_name_alias.assign(names.begin() + 1, names.end());
  if (names.size() == 1) {
    for (const auto& column : target.columns) rows->column_name_alias.push_back(column.name);
  }
  auto converted = make_uniq<duckdb::SelectNode>();
  for (const auto& name : rows->column_name_alias) {
    const WriteColumn* column = target.find(name);
    ExprPtr value = make_uniq<duckdb::ColumnRefExpression>(name);
    converted->select_list.push_back(column ? named(cast(std::move(value), column->type), name) : std::move(value));
  }
  converted->from_table = std::move(rows);
  auto select = make_uniq<duckdb::SelectNode>();
  select->select_list.push_back(std::move(selected));
  select->from_table = subquery(std::move(converted), "__n");
  return select;
}

ExprPtr in_overwritten_partitions(const WriteTarget& target, const std::vector<std::string>& names,
                                  const std::string& alias) {
  auto among = [](duckdb::SubqueryType type, SelectPtr select) {
    auto result = make_uniq<duckdb::SubqueryExpression>();
    result->subquery_type = type;
    result->subquery = make_uniq<duckdb::SelectStatement>();
    result->subquery->node = std::move(select);
    return result;
  };
  if (target.model.auto_partitions) {
    auto result = among(duckdb::SubqueryType::ANY,
                        overwrite_rows(target, names, auto_partition_name(target.model, target.partition_types, "__n")));
    result->child = auto_partition_name(target.model, target.partition_types, alias);
    result->comparison_type = duckdb::ExpressionType::COMPARE_EQUAL;
    return result;
  }
  ExprPtr any;
  for (const auto& partition : target.model.partitions) {
    if (partition.temporary) continue;
    auto rows = overwrite_rows(target, names, constant(Value::INTEGER(1)));
    rows->where_clause = in_partition(target.model, partition, target.partition_types, "__n");
    ExprPtr hit = both(among(duckdb::SubqueryType::EXISTS, std::move(rows)),
                       in_partition(target.model, partition, target.partition_types, alias));
    if (any)
      any = make_uniq<duckdb::ConjunctionExpression>(duckdb::ExpressionType::CONJUNCTION_OR, std::move(any),
                                                     std::move(hit));
    else
      any = std::move(hit);
  }
  return any ? std::move(any) : constant(Value::BOOLEAN(false));
}

void rewrite_delete(duckdb::ClientContext& context, duckdb::DeleteStatement& deletion) {
  if (!deletion.table || deletion.table->column_name_alias.empty()) return;
  auto* table = table_of(context, deletion.table.get());
  const NamedPartitions partitions = take_partitions(deletion.table.get());
  if (!table) return;
  const WriteTarget target = target_of(*table);
  const std::string alias = deletion.table->alias.empty() ? target.name : deletion.table->alias;
  if (target.model.partitioned == PartitionKind::kNone) {
    if (partitions.names.front() == kOverwrittenPartitions) return;
    for (const auto& name : partitions.names) {
      if (!StringUtil::CIEquals(name, target.name))
        throw duckdb::BinderException("Partition: %s is not exists", name);
    }
    return;
  }
  if (partitions.names.front() == kOverwrittenPartitions) {
    deletion.condition = in_overwritten_partitions(target, partitions.names, alias);
    return;
  }
  deletion.condition = both(std::move(deletion.condition),
                            in_partitions(target.model, partitions.names, partitions.temporary,
                                          target.partition_types, alias));
}

// A new comment leaves the rest of the model as it is.
void rewrite_comment(duckdb::ClientContext& context, duckdb::AlterInfo& info) {
  if (info.type == duckdb::AlterType::SET_COMMENT) {
    auto& comment = info.Cast<duckdb::SetCommentInfo>();
    auto* table = find_table(context, info.catalog, info.schema, info.name);
    if (!table || is_encoded(comment.comment_value) || !is_encoded(table->comment)) return;
    TableModel model = decode_table(table->comment);
    model.comment = comment.comment_value.IsNull() ? std::string() : comment.comment_value.ToString();
    comment.comment_value = encode(model);
  } else if (info.type == duckdb::AlterType::SET_COLUMN_COMMENT) {
    auto& comment = info.Cast<duckdb::SetColumnCommentInfo>();
    auto* table = find_table(context, info.catalog, info.schema, info.name);
    if (!table || is_encoded(comment.comment_value) || !table->ColumnExists(comment.column_name)) return;
    const Value& old = table->GetColumn(comment.column_name).Comment();
    if (!is_encoded(old)) return;
    ColumnModel model = decode_column(old);
    model.comment = comment.comment_value.IsNull() ? std::string() : comment.comment_value.ToString();
    comment.comment_value = encode(model);
  }
}

// ---- the functions

void run_require(duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector& result) {
  duckdb::UnifiedVectorFormat condition, message;
  arguments.data[0].ToUnifiedFormat(arguments.size(), condition);
  arguments.data[1].ToUnifiedFormat(arguments.size(), message);
  for (duckdb::idx_t row = 0; row < arguments.size(); ++row) {
    const auto index = condition.sel->get_index(row);
    if (condition.validity.RowIsValid(index) && duckdb::UnifiedVectorFormat::GetData<bool>(condition)[index]) continue;
    throw duckdb::InvalidInputException(
        duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(message)[message.sel->get_index(row)].GetString());
  }
  result.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
  duckdb::ConstantVector::GetData<bool>(result)[0] = true;
}

// A negative number of bytes: what is too long is cut, at the border of a character.
void run_fit_text(duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector& result) {
  duckdb::TernaryExecutor::Execute<duckdb::string_t, int64_t, duckdb::string_t, duckdb::string_t>(
      arguments.data[0], arguments.data[1], arguments.data[2], result, arguments.size(),
      [](duckdb::string_t value, int64_t bytes, duckdb::string_t column) {
        const size_t limit = static_cast<size_t>(bytes < 0 ? -bytes : bytes);
        if (value.GetSize() <= limit) return value;
        if (bytes > 0) {
          throw duckdb::InvalidInputException(
              "Insert has filtered data in strict mode: column_name[%s], the length of input is too long than schema. "
              "schema length: %lld; actual length: %lld",
              column.GetString(), static_cast<int64_t>(limit), static_cast<int64_t>(value.GetSize()));
        }
        size_t end = limit;
        while (end > 0 && (static_cast<unsigned char>(value.GetData()[end]) & 0xC0) == 0x80) --end;
        return duckdb::string_t(value.GetData(), static_cast<uint32_t>(end));
      });
  duckdb::StringVector::AddHeapReference(result, arguments.data[0]);
}

}  // namespace

bool rewrite_write(duckdb::ClientContext& context, Tree& tree, const WriteRules& rules) {
  switch (tree->type) {
    case duckdb::StatementType::INSERT_STATEMENT:
      return rewrite_insert(context, tree, rules);
    case duckdb::StatementType::UPDATE_STATEMENT:
      rewrite_update(context, tree->Cast<duckdb::UpdateStatement>(), rules);
      return false;
    case duckdb::StatementType::DELETE_STATEMENT:
      rewrite_delete(context, tree->Cast<duckdb::DeleteStatement>());
      return false;
    case duckdb::StatementType::ALTER_STATEMENT:
      rewrite_comment(context, *tree->Cast<duckdb::AlterStatement>().info);
      return false;
    default:
      return false;
  }
}

void create_write_functions(duckdb::ClientContext& context) {
  auto& catalog = duckdb::Catalog::GetSystemCatalog(context);
  auto transaction = duckdb::CatalogTransaction::GetSystemTransaction(*context.db);
  using duckdb::LogicalType;
  duckdb::ScalarFunction require(kRequire, {LogicalType::BOOLEAN, LogicalType::VARCHAR}, LogicalType::BOOLEAN,
                                 run_require);
  require.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
  require.SetStability(duckdb::FunctionStability::VOLATILE);
  duckdb::ScalarFunction fit(kFitText, {LogicalType::VARCHAR, LogicalType::BIGINT, LogicalType::VARCHAR},
                             LogicalType::VARCHAR, run_fit_text);
  for (duckdb::ScalarFunction* function : {&require, &fit}) {
    duckdb::CreateScalarFunctionInfo info(*function);
    info.schema = "doris";
    info.internal = true;
    catalog.CreateFunction(transaction, info);
  }
}

}  // namespace sluice::kernel
