// SPDX-License-Identifier: Apache-2.0
#include "timeseries/request/series_cache.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace sluice::timeseries {
namespace {

constexpr size_t kFirstSlots = 64;

}  // namespace

SeriesCache::SeriesCache(size_t max_entries, size_t max_bytes)
    : max_entries_(max_entries), max_bytes_(max_bytes), slots_(kFirstSlots) {}

void SeriesCache::append_part(std::string& key, std::string_view part) {
  const auto size = static_cast<uint32_t>(part.size());
  key.append(reinterpret_cast<const char*>(&size), sizeof size).append(part);
}

uint64_t SeriesCache::hash(std::string_view key) { return XXH3_64bits(key.data(), key.size()); }

SeriesCache::Entry* SeriesCache::find(std::string_view key, uint64_t hash) {
  const size_t mask = slots_.size() - 1;
  for (size_t slot = hash & mask; slots_[slot] != 0; slot = (slot + 1) & mask) {
    Entry& entry = entries_[slots_[slot] - 1];
    if (entry.hash == hash && entry.key == key) return &entry;
  }
  return nullptr;
}

uint64_t SeriesCache::hash(std::string_view front, std::string_view back) {
  return XXH3_64bits_withSeed(back.data(), back.size(), hash(front));
}

SeriesCache::Entry* SeriesCache::find(std::string_view front, std::string_view back, uint64_t hash) {
  const size_t mask = slots_.size() - 1;
  for (size_t slot = hash & mask; slots_[slot] != 0; slot = (slot + 1) & mask) {
    Entry& entry = entries_[slots_[slot] - 1];
    if (entry.hash != hash || entry.key.size() != front.size() + 1 + back.size()) continue;
    const std::string_view key = entry.key;
    if (key.starts_with(front) && key.ends_with(back) && key[front.size()] == '\n') return &entry;
  }
  return nullptr;
}

SeriesCache::Entry& SeriesCache::add(std::string_view key, uint64_t hash) {
  if (entries_.size() >= max_entries_ || bytes_ + key.size() > max_bytes_) clear();
  if ((entries_.size() + 1) * 2 > slots_.size()) grow();
  Entry& entry = entries_.emplace_back();
  entry.key = key;
  entry.hash = hash;
  bytes_ += key.size();
  const size_t mask = slots_.size() - 1;
  size_t slot = hash & mask;
  while (slots_[slot] != 0) slot = (slot + 1) & mask;
  slots_[slot] = static_cast<uint32_t>(entries_.size());
  return entry;
}

void SeriesCache::clear() {
  entries_.clear();
  slots_.assign(kFirstSlots, 0);
  bytes_ = 0;
}

void SeriesCache::grow() {
  slots_.assign(slots_.size() * 2, 0);
  const size_t mask = slots_.size() - 1;
  for (size_t i = 0; i < entries_.size(); ++i) {
    size_t slot = entries_[i].hash & mask;
    while (slots_[slot] != 0) slot = (slot + 1) & mask;
    slots_[slot] = static_cast<uint32_t>(i + 1);
  }
}

}  // namespace sluice::timeseries
