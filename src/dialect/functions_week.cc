// SPDX-License-Identifier: Apache-2.0
// WEEK and YEARWEEK. The modes say on which day a week begins, which week is the first of a year, and whether the days
// before it are week 0 or belong to the last week of the year before:
//   mode  begins   first week has       days before it
//   0     Sunday   a Sunday             week 0            2  same, last week of the year before
//   1     Monday   4 days of the year   week 0            3  same, last week (ISO)
//   4     Sunday   4 days of the year   week 0            6  same, last week
//   5     Monday   a Monday             week 0            7  same, last week
#include "dialect/functions_time.h"
#include "dialect/tree.h"

namespace sluice::dialect {
namespace {

using duckdb::LogicalType;

bool begins_on_monday(int64_t mode) { return mode == 1 || mode == 3 || mode == 5 || mode == 7; }
bool needs_four_days(int64_t mode) { return mode == 1 || mode == 3 || mode == 4 || mode == 6; }
bool has_week_zero(int64_t mode) { return mode == 0 || mode == 1 || mode == 4 || mode == 5; }

ExprPtr plus(ExprPtr left, ExprPtr right) { return tree::binary("+", std::move(left), std::move(right)); }
ExprPtr minus(ExprPtr left, ExprPtr right) { return tree::binary("-", std::move(left), std::move(right)); }
ExprPtr divided(ExprPtr left, int32_t right) { return tree::binary("//", std::move(left), tree::integer(right)); }

// 0 for the day on which the week begins.
ExprPtr day_of_week(const ExprPtr& date, bool monday) {
  if (monday) return minus(tree::function("isodow", date->Copy()), tree::integer(1));
  return tree::function("dayofweek", date->Copy());
}
// 0 for the first of January.
ExprPtr day_of_year(const ExprPtr& date) { return minus(tree::function("dayofyear", date->Copy()), tree::integer(1)); }

// The day whose year is the week's year: the week's first one, or its fourth.
ExprPtr deciding_day(const ExprPtr& date, int64_t mode) {
  ExprPtr offset = minus(tree::integer(needs_four_days(mode) ? 3 : 0), day_of_week(date, begins_on_monday(mode)));
  return plus(date->Copy(), tree::cast(std::move(offset), LogicalType::INTEGER));
}

// Mode -> the mode with the same weeks but without week 0.
int64_t without_week_zero(int64_t mode) {
  switch (mode) {
    case 0:
      return 2;
    case 1:
      return 3;
    case 4:
      return 6;
    case 5:
      return 7;
    default:
      return mode;
  }
}

Parsed<int64_t> literal_mode(ParseContext& c, const Call& call) {
  if (call.args.size() < 2) return 0;
  auto mode = tree::constant_integer(*call.args[1]);
  if (!mode) return c.unsupported("a week mode that is no literal");
  if (*mode < 0 || *mode > 7) return c.syntax_error("week modes go from 0 to 7", call.where);
  return *mode;
}

}  // namespace

ExprPtr build_week_number(ExprPtr moment, int64_t mode) {
  ExprPtr date = tree::cast(std::move(moment), LogicalType::DATE);
  if (!has_week_zero(mode)) return plus(divided(day_of_year(deciding_day(date, mode)), 7), tree::integer(1));
  ExprPtr weekday = day_of_week(date, begins_on_monday(mode));
  if (!needs_four_days(mode)) {
    return divided(minus(plus(day_of_year(date), tree::integer(7)), std::move(weekday)), 7);
  }
  // The weekday of the first of January; 371 = 53 * 7 keeps the difference positive.
  ExprPtr january =
      tree::binary("%", plus(minus(std::move(weekday), day_of_year(date)), tree::integer(371)), tree::integer(7));
  ExprPtr first_counts =
      tree::when(tree::compare(duckdb::ExpressionType::COMPARE_LESSTHANOREQUALTO, january->Copy(), tree::integer(3)),
                 tree::integer(1), tree::integer(0));
  return plus(divided(plus(day_of_year(date), std::move(january)), 7), std::move(first_counts));
}

Parsed<ExprPtr> build_week(ParseContext& c, Call& call) {
  int64_t mode = TRY(literal_mode(c, call));
  return build_week_number(as_moment(std::move(call.args[0])), mode);
}

Parsed<ExprPtr> build_weekofyear(ParseContext&, Call& call) {
  return build_week_number(as_moment(std::move(call.args[0])), 3);
}

Parsed<ExprPtr> build_yearweek(ParseContext& c, Call& call) {
  int64_t mode = without_week_zero(TRY(literal_mode(c, call)));
  ExprPtr date = tree::cast(as_moment(std::move(call.args[0])), LogicalType::DATE);
  ExprPtr year = tree::function("year", deciding_day(date, mode));
  return plus(tree::binary("*", std::move(year), tree::integer(100)), build_week_number(std::move(date), mode));
}

ExprPtr build_date_of_week(ExprPtr text) {
  auto digits = [&](int32_t from, int32_t count) {
    return tree::cast(tree::function("substring", text->Copy(), tree::integer(from), tree::integer(count)),
                      LogicalType::BIGINT);
  };
  ExprPtr one = tree::constant(duckdb::Value::BIGINT(1));
  ExprPtr january = tree::function("make_date", digits(1, 4), one->Copy(), one->Copy());
  // To the first Sunday of the year.
  ExprPtr to_sunday =
      tree::binary("%", minus(tree::integer(7), tree::function("dayofweek", january->Copy())), tree::integer(7));
  ExprPtr weeks = tree::binary("*", minus(digits(5, 2), tree::integer(1)), tree::integer(7));
  auto weekday = duckdb::make_uniq<duckdb::CaseExpression>();
  int32_t number = 0;
  for (const char* name : {"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}) {
    duckdb::CaseCheck check;
    check.when_expr = tree::equal(
        tree::function("lower", tree::function("trim", tree::function("substring", text->Copy(), tree::integer(7)))),
        tree::text(name));
    check.then_expr = tree::integer(number++);
    weekday->case_checks.push_back(std::move(check));
  }
  weekday->else_expr = tree::null();
  ExprPtr days = plus(plus(std::move(to_sunday), std::move(weeks)), ExprPtr(std::move(weekday)));
  return plus(std::move(january), tree::cast(std::move(days), LogicalType::INTEGER));
}

}  // namespace sluice::dialect
