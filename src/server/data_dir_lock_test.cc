// SPDX-License-Identifier: Apache-2.0
#include "server/data_dir_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

namespace sluice::server {
namespace {

TEST(DataDirLock, SecondOwnerIsToldWhoHasIt) {
  std::string pattern = (std::filesystem::temp_directory_path() / "sluice-lock-XXXXXX").string();
  const std::filesystem::path parent = ::mkdtemp(pattern.data());
  const auto directory = parent / "made" / "on the way";
  {
    auto first = DataDirLock::acquire(directory);
    ASSERT_TRUE(first) << first.error().message();
    EXPECT_EQ(std::filesystem::status(directory).permissions(), std::filesystem::perms::owner_all);
    const auto second = DataDirLock::acquire(directory);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code(), Code::kFailedPrecondition);
    EXPECT_THAT(second.error().message(), testing::HasSubstr("process " + std::to_string(::getpid())));
    EXPECT_THAT(second.error().message(), testing::HasSubstr("--data-dir"));
  }
  EXPECT_TRUE(DataDirLock::acquire(directory));
  EXPECT_FALSE(DataDirLock::acquire("/proc/no such directory"));
  std::filesystem::remove_all(parent);
}

}  // namespace
}  // namespace sluice::server
