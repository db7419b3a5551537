// SPDX-License-Identifier: Apache-2.0
// UPDATE, DELETE and new comments of tables with a model.
#include <functional>

#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/parser/parsed_data/alter_table_info.hpp"
#include "duckdb/parser/parsed_data/comment_on_column_info.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "functions/decimal256.h"
#include "functions/type_names.h"
#include "functions/types.h"
#include "kernel/deleted_rows.h"
#include "kernel/host.h"
#include "kernel/insert_batch.h"
#include "kernel/sequence_column.h"

namespace sluice::kernel {

using duckdb::make_uniq;
using duckdb::StringUtil;
using duckdb::Value;

namespace {

duckdb::TableCatalogEntry* table_of(duckdb::ClientContext& context, duckdb::TableRef* ref) {
  if (!ref || ref->type != duckdb::TableReferenceType::BASE_TABLE) return nullptr;
  auto& base = ref->Cast<duckdb::BaseTableRef>();
  return find_table(context, base.catalog_name, base.schema_name, base.table_name);
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
    ExprPtr name = auto_partition_name(target.model, target.partition_types, "__n");
    auto result = among(duckdb::SubqueryType::ANY, overwrite_rows(target, names, std::move(name)));
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

// Calls `visit` for each column of the table that a condition names outside subqueries.
void each_column(const duckdb::ParsedExpression& condition, const WriteTarget& target,
                 const std::function<void(const WriteColumn&)>& visit) {
  if (condition.GetExpressionClass() == duckdb::ExpressionClass::SUBQUERY) return;
  if (condition.GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF) {
    if (const auto* column = target.find(condition.Cast<duckdb::ColumnRefExpression>().GetColumnName())) visit(*column);
    return;
  }
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      condition, [&](const duckdb::ParsedExpression& child) { each_column(child, target, visit); });
}

// Whether a text names a column: with nothing of a name before and after it.
bool names_column(const std::string& text, const std::string& column) {
  auto in_name = [](char letter) { return duckdb::StringUtil::CharacterIsAlphaNumeric(letter) || letter == '_'; };
  const std::string lower = StringUtil::Lower(text);
  const std::string wanted = StringUtil::Lower(column);
  for (size_t at = lower.find(wanted); at != std::string::npos; at = lower.find(wanted, at + 1)) {
    const size_t end = at + wanted.size();
    if ((at == 0 || !in_name(lower[at - 1])) && (end == lower.size() || !in_name(lower[end]))) return true;
  }
  return false;
}

// A DELETE must be possible in each rollup and view that is kept with the table: they need its columns.
void check_indexes(const WriteTarget& target, const WriteColumn& column) {
  auto check = [&](const std::string& text, const std::string& index) {
    if (names_column(text, column.name)) return;
    throw duckdb::BinderException(
        "errCode = 2, detailMessage = Unknown column '%s' in index[%s]: a DELETE by it is not possible while the index "
        "is there",
        column.name, index);
  };
  for (const auto& note : target.model.notes) {
    if (note.kind == "mv") check(note.text, note.name);
  }
  for (const auto& rollup : target.model.rollups) check(rollup, rollup.substr(0, rollup.find('(')));
}

// What Doris does not let a DELETE ask for.
void check_delete(const WriteTarget& target, const duckdb::ParsedExpression& condition) {
  each_column(condition, target, [&](const WriteColumn& column) {
    // With unique keys the rows are found by a query instead.
    if (target.model.keys != KeyModel::kUnique) {
      if (column.type.IsNested() || functions::is_object(column.type))
        throw duckdb::BinderException("Can not apply delete condition to column type: %s",
                                      functions::type_name(column.type));
      if (column.type.id() == duckdb::LogicalTypeId::FLOAT || column.type.id() == duckdb::LogicalTypeId::DOUBLE)
        throw duckdb::BinderException("Column[%s] type is float or double.", column.name);
    }
    check_indexes(target, column);
    if (target.model.keys == KeyModel::kAggregate && !column.model.key) {
      throw duckdb::BinderException(
          "delete predicate on value column only supports Unique table with merge-on-write enabled and Duplicate "
          "table, but Table[%s] is an Aggregate table.",
          target.name);
    }
  });
}

}  // namespace

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
    if (set.expressions[i]->GetExpressionType() == duckdb::ExpressionType::VALUE_DEFAULT) continue;
    if (column->model.type == "variant") {
      set.expressions[i] = as_variant(std::move(set.expressions[i]));
      continue;
    }
    if (target.model.keys != KeyModel::kNone || functions::is_decimal256(column->type))
      set.expressions[i] = converted_for(target.model.keys, *column, std::move(set.expressions[i]), rules);
    const bool limited = column->model.max_bytes > 0 && target.model.keys != KeyModel::kNone;
    if (!limited || column->type.id() != duckdb::LogicalTypeId::VARCHAR) continue;
    const auto bytes = static_cast<int64_t>(column->model.max_bytes);
    set.expressions[i] =
        doris_call(kFitText, arguments_of(cast(std::move(set.expressions[i]), column->type),
                                          constant(Value::BIGINT(rules.strict ? bytes : -bytes)), text(column->name)));
  }
  for (const auto& column : target.columns) {
    if (!column.model.now_on_update) continue;
    const bool written = std::any_of(set.columns.begin(), set.columns.end(),
                                     [&](const std::string& name) { return StringUtil::CIEquals(name, column.name); });
    if (written) continue;
    set.columns.push_back(column.name);
    set.expressions.push_back(make_uniq<duckdb::DefaultExpression>());
  }
}

std::string rewrite_delete(duckdb::ClientContext& context, duckdb::DeleteStatement& deletion) {
  if (!deletion.table) return {};
  auto* table = table_of(context, deletion.table.get());
  const NamedPartitions partitions = take_partitions(deletion.table.get());
  if (!table || (partitions.names.empty() && !has_model(*table))) return {};
  const WriteTarget target = target_of(*table);
  if (deletion.condition && deletion.using_clauses.empty() && target.model.keys != KeyModel::kNone)
    check_delete(target, *deletion.condition);
  const std::string alias = deletion.table->alias.empty() ? target.name : deletion.table->alias;
  const std::string* identity = partitions.temporary ? nullptr : remembers_deletions(target.model);
  // Without a condition it takes away whole tables and partitions: TRUNCATE, what is overwritten, ..
  const std::string forgotten = identity && !deletion.condition ? *identity : std::string();
  const auto remember = [&] {
    const WriteColumn* sequence = sequence_of(target);
    if (identity && forgotten.empty() && sequence)
      deletion.condition = remembering(target, *sequence, std::move(deletion.condition), alias);
  };
  if (partitions.names.empty()) {
    remember();
    return forgotten;
  }
  if (partitions.temporary && target.model.temporary_rows()) {
    auto& base = deletion.table->Cast<duckdb::BaseTableRef>();
    base.catalog_name = target.catalog;
    base.schema_name = kServerSchema;
    base.table_name = *target.model.temporary_rows();
    base.alias = alias;
  }
  if (target.model.partitioned == PartitionKind::kNone) {
    if (partitions.names.front() == kOverwrittenPartitions) return forgotten;
    for (const auto& name : partitions.names) {
      if (!StringUtil::CIEquals(name, target.name)) throw duckdb::BinderException("Partition: %s is not exists", name);
    }
    remember();
    return forgotten;
  }
  if (partitions.names.front() == kOverwrittenPartitions) {
    deletion.condition = in_overwritten_partitions(target, partitions.names, alias);
    return forgotten;
  }
  deletion.condition =
      both(std::move(deletion.condition),
           in_partitions(target.model, partitions.names, partitions.temporary, target.partition_types, alias));
  remember();
  return forgotten;
}

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

}  // namespace sluice::kernel
