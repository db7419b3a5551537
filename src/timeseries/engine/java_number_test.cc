// SPDX-License-Identifier: Apache-2.0
// The texts were printed by JDK 17.
#include "timeseries/engine/java_number.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace sluice::timeseries {
namespace {

std::string json(double value) {
  char text[kNumberChars];
  return std::string(text, write_json_double(text, value));
}
std::string whole(int64_t value) {
  char text[kNumberChars];
  return std::string(text, write_long(text, value));
}

TEST(JavaNumber, DoublesArePlacedAsJavaPlacesThem) {
  EXPECT_EQ(json(0), "0");
  EXPECT_EQ(json(-0.0), "-0");
  EXPECT_EQ(json(1), "1");
  EXPECT_EQ(json(-1.5), "-1.5");
  EXPECT_EQ(json(100), "100");
  EXPECT_EQ(json(1e6), "1000000");
  EXPECT_EQ(json(9999999), "9999999");
  EXPECT_EQ(json(1e7), "1.0E7");
  EXPECT_EQ(json(12345678.9), "1.23456789E7");
  EXPECT_EQ(json(0.001), "0.001");
  EXPECT_EQ(json(0.0123), "0.0123");
  EXPECT_EQ(json(1e-4), "1.0E-4");
  EXPECT_EQ(json(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(json(50.53333333333333), "50.53333333333333");
  EXPECT_EQ(json(1e16), "1.0E16");
  EXPECT_EQ(json(1e21), "1.0E21");
  EXPECT_EQ(json(1.7976931348623157e308), "1.7976931348623157E308");
}

TEST(JavaNumber, DigitsAreTheJdksWhereTheyAreNotTheFewest) {
  EXPECT_EQ(json(4.9e-324), "4.9E-324");
  EXPECT_EQ(json(std::ldexp(1, -44)), "5.6843418860808015E-14");
  EXPECT_EQ(json(std::ldexp(1, 57)), "1.44115188075855872E17");
  EXPECT_EQ(json(1e23), "9.999999999999999E22");
  EXPECT_EQ(json(2e23), "1.9999999999999998E23");
  EXPECT_EQ(json(std::ldexp(1, 60)), "1.15292150460684698E18");
  // Here the JDK's long arithmetic overflows and misses the nearer neighbour.
  EXPECT_EQ(json(1.9404278858942744e25), "1.9404278858942743E25");
}

TEST(JavaNumber, ToStringKeepsThePoint) {
  EXPECT_EQ(java_double(1), "1.0");
  EXPECT_EQ(java_double(1.5), "1.5");
  EXPECT_EQ(java_double(-0.0), "-0.0");
  EXPECT_EQ(java_double(std::nan("")), "NaN");
  EXPECT_EQ(java_double(-std::numeric_limits<double>::infinity()), "-Infinity");
  EXPECT_EQ(java_double(1e7), "1.0E7");
}

TEST(JavaNumber, LongsOfAllLengths) {
  EXPECT_EQ(whole(0), "0");
  EXPECT_EQ(whole(std::numeric_limits<int64_t>::min()), "-9223372036854775808");
  std::string digits;
  for (int length = 1; length <= 19; ++length) {
    digits += static_cast<char>('0' + length % 10);
    EXPECT_EQ(whole(std::stoll(digits)), digits);
    EXPECT_EQ(whole(-std::stoll(digits)), "-" + digits);
  }
  EXPECT_EQ(whole(100'000'000), "100000000");
  EXPECT_EQ(whole(10'000'000'000'000'000), "10000000000000000");
}

TEST(JavaNumber, DecimalsOfThreePlacesReadBack) {
  for (int i = -20'000; i < 20'000; i += 7) {
    const double value = i / 1000.0;
    EXPECT_EQ(std::stod(json(value)), value);
    EXPECT_LE(json(value).size(), 7u);
  }
}

}  // namespace
}  // namespace sluice::timeseries
