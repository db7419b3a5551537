// SPDX-License-Identifier: Apache-2.0
#include "functions/overload.h"

#include "duckdb/function/function_binder.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "functions/conversion.h"
#include "functions/plan_copies.h"
#include "functions/type_names.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

// The parameter's type for the argument at `index`.
const LogicalType& wanted_type(const std::vector<LogicalType>& types, size_t index) {
  return types[std::min(index, types.size() - 1)];
}

std::optional<uint32_t> overload_cost(const std::vector<LogicalType>& types, bool variadic,
                                      const BoundList& arguments) {
  const bool count_fits = variadic ? arguments.size() >= types.size() : arguments.size() == types.size();
  if (!count_fits) return std::nullopt;
  uint32_t total = 0;
  for (size_t i = 0; i < arguments.size(); ++i) {
    auto cost = implicit_cost(*arguments[i], wanted_type(types, i));
    if (!cost) return std::nullopt;
    total += *cost;
  }
  return total;
}

[[noreturn]] void no_overload(const Function& function, const BoundList& arguments) {
  std::string types;
  for (const auto& argument : arguments) {
    if (!types.empty()) types += ", ";
    types += duckdb::StringUtil::Upper(type_name(argument->return_type));
  }
  throw duckdb::BinderException("No matching function with signature: %s(%s)", function.name, types);
}

}  // namespace

BoundPtr bind_private(duckdb::ClientContext& context, std::string name, std::vector<LogicalType> arguments,
                      LogicalType result, duckdb::scalar_function_t run, BoundList children, Nulls nulls,
                      duckdb::bind_scalar_function_t bind) {
  duckdb::ScalarFunction function(std::move(name),
                                  duckdb::vector<LogicalType>(std::vector<LogicalType>(std::move(arguments))),
                                  std::move(result), std::move(run), bind);
  if (nulls == Nulls::kOwn) function.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
  refuse_copies(function);
  return duckdb::FunctionBinder(context).BindScalarFunction(std::move(function), std::move(children));
}

BoundPtr bind_native(duckdb::ClientContext& context, const char* name, BoundList children, bool is_operator) {
  duckdb::ErrorData error;
  auto bound =
      duckdb::FunctionBinder(context).BindScalarFunction(DEFAULT_SCHEMA, name, std::move(children), error, is_operator);
  if (!bound) error.Throw();
  return bound;
}

BoundPtr bind_overload(const Function& function, Call& call) {
  const Overload* best = nullptr;
  uint32_t best_cost = 0;
  for (const Overload& overload : function.overloads) {
    auto cost = overload_cost(overload.arguments, overload.variadic, call.arguments);
    if (cost && (!best || *cost < best_cost)) {
      best = &overload;
      best_cost = *cost;
    }
  }
  if (!best) no_overload(function, call.arguments);
  std::vector<LogicalType> types;
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    call.arguments[i] = convert_argument(call.context, std::move(call.arguments[i]), wanted_type(best->arguments, i));
    types.push_back(call.arguments[i]->return_type);
  }
  duckdb::ScalarFunction chosen(kernel_name(function.name), duckdb::vector<LogicalType>(std::move(types)), best->result,
                                best->run, best->bind);
  if (function.nulls == Nulls::kOwn) chosen.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
  if (!function.deterministic) chosen.SetStability(duckdb::FunctionStability::VOLATILE);
  refuse_copies(chosen);
  return duckdb::FunctionBinder(call.context).BindScalarFunction(std::move(chosen), std::move(call.arguments));
}

duckdb::AggregateFunction choose_aggregate(const Function& function, duckdb::ClientContext& context,
                                           BoundList& arguments) {
  const duckdb::AggregateFunction* best = nullptr;
  uint32_t best_cost = 0;
  for (const auto& overload : function.aggregates) {
    std::vector<LogicalType> types(overload.arguments.begin(), overload.arguments.end());
    if (overload.HasVarArgs()) types.push_back(overload.varargs);
    auto cost = overload_cost(types, overload.HasVarArgs(), arguments);
    if (cost && (!best || *cost < best_cost)) {
      best = &overload;
      best_cost = *cost;
    }
  }
  if (!best) no_overload(function, arguments);
  duckdb::AggregateFunction chosen = *best;
  duckdb::vector<LogicalType> types;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const auto& wanted = i < best->arguments.size() ? best->arguments[i] : best->varargs;
    arguments[i] = convert_argument(context, std::move(arguments[i]), wanted);
    types.push_back(arguments[i]->return_type);
  }
  chosen.arguments = std::move(types);
  chosen.varargs = LogicalType(LogicalTypeId::INVALID);
  return chosen;
}

}  // namespace sluice::functions
