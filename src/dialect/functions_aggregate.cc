// SPDX-License-Identifier: Apache-2.0
// Aggregates, and the names that they have in the kernel.
#include "dialect/function_call.h"
#include "dialect/tree.h"

namespace sluice::dialect {
namespace {

using duckdb::LogicalType;

// The aggregate `name` over `argument` with the call's DISTINCT and ORDER BY.
ExprPtr aggregate(const std::string& name, ExprList args, Call& call) {
  auto function = tree::call(name, std::move(args));
  function->distinct = call.distinct;
  if (!call.orders.empty()) {
    function->order_bys = duckdb::make_uniq<duckdb::OrderModifier>();
    function->order_bys->orders = std::move(call.orders);
  }
  function->SetQueryLocation(call.where.begin);
  return function;
}

ExprPtr doris_aggregate(const std::string& name, Call& call) {
  ExprPtr result = aggregate("", std::move(call.args), call);
  auto& function = result->Cast<duckdb::FunctionExpression>();
  function.catalog = "system";
  function.schema = "doris";
  function.function_name = functions::kernel_name(name);
  return result;
}

Parsed<ExprPtr> build_count(ParseContext& c, Call& call) {
  if (!call.orders.empty()) return c.syntax_error("count doesn't support order by expression", call.where);
  if (call.star || call.args.empty()) {  // Doris has COUNT() for COUNT(*)
    if (call.distinct) return c.syntax_error("COUNT(DISTINCT) needs an argument", call.where);
    return aggregate("count_star", {}, call);
  }
  if (call.args.size() == 1) {
    if (call.distinct) return doris_aggregate("count_distinct", call);
    return aggregate("count", std::move(call.args), call);
  }
  if (!call.distinct) return c.syntax_error("COUNT() of several arguments needs DISTINCT", call.where);
  // Rows with a NULL in any of them do not count.
  ExprList checks;
  for (const auto& arg : call.args) checks.push_back(tree::is_null(arg->Copy()));
  ExprPtr any_null =
      duckdb::make_uniq<duckdb::ConjunctionExpression>(duckdb::ExpressionType::CONJUNCTION_OR, std::move(checks));
  ExprPtr row = tree::call("row", std::move(call.args));
  return aggregate("count", tree::list(tree::when(std::move(any_null), tree::null(), std::move(row))), call);
}

// GROUP_CONCAT(a, b ORDER BY c SEPARATOR 'x'); GROUP_CONCAT(a, 'x') of Doris.
Parsed<ExprPtr> build_group_concat(ParseContext&, Call& call) {
  ExprPtr separator = std::move(call.separator);
  if (!separator && call.args.size() == 2 && tree::constant_text(*call.args[1])) {
    separator = std::move(call.args[1]);
    call.args.pop_back();
  }
  if (!separator) separator = tree::text(",");
  ExprPtr text;
  for (auto& arg : call.args) {
    ExprPtr part = tree::cast(std::move(arg), LogicalType::VARCHAR);
    text = text ? tree::binary("||", std::move(text), std::move(part)) : std::move(part);
  }
  ExprList args = tree::list(std::move(text), std::move(separator));
  if (!call.distinct) return aggregate("string_agg", std::move(args), call);
  // The kernel wants DISTINCT's order by the very argument: order by its text where it is the argument itself.
  const auto& whole = *args[0];
  const auto& inner = tree::is_doris(whole, "cast") ? *whole.Cast<duckdb::FunctionExpression>().children[0] : whole;
  bool by_itself = true;
  for (auto& order : call.orders) {
    if (order.expression->Equals(inner)) order.expression = whole.Copy();
    by_itself = by_itself && order.expression->Equals(whole);
  }
  if (by_itself) return aggregate("string_agg", std::move(args), call);
  call.args = std::move(args);
  call.distinct = false;
  return doris_aggregate("multi_distinct_group_concat", call);
}

// multi_distinct_f(x) is f(DISTINCT x).
Parsed<ExprPtr> build_multi_distinct(ParseContext& c, Call& call) {
  call.name = call.name.substr(sizeof("multi_distinct_") - 1);
  call.distinct = true;
  return build_call(c, std::move(call));
}

Parsed<ExprPtr> build_grouping_id(ParseContext&, Call& call) {
  return tree::op(duckdb::ExpressionType::GROUPING_FUNCTION, std::move(call.args));
}

constexpr FunctionEntry kFunctions[] = {
    {"count", 0, FunctionEntry::kAny, nullptr, build_count},
    {"group_concat", 1, FunctionEntry::kAny, nullptr, build_group_concat},
    {"multi_distinct_count", 1, FunctionEntry::kAny, nullptr, build_multi_distinct},
    {"multi_distinct_sum", 1, 1, nullptr, build_multi_distinct},
    {"multi_distinct_sum0", 1, 1, nullptr, build_multi_distinct},
    {"multi_distinct_group_concat", 1, FunctionEntry::kAny, nullptr, build_multi_distinct},
    {"any", 1, 1, "any_value"},
    {"grouping_id", 1, FunctionEntry::kAny, nullptr, build_grouping_id},
    {"max_by", 2, 2, "arg_max"},
    {"min_by", 2, 2, "arg_min"},
    {"json_arrayagg", 1, 1, "json_group_array"},
    {"json_objectagg", 2, 2, "json_group_object"},
};

}  // namespace

std::span<const FunctionEntry> aggregate_functions() { return kFunctions; }

}  // namespace sluice::dialect
