// SPDX-License-Identifier: Apache-2.0
#include "kernel/table_cache.h"

#include "duckdb/storage/block_allocator.hpp"
#include "duckdb/storage/buffer_manager.hpp"

namespace sluice::kernel {
namespace {

// Freed memory goes back to the system when it is at least this much.
constexpr uint64_t kWorthFlushing = 4 << 20;
// Younger blocks that release_unread() gives back; one that is wanted again costs about 0.1 ms.
constexpr uint32_t kFreshLost = 4;

}  // namespace

TableCache::TableCache(duckdb::BlockAllocator& blocks, uint64_t memory_limit_bytes, uint64_t flush_threshold_bytes)
    : BufferPool(blocks, memory_limit_bytes, /*track_eviction_timestamps=*/true, flush_threshold_bytes) {}

uint64_t TableCache::release_unread(std::chrono::seconds age) {
  using std::chrono::milliseconds;
  const auto now = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch());
  const int64_t oldest = (now - std::chrono::duration_cast<milliseconds>(age)).count();
  uint64_t released = 0;
  // The first queues hold blocks of files, the others buffers that only exist in memory.
  for (duckdb::idx_t i = 0; i < BLOCK_AND_EXTERNAL_FILE_QUEUE_SIZE; ++i) {
    for (uint32_t lost = 0; lost < kFreshLost; ++lost) {
      // Ends after the first younger block.
      const auto bytes = PurgeAgedBlocksInternal(*queues[i], static_cast<uint32_t>(age.count()), now.count(), oldest);
      if (bytes == 0) break;
      released += bytes;
    }
  }
  if (released >= kWorthFlushing) block_allocator.FlushAll();
  return released;
}

uint64_t TableCache::table_bytes() const {
  return memory_usage.GetUsedMemory(duckdb::MemoryTag::BASE_TABLE, MemoryUsageCaches::FLUSH);
}

void TableCache::keep_tables_below(uint64_t bytes) {
  const uint64_t before = table_bytes();
  if (before <= bytes) return;
  const uint64_t used = memory_usage.GetUsedMemory(MemoryUsageCaches::FLUSH);
  for (duckdb::idx_t i = 0; i < BLOCK_AND_EXTERNAL_FILE_QUEUE_SIZE; ++i) {
    EvictBlocksInternal(*queues[i], duckdb::MemoryTag::BASE_TABLE, 0, used - std::min(used, before - bytes));
  }
  if (before - table_bytes() >= kWorthFlushing) block_allocator.FlushAll();
}

}  // namespace sluice::kernel
