// SPDX-License-Identifier: Apache-2.0
#include "functions/text_to_value.h"

#include <cctz/time_zone.h>

#include <charconv>
#include <cmath>

#include "base/zone_name.h"
#include "duckdb/common/types/date.hpp"
#include "duckdb/common/types/hugeint.hpp"
#include "duckdb/common/types/timestamp.hpp"
#include "functions/calendar.h"
#include "functions/decimals.h"

namespace sluice::functions {
namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
    if (c != lower[i]) return false;
  }
  return true;
}

// The digits at the beginning of `text`, at most `most` of them; takes them off.
struct Digits {
  int64_t value = 0;
  size_t count = 0;
};
Digits take_digits(std::string_view& text, size_t most) {
  Digits digits;
  while (digits.count < most && !text.empty() && is_digit(text.front())) {
    digits.value = digits.value * 10 + (text.front() - '0');
    ++digits.count;
    text.remove_prefix(1);
  }
  return digits;
}

struct Parts {
  int64_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, micros = 0;
};

std::optional<int64_t> micros_of(const Parts& parts) {
  if (parts.year > 9999 || parts.hour > 23 || parts.minute > 59 || parts.second > 59) return std::nullopt;
  if (!duckdb::Date::IsValid(static_cast<int32_t>(parts.year), static_cast<int32_t>(parts.month),
                             static_cast<int32_t>(parts.day))) {
    return std::nullopt;
  }
  // Doris' year 0 is no leap year.
  if (parts.year == 0 && parts.month == 2 && parts.day == 29) return std::nullopt;
  const int64_t days = duckdb::Date::FromDate(static_cast<int32_t>(parts.year), static_cast<int32_t>(parts.month),
                                              static_cast<int32_t>(parts.day))
                           .days;
  return days * kMicrosPerDay + ((parts.hour * 60 + parts.minute) * 60 + parts.second) * kMicrosPerSecond +
         parts.micros;
}

int64_t full_year(int64_t two_digits) { return two_digits < 70 ? 2000 + two_digits : 1900 + two_digits; }

// .123456, rounded to six digits; up to a whole second.
int64_t take_fraction(std::string_view& text) {
  int64_t micros = 0;
  size_t count = 0;
  bool round_up = false;
  while (!text.empty() && is_digit(text.front())) {
    if (count < 6)
      micros = micros * 10 + (text.front() - '0');
    else if (count == 6)
      round_up = text.front() >= '5';
    ++count;
    text.remove_prefix(1);
  }
  for (; count < 6; ++count) micros *= 10;
  return micros + (round_up ? 1 : 0);
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Of a zone of the tz database by its name, at a local time: of two that come into question the earlier one's.
std::optional<int32_t> named_zone_offset(const std::string& name, int64_t local_second) {
  cctz::time_zone zone;
  if (!is_zone_name(name) || !cctz::load_time_zone(name, &zone)) return std::nullopt;
  const auto local = cctz::civil_second() + local_second;
  return zone.lookup(zone.lookup(local).pre).offset;
}

// Z, UTC, GMT, +08:00, -8:00, +0800, Asia/Shanghai; seconds east of Greenwich.
std::optional<int32_t> zone_offset(std::string_view text, int64_t local_micros) {
  text = trimmed(text);
  if (equals_ignoring_case(text, "z") || equals_ignoring_case(text, "utc") || equals_ignoring_case(text, "gmt")) {
    return 0;
  }
  if (text.size() > 3 &&
      (equals_ignoring_case(text.substr(0, 3), "utc") || equals_ignoring_case(text.substr(0, 3), "gmt")))
    text.remove_prefix(3);
  if (!text.empty() && is_letter(text.front()))
    return named_zone_offset(std::string(text), floor_divide(local_micros, kMicrosPerSecond));
  if (text.size() < 2 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const int32_t sign = text[0] == '-' ? -1 : 1;
  text.remove_prefix(1);
  const Digits hours = take_digits(text, 2);
  if (hours.count == 0 || hours.value > 14) return std::nullopt;
  if (!text.empty() && text.front() == ':') text.remove_prefix(1);
  const Digits minutes = take_digits(text, 2);
  if (!text.empty() || minutes.value > 59) return std::nullopt;
  return sign * static_cast<int32_t>(hours.value * 3600 + minutes.value * 60);
}

// The time of day after a date: HH[:MM[:SS[.f]]] and a zone.
bool take_time(std::string_view& text, Parts& parts) {
  const Digits hour = take_digits(text, 2);
  if (hour.count == 0) return false;
  parts.hour = hour.value;
  for (int64_t* part : {&parts.minute, &parts.second}) {
    if (text.empty() || text.front() != ':') return true;
    text.remove_prefix(1);
    const Digits digits = take_digits(text, 2);
    if (digits.count == 0) return text.empty();
    *part = digits.value;
  }
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    parts.micros = take_fraction(text);
  }
  return true;
}

// YYYYMMDD, YYMMDD and the same with HHMMSS, as one run of digits.
bool parts_of_run(std::string_view run, Parts& parts, bool& has_time) {
  const size_t size = run.size();
  if (size != 6 && size != 8 && size != 12 && size != 14) return false;
  const size_t year_digits = size == 8 || size == 14 ? 4 : 2;
  parts.year = take_digits(run, year_digits).value;
  if (year_digits == 2) parts.year = full_year(parts.year);
  parts.month = take_digits(run, 2).value;
  parts.day = take_digits(run, 2).value;
  has_time = !run.empty();
  parts.hour = take_digits(run, 2).value;
  parts.minute = take_digits(run, 2).value;
  parts.second = take_digits(run, 2).value;
  return true;
}

// Text with any punctuation between its parts, and with shorter runs of digits: 2020.1.1, '2020-01-01: 10:11', 201231.5
// The parts end at what is no digit; where nothing stands between them, after two digits (four of the year). Spaces may
// follow the day alone.
std::optional<Moment> loose_moment(std::string_view text) {
  size_t run = 0;
  while (run < text.size() && (is_digit(text[run]) || text[run] == 'T')) ++run;
  const bool compact = run == text.size() || text[run] == '.';
  size_t year_digits = compact && run != 4 && run != 8 && run < 14 ? 2 : 4;
  Parts parts;
  int64_t* const fields[] = {&parts.year, &parts.month, &parts.day, &parts.hour, &parts.minute, &parts.second};
  constexpr size_t kDay = 2;
  constexpr size_t kMostDigits = 6;
  size_t count = 0;
  while (count < std::size(fields) && !text.empty() && is_digit(text.front())) {
    const Digits digits = take_digits(text, !compact ? kMostDigits : count == 0 ? year_digits : 2);
    if (compact && count == 0 && digits.count < year_digits) return std::nullopt;
    if (!compact && count == 0) year_digits = digits.count;
    *fields[count++] = digits.value;
    if (count == std::size(fields)) break;
    if (count == kDay + 1 && !text.empty() && text.front() == 'T') {
      text.remove_prefix(1);
      continue;
    }
    while (!text.empty() && !is_digit(text.front())) {
      const bool zone =
          count > kDay && (text.front() == '+' || (text.front() == '-' && text.size() > 3 && text[3] == ':'));
      if (is_letter(text.front()) || zone || (is_space(text.front()) && count != kDay + 1)) return std::nullopt;
      text.remove_prefix(1);
    }
  }
  if (count <= kDay) return std::nullopt;
  if (count == std::size(fields) && !text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    parts.micros = take_fraction(text);
  }
  if (!text.empty()) return std::nullopt;
  if (year_digits == 2) parts.year = full_year(parts.year);
  const auto micros = micros_of(parts);
  if (!micros) return std::nullopt;
  return Moment{*micros, count > kDay + 1, {}};
}

// As people write it.
std::optional<Moment> plain_moment(std::string_view text);

}  // namespace

std::optional<duckdb::hugeint_t> text_to_integer(std::string_view text) {
  text = trimmed(text);
  bool negative = false;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  size_t run = 0;
  while (run < text.size() && is_digit(text[run])) ++run;
  constexpr size_t kDigitsOfInt64 = 18;
  if (run <= kDigitsOfInt64 && run == text.size()) {
    const int64_t number = take_digits(text, kDigitsOfInt64).value;
    return duckdb::hugeint_t(negative ? -number : number);
  }
  duckdb::hugeint_t value(0);
  size_t significant = 0;
  while (!text.empty() && is_digit(text.front())) {
    const int digit = text.front() - '0';
    if (significant > 0 || digit > 0) ++significant;
    if (significant > 39) return std::nullopt;
    duckdb::hugeint_t next(0);
    if (!duckdb::Hugeint::TryMultiply(value, duckdb::hugeint_t(10), next)) return std::nullopt;
    const duckdb::hugeint_t signed_digit(negative ? -digit : digit);
    if (!duckdb::Hugeint::TryAddInPlace(next, signed_digit)) return std::nullopt;
    value = next;
    text.remove_prefix(1);
  }
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    while (!text.empty() && is_digit(text.front())) text.remove_prefix(1);
  }
  if (!text.empty()) return std::nullopt;
  return value;
}

std::optional<bool> text_to_boolean(std::string_view text) {
  text = trimmed(text);
  if (text == "1" || equals_ignoring_case(text, "true")) return true;
  if (text == "0" || equals_ignoring_case(text, "false")) return false;
  return std::nullopt;
}

std::optional<double> text_to_double(std::string_view text) {
  text = trimmed(text);
  bool negative = false;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text.empty()) return std::nullopt;
  double value = 0;
  if (equals_ignoring_case(text, "inf") || equals_ignoring_case(text, "infinity")) {
    value = HUGE_VAL;
  } else if (equals_ignoring_case(text, "nan")) {
    value = std::nan("");
  } else {
    if (!is_digit(text.front()) && text.front() != '.') return std::nullopt;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end != text.data() + text.size()) return std::nullopt;
    if (error == std::errc::result_out_of_range)
      value = text.find("e-") != text.npos ? 0 : HUGE_VAL;
    else if (error != std::errc())
      return std::nullopt;
  }
  return negative ? -value : value;
}

std::optional<Moment> text_to_moment(std::string_view text) {
  text = trimmed(text);
  auto moment = plain_moment(text);
  return moment ? moment : loose_moment(text);
}

namespace {

std::optional<Moment> plain_moment(std::string_view text) {
  size_t run = 0;
  while (run < text.size() && is_digit(text[run])) ++run;
  if (run == 0) return std::nullopt;
  Parts parts;
  Moment moment;
  const bool delimited =
      run < text.size() && run <= 4 && (text[run] == '-' || text[run] == '/' || text[run] == '.' || text[run] == ':');
  if (delimited) {
    parts.year = take_digits(text, 4).value;
    if (run == 2) parts.year = full_year(parts.year);
    text.remove_prefix(1);
    const Digits month = take_digits(text, 2);
    if (month.count == 0 || text.empty() || is_digit(text.front())) return std::nullopt;
    text.remove_prefix(1);
    const Digits day = take_digits(text, 2);
    if (day.count == 0 || (!text.empty() && is_digit(text.front()))) return std::nullopt;
    parts.month = month.value;
    parts.day = day.value;
  } else {
    if (!parts_of_run(text.substr(0, run), parts, moment.has_time)) return std::nullopt;
    text.remove_prefix(run);
    if (moment.has_time && !text.empty() && text.front() == '.') {
      text.remove_prefix(1);
      parts.micros = take_fraction(text);
    }
  }
  if (!moment.has_time && !text.empty() && (text.front() == ' ' || text.front() == 'T' || text.front() == 't')) {
    text.remove_prefix(1);
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    if (!text.empty() && is_digit(text.front())) {
      moment.has_time = true;
      size_t digits = 0;
      while (digits < text.size() && is_digit(text[digits])) ++digits;
      if (digits == 6) {  // 20200102T030405
        parts.hour = take_digits(text, 2).value;
        parts.minute = take_digits(text, 2).value;
        parts.second = take_digits(text, 2).value;
      } else if (!take_time(text, parts)) {
        return std::nullopt;
      }
    }
  }
  auto micros = micros_of(parts);
  if (!micros) return std::nullopt;
  moment.micros = *micros;
  if (!trimmed(text).empty()) {
    moment.zone_offset = zone_offset(text, *micros);
    if (!moment.zone_offset) return std::nullopt;
  }
  return moment;
}

}  // namespace

std::optional<Moment> integer_to_moment(int64_t value) {
  if (value <= 0) return std::nullopt;
  std::string digits = std::to_string(value);
  // 101 is 2000-01-01.
  if (digits.size() < 6 && digits.size() >= 3) digits.insert(0, 6 - digits.size(), '0');
  if (digits.size() == 7 || digits.size() == 13) digits.insert(0, 1, '0');
  if (digits.size() == 11) digits.insert(0, 1, '0');
  Parts parts;
  Moment moment;
  if (!parts_of_run(digits, parts, moment.has_time)) return std::nullopt;
  auto micros = micros_of(parts);
  if (!micros) return std::nullopt;
  moment.micros = *micros;
  return moment;
}

std::optional<duckdb::hugeint_t> text_to_decimal(std::string_view text, uint8_t width, uint8_t scale) {
  text = trimmed(text);
  const bool negative = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  size_t size = 0;  // of digits and point
  size_t whole = text.npos;
  for (; size < text.size(); ++size) {
    if (text[size] == '.' && whole == text.npos)
      whole = size;
    else if (!is_digit(text[size]))
      break;
  }
  const std::string_view mantissa = text.substr(0, size);
  const bool point = whole != text.npos;
  if (!point) whole = size;
  const size_t digits = size - (point ? 1 : 0);
  if (digits == 0) return std::nullopt;
  text.remove_prefix(size);
  int64_t exponent = 0;
  if (text.size() > 1 && (text.front() == 'e' || text.front() == 'E')) {
    std::string_view power = text.substr(1);
    const bool down = power.front() == '-';
    if (power.front() == '-' || power.front() == '+') power.remove_prefix(1);
    constexpr size_t kMostExponentDigits = 6;
    const Digits number = take_digits(power, kMostExponentDigits);
    if (number.count > 0) {
      exponent = down ? -number.value : number.value;
      text = power;
    }
  }
  const bool zero = mantissa.find_first_of("123456789") == mantissa.npos;
  if (zero) return text.empty() ? std::optional(duckdb::hugeint_t(0)) : std::nullopt;
  const auto digit_at = [&](int64_t i) {
    const auto at = static_cast<size_t>(i);
    return at >= digits ? 0 : mantissa[at < whole ? at : at + 1] - '0';
  };
  // How many of the digits the scale keeps.
  const int64_t keep = static_cast<int64_t>(whole) + exponent + scale;
  if (keep < 0) return duckdb::hugeint_t(0);
  const Int128 limit = power_of_ten(width);
  Int128 value = 0;
  for (int64_t i = 0; i < keep && value < limit; ++i) {
    // The limit is a power of ten; ten times as much as it does not fit the type.
    value = value >= limit / 10 ? limit : value * 10 + digit_at(i);
  }
  if (value < limit && digit_at(keep) >= 5) ++value;
  if (value >= limit) value = limit - 1;
  return to_hugeint(negative ? -value : value);
}

std::optional<int64_t> number_to_time(int64_t number) {
  const uint64_t magnitude = number < 0 ? 0 - static_cast<uint64_t>(number) : static_cast<uint64_t>(number);
  const int64_t second = static_cast<int64_t>(magnitude % 100);
  const int64_t minute = static_cast<int64_t>(magnitude / 100 % 100);
  if (second > 59 || minute > 59) return std::nullopt;
  const auto hour = static_cast<int64_t>(std::min<uint64_t>(magnitude / 10'000, kMostHours + 1));
  const int64_t micros = std::min(((hour * 60 + minute) * 60 + second) * kMicrosPerSecond, kMostTime);
  return number < 0 ? -micros : micros;
}

std::optional<int64_t> text_to_time(std::string_view text) {
  text = trimmed(text);
  std::string_view rest = text;
  const bool negative = !rest.empty() && rest.front() == '-';
  if (negative) rest.remove_prefix(1);
  constexpr size_t kDigitsOfHour = 15;
  const Digits hours = take_digits(rest, kDigitsOfHour);
  if (hours.count == 0) return std::nullopt;
  if (rest.empty()) return number_to_time(negative ? -hours.value : hours.value);
  if (rest.front() != ':') {  // the time of a moment
    auto moment = negative ? std::nullopt : text_to_moment(text);
    if (!moment) return std::nullopt;
    return ((moment->micros % kMicrosPerDay) + kMicrosPerDay) % kMicrosPerDay;
  }
  rest.remove_prefix(1);
  const Digits minutes = take_digits(rest, 2);
  if (minutes.count == 0 || minutes.value > 59) return std::nullopt;
  int64_t seconds = 0;
  int64_t micros = 0;
  if (!rest.empty() && rest.front() == ':') {
    rest.remove_prefix(1);
    const Digits digits = take_digits(rest, 2);
    if (digits.count == 0 || digits.value > 59) return std::nullopt;
    seconds = digits.value;
    if (!rest.empty() && rest.front() == '.') {
      rest.remove_prefix(1);
      micros = take_fraction(rest);
    }
  }
  if (!rest.empty()) return std::nullopt;
  const int64_t hour = std::min(hours.value, kMostHours + 1);
  const int64_t total = std::min(((hour * 60 + minutes.value) * 60 + seconds) * kMicrosPerSecond + micros, kMostTime);
  return negative ? -total : total;
}

}  // namespace sluice::functions
