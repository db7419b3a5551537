// SPDX-License-Identifier: Apache-2.0
// Operands of expressions: literals, columns, variables, parentheses, unary operators, what may follow an operand.
#include <algorithm>

#include "dialect/assigned_variables.h"
#include "dialect/expression.h"
#include "dialect/function_call.h"
#include "dialect/lambda_call.h"
#include "dialect/literals.h"
#include "dialect/locate.h"
#include "dialect/names.h"
#include "dialect/query.h"
#include "dialect/special_call.h"
#include "dialect/tree.h"
#include "duckdb/parser/expression/lambda_expression.hpp"
#include "functions/text_to_value.h"

namespace sluice::dialect {
namespace {

using duckdb::ExpressionType;
using duckdb::LogicalType;

bool has_no_rows(const duckdb::QueryNode& node) {
  return std::ranges::any_of(node.modifiers, [](const auto& modifier) {
    if (modifier->type != duckdb::ResultModifierType::LIMIT_MODIFIER) return false;
    const auto& limit = modifier->template Cast<duckdb::LimitModifier>().limit;
    return limit && tree::constant_integer(*limit) == 0;
  });
}

// What stands in parentheses: a query, or an expression.
struct Inside {
  NodePtr query;
  ExprPtr expression;
};

ExprPtr scalar_subquery(NodePtr node) {
  auto result = duckdb::make_uniq<duckdb::SubqueryExpression>();
  result->subquery = as_statement(std::move(node));
  result->subquery_type = duckdb::SubqueryType::SCALAR;
  return result;
}

Parsed<ExprPtr> parse_suffixes(ParseContext& c, ExprPtr operand);

// Between '(' and ')'. ((SELECT ..) UNION ..) is a query, ((SELECT ..) + 1) an expression: known only afterwards.
Parsed<Inside> parse_inside(ParseContext& c) {
  ParseContext::Nested nested(c);
  TRY(nested.check());
  Inside inside;
  if (c.at_query_start()) {
    ParseContext::NestedQuery level(c);
    TRY(level.check());
    inside.query = TRY(parse_query_node(c));
  } else if (c.at_parenthesised_query()) {
    c.advance();
    inside = TRY(parse_inside(c));
    TRY(c.expect(TokenKind::kRightParen, "')'"));
    if (inside.query && at_query_continuation(c)) {
      inside.query = TRY(continue_query(c, std::move(inside.query)));
    } else if (!inside.query || !c.is(TokenKind::kRightParen)) {
      ExprPtr first = inside.query ? scalar_subquery(std::move(inside.query)) : std::move(inside.expression);
      first = TRY(parse_suffixes(c, std::move(first)));
      inside.expression = TRY(parse_expression_from(c, std::move(first)));
    }
  } else {
    inside.expression = TRY(parse_expression(c));
  }
  return inside;
}

Parsed<ExprPtr> parse_parenthesis(ParseContext& c) {
  c.advance();
  Inside inside = TRY(parse_inside(c));
  if (inside.query) {
    TRY(c.expect(TokenKind::kRightParen, "')' after the subquery"));
    TRY(c.add_level());
    return scalar_subquery(std::move(inside.query));
  }
  if (!c.is(TokenKind::kComma)) {
    TRY(c.expect(TokenKind::kRightParen, "')'"));
    return std::move(inside.expression);
  }
  ExprList elements;
  elements.push_back(std::move(inside.expression));
  while (c.accept(TokenKind::kComma)) elements.push_back(TRY(parse_expression(c)));
  TRY(c.expect(TokenKind::kRightParen, "',' or ')'"));
  TRY(c.add_level());
  return tree::call("row", std::move(elements));
}

Parsed<ExprPtr> parse_minus(ParseContext& c) {
  ParseContext::Nested nested(c);
  TRY(nested.check());
  c.advance();
  const Token& token = c.peek();
  bool number = token.kind >= TokenKind::kInteger && token.kind <= TokenKind::kFloat;
  if (number) {
    auto value = negative_literal_value(c.text(token), token);
    if (!value) return c.syntax_error("this number is out of range");
    c.advance();
    return tree::constant(std::move(*value));
  }
  ExprPtr operand = TRY(parse_operand(c));
  TRY(c.add_level());
  return tree::doris("negative", std::move(operand));
}

// @@name, @@session.name, @@global.name
Parsed<ExprPtr> parse_system_variable(ParseContext& c) {
  c.advance();
  std::string name = duckdb::StringUtil::Lower(TRY(parse_name_after_dot(c, "a variable name")));
  VariableScope scope = VariableScope::kSession;
  bool global = name == "global";
  if ((global || name == "session" || name == "local") && c.accept(TokenKind::kDot)) {
    scope = global ? VariableScope::kGlobal : VariableScope::kSession;
    name = duckdb::StringUtil::Lower(TRY(parse_name_after_dot(c, "a variable name")));
  }
  const SessionValues* session = c.session();
  if (!session) return tl::unexpected<Failed>(Failed{});
  auto value = session->system_variable(scope, name);
  if (!value) return c.failure(std::move(value).error());
  return tree::constant(std::move(*value));
}

Parsed<ExprPtr> parse_user_variable(ParseContext& c) {
  Token token = c.peek();
  std::string_view written = c.text(token).substr(1);
  bool quoted = !written.empty() && (written[0] == '\'' || written[0] == '"' || written[0] == '`');
  std::string name = quoted ? string_value(c.text(token), token) : std::string(written);
  c.advance();
  if (c.is(TokenKind::kAssign)) {
    if (!c.in_list_with_assignments) return c.unsupported("':=' outside a SELECT's list; use SET @name = ...");
    ParseContext::Nested nested(c);
    TRY(nested.check());
    c.advance();
    return assignment(duckdb::StringUtil::Lower(name), TRY(parse_expression(c)));
  }
  if (c.in_list_with_assignments) return assigned_read(duckdb::StringUtil::Lower(name));
  const SessionValues* session = c.session();
  if (!session) return tl::unexpected<Failed>(Failed{});
  return tree::constant(session->user_variable(name));
}

// {d '..'}, {t '..'}, {ts '..'}, {fn call()} of ODBC and JDBC; {'k': v, ..} is a map, {1, 2} a struct.
Parsed<ExprPtr> parse_braces(ParseContext& c) {
  ParseContext::Nested nested(c);
  TRY(nested.check());
  c.advance();
  if (c.is(TokenKind::kWord) && c.is(TokenKind::kString, 1)) {
    bool date = c.is_word("D");
    bool time = c.is_word("T");
    if (!date && !time && !c.is_word("TS")) return c.expected("d, t or ts before the string");
    c.advance();
    std::string value = TRY(parse_string(c, "a date or time"));
    TRY(c.expect(TokenKind::kRightBrace, "'}'"));
    return tree::strict_cast(tree::text(std::move(value)), date   ? LogicalType::DATE
                                                           : time ? LogicalType::TIME
                                                                  : LogicalType::TIMESTAMP);
  }
  if (c.accept("FN"_kw)) {
    ExprPtr result = TRY(parse_operand(c));
    TRY(c.expect(TokenKind::kRightBrace, "'}'"));
    return result;
  }
  if (c.accept(TokenKind::kRightBrace)) return tree::doris_call("map", {});
  ExprList keys;
  ExprList values;
  do {
    keys.push_back(TRY(parse_expression(c)));
    bool is_map = c.is(TokenKind::kColon);
    if (is_map == values.empty() && keys.size() > 1) return c.syntax_error("a map needs key: value in each place");
    if (!is_map) continue;
    c.advance();
    values.push_back(TRY(parse_expression(c)));
  } while (c.accept(TokenKind::kComma));
  TRY(c.expect(TokenKind::kRightBrace, "',' or '}'"));
  TRY(c.add_level());
  if (values.empty()) return tree::doris_call("struct", std::move(keys));
  ExprList pairs;
  for (size_t i = 0; i < keys.size(); ++i) {
    pairs.push_back(std::move(keys[i]));
    pairs.push_back(std::move(values[i]));
  }
  return tree::doris_call("map", std::move(pairs));
}

Parsed<ExprPtr> parse_brackets(ParseContext& c) {
  ParseContext::Nested nested(c);
  TRY(nested.check());
  c.advance();
  ExprList elements;
  if (!c.is(TokenKind::kRightBracket)) {
    do {
      // Doris' literals hold constants; columns and operators do no harm here.
      if (c.is(TokenKind::kWord) && c.is(TokenKind::kLeftParen, 1) && !c.is("CAST"_kw))
        return c.expected("a constant in an array literal; array(..) takes function calls");
      elements.push_back(TRY(parse_expression(c)));
    } while (c.accept(TokenKind::kComma));
  }
  TRY(c.expect(TokenKind::kRightBracket, "',' or ']'"));
  TRY(c.add_level());
  return tree::doris_call("array", std::move(elements));
}

Parsed<ExprPtr> parse_column(ParseContext& c) {
  Token first = c.peek();
  duckdb::vector<std::string> names;
  names.push_back(identifier_value(c.text(first), first));
  c.advance();
  while (c.is(TokenKind::kDot) && !c.is(TokenKind::kStar, 1) && names.size() < 4) {
    c.advance();
    names.push_back(TRY(parse_name_after_dot(c, "a column name")));
  }
  c.has_long_names |= names.size() > 2;
  if (names.size() > 1 && c.is(TokenKind::kLeftParen)) return parse_call_in(c, std::move(names), first);
  if (names.size() == 2 && !c.insert_row_alias.empty() && names[0] == c.insert_row_alias) names[0] = "excluded";
  auto column = duckdb::make_uniq<duckdb::ColumnRefExpression>(std::move(names));
  column->SetQueryLocation(first.begin);
  return column;
}

// After an arrow at the cursor: paths begin with '$'; another string is a lambda's body.
bool at_json_path(const ParseContext& c) {
  if (!c.is(TokenKind::kString, 1)) return false;
  const std::string value = string_value(c.text(c.peek(1)), c.peek(1));
  return value.find_first_not_of(" \t\n") == std::string::npos || value[value.find_first_not_of(" \t\n")] == '$';
}

// -> and ->> with a JSON path, [index], [from:to], .field, COLLATE name.
Parsed<ExprPtr> parse_suffixes(ParseContext& c, ExprPtr operand) {
  for (;;) {
    if (c.is(TokenKind::kArrow) || c.is(TokenKind::kLongArrow)) {
      bool text = c.is(TokenKind::kLongArrow);
      if (!at_json_path(c)) {
        if (text) return c.syntax_error("'->>' needs a JSON path as a string");
        // x -> expression, (x, y) -> expression: a lambda.
        ExprPtr lambda = make_lambda(*operand, tree::null());
        if (!lambda) return c.syntax_error("'->' needs a JSON path as a string");
        c.advance();
        lambda->Cast<duckdb::LambdaExpression>().expr = TRY(parse_expression(c));
        TRY(c.add_level());
        operand = std::move(lambda);
        continue;
      }
      c.advance();
      ExprPtr path = tree::text(TRY(parse_string(c, "a JSON path")));
      operand = tree::doris(text ? "json_extract_string" : "json_extract", std::move(operand), std::move(path));
    } else if (c.accept(TokenKind::kLeftBracket)) {
      ParseContext::Nested nested(c);
      TRY(nested.check());
      // [from:count]
      ExprPtr from = c.is(TokenKind::kColon) ? tree::integer(1) : TRY(parse_expression(c));
      if (c.accept(TokenKind::kColon)) {
        ExprList slice = tree::list(std::move(operand), std::move(from));
        if (!c.is(TokenKind::kRightBracket)) slice.push_back(TRY(parse_expression(c)));
        operand = tree::doris_call("array_slice", std::move(slice));
      } else {
        operand = tree::doris("element_at", std::move(operand), std::move(from));
      }
      TRY(c.expect(TokenKind::kRightBracket, "']'"));
    } else if (c.is(TokenKind::kDot) && !c.is(TokenKind::kStar, 1)) {
      c.advance();
      std::string field = TRY(parse_name_after_dot(c, "a field name"));
      operand = tree::op(ExpressionType::STRUCT_EXTRACT, tree::list(std::move(operand), tree::text(std::move(field))));
    } else if (c.accept("COLLATE"_kw)) {
      // Text is compared by bytes: a collation changes nothing.
      if (!c.accept("BINARY"_kw)) TRY(parse_name_or_string(c, "a collation"));
      continue;
    } else {
      return operand;
    }
    TRY(c.add_level());
  }
}

// DATE '2020-01-01' and the like: the string belongs to the type.
std::optional<LogicalType> typed_literal(const ParseContext& c) {
  if (!c.is(TokenKind::kString, 1)) return std::nullopt;
  switch (c.peek().keyword) {
    case "DATE"_kw:
    case "DATEV2"_kw:
      return LogicalType::DATE;
    case "TIME"_kw:
      return LogicalType::TIME;
    case "TIMESTAMP"_kw:
    case "DATETIME"_kw:
    case "DATETIMEV2"_kw:
      return LogicalType::TIMESTAMP;
    default:
      return std::nullopt;
  }
}

// The kernel's cast says what is wrong with the text; forms that only Doris takes are values at once.
ExprPtr moment_literal(std::string text, const LogicalType& type) {
  duckdb::Value value(text);
  if (type.id() != duckdb::LogicalTypeId::TIME && !value.DefaultTryCastAs(type)) {
    const auto moment = functions::text_to_moment(text);
    if (moment && !moment->zone_offset) {
      value = duckdb::Value::TIMESTAMP(duckdb::timestamp_t(moment->micros));
      return tree::constant(value.DefaultCastAs(type));
    }
  }
  return tree::strict_cast(tree::text(std::move(text)), type);
}

// Reserved words that are functions when '(' follows.
bool is_function_word(Keyword keyword) {
  switch (keyword) {
    case "LEFT"_kw:
    case "RIGHT"_kw:
    case "IF"_kw:
    case "REPLACE"_kw:
    case "INSERT"_kw:
    case "VALUES"_kw:
    case "IGNORE"_kw:
    case "LIKE"_kw:
    case "REGEXP"_kw:
    case "RLIKE"_kw:
    case "CURRENT_DATE"_kw:
    case "CURRENT_TIME"_kw:
    case "CURRENT_TIMESTAMP"_kw:
    case "CURRENT_USER"_kw:
    case "LOCALTIME"_kw:
    case "LOCALTIMESTAMP"_kw:
    case "UTC_DATE"_kw:
    case "UTC_TIME"_kw:
    case "UTC_TIMESTAMP"_kw:
      return true;
    default:
      return false;
  }
}

// A character set before a literal, not a name that begins with '_'.
bool is_introducer(std::string_view word) {
  static constexpr std::string_view kCharacterSets[] = {
      "_utf8mb4", "_utf8mb3", "_utf8",    "_binary", "_latin1", "_ascii", "_ucs2",  "_utf16", "_utf32",
      "_gbk",     "_gb2312",  "_gb18030", "_big5",   "_cp1252", "_sjis",  "_euckr", "_koi8r", "_cp1251"};
  std::string lower = duckdb::StringUtil::Lower(std::string(word));
  return std::find(std::begin(kCharacterSets), std::end(kCharacterSets), lower) != std::end(kCharacterSets);
}

Parsed<ExprPtr> parse_word(ParseContext& c) {
  const Token& token = c.peek();
  Keyword keyword = token.keyword;
  bool call = c.is(TokenKind::kLeftParen, 1);
  if (auto type = typed_literal(c)) {
    c.advance();
    return moment_literal(TRY(parse_string(c, "a date or time")), *type);
  }
  switch (keyword) {
    case "NULL"_kw:
      c.advance();
      return tree::null();
    case "TRUE"_kw:
      c.advance();
      return tree::constant(duckdb::Value::BOOLEAN(true));
    case "FALSE"_kw:
      c.advance();
      return tree::constant(duckdb::Value::BOOLEAN(false));
    case "CASE"_kw:
      return parse_case(c);
    case "INTERVAL"_kw:
      return parse_interval(c);
    case "EXISTS"_kw: {
      c.advance();
      auto exists = duckdb::make_uniq<duckdb::SubqueryExpression>();
      exists->subquery_type = duckdb::SubqueryType::EXISTS;
      exists->subquery = TRY(parse_parenthesised_query(c));
      // The kernel takes no LIMIT with OFFSET in a correlated subquery; without rows neither matters.
      if (has_no_rows(*exists->subquery->node)) return tree::constant(duckdb::Value::BOOLEAN(false));
      return exists;
    }
    case "BINARY"_kw: {  // BINARY x: compare by bytes, which is what happens anyway
      ParseContext::Nested nested(c);
      TRY(nested.check());
      c.advance();
      return parse_operand(c);
    }
    case "DEFAULT"_kw:
      return c.syntax_error("DEFAULT stands for a whole value of INSERT or UPDATE");
    case "MATCH"_kw:
      return c.unsupported("MATCH .. AGAINST");
    case "CURRENT_DATE"_kw:
    case "CURRENT_TIME"_kw:
    case "CURRENT_TIMESTAMP"_kw:
    case "CURRENT_USER"_kw:
    case "LOCALTIME"_kw:
    case "LOCALTIMESTAMP"_kw:
    case "UTC_DATE"_kw:
    case "UTC_TIME"_kw:
    case "UTC_TIMESTAMP"_kw:
      if (!call) {
        Token where = token;
        c.advance();
        return build_call(c, duckdb::StringUtil::Lower(std::string(c.text(where))), where);
      }
      break;
    default:
      break;
  }
  if (call) {
    ExprPtr special = TRY(parse_special_call(c));
    if (special) {
      if (c.is("OVER"_kw)) return parse_over(c, std::move(special), false);
      return special;
    }
    if (!is_reserved(keyword) || is_function_word(keyword)) return parse_call(c);
  }
  if (is_reserved(keyword)) {
    return c.syntax_error("expected an expression; '" + std::string(c.text(token)) + "' is a reserved word");
  }
  // _utf8'..', _binary x'..': a character set before a literal.
  std::string_view written = c.text(token);
  bool literal_follows = c.is(TokenKind::kString, 1) || c.is(TokenKind::kHex, 1) || c.is(TokenKind::kBit, 1);
  if (written[0] == '_' && literal_follows && is_introducer(written)) {
    bool binary = c.is_word("_BINARY");
    c.advance();
    Token literal = c.peek();
    std::string bytes = literal.kind == TokenKind::kString ? string_value(c.text(literal), literal)
                                                           : binary_value(c.text(literal), literal);
    c.advance();
    if (!binary) return tree::text(std::move(bytes));
    return tree::constant(duckdb::Value::BLOB(reinterpret_cast<duckdb::const_data_ptr_t>(bytes.data()), bytes.size()));
  }
  return parse_column(c);
}

Parsed<ExprPtr> parse_bare_operand(ParseContext& c) {
  const Token& token = c.peek();
  switch (token.kind) {
    case TokenKind::kString:
    case TokenKind::kInteger:
    case TokenKind::kDecimal:
    case TokenKind::kFloat:
    case TokenKind::kHex:
    case TokenKind::kBit:
      return parse_literal(c);
    case TokenKind::kWord:
      return parse_word(c);
    case TokenKind::kQuotedIdentifier:
      return c.is(TokenKind::kLeftParen, 1) ? parse_call(c) : parse_column(c);
    case TokenKind::kLeftParen:
      return parse_parenthesis(c);
    case TokenKind::kMinus:
      return parse_minus(c);
    case TokenKind::kPlus: {
      ParseContext::Nested nested(c);
      TRY(nested.check());
      c.advance();
      return parse_operand(c);
    }
    case TokenKind::kTilde:
    case TokenKind::kBang: {
      ParseContext::Nested nested(c);
      TRY(nested.check());
      bool invert = token.kind == TokenKind::kTilde;
      c.advance();
      ExprPtr operand = TRY(parse_operand(c));
      TRY(c.add_level());
      return invert ? tree::doris("bitnot", std::move(operand)) : tree::negate(std::move(operand));
    }
    case TokenKind::kPlaceholder:
      if (c.options().lift_literals) return c.syntax_error("'?' is only for prepared statements");
      c.advance();
      return c.placeholder();
    case TokenKind::kAtAt:
      return parse_system_variable(c);
    case TokenKind::kUserVariable:
      return parse_user_variable(c);
    case TokenKind::kLeftBracket:
      return parse_brackets(c);
    case TokenKind::kLeftBrace:
      return parse_braces(c);
    default:
      return c.expected("an expression");
  }
}

}  // namespace

Parsed<ExprPtr> parse_operand(ParseContext& c) {
  const size_t begin = c.peek().begin;
  ExprPtr operand = TRY(parse_bare_operand(c));
  locate(*operand, begin);
  operand = TRY(parse_suffixes(c, std::move(operand)));
  locate(*operand, begin);
  return operand;
}

Parsed<ExprPtr> parse_literal(ParseContext& c) {
  const Token& token = c.peek();
  if (token.kind == TokenKind::kString && c.is(TokenKind::kString, 1)) {
    return tree::text(TRY(parse_string(c, "a string")));
  }
  auto value = literal_value(c.text(token), token);
  if (!value) return c.syntax_error("this number is out of range");
  c.advance();
  return tree::constant(std::move(*value));
}

Parsed<std::string> parse_string(ParseContext& c, std::string_view what) {
  if (!c.is(TokenKind::kString)) return c.expected(what);
  std::string value;
  while (c.is(TokenKind::kString)) {
    value += string_value(c.text(c.peek()), c.peek());
    c.advance();
  }
  return value;
}

Parsed<uint64_t> parse_unsigned(ParseContext& c, std::string_view what) {
  if (!c.is(TokenKind::kInteger)) return c.expected(what);
  auto value = small_integer(c.text(c.peek()));
  if (!value) return c.syntax_error("this number is out of range");
  c.advance();
  return *value;
}

}  // namespace sluice::dialect
