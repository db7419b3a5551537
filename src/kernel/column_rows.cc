// SPDX-License-Identifier: Apache-2.0
#include "kernel/column_rows.h"

#include "functions/type_names.h"
#include "kernel/charsets.h"

namespace sluice::kernel {
namespace {

using duckdb::LogicalType;
using duckdb::Value;

Value text(std::string_view value) { return Value(std::string(value)); }
Value no_text() { return Value(LogicalType::VARCHAR); }
Value number(const std::optional<int64_t>& value) { return value ? Value::BIGINT(*value) : Value(LogicalType::BIGINT); }

// The number in the parentheses of "varchar(10)".
std::optional<int64_t> declared_size(const std::string& declared) {
  const size_t open = declared.find('(');
  if (open == std::string::npos) return std::nullopt;
  return std::atoll(declared.c_str() + open + 1);
}

// As type_facts(), by what was declared and in the words of MySQL, which clients map to their own types.
functions::TypeFacts column_type_facts(const ColumnFacts& column, std::string& column_type) {
  constexpr int64_t kMostCharacterBytes = 4;  // of utf8mb4
  functions::TypeFacts type = functions::type_facts(column.type);
  const auto size = declared_size(column_type);
  if (column_type.starts_with("varchar(") || column_type.starts_with("char(")) {
    type.data_type = column_type.substr(0, column_type.find('('));
    type.character_length = size;
    type.octet_length = *size * kMostCharacterBytes;
  } else if (column_type.starts_with("datetime") && column.type.id() != duckdb::LogicalTypeId::TIMESTAMP_TZ) {
    type.datetime_precision = size.value_or(0);
  } else if (column.type.id() == duckdb::LogicalTypeId::BOOLEAN) {
    type.data_type = "tinyint";
    column_type = "tinyint(1)";
  } else if (column.type.id() == duckdb::LogicalTypeId::HUGEINT) {
    type.data_type = "bigint unsigned";
  }
  // With MySQL's width of the display.
  constexpr std::pair<std::string_view, const char*> kWidths[] = {
      {"tinyint", "(4)"}, {"smallint", "(6)"}, {"int", "(11)"}, {"bigint", "(20)"}};
  for (const auto& [name, width] : kWidths) {
    if (column_type != name) continue;
    column_type += width;
    break;
  }
  return type;
}

}  // namespace

std::vector<duckdb::Value> column_row(const RelationFacts& relation, const ColumnFacts& column, size_t position) {
  std::string column_type = column.type_text();
  const functions::TypeFacts type = column_type_facts(column, column_type);
  const bool is_text = column.type.id() == duckdb::LogicalTypeId::VARCHAR && !column.type.IsJSONType();
  return {text("internal"),
          text(relation.database),
          text(relation.name),
          text(column.name),
          Value::BIGINT(static_cast<int64_t>(position)),
          column.default_value ? text(column.default_value->shown) : no_text(),
          text(column.nullable ? "YES" : "NO"),
          text(type.data_type),
          number(type.character_length),
          number(type.octet_length),
          number(type.numeric_precision),
          number(type.numeric_scale),
          number(type.datetime_precision),
          is_text ? text(kTableCharset) : no_text(),
          is_text ? text(kTableCollation) : no_text(),
          text(column_type),
          text(to_string(column.key)),
          text(column.generated.empty() ? "" : "VIRTUAL GENERATED"),
          text("select,insert,update,references"),
          text(column.comment),
          text(column.generated)};
}

}  // namespace sluice::kernel
