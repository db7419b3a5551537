// SPDX-License-Identifier: Apache-2.0
// ':=' inside a SELECT's list: what rows say, and what is refused.
#include "dialect/kernel_for_tests.h"

namespace sluice::dialect {
namespace {

std::string rows_of(const std::string& sql) {
  KernelForTests kernel;
  kernel.native("CREATE TABLE t AS SELECT * FROM range(1, 4) r(i)");
  auto statement = parse(sql, options_for_tests());
  if (!statement) return statement.error().message();
  auto result = kernel.run_tree(std::move(std::get<KernelStatement>(statement->body).tree));
  if (result->HasError()) return result->GetError();
  std::string rows;
  for (const auto& row : result->Collection().GetRows()) {
    if (!rows.empty()) rows += ';';
    for (size_t i = 0; i < result->ColumnCount(); ++i) rows += (i ? "|" : "") + row.GetValue(i).ToString();
  }
  return rows;
}

TEST(AssignedVariables, NameAPartOfTheRow) {
  EXPECT_EQ(rows_of("select @a := i * 2, @a + 1, @A from t order by i"), "2|3|2;4|5|4;6|7|6");
  EXPECT_EQ(rows_of("select @a := @b := i, @a + @b from t order by i limit 1"), "1|2");
  EXPECT_EQ(rows_of("select @seven + i, @a := 1 from t order by i limit 1"), "8|1");
  EXPECT_EQ(rows_of("select (select @a := i), i from t order by i limit 1"),
            "This version does not support ':=' without FROM; use SET @name = ...");
}

TEST(AssignedVariables, TakeTheBranchThatRan) {
  EXPECT_EQ(rows_of("select if(i = 1, @a := 10, if(i = 2, @a := 20, 0)) x, ifnull(@a, -1) from t order by i"),
            "10|10;20|20;0|-1");
  EXPECT_EQ(rows_of("select case i when 1 then @seven := 1 end, @seven from t order by i"), "1|1;NULL|7;NULL|7");
  EXPECT_EQ(rows_of("select @a := 1, case when i = 2 then @a := 5 else 0 end, @a from t order by i"),
            "1|0|1;1|5|5;1|0|1");
}

TEST(AssignedVariables, RefuseWhatNeedsOtherRows) {
  constexpr const char* kBefore =
      "This version does not support @n of the row before (':=' in a query is a name within one row)";
  EXPECT_EQ(rows_of("select @n := @n + 1 from t"), kBefore);
  EXPECT_EQ(rows_of("select @n, @n := i from t"), kBefore);
  EXPECT_NE(error_of("select i from t where (@n := 1) = 1"), "parsed");
  EXPECT_NE(error_of("select @n := 1"), "parsed");
  EXPECT_NE(error_of("select i from t order by @n := 1"), "parsed");
}

TEST(AssignedVariables, StaySmall) {
  std::string doubled = "select @v0 := i";
  for (int i = 1; i < 60; ++i) {
    const std::string before = "@v" + std::to_string(i - 1);
    doubled += ", @v" + std::to_string(i) + " := " + before + " + " + before;
  }
  EXPECT_EQ(error_of(doubled + " from t"), "This version does not support ':=' with expressions that are so large");
  std::string deep = "select @v := i";
  for (int i = 0; i < 2000; ++i) deep += ", @v := @v + 1";
  EXPECT_EQ(error_of(deep + " from t"), "This version does not support ':=' with expressions that are so large");
}

}  // namespace
}  // namespace sluice::dialect
