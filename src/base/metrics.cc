// SPDX-License-Identifier: Apache-2.0
// prometheus-cpp gives the data model of an exposition and its text; the metrics themselves are our own, because its
// counters are one atomic double and its histograms a mutex.
#include "base/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>

#include "base/check.h"

namespace sluice {

size_t detail::metric_shard() {
  static std::atomic<size_t> next{0};
  thread_local const size_t shard = next.fetch_add(1, std::memory_order_relaxed) % kMetricShards;
  return shard;
}

uint64_t Counter::value() const {
  uint64_t sum = 0;
  for (auto& shard : shards_) sum += shard.value.load(std::memory_order_relaxed);
  return sum;
}

Histogram::Histogram(std::vector<double> upper_bounds)
    : upper_bounds_(std::move(upper_bounds)), counts_(new std::atomic<uint64_t>[upper_bounds_.size() + 1]) {
  BUG_CHECK(std::is_sorted(upper_bounds_.begin(), upper_bounds_.end()), "histogram bounds must grow");
  for (size_t i = 0; i <= upper_bounds_.size(); ++i) counts_[i] = 0;
}

void Histogram::observe(double value) {
  size_t bucket =
      static_cast<size_t>(std::lower_bound(upper_bounds_.begin(), upper_bounds_.end(), value) - upper_bounds_.begin());
  counts_[bucket].fetch_add(1, std::memory_order_relaxed);
  double sum = sum_.load(std::memory_order_relaxed);
  while (!sum_.compare_exchange_weak(sum, sum + value, std::memory_order_relaxed)) {
  }
}

Histogram::Snapshot Histogram::snapshot() const {
  Snapshot snapshot;
  snapshot.upper_bounds = upper_bounds_;
  for (size_t i = 0; i <= upper_bounds_.size(); ++i) {
    snapshot.counts.push_back(counts_[i].load(std::memory_order_relaxed));
    snapshot.count += snapshot.counts.back();
  }
  snapshot.sum = sum_.load(std::memory_order_relaxed);
  return snapshot;
}

std::vector<double> latency_buckets() {
  return {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100};
}

namespace {

using MetricType = prometheus::MetricType;

struct Callback {
  uint64_t id = 0;
  std::function<double()> read;
};
using Metric = std::variant<std::unique_ptr<Counter>, std::unique_ptr<Gauge>, std::unique_ptr<Histogram>, Callback>;

struct Family {
  MetricType type = MetricType::Untyped;
  std::string help;
  std::map<Labels, Metric> metrics;
};

bool valid_name(std::string_view name) {
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':'; };
  if (name.empty() || !letter(name[0])) return false;
  return std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

void read_value(const Metric& metric, MetricType type, prometheus::ClientMetric& into) {
  if (auto* counter = std::get_if<std::unique_ptr<Counter>>(&metric)) {
    into.counter.value = static_cast<double>((*counter)->value());
  } else if (auto* gauge = std::get_if<std::unique_ptr<Gauge>>(&metric)) {
    into.gauge.value = static_cast<double>((*gauge)->value());
  } else if (auto* callback = std::get_if<Callback>(&metric)) {
    double value = callback->read();
    if (type == MetricType::Counter)
      into.counter.value = value;
    else
      into.gauge.value = value;
  } else {
    auto snapshot = std::get<std::unique_ptr<Histogram>>(metric)->snapshot();
    uint64_t cumulative = 0;
    for (size_t i = 0; i < snapshot.counts.size(); ++i) {
      cumulative += snapshot.counts[i];
      double bound = i < snapshot.upper_bounds.size() ? snapshot.upper_bounds[i] : INFINITY;
      into.histogram.bucket.push_back({cumulative, bound});
    }
    into.histogram.sample_count = snapshot.count;
    into.histogram.sample_sum = snapshot.sum;
  }
}

}  // namespace

struct Metrics::State {
  mutable std::mutex mutex;
  // Guarded by mutex; callbacks are called with it held:
  std::map<std::string, Family, std::less<>> families;
  uint64_t last_id = 0;

  Family& family(std::string_view name, std::string_view help, MetricType type) {
    auto found = families.find(name);
    if (found == families.end()) {
      BUG_CHECK(valid_name(name), name);
      found = families.emplace(std::string(name), Family{type, std::string(help), {}}).first;
    }
    BUG_CHECK(found->second.type == type, name);
    return found->second;
  }
  template <typename T, typename... Arguments>
  T& metric(std::string_view name, std::string_view help, MetricType type, const Labels& labels,
            Arguments&&... arguments) {
    std::lock_guard lock(mutex);
    auto& metrics = family(name, help, type).metrics;
    auto found = metrics.find(labels);
    if (found == metrics.end()) {
      found = metrics.emplace(labels, std::make_unique<T>(std::forward<Arguments>(arguments)...)).first;
    }
    auto* pointer = std::get_if<std::unique_ptr<T>>(&found->second);
    BUG_CHECK(pointer != nullptr, name);
    return **pointer;
  }
  uint64_t add_callback(std::string_view name, std::string_view help, MetricType type, const Labels& labels,
                        std::function<double()> read) {
    std::lock_guard lock(mutex);
    uint64_t id = ++last_id;
    auto [position, fresh] = family(name, help, type).metrics.try_emplace(labels, Callback{id, nullptr});
    BUG_CHECK(std::holds_alternative<Callback>(position->second), name);
    position->second = Callback{id, std::move(read)};
    return id;
  }
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

Metrics& Metrics::process() {
  static Metrics* instance = new Metrics;  // counted on until the last thread ends
  return *instance;
}

Counter& Metrics::counter(std::string_view name, std::string_view help, const Labels& labels) {
  return state_->metric<Counter>(name, help, MetricType::Counter, labels);
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, const Labels& labels) {
  return state_->metric<Gauge>(name, help, MetricType::Gauge, labels);
}

Histogram& Metrics::histogram(std::string_view name, std::string_view help, std::vector<double> upper_bounds,
                              const Labels& labels) {
  return state_->metric<Histogram>(name, help, MetricType::Histogram, labels, std::move(upper_bounds));
}

Metrics::Registration Metrics::callback_gauge(std::string_view name, std::string_view help, const Labels& labels,
                                              std::function<double()> read) {
  return Registration(this, state_->add_callback(name, help, MetricType::Gauge, labels, std::move(read)));
}

Metrics::Registration Metrics::callback_counter(std::string_view name, std::string_view help, const Labels& labels,
                                                std::function<double()> read) {
  return Registration(this, state_->add_callback(name, help, MetricType::Counter, labels, std::move(read)));
}

Metrics::Registration::Registration(Registration&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)), id_(std::exchange(other.id_, 0)) {}

Metrics::Registration& Metrics::Registration::operator=(Registration&& other) noexcept {
  std::swap(owner_, other.owner_);
  std::swap(id_, other.id_);
  return *this;
}

Metrics::Registration::~Registration() {
  if (!owner_) return;
  std::lock_guard lock(owner_->state_->mutex);
  for (auto& [name, family] : owner_->state_->families) {
    std::erase_if(family.metrics, [&](auto& entry) {
      auto* callback = std::get_if<Callback>(&entry.second);
      return callback && callback->id == id_;
    });
  }
}

std::string Metrics::prometheus_text() const {
  std::vector<prometheus::MetricFamily> families;
  {
    std::lock_guard lock(state_->mutex);
    for (auto& [name, family] : state_->families) {
      if (family.metrics.empty()) continue;
      prometheus::MetricFamily& shown = families.emplace_back();
      shown.name = name;
      shown.help = family.help;
      shown.type = family.type;
      for (auto& [labels, metric] : family.metrics) {
        prometheus::ClientMetric& value = shown.metric.emplace_back();
        for (auto& [key, label] : labels) value.label.push_back({key, label});
        read_value(metric, family.type, value);
      }
    }
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace sluice
