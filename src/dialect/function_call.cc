// SPDX-License-Identifier: Apache-2.0
#include "dialect/function_call.h"

#include <unordered_map>

#include "dialect/expression.h"
#include "dialect/lambda_call.h"
#include "dialect/literals.h"
#include "dialect/names.h"
#include "dialect/query.h"
#include "dialect/tree.h"
#include "functions/nested_aggregate.h"

namespace sluice::dialect {
namespace {

const FunctionEntry* find_function(std::string_view name) {
  static const auto* table = [] {
    auto* result = new std::unordered_map<std::string_view, const FunctionEntry*>();
    for (auto topic :
         {aggregate_functions(), logic_functions(), session_functions(), text_functions(), time_functions()}) {
      for (const FunctionEntry& entry : topic) result->emplace(entry.name, &entry);
    }
    return result;
  }();
  auto found = table->find(name);
  return found == table->end() ? nullptr : found->second;
}

std::string upper_case(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return text;
}

tl::unexpected<Failed> wrong_count(ParseContext& c, const Call& call, const FunctionEntry& entry) {
  std::string wanted;
  if (entry.max_args == FunctionEntry::kAny) {
    wanted = "at least " + std::to_string(entry.min_args);
  } else if (entry.min_args == entry.max_args) {
    wanted = std::to_string(entry.min_args);
  } else {
    wanted = std::to_string(entry.min_args) + " to " + std::to_string(entry.max_args);
  }
  return c.syntax_error(upper_case(call.name) + "() takes " + wanted + " argument" + (wanted == "1" ? "" : "s") +
                            ", not " + std::to_string(call.args.size()),
                        call.where);
}

// A call with everything that was written: of Doris' function of this name, else of the kernel's.
ExprPtr plain_call(const std::string& name, bool of_doris, Call& call) {
  auto function = of_doris ? tree::doris_call(name, std::move(call.args)) : tree::call(name, std::move(call.args));
  function->distinct = call.distinct;
  if (!call.orders.empty()) {
    function->order_bys = duckdb::make_uniq<duckdb::OrderModifier>();
    function->order_bys->orders = std::move(call.orders);
  }
  function->SetQueryLocation(call.where.begin);
  return function;
}

// f_state, f_merge, f_union, f_foreach of an aggregate f: a function with f's name as its first argument. Nothing when
// the name is no such combination.
std::optional<std::string> take_combinator(Call& call) {
  constexpr std::pair<std::string_view, const char*> kCombinators[] = {
      {"_foreachv2", "agg_foreach"}, {"_foreach", "agg_foreach"}, {"_state", "agg_state"},
      {"_merge", "agg_merge"},       {"_union", "agg_union"},
  };
  for (const auto& [suffix, function] : kCombinators) {
    if (!call.name.ends_with(suffix)) continue;
    std::string base = call.name.substr(0, call.name.size() - suffix.size());
    if (!functions::is_aggregate_name(base)) continue;
    call.args.insert(call.args.begin(), tree::text(std::move(base)));
    return function;
  }
  return std::nullopt;
}

// What stands between the parentheses of an ordinary call; the cursor is after '('.
Parsed<void> parse_arguments(ParseContext& c, Call& call) {
  ParseContext::LiftScope off(c, ParseContext::LiftScope::Rule::kOff);
  ParseContext::Nested nested(c);
  TRY(nested.check());
  if (c.accept(TokenKind::kRightParen)) return {};
  if (c.accept("DISTINCT"_kw))
    call.distinct = true;
  else
    c.accept("ALL"_kw);
  if (c.is(TokenKind::kStar) && c.is(TokenKind::kRightParen, 1)) {
    c.advance();
    call.star = true;
  } else if (c.at_query_start()) {
    // f(SELECT ..): MySQL has it for no function; the kernel would take it for a table function.
    return c.expected("an argument; a query needs its own parentheses");
  } else {
    call.args = TRY(parse_expression_list(c));
  }
  if (c.accept("ORDER"_kw)) {
    TRY(c.expect("BY"_kw));
    call.orders = TRY(parse_order_list(c));
  }
  if (c.accept("SEPARATOR"_kw)) {
    call.separator = tree::text(TRY(parse_string(c, "the separator as a string")));
  }
  TRY(c.expect(TokenKind::kRightParen, "',' or ')' after an argument"));
  return c.add_level();
}

}  // namespace

Parsed<ExprPtr> build_call(ParseContext& c, Call call) {
  const FunctionEntry* entry = find_function(call.name);
  if (call.star && call.name != "count") {
    return c.syntax_error("'*' is an argument of COUNT() only", call.where);
  }
  if (has_lambda(call)) return build_lambda_call(c, call);
  if (!entry) {
    const functions::Function* function = functions::Registry::instance().find(call.name);
    if (!function) {
      if (auto combinator = take_combinator(call)) return plain_call(*combinator, true, call);
    }
    return plain_call(function ? function->name : call.name, function != nullptr, call);
  }
  if (call.args.size() < entry->min_args || call.args.size() > entry->max_args) return wrong_count(c, call, *entry);
  if (!entry->build) return plain_call(entry->kernel_name, false, call);
  return entry->build(c, call);
}

Parsed<ExprPtr> build_call(ParseContext& c, std::string name, const Token& where) {
  Call call;
  call.name = std::move(name);
  call.where = where;
  return build_call(c, std::move(call));
}

Parsed<ExprPtr> parse_call(ParseContext& c) {
  Call call;
  call.where = c.peek();
  call.name = duckdb::StringUtil::Lower(identifier_value(c.text(call.where), call.where));
  c.advance();
  TRY(c.expect(TokenKind::kLeftParen, "'('"));
  TRY(parse_arguments(c, call));
  ExprPtr result = TRY(build_call(c, std::move(call)));
  bool ignore_nulls = false;
  if (c.is("NULLS"_kw, 1)) {
    if (c.accept("IGNORE"_kw, "NULLS"_kw))
      ignore_nulls = true;
    else if (c.is_word("RESPECT"))
      c.advance(), c.advance();
  }
  if (c.is("OVER"_kw)) return parse_over(c, std::move(result), ignore_nulls);
  return result;
}

Parsed<ExprPtr> parse_call_in(ParseContext& c, duckdb::vector<std::string> names, const Token& where) {
  Call call;
  call.where = where;
  call.name = duckdb::StringUtil::Lower(names.back());
  TRY(c.expect(TokenKind::kLeftParen, "'('"));
  TRY(parse_arguments(c, call));
  auto function =
      duckdb::make_uniq<duckdb::FunctionExpression>(names.size() > 2 ? names[names.size() - 3] : kInternalCatalog,
                                                    names[names.size() - 2], call.name, std::move(call.args));
  function->SetQueryLocation(where.begin);
  return function;
}

}  // namespace sluice::dialect
