// SPDX-License-Identifier: Apache-2.0
#include "dialect/create_table_parts.h"
#include "dialect/names.h"
#include "dialect/tree.h"
#include "duckdb/parser/parsed_data/alter_table_info.hpp"
#include "duckdb/parser/parsed_data/comment_on_column_info.hpp"
#include "duckdb/parser/parsed_data/create_sequence_info.hpp"
#include "functions/types.h"
#include "kernel/deleted_rows.h"
#include "kernel/hidden_scan.h"
#include "kernel/sequence_column.h"

namespace sluice::dialect {
namespace {

Error wrong_table(std::string text) {
  return sql_error(Code::kInvalidArgument, 1105, "errCode = 2, detailMessage = " + std::move(text));
}

// NULL among the values of a LIST partition.
Parsed<void> check_values(ParseContext& c, const TableParts& table, const kernel::Partition& partition) {
  const auto& columns = table.model.partition_columns;
  for (const kernel::Bound& tuple : partition.values) {
    for (size_t i = 0; i < tuple.size() && i < columns.size(); ++i) {
      if (tuple[i] || !table.not_null.contains(duckdb::StringUtil::Lower(columns[i]))) continue;
      return c.failure(wrong_table(
          "Can't have null partition is for NOT NULL partition column in partition expr's index " + std::to_string(i)));
    }
  }
  return {};
}

Parsed<void> resolve_partitions(ParseContext& c, TableParts& table) {
  if (table.model.partitioned == kernel::PartitionKind::kNone) return {};
  for (const auto& name : table.model.partition_columns) {
    if (!table.info->columns.ColumnExists(name))
      return c.failure(wrong_table("partition column[" + name + "] does not exist"));
  }
  const auto types = kernel::partition_types(table.model, table.info->columns);
  if (!table.model.auto_unit.empty() && !functions::is_moment(types[0]))
    return c.failure(wrong_table("partition expr date_trunc is illegal!"));
  for (auto& partition : table.partitions) {
    TRY(check_values(c, table, partition.partition));
    if (auto added = kernel::add_written(table.model, std::move(partition), types); !added)
      return c.failure(std::move(added.error()));
  }
  return {};
}

// Why a column of this type is no key; null: it may be one.
const char* cannot_be_key(const duckdb::LogicalType& type, const kernel::ColumnModel& column) {
  if (type.id() == duckdb::LogicalTypeId::FLOAT || type.id() == duckdb::LogicalTypeId::DOUBLE)
    return "Float or double can not used as a key, use decimal instead. ";
  if (type.IsNested() || type.IsJSONType() || functions::is_object(type)) return "Key column can not set complex type:";
  if (type.id() == duckdb::LogicalTypeId::VARCHAR && column.type.empty())
    return "String Type should not be used in key column. ";
  return nullptr;
}

std::string in_double_quotes(const std::string& name) {
  std::string text = "\"";
  for (char letter : name) text += letter == '"' ? std::string("\"\"") : std::string(1, letter);
  return text + "\"";
}

}  // namespace

Columns default_keys(const duckdb::ColumnList& columns) {
  constexpr size_t kMostColumns = 3;
  constexpr size_t kMostBytes = 36;
  Columns keys;
  size_t bytes = 0;
  for (const auto& column : columns.Logical()) {
    const auto& type = column.Type();
    const bool is_text = type.id() == duckdb::LogicalTypeId::VARCHAR && !type.IsJSONType();
    const bool usable = type.id() != duckdb::LogicalTypeId::FLOAT && type.id() != duckdb::LogicalTypeId::DOUBLE &&
                        !type.IsNested() && !type.IsJSONType() && type.id() != duckdb::LogicalTypeId::BLOB;
    bytes += is_text ? 0 : duckdb::GetTypeIdSize(type.InternalType());
    if (!usable || keys.size() == kMostColumns || bytes > kMostBytes) break;
    if (is_text && kernel::decode_column(column.Comment()).type.empty()) break;  // STRING
    keys.push_back(column.Name());
    if (is_text) break;
  }
  return keys;
}

duckdb::unique_ptr<duckdb::UniqueConstraint> key_constraint(const Columns& columns, bool primary) {
  duckdb::vector<std::string> names(columns.begin(), columns.end());
  return duckdb::make_uniq<duckdb::UniqueConstraint>(std::move(names), primary);
}

std::unique_ptr<duckdb::SQLStatement> create_statement(duckdb::unique_ptr<duckdb::CreateTableInfo> info) {
  auto create = std::make_unique<duckdb::CreateStatement>();
  create->info = std::move(info);
  return create;
}

Parsed<void> finish_model(ParseContext& c, TableParts& table) {
  auto& columns = table.info->columns;
  auto& model = table.model;
  bool aggregates = false;
  for (const auto& column : columns.Logical()) {
    const auto parts = kernel::decode_column(column.Comment());
    aggregates |= !parts.aggregation.empty();
    table.doris |= parts.key && table.primary_key.empty();
  }
  table.doris |= aggregates;
  // MySQL's primary key goes before what Doris would choose.
  if (!table.doris || (!table.primary_key.empty() && model.keys == kernel::KeyModel::kNone)) {
    TRY(resolve_partitions(c, table));
    table.info->comment = kernel::encode(model);
    return {};
  }
  if (model.keys == kernel::KeyModel::kNone) {
    model.keys = aggregates ? kernel::KeyModel::kAggregate : kernel::KeyModel::kDuplicate;
    for (const auto& column : columns.Logical()) {
      const auto parts = kernel::decode_column(column.Comment());
      if (aggregates ? parts.aggregation.empty() : parts.key) model.key_order.push_back(column.Name());
    }
    const std::string* without_keys = model.property("enable_duplicate_without_keys_by_default");
    if (model.key_order.empty() && !aggregates && !(without_keys && *without_keys == "true"))
      model.key_order = default_keys(columns);
  }
  size_t at = 0;
  for (const auto& key : model.key_order) {
    if (!columns.ColumnExists(key)) return c.failure(wrong_table("Key column[" + key + "] doesn't exist."));
    if (columns.GetColumn(key).Logical().index != at++) {
      return c.failure(
          wrong_table("Key columns must be the first few columns of the schema and the order of the key columns must "
                      "be consistent with the order of the schema"));
    }
  }
  bool nullable_key = model.key_order.empty();
  for (size_t i = 0; i < columns.LogicalColumnCount(); ++i) {
    auto& column = columns.GetColumnMutable(duckdb::LogicalIndex(i));
    auto parts = kernel::decode_column(column.Comment());
    parts.key = i < model.key_order.size();
    if (parts.key) {
      if (!parts.aggregation.empty())
        return c.failure(wrong_table("Key column[" + column.Name() + "] could not have aggregate type."));
      if (const char* reason = cannot_be_key(column.Type(), parts))
        return c.failure(wrong_table(std::string(reason).ends_with(':')
                                         ? reason + column.Name()
                                         : reason + ("Key column[" + column.Name() + "]")));
      nullable_key |= !table.not_null.contains(duckdb::StringUtil::Lower(column.Name()));
    } else if (model.keys == kernel::KeyModel::kAggregate && parts.aggregation.empty() && !column.Generated()) {
      return c.failure(wrong_table(
          "should specify aggregation type to non-key column in aggregate key table, column: " + column.Name()));
    } else if (model.keys != kernel::KeyModel::kAggregate && !parts.aggregation.empty()) {
      if (!(model.keys == kernel::KeyModel::kUnique && parts.aggregation == "REPLACE"))
        return c.failure(wrong_table("column " + column.Name() + " can not have aggregation method " +
                                     parts.aggregation + " in this table"));
      parts.aggregation.clear();
    }
    column.SetComment(kernel::encode(parts));
  }
  if (model.keys == kernel::KeyModel::kUnique && !nullable_key && table.primary_key.empty())
    table.primary_key = model.key_order;
  TRY(check_table(c, table));
  if (const std::string* type = model.property(kernel::kSequenceTypeProperty)) {
    kernel::note_stored_hidden_column(table.info->table);
    columns.AddColumn(kernel::hidden_sequence(*kernel::sequence_type(*type)));
  }
  if (kernel::has_sequence(model) && !table.info->temporary) kernel::remember_deletions(model);
  TRY(resolve_partitions(c, table));
  table.info->comment = kernel::encode(model);
  return {};
}

Trees make_sequences(ParseContext& c, TableParts& table) {
  Trees trees;
  auto& info = *table.info;
  if (info.temporary) return trees;
  for (size_t i = 0; i < info.columns.LogicalColumnCount(); ++i) {
    auto& column = info.columns.GetColumnMutable(duckdb::LogicalIndex(i));
    auto model = kernel::decode_column(column.Comment());
    if (!model.auto_increment) continue;
    std::string schema = info.schema;
    if (schema.empty() && c.options().session) schema = c.session()->database();
    if (schema.empty()) continue;
    auto sequence = duckdb::make_uniq<duckdb::CreateSequenceInfo>();
    sequence->catalog = kInternalCatalog;
    sequence->schema = schema;
    sequence->name = "__auto_" + info.table + "_" + column.Name();
    auto first = table.first_numbers.find(column.Name());
    sequence->start_value = first == table.first_numbers.end() ? 1 : static_cast<int64_t>(first->second);
    sequence->min_value = std::min<int64_t>(1, sequence->start_value);
    sequence->on_conflict = info.on_conflict == duckdb::OnCreateConflict::IGNORE_ON_CONFLICT
                                ? duckdb::OnCreateConflict::IGNORE_ON_CONFLICT
                                : duckdb::OnCreateConflict::REPLACE_ON_CONFLICT;
    model.sequence =
        in_double_quotes(sequence->catalog) + "." + in_double_quotes(schema) + "." + in_double_quotes(sequence->name);
    column.SetComment(kernel::encode(model));
    auto create = std::make_unique<duckdb::CreateStatement>();
    create->info = std::move(sequence);
    trees.push_back(std::move(create));
  }
  return trees;
}

// The lengths of CAST(x AS VARCHAR(n)) among the items of the query, by the names of their columns.
std::map<std::string, uint64_t> written_lengths(ParseContext& c, const TableParts& table) {
  std::map<std::string, uint64_t> lengths;
  if (table.info->query->node->type != duckdb::QueryNodeType::SELECT_NODE) return lengths;
  constexpr uint64_t kLongest = 65533;
  bool longest = true;
  if (c.options().session) {
    const auto value = c.session()->system_variable(VariableScope::kSession, "use_max_length_of_varchar_in_ctas");
    duckdb::Value truth;
    std::string ignored;
    if (value && value->DefaultTryCastAs(duckdb::LogicalType::BOOLEAN, truth, &ignored) && !truth.IsNull())
      longest = duckdb::BooleanValue::Get(truth);
  }
  for (const auto& item : table.info->query->node->Cast<duckdb::SelectNode>().select_list) {
    if (item->GetExpressionClass() != duckdb::ExpressionClass::FUNCTION || !item->HasAlias()) continue;
    const auto& call = item->Cast<duckdb::FunctionExpression>();
    if (call.function_name != "left" || call.children.size() != 2 || !tree::is_doris(*call.children[0], "cast"))
      continue;
    const auto length = tree::constant_integer(*call.children[1]);
    if (length) lengths[item->GetAlias()] = longest ? kLongest : static_cast<uint64_t>(*length);
  }
  return lengths;
}

Body create_as(ParseContext& c, TableParts& table, KernelStatement statement) {
  auto& info = *table.info;
  const duckdb::AlterEntryData entry(info.catalog, info.schema, info.table, duckdb::OnEntryNotFound::THROW_EXCEPTION);
  auto alter = [&](duckdb::unique_ptr<duckdb::AlterInfo> change) {
    auto tree = std::make_unique<duckdb::AlterStatement>();
    tree->info = std::move(change);
    statement.rest.push_back(std::move(tree));
  };
  const bool merges = table.model.keys == kernel::KeyModel::kUnique && !table.model.key_order.empty();
  if (table.doris && table.model.keys == kernel::KeyModel::kNone) table.model.keys = kernel::KeyModel::kDuplicate;
  table.model.partitioned = kernel::PartitionKind::kNone;  // the types of its columns are not known here
  table.model.indexes.clear();
  std::map<std::string, kernel::ColumnModel> columns;
  if (table.doris && info.columns.empty()) {
    for (const auto& [name, length] : written_lengths(c, table)) {
      columns[name].type = "varchar(" + std::to_string(length) + ")";
      columns[name].max_bytes = length;
    }
  }
  for (const auto& key : table.model.key_order) columns[key].key = true;
  std::unique_ptr<duckdb::SQLStatement> insert;
  if (merges) {  // rows of equal keys replace each other: an INSERT of its own, into the empty table
    auto tree = duckdb::make_uniq<duckdb::InsertStatement>();
    tree->catalog = info.catalog;
    tree->schema = info.schema;
    tree->table = info.table;
    tree->select_statement = duckdb::unique_ptr_cast<duckdb::SQLStatement, duckdb::SelectStatement>(info.query->Copy());
    insert = std::move(tree);
    auto limit = duckdb::make_uniq<duckdb::LimitModifier>();
    limit->limit = duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value::BIGINT(0));
    auto outer = duckdb::make_uniq<duckdb::SelectNode>();
    outer->select_list.push_back(duckdb::make_uniq<duckdb::StarExpression>());
    outer->from_table = duckdb::make_uniq<duckdb::SubqueryRef>(std::move(info.query), "__q");
    outer->modifiers.push_back(std::move(limit));
    info.query = duckdb::make_uniq<duckdb::SelectStatement>();
    info.query->node = std::move(outer);
  }
  for (const auto& [name, column] : columns) {
    auto comment = duckdb::make_uniq<duckdb::SetColumnCommentInfo>(
        info.catalog, info.schema, info.table, name, kernel::encode(column), duckdb::OnEntryNotFound::THROW_EXCEPTION);
    comment->catalog_entry_type = duckdb::CatalogType::TABLE_ENTRY;
    alter(std::move(comment));
  }
  if (!table.model.is_plain() || !table.model.comment.empty()) {
    alter(duckdb::make_uniq<duckdb::SetCommentInfo>(duckdb::CatalogType::TABLE_ENTRY, info.catalog, info.schema,
                                                    info.table, kernel::encode(table.model),
                                                    duckdb::OnEntryNotFound::THROW_EXCEPTION));
  }
  if (!table.primary_key.empty())
    alter(duckdb::make_uniq<duckdb::AddConstraintInfo>(entry, key_constraint(table.primary_key, true)));
  if (insert) statement.rest.push_back(std::move(insert));
  statement.tree = create_statement(std::move(table.info));
  return StatementBody(std::move(statement));
}

}  // namespace sluice::dialect
