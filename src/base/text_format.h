// SPDX-License-Identifier: Apache-2.0
// Numbers, dates and times as the text that Doris sends. Each function writes at `out`, which has room for the stated
// maximum, and gives the end. No allocation, no locale: the inner loop of every large result. Any thread.
// Source: cell formats of a Doris frontend (src/door/mysql/PROTOCOL.md, "Text cells").
#pragma once

#include <cstdint>

namespace sluice {

inline constexpr int kMaxInt64Text = 20;
inline constexpr int kMaxInt128Text = 40;
inline constexpr int kMaxDecimalText = 42;
inline constexpr int kMaxDoubleText = 32;
inline constexpr int kMaxDateText = 16;
inline constexpr int kMaxTimeText = 26;
inline constexpr int kMaxTimestampText = 32;
inline constexpr int kMaxIntervalText = 96;

using Int128 = __int128;
using UInt128 = unsigned __int128;

uint8_t* format_unsigned(uint8_t* out, uint64_t value);
inline uint8_t* format_signed(uint8_t* out, int64_t value) {
  if (value < 0) {
    *out++ = '-';
    return format_unsigned(out, 0 - static_cast<uint64_t>(value));
  }
  return format_unsigned(out, static_cast<uint64_t>(value));
}
uint8_t* format_unsigned(uint8_t* out, UInt128 value);
uint8_t* format_signed(uint8_t* out, Int128 value);

// `value` / 10^`scale`, always with `scale` digits after the point. `scale` 0 to 38.
uint8_t* format_decimal(uint8_t* out, int64_t value, unsigned scale);
uint8_t* format_decimal(uint8_t* out, Int128 value, unsigned scale);

// Shortest digits that read back as the same number; exponents below -4 and from 16 on: 1, 0.1, 1e+20, 1e-07, inf, nan.
uint8_t* format_double(uint8_t* out, double value);
uint8_t* format_float(uint8_t* out, float value);

// A civil date. Years before 0000 are negative.
struct CivilDate {
  int32_t year = 0;
  uint8_t month = 0;
  uint8_t day = 0;
};
CivilDate civil_date(int32_t days_since_epoch);

// YYYY-MM-DD.
uint8_t* format_date(uint8_t* out, int32_t days_since_epoch);
// How many digits of the second's fraction a cell shows.
enum class Fraction : uint8_t { kNone, kMillis, kMicros, kMicrosIfAny };
// HH:MM:SS[.f] of microseconds since midnight; negative values and more than 99 hours are allowed.
uint8_t* format_time(uint8_t* out, int64_t micros, Fraction fraction);
// YYYY-MM-DD HH:MM:SS[.f] of microseconds since the epoch.
uint8_t* format_timestamp(uint8_t* out, int64_t micros, Fraction fraction);
// "1 year 2 months 3 days 04:05:06.5": as the kernel prints intervals, but for the fraction's six digits.
uint8_t* format_interval(uint8_t* out, int32_t months, int32_t days, int64_t micros);

}  // namespace sluice
