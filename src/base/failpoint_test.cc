// SPDX-License-Identifier: Apache-2.0
#include "base/failpoint.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>

namespace sluice {
namespace {

class FailpointTest : public testing::Test {
 protected:
  void TearDown() override { failpoint::clear(); }
};

Status step() {
  if (auto fault = FAILPOINT("test.step")) return fail(std::move(*fault));
  return {};
}

TEST_F(FailpointTest, OffByDefault) {
  EXPECT_FALSE(failpoint::detail::any_enabled);
  EXPECT_TRUE(step());
}

TEST_F(FailpointTest, ScopedErrorEndsWithItsScope) {
  {
    failpoint::ScopedFailpoint scoped("test.step", "error(disk; on fire)");
    auto status = step();
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().message(), "disk; on fire");
    EXPECT_EQ(scoped.hits(), 1u);
  }
  EXPECT_TRUE(step());
  EXPECT_FALSE(failpoint::detail::any_enabled);
}

TEST_F(FailpointTest, NthHitOnly) {
  ASSERT_TRUE(failpoint::configure("test.step=error@2"));
  EXPECT_TRUE(step());
  EXPECT_FALSE(step());
  EXPECT_TRUE(step());
  EXPECT_EQ(failpoint::hits("test.step"), 3u);
}

TEST_F(FailpointTest, FromTheNthHitOn) {
  ASSERT_TRUE(failpoint::configure(" other=sleep(1) ; test.step = error@3+ ;"));
  EXPECT_TRUE(step());
  EXPECT_TRUE(step());
  EXPECT_FALSE(step());
  EXPECT_FALSE(step());
  ASSERT_TRUE(failpoint::configure("test.step=off"));
  EXPECT_TRUE(step());
}

TEST_F(FailpointTest, SleepWaits) {
  ASSERT_TRUE(failpoint::configure("test.step=sleep(30)"));
  auto began = std::chrono::steady_clock::now();
  EXPECT_TRUE(step());
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(30));
}

TEST_F(FailpointTest, CrashEndsTheProcess) {
  EXPECT_EXIT(
      {
        (void)failpoint::configure("test.step=crash");
        (void)step();
      },
      testing::ExitedWithCode(137), "");
}

TEST_F(FailpointTest, MalformedSpecificationsChangeNothing) {
  for (auto text : {"nothing", "=error", "a=b", "a=sleep", "a=sleep(x)", "a=error@0", "a=error@x", "a=error(",
                    "a=crash(1)", "ok=error;bad"}) {
    auto status = failpoint::configure(text);
    ASSERT_FALSE(status) << text;
    EXPECT_EQ(status.error().code(), Code::kInvalidArgument);
  }
  EXPECT_FALSE(failpoint::detail::any_enabled);
}

TEST_F(FailpointTest, Environment) {
  ::setenv("SLUICE_FAILPOINTS", "test.step=error", 1);
  EXPECT_TRUE(failpoint::configure_from_environment());
  ::unsetenv("SLUICE_FAILPOINTS");
  EXPECT_FALSE(step());
  EXPECT_TRUE(failpoint::configure_from_environment());
}

}  // namespace
}  // namespace sluice
