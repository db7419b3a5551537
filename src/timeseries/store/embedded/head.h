// SPDX-License-Identifier: Apache-2.0
// Head: the points of a series that are in no block yet, as chunks of columns that only grow at their end: a reader
// takes references to the chunks and their sizes under the store's head lock, and reads the points after it was
// released, while writers go on. Guarded by that lock, but for what a HeadPiece refers to.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "timeseries/store/embedded/columns.h"

namespace sluice::timeseries {

// Points in the order in which they came. Memory does not move: points below the size that was read are immutable.
class Chunk {
 public:
  // `text_bytes`: room for texts; 0 for numbers.
  Chunk(uint32_t capacity, uint32_t text_bytes, bool with_expiry);

  bool fits(size_t text_bytes, bool expires) const {
    return size_ < capacity_ && text_bytes <= text_capacity_ - text_size_ && (!expires || expiry_);
  }
  void add(int64_t time, uint64_t value, uint32_t expires) {
    if (size_ == 0 || time <= times_[size_ - 1]) ++runs_;
    min_ = std::min(min_, time);
    max_ = std::max(max_, time);
    times_[size_] = time;
    values_[size_] = value;
    if (expiry_) expiry_[size_] = expires;
    ++size_;
  }
  void add_text(int64_t time, std::string_view text, uint32_t expires);

  uint32_t size() const { return size_; }
  uint32_t capacity() const { return capacity_; }
  size_t bytes() const;
  int64_t min() const { return min_; }
  int64_t max() const { return max_; }
  // Stretches of rising times; 1: the chunk is ordered, and no time comes twice.
  uint32_t runs() const { return runs_; }
  bool expires() const { return expiry_ != nullptr; }

  // Without the lock, up to a size that was read under it.
  std::span<const int64_t> times(size_t size) const { return {times_, size}; }
  std::span<const uint64_t> values(size_t size) const { return {values_, size}; }
  // Appends points [begin, end).
  void copy_to(Columns& into, size_t begin, size_t end) const;

 private:
  const uint32_t capacity_;
  const uint32_t text_capacity_;
  uint32_t size_ = 0;
  uint32_t text_size_ = 0;
  uint32_t runs_ = 0;
  int64_t min_ = INT64_MAX;
  int64_t max_ = INT64_MIN;
  const std::unique_ptr<char[]> memory_;  // of all that follow
  int64_t* const times_;
  uint64_t* const values_;
  uint32_t* const expiry_;  // null: none expires
  char* const text_;        // null: numbers
};

using ChunkRef = std::shared_ptr<Chunk>;

// What a reader holds of a chunk: its points [begin, end).
struct HeadPiece {
  ChunkRef chunk;
  uint32_t begin;
  uint32_t end;
  int64_t min;
  int64_t max;
  uint32_t runs;

  uint32_t size() const { return end - begin; }
  bool ordered() const { return runs == 1; }
  std::span<const int64_t> times() const { return chunk->times(end).subspan(begin); }
  std::span<const uint64_t> values() const { return chunk->values(end).subspan(begin); }
};

// Appends the piece: by its runs where these are long, as when clients send stretches of time in any order. What
// overlaps is then known run by run, and most need not be sorted.
void add_by_runs(HeadPiece piece, std::vector<HeadPiece>& into);

class Head {
 public:
  bool empty() const { return active_.empty() && sealing_.empty(); }
  bool active() const { return !active_.empty(); }

  // Returns the bytes of memory that were taken for it.
  size_t add(int64_t time, uint64_t value, uint32_t expires) {
    if (!active_.empty() && active_.back()->fits(0, expires != 0)) [[likely]] {
      active_.back()->add(time, value, expires);
      return 0;
    }
    return add_to_new(time, value, expires);
  }
  size_t add_text(int64_t time, std::string_view text, uint32_t expires);

  // What was added so far is being made into blocks.
  void begin_seal();
  // It lies in blocks. Returns the bytes of memory that were given back.
  size_t end_seal();
  // It does not: all is active again.
  void cancel_seal();
  const std::vector<ChunkRef>& sealing() const { return sealing_; }

  // Pieces that may have points in the range, older ones first.
  void find(int64_t begin, int64_t end, std::vector<HeadPiece>& into) const;
  // Drops the points of the range. Only while nothing is sealing. Returns the bytes that were given back: less than 0
  // where the points that stay need more in their new chunks.
  ptrdiff_t erase(PointType type, int64_t begin, int64_t end);

 private:
  size_t add_to_new(int64_t time, uint64_t value, uint32_t expires);
  Chunk& new_chunk(size_t text_bytes, bool text, bool expires);

  std::vector<ChunkRef> active_;
  std::vector<ChunkRef> sealing_;
};

}  // namespace sluice::timeseries
