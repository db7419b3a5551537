// SPDX-License-Identifier: Apache-2.0
// JSON.
#include "dialect/function_call.h"
#include "dialect/tree.h"

namespace sluice::dialect {
namespace {

using duckdb::LogicalType;

ExprPtr extract_text(Call& call) {
  return tree::function("json_extract_string", std::move(call.args[0]), std::move(call.args[1]));
}
Parsed<ExprPtr> build_extract(ParseContext&, Call& call) {
  if (call.args.size() == 2) return tree::call("json_extract", std::move(call.args));
  // Several paths make an array of what they find.
  ExprList paths;
  for (size_t i = 1; i < call.args.size(); ++i) paths.push_back(std::move(call.args[i]));
  return tree::function("json_extract", std::move(call.args[0]), ExprPtr(tree::call("list_value", std::move(paths))));
}
Parsed<ExprPtr> build_extract_text(ParseContext&, Call& call) { return extract_text(call); }
Parsed<ExprPtr> build_extract_integer(ParseContext&, Call& call) {
  return tree::cast(extract_text(call), LogicalType::BIGINT);
}
Parsed<ExprPtr> build_extract_double(ParseContext&, Call& call) {
  return tree::cast(extract_text(call), LogicalType::DOUBLE);
}
Parsed<ExprPtr> build_unquote(ParseContext&, Call& call) {
  // The common JSON_UNQUOTE(JSON_EXTRACT(x, path)) in one step.
  if (call.args[0]->GetExpressionClass() == duckdb::ExpressionClass::FUNCTION) {
    auto& inner = call.args[0]->Cast<duckdb::FunctionExpression>();
    if (inner.function_name == "json_extract") return tree::call("json_extract_string", std::move(inner.children));
  }
  return tree::function("json_extract_string", std::move(call.args[0]), tree::text("$"));
}
Parsed<ExprPtr> build_parse(ParseContext&, Call& call) {
  return tree::cast(std::move(call.args[0]), LogicalType::JSON());
}

constexpr FunctionEntry kFunctions[] = {
    {"json_extract", 2, FunctionEntry::kAny, nullptr, build_extract},
    {"jsonb_extract", 2, FunctionEntry::kAny, nullptr, build_extract},
    {"json_value", 2, 2, nullptr, build_extract_text},
    {"get_json_string", 2, 2, nullptr, build_extract_text},
    {"json_extract_string", 2, 2, nullptr, build_extract_text},
    {"jsonb_extract_string", 2, 2, nullptr, build_extract_text},
    {"get_json_int", 2, 2, nullptr, build_extract_integer},
    {"get_json_bigint", 2, 2, nullptr, build_extract_integer},
    {"json_extract_int", 2, 2, nullptr, build_extract_integer},
    {"json_extract_bigint", 2, 2, nullptr, build_extract_integer},
    {"get_json_double", 2, 2, nullptr, build_extract_double},
    {"json_extract_double", 2, 2, nullptr, build_extract_double},
    {"json_unquote", 1, 1, nullptr, build_unquote},
    {"json_parse", 1, 1, nullptr, build_parse},
    {"jsonb_parse", 1, 1, nullptr, build_parse},
    {"json_quote", 1, 1, "to_json"},
};

}  // namespace

std::span<const FunctionEntry> json_functions() { return kFunctions; }

}  // namespace sluice::dialect
