// SPDX-License-Identifier: Apache-2.0
// java_digits: the digits of a double as the JDK up to 18 finds them. Pure function, any thread.
// Source of truth: what JDK 17's Double.toString prints (compared over random bit patterns).
#pragma once

namespace sluice::timeseries {

// 0.text * 10^exponent; no leading zeros, and trailing ones only where Java keeps them.
struct Digits {
  char text[24];
  int count = 0;
  int exponent = 0;
};

// For any finite value above 0. Slow (microseconds) where the JDK takes big numbers.
Digits java_digits(double value);

}  // namespace sluice::timeseries
