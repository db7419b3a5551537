// SPDX-License-Identifier: Apache-2.0
// NULLABLE, NON_NULLABLE, IGNORE, ASSERT_TRUE.
#include "duckdb/planner/expression/list.hpp"
#include "functions/conversion.h"
#include "functions/families.h"
#include "functions/overload.h"
#include "functions/registry.h"

namespace sluice::functions {
namespace {

using duckdb::DataChunk;
using duckdb::ExpressionState;
using duckdb::idx_t;
using duckdb::Vector;

void run_non_nullable(DataChunk& input, ExpressionState&, Vector& result) {
  duckdb::UnifiedVectorFormat format;
  input.data[0].ToUnifiedFormat(input.size(), format);
  for (idx_t i = 0; i < input.size() && !format.validity.AllValid(); ++i) {
    if (!format.validity.RowIsValid(format.sel->get_index(i))) {
      throw duckdb::InvalidInputException("There's NULL value in column %s which is illegal for non_nullable",
                                          input.data[0].GetType().ToString());
    }
  }
  result.Reference(input.data[0]);
}

// Its errors are its purpose: it must run.
BoundPtr expand_non_nullable(Call& call) {
  const LogicalType type = call.arguments[0]->return_type;
  return bind_private(call.context, "non_nullable", {type}, type, run_non_nullable, std::move(call.arguments),
                      Nulls::kOwn);
}

BoundPtr expand_nullable(Call& call) { return std::move(call.arguments[0]); }

BoundPtr expand_ignore(Call&) {
  return duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value::BOOLEAN(false));
}

// The condition, the text of the error.
void run_assert_true(DataChunk& input, ExpressionState&, Vector& result) {
  duckdb::UnifiedVectorFormat conditions;
  duckdb::UnifiedVectorFormat messages;
  input.data[0].ToUnifiedFormat(input.size(), conditions);
  input.data[1].ToUnifiedFormat(input.size(), messages);
  const auto* holds = duckdb::UnifiedVectorFormat::GetData<bool>(conditions);
  for (idx_t i = 0; i < input.size(); ++i) {
    const idx_t at = conditions.sel->get_index(i);
    if (conditions.validity.RowIsValid(at) && holds[at]) continue;
    const idx_t text = messages.sel->get_index(i);
    throw duckdb::InvalidInputException(
        "%s", messages.validity.RowIsValid(text)
                  ? duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(messages)[text].GetString()
                  : "assert_true failed");
  }
  result.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
  duckdb::ConstantVector::GetData<bool>(result)[0] = true;
}

BoundPtr expand_assert_true(Call& call) {
  if (!call.arguments[1]->IsFoldable()) {
    throw duckdb::BinderException("assert_true only accept constant for 2nd argument");
  }
  BoundList arguments;
  arguments.push_back(convert(call.context, std::move(call.arguments[0]), LogicalType::BOOLEAN));
  arguments.push_back(convert(call.context, std::move(call.arguments[1]), LogicalType::VARCHAR));
  return bind_private(call.context, "assert_true", {LogicalType::BOOLEAN, LogicalType::VARCHAR}, LogicalType::BOOLEAN,
                      run_assert_true, std::move(arguments), Nulls::kOwn);
}

template <duckdb::ExpressionType test>
BoundPtr expand_null_test(Call& call) {
  auto result = duckdb::make_uniq<duckdb::BoundOperatorExpression>(test, LogicalType::BOOLEAN);
  result->children.push_back(std::move(call.arguments[0]));
  return result;
}

}  // namespace

void add_nullability(Registry& registry) {
  registry.add("nullable", "The value as it is; its column may be NULL.")
      .expanded(1, 1, "ANY nullable(ANY)", expand_nullable);
  registry.add("non_nullable", "The value as it is; an error for NULL.")
      .expanded(1, 1, "ANY non_nullable(ANY)", expand_non_nullable);
  registry.add("is_null_pred", "Whether the argument is NULL.")
      .expanded(1, 1, "BOOLEAN is_null_pred(ANY)", expand_null_test<duckdb::ExpressionType::OPERATOR_IS_NULL>);
  registry.add("is_not_null_pred", "Whether the argument is not NULL.")
      .expanded(1, 1, "BOOLEAN is_not_null_pred(ANY)", expand_null_test<duckdb::ExpressionType::OPERATOR_IS_NOT_NULL>);
  registry.add("ignore", "False, whatever the arguments are.")
      .expanded(0, 255, "BOOLEAN ignore(ANY, ...)", expand_ignore);
  registry.add("assert_true", "True; an error with the text where the condition is not true.")
      .expanded(2, 2, "BOOLEAN assert_true(BOOLEAN, STRING)", expand_assert_true);
}

}  // namespace sluice::functions
