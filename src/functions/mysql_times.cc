// SPDX-License-Identifier: Apache-2.0
// Functions of MySQL about times and months that Doris has not and BI tools write: TIME_FORMAT, PERIOD_ADD,
// PERIOD_DIFF, TO_SECONDS.
#include "functions/calendar.h"
#include "functions/families.h"
#include "functions/rows.h"
#include "functions/text_to_value.h"

namespace sluice::functions {
namespace {

using duckdb::interval_t;
using duckdb::timestamp_t;

constexpr int64_t kDaysTo1970 = 719'528;  // from the year 0, as TO_DAYS counts
constexpr int64_t kMostPeriod = 999'912;  // YYYYMM

std::string two_digits(int64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); }

// Letters of dates say nothing of a time: NULL.
std::optional<std::string> format_micros(int64_t micros, std::string_view format) {
  std::string text;
  if (micros < 0) text += '-';
  const int64_t all = micros < 0 ? -micros : micros;
  const int64_t hour = all / (3600 * kMicrosPerSecond);
  const int64_t minute = all / (60 * kMicrosPerSecond) % 60;
  const int64_t second = all / kMicrosPerSecond % 60;
  const int64_t half = hour % 12 == 0 ? 12 : hour % 12;
  const std::string rest = ":" + two_digits(minute) + ":" + two_digits(second);
  const char* noon = hour % 24 < 12 ? "AM" : "PM";
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      text += format[i];
      continue;
    }
    switch (format[++i]) {
      case 'H':
        text += two_digits(hour);
        break;
      case 'k':
        text += std::to_string(hour);
        break;
      case 'h':
      case 'I':
        text += two_digits(half);
        break;
      case 'l':
        text += std::to_string(half);
        break;
      case 'i':
        text += two_digits(minute);
        break;
      case 's':
      case 'S':
        text += two_digits(second);
        break;
      case 'f': {
        const std::string digits = std::to_string(all % kMicrosPerSecond);
        text += std::string(6 - digits.size(), '0') + digits;
        break;
      }
      case 'p':
        text += noon;
        break;
      case 'T':
        text += two_digits(hour) + rest;
        break;
      case 'r':
        text += two_digits(half) + rest + " " + noon;
        break;
      default:
        if (std::isalpha(static_cast<unsigned char>(format[i])) != 0) return std::nullopt;
        text += format[i];
    }
  }
  return text;
}

std::optional<std::string> format_time(interval_t time, std::string_view format) {
  return format_micros(time.days * kMicrosPerDay + time.micros, format);
}
std::optional<std::string> format_text(std::string_view written, std::string_view format) {
  const auto micros = text_to_time(written);
  if (!micros) return std::nullopt;
  return format_micros(*micros, format);
}
std::optional<std::string> format_moment_time(timestamp_t at, std::string_view format) {
  return format_micros(time_of_moment(at.value), format);
}

// YYMM or YYYYMM as months since the year 0; years below 70 are of this century, other short ones of the last.
std::optional<int64_t> months_of_period(int64_t period) {
  if (period <= 0 || period > kMostPeriod) return std::nullopt;
  int64_t year = period / 100;
  const int64_t month = period % 100;
  if (month < 1 || month > 12) return std::nullopt;
  if (year < 70)
    year += 2000;
  else if (year < 100)
    year += 1900;
  return year * 12 + month - 1;
}
std::optional<int64_t> period_add(int64_t period, int64_t months) {
  const auto start = months_of_period(period);
  if (!start || months > kMostPeriod || months < -*start) return std::nullopt;
  const int64_t sum = *start + months;
  return sum / 12 * 100 + sum % 12 + 1;
}
std::optional<int64_t> period_diff(int64_t left, int64_t right) {
  const auto first = months_of_period(left);
  const auto second = months_of_period(right);
  if (!first || !second) return std::nullopt;
  return *first - *second;
}

int64_t to_seconds(timestamp_t at) {
  const int64_t second = (at.value - time_of_moment(at.value)) / kMicrosPerSecond;
  return second + time_of_moment(at.value) / kMicrosPerSecond + kDaysTo1970 * 86'400;
}

}  // namespace

void add_mysql_times(Registry& registry) {
  auto& format = registry.add("time_format", "A time by a format of DATE_FORMAT; hours may be more than a day's.");
  add_rows<format_time>(format);
  add_rows<format_text>(format);
  add_rows<format_moment_time>(format);
  add_rows<period_add>(registry.add("period_add", "The month YYYYMM that lies so many months after one."));
  add_rows<period_diff>(registry.add("period_diff", "The months from the second month YYYYMM to the first."));
  add_rows<to_seconds>(registry.add("to_seconds", "The seconds since the year 0."));
}

}  // namespace sluice::functions
