// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/cassandra/queue_record.h"

#include "timeseries/store/codec/varint.h"

namespace sluice::timeseries::cassandra {
namespace {

constexpr uint8_t kSeries = 1;
constexpr uint8_t kTime = 2;
constexpr uint8_t kTtl = 4;
constexpr uint8_t kVarint = 8;
constexpr uint8_t kText = 16;
constexpr uint8_t kKnown = 31;

tl::unexpected<Error> damaged() { return fail(Code::kDataLoss, "damaged record of the queue"); }

void put_text(ByteBuffer& out, std::string_view text) {
  varint(out, text.size());
  out.append(text);
}

uint64_t difference(int64_t to, int64_t from) {
  return zigzag(static_cast<int64_t>(static_cast<uint64_t>(to) - static_cast<uint64_t>(from)));
}

}  // namespace

uint32_t RecordWriter::number_of(const Series* series) {
  if (series_.size() * 2 >= slots_.size()) {
    slots_.assign(slots_.empty() ? 256 : slots_.size() * 4, Slot());
    for (uint32_t i = 0; i < series_.size(); ++i) {
      size_t at = std::hash<const Series*>()(series_[i]) * 0x9E3779B97F4A7C15u >> 20;
      while (slots_[at % slots_.size()].round == round_) ++at;
      slots_[at % slots_.size()] = {series_[i], i, round_};
    }
  }
  size_t at = std::hash<const Series*>()(series) * 0x9E3779B97F4A7C15u >> 20;
  for (;; ++at) {
    Slot& slot = slots_[at % slots_.size()];
    if (slot.round != round_) {
      slot = {series, static_cast<uint32_t>(series_.size()), round_};
      series_.push_back(series);
      return slot.number;
    }
    if (slot.series == series) return slot.number;
  }
}

void RecordWriter::write(const WriteBatch& batch, uint64_t stamp, ByteBuffer& out) {
  ++round_;
  series_.clear();
  const Series* last = nullptr;
  for (const auto& point : batch.points())
    if (point.series != last) number_of(last = point.series);

  out.append(kRecordMagic);
  out.u64_le(stamp);
  varint(out, series_.size());
  for (const Series* series : series_) {
    out.u8(static_cast<uint8_t>(series->type()));
    put_text(out, series->metric());
    // The end of the identity, behind the data type.
    const std::string& identity = static_cast<const CassandraSeries*>(series)->identity();
    const size_t type = series->type() == PointType::kLegacy ? 0 : store_name(series->type()).size() + 2;
    put_text(out, std::string_view(identity).substr(series->metric().size() + 1 + type));
  }
  uint32_t number = 0;
  int64_t time = 0;
  uint32_t ttl = 0;
  last = series_.empty() ? nullptr : series_.front();
  for (const auto& point : batch.points()) {
    const PointType type = point.series->type();
    const bool text = type == PointType::kString || type == PointType::kComplex;
    const bool integer = type == PointType::kLong || type == PointType::kLongNano;
    out.reserve(1 + 4 * kMaxVarint);
    const size_t head = out.size();
    out.u8_unchecked(0);
    uint8_t bits = text ? kText : integer ? kVarint : 0;
    if (point.series != last) {
      const uint32_t other = number_of(point.series);
      last = point.series;
      if (other != number) {
        bits |= kSeries;
        varint_unchecked(out, number = other);
      }
    }
    if (point.time != time) {
      bits |= kTime;
      varint_unchecked(out, difference(point.time, time));
      time = point.time;
    }
    if (point.ttl != ttl) {
      bits |= kTtl;
      varint_unchecked(out, ttl = point.ttl);
    }
    if (text)
      put_text(out, batch.text(point));
    else if (integer)
      varint_unchecked(out, zigzag(static_cast<int64_t>(point.value)));
    else
      out.u64_le_unchecked(point.value);
    out[head] = bits;
  }
}

Status RecordReader::open() {
  if (in_.text(kRecordMagic.size()) != kRecordMagic) return damaged();
  stamp_ = in_.u64_le();
  const uint64_t count = read_varint(in_);
  // Each takes three bytes at least.
  if (!in_.ok() || count > in_.remaining() / 3) return damaged();
  series_.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    const uint8_t type = in_.u8();
    const std::string_view metric = in_.text(read_varint(in_));
    const std::string_view tags = in_.text(read_varint(in_));
    if (!in_.ok() || type > static_cast<uint8_t>(PointType::kLongNano)) return damaged();
    series_.push_back({static_cast<PointType>(type), metric, tags});
  }
  return {};
}

Status RecordReader::next(QueuedPoint& point) {
  const uint8_t bits = in_.u8();
  if ((bits & ~kKnown) != 0) return damaged();
  if (bits & kSeries) at_series_ = static_cast<uint32_t>(read_varint(in_));
  if (bits & kTime)
    time_ = static_cast<int64_t>(static_cast<uint64_t>(time_) + static_cast<uint64_t>(unzigzag(read_varint(in_))));
  if (bits & kTtl) ttl_ = static_cast<uint32_t>(read_varint(in_));
  point = {at_series_, time_, 0, {}, ttl_};
  if (bits & kText)
    point.text = in_.text(read_varint(in_));
  else if (bits & kVarint)
    point.value = static_cast<uint64_t>(unzigzag(read_varint(in_)));
  else
    point.value = in_.u64_le();
  if (!in_.ok() || at_series_ >= series_.size() || point.text.size() > Points::kMaxTextBytes) return damaged();
  return {};
}

}  // namespace sluice::timeseries::cassandra
