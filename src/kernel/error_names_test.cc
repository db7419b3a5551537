// SPDX-License-Identifier: Apache-2.0
#include "kernel/error_names.h"

#include <gtest/gtest.h>

#include "base/error_place.h"
#include "duckdb/common/error_data.hpp"
#include "duckdb/common/exception/list.hpp"
#include "kernel/errors.h"

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

TEST(Errors, DoNotTellWhereTheServerKeepsItsFiles) {
  const Error full = to_error(duckdb::ErrorData(
      duckdb::IOException("Could not write file \"/var/lib/x/kernel.duckdb.wal\": No space left on device")));
  EXPECT_EQ(full.message(), "Could not write file of the server: No space left on device");
  EXPECT_EQ(full.native_code(), 1021);
  const Error own =
      to_error(duckdb::ErrorData(duckdb::IOException("Cannot open file \"/data/mine.csv\": no such file")));
  EXPECT_EQ(own.message(), "Cannot open file \"/data/mine.csv\": no such file");
}

TEST(Errors, CarryTheirPlace) {
  const duckdb::optional_idx seven(7);
  EXPECT_EQ(place_of(to_error(duckdb::ErrorData(duckdb::BinderException(seven, "INTEGER")))), 7u);
  EXPECT_EQ(to_error(duckdb::ErrorData(duckdb::BinderException(seven, "INTEGER"))).message(), "INT");
  EXPECT_EQ(place_of(to_error(duckdb::ErrorData(duckdb::BinderException("x")))), kSomewhere);
  EXPECT_EQ(place_of(to_error(duckdb::ErrorData(duckdb::InvalidInputException("x")))), std::nullopt);
  EXPECT_EQ(place_of(without_place(to_error(duckdb::ErrorData(duckdb::BinderException(seven, "x"))))), std::nullopt);
}

}  // namespace
}  // namespace sluice::kernel
