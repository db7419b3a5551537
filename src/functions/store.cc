// SPDX-License-Identifier: Apache-2.0
// What happens to a value on its way into a column: Doris' conversion, but an error where a value does not convert.
// INSERT and UPDATE put it around every value.
#include "duckdb/planner/expression/list.hpp"
#include "functions/conversion.h"
#include "functions/decimal256.h"
#include "functions/families.h"
#include "functions/nested_aggregate.h"
#include "functions/refusal.h"
#include "functions/registry.h"
#include "functions/type_coercion.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

// Whether every value of `from` is one of `to`.
bool always_converts(const LogicalType& from, const LogicalType& to) {
  if (from == to || from.id() == LogicalTypeId::SQLNULL) return true;
  if (is_text(to) || from.id() == LogicalTypeId::BOOLEAN) return !is_decimal256(to);
  if (is_moment(from) && is_moment(to)) return true;
  const bool float_to = to.id() == LogicalTypeId::DOUBLE || to.id() == LogicalTypeId::FLOAT;
  if (is_number(from) && float_to) return true;
  return is_integer(from) && is_integer(to) && common_type(from, to) == to;
}

// The second argument is a NULL of the column's type.
BoundPtr expand_store(Call& call) {
  const LogicalType target = call.arguments[1]->return_type;
  const LogicalType from = call.arguments[0]->return_type;
  if (from.id() == LogicalTypeId::UNKNOWN) {
    return duckdb::BoundCastExpression::AddCastToType(call.context, std::move(call.arguments[0]), target);
  }
  check_state_fits(from, target);
  if (always_converts(from, target)) return convert(call.context, std::move(call.arguments[0]), target);
  // Nested values and objects: the kernel's own strict cast knows each element's place. Not that of text, whose form is
  // Doris'.
  if ((target.IsNested() && !is_text(from)) || is_object(target) || is_object(from) ||
      from.id() == LogicalTypeId::BLOB) {
    return duckdb::BoundCastExpression::AddCastToType(call.context, std::move(call.arguments[0]), target);
  }
  BoundPtr converted = convert(call.context, call.arguments[0]->Copy(), target);
  return refusing(call.context, std::move(call.arguments[0]), std::move(converted), Lost::kNoSuchValue);
}

}  // namespace

void add_store(Registry& registry) {
  registry.add("store", "The first argument as a value of the second one's type; an error where it cannot be.")
      .expanded(2, 2, "ANY store(ANY, ANY)", expand_store)
      .with_parameters();
}

}  // namespace sluice::functions
