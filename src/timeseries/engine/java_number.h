// SPDX-License-Identifier: Apache-2.0
// Numbers as text, as Java up to JDK 18 writes them. Pure functions, any thread.
// Source of truth: Double.toString of JDK 17, whose digits are not always the fewest that would do (2^57, 4.9E-324,
// 2E23); KairosDB's JSON strips ".0" and trailing zeros from what has no exponent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace sluice::timeseries {

// The most characters that the functions below write.
inline constexpr size_t kNumberChars = 32;

// Write at `out` and return the end of what was written.
char* write_long(char* out, int64_t value);
// With leading zeros; below 100,000,000.
char* write_eight_digits(char* out, uint32_t value);
// "1", "-0", "1.5", "1.0E7", "4.9E-324". Finite values only.
char* write_json_double(char* out, double value);

// Double.toString: "1.0", "NaN", "-Infinity".
std::string java_double(double value);

}  // namespace sluice::timeseries
