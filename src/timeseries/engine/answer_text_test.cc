// SPDX-License-Identifier: Apache-2.0
#include "timeseries/engine/answer_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace sluice::timeseries {
namespace {

class Pieces : public AnswerSink {
 public:
  Status write(std::string_view piece) override {
    if (fails) return fail(Code::kUnavailable, "gone");
    pieces.emplace_back(piece);
    return {};
  }
  std::vector<std::string> pieces;
  bool fails = false;
};

std::string quoted(std::string_view text) {
  std::string json;
  append_answer_string(json, text);
  return json;
}

TEST(AnswerText, StringsAreEscapedAsOrgJsonDoes) {
  EXPECT_EQ(quoted("a\"b\\c/d</script>"), R"("a\"b\\c/d<\/script>")");
  EXPECT_EQ(quoted("tab\tnl\n\x01\x1f\b\f\r"), R"("tab\tnl\n\u0001\u001f\b\f\r")");
  EXPECT_EQ(quoted("\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80"), "\"\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80\"");
  EXPECT_EQ(quoted("\xC2\x85\xC2\xA0\xE2\x80\xA8\xE2\x84\x80"), "\"\\u0085\xC2\xA0\\u2028\xE2\x84\x80\"");
  EXPECT_EQ(quoted("x\xFFy\xE2"), "\"x\xEF\xBF\xBDy\xEF\xBF\xBD\"");
  EXPECT_EQ(quoted("/"), R"("/")");
}

TEST(AnswerText, PointsOfEveryType) {
  Pieces sink;
  AnswerText text(sink, 1000, 1000);
  Points points;
  points.add_long(-5, 7);
  points.add_double(99'999'999, 1.5);
  points.add_text(100'000'000, "x");
  points.add_complex(1'600'000'000'000, 1, -2.5);
  points.add_null(1'600'000'000'001);
  text.start_values();
  ASSERT_TRUE(text.points(points).has_value());
  ASSERT_TRUE(text.finish().has_value());
  EXPECT_EQ(sink.pieces.at(0),
            "[-5,7],[99999999,1.5],[100000000,\"x\"],[1600000000000,{\"real\":1,\"imaginary\":-2.5}],[1600000000001,"
            "null]");
}

TEST(AnswerText, TimesOfColumns) {
  Pieces sink;
  AnswerText text(sink, 1000, 1000);
  Points points;
  for (const int64_t time : {int64_t{0}, int64_t{1'600'000'000'001}, int64_t{1'599'999'999'999}, int64_t{-1},
                             std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()})
    points.add_double(time, -0.0);
  ASSERT_TRUE(text.points(points).has_value());
  ASSERT_TRUE(text.finish().has_value());
  EXPECT_EQ(sink.pieces.at(0),
            "[0,-0],[1600000000001,-0],[1599999999999,-0],[-1,-0],[9223372036854775807,-0],[-9223372036854775808,-0]");
}

TEST(AnswerText, TheFirstTimeMayBeTheGreatest) {
  Pieces sink;
  AnswerText text(sink, 1000, 1000);
  Points points;
  points.add_long(std::numeric_limits<int64_t>::max(), 5);
  points.add_long(0, 6);
  ASSERT_TRUE(text.points(points).has_value());
  ASSERT_TRUE(text.finish().has_value());
  EXPECT_EQ(sink.pieces.at(0), "[9223372036854775807,5],[0,6]");
}

TEST(AnswerText, WhatIsNoNumberIsAnError) {
  Pieces sink;
  AnswerText text(sink, 1000, 1000);
  Points points;
  points.add_double(92, -INFINITY);
  EXPECT_EQ(text.points(points).error().message(),
            "NaN or Infinity:-Infinity data point=DoubleDataPoint{m_value=-Infinity, m_timestamp=92}");
  Points complex;
  complex.add_complex(1, NAN, 0);
  EXPECT_FALSE(text.points(complex).has_value());
}

TEST(AnswerText, IsHeldBackAndThenGivenInPieces) {
  Pieces sink;
  AnswerText text(sink, 10, 4);
  text.raw("123456789");
  ASSERT_TRUE(text.flush().has_value());
  EXPECT_TRUE(sink.pieces.empty());
  text.raw("0");
  ASSERT_TRUE(text.flush().has_value());
  EXPECT_EQ(sink.pieces.size(), 1u);
  text.raw("abcd");
  ASSERT_TRUE(text.flush().has_value());
  EXPECT_EQ(sink.pieces.size(), 2u);
  EXPECT_EQ(text.written(), 14u);
  sink.fails = true;
  text.raw("e");
  EXPECT_EQ(text.finish().error().code(), Code::kUnavailable);
}

}  // namespace
}  // namespace sluice::timeseries
