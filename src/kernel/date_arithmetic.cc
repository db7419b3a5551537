// SPDX-License-Identifier: Apache-2.0
#include "kernel/date_arithmetic.h"

#include "duckdb/function/function_binder.hpp"
#include "duckdb/parser/parsed_data/create_scalar_function_info.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "functions/bind_place.h"
#include "functions/calendar.h"
#include "functions/conversion.h"
#include "functions/type_names.h"

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

// NULL when it is a constant behind the year 9999, or before the year 0.
BoundPtr in_range(duckdb::ClientContext& context, BoundPtr moment) {
  const LogicalTypeId id = moment->return_type.id();
  if (id != LogicalTypeId::DATE && id != LogicalTypeId::TIMESTAMP) return moment;
  auto constant = functions::constant_of(context, *moment);
  if (!constant || constant->IsNull()) return moment;
  const bool inside = id == LogicalTypeId::DATE
                          ? functions::day_in_range(duckdb::DateValue::Get(*constant).days)
                          : functions::moment_in_range(duckdb::TimestampValue::Get(*constant).value);
  if (inside) return moment;
  return duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value(moment->return_type));
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

// Never runs: the binder has replaced the call.
void run_unbound(duckdb::DataChunk&, duckdb::ExpressionState&, duckdb::Vector&) {
  throw duckdb::InvalidInputException("An INTERVAL was added without being bound");
}

}  // namespace

void create_date_arithmetic(duckdb::ClientContext& context) {
  const std::pair<const char*, duckdb::function_bind_expression_t> functions[] = {
      {"add_date_interval", functions::placed<bind_shift<true, true>>},
      {"subtract_date_interval", functions::placed<bind_shift<false, true>>},
      {"add_time_interval", functions::placed<bind_shift<true, false>>},
      {"subtract_time_interval", functions::placed<bind_shift<false, false>>},
  };
  auto& catalog = duckdb::Catalog::GetSystemCatalog(context);
  auto transaction = duckdb::CatalogTransaction::GetSystemTransaction(*context.db);
  for (const auto& [name, bind] : functions) {
    duckdb::ScalarFunction function(name, {LogicalType::ANY, LogicalType::INTERVAL}, LogicalType::ANY, run_unbound);
    function.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
    function.SetBindExpressionCallback(bind);
    duckdb::CreateScalarFunctionInfo info(std::move(function));
    info.schema = "doris";
    info.internal = true;
    catalog.CreateFunction(transaction, info);
  }
}

}  // namespace sluice::kernel
