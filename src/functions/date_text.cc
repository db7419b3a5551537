// SPDX-License-Identifier: Apache-2.0
#include "functions/date_text.h"

#include <algorithm>
#include <cstring>

#include "functions/calendar.h"

namespace sluice::functions {
namespace {

constexpr std::string_view kMonths[] = {"January", "February", "March",     "April",   "May",      "June",
                                        "July",    "August",   "September", "October", "November", "December"};
constexpr std::string_view kWeekdays[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

void append_number(std::string& out, int64_t number, size_t width) {
  std::string digits = std::to_string(number);
  if (digits.size() < width) out.append(width - digits.size(), '0');
  out += digits;
}

struct Parts {
  int64_t days = 0;
  CivilDate date;
  int64_t hour = 0, minute = 0, second = 0, micros = 0;

  int64_t hour12() const { return hour % 12 == 0 ? 12 : hour % 12; }
};

Parts parts_of(int64_t moment) {
  Parts parts;
  parts.days = day_of_moment(moment);
  parts.date = civil_date(parts.days);
  const int64_t time = time_of_moment(moment);
  parts.micros = time % kMicrosPerSecond;
  const int64_t seconds = time / kMicrosPerSecond;
  parts.hour = seconds / 3600;
  parts.minute = seconds / 60 % 60;
  parts.second = seconds % 60;
  return parts;
}

const char* ordinal_suffix(int32_t day) {
  if (day >= 10 && day <= 19) return "th";
  switch (day % 10) {
    case 1:
      return "st";
    case 2:
      return "nd";
    case 3:
      return "rd";
    default:
      return "th";
  }
}

void append_time(std::string& out, int64_t hour, const Parts& parts) {
  append_number(out, hour, 2);
  out += ':';
  append_number(out, parts.minute, 2);
  out += ':';
  append_number(out, parts.second, 2);
}

void append_date_letter(std::string& out, char letter, const Parts& parts) {
  const std::string_view weekday_name = kWeekdays[weekday(parts.days)];
  const std::string_view month_name = kMonths[parts.date.month - 1];
  switch (letter) {
    case 'a':
      out += weekday_name.substr(0, 3);
      break;
    case 'W':
      out += weekday_name;
      break;
    case 'b':
      out += month_name.substr(0, 3);
      break;
    case 'M':
      out += month_name;
      break;
    case 'c':
      append_number(out, parts.date.month, 1);
      break;
    case 'm':
      append_number(out, parts.date.month, 2);
      break;
    case 'D':
      append_number(out, parts.date.day, 1);
      out += ordinal_suffix(parts.date.day);
      break;
    case 'd':
      append_number(out, parts.date.day, 2);
      break;
    case 'e':
      append_number(out, parts.date.day, 1);
      break;
    case 'j':
      append_number(out, day_of_year(parts.days), 3);
      break;
    case 'Y':
      append_number(out, parts.date.year, 4);
      break;
    case 'y':
      append_number(out, parts.date.year % 100, 2);
      break;
    case 'w':
      append_number(out, (weekday(parts.days) + 1) % 7, 1);
      break;
    case 'U':
    case 'u':
      append_number(out, week_of(parts.days, letter == 'U' ? 0 : 1).week, 2);
      break;
    case 'V':
    case 'v':
      append_number(out, week_of(parts.days, letter == 'V' ? 2 : 3).week, 2);
      break;
    case 'X':
    case 'x':
      append_number(out, week_of(parts.days, letter == 'X' ? 2 : 3).year, 4);
      break;
    default:
      out += letter;
  }
}

void append_letter(std::string& out, char letter, const Parts& parts) {
  switch (letter) {
    case 'f':
      append_number(out, parts.micros, 6);
      break;
    case 'H':
      append_number(out, parts.hour, 2);
      break;
    case 'k':
      append_number(out, parts.hour, 1);
      break;
    case 'h':
    case 'I':
      append_number(out, parts.hour12(), 2);
      break;
    case 'l':
      append_number(out, parts.hour12(), 1);
      break;
    case 'i':
      append_number(out, parts.minute, 2);
      break;
    case 'S':
    case 's':
      append_number(out, parts.second, 2);
      break;
    case 'p':
      out += parts.hour < 12 ? "AM" : "PM";
      break;
    case 'r':
      append_time(out, parts.hour12(), parts);
      out += parts.hour < 12 ? " AM" : " PM";
      break;
    case 'T':
      append_time(out, parts.hour, parts);
      break;
    default:
      append_date_letter(out, letter, parts);
  }
}

// ---- reading

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

struct Reader {
  std::string_view text;
  bool read_something = false;
  std::optional<int64_t> year, month, day, hour, minute, second, micros, day_of_year, week, week_year, weekday;
  char week_letter = 0;  // U u V v
  bool twelve_hours = false;
  std::optional<bool> afternoon;

  void skip_spaces() {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  }
  bool number(std::optional<int64_t>& part, size_t most) {
    size_t count = 0;
    int64_t value = 0;
    while (count < most && count < text.size() && is_digit(text[count])) value = value * 10 + (text[count++] - '0');
    if (count == 0) return false;
    text.remove_prefix(count);
    part = value;
    read_something = true;
    return true;
  }
  // The number of the name that the text begins with; of all letters, or of three.
  bool name(std::optional<int64_t>& part, std::span<const std::string_view> names, bool shortened) {
    for (size_t i = 0; i < names.size(); ++i) {
      const std::string_view wanted = shortened ? names[i].substr(0, 3) : names[i];
      if (text.size() < wanted.size()) continue;
      if (!std::equal(wanted.begin(), wanted.end(), text.begin(),
                      [](char a, char b) { return lower(a) == lower(b); })) {
        continue;
      }
      text.remove_prefix(wanted.size());
      part = static_cast<int64_t>(i) + 1;
      read_something = true;
      return true;
    }
    return false;
  }
  bool fraction() {
    size_t count = 0;
    int64_t value = 0;
    while (count < 6 && count < text.size() && is_digit(text[count])) value = value * 10 + (text[count++] - '0');
    if (count == 0) return false;
    text.remove_prefix(count);
    for (; count < 6; ++count) value *= 10;
    micros = value;
    read_something = true;
    return true;
  }
  bool half_of_day() {
    if (text.size() < 2 || lower(text[1]) != 'm') return false;
    const char first = lower(text[0]);
    if (first != 'a' && first != 'p') return false;
    afternoon = first == 'p';
    twelve_hours = true;
    text.remove_prefix(2);
    return true;
  }
  bool year_number(size_t most) {
    const size_t before = text.size();
    if (!number(year, most)) return false;
    if (before - text.size() <= 2) *year += *year < 70 ? 2000 : 1900;
    return true;
  }
  bool letter(char which);
  bool follow(std::string_view format);
  std::optional<int64_t> date() const;
  std::optional<int64_t> moment() const;
};

bool Reader::letter(char which) {
  switch (which) {
    case 'Y':
      return year_number(4);
    case 'y':
      return year_number(2);
    case 'm':
    case 'c':
      return number(month, 2);
    case 'M':
      return name(month, kMonths, false);
    case 'b':
      return name(month, kMonths, true);
    case 'd':
    case 'e':
      return number(day, 2);
    case 'D':
      if (!number(day, 2)) return false;
      text.remove_prefix(std::min<size_t>(2, text.size()));
      return true;
    case 'h':
    case 'I':
    case 'l':
      twelve_hours = true;
      return number(hour, 2) && *hour >= 1 && *hour <= 12;
    case 'H':
    case 'k':
      return number(hour, 2);
    case 'i':
      return number(minute, 2);
    case 's':
    case 'S':
      return number(second, 2);
    case 'f':
      return fraction();
    case 'p':
      return half_of_day();
    case 'W':
      return name(weekday, kWeekdays, false);
    case 'a':
      return name(weekday, kWeekdays, true);
    case 'w': {
      std::optional<int64_t> number_from_sunday;
      if (!number(number_from_sunday, 1) || *number_from_sunday > 6) return false;
      weekday = *number_from_sunday == 0 ? 7 : *number_from_sunday;
      return true;
    }
    case 'j':
      return number(day_of_year, 3);
    case 'u':
    case 'U':
    case 'v':
    case 'V':
      week_letter = which;
      return number(week, 2) && *week <= 53;
    case 'x':
    case 'X':
      return number(week_year, 4);
    case 'r':
      return follow("%I:%i:%S %p");
    case 'T':
      return follow("%H:%i:%S");
    case '%':
      if (text.empty() || text.front() != '%') return false;
      text.remove_prefix(1);
      return true;
    default:
      return false;
  }
}

bool Reader::follow(std::string_view format) {
  for (size_t i = 0; i < format.size(); ++i) {
    skip_spaces();
    if (text.empty()) return true;
    const char c = format[i];
    if (c == '%' && i + 1 < format.size()) {
      if (!letter(format[++i])) return false;
    } else if (!is_space(c)) {
      if (text.front() != c) return false;
      text.remove_prefix(1);
    }
  }
  return true;
}

std::optional<int64_t> Reader::date() const {
  if (day_of_year) {
    if (!year || *day_of_year < 1 || *day_of_year > 366) return std::nullopt;
    auto first = days_of(*year, 1, 1);
    if (!first) return std::nullopt;
    return *first + *day_of_year - 1;
  }
  if (week && weekday && !month && !day) {
    const bool sunday = week_letter == 'U' || week_letter == 'V';
    const bool strict = week_letter == 'V' || week_letter == 'v';
    const auto of_year = strict ? week_year : year;
    if (!of_year || *of_year > 9999) return std::nullopt;
    auto january = days_of(*of_year, 1, 1);
    if (!january) return std::nullopt;
    const int64_t into_week = sunday ? (functions::weekday(*january) + 1) % 7 : functions::weekday(*january);
    int64_t first = *january - into_week;
    const bool whole_week = sunday ? into_week != 0 : into_week > 3;
    if (whole_week) first += 7;
    return first + (*week - 1) * 7 + (sunday ? *weekday % 7 : *weekday - 1);
  }
  if (month && *month == 0) return std::nullopt;
  if (day && *day == 0) return std::nullopt;
  return days_of(year.value_or(0), month.value_or(1), day.value_or(1));
}

std::optional<int64_t> Reader::moment() const {
  if (!read_something) return std::nullopt;
  auto days = date();
  if (!days || !day_in_range(*days)) return std::nullopt;
  int64_t hours = hour.value_or(0);
  if (twelve_hours && hour) {
    if (hours < 1 || hours > 12) return std::nullopt;
    hours = hours % 12 + (afternoon.value_or(false) ? 12 : 0);
  }
  if (hours > 23 || minute.value_or(0) > 59 || second.value_or(0) > 59) return std::nullopt;
  const int64_t seconds = (hours * 60 + minute.value_or(0)) * 60 + second.value_or(0);
  return *days * kMicrosPerDay + seconds * kMicrosPerSecond + micros.value_or(0);
}

}  // namespace

std::string_view letters_of_format(std::string_view format) {
  if (format == "yyyyMMdd") return "%Y%m%d";
  if (format == "yyyy-MM-dd") return "%Y-%m-%d";
  if (format == "yyyy-MM-dd HH:mm:ss") return "%Y-%m-%d %H:%i:%s";
  return format;
}

std::string format_moment(int64_t micros, std::string_view format) {
  const Parts parts = parts_of(micros);
  std::string out;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] == '%' && i + 1 < format.size())
      append_letter(out, format[++i], parts);
    else
      out += format[i];
  }
  return out;
}

std::optional<int64_t> parse_moment(std::string_view text, std::string_view format) {
  Reader reader;
  reader.text = text;
  if (!reader.follow(format)) return std::nullopt;
  return reader.moment();
}

FormatParts parts_of_format(std::string_view format) {
  FormatParts parts;
  for (size_t i = 0; i + 1 < format.size(); ++i) {
    if (format[i] != '%') continue;
    const char letter = format[++i];
    if (std::strchr("fHhIiklprSsT", letter))
      parts.time = true;
    else if (std::strchr("abcDdejMmUuVvWwXxYy", letter))
      parts.date = true;
  }
  return parts;
}

}  // namespace sluice::functions
