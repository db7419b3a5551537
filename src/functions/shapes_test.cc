// SPDX-License-Identifier: Apache-2.0
#include "functions/shapes.h"

#include <gmock/gmock.h>

namespace sluice::functions {
namespace {

TEST(Shapes, TextComesBack) {
  for (const char* text : {"POINT (24.7 56.7)", "LINESTRING (1 1, 2 2)", "CIRCLE ((111 64), 10000)",
                           "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0), (4 4, 6 4, 6 6, 4 6, 4 4))"}) {
    auto shape = parse_shape(text);
    ASSERT_TRUE(shape) << text;
    EXPECT_EQ(shape_text(*shape), text);
  }
}

TEST(Shapes, BadTextIsNone) {
  for (const char* text : {"", "POINT", "POINT (1)", "POINT (181 0)", "POINT (1 2", "POINT (1 2) x", "POINT (nan 1)",
                           "LINESTRING (1 1)", "LINESTRING (1 1, 1 1)", "POLYGON ((0 0, 1 0, 1 1))", "POLYGON ()",
                           "CIRCLE ((0 0), -1)", "POLYGON ((0 0, 0 0, 1 1, 0 0))"}) {
    EXPECT_FALSE(parse_shape(text)) << text;
  }
}

TEST(Shapes, BinaryComesBack) {
  for (const char* text : {"POINT (24.7 56.7)", "LINESTRING (1 1, 2 2)", "POLYGON ((0 0, 10 0, 10 10, 0 0))"}) {
    auto shape = parse_binary(*shape_binary(*parse_shape(text)));
    ASSERT_TRUE(shape) << text;
    EXPECT_EQ(shape_text(*shape), text);
  }
  EXPECT_FALSE(shape_binary(*parse_shape("CIRCLE ((0 0), 1)")));
  // A count of rings or places that the bytes do not hold.
  for (const char* text : {"", "\\x", "\\x01", "\\x0103000000ffffffff", "\\x0102000000ffffff7f", "\\x01zz"}) {
    EXPECT_FALSE(parse_binary(text)) << text;
  }
}

TEST(Shapes, HolesAreOutside) {
  const auto polygon = *parse_shape("POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0), (4 4, 6 4, 6 6, 4 6, 4 4))");
  EXPECT_TRUE(contains(polygon, *parse_shape("POINT (1 1)")));
  EXPECT_FALSE(contains(polygon, *parse_shape("POINT (5 5)")));
  EXPECT_FALSE(contains(polygon, *parse_shape("POINT (-170 5)")));
  EXPECT_TRUE(contains(polygon, *parse_shape("LINESTRING (1 1, 2 2)")));
}

}  // namespace
}  // namespace sluice::functions
