// SPDX-License-Identifier: Apache-2.0
// What happens to a value on its way into a column: Doris' conversion, but an error where a value does not convert.
// INSERT and UPDATE put it around every value.
#include "duckdb/common/exception/conversion_exception.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "functions/conversion.h"
#include "functions/decimal256.h"
#include "functions/families.h"
#include "functions/overload.h"
#include "functions/registry.h"
#include "functions/type_names.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

using duckdb::string_t;

// Whether every value of `from` is one of `to`.
bool always_converts(const LogicalType& from, const LogicalType& to) {
  if (from == to || from.id() == LogicalTypeId::SQLNULL) return true;
  if (is_text(to) || from.id() == LogicalTypeId::BOOLEAN) return !is_decimal256(to);
  if (is_moment(from) && is_moment(to)) return true;
  const bool float_to = to.id() == LogicalTypeId::DOUBLE || to.id() == LogicalTypeId::FLOAT;
  if (is_number(from) && float_to) return true;
  return is_integer(from) && is_integer(to) && common_type(from, to) == to;
}

// (value as text, name of the type): throws for the first row that has a text, gives NULL otherwise.
void run_refuse(duckdb::DataChunk& input, duckdb::ExpressionState&, duckdb::Vector& result) {
  duckdb::UnifiedVectorFormat texts;
  duckdb::UnifiedVectorFormat types;
  input.data[0].ToUnifiedFormat(input.size(), texts);
  input.data[1].ToUnifiedFormat(input.size(), types);
  for (duckdb::idx_t row = 0; row < input.size(); ++row) {
    const auto index = texts.sel->get_index(row);
    if (!texts.validity.RowIsValid(index)) continue;
    const auto& text = duckdb::UnifiedVectorFormat::GetData<string_t>(texts)[index];
    const auto& type = duckdb::UnifiedVectorFormat::GetData<string_t>(types)[types.sel->get_index(row)];
    throw duckdb::ConversionException("Could not convert string '%s' to %s", text.GetString(), type.GetString());
  }
  result.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
  duckdb::ConstantVector::SetNull(result, true);
}

// CASE WHEN converted IS NULL AND value IS NOT NULL THEN refuse(value) ELSE converted END
BoundPtr checked(duckdb::ClientContext& context, BoundPtr value, BoundPtr converted) {
  const LogicalType type = converted->return_type;
  const auto is_null = [](const BoundPtr& of, duckdb::ExpressionType how) {
    auto test = duckdb::make_uniq<duckdb::BoundOperatorExpression>(how, LogicalType::BOOLEAN);
    test->children.push_back(of->Copy());
    return test;
  };
  duckdb::BoundCaseCheck check;
  check.when_expr = duckdb::make_uniq<duckdb::BoundConjunctionExpression>(
      duckdb::ExpressionType::CONJUNCTION_AND, is_null(converted, duckdb::ExpressionType::OPERATOR_IS_NULL),
      is_null(value, duckdb::ExpressionType::OPERATOR_IS_NOT_NULL));
  BoundList parts;
  parts.push_back(convert(context, std::move(value), LogicalType::VARCHAR));
  parts.push_back(
      duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value(duckdb::StringUtil::Upper(type_name(type)))));
  BoundPtr refusal = bind_private(context, "refuse", {LogicalType::VARCHAR, LogicalType::VARCHAR}, LogicalType::VARCHAR,
                                  run_refuse, std::move(parts), Nulls::kOwn);
  check.then_expr = duckdb::BoundCastExpression::AddCastToType(context, std::move(refusal), type, true);
  auto result = duckdb::make_uniq<duckdb::BoundCaseExpression>(type);
  result->case_checks.push_back(std::move(check));
  result->else_expr = std::move(converted);
  return result;
}

// The second argument is a NULL of the column's type.
BoundPtr expand_store(Call& call) {
  const LogicalType target = call.arguments[1]->return_type;
  const LogicalType from = call.arguments[0]->return_type;
  if (from.id() == LogicalTypeId::UNKNOWN) {
    return duckdb::BoundCastExpression::AddCastToType(call.context, std::move(call.arguments[0]), target);
  }
  if (always_converts(from, target)) return convert(call.context, std::move(call.arguments[0]), target);
  // Nested values and objects: the kernel's own strict cast knows each element's place. Not that of text, whose form is
  // Doris'.
  if ((target.IsNested() && !is_text(from)) || is_object(target) || is_object(from) ||
      from.id() == LogicalTypeId::BLOB) {
    return duckdb::BoundCastExpression::AddCastToType(call.context, std::move(call.arguments[0]), target);
  }
  BoundPtr converted = convert(call.context, call.arguments[0]->Copy(), target);
  return checked(call.context, std::move(call.arguments[0]), std::move(converted));
}

}  // namespace

void add_store(Registry& registry) {
  registry.add("store", "The first argument as a value of the second one's type; an error where it cannot be.")
      .expanded(2, 2, "ANY store(ANY, ANY)", expand_store)
      .with_parameters();
}

}  // namespace sluice::functions
