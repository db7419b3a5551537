// SPDX-License-Identifier: Apache-2.0
#include "session/doris_errors.h"

#include <gtest/gtest.h>

#include "base/error_place.h"

namespace sluice::session {
namespace {

constexpr const char* kPrefix = "errCode = 2, detailMessage = ";

StatementText text_of(std::string_view sql, TextPlace start = {}) { return StatementText(sql, {}, start); }

// "number: message" without Doris' first words.
std::string doris(const Error& error, std::string_view sql, TextPlace start = {}) {
  const Error result = as_doris(error, text_of(sql, start), "db");
  EXPECT_TRUE(result.message().starts_with(kPrefix)) << result.message();
  EXPECT_EQ(result.code(), error.code());
  return std::to_string(result.native_code()) + ": " + result.message().substr(std::string_view(kPrefix).size());
}
Error wrong(int number, std::string message) { return sql_error(Code::kInvalidArgument, number, std::move(message)); }

TEST(TextPlace, CountsLinesFromOneAndCharactersFromZero) {
  TextPlace place;
  EXPECT_EQ(place.text(), "(line 1, pos 0)");
  place.advance("a\u00e4\U0001F600");
  EXPECT_EQ(place.text(), "(line 1, pos 3)");
  place.advance("x\n\n y");
  EXPECT_EQ(place.text(), "(line 3, pos 2)");
}

TEST(StatementText, FindsNames) {
  const auto text = text_of("SELECT `a b`, 'x' /* c */ FROM t.c");
  EXPECT_EQ(text.find("A B"), 7u);
  EXPECT_EQ(text.find("x"), 14u);
  EXPECT_EQ(text.find("c"), 33u);  // not the one in the comment
  EXPECT_EQ(text.find("nothing"), std::nullopt);
  EXPECT_EQ(text.find(""), std::nullopt);
  EXPECT_EQ(text.name_at(7), "a b");
  EXPECT_EQ(text.token_at(7), "`a b`");
  EXPECT_EQ(text.name_at(8), "");
  EXPECT_EQ(text.name_after(31, 2), "c");
  EXPECT_EQ(text.name_after(31, 9), "");
}

TEST(StatementText, KnowsTheClause) {
  const auto clause = [](std::string_view sql) { return std::string(text_of(sql).clause(sql.find("it"))); };
  EXPECT_EQ(clause("select it from t"), "PROJECT");
  EXPECT_EQ(clause("select it"), "ONE_ROW_RELATION");
  EXPECT_EQ(clause("select it, count(*) from t"), "AGGREGATE");
  EXPECT_EQ(clause("select it, count(*) over () from t"), "PROJECT");
  EXPECT_EQ(clause("select it from t group by x"), "AGGREGATE");
  EXPECT_EQ(clause("select 1 from t where a = 1 and (b or it)"), "FILTER");
  EXPECT_EQ(clause("select 1 from t group by it"), "AGGREGATE");
  EXPECT_EQ(clause("select 1 from t group by x having it"), "HAVING");
  EXPECT_EQ(clause("select 1 from t order by it"), "SORT");
  EXPECT_EQ(clause("select sum(a) over (order by it) from t"), "PROJECT");
  EXPECT_EQ(clause("select group_concat(a order by it) from t"), "AGGREGATE");
  EXPECT_EQ(clause("select 1 from (select 1 from u order by it) q where x"), "SORT");
  EXPECT_EQ(clause("select 1 from t join u on it = 1"), "JOIN");
  EXPECT_EQ(clause("select 1 from t where x in (select it from u)"), "PROJECT");
  EXPECT_EQ(clause("select (select max(x) from u where y), it from t"), "PROJECT");
  EXPECT_EQ(clause("insert into u values (it)"), "");
  EXPECT_EQ(clause("select it from t union select 1"), "PROJECT");
}

TEST(DorisErrors, NumbersOfDorisStay) {
  EXPECT_EQ(doris(wrong(1049, "Unknown database 'x'"), "use x"), "1049: Unknown database 'x'");
  EXPECT_EQ(doris(wrong(1049, "Unknown database 'x'"), "select * from x.t"),
            "1105: Database [x] does not exist.(line 1, pos 14)");
  EXPECT_EQ(doris(wrong(1062, "Duplicate entry '1' for key 'PRIMARY'"), "insert into t values (1)"),
            "1105: Duplicate entry '1' for key 'PRIMARY'(line 1, pos 22)");
  EXPECT_EQ(doris(wrong(5085, "Unknown catalog 'c'"), "switch c"), "5085: Unknown catalog 'c'");
  EXPECT_EQ(doris(Error(Code::kInternal, "a defect"), "select 1"), "1105: a defect");
}

TEST(DorisErrors, WhatTellsClientsToRepeatStays) {
  for (const int number : {1053, 1213, 1317, 1243}) {
    const Error error = as_doris(sql_error(Code::kConflict, number, "again"), text_of("select 1"), "");
    EXPECT_EQ(error.native_code(), number);
    EXPECT_EQ(error.message(), "again");
  }
  const Error busy = as_doris(Error(Code::kUnavailable, "no worker is free"), text_of("select 1"), "");
  EXPECT_EQ(busy.message(), "no worker is free");
  EXPECT_EQ(as_doris(wrong(1105, "x").with_retry(Retry::kBackoff), text_of(""), "").retry(), Retry::kBackoff);
}

TEST(DorisErrors, AreMadeOnce) {
  const Error once =
      as_doris(with_place(wrong(1054, "Unknown column 'a' in 'field list'"), 7), text_of("select a"), "");
  const Error twice = as_doris(once, text_of("select something else, a"), "");
  EXPECT_EQ(twice.message(), once.message());
  EXPECT_EQ(as_mysql(once).message(), "Unknown column 'a' in 'table list' in ONE_ROW_RELATION clause(line 1, pos 7)");
}

TEST(DorisErrors, PlacesOfOtherTextsAreNotTaken) {
  // Byte 3 of a view's text is none of this statement's.
  const Error error = with_place(sql_error(Code::kNotFound, 1054, "Unknown column 'hidden' in 'table list'"), 7);
  EXPECT_EQ(doris(error, "select x from v"), "1105: Unknown column 'hidden' in 'table list'");
  EXPECT_EQ(doris(with_place(sql_error(Code::kNotFound, 1146, "Table 'gone' doesn't exist"), 7), "select x from v"),
            "1105: Table [gone] does not exist in database [db].");
}

TEST(DorisErrors, PlaceOfACallIsItsName) {
  const std::string_view sql = "select upper(v), bitmap_count( (1) ) from t";
  const Error error = with_place(wrong(1105, "No matching function with signature: bitmap_count(INT)"), sql.find("1"));
  EXPECT_EQ(doris(error, sql),
            "1105: Can not find the compatibility function signature: bitmap_count(INT)(line 1, pos 17)");
  // By an alias, inside another call.
  const std::string_view inner = "select concat(ucase(1, 2))";
  EXPECT_EQ(doris(with_place(wrong(1105, "UPPER() takes 1 argument, not 2"), inner.find("1")), inner),
            "1105: Can not found function 'upper' which has 2 arity. It takes 1(line 1, pos 14)");
  // An operator begins with its first operand.
  const std::string_view sum = "select abs(a + 1)";
  EXPECT_EQ(doris(with_place(wrong(1105, "No matching function with signature: add(A, INT)"), 11), sum),
            "1105: Can not find the compatibility function signature: add(A, INT)(line 1, pos 11)");
}

TEST(DorisErrors, StartOfTheStatementInItsTextCounts) {
  TextPlace start;
  start.advance("select 1;\n  ");
  EXPECT_EQ(doris(with_place(wrong(1105, "x"), 4), "sel\nect", start), "1105: x(line 3, pos 0)");
  EXPECT_EQ(doris(with_place(wrong(1105, "x"), 2), "sel\nect", start), "1105: x(line 2, pos 4)");
  EXPECT_EQ(doris(with_place(wrong(1105, "nobody knows where"), kSomewhere), " select 1", start),
            "1105: nobody knows where(line 2, pos 3)");
}

TEST(DorisErrors, Timeouts) {
  const Error late = sql_error(Code::kDeadlineExceeded, 3024, "maximum statement execution time exceeded");
  EXPECT_EQ(doris(late, "select 1"), "1105: query is timeout, killed by timeout checker");
  EXPECT_EQ(doris(late, "insert into t select 1"), "5024: Execute timeout");
}

TEST(DorisErrors, HostileTexts) {
  for (const char* sql :
       {"", "'", "select 'open", "((((((", "))))", "select ) ( from", "/*", "select \xff\xfe", ";;"}) {
    for (const size_t place : {size_t{0}, size_t{1}, size_t{500}, kSomewhere}) {
      for (const char* message :
           {"Unknown column 'a.b' in 'field list'", "Unknown table ''", "x() takes 1 argument, not 2",
            "Invalid use of group function: one inside another", "'", "''", "[(", ""}) {
        for (const int number : {1054, 1109, 1105, 1111, 1064, 1146, 1055, 1052}) {
          static_cast<void>(as_doris(with_place(wrong(number, message), place), text_of(sql), ""));
        }
      }
    }
  }
}

}  // namespace
}  // namespace sluice::session
