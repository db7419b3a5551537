// SPDX-License-Identifier: Apache-2.0
#include "functions/text_to_value.h"

#include <charconv>
#include <cmath>

#include "duckdb/common/types/date.hpp"
#include "duckdb/common/types/hugeint.hpp"
#include "duckdb/common/types/timestamp.hpp"

namespace sluice::functions {
namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

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

// Z, UTC, GMT, +08:00, -8:00, +0800; seconds east of Greenwich.
std::optional<int32_t> zone_offset(std::string_view text) {
  text = trimmed(text);
  if (equals_ignoring_case(text, "z") || equals_ignoring_case(text, "utc") || equals_ignoring_case(text, "gmt")) {
    return 0;
  }
  if (text.size() > 3 &&
      (equals_ignoring_case(text.substr(0, 3), "utc") || equals_ignoring_case(text.substr(0, 3), "gmt")))
    text.remove_prefix(3);
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

}  // namespace

std::optional<duckdb::hugeint_t> text_to_integer(std::string_view text) {
  text = trimmed(text);
  bool negative = false;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
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
  size_t run = 0;
  while (run < text.size() && is_digit(text[run])) ++run;
  if (run == 0) return std::nullopt;
  Parts parts;
  Moment moment;
  const bool delimited =
      run < text.size() && run <= 4 && (text[run] == '-' || text[run] == '/' || text[run] == '.' || text[run] == ':');
  if (delimited) {
    parts.year = take_digits(text, 4).value;
    if (run == 3 || run == 1) return std::nullopt;
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
  if (!trimmed(text).empty()) {
    moment.zone_offset = zone_offset(text);
    if (!moment.zone_offset) return std::nullopt;
  }
  auto micros = micros_of(parts);
  if (!micros) return std::nullopt;
  moment.micros = *micros;
  return moment;
}

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

std::optional<int64_t> text_to_time(std::string_view text) {
  text = trimmed(text);
  bool negative = false;
  if (!text.empty() && text.front() == '-') {
    negative = true;
    text.remove_prefix(1);
  }
  if (text.find('-') != text.npos) {  // the time of a moment
    auto moment = negative ? std::nullopt : text_to_moment(text);
    if (!moment) return std::nullopt;
    return ((moment->micros % kMicrosPerDay) + kMicrosPerDay) % kMicrosPerDay;
  }
  const Digits hours = take_digits(text, 3);
  if (hours.count == 0 || hours.value > 838 || text.empty() || text.front() != ':') return std::nullopt;
  text.remove_prefix(1);
  const Digits minutes = take_digits(text, 2);
  if (minutes.count == 0 || minutes.value > 59) return std::nullopt;
  int64_t seconds = 0;
  int64_t micros = 0;
  if (!text.empty() && text.front() == ':') {
    text.remove_prefix(1);
    const Digits digits = take_digits(text, 2);
    if (digits.count == 0 || digits.value > 59) return std::nullopt;
    seconds = digits.value;
    if (!text.empty() && text.front() == '.') {
      text.remove_prefix(1);
      micros = take_fraction(text);
    }
  }
  if (!text.empty()) return std::nullopt;
  const int64_t total = ((hours.value * 60 + minutes.value) * 60 + seconds) * kMicrosPerSecond + micros;
  return negative ? -total : total;
}

}  // namespace sluice::functions
