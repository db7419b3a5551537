// SPDX-License-Identifier: Apache-2.0
// Dates and times. Weeks are in functions_week.cc.
#include "dialect/functions_time.h"
#include "dialect/date_format.h"
#include "dialect/function_call.h"
#include "dialect/special_call.h"
#include "dialect/tree.h"

namespace sluice::dialect {
namespace {

using duckdb::LogicalType;

constexpr int32_t kDaysFromYearZero = 719528;  // TO_DAYS('1970-01-01')

ExprPtr as_timestamp(ExprPtr value) { return tree::cast(std::move(value), LogicalType::TIMESTAMP); }
ExprPtr as_date(ExprPtr value) { return tree::cast(std::move(value), LogicalType::DATE); }

// A moment cut to `digits` of the second's fraction.
ExprPtr cut_fraction(ExprPtr moment, int64_t digits) {
  if (digits > 3) return moment;
  ExprPtr cut = tree::function("date_trunc", tree::text(digits > 0 ? "millisecond" : "second"), std::move(moment));
  return digits == 3 ? tree::cast(std::move(cut), LogicalType::TIMESTAMP_MS) : std::move(cut);
}
// The present moment in the session's time zone, without a zone.
ExprPtr present(int64_t digits) { return cut_fraction(as_timestamp(ExprPtr(tree::call("now", {}))), digits); }
ExprPtr present_utc() { return tree::function("timezone", tree::text("UTC"), ExprPtr(tree::call("now", {}))); }

Parsed<int64_t> fraction_digits(ParseContext& c, const Call& call) {
  if (call.args.empty()) return 0;
  auto digits = tree::constant_integer(*call.args[0]);
  if (!digits || *digits < 0 || *digits > 6)
    return c.syntax_error("the digits of the fraction go from 0 to 6", call.where);
  return *digits;
}
Parsed<ExprPtr> build_now(ParseContext& c, Call& call) { return present(TRY(fraction_digits(c, call))); }
Parsed<ExprPtr> build_curdate(ParseContext&, Call&) { return as_date(present(6)); }
Parsed<ExprPtr> build_curtime(ParseContext& c, Call& call) {
  return tree::cast(present(TRY(fraction_digits(c, call))), LogicalType::TIME);
}
Parsed<ExprPtr> build_utc_timestamp(ParseContext& c, Call& call) {
  return cut_fraction(present_utc(), TRY(fraction_digits(c, call)));
}
Parsed<ExprPtr> build_utc_date(ParseContext&, Call&) { return as_date(present_utc()); }
Parsed<ExprPtr> build_utc_time(ParseContext&, Call&) {
  return tree::cast(tree::function("date_trunc", tree::text("second"), present_utc()), LogicalType::TIME);
}

Parsed<ExprPtr> build_date(ParseContext&, Call& call) { return as_date(std::move(call.args[0])); }
Parsed<ExprPtr> build_time(ParseContext&, Call& call) { return tree::cast(std::move(call.args[0]), LogicalType::TIME); }
Parsed<ExprPtr> build_timestamp(ParseContext&, Call& call) {
  ExprPtr moment = as_timestamp(std::move(call.args[0]));
  if (call.args.size() == 1) return moment;
  return tree::binary("+", std::move(moment), tree::cast(std::move(call.args[1]), LogicalType::INTERVAL));
}

// YEAR(x), MONTH(x), ..: parts by name.
Parsed<ExprPtr> build_part(ParseContext&, Call& call) {
  std::string part = call.name == "dayofmonth" ? "day" : call.name;
  return tree::function("date_part", tree::text(std::move(part)), as_moment(std::move(call.args[0])));
}
ExprPtr microsecond_part(ExprPtr moment) {
  return tree::binary("%", tree::function("date_part", tree::text("microsecond"), std::move(moment)),
                      tree::integer(1000000));
}
Parsed<ExprPtr> build_microsecond(ParseContext&, Call& call) {
  return microsecond_part(as_moment(std::move(call.args[0])));
}
Parsed<ExprPtr> build_dayofweek(ParseContext&, Call& call) {
  return tree::binary("+", tree::function("dayofweek", as_moment(std::move(call.args[0]))), tree::integer(1));
}
Parsed<ExprPtr> build_weekday(ParseContext&, Call& call) {
  return tree::binary("-", tree::function("isodow", as_moment(std::move(call.args[0]))), tree::integer(1));
}
Parsed<ExprPtr> build_dayname(ParseContext&, Call& call) {
  return tree::call(call.name, tree::list(as_moment(std::move(call.args[0]))));
}
Parsed<ExprPtr> build_last_day(ParseContext&, Call& call) {
  return tree::function("last_day", as_moment(std::move(call.args[0])));
}

// EXTRACT(unit FROM x); compound units write their parts side by side: DAY_MINUTE of 02 03:04 is 20304.
Parsed<ExprPtr> build_extract(ParseContext& c, Call& call) {
  std::string unit = *tree::constant_text(*call.args[0]);
  ExprPtr moment = as_moment(std::move(call.args[1]));
  auto part = [&](const char* name) { return tree::function("date_part", tree::text(name), moment->Copy()); };
  if (unit == "week") return build_week_number(std::move(moment), 0);
  if (unit == "microsecond") return microsecond_part(std::move(moment));
  if (unit.find('_') == std::string::npos) return part(unit.c_str());
  if (unit.ends_with("microsecond")) return c.unsupported("EXTRACT of " + duckdb::StringUtil::Upper(unit));
  static constexpr const char* kParts[] = {"year", "month", "day", "hour", "minute", "second"};
  std::string first = unit.substr(0, unit.find('_'));
  std::string last = unit.substr(unit.find('_') + 1);
  ExprPtr result;
  for (const char* name : kParts) {
    if (result)
      result = tree::binary("+", tree::binary("*", std::move(result), tree::integer(100)), part(name));
    else if (first == name)
      result = part(name);
    if (last == name) break;
  }
  return result;
}

// DATE_ADD(x, INTERVAL ..), ADDDATE(x, days)
ExprPtr as_interval(ExprPtr amount) {
  if (tree::interval_kind(*amount) != tree::IntervalKind::kNone) return amount;
  return tree::function("to_days", tree::cast(std::move(amount), LogicalType::INTEGER));
}
Parsed<ExprPtr> build_date_add(ParseContext&, Call& call) {
  return shift_moment(true, std::move(call.args[0]), as_interval(std::move(call.args[1])));
}
Parsed<ExprPtr> build_date_sub(ParseContext&, Call& call) {
  return shift_moment(false, std::move(call.args[0]), as_interval(std::move(call.args[1])));
}
Parsed<ExprPtr> build_addtime(ParseContext&, Call& call) {
  const char* sign = call.name == "addtime" ? "+" : "-";
  return tree::binary(sign, as_moment(std::move(call.args[0])),
                      tree::cast(std::move(call.args[1]), LogicalType::INTERVAL));
}
// DAYS_ADD(x, n), MONTHS_SUB(x, n), ..
Parsed<ExprPtr> build_units_add(ParseContext& c, Call& call) {
  bool add = call.name.ends_with("_add");
  std::string unit = call.name.substr(0, call.name.find('_') - 1);
  if (call.name == "add_months") {
    add = true;
    unit = "month";
  }
  ExprPtr interval = TRY(make_interval(c, std::move(call.args[1]), unit));
  return shift_moment(add, std::move(call.args[0]), std::move(interval));
}
Parsed<ExprPtr> build_timestampadd(ParseContext& c, Call& call) {
  std::string unit = *tree::constant_text(*call.args[0]);
  ExprPtr interval = TRY(make_interval(c, std::move(call.args[1]), unit));
  return shift_moment(true, std::move(call.args[2]), std::move(interval));
}

// Whole units from `from` to `to`.
ExprPtr difference(std::string unit, ExprPtr from, ExprPtr to) {
  return tree::function("date_sub", tree::text(std::move(unit)), as_timestamp(std::move(from)),
                        as_timestamp(std::move(to)));
}
Parsed<ExprPtr> build_timestampdiff(ParseContext&, Call& call) {
  return difference(*tree::constant_text(*call.args[0]), std::move(call.args[1]), std::move(call.args[2]));
}
Parsed<ExprPtr> build_units_diff(ParseContext&, Call& call) {
  std::string unit = call.name.substr(0, call.name.find('_') - 1);
  return difference(std::move(unit), std::move(call.args[1]), std::move(call.args[0]));
}
Parsed<ExprPtr> build_datediff(ParseContext&, Call& call) {
  return tree::function("date_diff", tree::text("day"), as_date(std::move(call.args[1])),
                        as_date(std::move(call.args[0])));
}
Parsed<ExprPtr> build_timediff(ParseContext&, Call& call) {
  return tree::binary("-", as_timestamp(std::move(call.args[0])), as_timestamp(std::move(call.args[1])));
}

// The kernel's format of a literal one.
Parsed<DateFormat> literal_format(ParseContext& c, const Call& call, size_t index) {
  std::string name = duckdb::StringUtil::Upper(call.name);
  const std::string* format = tree::constant_text(*call.args[index]);
  if (!format) return c.unsupported(name + "() with a format that is no literal");
  DateFormat result = translate_date_format(*format);
  if (result.unknown) return c.unsupported(name + "() with %" + std::string(1, result.unknown) + " in its format");
  return result;
}
Parsed<ExprPtr> build_date_format(ParseContext& c, Call& call) {
  DateFormat format = TRY(literal_format(c, call, 1));
  return tree::function("strftime", as_moment(std::move(call.args[0])), tree::text(std::move(format.kernel)));
}
Parsed<ExprPtr> build_time_format(ParseContext& c, Call& call) {
  DateFormat format = TRY(literal_format(c, call, 1));
  ExprPtr moment = tree::binary("+", tree::cast(tree::text("1970-01-01"), LogicalType::DATE),
                                tree::cast(std::move(call.args[0]), LogicalType::TIME));
  return tree::function("strftime", std::move(moment), tree::text(std::move(format.kernel)));
}
Parsed<ExprPtr> build_str_to_date(ParseContext& c, Call& call) {
  const std::string* written = tree::constant_text(*call.args[1]);
  if (written && *written == "%X%V %W") {
    return build_date_of_week(tree::cast(std::move(call.args[0]), LogicalType::VARCHAR));
  }
  DateFormat format = TRY(literal_format(c, call, 1));
  ExprPtr text = tree::cast(std::move(call.args[0]), LogicalType::VARCHAR);
  ExprPtr moment = tree::function("try_strptime", std::move(text), tree::text(std::move(format.kernel)));
  if (!format.has_time) return as_date(std::move(moment));
  if (!format.has_date) return tree::cast(std::move(moment), LogicalType::TIME);
  return moment;
}

Parsed<ExprPtr> build_from_unixtime(ParseContext& c, Call& call) {
  ExprPtr seconds = tree::cast(std::move(call.args[0]), LogicalType::DOUBLE);
  ExprPtr moment = as_timestamp(tree::function("to_timestamp", std::move(seconds)));
  if (call.args.size() == 1) return moment;
  DateFormat format = TRY(literal_format(c, call, 1));
  return tree::function("strftime", std::move(moment), tree::text(std::move(format.kernel)));
}
Parsed<ExprPtr> build_unix_timestamp(ParseContext& c, Call& call) {
  ExprPtr moment;
  if (call.args.empty()) {
    moment = ExprPtr(tree::call("now", {}));
  } else if (call.args.size() == 2) {
    DateFormat format = TRY(literal_format(c, call, 1));
    moment = tree::function("try_strptime", tree::cast(std::move(call.args[0]), LogicalType::VARCHAR),
                            tree::text(std::move(format.kernel)));
  } else {
    moment = as_timestamp(std::move(call.args[0]));
  }
  // A moment without zone is one of the session's zone.
  ExprPtr zoned = tree::cast(std::move(moment), LogicalType::TIMESTAMP_TZ);
  return tree::cast(tree::function("floor", tree::function("epoch", std::move(zoned))), LogicalType::BIGINT);
}

Parsed<ExprPtr> build_makedate(ParseContext&, Call& call) {
  ExprPtr first = tree::function("make_date", tree::cast(std::move(call.args[0]), LogicalType::BIGINT),
                                 tree::constant(duckdb::Value::BIGINT(1)), tree::constant(duckdb::Value::BIGINT(1)));
  ExprPtr days = tree::cast(tree::binary("-", std::move(call.args[1]), tree::integer(1)), LogicalType::INTEGER);
  return tree::binary("+", std::move(first), std::move(days));
}
Parsed<ExprPtr> build_maketime(ParseContext&, Call& call) {
  return tree::function("make_time", tree::cast(std::move(call.args[0]), LogicalType::BIGINT),
                        tree::cast(std::move(call.args[1]), LogicalType::BIGINT),
                        tree::cast(std::move(call.args[2]), LogicalType::DOUBLE));
}
Parsed<ExprPtr> build_to_days(ParseContext&, Call& call) {
  ExprPtr days = tree::function("date_diff", tree::text("day"), as_date(tree::text("1970-01-01")),
                                as_date(std::move(call.args[0])));
  return tree::binary("+", std::move(days), tree::integer(kDaysFromYearZero));
}
Parsed<ExprPtr> build_from_days(ParseContext&, Call& call) {
  ExprPtr days =
      tree::cast(tree::binary("-", std::move(call.args[0]), tree::integer(kDaysFromYearZero)), LogicalType::INTEGER);
  return tree::binary("+", as_date(tree::text("1970-01-01")), std::move(days));
}
Parsed<ExprPtr> build_time_to_sec(ParseContext&, Call& call) {
  ExprPtr seconds = tree::function("epoch", tree::cast(std::move(call.args[0]), LogicalType::TIME));
  return tree::cast(std::move(seconds), LogicalType::BIGINT);
}
Parsed<ExprPtr> build_sec_to_time(ParseContext&, Call& call) {
  return tree::function("to_seconds", tree::cast(std::move(call.args[0]), LogicalType::DOUBLE));
}

// +08:00 as a signed interval; nullopt when the zone is a name.
std::optional<duckdb::Value> zone_offset(const std::string& zone) {
  if (zone.size() < 5 || (zone[0] != '+' && zone[0] != '-')) return std::nullopt;
  int64_t numbers[2] = {0, 0};
  size_t which = 0;
  for (char c : zone.substr(1)) {
    if (c == ':' && which == 0)
      which = 1;
    else if (c >= '0' && c <= '9')
      numbers[which] = numbers[which] * 10 + (c - '0');
    else
      return std::nullopt;
  }
  int64_t minutes = numbers[0] * 60 + numbers[1];
  if (which != 1 || minutes > 14 * 60) return std::nullopt;
  return duckdb::Value::INTERVAL(0, 0, (zone[0] == '-' ? -minutes : minutes) * 60 * 1'000'000);
}
// CONVERT_TZ(x, from, to)
Parsed<ExprPtr> build_convert_tz(ParseContext& c, Call& call) {
  ExprPtr utc = as_timestamp(std::move(call.args[0]));
  const std::string* from = tree::constant_text(*call.args[1]);
  const std::string* to = tree::constant_text(*call.args[2]);
  auto from_offset = from ? zone_offset(*from) : std::nullopt;
  auto to_offset = to ? zone_offset(*to) : std::nullopt;
  auto is_system = [](const std::string* zone) { return zone && duckdb::StringUtil::CIEquals(*zone, "system"); };
  if (from_offset) {
    utc = tree::binary("-", std::move(utc), tree::constant(std::move(*from_offset)));
  } else {
    ExprPtr zoned = is_system(from) ? tree::cast(std::move(utc), LogicalType::TIMESTAMP_TZ)
                                    : tree::function("timezone", std::move(call.args[1]), std::move(utc));
    utc = tree::function("timezone", tree::text("UTC"), std::move(zoned));
  }
  if (to_offset) return tree::binary("+", std::move(utc), tree::constant(std::move(*to_offset)));
  ExprPtr zoned = tree::function("timezone", tree::text("UTC"), std::move(utc));
  if (is_system(to)) return as_timestamp(std::move(zoned));
  return tree::function("timezone", std::move(call.args[2]), std::move(zoned));
}

// DATE_TRUNC(x, 'unit') of Doris, DATE_TRUNC('unit', x) of others.
Parsed<ExprPtr> build_date_trunc(ParseContext&, Call& call) {
  const std::string* second = tree::constant_text(*call.args[1]);
  bool unit_last = second && second->find_first_of("0123456789") == std::string::npos;
  size_t unit = unit_last ? 1 : 0;
  return tree::function("date_trunc", std::move(call.args[unit]), as_moment(std::move(call.args[1 - unit])));
}

constexpr FunctionEntry kFunctions[] = {
    {"now", 0, 1, nullptr, build_now},
    {"sysdate", 0, 1, nullptr, build_now},
    {"current_timestamp", 0, 1, nullptr, build_now},
    {"localtime", 0, 1, nullptr, build_now},
    {"localtimestamp", 0, 1, nullptr, build_now},
    {"curdate", 0, 0, nullptr, build_curdate},
    {"current_date", 0, 0, nullptr, build_curdate},
    {"curtime", 0, 1, nullptr, build_curtime},
    {"current_time", 0, 1, nullptr, build_curtime},
    {"utc_timestamp", 0, 1, nullptr, build_utc_timestamp},
    {"utc_date", 0, 0, nullptr, build_utc_date},
    {"utc_time", 0, 1, nullptr, build_utc_time},
    {"date", 1, 1, nullptr, build_date},
    {"to_date", 1, 1, nullptr, build_date},
    {"datev2", 1, 1, nullptr, build_date},
    {"time", 1, 1, nullptr, build_time},
    {"timestamp", 1, 2, nullptr, build_timestamp},
    {"year", 1, 1, nullptr, build_part},
    {"quarter", 1, 1, nullptr, build_part},
    {"month", 1, 1, nullptr, build_part},
    {"day", 1, 1, nullptr, build_part},
    {"dayofmonth", 1, 1, nullptr, build_part},
    {"dayofyear", 1, 1, nullptr, build_part},
    {"hour", 1, 1, nullptr, build_part},
    {"minute", 1, 1, nullptr, build_part},
    {"second", 1, 1, nullptr, build_part},
    {"microsecond", 1, 1, nullptr, build_microsecond},
    {"dayofweek", 1, 1, nullptr, build_dayofweek},
    {"weekday", 1, 1, nullptr, build_weekday},
    {"dayname", 1, 1, nullptr, build_dayname},
    {"monthname", 1, 1, nullptr, build_dayname},
    {"last_day", 1, 1, nullptr, build_last_day},
    {"week", 1, 2, nullptr, build_week},
    {"weekofyear", 1, 1, nullptr, build_weekofyear},
    {"yearweek", 1, 2, nullptr, build_yearweek},
    {"extract", 2, 2, nullptr, build_extract},
    {"date_add", 2, 2, nullptr, build_date_add},
    {"adddate", 2, 2, nullptr, build_date_add},
    {"date_sub", 2, 2, nullptr, build_date_sub},
    {"subdate", 2, 2, nullptr, build_date_sub},
    {"addtime", 2, 2, nullptr, build_addtime},
    {"subtime", 2, 2, nullptr, build_addtime},
    {"years_add", 2, 2, nullptr, build_units_add},
    {"years_sub", 2, 2, nullptr, build_units_add},
    {"quarters_add", 2, 2, nullptr, build_units_add},
    {"quarters_sub", 2, 2, nullptr, build_units_add},
    {"months_add", 2, 2, nullptr, build_units_add},
    {"months_sub", 2, 2, nullptr, build_units_add},
    {"add_months", 2, 2, nullptr, build_units_add},
    {"weeks_add", 2, 2, nullptr, build_units_add},
    {"weeks_sub", 2, 2, nullptr, build_units_add},
    {"days_add", 2, 2, nullptr, build_units_add},
    {"days_sub", 2, 2, nullptr, build_units_add},
    {"hours_add", 2, 2, nullptr, build_units_add},
    {"hours_sub", 2, 2, nullptr, build_units_add},
    {"minutes_add", 2, 2, nullptr, build_units_add},
    {"minutes_sub", 2, 2, nullptr, build_units_add},
    {"seconds_add", 2, 2, nullptr, build_units_add},
    {"seconds_sub", 2, 2, nullptr, build_units_add},
    {"years_diff", 2, 2, nullptr, build_units_diff},
    {"months_diff", 2, 2, nullptr, build_units_diff},
    {"weeks_diff", 2, 2, nullptr, build_units_diff},
    {"days_diff", 2, 2, nullptr, build_units_diff},
    {"hours_diff", 2, 2, nullptr, build_units_diff},
    {"minutes_diff", 2, 2, nullptr, build_units_diff},
    {"seconds_diff", 2, 2, nullptr, build_units_diff},
    {"datediff", 2, 2, nullptr, build_datediff},
    {"timediff", 2, 2, nullptr, build_timediff},
    {"timestampadd", 3, 3, nullptr, build_timestampadd},
    {"timestampdiff", 3, 3, nullptr, build_timestampdiff},
    {"date_format", 2, 2, nullptr, build_date_format},
    {"time_format", 2, 2, nullptr, build_time_format},
    {"str_to_date", 2, 2, nullptr, build_str_to_date},
    {"from_unixtime", 1, 2, nullptr, build_from_unixtime},
    {"unix_timestamp", 0, 2, nullptr, build_unix_timestamp},
    {"makedate", 2, 2, nullptr, build_makedate},
    {"maketime", 3, 3, nullptr, build_maketime},
    {"to_days", 1, 1, nullptr, build_to_days},
    {"from_days", 1, 1, nullptr, build_from_days},
    {"time_to_sec", 1, 1, nullptr, build_time_to_sec},
    {"sec_to_time", 1, 1, nullptr, build_sec_to_time},
    {"convert_tz", 3, 3, nullptr, build_convert_tz},
    {"date_trunc", 2, 2, nullptr, build_date_trunc},
};

}  // namespace

ExprPtr as_moment(ExprPtr operand) {
  const std::string* written = tree::constant_text(*operand);
  if (!written) return operand;
  bool date_only = written->size() <= 10;
  return tree::cast(std::move(operand), date_only ? LogicalType::DATE : LogicalType::TIMESTAMP);
}

ExprPtr shift_moment(bool add, ExprPtr moment, ExprPtr interval) {
  const bool days = tree::interval_kind(*interval) == tree::IntervalKind::kDays;
  const char* name = days ? (add ? "add_date_interval" : "subtract_date_interval")
                          : (add ? "add_time_interval" : "subtract_time_interval");
  return duckdb::make_uniq<duckdb::FunctionExpression>("system", "doris", name,
                                                       tree::list(std::move(moment), std::move(interval)));
}

std::span<const FunctionEntry> time_functions() { return kFunctions; }

}  // namespace sluice::dialect
