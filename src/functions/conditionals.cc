// SPDX-License-Identifier: Apache-2.0
// CASE, IF, COALESCE and CAST with Doris' common types, and the truth of values that are no BOOLEAN.
#include "duckdb/planner/expression/list.hpp"
#include "functions/conversion.h"
#include "functions/families.h"
#include "functions/refusal.h"
#include "functions/registry.h"
#include "functions/sized_conversion.h"
#include "functions/type_coercion.h"
#include "functions/type_names.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

using duckdb::ExpressionType;

BoundPtr truth(duckdb::ClientContext& context, BoundPtr value) {
  if (is_moment(value->return_type)) value = convert(context, std::move(value), LogicalType::BIGINT);
  return convert(context, std::move(value), LogicalType::BOOLEAN);
}

BoundPtr expand_truth(Call& call) { return truth(call.context, std::move(call.arguments[0])); }

// Doris has no XOR of numbers.
BoundPtr expand_xor(Call& call) {
  for (const auto& operand : call.arguments) {
    if (!is_number(operand->return_type)) continue;
    throw duckdb::BinderException("Can not find the compatibility function signature: xor(%s, %s)",
                                  duckdb::StringUtil::Upper(type_name(call.arguments[0]->return_type)),
                                  duckdb::StringUtil::Upper(type_name(call.arguments[1]->return_type)));
  }
  BoundPtr left = truth(call.context, std::move(call.arguments[0]));
  BoundPtr right = truth(call.context, std::move(call.arguments[1]));
  return duckdb::make_uniq<duckdb::BoundComparisonExpression>(ExpressionType::COMPARE_NOTEQUAL, std::move(left),
                                                              std::move(right));
}

BoundPtr make_case(BoundList conditions, BoundList values, BoundPtr otherwise, const LogicalType& type) {
  auto result = duckdb::make_uniq<duckdb::BoundCaseExpression>(type);
  for (size_t i = 0; i < conditions.size(); ++i) {
    duckdb::BoundCaseCheck check;
    check.when_expr = std::move(conditions[i]);
    check.then_expr = std::move(values[i]);
    result->case_checks.push_back(std::move(check));
  }
  result->else_expr = std::move(otherwise);
  return result;
}

// c1, v1, c2, v2, .., else
BoundPtr expand_case(Call& call) {
  auto& arguments = call.arguments;
  if (arguments.size() % 2 == 0) {
    arguments.push_back(duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value(LogicalType::SQLNULL)));
  }
  LogicalType type = arguments.back()->return_type;
  for (size_t i = 1; i < arguments.size(); i += 2) type = common_type(type, arguments[i]->return_type);
  BoundList conditions;
  BoundList values;
  for (size_t i = 0; i + 1 < arguments.size(); i += 2) {
    conditions.push_back(truth(call.context, std::move(arguments[i])));
    values.push_back(convert(call.context, std::move(arguments[i + 1]), type));
  }
  return make_case(std::move(conditions), std::move(values), convert(call.context, std::move(arguments.back()), type),
                   type);
}

BoundPtr coalesced(Call& call, const LogicalType& type) {
  auto result = duckdb::make_uniq<duckdb::BoundOperatorExpression>(ExpressionType::OPERATOR_COALESCE, type);
  for (auto& argument : call.arguments) {
    result->children.push_back(convert(call.context, std::move(argument), type));
  }
  return result;
}

BoundPtr expand_coalesce(Call& call) {
  LogicalType type = LogicalType::SQLNULL;
  for (const auto& argument : call.arguments) type = common_type(type, argument->return_type);
  return coalesced(call, type);
}

// IFNULL has a type for each kind of value: a date beside an integer is the number of its digits.
BoundPtr expand_ifnull(Call& call) {
  const LogicalType& left = call.arguments[0]->return_type;
  const LogicalType& right = call.arguments[1]->return_type;
  const bool left_moment = is_moment(left) && is_integer(right);
  const bool right_moment = is_moment(right) && is_integer(left);
  if (!left_moment && !right_moment) return expand_coalesce(call);
  const LogicalType& moment = left_moment ? left : right;
  const LogicalType digits = moment.id() == LogicalTypeId::DATE ? LogicalType::INTEGER : LogicalType::BIGINT;
  return coalesced(call, common_type(left_moment ? right : left, digits));
}

// NULL when both are equal; has the type of the first.
BoundPtr expand_nullif(Call& call) {
  const LogicalType type = call.arguments[0]->return_type;
  const LogicalType compared = comparison_type(type, call.arguments[1]->return_type);
  BoundPtr left = convert(call.context, call.arguments[0]->Copy(), compared);
  BoundPtr right = convert(call.context, std::move(call.arguments[1]), compared);
  BoundList conditions;
  conditions.push_back(duckdb::make_uniq<duckdb::BoundComparisonExpression>(ExpressionType::COMPARE_EQUAL,
                                                                            std::move(left), std::move(right)));
  BoundList values;
  values.push_back(duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value(type)));
  return make_case(std::move(conditions), std::move(values), std::move(call.arguments[0]), type);
}

// Whether all keys of maps in it are text: JSON has no others. A map without pairs has keys of BOOLEAN.
bool has_text_keys(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::MAP: {
      const LogicalType& key = duckdb::MapType::KeyType(type);
      return is_text(key) || key.id() == LogicalTypeId::SQLNULL || key.id() == LogicalTypeId::BOOLEAN;
    }
    case LogicalTypeId::LIST:
      return has_text_keys(duckdb::ListType::GetChildType(type));
    case LogicalTypeId::STRUCT:
      return std::ranges::all_of(duckdb::StructType::GetChildTypes(type),
                                 [](const auto& field) { return has_text_keys(field.second); });
    default:
      return true;
  }
}

// What a CAST that is written may not do, though an argument of a function may become it.
void check_cast(const LogicalType& from, const LogicalType& target) {
  if (!from.IsNested() || target.IsNested() || is_object(from)) return;
  if (is_json(target) && has_text_keys(from)) return;
  throw duckdb::BinderException("cannot cast %s to %s", duckdb::StringUtil::Upper(type_name(from)),
                                duckdb::StringUtil::Upper(type_name(target)));
}

// The second argument is a NULL of the wanted type.
BoundPtr expand_cast(Call& call) {
  const LogicalType target = call.arguments[1]->return_type;
  check_cast(call.arguments[0]->return_type, target);
  if (!overflows(call.arguments[0]->return_type, target)) {
    return convert(call.context, std::move(call.arguments[0]), target);
  }
  BoundPtr converted = convert(call.context, call.arguments[0]->Copy(), target);
  return refusing(call.context, std::move(call.arguments[0]), std::move(converted), Lost::kOverflow);
}

}  // namespace

void add_conditionals(Registry& registry) {
  registry.add("truth", "The value as a condition: not 0; of text 'true' and '1'.")
      .expanded(1, 1, "BOOLEAN truth(ANY)", expand_truth);
  registry.add("xor", "Whether exactly one of both is true.")
      .expanded(2, 2, "BOOLEAN xor(BOOLEAN, BOOLEAN)", expand_xor);
  registry.add("case", "The value behind the first condition that is true.")
      .expanded(2, 255, "ANY case(BOOLEAN, ANY, ..., ANY)", expand_case);
  registry.add("if", "The second argument where the first is true, else the third.")
      .expanded(3, 3, "ANY if(BOOLEAN, ANY, ANY)", expand_case);
  registry.add("coalesce", "The first argument that is not NULL.")
      .expanded(1, 255, "ANY coalesce(ANY, ...)", expand_coalesce);
  registry.add("ifnull", "The first argument, or the second where the first is NULL.")
      .alias("nvl")
      .expanded(2, 2, "ANY ifnull(ANY, ANY)", expand_ifnull);
  registry.add("nullif", "NULL when both arguments are equal, else the first.")
      .expanded(2, 2, "ANY nullif(ANY, ANY)", expand_nullif);
  registry
      .add("cast",
           "The first argument as the second one's type; NULL where it cannot be, an error where a DECIMAL overflows.")
      .expanded(2, 2, "ANY cast(ANY, ANY)", expand_cast);
}

}  // namespace sluice::functions
