// SPDX-License-Identifier: Apache-2.0
// What a wrong statement's sender reads, and statements made to hurt the parser.
#include <pthread.h>

#include <chrono>

#include "dialect/kernel_for_tests.h"

namespace sluice::dialect {
namespace {

constexpr const char* kPrefix = "You have an error in your SQL syntax: ";

std::string repeated(std::string_view text, size_t count) {
  std::string result;
  result.reserve(text.size() * count);
  for (size_t i = 0; i < count; ++i) result += text;
  return result;
}

TEST(Errors, SayWhatWasExpectedAndWhere) {
  EXPECT_EQ(error_of("selec 1"),
            std::string(kPrefix) +
                "expected a statement like SELECT, INSERT, CREATE, SHOW or SET near 'selec 1' at line 1, position 1");
  EXPECT_EQ(error_of("select 1 from t where (a = 1"),
            std::string(kPrefix) + "expected ')' at the end of the statement at line 1, position 29");
  EXPECT_EQ(
      error_of("select a,\n  from t"),
      std::string(kPrefix) + "expected an expression; 'from' is a reserved word near 'from t' at line 2, position 3");
  EXPECT_EQ(
      error_of("select 'ä', from"),
      std::string(kPrefix) + "expected an expression; 'from' is a reserved word near 'from' at line 1, position 13");
  EXPECT_EQ(
      error_of("select * from order"),
      std::string(kPrefix) +
          "expected a table name; 'order' is a reserved word and needs backticks near 'order' at line 1, position 15");
  EXPECT_EQ(error_of("select 1 1"),
            std::string(kPrefix) + "expected the end of the statement near '1' at line 1, position 10");
  EXPECT_EQ(error_of("select 'abc"),
            std::string(kPrefix) + "a string that begins with ' has no end near ''abc' at line 1, position 8");
  EXPECT_EQ(error_of("select format(1)"),
            std::string(kPrefix) + "FORMAT() takes 2 to 3 arguments, not 1 near 'format(1)' at line 1, position 8");
  EXPECT_EQ(error_of("select 1 limit x"),
            std::string(kPrefix) + "expected a number of rows near 'x' at line 1, position 16");
  EXPECT_EQ(error_of("create table t (a foo)"),
            std::string(kPrefix) + "'foo' is not a type near 'foo)' at line 1, position 19");
  EXPECT_EQ(error_of(""), "Query was empty");
  EXPECT_EQ(error_of("-- nothing"), "Query was empty");
}

TEST(Errors, NameWhatIsNotSupported) {
  EXPECT_EQ(error_of("select 1 into dumpfile 'x'"), "This version does not support SELECT .. INTO DUMPFILE");
  EXPECT_EQ(error_of("select * from t tablet (5)"), "This version does not support TABLET (..) after a table name");
  EXPECT_EQ(error_of("select compress('a')"), "This version does not support the function COMPRESS()");
  EXPECT_EQ(parse("select 1 into dumpfile 'x'", options_for_tests()).error().native_code(), 1235);
}

TEST(Errors, UnknownVariableAndNoSession) {
  auto statement = parse("select @@no_such_variable", options_for_tests());
  ASSERT_FALSE(statement);
  EXPECT_EQ(statement.error().native_code(), 1193);
  EXPECT_EQ(
      error_of("select user()", {}),
      std::string(kPrefix) +
          "variables and session functions have no value here at the end of the statement at line 1, position 14");
}

TEST(Errors, NearTextEndsAtACharacter) {
  std::string message = error_of("select ) " + repeated("ä", 100));
  EXPECT_NE(message.find("ä...'"), std::string::npos) << message;
}

// Parses on a thread with this much stack: an error, and no crash.
std::string error_on_stack(const std::string& sql, size_t bytes) {
  struct Job {
    const std::string& sql;
    std::string error;
  } job{sql, {}};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, bytes);
  pthread_t thread;
  auto work = [](void* argument) -> void* {
    auto* job = static_cast<Job*>(argument);
    job->error = error_of(job->sql);
    return nullptr;
  };
  EXPECT_EQ(pthread_create(&thread, &attributes, work, &job), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  return job.error;
}

class DeepStatement : public ::testing::TestWithParam<const char*> {};

TEST_P(DeepStatement, IsRefusedOnAnyStack) {
  std::string sql = std::string(GetParam());
  size_t gap = sql.find("..");
  std::string deep = sql.substr(0, sql.find('{')) +
                     repeated(sql.substr(sql.find('{') + 1, gap - sql.find('{') - 1), 10000) + sql.substr(gap + 2);
  for (size_t bytes : {size_t{256} << 10, size_t{8} << 20}) {
    EXPECT_NE(error_on_stack(deep, bytes).find("the statement is nested too deeply"), std::string::npos) << sql;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Forms, DeepStatement,
    ::testing::Values("select {(..1", "{(..select 1", "select * from {(..t", "select * from {(..select 1",
                      "select {(select ..1", "select * from {(select * from ..t", "select {abs(..1",
                      "select {case when ..1", "select {cast(..1", "select {not ..1", "select {-(..1", "select {- ..1",
                      "select {~..1", "select {!..1", "select {[..1", "select {binary ..1", "select {interval ..1",
                      "select a{[0]..", "select 1{+1..", "select 1{ is null..", "select 1{ = 1..",
                      "select a{ between 1 and 2..", "select 1{ xor 1..", "create table t (a {array<..int",
                      "create table t (a {struct<b:..int", "select 1 group by {rollup(..1",
                      "select 1 group by {grouping sets(..1", "select 1{ union select 1 except select 2..",
                      "select * from t{, t..", "select * from t{ join t on 1..", "with a as {(with a as ..",
                      "insert into t values ({(..", "select sum(1) over (order by {(..",
                      "select exists {(select exists ..", "set @a = {(..1", "select {{{..1"));

TEST(BigStatements, AreReadInLinearTime) {
  auto milliseconds = [](const std::string& sql) {
    auto start = std::chrono::steady_clock::now();
    auto statement = parse(sql, options_for_tests());
    EXPECT_TRUE(statement) << statement.error().message();
    auto time = std::chrono::steady_clock::now() - start;
    return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  };
  constexpr int64_t kGenerous = 20000;  // on a busy machine with sanitizers
  EXPECT_LT(milliseconds("select * from t where a in (1" + repeated(", 12345", 100000) + ")"), kGenerous);
  EXPECT_LT(milliseconds("insert into t values (1, 'a')" + repeated(", (123456, 'some text')", 400000)), kGenerous);
  EXPECT_LT(milliseconds("select '" + std::string(10'000'000, 'x') + "'"), kGenerous);
  EXPECT_LT(milliseconds("select 1 where a = 1" + repeated(" and a = 1", 100000)), kGenerous);
  EXPECT_LT(milliseconds("select 1 where a = 1" + repeated(" or a = 1", 100000)), kGenerous);
  EXPECT_LT(milliseconds("select 1" + repeated(" union all select 1", 20000)), kGenerous);
  EXPECT_LT(milliseconds("select 1 /*" + std::string(10'000'000, ' ') + "*/"), kGenerous);
}

TEST(BigStatements, RunInTheKernel) {
  KernelForTests kernel;
  EXPECT_EQ(kernel.run("select 5 in (1" + repeated(", 5", 100000) + ")"), "true");
  EXPECT_EQ(kernel.run("select 1" + repeated(" and 1", 20000)), "true");
  EXPECT_EQ(kernel.run("select " + repeated("(", 200) + "1" + repeated(")", 200)), "1");
  EXPECT_EQ(kernel.run("select count(*) from (select 1 x" + repeated(" union all select 1", 2000) + ") t"), "2001");
}

}  // namespace
}  // namespace sluice::dialect
