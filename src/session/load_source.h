// SPDX-License-Identifier: Apache-2.0
// LoadSource: the bounded queue of blocks between the client's bytes and the kernel's scanning threads. The writing
// side waits while it is full; the scanning side never waits: it gets kBlocked and the kernel is called back when there
// is more, so a slow client holds no thread of the kernel. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "duckdb/parallel/interrupt.hpp"
#include "pch/pch.h"

namespace sluice::session {

// Whole records, in the order of the data. `text[size]` and the kPadding bytes behind it may be read.
struct LoadBlock {
  static constexpr size_t kPadding = 64;
  std::unique_ptr<char[]> text;
  size_t size = 0;
  size_t capacity = 0;    // without the padding
  uint64_t sequence = 0;  // from 0
  // Of a load of several files: what the path of this one's says, and whether the file begins here.
  std::shared_ptr<const std::vector<std::optional<std::string>>> path_values;
  bool begins_file = false;
};
// Blocks go back to the pool they came from when the last user drops them.
using LoadBlockPtr = std::shared_ptr<LoadBlock>;

class LoadSource : public std::enable_shared_from_this<LoadSource> {
 public:
  explicit LoadSource(size_t max_queued_bytes) : max_queued_bytes_(max_queued_bytes) {}

  // An empty block with room for at least `capacity` bytes.
  LoadBlockPtr new_block(size_t capacity);

  // Writing side. Waits while the queue is full. Fails once the load was aborted or the scan ended.
  Status push(LoadBlockPtr block);
  // No more blocks.
  void close();
  // The load fails with `reason`, on both sides. The first reason counts.
  void abort(Error reason);

  // The scan has ended, well or not: push() fails from now on.
  void scan_ended();

  // Scanning side.
  enum class Taken : uint8_t { kBlock, kBlocked, kEnd, kAborted };
  // kBlocked: `interrupt` is called back when it is worth trying again.
  Taken take(LoadBlockPtr& block, const duckdb::InterruptState& interrupt);
  std::optional<Error> abort_reason() const;

 private:
  void wake(std::vector<duckdb::InterruptState> waiting);

  struct Pool {
    std::mutex mutex;
    std::vector<std::unique_ptr<LoadBlock>> free;
  };

  const size_t max_queued_bytes_;
  const std::shared_ptr<Pool> pool_ = std::make_shared<Pool>();
  mutable std::mutex mutex_;
  std::condition_variable room_;
  // Guarded by mutex_.
  std::deque<LoadBlockPtr> queue_;
  size_t queued_bytes_ = 0;
  uint64_t next_sequence_ = 0;
  bool closed_ = false;
  bool scan_ended_ = false;
  std::optional<Error> aborted_;
  std::vector<duckdb::InterruptState> waiting_;  // tasks of the kernel that found the queue empty
};

}  // namespace sluice::session
