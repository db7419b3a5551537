// SPDX-License-Identifier: Apache-2.0
// kill -9 at random moments of a process that writes, seals, joins and erases: what it acknowledged is there
// afterwards. More: SLUICE_CRASH_ROUNDS=200 timeseries_test --gtest_filter='EmbeddedCrash*'.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <thread>

#include "timeseries/store/embedded/embedded_store.h"

namespace sluice::timeseries {
namespace {

constexpr const char* kChildFolder = "SLUICE_CRASH_CHILD";
constexpr size_t kWriters = 2;
constexpr int64_t kBatch = 100;       // points
constexpr int64_t kErasedEvery = 16;  // batches; of those the points of the batch four before are erased

// What was acknowledged, in a file that both processes map: survives the kill.
struct Acknowledged {
  struct Writer {
    std::atomic<int64_t> batches;  // all below
    std::atomic<int64_t> erased;   // of batches divisible by kErasedEvery, all below
  };
  std::array<Writer, kWriters> writers;
};

Acknowledged& map_acknowledged(const std::string& folder) {
  const int fd = ::open((folder + "/acknowledged").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  EXPECT_GE(fd, 0);
  EXPECT_EQ(::ftruncate(fd, sizeof(Acknowledged)), 0);
  void* at = ::mmap(nullptr, sizeof(Acknowledged), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  EXPECT_NE(at, MAP_FAILED);
  ::close(fd);
  return *static_cast<Acknowledged*>(at);
}

EmbeddedSettings settings_of(const std::string& folder) {
  EmbeddedSettings settings;
  settings.folder = folder + "/store";
  settings.head_bytes = 1u << 20;
  settings.log_bytes = 200'000;
  settings.idle = std::chrono::seconds(0);
  return settings;
}

std::string said_by_child(const std::string& folder) { return folder + "/stderr"; }

// A killed process has no exit code that tells of what a sanitizer found.
void expect_no_finding(const std::string& file) {
  std::ifstream stream(file);
  ASSERT_TRUE(stream) << file;
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  EXPECT_EQ(text.find("Sanitizer"), std::string::npos) << text;
  EXPECT_EQ(text.find("runtime error"), std::string::npos) << text;
}

double value_of(size_t writer, int64_t time) {
  return static_cast<double>((time * 7 + static_cast<int64_t>(writer)) % 10'007) / 100;
}
std::string metric_of(size_t writer) { return "crash" + std::to_string(writer); }
int64_t erased_batch(int64_t batch) { return batch - 4; }
bool erases(int64_t batch) { return batch > 0 && batch % kErasedEvery == 0; }

void write_for_ever(EmbeddedStore& store, Acknowledged::Writer& acknowledged, size_t writer) {
  WriteBatch batch;
  int64_t k = acknowledged.batches;
  // It was killed between the points and their erasure.
  if (k > 0 && erases(k - 1) && acknowledged.erased < k) --k;
  for (;; ++k) {
    batch.clear();
    const auto series = store.series(metric_of(writer), PointType::kDouble, Tags({{"w", std::to_string(k % 3)}}));
    for (int64_t i = 0; i < kBatch; ++i) {
      const int64_t time = k * kBatch + i;
      batch.add_double(*series, time, value_of(writer, time));
    }
    const auto last = store.series(metric_of(writer) + ".last", PointType::kLong, {});
    batch.add_long(*last, 0, k);
    if (!store.write(batch)) std::abort();
    acknowledged.batches = k + 1;
    if (!erases(k)) continue;
    const int64_t gone = erased_batch(k) * kBatch;
    if (!store.erase(SeriesQuery{metric_of(writer), gone, gone + kBatch - 1, {}})) std::abort();
    acknowledged.erased = k + 1;
  }
}

// Not a test: the process that is killed.
TEST(EmbeddedCrash, Child) {
  const char* folder = std::getenv(kChildFolder);
  if (!folder) GTEST_SKIP() << "is run by the other test";
  auto store = EmbeddedStore::open(settings_of(folder));
  if (!store) {
    std::fprintf(stderr, "%s\n", store.error().describe().c_str());
    std::abort();
  }
  auto& acknowledged = map_acknowledged(folder);
  std::vector<std::thread> threads;
  for (size_t w = 0; w < kWriters; ++w)
    threads.emplace_back([&, w] { write_for_ever(**store, acknowledged.writers[w], w); });
  for (auto& thread : threads) thread.join();
}

void check_writer(EmbeddedStore& store, const Acknowledged::Writer& acknowledged, size_t writer) {
  const int64_t batches = acknowledged.batches;
  std::vector<uint8_t> seen(static_cast<size_t>((batches + 2) * kBatch));
  auto rows = store.read({metric_of(writer), 0, kMaxTime, {}}, {});
  ASSERT_TRUE(rows) << rows.error().describe();
  for (auto& row : *rows)
    for (Points points;;) {
      ASSERT_TRUE(row.source->next(points));
      if (points.empty()) break;
      for (size_t i = 0; i < points.size(); ++i) {
        ASSERT_LT(static_cast<size_t>(points.time(i)), seen.size());
        ASSERT_EQ(points.double_value(i), value_of(writer, points.time(i)));
        seen[static_cast<size_t>(points.time(i))] = 1;
      }
    }
  for (int64_t k = 0; k < batches; ++k) {
    const int64_t eraser = k + 4;
    const bool may_be_erased = erases(eraser) && eraser < batches;
    const bool is_erased = may_be_erased && eraser < acknowledged.erased;
    for (int64_t i = 0; i < kBatch; ++i) {
      const bool there = seen[static_cast<size_t>(k * kBatch + i)] != 0;
      if (is_erased) ASSERT_FALSE(there) << "batch " << k << " of " << batches << " was erased";
      if (!may_be_erased) ASSERT_TRUE(there) << "batch " << k << " of " << batches << " is lost";
    }
  }
  if (batches == 0) return;
  auto last = store.read({metric_of(writer) + ".last", 0, kMaxTime, {}}, {});
  ASSERT_TRUE(last);
  ASSERT_EQ(last->size(), 1u);
  Points points;
  ASSERT_TRUE(last->front().source->next(points));
  ASSERT_EQ(points.size(), 1u);
  EXPECT_GE(points.long_value(0), batches - 1);
}

TEST(EmbeddedCrash, WhatWasAcknowledgedIsThere) {
  const char* wanted = std::getenv("SLUICE_CRASH_ROUNDS");
  const int rounds = wanted ? std::atoi(wanted) : 8;
  std::string folder = std::filesystem::temp_directory_path() / "embedded_crash_test_XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  auto& acknowledged = map_acknowledged(folder);
  std::mt19937_64 random(static_cast<uint64_t>(::getpid()));
  for (int round = 0; round < rounds; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    const pid_t child = ::fork();
    if (child == 0) {
      ::setenv(kChildFolder, folder.c_str(), 1);
      const int said = ::open(said_by_child(folder).c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
      if (said < 0 || ::dup2(said, STDERR_FILENO) < 0) ::_exit(126);
      ::execl("/proc/self/exe", "timeseries_test", "--gtest_filter=EmbeddedCrash.Child", nullptr);
      ::_exit(127);
    }
    // Now and then during the start already.
    ::usleep(static_cast<useconds_t>(random() % (round % 4 == 0 ? 100'000 : 700'000)));
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "the child ended by itself";
    expect_no_finding(said_by_child(folder));
    auto settings = settings_of(folder);
    settings.background = false;  // and so leaves the log to the next child
    auto store = EmbeddedStore::open(settings);
    ASSERT_TRUE(store) << store.error().describe();
    for (size_t w = 0; w < kWriters; ++w) ASSERT_NO_FATAL_FAILURE(check_writer(**store, acknowledged.writers[w], w));
  }
  EXPECT_GT(acknowledged.writers[0].batches, 0);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace sluice::timeseries
