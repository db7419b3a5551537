// SPDX-License-Identifier: Apache-2.0
// Functions of MySQL on text that Doris has not.
#include "dialect/function_call.h"
#include "dialect/tree.h"

namespace sluice::dialect {
namespace {

using duckdb::LogicalType;

// FORMAT(x, decimals): thousands with commas.
Parsed<ExprPtr> build_format(ParseContext& c, Call& call) {
  auto decimals = tree::constant_integer(*call.args[1]);
  if (!decimals) return c.unsupported("FORMAT() with decimals that are no literal");
  int64_t digits = std::min<int64_t>(std::max<int64_t>(*decimals, 0), 30);
  return tree::function("format", tree::text("{:,." + std::to_string(digits) + "f}"),
                        tree::cast(std::move(call.args[0]), LogicalType::DOUBLE));
}

Parsed<ExprPtr> refuse(ParseContext& c, Call& call) {
  return c.unsupported("the function " + duckdb::StringUtil::Upper(call.name) + "()");
}

constexpr FunctionEntry kFunctions[] = {
    {"format", 2, 3, nullptr, build_format},
    {"compress", 1, 1, nullptr, refuse},
    {"uncompress", 1, 1, nullptr, refuse},
};

}  // namespace

std::span<const FunctionEntry> text_functions() { return kFunctions; }

}  // namespace sluice::dialect
