// SPDX-License-Identifier: Apache-2.0
// OVER (PARTITION BY .. ORDER BY .. frame).
#include "dialect/expression.h"
#include "dialect/function_call.h"
#include "dialect/names.h"
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
  if (function.order_bys) window->arg_orders = std::move(function.order_bys->orders);
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
    window->children = std::move(args);
  }
  c.advance();  // OVER
  if (!c.is(TokenKind::kLeftParen) && !at_name(c)) return c.expected("'(' after OVER");
  if (!c.is(TokenKind::kLeftParen)) return c.unsupported("named windows (OVER name)");
  c.advance();
  if (c.accept("PARTITION"_kw)) {
    TRY(c.expect("BY"_kw));
    window->partitions = TRY(parse_expression_list(c));
  }
  if (c.accept("ORDER"_kw)) {
    TRY(c.expect("BY"_kw));
    window->orders = TRY(parse_order_list(c));
  }
  const bool framed = c.is("ROWS"_kw) || c.is("RANGE"_kw);
  TRY(parse_frame(c, *window));
  if (framed) TRY(check_frame(c, *window));
  if (framed && type == ExpressionType::WINDOW_FIRST_VALUE) narrow_first_value(*window);
  TRY(c.expect(TokenKind::kRightParen, "PARTITION BY, ORDER BY, ROWS, RANGE or ')' in OVER"));
  TRY(c.add_level());
  return window;
}

}  // namespace sluice::dialect
