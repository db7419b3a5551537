// SPDX-License-Identifier: Apache-2.0
#include "timeseries/engine/read_cache.h"

namespace sluice::timeseries {

ReadCache::ReadCache(size_t max_bytes, std::function<Clock::time_point()> now)
    : max_bytes_(max_bytes), now_(std::move(now)) {}

std::shared_ptr<const CachedRows> ReadCache::find(const std::string& key, std::chrono::seconds max_age) {
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end() || now_() - found->second->read >= max_age) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->rows;
}

void ReadCache::put(const std::string& key, std::shared_ptr<const CachedRows> rows) {
  size_t bytes = key.size() + sizeof(Entry);
  for (const auto& row : *rows) bytes += sizeof row + row.points->memory();
  const std::lock_guard lock(mutex_);
  if (const auto found = by_key_.find(key); found != by_key_.end()) remove(found->second);
  if (bytes > max_entry_bytes()) return;
  while (bytes_ + bytes > max_bytes_) remove(std::prev(entries_.end()));
  entries_.push_front({key, std::move(rows), now_(), bytes});
  by_key_[key] = entries_.begin();
  bytes_ += bytes;
}

size_t ReadCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

void ReadCache::remove(std::list<Entry>::iterator entry) {
  bytes_ -= entry->bytes;
  by_key_.erase(entry->key);
  entries_.erase(entry);
}

}  // namespace sluice::timeseries
