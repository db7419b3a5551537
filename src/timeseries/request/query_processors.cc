// SPDX-License-Identifier: Apache-2.0
#include "timeseries/request/query_processors.h"

#include <algorithm>
#include <span>

#include "timeseries/request/query_properties.h"

namespace sluice::timeseries {
namespace {

using properties::Kind;
using properties::Property;
using properties::Settings;

constexpr Property flag(std::string_view name, bool Settings::* member) { return {name, Kind::kBoolean, member}; }
constexpr Property whole(std::string_view name, int32_t Settings::* member) {
  return {name, Kind::kInt, nullptr, member};
}
constexpr Property number(std::string_view name, double Settings::* member) {
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
  if (kFunction == RangeFunction::kPercentile && s.percentile == 0) return broken(place, "percentile may not be zero");
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

Java<Processor> make_bin(Settings& s, std::string_view) {
  return GroupBy(BinGroupBy{s.bins.value_or(std::vector<double>()), !s.bins});
}
Java<Processor> make_tag(Settings& s, std::string_view place) {
  if (!s.group_tags) return broken(place, "tags may not be null");
  if (s.group_tags->empty()) return broken(place, "tags may not be empty");
  return GroupBy(TagGroupBy{std::move(*s.group_tags), std::move(s.group_tags_failure)});
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
  const properties::JavaClass java{name, java_name(type)};
  Settings settings;
  settings.start = context.start;
  settings.end = std::min(context.end, context.options.now);
  settings.zone = context.zone;
  if (family == ProcessorFamily::kAggregator) settings.group_tags = context.group_tags;
  for (const auto& [key, value] : json.members()) {
    if (key == "name") continue;
    const Property* const property = find_property(type, key);
    if (!property) return properties::no_setter(java, key, "class ");
    TRY(properties::set(java, *property, value, place, context, settings));
  }
  return type.make(settings, place);
}

}  // namespace sluice::timeseries
