// SPDX-License-Identifier: Apache-2.0
// IF, IFNULL, COALESCE and the like; GREATEST and LEAST.
#include "dialect/function_call.h"
#include "dialect/tree.h"

namespace sluice::dialect {
namespace {

Parsed<ExprPtr> build_isnull(ParseContext&, Call& call) { return tree::is_null(std::move(call.args[0])); }
Parsed<ExprPtr> build_isnotnull(ParseContext&, Call& call) { return tree::is_not_null(std::move(call.args[0])); }
Parsed<ExprPtr> build_nvl2(ParseContext&, Call& call) {
  return tree::doris("if", tree::is_not_null(std::move(call.args[0])), std::move(call.args[1]),
                     std::move(call.args[2]));
}

// NULL when one argument is NULL; the kernel's functions would leave it out.
Parsed<ExprPtr> build_extreme(ParseContext&, Call& call) {
  ExprList checks;
  for (const auto& arg : call.args) {
    const duckdb::Value* constant = tree::constant_value(*arg);
    if (constant && constant->IsNull()) return tree::null();
    if (!constant) checks.push_back(tree::is_null(arg->Copy()));
  }
  ExprPtr value = tree::call(call.name, std::move(call.args));
  if (checks.empty()) return value;
  ExprPtr condition = checks.size() == 1 ? std::move(checks[0])
                                         : duckdb::make_uniq<duckdb::ConjunctionExpression>(
                                               duckdb::ExpressionType::CONJUNCTION_OR, std::move(checks));
  return tree::when(std::move(condition), tree::null(), std::move(value));
}

constexpr FunctionEntry kFunctions[] = {
    {"nvl2", 3, 3, nullptr, build_nvl2},
    {"isnull", 1, 1, nullptr, build_isnull},
    {"isnotnull", 1, 1, nullptr, build_isnotnull},
    {"greatest", 1, FunctionEntry::kAny, nullptr, build_extreme},
    {"least", 1, FunctionEntry::kAny, nullptr, build_extreme},
};

}  // namespace

std::span<const FunctionEntry> logic_functions() { return kFunctions; }

}  // namespace sluice::dialect
