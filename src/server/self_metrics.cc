// SPDX-License-Identifier: Apache-2.0
#include "server/self_metrics.h"

#include <sys/sysinfo.h>
#include <unistd.h>

#include <fstream>
#include <optional>

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
    {"kairosdb.http.query_time", &Traffic::query_ns, nullptr, nullptr, kNsPerMs},
    {"kairosdb.protocol.http_request_count", &Traffic::requests, "method", "all"},
    {"kairosdb.protocol.telnet_request_count", &Traffic::telnet_points, "method", "put"},
    {"kairosdb.datastore.query_time", &Traffic::query_ns, nullptr, nullptr, kNsPerMs},
    {"kairosdb.datastore.query_sample_size", &Traffic::query_points},
    {"kairosdb.datastore.query_row_count", &Traffic::query_rows},
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

SelfMetrics::SelfMetrics(timeseries::Store& store, const Traffic& traffic, const WorkerPool& queries,
                         std::chrono::milliseconds period, std::function<uint64_t()> delivered)
    : store_(store),
      traffic_(traffic),
      queries_(queries),
      period_(period),
      delivered_(std::move(delivered)),
      host_(host_name()),
      before_(std::size(kCounted)),
      thread_([this] { run(); }) {}

SelfMetrics::~SelfMetrics() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

Status SelfMetrics::report(int64_t now_ms) {
  timeseries::WriteBatch batch;
  const auto add = [&](const char* metric, int64_t value, const char* tag = nullptr, const char* tag_value = nullptr,
                       std::optional<double> real = {}) -> Status {
    std::vector<Tags::Tag> tags = {{"host", host_}};
    if (tag != nullptr) tags.emplace_back(tag, tag_value);
    const auto series = TRY(store_.series(metric, real ? PointType::kDouble : PointType::kLong, Tags(std::move(tags))));
    if (real)
      batch.add_double(series, now_ms, *real);
    else
      batch.add_long(series, now_ms, value);
    return {};
  };
  for (size_t i = 0; i < std::size(kCounted); ++i) {
    const Counted& counted = kCounted[i];
    const uint64_t count = (traffic_.*counted.count).load(std::memory_order_relaxed);
    TRY(add(counted.metric, static_cast<int64_t>((count - before_[i]) / counted.unit), counted.tag, counted.value));
    before_[i] = count;
  }
  if (delivered_) {
    const uint64_t count = delivered_();
    TRY(add("kairosdb.queue.process_count", static_cast<int64_t>(count - delivered_before_)));
    delivered_before_ = count;
  }
  TRY(add("kairosdb.datastore.queries_waiting", static_cast<int64_t>(queries_.queued())));
  const auto resident = own_status("VmRSS") * 1024;
  const auto most = static_cast<int64_t>(available_memory_bytes());
  TRY(add("kairosdb.jvm.thread_count", own_status("Threads")));
  TRY(add("kairosdb.jvm.total_memory", resident));
  TRY(add("kairosdb.jvm.max_memory", most));
  TRY(add("kairosdb.jvm.free_memory", std::max<int64_t>(most - resident, 0)));
  return store_.write(batch);
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
