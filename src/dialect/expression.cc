// SPDX-License-Identifier: Apache-2.0
#include "dialect/expression.h"

#include <algorithm>

#include "dialect/functions_time.h"
#include "dialect/locate.h"
#include "dialect/query.h"
#include "dialect/tree.h"

namespace sluice::dialect {
namespace {

using duckdb::ExpressionType;
using LiftScope = ParseContext::LiftScope;

// Binding strength of binary operators; 0: the token is none.
enum Strength : int {
  kNone = 0,
  kOr = 1,
  kXor = 2,
  kAnd = 3,
  kNot = 4,
  kComparison = 5,
  kBitOr = 6,
  kBitAnd = 7,
  kShift = 8,
  kSum = 9,
  kProduct = 10,
  kBitXor = 11,
  kConcat = 12,
};
// IN lists up to this length may have their literals lifted; longer ones make plans that differ too much.
constexpr size_t kMaxLiftedInList = 32;

struct BinaryOperator {
  Strength strength = kNone;
  const char* name = nullptr;                           // of the kernel's function
  ExpressionType comparison = ExpressionType::INVALID;  // or of the comparison
};

// MATCH, MATCH_ANY, .. of Doris as an operator: its function's name; null when `token` is none. A string or a
// placeholder follows, otherwise the word is an alias.
const char* match_function(const ParseContext& c, const Token& token) {
  if (token.kind != TokenKind::kWord || token.length < 5) return nullptr;
  const std::string_view word = c.text(token);
  if ((word[0] | 0x20) != 'm') return nullptr;
  static constexpr const char* kNames[] = {
      "match", "match_any", "match_all", "match_phrase", "match_phrase_prefix", "match_phrase_edge", "match_regexp"};
  for (const char* name : kNames) {
    if (duckdb::StringUtil::CIEquals(std::string(word), name)) return name;
  }
  return nullptr;
}
bool at_match(const ParseContext& c) {
  return match_function(c, c.peek()) && (c.is(TokenKind::kString, 1) || c.is(TokenKind::kPlaceholder, 1) ||
                                         c.is(TokenKind::kUserVariable, 1) || c.is("NULL"_kw, 1));
}

BinaryOperator binary_operator(const ParseContext& c, const Token& token) {
  switch (token.kind) {
    case TokenKind::kOrOr:
      return c.options().pipes_as_concat ? BinaryOperator{kConcat, "||"} : BinaryOperator{kOr};
    case TokenKind::kAndAnd:
      return {kAnd};
    case TokenKind::kPipe:
      return {kBitOr, "bitor"};
    case TokenKind::kAmpersand:
      return {kBitAnd, "bitand"};
    case TokenKind::kShiftLeft:
      return {kShift, "<<"};
    case TokenKind::kShiftRight:
      return {kShift, ">>"};
    case TokenKind::kPlus:
      return {kSum, "add"};
    case TokenKind::kMinus:
      return {kSum, "subtract"};
    case TokenKind::kStar:
      return {kProduct, "multiply"};
    case TokenKind::kSlash:
      return {kProduct, "divide"};
    case TokenKind::kPercent:
      return {kProduct, "mod"};
    case TokenKind::kCaret:
      return {kBitXor, "bitxor"};
    case TokenKind::kEqual:
      return {kComparison, nullptr, ExpressionType::COMPARE_EQUAL};
    case TokenKind::kNullSafeEqual:
      return {kComparison, nullptr, ExpressionType::COMPARE_NOT_DISTINCT_FROM};
    case TokenKind::kNotEqual:
      return {kComparison, nullptr, ExpressionType::COMPARE_NOTEQUAL};
    case TokenKind::kLess:
      return {kComparison, nullptr, ExpressionType::COMPARE_LESSTHAN};
    case TokenKind::kLessEqual:
      return {kComparison, nullptr, ExpressionType::COMPARE_LESSTHANOREQUALTO};
    case TokenKind::kGreater:
      return {kComparison, nullptr, ExpressionType::COMPARE_GREATERTHAN};
    case TokenKind::kGreaterEqual:
      return {kComparison, nullptr, ExpressionType::COMPARE_GREATERTHANOREQUALTO};
    case TokenKind::kWord:
      break;
    default:
      return {};
  }
  if (&token == &c.peek() && at_match(c)) return {kComparison};
  switch (token.keyword) {
    case "OR"_kw:
      return {kOr};
    case "XOR"_kw:
      return {kXor};
    case "AND"_kw:
      return {kAnd};
    case "DIV"_kw:
      return {kProduct, "int_divide"};
    case "MOD"_kw:
      return {kProduct, "mod"};
    case "IS"_kw:
    case "IN"_kw:
    case "LIKE"_kw:
    case "BETWEEN"_kw:
    case "REGEXP"_kw:
    case "RLIKE"_kw:
    case "NOT"_kw:
      return {kComparison};
    default:
      return {};
  }
}

// `operand` if it is not a single literal token, else that literal as a parameter where lifting is on.
ExprPtr lift_operand(ParseContext& c, ExprPtr operand, size_t first_token) {
  if (!c.may_lift() || c.mark() != first_token + 1) return operand;
  if (operand->GetExpressionClass() != duckdb::ExpressionClass::CONSTANT) return operand;
  const Token& token = c.peek_at(first_token);
  if (!is_literal(token.kind) || token.kind == TokenKind::kHex || token.kind == TokenKind::kBit) return operand;
  return c.lifted(first_token);
}

ExprPtr arithmetic(std::string_view name, ExprPtr left, ExprPtr right) {
  const bool plus = name == "add";
  if (plus || name == "subtract") {
    const auto none = tree::IntervalKind::kNone;
    if (tree::interval_kind(*right) != none) return shift_moment(plus, std::move(left), std::move(right));
    if (plus && tree::interval_kind(*left) != none) return shift_moment(true, std::move(right), std::move(left));
  }
  if (name == "||") return tree::binary("||", std::move(left), std::move(right));
  if (name == "<<" || name == ">>") return tree::binary(std::string(name), std::move(left), std::move(right));
  return tree::doris(std::string(name), std::move(left), std::move(right));
}

// What LIKE and REGEXP look at: numbers and dates are texts there.
ExprPtr as_text(ExprPtr value) {
  if (tree::constant_text(*value)) return value;
  return tree::doris("text_cast", std::move(value));
}

// LIKE without ESCAPE has backslash as its escape character, the kernel's plain LIKE has none.
Parsed<ExprPtr> parse_like(ParseContext& c, ExprPtr left, bool negated) {
  LiftScope off(c, LiftScope::Rule::kOff);
  ExprPtr pattern = TRY(parse_arithmetic(c));
  std::string escape = c.options().no_backslash_escapes ? "" : "\\";
  if (c.accept("ESCAPE"_kw)) {
    ExprPtr written = TRY(parse_operand(c));
    const std::string* character = tree::constant_text(*written);
    if (!character || character->size() > 1) return c.syntax_error("ESCAPE needs a literal of one character");
    escape = *character;
  }
  left = as_text(std::move(left));
  pattern = as_text(std::move(pattern));
  const std::string* constant = tree::constant_text(*pattern);
  if (escape.empty() || (constant && constant->find(escape) == std::string::npos)) {
    return tree::binary(negated ? "!~~" : "~~", std::move(left), std::move(pattern));
  }
  if (constant) {
    // An escape character at the very end stands for itself.
    size_t run = 0;
    while (run < constant->size() && (*constant)[constant->size() - 1 - run] == escape[0]) ++run;
    if (run % 2 != 0) pattern = tree::text(*constant + escape);
  }
  return tree::function(negated ? "not_like_escape" : "like_escape", std::move(left), std::move(pattern),
                        tree::text(escape));
}

// What IN (query) or ANY (query) compares; of a row by equality each value for itself.
ExprPtr sought(ExprPtr value, ExpressionType comparison) {
  const bool row = value->GetExpressionClass() == duckdb::ExpressionClass::FUNCTION &&
                   value->Cast<duckdb::FunctionExpression>().function_name == "row";
  if (!row) return tree::doris("sought", std::move(value));
  if (comparison == ExpressionType::COMPARE_EQUAL || comparison == ExpressionType::COMPARE_NOTEQUAL) {
    for (auto& element : value->Cast<duckdb::FunctionExpression>().children)
      element = tree::doris("sought", std::move(element));
  }
  return value;
}

Parsed<ExprPtr> parse_in(ParseContext& c, ExprPtr left, bool negated) {
  if (!c.is(TokenKind::kLeftParen)) return c.expected("'(' after IN");
  uint32_t height = c.height();
  if (c.at_parenthesised_query()) {
    c.set_height(0);
    auto query = duckdb::make_uniq<duckdb::SubqueryExpression>();
    query->subquery = TRY(parse_parenthesised_query(c));
    query->subquery_type = duckdb::SubqueryType::ANY;
    query->comparison_type = ExpressionType::COMPARE_EQUAL;
    query->child = sought(std::move(left), query->comparison_type);
    c.set_height(std::max(height, c.height()));
    if (!negated) return query;
    return tree::op(ExpressionType::OPERATOR_NOT, tree::list<ExprPtr>(std::move(query)));
  }
  c.advance();
  ExprList children;
  children.push_back(std::move(left));
  bool lift = c.may_lift();
  if (lift) {
    // Long lists stay constants: find out before anything became a parameter.
    size_t tokens = 0;
    while (tokens <= 2 * kMaxLiftedInList && !c.is(TokenKind::kRightParen, tokens) && !c.is(TokenKind::kEnd, tokens)) {
      ++tokens;
    }
    lift = tokens < 2 * kMaxLiftedInList;
  }
  LiftScope scope(c, lift ? LiftScope::Rule::kAllow : LiftScope::Rule::kOff);
  do {
    size_t first = c.mark();
    c.set_height(0);
    ExprPtr element = TRY(parse_expression(c));
    height = std::max(height, c.height());
    children.push_back(lift_operand(c, std::move(element), first));
  } while (c.accept(TokenKind::kComma));
  TRY(c.expect(TokenKind::kRightParen, "',' or ')' in the IN list"));
  c.set_height(height);
  return tree::doris_call(negated ? "not_in" : "in", std::move(children));
}

Parsed<ExprPtr> parse_between(ParseContext& c, ExprPtr left, bool negated) {
  uint32_t height = c.height();
  c.set_height(0);
  size_t first = c.mark();
  ExprPtr lower = TRY(parse_arithmetic(c));
  lower = lift_operand(c, std::move(lower), first);
  height = std::max(height, c.height());
  TRY(c.expect("AND"_kw));
  c.set_height(0);
  first = c.mark();
  ExprPtr upper = TRY(parse_arithmetic(c));
  upper = lift_operand(c, std::move(upper), first);
  c.set_height(std::max(height, c.height()));
  ExprPtr result = tree::doris("between", std::move(left), std::move(lower), std::move(upper));
  if (!negated) return result;
  return tree::op(ExpressionType::OPERATOR_NOT, tree::list(std::move(result)));
}

Parsed<ExprPtr> parse_is(ParseContext& c, ExprPtr left) {
  bool negated = c.accept("NOT"_kw);
  if (c.accept("NULL"_kw) || c.accept("UNKNOWN"_kw)) {
    return negated ? tree::is_not_null(std::move(left)) : tree::is_null(std::move(left));
  }
  bool value = c.is("TRUE"_kw);
  if (value || c.is("FALSE"_kw)) {
    c.advance();
    auto type = negated ? ExpressionType::COMPARE_DISTINCT_FROM : ExpressionType::COMPARE_NOT_DISTINCT_FROM;
    return tree::compare(type, tree::condition(std::move(left)), tree::constant(duckdb::Value::BOOLEAN(value)));
  }
  if (c.is("DISTINCT"_kw) && c.is("FROM"_kw, 1)) {
    c.advance();
    c.advance();
    ExprPtr right = TRY(parse_arithmetic(c));
    auto type = negated ? ExpressionType::COMPARE_NOT_DISTINCT_FROM : ExpressionType::COMPARE_DISTINCT_FROM;
    return tree::comparison(type, std::move(left), std::move(right));
  }
  return c.expected("NULL, TRUE, FALSE or UNKNOWN after IS");
}

// = ANY (query), <> ALL (query)
Parsed<ExprPtr> parse_quantified(ParseContext& c, ExpressionType comparison, ExprPtr left, bool all) {
  switch (comparison) {
    case ExpressionType::COMPARE_NOT_DISTINCT_FROM:
      return c.syntax_error("ANY and ALL need one of = <> < <= > >= before them");
    default:
      break;
  }
  c.advance();
  auto query = duckdb::make_uniq<duckdb::SubqueryExpression>();
  query->subquery = TRY(parse_parenthesised_query(c));
  query->subquery_type = duckdb::SubqueryType::ANY;
  query->comparison_type = all ? duckdb::NegateComparisonExpression(comparison) : comparison;
  query->child = sought(std::move(left), query->comparison_type);
  if (!all) return query;
  return tree::op(ExpressionType::OPERATOR_NOT, tree::list<ExprPtr>(std::move(query)));
}

// The comparison-like operator at the cursor, with `left` read. `left_first` is where left began.
Parsed<ExprPtr> parse_comparison(ParseContext& c, ExprPtr left, size_t left_first);

Parsed<ExprPtr> parse_binary(ParseContext& c, int weakest);

// Operators from `left` on, down to those of strength `weakest`.
Parsed<ExprPtr> continue_binary(ParseContext& c, ExprPtr left, size_t left_first, int weakest) {
  const size_t begin = c.peek_at(left_first).begin;
  for (;;) {
    locate(*left, begin);
    BinaryOperator next = binary_operator(c, c.peek());
    if (next.strength == kNone || next.strength < weakest) return left;
    switch (next.strength) {
      case kOr:
      case kAnd: {
        // a AND b AND c: one node with many children instead of a deep tree.
        ExprList children;
        children.push_back(tree::condition(std::move(left)));
        uint32_t height = c.height();
        while (binary_operator(c, c.peek()).strength == next.strength) {
          c.advance();
          c.set_height(0);
          children.push_back(tree::condition(TRY(parse_binary(c, next.strength + 1))));
          height = std::max(height, c.height());
        }
        c.set_height(height);
        TRY(c.add_level());
        auto type = next.strength == kOr ? ExpressionType::CONJUNCTION_OR : ExpressionType::CONJUNCTION_AND;
        left = duckdb::make_uniq<duckdb::ConjunctionExpression>(type, std::move(children));
        break;
      }
      case kComparison:
        // NOT begins an operator only as NOT IN, NOT LIKE, ..
        if (c.is("NOT"_kw) && !match_function(c, c.peek(1)) && binary_operator(c, c.peek(1)).strength != kComparison) {
          return left;
        }
        left = TRY(parse_comparison(c, std::move(left), left_first));
        TRY(c.add_level());
        break;
      default: {
        uint32_t left_height = c.height();
        c.advance();
        c.set_height(0);
        ExprPtr right = TRY(parse_binary(c, next.strength + 1));
        c.set_height(std::max(left_height, c.height()));
        TRY(c.add_level());
        if (next.strength == kXor) {
          left = tree::doris("xor", std::move(left), std::move(right));
        } else {
          left = arithmetic(next.name, std::move(left), std::move(right));
        }
      }
    }
  }
}

Parsed<ExprPtr> parse_comparison(ParseContext& c, ExprPtr left, size_t left_first) {
  BinaryOperator next = binary_operator(c, c.peek());
  if (next.comparison != ExpressionType::INVALID) {
    left = lift_operand(c, std::move(left), left_first);
    c.advance();
    bool all = c.is("ALL"_kw);
    if ((all || c.is_word("ANY") || c.is_word("SOME")) && c.is(TokenKind::kLeftParen, 1)) {
      return parse_quantified(c, next.comparison, std::move(left), all);
    }
    uint32_t left_height = c.height();
    c.set_height(0);
    size_t first = c.mark();
    ExprPtr right = TRY(parse_binary(c, kComparison + 1));
    right = lift_operand(c, std::move(right), first);
    c.set_height(std::max(left_height, c.height()));
    return tree::comparison(next.comparison, std::move(left), std::move(right));
  }
  bool negated = c.accept("NOT"_kw);
  if (at_match(c)) {
    const char* name = match_function(c, c.peek());
    c.advance();
    LiftScope off(c, LiftScope::Rule::kOff);
    ExprPtr query = TRY(parse_arithmetic(c));
    ExprPtr result = tree::doris(functions::Registry::instance().find(name)->name, std::move(left), std::move(query));
    return negated ? tree::negate(std::move(result)) : std::move(result);
  }
  switch (c.peek().keyword) {
    case "IN"_kw:
      c.advance();
      return parse_in(c, std::move(left), negated);
    case "BETWEEN"_kw:
      c.advance();
      return parse_between(c, std::move(left), negated);
    case "LIKE"_kw:
      c.advance();
      return parse_like(c, std::move(left), negated);
    case "REGEXP"_kw:
    case "RLIKE"_kw: {
      c.advance();
      LiftScope off(c, LiftScope::Rule::kOff);
      ExprPtr pattern = TRY(parse_arithmetic(c));
      ExprPtr result = tree::function("regexp_matches", as_text(std::move(left)), as_text(std::move(pattern)));
      return negated ? tree::negate(std::move(result)) : std::move(result);
    }
    case "IS"_kw:
      c.advance();
      return parse_is(c, std::move(left));
    default:
      return c.expected("IN, BETWEEN, LIKE or REGEXP after NOT");
  }
}

Parsed<ExprPtr> parse_not(ParseContext& c) {
  ParseContext::Nested nested(c);
  TRY(nested.check());
  c.advance();
  ExprPtr operand = TRY(parse_binary(c, kNot));
  TRY(c.add_level());
  return tree::negate(std::move(operand));
}

Parsed<ExprPtr> parse_binary(ParseContext& c, int weakest) {
  size_t first = c.mark();
  // As in Doris, ! takes as much as NOT does, unless it is inside of an operator's operand.
  const bool negates = c.is("NOT"_kw) || (weakest <= kNot && c.is(TokenKind::kBang));
  ExprPtr left = negates ? TRY(parse_not(c)) : TRY(parse_operand(c));
  return continue_binary(c, std::move(left), first, weakest);
}

}  // namespace

Parsed<ExprPtr> parse_expression(ParseContext& c) {
  ParseContext::Nested nested(c);
  TRY(nested.check());
  uint32_t height_before = c.height();
  c.set_height(0);
  ExprPtr result = TRY(parse_binary(c, kOr));
  if (c.is(TokenKind::kAssign)) return c.unsupported("':=' in expressions; use SET @name = ...");
  c.set_height(std::max(height_before, c.height()));
  return result;
}

Parsed<ExprPtr> parse_expression_from(ParseContext& c, ExprPtr first) {
  return continue_binary(c, std::move(first), c.mark(), kOr);
}

Parsed<ExprPtr> parse_arithmetic(ParseContext& c) { return parse_binary(c, kComparison + 1); }

Parsed<ExprList> parse_expression_list(ParseContext& c) {
  ExprList result;
  do {
    result.push_back(TRY(parse_expression(c)));
  } while (c.accept(TokenKind::kComma));
  return result;
}

Parsed<duckdb::vector<duckdb::OrderByNode>> parse_order_list(ParseContext& c) {
  duckdb::vector<duckdb::OrderByNode> result;
  do {
    ExprPtr expression = TRY(parse_expression(c));
    auto type = duckdb::OrderType::ASCENDING;
    auto nulls = duckdb::OrderByNullType::NULLS_FIRST;
    if (c.accept("DESC"_kw)) {
      type = duckdb::OrderType::DESCENDING;
      nulls = duckdb::OrderByNullType::NULLS_LAST;
    } else {
      c.accept("ASC"_kw);
    }
    if (c.accept("NULLS"_kw)) {
      if (c.accept("FIRST"_kw)) {
        nulls = duckdb::OrderByNullType::NULLS_FIRST;
      } else {
        TRY(c.expect("LAST"_kw));
        nulls = duckdb::OrderByNullType::NULLS_LAST;
      }
    }
    result.emplace_back(type, nulls, std::move(expression));
  } while (c.accept(TokenKind::kComma));
  return result;
}

}  // namespace sluice::dialect
