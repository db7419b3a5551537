// SPDX-License-Identifier: Apache-2.0
// DatapointsParser: the body of POST /api/v1/datapoints into points of a store, while it arrives. As in KairosDB each
// metric is stored when it is whole and right, whatever follows; wrong ones are skipped and their errors gathered; a
// syntax error ends the body there. One thread; feed() may block in the store.
// Source of truth: recorded answers, facts 1.2, KairosDB's DataPointsParser and Gson.
// Differs from KairosDB: a metric has limits (bytes; 4096 tags); a negative ttl is that of the store (Cassandra refuses
// it, and loses the points).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "timeseries/compat.h"
#include "timeseries/request/metric_points.h"
#include "timeseries/request/series_cache.h"
#include "timeseries/request/utf8_input.h"
#include "timeseries/store.h"

namespace sluice::timeseries {

class DatapointsParser {
 public:
  struct Options {
    Compat compat = Compat::kV14;
    size_t max_metric_bytes = size_t{256} << 20;  // of JSON text; a longer metric ends the body with a 400
    size_t write_points = 50'000;                 // so many are gathered before they are written
  };

  // `cache` may be nullptr; it must be of the same store and thread.
  DatapointsParser(Store& store, const Options& options, SeriesCache* cache = nullptr);

  // The next bytes of the body. After `last`, or when done(), all points are written. Errors are the store's: then
  // nothing more is read, and what was not written yet is lost to this request.
  Status feed(std::string_view bytes, bool last);
  // The outcome is known, and further bytes mean nothing.
  bool done() const { return state_ == State::kDone; }
  const ParseOutcome& outcome() const { return outcome_; }
  // Points that were handed to the store.
  uint64_t points() const { return points_written_; }

 private:
  enum class State : uint8_t { kStart, kMetrics, kMetric, kPoints, kEnd, kDone };

  struct Metric {
    std::optional<std::string> name;
    std::optional<int64_t> timestamp;
    std::optional<int64_t> time;
    std::optional<JsonValue> value;
    std::vector<std::pair<std::string, std::optional<std::string>>> tags;
    std::optional<std::string> type;
    bool skip_validate = false;
    int32_t ttl = 0;
    bool has_points = false;
    size_t points_begin = 0;  // behind the '[', from the begin of the metric
    size_t points_end = 0;
  };

  Status run();
  // One step; false: the reader's fault.
  bool step();
  bool step_start();
  bool step_metrics();
  bool begin_metric();
  bool step_metric();
  bool step_points();
  bool read_field(const std::string& name);
  bool read_text(std::optional<std::string>& value);
  bool read_long(std::optional<int64_t>& value);
  bool refuse_number();
  bool read_tags();
  bool end_metric();
  // Keeps all points as texts.
  void reread_points();

  // A fault of the reader becomes the outcome.
  void end_with(const Fault& fault);
  void end_with(int status, std::optional<std::string> message);
  void end_normally();

  // datapoints_validation.cc: what DataPointsParser.validateAndAddDataPoints does.
  Java<void> validate_and_add();
  // Gives the context of the messages that follow; errors are noted.
  Java<std::string> validate();
  Java<void> add_single(const std::string& context);
  Java<void> add_points(const std::string& context);
  Java<void> add_any(size_t i, const std::string& context, size_t& count);
  Java<void> add_value(std::string_view type, int64_t time, const JsonValue& value);
  Java<void> add_text(std::string_view type, int64_t time, std::string_view text);
  // Whether a value is there; otherwise the error is noted.
  Java<bool> check_value(const std::string& where, std::string_view type, const JsonValue& value);
  // The series of the metric, nullptr with store_status_ set. The name is there.
  const SeriesRef* series(PointType type);
  Java<const SeriesRef*> named_series(PointType type);
  std::string_view metric_text() const { return text_.substr(metric_begin_); }
  Status write();

  Store& store_;
  const Options options_;
  SeriesCache* const cache_;
  Utf8Input input_;
  JsonReader reader_;
  State state_ = State::kStart;
  bool in_array_ = false;
  std::string buffer_;     // what is not read yet, and the metric that is being read
  std::string_view text_;  // the same, or the caller's bytes
  size_t retry_at_ = 0;    // bytes that must be there before the next try, as a long piece is read from its begin
  size_t metric_begin_ = 0;
  Metric metric_;
  MetricPoints metric_points_;
  int metric_count_ = 0;
  std::array<SeriesRef, SeriesCache::kTypes> metric_series_;
  SeriesCache::Entry* cached_ = nullptr;
  std::string key_;
  std::string name_;
  std::vector<std::string> errors_;         // of all metrics
  std::vector<std::string> metric_errors_;  // of this one
  WriteBatch batch_;
  uint64_t points_written_ = 0;
  Status store_status_;
  ParseOutcome outcome_;
};

}  // namespace sluice::timeseries
