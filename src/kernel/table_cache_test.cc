// SPDX-License-Identifier: Apache-2.0
#include "kernel/table_cache.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "kernel/connection.h"
#include "kernel/host.h"

namespace sluice::kernel {
namespace {

using namespace std::chrono_literals;

class TableCacheTest : public testing::Test {
 protected:
  TableCacheTest() {
    char name[] = "/tmp/sluice-cache-test-XXXXXX";
    dir_ = mkdtemp(name);
  }
  ~TableCacheTest() override {
    connection_.reset();
    host_.reset();
    std::filesystem::remove_all(dir_);
  }
  void open(std::chrono::seconds keep) {
    HostOptions options;
    options.data_dir = dir_;
    options.memory_limit_bytes = 512 << 20;
    options.cache_keep = keep;
    host_ = Host::open(options).value();
    connection_ = host_->connect().value();
  }
  // The first column of the last row.
  std::string last(const std::string& sql) {
    duckdb::Parser parser;
    parser.ParseQuery(sql);
    auto answer = connection_->run(std::move(parser.statements.at(0)));
    if (!answer) return answer.error().message();
    std::string text;
    while (auto* chunk = (*answer)->next().value()) text = chunk->GetValue(0, chunk->size() - 1).ToString();
    return text;
  }
  // Half a megabyte for each 64 K rows, as random numbers do not compress.
  void fill(int rows) {
    last("CREATE TABLE internal.main.t AS SELECT hash(i) AS h FROM range(" + std::to_string(rows) + ") r(i)");
    ASSERT_TRUE(host_->checkpoint());
  }
  bool falls_below(uint64_t bytes) {
    for (int i = 0; i < 100 && host_->memory_used_bytes() >= bytes; ++i) std::this_thread::sleep_for(100ms);
    return host_->memory_used_bytes() < bytes;
  }

  std::filesystem::path dir_;
  std::unique_ptr<Host> host_;
  std::unique_ptr<Connection> connection_;
};

constexpr uint64_t kMiB = 1 << 20;

TEST_F(TableCacheTest, UnreadBlocksLeaveMemoryAndAreReadAgain) {
  open(1s);
  fill(4'000'000);
  const std::string sum = last("SELECT sum(h) FROM internal.main.t");
  EXPECT_TRUE(falls_below(4 * kMiB)) << host_->memory_used_bytes();
  EXPECT_EQ(last("SELECT sum(h) FROM internal.main.t"), sum);
  EXPECT_GT(host_->memory_used_bytes(), 16 * kMiB);
}

TEST_F(TableCacheTest, ZeroKeepsThem) {
  open(0s);
  fill(4'000'000);
  last("SELECT sum(h) FROM internal.main.t");
  std::this_thread::sleep_for(2500ms);
  EXPECT_GT(host_->memory_used_bytes(), 16 * kMiB);
}

TEST_F(TableCacheTest, ALargeResultDoesNotFillMemory) {
  open(60s);
  fill(16'000'000);
  connection_.reset();
  host_.reset();
  open(60s);  // nothing is in memory
  duckdb::Parser parser;
  parser.ParseQuery("SELECT h FROM internal.main.t");
  auto answer = connection_->run(std::move(parser.statements.at(0))).value();
  for (int rows = 0; rows < 15'900'000;) rows += static_cast<int>(answer->next().value()->size());
  EXPECT_TRUE(falls_below(72 * kMiB)) << host_->memory_used_bytes();
}

TEST_F(TableCacheTest, ALargeResultLeavesWhatWasThere) {
  open(60s);
  fill(16'000'000);
  last("SELECT sum(h) FROM internal.main.t");
  std::this_thread::sleep_for(1500ms);
  const uint64_t before = host_->memory_used_bytes();
  EXPECT_GT(before, 100 * kMiB);
  duckdb::Parser parser;
  parser.ParseQuery("SELECT h FROM internal.main.t");
  auto answer = connection_->run(std::move(parser.statements.at(0))).value();
  for (int rows = 0; rows < 1'100'000;) rows += static_cast<int>(answer->next().value()->size());
  std::this_thread::sleep_for(1500ms);
  EXPECT_GT(host_->memory_used_bytes(), before - 8 * kMiB);
}

TEST_F(TableCacheTest, BuffersOfStatementsStay) {
  open(1s);
  fill(100'000);
  // A sorted result lives in buffers until it is read.
  duckdb::Parser parser;
  parser.ParseQuery("SELECT hash(i) AS h FROM range(2000000) r(i) ORDER BY h");
  auto answer = connection_->run(std::move(parser.statements.at(0))).value();
  uint64_t before = 0;
  int64_t rows = 0;
  for (bool waited = false;; waited = true) {
    auto* chunk = answer->next().value();
    if (!chunk) break;
    if (!waited) std::this_thread::sleep_for(2500ms);
    for (duckdb::idx_t i = 0; i < chunk->size(); ++i, ++rows) {
      const auto h = chunk->GetValue(0, i).GetValue<uint64_t>();
      ASSERT_LE(before, h);
      before = h;
    }
  }
  EXPECT_EQ(rows, 2'000'000);
  EXPECT_TRUE(std::filesystem::is_empty(dir_ / "tmp"));
}

}  // namespace
}  // namespace sluice::kernel
