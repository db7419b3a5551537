// SPDX-License-Identifier: Apache-2.0
// Records of the log: what their payloads are. A payload begins with its kind. Format: README.md, "Log". Decoders take
// bytes whose checksum was right, and yet give kDataLoss for what they do not know. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "timeseries/store/embedded/keys.h"

namespace sluice::timeseries::log_records {

// On disk: never renumber.
enum class Kind : uint8_t {
  kPoints = 1,        // points of registered series
  kSeries = 2,        // registers series: number and identity
  kErase = 3,         // erases a range of series
  kForgetMetric = 4,  // a metric's name
  kService = 5,       // a service value was written or erased
};

// Writes points one by one: `now` and `default_ttl` in seconds.
class PointsWriter {
 public:
  // Begins a record (room for its header included) at the end of `out`, which must be empty.
  PointsWriter(ByteBuffer& out, uint32_t now, uint32_t default_ttl);
  void number(uint32_t series, int64_t time, uint64_t value, uint32_t ttl) {
    head(series, time, ttl);
    out_.u64_le_unchecked(value);
  }
  void long_number(uint32_t series, int64_t time, int64_t value, uint32_t ttl);
  void text(uint32_t series, int64_t time, std::string_view value, uint32_t ttl);

 private:
  void head(uint32_t series, int64_t time, uint32_t ttl, uint8_t kind = 0);

  ByteBuffer& out_;
  const uint32_t now_;
  const uint32_t default_ttl_;
  uint32_t series_ = 0;
  int64_t time_ = 0;
  uint32_t expiry_ = 0;
};

struct LoggedPoint {
  uint32_t series;
  int64_t time;
  uint64_t value;
  std::string_view text;  // of texts; into the payload
  bool is_text;
  uint32_t expiry;  // seconds since 1970; 0: never
};
// Calls f(const LoggedPoint&) for each.
class PointsReader {
 public:
  explicit PointsReader(std::string_view payload) : in_(payload) { in_.skip(1); }
  bool at_end() const { return in_.at_end(); }
  // Errors: kDataLoss.
  Status next(LoggedPoint& point);

 private:
  ByteReader in_;
  uint32_t series_ = 0;
  int64_t time_ = 0;
  uint32_t expiry_ = 0;
};

// Each of these appends a whole record, header included, to the empty `out`.
void write_series(ByteBuffer& out, const std::vector<std::pair<uint32_t, std::string>>& identities);
void write_erase(ByteBuffer& out, int64_t begin, int64_t end, const std::vector<uint32_t>& series);
void write_forget_metric(ByteBuffer& out, std::string_view metric);
// `value` as it is stored; of an erased one only when.
void write_service(ByteBuffer& out, std::string_view key, std::string_view value, bool erased);

struct Erase {
  int64_t begin;
  int64_t end;
  std::vector<uint32_t> series;
};
struct ServiceChange {
  std::string_view key;
  std::string_view value;
  bool erased;
};
Result<std::vector<std::pair<uint32_t, std::string_view>>> read_series(std::string_view payload);
Result<Erase> read_erase(std::string_view payload);
std::string_view read_forget_metric(std::string_view payload);
Result<ServiceChange> read_service(std::string_view payload);

}  // namespace sluice::timeseries::log_records
