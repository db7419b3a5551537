// SPDX-License-Identifier: Apache-2.0
// DATE_FORMAT, STR_TO_DATE, and seconds since 1970 in the session's time zone.
#include "duckdb/main/connection.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "functions/asked_digits.h"
#include "functions/calendar.h"
#include "functions/conversion.h"
#include "functions/date_text.h"
#include "functions/families.h"
#include "functions/overload.h"
#include "functions/rows.h"
#include "functions/sized_conversion.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

using duckdb::date_t;
using duckdb::timestamp_t;

constexpr size_t kMostFormat = 128;                       // characters of a format; longer ones are NULL, as in Doris
constexpr size_t kMostFormatted = 100;                    // bytes behind which no further letter is taken: NULL
constexpr int64_t kLastSecond = 253'402'271'999;          // what from_second() takes at most
constexpr int64_t kLastFormattedSecond = 32'536'771'199;  // what from_unixtime() takes at most
constexpr int64_t kLastUnixSecond = 2'147'483'647;        // what unix_timestamp() gives at most; later is 0

// Where the last letter of a format begins, with its '%'.
size_t last_letter(std::string_view format) {
  size_t last = 0;
  for (size_t at = 0; at < format.size(); at += format[at] == '%' ? 2 : 1) last = at;
  return last;
}

std::optional<std::string> date_format(timestamp_t at, std::string_view format) {
  if (format.size() > kMostFormat || !moment_in_range(at.value)) return std::nullopt;
  const std::string_view letters = letters_of_format(format);
  std::string text = format_moment(at.value, letters);
  if (text.size() > kMostFormatted &&
      format_moment(at.value, letters.substr(0, last_letter(letters))).size() > kMostFormatted) {
    return std::nullopt;
  }
  return text;
}

std::optional<timestamp_t> str_to_moment(std::string_view text, std::string_view format) {
  if (format.size() > kMostFormat) return std::nullopt;
  auto micros = parse_moment(text, letters_of_format(format));
  if (!micros) return std::nullopt;
  return timestamp_t(*micros);
}

BoundList list_of(BoundPtr first) {
  BoundList children;
  children.push_back(std::move(first));
  return children;
}
BoundList list_of(BoundPtr first, BoundPtr second) {
  BoundList children = list_of(std::move(first));
  children.push_back(std::move(second));
  return children;
}

// The text of a constant argument; nothing when it is a column or NULL.
std::optional<std::string> constant_text(duckdb::ClientContext& context, const BoundPtr& argument) {
  auto constant = constant_of(context, *argument);
  if (!constant || constant->IsNull() || constant->type().id() != LogicalTypeId::VARCHAR) return std::nullopt;
  return duckdb::StringValue::Get(*constant);
}

BoundPtr parsed_moment(Call& call) {
  for (auto& argument : call.arguments) argument = convert(call.context, std::move(argument), LogicalType::VARCHAR);
  return bind_private(call.context, "text_by_format", {LogicalType::VARCHAR, LogicalType::VARCHAR},
                      LogicalType::TIMESTAMP, run_rows<str_to_moment>, std::move(call.arguments));
}

// A DATE when the format is a constant without a time, a TIME when it has nothing else.
BoundPtr expand_str_to_date(Call& call) {
  auto format = constant_text(call.context, call.arguments[1]);
  BoundPtr result = parsed_moment(call);
  if (!format) return result;
  const FormatParts parts = parts_of_format(letters_of_format(*format));
  if (parts.time && parts.date) return result;
  return convert(call.context, std::move(result), parts.time ? LogicalType::TIME : LogicalType::DATE);
}

// ---- seconds since 1970

// Microseconds since 1970 in UTC of a moment of the session's zone.
BoundPtr zoned_micros(duckdb::ClientContext& context, BoundPtr moment) {
  moment = convert(context, std::move(moment), LogicalType::TIMESTAMP);
  auto zoned = duckdb::BoundCastExpression::AddCastToType(context, std::move(moment), LogicalType::TIMESTAMP_TZ, true);
  return bind_native(context, "epoch_us", list_of(std::move(zoned)));
}
// The moment of the session's zone.
BoundPtr moment_of_micros(duckdb::ClientContext& context, BoundPtr micros) {
  BoundPtr utc = bind_native(context, "make_timestamptz", list_of(std::move(micros)));
  return duckdb::BoundCastExpression::AddCastToType(context, std::move(utc), LogicalType::TIMESTAMP, true);
}

int64_t unix_second(int64_t micros) {
  const int64_t seconds = floor_divide(micros, kMicrosPerSecond);
  return micros < 0 || seconds > kLastUnixSecond ? 0 : seconds;
}
int32_t unix_second_of_date(int64_t micros) { return static_cast<int32_t>(unix_second(micros)); }
int64_t unix_micro(int64_t micros) {
  return unix_second(micros) == 0 && micros >= kMicrosPerSecond ? 0 : std::max<int64_t>(micros, 0);
}

constexpr uint8_t kMostSecondDigits = 10;  // before the point
constexpr uint8_t kMostFractionDigits = 6;

// DECIMAL(10 + digits, digits).
BoundPtr scaled_seconds(Call& call, BoundPtr micros, uint8_t digits) {
  const auto type = LogicalType::DECIMAL(kMostSecondDigits + digits, digits);
  if (digits == 0)
    return bind_private(call.context, "unix_seconds", {LogicalType::BIGINT}, type, run_rows<unix_second>,
                        list_of(std::move(micros)));
  const auto exact = LogicalType::DECIMAL(kMostSecondDigits + kMostFractionDigits, kMostFractionDigits);
  BoundPtr unscaled = bind_private(call.context, "unix_micros", {LogicalType::BIGINT}, exact, run_rows<unix_micro>,
                                   list_of(std::move(micros)));
  return type == exact ? std::move(unscaled) : convert(call.context, std::move(unscaled), type);
}

// Doris: DECIMAL with the digits of a DATETIME, with six of a text that is not known yet; INT of a DATE.
BoundPtr expand_unix_timestamp(Call& call) {
  auto& arguments = call.arguments;
  if (arguments.size() == 2) return scaled_seconds(call, zoned_micros(call.context, parsed_moment(call)), 6);
  const LogicalType type = arguments[0]->return_type;
  BoundPtr moment = convert(call.context, std::move(arguments[0]), LogicalType::TIMESTAMP);
  if (type.id() == LogicalTypeId::DATE) {
    return bind_private(call.context, "unix_seconds", {LogicalType::BIGINT}, LogicalType::INTEGER,
                        run_rows<unix_second_of_date>, list_of(zoned_micros(call.context, std::move(moment))));
  }
  auto digits = moment_digits(*moment, {call.context, [](const auto&) { return MomentDigits(); }, true})[0];
  if (!digits && is_text(type)) digits = kMostFractionDigits;
  BoundPtr micros = zoned_micros(call.context, std::move(moment));
  if (digits) return scaled_seconds(call, std::move(micros), *digits);
  return bind_asking(call.context, [&](uint8_t asked) { return scaled_seconds(call, micros->Copy(), asked); });
}

template <int64_t micros_per_unit, int64_t most>
std::optional<int64_t> micros_of(int64_t count) {
  int64_t micros = 0;
  if (count < 0 || count > most || __builtin_mul_overflow(count, micros_per_unit, &micros)) return std::nullopt;
  return micros;
}
std::optional<int64_t> micros_of_seconds(double seconds) {
  if (!(seconds >= 0) || seconds > kLastFormattedSecond) return std::nullopt;
  return static_cast<int64_t>(std::llround(seconds * 1e6));
}
template <int64_t micros_per_unit, int64_t most>
BoundPtr micros_from(Call& call) {
  BoundPtr count = convert(call.context, std::move(call.arguments[0]), LogicalType::BIGINT);
  return bind_private(call.context, "micros_of_" + std::to_string(micros_per_unit), {LogicalType::BIGINT},
                      LogicalType::BIGINT, run_rows<micros_of<micros_per_unit, most>>, list_of(std::move(count)));
}

constexpr const char* kPlainFormat = "%Y-%m-%d %H:%i:%s";

BoundPtr expand_from_unixtime(Call& call) {
  const LogicalType type = call.arguments[0]->return_type;
  const bool fraction = type.id() == LogicalTypeId::DECIMAL;
  BoundPtr format = call.arguments.size() == 2
                        ? convert(call.context, std::move(call.arguments[1]), LogicalType::VARCHAR)
                        : duckdb::make_uniq<duckdb::BoundConstantExpression>(
                              duckdb::Value(fraction ? "%Y-%m-%d %H:%i:%s.%f" : kPlainFormat));
  BoundPtr micros;
  if (fraction) {
    BoundPtr seconds = convert(call.context, std::move(call.arguments[0]), LogicalType::DOUBLE);
    micros = bind_private(call.context, "micros_of", {LogicalType::DOUBLE}, LogicalType::BIGINT,
                          run_rows<micros_of_seconds>, list_of(std::move(seconds)));
  } else {
    micros = micros_from<kMicrosPerSecond, kLastFormattedSecond>(call);
  }
  return bind_private(call.context, "date_format", {LogicalType::TIMESTAMP, LogicalType::VARCHAR}, LogicalType::VARCHAR,
                      run_rows<date_format>,
                      list_of(moment_of_micros(call.context, std::move(micros)), std::move(format)));
}

std::optional<timestamp_t> in_range(timestamp_t at) {
  if (!moment_in_range(at.value)) return std::nullopt;
  return at;
}
template <int64_t micros_per_unit>
BoundPtr expand_from_count(Call& call) {
  constexpr int64_t kMost = ((kLastSecond + 1) * kMicrosPerSecond - 1) / micros_per_unit;
  constexpr int kDigits = micros_per_unit == kMicrosPerSecond ? 0 : micros_per_unit == 1000 ? 3 : 6;
  BoundPtr moment = moment_of_micros(call.context, micros_from<micros_per_unit, kMost>(call));
  moment = bind_private(call.context, "moment_in_range", {LogicalType::TIMESTAMP}, LogicalType::TIMESTAMP,
                        run_rows<in_range>, list_of(std::move(moment)));
  return cut_moment(call.context, std::move(moment), kDigits);
}

template <int64_t micros_per_unit>
int64_t count_of(int64_t micros) {
  return floor_divide(micros, micros_per_unit);
}
template <int64_t micros_per_unit>
BoundPtr expand_count(Call& call) {
  return bind_private(call.context, "epoch_" + std::to_string(micros_per_unit), {LogicalType::BIGINT},
                      LogicalType::BIGINT, run_rows<count_of<micros_per_unit>>,
                      list_of(zoned_micros(call.context, std::move(call.arguments[0]))));
}

// ---- CONVERT_TZ

// +08:00 and -2:30 in microseconds; nothing for names.
std::optional<int64_t> zone_offset(std::string_view zone) {
  if (zone.size() < 4 || (zone[0] != '+' && zone[0] != '-')) return std::nullopt;
  int64_t numbers[2] = {0, 0};
  size_t which = 0;
  for (char c : zone.substr(1)) {
    if (c == ':' && which == 0)
      which = 1;
    else if (c >= '0' && c <= '9' && numbers[which] < 100)
      numbers[which] = numbers[which] * 10 + (c - '0');
    else
      return std::nullopt;
  }
  if (which != 1 || numbers[0] > 14 || numbers[1] > 59) return std::nullopt;
  const int64_t micros = (numbers[0] * 60 + numbers[1]) * 60 * kMicrosPerSecond;
  return zone[0] == '-' ? -micros : micros;
}
// The time zones of the kernel by their names in lower case. Read once, by the first statement that asks.
const std::unordered_map<std::string, std::string>& known_zones(duckdb::ClientContext& context) {
  static const auto* zones = [&] {
    auto* result = new std::unordered_map<std::string, std::string>();
    duckdb::Connection connection(*context.db);
    auto names = connection.Query("SELECT name FROM pg_timezone_names()");
    if (names->HasError()) names->ThrowError();
    for (duckdb::idx_t row = 0; row < names->RowCount(); ++row) {
      std::string name = names->GetValue(0, row).ToString();
      result->emplace(duckdb::StringUtil::Lower(name), name);
    }
    // Doris' CST is China's.
    (*result)["cst"] = "Asia/Shanghai";
    return result;
  }();
  return *zones;
}
std::optional<std::string> zone_name(duckdb::ClientContext& context, std::string_view zone) {
  const auto& zones = known_zones(context);
  auto found = zones.find(duckdb::StringUtil::Lower(std::string(zone)));
  if (found == zones.end()) return std::nullopt;
  return found->second;
}
std::optional<timestamp_t> shift(timestamp_t at, int64_t micros) {
  if (!moment_in_range(at.value) || !moment_in_range(at.value + micros)) return std::nullopt;
  return timestamp_t(at.value + micros);
}
int64_t negated(int64_t micros) { return -micros; }

BoundPtr zoned_by_name(duckdb::ClientContext& context, BoundPtr zone, BoundPtr moment) {
  BoundPtr name = bind_private(context, "zone_name", {LogicalType::VARCHAR}, LogicalType::VARCHAR, run_rows<zone_name>,
                               list_of(std::move(zone)));
  return bind_native(context, "timezone", list_of(std::move(name), std::move(moment)));
}
BoundPtr utc() { return duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value("UTC")); }

// A moment of a zone as one of UTC (or the other way) when the zone is written as an offset, else by its name.
BoundPtr between_zone_and_utc(duckdb::ClientContext& context, BoundPtr moment, const BoundPtr& zone, bool to_utc) {
  BoundPtr offset = bind_private(context, "zone_offset", {LogicalType::VARCHAR}, LogicalType::BIGINT,
                                 run_rows<zone_offset>, list_of(zone->Copy()));
  auto known = duckdb::make_uniq<duckdb::BoundOperatorExpression>(duckdb::ExpressionType::OPERATOR_IS_NOT_NULL,
                                                                  LogicalType::BOOLEAN);
  known->children.push_back(offset->Copy());
  if (to_utc) {
    offset = bind_private(context, "negated", {LogicalType::BIGINT}, LogicalType::BIGINT, run_rows<negated>,
                          list_of(std::move(offset)));
  }
  BoundPtr shifted = bind_private(context, "shifted_moment", {LogicalType::TIMESTAMP, LogicalType::BIGINT},
                                  LogicalType::TIMESTAMP, run_rows<shift>, list_of(moment->Copy(), std::move(offset)));
  BoundPtr named;
  if (to_utc) {
    BoundPtr zoned = zoned_by_name(context, zone->Copy(), std::move(moment));
    named = bind_native(context, "timezone", list_of(utc(), std::move(zoned)));
  } else {
    BoundPtr zoned = bind_native(context, "timezone", list_of(utc(), std::move(moment)));
    named = zoned_by_name(context, zone->Copy(), std::move(zoned));
  }
  auto result = duckdb::make_uniq<duckdb::BoundCaseExpression>(LogicalType::TIMESTAMP);
  duckdb::BoundCaseCheck check;
  check.when_expr = std::move(known);
  check.then_expr = std::move(shifted);
  result->case_checks.push_back(std::move(check));
  result->else_expr = std::move(named);
  return result;
}

BoundPtr expand_convert_tz(Call& call) {
  auto& arguments = call.arguments;
  known_zones(call.context);  // not while rows are read
  arguments[0] = convert(call.context, std::move(arguments[0]), LogicalType::TIMESTAMP);
  for (size_t i : {1, 2}) arguments[i] = convert(call.context, std::move(arguments[i]), LogicalType::VARCHAR);
  auto same = duckdb::make_uniq<duckdb::BoundComparisonExpression>(duckdb::ExpressionType::COMPARE_EQUAL,
                                                                   arguments[1]->Copy(), arguments[2]->Copy());
  BoundPtr in_utc = between_zone_and_utc(call.context, arguments[0]->Copy(), arguments[1], true);
  BoundPtr converted = between_zone_and_utc(call.context, std::move(in_utc), arguments[2], false);
  auto result = duckdb::make_uniq<duckdb::BoundCaseExpression>(LogicalType::TIMESTAMP);
  duckdb::BoundCaseCheck check;
  check.when_expr = std::move(same);
  check.then_expr = std::move(arguments[0]);
  result->case_checks.push_back(std::move(check));
  result->else_expr = bind_private(call.context, "moment_in_range", {LogicalType::TIMESTAMP}, LogicalType::TIMESTAMP,
                                   run_rows<in_range>, list_of(std::move(converted)));
  return result;
}

}  // namespace

void add_date_formats(Registry& registry) {
  add_rows<date_format>(registry.add("date_format", "The moment as text by MySQL's format letters."));
  registry
      .add("str_to_date", "The moment that text means by MySQL's format letters; NULL when it does not follow them.")
      .expanded(2, 2, "DATE|DATETIME|TIME str_to_date(VARCHAR, VARCHAR)", expand_str_to_date);
  registry.add("unix_timestamp", "Seconds since 1970 of a moment in the session's time zone.")
      .expanded(1, 2, "DECIMAL|INT unix_timestamp(DATETIME|DATE|VARCHAR[, VARCHAR])", expand_unix_timestamp);
  registry.add("from_unixtime", "The moment so many seconds after 1970 in the session's time zone, as text.")
      .expanded(1, 2, "VARCHAR from_unixtime(BIGINT[, VARCHAR])", expand_from_unixtime);
  registry.add("from_second", "The moment so many seconds after 1970 in the session's time zone.")
      .expanded(1, 1, "DATETIME from_second(BIGINT)", expand_from_count<kMicrosPerSecond>);
  registry.add("from_millisecond", "The moment so many milliseconds after 1970 in the session's time zone.")
      .expanded(1, 1, "DATETIME from_millisecond(BIGINT)", expand_from_count<1000>);
  registry.add("from_microsecond", "The moment so many microseconds after 1970 in the session's time zone.")
      .expanded(1, 1, "DATETIME from_microsecond(BIGINT)", expand_from_count<1>);
  registry.add("second_timestamp", "Seconds since 1970 of a moment in the session's time zone.")
      .expanded(1, 1, "BIGINT second_timestamp(DATETIME)", expand_count<kMicrosPerSecond>);
  registry.add("millisecond_timestamp", "Milliseconds since 1970 of a moment in the session's time zone.")
      .expanded(1, 1, "BIGINT millisecond_timestamp(DATETIME)", expand_count<1000>);
  registry.add("microsecond_timestamp", "Microseconds since 1970 of a moment in the session's time zone.")
      .expanded(1, 1, "BIGINT microsecond_timestamp(DATETIME)", expand_count<1>);
  registry.add("convert_tz", "A moment of one time zone in another one; NULL for zones that are not known.")
      .expanded(3, 3, "DATETIME convert_tz(DATETIME, VARCHAR, VARCHAR)", expand_convert_tz);
}

}  // namespace sluice::functions
