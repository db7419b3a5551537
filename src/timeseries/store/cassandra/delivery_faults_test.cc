// SPDX-License-Identifier: Apache-2.0
// The way from the queue to Cassandra against a node that answers batches wrongly, late, in pieces or not at all.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <random>
#include <thread>

#include "timeseries/store/cassandra/cassandra_store.h"
#include "timeseries/store/cassandra/fake_node_for_tests.h"

namespace sluice::timeseries::cassandra {
namespace {

using cql::be16;
using cql::be32;
using cql::ErrorCode;
using cql::FakeReply;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr int kSeries = 7;
constexpr int kPoints = 700;  // of one write()

FakeReply write_timeout() {
  return FakeReply::error(ErrorCode::kWriteTimeout, "Operation timed out",
                          be16(4) + be32(0) + be32(1) + cql::string_of("UNLOGGED_BATCH"));
}

class DeliveryFaults : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    threads_.start();
    node_ = std::make_unique<FakeNode>(threads_);
    folder_ = std::filesystem::temp_directory_path() / "delivery_faults_test_XXXXXX";
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
    settings_.write.keyspace = "ks";
    settings_.write.connection.contact_points = {node_->address()};
    settings_.write.connection.request_timeout = 2s;
    settings_.queue_on_disk = GetParam();
    settings_.queue_folder = folder_ + "/queue";
    settings_.batch_wait = 1ms;
    settings_.batch_points = 300;
    settings_.partition_points = 50;
  }
  void TearDown() override {
    store_.reset();
    node_->stop();
    std::filesystem::remove_all(folder_);
  }
  void open() {
    auto opened = CassandraStore::open(threads_, settings_);
    ASSERT_TRUE(opened) << opened.error().describe();
    store_ = std::move(*opened);
  }
  // Points that no call wrote before; the last of them in partitions of `host`.
  Status write(const std::string& host = "h") {
    WriteBatch batch;
    for (int i = 0; i < kPoints; ++i) {
      const std::string name = i + 1 == kPoints ? host : "h" + std::to_string(i % kSeries);
      batch.add_long(*store_->series("m", PointType::kLong, Tags({{"host", name}})), next_++, i);
    }
    return store_->write(batch);
  }
  void flush(std::chrono::seconds patience = 60s) {
    const auto flushed = store_->flush(Deadline::after(patience));
    EXPECT_TRUE(flushed) << flushed.error().describe();
  }
  void expect_all(int writes, uint64_t lost = 0) {
    EXPECT_EQ(node_->points() + lost, static_cast<size_t>(writes * kPoints));
    EXPECT_EQ(store_->state().lost_points, lost);
    EXPECT_EQ(store_->state().queue_bytes, 0u);
  }

  NetworkThreads threads_{2};
  std::unique_ptr<FakeNode> node_;
  std::string folder_;
  CassandraSettings settings_;
  std::unique_ptr<CassandraStore> store_;
  int64_t next_ = 0;
};

TEST_P(DeliveryFaults, ErrorsThatPassAreRepeated) {
  std::mt19937 random(7);
  node_->answer_batches([&](const FakeNode::Batch&) -> std::optional<FakeReply> {
    switch (random() % 12) {
      case 0:
        return write_timeout();
      case 1:
        return FakeReply::error(ErrorCode::kOverloaded, "Server is in overloaded state");
      case 2:
        return FakeReply::error(ErrorCode::kUnavailable, "Cannot achieve consistency", be16(4) + be32(1) + be32(0));
      case 3:
        return FakeReply::error(ErrorCode::kServerError, "java.lang.NullPointerException");
      default:
        return std::nullopt;
    }
  });
  open();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(write());
  flush();
  expect_all(3);
}

TEST_P(DeliveryFaults, LostConnectionsAndHalfAnswersAreRepeated) {
  node_->answer_batches([](const FakeNode::Batch& batch) -> std::optional<FakeReply> {
    if (batch.number % 9 == 0) return FakeReply{.hang_up = true};
    if (batch.number % 9 == 3) return FakeReply{.cut = static_cast<size_t>(batch.number % 13)};
    if (batch.number % 9 == 5) return FakeReply{.delay = 20ms};
    return std::nullopt;
  });
  open();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(write());
  flush();
  EXPECT_EQ(store_->state().lost_points, 0u);
  // What was answered late was not noted by the node.
  node_->answer_batches({});
  ASSERT_TRUE(write());
  flush();
  EXPECT_GE(node_->points(), static_cast<size_t>(kPoints));
}

TEST_P(DeliveryFaults, WithoutAnswersFewBatchesAreUnderWayAndTheQueueIsBounded) {
  settings_.queue_memory_bytes = settings_.queue_disk_bytes = 128u << 10;
  settings_.write.connection.request_timeout = 300ms;
  node_->answer_batches([](const FakeNode::Batch&) { return FakeReply{.silent = true}; });
  open();
  int taken = 0;
  Status status;
  for (; taken < 10'000 && (status = write()); ++taken) {
  }
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), Code::kResourceExhausted);
  EXPECT_LE(store_->state().queue_bytes, 128u << 10);
  const auto healthy = store_->check(Deadline::after(5s));
  ASSERT_FALSE(healthy);
  EXPECT_EQ(healthy.error().code(), Code::kResourceExhausted);
  std::this_thread::sleep_for(1s);
  EXPECT_FALSE(store_->state().delivery);
  // Time-outs of a second: all that were under way at first, then one at a time.
  EXPECT_LE(node_->batches(), static_cast<int>(settings_.batches_in_flight) * 3 + 30);
  node_->answer_batches({});
  flush();
  expect_all(taken);
  EXPECT_TRUE(store_->state().delivery);
  EXPECT_TRUE(write());
}

TEST_P(DeliveryFaults, BatchesThatAreTooLargeAreHalved) {
  node_->answer_batches([](const FakeNode::Batch& batch) -> std::optional<FakeReply> {
    if (batch.statements > 6) return FakeReply::error(ErrorCode::kInvalid, "Batch too large");
    return std::nullopt;
  });
  open();
  ASSERT_TRUE(write());
  flush();
  expect_all(1);
}

TEST_P(DeliveryFaults, APointThatIsRefusedTakesNoOtherWithIt) {
  node_->answer_batches([](const FakeNode::Batch& batch) -> std::optional<FakeReply> {
    if (batch.about("bad")) return FakeReply::error(ErrorCode::kInvalid, "Value is too long");
    return std::nullopt;
  });
  open();
  ASSERT_TRUE(write("bad"));
  ASSERT_TRUE(write());
  flush();
  expect_all(2, 1);
}

TEST_P(DeliveryFaults, ATableThatIsMissingIsWaitedFor) {
  node_->answer_batches([](const FakeNode::Batch& batch) -> std::optional<FakeReply> {
    if (batch.number < 10) return FakeReply::error(ErrorCode::kInvalid, "unconfigured table data_points");
    if (batch.number < 12) return FakeReply::error(ErrorCode::kInvalid, "Keyspace 'ks' does not exist");
    if (batch.number < 14) return FakeReply::error(ErrorCode::kUnauthorized, "User x has no MODIFY permission");
    return std::nullopt;
  });
  open();
  ASSERT_TRUE(write());
  flush();
  expect_all(1);
}

INSTANTIATE_TEST_SUITE_P(Queue, DeliveryFaults, testing::Bool(),
                         [](const auto& info) { return info.param ? "OnDisk" : "InMemory"; });

}  // namespace
}  // namespace sluice::timeseries::cassandra
