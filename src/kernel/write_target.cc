// SPDX-License-Identifier: Apache-2.0
#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/parser/constraints/not_null_constraint.hpp"
#include "duckdb/parser/constraints/unique_constraint.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "functions/decimal256.h"
#include "kernel/insert_batch.h"

namespace sluice::kernel {

using duckdb::Value;

duckdb::TableCatalogEntry* find_table(duckdb::ClientContext& context, const std::string& catalog,
                                      const std::string& schema, const std::string& name) {
  const duckdb::EntryLookupInfo lookup(duckdb::CatalogType::TABLE_ENTRY, name);
  auto entry = duckdb::Catalog::GetEntry(context, catalog, schema, lookup, duckdb::OnEntryNotFound::RETURN_NULL);
  if (!entry || entry->type != duckdb::CatalogType::TABLE_ENTRY) return nullptr;
  return &entry->Cast<duckdb::TableCatalogEntry>();
}

bool has_model(duckdb::TableCatalogEntry& table) {
  if (is_encoded(table.comment)) return true;
  for (const auto& column : table.GetColumns().Logical()) {
    // The kernel knows no conversion into a DECIMAL256.
    if (is_encoded(column.Comment()) || functions::is_decimal256(column.Type())) return true;
  }
  return false;
}

namespace {

// Whether an expression reads no generated columns, which rows that are written do not have.
bool reads_stored_columns(duckdb::TableCatalogEntry& table, const duckdb::ParsedExpression& expression) {
  if (expression.GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF) {
    const std::string& name = expression.Cast<duckdb::ColumnRefExpression>().GetColumnName();
    return table.ColumnExists(name) && !table.GetColumn(name).Generated();
  }
  bool stored = true;
  duckdb::ParsedExpressionIterator::EnumerateChildren(expression, [&](const duckdb::ParsedExpression& child) {
    stored = stored && reads_stored_columns(table, child);
  });
  return stored;
}

}  // namespace

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
    if (column.Generated()) {
      if (target.model.note("not_null", column.Name()) && reads_stored_columns(table, column.GeneratedExpression()))
        target.never_null.emplace_back(column.Name(), column.GeneratedExpression().Copy());
      continue;
    }
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

NamedPartitions take_partitions(duckdb::TableRef* ref) {
  NamedPartitions result;
  if (!ref || ref->type != duckdb::TableReferenceType::BASE_TABLE) return result;
  result.names.assign(ref->column_name_alias.begin(), ref->column_name_alias.end());
  ref->column_name_alias.clear();
  result.temporary = !result.names.empty() && result.names.front() == kTemporaryPartitions;
  if (result.temporary) result.names.erase(result.names.begin());
  return result;
}

namespace {

// n of "datetime(n)".
int32_t fraction_digits(const std::string& declared) {
  constexpr std::string_view kDatetime = "datetime(";
  return declared.starts_with(kDatetime) ? declared[kDatetime.size()] - '0' : kMostFractionDigits;
}

}  // namespace

ExprPtr converted_for(KeyModel keys, const WriteColumn& column, ExprPtr value, const WriteRules& rules) {
  if (keys == KeyModel::kNone && !functions::is_decimal256(column.type)) return cast(std::move(value), column.type);
  // A moment rounds to the digits of its column, where the kernel has a type that does.
  duckdb::LogicalType type = column.type;
  if (type.id() == duckdb::LogicalTypeId::TIMESTAMP) {
    if (column.model.type.empty()) type = duckdb::LogicalType::TIMESTAMP_S;
    if (column.model.type == "datetime(3)") type = duckdb::LogicalType::TIMESTAMP_MS;
  }
  const char* how = column.model.type == "variant" ? kInsertVariant : rules.strict ? kInsertValue : kInsertValueOrNull;
  value = doris_call(how, arguments_of(std::move(value), constant(duckdb::Value(type))));
  if (type != column.type) return cast(std::move(value), column.type);
  const int32_t digits = fraction_digits(column.model.type);
  if (type.id() != duckdb::LogicalTypeId::TIMESTAMP || digits == kMostFractionDigits) return value;
  return doris_call(kRoundMoment, arguments_of(std::move(value), constant(duckdb::Value::INTEGER(digits))));
}

}  // namespace sluice::kernel
