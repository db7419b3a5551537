// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/failpoint.h"
#include "base/log.h"
#include "timeseries/store/embedded/embedded_store.h"

namespace sluice::timeseries {
namespace {

constexpr size_t kErasedPerRecord = 100'000;  // series in a record of the log
constexpr size_t kRemovedAtOnce = 1000;       // series, under one hold of the commit lock

}  // namespace

std::unique_lock<std::mutex> EmbeddedStore::lock_maintenance() {
  waiting_.fetch_add(1, std::memory_order_relaxed);
  std::unique_lock lock(maintenance_mutex_);
  waiting_.fetch_sub(1, std::memory_order_relaxed);
  return lock;
}

// ---- sealing

Status EmbeddedStore::write_sealing(const std::vector<StoredRef>& series) {
  if (auto fault = FAILPOINT("store.seal")) return fail(std::move(*fault));
  Columns columns;
  for (const auto& one : series) {
    columns.clear();
    columns.type = one->type();
    for (const auto& chunk : one->head.sealing()) chunk->copy_to(columns, 0, chunk->size());
    if (!columns.empty()) TRY(blocks_->add(*one, columns));
  }
  TRY(blocks_->finish());
  return database_->flush();
}

Status EmbeddedStore::seal_locked(bool replaying) {
  uint64_t segment = 0;
  std::vector<StoredRef> series;
  if (!replaying) {
    // Most of it outside of the lock: rotating syncs what is left.
    TRY(committer_->log().sync());
    const auto commit_lock = committer_->lock_commits();
    segment = TRY(committer_->log().rotate());
    const auto head_lock = committer_->lock_heads();
    series = committer_->take_dirty();
    for (const auto& one : series) one->head.begin_seal();
  } else {
    const auto head_lock = committer_->lock_heads();
    series = committer_->take_dirty();
    for (const auto& one : series) one->head.begin_seal();
  }
  last_seal_ = std::chrono::steady_clock::now();
  // An erasure may have emptied a series that is listed, and a later point listed it again.
  std::sort(series.begin(), series.end());
  series.erase(std::unique(series.begin(), series.end()), series.end());
  blocks_->abandon();
  if (auto status = write_sealing(series); !status) {
    blocks_->abandon();
    const auto head_lock = committer_->lock_heads();
    committer_->put_back(series);
    return status;
  }
  ptrdiff_t bytes = 0;
  {
    const auto head_lock = committer_->lock_heads();
    for (const auto& one : series) bytes += static_cast<ptrdiff_t>(one->head.end_seal());
  }
  committer_->release(bytes);
  for (const auto& one : series) {
    untidy_.insert(one->number);
    sealed_.push_back(one->number);
  }
  if (replaying) return {};
  const auto commit_lock = committer_->lock_commits();
  return committer_->log().drop_below(segment);
}

Status EmbeddedStore::seal() {
  const auto lock = lock_maintenance();
  return seal_locked();
}

// ---- compaction

Status EmbeddedStore::compact_locked(const std::vector<uint32_t>& numbers, bool all) {
  const BlockKeeper::Limits limits{now_seconds(), oldest(), all};
  std::vector<StoredRef> empty;
  for (const uint32_t number : numbers) {
    {
      const std::lock_guard lock(stop_mutex_);
      if (stopping_) break;
    }
    const auto series = TRY(index_->by_number(number));
    if (!series) continue;
    auto left = blocks_->compact(*series, limits);
    if (!left && left.error().code() == Code::kDataLoss) {
      // One damaged block must not stop the others.
      static log::RateLimit limit;
      limit.error("a time series is damaged", {{"metric", series->metric()}, {"error", left.error()}});
      continue;
    }
    if (!TRY(left)) empty.push_back(series);
  }
  return remove_empty(empty);
}

Status EmbeddedStore::compact() {
  const auto lock = lock_maintenance();
  TRY(seal_locked());
  TRY(compact_locked(TRY(blocks_->series_with_blocks()), true));
  untidy_.clear();
  sealed_.clear();
  to_join_.clear();
  join_all_ = false;
  TRY(database_->flush());
  TRY(database_->compact());
  blocks_->garbage_is_gone();
  return {};
}

Status EmbeddedStore::remove_empty(const std::vector<StoredRef>& series) {
  for (size_t i = 0; i < series.size();) {
    const auto commit_lock = committer_->lock_commits();
    std::vector<const StoredSeries*> empty;
    {
      const auto head_lock = committer_->lock_heads();
      for (; i < series.size() && empty.size() < kRemovedAtOnce; ++i)
        if (series[i]->head.empty() && series[i]->enrolled) empty.push_back(series[i].get());
    }
    if (empty.empty()) continue;
    TRY(index_->remove(empty));
    committer_->series_were_removed();
  }
  return {};
}

// ---- erasing

Status EmbeddedStore::erase_locked(const std::vector<Erasure>& erasures, bool log) {
  {
    const auto commit_lock = committer_->lock_commits();
    if (log) {
      ByteBuffer record;
      std::vector<uint32_t> numbers;
      for (const auto& erasure : erasures) {
        for (size_t i = 0; i < erasure.series.size(); ++i) {
          numbers.push_back(erasure.series[i]->number);
          if (numbers.size() < kErasedPerRecord && i + 1 < erasure.series.size()) continue;
          log_records::write_erase(record, erasure.begin, erasure.end, numbers);
          const std::span<const uint8_t> records[] = {record.span()};
          TRY(committer_->log().append(records));
          numbers.clear();
        }
      }
      TRY(committer_->log().sync());
    }
    ptrdiff_t bytes = 0;
    {
      const auto head_lock = committer_->lock_heads();
      for (const auto& erasure : erasures)
        for (const auto& one : erasure.series) bytes += one->head.erase(one->type(), erasure.begin, erasure.end);
    }
    committer_->release(bytes);
  }
  // Blocks hold only what was written before, and nothing is sealed meanwhile.
  std::vector<StoredRef> empty;
  for (const auto& erasure : erasures)
    for (const auto& one : erasure.series)
      if (!TRY(blocks_->erase(*one, erasure.begin, erasure.end))) empty.push_back(one);
  std::sort(empty.begin(), empty.end());
  empty.erase(std::unique(empty.begin(), empty.end()), empty.end());
  return remove_empty(empty);
}

Status EmbeddedStore::erase(const SeriesQuery& query) {
  if (query.start > query.end) return {};
  const auto lock = lock_maintenance();
  auto series = TRY(index_->find(query.metric, query.tags));
  return series.empty() ? Status() : erase_locked({{std::move(series), query.start, query.end}}, true);
}

Status EmbeddedStore::erase_ranges(std::span<const SeriesRange> ranges) {
  std::vector<Erasure> erasures;
  for (const auto& range : ranges) {
    if (range.start > range.end) continue;
    if (erasures.empty() || erasures.back().begin != range.start || erasures.back().end != range.end)
      erasures.push_back({{}, range.start, range.end});
    erasures.back().series.push_back(std::static_pointer_cast<const StoredSeries>(range.series));
  }
  const auto lock = lock_maintenance();
  return erasures.empty() ? Status() : erase_locked(erasures, true);
}

Status EmbeddedStore::erase_metric(std::string_view metric) {
  const auto lock = lock_maintenance();
  auto series = TRY(index_->find(metric, {}));
  if (!series.empty()) TRY(erase_locked({{std::move(series), kMinTime, kMaxTime}}, true));
  const auto commit_lock = committer_->lock_commits();
  // Points that came meanwhile keep the name.
  if (!TRY(index_->find(metric, {})).empty()) return {};
  ByteBuffer record;
  log_records::write_forget_metric(record, metric);
  const std::span<const uint8_t> records[] = {record.span()};
  TRY(committer_->log().append(records));
  TRY(committer_->log().sync());
  return index_->forget_metric(metric);
}

}  // namespace sluice::timeseries
