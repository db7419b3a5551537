// SPDX-License-Identifier: Apache-2.0
#include "server/server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>

#include "server/system_time_zone.h"

namespace sluice::server {
namespace {

using testing::HasSubstr;

class ServerTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "sluice-server-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  Settings settings(std::map<std::string, std::string> flags = {}) {
    flags.try_emplace("data_dir", (directory_ / "data").string());
    flags.try_emplace("mysql.port", "0");
    flags.try_emplace("http.port", "0");
    flags.try_emplace("kernel.memory_limit", "256MiB");
    auto loaded =
        Settings::load({.file = std::nullopt, .search_files = false, .environment = {}, .flags = std::move(flags)});
    EXPECT_TRUE(loaded) << loaded.error().message();
    return *loaded;
  }

  // Whether somebody accepts connections on a port of an IPv4 address.
  static bool answers(const char* host, uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    ::inet_pton(AF_INET, host, &address.sin_addr);
    const bool connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    return connected;
  }

  std::filesystem::path directory_;
};

TEST_F(ServerTest, StartsQuicklyOnLoopbackUntilAPasswordIsSet) {
  Server server(settings({{"mysql.listen", "*"}, {"http.listen", "*"}}));
  ASSERT_TRUE(server.start());
  EXPECT_GT(server.mysql_port(), 0);
  EXPECT_GT(server.http_port(), 0);
  EXPECT_TRUE(answers("127.0.0.1", server.mysql_port()));
  EXPECT_TRUE(answers("127.0.0.1", server.http_port()));
  EXPECT_FALSE(answers("127.0.0.2", server.mysql_port()));
  EXPECT_FALSE(answers("127.0.0.2", server.http_port()));
  EXPECT_THAT(server.banner(), HasSubstr("-P " + std::to_string(server.mysql_port())));
  EXPECT_THAT(server.banner(), HasSubstr("SET PASSWORD FOR 'root'@'%'"));
  server.stop(Deadline::after(std::chrono::seconds(1)));
  EXPECT_EQ(server.mysql_port(), 0);
}

TEST_F(ServerTest, ListensWhereItIsToldOnceAPasswordExists) {
  Server server(settings({{"access.initial_root_password", "pw"}, {"http.listen", "127.0.0.1"}}));
  ASSERT_TRUE(server.start());
  EXPECT_TRUE(answers("127.0.0.2", server.mysql_port()));
  EXPECT_FALSE(answers("127.0.0.2", server.http_port()));
  EXPECT_THAT(server.banner(), testing::Not(HasSubstr("SET PASSWORD")));
}

TEST_F(ServerTest, ASecondServerOnTheDirectoryIsRefused) {
  Server first(settings());
  ASSERT_TRUE(first.start());
  {
    Server second(settings());
    const auto status = second.start();
    ASSERT_FALSE(status);
    EXPECT_THAT(status.error().message(), HasSubstr("in use by the process " + std::to_string(::getpid())));
  }
  EXPECT_TRUE(answers("127.0.0.1", first.mysql_port()));
  first.stop(Deadline::after(std::chrono::seconds(1)));
  Server third(settings());
  EXPECT_TRUE(third.start());
}

TEST_F(ServerTest, AStartThatFailsLeavesNothingBehind) {
  Server first(settings());
  ASSERT_TRUE(first.start());
  const std::string taken = std::to_string(first.mysql_port());
  const std::string other = (directory_ / "other").string();
  {
    Server second(settings({{"data_dir", other}, {"mysql.port", taken}}));
    const auto status = second.start();
    ASSERT_FALSE(status);
    EXPECT_THAT(status.error().describe(), HasSubstr(taken));
  }
  Server third(settings({{"data_dir", other}}));
  EXPECT_TRUE(third.start());
}

TEST_F(ServerTest, MemoryOnlyWithEitherDoor) {
  Server server(
      settings({{"data_dir", ""}, {"http.enabled", "false"}, {"mysql.listen", "unix:" + (directory_ / "s").string()}}));
  ASSERT_TRUE(server.start());
  EXPECT_EQ(server.http_port(), 0);
  EXPECT_TRUE(std::filesystem::exists(directory_ / "s"));
  EXPECT_THAT(server.banner(), HasSubstr("in memory only"));
  server.reload();
}

TEST_F(ServerTest, WrongRootsAndAddressesAreErrors) {
  Server roots(settings({{"files.allowed_roots", "/no/such/directory"}}));
  auto status = roots.start();
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message(), HasSubstr("/no/such/directory"));
  Server zone(settings({{"sql.time_zone", "Mars/Olympus"}}));
  status = zone.start();
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message(), HasSubstr("Mars/Olympus"));
  Server address(settings({{"mysql.listen", "[::1"}, {"access.initial_root_password", "pw"}}));
  EXPECT_FALSE(address.start());
}

TEST(SystemTimeZone, TakesNamesOnly) {
  const char* before = ::getenv("TZ");
  const std::string saved = before ? before : "";
  ::setenv("TZ", ":Europe/Berlin", 1);
  EXPECT_EQ(system_time_zone(), "Europe/Berlin");
  ::setenv("TZ", "UTC-8", 1);
  EXPECT_NE(system_time_zone(), "UTC-8");
  EXPECT_FALSE(system_time_zone().empty());
  before ? ::setenv("TZ", saved.c_str(), 1) : ::unsetenv("TZ");
}

}  // namespace
}  // namespace sluice::server
