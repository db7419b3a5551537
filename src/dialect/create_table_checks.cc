// SPDX-License-Identifier: Apache-2.0
// What Doris refuses of a CREATE TABLE whose keys are known: names, lengths, defaults, aggregation, distribution,
// partition columns, indexes.
#include <algorithm>
#include <charconv>

#include "dialect/create_table_parts.h"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "functions/text_tokens.h"
#include "functions/type_names.h"
#include "functions/types.h"
#include "kernel/index_line.h"
#include "kernel/sequence_column.h"
#include "kernel/table_properties.h"

namespace sluice::dialect {
namespace {

using duckdb::LogicalTypeId;
using duckdb::StringUtil;

constexpr size_t kMostTableName = 64;
constexpr size_t kMostColumnName = 256;
constexpr size_t kMostIndexName = 64;
constexpr uint64_t kMostChar = 255;
constexpr uint64_t kMostVarchar = 65533;

// Empty: nothing is wrong.
using Reason = std::string;

bool is_floating(const duckdb::LogicalType& type) {
  return type.id() == LogicalTypeId::FLOAT || type.id() == LogicalTypeId::DOUBLE;
}

// STRING, without a length.
bool is_string(const duckdb::LogicalType& type, const kernel::ColumnModel& model) {
  return functions::is_text(type) && model.type.empty();
}

Reason check_length(const std::string& declared) {
  const size_t open = declared.find('(');
  if (open == std::string::npos) return {};
  const std::string kind = StringUtil::Lower(declared.substr(0, open));
  if (kind != "char" && kind != "varchar") return {};
  uint64_t length = 0;
  const char* first = declared.data() + open + 1;
  const auto end = std::from_chars(first, declared.data() + declared.size(), length);
  if (end.ec != std::errc() && end.ec != std::errc::result_out_of_range) return {};  // varchar(*)
  if (end.ec == std::errc::result_out_of_range) length = UINT64_MAX;
  const uint64_t most = kind == "char" ? kMostChar : kMostVarchar;
  if (length >= 1 && length <= most) return {};
  return (kind == "char" ? "Char" : "Varchar") + std::string(" size must be <= ") + std::to_string(most) +
         " and > 0: " + declared;
}

Reason check_default(const duckdb::ColumnDefinition& column, bool not_null) {
  if (column.Generated() || !column.HasDefaultValue()) return {};
  const auto& expression = column.DefaultValue();
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::CONSTANT) return {};
  const duckdb::Value& value = expression.Cast<duckdb::ConstantExpression>().value;
  const duckdb::LogicalType& type = column.Type();
  if (value.IsNull()) {
    if (not_null) return "Can not set null default value to non nullable column: " + column.Name();
    return {};
  }
  if (functions::is_json(type)) return "Json or Variant type column default value just support null";
  if (type.id() == LogicalTypeId::MAP) return "Map type column default value just support null";
  if (type.id() == LogicalTypeId::STRUCT) return "Struct type column default value just support null";
  if (type.id() == LogicalTypeId::LIST && value.type().id() == LogicalTypeId::VARCHAR && value.ToString() != "[]")
    return "Array type column default value only support null or []";
  duckdb::Value converted;
  std::string ignored;
  if (functions::is_number(type) && !value.DefaultTryCastAs(type, converted, &ignored))
    return "Invalid number format: " + value.ToString() + " as the default of column " + column.Name();
  return {};
}

// Elements of arrays, maps and structs have an order and a text, which these have not, or none that stays.
Reason check_nested(const duckdb::LogicalType& type) {
  const auto refused = [](const char* outer, const duckdb::LogicalType& inner) -> Reason {
    if (functions::is_object(inner) || functions::is_json(inner))
      return std::string(outer) + " unsupported sub-type: " + functions::type_name(inner);
    return check_nested(inner);
  };
  if (functions::is_aggregate_state(type)) return {};  // the arguments of its function
  switch (type.id()) {
    case LogicalTypeId::LIST:
      return refused("ARRAY", duckdb::ListType::GetChildType(type));
    case LogicalTypeId::MAP: {
      Reason key = refused("MAP", duckdb::MapType::KeyType(type));
      return key.empty() ? refused("MAP", duckdb::MapType::ValueType(type)) : key;
    }
    case LogicalTypeId::STRUCT:
      for (const auto& field : duckdb::StructType::GetChildTypes(type)) {
        if (Reason reason = refused("STRUCT", field.second); !reason.empty()) return reason;
      }
      return {};
    default:
      return {};
  }
}

Reason check_aggregation(const duckdb::ColumnDefinition& column, const kernel::ColumnModel& model, bool not_null) {
  const std::string& how = model.aggregation;
  const duckdb::LogicalType& type = column.Type();
  const bool fits = how == "SUM"              ? functions::is_number(type)
                    : how == "BITMAP_UNION"   ? functions::is_bitmap(type)
                    : how == "HLL_UNION"      ? functions::is_hll(type)
                    : how == "QUANTILE_UNION" ? functions::is_quantile_state(type)
                                              : true;
  if (!fits && !StringUtil::StartsWith(StringUtil::Upper(type.GetAlias()), "DECIMAL256"))
    return "Aggregate type " + how + " is not compatible with primitive type " +
           (model.type.empty() ? StringUtil::Lower(type.ToString()) : model.type);
  if (how == "REPLACE_IF_NOT_NULL" && not_null)
    return "REPLACE_IF_NOT_NULL column must be nullable, maybe should use REPLACE, column:" + column.Name();
  return {};
}

// Which column with AUTO_INCREMENT an expression reads; empty: none.
std::string numbered_column(const TableParts& table, const duckdb::ParsedExpression& expression) {
  if (expression.GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF) {
    const std::string& name = expression.Cast<duckdb::ColumnRefExpression>().GetColumnName();
    if (!table.info->columns.ColumnExists(name)) return {};
    return kernel::decode_column(table.info->columns.GetColumn(name).Comment()).auto_increment ? name : std::string();
  }
  std::string found;
  duckdb::ParsedExpressionIterator::EnumerateChildren(expression, [&](const duckdb::ParsedExpression& child) {
    if (found.empty()) found = numbered_column(table, child);
  });
  return found;
}

Reason check_time(const duckdb::LogicalType& type) {
  if (type.id() != LogicalTypeId::TIME && type.id() != LogicalTypeId::INTERVAL) return {};
  return "Time type is not supported for olap table";
}

Reason check_columns(const TableParts& table) {
  for (const auto& column : table.info->columns.Logical()) {
    if (column.Name().empty() || column.Name().size() > kMostColumnName || column.Name().ends_with(' '))
      return "Incorrect column name '" + column.Name() + "'";
    const auto model = kernel::decode_column(column.Comment());
    const bool not_null = table.not_null.contains(StringUtil::Lower(column.Name()));
    if (column.Generated() && !numbered_column(table, column.GeneratedExpression()).empty())
      return "Generated column '" + column.Name() + "' cannot refer to auto-increment column.";
    if (column.Generated() && !model.aggregation.empty() && !model.aggregation.starts_with("REPLACE"))
      return "The generated columns can be key columns, or value columns of replace and replace_if_not_null "
             "aggregation type.";
    if (model.now_on_update && table.doris && !kernel::merges_on_write(table.model))
      return "'ON UPDATE CURRENT_TIMESTAMP' is only supportted in unique table with merge-on-write enabled.";
    for (const Reason& reason : {check_length(model.type), check_default(column, not_null), check_time(column.Type()),
                                 check_nested(column.Type()), check_aggregation(column, model, not_null)}) {
      if (!reason.empty()) return reason;
    }
  }
  return {};
}

// HASH(`k`) BUCKETS 3
Reason check_distribution(const TableParts& table) {
  const std::string upper = StringUtil::Upper(table.model.distribution);
  const auto& columns = table.info->columns;
  const auto keys = table.model.keys;
  if (const size_t at = upper.find("BUCKETS 0"); at != std::string::npos && at + 9 == upper.size())
    return "Buckets number of hash distribution should be greater than zero.";
  if (upper.starts_with("RANDOM")) {
    if (keys == kernel::KeyModel::kUnique) return "Should not be distributed by random when keys type is unique";
    for (const auto& column : columns.Logical()) {
      const std::string how = kernel::decode_column(column.Comment()).aggregation;
      if (keys == kernel::KeyModel::kAggregate && how.starts_with("REPLACE"))
        return "Should not be distributed by random when keys type is aggregate and a column is in replace, [" +
               column.Name() + "] is invalid";
    }
    return {};
  }
  if (!upper.starts_with("HASH")) return {};
  for (const std::string& name : kernel::index_of(table.model.distribution).columns) {
    if (!columns.ColumnExists(name)) return "Distribution column(" + name + ") doesn't exist.";
    const auto& column = columns.GetColumn(name);
    const auto model = kernel::decode_column(column.Comment());
    if (keys != kernel::KeyModel::kDuplicate && !model.key)
      return "Distribution column[" + name + "] is not key column";
    if (is_floating(column.Type()))
      return "Floating point type should not be used in distribution column[" + name + "]";
    if (column.Type().IsNested() || functions::is_json(column.Type()) || functions::is_object(column.Type()))
      return "Complex type should not be used in distribution column[" + name + "]";
  }
  return {};
}

Reason check_partition_type(kernel::PartitionKind kind, const duckdb::ColumnDefinition& column,
                            const kernel::ColumnModel& model) {
  const bool range = kind == kernel::PartitionKind::kRange;
  const duckdb::LogicalType& type = column.Type();
  std::string name;
  if (type.id() == LogicalTypeId::DECIMAL) {
    const uint8_t width = duckdb::DecimalType::GetWidth(type);
    name = width <= 9 ? "DECIMAL32" : width <= 18 ? "DECIMAL64" : "DECIMAL128I";
  }
  if (range && type.id() == LogicalTypeId::BOOLEAN) name = "BOOLEAN";
  if (range && functions::is_text(type)) name = model.type.starts_with("char") ? "CHAR" : "VARCHAR";
  if (name.empty()) return {};
  return "Column[" + column.Name() + "] type[" + name + "] cannot be a " + (range ? "range" : "list") +
         " partition key";
}

Reason check_partition_columns(const TableParts& table) {
  if (table.model.partitioned == kernel::PartitionKind::kNone) return {};
  std::set<std::string> seen;
  for (const std::string& name : table.model.partition_columns) {
    if (!table.info->columns.ColumnExists(name)) continue;  // said elsewhere
    if (!seen.insert(StringUtil::Lower(name)).second) return "Duplicated partition column " + name;
    const auto& column = table.info->columns.GetColumn(name);
    const auto model = kernel::decode_column(column.Comment());
    if (is_floating(column.Type())) return "Floating point type column can not be partition column: " + name;
    if (is_string(column.Type(), model)) return "String Type should not be used in partition column[" + name + "].";
    if (column.Type().IsNested() || functions::is_json(column.Type()) || functions::is_object(column.Type()))
      return "Complex type column can't be partition column: " + name;
    if (Reason reason = check_partition_type(table.model.partitioned, column, model); !reason.empty()) return reason;
    if (table.model.keys != kernel::KeyModel::kDuplicate && !model.key)
      return "Merge-on-Write table's partition column must be KEY column: the partition column " + name +
             " could not be aggregated column or a value column";
  }
  return {};
}

Reason check_index(const TableParts& table, const kernel::IndexLine& index) {
  if (index.name.size() > kMostIndexName) return "index name too long, the index name length at most is 64.";
  if (index.kind != "INVERTED" && index.kind != "BITMAP" && index.kind != "NGRAM_BF" && index.kind != "BTREE" &&
      index.kind != "HASH") {
    return "unknown index type " + index.kind;
  }
  if (index.columns.size() != 1 && index.kind != "BTREE" && index.kind != "HASH")
    return index.kind + " index can only apply to a single column.";
  for (const std::string& name : index.columns) {
    if (!table.info->columns.ColumnExists(name)) return "Column does not exist in table. invalid column: " + name;
    const auto& column = table.info->columns.GetColumn(name);
    const duckdb::LogicalType& type = column.Type();
    const auto model = kernel::decode_column(column.Comment());
    if (type.id() == LogicalTypeId::MAP || type.id() == LogicalTypeId::STRUCT || functions::is_object(type))
      return type.ToString() + " is not supported in " + index.kind + " index. invalid index: " + index.name;
    if (table.model.keys == kernel::KeyModel::kAggregate && !model.key)
      return "index should only be used in columns of DUP_KEYS/UNIQUE_KEYS table or key columns of AGG_KEYS table. "
             "invalid index: " +
             index.name;
    for (const auto& [key, value] : index.properties) {
      if (!StringUtil::CIEquals(key, "parser")) continue;
      if (!functions::text_parser(value)) return "Invalid inverted index 'parser' value '" + value + "'";
      const bool text = functions::is_text(type) || functions::is_json(type);
      if (!StringUtil::CIEquals(value, "none") && table.model.keys == kernel::KeyModel::kUnique && !model.key &&
          !kernel::merges_on_write(table.model)) {
        return "INVERTED index with parser can NOT be used in value columns of UNIQUE_KEYS table with merge_on_write "
               "disable. invalid index: " +
               index.name;
      }
      if (!text && !StringUtil::CIEquals(value, "none"))
        return "INVERTED index with parser: " + value + " is not supported for column: " + name + " of type " +
               type.ToString();
    }
  }
  return {};
}

Reason check_indexes(const TableParts& table) {
  std::set<std::string> names;
  for (const std::string& line : table.model.indexes) {
    const kernel::IndexLine index = kernel::index_of(line);
    if (Reason reason = check_index(table, index); !reason.empty()) return reason;
    if (!index.name.empty() && !names.insert(StringUtil::Lower(index.name)).second) return "index name must be unique.";
  }
  return {};
}

// The properties of tables that Doris knows; those that begin with one of kPropertyFamilies besides.
constexpr std::string_view kProperties[] = {
    "_auto_bucket",
    "auto_analyze_policy",
    "auto_bucket",
    "bloom_filter_columns",
    "bloom_filter_fpp",
    "colocate_with",
    "compaction_policy",
    "compression",
    "data_base_time_ms",
    "data_sort.col_num",
    "data_sort.sort_type",
    "disable_auto_compaction",
    "distribution_type",
    "enable_duplicate_without_keys_by_default",
    "enable_mow_light_delete",
    "enable_single_replica_compaction",
    "enable_unique_key_merge_on_write",
    "enable_unique_key_skip_bitmap_column",
    "estimate_partition_size",
    "file_cache_ttl_seconds",
    "group_commit_data_bytes",
    "group_commit_interval_ms",
    "group_commit_mode",
    "in_memory",
    "inverted_index_storage_format",
    "is_being_synced",
    "light_schema_change",
    "min_load_replica_num",
    "mutable",
    "partition.retention_count",
    "replication_allocation",
    "replication_num",
    "row_store_columns",
    "row_store_page_size",
    "schema_version",
    "short_key",
    "skip_write_index_on_load",
    "storage_cooldown_time",
    "storage_dict_page_size",
    "storage_format",
    "storage_medium",
    "storage_page_size",
    "storage_policy",
    "storage_type",
    "storage_vault_name",
    "store_row_column",
    "tablet_type",
    "tde_algorithm",
    "version_info",
};
constexpr std::string_view kPropertyFamilies[] = {
    "binlog.",  "dynamic_partition.",  "function_column.", "tag.location", "time_series_compaction_",
    "variant_", "vertical_compaction_"};

bool is_property(const std::string& name) {
  return std::ranges::find(kProperties, std::string_view(name)) != std::end(kProperties) ||
         std::ranges::any_of(kPropertyFamilies, [&](std::string_view family) { return name.starts_with(family); });
}

Reason check_properties(const TableParts& table) {
  std::string unknown;
  for (const auto& [name, value] : table.model.properties) {
    if (!is_property(name)) unknown += (unknown.empty() ? "" : ", ") + name + "=" + value;
  }
  if (!unknown.empty()) return "Unknown properties: {" + unknown + "}";
  if (Reason reason = kernel::refused_property(table.model); !reason.empty()) return reason;
  for (const std::string& name : kernel::bloom_columns(table.model)) {
    if (!table.info->columns.ColumnExists(name))
      return "Bloom filter column does not exist in table. invalid column: " + name;
    const auto& column = table.info->columns.GetColumn(name);
    const bool key = kernel::decode_column(column.Comment()).key;
    if (Reason reason = kernel::refused_bloom_column(table.model, name, column.Type(), key); !reason.empty())
      return reason;
  }
  return {};
}

// How many columns of CLUSTER BY Doris' index of short keys has: as the property says, else up to three of at most 36
// bytes, up to the first text.
size_t short_key_count(const TableParts& table) {
  constexpr size_t kMostColumns = 3;
  constexpr size_t kMostBytes = 36;
  const auto& names = table.model.cluster_by;
  if (const std::string* written = table.model.property("short_key")) {
    size_t count = 0;
    std::from_chars(written->data(), written->data() + written->size(), count);
    return std::min(count, names.size());
  }
  size_t count = 0;
  size_t bytes = 0;
  while (count < std::min(names.size(), kMostColumns)) {
    const auto& type = table.info->columns.GetColumn(names[count]).Type();
    bytes += duckdb::GetTypeIdSize(type.InternalType());
    if (bytes > kMostBytes) break;
    ++count;
    if (type.id() == LogicalTypeId::VARCHAR) break;
  }
  return count;
}

// CLUSTER BY
Reason check_cluster_keys(const TableParts& table) {
  std::set<std::string> seen;
  bool same = !table.model.cluster_by.empty();
  for (size_t i = 0; i < table.model.cluster_by.size(); ++i) {
    const std::string& name = table.model.cluster_by[i];
    if (!table.info->columns.ColumnExists(name)) return "Cluster key column[" + name + "] doesn't exist";
    if (!seen.insert(StringUtil::Lower(name)).second) return "Duplicate cluster key column[" + name + "]";
    const auto& type = table.info->columns.GetColumn(name).Type();
    if (type.IsNested() || functions::is_json(type) || functions::is_object(type) || is_floating(type))
      return functions::type_name(type) + " type should not be used in key column[" + name + "]";
    same &= i >= table.model.key_order.size() || StringUtil::CIEquals(name, table.model.key_order[i]);
  }
  if (same) return "Unique keys and cluster keys should be different";
  const size_t count = short_key_count(table);
  if (count == 0 || count > table.model.key_order.size()) return {};
  for (size_t i = 0; i < count; ++i) {
    if (!StringUtil::CIEquals(table.model.cluster_by[i], table.model.key_order[i])) return {};
  }
  return std::to_string(count) + " short keys is a part of unique keys";
}

// The column whose numbers the server gives.
Reason check_auto_increment(const TableParts& table) {
  size_t count = 0;
  for (const auto& column : table.info->columns.Logical()) {
    if (!kernel::decode_column(column.Comment()).auto_increment) continue;
    if (table.model.keys == kernel::KeyModel::kAggregate)
      return "the auto increment is only supported in duplicate table and unique table.";
    if (column.Type().id() != LogicalTypeId::BIGINT) return "the auto increment must be BIGINT type.";
    if (!table.not_null.contains(StringUtil::Lower(column.Name())))
      return "the auto increment column should be NOT NULL.";
    if (!column.Generated() && column.HasDefaultValue()) return "the auto increment column can't have default value.";
    if (++count > 1) return "there can be at most one auto increment column in OlapTable.";
  }
  return {};
}

Reason check_sequence(const TableParts& table) { return kernel::refused_sequence(table.model, table.info->columns); }

}  // namespace

Parsed<void> check_table_properties(ParseContext& c, const TableParts& table) {
  if (table.model.property(kernel::kSequenceTypeProperty))
    return c.unsupported("function_column.sequence_type in CREATE TABLE .. AS");
  const Reason reason = check_properties(table);
  if (reason.empty()) return {};
  return c.failure(sql_error(Code::kInvalidArgument, 1105, "errCode = 2, detailMessage = " + reason));
}

Parsed<void> check_table(ParseContext& c, const TableParts& table) {
  const auto refuse = [&](const Reason& reason) {
    return c.failure(sql_error(Code::kInvalidArgument, 1105, "errCode = 2, detailMessage = " + reason));
  };
  if (table.info->table.size() > kMostTableName) {
    return refuse("Incorrect table name '" + table.info->table + "'. Table name length is limited to " +
                  std::to_string(kMostTableName));
  }
  for (const auto check : {check_columns, check_distribution, check_partition_columns, check_indexes, check_properties,
                           check_cluster_keys, check_auto_increment, check_sequence}) {
    if (const Reason reason = check(table); !reason.empty()) return refuse(reason);
  }
  return {};
}

}  // namespace sluice::dialect
