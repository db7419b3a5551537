// SPDX-License-Identifier: Apache-2.0
#include "server/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace sluice::server {
namespace {

using testing::HasSubstr;

class SettingsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "sluice-settings-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::filesystem::path write(const std::string& text) {
    const auto file = directory_ / "sluice.toml";
    std::ofstream(file) << text;
    return file;
  }
  Result<Settings> load(const std::string& toml, std::map<std::string, std::string> environment = {},
                        std::map<std::string, std::string> flags = {}) {
    return Settings::load(
        {.file = write(toml), .search_files = false, .environment = std::move(environment), .flags = std::move(flags)});
  }
  std::string problems(const std::string& toml, std::map<std::string, std::string> environment = {},
                       std::map<std::string, std::string> flags = {}) {
    const auto settings = load(toml, std::move(environment), std::move(flags));
    return settings ? "" : settings.error().message();
  }

  std::filesystem::path directory_;
};

TEST_F(SettingsTest, DefaultsAreValidAndDocumented) {
  const auto settings = load("");
  ASSERT_TRUE(settings) << settings.error().message();
  EXPECT_EQ(settings->integer("mysql.port"), 9030);
  EXPECT_EQ(settings->integer("http.port"), 8030);
  EXPECT_EQ(settings->bytes("limits.max_statement"), 64u << 20);
  EXPECT_EQ(settings->duration("sql.query_timeout"), std::chrono::minutes(15));
  EXPECT_EQ(settings->list("mysql.listen"), std::vector<std::string>{"*"});
  EXPECT_TRUE(settings->list("files.allowed_roots").empty());
  EXPECT_EQ(settings->origin("mysql.port"), "default");
  std::set<std::string> names;
  for (const auto& setting : setting_table()) {
    EXPECT_FALSE(setting.doc.empty()) << setting.key;
    EXPECT_TRUE(names.insert(environment_name(setting.key)).second) << setting.key;
  }
}

TEST_F(SettingsTest, FlagsWinOverEnvironmentOverFileOverDefault) {
  const std::string toml = "[mysql]\nport = 1\n[http]\nport = 2\nenabled = true\n[log]\nlevel = \"debug\"\n";
  const auto settings = load(toml, {{"SLUICE_HTTP_PORT", "3"}, {"SLUICE_LOG_LEVEL", "warn"}}, {{"log.level", "error"}});
  ASSERT_TRUE(settings) << settings.error().message();
  EXPECT_EQ(settings->integer("mysql.port"), 1);
  EXPECT_EQ(settings->integer("http.port"), 3);
  EXPECT_EQ(settings->text("log.level"), "error");
  EXPECT_THAT(settings->origin("mysql.port"), HasSubstr("sluice.toml:2"));
  EXPECT_EQ(settings->origin("http.port"), "SLUICE_HTTP_PORT");
  EXPECT_EQ(settings->origin("log.level"), "--log-level");
}

TEST_F(SettingsTest, UnknownKeysAreRefusedWithAGuessAndTheirPlace) {
  EXPECT_THAT(problems("[mysql]\n\nprot = 1\n"),
              HasSubstr("sluice.toml:3: unknown setting 'mysql.prot': did you mean 'mysql.port'?"));
  EXPECT_THAT(problems("[mysl]\nport = 1\n"), HasSubstr("did you mean 'mysql.port'?"));
  EXPECT_THAT(problems("memory_limit = \"1GiB\"\n"), HasSubstr("did you mean 'kernel.memory_limit'?"));
  EXPECT_THAT(problems("zzzzzzzzzz = 1\n"), HasSubstr("sluice config --example"));
  EXPECT_THAT(problems("[mysql.port]\nx = 1\n"),
              HasSubstr("unknown setting 'mysql.port.x': did you mean 'mysql.port'?"));
  const auto settings = load("", {{"SLUICE_MYSQL_PROT", "1"}, {"SLUICE_DEPS", "/x"}});
  ASSERT_TRUE(settings);
  ASSERT_EQ(settings->warnings().size(), 1u);
  EXPECT_THAT(settings->warnings()[0], HasSubstr("SLUICE_MYSQL_PORT"));
}

TEST_F(SettingsTest, AllProblemsAreToldAtOnce) {
  const auto text = problems("[mysql]\nport = 70000\n[tls]\nmode = \"maybe\"\ncert = \"c.pem\"\n",
                             {{"SLUICE_SQL_QUERY_TIMEOUT", "soon"}});
  EXPECT_THAT(text, HasSubstr("sluice.toml:2: '70000' is not a value for mysql.port: expected between 0 and 65535"));
  EXPECT_THAT(text, HasSubstr("one of off, optional, required"));
  EXPECT_THAT(text, HasSubstr("SLUICE_SQL_QUERY_TIMEOUT: 'soon' is not a value"));
  EXPECT_THAT(text, HasSubstr("tls.cert and tls.key belong together"));
}

TEST_F(SettingsTest, BrokenFilesNameTheLine) {
  EXPECT_THAT(problems("[mysql]\nport = = 3\n"), HasSubstr("sluice.toml:2: "));
  EXPECT_THAT(problems("[mysql]\nport = [1, 2]\n"), HasSubstr("takes one value"));
  EXPECT_THAT(problems("[mysql]\nlisten = [[1], 2]\n"), HasSubstr("takes a list"));
  const auto missing =
      Settings::load({.file = directory_ / "none.toml", .search_files = false, .environment = {}, .flags = {}});
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message(), HasSubstr("none.toml"));
}

TEST_F(SettingsTest, ValuesHaveUnits) {
  const auto settings = load(
      "[limits]\nmax_packet = 1048576\nmax_statement = \"1.5MiB\"\n[kernel]\nmemory_limit = \"50%\"\n[otlp]\nsample = "
      "0.5\n",
      {{"SLUICE_FILES_ALLOWED_ROOTS", " /a , /b "}}, {{"audit.rotate_size", "2gb"}});
  ASSERT_TRUE(settings) << settings.error().message();
  EXPECT_EQ(settings->bytes("limits.max_packet"), 1048576u);
  EXPECT_EQ(settings->bytes("limits.max_statement"), 1572864u);
  EXPECT_EQ(settings->bytes("audit.rotate_size"), 2'000'000'000u);
  EXPECT_NEAR(static_cast<double>(settings->bytes("kernel.memory_limit")),
              static_cast<double>(available_memory_bytes()) / 2, 1e6);
  EXPECT_EQ(settings->list("files.allowed_roots"), (std::vector<std::string>{"/a", "/b"}));
  EXPECT_DOUBLE_EQ(settings->ratio("otlp.sample"), 0.5);
}

TEST(SettingsValues, SizesAndDurations) {
  EXPECT_EQ(parse_size("512MiB"), 512 << 20);
  EXPECT_EQ(parse_size("64k"), 65536);
  EXPECT_EQ(parse_size("1 kb"), 1000);
  EXPECT_EQ(parse_size("0"), 0);
  for (const char* bad : {"", "x", "-1", "1x", "1e300", "99999999999TiB", "nan", "inf"})
    EXPECT_EQ(parse_size(bad), std::nullopt) << bad;
  EXPECT_EQ(parse_duration_ms("30s"), 30000);
  EXPECT_EQ(parse_duration_ms("1.5h"), 5400000);
  EXPECT_EQ(parse_duration_ms("500 ms"), 500);
  EXPECT_EQ(parse_duration_ms("0"), 0);
  for (const char* bad : {"", "30", "s", "-1s", "1y"}) EXPECT_EQ(parse_duration_ms(bad), std::nullopt) << bad;
  EXPECT_EQ(size_text(64 << 20), "64MiB");
  EXPECT_EQ(size_text(1000), "1000");
}

TEST_F(SettingsTest, WhatConfigPrintsCanBeReadAgain) {
  auto settings = load("data_dir = 'a \"quoted\" dir'\n",
                       {{"SLUICE_ACCESS_INITIAL_ROOT_PASSWORD", "hush"}, {"SLUICE_MYSQL_LISTEN", "::1,unix:/tmp/s"}});
  ASSERT_TRUE(settings) << settings.error().message();
  const std::string printed = settings->effective();
  EXPECT_THAT(printed, HasSubstr("port = 9030  # default"));
  EXPECT_THAT(printed, HasSubstr("SLUICE_MYSQL_LISTEN"));
  EXPECT_THAT(printed, testing::Not(HasSubstr("hush")));
  auto again = load(printed);
  ASSERT_TRUE(again) << again.error().message() << printed;
  EXPECT_EQ(again->text("data_dir"), "a \"quoted\" dir");
  EXPECT_EQ(again->list("mysql.listen"), (std::vector<std::string>{"::1", "unix:/tmp/s"}));

  std::string example = Settings::example();
  ASSERT_TRUE(load(example));
  // Every line that is commented out is a valid setting.
  std::string uncommented;
  std::istringstream lines(example);
  for (std::string line; std::getline(lines, line);) {
    const size_t equals = line.find(" = ");
    const bool is_setting = line.starts_with("# ") && equals != std::string::npos && line.find(' ', 2) == equals;
    uncommented += (is_setting ? line.substr(2) : line) + "\n";
  }
  auto all = load(uncommented);
  ASSERT_TRUE(all) << all.error().message();
  for (const auto& setting : setting_table())
    EXPECT_THAT(all->origin(setting.key), HasSubstr("sluice.toml")) << setting.key;
}

TEST(SettingsExample, TheCheckedInFileIsTheOneThatConfigPrints) {
  std::ifstream file(std::filesystem::path(__FILE__).parent_path() / "../../deploy/sluice.example.toml");
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), Settings::example()) << "make it anew: sluice config --example > deploy/sluice.example.toml";
}

}  // namespace
}  // namespace sluice::server
