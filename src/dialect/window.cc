// SPDX-License-Identifier: Apache-2.0
// OVER (PARTITION BY .. ORDER BY .. frame).
#include "dialect/expression.h"
#include "dialect/function_call.h"
#include "dialect/names.h"
#include "dialect/query.h"
#include "dialect/tree.h"

namespace sluice::dialect {
namespace {

using duckdb::ExpressionType;
using duckdb::WindowBoundary;

struct Bound {
  WindowBoundary boundary;
  ExprPtr amount;  // of n PRECEDING and n FOLLOWING
};

Parsed<Bound> parse_bound(ParseContext& c, bool rows) {
  if (c.accept("UNBOUNDED"_kw)) {
    if (c.accept("PRECEDING"_kw)) return Bound{WindowBoundary::UNBOUNDED_PRECEDING, nullptr};
    TRY(c.expect("FOLLOWING"_kw));
    return Bound{WindowBoundary::UNBOUNDED_FOLLOWING, nullptr};
  }
  if (c.accept("CURRENT"_kw)) {
    TRY(c.expect("ROW"_kw));
    return Bound{rows ? WindowBoundary::CURRENT_ROW_ROWS : WindowBoundary::CURRENT_ROW_RANGE, nullptr};
  }
  ExprPtr amount = TRY(parse_arithmetic(c));
  if (c.accept("PRECEDING"_kw)) {
    return Bound{rows ? WindowBoundary::EXPR_PRECEDING_ROWS : WindowBoundary::EXPR_PRECEDING_RANGE, std::move(amount)};
  }
  TRY(c.expect("FOLLOWING"_kw));
  return Bound{rows ? WindowBoundary::EXPR_FOLLOWING_ROWS : WindowBoundary::EXPR_FOLLOWING_RANGE, std::move(amount)};
}

Parsed<void> parse_frame(ParseContext& c, duckdb::WindowExpression& window) {
  window.start = WindowBoundary::UNBOUNDED_PRECEDING;
  window.end = WindowBoundary::CURRENT_ROW_RANGE;
  bool rows = c.is("ROWS"_kw);
  if (!rows && !c.is("RANGE"_kw)) return {};
  c.advance();
  bool between = c.accept("BETWEEN"_kw);
  Bound start = TRY(parse_bound(c, rows));
  if (start.boundary == WindowBoundary::UNBOUNDED_FOLLOWING) {
    return c.syntax_error("a window frame cannot begin with UNBOUNDED FOLLOWING");
  }
  window.start = start.boundary;
  window.start_expr = std::move(start.amount);
  window.end = rows ? WindowBoundary::CURRENT_ROW_ROWS : WindowBoundary::CURRENT_ROW_RANGE;
  if (!between) {
    if (start.boundary == WindowBoundary::EXPR_FOLLOWING_ROWS ||
        start.boundary == WindowBoundary::EXPR_FOLLOWING_RANGE) {
      return c.syntax_error("a window frame from FOLLOWING needs BETWEEN .. AND ..");
    }
    return {};
  }
  TRY(c.expect("AND"_kw));
  Bound end = TRY(parse_bound(c, rows));
  if (end.boundary == WindowBoundary::UNBOUNDED_PRECEDING) {
    return c.syntax_error("a window frame cannot end with UNBOUNDED PRECEDING");
  }
  window.end = end.boundary;
  window.end_expr = std::move(end.amount);
  return {};
}

// How early a boundary is; of n PRECEDING and n FOLLOWING the number is not looked at.
int place(WindowBoundary boundary) {
  switch (boundary) {
    case WindowBoundary::UNBOUNDED_PRECEDING:
      return 0;
    case WindowBoundary::EXPR_PRECEDING_ROWS:
    case WindowBoundary::EXPR_PRECEDING_RANGE:
      return 1;
    case WindowBoundary::EXPR_FOLLOWING_ROWS:
    case WindowBoundary::EXPR_FOLLOWING_RANGE:
      return 3;
    case WindowBoundary::UNBOUNDED_FOLLOWING:
      return 4;
    default:
      return 2;  // the current row
  }
}

// What Doris refuses of a frame that was written.
Parsed<void> check_frame(ParseContext& c, const duckdb::WindowExpression& window) {
  if (window.orders.empty()) return c.syntax_error("WindowFrame clause requires OrderBy clause");
  if (place(window.start) > place(window.end))
    return c.syntax_error("WindowFrame's left boundary should not be larger than right boundary");
  const bool preceding = place(window.start) == 1 && place(window.end) == 1;
  const bool following = place(window.start) == 3 && place(window.end) == 3;
  if (!preceding && !following) return {};
  const auto first = tree::constant_integer(*window.start_expr);
  const auto last = tree::constant_integer(*window.end_expr);
  if (first && last && (preceding ? *first < *last : *first > *last))
    return c.syntax_error("WindowFrame's left boundary should not be larger than right boundary");
  return {};
}

const size_t* find_window(const ParseContext& c, const std::string& name) {
  for (auto known = c.windows.rbegin(); known != c.windows.rend(); ++known) {
    if (duckdb::StringUtil::CIEquals(known->name, name)) return &known->token;
  }
  return nullptr;
}

// ([window] [PARTITION BY ..] [ORDER BY ..] [frame]); whether a frame is written.
Parsed<bool> parse_specification(ParseContext& c, duckdb::WindowExpression& window) {
  ParseContext::Nested nested(c);
  TRY(nested.check());
  const size_t begin = c.mark();
  TRY(c.expect(TokenKind::kLeftParen, "'('"));
  bool base_framed = false;
  const bool has_base = at_name(c) && !c.is_any("PARTITION"_kw, "ORDER"_kw, "ROWS"_kw, "RANGE"_kw);
  if (has_base) {
    const std::string base = TRY(parse_name(c, "the name of a window"));
    const size_t* at = find_window(c, base);
    // Only those that stand before: no circles.
    const bool circle =
        at && std::ranges::any_of(c.windows, [&](const auto& w) { return w.token == begin; }) && *at >= begin;
    if (!at || circle) return c.syntax_error("there is no WINDOW " + base + " AS (..) before");
    const size_t after = c.mark();
    c.return_to(*at);
    base_framed = TRY(parse_specification(c, window));
    c.return_to(after);
    if (c.is("PARTITION"_kw)) return c.syntax_error("PARTITION BY belongs to the window " + base);
    if (c.is("ORDER"_kw) && !window.orders.empty())
      return c.syntax_error("the window " + base + " has an ORDER BY already");
  }
  if (c.accept("PARTITION"_kw)) {
    TRY(c.expect("BY"_kw));
    window.partitions = TRY(parse_expression_list(c));
  }
  if (c.accept("ORDER"_kw)) {
    TRY(c.expect("BY"_kw));
    window.orders = TRY(parse_order_list(c));
  }
  const bool framed = c.is("ROWS"_kw) || c.is("RANGE"_kw);
  if (framed || !has_base) TRY(parse_frame(c, window));
  if (framed) TRY(check_frame(c, window));
  TRY(c.expect(TokenKind::kRightParen, "PARTITION BY, ORDER BY, ROWS, RANGE or ')' in OVER"));
  return framed || base_framed;
}

// first_value(x, true) of Doris leaves NULLs out; so does first_value(x, 1).
void take_null_flag(duckdb::WindowExpression& window, ExprList& args) {
  const duckdb::Value* flag = args.size() == 2 ? tree::constant_value(*args[1]) : nullptr;
  if (!flag || flag->IsNull()) return;
  if (flag->type().id() == duckdb::LogicalTypeId::BOOLEAN)
    window.ignore_nulls |= duckdb::BooleanValue::Get(*flag);
  else if (const auto number = tree::constant_integer(*args[1]); number && (*number == 0 || *number == 1))
    window.ignore_nulls |= *number == 1;
  else
    return;
  args.pop_back();
}

// Doris has first_value() of a frame that begins at the current row or behind it look at that one row only, not at the
// rows that are equal in the order.
void narrow_first_value(duckdb::WindowExpression& window) {
  switch (window.start) {
    case WindowBoundary::CURRENT_ROW_ROWS:
    case WindowBoundary::CURRENT_ROW_RANGE:
      window.start = WindowBoundary::CURRENT_ROW_ROWS;
      break;
    case WindowBoundary::EXPR_FOLLOWING_ROWS:
      window.end_expr = window.start_expr->Copy();
      break;
    default:
      return;
  }
  window.end = window.start;
  if (window.start == WindowBoundary::CURRENT_ROW_ROWS) window.end_expr = nullptr;
}

}  // namespace

void find_windows(ParseContext& c) {
  if (!c.has_window_clause()) return;
  const size_t end = c.end_of_level(c.mark());
  int depth = 0;
  for (size_t i = c.mark() + 1; i + 3 < end; ++i) {
    const Token& token = c.peek_at(i);
    if (token.kind == TokenKind::kLeftParen) ++depth;
    if (token.kind == TokenKind::kRightParen) --depth;
    if (depth > 0) continue;
    // The next SELECT of a UNION has windows of its own.
    if (token.keyword == "UNION"_kw || token.keyword == "INTERSECT"_kw || token.keyword == "EXCEPT"_kw) return;
    const bool begins = token.keyword == "WINDOW"_kw;
    const bool follows = token.kind == TokenKind::kComma;
    if ((!begins && !follows) || c.peek_at(i + 2).keyword != "AS"_kw || c.peek_at(i + 3).kind != TokenKind::kLeftParen)
      continue;
    if (follows && c.peek_at(i - 1).kind != TokenKind::kRightParen) continue;
    c.windows.push_back({c.name_at(i + 1), i + 3});
  }
}

Parsed<void> parse_window_clause(ParseContext& c) {
  ParseContext::LiftScope off(c, ParseContext::LiftScope::Rule::kOff);
  do {
    TRY(parse_name(c, "a name for the window"));
    TRY(c.expect("AS"_kw));
    duckdb::WindowExpression window(ExpressionType::WINDOW_ROW_NUMBER, "", "", "row_number");
    TRY(parse_specification(c, window));
  } while (c.accept(TokenKind::kComma));
  return {};
}

Parsed<ExprPtr> parse_over(ParseContext& c, ExprPtr call, bool ignore_nulls) {
  ParseContext::LiftScope off(c, ParseContext::LiftScope::Rule::kOff);
  ParseContext::Nested nested(c);
  TRY(nested.check());
  if (call->GetExpressionClass() != duckdb::ExpressionClass::FUNCTION) {
    return c.unsupported("this function with OVER");
  }
  auto& function = call->Cast<duckdb::FunctionExpression>();
  std::string name = function.function_name;
  ExpressionType type = duckdb::WindowExpression::WindowToExpressionType(name);
  bool aggregate = type == ExpressionType::WINDOW_AGGREGATE;
  auto window = duckdb::make_uniq<duckdb::WindowExpression>(type, function.catalog, function.schema, name);
  window->SetQueryLocation(function.GetQueryLocation());
  window->ignore_nulls = ignore_nulls;
  window->distinct = function.distinct;
  if (function.order_bys && !function.order_bys->orders.empty())
    return c.unsupported("ORDER BY inside an aggregate with OVER");
  auto& args = function.children;
  if (aggregate) {
    window->children = std::move(args);
  } else if (type == ExpressionType::WINDOW_LEAD || type == ExpressionType::WINDOW_LAG) {
    if (args.empty() || args.size() > 3) return c.syntax_error("LEAD() and LAG() take 1 to 3 arguments");
    window->children.push_back(std::move(args[0]));
    if (args.size() > 1) window->offset_expr = std::move(args[1]);
    if (const auto offset = window->offset_expr ? tree::constant_integer(*window->offset_expr) : std::nullopt;
        offset && *offset < 0) {
      return c.syntax_error("The offset parameter of LEAD() and LAG() must be a constant value >= 0");
    }
    if (args.size() > 2) window->default_expr = std::move(args[2]);
  } else {
    if (type == ExpressionType::WINDOW_FIRST_VALUE || type == ExpressionType::WINDOW_LAST_VALUE) {
      take_null_flag(*window, args);
    }
    size_t allowed = type == ExpressionType::WINDOW_NTH_VALUE ? 2 : 1;
    if (args.size() > allowed) return c.syntax_error("this window function has too many arguments");
    if (type == ExpressionType::WINDOW_NTILE && !args.empty() &&
        args[0]->GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF)
      return c.syntax_error("The bucket of NTILE must be a constant value: ntile(" + args[0]->ToString() + ")");
    window->children = std::move(args);
  }
  c.advance();  // OVER
  bool framed = false;
  if (c.is(TokenKind::kLeftParen)) {
    framed = TRY(parse_specification(c, *window));
  } else {
    const std::string named = TRY(parse_name(c, "'(' or the name of a window"));
    const size_t* at = find_window(c, named);
    if (!at) return c.syntax_error("there is no WINDOW " + named + " AS (..)");
    const size_t after = c.mark();
    c.return_to(*at);
    framed = TRY(parse_specification(c, *window));
    c.return_to(after);
  }
  if (framed && type == ExpressionType::WINDOW_FIRST_VALUE) narrow_first_value(*window);
  TRY(c.add_level());
  return window;
}

}  // namespace sluice::dialect
