// SPDX-License-Identifier: Apache-2.0
#include "kernel/table_writes.h"

#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/catalog/catalog_search_path.hpp"
#include "duckdb/main/client_data.hpp"
#include "duckdb/parser/statement/merge_into_statement.hpp"
#include "duckdb/planner/logical_operator.hpp"
#include "functions/decimal256.h"
#include "functions/session_rules.h"
#include "kernel/deleted_rows.h"
#include "kernel/foreign_catalogs.h"
#include "kernel/host.h"
#include "kernel/insert_batch.h"
#include "kernel/last_rows.h"
#include "kernel/sequence_column.h"

namespace sluice::kernel {
namespace {

using duckdb::make_uniq;
using duckdb::MergeActionCondition;
using duckdb::MergeActionType;
using duckdb::Value;
using Tree = duckdb::unique_ptr<duckdb::SQLStatement>;

ExprPtr equal_keys(const WriteTarget& target, const char* left, const char* right) {
  ExprPtr condition;
  for (const auto& column : target.columns) {
    if (!column.model.key) continue;
    const auto type =
        column.not_null ? duckdb::ExpressionType::COMPARE_EQUAL : duckdb::ExpressionType::COMPARE_NOT_DISTINCT_FROM;
    condition = both(std::move(condition), make_uniq<duckdb::ComparisonExpression>(type, column_of(column.name, left),
                                                                                   column_of(column.name, right)));
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

constexpr const char* kNoSuchRow =
    "Insert has filtered data in strict mode: a partial update adds no rows unless enable_insert_strict is false";

ExprPtr sign_is(int64_t value) {
  return make_uniq<duckdb::ComparisonExpression>(duckdb::ExpressionType::COMPARE_EQUAL, column_of(kDeleteSign, "__s"),
                                                 constant(Value::BIGINT(value)));
}

// Whether a column is filled with the time of the write.
bool is_time_of_write(const WriteColumn& column) {
  if (!column.has_default) return false;
  const duckdb::ParsedExpression* value = column.default_value.get();
  while (value->GetExpressionClass() == duckdb::ExpressionClass::CAST)
    value = value->Cast<duckdb::CastExpression>().child.get();
  return value->GetExpressionClass() == duckdb::ExpressionClass::FUNCTION;
}

// require_sequence_in_insert, of connections that have such variables.
bool needs_sequence(duckdb::ClientContext& context) {
  const auto rules = context.registered_state->Get<functions::SessionRules>(functions::SessionRules::kKey);
  return rules && rules->is_on("require_sequence_in_insert");
}

// Whether the row of the batch is not older than the stored one.
ExprPtr is_newer(const WriteColumn* sequence) {
  if (!sequence) return nullptr;
  ExprPtr later =
      make_uniq<duckdb::ComparisonExpression>(duckdb::ExpressionType::COMPARE_GREATERTHANOREQUALTO,
                                              column_of(sequence->name, "__s"), column_of(sequence->name, "__t"));
  ExprPtr none =
      make_uniq<duckdb::OperatorExpression>(duckdb::ExpressionType::OPERATOR_IS_NULL, column_of(sequence->name, "__t"));
  return make_uniq<duckdb::ConjunctionExpression>(duckdb::ExpressionType::CONJUNCTION_OR, std::move(later),
                                                  std::move(none));
}

// As Doris' row sets lie: by the key columns, NULL first, and of rows with equal keys the one that was written last
// before the others. For merged rows see kernel/merge_order.h.
void sort_by_keys(SelectPtr& select, const WriteTarget& target, const std::vector<const WriteColumn*>& columns) {
  auto modifier = make_uniq<duckdb::OrderModifier>();
  auto by = [&](const std::string& name, duckdb::OrderType direction) {
    modifier->orders.emplace_back(direction, duckdb::OrderByNullType::NULLS_FIRST,
                                  make_uniq<duckdb::ColumnRefExpression>(name));
  };
  for (const auto& column : target.columns) {
    const bool written = std::any_of(columns.begin(), columns.end(),
                                     [&](const WriteColumn* known) { return known->name == column.name; });
    if (column.model.key && written) by(column.name, duckdb::OrderType::ASCENDING);
  }
  if (modifier->orders.empty()) return;
  by(kRowNumber, duckdb::OrderType::DESCENDING);
  select->modifiers.push_back(std::move(modifier));
}

// Whether the rows of this INSERT are few enough to be sorted.
bool is_sorted(duckdb::ClientContext& context, duckdb::InsertStatement& insert, const WriteRules& rules) {
  if (rules.most_sorted_rows == 0) return false;
  if (!insert.select_statement || insert.GetValuesList()) return true;
  try {
    auto copy = insert.select_statement->Copy();
    auto plan = duckdb::Binder::CreateBinder(context)->Bind(*copy).plan;
    return plan->EstimateCardinality(context) <= rules.most_sorted_rows;
  } catch (const std::exception&) {
    return false;  // the statement itself is going to say so
  }
}

bool keys_are_not_null(const WriteTarget& target) {
  return std::all_of(target.columns.begin(), target.columns.end(),
                     [](const WriteColumn& column) { return column.not_null || !column.model.key; });
}

SelectPtr everything_of(TablePtr rows) {
  auto select = make_uniq<duckdb::SelectNode>();
  select->select_list.push_back(make_uniq<duckdb::StarExpression>());
  select->from_table = std::move(rows);
  return select;
}

Tree merge(duckdb::ClientContext& context, const WriteTarget& target, duckdb::InsertStatement& insert,
           const WriteRules& rules, const NamedPartitions& partitions) {
  const bool unique = target.model.keys == KeyModel::kUnique;
  Batch batch(context, target, insert, rules);
  // Rows that lie in an order of their own are written whole.
  const bool partial = unique && rules.partial_update && !insert.columns.empty() && target.model.cluster_by.empty();
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
  if (sequence && !batch.lists(sequence->name)) {
    if (needs_sequence(context) && !partial && !is_time_of_write(*sequence)) {
      throw duckdb::BinderException("Table %s has sequence column, need to specify the sequence column", target.name);
    }
    if (partial) sequence = nullptr;
  }

  const bool with_stored = !unique && aggregates_with_stored_rows(target);
  // Numbering rows takes one thread.
  const bool numbered = unique ? sequence && !batch.is_single() : with_stored || aggregates_in_order(target);
  TablePtr rows = batch.rows(columns, partitions, numbered);
  SelectPtr source;
  if (!unique)
    source = aggregated(target, with_stored ? with_stored_rows(target, std::move(rows)) : std::move(rows));
  else if (batch.is_single() && keys_are_not_null(target))
    source = everything_of(std::move(rows));
  else if (sequence && !batch.is_single())
    source = last_by_sequence(target, columns, batch.has_sign(), *sequence, std::move(rows));
  else
    source = last_of_each_key(target, columns, batch.has_sign(), std::move(rows));
  if (sequence && remembers_deletions(target.model))
    source = not_deleted_later(target, columns, batch.has_sign(), *sequence, subquery(std::move(source), "__n"));

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

  if (partial && !rules.partial_adds) {
    auto unknown = action(MergeActionType::MERGE_ERROR, batch.has_sign() ? sign_is(0) : nullptr);
    unknown->expressions.push_back(constant(Value(kNoSuchRow)));
    merge->actions[MergeActionCondition::WHEN_NOT_MATCHED_BY_TARGET].push_back(std::move(unknown));
    return merge;
  }
  auto added = action(MergeActionType::MERGE_INSERT, batch.has_sign() ? sign_is(0) : nullptr);
  for (const WriteColumn* column : columns) {
    added->insert_columns.push_back(column->name);
    added->expressions.push_back(column_of(column->name, "__s"));
  }
  merge->actions[MergeActionCondition::WHEN_NOT_MATCHED_BY_TARGET].push_back(std::move(added));
  return merge;
}

void check_auto_unit(const TableModel& model) {
  if (model.auto_unit.empty()) return;
  for (const char* unit : {"year", "quarter", "month", "week", "day", "hour", "minute", "second"}) {
    if (model.auto_unit == unit) return;
  }
  throw duckdb::BinderException(
      "date_trunc function second param only support argument is "
      "year|quarter|month|week|day|hour|minute|second");
}

}  // namespace

std::string merging_table(const std::string& catalog, const std::string& schema, const std::string& name) {
  return catalog + "\x1f" + schema + "\x1f" + name;
}

namespace {

std::string rewrite_insert(duckdb::ClientContext& context, Tree& tree, const WriteRules& rules) {
  auto& insert = tree->Cast<duckdb::InsertStatement>();
  auto* table = find_table(context, insert.catalog, insert.schema, insert.table);
  const bool partitions_named =
      !insert.on_conflict_info && insert.table_ref && !insert.table_ref->column_name_alias.empty();
  if (table) leave_out_generated(*table, insert);
  if (!table || (!has_model(*table) && !partitions_named)) return {};
  WriteTarget target = target_of(*table);
  NamedPartitions partitions;
  if (!insert.on_conflict_info) {
    partitions = take_partitions(insert.table_ref.get());
    insert.table_ref.reset();
  }
  if (partitions.temporary && target.model.temporary_rows()) {
    target.schema = insert.schema = kServerSchema;
    target.name = insert.table = *target.model.temporary_rows();
    insert.catalog = target.catalog;
  }
  const bool replaces =
      insert.on_conflict_info && insert.on_conflict_info->action_type == duckdb::OnConflictAction::REPLACE;
  if (target.merges() && (!insert.on_conflict_info || replaces)) {
    auto parameters = insert.named_param_map;
    tree = merge(context, target, insert, rules, partitions);
    tree->named_param_map = std::move(parameters);
    return merging_table(target.catalog, target.schema, target.name);
  }
  const bool checked = target.model.keys != KeyModel::kNone || target.model.partitioned != PartitionKind::kNone ||
                       !partitions.names.empty() ||
                       std::any_of(target.columns.begin(), target.columns.end(), [](const WriteColumn& column) {
                         return column.model.auto_increment || functions::is_decimal256(column.type);
                       });
  if (!checked) return {};
  check_auto_unit(target.model);
  const bool may_sort = target.model.keys == KeyModel::kDuplicate && is_sorted(context, insert, rules);
  Batch batch(context, target, insert, rules);
  std::vector<const WriteColumn*> columns;
  for (const auto& column : target.columns) columns.push_back(&column);
  const bool sorted = may_sort && !batch.is_single() && target.has_keys();
  auto select = make_uniq<duckdb::SelectNode>();
  select->from_table = batch.rows(columns, partitions, sorted);
  for (const WriteColumn* column : columns)
    select->select_list.push_back(make_uniq<duckdb::ColumnRefExpression>(column->name));
  if (sorted) sort_by_keys(select, target, columns);
  insert.select_statement = make_uniq<duckdb::SelectStatement>();
  insert.select_statement->node = std::move(select);
  insert.default_values = false;
  insert.columns.clear();
  for (const WriteColumn* column : columns) insert.columns.push_back(column->name);
  return {};
}

// The rows of a materialised view are those of its query.
void refuse_view(duckdb::ClientContext& context, const std::string& catalog, const std::string& schema,
                 const std::string& name) {
  auto* table = find_table(context, catalog, schema, name);
  if (table && is_encoded(table->comment) && decode_table(table->comment).is_materialized_view())
    throw duckdb::BinderException("Not allowed to perform current operation on async materialized view");
}

void refuse_views(duckdb::ClientContext& context, const duckdb::SQLStatement& tree) {
  const auto refuse = [&](const duckdb::unique_ptr<duckdb::TableRef>& ref) {
    if (!ref || ref->type != duckdb::TableReferenceType::BASE_TABLE) return;
    const auto& base = ref->Cast<duckdb::BaseTableRef>();
    refuse_view(context, base.catalog_name, base.schema_name, base.table_name);
  };
  if (tree.type == duckdb::StatementType::INSERT_STATEMENT) {
    const auto& insert = tree.Cast<duckdb::InsertStatement>();
    refuse_view(context, insert.catalog, insert.schema, insert.table);
  } else if (tree.type == duckdb::StatementType::UPDATE_STATEMENT) {
    refuse(tree.Cast<duckdb::UpdateStatement>().table);
  } else if (tree.type == duckdb::StatementType::DELETE_STATEMENT) {
    refuse(tree.Cast<duckdb::DeleteStatement>().table);
  }
}

}  // namespace

namespace {

// The table of another system that a statement writes; empty: it writes none. Such tables have no model of Doris. Notes
// what an INSERT means to write. Plans of such writes are not kept: the table may have other columns the next time.
std::string foreign_target(duckdb::ClientContext& context, const duckdb::SQLStatement& tree) {
  std::string catalog, schema, name;
  const auto take = [&](const duckdb::TableRef* table) {
    if (!table || table->type != duckdb::TableReferenceType::BASE_TABLE) return;
    const auto& base = table->Cast<duckdb::BaseTableRef>();
    catalog = base.catalog_name;
    schema = base.schema_name;
    name = base.table_name;
  };
  const auto* insert =
      tree.type == duckdb::StatementType::INSERT_STATEMENT ? &tree.Cast<duckdb::InsertStatement>() : nullptr;
  if (insert) {
    catalog = insert->catalog;
    schema = insert->schema;
    name = insert->table;
  } else if (tree.type == duckdb::StatementType::UPDATE_STATEMENT) {
    take(tree.Cast<duckdb::UpdateStatement>().table.get());
  } else if (tree.type == duckdb::StatementType::DELETE_STATEMENT) {
    take(tree.Cast<duckdb::DeleteStatement>().table.get());
  }
  if (name.empty()) return {};
  if (catalog.empty() && schema.empty()) {
    const auto path = duckdb::ClientData::Get(context).catalog_search_path->GetDefault();
    catalog = path.catalog;
    schema = path.schema;
  }
  if (!is_foreign_catalog(catalog)) return {};
  if (insert) note_write(context, *insert);
  return catalog + "." + schema + "." + name;
}

}  // namespace

WriteEffects rewrite_write(duckdb::ClientContext& context, Tree& tree, const WriteRules& rules) {
  WriteEffects effects;
  effects.merged_table = foreign_target(context, *tree);
  if (!effects.merged_table.empty()) return effects;
  if (!rules.into_views) refuse_views(context, *tree);
  switch (tree->type) {
    case duckdb::StatementType::INSERT_STATEMENT:
      effects.merged_table = rewrite_insert(context, tree, rules);
      return effects;
    case duckdb::StatementType::UPDATE_STATEMENT:
      rewrite_update(context, tree->Cast<duckdb::UpdateStatement>(), rules);
      return effects;
    case duckdb::StatementType::DELETE_STATEMENT:
      effects.forgotten = rewrite_delete(context, tree->Cast<duckdb::DeleteStatement>());
      return effects;
    case duckdb::StatementType::ALTER_STATEMENT:
      rewrite_comment(context, *tree->Cast<duckdb::AlterStatement>().info);
      return effects;
    default:
      return effects;
  }
}

}  // namespace sluice::kernel
