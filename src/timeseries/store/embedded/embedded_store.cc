// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/embedded/embedded_store.h"

#include <filesystem>

#include "base/log.h"

namespace sluice::timeseries {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kTick{100};
constexpr std::chrono::seconds kAfterFailure{2};
constexpr size_t kJoinedAtOnce = 64;  // series
// Files that are rewritten at once, some seconds, to give back the room of dropped blocks. Larger ones are left to
// RocksDB, which does it bit by bit.
constexpr uint64_t kCompactedAtOnce = 1u << 30;
// How often all series are looked through for blocks that expired.
constexpr std::chrono::hours kExpiryInterval{1};

}  // namespace

// The first look comes soon: others may have been cut short.
EmbeddedStore::EmbeddedStore(EmbeddedSettings settings)
    : settings_(std::move(settings)),
      last_expiry_(std::chrono::steady_clock::now() - kExpiryInterval + std::chrono::minutes(1)) {}

Result<std::unique_ptr<EmbeddedStore>> EmbeddedStore::open(EmbeddedSettings settings) {
  std::unique_ptr<EmbeddedStore> store(new EmbeddedStore(std::move(settings)));
  TRY(store->load());
  return store;
}

Status EmbeddedStore::load() {
  std::error_code error;
  std::filesystem::create_directories(settings_.folder + "/blocks", error);
  if (error) return fail(system_error("cannot make the folder " + settings_.folder + "/blocks", error.value()));
  database_ = TRY(Database::open(settings_.folder + "/blocks", settings_.cache_bytes));
  index_ = std::make_unique<SeriesIndex>(*database_, settings_.pattern_prefix, settings_.cached_series);
  blocks_ = std::make_unique<BlockKeeper>(*database_, settings_.merged_points);
  committer_ = std::make_unique<Committer>(settings_, *index_);
  TRY(index_->load());
  TRY(blocks_->load());
  committer_->start(
      TRY(SegmentLog::open(settings_.folder + "/log", [this](std::string_view payload) { return replay(payload); })));
  if (settings_.background) maintenance_ = std::thread([this] { run_maintenance(); });
  if (settings_.sync == EmbeddedSettings::Sync::kInterval) sync_ = std::thread([this] { run_sync(); });
  return {};
}

EmbeddedStore::~EmbeddedStore() {
  {
    const std::lock_guard lock(stop_mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  if (maintenance_.joinable()) maintenance_.join();
  if (sync_.joinable()) sync_.join();
  if (!settings_.background || !committer_ || !committer_->started()) return;
  if (const auto status = seal(); !status) log::warn("time-series points stay in the log", {{"error", status.error()}});
}

int64_t EmbeddedStore::oldest() const {
  if (settings_.retention.count() == 0) return kMinTime;
  return now_ms() - std::chrono::duration_cast<std::chrono::milliseconds>(settings_.retention).count();
}

int64_t EmbeddedStore::now_ms() const {
  if (settings_.now) return settings_.now();
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

uint32_t EmbeddedStore::now_seconds() const {
  return static_cast<uint32_t>(std::clamp<int64_t>(now_ms() / 1000, 0, UINT32_MAX));
}

Status EmbeddedStore::replay(std::string_view payload) {
  using log_records::Kind;
  switch (static_cast<Kind>(payload[0])) {
    case Kind::kPoints:
      return committer_->replay(payload, [this] { return seal_locked(true); });
    case Kind::kSeries:
      return index_->enroll(TRY(log_records::read_series(payload)));
    case Kind::kErase: {
      const auto erase = TRY(log_records::read_erase(payload));
      std::vector<StoredRef> series;
      for (const uint32_t number : erase.series) {
        auto one = TRY(index_->by_number(number));
        if (one) series.push_back(std::move(one));
      }
      return erase_locked({{std::move(series), erase.begin, erase.end}}, false);
    }
    case Kind::kForgetMetric:
      return index_->forget_metric(log_records::read_forget_metric(payload));
    case Kind::kService: {
      const auto change = TRY(log_records::read_service(payload));
      return apply_service(change.key, change.value, change.erased);
    }
  }
  return fail(Code::kDataLoss, "damaged log: a record of unknown kind");
}

Result<SeriesRef> EmbeddedStore::series(std::string_view metric, PointType type, const Tags& tags) {
  return TRY(index_->series(metric, type, tags));
}

Status EmbeddedStore::write(const WriteBatch& batch) { return committer_->write(batch, now_seconds()); }

Result<std::vector<std::string>> EmbeddedStore::metric_names(std::string_view prefix) {
  return index_->metric_names(prefix);
}
Result<std::vector<std::string>> EmbeddedStore::tag_names() { return index_->tag_names(); }
Result<std::vector<std::string>> EmbeddedStore::tag_values() { return index_->tag_values(); }

Status EmbeddedStore::index_tags(const SeriesQuery&) { return {}; }

Status EmbeddedStore::check(Deadline) {
  TRY(database_->get(database_->index(), "!sequence"));
  return {};
}

EmbeddedStore::Statistics EmbeddedStore::statistics() const {
  return {committer_->written_points(), committer_->head_bytes(), committer_->log().bytes(), database_->disk_bytes()};
}

bool EmbeddedStore::must_seal() const {
  return committer_->head_bytes() > settings_.head_bytes / 2 || committer_->log().bytes() > settings_.log_bytes;
}

bool EmbeddedStore::maintain(uint64_t& seen_points, Clock::time_point& last_write) {
  const std::lock_guard lock(maintenance_mutex_);
  const auto now = Clock::now();
  const uint64_t points = committer_->written_points();
  if (points != seen_points) {
    seen_points = points;
    last_write = now;
  }
  if (now < not_before_) return false;
  const auto status = tidy_locked(now - last_write > settings_.idle, now);
  committer_->set_stuck(!status);
  if (status) return !to_join_.empty();
  not_before_ = now + kAfterFailure;
  static log::RateLimit limit;
  limit.warn("time-series points could not be put into blocks", {{"error", status.error()}});
  return false;
}

Status EmbeddedStore::tidy_locked(bool idle, Clock::time_point now) {
  const bool points = committer_->head_bytes() != 0;
  if (must_seal() || (points && (idle || now - last_seal_ > settings_.head_age))) {
    TRY(seal_locked());
    to_join_.insert(to_join_.end(), sealed_.begin(), sealed_.end());
    sealed_.clear();
  }
  if (now - last_expiry_ > kExpiryInterval && to_join_.empty()) {
    to_join_ = TRY(blocks_->series_with_blocks());
    last_expiry_ = now;
  }
  if (to_join_.empty() && idle && !untidy_.empty()) {
    // There is nothing else to do: all that can be joined is.
    to_join_.assign(untidy_.begin(), untidy_.end());
    join_all_ = true;
    untidy_.clear();
  }
  if (to_join_.empty()) return {};
  // For a short time only: seals and erasures want the lock too.
  const size_t count = std::min(kJoinedAtOnce, to_join_.size());
  const std::vector<uint32_t> numbers(to_join_.end() - static_cast<ptrdiff_t>(count), to_join_.end());
  to_join_.resize(to_join_.size() - count);
  TRY(compact_locked(numbers, join_all_));
  if (!to_join_.empty() || !join_all_) return {};
  join_all_ = false;
  TRY(database_->flush());
  const uint64_t disk = database_->disk_bytes();
  if (disk < kCompactedAtOnce && blocks_->garbage() > disk / 10) {
    TRY(database_->compact());
    blocks_->garbage_is_gone();
  }
  return {};
}

void EmbeddedStore::run_maintenance() {
  uint64_t seen_points = 0;
  Clock::time_point last_write = Clock::now();
  std::unique_lock lock(stop_mutex_);
  while (!stopping_) {
    lock.unlock();
    const bool more = maintain(seen_points, last_write);
    lock.lock();
    if (!more)
      stop_.wait_for(lock, kTick, [this] { return stopping_; });
    else if (waiting_.load(std::memory_order_relaxed) != 0)
      stop_.wait_for(lock, std::chrono::milliseconds(1), [this] { return stopping_; });
  }
}

void EmbeddedStore::run_sync() {
  uint64_t synced = 0;
  std::unique_lock lock(stop_mutex_);
  while (!stop_.wait_for(lock, settings_.sync_interval, [this] { return stopping_; })) {
    lock.unlock();
    // Of service values too.
    const uint64_t written = committer_->log().bytes();
    if (written != synced) {
      const auto status = committer_->log().sync();
      static log::RateLimit limit;
      if (!status) limit.error("the log of time-series points could not be synced", {{"error", status.error()}});
      if (status) synced = written;
    }
    lock.lock();
  }
}

}  // namespace sluice::timeseries
