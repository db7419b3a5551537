// SPDX-License-Identifier: Apache-2.0
#include "timeseries/request/query_parser.h"

#include <strings.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "timeseries/calendar.h"
#include "timeseries/request/json_fields.h"
#include "timeseries/request/query_processors.h"
#include "timeseries/request/zone_ids.h"

namespace sluice::timeseries {
namespace {

constexpr std::string_view kSamplePlugin = "samplePlugin";
constexpr std::string_view kUnitNames[] = {"MILLISECONDS", "SECONDS", "MINUTES", "HOURS",
                                           "DAYS",         "WEEKS",   "MONTHS",  "YEARS"};

struct JavaLess {
  bool operator()(const std::string& a, const std::string& b) const { return compare_java(a, b) < 0; }
};

tl::unexpected<Fault> broken(std::string_view context, std::string_view place, std::string_view rule) {
  std::string text(context);
  if (!text.empty()) text += '.';
  text.append(place).append(" ").append(rule);
  return raise(FaultClass::kValidation, std::move(text));
}

// JsonElement.getAsJsonArray() and getAsJsonObject() of something else.
tl::unexpected<Fault> no_array(const JsonValue& value, Compat compat) {
  return raise(FaultClass::kIllegalState,
               compat == Compat::kV13 ? "This is not a JSON Array." : "Not a JSON Array: " + value.to_json());
}
tl::unexpected<Fault> no_object(const JsonValue& value) {
  return raise(FaultClass::kIllegalState, "Not a JSON Object: " + value.to_json());
}

// What Gson does to exceptions of deserializers: an illegal state becomes one of syntax.
template <typename T>
Java<T> below_gson(Java<T> result) {
  if (!result && result.error().what == FaultClass::kIllegalState) return raise(wrapped_in_syntax(result.error()));
  return result;
}

struct RelativeTime {
  int64_t value = 0;
  std::optional<TimeUnit> unit;

  Duration duration() const { return {value, *unit}; }
  std::string text() const {
    return "Duration{value=" + std::to_string(value) + ", unit=" + std::string(kUnitNames[static_cast<size_t>(*unit)]) +
           "}";
  }
};

struct QueryHead {
  std::optional<int64_t> start_absolute;
  std::optional<int64_t> end_absolute;
  std::optional<RelativeTime> start_relative;
  std::optional<RelativeTime> end_relative;
  int32_t cache_time = 0;
  std::string zone;

  std::string cache_text() const {
    std::string text;
    if (start_absolute) text += std::to_string(*start_absolute) + ":";
    if (start_relative) text += start_relative->text() + ":";
    if (end_absolute) text += std::to_string(*end_absolute) + ":";
    if (end_relative) text += end_relative->text() + ":";
    return text;
  }
};

Java<RelativeTime> read_relative(const JsonValue& json, const JsonPlace& place) {
  RelativeTime time;
  for (const auto& [name, value] : *TRY(read_object(json, place))) {
    if (value.is_null()) continue;
    if (name == "value") time.value = TRY(read_long(value, place.member(name)));
    if (name == "unit") time.unit = TRY(read_unit(value));
  }
  return time;
}

Java<QueryHead> read_head(const JsonValue& json, const QueryParserOptions& options) {
  QueryHead head;
  head.zone = options.default_zone;
  const JsonPlace root{options.compat};
  for (const auto& [name, value] : json.members()) {
    if (value.is_null()) continue;
    const JsonPlace place = root.member(name);
    if (name == "start_absolute") head.start_absolute = TRY(read_long(value, place));
    if (name == "end_absolute") head.end_absolute = TRY(read_long(value, place));
    if (name == "cache_time") head.cache_time = TRY(read_int(value, place));
    if (name == "start_relative") head.start_relative = TRY(read_relative(value, place));
    if (name == "end_relative") head.end_relative = TRY(read_relative(value, place));
    if (name == "time_zone") head.zone = TRY(read_zone(value, options));
  }
  return head;
}

Java<void> check_head(const QueryHead& head) {
  std::vector<std::string> errors;
  if (head.cache_time < 0) errors.emplace_back("cache_time must be greater than or equal to 0");
  const auto check = [&](std::string name, const std::optional<RelativeTime>& time) {
    if (time && !time->unit) errors.push_back(name + ".unit may not be null");
    if (time && time->value < 0) errors.push_back(name + ".value must be greater than or equal to 0");
  };
  check("start_relative", head.start_relative);
  check("end_relative", head.end_relative);
  if (errors.empty()) return {};
  Fault fault{FaultClass::kValidation, errors[0], {}};
  fault.more.assign(errors.begin() + 1, errors.end());
  return raise(std::move(fault));
}

Java<void> check_plugins(const JsonValue& plugins, std::string_view context, Compat compat) {
  if (!plugins.is_array()) return no_array(plugins, compat);
  for (size_t i = 0; i < plugins.items().size(); ++i) {
    const JsonValue& plugin = plugins.items()[i];
    const std::string place = "plugins[" + std::to_string(i) + "]";
    if (!plugin.is_object()) return no_object(plugin);
    const JsonValue* const name = plugin.find("name");
    const std::string text = name ? TRY(name->as_string()) : "";
    if (text.empty()) return broken(context, place, "must have a name");
    if (text != kSamplePlugin) return broken(std::string(context) + "." + place, text, "invalid query plugin name");
    for (const auto& [property, value] : plugin.members()) {
      if (property == "name") continue;
      return raise(FaultClass::kValidation, "Property '" + property + "' was specified for object '" + text +
                                                "' but no matching setter was found on 'class "
                                                "org.kairosdb.sample.SampleQueryPlugin'");
    }
  }
  return {};
}

// What MetricDeserializer reads: tags are gathered by name, sorted, no value twice.
Java<void> read_tags(const JsonValue& json, MetricQuery& metric) {
  if (!json.is_object()) return no_object(json);
  std::map<std::string, std::set<std::string, JavaLess>, JavaLess> tags;
  size_t count = 0;
  for (const auto& [name, value] : json.members()) {
    const std::string place = "tags[" + std::to_string(count++) + "]";
    if (name.empty()) return raise(FaultClass::kValidation, place + " name must not be empty");
    const auto add = [&](const JsonValue& element) -> Java<void> {
      const std::string text = element.is_null() ? "" : TRY(element.as_string());
      if (text.empty()) return raise(FaultClass::kValidation, place + "." + name + " value must not be null or empty");
      tags[name].insert(text);
      return {};
    };
    if (!value.is_array()) {
      TRY(add(value));
      continue;
    }
    for (const JsonValue& element : value.items()) TRY(add(element));
  }
  for (const auto& [name, values] : tags) metric.series.tags.push_back({name, {values.begin(), values.end()}});
  return {};
}

Java<std::optional<std::string>> read_metric(const JsonValue& json, const QueryParserOptions& options,
                                             MetricQuery& metric) {
  if (!json.is_object()) return no_object(json);
  std::optional<std::string> name;
  if (const JsonValue* const value = json.find("name")) name = TRY(value->as_string());
  if (const JsonValue* const value = json.find("exclude_tags")) metric.exclude_tags = TRY(value->as_boolean());
  if (const JsonValue* const value = json.find("tags")) TRY(read_tags(*value, metric));
  if (const JsonValue* const value = json.find("limit"))
    metric.limit = static_cast<uint32_t>(std::max(TRY(value->as_int()), 0));
  const JsonValue* const alias = options.compat == Compat::kV14 ? json.find("alias") : nullptr;
  if (alias) metric.alias = TRY(alias->as_string());
  return name;
}

// Messages about the text of a value stand behind the place of what has the value.
template <typename T>
Java<T> below(std::string_view place, Java<T> result) {
  if (result || result.error().what != FaultClass::kValidation) return result;
  Fault fault = std::move(result).error();
  fault.message = std::string(place) + "." + *fault.message;
  return raise(std::move(fault));
}

Java<void> read_processors(const JsonValue& json, ProcessorFamily family, std::string_view place,
                           ProcessorContext& context, MetricQuery& metric) {
  const std::string_view field = family_name(family);
  const JsonValue* const list = json.find(field);
  if (!list) return {};
  if (!list->is_array()) return no_array(*list, context.options.compat);
  for (size_t i = 0; i < list->items().size(); ++i) {
    const JsonValue& item = list->items()[i];
    if (!item.is_object()) return no_object(item);
    const std::string here = std::string(field) + "[" + std::to_string(i) + "]";
    const JsonValue* const name = item.find("name");
    const std::string text = name ? TRY(name->as_string()) : "";
    if (text.empty()) return broken(place, here, "must have a name");
    const std::string full = std::string(place) + "." + here;
    if (!is_processor(family, text)) return broken(full, text, "invalid " + std::string(field) + " name");
    Processor made = TRY(make_processor(family, text, item, full, context));
    if (auto* const aggregator = std::get_if<Aggregator>(&made)) {
      metric.aggregators.push_back(std::move(*aggregator));
      continue;
    }
    auto& group_by = std::get<GroupBy>(made);
    if (const auto* const tags = std::get_if<TagGroupBy>(&group_by))
      context.group_tags.insert(context.group_tags.end(), tags->tags.begin(), tags->tags.end());
    metric.group_bys.push_back(std::move(group_by));
  }
  return {};
}

Java<MetricQuery> parse_metric(const JsonValue& json, const std::string& place, const QueryHead& head,
                               const QueryParserOptions& options) {
  if (json.is_null()) return raise(FaultClass::kIllegalArgument, "cannot validate null");
  MetricQuery metric;
  const auto name = TRY(below(place, below_gson(read_metric(json, options, metric))));
  if (!name) return broken(place, "name", "may not be null");
  if (name->empty()) return broken(place, "name", "may not be empty");
  metric.series.metric = *name;
  if (head.start_absolute)
    metric.series.start = *head.start_absolute;
  else if (head.start_relative)
    metric.series.start = relative_time(options.now, head.start_relative->duration());
  else
    return broken(place, "start_time", "relative or absolute time must be set");
  if (head.end_absolute)
    metric.series.end = *head.end_absolute;
  else if (head.end_relative)
    metric.series.end = relative_time(options.now, head.end_relative->duration());
  if (metric.series.end < metric.series.start) return broken(place, "end_time", "must be greater than the start time");

  metric.cache_key = head.cache_text() + *name + ":";
  for (const TagFilter& tag : metric.series.tags)
    for (const std::string& value : tag.values) metric.cache_key += tag.name + "=" + value + ":";

  ProcessorContext context{options, metric.series.start, metric.series.end, head.zone, {}};
  TRY(read_processors(json, ProcessorFamily::kGroupBy, place, context, metric));
  TRY(read_processors(json, ProcessorFamily::kAggregator, place, context, metric));
  if (const JsonValue* const plugins = json.find("plugins")) TRY(check_plugins(*plugins, place, options.compat));
  if (const JsonValue* const order = json.find("order")) {
    const std::string text = TRY(order->as_string());
    if (strcasecmp(text.c_str(), "desc") == 0)
      metric.order = Order::kDescending;
    else if (strcasecmp(text.c_str(), "asc") != 0)
      return broken(place, "order", "must be either 'asc' or 'desc'");
  }
  return metric;
}

}  // namespace

Java<std::string> read_zone(const JsonValue& value, const QueryParserOptions& options) {
  const std::string id = TRY(read_loose_text(value));
  if (id.empty() || id == "UTC") return "UTC";
  const auto offset = normal_offset(id);
  const std::string zone = offset.value_or(id);
  const bool known = options.is_zone ? zone == "UTC" || options.is_zone(zone) : offset || is_joda_zone_id(id);
  if (known) return zone;
  return raise(FaultClass::kValidation,
               id + " is not a valid time zone, must be one of [" + std::string(joda_zone_ids()) + "]");
}

Java<Query> parse_query_object(const JsonValue& json, std::string_view context, const QueryParserOptions& options) {
  if (!json.is_object()) return no_object(json);
  const QueryHead head = TRY(below("query", read_head(json, options)));
  TRY(check_head(head));
  if (const JsonValue* const plugins = json.find("plugins")) TRY(check_plugins(*plugins, "", options.compat));
  Query query;
  query.cache_seconds = static_cast<uint32_t>(head.cache_time);
  query.time_zone = head.zone;
  const JsonValue* const metrics = json.find("metrics");
  if (!metrics) return broken(std::string(context) + "query", "metric[]", "must have a size of at least 1");
  if (!metrics->is_array()) {
    const std::string_view type = metrics->is_null()     ? "JsonNull"
                                  : metrics->is_object() ? "JsonObject"
                                                         : "JsonPrimitive";
    return raise(FaultClass::kOther, "class com.google.gson." + std::string(type) +
                                         " cannot be cast to class com.google.gson.JsonArray (com.google.gson." +
                                         std::string(type) +
                                         " and com.google.gson.JsonArray are in unnamed module of loader 'app')");
  }
  const std::string prefix = context.empty() ? "query.metric[" : std::string(context) + ".query.metric[";
  if (metrics->items().size() > options.max_metrics)
    return broken("query", "metric[]", "must have a size of at most " + std::to_string(options.max_metrics));
  for (size_t i = 0; i < metrics->items().size(); ++i)
    query.metrics.push_back(TRY(parse_metric(metrics->items()[i], prefix + std::to_string(i) + "]", head, options)));
  return query;
}

tl::expected<Query, ParseOutcome> parse_query(std::string_view json, const QueryParserOptions& options) {
  const auto parse = [&]() -> Java<Query> {
    return parse_query_object(TRY(parse_document(json, options.compat)), "", options);
  };
  auto query = parse();
  if (!query) return tl::unexpected(outcome_of(query.error()));
  return std::move(*query);
}

ParseOutcome outcome_of(const Fault& fault) {
  ParseOutcome outcome;
  outcome.status = fault.what == FaultClass::kSyntax || fault.what == FaultClass::kValidation ? 400 : 500;
  outcome.errors.push_back(fault.message);
  for (const std::string& more : fault.more) outcome.errors.emplace_back(more);
  return outcome;
}

}  // namespace sluice::timeseries
