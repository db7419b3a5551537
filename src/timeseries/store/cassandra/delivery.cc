// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/cassandra/delivery.h"

#include <algorithm>

#include "base/log.h"
#include "client/cassandra/server_error.h"

namespace sluice::timeseries::cassandra {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

// One is being sent while the next one is being sorted.
constexpr size_t kShips = 2;
constexpr size_t kTakenBytes = 4u << 20;
constexpr uint32_t kPatience = 8;  // attempts with answers that are nobody's fault before a parcel is halved

// Cassandra refuses what the parcel holds, and will again.
bool is_refused(const Error& error) {
  // Tables and keyspaces come back, from a backup or by somebody's hand: no point goes with them.
  for (const std::string_view missing : {"unconfigured table", "does not exist"})
    if (error.message().find(missing) != std::string::npos) return false;
  return cql::is_batch_too_large(error) || error.code() == Code::kInvalidArgument || error.code() == Code::kUnsupported;
}

}  // namespace

Delivery::Delivery(const CassandraSettings& settings, ClusterPtr cluster, WriteQueue& queue, Stamps& stamps)
    : settings_(settings), cluster_(std::move(cluster)), queue_(queue), stamps_(stamps), book_(settings.cached_series) {
  answers_->queue = &queue;
}

Delivery::~Delivery() {
  stop(Deadline::at(Deadline::Clock::now()));
  const std::lock_guard lock(answers_->mutex);
  answers_->queue = nullptr;
}

void Delivery::start() {
  thread_ = std::thread([this] { run(); });
}

void Delivery::stop(Deadline drain) {
  if (!thread_.joinable()) return;
  drain_ = drain.time();
  stopping_ = true;
  queue_.close();
  queue_.nudge();
  thread_.join();
}

Status Delivery::status() const {
  const std::lock_guard lock(status_mutex_);
  return status_;
}

void Delivery::run() {
  for (;;) {
    take_answers();
    acknowledge();
    const auto now = Deadline::Clock::now();
    const bool idle = ships_.empty() && queue_.waiting_bytes() == 0;
    if (stopping_ && (idle || now >= drain_.load())) break;
    const Deadline wake = stopping_ ? Deadline::at(drain_.load()) : Deadline::after(1s, now);
    if (!paused_.expired(now)) {
      queue_.wait_for_nudge(Deadline::earlier(paused_, wake));
      continue;
    }
    if (!cluster_->is_ready()) {
      if (const Status ready = cluster_->ready(Deadline::after(10s)); !ready) {
        pause(ready.error());
        continue;
      }
    }
    // open() refuses it, unless Cassandra was away then.
    if (cluster_->spec().unit == RowUnit::kSeconds) {
      pause(Error(Code::kFailedPrecondition, "the write cluster has row_time_unit SECONDS, which can only be read"));
      continue;
    }
    // While it fails, one parcel finds out whether Cassandra is back.
    const size_t limit = failures_ != 0 ? 1 : settings_.batches_in_flight;
    if (!waiting_.empty()) {
      if (in_flight_ >= limit) {
        queue_.wait_for_nudge(wake);
        continue;
      }
      ParcelPtr next = std::move(waiting_.front());
      waiting_.pop_front();
      send(std::move(next));
      continue;
    }
    if (ships_.size() >= kShips) {
      queue_.wait_for_nudge(wake);
      continue;
    }
    if (!queue_.wait(settings_.batch_points, settings_.batch_wait, wake)) {
      // A closed queue does not wait.
      if (stopping_ && !ships_.empty()) queue_.wait_for_nudge(wake);
    } else if (!load_next()) {
      queue_.wait_for_nudge(Deadline::after(100ms));
    }
  }
  if (!ships_.empty() || queue_.waiting_bytes() != 0)
    log::warn("the queue was not delivered whole",
              {{"bytes", queue_.waiting_bytes()}, {"kept", settings_.queue_on_disk}});
  if (last_mark_.bytes != 0) queue_.delivered(last_mark_);
}

bool Delivery::load_next() {
  if (harbour_.empty()) harbour_.push_back(std::make_unique<Shipment>(settings_, *cluster_, book_));
  book_.next_round();
  Ship ship{std::move(harbour_.back()), {}};
  harbour_.pop_back();
  ship.shipment->clear();
  const int64_t now = Stamps::now();
  size_t bytes = 0;
  // Until there are enough points, or no more.
  do {
    auto taken = queue_.take(kTakenBytes / 4);
    if (!taken) {
      log::warn("the queue cannot be read", {{"error", taken.error().describe()}});
      break;
    }
    ship.end = taken->end;
    if (taken->records.empty()) break;
    for (const auto& record : taken->records) {
      bytes += record.size();
      ship.shipment->add(record, now);
    }
  } while (ship.shipment->cells() < settings_.batch_points && bytes < kTakenBytes);
  if (ship.end.bytes == 0) {
    harbour_.push_back(std::move(ship.shipment));
    return false;
  }
  std::vector<ParcelPtr> parcels;
  ship.shipment->pack(last_stamp_ + 1, stamps_.erased(), now, parcels);
  last_stamp_ = ship.shipment->stamp();
  stamps_.was_sent(last_stamp_);
  lost_ += ship.shipment->dropped();
  for (auto& parcel : parcels) waiting_.push_back(std::move(parcel));
  ships_.push_back(std::move(ship));
  acknowledge();
  return true;
}

void Delivery::send(ParcelPtr parcel) {
  cql::Batch batch(cql::BatchType::kUnlogged, 64u << 10);
  Shipment& shipment = *parcel->shipment;
  shipment.load(*parcel, batch);
  batch.options = cluster_->writing(shipment.stamp());
  if (parcel->kind != Parcel::Kind::kPoints) batch.options.consistency = cluster_->settings().index_consistency;
  ++parcel->attempts;
  parcel->sent = Deadline::Clock::now();
  ++in_flight_;
  cluster_->session().execute(
      batch, [answers = answers_, sent = std::make_shared<ParcelPtr>(std::move(parcel))](Result<cql::Rows> result) {
        const std::lock_guard lock(answers->mutex);
        answers->done.push_back({std::move(*sent), result ? Status() : fail(std::move(result).error())});
        if (answers->queue != nullptr && answers->done.size() == 1) answers->queue->nudge();
      });
}

void Delivery::take_answers() {
  std::vector<Done> done;
  {
    const std::lock_guard lock(answers_->mutex);
    done.swap(answers_->done);
  }
  for (auto& one : done) {
    --in_flight_;
    delivery_ns_ += static_cast<uint64_t>((Deadline::Clock::now() - one.parcel->sent).count());
    ++batches_;
    if (!one.status) {
      failed(std::move(one.parcel), one.status.error());
      continue;
    }
    arrived(*one.parcel);
    if (failures_ != 0) {
      failures_ = 0;
      log::info("Cassandra takes points again", {{"cluster", cluster_->settings().name}});
      const std::lock_guard lock(status_mutex_);
      status_ = {};
    }
  }
}

void Delivery::arrived(Parcel& parcel) {
  if (parcel.kind == Parcel::Kind::kPoints) delivered_ += parcel.statements();
  --parcel.shipment->parcels_left;
}

void Delivery::failed(ParcelPtr parcel, const Error& error) {
  const bool refused = is_refused(error);
  if (refused || (error.code() == Code::kInternal && parcel->attempts >= kPatience)) {
    ParcelPtr other;
    if (Shipment::split(*parcel, other)) {
      if (!cql::is_batch_too_large(error))
        log::warn("Cassandra refuses a batch; its halves are tried", {{"error", error.describe()}});
      ++parcel->shipment->parcels_left;
      parcel->attempts = other->attempts = 0;
      waiting_.push_front(std::move(other));
      waiting_.push_front(std::move(parcel));
      return;
    }
    log::error("Cassandra refuses a point or a row key, and it is lost", {{"error", error.describe()}});
    ++lost_;
    --parcel->shipment->parcels_left;
    return;
  }
  waiting_.push_front(std::move(parcel));
  pause(error);
}

void Delivery::pause(const Error& error) {
  // Parcels that were on their way together fail together: that is one failure.
  const auto now = Deadline::Clock::now();
  if (!paused_.expired(now)) return;
  if (failures_ == 0)
    log::warn("Cassandra does not take points; they wait in the queue",
              {{"cluster", cluster_->settings().name}, {"error", error.describe()}});
  const auto wait = std::min(100ms * (1u << std::min(failures_, 6u)), 5000ms);
  ++failures_;
  paused_ = Deadline::after(wait, now);
  const std::lock_guard lock(status_mutex_);
  status_ = fail(error);
}

void Delivery::acknowledge() {
  while (!ships_.empty() && ships_.front().shipment->parcels_left == 0) {
    last_mark_ = ships_.front().end;
    queue_.delivered(last_mark_);
    harbour_.push_back(std::move(ships_.front().shipment));
    ships_.pop_front();
  }
}

}  // namespace sluice::timeseries::cassandra
