// SPDX-License-Identifier: Apache-2.0
#include "session/audit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/log.h"
#include "base/metrics.h"

namespace sluice::session {
namespace {

Counter& dropped_counter() {
  static Counter& counter = Metrics::process().counter(
      "sluice_audit_dropped_total", "Audit entries that were not written: queue full or disk error.");
  return counter;
}

// The longest prefix of at most `limit` bytes that does not end inside a UTF-8 character.
size_t cut_position(std::string_view text, size_t limit) {
  if (text.size() <= limit) return text.size();
  size_t end = limit;
  while (end > 0 && limit - end < 3 && (static_cast<uint8_t>(text[end]) & 0xC0) == 0x80) --end;
  return end;
}

int open_for_append(const std::string& file) {
  return ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

}  // namespace

Result<std::unique_ptr<Audit>> Audit::open(Options options) {
  auto audit = std::make_unique<Audit>();
  if (options.file.empty()) return audit;
  audit->options_ = std::move(options);
  if (!audit->open_file()) return fail(system_error("cannot open the audit file " + audit->options_.file, errno));
  audit->enabled_ = true;
  audit->writer_ = std::thread([raw = audit.get()] { raw->run(); });
  return audit;
}

Audit::~Audit() { stop(); }

void Audit::record(AuditEntry entry) {
  if (!enabled_) return;
  entry.statement.resize(cut_position(entry.statement, options_.max_statement_bytes));
  entry.error.resize(cut_position(entry.error, options_.max_statement_bytes));
  const size_t bytes = entry.statement.size() + entry.error.size();
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    if (queue_.size() < options_.max_queue_entries && queue_bytes_ + bytes <= options_.max_queue_bytes) {
      const bool was_empty = queue_.empty();
      queue_.push_back(std::move(entry));
      queue_bytes_ += bytes;
      ++accepted_;
      if (!was_empty) return;
    } else {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      dropped_counter().add();
      return;
    }
  }
  wake_writer_.notify_one();
}

void Audit::reopen() {
  std::lock_guard lock(mutex_);
  reopen_wanted_ = true;
  wake_writer_.notify_one();
}

void Audit::flush() {
  std::unique_lock lock(mutex_);
  if (!writer_.joinable()) return;
  const uint64_t until = accepted_;
  wake_writer_.notify_one();
  written_.wait(lock, [&] { return finished_ >= until; });
}

void Audit::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_writer_.notify_one();
  if (writer_.joinable()) writer_.join();
  enabled_ = false;
}

void Audit::run() {
  std::vector<AuditEntry> batch;
  std::unique_lock lock(mutex_);
  while (true) {
    wake_writer_.wait(lock, [&] { return !queue_.empty() || reopen_wanted_ || stopping_; });
    batch.swap(queue_);
    queue_bytes_ = 0;
    const bool reopen = std::exchange(reopen_wanted_, false);
    const bool last = stopping_ && batch.empty();
    lock.unlock();
    if (reopen) {
      if (fd_ >= 0) ::close(fd_);
      fd_ = -1;
    }
    if (!batch.empty()) write_batch(batch);
    if (reopen && fd_ < 0) (void)open_file();
    if (const uint64_t dropped = dropped_.load(std::memory_order_relaxed); dropped > dropped_reported_) {
      log::warn("audit entries dropped",
                {{"count", dropped - dropped_reported_}, {"total", dropped}, {"file", options_.file}});
      dropped_reported_ = dropped;
    }
    const size_t done = batch.size();
    batch.clear();
    lock.lock();
    finished_ += done;
    written_.notify_all();
    if (last) break;
  }
  lock.unlock();
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

bool Audit::open_file() {
  fd_ = open_for_append(options_.file);
  if (fd_ < 0) return false;
  struct stat info{};
  file_bytes_ = ::fstat(fd_, &info) == 0 ? static_cast<uint64_t>(info.st_size) : 0;
  return true;
}

void Audit::rotate() {
  ::close(fd_);
  fd_ = -1;
  const auto numbered = [&](uint32_t n) { return options_.file + "." + std::to_string(n); };
  if (options_.max_files == 0) {
    ::unlink(options_.file.c_str());
  } else {
    // The oldest is overwritten by the rename of its predecessor.
    for (uint32_t n = options_.max_files; n > 1; --n) (void)::rename(numbered(n - 1).c_str(), numbered(n).c_str());
    (void)::rename(options_.file.c_str(), numbered(1).c_str());
  }
  (void)open_file();
}

void Audit::write_batch(const std::vector<AuditEntry>& batch) {
  static log::RateLimit limit;
  size_t next = 0;
  while (next < batch.size()) {
    // One write() carries whole lines, up to about 1 MiB, and never beyond the file's size limit by more than a line.
    lines_.clear();
    size_t count = 0;
    while (next + count < batch.size() && lines_.size() < (1u << 20)) {
      if (options_.max_file_bytes > 0 && count > 0 && file_bytes_ + lines_.size() >= options_.max_file_bytes) break;
      append_json(batch[next + count], lines_);
      lines_ += '\n';
      ++count;
    }
    if (options_.max_file_bytes > 0 && fd_ >= 0 && file_bytes_ > 0 &&
        file_bytes_ + lines_.size() > options_.max_file_bytes)
      rotate();
    if (fd_ < 0) (void)open_file();
    size_t written = 0;
    while (fd_ >= 0 && written < lines_.size()) {
      const ssize_t n = ::write(fd_, lines_.data() + written, lines_.size() - written);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      written += static_cast<size_t>(n);
    }
    if (written < lines_.size()) {
      const int error = errno;
      limit.error("cannot write the audit file", {{"file", options_.file}, {"error", system_error("write", error)}});
      // A half line would spoil the file for its readers.
      if (fd_ >= 0 && written > 0) (void)!::ftruncate(fd_, static_cast<off_t>(file_bytes_));
      dropped_.fetch_add(count, std::memory_order_relaxed);
      dropped_counter().add(count);
    } else {
      file_bytes_ += written;
    }
    next += count;
  }
}

}  // namespace sluice::session
