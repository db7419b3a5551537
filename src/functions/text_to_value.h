// SPDX-License-Identifier: Apache-2.0
// Text as values, in the forms that Doris reads. Pure functions: no thread rule. Each gives nothing for text that is no
// such value. White space around is ignored.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "pch/pch.h"

namespace sluice::functions {

// Digits with a sign; a fraction of digits is cut off ('12.9' is 12).
std::optional<duckdb::hugeint_t> text_to_integer(std::string_view text);
// true, false in any case, 1, 0.
std::optional<bool> text_to_boolean(std::string_view text);
// Decimal or scientific notation, inf, infinity, nan.
std::optional<double> text_to_double(std::string_view text);

// Microseconds since 1970-01-01 00:00:00. Forms: 2020-01-02[ T]03:04:05[.123456][Z, +08:00, zone], one digit where two
// stand, any of - / . as separator of the date, 20200102, 200102 (years below 70 are 20xx), 20200102030405. More than
// six digits of a second round. `zone_offset` takes a written zone's offset in seconds, if one was there.
struct Moment {
  int64_t micros = 0;
  bool has_time = false;
  std::optional<int32_t> zone_offset{};
};
std::optional<Moment> text_to_moment(std::string_view text);
// 20200102, 200102, 20200102030405.
std::optional<Moment> integer_to_moment(int64_t value);

// Times in microseconds, which end at 838:59:59 on both sides: what goes beyond is that.
inline constexpr int64_t kMostHours = 838;
inline constexpr int64_t kMostTime = (kMostHours * 3600 + 59 * 60 + 59) * int64_t{1'000'000};
// [-]HH:MM[:SS[.ffffff]]; [-][HH[MM]]SS as one run of digits; of a date and time the time.
std::optional<int64_t> text_to_time(std::string_view text);
// The digits HHMMSS.
std::optional<int64_t> number_to_time(int64_t number);

// The unscaled number of a DECIMAL(width, scale), width up to 38: digits with a point and an exponent, rounded half
// away from zero; beyond `width` digits the largest one. What follows a number that is not 0 is not read.
std::optional<duckdb::hugeint_t> text_to_decimal(std::string_view text, uint8_t width, uint8_t scale);

}  // namespace sluice::functions
