// SPDX-License-Identifier: Apache-2.0
// Values of the rarer types, byte by byte. The bytes are what the data point classes of KairosDB 1.3.0-1
// (ComplexDataPoint, LongNanoDataPoint, NullDataPoint, StringDataPoint) write; the rows of codec_test.cc hold none.
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <string_view>

#include "timeseries/store/cassandra/row_key.h"
#include "timeseries/store/cassandra/value_codec.h"

namespace sluice::timeseries::cassandra {
namespace {

constexpr int64_t kTime = 1'700'000'000'123;

std::string bytes_of(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return bytes;
}

std::string hex_of(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    hex += kDigits[static_cast<uint8_t>(c) >> 4];
    hex += kDigits[static_cast<uint8_t>(c) & 15];
  }
  return hex;
}

// What is written of the column's point, as a value of `type`.
std::string written(const Points& points, size_t i, PointType type) {
  const bool text = type == PointType::kString || type == PointType::kComplex;
  std::string out;
  EXPECT_TRUE(append_value(type, points.values()[i], text ? points.text(i) : "", out));
  return hex_of(out);
}

TEST(CassandraValueBytes, Complex) {
  const struct {
    double real, imaginary;
    std::string_view hex;
  } cases[] = {
      {1.5, -2, "3ff8000000000000c000000000000000"},
      {0.0, -0.0, "00000000000000008000000000000000"},
      {0.1, 3.141592653589793, "3fb999999999999a400921fb54442d18"},
      {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
       "7ff80000000000007ff0000000000000"},
      {std::numeric_limits<double>::denorm_min(), -std::numeric_limits<double>::max(),
       "0000000000000001ffefffffffffffff"},
  };
  for (const auto& one : cases) {
    Points made;
    made.add_complex(kTime, one.real, one.imaginary);
    EXPECT_EQ(written(made, 0, PointType::kComplex), one.hex);
    Points read;
    ASSERT_TRUE(add_value(PointType::kComplex, kTime, 0, bytes_of(one.hex), read)) << one.hex;
    ASSERT_EQ(read.size(), 1u);
    EXPECT_EQ(read.type(0), PointType::kComplex);
    EXPECT_EQ(read.time(0), kTime);
    EXPECT_EQ(read.text(0), made.text(0)) << one.hex;
    EXPECT_EQ(written(read, 0, PointType::kComplex), one.hex);
  }
}

TEST(CassandraValueBytes, ComplexOfOneColumnStayApart) {
  Points read;
  ASSERT_TRUE(add_value(PointType::kComplex, 1, 0, bytes_of("3ff8000000000000c000000000000000"), read));
  ASSERT_TRUE(add_value(PointType::kComplex, 2, 0, bytes_of("3fb999999999999a400921fb54442d18"), read));
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(written(read, 0, PointType::kComplex), "3ff8000000000000c000000000000000");
  EXPECT_EQ(written(read, 1, PointType::kComplex), "3fb999999999999a400921fb54442d18");
  // Fifteen bytes are none, and nothing of them stays.
  EXPECT_FALSE(add_value(PointType::kComplex, 3, 0, bytes_of("3fb999999999999a400921fb54442d"), read));
  EXPECT_EQ(read.size(), 2u);
  // A value that is no complex one has no form.
  std::string out;
  EXPECT_FALSE(append_value(PointType::kComplex, 0, "12345678", out));
  EXPECT_TRUE(out.empty());
}

TEST(CassandraValueBytes, LongNano) {
  const struct {
    int64_t value;
    std::string_view hex;
  } cases[] = {
      {0, "00"},
      {1, "02"},
      {-1, "01"},
      {63, "7e"},
      {-64, "7f"},
      {64, "8001"},
      {-65, "8101"},
      {8191, "fe7f"},
      {-8192, "ff7f"},
      {8192, "808001"},
      {std::numeric_limits<int32_t>::max(), "feffffff0f"},
      {std::numeric_limits<int32_t>::min(), "ffffffff0f"},
      {int64_t{1} << 53, "8080808080808020"},
      {std::numeric_limits<int64_t>::max(), "feffffffffffffffff01"},
      {std::numeric_limits<int64_t>::min(), "ffffffffffffffffff01"},
  };
  for (const auto& one : cases) {
    std::string out;
    ASSERT_TRUE(append_value(PointType::kLongNano, static_cast<uint64_t>(one.value), "", out));
    EXPECT_EQ(hex_of(out), one.hex) << one.value;
    Points read;
    ASSERT_TRUE(add_value(PointType::kLongNano, kTime, 0, bytes_of(one.hex), read)) << one.hex;
    ASSERT_EQ(read.size(), 1u);
    // In memory it is a long like any other; its cell's time is in milliseconds.
    EXPECT_EQ(read.type(0), PointType::kLong);
    EXPECT_EQ(read.time(0), kTime);
    EXPECT_EQ(read.long_value(0), one.value);
    EXPECT_EQ(written(read, 0, PointType::kLongNano), one.hex);
  }
  Points none;
  for (const std::string_view damaged : {"", "80", "ffffffffffffffffffff01"})
    EXPECT_FALSE(add_value(PointType::kLongNano, kTime, 0, bytes_of(damaged), none)) << damaged;
  EXPECT_TRUE(none.empty());
}

TEST(CassandraValueBytes, Null) {
  std::string out = "before";
  EXPECT_TRUE(append_value(PointType::kNull, 0, "", out));
  EXPECT_EQ(out, "before");
  Points read;
  ASSERT_TRUE(add_value(PointType::kNull, kTime, 0, "", read));
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read.type(0), PointType::kNull);
  EXPECT_EQ(read.time(0), kTime);
  EXPECT_EQ(read.number(0), 0);
}

TEST(CassandraValueBytes, Strings) {
  const struct {
    std::string_view text, hex;
  } cases[] = {
      {"", "0000"},
      {"a", "000161"},
      {{"\0", 1}, "0002c080"},
      {{"a\0b", 3}, "000461c08062"},
      // The ends of what takes one, two and three bytes.
      {"\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF", "000b7fc280dfbfe0a080efbfbf"},
      {"\xF0\x9F\x98\x80", "0006eda0bdedb880"},
      {"e\xCC\x81", "000365cc81"},
      // Halves of pairs, which Java's strings may hold alone.
      {"\xED\xA0\xBD", "0003eda0bd"},
      {"\xED\xB8\x80x", "0004edb88078"},
  };
  for (const auto& one : cases) {
    std::string out;
    ASSERT_TRUE(append_value(PointType::kString, 0, one.text, out));
    EXPECT_EQ(hex_of(out), one.hex);
    Points read;
    ASSERT_TRUE(add_value(PointType::kString, kTime, 0, out, read)) << one.hex;
    EXPECT_EQ(read.text(0), one.text) << one.hex;
    EXPECT_EQ(written(read, 0, PointType::kString), one.hex);
  }
}

TEST(CassandraValueBytes, LongestStrings) {
  const auto repeated = [](std::string_view text, size_t times) {
    std::string all;
    for (size_t i = 0; i < times; ++i) all += text;
    return all;
  };
  // 65,535 bytes of modified UTF-8 each: what Java's writeUTF still takes.
  const std::string longest[] = {repeated("x", 65'535), repeated("\xE4\xB8\xAD", 21'845),
                                 repeated({"\0", 1}, 32'767) + "x", repeated("\xF0\x9F\x98\x80", 10'922) + "abc"};
  for (const std::string& text : longest) {
    std::string out;
    ASSERT_TRUE(append_value(PointType::kString, 0, text, out));
    EXPECT_EQ(out.size(), 2u + 65'535);
    EXPECT_EQ(hex_of(out.substr(0, 2)), "ffff");
    Points read;
    ASSERT_TRUE(add_value(PointType::kString, kTime, 0, out, read));
    EXPECT_TRUE(read.text(0) == text);
  }
  const std::string too_long[] = {repeated("x", 65'536), repeated("\xE4\xB8\xAD", 21'846), repeated({"\0", 1}, 32'768),
                                  repeated("\xF0\x9F\x98\x80", 10'923)};
  for (const std::string& text : too_long) {
    std::string out = "before";
    EXPECT_FALSE(append_value(PointType::kString, 0, text, out));
    EXPECT_EQ(out, "before");
  }
}

TEST(CassandraValueBytes, StoreTypesOfRowKeys) {
  const struct {
    PointType type;
    std::string_view store;
  } cases[] = {{PointType::kComplex, "kairos_complex"},
               {PointType::kLongNano, "kairos_long_nano"},
               {PointType::kNull, "null"},
               {PointType::kString, "kairos_string"}};
  for (const auto& one : cases) {
    EXPECT_EQ(store_name(one.type), one.store);
    EXPECT_EQ(find_store_type(one.store), one.type);
    const RowKey key{"m", 1'698'278'400'000, std::string(one.store), Tags({{"host", "a"}})};
    const std::string bytes = encode_row_key(key);
    EXPECT_EQ(hex_of(bytes), "6d000000018b6947e00000" + hex_of(std::string(1, static_cast<char>(one.store.size()))) +
                                 hex_of(one.store) + "686f73743d613a");
    const auto back = decode_row_key(bytes);
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(back->type, one.store);
  }
}

}  // namespace
}  // namespace sluice::timeseries::cassandra
