// SPDX-License-Identifier: Apache-2.0
// TableCache: the kernel's pool of buffers, which besides keeping to the memory limit gives blocks of tables back that
// nobody reads any more. They are clean copies of the data file and the system's page cache has them still, so reading
// one again costs about 0.1 ms. Buffers of running statements (hash tables, sorts) are left alone.
// Owned by the kernel's instance. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>

#include "duckdb/storage/buffer/buffer_pool.hpp"

namespace sluice::kernel {

class TableCache final : public duckdb::BufferPool {
 public:
  // `blocks` is the allocator of the same instance.
  TableCache(duckdb::BlockAllocator& blocks, uint64_t memory_limit_bytes, uint64_t flush_threshold_bytes);

  // Gives table blocks back that were last read longer ago than `age`; returns their bytes. The kernel queues blocks
  // only roughly in the order of their reads: the search goes on behind a few younger blocks, which are given back as
  // well.
  uint64_t release_unread(std::chrono::seconds age);

  // Bytes of table blocks in memory.
  uint64_t table_bytes() const;
  // Gives table blocks back, those first that were not read for longest, until at most `bytes` are left, or those that
  // are being read.
  void keep_tables_below(uint64_t bytes);
};

}  // namespace sluice::kernel
