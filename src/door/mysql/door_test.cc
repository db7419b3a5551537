// SPDX-License-Identifier: Apache-2.0
// The whole door over loopback: logins, commands, results, faults, with real sessions on an in-memory kernel.
#include "door/mysql/door.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <thread>

#include "door/mysql/wire_client_for_tests.h"
#include "session/access_accounts.h"

namespace sluice::door::mysql {
namespace {

using namespace std::string_literals;
using namespace std::chrono_literals;

// Everything that a door stands on.
class House {
 public:
  explicit House(session::Services::Limits limits = {}, bool with_tls = false) {
    kernel::HostOptions host;
    host.threads = 2;
    kernel_ = std::move(*kernel::Host::open(host));
    access_ = std::move(*session::StoredAccess::open(session::make_memory_account_store()));
    workers_ = std::make_unique<WorkerPool>(WorkerPool::Options{.max_threads = 8});
    services_ = std::make_unique<session::Services>(*kernel_, *workers_, *access_, audit_, limits,
                                                    session::PlanCache::Options{});
    threads_ = std::make_unique<NetworkThreads>(2);
    threads_->start();
    std::shared_ptr<net::TlsContext> tls;
    if (with_tls) {
      directory_ = std::filesystem::temp_directory_path() / ("mysql-door-test-" + std::to_string(::getpid()));
      std::filesystem::create_directories(directory_);
      tls = *net::TlsContext::for_server(*net::self_signed_certificate(directory_));
    }
    DoorOptions options;
    options.addresses = {{.host = "127.0.0.1"}};
    door_ = std::make_unique<Door>(options, *services_, *threads_, tls);
    auto started = door_->start();
    if (!started) std::abort();
  }
  ~House() {
    door_->stop(Deadline::after(1s));
    door_.reset();
    threads_->stop();
    threads_->join();
    services_.reset();
    workers_->stop();
    if (!directory_.empty()) std::filesystem::remove_all(directory_);
  }
  uint16_t port() const { return door_->ports()[0]; }
  Door& door() { return *door_; }
  session::Services& services() { return *services_; }

 private:
  std::unique_ptr<kernel::Host> kernel_;
  std::unique_ptr<session::StoredAccess> access_;
  session::Audit audit_;
  std::unique_ptr<WorkerPool> workers_;
  std::unique_ptr<session::Services> services_;
  std::unique_ptr<NetworkThreads> threads_;
  std::unique_ptr<Door> door_;
  std::filesystem::path directory_;
};

// One house for all tests that leave it as they found it.
House& house() {
  static auto* shared = new House({}, true);
  return *shared;
}

struct Client : WireClient {
  explicit Client(WireClient::Login login = {}, House& at = house()) : WireClient(at.port()) {
    Reply reply = this->login(std::move(login));
    EXPECT_EQ(reply.error, 0) << reply.message;
    EXPECT_FALSE(reply.broken);
  }
  explicit Client(uint32_t capabilities) : Client(WireClient::Login{.capabilities = capabilities}) {}
  void must(std::string_view sql) {
    Reply reply = query(sql);
    EXPECT_EQ(reply.error, 0) << sql << ": " << reply.message;
  }
};

// A table of a million rows, made once.
void need_numbers(Client& client) {
  static bool made = false;
  if (std::exchange(made, true)) return client.must("USE numbers_db");
  client.must("CREATE DATABASE numbers_db");
  client.must("USE numbers_db");
  client.must("CREATE TABLE n (i BIGINT, s VARCHAR(50))");
  client.must("INSERT INTO n VALUES (0, 'row 0')");
  for (int64_t rows = 1; rows < 1'000'000; rows *= 2) {
    client.must("INSERT INTO n SELECT i + " + std::to_string(rows) + ", concat('row ', i + " + std::to_string(rows) +
                ") FROM n WHERE i + " + std::to_string(rows) + " < 1000000");
  }
}

TEST(Door, GreetsAndAnswers) {
  Client client;
  EXPECT_EQ(client.version, "5.7.99");
  EXPECT_NE(client.connection_id, 0u);
  EXPECT_EQ(client.offered, server_capabilities(true));
  Reply reply = client.query("SELECT 1");
  ASSERT_EQ(reply.columns.size(), 1u);
  EXPECT_EQ(reply.columns[0].name, "1");
  EXPECT_EQ(reply.first(), "1");
  EXPECT_TRUE(reply.status & kAutocommit);
  EXPECT_EQ(client.query("SELECT 'a', NULL, 1.50, 2 > 1").rows[0], (std::vector<Cell>{"a", std::nullopt, "1.50", "1"}));
  EXPECT_EQ(client.query("SELECT connection_id()").first(), std::to_string(client.connection_id));
}

TEST(Door, DeprecateEof) {
  Client client(kDeprecateEof);
  EXPECT_EQ(client.query("SELECT 1").first(), "1");
  need_numbers(client);
  EXPECT_EQ(client.query("SELECT count(*) FROM n").first(), "1000000");
  EXPECT_EQ(client.query("SELECT i FROM n WHERE i < 3 ORDER BY i").rows.size(), 3u);
}

TEST(Door, SmallCommands) {
  Client client;
  EXPECT_EQ(client.command(Command::kPing, "").error, 0);
  EXPECT_EQ(client.command(Command::kDebug, "").error, 0);
  EXPECT_EQ(client.command(Command::kSetOption, "\x00\x00"s).error, 0);
  EXPECT_EQ(client.command(Command::kSetOption, "\x07\x00"s).error, 1047);
  Reply unknown = client.command(static_cast<Command>(0x70), "");
  EXPECT_EQ(unknown.error, 1047);
  EXPECT_EQ(unknown.sqlstate, "08S01");
  client.send_command(Command::kStatistics, "");
  EXPECT_TRUE(client.read()->starts_with("Uptime: "));
  EXPECT_EQ(client.command(Command::kCreateDb, "made`here").error, 0);
  EXPECT_EQ(client.command(Command::kInitDb, "made`here").error, 0);
  EXPECT_EQ(client.query("SELECT database()").first(), "made`here");
  EXPECT_EQ(client.command(Command::kDropDb, "made`here").error, 0);
  EXPECT_EQ(client.command(Command::kInitDb, "nowhere").error, 1049);
  EXPECT_EQ(client.query("").error, 1105);
  EXPECT_EQ(client.query(" ; ;").error, 1105);
  EXPECT_GE(client.command(Command::kProcessInfo, "").rows.size(), 1u);
}

TEST(Door, FieldList) {
  Client client;
  need_numbers(client);
  client.send_command(Command::kFieldList, "n\0%"s);
  std::vector<std::string> names;
  for (;;) {
    auto packet = client.read();
    ASSERT_TRUE(packet);
    if (static_cast<uint8_t>((*packet)[0]) == kEofHeader) break;
    EXPECT_EQ(static_cast<uint8_t>(packet->back()), kNullCell);
    PayloadReader in(*packet);
    for (int i = 0; i < 4; ++i) in.lenenc_text();
    names.emplace_back(in.lenenc_text());
  }
  EXPECT_EQ(names, (std::vector<std::string>{"i", "s"}));
  EXPECT_NE(client.command(Command::kFieldList, "no_such_table\0"s).error, 0);
}

TEST(Login, DatabaseAndDenials) {
  EXPECT_EQ(WireClient(house().port()).login({.database = "no_such_db"}).error, 1049);
  Reply denied = WireClient(house().port()).login({.password = "wrong"});
  EXPECT_EQ(denied.error, 1045);
  EXPECT_EQ(denied.sqlstate, "28000");
  EXPECT_EQ(denied.message, "Access denied for user 'root'@'127.0.0.1' (using password: YES)");
  EXPECT_EQ(WireClient(house().port()).login({.user = "nobody", .password = "x"}).error, 1045);
  Client client(WireClient::Login{.user = "root#level", .database = "internal.information_schema"});
  EXPECT_EQ(client.query("SELECT 1").first(), "1");
}

TEST(Login, NativeAndSha2) {
  Client root;
  root.must("CREATE USER 'native'@'%' IDENTIFIED WITH mysql_native_password BY 'secret'");
  root.must("CREATE USER 'modern'@'%' IDENTIFIED WITH caching_sha2_password BY 'geheim'");
  auto log_in = [](WireClient& client, const std::string& user, const std::string& password, std::string_view plugin,
                   bool tls = false) {
    return client.login({.user = user, .password = password, .plugin = std::string(plugin), .tls = tls}).error;
  };
  auto once = [&](auto... arguments) {
    WireClient client(house().port());
    return log_in(client, arguments...);
  };
  EXPECT_EQ(once("native", "secret", kNativePassword), 0);
  EXPECT_EQ(once("native", "secret", kSha2Password), 0);  // switched
  EXPECT_EQ(once("native", "", kSha2Password), 1045);
  EXPECT_EQ(once("native", "Secret", kNativePassword), 1045);
  {
    WireClient first(house().port());
    EXPECT_EQ(log_in(first, "modern", "geheim", kNativePassword), 0);  // switched, RSA
    EXPECT_TRUE(first.full_authentication);
    WireClient second(house().port());
    EXPECT_EQ(log_in(second, "modern", "geheim", kSha2Password), 0);
    EXPECT_FALSE(second.full_authentication);
  }
  EXPECT_EQ(once("modern", "falsch", kSha2Password), 1045);
  root.must("ALTER USER 'modern'@'%' IDENTIFIED WITH caching_sha2_password BY 'neu'");
  WireClient over_tls(house().port());
  EXPECT_EQ(log_in(over_tls, "modern", "neu", kSha2Password, true), 0);
  EXPECT_TRUE(over_tls.full_authentication);
  EXPECT_EQ(over_tls.query("SELECT 2").first(), "2");
  root.must("DROP USER 'native'@'%', 'modern'@'%'");
}

TEST(Login, ChangeUserAndReset) {
  Client root;
  root.must("CREATE USER 'other'@'%' IDENTIFIED WITH mysql_native_password BY 'pw'");
  Client client;
  client.must("SET @x = 5");
  EXPECT_EQ(client.query("SELECT @x").first(), "5");
  EXPECT_EQ(client.command(Command::kResetConnection, "").error, 0);
  EXPECT_EQ(client.query("SELECT @x").first(), "NULL");
  EXPECT_EQ(client.change_user({.user = "other", .password = "pw"}, true).error, 0);
  EXPECT_EQ(client.change_user({.user = "root", .database = "information_schema"}, false).error, 0);
  EXPECT_EQ(client.query("SELECT database()").first(), "information_schema");
  EXPECT_EQ(client.change_user({.user = "other", .password = "wrong"}, false).error, 1045);
  EXPECT_TRUE(client.query("SELECT 1").broken);
  root.must("DROP USER 'other'@'%'");
}

TEST(Login, WrongPasswordsAreSlowedDownAndRightOnesAreNot) {
  House other;
  {
    Client root({}, other);
    root.must("CREATE USER 'u'@'%' IDENTIFIED WITH mysql_native_password BY 'right'");
  }
  auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 5; ++i) {
    WireClient client(other.port());
    EXPECT_EQ(client.login({.user = "u", .password = "wrong"}).error, 1045);
  }
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 300ms);
  begin = std::chrono::steady_clock::now();
  Client good(WireClient::Login{.user = "u", .password = "right"}, other);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1s);
}

TEST(Login, NonsenseInsteadOfAResponse) {
  for (const std::string& junk :
       {"GET / HTTP/1.1\r\n\r\n"s, std::string(40, '\xFF'), "\x01\x00\x00\x01\x00"s, "\xFF\xFF\xFF\x01"s}) {
    WireClient client(house().port());
    ASSERT_TRUE(client.read());
    client.write_raw(junk);
    ::shutdown(client.fd(), SHUT_WR);
    while (client.read()) {
    }
  }
  EXPECT_EQ(Client().query("SELECT 1").first(), "1");
}

TEST(Query, SeveralStatements) {
  Client several(kMultiStatements);
  several.send_command(Command::kQuery, "SELECT 1; SELECT 'a;b'; SELECT 3;");
  Reply first = several.read_reply(), second = several.read_reply(), third = several.read_reply();
  EXPECT_EQ(first.first() + second.first() + third.first(), "1a;b3");
  EXPECT_TRUE(first.status & kMoreResultsExist);
  EXPECT_FALSE(third.status & kMoreResultsExist);
  several.send_command(Command::kQuery, "SELECT 1; SELECT * FROM no_such_table; SELECT 3");
  EXPECT_EQ(several.read_reply().first(), "1");
  EXPECT_NE(several.read_reply().error, 0);
  EXPECT_EQ(several.query("SELECT 4").first(), "4");

  Client one;
  EXPECT_EQ(one.query("SELECT 1; SELECT 2").first(), "2");
  EXPECT_NE(one.query("SELECT * FROM no_such_table; SELECT 2").error, 0);
}

TEST(Query, ManyRowsStream) {
  for (uint32_t capabilities : {0u, uint32_t{kDeprecateEof}, uint32_t{kCompress}, uint32_t{kZstdCompress}}) {
    Client client(capabilities);
    need_numbers(client);
    Reply reply = client.query("SELECT i, s FROM n ORDER BY i LIMIT 300000");
    ASSERT_EQ(reply.rows.size(), 300'000u);
    for (size_t i = 0; i < reply.rows.size(); i += 997) {
      EXPECT_EQ(reply.rows[i], (std::vector<Cell>{std::to_string(i), "row " + std::to_string(i)}));
    }
    EXPECT_EQ(client.query("SELECT 1").first(), "1");
  }
}

TEST(Query, LongTextsBothWays) {
  for (uint32_t capabilities : {0u, uint32_t{kCompress}}) {
    Client client(capabilities);
    std::string text(17 << 20, 'q');
    EXPECT_EQ(client.query("SELECT length('" + text + "')").first(), std::to_string(text.size()));
    EXPECT_TRUE(client.query("SELECT '" + text + "'").first() == text);
  }
}

TEST(Query, LimitsOfPacketsAndStatements) {
  session::Services::Limits limits;
  limits.max_packet_bytes = 100'000;
  limits.max_statement_bytes = 50'000;
  House small(limits);
  Client client({}, small);
  EXPECT_EQ(client.query("SELECT '" + std::string(60'000, 'x') + "'").error, 1153);
  EXPECT_EQ(client.query("SELECT '" + std::string(200'000, 'x') + "'").error, 1153);
  EXPECT_EQ(client.query("SELECT '" + std::string(20 << 20, 'x') + "'").error, 1153);
  EXPECT_EQ(client.query("SELECT 7").first(), "7");
}

TEST(Query, TooManyConnections) {
  session::Services::Limits limits;
  limits.max_connections = 2;
  House small(limits);
  Client first({}, small), second({}, small);
  Reply third = WireClient(small.port()).login({});
  EXPECT_EQ(third.error, 1040);
  EXPECT_EQ(third.message, "Too many connections");
  EXPECT_EQ(first.query("SELECT 1").first(), "1");
}

TEST(Query, KillOfAStatementAndOfAConnection) {
  Client victim, killer;
  need_numbers(victim);
  const char* slow = "SELECT count(*) FROM n a, n b, n c WHERE a.i + b.i + c.i < 0";
  auto kill_soon = [&](const std::string& statement) {
    return std::async(std::launch::async, [&killer, statement] {
      std::this_thread::sleep_for(300ms);
      return killer.query(statement).error;
    });
  };
  auto killed = kill_soon("KILL QUERY " + std::to_string(victim.connection_id));
  EXPECT_EQ(victim.query(slow).error, 1317);
  EXPECT_EQ(killed.get(), 0);
  EXPECT_EQ(victim.query("SELECT 1").first(), "1");
  killed = kill_soon("KILL " + std::to_string(victim.connection_id));
  EXPECT_EQ(victim.query(slow).error, 1317);
  EXPECT_EQ(killed.get(), 0);
  EXPECT_TRUE(victim.query("SELECT 1").broken);
  // An idle one, by the command.
  Client idle;
  PacketBuffer id;
  id.u32_le(idle.connection_id);
  EXPECT_EQ(killer.command(Command::kProcessKill, id.view()).error, 0);
  EXPECT_FALSE(idle.read());
  EXPECT_EQ(killer.query("KILL 99999999").error, 1094);
}

TEST(Query, AClientThatLeavesEndsItsStatement) {
  Client watcher;
  {
    Client leaver;
    need_numbers(leaver);
    leaver.send_command(Command::kQuery, "SELECT count(*) FROM n a, n b, n c WHERE a.i + b.i + c.i < 0");
    std::this_thread::sleep_for(200ms);
    EXPECT_EQ(house().services().running.running_count(), 1u);
  }
  auto until = std::chrono::steady_clock::now() + 5s;
  while (house().services().running.running_count() > 0 && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(20ms);
  EXPECT_EQ(house().services().running.running_count(), 0u);
}

TEST(Query, AClientThatDoesNotReadBlocksNobody) {
  Client lazy, other;
  need_numbers(lazy);
  need_numbers(other);
  lazy.must("SET net_write_timeout = 1");
  lazy.send_command(Command::kQuery, "SELECT a.i, a.s, b.s FROM n a, n b");
  auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(other.query("SELECT count(*) FROM n").first(), "1000000");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
  auto until = std::chrono::steady_clock::now() + 10s;
  while (house().services().running.running_count() > 0 && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(20ms);
  EXPECT_EQ(house().services().running.running_count(), 0u);
}

TEST(Query, LocalInfile) {
  Client client(kMultiStatements);
  client.must("CREATE DATABASE IF NOT EXISTS infile_db");
  client.must("USE infile_db");
  client.must("CREATE TABLE loaded (a INT, b VARCHAR(100))");
  Reply asks = client.query("LOAD DATA LOCAL INFILE 'some.csv' INTO TABLE loaded FIELDS TERMINATED BY ','");
  EXPECT_EQ(asks.infile, "some.csv");
  for (int part = 0; part < 100; ++part) {
    std::string lines;
    for (int i = 0; i < 1000; ++i) lines += std::to_string(part * 1000 + i) + ",text of row\n";
    client.write(lines);
  }
  client.write("");
  Reply done = client.read_reply();
  EXPECT_EQ(done.error, 0) << done.message;
  EXPECT_EQ(done.affected, 100'000u);
  EXPECT_EQ(client.query("SELECT count(*), max(a) FROM loaded").rows[0], (std::vector<Cell>{"100000", "99999"}));
  // The client has no such file: it sends nothing.
  EXPECT_EQ(client.query("LOAD DATA LOCAL INFILE 'none.csv' INTO TABLE loaded").infile, "none.csv");
  client.write("");
  EXPECT_EQ(client.read_reply().error, 0);
  // A client that leaves in the middle leaves nothing behind.
  {
    Client leaver;
    leaver.must("USE infile_db");
    EXPECT_EQ(leaver.query("LOAD DATA LOCAL INFILE 'x.csv' INTO TABLE loaded FIELDS TERMINATED BY ','").infile,
              "x.csv");
    leaver.write("1,lost\n2,lost\n");
  }
  EXPECT_EQ(client.query("SELECT count(*) FROM loaded").first(), "100000");
}

TEST(Prepared, ParametersAndTypes) {
  Client client;
  need_numbers(client);
  auto prepared = client.prepare("SELECT i, s, ? FROM n WHERE i = ?");
  ASSERT_EQ(prepared.reply.error, 0) << prepared.reply.message;
  EXPECT_EQ(prepared.parameters, 2);
  std::string types = "\x00\x01\xFE\x00\x08\x00"s;
  Reply reply = client.execute(prepared.id, types + "\x02hi\x07\x00\x00\x00\x00\x00\x00\x00"s);
  ASSERT_EQ(reply.error, 0) << reply.message;
  ASSERT_EQ(reply.binary_rows.size(), 1u);
  EXPECT_EQ(reply.binary_rows[0], "\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\x05row 7\x02hi"s);
  // The same types again, the first parameter NULL.
  reply = client.execute(prepared.id, "\x01\x00\x08\x00\x00\x00\x00\x00\x00\x00"s);
  ASSERT_EQ(reply.binary_rows.size(), 1u);
  EXPECT_EQ(reply.binary_rows[0], "\x00\x10\x08\x00\x00\x00\x00\x00\x00\x00\x05row 8"s);
  // The first one sent ahead in two parts.
  PacketBuffer part;
  part.u32_le(prepared.id);
  part.u16_le(0);
  part.append("long ");
  client.send_command(Command::kStmtSendLongData, part.view());
  part.truncate(6);
  part.append("data");
  client.send_command(Command::kStmtSendLongData, part.view());
  reply = client.execute(prepared.id, "\x00\x01\xFC\x00\x08\x00\x09\x00\x00\x00\x00\x00\x00\x00"s);
  ASSERT_EQ(reply.binary_rows.size(), 1u) << reply.message;
  EXPECT_TRUE(reply.binary_rows[0].ends_with("\x09long data"));
  PacketBuffer id;
  id.u32_le(prepared.id);
  EXPECT_EQ(client.command(Command::kStmtReset, id.view()).error, 0);
  client.send_command(Command::kStmtClose, id.view());
  EXPECT_EQ(client.execute(prepared.id, "").error, 1243);
  EXPECT_NE(client.prepare("SELECT * FROM no_such_table").reply.error, 0);
  EXPECT_EQ(client.query("SELECT 1").first(), "1");
}

TEST(Prepared, Cursors) {
  Client client;
  need_numbers(client);
  auto prepared = client.prepare("SELECT i FROM n ORDER BY i");
  Reply reply = client.execute(prepared.id, "", kCursorTypeReadOnly);
  ASSERT_EQ(reply.error, 0) << reply.message;
  EXPECT_TRUE(reply.status & kCursorExists);
  EXPECT_EQ(reply.binary_rows.size(), 0u);
  reply = client.fetch(prepared.id, 10);
  ASSERT_EQ(reply.binary_rows.size(), 10u);
  EXPECT_EQ(reply.binary_rows[9].substr(2, 2), "\x09\x00"s);
  EXPECT_TRUE(reply.status & kCursorExists);
  // Something else runs; the cursor goes on behind it.
  EXPECT_EQ(client.query("SELECT count(*) FROM n").first(), "1000000");
  reply = client.fetch(prepared.id, 5);
  ASSERT_EQ(reply.binary_rows.size(), 5u);
  EXPECT_EQ(reply.binary_rows[0].substr(2, 2), "\x0A\x00"s);
  reply = client.fetch(prepared.id, 2'000'000);
  EXPECT_EQ(reply.binary_rows.size(), 1'000'000u - 15);
  EXPECT_TRUE(reply.status & kLastRowSent);
  EXPECT_EQ(client.fetch(prepared.id, 1).error, 1421);
  EXPECT_EQ(client.execute(prepared.id, "").binary_rows.size(), 1'000'000u);
}

TEST(Door, StopsInOrder) {
  auto other = std::make_unique<House>();
  Client idle({}, *other), busy({}, *other);
  busy.must("CREATE DATABASE d");
  busy.must("USE d");
  busy.must("CREATE TABLE t (i BIGINT)");
  busy.must("INSERT INTO t VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10)");
  busy.must("INSERT INTO t SELECT a.i FROM t a, t b, t c, t d");
  busy.send_command(Command::kQuery, "SELECT count(*) FROM t a, t b, t c WHERE a.i + b.i + c.i < 0");
  std::this_thread::sleep_for(200ms);
  auto begin = std::chrono::steady_clock::now();
  other->door().stop(Deadline::after(500ms));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 400ms);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  EXPECT_FALSE(idle.read());
  EXPECT_EQ(busy.read_reply().error, 1053);
  EXPECT_FALSE(busy.read());
}

TEST(Door, PipelinedCommandsAndHalfPackets) {
  Client client;
  client.write_raw("\x01\x00\x00\x00\x0E\x09\x00\x00\x00\x03SELECT 5\x01\x00\x00\x00\x0E"s);
  client.expect_answer();
  EXPECT_EQ(client.read_reply().error, 0);
  client.expect_answer();
  EXPECT_EQ(client.read_reply().first(), "5");
  client.expect_answer();
  EXPECT_EQ(client.read_reply().error, 0);
  Client half;
  half.write_raw("\x20\x00\x00\x00\x03SEL"s);
  half.hang_up();
  EXPECT_EQ(Client().query("SELECT 6").first(), "6");
}

TEST(Door, WrongSequence) {
  Client client;
  client.write_raw("\x01\x00\x00\x05\x0E"s);
  client.expect_answer();
  EXPECT_TRUE(client.read_reply().broken);  // error 1156 with the sequence behind the wrong one
  EXPECT_EQ(Client().query("SELECT 1").first(), "1");
}

}  // namespace
}  // namespace sluice::door::mysql
