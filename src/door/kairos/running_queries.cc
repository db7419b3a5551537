// SPDX-License-Identifier: Apache-2.0
#include "door/kairos/running_queries.h"

#include <utility>
#include <vector>

#include "base/json_text.h"
#include "base/trace.h"
#include "timeseries/request/json_value.h"

namespace sluice::door::kairos {

RunningQueries::Entry::Entry(RunningQueries& queries, std::string_view json, const std::atomic<size_t>& metric,
                             std::atomic<bool>& cancelled)
    : queries_(queries), hash_(TraceContext::generate(false).trace_id_hex()) {
  std::lock_guard lock(queries_.mutex_);
  queries_.running_.emplace(hash_, Running{json, &metric, &cancelled});
}

RunningQueries::Entry::~Entry() {
  std::lock_guard lock(queries_.mutex_);
  queries_.running_.erase(hash_);
}

void RunningQueries::kill(const std::string& hash) {
  std::lock_guard lock(mutex_);
  if (const auto found = running_.find(hash); found != running_.end()) found->second.cancelled->store(true);
}

size_t RunningQueries::size() const {
  std::lock_guard lock(mutex_);
  return running_.size();
}

std::string RunningQueries::json(size_t waiting) const {
  struct Copy {
    std::string hash, query;
    size_t metric;
  };
  std::vector<Copy> running;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [hash, query] : running_) running.push_back({hash, std::string(query.json), *query.metric});
  }
  std::string out = "{\"queries\":[";
  bool first = true;
  for (const auto& [hash, query, at] : running) {
    const auto parsed = timeseries::parse_document(query, timeseries::Compat::kV14);
    const auto* const metrics = parsed ? parsed->find("metrics") : nullptr;
    if (metrics == nullptr || !metrics->is_array() || at >= metrics->items().size()) continue;
    const auto& metric = metrics->items()[at];
    const auto* const name = metric.is_object() ? metric.find("name") : nullptr;
    if (!first) out += ',';
    first = false;
    out += "{\"query hash\":\"" + hash + "\",\"metric name\":";
    append_json_string(out, name != nullptr ? name->text() : std::string());
    out += ",\"query JSON\":" + parsed->to_json() + "}";
  }
  return out + "],\"queries waiting\":" + std::to_string(waiting) + "}";
}

}  // namespace sluice::door::kairos
