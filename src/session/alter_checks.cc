// SPDX-License-Identifier: Apache-2.0
#include "session/alter_checks.h"

#include "dialect/parser.h"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "functions/type_names.h"
#include "kernel/table_properties.h"

namespace sluice::session {
namespace {

using duckdb::LogicalTypeId;
using duckdb::StringUtil;
using kernel::KeyModel;

bool has_model(const TableDefinition& table) { return table.model.keys != KeyModel::kNone; }

bool is_key(const TableColumn& column) { return column.model().key; }

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::any_of(names, [&](const std::string& entry) { return StringUtil::CIEquals(entry, name); });
}

const TableColumn* column_of(const TableDefinition& table, const std::string& name) {
  const auto found = std::ranges::find_if(
      table.columns, [&](const TableColumn& column) { return StringUtil::CIEquals(column.name(), name); });
  return found == table.columns.end() ? nullptr : &*found;
}

bool distributes(const TableDefinition& table, const std::string& column) {
  return table.model.distribution.starts_with("HASH") && holds(columns_in_line(table.model.distribution), column);
}

// Whole numbers by size; 0: none.
int width(const duckdb::LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::TINYINT:
      return 1;
    case LogicalTypeId::SMALLINT:
      return 2;
    case LogicalTypeId::INTEGER:
      return 4;
    case LogicalTypeId::BIGINT:
      return 8;
    case LogicalTypeId::HUGEINT:
      return 16;
    default:
      return 0;
  }
}

bool is_date(LogicalTypeId id) {
  return id == LogicalTypeId::DATE || id == LogicalTypeId::TIMESTAMP || id == LogicalTypeId::TIMESTAMP_SEC ||
         id == LogicalTypeId::TIMESTAMP_MS;
}

// Whether values of `from` can become `to` without a loss that Doris refuses.
bool may_become(const duckdb::LogicalType& from, const duckdb::LogicalType& to) {
  if (from == to) return true;
  const bool text = to.id() == LogicalTypeId::VARCHAR && !to.IsJSONType();
  if (from.id() == LogicalTypeId::VARCHAR) {
    return width(to) > 0 || to.id() == LogicalTypeId::FLOAT || to.id() == LogicalTypeId::DOUBLE || is_date(to.id()) ||
           to.id() == LogicalTypeId::VARCHAR;
  }
  if (width(from) > 0) {
    return width(to) > width(from) || text || to.id() == LogicalTypeId::DOUBLE || to.id() == LogicalTypeId::FLOAT ||
           (from.id() == LogicalTypeId::INTEGER && to.id() == LogicalTypeId::DATE);
  }
  switch (from.id()) {
    case LogicalTypeId::BOOLEAN:
      return width(to) > 0 || text;
    case LogicalTypeId::FLOAT:
      return to.id() == LogicalTypeId::DOUBLE || text;
    case LogicalTypeId::DOUBLE:
      return text;
    case LogicalTypeId::DECIMAL: {
      if (text) return true;
      if (to.id() != LogicalTypeId::DECIMAL) return false;
      const int whole = duckdb::DecimalType::GetWidth(from) - duckdb::DecimalType::GetScale(from);
      const int new_whole = duckdb::DecimalType::GetWidth(to) - duckdb::DecimalType::GetScale(to);
      return new_whole >= whole && duckdb::DecimalType::GetScale(to) >= duckdb::DecimalType::GetScale(from);
    }
    default:
      return is_date(from.id()) && (is_date(to.id()) || text);
  }
}

}  // namespace

Status check_new_column(const TableDefinition& table, const TableColumn& column) {
  const kernel::ColumnModel model = column.model();
  if (model.auto_increment) return fail(ddl_error("Can not add auto-increment column " + column.name()));
  if (column.definition.Generated()) return fail(ddl_error("Not supporting alter table add generated columns."));
  if (!has_model(table)) return {};
  const LogicalTypeId type = column.definition.Type().id();
  if (type == LogicalTypeId::TIME || type == LogicalTypeId::INTERVAL)
    return fail(ddl_error("Time type is not supported for olap table"));
  const bool aggregates = table.model.keys == KeyModel::kAggregate;
  if (!aggregates && !model.aggregation.empty())
    return fail(ddl_error("Can not assign aggregation method on column in Duplicate or Unique data model table: " +
                          column.name()));
  if (model.key && !model.aggregation.empty())
    return fail(ddl_error("Can not set aggregation on the key column " + column.name()));
  if (model.key && table.model.keys == KeyModel::kUnique && table.rows > 0) {
    // Rows that are there stay distinct: the new column has one value for all of them.
  }
  return {};
}

namespace {

bool reads_column(const duckdb::ParsedExpression& expression, const std::string& column) {
  if (expression.GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF)
    return StringUtil::CIEquals(expression.Cast<duckdb::ColumnRefExpression>().GetColumnName(), column);
  bool found = false;
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      expression, [&](const duckdb::ParsedExpression& child) { found = found || reads_column(child, column); });
  return found;
}

// Whether the query of a view that is kept with the table gives a column that is made of this one.
bool gives_column_of(const std::string& query, const std::string& column) {
  auto parsed = dialect::parse(query, {});
  auto* statement = parsed ? std::get_if<dialect::KernelStatement>(&parsed->body) : nullptr;
  if (!statement || statement->tree->type != duckdb::StatementType::SELECT_STATEMENT) return false;
  const auto& node = *statement->tree->Cast<duckdb::SelectStatement>().node;
  if (node.type != duckdb::QueryNodeType::SELECT_NODE) return false;
  return std::ranges::any_of(node.Cast<duckdb::SelectNode>().select_list,
                             [&](const auto& item) { return reads_column(*item, column); });
}

Status check_kept_views(const TableDefinition& table, const std::string& column) {
  const auto refused = [](const std::string& view) {
    return fail(ddl_error("Can not drop column contained by mv, mv=" + view));
  };
  for (const std::string& rollup : table.model.rollups) {
    if (holds(columns_in_line(rollup), column)) return refused(name_in_line(rollup));
  }
  for (const auto& note : table.model.notes) {
    if (note.kind == "mv" && gives_column_of(note.text, column)) return refused(note.name);
  }
  return {};
}

}  // namespace

Status check_renamed_column(const TableDefinition& table, const std::string& name) {
  std::string readers;
  for (const auto& column : table.columns) {
    if (column.definition.Generated() && reads_column(column.definition.GeneratedExpression(), name))
      readers += (readers.empty() ? "" : ", ") + column.name();
  }
  if (readers.empty()) return {};
  return fail(ddl_error("Cannot rename column, because column '" + name + "' has a generated column dependency on :[" +
                        readers + "]"));
}

Status check_dropped_column(const TableDefinition& table, const TableColumn& column) {
  if (table.columns.size() == 1)
    return fail(sql_error(Code::kInvalidArgument, 1090,
                          "You can't delete all columns with ALTER TABLE; use DROP TABLE instead"));
  if (!has_model(table)) return {};
  if (holds(table.model.partition_columns, column.name()))
    return fail(ddl_error("Partition column[" + column.name() + "] cannot be dropped"));
  if (distributes(table, column.name()))
    return fail(ddl_error("Distribution column[" + column.name() + "] cannot be dropped"));
  if (const std::string* sequence = table.model.property("function_column.sequence_col");
      sequence && table.model.keys == KeyModel::kUnique && StringUtil::CIEquals(*sequence, column.name())) {
    return fail(ddl_error("Can not drop sequence mapping column[" + column.name() + "] in Unique data model table[" +
                          table.name + "]"));
  }
  TRY(check_kept_views(table, column.name()));
  if (!is_key(column)) return {};
  if (table.model.keys == KeyModel::kUnique)
    return fail(ddl_error("Can not drop key column in Unique data model table"));
  if (table.model.keys == KeyModel::kAggregate) {
    for (const auto& other : table.columns) {
      const std::string aggregation = other.model().aggregation;
      if (aggregation == "REPLACE" || aggregation == "REPLACE_IF_NOT_NULL") {
        return fail(ddl_error("Can not drop key column when table has value column with REPLACE aggregation method"));
      }
    }
  }
  const auto keys = std::ranges::count_if(table.columns, is_key);
  if (keys == 1 && table.model.keys != KeyModel::kDuplicate)
    return fail(ddl_error("The last key column " + column.name() + " cannot be dropped"));
  return {};
}

Status check_changed_column(const TableDefinition& table, const TableColumn& old, const TableColumn& changed) {
  const kernel::ColumnModel before = old.model();
  const kernel::ColumnModel after = changed.model();
  if (before.auto_increment != after.auto_increment)
    return fail(ddl_error("Can't modify the column[" + old.name() + "]'s auto-increment attribute."));
  if (!has_model(table)) return {};
  const auto& from = old.definition.Type();
  const auto& to = changed.definition.Type();
  if (from != to) {
    if (holds(table.model.partition_columns, old.name()))
      return fail(ddl_error("Can not modify partition column[" + old.name() + "]"));
    if (distributes(table, old.name()))
      return fail(ddl_error("Can not modify distribution column[" + old.name() + "]"));
    if (!may_become(from, to)) {
      return fail(ddl_error("Can not change " + functions::type_name(from) + " to " + functions::type_name(to)));
    }
  }
  if (from.id() == LogicalTypeId::VARCHAR && to.id() == LogicalTypeId::VARCHAR && after.max_bytes > 0 &&
      (before.max_bytes == 0 || before.max_bytes > after.max_bytes)) {
    return fail(ddl_error("Shorten type length is prohibited, srcType=" +
                          (before.type.empty() ? "string" : before.type) + ", dstType=" + after.type));
  }
  if (!old.not_null && changed.not_null)
    return fail(ddl_error("Can not change from nullable to non-nullable: " + old.name()));
  if (!before.key && after.key) return fail(ddl_error("Can not change column " + old.name() + " from value to key"));
  if (table.model.keys == KeyModel::kUnique && !after.aggregation.empty())
    return fail(ddl_error("Can not assign aggregation method on column in Unique data model table: " + old.name()));
  if (table.model.keys == KeyModel::kDuplicate && !after.aggregation.empty())
    return fail(ddl_error("Can not assign aggregation method on column in Duplicate data model table: " + old.name()));
  if (table.model.keys == KeyModel::kAggregate && before.key && !after.aggregation.empty())
    return fail(ddl_error("Can not change column " + old.name() + " from key to value"));
  if (table.model.keys == KeyModel::kAggregate && !before.key && before.aggregation != after.aggregation)
    return fail(ddl_error("Can not change aggregation type of column " + old.name()));
  return {};
}

Status check_order(const TableDefinition& table, const std::vector<TableColumn>& columns) {
  if (!has_model(table)) return {};
  bool values = false;
  for (const auto& column : columns) {
    const bool key = is_key(column);
    if (key && values) return fail(ddl_error("Invalid column order. key should before all values: " + column.name()));
    values |= !key;
  }
  return {};
}

namespace {

// Whether the first of `columns` are the table's keys in their order, as far as both go.
bool begins_with_keys(const TableDefinition& table, const std::vector<std::string>& columns) {
  for (size_t i = 0; i < columns.size() && i < table.columns.size(); ++i) {
    if (is_key(table.columns[i]) && !StringUtil::CIEquals(columns[i], table.columns[i].name())) return false;
  }
  return true;
}

Status check_merging_rollup(const TableDefinition& table, const std::vector<std::string>& columns) {
  const bool unique = table.model.keys == KeyModel::kUnique;
  bool replaces = unique;
  size_t keys = 0;
  size_t values = 0;
  for (const std::string& name : columns) {
    const TableColumn* column = column_of(table, name);
    if (!column) return fail(ddl_error("Column[" + name + "] does not exist"));
    if (!is_key(*column)) {
      ++values;
      replaces = replaces || column->model().aggregation.starts_with("REPLACE");
      continue;
    }
    if (values > 0) return fail(ddl_error("Invalid column order. value should be after key: " + name));
    ++keys;
  }
  if (keys == 0) return fail(ddl_error("No key column is found"));
  const auto all = static_cast<size_t>(std::ranges::count_if(table.columns, is_key));
  if (replaces && keys != all) {
    return fail(ddl_error(unique ? "Rollup should contains all unique keys in basetable"
                                 : "Rollup should contains all keys if there is a REPLACE value"));
  }
  if (keys == all && begins_with_keys(table, columns)) {
    return fail(ddl_error(
        "Rollup contains all keys in base table with same order for aggregation or unique table is useless."));
  }
  return {};
}

Status check_duplicate_rollup(const TableDefinition& table, const std::vector<std::string>& columns,
                              const std::vector<std::string>& keys) {
  if (keys.size() > columns.size())
    return fail(ddl_error("Num of duplicate keys should less than or equal to num of rollup columns."));
  for (size_t i = 0; i < columns.size(); ++i) {
    if (i < keys.size() && !StringUtil::CIEquals(columns[i], keys[i]))
      return fail(ddl_error("Duplicate keys should be the prefix of rollup columns"));
  }
  if (keys.empty()) {
    const TableColumn* first = column_of(table, columns[0]);
    const auto type = first ? first->definition.Type().id() : LogicalTypeId::INVALID;
    if (type == LogicalTypeId::FLOAT || type == LogicalTypeId::DOUBLE)
      return fail(ddl_error("The first column could not be float or double"));
  }
  if (!begins_with_keys(table, columns)) return {};
  return fail(
      ddl_error("Rollup contain the columns of the base table in prefix order for duplicate table is useless."));
}

}  // namespace

Status check_rollup(const TableDefinition& table, const std::vector<std::string>& columns,
                    const std::vector<std::string>& keys) {
  std::vector<std::string> seen;
  for (const std::string& name : columns) {
    if (holds(seen, name)) return fail(ddl_error("Duplicate column name " + name));
    seen.push_back(name);
  }
  if (const std::string* row_store = table.model.property("store_row_column");
      row_store && StringUtil::CIEquals(*row_store, "true")) {
    return fail(ddl_error("RowStore table can't create materialized view."));
  }
  switch (table.model.keys) {
    case KeyModel::kNone:
      return {};
    case KeyModel::kDuplicate:
      return check_duplicate_rollup(table, columns, keys);
    case KeyModel::kUnique:
    case KeyModel::kAggregate:
      return check_merging_rollup(table, columns);
  }
  return {};
}

Status check_properties(const TableDefinition& table) {
  if (std::string reason = kernel::refused_property(table.model); !reason.empty()) return fail(ddl_error(reason));
  for (const std::string& name : kernel::bloom_columns(table.model)) {
    const TableColumn* column = column_of(table, name);
    if (!column) return fail(ddl_error("Bloom filter column does not exist in table. invalid column: " + name));
    const std::string reason =
        kernel::refused_bloom_column(table.model, name, column->definition.Type(), is_key(*column));
    if (!reason.empty()) return fail(ddl_error(reason));
  }
  return {};
}

Status check_new_index(const TableDefinition& table, const std::string& name, const std::vector<std::string>& columns,
                       const std::vector<std::pair<std::string, std::string>>& properties) {
  for (const std::string& column : columns) {
    const TableColumn* found = column_of(table, column);
    if (table.model.keys == KeyModel::kAggregate && found && !is_key(*found))
      return fail(ddl_error(
          "index should only be used in columns of DUP_KEYS/UNIQUE_KEYS table or key columns of AGG_KEYS table. "
          "invalid index: " +
          name));
  }
  const bool parsed = std::ranges::any_of(properties, [](const auto& property) {
    return StringUtil::CIEquals(property.first, "parser") && !StringUtil::CIEquals(property.second, "none");
  });
  if (!parsed || table.model.keys != KeyModel::kUnique || kernel::merges_on_write(table.model)) return {};
  for (const std::string& column : columns) {
    if (const TableColumn* found = column_of(table, column); found && !is_key(*found)) {
      return fail(ddl_error(
          "INVERTED index with parser can NOT be used in value columns of UNIQUE_KEYS table with merge_on_write "
          "disable. invalid index: " +
          name));
    }
  }
  return {};
}

Status check_on_view(const dialect::AlterTableStatement::Clause& clause) {
  using What = dialect::AlterTableStatement::What;
  switch (clause.what) {
    case What::kAddColumn:
    case What::kDropColumn:
    case What::kModifyColumn:
    case What::kRenameColumn:
    case What::kOrderColumns:
    case What::kColumnDefault:
    case What::kColumnComment:
    case What::kRenameTable:
    case What::kReplaceWith:
    case What::kEngine:
      return fail(ddl_error("Not allowed to perform current operation on async materialized view"));
    case What::kProperties:
      for (const auto& [key, value] : clause.properties) {
        if (key.starts_with("dynamic_partition."))
          return fail(ddl_error("Not support dynamic partition properties on async materialized view"));
      }
      return {};
    default:
      return {};
  }
}

size_t place_of_new_column(const TableDefinition& table, const TableColumn& column) {
  size_t hidden = table.columns.size();
  while (hidden > 0 && table.columns[hidden - 1].model().hidden) --hidden;
  if (!has_model(table) || !is_key(column)) return hidden;
  size_t after_keys = 0;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (is_key(table.columns[i])) after_keys = i + 1;
  }
  return after_keys;
}

void keep_unwritten(const TableColumn& old, TableColumn& changed) {
  const kernel::ColumnModel before = old.model();
  kernel::ColumnModel after = changed.model();
  if (after.comment.empty()) after.comment = before.comment;
  after.key |= before.key;
  if (after.aggregation.empty() && !after.key) after.aggregation = before.aggregation;
  after.hidden = before.hidden;
  after.sequence = before.sequence;
  changed.definition.SetComment(kernel::encode(after));
  if (after.auto_increment && old.definition.HasDefaultValue() && !changed.definition.HasDefaultValue())
    changed.definition.SetDefaultValue(old.definition.DefaultValue().Copy());
}

duckdb::unique_ptr<duckdb::ParsedExpression> zero_of(const duckdb::LogicalType& type) {
  duckdb::Value zero;
  if (type.IsNumeric())
    zero = duckdb::Value::Numeric(duckdb::LogicalType::INTEGER, 0);
  else if (type.id() == LogicalTypeId::VARCHAR && !type.IsJSONType())
    zero = duckdb::Value("");
  else if (type.id() == LogicalTypeId::BOOLEAN)
    zero = duckdb::Value::BOOLEAN(false);
  else
    return nullptr;
  return duckdb::make_uniq<duckdb::ConstantExpression>(std::move(zero));
}

}  // namespace sluice::session
