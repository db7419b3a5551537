// SPDX-License-Identifier: Apache-2.0
#include "session/variables.h"

#include <gtest/gtest.h>

#include "session/variables_values.h"

namespace sluice::session {
namespace {

using dialect::VariableScope;

template <typename T>
int native(const Result<T>& result) {
  return result ? 0 : result.error().native_code();
}
std::string text(const SessionVariables& variables, std::string_view name) {
  const auto id = *find_variable(name);
  return to_text(definition(id), variables.get(id));
}

TEST(VariableTable, EveryDefaultFitsItsVariable) {
  for (const auto& variable : variable_table()) {
    const auto value = coerce(variable, std::string(variable.default_text));
    ASSERT_TRUE(value) << variable.name << ": " << value.error().message();
    EXPECT_EQ(value->warning, "") << variable.name;
    EXPECT_EQ(to_text(variable, value->value), variable.default_text) << variable.name;
    if (!variable.twin.empty()) EXPECT_TRUE(find_variable(variable.twin)) << variable.name;
  }
}

TEST(VariableTable, FindsNamesInAnyCaseAndWithDorisPrefixes) {
  EXPECT_EQ(definition(*find_variable("Query_Timeout")).name, "query_timeout");
  EXPECT_EQ(definition(*find_variable("enable_parallel_scan")).name, "experimental_enable_parallel_scan");
  EXPECT_EQ(definition(*find_variable("experimental_enable_nereids_planner")).name, "enable_nereids_planner");
  EXPECT_EQ(definition(*find_variable("enable_local_exchange")).name, "deprecated_enable_local_exchange");
  EXPECT_EQ(native(find_variable("no_such")), 1193);
  EXPECT_EQ(native(find_variable("")), 1193);
}

TEST(SessionVariables, SetFollowsMysqlsRules) {
  GlobalVariables globals;
  SessionVariables session(globals);
  EXPECT_EQ(native(session.set("nope", int64_t{1})), 1193);
  EXPECT_EQ(native(session.set("version", std::string("8"))), 1238);
  EXPECT_EQ(native(session.set("query_cache_size", int64_t{1})), 1229);
  EXPECT_EQ(native(session.set("autocommit", std::string("maybe"))), 1231);
  EXPECT_EQ(native(session.set("autocommit", int64_t{2})), 1231);
  EXPECT_EQ(native(session.set("query_timeout", std::string("soon"))), 1232);
  EXPECT_EQ(native(session.set("query_timeout", 1.5)), 1232);
  EXPECT_EQ(native(session.set("query_timeout", VariableValue())), 1231);
  EXPECT_EQ(native(session.set("transaction_isolation", std::string("x"))), 1231);
  EXPECT_EQ(native(session.set("sql_mode", std::string("ANSI_QUOTES,BOGUS"))), 1231);
  EXPECT_EQ(native(session.set("time_zone", std::string("+25:00"))), 1298);
  EXPECT_EQ(native(session.set("character_set_client", std::string("klingon"))), 1115);
  EXPECT_EQ(native(session.set("collation_connection", std::string("klingon_ci"))), 1273);
  EXPECT_EQ(native(globals.set("last_insert_id", int64_t{1})), 1228);
  EXPECT_EQ(native(globals.set("port", int64_t{1})), 1238);
}

TEST(SessionVariables, BooleansTakeAllSpellings) {
  GlobalVariables globals;
  SessionVariables session(globals);
  for (const VariableValue& off : {VariableValue("OFF"), VariableValue("off"), VariableValue("FALSE"),
                                   VariableValue(false), VariableValue(int64_t{0}), VariableValue("0")}) {
    ASSERT_TRUE(session.set("autocommit", true));
    ASSERT_TRUE(session.set("autocommit", off));
    EXPECT_FALSE(session.autocommit());
  }
  EXPECT_EQ(text(session, "autocommit"), "false");
  ASSERT_TRUE(session.set("foreign_key_checks", int64_t{0}));
  EXPECT_EQ(text(session, "foreign_key_checks"), "OFF");
}

TEST(SessionVariables, NumbersAreClampedWithAWarning) {
  GlobalVariables globals;
  SessionVariables session(globals);
  const auto result = session.set("net_write_timeout", int64_t{0});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->warning, "Truncated incorrect net_write_timeout value: '0'");
  EXPECT_EQ(text(session, "net_write_timeout"), "1");
  EXPECT_EQ(session.set("query_timeout", std::string("30"))->warning, "");
  EXPECT_EQ(session.query_timeout(), std::chrono::seconds(30));
  ASSERT_TRUE(session.set("sql_select_limit", from_kernel(duckdb::Value::UBIGINT(UINT64_MAX))));
  EXPECT_EQ(session.sql_select_limit(), UINT64_MAX);
}

TEST(SessionVariables, CompanionsChangeTogether) {
  GlobalVariables globals;
  SessionVariables session(globals);
  ASSERT_TRUE(session.set("tx_isolation", std::string("read-committed")));
  EXPECT_EQ(text(session, "transaction_isolation"), "READ-COMMITTED");
  ASSERT_TRUE(session.set("max_execution_time", int64_t{1500}));
  EXPECT_EQ(text(session, "query_timeout"), "2");
  EXPECT_EQ(session.query_timeout(), std::chrono::milliseconds(1500));
  ASSERT_TRUE(session.set("character_set_connection", std::string("latin1")));
  EXPECT_EQ(text(session, "collation_connection"), "latin1_swedish_ci");
  ASSERT_TRUE(session.set("collation_connection", std::string("utf8mb4_0900_ai_ci")));
  EXPECT_EQ(text(session, "character_set_connection"), "utf8mb4");
  ASSERT_TRUE(session.set("character_set_results", VariableValue()));
  EXPECT_EQ(text(session, "character_set_results"), "");
  EXPECT_EQ(native(session.set("character_set_client", VariableValue())), 1231);
}

TEST(SessionVariables, GlobalChangesReachNewSessionsOnly) {
  GlobalVariables globals;
  SessionVariables before(globals);
  ASSERT_TRUE(globals.set("wait_timeout", int64_t{60}));
  ASSERT_TRUE(globals.set("query_cache_size", int64_t{77}));
  SessionVariables after(globals);
  EXPECT_EQ(before.wait_timeout(), std::chrono::seconds(28800));
  EXPECT_EQ(after.wait_timeout(), std::chrono::seconds(60));
  EXPECT_EQ(text(before, "query_cache_size"), "77");  // one value for all
  ASSERT_TRUE(before.set_default("wait_timeout"));
  EXPECT_EQ(before.wait_timeout(), std::chrono::seconds(60));
  ASSERT_TRUE(globals.set_default("wait_timeout"));
  EXPECT_EQ(to_text(definition(*find_variable("wait_timeout")), globals.get(*find_variable("wait_timeout"))), "28800");
}

TEST(SessionVariables, ReadsByScope) {
  GlobalVariables globals;
  SessionVariables session(globals);
  ASSERT_TRUE(session.set("wait_timeout", int64_t{5}));
  EXPECT_EQ(std::get<int64_t>(*session.get("wait_timeout", VariableScope::kSession)), 5);
  EXPECT_EQ(std::get<int64_t>(*session.get("wait_timeout", std::nullopt)), 5);
  EXPECT_EQ(std::get<int64_t>(*session.get("wait_timeout", VariableScope::kGlobal)), 28800);
  EXPECT_EQ(native(session.get("insert_id", VariableScope::kGlobal)), 1238);
  EXPECT_EQ(native(session.get("port", VariableScope::kSession)), 1238);
  EXPECT_EQ(std::get<int64_t>(*session.get("port", std::nullopt)), 9030);
}

TEST(SessionVariables, TheHookSeesAndRefuses) {
  GlobalVariables globals;
  std::vector<std::string> seen;
  SessionVariables session(globals, [&](const VariableDefinition& variable, const VariableValue& value) -> Status {
    if (variable.kind == VariableKind::kTimeZone && std::get<std::string>(value) == "Mars/Olympus") {
      return fail(sql_error(Code::kInvalidArgument, 1298, "no"));
    }
    seen.push_back(std::string(variable.name) + "=" + to_text(variable, value));
    return {};
  });
  EXPECT_EQ(native(session.set("time_zone", std::string("Mars/Olympus"))), 1298);
  EXPECT_EQ(session.time_zone(), "Etc/UTC");
  ASSERT_TRUE(session.set("time_zone", std::string("+8:00")));
  EXPECT_EQ(session.time_zone(), "+08:00");
  const auto version = session.version();
  session.reset();
  EXPECT_GT(session.version(), version);
  EXPECT_EQ(seen, (std::vector<std::string>{"time_zone=+08:00", "time_zone=Etc/UTC"}));
}

TEST(SessionVariables, ListsChanges) {
  GlobalVariables globals;
  globals.establish("port", int64_t{3333});
  SessionVariables session(globals);
  ASSERT_TRUE(session.set("sql_mode", std::string("no_backslash_escapes")));
  size_t changed = 0;
  for (const auto& row : session.list()) {
    changed += row.changed;
    if (row.name == "sql_mode") EXPECT_EQ(row.value, "NO_BACKSLASH_ESCAPES");
    if (row.name == "port") EXPECT_EQ(row.value + row.default_value, "33333333");
  }
  EXPECT_EQ(changed, 1u);
  EXPECT_EQ(session.list().size(), variable_table().size());
  EXPECT_LT(globals.list().size(), variable_table().size());
}

TEST(SqlMode, ParsesAndNormalises) {
  EXPECT_EQ(sql_mode_text(*parse_sql_mode(" ansi_quotes , strict_trans_tables,")), "ANSI_QUOTES,STRICT_TRANS_TABLES");
  const auto ansi = *parse_sql_mode("ANSI");
  EXPECT_TRUE(ansi & kAnsiQuotes);
  EXPECT_TRUE(ansi & kPipesAsConcat);
  EXPECT_FALSE(ansi & kNoBackslashEscapes);
  EXPECT_EQ(sql_mode_text(ansi), "REAL_AS_FLOAT,PIPES_AS_CONCAT,ANSI_QUOTES,IGNORE_SPACE,ONLY_FULL_GROUP_BY,ANSI");
  GlobalVariables globals;
  SessionVariables session(globals);
  ASSERT_TRUE(session.set("sql_mode", int64_t{1 << 20}));
  EXPECT_EQ(session.sql_modes(), kNoBackslashEscapes);
}

TEST(TimeZone, Normalises) {
  EXPECT_EQ(normalise_time_zone("system"), "SYSTEM");
  EXPECT_EQ(normalise_time_zone("-0:30"), "-00:30");
  EXPECT_EQ(normalise_time_zone("+14:00"), "+14:00");
  EXPECT_EQ(normalise_time_zone("Asia/Shanghai"), "Asia/Shanghai");
  for (const char* bad : {"", "+14:01", "+1", "+1:5", "+a:00", "a b", "'", "+00:60"})
    EXPECT_EQ(normalise_time_zone(bad), std::nullopt) << bad;
}

TEST(SessionVariables, CostsLittleMemory) { EXPECT_LE(sizeof(SessionVariables), 112u); }

}  // namespace
}  // namespace sluice::session
