// SPDX-License-Identifier: Apache-2.0
#include "functions/type_names.h"

#include "functions/types.h"

#include "base/sql_text.h"
#include "functions/decimal256.h"
#include "functions/decimalv2.h"

namespace sluice::functions {
namespace {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;

// The largest text that one value can have, as MySQL's LONGTEXT tells it.
constexpr int64_t kMaxTextBytes = 4294967295;

std::string enum_name(const LogicalType& type) {
  std::string name = "enum(";
  for (size_t i = 0; i < duckdb::EnumType::GetSize(type); ++i) {
    if (i > 0) name += ',';
    name += quoted_string(duckdb::EnumType::GetString(type, i).GetString());
  }
  return name + ")";
}

std::string struct_name(const LogicalType& type) {
  std::string name = "struct<";
  const auto& fields = duckdb::StructType::GetChildTypes(type);
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) name += ',';
    name += fields[i].first + ":" + type_name(fields[i].second);
  }
  return name + ">";
}

TypeFacts number(int64_t precision, int64_t scale = 0) {
  TypeFacts facts;
  facts.numeric_precision = precision;
  facts.numeric_scale = scale;
  return facts;
}

TypeFacts facts_without_name(const LogicalType& type) {
  TypeFacts facts;
  switch (type.id()) {
    case LogicalTypeId::BOOLEAN:
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::UTINYINT:
      return number(3);
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::USMALLINT:
      return number(5);
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::UINTEGER:
      return number(10);
    case LogicalTypeId::BIGINT:
      return number(19);
    case LogicalTypeId::UBIGINT:
      return number(20);
    case LogicalTypeId::HUGEINT:
    case LogicalTypeId::UHUGEINT:
      return number(39);
    case LogicalTypeId::DECIMAL:
      return number(duckdb::DecimalType::GetWidth(type), duckdb::DecimalType::GetScale(type));
    case LogicalTypeId::FLOAT:
      facts.numeric_precision = 12;
      return facts;
    case LogicalTypeId::DOUBLE:
      facts.numeric_precision = 22;
      return facts;
    case LogicalTypeId::TIMESTAMP_SEC:
      facts.datetime_precision = 0;
      return facts;
    case LogicalTypeId::TIMESTAMP_MS:
      facts.datetime_precision = 3;
      return facts;
    case LogicalTypeId::TIME:
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_TZ:
    case LogicalTypeId::TIMESTAMP_NS:
      facts.datetime_precision = 6;
      return facts;
    case LogicalTypeId::VARCHAR:
      if (type.IsJSONType()) return facts;
      facts.character_length = kMaxTextBytes;
      facts.octet_length = kMaxTextBytes;
      return facts;
    case LogicalTypeId::BLOB:
      if (is_decimal256(type)) return number(decimal_width(type), decimal_scale(type));
      facts.character_length = kMaxTextBytes;
      facts.octet_length = kMaxTextBytes;
      return facts;
    default:
      return facts;
  }
}

}  // namespace

std::string type_name(const LogicalType& type) {
  if (is_ipv4(type)) return "ipv4";
  if (is_ipv6(type)) return "ipv6";
  switch (type.id()) {
    case LogicalTypeId::BOOLEAN:
      return "boolean";
    case LogicalTypeId::TINYINT:
      return "tinyint";
    case LogicalTypeId::SMALLINT:
      return "smallint";
    case LogicalTypeId::INTEGER:
      return "int";
    case LogicalTypeId::BIGINT:
      return "bigint";
    case LogicalTypeId::HUGEINT:
      return "largeint";
    case LogicalTypeId::UTINYINT:
      return "tinyint unsigned";
    case LogicalTypeId::USMALLINT:
      return "smallint unsigned";
    case LogicalTypeId::UINTEGER:
      return "int unsigned";
    case LogicalTypeId::UBIGINT:
      return "bigint unsigned";
    case LogicalTypeId::UHUGEINT:
      return "largeint unsigned";
    case LogicalTypeId::FLOAT:
      return "float";
    case LogicalTypeId::DOUBLE:
      return "double";
    case LogicalTypeId::DECIMAL:
      return (is_decimalv2(type) ? "decimalv2(" : "decimal(") + std::to_string(duckdb::DecimalType::GetWidth(type)) +
             "," + std::to_string(duckdb::DecimalType::GetScale(type)) + ")";
    case LogicalTypeId::DATE:
      return "date";
    case LogicalTypeId::TIME:
    case LogicalTypeId::TIME_TZ:
    case LogicalTypeId::TIME_NS:
      return "time";
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_SEC:
    case LogicalTypeId::TIMESTAMP_NS:
    case LogicalTypeId::TIMESTAMP_TZ:
      return "datetime";
    case LogicalTypeId::TIMESTAMP_MS:
      return "datetime(3)";
    case LogicalTypeId::VARCHAR:
      return type.IsJSONType() ? "json" : "text";
    case LogicalTypeId::BLOB:
      if (is_decimal256(type)) {
        return "decimal(" + std::to_string(decimal_width(type)) + "," + std::to_string(decimal_scale(type)) + ")";
      }
      return type.HasAlias() ? duckdb::StringUtil::Lower(type.GetAlias()) : "blob";
    case LogicalTypeId::UUID:
      return "uuid";
    case LogicalTypeId::ENUM:
      return enum_name(type);
    case LogicalTypeId::LIST:
      return "array<" + type_name(duckdb::ListType::GetChildType(type)) + ">";
    case LogicalTypeId::ARRAY:
      return "array<" + type_name(duckdb::ArrayType::GetChildType(type)) + ">";
    case LogicalTypeId::MAP:
      return "map<" + type_name(duckdb::MapType::KeyType(type)) + "," + type_name(duckdb::MapType::ValueType(type)) +
             ">";
    case LogicalTypeId::STRUCT:
      return struct_name(type);
    default:
      return duckdb::StringUtil::Lower(type.ToString());
  }
}

TypeFacts type_facts(const LogicalType& type) {
  TypeFacts facts = facts_without_name(type);
  facts.data_type = type_name(type);
  facts.data_type.resize(std::min(facts.data_type.find_first_of("( <"), facts.data_type.size()));
  return facts;
}

}  // namespace sluice::functions
