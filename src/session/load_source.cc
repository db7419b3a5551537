// SPDX-License-Identifier: Apache-2.0
#include "session/load_source.h"

namespace sluice::session {
namespace {
constexpr size_t kMaxPooledBlocks = 16;
constexpr size_t kMaxPooledCapacity = 4ull << 20;
}  // namespace

LoadBlockPtr LoadSource::new_block(size_t capacity) {
  std::unique_ptr<LoadBlock> block;
  {
    std::lock_guard lock(pool_->mutex);
    if (!pool_->free.empty() && pool_->free.back()->capacity >= capacity) {
      block = std::move(pool_->free.back());
      pool_->free.pop_back();
    }
  }
  if (!block) {
    block = std::make_unique<LoadBlock>();
    block->text = std::unique_ptr<char[]>(new char[capacity + LoadBlock::kPadding]);
    block->capacity = capacity;
  }
  block->size = 0;
  return LoadBlockPtr(block.release(), [pool = pool_](LoadBlock* used) {
    std::unique_ptr<LoadBlock> back(used);
    if (back->capacity > kMaxPooledCapacity) return;
    std::lock_guard lock(pool->mutex);
    if (pool->free.size() < kMaxPooledBlocks) pool->free.push_back(std::move(back));
  });
}

void LoadSource::wake(std::vector<duckdb::InterruptState> waiting) {
  for (auto& state : waiting) state.Callback();
}

Status LoadSource::push(LoadBlockPtr block) {
  std::vector<duckdb::InterruptState> waiting;
  {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] {
      return aborted_ || scan_ended_ || queue_.empty() || queued_bytes_ + block->size <= max_queued_bytes_;
    });
    if (aborted_) return fail(*aborted_);
    if (scan_ended_) return fail(Code::kCancelled, "the load has ended");
    block->sequence = next_sequence_++;
    queued_bytes_ += block->size;
    queue_.push_back(std::move(block));
    if (!waiting_.empty()) {
      waiting.push_back(std::move(waiting_.back()));
      waiting_.pop_back();
    }
  }
  wake(std::move(waiting));
  return {};
}

void LoadSource::close() {
  std::vector<duckdb::InterruptState> waiting;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    waiting.swap(waiting_);
  }
  wake(std::move(waiting));
}

void LoadSource::abort(Error reason) {
  std::vector<duckdb::InterruptState> waiting;
  {
    std::lock_guard lock(mutex_);
    if (!aborted_) aborted_ = std::move(reason);
    queue_.clear();
    queued_bytes_ = 0;
    waiting.swap(waiting_);
  }
  room_.notify_all();
  wake(std::move(waiting));
}

void LoadSource::scan_ended() {
  {
    std::lock_guard lock(mutex_);
    scan_ended_ = true;
    queue_.clear();
    queued_bytes_ = 0;
    waiting_.clear();
  }
  room_.notify_all();
}

LoadSource::Taken LoadSource::take(LoadBlockPtr& block, const duckdb::InterruptState& interrupt) {
  {
    std::lock_guard lock(mutex_);
    if (aborted_) return Taken::kAborted;
    if (queue_.empty()) {
      if (closed_) return Taken::kEnd;
      waiting_.push_back(interrupt);
      return Taken::kBlocked;
    }
    block = std::move(queue_.front());
    queue_.pop_front();
    queued_bytes_ -= block->size;
  }
  room_.notify_one();
  return Taken::kBlock;
}

std::optional<Error> LoadSource::abort_reason() const {
  std::lock_guard lock(mutex_);
  return aborted_;
}

}  // namespace sluice::session
