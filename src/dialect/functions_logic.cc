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

constexpr FunctionEntry kFunctions[] = {
    {"nvl2", 3, 3, nullptr, build_nvl2},
    {"isnull", 1, 1, nullptr, build_isnull},
    {"isnotnull", 1, 1, nullptr, build_isnotnull},
};

}  // namespace

std::span<const FunctionEntry> logic_functions() { return kFunctions; }

}  // namespace sluice::dialect
