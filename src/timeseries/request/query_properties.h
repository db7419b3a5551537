// SPDX-License-Identifier: Apache-2.0
// Internal to query_processors: what properties a query sets, and of what kind they are. Plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "timeseries/request/query_processors.h"

namespace sluice::timeseries::properties {

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
  std::optional<std::string> group_tags_failure;
  std::optional<Duration> range_duration;
  int32_t group_count = 0;
  int32_t range_size = 0;
  std::optional<std::vector<double>> bins;
};

// What a value must be, and which setting it sets.
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
  bool Settings::* flag = nullptr;
  int32_t Settings::* whole = nullptr;
  double Settings::* number = nullptr;
};

// The Java class of a processor, for messages.
struct JavaClass {
  std::string_view name;  // of the processor
  std::string full;       // with its package
};

// The value of a property, which no null is unless the kind wants it, into the settings.
Java<void> set(const JavaClass& type, const Property& property, const JsonValue& value, std::string_view place,
               const ProcessorContext& context, Settings& settings);
tl::unexpected<Fault> no_setter(const JavaClass& type, std::string_view property, std::string_view class_word);

}  // namespace sluice::timeseries::properties
