// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/codec/column_codec.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <random>

#include "timeseries/store/codec/double_codec.h"

namespace sluice::timeseries {
namespace {

using Column = std::vector<uint64_t>;

Column make(size_t count, const std::function<uint64_t(size_t)>& value) {
  Column column(count);
  for (size_t i = 0; i < count; ++i) column[i] = value(i);
  return column;
}

uint64_t bits(double value) { return std::bit_cast<uint64_t>(value); }

// Bytes that the column takes; checks that it comes back.
size_t size_of(const Column& column, bool doubles) {
  size_t least = SIZE_MAX;
  for (const Effort effort : {Effort::kFast, Effort::kSmall}) {
    ByteBuffer bytes;
    doubles ? encode_doubles(column, effort, bytes) : encode_column(column, effort, bytes);
    Column back(column.size(), 12345);
    ByteReader in(bytes.span());
    const auto status = doubles ? decode_doubles(in, back) : decode_column(in, back);
    EXPECT_TRUE(status.has_value()) << status.error().message();
    EXPECT_TRUE(in.at_end());
    EXPECT_EQ(back, column);
    least = std::min(least, bytes.size());
  }
  return least;
}

TEST(ColumnCodec, AnyIntegersComeBack) {
  std::mt19937_64 random(7);
  const uint64_t extremes[] = {0, 1, ~uint64_t{0}, uint64_t{1} << 63, (uint64_t{1} << 63) - 1};
  for (const size_t count : {0, 1, 2, 3, 15, 63, 64, 65, 1000, 8192}) {
    size_of(make(count, [&](size_t) { return random(); }), false);
    size_of(make(count, [&](size_t) { return random() >> (random() % 64); }), false);
    size_of(make(count, [&](size_t) { return extremes[random() % 5]; }), false);
    size_of(make(count, [&](size_t i) { return i * i * i * i; }), false);
    size_of(make(count, [&](size_t i) { return 42 + 1000 * (i % 7); }), false);
  }
}

TEST(ColumnCodec, RegularTimesCostNothing) {
  EXPECT_LT(size_of(make(8192, [](size_t i) { return 1'700'000'000'000 + 1000 * i; }), false), 20u);
  EXPECT_LT(size_of(make(8192, [](size_t) { return 77; }), false), 20u);
}

TEST(ColumnCodec, NoiseTakesWhatItHolds) {
  std::mt19937_64 random(7);
  // log2(10,000) = 13.3 bits; VictoriaMetrics takes 2.03 bytes for such values.
  EXPECT_LT(size_of(make(8192, [&](size_t) { return bits(static_cast<double>(random() % 10'000) / 100); }), true),
            8192 * 1.72);
  double walk = 50;
  const auto step = [&](size_t) {
    walk = std::round((walk + static_cast<double>(random() % 201) / 100 - 1) * 100) / 100;
    return bits(walk);
  };
  EXPECT_LT(size_of(make(8192, step), true), 8192 * 1.05);
  // Times with jitter: log2(11) = 3.5 bits.
  EXPECT_LT(size_of(make(8192, [&](size_t i) { return 1000 * i + random() % 11; }), false), 8192 * 0.6);
}

TEST(DoubleCodec, AnyDoublesComeBack) {
  std::mt19937_64 random(7);
  using Limits = std::numeric_limits<double>;
  const double odd[] = {0.0,
                        -0.0,
                        Limits::quiet_NaN(),
                        Limits::infinity(),
                        -Limits::infinity(),
                        Limits::denorm_min(),
                        Limits::max(),
                        Limits::lowest(),
                        1.0 / 3,
                        0.1 + 0.2,
                        1e22,
                        123456789012345678.0,
                        4503599627370497.5};
  for (const size_t count : {1, 2, 63, 100, 8192}) {
    size_of(make(count, [&](size_t) { return random(); }), true);
    size_of(make(count, [&](size_t) { return bits(odd[random() % std::size(odd)]); }), true);
    // Few odd ones among decimals of various lengths.
    size_of(
        make(count,
             [&](size_t i) {
               if (i % 50 == 3) return bits(odd[random() % std::size(odd)]);
               return bits(static_cast<double>(random() % 100'000) / std::pow(10, static_cast<double>(random() % 6)));
             }),
        true);
    size_of(make(count, [&](size_t) { return bits(std::uniform_real_distribution<double>()(random)); }), true);
    size_of(make(count, [&](size_t i) { return bits(static_cast<double>(i) * 1e9); }), true);
    size_of(make(count, [&](size_t i) { return bits(static_cast<double>(i) * 0.37 + 0.5); }), true);
  }
}

TEST(DoubleCodec, OddOnesDoNotSpoilDecimals) {
  std::mt19937_64 random(7);
  const auto value = [&](size_t i) {
    return i % 500 == 7 ? bits(std::nan("")) : bits(static_cast<double>(random() % 10'000) / 100);
  };
  EXPECT_LT(size_of(make(8192, value), true), 8192 * 1.75);
}

TEST(ColumnCodec, BytesComeBack) {
  std::mt19937_64 random(7);
  for (const size_t count : {0, 1, 100, 100'000}) {
    std::vector<uint8_t> bytes(count);
    for (auto& byte : bytes) byte = static_cast<uint8_t>(random() % 3);
    ByteBuffer encoded, back;
    encode_bytes(bytes, Effort::kFast, encoded);
    ByteReader in(encoded.span());
    ASSERT_TRUE(decode_bytes(in, count, back).has_value());
    EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), back.span().begin(), back.span().end()));
    if (count > 0) {
      ByteReader again(encoded.span());
      ByteBuffer none;
      EXPECT_FALSE(decode_bytes(again, count - 1, none).has_value());
    }
  }
}

// Every cut and many changed bytes: an error or other values, no crash (a sanitizer build looks for the rest).
TEST(ColumnCodec, DamageIsAnErrorOrOtherValues) {
  std::mt19937_64 random(7);
  for (const bool doubles : {false, true}) {
    const auto column = make(500, [&](size_t i) { return bits(static_cast<double>(i + random() % 1000) / 100); });
    ByteBuffer bytes;
    doubles ? encode_doubles(column, Effort::kFast, bytes) : encode_column(column, Effort::kFast, bytes);
    Column back(column.size());
    const auto decode = [&](std::span<const uint8_t> from) {
      ByteReader in(from);
      return doubles ? decode_doubles(in, back) : decode_column(in, back);
    };
    for (size_t end = 0; end < bytes.size(); ++end) EXPECT_FALSE(decode(bytes.span().first(end)).has_value());
    for (int i = 0; i < 5000; ++i) {
      std::vector<uint8_t> damaged(bytes.span().begin(), bytes.span().end());
      for (int k = 0; k < 3; ++k)
        damaged[random() % std::min<size_t>(damaged.size(), 40)] = static_cast<uint8_t>(random());
      const auto status = decode(damaged);
      if (!status) EXPECT_EQ(status.error().code(), Code::kDataLoss);
    }
  }
}

}  // namespace
}  // namespace sluice::timeseries
