// SPDX-License-Identifier: Apache-2.0
// The part of DatapointsParser that checks a metric which is whole, and makes points of it.
#include <bit>

#include "timeseries/request/datapoints_parser.h"
#include "timeseries/request/java_numbers.h"

namespace sluice::timeseries {
namespace {

std::string element(const std::string& context, size_t i, std::string_view attribute) {
  return context + ".datapoints[" + std::to_string(i) + "]." + std::string(attribute);
}

bool registered(std::string_view type) { return type == "long" || type == "double" || type == "string"; }

std::string unregistered(std::string_view type) { return "Unregistered data point type '" + std::string(type) + "'"; }

// The type of a value that comes without: that of the digits, if it looks like a number.
std::string_view guess(bool number, std::string_view text) {
  if (!number && !looks_like_number(text)) return "string";
  return text.find('.') == std::string_view::npos ? "long" : "double";
}

// Nullopt: arrays, objects and null have no type.
std::optional<std::string_view> guess(const JsonValue& value) {
  if (!value.is_primitive()) return std::nullopt;
  if (value.kind() == JsonValue::Kind::kBoolean) return "string";
  return guess(value.kind() == JsonValue::Kind::kNumber, value.text());
}

constexpr size_t slot(PointType type) { return static_cast<size_t>(type); }
static_assert(slot(PointType::kLong) == 0 && slot(PointType::kDouble) == 1 && slot(PointType::kString) == 2);

}  // namespace

Java<void> DatapointsParser::validate_and_add() {
  metric_errors_.clear();
  const std::string context = metric_.skip_validate ? "metric[" + std::to_string(metric_count_) + "]" : TRY(validate());
  if (!metric_errors_.empty()) return {};
  for (const auto& tag : metric_.tags) {
    if (tag.second) continue;
    if (metric_.tags.size() == 1) return raise(FaultClass::kOther, std::nullopt);
    return raise(FaultClass::kOther, "null value in entry: " + tag.first + "=null");
  }
  metric_series_ = {};
  cached_ = nullptr;
  TRY(add_single(context));
  if (metric_.has_points && metric_points_.size() > 0) TRY(add_points(context));
  return {};
}

Java<std::string> DatapointsParser::validate() {
  std::string context = "metric[" + std::to_string(metric_count_) + "]";
  if (!metric_.name)
    metric_errors_.push_back(context + ".name may not be null.");
  else if (metric_.name->empty())
    metric_errors_.push_back(context + ".name may not be empty.");
  else
    context += "(name=" + *metric_.name + ")";

  const bool has_time = metric_.time || metric_.timestamp;
  if (has_time) {
    if (!metric_.value)
      metric_errors_.push_back(context + ".value may not be null.");
    else
      TRY(check_value(context + ".value", metric_.type.value_or(""), *metric_.value));
  } else if (metric_.value && !metric_.value->is_null()) {
    metric_errors_.push_back(context + ".timestamp may not be null.");
  }

  if (metric_.tags.empty()) metric_errors_.push_back(context + ".tags count must be greater than or equal to 1.");
  for (size_t i = 0; i < metric_.tags.size(); ++i) {
    const auto& [name, value] = metric_.tags[i];
    const std::string tag = context + ".tag[" + (name.empty() ? std::to_string(i) : name) + "]";
    if (name.empty()) metric_errors_.push_back(tag + ".name may not be empty.");
    if (!value)
      metric_errors_.push_back(tag + ".value may not be null.");
    else if (value->empty())
      metric_errors_.push_back(tag + ".value may not be empty.");
  }
  return context;
}

Java<bool> DatapointsParser::check_value(const std::string& where, std::string_view type, const JsonValue& value) {
  // Since 1.4 a string may be empty.
  if (type == "string" && options_.compat == Compat::kV14) return true;
  if (value.is_null()) {
    metric_errors_.push_back(where + " may not be empty.");
    return false;
  }
  if (value.is_array() && value.items().empty()) {
    metric_errors_.push_back(where + " may not be an empty array.");
    return false;
  }
  if (!value.is_object() && TRY(value.as_string()).empty()) {
    metric_errors_.push_back(where + " may not be empty.");
    return false;
  }
  return true;
}

Java<void> DatapointsParser::add_single(const std::string& context) {
  const auto time = metric_.time ? metric_.time : metric_.timestamp;
  if (!time || !metric_.value) return {};
  std::optional<std::string_view> type;
  if (metric_.type)
    type = *metric_.type;
  else if (type = guess(*metric_.value); !type)
    metric_errors_.push_back(context + " value is an invalid type");
  if (!type) return {};
  if (!registered(*type)) {
    metric_errors_.push_back(unregistered(*type));
    return {};
  }
  return add_value(*type, *time, *metric_.value);
}

Java<void> DatapointsParser::add_points(const std::string& context) {
  using Kind = MetricPoints::Kind;
  if (metric_.type && registered(*metric_.type) && !metric_points_.enough_for(*metric_.type)) reread_points();
  const MetricPoints& points = metric_points_;
  const auto ttl = static_cast<uint32_t>(std::max(metric_.ttl, 0));
  const bool free = !metric_.type;
  // The common case: a column of numbers.
  if ((points.only(Kind::kLong) && (free || *metric_.type == "long")) ||
      (points.only(Kind::kDouble) && (free || *metric_.type == "double"))) {
    const auto* const series = TRY(named_series(points.only(Kind::kLong) ? PointType::kLong : PointType::kDouble));
    if (series) batch_.add_numbers(*series, points.times(), points.values(), ttl);
    return {};
  }
  size_t count = 0;
  for (size_t i = 0; i < points.size() && store_status_; ++i) {
    const Kind kind = points.kind(i);
    if (kind == Kind::kOther) {
      TRY(add_any(i, context, count));
      continue;
    }
    const int64_t time = points.times()[i];
    const uint64_t value = points.values()[i];
    std::string_view type = metric_.type ? std::string_view(*metric_.type) : "";
    if (kind == Kind::kText) {
      const std::string_view text = points.text(i, metric_text());
      if (text.empty() && !(type == "string" && options_.compat == Compat::kV14)) {
        metric_errors_.push_back(element(context, count, "value may not be empty."));
        continue;
      }
      if (free) type = guess(false, text);
      if (!registered(type)) {
        metric_errors_.push_back(unregistered(type));
        continue;
      }
      TRY(add_text(type, time, text));
    } else {
      if (!free && !registered(type)) {
        metric_errors_.push_back(unregistered(type));
        continue;
      }
      const bool real = kind == Kind::kDouble || type == "double";
      const auto* const series = TRY(named_series(real ? PointType::kDouble : PointType::kLong));
      if (!series) return {};
      if (!real)
        batch_.add_long(*series, time, static_cast<int64_t>(value), ttl);
      else if (kind == Kind::kDouble)
        batch_.add_double(*series, time, std::bit_cast<double>(value), ttl);
      else
        batch_.add_double(*series, time, static_cast<double>(static_cast<int64_t>(value)), ttl);
    }
    ++count;
  }
  return {};
}

Java<void> DatapointsParser::add_any(size_t i, const std::string& context, size_t& count) {
  const std::string_view text = metric_points_.text(i, metric_text());
  if (text.empty()) return raise(FaultClass::kOther, "Cannot read the array length because \"dataPoint\" is null");
  JsonReader reader(options_.compat);
  reader.set_lenient(true);
  reader.set_text(text, true);
  JsonValue point;
  BUG_CHECK(read_value(reader, point) && point.is_array(), "a point that was read once cannot be read again");
  const auto& items = point.items();
  // Faults and errors come in KairosDB's order. After an error its count of points does not go on.
  if (items.size() < 2) {
    metric_errors_.push_back(element(context, count, items.empty() ? "timestamp" : "value") +
                             " cannot be null or empty.");
    return {};
  }
  std::optional<int64_t> time;
  if (!items[0].is_null()) time = TRY(items[0].as_long());
  if (!time && !metric_.skip_validate) {
    metric_errors_.push_back(element(context, count, "timestamp may not be null."));
    return {};
  }
  std::optional<std::string> type = metric_.type;
  if (items.size() > 2) type = TRY(items[2].as_string());
  if (!TRY(check_value(element(context, count, "value"), type.value_or(""), items[1]))) return {};
  if (!type) {
    const auto guessed = guess(items[1]);
    if (!guessed) {
      metric_errors_.push_back(context + " value is an invalid type");
      return {};
    }
    type = *guessed;
  }
  if (!registered(*type)) {
    metric_errors_.push_back(unregistered(*type));
    return {};
  }
  if (!time)
    return raise(FaultClass::kOther, "Cannot invoke \"java.lang.Long.longValue()\" because \"timestamp\" is null");
  TRY(add_value(*type, *time, items[1]));
  ++count;
  return {};
}

Java<void> DatapointsParser::add_value(std::string_view type, int64_t time, const JsonValue& value) {
  const auto ttl = static_cast<uint32_t>(std::max(metric_.ttl, 0));
  if (type == "long") {
    const int64_t number = value.is_null() ? 0 : TRY(value.as_long());
    if (const auto* const series = TRY(named_series(PointType::kLong))) batch_.add_long(*series, time, number, ttl);
  } else if (type == "double") {
    const double number = value.is_null() ? 0 : TRY(value.as_double());
    if (const auto* const series = TRY(named_series(PointType::kDouble))) batch_.add_double(*series, time, number, ttl);
  } else {
    const std::string text = TRY(value.as_string());
    if (text.size() > Points::kMaxTextBytes) return raise(FaultClass::kOther, "A value has more than 16 MiB");
    if (const auto* const series = TRY(named_series(PointType::kString))) batch_.add_text(*series, time, text, ttl);
  }
  return {};
}

Java<void> DatapointsParser::add_text(std::string_view type, int64_t time, std::string_view text) {
  const auto ttl = static_cast<uint32_t>(std::max(metric_.ttl, 0));
  if (type == "string") {
    if (const auto* const series = TRY(named_series(PointType::kString))) batch_.add_text(*series, time, text, ttl);
    return {};
  }
  return add_value(type, time, JsonValue::of_string(std::string(text)));
}

Java<const SeriesRef*> DatapointsParser::named_series(PointType type) {
  if (metric_series_[slot(type)]) return &metric_series_[slot(type)];
  if (!metric_.name || metric_.name->empty()) return raise(FaultClass::kOther, std::nullopt);
  return series(type);
}

const SeriesRef* DatapointsParser::series(PointType type) {
  SeriesRef& ref = metric_series_[slot(type)];
  if (cache_ && !cached_) {
    key_.clear();
    SeriesCache::append_part(key_, *metric_.name);
    for (const auto& [name, value] : metric_.tags) {
      SeriesCache::append_part(key_, name);
      SeriesCache::append_part(key_, *value);
    }
    const uint64_t hash = SeriesCache::hash(key_);
    cached_ = cache_->find(key_, hash);
    if (!cached_) cached_ = &cache_->add(key_, hash);
  }
  if (cached_ && cached_->series[slot(type)]) {
    ref = cached_->series[slot(type)];
    return &ref;
  }
  std::vector<Tags::Tag> tags;
  tags.reserve(metric_.tags.size());
  for (const auto& [name, value] : metric_.tags) tags.emplace_back(name, *value);
  auto found = store_.series(*metric_.name, type, Tags(std::move(tags)));
  if (!found) {
    store_status_ = fail(std::move(found).error());
    return nullptr;
  }
  ref = std::move(*found);
  if (cached_) cached_->series[slot(type)] = ref;
  return &ref;
}

}  // namespace sluice::timeseries
