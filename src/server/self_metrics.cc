// SPDX-License-Identifier: Apache-2.0
#include "server/self_metrics.h"

#include <sys/sysinfo.h>
#include <unistd.h>

#include <fstream>
#include <span>

#include "base/log.h"
#include "server/settings.h"

namespace sluice::server {
namespace {

using timeseries::PointType;
using timeseries::Tags;
using timeseries::Traffic;

// A metric that counts: what was added since the last report.
struct Counted {
  const char* metric;
  Traffic::Count Traffic::* count;
  const char* tag = nullptr;  // besides host
  const char* value = nullptr;
  uint64_t unit = 1;  // the count is divided by it
};

constexpr uint64_t kNsPerMs = 1'000'000;
constexpr Counted kCounted[] = {
    {"kairosdb.http.ingest_count", &Traffic::ingest_points},
    {"kairosdb.http.ingest_time", &Traffic::ingest_ns, nullptr, nullptr, kNsPerMs},
    {"kairosdb.protocol.telnet_request_count", &Traffic::telnet_points, "method", "put"},
};

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 && name[0] != '\0' ? name : "localhost";
}

// Kilobytes, or the number, of a line "VmRSS:   123 kB" in /proc/self/status.
int64_t own_status(std::string_view field) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(field) && line[field.size()] == ':') return std::atoll(line.c_str() + field.size() + 1);
  }
  return 0;
}

}  // namespace

// Points of one report.
class SelfMetrics::Points {
 public:
  Points(timeseries::Store& store, int64_t now) : store_(store), now_(now) {}

  Status add(std::string_view metric, std::vector<Tags::Tag> tags, uint64_t value) {
    return add_at(now_, metric, std::move(tags), value);
  }
  Status add_at(int64_t time, std::string_view metric, std::vector<Tags::Tag> tags, uint64_t value) {
    batch_.add_long(TRY(store_.series(metric, PointType::kLong, Tags(std::move(tags)))), time,
                    static_cast<int64_t>(value));
    return {};
  }
  Status add_real(std::string_view metric, std::vector<Tags::Tag> tags, double value) {
    batch_.add_double(TRY(store_.series(metric, PointType::kDouble, Tags(std::move(tags)))), now_, value);
    return {};
  }
  Status write() { return store_.write(batch_); }

 private:
  timeseries::Store& store_;
  const int64_t now_;
  timeseries::WriteBatch batch_;
};

SelfMetrics::SelfMetrics(timeseries::Store& store, Traffic& traffic, const WorkerPool& queries,
                         std::chrono::milliseconds period, std::function<Queue()> queue)
    : store_(store),
      traffic_(traffic),
      queries_(queries),
      period_(period),
      queue_(std::move(queue)),
      host_(host_name()),
      before_(std::size(kCounted)) {
  traffic_.details.start();
  thread_ = std::thread([this] { run(); });
}

SelfMetrics::~SelfMetrics() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

Status SelfMetrics::add_queries(Points& points, const std::vector<timeseries::QueryReport>& queries) const {
  for (const auto& query : queries) {
    const std::vector<Tags::Tag> of_request = {
        {"host", host_}, {"request", "/datapoints/query"}, {"status", query.failed ? "failed" : "success"}};
    TRY(points.add_at(query.began, "kairosdb.http.request_time", of_request, query.ns / kNsPerMs));
    for (size_t i = 0; i < query.metrics.size(); ++i) {
      const auto& of = query.metrics[i];
      auto tags = of_request;
      tags.emplace_back("metric_name", of.metric);
      tags.emplace_back("query_index", std::to_string(i + 1));
      const std::pair<const char*, uint64_t> values[] = {{"kairosdb.http.query_time", of.ns / kNsPerMs},
                                                         {"kairosdb.datastore.query_time", of.read_ns / kNsPerMs},
                                                         {"kairosdb.datastore.query_sample_size", of.points},
                                                         {"kairosdb.datastore.query_row_count", of.rows},
                                                         {"kairosdb.datastore.cassandra.row_key_count", of.rows}};
      for (const auto& [metric, value] : std::span(values).first(queue_ ? 5 : 4))
        TRY(points.add_at(query.began, metric, tags, value));
    }
  }
  return {};
}

Status SelfMetrics::add_queue(Points& points) {
  const Queue now = queue_();
  const std::vector<Tags::Tag> host = {{"host", host_}};
  const uint64_t delivered = now.delivered_points - queue_before_.delivered_points;
  const uint64_t batches = now.batches - queue_before_.batches;
  const uint64_t micros = (now.delivery_ns - queue_before_.delivery_ns) / 1000;
  queue_before_ = now;
  TRY(points.add("kairosdb.queue.process_count", host, delivered));
  TRY(points.add("kairosdb.queue.file_queue.size", host, now.waiting_points));
  if (batches == 0) return {};
  const auto mean = [&](uint64_t sum) { return static_cast<double>(sum) / static_cast<double>(batches); };
  TRY(points.add("kairosdb.queue.batch_stats.count", host, batches));
  TRY(points.add("kairosdb.queue.batch_stats.sum", host, delivered));
  TRY(points.add_real("kairosdb.queue.batch_stats.avg", host, mean(delivered)));
  TRY(points.add("kairosdb.ingest_executor.write_time_micro.count", host, batches));
  TRY(points.add("kairosdb.ingest_executor.write_time_micro.sum", host, micros));
  return points.add_real("kairosdb.ingest_executor.write_time_micro.avg", host, mean(micros));
}

Status SelfMetrics::report(int64_t now_ms) {
  Points points(store_, now_ms);
  const std::vector<Tags::Tag> host = {{"host", host_}};
  for (size_t i = 0; i < std::size(kCounted); ++i) {
    const Counted& counted = kCounted[i];
    const uint64_t count = (traffic_.*counted.count).load(std::memory_order_relaxed);
    auto tags = host;
    if (counted.tag != nullptr) tags.emplace_back(counted.tag, counted.value);
    TRY(points.add(counted.metric, std::move(tags), (count - before_[i]) / counted.unit));
    before_[i] = count;
  }
  const auto details = traffic_.details.take();
  for (const auto& [method, count] : details.requests)
    TRY(points.add("kairosdb.protocol.http_request_count", {{"host", host_}, {"method", method}}, count));
  for (const auto& [metric, count] : details.points)
    TRY(points.add("kairosdb.metric_counters", {{"metric_name", metric}}, count));
  TRY(add_queries(points, details.queries));
  if (queue_) TRY(add_queue(points));
  TRY(points.add("kairosdb.datastore.queries_waiting", host, queries_.queued()));
  const auto resident = static_cast<uint64_t>(own_status("VmRSS")) * 1024;
  const auto most = static_cast<uint64_t>(available_memory_bytes());
  TRY(points.add("kairosdb.jvm.thread_count", host, static_cast<uint64_t>(own_status("Threads"))));
  TRY(points.add("kairosdb.jvm.total_memory", host, resident));
  TRY(points.add("kairosdb.jvm.max_memory", host, most));
  TRY(points.add("kairosdb.jvm.free_memory", host, most > resident ? most - resident : 0));
  return points.write();
}

void SelfMetrics::run() {
  std::unique_lock lock(mutex_);
  auto at = std::chrono::steady_clock::now() + period_;
  while (!changed_.wait_until(lock, at, [&] { return stopping_; })) {
    lock.unlock();
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const Status status = report(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
    static log::RateLimit limit(std::chrono::minutes(10));
    if (!status) limit.warn("the metrics kairosdb.* are not stored", {{"error", status.error()}});
    at += period_;
    lock.lock();
  }
}

}  // namespace sluice::server
