// SPDX-License-Identifier: Apache-2.0
#include "session/audit.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace sluice::session {
namespace {

class AuditTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "sluice-audit-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    file_ = directory_ + "/audit.jsonl";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  static std::vector<std::string> lines(const std::string& file) {
    std::vector<std::string> all;
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
  }
  static AuditEntry entry(std::string statement) {
    AuditEntry it;
    it.user = "ann";
    it.statement = std::move(statement);
    return it;
  }

  std::string directory_;
  std::string file_;
};

TEST_F(AuditTest, WithoutAFileItIsOff) {
  auto audit = Audit::open({});
  ASSERT_TRUE(audit);
  EXPECT_FALSE((*audit)->enabled());
  (*audit)->record(entry("SELECT 1"));
  (*audit)->flush();
}

TEST_F(AuditTest, AFileThatCannotBeOpenedIsAnError) {
  auto audit = Audit::open({.file = directory_ + "/missing/audit.jsonl"});
  ASSERT_FALSE(audit);
  EXPECT_NE(audit.error().message().find("missing/audit.jsonl"), std::string::npos);
}

TEST_F(AuditTest, OneLineAnEntryReadableByTheOwnerOnly) {
  auto audit = *Audit::open({.file = file_});
  auto it = entry("SELECT 'a\n\"b\"'");
  it.connection_id = 7;
  it.door = "mysql";
  it.rows = 3;
  it.error_code = 1054;
  it.error = "no column\x01\xff";
  it.duration = std::chrono::microseconds(1500);
  it.started = std::chrono::system_clock::time_point(std::chrono::seconds(86400)) + std::chrono::microseconds(42);
  audit->record(it);
  audit->flush();
  ASSERT_EQ(lines(file_).size(), 1u);
  EXPECT_EQ(
      lines(file_)[0],
      R"({"time":"1970-01-02T00:00:00.000042Z","event":"statement","connection_id":7,"user":"ann","door":"mysql",)"
      R"("statement":"SELECT 'a\n\"b\"'","duration_us":1500,"rows":3,"error_code":1054,"error":"no column\u0001)"
      "\xEF\xBF\xBD\"}");
  struct stat info{};
  ASSERT_EQ(::stat(file_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(AuditTest, LongStatementsAreCutAtACharacter) {
  auto audit = *Audit::open({.file = file_, .max_statement_bytes = 10});
  audit->record(entry("SELECT '\xC3\xA4\xC3\xA4\xC3\xA4'"));
  audit->record(entry("SELECT 'a\xC3\xA4\xC3\xA4'"));
  audit->stop();
  EXPECT_NE(lines(file_)[0].find("\"SELECT '\xC3\xA4\""), std::string::npos) << lines(file_)[0];
  EXPECT_NE(lines(file_)[1].find("\"SELECT 'a\""), std::string::npos) << lines(file_)[1];
}

TEST_F(AuditTest, RotatesBySizeAndKeepsSoMany) {
  auto audit = *Audit::open({.file = file_, .max_file_bytes = 1000, .max_files = 2});
  for (int i = 0; i < 100; ++i) audit->record(entry("SELECT " + std::to_string(i)));
  audit->stop();
  EXPECT_TRUE(std::filesystem::exists(file_ + ".1"));
  EXPECT_TRUE(std::filesystem::exists(file_ + ".2"));
  EXPECT_FALSE(std::filesystem::exists(file_ + ".3"));
  EXPECT_LE(std::filesystem::file_size(file_ + ".1"), 1000u);
  EXPECT_NE(lines(file_).back().find("SELECT 99"), std::string::npos);
  EXPECT_EQ(audit->dropped(), 0u);
}

TEST_F(AuditTest, ReopenWritesToTheNewFile) {
  auto audit = *Audit::open({.file = file_});
  audit->record(entry("SELECT 1"));
  audit->flush();
  std::filesystem::rename(file_, file_ + ".old");
  audit->reopen();
  audit->record(entry("SELECT 2"));
  audit->flush();
  EXPECT_EQ(lines(file_ + ".old").size(), 1u);
  ASSERT_EQ(lines(file_).size(), 1u);
  EXPECT_NE(lines(file_)[0].find("SELECT 2"), std::string::npos);
}

TEST_F(AuditTest, AFullQueueDropsAndCounts) {
  auto audit = *Audit::open({.file = file_, .max_queue_entries = 4});
  for (int i = 0; i < 20000; ++i) audit->record(entry("SELECT 1"));
  audit->stop();
  EXPECT_EQ(lines(file_).size() + audit->dropped(), 20000u);
}

TEST_F(AuditTest, AppendsToWhatIsThere) {
  for (int i = 0; i < 2; ++i) {
    auto audit = *Audit::open({.file = file_});
    audit->record(entry("SELECT 1"));
  }
  EXPECT_EQ(lines(file_).size(), 2u);
}

TEST(MaskSecrets, HidesPasswordsAndNothingElse) {
  const auto f = [](const char* sql, const char* want) { EXPECT_EQ(mask_secrets(sql), want) << sql; };
  f("SELECT 'a', \"b\" FROM t WHERE c = 'd'", "SELECT 'a', \"b\" FROM t WHERE c = 'd'");
  f("CREATE USER 'u'@'h' IDENTIFIED BY 'pw'", "CREATE USER 'u'@'h' IDENTIFIED BY '<secret>'");
  f("create user u identified by \"p''w\\\"x\" comment 'c'", "create user u identified by '<secret>' comment 'c'");
  f("CREATE USER 'u' IDENTIFIED WITH 'mysql_native_password' BY 'pw', 'v'@'w' IDENTIFIED BY 'x'",
    "CREATE USER 'u' IDENTIFIED WITH 'mysql_native_password' BY '<secret>', 'v'@'w' IDENTIFIED BY '<secret>'");
  f("CREATE USER u IDENTIFIED WITH caching_sha2_password AS '$A$005$x'",
    "CREATE USER u IDENTIFIED WITH caching_sha2_password AS '<secret>'");
  f("CREATE USER u IDENTIFIED BY PASSWORD '*ABC'", "CREATE USER u IDENTIFIED BY PASSWORD '<secret>'");
  f("SET PASSWORD = PASSWORD('x')", "SET PASSWORD = PASSWORD('<secret>')");
  f("SET PASSWORD = 'x'", "SET PASSWORD = '<secret>'");
  f("SET PASSWORD FOR 'u'@'h' = 'x'", "SET PASSWORD FOR 'u'@'h' = '<secret>'");
  f("SET PASSWORD FOR 'u'@'h' = PASSWORD(\"x\"); SELECT 'y'",
    "SET PASSWORD FOR 'u'@'h' = PASSWORD('<secret>'); SELECT 'y'");
  f("CREATE CATALOG c PROPERTIES (\"jdbc.password\" = \"x\", \"type\" = \"jdbc\")",
    "CREATE CATALOG c PROPERTIES (\"jdbc.password\" = '<secret>', \"type\" = \"jdbc\")");
  f("CREATE USER u IDENTIFIED /* by 'c' */ BY 'never closed", "CREATE USER u IDENTIFIED /* by 'c' */ BY '<secret>'");
  f("", "");
  f("'", "'");
}

}  // namespace
}  // namespace sluice::session
