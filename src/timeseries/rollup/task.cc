// SPDX-License-Identifier: Apache-2.0
#include "timeseries/rollup/task.h"

#include <algorithm>
#include <random>

#include "timeseries/request/json_fields.h"

namespace sluice::timeseries {
namespace {

tl::unexpected<Fault> broken(std::vector<std::string> messages) {
  Fault fault{FaultClass::kValidation, std::move(messages[0]), {}};
  fault.more.assign(messages.begin() + 1, messages.end());
  return raise(std::move(fault));
}

tl::unexpected<Fault> no_object(const JsonValue& value) {
  return raise(FaultClass::kIllegalState, "Not a JSON Object: " + value.to_json());
}

// JsonObject.getAsJsonArray(name) and getAsJsonObject(name) are casts.
tl::unexpected<Fault> no_cast(const JsonValue& value, std::string_view wanted) {
  const std::string type(value.is_null()     ? "JsonNull"
                         : value.is_object() ? "JsonObject"
                         : value.is_array()  ? "JsonArray"
                                             : "JsonPrimitive");
  return raise(FaultClass::kOther, "class com.google.gson." + type + " cannot be cast to class com.google.gson." +
                                       std::string(wanted) + " (com.google.gson." + type + " and com.google.gson." +
                                       std::string(wanted) + " are in unnamed module of loader 'app')");
}

// Messages of deserializers name the value first; outside of queries KairosDB answers them without it, with 500.
template <typename T>
Java<T> outside_of_query(Java<T> result, const JsonValue& value) {
  if (result || result.error().what != FaultClass::kValidation) return result;
  Fault fault = std::move(result).error();
  const std::string front = value.text() + " ";
  if (fault.message->starts_with(front)) fault.message->erase(0, front.size());
  fault.what = FaultClass::kOther;
  return raise(std::move(fault));
}

struct Interval {
  int64_t value = 0;
  std::optional<TimeUnit> unit;
};

Java<Interval> read_interval(const JsonValue& json, const JsonPlace& place) {
  Interval interval;
  for (const auto& [name, value] : *TRY(read_object(json, place))) {
    if (value.is_null()) continue;
    if (name == "value") interval.value = TRY(read_long(value, place.member(name)));
    if (name == "unit") interval.unit = TRY(outside_of_query(read_unit(value), value));
  }
  return interval;
}

// A text that must be there and hold something.
void check_text(const std::optional<std::string>& text, const std::string& place, std::vector<std::string>& errors) {
  if (!text)
    errors.push_back(place + " may not be null");
  else if (text->empty())
    errors.push_back(place + " may not be empty");
}

Java<void> read_head(const JsonValue& json, const QueryParserOptions& options, RollupTask& task) {
  const JsonPlace root{options.compat};
  std::optional<std::string> name;
  std::optional<Interval> interval;
  for (const auto& [field, value] : json.members()) {
    if (value.is_null()) continue;
    if (field == "id") task.id = TRY(read_text(value, root.member(field)));
    if (field == "name") name = TRY(read_text(value, root.member(field)));
    if (field == "execution_interval") interval = TRY(read_interval(value, root.member(field)));
  }
  std::vector<std::string> errors;
  check_text(name, "name", errors);
  if (!interval)
    errors.emplace_back("executionInterval may not be null");
  else if (!interval->unit)
    errors.emplace_back("executionInterval.unit may not be null");
  if (!errors.empty()) return broken(std::move(errors));
  task.name = *name;
  task.interval = {interval->value, *interval->unit};
  return {};
}

bool has_range(const MetricQuery& metric) {
  return std::any_of(metric.aggregators.begin(), metric.aggregators.end(),
                     [](const Aggregator& one) { return std::holds_alternative<RangeAggregator>(one); });
}

SaveAsAggregator save_as(const Rollup& rollup, const MetricQuery& metric) {
  SaveAsAggregator made;
  made.metric = rollup.save_as;
  for (const GroupBy& group_by : metric.group_bys)
    if (const auto* const tags = std::get_if<TagGroupBy>(&group_by))
      made.tags_to_keep.insert(made.tags_to_keep.end(), tags->tags.begin(), tags->tags.end());
  return made;
}

Java<Rollup> read_rollup(const JsonValue& json, std::string& context, const QueryParserOptions& options) {
  if (!json.is_object()) return no_object(json);
  Rollup rollup;
  std::optional<std::string> saved;
  const JsonPlace root{options.compat};
  for (const auto& [field, value] : json.members()) {
    if (value.is_null()) continue;
    if (field == "save_as") saved = TRY(read_text(value, root.member(field)));
    if (field == "time_zone") rollup.time_zone = TRY(outside_of_query(read_zone(value, options), value));
  }
  std::vector<std::string> errors;
  check_text(saved, context + ".saveAs", errors);
  if (!errors.empty()) return broken(std::move(errors));
  rollup.save_as = *saved;

  const JsonValue* const query = json.find("query");
  if (!query) return raise(FaultClass::kIllegalArgument, "cannot validate null");
  if (!query->is_object()) return no_cast(*query, "JsonObject");
  rollup.query = TRY(parse_query_object(*query, context, options));
  for (size_t i = 0; i < rollup.query.metrics.size(); ++i) {
    MetricQuery& metric = rollup.query.metrics[i];
    // The places pile up, as in Java.
    context += ".query[" + std::to_string(i) + "]";
    if (!has_range(metric)) return broken({context + ".aggregator At least one aggregator must be a range aggregator"});
    metric.aggregators.emplace_back(save_as(rollup, metric));
  }
  return rollup;
}

// The JSON with this id as its first or only one.
std::string with_id(const JsonValue& json, const std::string& id) {
  std::string text = "{";
  const bool has_id = json.find("id") != nullptr;
  if (!has_id) text += "\"id\":" + JsonValue::of_string(id).to_json() + ",";
  for (const auto& [name, value] : json.members()) {
    text += JsonValue::of_string(name).to_json() + ":";
    text += (name == "id" ? JsonValue::of_string(id) : value).to_json() + ",";
  }
  text.back() = '}';
  return text;
}

}  // namespace

Java<RollupTask> parse_rollup_task(std::string_view json, const std::optional<std::string>& id,
                                   const QueryParserOptions& options) {
  const JsonValue document = TRY(parse_document(json, options.compat));
  if (!document.is_object()) return no_object(document);
  RollupTask task;
  TRY(read_head(document, options, task));
  if (id) task.id = *id;
  if (task.id.empty()) task.id = new_rollup_id();
  if (const JsonValue* const rollups = document.find("rollups")) {
    if (!rollups->is_array()) return no_cast(*rollups, "JsonArray");
    std::string context;
    for (size_t i = 0; i < rollups->items().size(); ++i) {
      context += "rollup[" + std::to_string(i) + "]";
      task.rollups.push_back(TRY(read_rollup(rollups->items()[i], context, options)));
    }
  }
  task.json = with_id(document, task.id);
  return task;
}

std::string new_rollup_id() {
  std::random_device device;
  std::string id;
  for (int i = 0; i < 32; ++i) {
    constexpr char kDigits[] = "0123456789abcdef";
    unsigned digit = device() & 15;
    if (i == 12) digit = 4;                 // version: random
    if (i == 16) digit = 8 | (digit & 3u);  // variant of RFC 9562
    if (i == 8 || i == 12 || i == 16 || i == 20) id += '-';
    id += kDigits[digit];
  }
  return id;
}

void append_gson_string(std::string& json, std::string_view text) {
  // With the same escapes as elements of documents, and those that make it safe inside HTML.
  for (const char c : JsonValue::of_string(std::string(text)).to_json()) switch (c) {
      case '<':
        json += "\\u003c";
        break;
      case '>':
        json += "\\u003e";
        break;
      case '&':
        json += "\\u0026";
        break;
      case '=':
        json += "\\u003d";
        break;
      case '\'':
        json += "\\u0027";
        break;
      default:
        json += c;
    }
}

}  // namespace sluice::timeseries
