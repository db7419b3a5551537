// SPDX-License-Identifier: Apache-2.0
#include "base/executor.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_future.hpp>
#include <cstdio>
#include <future>
#include <set>
#include <stdexcept>

namespace sluice {
namespace {

using namespace std::chrono_literals;

class ExecutorTest : public testing::Test {
 protected:
  void SetUp() override { threads_.start(); }
  template <typename T>
  T run(awaitable<T> task) {
    return asio::co_spawn(threads_.next(), std::move(task), asio::use_future).get();
  }
  NetworkThreads threads_{2};
  WorkerPool pool_{{.min_threads = 2, .max_threads = 8}};
};

TEST_F(ExecutorTest, NextGoesRound) {
  std::set<asio::io_context*> seen;
  for (int i = 0; i < 4; ++i) seen.insert(&threads_.next());
  EXPECT_EQ(seen.size(), 2u);
}

TEST_F(ExecutorTest, RunOnGoesToAWorkerAndComesBack) {
  bool back_home = false;
  std::thread::id worker;
  auto value = run([&]() -> awaitable<Result<int>> {
    auto home = std::this_thread::get_id();
    auto result = co_await run_on(pool_, [&] {
      worker = std::this_thread::get_id();
      return 42;
    });
    back_home = std::this_thread::get_id() == home && worker != home;
    co_return result;
  }());
  EXPECT_EQ(*value, 42);
  EXPECT_TRUE(back_home);
}

TEST_F(ExecutorTest, RunOnPassesResultsStatusesAndMoveOnlyValues) {
  auto error = run([&]() -> awaitable<Result<int>> {
    co_return co_await run_on(pool_, []() -> Result<int> { return fail(Code::kNotFound, "nothing here"); });
  }());
  EXPECT_EQ(error.error().code(), Code::kNotFound);
  auto status = run([&]() -> awaitable<Status> { co_return co_await run_on(pool_, [] {}); }());
  EXPECT_TRUE(status);
  auto pointer = run([&]() -> awaitable<Result<std::unique_ptr<int>>> {
    auto owned = std::make_unique<int>(7);
    co_return co_await run_on(pool_, [owned = std::move(owned)]() mutable { return std::move(owned); });
  }());
  EXPECT_EQ(**pointer, 7);
}

TEST_F(ExecutorTest, ExceptionsOfJobsBecomeErrors) {
  auto result = run([&]() -> awaitable<Result<int>> {
    co_return co_await run_on(pool_, []() -> int { throw std::runtime_error("boom"); });
  }());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Code::kInternal);
  EXPECT_NE(result.error().message().find("boom"), std::string::npos);
}

TEST_F(ExecutorTest, SaturatedPoolRefuses) {
  WorkerPool small({.min_threads = 1, .max_threads = 1, .queue_limit = 1});
  std::promise<void> release;
  auto released = release.get_future().share();
  ASSERT_TRUE(small.submit([released] { released.wait(); }));
  ASSERT_TRUE(small.submit([] {}));
  auto refused = run([&]() -> awaitable<Status> { co_return co_await run_on(small, [] {}); }());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kResourceExhausted);
  EXPECT_EQ(small.refused(), 1u);
  release.set_value();
}

TEST_F(ExecutorTest, ManyCoroutinesAtOnce) {
  std::atomic<int> sum{0};
  TaskScope scope("many");
  for (int i = 0; i < 200; ++i) {
    scope.spawn(threads_.next(), [](WorkerPool& pool, std::atomic<int>& sum) -> awaitable<void> {
      for (int j = 0; j < 50; ++j) {
        auto one = co_await run_on(pool, [] { return 1; });
        sum += *one;
      }
    }(pool_, sum));
  }
  ASSERT_TRUE(scope.wait(Deadline::after(60s)));
  EXPECT_EQ(sum, 10'000);
}

TEST_F(ExecutorTest, ScopeCancelsAndJoins) {
  TaskScope scope("sleepers");
  std::atomic<int> cancelled_tasks{0};
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(scope.spawn(threads_.next(), [](std::atomic<int>& count) -> awaitable<void> {
      auto slept = co_await sleep_for(1h);
      // Cancellation stays visible, and later waits end at once.
      if (!slept && slept.error().code() == Code::kCancelled && co_await cancelled() && !co_await sleep_for(1h))
        ++count;
    }(cancelled_tasks)));
  }
  EXPECT_FALSE(scope.wait(Deadline::after(20ms)));
  EXPECT_EQ(scope.running(), 10u);
  scope.cancel_all();
  run([&]() -> awaitable<void> { co_await scope.join(); }());
  EXPECT_EQ(scope.running(), 0u);
  EXPECT_EQ(cancelled_tasks, 10);
  EXPECT_FALSE(scope.spawn(threads_.next(), []() -> awaitable<void> { co_return; }()));
}

TEST_F(ExecutorTest, CancellationRightAfterSpawnIsNotLost) {
  for (int i = 0; i < 200; ++i) {
    TaskScope scope("brief");
    scope.spawn(threads_.next(), []() -> awaitable<void> { (void)co_await sleep_for(1h); }());
    scope.cancel_all();
    ASSERT_TRUE(scope.wait(Deadline::after(10s)));
  }
}

TEST_F(ExecutorTest, JoinOfAnEmptyScopeReturns) {
  TaskScope scope("empty");
  run([&]() -> awaitable<void> { co_await scope.join(); }());
  EXPECT_TRUE(scope.wait());
}

TEST_F(ExecutorTest, ThrowingTaskEndsAlone) {
  TaskScope scope("throwing");
  scope.spawn(threads_.next(), []() -> awaitable<void> {
    co_await sleep_for(1ms);
    throw std::runtime_error("a defect of the test");
  }());
  EXPECT_TRUE(scope.wait(Deadline::after(10s)));
}

TEST_F(ExecutorTest, JobsFinishBeforeCancelledCoroutinesGoOn) {
  TaskScope scope("job");
  std::atomic<bool> job_done{false}, saw_done{false};
  scope.spawn(threads_.next(), [](WorkerPool& pool, auto& job_done, auto& saw_done) -> awaitable<void> {
    (void)co_await run_on(pool, [&] {
      std::this_thread::sleep_for(50ms);
      job_done = true;
    });
    saw_done = job_done.load();
  }(pool_, job_done, saw_done));
  std::this_thread::sleep_for(10ms);
  scope.cancel_all();
  EXPECT_TRUE(scope.wait(Deadline::after(10s)));
  EXPECT_TRUE(saw_done);
}

TEST(TaskScopeDeathTest, DestroyedWhileRunning) {
  EXPECT_DEATH(
      {
        asio::io_context context;
        TaskScope scope("left alone");
        scope.spawn(context, []() -> awaitable<void> { co_return; }());
      },
      "left alone");
}

// Prints what one hop costs; the bound is loose, for busy machines.
TEST_F(ExecutorTest, RoundTripCost) {
  constexpr int kHops = 2000;
  auto took = run([&]() -> awaitable<std::chrono::nanoseconds> {
    auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < kHops; ++i) (void)co_await run_on(pool_, [] {});
    co_return std::chrono::steady_clock::now() - began;
  }());
  double micros = static_cast<double>(took.count()) / kHops / 1000;
  std::printf("one at a time: %.2f us a round trip\n", micros);
  EXPECT_LT(micros, 2000);

  TaskScope scope("load");
  auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 16; ++i) {
    scope.spawn(threads_.next(), [](WorkerPool& pool) -> awaitable<void> {
      for (int j = 0; j < kHops; ++j) (void)co_await run_on(pool, [] {});
    }(pool_));
  }
  EXPECT_TRUE(scope.wait(Deadline::after(60s)));
  double total = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began).count();
  std::printf("16 at once: %.2f us a round trip\n", total / (16 * kHops));
}

}  // namespace
}  // namespace sluice
