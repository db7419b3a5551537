// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace sluice {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;

class LogTest : public testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::temp_directory_path() / ("sluice_log_test." + std::to_string(::getpid()));
  }
  void TearDown() override {
    log::shutdown();
    std::filesystem::remove(path_);
  }
  void configure(log::Format format, log::Level level = log::Level::kInfo, bool async = false) {
    ASSERT_TRUE(log::configure({.level = level, .format = format, .file = path_, .async = async}));
  }
  std::vector<std::string> lines() {
    std::ifstream in(path_);
    std::vector<std::string> all;
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
  }
  std::filesystem::path path_;
};

TEST_F(LogTest, Text) {
  configure(log::Format::kText);
  log::info("connection opened", {{"peer", "127.0.0.1:5"},
                                  {"id", 42},
                                  {"ok", true},
                                  {"ratio", 0.5},
                                  {"took", std::chrono::microseconds(1500)},
                                  {"query", "SELECT 1\nFAKE LINE"}});
  auto all = lines();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_THAT(all[0], MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{6}Z INFO  connection opened .*"));
  EXPECT_THAT(all[0],
              EndsWith("peer=127.0.0.1:5 id=42 ok=true ratio=0.5 took_ms=1.500 query=\"SELECT 1\\nFAKE LINE\""));
}

TEST_F(LogTest, Json) {
  configure(log::Format::kJson);
  log::TraceIdScope scope("4bf92f3577b34da6a3ce929d0e0e4736");
  log::warn("odd \"input\"", {{"text", std::string("\x01\xff\xc3\xa9\\")},
                              {"n", uint64_t{18446744073709551615u}},
                              {"nan", 0.0 / 0.0},
                              {"error", Error(Code::kNotFound, "no such table")}});
  auto all = lines();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_THAT(
      all[0],
      HasSubstr("\"level\":\"warn\",\"message\":\"odd "
                "\\\"input\\\"\",\"text\":\"\\u0001\\ufffd\xc3\xa9\\\\\",\"n\":18446744073709551615,\"nan\":null"));
  EXPECT_THAT(all[0],
              EndsWith("\"error\":\"no such "
                       "table\",\"error_code\":\"not_found\",\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\"}"));
}

TEST_F(LogTest, LevelsAreObeyed) {
  configure(log::Format::kText, log::Level::kWarn);
  log::info("quiet");
  log::warn("loud");
  log::set_level(log::Level::kOff);
  log::error("silent");
  EXPECT_EQ(lines().size(), 1u);
  EXPECT_EQ(*log::parse_level("debug"), log::Level::kDebug);
  EXPECT_FALSE(log::parse_level("loud"));
  EXPECT_EQ(*log::parse_format("json"), log::Format::kJson);
  EXPECT_FALSE(log::parse_format("xml"));
}

TEST_F(LogTest, AsyncWritesEverythingByShutdown) {
  configure(log::Format::kText, log::Level::kInfo, true);
  for (int i = 0; i < 1000; ++i) log::info("line", {{"i", i}});
  log::shutdown();
  EXPECT_EQ(lines().size(), 1000u);
}

TEST_F(LogTest, UnwritableFileIsAnError) {
  auto status = log::configure({.file = "/dev/null/x.log"});
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message(), HasSubstr("/dev/null/x.log"));
}

TEST_F(LogTest, RateLimitCountsWhatItLeavesOut) {
  configure(log::Format::kText);
  log::RateLimit limit(std::chrono::milliseconds(50), 2);
  for (int i = 0; i < 10; ++i) limit.warn("flood");
  std::this_thread::sleep_for(std::chrono::milliseconds(60));
  limit.warn("flood");
  auto all = lines();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_THAT(all[2], EndsWith("flood (8 like it were left out before)"));
}

}  // namespace
}  // namespace sluice
