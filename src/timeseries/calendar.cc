// SPDX-License-Identifier: Apache-2.0
#include "timeseries/calendar.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace sluice::timeseries {
namespace {

constexpr int64_t kSecond = 1000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;
constexpr int64_t kWeek = 7 * kDay;
constexpr int64_t kMinYear = -292'275'054;
constexpr int64_t kMaxYear = 292'278'993;

int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }
int64_t floor_mod(int64_t a, int64_t b) { return a % b + (a % b < 0 ? b : 0); }

bool is_leap(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

// Near the ends of int64 times wrap around, as they do in Java.
int64_t wrapping_sum(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
int64_t wrapping_difference(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}
int64_t time_of(int64_t days, int64_t of_day) {
  return static_cast<int64_t>(static_cast<uint64_t>(days) * static_cast<uint64_t>(kDay) +
                              static_cast<uint64_t>(of_day));
}

// A local time: the day and the time in it.
struct Local {
  CivilDate date;
  int64_t days;    // since 1970
  int64_t of_day;  // milliseconds

  explicit Local(int64_t time) : days(floor_div(time, kDay)), of_day(floor_mod(time, kDay)) {
    date = civil_from_days(days);
  }
  // From 1 on.
  int64_t day_of_year() const { return days - days_from_civil(date.year, 1, 1) + 1; }
  int64_t of_year() const { return (day_of_year() - 1) * kDay + of_day; }
  int64_t of_month() const { return (date.day - 1) * kDay + of_day; }
};

tl::unexpected<Error> overflow(std::string text) { return fail(Code::kOutOfRange, std::move(text)); }

Result<int64_t> add_checked(int64_t a, int64_t b) {
  int64_t sum;
  if (__builtin_add_overflow(a, b, &sum))
    return overflow("The calculation caused an overflow: " + std::to_string(a) + " + " + std::to_string(b));
  return sum;
}

Result<int64_t> subtract_checked(int64_t a, int64_t b) {
  int64_t rest;
  if (__builtin_sub_overflow(a, b, &rest))
    return overflow("The calculation caused an overflow: " + std::to_string(a) + " - " + std::to_string(b));
  return rest;
}

Result<int64_t> multiply_checked(int64_t a, int64_t b) {
  int64_t product;
  if (__builtin_mul_overflow(a, b, &product))
    return overflow("Multiplication overflows a long: " + std::to_string(a) + " * " + std::to_string(b));
  return product;
}

Result<int64_t> to_local(int64_t utc, int64_t offset) {
  int64_t local;
  if (__builtin_add_overflow(utc, offset, &local)) return overflow("Adding time zone offset caused overflow");
  return local;
}

int64_t unit_length(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kMilliseconds:
      return 1;
    case TimeUnit::kSeconds:
      return kSecond;
    case TimeUnit::kMinutes:
      return kMinute;
    case TimeUnit::kHours:
      return kHour;
    case TimeUnit::kDays:
      return kDay;
    case TimeUnit::kWeeks:
      return kWeek;
    default:
      return 0;
  }
}

// Units that count exact time whatever the zone does.
bool is_exact(TimeUnit unit) { return unit <= TimeUnit::kHours; }

int64_t always_as_long(TimeUnit unit, const Zone& zone) {
  return is_exact(unit) || zone.fixed() ? unit_length(unit) : 0;
}

Result<int64_t> add_years(int64_t local, int64_t years) {
  if (years == 0) return local;
  const Local from(local);
  if (years != static_cast<int32_t>(years)) return overflow("Value cannot fit in an int: " + std::to_string(years));
  const int64_t year = from.date.year + years;
  if (year < kMinYear || year > kMaxYear)
    return overflow("Value " + std::to_string(year) + " for year must be in the range [" + std::to_string(kMinYear) +
                    "," + std::to_string(kMaxYear) + "]");
  // The day of the year stays, but for the leap day between.
  int64_t day = from.day_of_year();
  if (day > 59) {
    if (is_leap(from.date.year) && !is_leap(year)) --day;
    if (!is_leap(from.date.year) && is_leap(year)) ++day;
  }
  return time_of(days_from_civil(year, 1, 1) + day - 1, from.of_day);
}

Result<int64_t> add_months(int64_t local, int64_t months) {
  if (months == 0) return local;
  const Local from(local);
  int64_t total;
  if (__builtin_add_overflow(from.date.year * 12 + from.date.month - 1, months, &total) ||
      floor_div(total, 12) < kMinYear || floor_div(total, 12) > kMaxYear)
    return fail(Code::kOutOfRange, "Magnitude of add amount is too large: " + std::to_string(months));
  const int64_t year = floor_div(total, 12);
  const int month = static_cast<int>(floor_mod(total, 12)) + 1;
  return time_of(days_from_civil(year, month, std::min(from.date.day, days_in_month(year, month))), from.of_day);
}

int64_t year_difference(int64_t to, int64_t from) {
  constexpr int64_t kLeapDay = 59 * kDay;  // 29 February in milliseconds of the year
  const Local later(to);
  const Local earlier(from);
  int64_t later_rest = later.of_year();
  int64_t earlier_rest = earlier.of_year();
  if (earlier_rest >= kLeapDay) {
    if (is_leap(earlier.date.year)) {
      if (!is_leap(later.date.year)) earlier_rest -= kDay;
    } else if (later_rest >= kLeapDay && is_leap(later.date.year)) {
      later_rest -= kDay;
    }
  }
  return later.date.year - earlier.date.year - (later_rest < earlier_rest ? 1 : 0);
}

int64_t month_difference(int64_t to, int64_t from) {
  const Local later(to);
  const Local earlier(from);
  int64_t earlier_rest = earlier.of_month();
  // The last day of a short month stands for the days that it lacks.
  if (later.date.day == days_in_month(later.date.year, later.date.month) && earlier.date.day > later.date.day)
    earlier_rest = (later.date.day - 1) * kDay + earlier.of_day;
  const int64_t months = (later.date.year - earlier.date.year) * 12 + later.date.month - earlier.date.month;
  return months - (later.of_month() < earlier_rest ? 1 : 0);
}

std::string padded(int64_t value, size_t digits) {
  const std::string text = std::to_string(std::llabs(value));
  return (value < 0 ? "-" : "") + std::string(digits - std::min(digits, text.size()), '0') + text;
}

// A field of local time that is set to its first value.
struct FirstOf {
  const char* name;  // Joda's name of the field
  int first;         // its first value
  int64_t (*set)(int64_t local);
};
// `local` less what it is past the last multiple of `unit`, counted in `part` (both in milliseconds).
int64_t cut(int64_t local, int64_t part, int64_t unit) {
  return wrapping_difference(local, floor_mod(local, unit) / part * part);
}
constexpr FirstOf kDayOfYear{"dayOfYear", 1,
                             [](int64_t l) { return wrapping_difference(l, (Local(l).day_of_year() - 1) * kDay); }};
constexpr FirstOf kDayOfMonth{"dayOfMonth", 1,
                              [](int64_t l) { return wrapping_difference(l, (Local(l).date.day - 1) * kDay); }};
constexpr FirstOf kDayOfWeek{
    "dayOfWeek", 1, [](int64_t l) { return wrapping_difference(l, floor_mod(floor_div(l, kDay) + 3, 7) * kDay); }};
constexpr FirstOf kMillisOfDay{"millisOfDay", 0, [](int64_t l) { return cut(l, 1, kDay); }};
constexpr FirstOf kHourOfDay{"hourOfDay", 0, [](int64_t l) { return cut(l, kHour, kDay); }};
constexpr FirstOf kMinuteOfHour{"minuteOfHour", 0, [](int64_t l) { return cut(l, kMinute, kHour); }};
constexpr FirstOf kSecondOfMinute{"secondOfMinute", 0, [](int64_t l) { return cut(l, kSecond, kMinute); }};
constexpr FirstOf kMillisOfSecond{"millisOfSecond", 0, [](int64_t l) { return cut(l, 1, kSecond); }};

Result<int64_t> set_first(int64_t instant, const FirstOf& field, const Zone& zone) {
  const int64_t local = TRY(to_local(instant, zone.offset(instant)));
  const int64_t wanted = field.set(local);
  const int64_t made = zone.local_to_utc(wanted, instant);
  const int64_t made_local = TRY(to_local(made, zone.offset(made)));
  if (field.set(made_local) == made_local) return made;
  const Local at(wanted);
  return fail(Code::kOutOfRange,
              "Value " + std::to_string(field.first) + " for " + field.name +
                  " is not supported: Illegal instant due to time zone offset transition (daylight savings time "
                  "'gap'): " +
                  padded(at.date.year, 4) + "-" + padded(at.date.month, 2) + "-" + padded(at.date.day, 2) + "T" +
                  padded(at.of_day / kHour, 2) + ":" + padded(at.of_day / kMinute % 60, 2) + ":" +
                  padded(at.of_day / kSecond % 60, 2) + "." + padded(at.of_day % kSecond, 3) + " (" + zone.id() + ")");
}

}  // namespace

int64_t days_from_civil(int64_t year, int month, int day) {
  // Years from March on: the leap day is their last.
  const int64_t y = month <= 2 ? year - 1 : year;
  const int64_t era = floor_div(y, 400);
  const int64_t of_era = y - era * 400;
  const int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146'097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719'468;
}

CivilDate civil_from_days(int64_t days) {
  const int64_t shifted = days + 719'468;
  const int64_t era = floor_div(shifted, 146'097);
  const int64_t of_era = shifted - era * 146'097;
  const int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
  const int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t march_month = (5 * of_year + 2) / 153;
  const int month = static_cast<int>(march_month < 10 ? march_month + 3 : march_month - 9);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month,
          static_cast<int>(of_year - (153 * march_month + 2) / 5 + 1)};
}

int days_in_month(int64_t year, int month) {
  constexpr std::array kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : kDays[static_cast<size_t>(month - 1)];
}

UnitField::UnitField(TimeUnit unit, Zone zone)
    : unit_(unit), zone_(std::move(zone)), fixed_(always_as_long(unit, zone_)) {}

Result<int64_t> UnitField::add(int64_t instant, int64_t amount) const {
  if (fixed_ != 0) return add_checked(instant, TRY(multiply_checked(amount, fixed_)));
  const int64_t local = TRY(to_local(instant, zone_.offset(instant)));
  int64_t moved;
  if (unit_ == TimeUnit::kYears)
    moved = TRY(add_years(local, amount));
  else if (unit_ == TimeUnit::kMonths)
    moved = TRY(add_months(local, amount));
  else
    moved = TRY(add_checked(local, TRY(multiply_checked(amount, unit_length(unit_)))));
  return zone_.local_to_utc(moved, instant);
}

Result<int64_t> UnitField::difference(int64_t to, int64_t from) const {
  if (fixed_ != 0) return TRY(subtract_checked(to, from)) / fixed_;
  const int64_t local_to = TRY(to_local(to, zone_.offset(to)));
  const int64_t local_from = TRY(to_local(from, zone_.offset(from)));
  if (unit_ == TimeUnit::kDays || unit_ == TimeUnit::kWeeks)
    return TRY(subtract_checked(local_to, local_from)) / unit_length(unit_);
  const auto count = unit_ == TimeUnit::kYears ? year_difference : month_difference;
  return local_to < local_from ? -count(local_from, local_to) : count(local_to, local_from);
}

Result<int64_t> align_to_unit(int64_t instant, TimeUnit unit, const Zone& zone) {
  switch (unit) {
    case TimeUnit::kYears:
      return set_first(TRY(set_first(instant, kDayOfYear, zone)), kMillisOfDay, zone);
    case TimeUnit::kMonths:
      return set_first(TRY(set_first(instant, kDayOfMonth, zone)), kMillisOfDay, zone);
    case TimeUnit::kWeeks:
      return set_first(TRY(set_first(instant, kDayOfWeek, zone)), kMillisOfDay, zone);
    case TimeUnit::kMilliseconds:
      return set_first(instant, kMillisOfSecond, zone);
    default:
      for (const auto* field : {&kHourOfDay, &kMinuteOfHour, &kSecondOfMinute, &kMillisOfSecond})
        instant = TRY(set_first(instant, *field, zone));
      return instant;
  }
}

Buckets::Buckets(int64_t origin, Duration sampling, const Zone& zone)
    : origin_(origin), value_(sampling.value), field_(sampling.unit, zone) {
  if (__builtin_mul_overflow(value_, field_.fixed_length(), &fixed_)) fixed_ = 0;
}

Result<Buckets::Bucket> Buckets::bucket(int64_t time) const {
  if (fixed_ > 0 && time >= origin_) {
    const uint64_t passed =
        (static_cast<uint64_t>(time) - static_cast<uint64_t>(origin_)) / static_cast<uint64_t>(fixed_);
    int64_t start, end;
    if (!__builtin_add_overflow(origin_, passed * static_cast<uint64_t>(fixed_), &start) &&
        !__builtin_add_overflow(start, fixed_, &end))
      return Bucket{start, end};
  }
  const int64_t units = TRY(field_.difference(time, origin_));
  if (value_ == 0) return fail(Code::kInvalidArgument, "/ by zero");
  // Java's long: products beyond 64 bits lose their upper bits.
  const uint64_t before = static_cast<uint64_t>(units / value_) * static_cast<uint64_t>(value_);
  return Bucket{TRY(field_.add(origin_, static_cast<int64_t>(before))),
                TRY(field_.add(origin_, static_cast<int64_t>(before + static_cast<uint64_t>(value_))))};
}

SamplingLength::SamplingLength(Duration sampling, Zone zone)
    : value_(sampling.unit == TimeUnit::kMilliseconds ? sampling.value : static_cast<int32_t>(sampling.value)),
      unit_(sampling.unit),
      zone_(std::move(zone)),
      fixed_(value_ * always_as_long(unit_, zone_)) {}

Result<int64_t> SamplingLength::from(int64_t instant) const {
  if (value_ == 0 || fixed_ != 0) return fixed_;
  const int64_t local = TRY(to_local(instant, zone_.offset(instant)));
  int64_t moved;
  if (unit_ == TimeUnit::kYears)
    moved = TRY(add_years(local, value_));
  else if (unit_ == TimeUnit::kMonths)
    moved = TRY(add_months(local, value_));
  else
    moved = TRY(add_checked(local, value_ * unit_length(unit_)));
  const int64_t end = TRY(subtract_checked(moved, zone_.offset_from_local(moved)));
  return subtract_checked(end, instant);
}

int64_t month_number(int64_t instant) {
  const auto date = civil_from_days(floor_div(instant, kDay));
  return date.year * 12 + date.month - 1;
}

namespace {

// Days since 1970 of a Julian date, and back.
int64_t days_from_julian(int64_t year, int month, int day) {
  const int64_t y = month <= 2 ? year - 1 : year;
  const int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return y * 365 + floor_div(y, 4) + of_year - 719'470;
}

CivilDate julian_from_days(int64_t days) {
  const int64_t shifted = days + 719'470;
  const int64_t era = floor_div(shifted, 1461);
  const int64_t of_era = shifted - era * 1461;
  const int64_t year_of_era = (of_era - of_era / 1460) / 365;
  const int64_t of_year = of_era - year_of_era * 365;
  const int64_t march_month = (5 * of_year + 2) / 153;
  const int month = static_cast<int>(march_month < 10 ? march_month + 3 : march_month - 9);
  return {era * 4 + year_of_era + (month <= 2 ? 1 : 0), month,
          static_cast<int>(of_year - (153 * march_month + 2) / 5 + 1)};
}

constexpr int64_t kFirstGregorianDay = -141'427;  // 15 October 1582

}  // namespace

int64_t relative_time(int64_t now, Duration back) {
  if (back.unit == TimeUnit::kMilliseconds)
    return static_cast<int64_t>(static_cast<uint64_t>(now) - static_cast<uint64_t>(back.value));
  const int64_t amount = static_cast<int32_t>(-static_cast<uint32_t>(back.value));
  if (const int64_t length = unit_length(back.unit); length != 0) return wrapping_sum(now, amount * length);
  const int64_t days = floor_div(now, kDay);
  const CivilDate date = days >= kFirstGregorianDay ? civil_from_days(days) : julian_from_days(days);
  const int64_t total = date.year * 12 + date.month - 1 + (back.unit == TimeUnit::kYears ? amount * 12 : amount);
  const int64_t year = floor_div(total, 12);
  const int month = static_cast<int>(floor_mod(total, 12)) + 1;
  int64_t moved = days_from_civil(year, month, std::min(date.day, days_in_month(year, month)));
  if (moved < kFirstGregorianDay) {
    const int length = month == 2 && year % 4 == 0 ? 29 : days_in_month(1900, month);
    moved = days_from_julian(year, month, std::min(date.day, length));
  }
  const __int128 time = static_cast<__int128>(moved) * kDay + (now - days * kDay);
  return static_cast<int64_t>(std::clamp<__int128>(time, kMinTime, kMaxTime));
}

}  // namespace sluice::timeseries
