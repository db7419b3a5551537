// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "timeseries/store/embedded/embedded_store.h"

namespace sluice::timeseries {
namespace {

// Series whose pieces are taken under one hold of the head lock.
constexpr size_t kAtOnce = 256;

// Rows of a query with a limit are small: they are kept.
class KeptPoints : public PointSource {
 public:
  explicit KeptPoints(Points points) : points_(std::move(points)) {}
  Status next(Points& into) override {
    into.clear();
    std::swap(into, points_);
    points_.clear();
    return {};
  }

 private:
  Points points_;
};

// row_time() of what it is defined for.
int64_t first_row_of(int64_t start) { return start < kMinTime / 2 ? start : row_time(start); }

}  // namespace

Result<std::vector<EmbeddedStore::Found>> EmbeddedStore::find_pieces(std::string_view metric,
                                                                     const std::vector<TagFilter>& tags, int64_t begin,
                                                                     int64_t end, const ReadOptions& options,
                                                                     ReadContextRef& context) {
  auto series = TRY(index_->find(metric, tags, options));
  std::vector<Found> found(series.size());
  for (size_t i = 0; i < series.size();) {
    TRY(options.check_stop());
    const auto lock = committer_->lock_heads();
    for (const size_t stop = std::min(series.size(), i + kAtOnce); i < stop; ++i) {
      series[i]->head.find(begin, end, found[i].pieces);
      found[i].series = std::move(series[i]);
    }
  }
  // After the heads: what left them meanwhile is in the snapshot's blocks, and seen twice at worst.
  context = std::make_shared<ReadContext>(
      ReadContext{*database_, database_->snapshot(), options, now_seconds(), settings_.merged_points});
  return found;
}

Result<std::unique_ptr<SeriesPoints>> EmbeddedStore::points_of(Found& found, rocksdb::Iterator& at, int64_t begin,
                                                               int64_t end, const ReadContextRef& context) {
  const StoredSeries& series = *found.series;
  std::vector<Span> spans;
  int64_t width = series.width_found.load(std::memory_order_acquire);
  if (width < 0) {
    // Nobody knows how long its blocks are: all are looked at, once.
    TRY(find_spans(at, series.number, kMinTime, kMaxTime, INT64_MAX, spans));
    width = 0;
    for (const Span& span : spans) {
      const uint64_t wide = static_cast<uint64_t>(span.last) - static_cast<uint64_t>(span.first);
      width = std::max(width, static_cast<int64_t>(std::min<uint64_t>(wide, INT64_MAX)));
    }
    series.width_found.store(width, std::memory_order_release);
    std::erase_if(spans, [&](const Span& span) { return span.last < begin || span.first > end; });
  } else {
    width = std::max(width, series.width_written.load(std::memory_order_acquire));
    TRY(find_spans(at, series.number, begin, end, width, spans));
  }
  return std::make_unique<SeriesPoints>(context, found.series, begin, end, std::move(spans), std::move(found.pieces));
}

Result<std::vector<Row>> EmbeddedStore::read(const SeriesQuery& query, const ReadOptions& options) {
  std::vector<Row> rows;
  const int64_t start = std::max(query.start, oldest());
  if (start > query.end) return rows;
  ReadContextRef context;
  auto found = TRY(find_pieces(query.metric, query.tags, start, query.end, options, context));
  const auto spans = database_->iterate(database_->spans(), context->snapshot);
  uint64_t sum = 0;
  for (auto& one : found) {
    TRY(options.check_stop());
    auto points = TRY(points_of(one, *spans, start, query.end, context));
    if (options.limit != 0) {
      const size_t before = rows.size();
      TRY(cut_rows(*points, one.series, context, rows));
      for (size_t i = before; i < rows.size(); ++i) sum += rows[i].points;
    } else {
      const uint64_t count = TRY(points->count());
      sum += count;
      if (count != 0) rows.push_back({std::move(one.series), count, std::move(points)});
    }
    TRY(options.check_points(sum));
  }
  return rows;
}

Status EmbeddedStore::cut_rows(SeriesPoints& points, const StoredRef& series, const ReadContextRef& context,
                               std::vector<Row>& rows) {
  const bool descending = context->options.order == Order::kDescending;
  Points row;
  int64_t row_start = 0;
  const auto end_row = [&] {
    if (row.empty()) return;
    const uint64_t count = row.size();
    rows.push_back({series, count, std::make_unique<KeptPoints>(std::move(row))});
    row = Points();
  };
  for (Points batch;;) {
    TRY(points.next(batch));
    if (batch.empty()) break;
    for (size_t i = 0; i < batch.size(); ++i) {
      const int64_t start = first_row_of(batch.time(i));
      if (!row.empty() && start != row_start) end_row();
      row_start = start;
      if (row.size() < context->options.limit) row.add_from(batch, i);
    }
    // The rest of a full row need not be read. Rows of negative times are no grid.
    if (row.size() == context->options.limit && row_start >= 0)
      points.skip_to(descending ? row_start - 1 : row_start + kRowWidth);
  }
  end_row();
  return {};
}

Result<std::vector<SeriesRef>> EmbeddedStore::find_series(const SeriesQuery& query, const ReadOptions& options) {
  std::vector<SeriesRef> series;
  if (query.start > query.end) return series;
  // All points whose rows can begin in the range.
  const int64_t begin = std::max(first_row_of(query.start), oldest());
  if (begin > query.end) return series;
  const int64_t end = query.end > kMaxTime - kRowWidth ? kMaxTime : query.end + kRowWidth;
  ReadContextRef context;
  auto found = TRY(find_pieces(query.metric, query.tags, begin, end, options, context));
  const auto spans = database_->iterate(database_->spans(), context->snapshot);
  for (auto& one : found) {
    TRY(options.check_stop());
    auto points = TRY(points_of(one, *spans, begin, end, context));
    if (TRY(points->any_in_rows(begin, query.end))) series.push_back(one.series);
  }
  return series;
}

}  // namespace sluice::timeseries
