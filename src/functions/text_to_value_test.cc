// SPDX-License-Identifier: Apache-2.0
#include "functions/text_to_value.h"

#include <gtest/gtest.h>

#include "functions/decimals.h"

namespace sluice::functions {
namespace {

constexpr int64_t kSecond = 1'000'000;

std::optional<int64_t> seconds(std::optional<int64_t> micros) {
  if (!micros) return std::nullopt;
  return *micros / kSecond;
}

TEST(TextToValue, Times) {
  EXPECT_EQ(seconds(text_to_time("01:02:03")), 3723);
  EXPECT_EQ(seconds(text_to_time("30:20")), 30 * 3600 + 20 * 60);
  EXPECT_EQ(seconds(text_to_time("400")), 240);
  EXPECT_EQ(seconds(text_to_time(" -400 ")), -240);
  EXPECT_EQ(text_to_time("838:59:59"), kMostTime);
  EXPECT_EQ(text_to_time("838:59:59.5"), kMostTime);
  EXPECT_EQ(text_to_time("-999999999999999:00:00"), -kMostTime);
  EXPECT_EQ(text_to_time("00:00:00.999999"), 999'999);
  EXPECT_EQ(text_to_time("2020-01-02 03:04:05"), (3 * 3600 + 4 * 60 + 5) * kSecond);
  for (const char* wrong :
       {"", "-", ":", "1:", "1:60", "1:2:", "1:2:60", "1:2:3:4", "1:2:3x", "x", "60", "6000", "--1"})
    EXPECT_EQ(text_to_time(wrong), std::nullopt) << wrong;
}

TEST(TextToValue, TimesOfNumbers) {
  EXPECT_EQ(number_to_time(0), 0);
  EXPECT_EQ(seconds(number_to_time(121314)), 12 * 3600 + 13 * 60 + 14);
  EXPECT_EQ(seconds(number_to_time(-121314)), -(12 * 3600 + 13 * 60 + 14));
  EXPECT_EQ(number_to_time(60), std::nullopt);
  EXPECT_EQ(number_to_time(std::numeric_limits<int64_t>::max()), kMostTime);
  EXPECT_EQ(number_to_time(std::numeric_limits<int64_t>::min()), -kMostTime);
}

std::string decimal(std::string_view text, uint8_t width, uint8_t scale) {
  auto value = text_to_decimal(text, width, scale);
  return value ? value->ToString() : "NULL";
}

TEST(TextToValue, Decimals) {
  EXPECT_EQ(decimal("12.345", 5, 2), "1235");
  EXPECT_EQ(decimal("-12.345", 5, 2), "-1235");
  EXPECT_EQ(decimal("12.344999", 5, 2), "1234");
  EXPECT_EQ(decimal("999.995", 5, 2), "99999");
  EXPECT_EQ(decimal("-1e10", 5, 2), "-99999");
  EXPECT_EQ(decimal("1.5E+2", 5, 2), "15000");
  EXPECT_EQ(decimal("0.005", 5, 2), "1");
  EXPECT_EQ(decimal("0.0005", 5, 2), "0");
  EXPECT_EQ(decimal("5e-3", 5, 2), "1");
  EXPECT_EQ(decimal("5e-4", 5, 2), "0");
  EXPECT_EQ(decimal(".5", 1, 1), "5");
  EXPECT_EQ(decimal("5.", 1, 0), "5");
  EXPECT_EQ(decimal("12e", 5, 2), "1200");
  EXPECT_EQ(decimal("12-1", 5, 2), "1200");
  EXPECT_EQ(decimal(std::string(100, '9'), 38, 0), std::string(38, '9'));
  EXPECT_EQ(decimal("0." + std::string(100, '0') + "1", 38, 38), "0");
  for (const char* wrong : {"", " ", "-", "+", ".", "e5", "abc", "0x10", "0 a"})
    EXPECT_EQ(decimal(wrong, 5, 2), "NULL") << wrong;
}

TEST(TextToValue, Integers) {
  EXPECT_EQ(text_to_integer("123456789012345678"), duckdb::hugeint_t(123456789012345678));
  EXPECT_EQ(text_to_integer("-1234567890123456789"), duckdb::hugeint_t(-1234567890123456789));
  EXPECT_EQ(text_to_integer(" 12.9 "), duckdb::hugeint_t(12));
  EXPECT_EQ(text_to_integer("170141183460469231731687303715884105728"), std::nullopt);
  for (const char* wrong : {"", "-", "1x", "x1", "1 2", "."}) EXPECT_EQ(text_to_integer(wrong), std::nullopt) << wrong;
}

}  // namespace
}  // namespace sluice::functions
