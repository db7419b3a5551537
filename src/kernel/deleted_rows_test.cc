// SPDX-License-Identifier: Apache-2.0
#include "kernel/deleted_rows.h"

#include <gtest/gtest.h>

#include "kernel/connection.h"
#include "kernel/host.h"

namespace sluice::kernel {
namespace {

Result<int64_t> number(Connection& connection, const std::string& sql) {
  duckdb::Parser parser;
  parser.ParseQuery(sql);
  auto answer = TRY(connection.run(std::move(parser.statements.at(0)), {}));
  if (answer->return_type() != duckdb::StatementReturnType::QUERY_RESULT) return 0;
  auto* chunk = TRY(answer->next());
  return chunk->GetValue(0, 0).GetValue<int64_t>();
}

TEST(DeletedRows, OldOnesAndTooManyAreForgotten) {
  auto host = Host::open({});
  ASSERT_TRUE(host);
  auto connection = (*host)->connect();
  ASSERT_TRUE(connection);
  const auto add = [&](int64_t rows, const std::string& age) {
    ASSERT_TRUE(number(**connection,
                       "INSERT INTO internal.__sluice.deleted_rows SELECT 'a', 'k'::BLOB, 's'::BLOB, "
                       "make_timestamp(epoch_us(current_timestamp)) - INTERVAL (" +
                           age + ") FROM range(" + std::to_string(rows) + ") t(i)"));
  };
  add(3, "'8 days'");
  add(5, "'6 days'");
  ASSERT_TRUE(number(**connection, forget_old_deletions()));
  EXPECT_EQ(number(**connection, "SELECT count(*) FROM internal.__sluice.deleted_rows").value_or(-1), 5);
  add(kMostKept, "'1 hour'");
  ASSERT_TRUE(number(**connection, forget_old_deletions()));
  EXPECT_EQ(number(**connection, "SELECT count(*) FROM internal.__sluice.deleted_rows").value_or(-1), kMostKept);
  ASSERT_TRUE(number(**connection, forget_deleted("b'")));
  EXPECT_EQ(number(**connection, "SELECT count(*) FROM internal.__sluice.deleted_rows").value_or(-1), kMostKept);
  ASSERT_TRUE(number(**connection, forget_deleted("a")));
  EXPECT_EQ(number(**connection, "SELECT count(*) FROM internal.__sluice.deleted_rows").value_or(-1), 0);
}

TEST(DeletedRows, AnIdentityIsNewEachTime) {
  TableModel one, other;
  EXPECT_EQ(remembers_deletions(one), nullptr);
  remember_deletions(one);
  remember_deletions(other);
  ASSERT_TRUE(remembers_deletions(one) && remembers_deletions(other));
  EXPECT_EQ(remembers_deletions(one)->size(), 32U);
  EXPECT_NE(*remembers_deletions(one), *remembers_deletions(other));
  ignore_deletions(one);
  EXPECT_EQ(remembers_deletions(one), nullptr);
}

}  // namespace
}  // namespace sluice::kernel
