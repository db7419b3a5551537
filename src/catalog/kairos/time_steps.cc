// SPDX-License-Identifier: Apache-2.0
#include "catalog/kairos/time_steps.h"

#include "catalog/kairos/time_cells.h"
#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "duckdb/planner/expression_iterator.hpp"

namespace sluice::catalog::kairos {
namespace {

using duckdb::Expression;
using duckdb::ExpressionClass;
using duckdb::ExpressionType;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using ExpressionPtr = duckdb::unique_ptr<Expression>;

// How a value goes while time goes on; 0: not known.
struct Course {
  int direction = 0;
  bool earthly = false;
};

// Functions of one argument that varies, by name: those of the kernel and of Doris' library that never turn back.
bool is_monotone_function(const std::string& name, bool& earthly) {
  static const std::unordered_map<std::string, bool> known{{"unix_seconds", true},
                                                           {"unix_micros", true},
                                                           {"epoch_us", false},
                                                           {"epoch_ms", false},
                                                           {"epoch", false},
                                                           {"floor", false},
                                                           {"ceil", false},
                                                           {"date_trunc", false},
                                                           {"date", false},
                                                           {"to_date", false},
                                                           {"last_day", false},
                                                           {"year", false},
                                                           {"to_days", false},
                                                           {"trunc", false},
                                                           {"truncate", false},
                                                           {"second_floor", false},
                                                           {"minute_floor", false},
                                                           {"hour_floor", false},
                                                           {"day_floor", false},
                                                           {"week_floor", false},
                                                           {"month_floor", false},
                                                           {"quarter_floor", false},
                                                           {"year_floor", false},
                                                           {"second_ceil", false},
                                                           {"minute_ceil", false},
                                                           {"hour_ceil", false},
                                                           {"day_ceil", false},
                                                           {"time_slice", false},
                                                           {"moment_in_range", false},
                                                           {"to_integer", false},
                                                           {"make_timestamptz", false},
                                                           {"micros_of", false},
                                                           {"micros_of_1000000", false},
                                                           {"micros_of_1000", false}};
  const auto found = known.find(name);
  if (found == known.end()) return false;
  earthly = found->second;
  return true;
}

class Analysis {
 public:
  explicit Analysis(const ColumnResolver& columns) : columns_(columns) {}

  bool reads_time(const Expression& expression) const {
    if (expression.GetExpressionClass() == ExpressionClass::BOUND_COLUMN_REF) {
      const auto* column = columns_.find(expression.Cast<duckdb::BoundColumnRefExpression>());
      return column && column->kind == ColumnKind::kTime;
    }
    bool found = false;
    duckdb::ExpressionIterator::EnumerateChildren(expression,
                                                  [&](const Expression& child) { found = found || reads_time(child); });
    return found;
  }

  Course course_of(const Expression& expression) const {
    switch (expression.GetExpressionClass()) {
      case ExpressionClass::BOUND_COLUMN_REF:
        return {reads_time(expression) ? 1 : 0, false};
      case ExpressionClass::BOUND_CAST:
        return cast(expression.Cast<duckdb::BoundCastExpression>());
      case ExpressionClass::BOUND_COMPARISON:
        return comparison(expression.Cast<duckdb::BoundComparisonExpression>());
      case ExpressionClass::BOUND_FUNCTION:
        return function(expression.Cast<duckdb::BoundFunctionExpression>());
      default:
        return {};
    }
  }

 private:
  static bool is_ordered(const LogicalType& type) {
    switch (type.id()) {
      case LogicalTypeId::DATE:
      case LogicalTypeId::TIMESTAMP:
      case LogicalTypeId::TIMESTAMP_SEC:
      case LogicalTypeId::TIMESTAMP_MS:
      case LogicalTypeId::TIMESTAMP_TZ:
        return true;
      default:
        return type.IsNumeric();
    }
  }
  Course cast(const duckdb::BoundCastExpression& cast) const {
    if (!is_ordered(cast.child->return_type) || !is_ordered(cast.return_type)) return {};
    return course_of(*cast.child);
  }
  Course comparison(const duckdb::BoundComparisonExpression& comparison) const {
    int direction = 0;
    switch (comparison.GetExpressionType()) {
      case ExpressionType::COMPARE_GREATERTHAN:
      case ExpressionType::COMPARE_GREATERTHANOREQUALTO:
        direction = 1;
        break;
      case ExpressionType::COMPARE_LESSTHAN:
      case ExpressionType::COMPARE_LESSTHANOREQUALTO:
        direction = -1;
        break;
      default:
        return {};
    }
    const bool left = reads_time(*comparison.left);
    const auto& other = left ? *comparison.right : *comparison.left;
    if (!other.IsFoldable()) return {};
    Course course = course_of(left ? *comparison.left : *comparison.right);
    course.direction *= left ? direction : -direction;
    return course;
  }
  Course function(const duckdb::BoundFunctionExpression& call) const {
    const Expression* varying = nullptr;
    for (const auto& child : call.children) {
      if (reads_time(*child)) {
        if (varying) return {};
        varying = child.get();
      } else if (!child->IsFoldable()) {
        return {};
      }
    }
    if (!varying || call.function.GetStability() != duckdb::FunctionStability::CONSISTENT) return {};
    Course course = course_of(*varying);
    if (course.direction == 0) return {};
    // The library's own ones have their names behind "d_".
    const std::string name = call.function.name.starts_with("d_") ? call.function.name.substr(2) : call.function.name;
    if (bool earthly = false; is_monotone_function(name, earthly)) {
      course.earthly |= earthly;
      return course;
    }
    if (call.children.size() != 2) return {};
    if (name == "date_format") return call.children[0].get() == varying && falls(*call.children[1]) ? course : Course{};
    const bool first = call.children[0].get() == varying;
    const auto sign = sign_of(first ? *call.children[1] : *call.children[0]);
    const auto is = [&](std::initializer_list<const char*> names) {
      return std::ranges::any_of(names, [&](const char* one) { return name == one; });
    };
    if (is({"+", "add"})) return sign ? course : Course{};
    if (is({"-", "subtract"})) {
      if (!sign) return {};
      if (!first) course.direction = -course.direction;
      return course;
    }
    if (is({"*", "multiply"}) || (first && is({"/", "//", "divide", "div"}))) {
      if (!sign || *sign == 0) return {};
      course.direction *= *sign;
      return course;
    }
    return {};
  }

  duckdb::Value constant(const Expression& expression) const {
    duckdb::Value value;
    if (!expression.IsFoldable() ||
        !duckdb::ExpressionExecutor::TryEvaluateScalar(columns_.context(), expression, value))
      return duckdb::Value();
    return value;
  }
  // -1, 0, 1 of a constant number.
  std::optional<int> sign_of(const Expression& expression) const {
    const duckdb::Value value = constant(expression);
    if (value.IsNull() || !value.type().IsNumeric()) return std::nullopt;
    const double number = value.DefaultCastAs(LogicalType::DOUBLE).GetValue<double>();
    return number > 0 ? 1 : number < 0 ? -1 : 0;
  }
  // Whether a format writes the largest unit first, then smaller ones in their order: such texts grow with time.
  bool falls(const Expression& format) const {
    const duckdb::Value value = constant(format);
    if (value.IsNull() || value.type().id() != LogicalTypeId::VARCHAR) return false;
    const std::string text = duckdb::StringValue::Get(value);
    std::string letters;
    for (size_t i = 0; i + 1 < text.size(); ++i)
      if (text[i] == '%') letters += text[++i];
    return !letters.empty() && std::string_view("YmdHis").starts_with(letters);
  }

  const ColumnResolver& columns_;
};

void refer_to_first(ExpressionPtr& expression) {
  if (expression->GetExpressionClass() == ExpressionClass::BOUND_COLUMN_REF) {
    expression = duckdb::make_uniq<duckdb::BoundReferenceExpression>(expression->return_type, 0);
    return;
  }
  duckdb::ExpressionIterator::EnumerateChildren(*expression, [](ExpressionPtr& child) { refer_to_first(child); });
}

void add_step(ExpressionPtr step, StepList& steps) {
  refer_to_first(step);
  for (const auto& known : steps)
    if (known->Equals(*step)) return;
  steps.push_back(std::move(step));
}

}  // namespace

namespace {

bool is_closed(const Expression& expression) {
  switch (expression.GetExpressionClass()) {
    case ExpressionClass::BOUND_SUBQUERY:
    case ExpressionClass::BOUND_PARAMETER:
    case ExpressionClass::BOUND_WINDOW:
    case ExpressionClass::BOUND_UNNEST:
      return true;
    default:
      return expression.IsVolatile();
  }
}

// The two halves of time BETWEEN a AND b, which are steps while it is none. Empty: it is something else.
std::vector<ExpressionPtr> halves_of(const Expression& expression, const Analysis& analysis) {
  std::vector<ExpressionPtr> halves;
  if (expression.GetExpressionClass() != ExpressionClass::BOUND_BETWEEN) return halves;
  const auto& between = expression.Cast<duckdb::BoundBetweenExpression>();
  if (!analysis.reads_time(*between.input) || !between.lower->IsFoldable() || !between.upper->IsFoldable())
    return halves;
  halves.push_back(duckdb::make_uniq<duckdb::BoundComparisonExpression>(between.LowerComparisonType(),
                                                                        between.input->Copy(), between.lower->Copy()));
  halves.push_back(duckdb::make_uniq<duckdb::BoundComparisonExpression>(between.UpperComparisonType(),
                                                                        between.input->Copy(), between.upper->Copy()));
  return halves;
}

}  // namespace

bool collect_steps(const Expression& expression, const ColumnResolver& columns, StepList& steps, bool& earthly) {
  if (is_closed(expression)) return false;
  if (expression.GetExpressionClass() == ExpressionClass::BOUND_COLUMN_REF) {
    const auto* column = columns.find(expression.Cast<duckdb::BoundColumnRefExpression>());
    return column && (column->kind == ColumnKind::kTag || column->kind == ColumnKind::kTags);
  }
  const Analysis analysis(columns);
  if (const Course course = analysis.course_of(expression); course.direction != 0) {
    earthly |= course.earthly;
    add_step(expression.Copy(), steps);
    return true;
  }
  bool all = true;
  if (const auto halves = halves_of(expression, analysis); !halves.empty()) {
    for (const auto& half : halves) all = all && collect_steps(*half, columns, steps, earthly);
    return all;
  }
  duckdb::ExpressionIterator::EnumerateChildren(
      expression, [&](const Expression& child) { all = all && collect_steps(child, columns, steps, earthly); });
  return all;
}

void replace_steps(ExpressionPtr& expression, const ColumnResolver& columns, const StepList& steps,
                   const std::function<ExpressionPtr(size_t)>& column_of) {
  if (expression->GetExpressionClass() == ExpressionClass::BOUND_COLUMN_REF) return;
  const Analysis analysis(columns);
  const std::string alias = expression->GetAlias();
  if (analysis.course_of(*expression).direction != 0) {
    ExpressionPtr step = expression->Copy();
    refer_to_first(step);
    for (size_t i = 0; i < steps.size(); ++i) {
      if (!steps[i]->Equals(*step)) continue;
      expression = column_of(i);
      expression->SetAlias(alias);
      return;
    }
    return;
  }
  if (auto halves = halves_of(*expression, analysis); !halves.empty()) {
    for (auto& half : halves) replace_steps(half, columns, steps, column_of);
    expression = duckdb::make_uniq<duckdb::BoundConjunctionExpression>(ExpressionType::CONJUNCTION_AND,
                                                                       std::move(halves[0]), std::move(halves[1]));
    expression->SetAlias(alias);
    return;
  }
  duckdb::ExpressionIterator::EnumerateChildren(
      *expression, [&](ExpressionPtr& child) { replace_steps(child, columns, steps, column_of); });
}

std::optional<TrueRange> true_range(const Expression& condition, const ColumnResolver& columns,
                                    const timeseries::Zone& zone) {
  if (is_closed(condition)) return std::nullopt;
  const Analysis analysis(columns);
  if (const auto halves = halves_of(condition, analysis); !halves.empty()) {
    const auto lower = true_range(*halves[0], columns, zone);
    const auto upper = true_range(*halves[1], columns, zone);
    if (!lower || !upper) return lower ? lower : upper;
    return TrueRange{std::max(lower->start, upper->start), std::min(lower->end, upper->end),
                     lower->outside && upper->outside};
  }
  if (condition.GetExpressionClass() != ExpressionClass::BOUND_COMPARISON) return std::nullopt;
  if (!analysis.reads_time(condition)) return std::nullopt;
  const Course course = analysis.course_of(condition);
  if (course.direction == 0) return std::nullopt;
  StepList steps;
  add_step(condition.Copy(), steps);
  return TimeCells(columns.context(), steps, course.earthly, zone).true_range();
}

}  // namespace sluice::catalog::kairos
