// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/embedded/series_points.h"

#include <algorithm>

#include "timeseries/store/embedded/keys.h"
#include "timeseries/store/embedded/windows.h"

namespace sluice::timeseries {
namespace {

constexpr size_t kBatch = kMaxBlockPoints;  // points that next() gives at most
constexpr uint32_t kCutRun = 64 * 1024;

Columns& scratch() {
  thread_local Columns columns;
  return columns;
}

}  // namespace

bool SeriesPoints::Piece::simple() const {
  return is_block() ? span.first_expiry == 0 : head.ordered() && !head.chunk->expires();
}

SeriesPoints::SeriesPoints(ReadContextRef context, StoredRef series, int64_t begin, int64_t end,
                           std::vector<Span> spans, std::vector<HeadPiece> pieces)
    : context_(std::move(context)),
      series_(std::move(series)),
      begin_(begin),
      end_(end),
      descending_(context_->options.order == Order::kDescending) {
  // The order in which they were written, which matters inside a cluster.
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) { return a.sequence < b.sequence; });
  std::vector<HeadPiece> runs;
  runs.reserve(pieces.size());
  for (auto& piece : pieces) add_by_runs(std::move(piece), runs);
  pieces_.reserve(spans.size() + runs.size());
  for (const Span& span : spans) pieces_.push_back({span.first, span.last, span, {}});
  for (auto& run : runs) {
    // Beside blocks long runs are cut, so that windows can be.
    const uint32_t most = spans.empty() || !run.ordered() ? UINT32_MAX : kCutRun;
    for (uint32_t from = run.begin; from < run.end;) {
      HeadPiece part = run;
      part.begin = from;
      part.end = from = from + std::min(most, run.end - from);
      if (part.size() != run.size()) {
        part.min = part.times().front();
        part.max = part.times().back();
      }
      if (part.max >= begin && part.min <= end) pieces_.push_back({part.min, part.max, {}, std::move(part)});
    }
  }
  std::vector<uint32_t> places(pieces_.size());
  for (size_t i = 0; i < places.size(); ++i) places[i] = static_cast<uint32_t>(i);
  std::sort(places.begin(), places.end(), [this](uint32_t a, uint32_t b) {
    return pieces_[a].min != pieces_[b].min ? pieces_[a].min < pieces_[b].min : a < b;
  });
  std::vector<Piece> by_time;
  by_time.reserve(pieces_.size());
  for (size_t i = 0; i < places.size();) {
    Cluster cluster{i, i + 1, pieces_[places[i]].min, pieces_[places[i]].max};
    while (cluster.end < places.size() && pieces_[places[cluster.end]].min <= cluster.max)
      cluster.max = std::max(cluster.max, pieces_[places[cluster.end++]].max);
    add_cluster(cluster, std::span(places).subspan(cluster.begin, cluster.end - cluster.begin), by_time);
    i = cluster.end;
  }
  pieces_.swap(by_time);
  last_ = clusters_.size();
}

void SeriesPoints::add_cluster(Cluster cluster, std::span<uint32_t> places, std::vector<Piece>& by_time) {
  const auto points_of = [&](const Piece& piece) {
    return uint64_t{piece.is_block() ? piece.span.count : piece.head.size()};
  };
  uint64_t points = 0;
  bool blocks = false;
  for (const uint32_t place : places) {
    points += points_of(pieces_[place]);
    blocks |= pieces_[place].is_block();
  }
  cluster.begin = by_time.size();
  // What is in memory alone is merged where it lies.
  if (!blocks || points <= context_->merged_points) {
    std::sort(places.begin(), places.end());
    for (const uint32_t place : places) by_time.push_back(std::move(pieces_[place]));
    cluster.end = by_time.size();
    clusters_.push_back(cluster);
    return;
  }
  std::vector<Extent> extents;
  for (const uint32_t place : places)
    extents.push_back({pieces_[place].min, pieces_[place].max, points_of(pieces_[place])});
  for (const Window& window : cut_windows(extents, context_->merged_points)) {
    std::vector<uint32_t> of;
    for (const uint32_t number : window.pieces) of.push_back(places[number]);
    std::sort(of.begin(), of.end());
    const size_t begin = by_time.size();
    for (const uint32_t place : of) by_time.push_back(pieces_[place]);
    clusters_.push_back({begin, by_time.size(), window.min, window.max});
  }
}

std::pair<size_t, size_t> SeriesPoints::in_range(std::span<const int64_t> times, const Cluster& cluster) const {
  const auto from = std::lower_bound(times.begin(), times.end(), std::max(begin_, cluster.min));
  const auto to = std::upper_bound(from, times.end(), std::min(end_, cluster.max));
  return {static_cast<size_t>(from - times.begin()), static_cast<size_t>(to - times.begin())};
}

Status SeriesPoints::load_block(const Piece& piece, Columns& into) {
  rocksdb::PinnableSlice bytes;
  const std::string key = keys::block(series_->number, piece.span.first, piece.span.sequence);
  if (!TRY(context_->database.get(context_->database.blocks(), key, context_->snapshot, bytes)))
    return fail(Code::kDataLoss, "a block of a time series is missing");
  TRY(decode_block(view(bytes), into));
  if (into.type != series_->type() || into.size() != piece.span.count)
    return fail(Code::kDataLoss, "a block of a time series is not what its span says");
  return {};
}

Status SeriesPoints::load(const Cluster& cluster, Columns& into) {
  into.clear();
  into.type = series_->type();
  for (size_t i = cluster.begin; i < cluster.end; ++i) {
    const Piece& piece = pieces_[i];
    if (!piece.is_block()) {
      piece.head.chunk->copy_to(into, piece.head.begin, piece.head.end);
    } else if (into.empty()) {
      TRY(load_block(piece, into));
    } else {
      TRY(load_block(piece, scratch()));
      const auto [from, to] = in_range(scratch().times, cluster);
      into.append(scratch(), from, to);
    }
  }
  into.settle();
  if (!into.expiry.empty()) into.drop(context_->now, 1, 0);
  return {};
}

Result<uint64_t> SeriesPoints::count(const Cluster& cluster) {
  if (!simple(cluster) && mergeable(cluster)) {
    uint64_t points = 0;
    for (RunMerge merge = merge_of(cluster); !merge.done();) points += merge.next(SIZE_MAX).times.size();
    return points;
  }
  if (!simple(cluster)) {
    Columns columns;
    TRY(load(cluster, columns));
    const auto [from, to] = in_range(columns.times, cluster);
    return to - from;
  }
  const Piece& piece = pieces_[cluster.begin];
  if (inside(cluster)) return uint64_t{piece.is_block() ? piece.span.count : piece.head.size()};
  if (!piece.is_block()) {
    const auto [from, to] = in_range(piece.head.times(), cluster);
    return to - from;
  }
  rocksdb::PinnableSlice bytes;
  const std::string key = keys::block(series_->number, piece.span.first, piece.span.sequence);
  if (!TRY(context_->database.get(context_->database.blocks(), key, context_->snapshot, bytes)))
    return fail(Code::kDataLoss, "a block of a time series is missing");
  TRY(decode_times(view(bytes), scratch().times));
  const auto [from, to] = in_range(scratch().times, cluster);
  return to - from;
}

Result<uint64_t> SeriesPoints::count() {
  uint64_t sum = 0;
  for (const Cluster& cluster : clusters_) {
    TRY(context_->options.check_stop());
    sum += TRY(count(cluster));
  }
  return sum;
}

Result<bool> SeriesPoints::any_in_rows(int64_t first_row, int64_t last_row) {
  const auto in_rows = [&](int64_t time) {
    const int64_t row = time < kMinTime / 2 ? time : row_time(time);
    return row >= first_row && row <= last_row;
  };
  for (const Cluster& cluster : clusters_) {
    if (simple(cluster) && (in_rows(cluster.min) || in_rows(cluster.max))) return true;
    Columns columns;
    TRY(load(cluster, columns));
    if (std::any_of(columns.times.begin(), columns.times.end(),
                    [&](int64_t time) { return time >= cluster.min && time <= cluster.max && in_rows(time); }))
      return true;
  }
  return false;
}

void SeriesPoints::skip_to(int64_t time) {
  if (!descending_) {
    while (next_ < last_ && clusters_[next_].max < time) ++next_;
    while (from_ < to_ && loaded_.times[from_] < time) ++from_;
    merge_.skip_to(time);
  } else {
    while (next_ < last_ && clusters_[last_ - 1].min > time) --last_;
    while (from_ < to_ && loaded_.times[to_ - 1] > time) --to_;
  }
}

bool SeriesPoints::take_cluster(Cluster& cluster) {
  if (next_ == last_) return false;
  cluster = clusters_[descending_ ? --last_ : next_++];
  return true;
}

bool SeriesPoints::mergeable(const Cluster& cluster) const {
  if (has_text(series_->type())) return false;
  for (size_t i = cluster.begin; i < cluster.end; ++i)
    if (pieces_[i].is_block() || !pieces_[i].simple()) return false;
  return true;
}

RunMerge SeriesPoints::merge_of(const Cluster& cluster) const {
  RunMerge merge;
  for (size_t i = cluster.begin; i < cluster.end; ++i) {
    const Piece& piece = pieces_[i];
    const auto times = piece.head.times();
    if (piece.min >= std::max(begin_, cluster.min) && piece.max <= std::min(end_, cluster.max)) {
      merge.add(times, piece.head.values());
      continue;
    }
    const auto [from, to] = in_range(times, cluster);
    if (from < to) merge.add(times.subspan(from, to - from), piece.head.values().subspan(from, to - from));
  }
  return merge;
}

void SeriesPoints::give_merged(Points& into) {
  const PointType type = series_->type() == PointType::kDouble ? PointType::kDouble : PointType::kLong;
  while (into.size() < kBatch) {
    if (merge_.done()) {
      if (next_ == last_ || !mergeable(clusters_[next_])) return;
      merge_ = merge_of(clusters_[next_++]);
      continue;
    }
    const auto stretch = merge_.next(kBatch - into.size());
    const auto tail = into.grow(type, stretch.times.size());
    std::copy(stretch.times.begin(), stretch.times.end(), tail.times);
    std::copy(stretch.values.begin(), stretch.values.end(), tail.values);
  }
}

Result<bool> SeriesPoints::give_directly(const Cluster& cluster, Points& into) {
  if (descending_ || !simple(cluster) || has_text(series_->type())) return false;
  const Piece& piece = pieces_[cluster.begin];
  if (!inside(cluster)) return false;
  rocksdb::PinnableSlice bytes;
  const std::string key = keys::block(series_->number, piece.span.first, piece.span.sequence);
  if (!TRY(context_->database.get(context_->database.blocks(), key, context_->snapshot, bytes)))
    return fail(Code::kDataLoss, "a block of a time series is missing");
  const bool given = TRY(decode_numbers(view(bytes), into));
  if (given && into.size() != piece.span.count)
    return fail(Code::kDataLoss, "a block of a time series is not what its span says");
  return given;
}

Status SeriesPoints::next(Points& into) {
  into.clear();
  while (into.empty()) {
    if (from_ < to_) {
      const size_t count = std::min(kBatch, to_ - from_);
      if (descending_) {
        loaded_.copy_to(into, to_ - count, to_, true);
        to_ -= count;
      } else {
        loaded_.copy_to(into, from_, from_ + count, false);
        from_ += count;
      }
      return {};
    }
    TRY(context_->options.check_stop());
    if (!descending_) {
      give_merged(into);
      if (!into.empty()) return {};
    }
    Cluster cluster;
    if (!take_cluster(cluster)) return {};
    if (TRY(give_directly(cluster, into))) continue;
    into.clear();
    TRY(load(cluster, loaded_));
    std::tie(from_, to_) = in_range(loaded_.times, cluster);
  }
  return {};
}

}  // namespace sluice::timeseries
