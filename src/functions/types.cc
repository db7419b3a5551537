// SPDX-License-Identifier: Apache-2.0
#include "functions/types.h"

#include "duckdb/main/extension/extension_loader.hpp"
#include "duckdb/parser/parsed_data/create_type_info.hpp"
#include "functions/addresses.h"
#include "functions/decimal256.h"
#include "functions/decimalv2.h"
#include "functions/sized_conversion.h"

namespace sluice::functions {
namespace {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;

LogicalType aliased(LogicalType type, const char* alias) {
  type.SetAlias(alias);
  return type;
}

bool has_alias(const LogicalType& type, LogicalTypeId id, std::string_view alias) {
  return type.id() == id && type.HasAlias() && type.GetAlias() == alias;
}

}  // namespace

LogicalType bitmap_type() { return aliased(LogicalType::BLOB, "BITMAP"); }
LogicalType hll_type() { return aliased(LogicalType::BLOB, "HLL"); }
LogicalType quantile_state_type() { return aliased(LogicalType::BLOB, "QUANTILE_STATE"); }
LogicalType ipv4_type() { return aliased(LogicalType::UINTEGER, "IPV4"); }
LogicalType ipv6_type() { return aliased(LogicalType::UHUGEINT, "IPV6"); }

bool is_bitmap(const LogicalType& type) { return has_alias(type, LogicalTypeId::BLOB, "BITMAP"); }
bool is_hll(const LogicalType& type) { return has_alias(type, LogicalTypeId::BLOB, "HLL"); }
bool is_quantile_state(const LogicalType& type) { return has_alias(type, LogicalTypeId::BLOB, "QUANTILE_STATE"); }
bool is_ipv4(const LogicalType& type) { return has_alias(type, LogicalTypeId::UINTEGER, "IPV4"); }
bool is_ipv6(const LogicalType& type) { return has_alias(type, LogicalTypeId::UHUGEINT, "IPV6"); }
bool is_aggregate_state(const LogicalType& type) { return has_alias(type, LogicalTypeId::LIST, "AGG_STATE"); }
bool is_object(const LogicalType& type) {
  return is_bitmap(type) || is_hll(type) || is_quantile_state(type) || is_aggregate_state(type);
}

bool is_integer(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::BIGINT:
    case LogicalTypeId::HUGEINT:
    case LogicalTypeId::UTINYINT:
    case LogicalTypeId::USMALLINT:
    case LogicalTypeId::UBIGINT:
      return true;
    case LogicalTypeId::UINTEGER:
      return !is_ipv4(type);
    case LogicalTypeId::UHUGEINT:
      return !is_ipv6(type);
    default:
      return false;
  }
}

bool is_number(const LogicalType& type) {
  return is_integer(type) || type.id() == LogicalTypeId::DECIMAL || type.id() == LogicalTypeId::FLOAT ||
         type.id() == LogicalTypeId::DOUBLE;
}

bool is_text(const LogicalType& type) { return type.id() == LogicalTypeId::VARCHAR && !type.IsJSONType(); }
bool is_json(const LogicalType& type) { return type.IsJSONType(); }

bool is_moment(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::DATE:
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_SEC:
    case LogicalTypeId::TIMESTAMP_MS:
    case LogicalTypeId::TIMESTAMP_NS:
    case LogicalTypeId::TIMESTAMP_TZ:
      return true;
    default:
      return false;
  }
}

namespace {

LogicalType bind_decimal256(duckdb::BindLogicalTypeInput& input) {
  if (input.modifiers.size() != 2) throw duckdb::BinderException("DECIMAL256 needs a width and a scale");
  const auto number = [&](size_t i) { return input.modifiers[i].GetValue().GetValue<uint8_t>(); };
  return decimal256_type(number(0), number(1));
}

}  // namespace

void create_types(duckdb::ClientContext& context) {
  auto& catalog = duckdb::Catalog::GetSystemCatalog(context);
  auto transaction = duckdb::CatalogTransaction::GetSystemTransaction(*context.db);
  for (const LogicalType& type :
       {bitmap_type(), hll_type(), quantile_state_type(), ipv4_type(), ipv6_type(), decimalv2_type()}) {
    duckdb::CreateTypeInfo info(type.GetAlias(), type);
    info.temporary = true;
    info.internal = true;
    info.on_conflict = duckdb::OnCreateConflict::IGNORE_ON_CONFLICT;
    catalog.CreateType(transaction, info);
  }
  // Plans name it with its modifiers.
  duckdb::CreateTypeInfo decimal("DECIMAL256", decimal256_type(kMaxDecimal256Width, 0), bind_decimal256);
  decimal.temporary = true;
  decimal.internal = true;
  decimal.on_conflict = duckdb::OnCreateConflict::IGNORE_ON_CONFLICT;
  catalog.CreateType(transaction, decimal);
  register_address_casts(context);
  register_truth_casts(context);
}

}  // namespace sluice::functions
