// SPDX-License-Identifier: Apache-2.0
#include "session/running.h"

#include <atomic>
#include <cstdio>
#include <random>

namespace sluice::session {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kRepeatInterval = std::chrono::milliseconds(20);

Error unknown_connection(uint64_t id) {
  return sql_error(Code::kNotFound, 1094, "Unknown thread id: " + std::to_string(id));
}

Error not_owner(uint64_t id) {
  return sql_error(Code::kPermissionDenied, 1095, "You are not owner of thread " + std::to_string(id));
}

}  // namespace

uint64_t next_query_number() {
  static std::atomic<uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

std::string query_id_text(uint64_t query_number) {
  static const uint64_t process = (static_cast<uint64_t>(std::random_device()()) << 32) | std::random_device()();
  char text[40];
  std::snprintf(text, sizeof text, "%016llx-%016llx", static_cast<unsigned long long>(process),
                static_cast<unsigned long long>(query_number));
  return text;
}

RunningStatements::RunningStatements() : watchdog_([this] { run_watchdog(); }) {}

RunningStatements::~RunningStatements() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  watchdog_.join();
}

void RunningStatements::add(uint32_t connection_id, Listed* session) {
  std::lock_guard lock(mutex_);
  sessions_[connection_id] = session;
}

void RunningStatements::remove(uint32_t connection_id) {
  std::lock_guard lock(mutex_);
  sessions_.erase(connection_id);
  watches_.erase(connection_id);
}

size_t RunningStatements::session_count() const {
  std::lock_guard lock(mutex_);
  return sessions_.size();
}

void RunningStatements::watch(uint32_t connection_id, Clock::time_point deadline) {
  std::lock_guard lock(mutex_);
  watches_[connection_id] = Watch{deadline, false};
  if (deadline < next_due_) {
    next_due_ = deadline;
    wake_.notify_all();
  }
}

void RunningStatements::unwatch(uint32_t connection_id) {
  std::lock_guard lock(mutex_);
  watches_.erase(connection_id);
}

void RunningStatements::repeat_interrupt(uint32_t connection_id) {
  std::lock_guard lock(mutex_);
  auto found = watches_.find(connection_id);
  if (found == watches_.end()) return;
  found->second = Watch{Clock::now() + kRepeatInterval, true};
  if (found->second.due < next_due_) {
    next_due_ = found->second.due;
    wake_.notify_all();
  }
}

void RunningStatements::run_watchdog() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (next_due_ == Clock::time_point::max()) {
      wake_.wait(lock);
    } else {
      wake_.wait_until(lock, next_due_);
    }
    const auto now = Clock::now();
    next_due_ = Clock::time_point::max();
    for (auto& [id, watch] : watches_) {
      if (watch.due <= now) {
        watch.due = now + kRepeatInterval;
        if (auto session = sessions_.find(id); session != sessions_.end())
          session->second->interrupt(Interrupt::kTimeout);
        watch.repeats = true;
      }
      next_due_ = std::min(next_due_, watch.due);
    }
  }
}

std::vector<RunningEntry> RunningStatements::snapshot() const {
  std::lock_guard lock(mutex_);
  std::vector<RunningEntry> entries;
  entries.reserve(sessions_.size());
  for (const auto& [id, session] : sessions_) entries.push_back(session->describe());
  return entries;
}

Status RunningStatements::kill(uint64_t connection_id, bool query_only, const ClientIdentity& by, bool any) {
  std::lock_guard lock(mutex_);
  auto found = connection_id <= UINT32_MAX ? sessions_.find(static_cast<uint32_t>(connection_id)) : sessions_.end();
  if (found == sessions_.end()) return fail(unknown_connection(connection_id));
  if (!any && by.user != found->second->describe().client.user) return fail(not_owner(connection_id));
  found->second->interrupt(query_only ? Interrupt::kKillQuery : Interrupt::kKillConnection);
  if (auto watch = watches_.find(found->first); watch != watches_.end()) {
    watch->second = Watch{Clock::now() + kRepeatInterval, true};
    next_due_ = std::min(next_due_, watch->second.due);
    wake_.notify_all();
  }
  return {};
}

Status RunningStatements::kill_query_id(const std::string& query_id, const ClientIdentity& by, bool any) {
  uint64_t connection_id = 0;
  for (const auto& entry : snapshot()) {
    if (entry.query_id == query_id && !query_id.empty()) connection_id = entry.connection_id;
  }
  if (connection_id == 0) return fail(sql_error(Code::kNotFound, 1094, "Unknown query id: " + query_id));
  return kill(connection_id, true, by, any);
}

size_t RunningStatements::interrupt_all(Interrupt reason) {
  std::lock_guard lock(mutex_);
  size_t count = 0;
  for (auto& [id, watch] : watches_) {
    auto session = sessions_.find(id);
    if (session == sessions_.end()) continue;
    session->second->interrupt(reason);
    watch = Watch{Clock::now() + kRepeatInterval, true};
    next_due_ = std::min(next_due_, watch.due);
    ++count;
  }
  wake_.notify_all();
  return count;
}

size_t RunningStatements::running_count() const {
  std::lock_guard lock(mutex_);
  return watches_.size();
}

}  // namespace sluice::session
