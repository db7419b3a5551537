// SPDX-License-Identifier: Apache-2.0
// Against real Cassandra nodes: test/cassandra starts them and says where they are. Skipped without
// SLUICE_CASSANDRA=host:port. Further: SLUICE_CASSANDRA_USER and _PASSWORD, SLUICE_CASSANDRA_CA (TLS),
// SLUICE_CASSANDRA_NODES (how many there are), SLUICE_CASSANDRA_DOWN (the address of one that was stopped).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>

#include "client/cassandra/session.h"
#include "client/cassandra/token.h"

namespace sluice::client::cassandra {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

class Live : public testing::Test {
 protected:
  void SetUp() override {
    if (environment("SLUICE_CASSANDRA").empty()) GTEST_SKIP() << "SLUICE_CASSANDRA does not name a node";
    threads_.start();
  }
  void TearDown() override {
    if (session_) session_->close();
  }

  Settings settings() {
    Settings made;
    made.contact_points = {environment("SLUICE_CASSANDRA")};
    if (auto user = environment("SLUICE_CASSANDRA_USER"); !user.empty())
      made.auth = plain_auth(user, environment("SLUICE_CASSANDRA_PASSWORD"));
    if (auto ca = environment("SLUICE_CASSANDRA_CA"); !ca.empty()) {
      net::TlsClientOptions options;
      options.ca_file = ca;
      made.tls = *net::TlsContext::for_client(options);
    }
    made.consistency = Consistency::kOne;
    return made;
  }
  void open(Settings wanted) {
    auto opened = Session::open_and_wait(threads_, std::move(wanted));
    ASSERT_TRUE(opened) << opened.error().describe();
    session_ = *opened;
  }
  void open() { open(settings()); }
  Rows query(const std::string& text) {
    auto rows = session_->query_and_wait(text, {.deadline = Deadline::after(60s)});
    EXPECT_TRUE(rows) << text << ": " << rows.error().describe();
    return rows ? std::move(*rows) : Rows();
  }
  StatementPtr prepare(const std::string& text) {
    auto statement = session_->prepare_and_wait(text);
    EXPECT_TRUE(statement) << text << ": " << statement.error().describe();
    if (!statement) throw std::runtime_error("nothing to go on with");
    return *statement;
  }
  void make_keyspace(const std::string& name, int replicas = 1) {
    query("CREATE KEYSPACE IF NOT EXISTS " + name +
          " WITH replication = {'class': 'SimpleStrategy', 'replication_factor': " + std::to_string(replicas) + "}");
  }
  template <typename F>
  bool eventually(F holds) {
    for (int i = 0; i < 3000 && !holds(); ++i) std::this_thread::sleep_for(10ms);
    return holds();
  }

  NetworkThreads threads_{2};
  SessionPtr session_;
};

TEST_F(Live, TypesRoundTrip) {
  open();
  make_keyspace("live");
  query(
      "CREATE TABLE IF NOT EXISTS live.types (k text PRIMARY KEY, i int, l bigint, d double, b boolean, t timestamp, v "
      "blob, m frozen<map<text, text>>, u timeuuid)");
  auto insert = prepare("INSERT INTO live.types (k, i, l, d, b, t, v, m, u) VALUES (?, ?, ?, ?, ?, ?, ?, ?, now())");
  Execute put(insert);
  put.values()
      .text("é")
      .int32(-5)
      .int64(INT64_MIN)
      .float64(-0.0)
      .boolean(true)
      .timestamp(-1)
      .blob(std::string_view("\0\xFF", 2))
      .text_map({{"host", "a"}, {"", "x"}});
  ASSERT_TRUE(session_->execute_and_wait(put));
  Execute get(prepare("SELECT i, l, d, b, t, v, m, u FROM live.types WHERE k = ?"));
  get.values().text("é");
  auto rows = session_->execute_and_wait(get);
  ASSERT_TRUE(rows) << rows.error().describe();
  auto row = rows->cursor();
  ASSERT_TRUE(row.next());
  EXPECT_EQ(*row[0].int32(), -5);
  EXPECT_EQ(*row[1].int64(), INT64_MIN);
  EXPECT_TRUE(std::signbit(*row[2].float64()));
  EXPECT_TRUE(*row[3].boolean());
  EXPECT_EQ(*row[4].int64(), -1);
  EXPECT_EQ(row[5].bytes(), std::string_view("\0\xFF", 2));
  EXPECT_THAT(*row[6].text_map(), testing::ElementsAre(testing::Pair("", "x"), testing::Pair("host", "a")));
  EXPECT_EQ((*row[7].uuid())[6] >> 4, 1);
  EXPECT_EQ(to_string(rows->columns()[6].type), "map<text, text>");
}

// KairosDB's own table and way of writing: cell times in milliseconds, TTL a statement, both in one batch.
TEST_F(Live, BatchesWithTimesAndTtl) {
  open();
  make_keyspace("live");
  query(
      "CREATE TABLE IF NOT EXISTS live.data_points (key blob, column1 blob, value blob, PRIMARY KEY ((key), column1)) "
      "WITH COMPACT STORAGE");
  auto insert = prepare("INSERT INTO live.data_points (key, column1, value) VALUES (?, ?, ?) USING TTL ?");
  Batch batch;
  batch.options.timestamp = 1700000000123;
  for (int i = 0; i < 500; ++i) {
    auto& values = batch.add(insert);
    values.blob("row")
        .blob(std::string{static_cast<char>(i >> 8), static_cast<char>(i)})
        .blob("v")
        .int32(i % 2 ? 3600 : 0);
  }
  batch.route(token_of("row"));
  auto done = session_->execute_and_wait(batch);
  ASSERT_TRUE(done) << done.error().describe();
  Execute get(
      prepare("SELECT column1, value, writetime(value), ttl(value) FROM live.data_points WHERE key = ? AND column1 >= "
              "? AND column1 < ?"));
  get.values().blob("row").blob(std::string_view("\0\x0A", 2)).blob(std::string_view("\1\x00", 2));
  auto rows = session_->execute_and_wait(get);
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->size(), 246u);
  auto row = rows->cursor();
  ASSERT_TRUE(row.next());
  EXPECT_EQ(*row[2].int64(), 1700000000123);
  EXPECT_TRUE(row[3].is_null());
  ASSERT_TRUE(row.next());
  EXPECT_GT(*row[3].int32(), 3500);
}

TEST_F(Live, TokensAreCassandras) {
  open();
  make_keyspace("live");
  query("CREATE TABLE IF NOT EXISTS live.tokens (k blob PRIMARY KEY)");
  auto insert = prepare("INSERT INTO live.tokens (k) VALUES (?)");
  std::mt19937 random(7);
  Batch batch;
  for (int i = 0; i < 500; ++i) {
    std::string key(1 + random() % 70, '\0');
    for (char& c : key) c = static_cast<char>(random());
    batch.add(insert).blob(key);
  }
  ASSERT_TRUE(session_->execute_and_wait(batch));
  auto rows = query("SELECT k, token(k) FROM live.tokens");
  EXPECT_GT(rows.size(), 490u);
  auto row = rows.cursor();
  while (row.next()) ASSERT_EQ(token_of(row[0].bytes()), *row[1].int64());
}

TEST_F(Live, Pages) {
  open();
  make_keyspace("live");
  query("CREATE TABLE IF NOT EXISTS live.pages (k int, c int, PRIMARY KEY (k, c))");
  auto insert = prepare("INSERT INTO live.pages (k, c) VALUES (1, ?)");
  for (int first = 0; first < 10'500; first += 1500) {
    Batch batch;
    for (int i = first; i < first + 1500; ++i) batch.add(insert).int32(i);
    ASSERT_TRUE(session_->execute_and_wait(batch));
  }
  Execute get(prepare("SELECT c FROM live.pages WHERE k = ?"));
  get.values().int32(1);
  get.options.page_size = 1000;
  std::string state;
  int pages = 0, next = 0;
  do {
    auto rows = session_->execute_and_wait(get, state);
    ASSERT_TRUE(rows);
    auto row = rows->cursor();
    while (row.next()) ASSERT_EQ(*row[0].int32(), next++);
    state = rows->paging_state();
    ++pages;
  } while (!state.empty());
  EXPECT_EQ(next, 10'500);
  EXPECT_EQ(pages, 11);
}

TEST_F(Live, ErrorsOfTheServer) {
  open();
  make_keyspace("live");
  query("CREATE TABLE IF NOT EXISTS live.wide (k int PRIMARY KEY, v blob)");
  EXPECT_EQ(session_->query_and_wait("SELEC 1").error().native_code(), 0x2000);
  EXPECT_EQ(session_->query_and_wait("SELECT * FROM live.nothing").error().code(), Code::kInvalidArgument);
  EXPECT_EQ(session_->query_and_wait("CREATE TABLE live.wide (k int PRIMARY KEY)").error().code(),
            Code::kAlreadyExists);
  auto insert = prepare("INSERT INTO live.wide (k, v) VALUES (?, ?)");
  Batch batch;
  for (int i = 0; i < 100; ++i) batch.add(insert).int32(i).blob(std::string(10'000, 'x'));
  auto refused = session_->execute_and_wait(batch);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(is_batch_too_large(refused.error())) << refused.error().describe();
}

TEST_F(Live, StatementsOutliveChangesOfTheirTable) {
  open();
  make_keyspace("live");
  query("DROP TABLE IF EXISTS live.changing");
  query("CREATE TABLE live.changing (k int PRIMARY KEY, a int)");
  auto insert = prepare("INSERT INTO live.changing (k, a) VALUES (?, ?)");
  auto select = prepare("SELECT * FROM live.changing WHERE k = ?");
  auto put = [&] {
    Execute request(insert);
    request.values().int32(1).int32(2);
    auto done = session_->execute_and_wait(request);
    EXPECT_TRUE(done) << done.error().describe();
  };
  auto columns = [&] {
    Execute request(select);
    request.values().int32(1);
    auto rows = session_->execute_and_wait(request);
    EXPECT_TRUE(rows) << rows.error().describe();
    return rows ? rows->columns().size() : 0;
  };
  put();
  EXPECT_EQ(columns(), 2u);
  query("ALTER TABLE live.changing ADD b text");
  EXPECT_TRUE(eventually([&] { return select->columns_may_differ(); }));
  EXPECT_EQ(columns(), 3u);
  query("DROP TABLE live.changing");
  query("CREATE TABLE live.changing (k int PRIMARY KEY, a int)");
  put();
  EXPECT_EQ(columns(), 2u);
}

TEST_F(Live, KeyspaceOfTheSession) {
  open();
  make_keyspace("\"LiveMixed\"");
  session_->close();
  auto wanted = settings();
  wanted.keyspace = "LiveMixed";
  open(wanted);
  query("CREATE TABLE IF NOT EXISTS t (k int PRIMARY KEY)");
  EXPECT_EQ(query("SELECT keyspace_name FROM system_schema.tables WHERE keyspace_name = 'LiveMixed'").size(), 1u);
}

TEST_F(Live, WrongPasswordAndWrongCertificate) {
  if (!environment("SLUICE_CASSANDRA_USER").empty()) {
    auto wanted = settings();
    wanted.auth = plain_auth(environment("SLUICE_CASSANDRA_USER"), "wrong");
    EXPECT_EQ(Session::open_and_wait(threads_, wanted).error().code(), Code::kUnauthenticated);
    wanted.auth = nullptr;
    EXPECT_EQ(Session::open_and_wait(threads_, wanted).error().code(), Code::kUnauthenticated);
  }
  if (!environment("SLUICE_CASSANDRA_CA").empty()) {
    auto wanted = settings();
    wanted.tls_name = "another.example";
    EXPECT_FALSE(Session::open_and_wait(threads_, wanted));
    wanted = settings();
    wanted.tls = nullptr;
    wanted.connect_timeout = 1s;
    EXPECT_FALSE(Session::open_and_wait(threads_, wanted));
  }
}

// The ring is Cassandra's: of the keys with one replica, just those of the stopped node cannot be read.
TEST_F(Live, RingOfSeveralNodes) {
  const auto nodes = environment("SLUICE_CASSANDRA_NODES");
  const auto down = environment("SLUICE_CASSANDRA_DOWN");
  if (nodes.empty()) GTEST_SKIP() << "one node has no ring to speak of";
  open();
  ASSERT_TRUE(eventually([&] { return session_->hosts().size() == static_cast<size_t>(std::stoi(nodes)); }));
  if (down.empty()) {
    make_keyspace("ring");
    query("CREATE TABLE IF NOT EXISTS ring.t (k text PRIMARY KEY)");
  }
  ASSERT_TRUE(eventually([&] {
    const auto hosts = session_->hosts();
    return std::all_of(hosts.begin(), hosts.end(),
                       [&](auto& host) { return host.up != (!down.empty() && host.name.starts_with(down + ":")); });
  }));
  auto insert = prepare("INSERT INTO ring.t (k) VALUES (?)");
  auto topology = session_->topology();
  std::vector<int> keys(topology->nodes().size());
  for (int i = 0; i < 60; ++i) {
    const std::string key = "key " + std::to_string(i);
    const auto replicas = topology->replicas("ring", token_of(key));
    ASSERT_EQ(replicas.size(), 1u);
    ++keys[replicas[0]];
    Execute put(insert);
    put.values().text(key);
    const bool lost = topology->nodes()[replicas[0]].address == down;
    auto done = session_->execute_and_wait(put);
    EXPECT_EQ(done.has_value(), !lost) << key << " on " << topology->nodes()[replicas[0]].address << ": "
                                       << (done ? "written" : done.error().describe());
    if (!done) EXPECT_EQ(done.error().native_code(), 0x1000);
  }
  for (int n : keys) EXPECT_GT(n, 0);
}

// Runs until SLUICE_CASSANDRA_STOP_FILE is there: writes with two replicas, while nodes are killed and started.
TEST_F(Live, WritesSurviveTheLossOfANode) {
  const auto stop = environment("SLUICE_CASSANDRA_STOP_FILE");
  if (stop.empty()) GTEST_SKIP() << "nobody stops nodes here";
  open();
  make_keyspace("pairs", 2);
  query("CREATE TABLE IF NOT EXISTS pairs.t (k int PRIMARY KEY, v int)");
  auto insert = prepare("INSERT INTO pairs.t (k, v) VALUES (?, ?)");
  int written = 0, failed = 0;
  std::string why;
  while (::access(stop.c_str(), F_OK) != 0) {
    Execute put(insert);
    put.values().int32(written).int32(1);
    if (auto done = session_->execute_and_wait(put)) {
      ++written;
    } else {
      ++failed;
      why = done.error().describe();
    }
    std::this_thread::sleep_for(2ms);
  }
  EXPECT_GT(written, 1000);
  EXPECT_EQ(failed, 0) << why;
  auto get = prepare("SELECT v FROM pairs.t WHERE k = ?");
  for (int k = 0; k < written; k += 17) {
    Execute one(get);
    one.values().int32(k);
    one.options.consistency = Consistency::kTwo;
    // Both replicas; the other nodes may take a while to see that one of them is back.
    Result<Rows> rows = fail(Code::kUnavailable, "not asked yet");
    ASSERT_TRUE(eventually([&] {
      rows = session_->execute_and_wait(one);
      return rows.has_value();
    })) << rows.error().describe();
    EXPECT_EQ(rows->size(), 1u);
  }
}

}  // namespace
}  // namespace sluice::client::cassandra
