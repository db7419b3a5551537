// SPDX-License-Identifier: Apache-2.0
// Functions that look at NULL or hand their argument on: NULLABLE, NON_NULLABLE, IS_NULL_PRED, ASSERT_TRUE, IGNORE.
#include "duckdb/planner/expression/list.hpp"
#include "functions/conversion.h"
#include "functions/families.h"
#include "functions/rows.h"

namespace sluice::functions {
namespace {

BoundPtr expand_same(Call& call) { return std::move(call.arguments[0]); }

template <duckdb::ExpressionType test>
BoundPtr expand_null_test(Call& call) {
  auto result = duckdb::make_uniq<duckdb::BoundOperatorExpression>(test, LogicalType::BOOLEAN);
  result->children.push_back(std::move(call.arguments[0]));
  return result;
}

bool assert_true(std::optional<bool> condition, std::string_view message) {
  if (!condition || !*condition) throw duckdb::InvalidInputException("%s", std::string(message));
  return true;
}

BoundPtr expand_ignore(Call&) { return duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value::BOOLEAN(false)); }

}  // namespace

void add_markers(Registry& registry) {
  registry.add("nullable", "The argument itself.").expanded(1, 1, "ANY nullable(ANY)", expand_same);
  registry.add("non_nullable", "The argument itself.").expanded(1, 1, "ANY non_nullable(ANY)", expand_same);
  registry.add("is_null_pred", "Whether the argument is NULL.")
      .expanded(1, 1, "BOOLEAN is_null_pred(ANY)", expand_null_test<duckdb::ExpressionType::OPERATOR_IS_NULL>);
  registry.add("is_not_null_pred", "Whether the argument is not NULL.")
      .expanded(1, 1, "BOOLEAN is_not_null_pred(ANY)", expand_null_test<duckdb::ExpressionType::OPERATOR_IS_NOT_NULL>);
  add_rows<assert_true>(
      registry.add("assert_true", "true; an error with this message where the condition is not true.").own_nulls().volatile_result());
  registry.add("ignore", "false, whatever the arguments are.").expanded(0, 255, "BOOLEAN ignore(ANY, ...)", expand_ignore);
}

}  // namespace sluice::functions
