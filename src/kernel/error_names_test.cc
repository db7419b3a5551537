// SPDX-License-Identifier: Apache-2.0
#include "kernel/error_names.h"

#include <gtest/gtest.h>

namespace sluice::kernel {
namespace {

TEST(ErrorNames, AreThoseOfDoris) {
  EXPECT_EQ(with_our_names("abs(STRING_LITERAL, INTEGER_LITERAL, HUGEINT)"), "abs(VARCHAR, INT, LARGEINT)");
  EXPECT_EQ(with_our_names("INTEGER[] and BIGINT[][]"), "ARRAY<INT> and ARRAY<ARRAY<BIGINT>>");
  EXPECT_EQ(with_our_names("system.doris.d_upper(v) || \"system\".doris.d_abs(main.sum(x))"),
            "upper(v) || abs(sum(x))");
  EXPECT_EQ(with_our_names("~~(INT[], VARCHAR), a !~~ b"), "LIKE(ARRAY<INT>, VARCHAR), a NOT LIKE b");
  EXPECT_EQ(with_our_names("TIMESTAMP_MS"), "DATETIME(3)");
}

TEST(ErrorNames, WhatUsersWroteStays) {
  EXPECT_EQ(with_our_names("column \"INTEGER\" of 'main.HUGEINT'"), "column \"INTEGER\" of 'main.HUGEINT'");
  EXPECT_EQ(with_our_names("it doesn't take an INTEGER; it isn't"), "it doesn't take an INT; it isn't");
  EXPECT_EQ(with_our_names("d_nothing_of_ours domain.x MY_INTEGER"), "d_nothing_of_ours domain.x MY_INTEGER");
  EXPECT_EQ(with_our_names(""), "");
}

}  // namespace
}  // namespace sluice::kernel
