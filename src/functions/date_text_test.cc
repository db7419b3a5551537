// SPDX-License-Identifier: Apache-2.0
#include "functions/date_text.h"

#include <gmock/gmock.h>

#include "functions/calendar.h"

namespace sluice::functions {
namespace {

int64_t moment(int64_t year, int64_t month, int64_t day, int64_t seconds = 0) {
  return *days_of(year, month, day) * kMicrosPerDay + seconds * kMicrosPerSecond;
}

TEST(DateText, Formats) {
  const int64_t at = moment(2009, 10, 4, 22 * 3600 + 23 * 60) + 12;
  EXPECT_EQ(format_moment(at, "%W %M %Y %a %b"), "Sunday October 2009 Sun Oct");
  EXPECT_EQ(format_moment(at, "%H %k %I %l %i %r %T %p %f"), "22 22 10 10 23 10:23:00 PM 22:23:00 PM 000012");
  EXPECT_EQ(format_moment(at, "%D %d %e %c %m %j %y %w"), "4th 04 4 10 10 277 09 0");
  EXPECT_EQ(format_moment(at, "%% %q %"), "% q %");
}

TEST(DateText, ReadsWhatFollowsTheFormat) {
  EXPECT_EQ(parse_moment("2014-12-21 12:34%3A56", "%Y-%m-%d %H:%i%%3A%s"), moment(2014, 12, 21, 45'296));
  EXPECT_EQ(parse_moment("2018-4-2 15:3:28", "%Y-%m-%d %H:%i:%s"), moment(2018, 4, 2, 54'208));
  EXPECT_EQ(parse_moment("200442 Monday", "%X%V %W"), moment(2004, 10, 18));
  EXPECT_EQ(parse_moment("12:30 AM 5 jan 99", "%h:%i %p %e %b %y"), moment(1999, 1, 5, 1800));
  EXPECT_EQ(parse_moment("2020-060", "%Y-%j"), moment(2020, 2, 29));
}

TEST(DateText, TextMayBeShorterAndLonger) {
  EXPECT_EQ(parse_moment("1990-12-12", "%Y-%m-%d %H:%i:%s.%f"), moment(1990, 12, 12));
  EXPECT_EQ(parse_moment("2023-12", "%Y"), moment(2023, 1, 1));
}

TEST(DateText, RefusesTheRest) {
  for (const char* text : {"", "x", "2020-13-01", "2020-02-30", "2020-00-10"}) {
    EXPECT_EQ(parse_moment(text, "%Y-%m-%d"), std::nullopt) << text;
  }
  EXPECT_EQ(parse_moment("25:00", "%H:%i"), std::nullopt);
  EXPECT_EQ(parse_moment("13:00", "%h:%i"), std::nullopt);
}

}  // namespace
}  // namespace sluice::functions
