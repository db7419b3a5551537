// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/cassandra/shipment.h"

#include <algorithm>

#include "base/log.h"
#include "client/cassandra/token.h"
#include "timeseries/store/cassandra/value_codec.h"

namespace sluice::timeseries::cassandra {
namespace {

constexpr uint32_t kMaxTtl = 630'720'000;  // seconds: Cassandra's own bound, 20 years
// What a cell counts in Cassandra's size of a batch: name, value, stamp and what holds them; a partition beside its
// key.
constexpr size_t kCellBytes = 32;
constexpr size_t kPartitionBytes = 64;
// Partitions with fewer points share batches.
constexpr uint32_t kOwnBatch = 100;
constexpr size_t kIndexStatements = 200;  // in one batch
// Cassandra takes no frames and no mutations of more than 16 MiB.
constexpr size_t kTextBytes = 1u << 20;  // of a batch of one partition

std::string time_key(const std::string& metric, int64_t row_time) {
  std::string key = metric;
  key += '\0';
  return key.append(reinterpret_cast<const char*>(&row_time), sizeof row_time);
}

}  // namespace

RowBook::Entry& RowBook::entry(const QueuedSeries& series) {
  key_.assign(series.metric);
  key_ += '\0';
  key_ += static_cast<char>(series.type);
  key_ += series.tags;
  auto [found, fresh] = entries_.try_emplace(key_);
  if (fresh)
    found->second.series =
        std::make_shared<const CassandraSeries>(std::string(series.metric), series.type, parse_tag_string(series.tags));
  found->second.used = round_;
  return found->second;
}

const PartitionRef& RowBook::partition(Entry& entry, int64_t row_time) {
  for (const auto& known : entry.partitions)
    if (known->row_time == row_time) return known;
  // Late points of many rows: only few rows of a series are remembered.
  if (entry.partitions.size() >= 64) entry.partitions.erase(entry.partitions.begin());
  std::string key = entry.series->row_key(row_time);
  const int64_t token = cql::token_of(key);
  return entry.partitions.emplace_back(
      std::make_shared<Partition>(Partition{entry.series, row_time, std::move(key), token, {}}));
}

Written& RowBook::row_time(const std::string& metric, int64_t row_time) {
  return row_times_[time_key(metric, row_time)];
}

void RowBook::next_round() {
  ++round_;
  if (row_times_.size() > cached_) row_times_.clear();
  if (entries_.size() <= cached_) return;
  const uint64_t last = round_ - 1;
  std::erase_if(entries_, [&](const auto& entry) { return entry.second.used < last; });
  if (entries_.size() > cached_) entries_.clear();
}

size_t Parcel::statements() const {
  if (kind != Kind::kPoints) return slices.size();
  size_t sum = 0;
  for (const auto& slice : slices) sum += slice.end - slice.begin;
  return sum;
}

void Shipment::clear() {
  rows_.clear();
  cells_.clear();
  text_.clear();
  row_numbers_.clear();
  dropped_ = 0;
  stamp_ = 0;
  parcels_left = 0;
}

bool Shipment::ttl_of(const QueuedPoint& point, int64_t now_ms, uint32_t& ttl) {
  int64_t seconds = settings_.force_default_datapoint_ttl ? settings_.datapoint_ttl : point.ttl;
  if (seconds == 0) seconds = settings_.datapoint_ttl;
  if (settings_.align_datapoint_ttl_with_timestamp) {
    // As KairosDB has it: without any TTL, points of the past are dropped.
    seconds -= (now_ms - point.time) / 1000;
    if (seconds <= 0 || seconds >= kMaxTtl) return false;
  } else if (seconds != 0) {
    // It counts from when the point was acknowledged, however long Cassandra was away.
    seconds = std::clamp<int64_t>(seconds - std::max<int64_t>(0, (now_ms - stamp_) / 1000), 1, kMaxTtl);
  }
  ttl = static_cast<uint32_t>(seconds);
  return true;
}

void Shipment::add(std::string_view record, int64_t now_ms) {
  RecordReader reader(record);
  Status status = reader.open();
  if (status) {
    const int64_t before = stamp_;
    stamp_ = static_cast<int64_t>(reader.stamp());
    struct Known {
      RowBook::Entry* entry;
      int64_t row_time;
      uint32_t row;
    };
    std::vector<Known> known;
    known.reserve(reader.series().size());
    for (const auto& series : reader.series()) known.push_back({&book_.entry(series), 0, UINT32_MAX});
    const RowSpec& spec = cluster_.spec();
    QueuedPoint point;
    while (!reader.at_end() && (status = reader.next(point))) {
      Known& at = known[point.series];
      const int64_t row_time = spec.row_time(point.time);
      if (at.row == UINT32_MAX || at.row_time != row_time) {
        const PartitionRef& partition = book_.partition(*at.entry, row_time);
        const auto [found, fresh] = row_numbers_.try_emplace(partition.get(), static_cast<uint32_t>(rows_.size()));
        if (fresh) rows_.push_back({partition});
        at.row = found->second;
        at.row_time = row_time;
      }
      Row& row = rows_[at.row];
      Cell cell{at.row, spec.column(row_time, point.time), 0, point.value};
      if (!ttl_of(point, now_ms, cell.ttl) || row.partition->key.size() > kMaxKeyBytes) {
        ++dropped_;
        continue;
      }
      if (cell.ttl == 0) row.for_ever = true;
      row.most_ttl = std::max(row.most_ttl, cell.ttl);
      const PointType type = row.partition->series->type();
      if (type == PointType::kString || type == PointType::kComplex) {
        cell.value = static_cast<uint64_t>(text_.size()) << 24 | point.text.size();
        text_.append(point.text);
      }
      ++row.end;
      cells_.push_back(cell);
    }
    stamp_ = std::max(before, stamp_);
  }
  if (!status) log::warn("a record of the queue is left out", {{"error", status.error().describe()}});
}

// By row and column; of equal ones the last one stays.
void Shipment::sort() {
  uint32_t at = 0;
  for (auto& row : rows_) {
    const uint32_t count = row.end;
    row.begin = row.end = at;
    at += count;
  }
  sorted_.resize(cells_.size());
  for (const auto& cell : cells_) sorted_[rows_[cell.row].end++] = cell;
  for (auto& row : rows_) {
    const auto begin = sorted_.begin() + row.begin;
    const auto end = sorted_.begin() + row.end;
    const auto less = [](const Cell& a, const Cell& b) { return a.column < b.column; };
    const auto rises = [](const Cell& a, const Cell& b) { return a.column >= b.column; };
    if (std::adjacent_find(begin, end, rises) == end) continue;
    std::stable_sort(begin, end, less);
    auto to = begin;
    for (auto from = begin; from != end; ++from) {
      if (from + 1 != end && (from + 1)->column == from->column) continue;
      *to++ = *from;
    }
    row.end = static_cast<uint32_t>(to - sorted_.begin());
  }
}

std::unique_ptr<Parcel> Shipment::parcel(Parcel::Kind kind) {
  auto made = std::make_unique<Parcel>();
  made->kind = kind;
  made->shipment = this;
  return made;
}

void Shipment::pack(int64_t least_stamp, int64_t erased, int64_t now_ms,
                    std::vector<std::unique_ptr<Parcel>>& parcels) {
  stamp_ = std::max(stamp_, least_stamp);
  sort();
  const size_t before = parcels.size();
  pack_index(erased, now_ms, parcels);
  pack_points(parcels);
  parcels_left = parcels.size() - before;
  if (dropped_ != 0)
    log::warn("points are dropped: their time to live has passed, or their names are too long for a key",
              {{"points", dropped_}});
}

void Shipment::pack_index(int64_t erased, int64_t now_ms, std::vector<std::unique_ptr<Parcel>>& parcels) {
  std::unique_ptr<Parcel> open[4];
  const auto put = [&](Parcel::Kind kind, uint32_t row, uint32_t ttl) {
    auto& into = open[static_cast<size_t>(kind)];
    if (!into) into = parcel(kind);
    into->slices.push_back({row, ttl, 0});
    if (into->slices.size() >= kIndexStatements) parcels.push_back(std::move(into));
  };
  // One partition of row_keys in a row.
  std::vector<uint32_t> fresh;
  const uint32_t width = static_cast<uint32_t>(cluster_.spec().width_ms() / 1000);
  const auto needed = [&](const Row& row) { return row.for_ever ? kForEver : now_ms / 1000 + row.most_ttl; };
  for (uint32_t i = 0; i < rows_.size(); ++i)
    if (rows_[i].begin != rows_[i].end && !rows_[i].partition->row_key.covers(erased, needed(rows_[i])))
      fresh.push_back(i);
  std::sort(fresh.begin(), fresh.end(), [&](uint32_t a, uint32_t b) {
    const Partition& left = *rows_[a].partition;
    const Partition& right = *rows_[b].partition;
    return std::tie(left.series->metric(), left.row_time) < std::tie(right.series->metric(), right.row_time);
  });
  for (const uint32_t i : fresh) {
    const Row& row = rows_[i];
    Partition& partition = *row.partition;
    const uint32_t ttl = row.for_ever ? 0 : std::min(row.most_ttl + width, kMaxTtl);
    const Written written{stamp_, row.for_ever ? kForEver : now_ms / 1000 + ttl};
    partition.row_key = written;
    put(Parcel::Kind::kRowKeys, i, ttl);
    const std::string& metric = partition.series->metric();
    Written& time = book_.row_time(metric, partition.row_time);
    if (time.covers(erased, needed(row))) continue;
    time = written;
    put(Parcel::Kind::kRowTimes, i, ttl);
    const auto& hidden = settings_.hidden_name_prefixes;
    if (metric.empty() ||
        std::any_of(hidden.begin(), hidden.end(), [&](auto& prefix) { return metric.starts_with(prefix); }))
      continue;
    put(Parcel::Kind::kNames, i, 0);
  }
  for (auto& rest : open)
    if (rest) parcels.push_back(std::move(rest));
}

void Shipment::pack_points(std::vector<std::unique_ptr<Parcel>>& parcels) {
  struct Open {
    int host;
    std::unique_ptr<Parcel> parcel;
    size_t bytes;
  };
  std::vector<Open> shared;
  for (uint32_t i = 0; i < rows_.size(); ++i) {
    const Row& row = rows_[i];
    const Partition& partition = *row.partition;
    uint32_t at = row.begin;
    while (row.end - at >= kOwnBatch) {
      auto end = static_cast<uint32_t>(std::min<size_t>(row.end, at + settings_.partition_points));
      if (partition.series->type() == PointType::kString) {
        uint32_t cell = at;
        for (size_t text = 0; cell < end && text < kTextBytes; ++cell)
          text += sorted_[cell].value & Points::kMaxTextBytes;
        end = cell;
      }
      parcels.push_back(parcel(Parcel::Kind::kPoints));
      parcels.back()->slices.push_back({i, at, end});
      at = end;
    }
    if (at == row.end) continue;
    const int host = const_cast<Cluster&>(cluster_).session().host_of(cluster_.keyspace(), partition.token);
    auto open = std::find_if(shared.begin(), shared.end(), [&](const Open& one) { return one.host == host; });
    if (open == shared.end()) open = shared.insert(shared.end(), Open{host, parcel(Parcel::Kind::kPoints), 0});
    size_t bytes = kPartitionBytes + partition.key.size();
    for (uint32_t c = at; c < row.end; ++c) {
      const bool text = partition.series->type() == PointType::kString;
      bytes += kCellBytes + (text ? sorted_[c].value & Points::kMaxTextBytes : 0);
    }
    if (open->bytes != 0 && open->bytes + bytes > settings_.batch_bytes) {
      parcels.push_back(std::move(open->parcel));
      *open = Open{host, parcel(Parcel::Kind::kPoints), 0};
    }
    open->parcel->slices.push_back({i, at, row.end});
    open->bytes += bytes;
  }
  for (auto& open : shared) parcels.push_back(std::move(open.parcel));
}

void Shipment::load(const Parcel& parcel, cql::Batch& batch) {
  const Statements& statements = cluster_.statements();
  for (const auto& slice : parcel.slices) {
    const Row& row = rows_[slice.row];
    const Partition& partition = *row.partition;
    const CassandraSeries& series = *partition.series;
    switch (parcel.kind) {
      case Parcel::Kind::kPoints: {
        if (batch.empty()) batch.route(partition.token);
        const PointType type = series.type();
        for (uint32_t i = slice.begin; i < slice.end; ++i) {
          const Cell& cell = sorted_[i];
          value_.clear();
          const bool text = type == PointType::kString || type == PointType::kComplex;
          if (!append_value(type, cell.value,
                            text ? std::string_view(text_).substr(cell.value >> 24, cell.value & Points::kMaxTextBytes)
                                 : std::string_view(),
                            value_)) {
            log::warn("a text is longer than 65535 bytes and is dropped", {{"metric", series.metric()}});
            continue;
          }
          const bool ttl = cell.ttl != 0 || cluster_.always_say_ttl();
          auto& values = batch.add(ttl ? statements.insert_point_ttl : statements.insert_point);
          values.blob(partition.key).int32(static_cast<int32_t>(cell.column)).blob(value_);
          if (ttl) values.int32(static_cast<int32_t>(cell.ttl));
        }
        break;
      }
      case Parcel::Kind::kRowKeys: {
        const auto ttl = static_cast<int32_t>(slice.begin);
        const auto type = store_name(series.type());
        const auto tags = series.tag_map();
        batch.add(statements.insert_row_key)
            .text(series.metric())
            .timestamp(partition.row_time)
            .text(type)
            .text_map(tags)
            .int32(ttl);
        const TagIndex& index = cluster_.settings().tag_index;
        if (!index.has(series.metric())) break;
        const auto rows = index.rows_of(series.metric(), series.tags());
        for (const auto& pair : rows.pairs)
          batch.add(statements.insert_tag_row)
              .text(series.metric())
              .timestamp(partition.row_time)
              .text(type)
              .text(pair)
              .int32(rows.hash)
              .text_map(tags)
              .int32(ttl);
        break;
      }
      case Parcel::Kind::kRowTimes:
        batch.add(statements.insert_row_time)
            .text(series.metric())
            .timestamp(partition.row_time)
            .int32(static_cast<int32_t>(slice.begin));
        break;
      case Parcel::Kind::kNames:
        batch.add(statements.insert_name).blob("metric_names").text(series.metric());
        break;
    }
  }
}

bool Shipment::split(Parcel& parcel, std::unique_ptr<Parcel>& other) {
  if (parcel.statements() < 2) return false;
  other = std::make_unique<Parcel>();
  other->kind = parcel.kind;
  other->shipment = parcel.shipment;
  auto& slices = parcel.slices;
  if (slices.size() > 1) {
    const auto middle = slices.begin() + static_cast<ptrdiff_t>(slices.size() / 2);
    other->slices.assign(middle, slices.end());
    slices.erase(middle, slices.end());
  } else {
    const Parcel::Slice whole = slices.front();
    const uint32_t middle = whole.begin + (whole.end - whole.begin) / 2;
    slices.front().end = middle;
    other->slices.push_back({whole.row, middle, whole.end});
  }
  return true;
}

}  // namespace sluice::timeseries::cassandra
