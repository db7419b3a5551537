// SPDX-License-Identifier: Apache-2.0
// Parameters of COM_STMT_EXECUTE, byte by byte.
#include "door/mysql/parameters.h"

#include <gtest/gtest.h>

namespace sluice::door::mysql {
namespace {

using namespace std::string_literals;
using duckdb::LogicalType;
using duckdb::Value;

duckdb::hugeint_t huge(const char* digits) {
  return Value(digits).DefaultCastAs(LogicalType::HUGEINT).GetValue<duckdb::hugeint_t>();
}

// One parameter with its type sent along.
Result<Value> parse_one(FieldType type, std::string_view bytes, bool is_unsigned = false) {
  std::string payload("\x00\x01", 2);
  payload += static_cast<char>(type);
  payload += is_unsigned ? '\x80' : '\x00';
  payload += bytes;
  PayloadReader in(payload);
  std::vector<ParameterType> types;
  auto values = TRY(parse_parameters(in, 1, types, {}));
  return values[0];
}

void expect_value(FieldType type, std::string_view bytes, const Value& expected, bool is_unsigned = false) {
  auto value = parse_one(type, bytes, is_unsigned);
  ASSERT_TRUE(value) << value.error().message();
  EXPECT_EQ(value->type(), expected.type());
  EXPECT_EQ(value->ToString(), expected.ToString());
}

TEST(Parameters, Numbers) {
  expect_value(FieldType::kTiny, "\xFF", Value::TINYINT(-1));
  expect_value(FieldType::kTiny, "\xFF", Value::UTINYINT(255), true);
  expect_value(FieldType::kShort, "\xFE\xFF"s, Value::SMALLINT(-2));
  expect_value(FieldType::kYear, "\xE8\x07"s, Value::SMALLINT(2024));
  expect_value(FieldType::kLong, "\x01\x00\x00\x80"s, Value::INTEGER(-2147483647));
  expect_value(FieldType::kLong, "\x01\x00\x00\x80"s, Value::UINTEGER(2147483649u), true);
  expect_value(FieldType::kLongLong, "\x01\x00\x00\x00\x00\x00\x00\x00"s, Value::BIGINT(1));
  expect_value(FieldType::kLongLong, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s, Value::UBIGINT(UINT64_MAX), true);
  expect_value(FieldType::kFloat, "\x33\x33\x23\x41"s, Value::FLOAT(10.2f));
  expect_value(FieldType::kDouble, "\x66\x66\x66\x66\x66\x66\x24\x40"s, Value::DOUBLE(10.2));
  expect_value(FieldType::kBit, "\x02\x01\x02"s, Value::UBIGINT(258));
  expect_value(FieldType::kNull, "", Value(LogicalType::SQLNULL));
}

TEST(Parameters, Decimals) {
  expect_value(FieldType::kNewDecimal, "\x07-123.45"s, Value::DECIMAL(int64_t{-12345}, 5, 2));
  expect_value(FieldType::kNewDecimal,
               "\x04"
               "0.05"s,
               Value::DECIMAL(int64_t{5}, 2, 2));
  expect_value(FieldType::kNewDecimal,
               "\x01"
               "0"s,
               Value::DECIMAL(int64_t{0}, 1, 0));
  expect_value(FieldType::kDecimal,
               "\x15"
               "123456789012345678901"s,
               Value::DECIMAL(huge("123456789012345678901"), 21, 0));
  expect_value(FieldType::kNewDecimal,
               "\x04"
               "1e10"s,
               Value("1e10"));
  expect_value(FieldType::kNewDecimal, "\x02\xFF\xFE"s, Value::BLOB_RAW("\xFF\xFE"s));
  expect_value(FieldType::kNewDecimal,
               "\x28"
               "1234567890123456789012345678901234567890"s,
               Value("1234567890123456789012345678901234567890"));
}

TEST(Parameters, DatesAndTimes) {
  expect_value(FieldType::kDate, "\x04\xDA\x07\x0A\x11"s, Value::DATE(2010, 10, 17));
  expect_value(FieldType::kDateTime, "\x0B\xDA\x07\x0A\x11\x13\x1B\x1E\x01\x00\x00\x00"s,
               Value::TIMESTAMP(2010, 10, 17, 19, 27, 30, 1));
  expect_value(FieldType::kTimestamp, "\x04\xDA\x07\x0A\x11"s, Value::TIMESTAMP(2010, 10, 17, 0, 0, 0, 0));
  expect_value(FieldType::kTime, "\x08\x00\x00\x00\x00\x00\x13\x1B\x1E"s, Value::TIME(19, 27, 30, 0));
  expect_value(FieldType::kTime, "\x0C\x01\x01\x00\x00\x00\x13\x1B\x1E\x01\x00\x00\x00"s,
               Value::INTERVAL(0, 0, -((86400ll + 19 * 3600 + 27 * 60 + 30) * 1'000'000 + 1)));
  EXPECT_EQ(parse_one(FieldType::kDate, "\x04\xDA\x07\x0D\x11"s).error().native_code(), 1292);
  EXPECT_EQ(parse_one(FieldType::kDateTime, "\x00"s).error().native_code(), 1292);
  EXPECT_EQ(parse_one(FieldType::kDate, "\x05\xDA\x07\x0D\x11\x00"s).error().native_code(), 1210);
}

TEST(Parameters, TextAndBytes) {
  expect_value(FieldType::kVarString,
               "\x03"
               "abc"s,
               Value("abc"));
  expect_value(FieldType::kBlob,
               "\x05"
               "gr\xC3\xBC"
               "n"s,
               Value("gr\xC3\xBC"
                     "n"));
  expect_value(FieldType::kBlob, "\x02\xFF\xFE"s, Value::BLOB_RAW("\xFF\xFE"s));
  expect_value(FieldType::kString, "\x00"s, Value(""));
}

TEST(Parameters, NullsKeptTypesAndLongData) {
  std::vector<ParameterType> types;
  // Parameters 0 and 2 NULL, 1 the number 5, 3 sent ahead.
  std::string first = "\x05\x01"s + "\x08\x00\x08\x00\xFE\x00\xFC\x00"s + "\x05\x00\x00\x00\x00\x00\x00\x00"s;
  LongData ahead{{3, "long text"}};
  PayloadReader in(first);
  auto values = parse_parameters(in, 4, types, ahead);
  ASSERT_TRUE(values);
  EXPECT_TRUE((*values)[0].IsNull());
  EXPECT_EQ((*values)[1].ToString(), "5");
  EXPECT_TRUE((*values)[2].IsNull());
  EXPECT_EQ((*values)[3].ToString(), "long text");
  // The next execution sends no types.
  std::string second = "\x0D\x00"s + "\x06\x00\x00\x00\x00\x00\x00\x00"s;
  PayloadReader again(second);
  values = parse_parameters(again, 4, types, {});
  ASSERT_TRUE(values);
  EXPECT_EQ((*values)[1].ToString(), "6");
}

TEST(Parameters, BrokenPayloads) {
  std::vector<ParameterType> none;
  const std::string only_nulls = "\x00\x00\x01"s;
  PayloadReader no_types(only_nulls);
  EXPECT_EQ(parse_parameters(no_types, 1, none, {}).error().native_code(), 1210);
  PayloadReader empty(std::string_view{});
  EXPECT_FALSE(parse_parameters(empty, 65535, none, {}));
  EXPECT_FALSE(parse_one(FieldType::kLongLong, "\x01\x00"s));
  EXPECT_FALSE(parse_one(FieldType::kVarString,
                         "\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
                         "x"s));
  EXPECT_FALSE(parse_one(static_cast<FieldType>(99), "\x01"s));
}

}  // namespace
}  // namespace sluice::door::mysql
