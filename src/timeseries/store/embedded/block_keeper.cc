// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/embedded/block_keeper.h"

#include <algorithm>

#include "base/failpoint.h"
#include "timeseries/store/embedded/keys.h"
#include "timeseries/store/embedded/windows.h"

namespace sluice::timeseries {
namespace {

// In the index: the next sequence, so that blocks made after a restart are newer than those before.
constexpr std::string_view kSequenceKey = "!sequence";
constexpr size_t kBatchBytes = 4u << 20;
// A block with fewer points is small; so many small neighbours are joined. Each point is so rewritten a few times at
// most until it lies in a full block.
constexpr size_t kSmallBlock = kMaxBlockPoints / 2;
constexpr size_t kSmallText = 256u << 10;  // bytes: a block of texts with more is none
constexpr size_t kManySmall = 8;
// A block of new points ends before such a gap, milliseconds: late points far apart must not make a block that overlaps
// all those between them.
constexpr uint64_t kGap = 24 * 3600 * 1000;

rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }

bool small(const Span& span) { return span.count < kSmallBlock && span.bytes < kSmallText; }
bool all_expired(const Span& span, uint32_t now) { return span.last_expiry != 0 && span.last_expiry <= now; }

void widen(std::atomic<int64_t>& width, int64_t to) {
  if (width.load(std::memory_order_relaxed) < to) width.store(to, std::memory_order_release);
}

int64_t width_of(const Span& span) {
  const uint64_t width = static_cast<uint64_t>(span.last) - static_cast<uint64_t>(span.first);
  return static_cast<int64_t>(std::min<uint64_t>(width, INT64_MAX));
}

}  // namespace

Status find_spans(rocksdb::Iterator& at, uint32_t series, int64_t begin, int64_t end, int64_t widest,
                  std::vector<Span>& into) {
  const int64_t earliest = begin < kMinTime + widest ? kMinTime : begin - widest;
  const std::string start = keys::block(series, earliest, 0);
  for (at.Seek(start); at.Valid(); at.Next()) {
    Span span;
    uint32_t number = 0;
    if (!keys::parse_block(view(at.key()), number, span)) return fail(Code::kDataLoss, "damaged key of a block");
    if (number != series || span.first > end) break;
    TRY(decode_span(view(at.value()), span));
    if (span.last >= begin) into.push_back(span);
  }
  if (!at.status().ok()) return fail(database_error("cannot read the spans of blocks", at.status()));
  return {};
}

Status BlockKeeper::load() {
  const auto stored = TRY(database_.get(database_.index(), kSequenceKey));
  if (!stored) return {};
  ByteReader in(*stored);
  next_sequence_ = in.u64_le();
  return in.ok() ? Status() : fail(Code::kDataLoss, "damaged sequence of blocks");
}

void BlockKeeper::put(const StoredSeries& series, const Columns& columns, Effort effort) {
  for (size_t begin = 0; begin < columns.size();) {
    const size_t end = begin + block_points(columns, begin);
    put(series, columns, begin, end, effort);
    begin = end;
  }
}

void BlockKeeper::put(const StoredSeries& series, const Columns& columns, size_t begin, size_t end, Effort effort) {
  scratch_.clear();
  Span span = encode_block(columns, begin, end, effort, scratch_);
  span.sequence = next_sequence_++;
  const std::string key = keys::block(series.number, span.first, span.sequence);
  batch_.Put(database_.blocks(), key, slice(scratch_.view()));
  scratch_.clear();
  encode_span(span, scratch_);
  batch_.Put(database_.spans(), key, slice(scratch_.view()));
  widen(series.width_written, width_of(span));
}

void BlockKeeper::drop(uint32_t series, const Span& span) {
  const std::string key = keys::block(series, span.first, span.sequence);
  batch_.Delete(database_.blocks(), key);
  batch_.Delete(database_.spans(), key);
  garbage_ += span.bytes;
}

Status BlockKeeper::add(const StoredSeries& series, Columns& columns) {
  columns.settle();
  const auto& times = columns.times;
  for (size_t begin = 0; begin < columns.size();) {
    const size_t most = begin + block_points(columns, begin);
    size_t end = begin + 1;
    while (end < most && static_cast<uint64_t>(times[end]) - static_cast<uint64_t>(times[end - 1]) < kGap) ++end;
    put(series, columns, begin, end, Effort::kFast);
    begin = end;
  }
  return batch_.GetDataSize() > kBatchBytes ? finish() : Status();
}

Status BlockKeeper::finish() {
  if (batch_.Count() == 0) return {};
  ByteBuffer next;
  next.u64_le(next_sequence_);
  batch_.Put(database_.index(), slice(kSequenceKey), slice(next.view()));
  const auto status = database_.write(batch_);
  batch_.Clear();
  return status;
}

Status BlockKeeper::list(uint32_t series, int64_t begin, int64_t end, std::vector<Span>& into) {
  const auto at = database_.iterate(database_.spans(), nullptr);
  return find_spans(*at, series, begin, end, INT64_MAX, into);
}

Status BlockKeeper::read(uint32_t series, const Span& span, Columns& into) {
  rocksdb::PinnableSlice bytes;
  const std::string key = keys::block(series, span.first, span.sequence);
  if (!TRY(database_.get(database_.blocks(), key, nullptr, bytes)))
    return fail(Code::kDataLoss, "a block of a time series is missing");
  return decode_block(view(bytes), into);
}

Status BlockKeeper::join(const StoredSeries& series, std::span<const Span> spans, const Limits& limits) {
  if (auto fault = FAILPOINT("store.blocks.join")) return fail(std::move(*fault));
  std::vector<Extent> extents;
  for (const Span& span : spans) extents.push_back({span.first, span.last, span.count});
  Columns joined, one;
  for (const Window& window : cut_windows(extents, merged_points_)) {
    std::vector<Span> in_order;
    for (const uint32_t number : window.pieces) in_order.push_back(spans[number]);
    // Later made blocks hide the points of earlier ones.
    std::sort(in_order.begin(), in_order.end(), [](const Span& a, const Span& b) { return a.sequence < b.sequence; });
    joined.clear();
    joined.type = series.type();
    for (const Span& span : in_order) {
      if (auto status = read(series.number, span, one); !status) return status;
      if (one.type != joined.type) return fail(Code::kDataLoss, "a block of another type than its series");
      const auto from = std::lower_bound(one.times.begin(), one.times.end(), window.min);
      const auto to = std::upper_bound(from, one.times.end(), window.max);
      joined.append(one, static_cast<size_t>(from - one.times.begin()), static_cast<size_t>(to - one.times.begin()));
    }
    joined.settle();
    if (limits.oldest > kMinTime)
      joined.drop(limits.now, kMinTime, limits.oldest - 1);
    else
      joined.drop(limits.now, 1, 0);
    put(series, joined, Effort::kSmall);
    // A window that is written hides what it was made of: until those blocks are dropped, all at once, nothing changes.
    if (batch_.GetDataSize() > kBatchBytes) TRY(finish());
  }
  for (const Span& span : spans) drop(series.number, span);
  return batch_.GetDataSize() > kBatchBytes ? finish() : Status();
}

Result<bool> BlockKeeper::compact(const StoredSeries& series, const Limits& limits) {
  abandon();
  std::vector<Span> spans;
  TRY(list(series.number, kMinTime, kMaxTime, spans));
  size_t left = spans.size();
  std::vector<Span> run;  // neighbours that may be joined, whole clusters of overlapping blocks
  size_t run_points = 0;
  bool must = false;
  const auto end_run = [&]() -> Status {
    if (run.size() > 1 && (must || limits.all || run.size() >= kManySmall)) TRY(join(series, run, limits));
    run.clear();
    run_points = 0;
    must = false;
    return {};
  };
  for (size_t i = 0; i < spans.size();) {
    size_t end = i + 1;
    int64_t last = spans[i].last;
    size_t points = spans[i].count;
    bool gone = spans[i].last < limits.oldest || all_expired(spans[i], limits.now);
    for (; end < spans.size() && spans[end].first <= last; ++end) {
      last = std::max(last, spans[end].last);
      points += spans[end].count;
      gone &= spans[end].last < limits.oldest || all_expired(spans[end], limits.now);
    }
    const std::span<const Span> cluster(spans.data() + i, end - i);
    if (gone) {
      for (const Span& span : cluster) drop(series.number, span);
      left -= cluster.size();
    } else if (cluster.size() > 1 || small(cluster[0])) {
      if (run_points + points > merged_points_) TRY(end_run());
      must |= cluster.size() > 1;
      run.insert(run.end(), cluster.begin(), cluster.end());
      run_points += points;
    } else {
      TRY(end_run());
    }
    i = end;
  }
  TRY(end_run());
  TRY(finish());
  return left != 0;
}

Result<bool> BlockKeeper::erase(const StoredSeries& series, int64_t begin, int64_t end) {
  abandon();
  std::vector<Span> spans;
  TRY(list(series.number, kMinTime, kMaxTime, spans));
  bool left = false;
  Columns columns;
  for (const Span& span : spans) {
    if (span.last < begin || span.first > end) {
      left = true;
      continue;
    }
    if (span.first < begin || span.last > end) {
      TRY(read(series.number, span, columns));
      const size_t before = columns.size();
      columns.drop(0, begin, end);
      left |= !columns.empty();
      if (columns.size() == before) continue;
      // The new block keeps the place of the old one among those that overlap it.
      const uint64_t next = next_sequence_;
      next_sequence_ = span.sequence;
      drop(series.number, span);
      put(series, columns, Effort::kFast);
      next_sequence_ = std::max(next, next_sequence_);
      continue;
    }
    drop(series.number, span);
  }
  TRY(finish());
  return left;
}

Result<std::vector<uint32_t>> BlockKeeper::series_with_blocks() {
  std::vector<uint32_t> found;
  const auto at = database_.iterate(database_.spans(), nullptr);
  at->SeekToFirst();
  while (at->Valid()) {
    Span span;
    uint32_t number = 0;
    if (!keys::parse_block(view(at->key()), number, span)) return fail(Code::kDataLoss, "damaged key of a block");
    found.push_back(number);
    if (number == UINT32_MAX) break;
    at->Seek(keys::blocks_of(number + 1));
  }
  if (!at->status().ok()) return fail(database_error("cannot read the spans of blocks", at->status()));
  return found;
}

}  // namespace sluice::timeseries
