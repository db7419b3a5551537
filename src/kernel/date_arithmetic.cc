// SPDX-License-Identifier: Apache-2.0
#include "kernel/date_arithmetic.h"

#include "duckdb/function/function_binder.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "functions/bind_place.h"
#include "functions/calendar.h"
#include "functions/conversion.h"
#include "functions/overload.h"
#include "functions/type_names.h"
#include "functions/unary_rows.h"
#include "kernel/bind_function.h"

namespace sluice::kernel {
namespace {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using BoundPtr = duckdb::unique_ptr<duckdb::Expression>;

BoundPtr bind_operator(duckdb::ClientContext& context, const char* name, BoundPtr left, BoundPtr right) {
  duckdb::vector<BoundPtr> operands;
  operands.push_back(std::move(left));
  operands.push_back(std::move(right));
  duckdb::ErrorData error;
  auto bound =
      duckdb::FunctionBinder(context).BindScalarFunction(DEFAULT_SCHEMA, name, std::move(operands), error, true);
  if (!bound) error.Throw();
  return bound;
}

BoundPtr cast_to(duckdb::ClientContext& context, BoundPtr value, const LogicalType& type) {
  return duckdb::BoundCastExpression::AddCastToType(context, std::move(value), type);
}

// The days of a constant interval that has nothing else.
std::optional<int32_t> whole_days(const duckdb::Expression& interval) {
  if (interval.GetExpressionClass() != duckdb::ExpressionClass::BOUND_CONSTANT) return std::nullopt;
  const auto& value = interval.Cast<duckdb::BoundConstantExpression>().value;
  if (value.IsNull() || value.type().id() != LogicalTypeId::INTERVAL) return std::nullopt;
  const auto parts = duckdb::IntervalValue::Get(value);
  if (parts.months != 0 || parts.micros != 0) return std::nullopt;
  return parts.days;
}

BoundPtr shift_date(duckdb::ClientContext& context, const char* name, BoundPtr date, BoundPtr interval) {
  if (auto days = whole_days(*interval)) {
    auto count = duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value::INTEGER(*days));
    return bind_operator(context, name, std::move(date), std::move(count));
  }
  return cast_to(context, bind_operator(context, name, std::move(date), std::move(interval)), LogicalType::DATE);
}

bool inside(duckdb::date_t date) { return functions::day_in_range(date.days); }
bool inside(duckdb::timestamp_t at) { return functions::moment_in_range(at.value); }

template <typename T>
void run_in_range(duckdb::DataChunk& input, duckdb::ExpressionState&, duckdb::Vector& result) {
  functions::run_unary<T, T>(input, result,
                             [](T moment) { return inside(moment) ? std::optional(moment) : std::nullopt; });
}

// NULL for what lies behind the year 9999, or before the year 0.
BoundPtr in_range(duckdb::ClientContext& context, BoundPtr moment) {
  const LogicalType type = moment->return_type;
  const bool date = type.id() == LogicalTypeId::DATE;
  if (!date && type.id() != LogicalTypeId::TIMESTAMP) return moment;
  functions::BoundList children;
  children.push_back(std::move(moment));
  return functions::bind_private(context, "__internal_in_range", {type}, type,
                                 date ? run_in_range<duckdb::date_t> : run_in_range<duckdb::timestamp_t>,
                                 std::move(children));
}

template <bool add, bool keeps_date>
BoundPtr bind_shift(duckdb::FunctionBindExpressionInput& input) {
  const char* name = add ? "+" : "-";
  auto& context = input.context;
  BoundPtr moment = std::move(input.children[0]);
  BoundPtr interval = std::move(input.children[1]);
  const LogicalType type = moment->return_type;
  switch (type.id()) {
    case LogicalTypeId::UNKNOWN:
      throw duckdb::ParameterNotResolvedException();
    case LogicalTypeId::DATE:
      if (keeps_date) {
        return in_range(context, shift_date(context, name, std::move(moment), std::move(interval)));
      }
      break;
    case LogicalTypeId::VARCHAR:
    case LogicalTypeId::SQLNULL:
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::BIGINT:
      moment = functions::convert(context, std::move(moment), LogicalType::TIMESTAMP);
      break;
    case LogicalTypeId::TIMESTAMP_SEC:
    case LogicalTypeId::TIMESTAMP_MS:
      if (keeps_date) {  // and with it the fraction
        return cast_to(context, bind_operator(context, name, std::move(moment), std::move(interval)), type);
      }
      break;
    case LogicalTypeId::TIMESTAMP_NS:
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_TZ:
    case LogicalTypeId::TIME:
    case LogicalTypeId::INTERVAL:
      break;
    default:
      throw duckdb::BinderException("An INTERVAL can be added to a DATE, DATETIME, TIME or text, not to %s",
                                    duckdb::StringUtil::Upper(functions::type_name(type)));
  }
  return in_range(context, bind_operator(context, name, std::move(moment), std::move(interval)));
}

}  // namespace

void create_date_arithmetic(duckdb::ClientContext& context) {
  const std::pair<const char*, duckdb::function_bind_expression_t> functions[] = {
      {"add_date_interval", functions::placed<bind_shift<true, true>>},
      {"subtract_date_interval", functions::placed<bind_shift<false, true>>},
      {"add_time_interval", functions::placed<bind_shift<true, false>>},
      {"subtract_time_interval", functions::placed<bind_shift<false, false>>},
  };
  for (const auto& [name, bind] : functions) {
    create_bind_function(context, name, {LogicalType::ANY, LogicalType::INTERVAL}, bind);
  }
}

}  // namespace sluice::kernel
