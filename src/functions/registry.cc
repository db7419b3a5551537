// SPDX-License-Identifier: Apache-2.0
#include "functions/registry.h"

#include "base/check.h"
#include "duckdb/catalog/catalog_entry/aggregate_function_catalog_entry.hpp"
#include "duckdb/function/function_binder.hpp"
#include "duckdb/parser/parsed_data/create_aggregate_function_info.hpp"
#include "duckdb/parser/parsed_data/create_scalar_function_info.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "functions/bind_place.h"
#include "functions/decimalv2.h"
#include "functions/families.h"
#include "functions/overload.h"
#include "functions/plan_copies.h"

namespace sluice::functions {
namespace {

// What the catalog's functions carry: the entry they stand for.
struct ScalarInfo : duckdb::ScalarFunctionInfo {
  explicit ScalarInfo(const Function& function) : function(function) {}
  const Function& function;
};
struct AggregateInfo : duckdb::AggregateFunctionInfo {
  explicit AggregateInfo(const Function& function) : function(function) {}
  const Function& function;
};
struct BoundEntry : duckdb::FunctionData {
  explicit BoundEntry(const Function& function) : function(function) {}
  duckdb::unique_ptr<FunctionData> Copy() const override { return duckdb::make_uniq<BoundEntry>(function); }
  bool Equals(const FunctionData& other) const override { return &function == &other.Cast<BoundEntry>().function; }
  const Function& function;
};

duckdb::unique_ptr<duckdb::FunctionData> note_entry(duckdb::ClientContext&, duckdb::ScalarFunction& bound, BoundList&) {
  return duckdb::make_uniq<BoundEntry>(bound.GetExtraFunctionInfo().Cast<ScalarInfo>().function);
}

void check_arguments(const Function& function, const BoundList& arguments) {
  for (const auto& argument : arguments) {
    if (!function.takes_parameters && argument->return_type.id() == LogicalTypeId::UNKNOWN)
      throw duckdb::ParameterNotResolvedException();
  }
  const size_t count = arguments.size();
  if (count >= function.min_arguments && (count <= function.max_arguments || function.max_arguments == 255)) return;
  std::string wanted = std::to_string(function.min_arguments);
  if (function.max_arguments == 255)
    wanted = "at least " + wanted;
  else if (function.max_arguments != function.min_arguments)
    wanted += " to " + std::to_string(function.max_arguments);
  throw duckdb::BinderException("%s() takes %s argument%s, not %d", duckdb::StringUtil::Upper(function.name), wanted,
                                wanted == "1" ? "" : "s", count);
}

// Of the WrittenCalls that lives on this thread.
thread_local const WrittenCalls::Text* written_text = nullptr;
// Longer calls are shown by what they became.
constexpr size_t kMostWrittenBytes = 4096;

// Operators as they are written.
std::string_view operator_symbol(std::string_view name) {
  constexpr std::pair<std::string_view, std::string_view> kSymbols[] = {
      {"add", "+"}, {"subtract", "-"}, {"multiply", "*"}, {"divide", "/"}, {"int_divide", "DIV"},
      {"mod", "%"}, {"bitand", "&"},   {"bitor", "|"},    {"bitxor", "^"},
  };
  for (const auto& [called, symbol] : kSymbols) {
    if (called == name) return symbol;
  }
  return {};
}

std::string written_call(const Function& function, const BoundList& arguments) {
  const std::string_view symbol = operator_symbol(function.name);
  const bool infix = !symbol.empty() && arguments.size() == 2;
  const std::string between = infix ? " " + std::string(symbol) + " " : ", ";
  std::string text;
  for (const auto& argument : arguments) {
    const std::string part = (*written_text)(*argument);
    if (part.empty()) return {};
    text += (text.empty() ? "" : between) + part;
  }
  return kWrittenCall + (infix ? "" : function.name) + "(" + text + ")";
}

// Comparisons and their like are as they were written; a column or a constant has a name of its own.
bool shows_itself(duckdb::ExpressionClass kind) {
  using enum duckdb::ExpressionClass;
  return kind == BOUND_COLUMN_REF || kind == BOUND_CONSTANT || kind == BOUND_COMPARISON || kind == BOUND_CONJUNCTION ||
         kind == BOUND_OPERATOR || kind == BOUND_BETWEEN;
}

BoundPtr expand_call(duckdb::FunctionBindExpressionInput& input) {
  const Function& function = input.bind_data->Cast<BoundEntry>().function;
  check_arguments(function, input.children);
  plain_decimals(function.name, input.children);
  Call call{input.context, function.name, input.children};
  if (!function.expand) return bind_overload(function, call);
  if (!written_text) return function.expand(call);
  std::string written = written_call(function, input.children);
  BoundPtr made = function.expand(call);
  // Casts and CASE come with what their syntax says as further arguments.
  const bool syntax = function.name == "case" || function.name.find("cast") != std::string::npos;
  if (!syntax && !written.empty() && written.size() <= kMostWrittenBytes && !shows_itself(made->GetExpressionClass()))
    made->SetAlias(std::move(written));
  return made;
}

// Never runs: the binder has replaced the call.
void run_unbound(duckdb::DataChunk&, duckdb::ExpressionState&, duckdb::Vector&) {
  throw duckdb::InvalidInputException("A function was called without being bound");
}

duckdb::unique_ptr<duckdb::FunctionData> bind_aggregate_placed(duckdb::ClientContext& context,
                                                               duckdb::AggregateFunction& bound, BoundList& arguments) {
  const Function& function = bound.function_info->Cast<AggregateInfo>().function;
  check_arguments(function, arguments);
  plain_decimals(function.name, arguments);
  auto info = bound.function_info;
  duckdb::AggregateFunction chosen = function.bind_aggregate
                                         ? function.bind_aggregate(context, function.name, arguments)
                                         : choose_aggregate(function, context, arguments);
  chosen.name = bound.name;
  chosen.schema_name = bound.schema_name;
  chosen.catalog_name = bound.catalog_name;
  bound = std::move(chosen);
  auto data = bound.HasBindCallback() ? bound.GetBindCallback()(context, bound, arguments) : nullptr;
  refuse_copies(bound);
  return data;
}

duckdb::unique_ptr<duckdb::FunctionData> bind_aggregate(duckdb::ClientContext& context,
                                                        duckdb::AggregateFunction& bound, BoundList& arguments) {
  return bind_in_place(arguments, [&] { return bind_aggregate_placed(context, bound, arguments); });
}

void create_scalar(duckdb::Catalog& catalog, duckdb::CatalogTransaction transaction, const Function& function) {
  duckdb::ScalarFunction definition(kernel_name(function.name), {}, LogicalType::ANY, run_unbound, note_entry);
  definition.varargs = LogicalType::ANY;
  definition.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
  definition.SetBindExpressionCallback(placed<expand_call>);
  definition.SetExtraFunctionInfo<ScalarInfo>(function);
  duckdb::CreateScalarFunctionInfo info(std::move(definition));
  info.schema = "doris";
  info.internal = true;
  catalog.CreateFunction(transaction, info);
}

void create_aggregate(duckdb::Catalog& catalog, duckdb::CatalogTransaction transaction, const Function& function) {
  // Only its binding counts: that puts the chosen function in its place.
  duckdb::AggregateFunction definition(kernel_name(function.name), {}, LogicalType::ANY, nullptr, nullptr, nullptr,
                                       nullptr, nullptr, duckdb::FunctionNullHandling::DEFAULT_NULL_HANDLING);
  definition.varargs = LogicalType::ANY;
  definition.SetBindCallback(bind_aggregate);
  definition.function_info = duckdb::make_shared_ptr<AggregateInfo>(function);
  duckdb::CreateAggregateFunctionInfo info(std::move(definition));
  info.schema = "doris";
  info.internal = true;
  catalog.CreateFunction(transaction, info);
}

uint8_t last_argument(const Overload& overload) {
  return overload.variadic ? 255 : static_cast<uint8_t>(overload.arguments.size());
}

}  // namespace

Function& Function::alias(std::string other) {
  aliases.push_back(std::move(other));
  return *this;
}

Function& Function::own_nulls() {
  nulls = Nulls::kOwn;
  return *this;
}

Function& Function::volatile_result() {
  deterministic = false;
  return *this;
}

Function& Function::with_parameters() {
  takes_parameters = true;
  return *this;
}

Function& Function::overload(std::vector<LogicalType> arguments, LogicalType result, duckdb::scalar_function_t run,
                             duckdb::bind_scalar_function_t bind) {
  overloads.push_back({std::move(arguments), std::move(result), std::move(run), false, bind});
  const auto count = static_cast<uint8_t>(overloads.back().arguments.size());
  min_arguments = overloads.size() == 1 ? count : std::min(min_arguments, count);
  max_arguments = std::max(max_arguments, last_argument(overloads.back()));
  return *this;
}

Function& Function::variadic(std::vector<LogicalType> arguments, LogicalType result, duckdb::scalar_function_t run,
                             duckdb::bind_scalar_function_t bind) {
  overload(std::move(arguments), std::move(result), std::move(run), bind);
  overloads.back().variadic = true;
  max_arguments = 255;
  return *this;
}

Function& Function::expanded(uint8_t min, uint8_t max, std::string signatures, Expand by) {
  min_arguments = min;
  max_arguments = max;
  signature = std::move(signatures);
  expand = by;
  return *this;
}

Function& Function::aggregate(duckdb::AggregateFunction function) {
  const auto count = static_cast<uint8_t>(function.arguments.size());
  min_arguments = aggregates.empty() ? count : std::min(min_arguments, count);
  max_arguments = function.HasVarArgs() ? 255 : std::max(max_arguments, count);
  aggregates.push_back(std::move(function));
  return *this;
}

Function& Function::aggregate_by(uint8_t min, uint8_t max, std::string signatures, BindAggregate by) {
  min_arguments = min;
  max_arguments = max;
  signature = std::move(signatures);
  bind_aggregate = by;
  return *this;
}

Registry::Registry() {
  add_families(*this);
  const auto note = [&](const std::string& name, const Function* function) {
    const bool fresh = by_name_.emplace(name, function).second;
    BUG_CHECK(fresh, "two functions are called " + name);
  };
  for (const auto& function : functions_) {
    note(function->name, function.get());
    for (const auto& alias : function->aliases) note(alias, function.get());
  }
}

const Registry& Registry::instance() {
  static const Registry* registry = new Registry();
  return *registry;
}

const Function* Registry::find(std::string_view name) const {
  auto found = by_name_.find(std::string(name));
  return found == by_name_.end() ? nullptr : found->second;
}

Function& Registry::add(std::string name, std::string doc) {
  functions_.push_back(std::make_unique<Function>());
  functions_.back()->name = std::move(name);
  functions_.back()->doc = std::move(doc);
  functions_.back()->family = family_;
  return *functions_.back();
}

WrittenCalls::WrittenCalls(Text text) { written_text = new Text(std::move(text)); }

WrittenCalls::~WrittenCalls() { delete std::exchange(written_text, nullptr); }

std::string kernel_name(std::string_view name) { return "d_" + std::string(name); }

void create_functions(duckdb::ClientContext& context) {
  auto& catalog = duckdb::Catalog::GetSystemCatalog(context);
  auto transaction = duckdb::CatalogTransaction::GetSystemTransaction(*context.db);
  for (const auto& function : Registry::instance().all()) {
    if (function->is_aggregate())
      create_aggregate(catalog, transaction, *function);
    else
      create_scalar(catalog, transaction, *function);
  }
}

}  // namespace sluice::functions
