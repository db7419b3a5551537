// SPDX-License-Identifier: Apache-2.0
#include "timeseries/request/datapoints_parser.h"

#include <strings.h>

#include <algorithm>
#include <iterator>

#include "base/check.h"

namespace sluice::timeseries {
namespace {

constexpr size_t kMaxTags = 4096;
constexpr std::string_view kEndOfInput = "Invalid json. No content due to end of input.";

}  // namespace

DatapointsParser::DatapointsParser(Store& store, const Options& options, SeriesCache* cache)
    : store_(store), options_(options), cache_(cache), reader_(options.compat) {}

Status DatapointsParser::feed(std::string_view bytes, bool last) {
  if (done()) return {};
  const std::string_view clean = input_.feed(bytes, last);
  if (buffer_.empty()) {
    text_ = clean;
  } else {
    buffer_.append(clean);
    text_ = buffer_;
    if (text_.size() < retry_at_ && !last) return {};
  }
  reader_.set_text(text_, last);
  TRY(run());
  if (done()) {
    TRY(write());
    buffer_ = std::string();
    return {};
  }
  // Waits for more bytes.
  const size_t needed_from = state_ >= State::kMetric ? metric_begin_ : reader_.position();
  const size_t unread = text_.size() - reader_.position();
  if (text_.size() - needed_from > options_.max_metric_bytes) {
    end_with(400, "metric[" + std::to_string(metric_count_) + "] is longer than " +
                      std::to_string(options_.max_metric_bytes) + " bytes");
    return write();
  }
  reader_.drop(needed_from);
  if (buffer_.empty())
    buffer_.assign(text_.substr(needed_from));
  else
    buffer_.erase(0, needed_from);
  metric_begin_ = 0;
  retry_at_ = buffer_.size() + unread;
  return {};
}

Status DatapointsParser::run() {
  while (!done()) {
    const JsonReader::Mark mark = reader_.mark();
    const bool lenient = reader_.lenient();
    const State state = state_;
    const bool ok = step();
    if (!store_status_) {
      state_ = State::kDone;
      return store_status_;
    }
    if (ok) {
      if (batch_.size() >= options_.write_points) TRY(write());
      continue;
    }
    if (done()) break;
    if (reader_.fault().what == FaultClass::kNeedMore) {
      reader_.back_to(mark);
      reader_.set_lenient(lenient);
      state_ = state;
      return {};
    }
    end_with(reader_.fault());
  }
  return {};
}

bool DatapointsParser::step() {
  switch (state_) {
    case State::kStart:
      return step_start();
    case State::kMetrics:
      return step_metrics();
    case State::kMetric:
      return step_metric();
    case State::kPoints:
      return step_points();
    case State::kEnd:
      if (in_array_ && !reader_.end_array()) return false;
      end_normally();
      return true;
    case State::kDone:
      break;
  }
  return true;
}

bool DatapointsParser::step_start() {
  switch (reader_.peek()) {
    case JsonToken::kFault:
      return false;
    case JsonToken::kBeginArray:
      in_array_ = true;
      state_ = State::kMetrics;
      return reader_.begin_array();
    case JsonToken::kBeginObject:
      return begin_metric();
    default:
      errors_.emplace_back("Invalid start of json.");
      end_normally();
      return true;
  }
}

bool DatapointsParser::step_metrics() {
  const JsonToken token = reader_.peek();
  if (token == JsonToken::kFault) return false;
  if (token == JsonToken::kEndArray) {
    state_ = State::kEnd;
    return true;
  }
  return begin_metric();
}

// Gson reads a metric leniently, and strictly around it.
bool DatapointsParser::begin_metric() {
  reader_.set_lenient(true);
  if (reader_.peek() == JsonToken::kNull) {
    end_with(
        500,
        "Cannot invoke \"org.kairosdb.core.http.rest.json.DataPointsParser$NewMetric.validate()\" because \"x0\" is "
        "null");
    return true;
  }
  metric_begin_ = reader_.position();
  state_ = State::kMetric;
  metric_ = Metric();
  metric_points_.clear();
  return reader_.begin_object();
}

bool DatapointsParser::step_metric() {
  if (reader_.has_next()) return reader_.next_name(name_) && read_field(name_);
  if (!reader_.end_object()) return false;
  reader_.set_lenient(false);
  return end_metric();
}

bool DatapointsParser::read_field(const std::string& name) {
  if (name == "name") return read_text(metric_.name);
  if (name == "timestamp") return read_long(metric_.timestamp);
  if (name == "time") return read_long(metric_.time);
  if (name == "value") return read_value(reader_, metric_.value.emplace());
  if (name == "tags") return read_tags();
  if (name == "type") return read_text(metric_.type);
  if (name == "datapoints") {
    metric_.has_points = false;
    if (reader_.peek() == JsonToken::kNull) return reader_.next_null();
    if (!reader_.begin_array()) return false;
    metric_.has_points = true;
    metric_.points_begin = reader_.position() - metric_begin_;
    metric_points_.clear();
    state_ = State::kPoints;
    return true;
  }
  const JsonToken token = name == "ttl" || name == "skip_validate" ? reader_.peek() : JsonToken::kFault;
  if (token == JsonToken::kNull) return reader_.next_null();
  if (name == "ttl") return reader_.next_int(metric_.ttl) || refuse_number();
  if (name == "skip_validate") {
    if (token != JsonToken::kString) return reader_.next_boolean(metric_.skip_validate);
    std::string text;
    if (!reader_.next_string(text)) return false;
    metric_.skip_validate = text.size() == 4 && strncasecmp(text.data(), "true", 4) == 0;
    return true;
  }
  return reader_.skip_value();
}

bool DatapointsParser::read_text(std::optional<std::string>& value) {
  value.reset();
  switch (reader_.peek()) {
    case JsonToken::kNull:
      return reader_.next_null();
    case JsonToken::kBoolean: {
      bool is = false;
      if (!reader_.next_boolean(is)) return false;
      value = is ? "true" : "false";
      return true;
    }
    default:
      return reader_.next_string(value.emplace());
  }
}

bool DatapointsParser::read_long(std::optional<int64_t>& value) {
  value.reset();
  if (reader_.peek() == JsonToken::kNull) return reader_.next_null();
  return reader_.next_long(value.emplace()) || refuse_number();
}

// In fields of numbers Gson says what the number's exception was; elsewhere it does not, see end_with().
bool DatapointsParser::refuse_number() {
  if (reader_.fault().what == FaultClass::kNumberFormat) end_with(400, wrapped_in_syntax(reader_.fault()).message);
  return false;
}

bool DatapointsParser::read_tags() {
  metric_.tags.clear();
  const JsonToken token = reader_.peek();
  if (token == JsonToken::kNull) return reader_.next_null();
  // A map may come as an array of pairs.
  const bool pairs = token == JsonToken::kBeginArray;
  if (!(pairs ? reader_.begin_array() : reader_.begin_object())) return false;
  while (reader_.has_next()) {
    std::optional<std::string> key;
    if (pairs ? !reader_.begin_array() || !read_text(key) : !reader_.next_key(key.emplace())) return false;
    std::optional<std::string> value;
    if (!read_text(value)) return false;
    if (!key) {
      end_with(500, "key == null");
      return false;
    }
    if (metric_.tags.size() == kMaxTags)
      return reader_.refuse("A metric has more than " + std::to_string(kMaxTags) + " tags");
    const auto same = std::ranges::find_if(metric_.tags, [&](const auto& tag) { return tag.first == *key; });
    if (same != metric_.tags.end()) {
      if (same->second) {
        end_with(400, "duplicate key: " + *key);
        return false;
      }
      same->second = std::move(value);
    } else {
      metric_.tags.emplace_back(std::move(*key), std::move(value));
    }
    if (pairs && !reader_.end_array()) return false;
  }
  return pairs ? reader_.end_array() : reader_.end_object();
}

bool DatapointsParser::step_points() {
  // Where the type is known and needs texts, points are kept as texts.
  if (!metric_.type || *metric_.type == "double") {
    const size_t before = reader_.position();
    metric_points_.read_plain(reader_, text_, metric_begin_);
    if (reader_.position() != before) return true;
  }
  if (reader_.has_next()) return metric_points_.read_any(reader_, metric_begin_);
  if (!reader_.end_array()) return false;
  metric_.points_end = reader_.position() - metric_begin_;
  state_ = State::kMetric;
  return true;
}

void DatapointsParser::reread_points() {
  const size_t begin = metric_.points_begin - 1;
  JsonReader reader(options_.compat);
  reader.set_lenient(true);
  reader.set_text(metric_text().substr(begin, metric_.points_end - begin), true);
  metric_points_.clear();
  bool ok = reader.begin_array();
  while (ok && reader.has_next()) ok = metric_points_.read_any(reader, 0 - begin);
  BUG_CHECK(ok, "points that were read once cannot be read again");
}

bool DatapointsParser::end_metric() {
  const auto added = validate_and_add();
  if (!store_status_) return false;
  if (!added) {
    end_with(500, added.error().message);
    return true;
  }
  std::ranges::move(metric_errors_, std::back_inserter(errors_));
  metric_errors_.clear();
  ++metric_count_;
  state_ = in_array_ ? State::kMetrics : State::kEnd;
  return true;
}

void DatapointsParser::end_with(const Fault& fault) {
  const bool in_metric = state_ == State::kMetric || state_ == State::kPoints;
  switch (fault.what) {
    case FaultClass::kEndOfInput:
      if (in_metric) break;
      errors_.emplace_back(kEndOfInput);
      // KairosDB meets the end twice: looking for a metric, and for the end of the array.
      if (state_ == State::kMetrics) errors_.emplace_back(kEndOfInput);
      return end_normally();
    case FaultClass::kMalformed:
      if (in_metric) break;
      return end_with(400, fault.message);
    case FaultClass::kNumberFormat:
      return end_with(400, "Invalid JSON");
    default:
      break;
  }
  end_with(400, wrapped_in_syntax(fault).message);
}

// What went wrong takes the place of all errors before.
void DatapointsParser::end_with(int status, std::optional<std::string> message) {
  outcome_.status = status;
  outcome_.errors = {std::move(message)};
  state_ = State::kDone;
}

void DatapointsParser::end_normally() {
  outcome_.status = errors_.empty() ? 204 : 400;
  outcome_.errors.assign(errors_.begin(), errors_.end());
  state_ = State::kDone;
}

Status DatapointsParser::write() {
  if (batch_.empty()) return {};
  if (auto written = store_.write(batch_); !written) {
    state_ = State::kDone;
    return written;
  }
  points_written_ += batch_.size();
  batch_.clear();
  return {};
}

}  // namespace sluice::timeseries
