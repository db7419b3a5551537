// SPDX-License-Identifier: Apache-2.0
#include "server/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "server/exit_codes.h"
#include "server/settings.h"

namespace sluice::server {
namespace {

using testing::HasSubstr;

struct Run {
  int exit_code = 0;
  std::string out;
  std::string err;
};

Run run(const std::vector<std::string>& arguments) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Run result;
  result.exit_code = run_command_line(arguments);
  std::fflush(stdout);
  result.out = testing::internal::GetCapturedStdout();
  result.err = testing::internal::GetCapturedStderr();
  return result;
}

class CommandLine : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "sluice-cli-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  std::filesystem::path directory_;
};

TEST_F(CommandLine, HelpHasExamplesAndExitCodes) {
  const auto nothing = run({});
  EXPECT_EQ(nothing.exit_code, kExitUsage);
  const auto help = run({"--help"});
  EXPECT_EQ(help.exit_code, kExitSuccess);
  EXPECT_EQ(help.out, nothing.out);
  EXPECT_THAT(help.out, HasSubstr("sluice serve --demo"));
  EXPECT_THAT(help.out, HasSubstr("Exit codes"));
  const auto serve = run({"serve", "--help"});
  EXPECT_EQ(serve.exit_code, kExitSuccess);
  EXPECT_THAT(serve.out, HasSubstr("--mysql-port"));
  EXPECT_THAT(serve.out, HasSubstr("[9030]"));
}

TEST_F(CommandLine, VersionNamesTheKernel) {
  EXPECT_THAT(run({"version"}).out, HasSubstr("DuckDB v1.5.5"));
  EXPECT_THAT(run({"--version"}).out, testing::StartsWith("sluice "));
}

TEST_F(CommandLine, MistakesAreExplained) {
  const auto f = [](const std::vector<std::string>& arguments, const char* text) {
    const auto result = run(arguments);
    EXPECT_EQ(result.exit_code, kExitUsage) << text;
    EXPECT_THAT(result.err, HasSubstr(text));
  };
  f({"serv"}, "did you mean 'serve'?");
  f({"serve", "--mysql-prot", "1"}, "did you mean '--mysql-port'?");
  f({"config", "--mysql-port", "70000"}, "--mysql-port: '70000' is not a value for mysql.port");
  f({"config", "--config", (directory_ / "none.toml").string()}, "none.toml");
  f({"generate", "tpcx"}, "tpcx");
  f({"generate", "tpch", "--data-dir", ""}, "data_dir is empty");
}

TEST_F(CommandLine, ConfigTellsWhereValuesComeFrom) {
  const auto file = directory_ / "my.toml";
  std::ofstream(file) << "[mysql]\nport = 1234\n";
  const auto result = run({"config", "-c", file.string(), "--http.port=5"});
  EXPECT_EQ(result.exit_code, kExitSuccess);
  EXPECT_THAT(result.out, HasSubstr("port = 1234  # " + file.string() + ":2"));
  EXPECT_THAT(result.out, HasSubstr("port = 5  # --http-port"));
  EXPECT_EQ(run({"config", "--example"}).out, Settings::example());
}

TEST_F(CommandLine, GenerateFillsADatabaseOnce) {
  const std::string data = (directory_ / "data").string();
  const auto made = run({"generate", "tpch", "--scale", "0.01", "--data-dir", data, "--quiet"});
  EXPECT_EQ(made.exit_code, kExitSuccess) << made.err;
  EXPECT_THAT(made.out, HasSubstr("8 tables with 86805 rows in the database tpch"));
  const auto again = run({"generate", "tpch", "--scale", "0.01", "--data-dir", data});
  EXPECT_EQ(again.exit_code, kExitFailure);
  EXPECT_THAT(again.err, HasSubstr("--replace"));
  EXPECT_EQ(run({"generate", "tpch", "--scale", "0.01", "--data-dir", data, "--replace"}).exit_code, kExitSuccess);
  EXPECT_THAT(run({"generate", "tpcds", "-s", "0.01", "-d", "other", "--data-dir", data}).out, HasSubstr("24 tables"));
}

}  // namespace
}  // namespace sluice::server
