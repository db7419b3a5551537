// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/embedded/committer.h"

#include <algorithm>

namespace sluice::timeseries {
namespace {

// A writer writes the records of others too, up to this many bytes at once.
constexpr size_t kGroupBytes = 4u << 20;

const StoredSeries& stored(const NewPoint& point) { return static_cast<const StoredSeries&>(*point.series); }

}  // namespace

uint32_t Committer::expiry(uint32_t now, uint32_t ttl) const {
  if (ttl == 0) ttl = settings_.default_ttl;
  const uint64_t at = uint64_t{now} + ttl;
  return ttl == 0 || at > UINT32_MAX ? 0 : static_cast<uint32_t>(at);
}

Status Committer::encode(const WriteBatch& batch, uint32_t now, ByteBuffer& record,
                         std::vector<const StoredSeries*>& fresh) const {
  log_records::PointsWriter writer(record, now, settings_.default_ttl);
  const Series* last = nullptr;
  for (const NewPoint& point : batch.points()) {
    const StoredSeries& series = stored(point);
    if (point.series != last) {
      last = point.series;
      if (!series.enrolled.load(std::memory_order_acquire)) fresh.push_back(&series);
    }
    switch (series.type()) {
      case PointType::kString:
      case PointType::kComplex:
        writer.text(series.number, point.time, batch.text(point), point.ttl);
        break;
      case PointType::kDouble:
        writer.number(series.number, point.time, point.value, point.ttl);
        break;
      default:
        writer.long_number(series.number, point.time, static_cast<int64_t>(point.value), point.ttl);
        break;
    }
  }
  if (record.size() > kMaxRecord)
    return fail(Code::kResourceExhausted, "a batch of points has " + std::to_string(record.size()) +
                                              " bytes, at most " + std::to_string(kMaxRecord) + " are written at once");
  seal_record(record);
  return {};
}

Status Committer::wait_for_memory() {
  if (head_bytes() < settings_.head_bytes) return {};
  std::unique_lock lock(memory_mutex_);
  memory_freed_.wait_for(lock, settings_.patience, [this] { return stuck_ || head_bytes() < settings_.head_bytes; });
  if (head_bytes() < settings_.head_bytes) return {};
  return fail(Error(Code::kResourceExhausted, "the memory for new points is full: they cannot be put into blocks")
                  .with_retry(Retry::kBackoff));
}

Status Committer::write(const WriteBatch& batch, uint32_t now) {
  if (batch.empty()) return {};
  TRY(wait_for_memory());
  thread_local ByteBuffer record;
  Request request{batch, record, {}, removals_.load(std::memory_order_acquire), now, false, {}, {}};
  TRY(encode(batch, now, record, request.fresh));

  std::unique_lock queue_lock(queue_mutex_);
  queue_.push_back(&request);
  request.wake.wait(queue_lock, [&] { return request.done || queue_.front() == &request; });
  if (!request.done) {
    std::vector<Request*> group;
    size_t bytes = 0;
    for (auto* other : queue_) {
      if (!group.empty() && bytes + other->record.size() > kGroupBytes) break;
      bytes += other->record.size();
      group.push_back(other);
    }
    queue_lock.unlock();
    const Status status = commit(group);
    queue_lock.lock();
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<ptrdiff_t>(group.size()));
    for (auto* other : group) {
      other->status = status;
      other->done = true;
      if (other != &request) other->wake.notify_one();
    }
    if (!queue_.empty()) queue_.front()->wake.notify_one();
  }
  queue_lock.unlock();
  if (record.capacity() > (1u << 20)) record.release();
  return request.status;
}

Status Committer::commit(const std::vector<Request*>& group) {
  const std::lock_guard commit_lock(commit_mutex_);
  std::vector<const StoredSeries*> fresh;
  for (const auto* request : group) {
    if (request->removals == removals_.load(std::memory_order_relaxed)) {
      fresh.insert(fresh.end(), request->fresh.begin(), request->fresh.end());
      continue;
    }
    // Series were removed since it looked.
    for (const NewPoint& point : request->batch.points())
      if (!stored(point).enrolled.load(std::memory_order_relaxed)) fresh.push_back(&stored(point));
  }
  std::sort(fresh.begin(), fresh.end());
  fresh.erase(std::unique(fresh.begin(), fresh.end()), fresh.end());
  std::erase_if(fresh, [](const auto* series) { return series->enrolled.load(std::memory_order_relaxed); });

  ByteBuffer enrolment;
  std::vector<std::span<const uint8_t>> records;
  if (!fresh.empty()) {
    std::vector<std::pair<uint32_t, std::string>> identities;
    for (const auto* series : fresh)
      identities.emplace_back(series->number, keys::identity(series->metric(), series->type(), series->tags()));
    log_records::write_series(enrolment, identities);
    records.push_back(enrolment.span());
  }
  for (const auto* request : group) records.push_back(request->record.span());
  TRY(log_->append(records));
  if (settings_.sync == EmbeddedSettings::Sync::kAlways) TRY(log_->sync());
  if (!fresh.empty()) TRY(index_.enroll(fresh));
  const std::lock_guard head_lock(head_mutex_);
  for (const auto* request : group) apply(*request);
  return {};
}

void Committer::note(const StoredSeries& series) {
  if (!series.head.active()) [[unlikely]]
    dirty_.push_back(series.shared_from_this());
}

void Committer::apply(const Request& request) {
  size_t bytes = 0;
  for (const NewPoint& point : request.batch.points()) {
    const StoredSeries& series = stored(point);
    note(series);
    const uint32_t expires = expiry(request.now, point.ttl);
    if (has_text(series.type()))
      bytes += series.head.add_text(point.time, request.batch.text(point), expires);
    else
      bytes += series.head.add(point.time, point.value, expires);
  }
  account(bytes);
  written_.fetch_add(request.batch.size(), std::memory_order_relaxed);
}

Status Committer::replay(std::string_view points_payload, const std::function<Status()>& full) {
  log_records::PointsReader reader(points_payload);
  log_records::LoggedPoint point;
  const StoredSeries* series = nullptr;
  uint32_t number = 0;
  size_t bytes = 0;
  std::unique_lock lock(head_mutex_);
  while (!reader.at_end()) {
    TRY(reader.next(point));
    if (point.series != number) {
      number = point.series;
      StoredRef& known = replayed_[number];
      if (!known) known = TRY(index_.by_number(number));
      series = known.get();
    }
    // Of a series that was erased whole later on.
    if (!series) continue;
    if (point.is_text != has_text(series->type()))
      return fail(Code::kDataLoss, "damaged log: a point of another type than its series");
    note(*series);
    bytes += point.is_text ? series->head.add_text(point.time, point.text, point.expiry)
                           : series->head.add(point.time, point.value, point.expiry);
  }
  lock.unlock();
  account(bytes);
  return head_bytes() > settings_.head_bytes ? full() : Status();
}

void Committer::start(std::unique_ptr<SegmentLog> log) {
  log_ = std::move(log);
  replayed_.clear();
}

std::vector<StoredRef> Committer::take_dirty() {
  std::vector<StoredRef> taken;
  taken.swap(dirty_);
  return taken;
}

void Committer::put_back(const std::vector<StoredRef>& series) {
  for (const auto& one : series) {
    const bool listed = one->head.active();
    one->head.cancel_seal();
    if (!listed && one->head.active()) dirty_.push_back(one);
  }
}

void Committer::set_stuck(bool stuck) {
  {
    const std::lock_guard lock(memory_mutex_);
    stuck_ = stuck;
  }
  if (stuck) memory_freed_.notify_all();
}

void Committer::release(ptrdiff_t bytes) {
  {
    const std::lock_guard lock(memory_mutex_);
    head_bytes_.fetch_sub(static_cast<size_t>(bytes), std::memory_order_relaxed);
  }
  memory_freed_.notify_all();
}

}  // namespace sluice::timeseries
