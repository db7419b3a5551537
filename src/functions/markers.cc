// SPDX-License-Identifier: Apache-2.0
// Functions that look at NULL or hand their argument on: NULLABLE, NON_NULLABLE, IS_NULL_PRED, ASSERT_TRUE, IGNORE.
#include "duckdb/planner/expression/list.hpp"
#include "functions/conversion.h"
#include "functions/families.h"
#include "functions/overload.h"
#include "functions/rows.h"
#include "functions/types.h"

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

BoundPtr expand_assert(Call& call) {
  auto message = constant_of(call.context, *call.arguments[1]);
  if (!message || message->IsNull() || !is_text(call.arguments[1]->return_type)) {
    throw duckdb::BinderException("assert_true() takes a constant text as its message");
  }
  call.arguments[0] = convert(call.context, std::move(call.arguments[0]), LogicalType::BOOLEAN);
  return bind_private(call.context, "assert_true", {LogicalType::BOOLEAN, LogicalType::VARCHAR}, LogicalType::BOOLEAN,
                      run_rows<assert_true>, std::move(call.arguments), Nulls::kOwn);
}

BoundPtr expand_ignore(Call&) {
  return duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value::BOOLEAN(false));
}

}  // namespace

void add_markers(Registry& registry) {
  registry.add("nullable", "The argument itself.").expanded(1, 1, "ANY nullable(ANY)", expand_same);
  registry.add("non_nullable", "The argument itself.").expanded(1, 1, "ANY non_nullable(ANY)", expand_same);
  registry.add("is_null_pred", "Whether the argument is NULL.")
      .expanded(1, 1, "BOOLEAN is_null_pred(ANY)", expand_null_test<duckdb::ExpressionType::OPERATOR_IS_NULL>);
  registry.add("is_not_null_pred", "Whether the argument is not NULL.")
      .expanded(1, 1, "BOOLEAN is_not_null_pred(ANY)", expand_null_test<duckdb::ExpressionType::OPERATOR_IS_NOT_NULL>);
  registry.add("assert_true", "true; an error with this message where the condition is not true.")
      .expanded(2, 2, "BOOLEAN assert_true(BOOLEAN, VARCHAR)", expand_assert);
  registry.add("ignore", "false, whatever the arguments are.")
      .expanded(0, 255, "BOOLEAN ignore(ANY, ...)", expand_ignore);
}

}  // namespace sluice::functions
