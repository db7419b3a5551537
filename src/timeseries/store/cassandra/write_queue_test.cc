// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/cassandra/write_queue.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/failpoint.h"
#include "timeseries/store/cassandra/queue_record.h"

namespace sluice::timeseries::cassandra {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

class WriteQueueTest : public testing::Test {
 protected:
  WriteQueueTest() {
    EXPECT_NE(::mkdtemp(folder_.data()), nullptr);
    settings_.queue_folder = folder_ + "/queue";
  }
  ~WriteQueueTest() override {
    queue_.reset();
    std::filesystem::remove_all(folder_);
  }
  void open() {
    queue_.reset();
    auto opened = WriteQueue::open(settings_);
    ASSERT_TRUE(opened.has_value()) << opened.error().describe();
    queue_ = std::move(*opened);
  }
  Status append(const std::string& text) {
    ByteBuffer record;
    record.fill(0, kRecordHeader);
    record.append(kRecordMagic);
    record.append(text);
    return queue_->append(record, 1);
  }
  void put(const std::string& text) {
    const auto status = append(text);
    ASSERT_TRUE(status.has_value()) << status.error().describe();
  }
  // All that is there, without the magic.
  std::vector<std::string> take(size_t bytes = 1 << 20) {
    std::vector<std::string> texts;
    for (;;) {
      auto taken = queue_->take(bytes);
      EXPECT_TRUE(taken.has_value()) << taken.error().describe();
      if (!taken) return texts;
      mark_ = taken->end;
      if (taken->records.empty()) return texts;
      for (const auto record : taken->records) texts.emplace_back(record.substr(kRecordMagic.size()));
    }
  }
  std::string only_segment() {
    std::string found;
    for (const auto& entry : std::filesystem::directory_iterator(settings_.queue_folder))
      if (entry.path().extension() == ".log" && entry.file_size() > kSegmentHeader) found = entry.path();
    return found;
  }
  void change(const std::string& file, int64_t at, char to) {
    std::fstream out(file, std::ios::in | std::ios::out | std::ios::binary);
    out.seekp(at);
    out.put(to);
  }

  std::string folder_ = std::filesystem::temp_directory_path() / "write_queue_test_XXXXXX";
  CassandraSettings settings_;
  std::unique_ptr<WriteQueue> queue_;
  WriteQueue::Mark mark_;
};

using Texts = std::vector<std::string>;

TEST_F(WriteQueueTest, RecordsComeInOrder) {
  for (const bool on_disk : {true, false}) {
    settings_.queue_on_disk = on_disk;
    open();
    put("a");
    put("b");
    EXPECT_EQ(take(), (Texts{"a", "b"}));
    put(std::string(3'000'000, 'c'));
    put("d");
    EXPECT_EQ(take(10), (Texts{std::string(3'000'000, 'c'), "d"}));
    EXPECT_NE(queue_->waiting_bytes(), 0u);
    EXPECT_FALSE(queue_->flush(Deadline::after(10ms)).has_value());
    queue_->delivered(mark_);
    EXPECT_EQ(queue_->waiting_bytes(), 0u);
    EXPECT_TRUE(queue_->flush(Deadline::after(10ms)).has_value());
  }
}

TEST_F(WriteQueueTest, AFullDiskTakesRecordsAgainWhenAllWereDelivered) {
  open();
  const std::string text(10'000, 'x');
  const auto before = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlimit small{100'000, limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  for (int turn = 0; turn < 3; ++turn) {
    Status status;
    Texts acknowledged;
    while (acknowledged.size() < 100 && (status = append(std::to_string(turn) + text)))
      acknowledged.push_back(std::to_string(turn) + text);
    EXPECT_EQ(acknowledged.size(), 9u);
    ASSERT_FALSE(status.has_value());
    EXPECT_EQ(status.error().code(), Code::kResourceExhausted);
    EXPECT_EQ(take(), acknowledged);
    queue_->delivered(mark_);
  }
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  std::signal(SIGXFSZ, before);
  put("after");
  queue_->close();
  queue_->delivered(mark_);
  open();
  EXPECT_EQ(take(), Texts{"after"});
  EXPECT_EQ(queue_->lost_bytes(), 0u);
}

TEST_F(WriteQueueTest, WhatWasNotDeliveredComesAgain) {
  open();
  put("a");
  take();
  queue_->delivered(mark_);
  put("b");
  take();
  open();
  put("c");
  EXPECT_EQ(take(), (Texts{"b", "c"}));
  queue_->close();
  queue_->delivered(mark_);
  open();
  EXPECT_EQ(take(), Texts());
  EXPECT_EQ(queue_->waiting_bytes(), 0u);
}

TEST_F(WriteQueueTest, ItIsBounded) {
  for (const bool on_disk : {true, false}) {
    settings_.queue_on_disk = on_disk;
    settings_.queue_disk_bytes = settings_.queue_memory_bytes = 10'000;
    open();
    size_t taken = 0;
    Status status;
    while ((status = append(std::string(1000, 'x')))) ++taken;
    EXPECT_EQ(status.error().code(), Code::kResourceExhausted);
    EXPECT_EQ(taken, 9u);
    take();
    queue_->delivered(mark_);
    put("more");
    EXPECT_EQ(take(), Texts{"more"});
  }
}

TEST_F(WriteQueueTest, AFullDiskRefusesAndLosesNothing) {
  open();
  put("a");
  {
    const failpoint::ScopedFailpoint full("store.log.write", "error(no room)");
    EXPECT_FALSE(append("b").has_value());
  }
  put("c");
  EXPECT_EQ(take(), (Texts{"a", "c"}));
}

TEST_F(WriteQueueTest, DamageCostsOnlyTheRecordsItHits) {
  open();
  for (int i = 0; i < 100; ++i) put("record " + std::to_string(i) + std::string(100, 'x'));
  const std::string file = only_segment();
  queue_.reset();
  // In the payload of record 10, and the length of record 50. A record has 8 + 4 + 7 + 1 or 2 + 100 bytes.
  const int64_t first = kSegmentHeader + 10 * 120;
  change(file, first + 30, 'y');
  change(file, first + 40 * 121 + 5, '\x7F');
  open();
  const Texts texts = take();
  EXPECT_EQ(texts.size(), 98u);
  EXPECT_EQ(std::count_if(texts.begin(), texts.end(), [](auto& t) { return t.starts_with("record 10x"); }), 0);
  EXPECT_EQ(std::count_if(texts.begin(), texts.end(), [](auto& t) { return t.starts_with("record 50x"); }), 0);
  EXPECT_GE(queue_->lost_bytes(), 2u * 121);
  EXPECT_LE(queue_->lost_bytes(), 2u * 121);
}

TEST_F(WriteQueueTest, ATornEndIsLeftOut) {
  open();
  put("a");
  put("b");
  const std::string file = only_segment();
  queue_.reset();
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 1);
  open();
  put("c");
  EXPECT_EQ(take(), (Texts{"a", "c"}));
  EXPECT_EQ(queue_->lost_bytes(), 0u);
}

TEST_F(WriteQueueTest, DeliveredFilesAreDeleted) {
  open();
  const std::string large(1 << 20, 'x');
  for (int i = 0; i < 140; ++i) put(large);
  EXPECT_EQ(take().size(), 140u);
  queue_->delivered(mark_);
  uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(settings_.queue_folder)) bytes += entry.file_size();
  EXPECT_LT(bytes, kSegmentBytes + (2u << 20));
}

TEST_F(WriteQueueTest, WaitingEndsWhenThereIsEnough) {
  open();
  EXPECT_FALSE(queue_->wait(2, 10s, Deadline::after(10ms)));
  put("a");
  const auto start = Deadline::Clock::now();
  EXPECT_TRUE(queue_->wait(2, 30ms, Deadline::after(10s)));
  EXPECT_GE(Deadline::Clock::now() - start, 20ms);
  put("b");
  EXPECT_TRUE(queue_->wait(2, 10s, Deadline::after(10s)));
  take();
  queue_->nudge();
  EXPECT_FALSE(queue_->wait(2, 10s, Deadline::after(10s)));
  // A flush does not wait for more.
  put("c");
  std::thread flusher([&] { EXPECT_TRUE(queue_->flush(Deadline::after(10s)).has_value()); });
  EXPECT_TRUE(queue_->wait(2, 10s, Deadline::after(10s)));
  EXPECT_LT(Deadline::Clock::now() - start, 9s);
  take();
  queue_->delivered(mark_);
  flusher.join();
}

TEST_F(WriteQueueTest, WritersInManyThreads) {
  settings_.queue_sync = CassandraSettings::Sync::kAlways;
  open();
  std::vector<std::thread> writers;
  for (int t = 0; t < 4; ++t)
    writers.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) EXPECT_TRUE(append(std::to_string(t * 100 + i)).has_value());
    });
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(take().size(), 200u);
  queue_->close();
  EXPECT_EQ(append("late").error().code(), Code::kUnavailable);
}

}  // namespace
}  // namespace sluice::timeseries::cassandra
