// SPDX-License-Identifier: Apache-2.0
#include "timeseries/request/query_processors.h"

#include <algorithm>
#include <optional>
#include <span>

#include "timeseries/request/java_numbers.h"
#include "timeseries/request/json_fields.h"

namespace sluice::timeseries {
namespace {

using Threshold = ScoreAggregator::Threshold;

// What the properties of all processors set, with the defaults of the classes.
struct Settings {
  Duration sampling;
  bool align_sampling = true;
  bool align_start_time = false;
  bool align_end_time = false;
  bool trim_gaps = false;
  int64_t start = 0;
  int64_t end = 0;
  std::string zone;
  double percentile = 0;
  RangeAggregator::DevReturn dev_return = RangeAggregator::DevReturn::kValue;
  int32_t dev_count = 1;
  double divisor = 0;
  double factor = 0;
  int32_t size = 0;
  TrimAggregator::Side side = TrimAggregator::Side::kNone;
  FilterAggregator::Operation operation = FilterAggregator::Operation::kMissing;
  std::variant<double, std::string, std::monostate> threshold = 0.0;
  std::optional<std::vector<Threshold>> thresholds;
  bool descending = false;
  std::string metric;
  std::vector<std::pair<std::string, std::string>> tags;
  int32_t ttl = 0;
  bool add_saved_from = true;
  std::optional<std::vector<std::string>> group_tags;
  std::optional<Duration> range_duration;
  int32_t group_count = 0;
  int32_t range_size = 0;
  std::vector<double> bins;
};

enum class Kind : uint8_t {
  kBoolean,
  kInt,
  kLong,
  kDouble,
  kText,
  kSampling,
  kDuration,
  kUnit,
  kZone,
  kEnd,
  kDev,
  kOrder,
  kThresholds,
  kSide,
  kOperation,
  kAnything,
  kTagMap,
  kGroupBys,
  kTexts,
  kDoubles,
  kIgnoredLong,
  // Without a setter:
  kClass,
  kReadOnlyBoolean,
  kReadOnlyTexts,
  kTypeless,
};

struct Property {
  std::string_view name;
  Kind kind;
  bool Settings::*flag = nullptr;
  int32_t Settings::*whole = nullptr;
  double Settings::*number = nullptr;
};

constexpr Property flag(std::string_view name, bool Settings::*member) { return {name, Kind::kBoolean, member}; }
constexpr Property whole(std::string_view name, int32_t Settings::*member) {
  return {name, Kind::kInt, nullptr, member};
}
constexpr Property number(std::string_view name, double Settings::*member) {
  return {name, Kind::kDouble, nullptr, nullptr, member};
}

constexpr Property kRange[] = {
    {"_align_sampling", Kind::kReadOnlyBoolean},
    flag("align_end_time", &Settings::align_end_time),
    flag("align_sampling", &Settings::align_sampling),
    flag("align_start_time", &Settings::align_start_time),
    {"end_time", Kind::kEnd},
    {"sampling", Kind::kSampling},
    {"start_time", Kind::kLong},
    {"time_zone", Kind::kZone},
    flag("trim", &Settings::trim_gaps),
};
constexpr Property kDev[] = {whole("dev_count", &Settings::dev_count), {"return_type", Kind::kDev}};
constexpr Property kPercentile[] = {number("percentile", &Settings::percentile)};
constexpr Property kDivide[] = {number("divisor", &Settings::divisor)};
constexpr Property kFilter[] = {{"filter_op", Kind::kOperation}, {"threshold", Kind::kAnything}};
constexpr Property kRate[] = {{"sampling", Kind::kSampling}, {"time_zone", Kind::kZone}, {"unit", Kind::kUnit}};
constexpr Property kSampler[] = {{"time_zone", Kind::kZone}, {"unit", Kind::kUnit}};
constexpr Property kSaveAs[] = {flag("add_saved_from", &Settings::add_saved_from),
                                {"group_bys", Kind::kGroupBys},
                                {"metric_name", Kind::kText},
                                {"tags", Kind::kTagMap},
                                {"tags_to_keep", Kind::kReadOnlyTexts},
                                whole("ttl", &Settings::ttl)};
constexpr Property kScale[] = {number("factor", &Settings::factor)};
constexpr Property kScore[] = {{"order", Kind::kOrder}, {"thresholds", Kind::kThresholds}};
constexpr Property kSma[] = {whole("size", &Settings::size)};
constexpr Property kTrim[] = {{"trim", Kind::kSide}};
constexpr Property kGroupByCommon[] = {{"group_by_result", Kind::kTypeless}};
constexpr Property kBin[] = {{"bins", Kind::kDoubles}, {"start_date", Kind::kIgnoredLong}};
constexpr Property kTag[] = {
    {"start_date", Kind::kIgnoredLong}, {"tag_names", Kind::kReadOnlyTexts}, {"tags", Kind::kTexts}};
constexpr Property kTime[] = {
    whole("group_count", &Settings::group_count), {"range_size", Kind::kDuration}, {"start_date", Kind::kLong}};
constexpr Property kValue[] = {whole("range_size", &Settings::range_size), {"start_date", Kind::kIgnoredLong}};

using Maker = Java<Processor> (*)(Settings&, std::string_view place);

struct Class {
  ProcessorFamily family;
  std::string_view name;
  std::string_view java;  // below its package
  std::span<const Property> common;
  std::span<const Property> own;
  Maker make;
};

tl::unexpected<Fault> broken(std::string_view place, std::string_view rule) {
  return raise(FaultClass::kValidation, std::string(place) + "." + std::string(rule));
}

template <RangeFunction kFunction>
Java<Processor> make_range(Settings& s, std::string_view place) {
  if (kFunction == RangeFunction::kPercentile && s.percentile == 0)
    return broken(place, "percentile may not be zero");
  RangeAggregator range;
  range.function = kFunction;
  range.sampling = s.sampling;
  range.align_sampling = s.align_sampling;
  range.align_start_time = s.align_start_time;
  range.align_end_time = s.align_end_time;
  range.trim = s.trim_gaps;
  range.start = s.start;
  range.end = s.end;
  range.zone = std::move(s.zone);
  range.percentile = s.percentile;
  range.dev_return = s.dev_return;
  range.dev_count = s.dev_count;
  return Aggregator(std::move(range));
}

Java<Processor> make_diff(Settings&, std::string_view) { return Aggregator(DiffAggregator{}); }
Java<Processor> make_divide(Settings& s, std::string_view place) {
  if (s.divisor == 0) return broken(place, "m_divisor may not be zero");
  return Aggregator(DivideAggregator{s.divisor});
}
Java<Processor> make_filter(Settings& s, std::string_view) {
  return Aggregator(FilterAggregator{s.operation, std::move(s.threshold)});
}
Java<Processor> make_rate(Settings& s, std::string_view) {
  return Aggregator(RateAggregator{s.sampling, std::move(s.zone)});
}
Java<Processor> make_sampler(Settings& s, std::string_view) {
  return Aggregator(SamplerAggregator{s.sampling.unit, std::move(s.zone)});
}
Java<Processor> make_save_as(Settings& s, std::string_view) {
  return Aggregator(SaveAsAggregator{std::move(s.metric), std::move(s.tags), static_cast<uint32_t>(std::max(s.ttl, 0)),
                                     s.add_saved_from, std::move(*s.group_tags)});
}
Java<Processor> make_scale(Settings& s, std::string_view) { return Aggregator(ScaleAggregator{s.factor}); }
Java<Processor> make_score(Settings& s, std::string_view place) {
  if (!s.thresholds) return broken(place, "thresholds may not be null");
  return Aggregator(ScoreAggregator{std::move(*s.thresholds), s.descending});
}
Java<Processor> make_sma(Settings& s, std::string_view) { return Aggregator(SmaAggregator{s.size}); }
Java<Processor> make_trim(Settings& s, std::string_view) { return Aggregator(TrimAggregator{s.side}); }

Java<Processor> make_bin(Settings& s, std::string_view) { return GroupBy(BinGroupBy{std::move(s.bins)}); }
Java<Processor> make_tag(Settings& s, std::string_view place) {
  if (!s.group_tags) return broken(place, "tags may not be null");
  if (s.group_tags->empty()) return broken(place, "tags may not be empty");
  return GroupBy(TagGroupBy{std::move(*s.group_tags)});
}
Java<Processor> make_time(Settings& s, std::string_view place) {
  const std::string where = std::string(place) + ".";
  Fault fault{FaultClass::kValidation, std::nullopt, {}};
  if (s.group_count < 1) fault.message = where + "groupCount must be greater than or equal to 1";
  if (!s.range_duration) {
    std::string message = where + "rangeSize may not be null";
    if (fault.message)
      fault.more.push_back(std::move(message));
    else
      fault.message = std::move(message);
  }
  if (fault.message) return raise(std::move(fault));
  return GroupBy(TimeGroupBy{*s.range_duration, s.group_count, s.start});
}
Java<Processor> make_value(Settings& s, std::string_view place) {
  if (s.range_size < 1) return broken(place, "rangeSize must be greater than or equal to 1");
  return GroupBy(ValueGroupBy{s.range_size});
}

constexpr auto kAggregator = ProcessorFamily::kAggregator;
constexpr auto kGroupBy = ProcessorFamily::kGroupBy;
constexpr Class kClasses[] = {
    {kAggregator, "avg", "AvgAggregator", kRange, {}, make_range<RangeFunction::kAvg>},
    {kAggregator, "count", "CountAggregator", kRange, {}, make_range<RangeFunction::kCount>},
    {kAggregator, "dev", "StdAggregator", kRange, kDev, make_range<RangeFunction::kDev>},
    {kAggregator, "diff", "DiffAggregator", {}, {}, make_diff},
    {kAggregator, "div", "DivideAggregator", {}, kDivide, make_divide},
    {kAggregator, "filter", "FilterAggregator", {}, kFilter, make_filter},
    {kAggregator, "first", "FirstAggregator", kRange, {}, make_range<RangeFunction::kFirst>},
    {kAggregator, "gaps", "DataGapsMarkingAggregator", kRange, {}, make_range<RangeFunction::kGaps>},
    {kAggregator, "last", "LastAggregator", kRange, {}, make_range<RangeFunction::kLast>},
    {kAggregator, "least_squares", "LeastSquaresAggregator", kRange, {}, make_range<RangeFunction::kLeastSquares>},
    {kAggregator, "max", "MaxAggregator", kRange, {}, make_range<RangeFunction::kMax>},
    {kAggregator, "min", "MinAggregator", kRange, {}, make_range<RangeFunction::kMin>},
    {kAggregator, "percentile", "PercentileAggregator", kRange, kPercentile, make_range<RangeFunction::kPercentile>},
    {kAggregator, "rate", "RateAggregator", {}, kRate, make_rate},
    {kAggregator, "sampler", "SamplerAggregator", {}, kSampler, make_sampler},
    {kAggregator, "save_as", "SaveAsAggregator", {}, kSaveAs, make_save_as},
    {kAggregator, "scale", "ScaleAggregator", {}, kScale, make_scale},
    {kAggregator, "score", "ScoreAggregator", {}, kScore, make_score},
    {kAggregator, "sma", "SmaAggregator", {}, kSma, make_sma},
    {kAggregator, "sum", "SumAggregator", kRange, {}, make_range<RangeFunction::kSum>},
    {kAggregator, "trim", "TrimAggregator", {}, kTrim, make_trim},
    {kGroupBy, "bin", "BinGroupBy", kGroupByCommon, kBin, make_bin},
    {kGroupBy, "tag", "TagGroupBy", kGroupByCommon, kTag, make_tag},
    {kGroupBy, "time", "TimeGroupBy", kGroupByCommon, kTime, make_time},
    {kGroupBy, "value", "ValueGroupBy", kGroupByCommon, kValue, make_value},
};

constexpr Property kClassProperty{"class", Kind::kClass};

const Class* find_class(ProcessorFamily family, std::string_view name) {
  for (const Class& entry : kClasses)
    if (entry.family == family && entry.name == name) return &entry;
  return nullptr;
}

const Property* find_property(const Class& type, std::string_view name) {
  for (const auto properties : {type.common, type.own})
    for (const Property& property : properties)
      if (property.name == name) return &property;
  return name == kClassProperty.name ? &kClassProperty : nullptr;
}

std::string java_name(const Class& type) {
  return (type.family == kAggregator ? "org.kairosdb.core.aggregator." : "org.kairosdb.core.groupby.") +
         std::string(type.java);
}

tl::unexpected<Fault> no_setter(const Class& type, std::string_view property, std::string_view class_word) {
  return raise(FaultClass::kValidation, "Property '" + std::string(property) + "' was specified for object '" +
                                            std::string(type.name) + "' but no matching setter was found on '" +
                                            std::string(class_word) + java_name(type) + "'");
}

tl::unexpected<Fault> setter_failed(const Class& type, std::string_view setter) {
  return raise(FaultClass::kValidation,
               "Call to " + java_name(type) + ":" + std::string(setter) + " failed with message: null");
}

// ---- values

Java<Duration> read_duration(const JsonValue& json, std::string_view place, std::string_view property,
                             const JsonPlace& root) {
  int64_t amount = 0;
  std::optional<TimeUnit> unit;
  for (const auto& [name, value] : *JAVA_TRY(read_object(json, root))) {
    if (value.is_null()) continue;
    if (name == "value") amount = JAVA_TRY(read_long(value, root.member(name)));
    if (name == "unit") unit = JAVA_TRY(read_unit(value));
  }
  const std::string where = std::string(place) + "." + std::string(property);
  const std::string negative = where + ".value must be greater than or equal to 0";
  if (!unit) {
    Fault fault{FaultClass::kValidation, where + ".unit may not be null", {}};
    if (amount < 0) fault.more.push_back(negative);
    return raise(std::move(fault));
  }
  if (amount < 0) return raise(FaultClass::kValidation, negative);
  return Duration{amount, *unit};
}

// A threshold as Java reads it: without a known boundary it has none, and cannot be compared with an equal value.
struct RawThreshold {
  double value = 0;
  std::optional<bool> superior = true;
  bool missing = false;
};

// Threshold.compareTo(); nullopt: it throws.
std::optional<int> compare(const RawThreshold& a, const RawThreshold& b) {
  if (a.missing || b.missing) return std::nullopt;
  if (a.value == b.value && a.superior == b.superior) return 0;
  if (a.value > b.value) return 1;
  if (a.value < b.value) return -1;
  if (!b.superior) return std::nullopt;
  return *b.superior ? -1 : 1;
}

Java<std::vector<Threshold>> read_thresholds(const JsonValue& json, const Class& type, const JsonPlace& root) {
  std::vector<RawThreshold> raw;
  for (const JsonValue& item : *JAVA_TRY(read_array(json, root))) {
    const JsonPlace here = root.element(raw.size());
    RawThreshold& threshold = raw.emplace_back();
    if (item.is_null()) {
      threshold.missing = true;
      continue;
    }
    for (const auto& [name, value] : *JAVA_TRY(read_object(item, here))) {
      if (name == "boundary") {
        threshold.superior.reset();
        if (value.is_null()) continue;
        const std::string boundary = JAVA_TRY(read_name(value, here.member(name)));
        if (boundary == "superior") threshold.superior = true;
        if (boundary == "inferior") threshold.superior = false;
      } else if (name == "value" && !value.is_null()) {
        threshold.value = JAVA_TRY(read_double(value, here.member(name)));
      }
    }
  }
  // Insertion by halving, as Java sorts short arrays: NaN has no order, and must not upset the sort.
  std::vector<RawThreshold> sorted;
  for (const RawThreshold& threshold : raw) {
    size_t low = 0;
    size_t high = sorted.size();
    while (low < high) {
      const size_t middle = (low + high) / 2;
      const auto order = compare(threshold, sorted[middle]);
      if (!order) return setter_failed(type, "setThresholds");
      if (*order < 0)
        high = middle;
      else
        low = middle + 1;
    }
    sorted.insert(sorted.begin() + static_cast<ptrdiff_t>(low), threshold);
  }
  std::vector<Threshold> thresholds;
  for (const RawThreshold& threshold : sorted) thresholds.push_back({threshold.value, threshold.superior.value_or(true)});
  return thresholds;
}

// Texts as Gson's adapter of Object gives them: numbers become doubles, which KairosDB cannot use for texts. It finds
// that out when the query runs; here it is known before.
Java<std::string> read_object_text(const JsonValue& value) {
  if (value.kind() == JsonValue::Kind::kString) return value.text();
  if (value.is_null()) return raise(FaultClass::kOther, std::nullopt);
  const bool map = value.is_object();
  const std::string type = map                                           ? "com.google.gson.internal.LinkedTreeMap"
                           : value.kind() == JsonValue::Kind::kNumber    ? "java.lang.Double"
                           : value.kind() == JsonValue::Kind::kBoolean   ? "java.lang.Boolean"
                                                                         : "java.util.ArrayList";
  const std::string modules =
      map ? " is in unnamed module of loader 'app'; java.lang.String is in module java.base of loader 'bootstrap')"
          : " and java.lang.String are in module java.base of loader 'bootstrap')";
  return raise(FaultClass::kOther, "class " + type + " cannot be cast to class java.lang.String (" + type + modules);
}

Java<std::vector<std::pair<std::string, std::string>>> read_tag_map(const JsonValue& json, const JsonPlace& root) {
  std::vector<std::pair<std::string, std::string>> tags;
  // A map may come as an array of pairs.
  if (json.is_array()) {
    for (const JsonValue& pair : json.items()) {
      const auto& items = *JAVA_TRY(read_array(pair, root.element(tags.size())));
      if (items.size() != 2) return raise(FaultClass::kSyntax, "A pair of a map has two elements");
      std::string name = JAVA_TRY(read_object_text(items[0]));
      tags.emplace_back(std::move(name), JAVA_TRY(read_object_text(items[1])));
    }
    return tags;
  }
  for (const auto& [name, value] : *JAVA_TRY(read_object(json, root)))
    tags.emplace_back(name, JAVA_TRY(read_object_text(value)));
  return tags;
}

Java<void> set_property(const Class& type, const Property& property, const JsonValue& value, std::string_view place,
                        const ProcessorContext& context, Settings& s) {
  const JsonPlace root{context.options.compat};
  switch (property.kind) {
    case Kind::kTypeless:
      return raise(FaultClass::kOther, std::nullopt);
    case Kind::kClass:
      if (value.is_null()) break;
      return raise(FaultClass::kOther,
                   "Attempted to deserialize a java.lang.Class. Forgot to register a type adapter?");
    default:
      break;
  }
  if (value.is_null()) return raise(FaultClass::kIllegalArgument, "cannot validate null");
  switch (property.kind) {
    case Kind::kBoolean:
      s.*property.flag = JAVA_TRY(read_boolean(value, root));
      return {};
    case Kind::kInt:
      s.*property.whole = JAVA_TRY(read_int(value, root));
      return {};
    case Kind::kLong:
      s.start = JAVA_TRY(read_long(value, root));
      return {};
    case Kind::kEnd:
      s.end = std::min(JAVA_TRY(read_long(value, root)), context.options.now);
      return {};
    case Kind::kIgnoredLong:
      JAVA_TRY(read_long(value, root));
      return {};
    case Kind::kDouble:
      s.*property.number = JAVA_TRY(read_double(value, root));
      return {};
    case Kind::kText:
      s.metric = JAVA_TRY(read_text(value, root));
      return {};
    case Kind::kSampling:
      s.sampling = JAVA_TRY(read_duration(value, place, property.name, root));
      return {};
    case Kind::kDuration:
      s.range_duration = JAVA_TRY(read_duration(value, place, property.name, root));
      return {};
    case Kind::kUnit:
      s.sampling = {1, JAVA_TRY(read_unit(value))};
      return {};
    case Kind::kZone:
      s.zone = JAVA_TRY(read_zone(value, context.options));
      return {};
    case Kind::kDev: {
      using Return = RangeAggregator::DevReturn;
      const std::string name = JAVA_TRY(read_name(value, root));
      if (name != "value" && name != "pos_sd" && name != "neg_sd")
        return raise(FaultClass::kIllegalArgument, "cannot validate null");
      s.dev_return = name == "value" ? Return::kValue : name == "pos_sd" ? Return::kPositive : Return::kNegative;
      return {};
    }
    case Kind::kOrder: {
      const std::string name = JAVA_TRY(read_name(value, root));
      if (name != "ascending" && name != "descending")
        return raise(FaultClass::kIllegalArgument, "cannot validate null");
      s.descending = name == "descending";
      return {};
    }
    case Kind::kThresholds:
      s.thresholds = JAVA_TRY(read_thresholds(value, type, root));
      return {};
    case Kind::kSide:
      s.side = static_cast<TrimAggregator::Side>(1 + JAVA_TRY(read_choice(value, {"first", "last", "both"})));
      return {};
    case Kind::kOperation:
      s.operation = static_cast<FilterAggregator::Operation>(
          1 + JAVA_TRY(read_choice(value, {"lte", "lt", "gte", "gt", "equal", "ne"})));
      return {};
    case Kind::kAnything:
      if (value.kind() == JsonValue::Kind::kNumber)
        s.threshold = JAVA_TRY(read_double(value, root));
      else if (value.kind() == JsonValue::Kind::kString)
        s.threshold = value.text();
      else
        s.threshold = std::monostate();
      return {};
    case Kind::kTagMap:
      s.tags = JAVA_TRY(read_tag_map(value, root));
      return {};
    case Kind::kGroupBys:
      if (!JAVA_TRY(read_array(value, root))->empty()) return setter_failed(type, "setGroupBys");
      return {};
    case Kind::kTexts: {
      std::vector<std::string> texts;
      for (const JsonValue& item : *JAVA_TRY(read_array(value, root)))
        texts.push_back(JAVA_TRY(read_object_text(item)));
      s.group_tags = std::move(texts);
      return {};
    }
    case Kind::kDoubles: {
      std::vector<double> numbers;
      for (const JsonValue& item : *JAVA_TRY(read_array(value, root))) {
        if (item.is_null()) return raise(FaultClass::kIllegalArgument, std::nullopt);
        numbers.push_back(JAVA_TRY(read_double(item, root.element(numbers.size()))));
      }
      s.bins = std::move(numbers);
      return {};
    }
    case Kind::kReadOnlyBoolean:
      JAVA_TRY(read_boolean(value, root));
      return no_setter(type, property.name, "");
    case Kind::kReadOnlyTexts:
      JAVA_TRY(read_array(value, root));
      return no_setter(type, property.name, "");
    case Kind::kClass:
    case Kind::kTypeless:
      break;
  }
  return {};
}

// Messages about the text of a value say where it is; those of whole rules do already.
Fault placed(Fault fault, std::string_view place, const Property& property) {
  if (fault.what == FaultClass::kNumberFormat)
    return {FaultClass::kValidation, std::string(place) + "." + std::string(property.name) + " " + *fault.message, {}};
  const bool text_only = property.kind == Kind::kUnit || property.kind == Kind::kZone ||
                         property.kind == Kind::kSide || property.kind == Kind::kOperation ||
                         property.kind == Kind::kSampling || property.kind == Kind::kDuration;
  if (fault.what == FaultClass::kValidation && text_only && !fault.message->starts_with(place))
    fault.message = std::string(place) + "." + *fault.message;
  return fault;
}

}  // namespace

std::string_view family_name(ProcessorFamily family) {
  return family == ProcessorFamily::kAggregator ? "aggregators" : "group_by";
}

bool is_processor(ProcessorFamily family, std::string_view name) { return find_class(family, name) != nullptr; }

bool is_property(ProcessorFamily family, std::string_view name, std::string_view property) {
  const Class* const type = find_class(family, name);
  const Property* const found = type ? find_property(*type, property) : nullptr;
  return found && found->kind < Kind::kClass;
}

Java<Processor> make_processor(ProcessorFamily family, std::string_view name, const JsonValue& json,
                               std::string_view place, const ProcessorContext& context) {
  const Class& type = *find_class(family, name);
  Settings settings;
  settings.start = context.start;
  settings.end = std::min(context.end, context.options.now);
  settings.zone = context.zone;
  if (family == ProcessorFamily::kAggregator) settings.group_tags = context.group_tags;
  for (const auto& [key, value] : json.members()) {
    if (key == "name") continue;
    const Property* const property = find_property(type, key);
    if (!property) return no_setter(type, key, "class ");
    auto set = set_property(type, *property, value, place, context, settings);
    if (!set) return raise(placed(std::move(set).error(), place, *property));
  }
  return type.make(settings, place);
}

}  // namespace sluice::timeseries
