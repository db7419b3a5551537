// SPDX-License-Identifier: Apache-2.0
#include "session/access.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "session/access_accounts.h"

namespace sluice::session {
namespace {

using What = dialect::AccountStatement::What;
using Entry = dialect::AccountStatement::Entry;

const dialect::Account kRoot{"root", "%"};

std::span<const uint8_t> span_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

dialect::AccountStatement statement(What what, std::string user, std::string host,
                                    std::optional<std::string> password = {}, std::string plugin = {}) {
  dialect::AccountStatement it;
  it.what = what;
  it.entries.push_back(
      Entry{dialect::Account{std::move(user), std::move(host)}, std::move(password), std::nullopt, std::move(plugin)});
  return it;
}
std::unique_ptr<StoredAccess> in_memory() { return *StoredAccess::open(make_memory_account_store()); }

// The client's side of the two protocols.
std::string native_response(std::string_view password, std::string_view scramble) {
  const auto stage1 = sha1(password);
  const auto mask = sha1(scramble, bytes_of(sha1(bytes_of(stage1))));
  std::string out;
  for (size_t i = 0; i < stage1.size(); ++i) out += static_cast<char>(stage1[i] ^ mask[i]);
  return out;
}
std::string sha2_response(std::string_view password, std::string_view scramble) {
  const auto stage1 = sha256(password);
  const auto mask = sha256(bytes_of(sha256(bytes_of(stage1))), scramble);
  std::string out;
  for (size_t i = 0; i < stage1.size(); ++i) out += static_cast<char>(stage1[i] ^ mask[i]);
  return out;
}

TEST(AccessHashes, Sha256CryptMatchesTheSpecification) {
  const auto f = [](std::string_view password, std::string_view salt, uint32_t rounds, std::string_view want) {
    EXPECT_EQ(sha256_crypt_digest(password, salt, rounds), want) << password;
  };
  f("Hello world!", "saltstring", 5000, "5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5");
  f("Hello world!", "saltstringsaltst", 10000, "3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA");
  f("This is just a test", "toolongsaltstrin", 5000, "Un/5jzAHMgOGZ5.mWJpuVolil07guHPvOW8mGRcvxa5");
  f("a very much longer text to encrypt.  This one even stretches over morethan one line.", "anotherlongsalts", 1400,
    "Rx.j8H.h8HjEDGomFU8bDkXm3XIUnzyxf12oP84Bnq1");
  f("", "ab", 5000, "qRq/oZkUn9lJUSIcgVT3NbpSDsjn.r137TBSoCt2kCA");
  f(std::string(100, 'x'), "0123456789abcdef", 5000, "aKdz8fxxSEF2.sRL0xIqHdch3EAvPX6eVmzomlrlwFC");
  f("p\xC3\xA4ss", "s", 5000, "wgVSjwLMIqsMcTl.q1XNDbut.T6s/t2oSWIXkk7KTs6");
}

TEST(AccessHashes, NativeHashAsMysqlPrintsIt) {
  EXPECT_EQ(native_hash_text(native_stage2("mypass")), "*6C8989366EAF75BB670AD8EA7A7FC1176A95CEF4");
  EXPECT_EQ(parse_native_hash("*6c8989366eaf75bb670ad8ea7a7fc1176a95cef4"), native_stage2("mypass"));
  for (const char* bad :
       {"", "*", "6C8989366EAF75BB670AD8EA7A7FC1176A95CEF4", "*6C8989366EAF75BB670AD8EA7A7FC1176A95CEFX"}) {
    EXPECT_EQ(parse_native_hash(bad), std::nullopt) << bad;
  }
}

TEST(AccessHashes, Sha2AuthStringsCarryTheirSalt) {
  const auto text = sha2_auth_string("secret");
  EXPECT_EQ(text.size(), 70u);
  EXPECT_NE(text, sha2_auth_string("secret"));
  EXPECT_TRUE(sha2_auth_string_matches(text, "secret"));
  EXPECT_FALSE(sha2_auth_string_matches(text, "Secret"));
  EXPECT_EQ(parse_sha2_auth_string(text), text);
  EXPECT_EQ(parse_sha2_auth_string("0x" + to_hex(text)), text);
  EXPECT_EQ(parse_sha2_auth_string(text.substr(1)), std::nullopt);
}

TEST(HostPattern, Table) {
  const auto f = [](const char* pattern, const char* host, bool want) {
    EXPECT_EQ(HostPattern::parse(pattern)->matches(host), want) << pattern << " " << host;
  };
  f("%", "10.0.0.1", true);
  f("", "10.0.0.1", true);
  f("localhost", "127.0.0.1", true);
  f("localhost", "::1", true);
  f("localhost", "127.0.0.2", true);
  f("localhost", "10.0.0.1", false);
  f("LocalHost", "localhost", true);
  f("127.0.0.1", "127.0.0.1", true);
  f("127.0.0.1", "::ffff:127.0.0.1", true);
  f("127.0.0.1", "127.0.0.2", false);
  f("10.1.%", "10.1.2.3", true);
  f("10.1.%", "10.11.2.3", false);
  f("10.1.2._", "10.1.2.3", true);
  f("10.1.2._", "10.1.2.33", false);
  f("%.example.org", "db.example.org", true);
  f("%.example.org", "DB.EXAMPLE.ORG", true);
  f("%.example.org", "example.org", false);
  f("a\\_b", "a_b", true);
  f("a\\_b", "axb", false);
  f("%a%b%", "xxaxxbxx", true);
  f("%a%b%", "xxbxxaxx", false);
  f("192.168.0.0/255.255.0.0", "192.168.77.1", true);
  f("192.168.0.0/255.255.0.0", "192.169.0.1", false);
  f("10.0.0.0/8", "10.255.0.1", true);
  f("10.0.0.0/8", "::ffff:10.255.0.1", true);
  f("10.0.0.0/8", "11.0.0.1", false);
  f("0.0.0.0/0", "1.2.3.4", true);
  f("0.0.0.0/0", "fd00::1", false);
  f("fd00::/8", "fd12::1", true);
  f("fd00::/8", "fe12::1", false);
  f("10.0.0.1/32", "10.0.0.1", true);
  f("10.0.0.0/8", "not an address", false);
  f("127.0.0.0/8", "localhost", true);
  f("fe80::1", "fe80::1", true);
  for (const char* bad : {"10.0.0.0/33", "10.0.0.0/", "x/8", "10.0.0.0/255.0.255.0", "10.0.0.0/-1", "fd00::/129"}) {
    EXPECT_FALSE(HostPattern::parse(bad)) << bad;
  }
  EXPECT_FALSE(HostPattern::parse(std::string(256, 'a')));
}

TEST(StoredAccess, StartsWithARootForLoopbackOnly) {
  auto access = in_memory();
  EXPECT_FALSE(access->configured());
  ASSERT_TRUE(access->find("root", "127.0.0.1"));
  ASSERT_TRUE(access->find("admin", "::1"));
  EXPECT_FALSE(access->find("root", "10.0.0.1"));
  EXPECT_FALSE(access->find("nobody", "127.0.0.1"));
  const auto root = *access->find("root", "127.0.0.1");
  EXPECT_EQ(root.name(), "'root'@'%'");
  EXPECT_TRUE(access->verify_native(root, span_of("12345678901234567890"), {}));
  EXPECT_FALSE(access->verify_native(root, span_of("12345678901234567890"),
                                     span_of(native_response("x", "12345678901234567890"))));
  EXPECT_EQ(access->verify_sha2_fast(root, span_of("12345678901234567890"), {}), Sha2FastCheck::kMatches);
  EXPECT_TRUE(access->verify_password(root, ""));
  EXPECT_FALSE(access->verify_password(root, "x"));

  ASSERT_TRUE(access->apply(statement(What::kSetPassword, "root", "%", "pw"), kRoot));
  EXPECT_TRUE(access->configured());
  EXPECT_TRUE(access->find("root", "10.0.0.1"));
  EXPECT_FALSE(access->find("admin", "10.0.0.1"));
}

TEST(StoredAccess, BothProtocolsVerify) {
  const std::string scramble = "abcdefghij0123456789";
  auto access = in_memory();
  ASSERT_TRUE(access->apply(statement(What::kCreate, "u", "%", "pw"), kRoot));
  const auto user = *access->find("u", "10.0.0.1");
  EXPECT_EQ(user.plugin, "mysql_native_password");
  EXPECT_TRUE(access->verify_native(user, span_of(scramble), span_of(native_response("pw", scramble))));
  EXPECT_FALSE(access->verify_native(user, span_of(scramble), span_of(native_response("pW", scramble))));
  EXPECT_FALSE(access->verify_native(user, span_of("another scramble 123"), span_of(native_response("pw", scramble))));
  EXPECT_FALSE(access->verify_native(user, span_of(scramble), {}));
  const auto response = sha2_response("pw", scramble);
  EXPECT_EQ(access->verify_sha2_fast(user, span_of(scramble), span_of(response)), Sha2FastCheck::kNeedsFull);
  EXPECT_FALSE(access->verify_password(user, "wrong"));
  EXPECT_EQ(access->verify_sha2_fast(user, span_of(scramble), span_of(response)), Sha2FastCheck::kNeedsFull);
  EXPECT_TRUE(access->verify_password(user, "pw"));
  EXPECT_EQ(access->verify_sha2_fast(user, span_of(scramble), span_of(response)), Sha2FastCheck::kMatches);
  EXPECT_EQ(access->verify_sha2_fast(user, span_of(scramble), span_of(sha2_response("x", scramble))),
            Sha2FastCheck::kNeedsFull);
  EXPECT_EQ(access->verify_sha2_fast(user, span_of(scramble), {}), Sha2FastCheck::kDenied);

  // A change of the password empties the cache; other accounts' changes do not.
  ASSERT_TRUE(access->apply(statement(What::kCreate, "other", "%", "pw"), kRoot));
  EXPECT_EQ(access->verify_sha2_fast(user, span_of(scramble), span_of(response)), Sha2FastCheck::kMatches);
  ASSERT_TRUE(access->apply(statement(What::kAlter, "u", "%", "new"), kRoot));
  const auto changed = *access->find("u", "10.0.0.1");
  EXPECT_EQ(access->verify_sha2_fast(changed, span_of(scramble), span_of(response)), Sha2FastCheck::kNeedsFull);
  EXPECT_TRUE(access->verify_password(user, "pw"));  // the record of before, but it must not enter the cache
  EXPECT_EQ(access->verify_sha2_fast(changed, span_of(scramble), span_of(response)), Sha2FastCheck::kNeedsFull);
}

TEST(StoredAccess, CachingSha2KeepsNoUnsaltedHash) {
  auto access = in_memory();
  ASSERT_TRUE(access->apply(statement(What::kCreate, "u", "%", "pw", "caching_sha2_password"), kRoot));
  const auto user = *access->find("u", "h");
  EXPECT_EQ(user.native_stage2, "");
  EXPECT_TRUE(access->verify_password(user, "pw"));
  EXPECT_FALSE(access->verify_password(user, "pq"));
}

TEST(StoredAccess, PicksTheMostSpecificAccount) {
  auto access = in_memory();
  for (const char* host : {"%", "10.%", "10.1.%", "10.0.0.0/8", "10.1.2.3"})
    ASSERT_TRUE(access->apply(statement(What::kCreate, "u", host, host), kRoot));
  ASSERT_TRUE(access->apply(statement(What::kCreate, "", "10.1.2.4", ""), kRoot));
  EXPECT_EQ(access->find("u", "10.1.2.3")->host_pattern, "10.1.2.3");
  EXPECT_EQ(access->find("u", "10.1.2.5")->host_pattern, "10.0.0.0/8");
  EXPECT_EQ(access->find("u", "11.1.2.5")->host_pattern, "%");
  EXPECT_EQ(access->find("u", "10.1.2.4")->user, "");
  EXPECT_EQ(access->find("someone", "10.1.2.4")->user, "");
}

TEST(StoredAccess, StatementsFailAsInMysql) {
  auto access = in_memory();
  const auto native = [](const Status& status) { return status ? 0 : status.error().native_code(); };
  ASSERT_TRUE(access->apply(statement(What::kCreate, "u", "%", "pw"), kRoot));
  auto again = statement(What::kCreate, "u", "%", "pw");
  EXPECT_EQ(native(access->apply(again, kRoot)), 1396);
  again.if_not_exists = true;
  EXPECT_EQ(native(access->apply(again, kRoot)), 0);
  auto missing = statement(What::kDrop, "v", "%");
  EXPECT_EQ(native(access->apply(missing, kRoot)), 1396);
  missing.if_exists = true;
  EXPECT_EQ(native(access->apply(missing, kRoot)), 0);
  EXPECT_EQ(native(access->apply(statement(What::kAlter, "v", "%", "x"), kRoot)), 1396);
  EXPECT_EQ(native(access->apply(statement(What::kDrop, "root", "%"), kRoot)), 1396);
  EXPECT_EQ(native(access->apply(statement(What::kCreate, "w", "%", "x", "ldap"), kRoot)), 1524);
  EXPECT_EQ(native(access->apply(statement(What::kCreate, "w", "1.2.3.4/99", "x"), kRoot)), 1105);
  EXPECT_EQ(native(access->apply(statement(What::kCreate, "w", "%", std::string(300, 'x')), kRoot)), 1105);
  EXPECT_EQ(native(access->apply(statement(What::kCreate, std::string(300, 'x'), "%"), kRoot)), 1470);
  auto hash = statement(What::kCreate, "w", "%");
  hash.entries[0].hash = "not a hash";
  EXPECT_EQ(native(access->apply(hash, kRoot)), 1105);
  hash.entries[0].hash = "*6C8989366EAF75BB670AD8EA7A7FC1176A95CEF4";
  ASSERT_EQ(native(access->apply(hash, kRoot)), 0);
  EXPECT_TRUE(access->verify_password(*access->find("w", "h"), "mypass"));

  // Nothing happens when one of several entries fails.
  auto two = statement(What::kCreate, "fresh", "%", "x");
  two.entries.push_back(again.entries[0]);
  EXPECT_EQ(native(access->apply(two, kRoot)), 1396);
  EXPECT_FALSE(access->find("fresh", "h"));

  // Others may change their own password only.
  const dialect::Account u{"u", "%"};
  EXPECT_EQ(native(access->apply(statement(What::kCreate, "x", "%"), u)), 1227);
  EXPECT_EQ(native(access->apply(statement(What::kSetPassword, "root", "%", "mine"), u)), 1227);
  dialect::AccountStatement own;
  own.what = What::kSetPassword;
  own.entries.push_back(Entry{std::nullopt, "other", std::nullopt, {}});
  ASSERT_EQ(native(access->apply(own, u)), 0);
  EXPECT_TRUE(access->verify_password(*access->find("u", "h"), "other"));
}

class AccountFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "sluice-accounts-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    file_ = directory_ / "accounts.json";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  Result<std::unique_ptr<StoredAccess>> open(std::string_view password = {}) {
    return StoredAccess::open(make_file_account_store(file_), password);
  }

  std::filesystem::path directory_;
  std::filesystem::path file_;
};

TEST_F(AccountFile, SurvivesARestart) {
  {
    auto access = *open("first");
    EXPECT_TRUE(access->configured());
    EXPECT_FALSE(access->find("admin", "127.0.0.1"));
    ASSERT_TRUE(access->apply(statement(What::kCreate, "u\"\n", "10.%", "pw"), kRoot));
    ASSERT_TRUE(access->apply(statement(What::kCreate, "s", "%", "pw", "caching_sha2_password"), kRoot));
  }
  auto access = *open("ignored");
  EXPECT_TRUE(access->verify_password(*access->find("root", "h"), "first"));
  EXPECT_TRUE(access->verify_password(*access->find("u\"\n", "10.0.0.1"), "pw"));
  EXPECT_TRUE(access->verify_password(*access->find("s", "10.0.0.1"), "pw"));
  EXPECT_EQ(access->list().size(), 3u);
  struct stat info{};
  ASSERT_EQ(::stat(file_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(AccountFile, DamageIsAnErrorThatNamesTheFile) {
  for (const char* text :
       {"", "{", "[]", "{}", R"({"version":1})", R"({"version":1,"accounts":[1]})",
        R"({"version":1,"accounts":[{"user":"u","host":"%","native":"x"}]})", R"({"version":3,"accounts":[]})"}) {
    std::ofstream(file_) << text;
    const auto access = open();
    ASSERT_FALSE(access) << text;
    EXPECT_NE(access.error().message().find(file_.string()), std::string::npos) << access.error().message();
  }
}

TEST_F(AccountFile, AChangeThatCannotBeStoredDoesNotHappen) {
  auto access = *open();
  std::filesystem::create_directory(file_.string() + ".new");  // the file beside cannot be opened
  EXPECT_FALSE(access->apply(statement(What::kCreate, "u", "%", "pw"), kRoot));
  EXPECT_FALSE(access->find("u", "h"));
}

}  // namespace
}  // namespace sluice::session
