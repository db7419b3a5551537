// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/embedded/log_records.h"

#include "timeseries/store/codec/varint.h"
#include "timeseries/store/log/segment_log.h"

namespace sluice::timeseries::log_records {
namespace {

// First byte of a point. The lower bits say what follows.
constexpr uint8_t kNextSeries = 1;   // the number after that of the point before; else:
constexpr uint8_t kOtherSeries = 2;  // varint, zigzag difference to the series before
constexpr uint8_t kOtherTime = 4;    // varint, zigzag difference to the time before
constexpr uint8_t kOtherExpiry = 8;  // varint, seconds since 1970
constexpr uint8_t kLong = 16;        // the value is a zigzag varint
constexpr uint8_t kText = 32;        // the value is a varint length and bytes; else: 8 bytes
constexpr uint8_t kKnown = 63;

tl::unexpected<Error> damaged() { return fail(Code::kDataLoss, "damaged record of the log"); }

void begin(ByteBuffer& out, Kind kind) {
  out.clear();
  out.fill(0, kRecordHeader);
  out.u8(static_cast<uint8_t>(kind));
}

void put_text(ByteBuffer& out, std::string_view text) {
  varint(out, text.size());
  out.append(text);
}

}  // namespace

PointsWriter::PointsWriter(ByteBuffer& out, uint32_t now, uint32_t default_ttl)
    : out_(out), now_(now), default_ttl_(default_ttl) {
  begin(out_, Kind::kPoints);
}

void PointsWriter::head(uint32_t series, int64_t time, uint32_t ttl, uint8_t kind) {
  out_.reserve(1 + 4 * kMaxVarint);
  const size_t at = out_.size();
  out_.u8_unchecked(0);
  uint8_t bits = kind;
  if (series == series_ + 1) {
    bits |= kNextSeries;
  } else if (series != series_) {
    bits |= kOtherSeries;
    varint_unchecked(out_, zigzag(static_cast<int64_t>(series) - static_cast<int64_t>(series_)));
  }
  if (time != time_) {
    bits |= kOtherTime;
    varint_unchecked(out_, zigzag(static_cast<int64_t>(static_cast<uint64_t>(time) - static_cast<uint64_t>(time_))));
  }
  if (ttl == 0) ttl = default_ttl_;
  // Times beyond 2106 do not fit: such points stay.
  const uint64_t sum = ttl == 0 ? 0 : uint64_t{now_} + ttl;
  const uint32_t expiry = sum > UINT32_MAX ? 0 : static_cast<uint32_t>(sum);
  if (expiry != expiry_) {
    bits |= kOtherExpiry;
    varint_unchecked(out_, expiry);
  }
  out_[at] = bits;
  series_ = series;
  time_ = time;
  expiry_ = expiry;
}

void PointsWriter::long_number(uint32_t series, int64_t time, int64_t value, uint32_t ttl) {
  head(series, time, ttl, kLong);
  varint_unchecked(out_, zigzag(value));
}

void PointsWriter::text(uint32_t series, int64_t time, std::string_view value, uint32_t ttl) {
  head(series, time, ttl, kText);
  put_text(out_, value);
}

Status PointsReader::next(LoggedPoint& point) {
  const uint8_t bits = in_.u8();
  if ((bits & ~kKnown) != 0) return damaged();
  if (bits & kNextSeries) ++series_;
  if (bits & kOtherSeries) series_ = static_cast<uint32_t>(series_ + static_cast<uint64_t>(unzigzag(read_varint(in_))));
  if (bits & kOtherTime)
    time_ = static_cast<int64_t>(static_cast<uint64_t>(time_) + static_cast<uint64_t>(unzigzag(read_varint(in_))));
  if (bits & kOtherExpiry) expiry_ = static_cast<uint32_t>(read_varint(in_));
  point = {series_, time_, 0, {}, (bits & kText) != 0, expiry_};
  if (bits & kText)
    point.text = in_.text(read_varint(in_));
  else if (bits & kLong)
    point.value = static_cast<uint64_t>(unzigzag(read_varint(in_)));
  else
    point.value = in_.u64_le();
  if (!in_.ok() || point.text.size() > Points::kMaxTextBytes) return damaged();
  return {};
}

void write_series(ByteBuffer& out, const std::vector<std::pair<uint32_t, std::string>>& identities) {
  begin(out, Kind::kSeries);
  for (const auto& [number, identity] : identities) {
    varint(out, number);
    put_text(out, identity);
  }
  seal_record(out);
}

void write_erase(ByteBuffer& out, int64_t first, int64_t last, const std::vector<uint32_t>& series) {
  begin(out, Kind::kErase);
  out.u64_le(static_cast<uint64_t>(first));
  out.u64_le(static_cast<uint64_t>(last));
  for (const uint32_t number : series) varint(out, number);
  seal_record(out);
}

void write_forget_metric(ByteBuffer& out, std::string_view metric) {
  begin(out, Kind::kForgetMetric);
  out.append(metric);
  seal_record(out);
}

void write_service(ByteBuffer& out, std::string_view key, std::string_view value, bool erased) {
  begin(out, Kind::kService);
  out.u8(erased);
  put_text(out, key);
  out.append(value);
  seal_record(out);
}

Result<std::vector<std::pair<uint32_t, std::string_view>>> read_series(std::string_view payload) {
  ByteReader in(payload.substr(1));
  std::vector<std::pair<uint32_t, std::string_view>> identities;
  while (in.ok() && !in.at_end()) {
    const auto number = static_cast<uint32_t>(read_varint(in));
    identities.emplace_back(number, in.text(read_varint(in)));
  }
  if (!in.ok()) return damaged();
  return identities;
}

Result<Erase> read_erase(std::string_view payload) {
  ByteReader in(payload.substr(1));
  Erase erase{in.i64_le(), in.i64_le(), {}};
  while (in.ok() && !in.at_end()) erase.series.push_back(static_cast<uint32_t>(read_varint(in)));
  if (!in.ok()) return damaged();
  return erase;
}

std::string_view read_forget_metric(std::string_view payload) { return payload.substr(1); }

Result<ServiceChange> read_service(std::string_view payload) {
  ByteReader in(payload.substr(1));
  ServiceChange change{{}, {}, in.u8() != 0};
  change.key = in.text(read_varint(in));
  if (!in.ok()) return damaged();
  change.value = in.rest_text();
  return change;
}

}  // namespace sluice::timeseries::log_records
