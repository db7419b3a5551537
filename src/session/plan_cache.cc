// SPDX-License-Identifier: Apache-2.0
#include "session/plan_cache.h"

namespace sluice::session {

bool PlanTemplate::matches(const std::vector<duckdb::Value>& literals) const {
  for (const auto& [ordinal, value] : fixed) {
    if (ordinal >= literals.size() || literals[ordinal].type() != value.type() ||
        !duckdb::Value::NotDistinctFrom(literals[ordinal], value)) {
      return false;
    }
  }
  for (uint32_t literal : parameter_literals) {
    if (literal >= literals.size()) return false;
  }
  return true;
}

std::shared_ptr<const PlanTemplate> PlanCache::find(std::string_view key, const std::vector<duckdb::Value>& literals,
                                                    uint64_t schema_version) {
  Shard& part = shard(key);
  std::lock_guard lock(part.mutex);
  auto found = part.by_key.find(key);
  if (found != part.by_key.end()) {
    Entry& entry = *found->second;
    if (entry.variants.front()->schema_version != schema_version) {
      auto doomed = found->second;
      part.by_key.erase(found);
      part.recent.erase(doomed);
    } else {
      for (const auto& variant : entry.variants) {
        if (!variant->matches(literals)) continue;
        part.recent.splice(part.recent.begin(), part.recent, found->second);
        hits_.fetch_add(1, std::memory_order_relaxed);
        return variant;
      }
    }
  }
  misses_.fetch_add(1, std::memory_order_relaxed);
  return nullptr;
}

void PlanCache::put(std::string key, std::shared_ptr<const PlanTemplate> plan) {
  Shard& part = shard(key);
  std::lock_guard lock(part.mutex);
  auto found = part.by_key.find(key);
  if (found == part.by_key.end()) {
    part.recent.push_front(Entry{std::move(key), {}});
    found = part.by_key.emplace(part.recent.front().key, part.recent.begin()).first;
  }
  auto& variants = found->second->variants;
  if (!variants.empty() && variants.front()->schema_version != plan->schema_version) variants.clear();
  variants.insert(variants.begin(), std::move(plan));
  if (variants.size() > kVariants) variants.pop_back();
  while (part.recent.size() > std::max<size_t>(1, options_.max_entries / kShards)) {
    part.by_key.erase(part.recent.back().key);
    part.recent.pop_back();
  }
}

void PlanCache::clear() {
  for (Shard& part : shards_) {
    std::lock_guard lock(part.mutex);
    part.by_key.clear();
    part.recent.clear();
  }
}

size_t PlanCache::entries() const {
  size_t count = 0;
  for (Shard& part : shards_) {
    std::lock_guard lock(part.mutex);
    count += part.recent.size();
  }
  return count;
}

}  // namespace sluice::session
