// SPDX-License-Identifier: Apache-2.0
#include "kernel/insert_values.h"

#include "duckdb/planner/expression/list.hpp"
#include "functions/bind_place.h"
#include "functions/conversion.h"
#include "functions/decimal256.h"
#include "functions/json_extract.h"
#include "functions/nested_aggregate.h"
#include "functions/refusal.h"
#include "functions/types.h"
#include "kernel/bind_function.h"

namespace sluice::kernel {
namespace {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using functions::BoundPtr;

// Where Doris' conversion differs from the kernel's and a statement depends on it.
bool converts_as_doris(const LogicalType& from, const LogicalType& target) {
  if (functions::is_object(from) || functions::is_object(target)) return false;
  if (functions::is_decimal256(from) || functions::is_decimal256(target)) return !from.IsNested();
  if (functions::is_moment(target)) return target.id() != LogicalTypeId::TIMESTAMP_TZ && !from.IsNested();
  if (functions::is_ipv4(target) || functions::is_ipv6(target)) return functions::is_text(from);
  if (functions::is_json(target) || target.IsNested()) return functions::is_text(from);
  if (functions::is_text(from)) return functions::is_integer(target) || target.id() == LogicalTypeId::BOOLEAN;
  const bool fraction =
      from.id() == LogicalTypeId::DECIMAL || from.id() == LogicalTypeId::FLOAT || from.id() == LogicalTypeId::DOUBLE;
  if (functions::is_integer(target)) return fraction;
  return functions::is_text(target) && !from.IsNested() && from.id() != LogicalTypeId::BLOB;
}

// Whether the value may be one that its conversion loses.
bool may_refuse(const LogicalType& from, const LogicalType& target) {
  if (functions::is_text(target)) return functions::is_text(from);
  return !(functions::is_moment(from) && functions::is_moment(target));
}

template <bool strict>
BoundPtr bind_value(duckdb::FunctionBindExpressionInput& input) {
  auto& context = input.context;
  BoundPtr value = std::move(input.children[0]);
  const LogicalType target = input.children[1]->return_type;
  const LogicalType from = value->return_type;
  functions::check_state_fits(from, target);
  if (from == target) return value;
  if (from.id() == LogicalTypeId::UNKNOWN || from.id() == LogicalTypeId::SQLNULL || !converts_as_doris(from, target)) {
    return duckdb::BoundCastExpression::AddCastToType(context, std::move(value), target,
                                                      !strict && functions::is_number(target));
  }
  if (!strict || !may_refuse(from, target)) return functions::convert(context, std::move(value), target);
  BoundPtr converted = functions::convert(context, value->Copy(), target);
  return functions::refusing(context, std::move(value), std::move(converted), functions::Lost::kNoSuchValue);
}

BoundPtr bind_variant(duckdb::FunctionBindExpressionInput& input) {
  BoundPtr value = std::move(input.children[0]);
  if (!functions::is_text(value->return_type)) {
    return duckdb::BoundCastExpression::AddCastToType(input.context, std::move(value), LogicalType::JSON());
  }
  return functions::to_variant(input.context, std::move(value));
}

}  // namespace

void create_insert_values(duckdb::ClientContext& context) {
  const std::pair<const char*, duckdb::function_bind_expression_t> makers[] = {
      {kInsertValue, functions::placed<bind_value<true>>},
      {kInsertValueOrNull, functions::placed<bind_value<false>>},
      {kInsertVariant, functions::placed<bind_variant>}};
  for (const auto& [name, bind] : makers) {
    create_bind_function(context, name, {LogicalType::ANY, LogicalType::ANY}, bind);
  }
}

}  // namespace sluice::kernel
