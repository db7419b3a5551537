// SPDX-License-Identifier: Apache-2.0
#include "timeseries/engine/merge.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace sluice::timeseries {
namespace {

constexpr size_t kBatch = 4096;
constexpr uint64_t kSign = uint64_t{1} << 63;

// Time and number as one number that sorts as they do.
using Key = unsigned __int128;
constexpr Key kExhausted = ~Key{0};  // no point has it: NaNs are made one

uint64_t sortable(double number) {
  const auto bits = std::bit_cast<uint64_t>(std::isnan(number) ? std::numeric_limits<double>::quiet_NaN() : number);
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

// A tree of losers over the heads of all sources: the next point costs one comparison a level.
class MergedPoints : public PointSource {
 public:
  MergedPoints(PointSources sources, Order order) : flip_(order == Order::kDescending ? ~uint64_t{0} : 0) {
    for (auto& source : sources) heads_.push_back({std::move(source), {}, 0});
  }

  Status next(Points& into) override {
    into.clear();
    if (nodes_.empty()) TRY(start());
    while (into.empty() && winner_.key != kExhausted) {
      if (TRY(take_run(into))) continue;
      TRY(is_plain() ? take_numbers(into) : take_any(into));
    }
    return {};
  }

 private:
  struct Head {
    std::unique_ptr<PointSource> source;
    Points batch;
    size_t at;
  };
  struct Node {
    Key key;
    size_t head;
  };

  static bool numeric(const Points& batch) {
    return batch.uniform() && (batch.uniform_type() == PointType::kLong || batch.uniform_type() == PointType::kDouble);
  }
  // All heads are columns of one numeric type.
  bool is_plain() const { return others_ == 0; }

  Key key(const Head& head) const {
    const uint64_t time = static_cast<uint64_t>(head.batch.time(head.at)) ^ kSign ^ flip_;
    return Key{time} << 64 | (sortable(head.batch.number(head.at)) ^ flip_);
  }
  Key plain_key(int64_t time, uint64_t value) const {
    const double number = plain_type_ == PointType::kDouble ? std::bit_cast<double>(value)
                                                            : static_cast<double>(static_cast<int64_t>(value));
    return Key{static_cast<uint64_t>(time) ^ kSign ^ flip_} << 64 | (sortable(number) ^ flip_);
  }

  bool other(const Points& batch) const {
    return !batch.empty() && !(numeric(batch) && batch.uniform_type() == plain_type_);
  }
  // Reads the head's next batch; its key, or kExhausted.
  Result<Key> refill(Head& head) {
    if (other(head.batch)) --others_;
    TRY(head.source->next(head.batch));
    head.at = 0;
    if (other(head.batch)) ++others_;
    if (!head.batch.empty()) return key(head);
    head.source.reset();
    head.batch = Points();
    return kExhausted;
  }

  Status start() {
    nodes_.resize(heads_.size());
    std::vector<Node> winners(2 * heads_.size());
    for (size_t i = 0; i < heads_.size(); ++i) {
      TRY(heads_[i].source->next(heads_[i].batch));
      if (!heads_[i].batch.empty() && numeric(heads_[i].batch)) plain_type_ = heads_[i].batch.uniform_type();
      winners[heads_.size() + i] = {heads_[i].batch.empty() ? kExhausted : key(heads_[i]), i};
    }
    for (const auto& head : heads_) others_ += other(head.batch) ? 1 : 0;
    for (size_t node = heads_.size() - 1; node > 0; --node) {
      const bool left = winners[2 * node].key <= winners[2 * node + 1].key;
      winners[node] = winners[2 * node + (left ? 0 : 1)];
      nodes_[node] = winners[2 * node + (left ? 1 : 0)];
    }
    winner_ = winners[1];
    return {};
  }

  // The winner's head has moved on to `moved`: finds the new winner. Which of two heads is smaller is not predictable:
  // no branches.
  void replay(Key moved) {
    Node best{moved, winner_.head};
    Node* const nodes = nodes_.data();
    for (size_t node = (winner_.head + heads_.size()) / 2; node > 0; node /= 2) {
      const Node there = nodes[node];
      const bool swap = there.key < best.key;
      nodes[node].key = __builtin_unpredictable(swap) ? best.key : there.key;
      nodes[node].head = __builtin_unpredictable(swap) ? best.head : there.head;
      best.key = __builtin_unpredictable(swap) ? there.key : best.key;
      best.head = __builtin_unpredictable(swap) ? there.head : best.head;
    }
    winner_ = best;
  }
  // The smallest key of all other heads.
  Key runner_up() const {
    Key smallest = kExhausted;
    for (size_t node = (winner_.head + heads_.size()) / 2; node > 0; node /= 2)
      smallest = std::min(smallest, nodes_[node].key);
    return smallest;
  }

  // Takes the rest of the winner's batch at once when all of it comes before every other head.
  Result<bool> take_run(Points& into) {
    Head& head = heads_[winner_.head];
    const size_t last = head.batch.size() - 1;
    const uint64_t time = static_cast<uint64_t>(head.batch.time(last)) ^ kSign ^ flip_;
    if (time >= static_cast<uint64_t>(runner_up() >> 64)) return false;
    if (head.at == 0) {
      if (other(head.batch)) --others_;
      std::swap(into, head.batch);
      head.batch.clear();
    } else {
      into.append(head.batch, head.at, last + 1);
    }
    replay(TRY(refill(head)));
    return true;
  }

  Status take_numbers(Points& into) {
    const auto tail = into.grow(plain_type_, kBatch);
    size_t count = 0;
    while (count < kBatch && winner_.key != kExhausted && is_plain()) {
      Head& head = heads_[winner_.head];
      tail.times[count] = head.batch.times()[head.at];
      tail.values[count] = head.batch.values()[head.at];
      ++count;
      if (++head.at < head.batch.size()) [[likely]] {
        replay(plain_key(head.batch.times()[head.at], head.batch.values()[head.at]));
        continue;
      }
      const auto moved = refill(head);
      if (!moved) return fail(moved.error());
      replay(*moved);
    }
    into.truncate(count);
    return {};
  }

  Status take_any(Points& into) {
    while (into.size() < kBatch && winner_.key != kExhausted) {
      Head& head = heads_[winner_.head];
      into.add_from(head.batch, head.at);
      replay(++head.at < head.batch.size() ? key(head) : TRY(refill(head)));
    }
    return {};
  }

  const uint64_t flip_;  // all ones: the greatest point comes first
  std::vector<Head> heads_;
  std::vector<Node> nodes_;  // nodes_[1..]: who lost there; empty before the first call
  Node winner_{kExhausted, 0};
  PointType plain_type_ = PointType::kLong;
  size_t others_ = 0;  // heads whose batch is not a plain column of plain_type_
};

class NoPoints : public PointSource {
 public:
  Status next(Points& into) override {
    into.clear();
    return {};
  }
};

}  // namespace

std::unique_ptr<PointSource> merge_sources(PointSources sources, Order order) {
  if (sources.empty()) return std::make_unique<NoPoints>();
  if (sources.size() == 1) return std::move(sources.front());
  return std::make_unique<MergedPoints>(std::move(sources), order);
}

}  // namespace sluice::timeseries
