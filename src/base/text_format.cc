// SPDX-License-Identifier: Apache-2.0
#include "base/text_format.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <string_view>

namespace sluice {
namespace {

constexpr uint64_t kPowers[20] = {1ull,
                                  10ull,
                                  100ull,
                                  1000ull,
                                  10000ull,
                                  100000ull,
                                  1000000ull,
                                  10000000ull,
                                  100000000ull,
                                  1000000000ull,
                                  10000000000ull,
                                  100000000000ull,
                                  1000000000000ull,
                                  10000000000000ull,
                                  100000000000000ull,
                                  1000000000000000ull,
                                  10000000000000000ull,
                                  100000000000000000ull,
                                  1000000000000000000ull,
                                  10000000000000000000ull};
constexpr uint64_t kTenTo19 = kPowers[19];

constexpr std::array<char, 200> kPairs = [] {
  std::array<char, 200> pairs{};
  for (int i = 0; i < 100; ++i) {
    pairs[i * 2] = static_cast<char>('0' + i / 10);
    pairs[i * 2 + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

inline void put_pair(uint8_t* out, unsigned value) { std::memcpy(out, &kPairs[value * 2], 2); }

// Decimal digits of `value`, 1 for 0: log2 scaled by log10(2), then corrected.
inline unsigned digit_count(uint64_t value) {
  unsigned guess = (static_cast<unsigned>(std::bit_width(value | 1)) * 1233) >> 12;
  return guess + (value >= kPowers[guess]);
}

// Exactly `count` digits, zero-padded.
inline void put_digits(uint8_t* out, uint64_t value, unsigned count) {
  while (count >= 2) {
    count -= 2;
    put_pair(out + count, static_cast<unsigned>(value % 100));
    value /= 100;
  }
  if (count) *out = static_cast<uint8_t>('0' + value);
}

template <typename Unsigned>
uint8_t* format_decimal_magnitude(uint8_t* out, Unsigned value, unsigned scale) {
  uint8_t digits[kMaxInt128Text];
  size_t count = static_cast<size_t>(format_unsigned(digits, value) - digits);
  if (count <= scale) {
    *out++ = '0';
    *out++ = '.';
    std::memset(out, '0', scale - count);
    out += scale - count;
    std::memcpy(out, digits, count);
    return out + count;
  }
  size_t whole = count - scale;
  std::memcpy(out, digits, whole);
  out += whole;
  *out++ = '.';
  std::memcpy(out, digits + whole, scale);
  return out + scale;
}

inline uint8_t* put_fraction(uint8_t* out, unsigned micros, Fraction fraction) {
  if (fraction == Fraction::kNone || (fraction == Fraction::kMicrosIfAny && micros == 0)) return out;
  *out++ = '.';
  if (fraction == Fraction::kMillis) {
    put_digits(out, micros / 1000, 3);
    return out + 3;
  }
  put_digits(out, micros, 6);
  return out + 6;
}

constexpr int64_t kMicrosPerDay = 86'400'000'000;
// Days of 0000-01-01 and 9999-12-31: what four digits of a year can show.
constexpr int32_t kFirstPlainDay = -719'528;
constexpr int32_t kLastPlainDay = 2'932'896;

}  // namespace

uint8_t* format_unsigned(uint8_t* out, uint64_t value) {
  if (value < 10) {
    *out = static_cast<uint8_t>('0' + value);
    return out + 1;
  }
  unsigned count = digit_count(value);
  put_digits(out, value, count);
  return out + count;
}

uint8_t* format_unsigned(uint8_t* out, UInt128 value) {
  if (value >> 64 == 0) return format_unsigned(out, static_cast<uint64_t>(value));
  UInt128 high = value / kTenTo19;
  uint64_t low = static_cast<uint64_t>(value % kTenTo19);
  out = format_unsigned(out, high);
  put_digits(out, low, 19);
  return out + 19;
}

uint8_t* format_signed(uint8_t* out, Int128 value) {
  if (value >= 0) return format_unsigned(out, static_cast<UInt128>(value));
  *out++ = '-';
  return format_unsigned(out, 0 - static_cast<UInt128>(value));
}

uint8_t* format_decimal(uint8_t* out, int64_t value, unsigned scale) {
  if (scale == 0) return format_signed(out, value);
  uint64_t magnitude = static_cast<uint64_t>(value);
  if (value < 0) {
    *out++ = '-';
    magnitude = 0 - magnitude;
  }
  if (scale == 2) {  // money: by far the most frequent
    out = format_unsigned(out, magnitude / 100);
    *out = '.';
    put_pair(out + 1, static_cast<unsigned>(magnitude % 100));
    return out + 3;
  }
  return format_decimal_magnitude(out, magnitude, scale);
}

uint8_t* format_decimal(uint8_t* out, Int128 value, unsigned scale) {
  if (scale == 0) return format_signed(out, value);
  UInt128 magnitude = static_cast<UInt128>(value);
  if (value < 0) {
    *out++ = '-';
    magnitude = 0 - magnitude;
  }
  if (magnitude >> 64 == 0) return format_decimal_magnitude(out, static_cast<uint64_t>(magnitude), scale);
  return format_decimal_magnitude(out, magnitude, scale);
}

uint8_t* format_double(uint8_t* out, double value) {
  constexpr double kExactIntegers = 1e15;
  if (std::fabs(value) < kExactIntegers) {
    int64_t whole = static_cast<int64_t>(value);
    if (static_cast<double>(whole) == value && (whole != 0 || !std::signbit(value))) return format_signed(out, whole);
  }
  return reinterpret_cast<uint8_t*>(fmt::format_to(reinterpret_cast<char*>(out), "{}", value));
}

uint8_t* format_float(uint8_t* out, float value) {
  return reinterpret_cast<uint8_t*>(fmt::format_to(reinterpret_cast<char*>(out), "{}", value));
}

// Counts from 0000-03-01 shifted by whole 400-year eras, so that leap days end years and all values are unsigned.
CivilDate civil_date(int32_t days_since_epoch) {
  constexpr int64_t kDaysPerEra = 146'097;
  constexpr int64_t kEras = 15'000;
  uint64_t day = static_cast<uint64_t>(kEras * kDaysPerEra + 719'468 + days_since_epoch);
  uint64_t era = day / kDaysPerEra;
  uint32_t day_of_era = static_cast<uint32_t>(day % kDaysPerEra);
  uint32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  uint32_t month_from_march = (5 * day_of_year + 2) / 153;
  uint32_t day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  uint32_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  int64_t year = static_cast<int64_t>(era) * 400 + year_of_era - kEras * 400 + (month <= 2);
  return {static_cast<int32_t>(year), static_cast<uint8_t>(month), static_cast<uint8_t>(day_of_month)};
}

uint8_t* format_date(uint8_t* out, int32_t days_since_epoch) {
  CivilDate date = civil_date(days_since_epoch);
  if (days_since_epoch >= kFirstPlainDay && days_since_epoch <= kLastPlainDay) [[likely]] {
    unsigned year = static_cast<unsigned>(date.year);
    put_pair(out, year / 100);
    put_pair(out + 2, year % 100);
    out += 4;
  } else {
    if (date.year < 0) *out++ = '-';
    uint64_t year = static_cast<uint64_t>(date.year < 0 ? -static_cast<int64_t>(date.year) : date.year);
    unsigned width = digit_count(year) < 4 ? 4 : digit_count(year);
    put_digits(out, year, width);
    out += width;
  }
  out[0] = '-';
  put_pair(out + 1, date.month);
  out[3] = '-';
  put_pair(out + 4, date.day);
  return out + 6;
}

uint8_t* format_time(uint8_t* out, int64_t micros, Fraction fraction) {
  uint64_t left = static_cast<uint64_t>(micros);
  if (micros < 0) {
    *out++ = '-';
    left = 0 - left;
  }
  unsigned part = static_cast<unsigned>(left % 1'000'000);
  left /= 1'000'000;
  unsigned second = static_cast<unsigned>(left % 60);
  left /= 60;
  unsigned minute = static_cast<unsigned>(left % 60);
  uint64_t hour = left / 60;
  if (hour < 100) {
    put_pair(out, static_cast<unsigned>(hour));
    out += 2;
  } else {
    out = format_unsigned(out, hour);
  }
  out[0] = ':';
  put_pair(out + 1, minute);
  out[3] = ':';
  put_pair(out + 4, second);
  return put_fraction(out + 6, part, fraction);
}

uint8_t* format_timestamp(uint8_t* out, int64_t micros, Fraction fraction) {
  int64_t day = micros / kMicrosPerDay;
  int64_t rest = micros % kMicrosPerDay;
  if (rest < 0) {
    rest += kMicrosPerDay;
    --day;
  }
  out = format_date(out, static_cast<int32_t>(day));
  *out++ = ' ';
  return format_time(out, rest, fraction);
}

uint8_t* format_interval(uint8_t* out, int32_t months, int32_t days, int64_t micros) {
  uint8_t* begin = out;
  auto put = [&](int64_t count, std::string_view unit) {
    if (count == 0) return;
    if (out != begin) *out++ = ' ';
    out = format_signed(out, count);
    std::memcpy(out, unit.data(), unit.size());
    out += unit.size();
    if (count != 1) *out++ = 's';
  };
  put(months / 12, " year");
  put(months % 12, " month");
  put(days, " day");
  if (micros == 0 && out != begin) return out;
  if (out != begin) *out++ = ' ';
  return format_time(out, micros, Fraction::kMicrosIfAny);
}

}  // namespace sluice
