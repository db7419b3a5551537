// SPDX-License-Identifier: Apache-2.0
#include "kernel/table_locks.h"

namespace sluice::kernel {
uint64_t TableLocks::now() {
  std::lock_guard lock(mutex_);
  return clock_;
}

Status TableLocks::lock(const std::string& table, const void* owner, const uint64_t* began,
                        std::chrono::seconds longest_wait) {
  std::unique_lock lock(mutex_);
  Entry& entry = tables_[table];  // stays where it is: entries of a map do not move, and none is ever taken out
  if (entry.owner == owner) return {};
  ++entry.waiting;
  const bool free = changed_.wait_for(lock, longest_wait, [&] { return entry.owner == nullptr; });
  --entry.waiting;
  if (!free)
    return fail(sql_error(Code::kConflict, kLockWaitTimeout, "Lock wait timeout exceeded; try restarting transaction"));
  if (began && entry.released > *began) {
    return fail(sql_error(Code::kConflict, 1213,
                          "Another statement wrote the table after this transaction had begun; try restarting "
                          "transaction"));
  }
  entry.owner = owner;
  return {};
}

void TableLocks::release(const void* owner) {
  std::lock_guard lock(mutex_);
  bool any = false;
  for (auto& [name, entry] : tables_) {
    if (entry.owner != owner) continue;
    if (!any) ++clock_;
    any = true;
    entry.owner = nullptr;
    entry.released = clock_;
  }
  if (any) changed_.notify_all();
}

}  // namespace sluice::kernel
