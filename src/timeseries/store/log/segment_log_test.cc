// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/log/segment_log.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "base/failpoint.h"
#include "timeseries/store/embedded/log_records.h"

namespace sluice::timeseries {
namespace {

using Payloads = std::vector<std::string>;

class SegmentLogTest : public testing::Test {
 protected:
  SegmentLogTest() { EXPECT_NE(::mkdtemp(folder_.data()), nullptr); }
  ~SegmentLogTest() override { std::filesystem::remove_all(folder_); }

  Status open() {
    log_.reset();
    replayed_.clear();
    auto opened = SegmentLog::open(folder_, [this](std::string_view payload) {
      replayed_.emplace_back(payload);
      return Status();
    });
    if (!opened) return fail(opened.error());
    log_ = std::move(*opened);
    return {};
  }
  Status append(const std::string& payload) {
    ByteBuffer record;
    record.fill(0, kRecordHeader);
    record.append(payload);
    seal_record(record);
    const std::span<const uint8_t> records[] = {record.span()};
    return log_->append(records);
  }
  std::vector<std::filesystem::path> files() const {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
  }
  static void change(const std::filesystem::path& file, size_t at, char to) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(static_cast<std::streamoff>(at));
    stream.put(to);
  }

  std::string folder_ = std::filesystem::temp_directory_path() / "segment_log_test_XXXXXX";
  std::unique_ptr<SegmentLog> log_;
  Payloads replayed_;
};

TEST_F(SegmentLogTest, RecordsComeBackInOrder) {
  ASSERT_TRUE(open());
  EXPECT_TRUE(replayed_.empty());
  ASSERT_TRUE(append("one"));
  ASSERT_TRUE(append("two"));
  ASSERT_TRUE(open());
  EXPECT_EQ(replayed_, (Payloads{"one", "two"}));
  ASSERT_TRUE(append("three"));
  const auto segment = log_->rotate();
  ASSERT_TRUE(segment);
  ASSERT_TRUE(append("four"));
  ASSERT_TRUE(open());
  EXPECT_EQ(replayed_, (Payloads{"one", "two", "three", "four"}));
  ASSERT_TRUE(log_->drop_below(*segment));
  ASSERT_TRUE(open());
  EXPECT_EQ(replayed_, (Payloads{"four"}));
}

TEST_F(SegmentLogTest, ATornRecordAtTheEndWasNeverThere) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append("one"));
  ASSERT_TRUE(append("two"));
  log_.reset();
  const auto file = files().back();
  const auto whole = std::filesystem::file_size(file);
  for (size_t lost = 1; lost < kRecordHeader + 3; ++lost) {
    SCOPED_TRACE(lost);
    std::filesystem::copy(folder_, folder_ + ".copy");
    std::filesystem::resize_file(file, whole - lost);
    ASSERT_TRUE(open());
    EXPECT_EQ(replayed_, (Payloads{"one"}));
    ASSERT_TRUE(append("three"));
    ASSERT_TRUE(open());
    EXPECT_EQ(replayed_, (Payloads{"one", "three"}));
    log_.reset();
    std::filesystem::remove_all(folder_);
    std::filesystem::rename(folder_ + ".copy", folder_);
  }
  // Zeros, as a file system leaves them after a power failure.
  std::filesystem::resize_file(file, whole - 5);
  std::filesystem::resize_file(file, whole + 4096);
  ASSERT_TRUE(open());
  EXPECT_EQ(replayed_, (Payloads{"one"}));
}

TEST_F(SegmentLogTest, DamageInTheMiddleIsToldWithItsPlace) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append("one"));
  ASSERT_TRUE(append("two"));
  log_.reset();
  change(files().back(), 32 + kRecordHeader, 'O');
  const auto status = open();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), Code::kDataLoss);
  EXPECT_NE(status.error().message().find("000000000001.log, byte 32"), std::string::npos) << status.error().message();
}

TEST_F(SegmentLogTest, DamageInAnEarlierSegmentIsNoTornEnd) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append("one"));
  ASSERT_TRUE(log_->rotate());
  ASSERT_TRUE(append("two"));
  log_.reset();
  const auto all = files();
  change(all.front(), 32 + kRecordHeader, 'O');
  EXPECT_EQ(open().error().code(), Code::kDataLoss);
  change(all.front(), 32 + kRecordHeader, 'o');
  ASSERT_TRUE(open());
  log_.reset();
  std::filesystem::resize_file(all.front(), std::filesystem::file_size(all.front()) - 1);
  EXPECT_EQ(open().error().code(), Code::kDataLoss);
  std::filesystem::remove(files()[1]);
  EXPECT_EQ(open().error().code(), Code::kDataLoss);
}

TEST_F(SegmentLogTest, ASegmentWithoutItsHeaderIsEmpty) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append("one"));
  ASSERT_TRUE(log_->rotate());
  log_.reset();
  std::filesystem::resize_file(files().back(), 10);
  ASSERT_TRUE(open());
  EXPECT_EQ(replayed_, (Payloads{"one"}));
}

TEST_F(SegmentLogTest, AFullDiskRefusesAndRecovers) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append("one"));
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{100, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto status = append(std::string(200, 'x'));  // is written in part
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), Code::kResourceExhausted);
  ASSERT_TRUE(append("two"));
  ASSERT_TRUE(open());
  EXPECT_EQ(replayed_, (Payloads{"one", "two"}));
}

TEST_F(SegmentLogTest, FaultsAreErrors) {
  ASSERT_TRUE(open());
  {
    failpoint::ScopedFailpoint fault("store.log.write", "error(no room)");
    EXPECT_FALSE(append("one"));
  }
  {
    failpoint::ScopedFailpoint fault("store.log.sync", "error");
    EXPECT_FALSE(log_->sync());
    EXPECT_FALSE(log_->rotate());
  }
  {
    failpoint::ScopedFailpoint fault("store.log.create", "error");
    ASSERT_TRUE(append("two"));
    EXPECT_FALSE(log_->rotate());
  }
  ASSERT_TRUE(append("three"));
  ASSERT_TRUE(open());
  EXPECT_EQ(replayed_, (Payloads{"two", "three"}));
}

TEST(LogRecords, PointsComeBack) {
  ByteBuffer record;
  log_records::PointsWriter writer(record, 1000, 7);
  writer.number(1, INT64_MIN, 0x400, 0);
  writer.number(2, INT64_MAX, 0x500, 60);
  writer.long_number(2, INT64_MAX, -5, 60);
  writer.text(UINT32_MAX, 0, "text", UINT32_MAX);
  writer.text(1, 0, "", 0);
  seal_record(record);
  log_records::PointsReader reader(record.view().substr(kRecordHeader));
  const auto next = [&] {
    log_records::LoggedPoint point{};
    EXPECT_FALSE(reader.at_end());
    EXPECT_TRUE(reader.next(point));
    return point;
  };
  auto point = next();
  EXPECT_EQ(std::tuple(point.series, point.time, point.value, point.expiry),
            std::tuple(1u, INT64_MIN, uint64_t{0x400}, 1007u));
  point = next();
  EXPECT_EQ(std::tuple(point.series, point.time, point.value, point.expiry),
            std::tuple(2u, INT64_MAX, uint64_t{0x500}, 1060u));
  point = next();
  EXPECT_EQ(static_cast<int64_t>(point.value), -5);
  point = next();
  EXPECT_EQ(std::tuple(point.series, point.time, point.text, point.expiry),
            std::tuple(UINT32_MAX, int64_t{0}, std::string_view("text"), 0u));
  point = next();
  EXPECT_EQ(std::tuple(point.series, point.text, point.is_text), std::tuple(1u, std::string_view(), true));
  EXPECT_TRUE(reader.at_end());
  for (size_t end = kRecordHeader + 1; end < record.size(); ++end) {
    log_records::PointsReader cut(record.view().substr(kRecordHeader, end - kRecordHeader));
    Status status;
    for (log_records::LoggedPoint one{}; status && !cut.at_end();) status = cut.next(one);
  }
}

}  // namespace
}  // namespace sluice::timeseries
