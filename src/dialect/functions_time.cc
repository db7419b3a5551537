// SPDX-License-Identifier: Apache-2.0
// Dates and times whose syntax or result the registry of functions does not know.
#include "dialect/functions_time.h"
#include "dialect/function_call.h"
#include "dialect/special_call.h"
#include "dialect/tree.h"
#include "functions/text_to_value.h"

namespace sluice::dialect {
namespace {

using duckdb::LogicalType;

ExprPtr as_timestamp(ExprPtr value) { return tree::cast(std::move(value), LogicalType::TIMESTAMP); }
ExprPtr as_date(ExprPtr value) { return tree::cast(std::move(value), LogicalType::DATE); }

// A moment cut to `digits` of the second's fraction.
ExprPtr cut_fraction(ExprPtr moment, int64_t digits) {
  if (digits > 0 && digits != 3)
    return tree::doris("cut_datetime", std::move(moment), tree::integer(static_cast<int32_t>(digits)));
  ExprPtr cut = tree::function("date_trunc", tree::text(digits > 0 ? "millisecond" : "second"), std::move(moment));
  return tree::cast(std::move(cut), digits > 0 ? LogicalType::TIMESTAMP_MS : LogicalType::TIMESTAMP_S);
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
Parsed<ExprPtr> build_now(ParseContext& c, Call& call) {
  const duckdb::Value* digits = call.args.empty() ? nullptr : tree::constant_value(*call.args[0]);
  if (digits && digits->IsNull()) return tree::cast(tree::null(), LogicalType::TIMESTAMP);
  return present(TRY(fraction_digits(c, call)));
}
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

Parsed<ExprPtr> build_time(ParseContext&, Call& call) { return tree::cast(std::move(call.args[0]), LogicalType::TIME); }
Parsed<ExprPtr> build_timestamp(ParseContext&, Call& call) {
  ExprPtr moment = as_timestamp(std::move(call.args[0]));
  if (call.args.size() == 1) return moment;
  return tree::binary("+", std::move(moment), tree::cast(std::move(call.args[1]), LogicalType::INTERVAL));
}

// EXTRACT(unit FROM x); compound units write their parts side by side: DAY_MINUTE of 02 03:04 is 20304.
Parsed<ExprPtr> build_extract(ParseContext& c, Call& call) {
  std::string unit = *tree::constant_text(*call.args[0]);
  ExprPtr moment = as_moment(std::move(call.args[1]));
  if (unit.find('_') == std::string::npos) return tree::doris(unit, std::move(moment));
  if (unit.ends_with("microsecond")) return c.unsupported("EXTRACT of " + duckdb::StringUtil::Upper(unit));
  static constexpr const char* kParts[] = {"year", "month", "day", "hour", "minute", "second"};
  std::string first = unit.substr(0, unit.find('_'));
  std::string last = unit.substr(unit.find('_') + 1);
  ExprPtr result;
  for (const char* name : kParts) {
    if (result)
      result = tree::binary("+", tree::binary("*", std::move(result), tree::integer(100)),
                            tree::doris(name, moment->Copy()));
    else if (first == name)
      result = tree::doris(name, moment->Copy());
    if (last == name) break;
  }
  return result;
}

// Where whole days are added, a literal of a date alone is a DATE, not a DATETIME.
ExprPtr date_of_literal(ExprPtr operand) {
  const std::string* written = tree::constant_text(*operand);
  if (!written) return operand;
  std::string trimmed = *written;
  duckdb::StringUtil::Trim(trimmed);
  constexpr size_t kLongestDate = 10;
  if (trimmed.size() > kLongestDate) return operand;
  const auto moment = functions::text_to_moment(trimmed);
  if (!moment || moment->has_time) return operand;
  return tree::cast(std::move(operand), LogicalType::DATE);
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
// MONTHS_ADD(x, n) and the like; DAYS_ADD(x, INTERVAL ..) is DATE_ADD.
Parsed<ExprPtr> build_date_shift(ParseContext&, Call& call) {
  if (tree::interval_kind(*call.args[1]) != tree::IntervalKind::kNone && call.name.starts_with("days_"))
    return shift_moment(call.name == "days_add", std::move(call.args[0]), std::move(call.args[1]));
  call.args[0] = date_of_literal(std::move(call.args[0]));
  return tree::doris_call(call.name == "add_months" ? "months_add" : call.name, std::move(call.args));
}
Parsed<ExprPtr> build_addtime(ParseContext&, Call& call) {
  const char* sign = call.name == "addtime" ? "+" : "-";
  return tree::binary(sign, as_moment(std::move(call.args[0])),
                      tree::cast(std::move(call.args[1]), LogicalType::INTERVAL));
}
Parsed<ExprPtr> build_timestampadd(ParseContext& c, Call& call) {
  std::string unit = *tree::constant_text(*call.args[0]);
  ExprPtr interval = TRY(make_interval(c, std::move(call.args[1]), unit));
  return shift_moment(true, std::move(call.args[2]), std::move(interval));
}

Parsed<ExprPtr> build_timestampdiff(ParseContext&, Call& call) {
  return tree::doris(*tree::constant_text(*call.args[0]) + "s_diff", std::move(call.args[2]), std::move(call.args[1]));
}

Parsed<ExprPtr> build_unix_timestamp(ParseContext&, Call& call) {
  if (!call.args.empty()) return tree::doris_call("unix_timestamp", std::move(call.args));
  return tree::cast(tree::function("floor", tree::function("epoch", ExprPtr(tree::call("now", {})))),
                    LogicalType::INTEGER);
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
    {"time", 1, 1, nullptr, build_time},
    {"timestamp", 1, 2, nullptr, build_timestamp},
    {"extract", 2, 2, nullptr, build_extract},
    {"date_add", 2, 2, nullptr, build_date_add},
    {"adddate", 2, 2, nullptr, build_date_add},
    {"date_sub", 2, 2, nullptr, build_date_sub},
    {"subdate", 2, 2, nullptr, build_date_sub},
    {"days_add", 2, 2, nullptr, build_date_shift},
    {"days_sub", 2, 2, nullptr, build_date_shift},
    {"weeks_add", 2, 2, nullptr, build_date_shift},
    {"weeks_sub", 2, 2, nullptr, build_date_shift},
    {"months_add", 2, 2, nullptr, build_date_shift},
    {"months_sub", 2, 2, nullptr, build_date_shift},
    {"add_months", 2, 2, nullptr, build_date_shift},
    {"years_add", 2, 2, nullptr, build_date_shift},
    {"years_sub", 2, 2, nullptr, build_date_shift},
    {"addtime", 2, 2, nullptr, build_addtime},
    {"subtime", 2, 2, nullptr, build_addtime},
    {"timestampadd", 3, 3, nullptr, build_timestampadd},
    {"timestampdiff", 3, 3, nullptr, build_timestampdiff},
    {"unix_timestamp", 0, 2, nullptr, build_unix_timestamp},
};

}  // namespace

ExprPtr as_moment(ExprPtr operand) {
  const std::string* written = tree::constant_text(*operand);
  if (!written) return tree::doris("moment", std::move(operand));
  bool date_only = written->size() <= 10;
  return tree::cast(std::move(operand), date_only ? LogicalType::DATE : LogicalType::TIMESTAMP);
}

ExprPtr shift_moment(bool add, ExprPtr moment, ExprPtr interval) {
  const bool days = tree::interval_kind(*interval) == tree::IntervalKind::kDays;
  if (days) moment = date_of_literal(std::move(moment));
  const char* name = days ? (add ? "add_date_interval" : "subtract_date_interval")
                          : (add ? "add_time_interval" : "subtract_time_interval");
  return duckdb::make_uniq<duckdb::FunctionExpression>("system", "doris", name,
                                                       tree::list(std::move(moment), std::move(interval)));
}

std::span<const FunctionEntry> time_functions() { return kFunctions; }

}  // namespace sluice::dialect
