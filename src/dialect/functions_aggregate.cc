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

Parsed<ExprPtr> build_count(ParseContext& c, Call& call) {
  if (call.star || call.args.empty()) {  // Doris has COUNT() for COUNT(*)
    if (call.distinct) return c.syntax_error("COUNT(DISTINCT) needs an argument", call.where);
    return aggregate("count_star", {}, call);
  }
  if (call.args.size() == 1) return aggregate("count", std::move(call.args), call);
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
  if (call.distinct) {
    // The kernel wants DISTINCT's order by the very argument: order by its text where it is the argument itself.
    const auto& inner =
        tree::is_doris(*text, "cast") ? *text->Cast<duckdb::FunctionExpression>().children[0] : *text;
    for (auto& order : call.orders) {
      if (order.expression->Equals(inner)) order.expression = text->Copy();
    }
  }
  return aggregate("string_agg", tree::list(std::move(text), std::move(separator)), call);
}

Parsed<ExprPtr> build_percentile(ParseContext&, Call& call) {
  return aggregate("quantile_cont", std::move(call.args), call);
}
Parsed<ExprPtr> build_percentile_approx(ParseContext&, Call& call) {
  call.args.resize(2);
  return aggregate("approx_quantile", std::move(call.args), call);
}

constexpr FunctionEntry kFunctions[] = {
    {"count", 0, FunctionEntry::kAny, nullptr, build_count},
    {"group_concat", 1, FunctionEntry::kAny, nullptr, build_group_concat},
    {"std", 1, 1, "stddev_pop"},
    {"stddev", 1, 1, "stddev_pop"},
    {"stddev_pop", 1, 1, "stddev_pop"},
    {"stddev_samp", 1, 1, "stddev_samp"},
    {"variance", 1, 1, "var_pop"},
    {"variance_pop", 1, 1, "var_pop"},
    {"var_pop", 1, 1, "var_pop"},
    {"variance_samp", 1, 1, "var_samp"},
    {"var_samp", 1, 1, "var_samp"},
    {"ndv", 1, 1, "approx_count_distinct"},
    {"approx_count_distinct", 1, 1, "approx_count_distinct"},
    {"any", 1, 1, "any_value"},
    {"group_bit_and", 1, 1, "bit_and"},
    {"group_bit_or", 1, 1, "bit_or"},
    {"group_bit_xor", 1, 1, "bit_xor"},
    {"max_by", 2, 2, "arg_max"},
    {"min_by", 2, 2, "arg_min"},
    {"collect_list", 1, 1, "array_agg"},
    {"group_array", 1, 1, "array_agg"},
    {"json_arrayagg", 1, 1, "json_group_array"},
    {"json_objectagg", 2, 2, "json_group_object"},
    {"percentile", 2, 2, nullptr, build_percentile},
    {"percentile_approx", 2, 3, nullptr, build_percentile_approx},
};

}  // namespace

std::span<const FunctionEntry> aggregate_functions() { return kFunctions; }

}  // namespace sluice::dialect
