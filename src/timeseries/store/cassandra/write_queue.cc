// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/cassandra/write_queue.h"

#include <filesystem>
#include <fstream>

#include "base/log.h"
#include "timeseries/store/cassandra/queue_record.h"

namespace sluice::timeseries::cassandra {
namespace {

constexpr auto kNoteInterval = std::chrono::seconds(1);

std::string note_path(const std::string& folder) { return folder + "/delivered"; }

// Two numbers as text; nothing when it cannot be read: then everything is delivered again.
LogPosition read_note(const std::string& folder) {
  std::ifstream in(note_path(folder));
  LogPosition position;
  if (!(in >> position.segment >> position.offset)) return {};
  return position;
}

tl::unexpected<Error> full(uint64_t bytes) {
  return fail(Error(Code::kResourceExhausted,
                    "the queue holds " + std::to_string(bytes >> 20) + " MiB that Cassandra has not taken yet")
                  .with_retry(Retry::kBackoff));
}

}  // namespace

Result<std::unique_ptr<WriteQueue>> WriteQueue::open(const CassandraSettings& settings) {
  std::unique_ptr<WriteQueue> queue(new WriteQueue(settings));
  if (queue->on_disk_) TRY(queue->open_files());
  return queue;
}

Status WriteQueue::open_files() {
  const auto segments = TRY(list_segments(settings_.queue_folder));
  LogPosition from = read_note(settings_.queue_folder);
  if (!segments.empty() && from.segment < segments.front()) from = {segments.front(), kSegmentHeader};
  log_ = TRY(SegmentLog::open_behind(settings_.queue_folder));
  if (from.segment == 0 || log_->end() < from) from = log_->begin();
  TRY(log_->drop_below(from.segment));
  for (const uint64_t number : segments) {
    std::error_code error;
    const uint64_t bytes = std::filesystem::file_size(segment_path(settings_.queue_folder, number), error);
    const uint64_t before = number < from.segment ? bytes : number == from.segment ? from.offset : kSegmentHeader;
    if (!error && bytes > before) appended_ += bytes - before;
  }
  if (appended_ != 0) {
    points_ = SIZE_MAX / 2;  // not known: enough
    log::info("the queue has points of an earlier run", {{"folder", settings_.queue_folder}, {"bytes", appended_}});
  }
  reader_ = std::make_unique<LogReader>(settings_.queue_folder, from, std::string(kRecordMagic));
  if (settings_.queue_sync == CassandraSettings::Sync::kInterval) sync_thread_ = std::thread([this] { sync_loop(); });
  return {};
}

WriteQueue::~WriteQueue() {
  close();
  if (sync_thread_.joinable()) sync_thread_.join();
}

void WriteQueue::close() {
  {
    const std::scoped_lock lock(mutex_, sync_mutex_);
    closed_ = true;
  }
  came_.notify_all();
  went_.notify_all();
  sync_stop_.notify_all();
}

Status WriteQueue::append(ByteBuffer& record, size_t points) {
  if (on_disk_) seal_record(record);
  const uint64_t bytes = record.size();
  uint64_t mine = 0;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return fail(Code::kUnavailable, "the store is being closed");
    const uint64_t limit = on_disk_ ? settings_.queue_disk_bytes : settings_.queue_memory_bytes;
    if (appended_ - delivered_ + bytes > limit) return full(appended_ - delivered_);
    if (on_disk_) {
      const std::span<const uint8_t> records[] = {record.span()};
      Status appended = log_->append(records);
      if (!appended && appended.error().code() == Code::kResourceExhausted && delivered_ == appended_) {
        // The room that is missing is taken by what was delivered.
        TRY(log_->drop_all());
        appended = log_->append(records);
      }
      TRY(std::move(appended));
    } else {
      memory_.push_back(std::move(record));
    }
    if (appended_ == taken_) since_ = Deadline::Clock::now();
    mine = appended_ += bytes;
    points_ += points;
    counted_points_ += points;
    counted_bytes_ += bytes;
  }
  came_.notify_one();
  if (on_disk_ && settings_.queue_sync == CassandraSettings::Sync::kAlways) {
    const std::lock_guard lock(sync_mutex_);
    // Another writer's sync may have taken this record along.
    if (synced_ >= mine) return {};
    uint64_t until = 0;
    {
      const std::lock_guard inner(mutex_);
      until = appended_;
    }
    TRY(sync_status_ = log_->sync());
    synced_ = until;
  }
  return {};
}

void WriteQueue::sync_loop() {
  std::unique_lock lock(sync_mutex_);
  while (!closed_) {
    sync_stop_.wait_for(lock, settings_.queue_sync_interval);
    lock.unlock();
    uint64_t until = 0;
    {
      const std::lock_guard inner(mutex_);
      until = appended_;
    }
    if (until != synced_) {
      Status status = log_->sync();
      if (!status) log::warn("the queue cannot be synced", {{"error", status.error().describe()}});
      lock.lock();
      sync_status_ = std::move(status);
      if (sync_status_) synced_ = until;
    } else {
      lock.lock();
    }
  }
}

Status WriteQueue::sync_status() const {
  const std::lock_guard lock(const_cast<std::mutex&>(sync_mutex_));
  return sync_status_;
}

bool WriteQueue::wait(size_t points, std::chrono::milliseconds patience, Deadline until) {
  std::unique_lock lock(mutex_);
  const auto some = [&] { return appended_ != taken_; };
  const auto enough = [&] { return some() && (points_ >= points || hurry_ != 0 || closed_); };
  for (;;) {
    if (enough()) return true;
    if (std::exchange(nudged_, false) || closed_) return false;
    const auto now = Deadline::Clock::now();
    if (some() && now >= since_ + patience) return true;
    if (until.expired(now)) return false;
    const auto wake = some() ? Deadline::earlier(until, Deadline::at(since_ + patience)) : until;
    if (wake.is_never())
      came_.wait(lock);
    else
      came_.wait_until(lock, wake.time());
  }
}

void WriteQueue::wait_for_nudge(Deadline until) {
  std::unique_lock lock(mutex_);
  came_.wait_until(lock, until.time(), [&] { return nudged_; });
  nudged_ = false;
}

void WriteQueue::nudge() {
  {
    const std::lock_guard lock(mutex_);
    nudged_ = true;
  }
  came_.notify_all();
}

Result<WriteQueue::Taken> WriteQueue::take(size_t bytes) {
  Taken taken;
  if (!on_disk_) {
    const std::lock_guard lock(mutex_);
    given_.clear();
    size_t sum = 0;
    while (!memory_.empty() && (sum == 0 || sum + memory_.front().size() <= bytes)) {
      sum += memory_.front().size();
      given_.push_back(std::move(memory_.front()));
      memory_.pop_front();
    }
    for (const auto& record : given_) taken.records.push_back(record.view().substr(kRecordHeader));
    taken_ += sum;
    if (memory_.empty()) points_ = 0;
    since_ = Deadline::Clock::now();
    taken.end.bytes = taken_;
    return taken;
  }
  LogPosition end;
  uint64_t appended = 0;
  {
    const std::lock_guard lock(mutex_);
    end = log_->end();
    appended = appended_;
  }
  taken.records = TRY(reader_->read(end, bytes));
  lost_.fetch_add(reader_->take_lost(), std::memory_order_relaxed);
  taken.end.position = reader_->position();
  uint64_t sum = 0;
  for (const auto& record : taken.records) sum += kRecordHeader + record.size();
  const std::lock_guard lock(mutex_);
  // At the end the sums meet, whatever was left out.
  taken_ = taken.end.position == end || taken.records.empty() ? appended : std::min(taken_ + sum, appended);
  if (taken_ == appended_) points_ = 0;
  since_ = Deadline::Clock::now();
  taken.end.bytes = taken_;
  return taken;
}

void WriteQueue::delivered(const Mark& mark) {
  bool closed = false;
  {
    const std::lock_guard lock(mutex_);
    closed = closed_;
    delivered_ = mark.bytes;
    if (on_disk_ && log_->begin().segment < mark.position.segment) {
      const auto dropped = log_->drop_below(mark.position.segment);
      if (!dropped)
        log::warn("delivered files of the queue cannot be deleted", {{"error", dropped.error().describe()}});
    }
  }
  went_.notify_all();
  const auto now = std::chrono::steady_clock::now();
  if (on_disk_ && (now - noted_ >= kNoteInterval || closed)) {
    noted_ = now;
    note_delivered(mark.position);
  }
}

void WriteQueue::note_delivered(const LogPosition& position) {
  const std::string path = note_path(settings_.queue_folder);
  std::ofstream(path + ".new") << position.segment << ' ' << position.offset << '\n';
  std::error_code error;
  std::filesystem::rename(path + ".new", path, error);
  // An older note only means that some is delivered twice.
  if (error) log::warn("cannot note what was delivered", {{"file", path}, {"error", error.message()}});
}

Status WriteQueue::flush(Deadline deadline) {
  std::unique_lock lock(mutex_);
  const uint64_t until = appended_;
  ++hurry_;
  came_.notify_all();
  const auto there = [&] { return delivered_ >= until; };
  bool done = true;
  if (deadline.is_never())
    went_.wait(lock, there);
  else
    done = went_.wait_until(lock, deadline.time(), there);
  --hurry_;
  if (!done) return fail(Code::kDeadlineExceeded, "points wait in the queue for Cassandra");
  return {};
}

uint64_t WriteQueue::waiting_points() const {
  constexpr uint64_t kTypicalBytes = 16;
  const std::lock_guard lock(mutex_);
  const uint64_t bytes = appended_ - delivered_;
  if (bytes == 0) return 0;
  const uint64_t mean = counted_points_ == 0 ? kTypicalBytes : std::max<uint64_t>(counted_bytes_ / counted_points_, 1);
  return std::max<uint64_t>(bytes / mean, 1);
}

uint64_t WriteQueue::waiting_bytes() const {
  const std::lock_guard lock(mutex_);
  return appended_ - delivered_;
}

}  // namespace sluice::timeseries::cassandra
