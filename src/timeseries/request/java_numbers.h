// SPDX-License-Identifier: Apache-2.0
// Numbers in text as Java reads them: Long.parseLong, Integer.parseInt, Double.parseDouble, BigDecimal.longValue, with
// the messages of their exceptions, which clients see. Pure functions. Source of truth: JDK 17.
// Differs from Java: only ASCII digits are digits.
#pragma once

#include <cstdint>
#include <string_view>

#include "timeseries/request/java_fault.h"

namespace sluice::timeseries {

// An optional sign and decimal digits, in range.
Java<int64_t> parse_long(std::string_view text);
Java<int32_t> parse_int(std::string_view text);
// Java's grammar: white space around, a sign, NaN, Infinity, decimal and hexadecimal digits, a suffix d or f.
Java<double> parse_double(std::string_view text);

// The same for a plain "-12.5" or "12", quickly; false: use parse_double().
bool parse_plain_double(std::string_view text, double& value);

// (long) and (int) of a double: saturate, NaN is 0.
int64_t to_long(double value);
int32_t to_int(double value);

// The number of a JSON text as Gson's LazilyParsedNumber gives it: whole numbers in range as they are, others through
// BigDecimal, which cuts off the fraction and keeps the low 64 (32) bits.
Java<int64_t> number_as_long(std::string_view text);
Java<int32_t> number_as_int(std::string_view text);

// What KairosDB takes for a number when a value comes as a string: a sign or a point, digits, points; see facts.
bool looks_like_number(std::string_view text);

// KairosDB's own strict reading of telnet numbers: '-' and digits, no '+'.
Java<int64_t> parse_strict_long(std::string_view text);

}  // namespace sluice::timeseries
