// SPDX-License-Identifier: Apache-2.0
#include "timeseries/request/java_numbers.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

namespace sluice::timeseries {
namespace {

template <typename T>
std::string text(const Java<T>& result) {
  return result ? std::to_string(*result) : result.error().message.value_or("null");
}

TEST(JavaNumbers, LongsHaveASignAndDigits) {
  EXPECT_EQ(text(parse_long("+5")), "5");
  EXPECT_EQ(text(parse_long("-9223372036854775808")), "-9223372036854775808");
  for (const char* bad : {"", "+", "-", "+-5", "5 ", " 5", "0x5", "9223372036854775808", "1e3"})
    EXPECT_EQ(text(parse_long(bad)), "For input string: \"" + std::string(bad) + "\"");
  EXPECT_EQ(text(parse_int("2147483648")), "For input string: \"2147483648\"");
}

TEST(JavaNumbers, DoublesFollowJavasGrammar) {
  EXPECT_EQ(*parse_double(" 1.5d "), 1.5);
  EXPECT_EQ(*parse_double("0x1.8p1f"), 3.0);
  EXPECT_EQ(*parse_double("0x.8P-1"), 0.25);
  EXPECT_EQ(*parse_double("1."), 1.0);
  EXPECT_EQ(*parse_double(".5"), 0.5);
  EXPECT_EQ(*parse_double("1e400"), INFINITY);
  EXPECT_EQ(*parse_double("-1e-400"), 0.0);
  EXPECT_TRUE(std::signbit(*parse_double("-1e-400")));
  EXPECT_EQ(*parse_double("0e99999999999"), 0.0);
  EXPECT_EQ(*parse_double("+Infinity"), INFINITY);
  EXPECT_TRUE(std::isnan(*parse_double("-NaN")));
  EXPECT_EQ(text(parse_double("")), "empty String");
  EXPECT_EQ(text(parse_double(" ")), "empty String");
  EXPECT_EQ(text(parse_double("1.2.3")), "multiple points");
  EXPECT_EQ(text(parse_double("..5")), "multiple points");
  for (const char* bad : {"abc", ".", "-", "1e", "1e5x", "0x", "0x1", "0x1p", "nan", "infinity", "1 2", "x1.2.3"})
    EXPECT_EQ(text(parse_double(bad)), "For input string: \"" + std::string(bad) + "\"");
}

TEST(JavaNumbers, PlainDoublesAreTheSame) {
  for (const char* number : {"0", "-0.0", "1.5", "123456789.123456789", "0.1", "9007199254740993", "12.",
                             "0.30000000000000004", "1234567890123456789012.5", "99999999999999999999"}) {
    double plain = 7;
    ASSERT_TRUE(parse_plain_double(number, plain)) << number;
    EXPECT_EQ(std::bit_cast<uint64_t>(plain), std::bit_cast<uint64_t>(*parse_double(number))) << number;
  }
  for (const char* other : {"", "-", ".5", "1e5", "1.5f", " 1", "1..2"}) {
    double plain = 0;
    EXPECT_FALSE(parse_plain_double(other, plain)) << other;
  }
}

TEST(JavaNumbers, NumbersBecomeLongsThroughBigDecimal) {
  EXPECT_EQ(*number_as_long("5.7"), 5);
  EXPECT_EQ(*number_as_long("-5.7"), -5);
  EXPECT_EQ(*number_as_long("1e5"), 100000);
  EXPECT_EQ(*number_as_long("1e400"), 0);
  EXPECT_EQ(*number_as_long("1e-5"), 0);
  EXPECT_EQ(*number_as_long("99999999999999999999"), 7766279631452241919);
  EXPECT_EQ(*number_as_long("-9223372036854775809"), INT64_MAX);
  EXPECT_EQ(*number_as_long("0.00001234e9"), 12340);
  EXPECT_EQ(*number_as_int("99999999999"), 1215752191);
  EXPECT_EQ(text(number_as_long("1e99999999999")), "Too many nonzero exponent digits.");
  EXPECT_EQ(text(number_as_long("1e2147483648")), "Exponent overflow.");
  EXPECT_EQ(text(number_as_long("1e-2147483648")), "Scale out of range.");
}

TEST(JavaNumbers, WhatLooksLikeANumber) {
  for (const char* number : {"5", "+5", "-5", ".5", "..5", "1.5", "+.5", "007"}) EXPECT_TRUE(looks_like_number(number));
  for (const char* other : {"", "+", ".", "5.", "1.2.3", "1e5", "5 ", "NaN", "-+5"})
    EXPECT_FALSE(looks_like_number(other)) << other;
}

TEST(JavaNumbers, StrictLongsHaveNoPlus) {
  EXPECT_EQ(*parse_strict_long("-12"), -12);
  for (const char* bad : {"", "-", "+7", "8e3", "NaN", "9223372036854775808", "1 "})
    EXPECT_FALSE(parse_strict_long(bad));
}

TEST(JavaNumbers, CastsSaturate) {
  EXPECT_EQ(to_long(1e19), INT64_MAX);
  EXPECT_EQ(to_long(NAN), 0);
  EXPECT_EQ(to_int(-1e10), INT32_MIN);
  EXPECT_EQ(to_int(2.9), 2);
}

}  // namespace
}  // namespace sluice::timeseries
