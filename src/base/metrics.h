// SPDX-License-Identifier: Apache-2.0
// Metrics: named counters, gauges and histograms with labels, and their Prometheus text. A metric lives as long as its
// registry: look it up once and keep the reference; updates are then a few nanoseconds, lock-free, from any thread.
//
//   static Counter& queries = Metrics::process().counter("sluice_queries_total", "Statements.", {{"door", "mysql"}});
//   queries.add();
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

using Labels = std::map<std::string, std::string>;

namespace detail {
constexpr size_t kMetricShards = 8;
// A small number that is different for each of the first kMetricShards threads.
size_t metric_shard();
struct alignas(64) CounterShard {
  std::atomic<uint64_t> value{0};
};
}  // namespace detail

// Only grows. Sharded by thread, so that hot counters do not bounce between cores.
class Counter {
 public:
  void add(uint64_t n = 1) { shards_[detail::metric_shard()].value.fetch_add(n, std::memory_order_relaxed); }
  uint64_t value() const;

 private:
  std::array<detail::CounterShard, detail::kMetricShards> shards_;
};

// Goes up and down.
class Gauge {
 public:
  void set(int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void add(int64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  void sub(int64_t n = 1) { value_.fetch_sub(n, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

// Counts observations by upper bounds.
class Histogram {
 public:
  explicit Histogram(std::vector<double> upper_bounds);
  void observe(double value);
  // In seconds.
  void observe(std::chrono::nanoseconds duration) { observe(std::chrono::duration<double>(duration).count()); }

  struct Snapshot {
    std::vector<double> upper_bounds;  // without +Inf
    std::vector<uint64_t> counts;      // not cumulative, one more than upper_bounds
    double sum = 0;
    uint64_t count = 0;
  };
  Snapshot snapshot() const;

 private:
  const std::vector<double> upper_bounds_;
  std::unique_ptr<std::atomic<uint64_t>[]> counts_;
  std::atomic<double> sum_{0};
};

// Upper bounds in seconds from 100 us to 100 s, three a decade: for latencies of statements and requests.
std::vector<double> latency_buckets();

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;
  // The registry that /metrics shows.
  static Metrics& process();

  // The metric of that name and those labels, made on first use. One name has one kind and one help text
  // (a second kind is a defect: BUG_CHECK). Names: [a-zA-Z_:][a-zA-Z0-9_:]*.
  Counter& counter(std::string_view name, std::string_view help, const Labels& labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, const Labels& labels = {});
  Histogram& histogram(std::string_view name, std::string_view help, std::vector<double> upper_bounds,
                       const Labels& labels = {});

  // Values that are read when somebody asks. `read` must be thread-safe and quick; it is called until the
  // Registration is destroyed (which waits for a call under way).
  class [[nodiscard]] Registration {
   public:
    Registration() = default;
    Registration(Registration&& other) noexcept;
    Registration& operator=(Registration&& other) noexcept;
    ~Registration();

   private:
    friend class Metrics;
    Registration(Metrics* owner, uint64_t id) : owner_(owner), id_(id) {}
    Metrics* owner_ = nullptr;
    uint64_t id_ = 0;
  };
  Registration callback_gauge(std::string_view name, std::string_view help, const Labels& labels,
                              std::function<double()> read);
  Registration callback_counter(std::string_view name, std::string_view help, const Labels& labels,
                                std::function<double()> read);

  // Prometheus text exposition format 0.0.4 of everything registered.
  std::string prometheus_text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sluice
