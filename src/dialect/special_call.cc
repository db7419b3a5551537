// SPDX-License-Identifier: Apache-2.0
#include "dialect/special_call.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "dialect/expression.h"
#include "dialect/function_call.h"
#include "dialect/names.h"
#include "dialect/tree.h"
#include "dialect/types.h"

namespace sluice::dialect {
namespace {

using duckdb::LogicalType;

constexpr int64_t kMicrosPerSecond = 1'000'000;

struct Unit {
  Keyword keyword;
  const char* name;  // the kernel's word; for a compound unit our own
  // Of a simple unit: what one of it is. Months, days and microseconds are apart, as in the kernel's INTERVAL.
  int32_t months = 0;
  int32_t days = 0;
  int64_t micros = 0;
};
constexpr Unit kUnits[] = {
    {"YEAR"_kw, "year", 12},
    {"QUARTER"_kw, "quarter", 3},
    {"MONTH"_kw, "month", 1},
    {"WEEK"_kw, "week", 0, 7},
    {"DAY"_kw, "day", 0, 1},
    {"HOUR"_kw, "hour", 0, 0, 3600 * kMicrosPerSecond},
    {"MINUTE"_kw, "minute", 0, 0, 60 * kMicrosPerSecond},
    {"SECOND"_kw, "second", 0, 0, kMicrosPerSecond},
    {"MICROSECOND"_kw, "microsecond", 0, 0, 1},
};
// Compound units: the parts of the literal from left to right, as indices into kUnits.
struct CompoundUnit {
  Keyword keyword;
  const char* name;
  std::initializer_list<int> parts;
};
const CompoundUnit kCompoundUnits[] = {
    {"YEAR_MONTH"_kw, "year_month", {0, 2}},
    {"DAY_HOUR"_kw, "day_hour", {4, 5}},
    {"DAY_MINUTE"_kw, "day_minute", {4, 5, 6}},
    {"DAY_SECOND"_kw, "day_second", {4, 5, 6, 7}},
    {"DAY_MICROSECOND"_kw, "day_microsecond", {4, 5, 6, 7, 8}},
    {"HOUR_MINUTE"_kw, "hour_minute", {5, 6}},
    {"HOUR_SECOND"_kw, "hour_second", {5, 6, 7}},
    {"HOUR_MICROSECOND"_kw, "hour_microsecond", {5, 6, 7, 8}},
    {"MINUTE_SECOND"_kw, "minute_second", {6, 7}},
    {"MINUTE_MICROSECOND"_kw, "minute_microsecond", {6, 7, 8}},
    {"SECOND_MICROSECOND"_kw, "second_microsecond", {7, 8}},
};

const Unit* find_unit(const std::string& name) {
  for (const Unit& unit : kUnits) {
    if (name == unit.name) return &unit;
  }
  return nullptr;
}

// amount * one, when it fits the kernel's INTERVAL.
std::optional<duckdb::Value> interval_value(int64_t months, int64_t days, int64_t micros) {
  auto small = [](int64_t value) { return value >= INT32_MIN && value <= INT32_MAX; };
  if (!small(months) || !small(days)) return std::nullopt;
  return duckdb::Value::INTERVAL(static_cast<int32_t>(months), static_cast<int32_t>(days), micros);
}

// `timed`: of a unit of hours or shorter, which shows in the cast when there are none.
ExprPtr interval_constant(duckdb::Value value, bool timed) {
  timed = timed && duckdb::IntervalValue::Get(value).micros == 0;
  ExprPtr result = tree::constant(std::move(value));
  return timed ? tree::strict_cast(std::move(result), LogicalType::INTERVAL) : std::move(result);
}

// "1 10:20:30" of DAY_SECOND and the like: numbers with anything between, the last is the smallest unit.
Parsed<ExprPtr> compound_interval(ParseContext& c, const std::string& text, const CompoundUnit& unit) {
  bool negative = text.find('-') == text.find_first_not_of(" \t") && text.find('-') != std::string::npos;
  std::vector<std::string> numbers;
  for (size_t i = 0; i < text.size();) {
    size_t begin = i;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
    if (i > begin)
      numbers.push_back(text.substr(begin, i - begin));
    else
      ++i;
  }
  if (numbers.empty() || numbers.size() > unit.parts.size()) {
    return c.syntax_error("'" + text + "' is not an INTERVAL of " + std::string(keyword_text(unit.keyword)));
  }
  int64_t months = 0;
  int64_t days = 0;
  __int128 micros = 0;
  size_t skip = unit.parts.size() - numbers.size();
  for (size_t i = 0; i < numbers.size(); ++i) {
    const Unit& part = kUnits[*(unit.parts.begin() + static_cast<std::ptrdiff_t>(skip + i))];
    std::string& number = numbers[i];
    if (part.keyword == "MICROSECOND"_kw && numbers.size() > 1) number.resize(6, '0');  // digits after the point
    int64_t amount = 0;
    auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), amount);
    if (problem != std::errc() || amount > INT32_MAX * int64_t{1000})
      return c.syntax_error("the INTERVAL is out of range");
    months += amount * part.months;
    days += amount * part.days;
    micros += static_cast<__int128>(amount) * part.micros;
  }
  if (micros > INT64_MAX) return c.syntax_error("the INTERVAL is out of range");
  int64_t sign = negative ? -1 : 1;
  auto value = interval_value(sign * months, sign * days, sign * static_cast<int64_t>(micros));
  if (!value) return c.syntax_error("the INTERVAL is out of range");
  return interval_constant(std::move(*value), kUnits[*(unit.parts.end() - 1)].micros != 0);
}

// The amount of an INTERVAL when it is written as a literal.
std::optional<double> literal_amount(const ExprPtr& amount) {
  const duckdb::Value* value = tree::constant_value(*amount);
  if (!value || value->IsNull()) return std::nullopt;
  if (const std::string* text = tree::constant_text(*amount)) {
    double number = 0;
    size_t begin = text->find_first_not_of(" \t");
    if (begin == std::string::npos) return std::nullopt;
    if ((*text)[begin] == '+') ++begin;
    auto [end, problem] = std::from_chars(text->data() + begin, text->data() + text->size(), number);
    if (problem != std::errc()) return std::nullopt;
    return number;
  }
  duckdb::Value number;
  std::string error;
  if (!value->DefaultTryCastAs(LogicalType::DOUBLE, number, &error)) return std::nullopt;
  return duckdb::DoubleValue::Get(number);
}

Parsed<ExprPtr> parse_cast(ParseContext& c) {
  ExprPtr value = TRY(parse_expression(c));
  TRY(c.expect("AS"_kw));
  TypeName type = TRY(parse_cast_type(c));
  return make_cast(std::move(value), type);
}

Parsed<ExprPtr> parse_convert(ParseContext& c) {
  ExprPtr value = TRY(parse_expression(c));
  if (c.accept("USING"_kw)) {
    std::string charset = "binary";
    if (!c.accept("BINARY"_kw)) charset = TRY(parse_name_or_string(c, "a character set"));
    ExprPtr text = tree::cast(std::move(value), LogicalType::VARCHAR);
    if (duckdb::StringUtil::CIEquals(charset, "gbk")) return tree::doris("gbk_text", std::move(text));
    return text;
  }
  TRY(c.expect(TokenKind::kComma, "',' and a type, or USING"));
  TypeName type = TRY(parse_cast_type(c));
  return make_cast(std::move(value), type);
}

Parsed<ExprPtr> parse_extract(ParseContext& c) {
  std::string unit = parse_unit(c, true);
  if (unit.empty()) return c.expected("a unit like YEAR or MINUTE in EXTRACT");
  TRY(c.expect("FROM"_kw));
  Call call;
  call.name = "extract";
  call.where = c.peek();
  call.args.push_back(tree::text(std::move(unit)));
  call.args.push_back(TRY(parse_expression(c)));
  return build_call(c, std::move(call));
}

// POSITION(a IN b)
Parsed<ExprPtr> parse_position(ParseContext& c) {
  Call call;
  call.name = "locate";
  call.where = c.peek();
  call.args.push_back(TRY(parse_arithmetic(c)));
  if (!c.accept("IN"_kw)) TRY(c.expect(TokenKind::kComma, "IN or ','"));
  do {
    call.args.push_back(TRY(parse_expression(c)));
  } while (c.accept(TokenKind::kComma));
  return build_call(c, std::move(call));
}

// SUBSTRING(x FROM a [FOR b]), SUBSTRING(x, a[, b])
Parsed<ExprPtr> parse_substring(ParseContext& c) {
  Call call;
  call.name = "substring";
  call.where = c.peek();
  call.args.push_back(TRY(parse_expression(c)));
  if (c.accept("FROM"_kw)) {
    call.args.push_back(TRY(parse_expression(c)));
    if (c.accept("FOR"_kw)) call.args.push_back(TRY(parse_expression(c)));
  } else {
    while (c.accept(TokenKind::kComma)) call.args.push_back(TRY(parse_expression(c)));
  }
  return build_call(c, std::move(call));
}

// TRIM([LEADING|TRAILING|BOTH] [x] FROM y), TRIM(y), TRIM(y, x) of Doris. MySQL removes the whole of x again and again.
Parsed<ExprPtr> parse_trim(ParseContext& c) {
  Call call;
  call.name = "trim";
  call.where = c.peek();
  bool sided = true;
  if (c.accept("LEADING"_kw))
    call.name = "ltrim";
  else if (c.accept("TRAILING"_kw))
    call.name = "rtrim";
  else
    sided = c.accept("BOTH"_kw);
  if (sided && c.accept("FROM"_kw)) {
    call.args.push_back(TRY(parse_expression(c)));
    return build_call(c, std::move(call));
  }
  call.args.push_back(TRY(parse_expression(c)));
  if (c.accept("FROM"_kw)) {
    call.args.insert(call.args.begin(), TRY(parse_expression(c)));
  } else if (c.accept(TokenKind::kComma)) {
    call.args.push_back(TRY(parse_expression(c)));
  } else if (sided) {
    return c.expected("FROM in TRIM");
  }
  return build_call(c, std::move(call));
}

// TIMESTAMPDIFF(unit, a, b), TIMESTAMPADD(unit, n, x), and Doris' DATEDIFF and DATE_FLOOR forms with a bare unit.
Parsed<ExprPtr> parse_timestamp_function(ParseContext& c, const char* name) {
  Call call;
  call.name = name;
  call.where = c.peek();
  std::string unit = parse_unit(c, false);
  if (unit.empty()) return c.expected("a unit like DAY or MONTH");
  call.args.push_back(tree::text(std::move(unit)));
  while (c.accept(TokenKind::kComma)) call.args.push_back(TRY(parse_expression(c)));
  return build_call(c, std::move(call));
}

// DATE_FLOOR(x, INTERVAL 5 MINUTE), DATE_CEIL: MINUTE_FLOOR(x, 5).
Parsed<ExprPtr> parse_date_rounding(ParseContext& c, const char* direction) {
  ExprPtr moment = TRY(parse_expression(c));
  TRY(c.expect(TokenKind::kComma, "',' and an INTERVAL"));
  TRY(c.expect("INTERVAL"_kw));
  ExprPtr amount = TRY(parse_expression(c));
  std::string unit = parse_unit(c, false);
  if (unit.empty() || unit == "microsecond") return c.expected("a unit like DAY or MONTH after the INTERVAL's amount");
  // DAY_FLOOR and the like count from 1970.
  const char* origin = unit == "week" ? "0001-01-07" : "0001-01-01";
  return tree::doris(unit + direction, std::move(moment), std::move(amount), tree::constant(duckdb::Value(origin)));
}

// VALUES(c) in ON DUPLICATE KEY UPDATE.
Parsed<ExprPtr> parse_values_call(ParseContext& c) {
  if (!c.values_is_function) return c.syntax_error("VALUES(column) is only for ON DUPLICATE KEY UPDATE");
  duckdb::vector<std::string> names{"excluded", TRY(parse_name(c, "a column name"))};
  return duckdb::make_uniq<duckdb::ColumnRefExpression>(std::move(names));
}

// CHAR(n, .. [USING cs])
Parsed<ExprPtr> parse_char(ParseContext& c) {
  Call call;
  call.name = "char";
  call.where = c.peek();
  call.args = TRY(parse_expression_list(c));
  if (c.accept("USING"_kw)) TRY(parse_name_or_string(c, "a character set"));
  return build_call(c, std::move(call));
}

// GROUPING(a, b) and GROUPING_ID.
Parsed<ExprPtr> parse_grouping(ParseContext& c) {
  return tree::op(duckdb::ExpressionType::GROUPING_FUNCTION, TRY(parse_expression_list(c)));
}

// IGNORE is a reserved word, and a function of Doris.
Parsed<ExprPtr> parse_ignore(ParseContext& c) {
  Call call;
  call.name = "ignore";
  call.where = c.peek();
  if (!c.is(TokenKind::kRightParen)) call.args = TRY(parse_expression_list(c));
  return build_call(c, std::move(call));
}

using SpecialParser = Parsed<ExprPtr> (*)(ParseContext& c);

SpecialParser special_parser(const ParseContext& c) {
  switch (c.peek().keyword) {
    case "CAST"_kw:
    case "TRY_CAST"_kw:  // what does not convert is NULL in both
      return parse_cast;
    case "CONVERT"_kw:
      return parse_convert;
    case "EXTRACT"_kw:
      return parse_extract;
    case "POSITION"_kw:
      return parse_position;
    case "SUBSTRING"_kw:
    case "SUBSTR"_kw:
      return parse_substring;
    case "TRIM"_kw:
      return parse_trim;
    case "TIMESTAMPDIFF"_kw:
      return [](ParseContext& c) { return parse_timestamp_function(c, "timestampdiff"); };
    case "TIMESTAMPADD"_kw:
      return [](ParseContext& c) { return parse_timestamp_function(c, "timestampadd"); };
    case "VALUES"_kw:
      return parse_values_call;
    case "CHAR"_kw:
      return parse_char;
    case "GROUPING"_kw:
      return parse_grouping;
    case "IGNORE"_kw:
      return parse_ignore;
    default:
      break;
  }
  if (c.is_word("DATE_FLOOR")) return [](ParseContext& c) { return parse_date_rounding(c, "_floor"); };
  if (c.is_word("DATE_CEIL")) return [](ParseContext& c) { return parse_date_rounding(c, "_ceil"); };
  return nullptr;
}

}  // namespace

ExprPtr make_cast(ExprPtr value, const TypeName& type) {
  ExprPtr result = tree::cast(std::move(value), type.type);
  if (type.fraction_digits && type.type.id() == duckdb::LogicalTypeId::TIMESTAMP) {
    return tree::doris("round_datetime", std::move(result), tree::integer(static_cast<int32_t>(*type.fraction_digits)));
  }
  if (type.length && type.type.id() == duckdb::LogicalTypeId::VARCHAR) {
    result = tree::function("left", std::move(result),
                            tree::constant(duckdb::Value::BIGINT(static_cast<int64_t>(*type.length))));
  }
  return result;
}

Parsed<ExprPtr> parse_special_call(ParseContext& c) {
  SpecialParser parser = special_parser(c);
  if (!parser) return ExprPtr();
  ParseContext::LiftScope off(c, ParseContext::LiftScope::Rule::kOff);
  ParseContext::Nested nested(c);
  TRY(nested.check());
  c.advance();
  TRY(c.expect(TokenKind::kLeftParen, "'('"));
  ExprPtr result = TRY(parser(c));
  TRY(c.expect(TokenKind::kRightParen, "')'"));
  TRY(c.add_level());
  return result;
}

Parsed<ExprPtr> parse_case(ParseContext& c) {
  ParseContext::LiftScope off(c, ParseContext::LiftScope::Rule::kOff);
  ParseContext::Nested nested(c);
  TRY(nested.check());
  c.advance();
  ExprPtr subject;
  if (!c.is("WHEN"_kw)) subject = TRY(parse_expression(c));
  ExprList parts;
  if (!c.is("WHEN"_kw)) return c.expected("WHEN");
  while (c.accept("WHEN"_kw)) {
    ExprPtr when = TRY(parse_expression(c));
    if (subject) when = tree::doris("eq", subject->Copy(), std::move(when));
    parts.push_back(std::move(when));
    TRY(c.expect("THEN"_kw));
    parts.push_back(TRY(parse_expression(c)));
  }
  parts.push_back(c.accept("ELSE"_kw) ? TRY(parse_expression(c)) : tree::null());
  if (!c.accept("END"_kw)) return c.expected("WHEN, ELSE or END");
  TRY(c.add_level());
  return tree::doris_call("case", std::move(parts));
}

std::string parse_unit(ParseContext& c, bool compound) {
  Keyword keyword = c.peek().keyword;
  for (const Unit& unit : kUnits) {
    if (unit.keyword != keyword) continue;
    c.advance();
    return unit.name;
  }
  for (const CompoundUnit& unit : kCompoundUnits) {
    if (!compound || unit.keyword != keyword) continue;
    c.advance();
    return unit.name;
  }
  // DAYS, SECONDS, and the SQL_TSI_DAY of ODBC.
  if (c.is(TokenKind::kWord)) {
    std::string word = duckdb::StringUtil::Lower(std::string(c.text(c.peek())));
    if (word.starts_with("sql_tsi_")) word.erase(0, 8);
    if (word == "frac_second") word = "microsecond";
    if (!find_unit(word) && word.ends_with('s')) word.pop_back();
    if (find_unit(word)) {
      c.advance();
      return word;
    }
  }
  return {};
}

Parsed<ExprPtr> make_interval(ParseContext& c, ExprPtr amount, const std::string& unit_name) {
  const Unit* unit = find_unit(unit_name);
  if (!unit) {
    for (const CompoundUnit& compound : kCompoundUnits) {
      if (unit_name != compound.name) continue;
      if (const std::string* text = tree::constant_text(*amount)) return compound_interval(c, *text, compound);
      if (const duckdb::Value* value = tree::constant_value(*amount)) {
        return compound_interval(c, value->ToString(), compound);
      }
      return c.unsupported("INTERVAL of " + std::string(keyword_text(compound.keyword)) +
                           " with an amount that is no literal");
    }
    return c.syntax_error("this is not a unit of INTERVAL");
  }
  if (auto number = literal_amount(amount)) {
    bool whole_only = unit->keyword != "SECOND"_kw;
    double rounded = whole_only ? std::round(*number) : *number;
    if (std::abs(rounded * static_cast<double>(std::max<int64_t>(unit->micros, 1))) < 9.0e18 &&
        std::abs(rounded) < 1.0e15) {
      auto whole = static_cast<int64_t>(rounded);
      int64_t micros = whole_only ? whole * unit->micros
                                  : static_cast<int64_t>(std::llround(rounded * static_cast<double>(unit->micros)));
      if (auto value = interval_value(whole * unit->months, whole * unit->days, micros)) {
        return interval_constant(std::move(*value), unit->micros != 0);
      }
    }
    return c.syntax_error("the INTERVAL is out of range");
  }
  std::string maker = "to_" + unit_name + "s";
  // Amounts are rounded, as in MySQL; seconds may have decimals.
  if (unit->keyword == "SECOND"_kw) {
    return tree::function(maker, tree::cast(std::move(amount), LogicalType::DOUBLE));
  }
  LogicalType type = unit->micros != 0 ? LogicalType::BIGINT : LogicalType::INTEGER;
  return tree::function(maker, tree::cast(std::move(amount), type));
}

Parsed<ExprPtr> parse_interval(ParseContext& c) {
  ParseContext::LiftScope off(c, ParseContext::LiftScope::Rule::kOff);
  ParseContext::Nested nested(c);
  TRY(nested.check());
  c.advance();
  ExprPtr amount = TRY(parse_expression(c));
  std::string unit = parse_unit(c, true);
  if (unit.empty()) {
    // INTERVAL '1 day' as one string.
    const std::string* text = tree::constant_text(*amount);
    if (text && text->find(' ') != std::string::npos)
      return tree::strict_cast(std::move(amount), LogicalType::INTERVAL);
    return c.expected("a unit like DAY or MONTH after the INTERVAL's amount");
  }
  TRY(c.add_level());
  return make_interval(c, std::move(amount), unit);
}

}  // namespace sluice::dialect
