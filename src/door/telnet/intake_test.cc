// SPDX-License-Identifier: Apache-2.0
#include "door/telnet/intake.h"

#include <gtest/gtest.h>

#include <random>

#include "timeseries/request/point_recorder.h"

namespace sluice::door::telnet {
namespace {

class IntakeTest : public testing::Test {
 protected:
  // Gives the text in pieces of `step` bytes, as a connection would: what is not used comes again.
  void give(std::string_view text, size_t step) {
    std::string held;
    for (size_t at = 0; at < text.size(); at += step) {
      held += text.substr(at, step);
      size_t used = 0;
      ASSERT_TRUE(intake.take(held, used));
      held.erase(0, used);
    }
  }

  timeseries::PointRecorder store;
  timeseries::Traffic traffic;
  Intake::Options options{64, "KairosDB 1"};
  Intake intake{store, traffic, options};
};

TEST_F(IntakeTest, LinesInPiecesOfAnySize) {
  const std::string text =
      "put a 1 1 h=a\nputm a 2 2 h=a\r\nversion\n" + std::string(65, 'x') + "\nputm a 3 3 h=a\nputm a 4 4 h=";
  const std::vector<std::string> expected = {"a|{h=a}|1000|long:1|0", "a|{h=a}|2|long:2|0", "a|{h=a}|3|long:3|0"};
  for (size_t step = 1; step <= text.size(); ++step) {
    store.points.clear();
    intake.replies().clear();
    Intake one(store, traffic, options);
    std::string held;
    for (size_t at = 0; at < text.size(); at += step) {
      held += text.substr(at, step);
      size_t used = 0;
      ASSERT_TRUE(one.take(held, used));
      held.erase(0, used);
      ASSERT_LE(held.size(), options.max_line);
    }
    EXPECT_EQ(store.points, expected) << step;
    EXPECT_EQ(one.replies(), "KairosDB 1\n") << step;
    EXPECT_EQ(held, "putm a 4 4 h=");
  }
}

TEST_F(IntakeTest, TheLongestLine) {
  std::string line = "putm a 5 5 h=";
  line.resize(64, 'v');
  give(line + "\n" + line + "v\n", 1 << 20);
  ASSERT_EQ(store.points.size(), 1u);
  EXPECT_EQ(traffic.telnet_points, 1u);
  EXPECT_EQ(traffic.telnet_dropped, 1u);
}

TEST_F(IntakeTest, NothingIsLostOrDoubledWhenTheStoreFails) {
  const std::string text = "putm a 1 1 h=a\nputm a 2 2 h=a\nputm a 3";
  store.write_status = fail(Code::kResourceExhausted, "full");
  size_t used = 0;
  std::string_view rest = text;
  EXPECT_FALSE(intake.take(rest, used));
  rest.remove_prefix(used);
  EXPECT_EQ(rest, "putm a 3");
  EXPECT_FALSE(intake.take(rest, used));
  EXPECT_EQ(used, 0u);
  store.write_status = {};
  EXPECT_TRUE(intake.take(rest, used));
  EXPECT_EQ(store.points.size(), 2u);
  EXPECT_TRUE(intake.take(rest, used));
  EXPECT_EQ(store.points.size(), 2u);
}

}  // namespace
}  // namespace sluice::door::telnet
