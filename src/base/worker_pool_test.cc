// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <condition_variable>
#include <future>

#include "base/executor.h"

namespace sluice {
namespace {

using namespace std::chrono_literals;

// Waits up to ten seconds for `condition`.
template <typename F>
bool eventually(F condition) {
  for (auto end = std::chrono::steady_clock::now() + 10s; std::chrono::steady_clock::now() < end;) {
    if (condition()) return true;
    std::this_thread::sleep_for(1ms);
  }
  return false;
}

TEST(WorkerPool, RunsEverythingBeforeStopReturns) {
  std::atomic<int> done{0};
  WorkerPool pool({.min_threads = 2, .max_threads = 4});
  for (int i = 0; i < 500; ++i) {
    ASSERT_TRUE(pool.submit([&] {
      std::this_thread::sleep_for(100us);
      ++done;
    }));
  }
  pool.stop();
  EXPECT_EQ(done, 500);
  EXPECT_EQ(pool.threads(), 0u);
  EXPECT_FALSE(pool.submit([] {}));
  pool.stop();
}

TEST(WorkerPool, GrowsWhenJobsBlockAndShrinksAgain) {
  WorkerPool pool({.min_threads = 1, .max_threads = 6, .idle_timeout = 30ms});
  std::promise<void> release;
  auto released = release.get_future().share();
  std::atomic<int> running{0};
  for (int i = 0; i < 6; ++i) {
    pool.submit([&, released] {
      ++running;
      released.wait();
    });
  }
  EXPECT_TRUE(eventually([&] { return running == 6; }));
  EXPECT_EQ(pool.threads(), 6u);
  EXPECT_EQ(pool.busy(), 6u);
  ASSERT_TRUE(pool.submit([&] { ++running; }));
  EXPECT_EQ(pool.queued(), 1u);
  release.set_value();
  EXPECT_TRUE(eventually([&] { return running == 7 && pool.threads() == 1; }));
  EXPECT_EQ(pool.busy(), 0u);
  ASSERT_TRUE(pool.submit([&] { ++running; }));  // the one that stays still works
  EXPECT_TRUE(eventually([&] { return running == 8; }));
}

TEST(WorkerPool, ShortJobsKeepToMinThreads) {
  WorkerPool pool({.min_threads = 2, .max_threads = 32, .stall_after = 500ms});
  std::atomic<int> done{0};
  for (int i = 0; i < 5000; ++i) pool.submit([&] { ++done; });
  EXPECT_TRUE(eventually([&] { return done == 5000; }));
  EXPECT_LE(pool.threads(), 2u);
}

TEST(WorkerPool, JobsThatWaitForQueuedJobsDoNotDeadlock) {
  WorkerPool pool({.min_threads = 1, .max_threads = 8});
  std::atomic<int> done{0};
  std::function<void(int)> nest = [&](int depth) {
    if (depth > 0) {
      std::promise<void> inner;
      auto finished = inner.get_future();
      if (pool.submit([&nest, &inner, depth] {
            nest(depth - 1);
            inner.set_value();
          })) {
        finished.wait();
      }
    }
    ++done;
  };
  pool.submit([&] { nest(5); });
  EXPECT_TRUE(eventually([&] { return done == 6; }));
}

TEST(WorkerPool, QueueLimit) {
  WorkerPool pool({.min_threads = 1, .max_threads = 1, .queue_limit = 3});
  std::promise<void> release;
  auto released = release.get_future().share();
  pool.submit([released] { released.wait(); });
  int accepted = 0;
  for (int i = 0; i < 10; ++i) accepted += pool.submit([] {});
  EXPECT_EQ(accepted, 3);
  EXPECT_EQ(pool.refused(), 7u);
  release.set_value();
}

TEST(WorkerPool, SubmitFromManyThreadsWithIdleTimeouts) {
  WorkerPool pool({.min_threads = 1, .max_threads = 4, .idle_timeout = 1ms, .stall_after = 100us});
  std::atomic<int> done{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 300; ++i) {
        while (!pool.submit([&, i] {
          if (i % 10 == 0) std::this_thread::sleep_for(500us);
          ++done;
        })) {
        }
        if (i % 30 == 0) std::this_thread::sleep_for(2ms);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(eventually([&] { return done == 1200; }));
}

}  // namespace
}  // namespace sluice
