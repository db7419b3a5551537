// SPDX-License-Identifier: Apache-2.0
#include "timeseries/request/opentsdb_put.h"

#include <cmath>

#include "base/json_text.h"
#include "timeseries/request/java_numbers.h"
#include "timeseries/request/json_value.h"
#include "timeseries/request/utf8_input.h"

namespace sluice::timeseries {
namespace {

constexpr int64_t kMaxSeconds = 9'999'999'999;
constexpr size_t kWritePoints = 50'000;

struct Point {
  std::string metric;
  std::vector<Tags::Tag> tags;
  int64_t time = 0;
  bool real = false;
  int64_t whole = 0;
  double number = 0;
};

std::string primitive_text(const JsonValue* value) {
  return value && value->is_primitive() ? value->text() : std::string();
}

// Nullptr, or what is wrong.
const char* read_point(const JsonValue& json, Point& point) {
  if (!json.is_object()) return "Unable to parse the data point";
  point.metric = primitive_text(json.find("metric"));
  if (point.metric.empty()) return "Metric name was empty";
  const auto time = parse_strict_long(primitive_text(json.find("timestamp")));
  if (!time || *time <= 0) return "Invalid timestamp";
  point.time = *time <= kMaxSeconds ? *time * 1000 : *time;
  const std::string value = primitive_text(json.find("value"));
  if (value.empty()) return "Empty value";
  point.real = value.find_first_of(".eE") != std::string::npos;
  if (point.real) {
    const auto number = parse_double(value);
    if (!number || !std::isfinite(*number)) return "Unable to parse value to a number";
    point.number = *number;
  } else {
    const auto whole = parse_strict_long(value);
    if (!whole) return "Unable to parse value to a number";
    point.whole = *whole;
  }
  const JsonValue* const tags = json.find("tags");
  if (!tags || !tags->is_object() || tags->members().empty()) return "Missing tags";
  for (const auto& [name, tag] : tags->members()) {
    std::string text = primitive_text(&tag);
    if (name.empty() || text.empty()) return "A tag has no name or no value";
    point.tags.emplace_back(name, std::move(text));
  }
  return nullptr;
}

class Writer {
 public:
  Writer(Store& store, SeriesCache* cache) : store_(store), cache_(cache) {}

  Status add(Point point) {
    const PointType type = point.real ? PointType::kDouble : PointType::kLong;
    const SeriesRef series = TRY(find(point, type));
    if (point.real)
      batch_.add_double(series, point.time, point.number);
    else
      batch_.add_long(series, point.time, point.whole);
    if (batch_.size() < kWritePoints) return {};
    return write();
  }

  Status write() {
    if (batch_.empty()) return {};
    TRY(store_.write(batch_));
    batch_.clear();
    return {};
  }

 private:
  Result<SeriesRef> find(Point& point, PointType type) {
    if (!cache_) return store_.series(point.metric, type, Tags(std::move(point.tags)));
    key_.clear();
    SeriesCache::append_part(key_, point.metric);
    for (const auto& [name, value] : point.tags) {
      SeriesCache::append_part(key_, name);
      SeriesCache::append_part(key_, value);
    }
    const uint64_t hash = SeriesCache::hash(key_);
    SeriesCache::Entry* entry = cache_->find(key_, hash);
    if (!entry) entry = &cache_->add(key_, hash);
    SeriesRef& series = entry->series[static_cast<size_t>(type)];
    if (!series) series = TRY(store_.series(point.metric, type, Tags(std::move(point.tags))));
    return series;
  }

  Store& store_;
  SeriesCache* const cache_;
  WriteBatch batch_;
  std::string key_;
};

}  // namespace

Result<OpentsdbOutcome> put_opentsdb(std::string_view body, Store& store, SeriesCache* cache) {
  OpentsdbOutcome outcome;
  Writer writer(store, cache);
  Utf8Input input;
  JsonReader reader(Compat::kV14);
  reader.set_lenient(true);
  reader.set_text(input.feed(body, true), true);
  const auto add = [&](const JsonValue& json) -> Status {
    Point point;
    const char* const wrong = read_point(json, point);
    if (!wrong) {
      ++outcome.success;
      return writer.add(std::move(point));
    }
    ++outcome.failed;
    if (outcome.bad.size() < OpentsdbOutcome::kMaxBad) outcome.bad.push_back({json.to_json(), wrong});
    return {};
  };
  JsonValue json;
  bool ok = true;
  if (reader.peek() == JsonToken::kBeginArray) {
    ok = reader.begin_array();
    while (ok && reader.has_next()) {
      ok = read_value(reader, json);
      if (ok) TRY(add(json));
    }
    ok = ok && reader.end_array();
  } else {
    ok = read_value(reader, json);
    if (ok) TRY(add(json));
  }
  TRY(writer.write());
  if (!ok)
    outcome.message = "Unable to parse the given JSON";
  else if (outcome.failed > 0)
    outcome.message = "One or more data points had errors";
  else if (outcome.success == 0)
    outcome.message = "No datapoints found in content";
  if (!outcome.message.empty()) outcome.status = 400;
  return outcome;
}

std::string opentsdb_json(const OpentsdbOutcome& outcome, bool details, bool summary) {
  std::string json = "{";
  if (!details && !summary) {
    json += "\"error\":{\"code\":" + std::to_string(outcome.status) + ",\"message\":";
    append_json_string(json, outcome.message);
    return json + "}}";
  }
  if (details) {
    json += "\"errors\":[";
    for (size_t i = 0; i < outcome.bad.size(); ++i) {
      json += i > 0 ? ",{\"datapoint\":" : "{\"datapoint\":";
      json += outcome.bad[i].point + ",\"error\":";
      append_json_string(json, outcome.bad[i].error);
      json += '}';
    }
    json += "],";
  }
  return json + "\"failed\":" + std::to_string(outcome.failed) + ",\"success\":" + std::to_string(outcome.success) +
         "}";
}

}  // namespace sluice::timeseries
