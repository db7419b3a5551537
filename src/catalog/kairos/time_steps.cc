// SPDX-License-Identifier: Apache-2.0
#include "catalog/kairos/time_steps.h"

#include <cstring>
#include <limits>

#include "catalog/kairos/row_columns.h"
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

// 1970-01-02 to 2038-01-18: what UNIX_TIMESTAMP() takes, a day less for the time zone.
constexpr int64_t kEarthlyBegin = 86'400'000;
constexpr int64_t kEarthlyEnd = (2'147'483'647LL - 86'400) * 1000;
constexpr int64_t kDay = 86'400'000;
// Cells whose ends are computed at once.
constexpr size_t kPredicted = 512;
// Searched cells after which the rest are single points: the kernel then looks at each.
constexpr size_t kMostSearches = 2'000;
constexpr size_t kMostCells = 200'000;

// The values of a flat vector, whatever their type.
duckdb::data_ptr_t bytes_of(const duckdb::Vector& vector) {
  return duckdb::FlatVector::GetData(const_cast<duckdb::Vector&>(vector));
}

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

// ---- TimeCells

// The values of all steps at up to 2,048 times.
class TimeCells::Values {
 public:
  Values(duckdb::ClientContext& context, const StepList& steps) : executor_(context) {
    duckdb::vector<LogicalType> types;
    for (const auto& step : steps) {
      executor_.AddExpression(*step);
      types.push_back(step->return_type);
    }
    input_.Initialize(context, {LogicalType::TIMESTAMP});
    output_.Initialize(context, types);
  }

  static constexpr size_t kMost = STANDARD_VECTOR_SIZE;

  // `zone`: of local time, which the steps read.
  void compute(const std::vector<int64_t>& times, const timeseries::Zone& zone) {
    input_.Reset();
    output_.Reset();
    auto* moments = duckdb::FlatVector::GetData<duckdb::timestamp_t>(input_.data[0]);
    for (size_t i = 0; i < times.size(); ++i) {
      // Outside of DATETIME, as scans have it.
      const bool known = times[i] > kFirstLocal - kDay && times[i] < kLastLocal + kDay;
      const int64_t local = known ? times[i] + zone.offset(times[i]) : kLastLocal + 1;
      if (local < kFirstLocal || local > kLastLocal)
        duckdb::FlatVector::SetNull(input_.data[0], i, true);
      else
        moments[i] = duckdb::timestamp_t(local * 1000);
    }
    input_.SetCardinality(times.size());
    executor_.Execute(input_, output_);
    output_.Flatten();
  }

  const duckdb::vector<duckdb::Vector>& results() const { return output_.data; }

  bool equal(size_t a, size_t b) const {
    for (const auto& vector : output_.data) {
      const auto& validity = duckdb::FlatVector::Validity(vector);
      if (validity.RowIsValid(a) != validity.RowIsValid(b)) return false;
      if (!validity.RowIsValid(a)) continue;
      const auto type = vector.GetType().InternalType();
      if (type == duckdb::PhysicalType::VARCHAR) {
        const auto* texts = duckdb::FlatVector::GetData<duckdb::string_t>(vector);
        if (texts[a] != texts[b]) return false;
      } else if (duckdb::TypeIsConstantSize(type)) {
        const size_t size = duckdb::GetTypeIdSize(type);
        const auto* data = bytes_of(vector);
        if (std::memcmp(data + a * size, data + b * size, size) != 0) return false;
      } else {
        return false;
      }
    }
    return true;
  }

 private:
  duckdb::ExpressionExecutor executor_;
  duckdb::DataChunk input_, output_;
};

// Values of steps that were computed, kept for cells.
class TimeCells::Kept {
 public:
  explicit Kept(const StepList& steps) {
    for (const auto& step : steps) {
      auto& column = columns_.emplace_back();
      const auto type = step->return_type.InternalType();
      column.width = type == duckdb::PhysicalType::VARCHAR ? 0 : duckdb::GetTypeIdSize(type);
    }
  }

  // Row `row` of what was computed; where it is kept.
  size_t keep(const Values& values, size_t row) {
    for (size_t i = 0; i < columns_.size(); ++i) {
      auto& column = columns_[i];
      const auto& from = values.results()[i];
      const bool valid = duckdb::FlatVector::Validity(from).RowIsValid(row);
      column.valid.push_back(valid ? 1 : 0);
      if (column.width == 0) {
        column.texts.push_back(valid ? duckdb::FlatVector::GetData<duckdb::string_t>(from)[row].GetString()
                                     : std::string());
      } else {
        const auto* data = bytes_of(from) + row * column.width;
        column.data.insert(column.data.end(), data, data + column.width);
      }
    }
    return size_++;
  }

  size_t size() const { return size_; }
  // Keeps the first `count`, and that of `also` behind them.
  size_t truncate(size_t count, size_t also) {
    for (auto& column : columns_) {
      if (also >= count) {
        column.valid[count] = column.valid[also];
        if (column.width == 0)
          column.texts[count] = std::move(column.texts[also]);
        else
          std::memmove(column.data.data() + count * column.width, column.data.data() + also * column.width,
                       column.width);
      }
      const size_t left = also >= count ? count + 1 : count;
      column.valid.resize(left);
      if (column.width == 0)
        column.texts.resize(left);
      else
        column.data.resize(left * column.width);
    }
    size_ = also >= count ? count + 1 : count;
    return also >= count ? count : also;
  }

  void write(size_t step, std::span<const size_t> rows, duckdb::Vector& into, size_t at) const {
    const auto& column = columns_[step];
    for (size_t i = 0; i < rows.size(); ++i) {
      if (column.valid[rows[i]] == 0) {
        duckdb::FlatVector::SetNull(into, at + i, true);
      } else if (column.width == 0) {
        duckdb::FlatVector::GetData<duckdb::string_t>(into)[at + i] =
            duckdb::StringVector::AddString(into, column.texts[rows[i]]);
      } else {
        std::memcpy(bytes_of(into) + (at + i) * column.width, column.data.data() + rows[i] * column.width,
                    column.width);
      }
    }
  }

 private:
  struct Column {
    size_t width = 0;  // 0: texts
    std::vector<uint8_t> data;
    std::vector<std::string> texts;
    std::vector<uint8_t> valid;
  };
  std::vector<Column> columns_;
  size_t size_ = 0;
};

TimeCells::TimeCells(duckdb::ClientContext& context, const StepList& steps, bool earthly, timeseries::Zone zone)
    : context_(context), earthly_(earthly), zone_(std::move(zone)) {
  if (steps.empty()) return;
  values_ = std::make_unique<Values>(context_, steps);
  kept_ = std::make_unique<Kept>(steps);
}

TimeCells::~TimeCells() = default;

namespace {

int64_t after(int64_t time) { return time == std::numeric_limits<int64_t>::max() ? time : time + 1; }

}  // namespace

bool TimeCells::in_domain(int64_t time) const {
  const int64_t begin = earthly_ ? kEarthlyBegin : kFirstLocal + kDay;
  const int64_t end = earthly_ ? kEarthlyEnd : kLastLocal - kDay;
  return time >= begin && time < end;
}

TimeCells::Cell TimeCells::span_of(int64_t time) const {
  Cell span{earthly_ ? kEarthlyBegin : kFirstLocal + kDay, earthly_ ? kEarthlyEnd : kLastLocal - kDay, 0};
  if (zone_.fixed()) return span;
  const int64_t previous = zone_.previous_transition(time);
  if (previous < time) span.begin = std::max(span.begin, previous + 1);
  const int64_t next = zone_.next_transition(time);
  if (next > time) span.end = std::min(span.end, next);
  return span;
}

TimeCells::Cell TimeCells::find(std::span<const int64_t> times) {
  const int64_t time = times[0];
  const auto holds = [&](const Cell& cell) { return cell.begin <= time && time < cell.end; };
  if (last_ < cells_.size() && holds(cells_[last_])) return cells_[last_];
  if (last_ + 1 < cells_.size() && holds(cells_[last_ + 1])) return cells_[++last_];
  const auto look = [&] {
    auto found = std::upper_bound(cells_.begin(), cells_.end(), time,
                                  [](int64_t at, const Cell& cell) { return at < cell.end; });
    if (found == cells_.end() || !holds(*found)) return false;
    last_ = static_cast<size_t>(found - cells_.begin());
    return true;
  };
  if (look()) return cells_[last_];
  if (!values_) return in_domain(time) ? span_of(time) : Cell{time, after(time), 0};
  if (next_single_ < singles_.size() && singles_[next_single_].begin == time) return singles_[next_single_++];
  if (!in_domain(time)) return single(times.first(1));
  const Cell span = span_of(time);
  if (predict(times, span) && look()) return cells_[last_];
  if (searches_ >= kMostSearches || cells_.size() >= kMostCells) return single(times);
  ++searches_;
  const Cell cell = search(time, span);
  cells_.insert(std::upper_bound(cells_.begin(), cells_.end(), cell.begin,
                                 [](int64_t at, const Cell& other) { return at < other.begin; }),
                cell);
  return look() ? cells_[last_] : single(times.first(1));
}

TimeCells::Cell TimeCells::single(std::span<const int64_t> times) {
  if (first_single_ == kNone) first_single_ = kept_->size();
  singles_.clear();
  const std::vector<int64_t> at(times.begin(),
                                times.begin() + static_cast<ptrdiff_t>(std::min(times.size(), kPredicted)));
  values_->compute(at, zone_);
  for (size_t i = 0; i < at.size(); ++i) singles_.push_back({at[i], after(at[i]), kept_->keep(*values_, i)});
  next_single_ = 1;
  return singles_[0];
}

std::optional<TrueRange> TimeCells::true_range() {
  const int64_t begin = earthly_ ? kEarthlyBegin : kFirstLocal + kDay;
  const int64_t last = (earthly_ ? kEarthlyEnd : kLastLocal - kDay) - 1;
  constexpr int64_t kOutside = 400 * kDay;
  values_->compute({begin, last, begin - kOutside, last + kOutside}, zone_);
  const auto holds = [&](size_t row) {
    const auto& result = values_->results()[0];
    return duckdb::FlatVector::Validity(result).RowIsValid(row) && duckdb::FlatVector::GetData<bool>(result)[row];
  };
  const bool first = holds(0);
  const bool in_the_end = holds(1);
  if (first == in_the_end) return std::nullopt;
  const bool outside = earthly_ && (holds(2) || holds(3));
  const int64_t slack = zone_.fixed() ? 0 : kDay;
  const int64_t border = last_equal(begin, last);
  if (first) return TrueRange{std::numeric_limits<int64_t>::min(), border + slack, outside};
  return TrueRange{border + 1 - slack, std::numeric_limits<int64_t>::max(), outside};
}

size_t TimeCells::forget_singles(size_t values) {
  // Values of cells that are remembered lie among those of single points: only a run at the end can go.
  if (first_single_ == kNone || !kept_) return values;
  singles_.clear();
  next_single_ = 0;
  for (const Cell& cell : cells_)
    if (cell.values != kNone && cell.values >= first_single_) first_single_ = cell.values + 1;
  const size_t now = kept_->truncate(std::min(first_single_, kept_->size()), values);
  first_single_ = kNone;
  return now;
}

void TimeCells::write(size_t step, std::span<const size_t> values, duckdb::Vector& into, size_t at) const {
  kept_->write(step, values, into, at);
}

// Cells are mostly as long as their neighbours: those of the times to come are guessed, and proven at their ends.
bool TimeCells::predict(std::span<const int64_t> times, const Cell& span) {
  if (cells_.empty() || cells_.size() >= kMostCells) return false;
  const Cell base = cells_[std::min(last_, cells_.size() - 1)];
  const int64_t width = base.end - base.begin;
  if (width <= 1 || width > 400LL * 86'400'000) return false;
  std::vector<Cell> guessed;
  std::vector<int64_t> ends;
  for (const int64_t time : times) {
    if (time < span.begin || time >= span.end) break;
    if (!guessed.empty() && time < guessed.back().end) continue;
    const int64_t distance = time - base.begin;
    const int64_t begin = base.begin + (distance / width - (distance % width < 0 ? 1 : 0)) * width;
    const Cell cell{begin, begin + width, 0};
    if (cell.begin < span.begin || cell.end > span.end) break;
    guessed.push_back(cell);
    ends.push_back(cell.begin);
    ends.push_back(cell.end - 1);
    if (guessed.size() == kPredicted) break;
  }
  if (guessed.empty()) return false;
  values_->compute(ends, zone_);
  std::vector<Cell> proven;
  for (size_t i = 0; i < guessed.size(); ++i)
    if (values_->equal(2 * i, 2 * i + 1))
      proven.push_back({guessed[i].begin, guessed[i].end, kept_->keep(*values_, 2 * i)});
  std::vector<Cell> all;
  all.reserve(cells_.size() + proven.size());
  std::ranges::merge(cells_, proven, std::back_inserter(all), {}, &Cell::begin, &Cell::begin);
  // Cells that are there already, or that a search has cut otherwise, stay.
  cells_.clear();
  for (const Cell& cell : all)
    if (cells_.empty() || cell.begin >= cells_.back().end) cells_.push_back(cell);
  last_ = 0;
  return !proven.empty();
}

int64_t TimeCells::last_equal(int64_t from, int64_t to) {
  constexpr int64_t kProbes = 64;
  const int64_t sign = to < from ? -1 : 1;
  // First in growing steps, then between the last equal one and the first other one.
  int64_t equal = 0;
  int64_t other = (to - from) * sign + 1;
  std::vector<int64_t> distances;
  for (int64_t step = 1; step < other; step *= 2) distances.push_back(step);
  if (distances.empty() || distances.back() != other - 1) distances.push_back(other - 1);
  while (other - equal > 1) {
    std::vector<int64_t> probes{from};
    for (const int64_t distance : distances) probes.push_back(from + sign * distance);
    values_->compute(probes, zone_);
    for (size_t i = 0; i < distances.size(); ++i) {
      if (values_->equal(0, i + 1)) {
        equal = std::max(equal, distances[i]);
      } else {
        other = std::min(other, distances[i]);
        break;
      }
    }
    distances.clear();
    const int64_t gap = other - equal;
    const int64_t step = std::max<int64_t>(1, gap / kProbes);
    for (int64_t at = equal + step; at < other; at += step) distances.push_back(at);
    if (distances.size() > Values::kMost - 1) distances.resize(Values::kMost - 1);
  }
  return from + sign * equal;
}

TimeCells::Cell TimeCells::search(int64_t time, const Cell& span) {
  Cell free = span;
  // Not into cells that are known.
  for (const Cell& cell : cells_) {
    if (cell.end <= time) free.begin = std::max(free.begin, cell.end);
    if (cell.begin > time) free.end = std::min(free.end, cell.begin);
  }
  Cell cell{last_equal(time, free.begin), last_equal(time, free.end - 1) + 1, 0};
  values_->compute({time}, zone_);
  cell.values = kept_->keep(*values_, 0);
  return cell;
}

}  // namespace sluice::catalog::kairos
