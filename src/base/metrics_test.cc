// SPDX-License-Identifier: Apache-2.0
#include "base/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace sluice {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Metrics, TextOfAllKinds) {
  Metrics metrics;
  metrics.counter("sluice_queries_total", "Statements answered.", {{"door", "mysql"}}).add(3);
  metrics.counter("sluice_queries_total", "Statements answered.", {{"door", "http"}}).add();
  metrics.gauge("sluice_connections", "Open connections.").set(7);
  auto& latency = metrics.histogram("sluice_latency_seconds", "Latency.", {0.1, 1});
  latency.observe(0.05);
  latency.observe(std::chrono::milliseconds(100));
  latency.observe(5);
  auto text = metrics.prometheus_text();
  EXPECT_THAT(text,
              HasSubstr("# HELP sluice_queries_total Statements answered.\n# TYPE sluice_queries_total counter\n"));
  EXPECT_THAT(text, HasSubstr("sluice_queries_total{door=\"mysql\"} 3"));
  EXPECT_THAT(text, HasSubstr("sluice_queries_total{door=\"http\"} 1"));
  EXPECT_THAT(text, HasSubstr("sluice_connections 7"));
  EXPECT_THAT(text, HasSubstr("sluice_latency_seconds_bucket{le=\"0.1\"} 2"));
  EXPECT_THAT(text, HasSubstr("sluice_latency_seconds_bucket{le=\"1\"} 2"));
  EXPECT_THAT(text, HasSubstr("sluice_latency_seconds_bucket{le=\"+Inf\"} 3"));
  EXPECT_THAT(text, HasSubstr("sluice_latency_seconds_count 3"));
}

TEST(Metrics, SameNameAndLabelsIsTheSameMetric) {
  Metrics metrics;
  EXPECT_EQ(&metrics.counter("a", "h", {{"x", "1"}}), &metrics.counter("a", "h", {{"x", "1"}}));
  EXPECT_NE(&metrics.counter("a", "h", {{"x", "1"}}), &metrics.counter("a", "h", {{"x", "2"}}));
}

TEST(Metrics, CallbacksLiveAsLongAsTheirRegistration) {
  Metrics metrics;
  {
    auto queue = metrics.callback_gauge("queue_length", "Waiting.", {}, [] { return 12.0; });
    auto ticks = metrics.callback_counter("ticks_total", "Ticks.", {{"k", "v"}}, [] { return 3.0; });
    auto moved = std::move(queue);
    EXPECT_THAT(metrics.prometheus_text(), HasSubstr("queue_length 12"));
    EXPECT_THAT(metrics.prometheus_text(), HasSubstr("ticks_total{k=\"v\"} 3"));
  }
  EXPECT_THAT(metrics.prometheus_text(), Not(HasSubstr("queue_length")));
}

TEST(Metrics, CountersFromManyThreads) {
  Metrics metrics;
  auto& counter = metrics.counter("n", "n");
  auto& histogram = metrics.histogram("h", "h", latency_buckets());
  std::vector<std::thread> threads;
  for (int t = 0; t < 10; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        counter.add();
        histogram.observe(0.001);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(counter.value(), 10'000u);
  EXPECT_EQ(histogram.snapshot().count, 10'000u);
  EXPECT_NEAR(histogram.snapshot().sum, 10.0, 1e-6);
}

TEST(MetricsDeathTest, WrongKindsAreDefects) {
  Metrics metrics;
  metrics.counter("a", "h");
  EXPECT_DEATH(metrics.gauge("a", "h"), "defect");
  EXPECT_DEATH(metrics.gauge("not a name", "h"), "defect");
}

}  // namespace
}  // namespace sluice
