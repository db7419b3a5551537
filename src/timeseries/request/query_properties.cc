// SPDX-License-Identifier: Apache-2.0
#include "timeseries/request/query_properties.h"

#include <algorithm>

#include "timeseries/request/json_fields.h"

namespace sluice::timeseries::properties {
namespace {

tl::unexpected<Fault> setter_failed(const JavaClass& type, std::string_view setter) {
  return raise(FaultClass::kValidation,
               "Call to " + type.full + ":" + std::string(setter) + " failed with message: null");
}

Java<Duration> read_duration(const JsonValue& json, std::string_view place, std::string_view property,
                             const JsonPlace& root) {
  int64_t amount = 0;
  std::optional<TimeUnit> unit;
  for (const auto& [name, value] : *TRY(read_object(json, root))) {
    if (value.is_null()) continue;
    if (name == "value") amount = TRY(read_long(value, root.member(name)));
    if (name == "unit") unit = TRY(read_unit(value));
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

constexpr size_t kMaxThresholds = 10'000;  // sorting them is quadratic

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

Java<std::vector<Threshold>> read_thresholds(const JsonValue& json, const JavaClass& type, const JsonPlace& root) {
  std::vector<RawThreshold> raw;
  const auto& items = *TRY(read_array(json, root));
  if (items.size() > kMaxThresholds)
    return raise(FaultClass::kSyntax, "More than " + std::to_string(kMaxThresholds) + " thresholds");
  for (const JsonValue& item : items) {
    const JsonPlace here = root.element(raw.size());
    RawThreshold& threshold = raw.emplace_back();
    if (item.is_null()) {
      threshold.missing = true;
      continue;
    }
    for (const auto& [name, value] : *TRY(read_object(item, here))) {
      if (name == "boundary") {
        threshold.superior.reset();
        if (value.is_null()) continue;
        const std::string boundary = TRY(read_name(value, here.member(name)));
        if (boundary == "superior") threshold.superior = true;
        if (boundary == "inferior") threshold.superior = false;
      } else if (name == "value" && !value.is_null()) {
        threshold.value = TRY(read_double(value, here.member(name)));
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
  for (const RawThreshold& threshold : sorted)
    thresholds.push_back({threshold.value, threshold.superior.value_or(true)});
  return thresholds;
}

// Texts as Gson's adapter of Object gives them: numbers become doubles, which KairosDB cannot use for texts. It finds
// that out when the query runs.
Java<std::string> read_object_text(const JsonValue& value, bool runs) {
  if (value.kind() == JsonValue::Kind::kString) return value.text();
  if (!runs) return value.to_json();
  if (value.is_null()) return raise(FaultClass::kOther, std::nullopt);
  const bool map = value.is_object();
  const std::string type = map                                         ? "com.google.gson.internal.LinkedTreeMap"
                           : value.kind() == JsonValue::Kind::kNumber  ? "java.lang.Double"
                           : value.kind() == JsonValue::Kind::kBoolean ? "java.lang.Boolean"
                                                                       : "java.util.ArrayList";
  const std::string modules =
      map ? " is in unnamed module of loader 'app'; java.lang.String is in module java.base of loader 'bootstrap')"
          : " and java.lang.String are in module java.base of loader 'bootstrap')";
  return raise(FaultClass::kOther, "class " + type + " cannot be cast to class java.lang.String (" + type + modules);
}

Java<std::vector<std::pair<std::string, std::string>>> read_tag_map(const JsonValue& json, const JsonPlace& root,
                                                                    bool runs) {
  std::vector<std::pair<std::string, std::string>> tags;
  // A map may come as an array of pairs.
  if (json.is_array()) {
    for (const JsonValue& pair : json.items()) {
      const auto& items = *TRY(read_array(pair, root.element(tags.size())));
      if (items.size() != 2) return raise(FaultClass::kSyntax, "A pair of a map has two elements");
      std::string name = TRY(read_object_text(items[0], runs));
      tags.emplace_back(std::move(name), TRY(read_object_text(items[1], runs)));
    }
    return tags;
  }
  for (const auto& [name, value] : *TRY(read_object(json, root)))
    tags.emplace_back(name, TRY(read_object_text(value, runs)));
  return tags;
}

Java<void> set_property(const JavaClass& type, const Property& property, const JsonValue& value, std::string_view place,
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
      s.*property.flag = TRY(read_boolean(value, root));
      return {};
    case Kind::kInt:
      s.*property.whole = TRY(read_int(value, root));
      return {};
    case Kind::kLong:
      s.start = TRY(read_long(value, root));
      return {};
    case Kind::kEnd:
      s.end = std::min(TRY(read_long(value, root)), context.options.now);
      return {};
    case Kind::kIgnoredLong:
      TRY(read_long(value, root));
      return {};
    case Kind::kDouble:
      s.*property.number = TRY(read_double(value, root));
      return {};
    case Kind::kText:
      s.metric = TRY(read_text(value, root));
      return {};
    case Kind::kSampling:
      s.sampling = TRY(read_duration(value, place, property.name, root));
      return {};
    case Kind::kDuration:
      s.range_duration = TRY(read_duration(value, place, property.name, root));
      return {};
    case Kind::kUnit:
      s.sampling = {1, TRY(read_unit(value))};
      return {};
    case Kind::kZone:
      s.zone = TRY(read_zone(value, context.options));
      return {};
    case Kind::kDev: {
      using Return = RangeAggregator::DevReturn;
      const std::string name = TRY(read_name(value, root));
      if (name != "value" && name != "pos_sd" && name != "neg_sd")
        return raise(FaultClass::kIllegalArgument, "cannot validate null");
      s.dev_return = name == "value" ? Return::kValue : name == "pos_sd" ? Return::kPositive : Return::kNegative;
      return {};
    }
    case Kind::kOrder: {
      const std::string name = TRY(read_name(value, root));
      if (name != "ascending" && name != "descending")
        return raise(FaultClass::kIllegalArgument, "cannot validate null");
      s.descending = name == "descending";
      return {};
    }
    case Kind::kThresholds:
      s.thresholds = TRY(read_thresholds(value, type, root));
      return {};
    case Kind::kSide:
      s.side = static_cast<TrimAggregator::Side>(1 + TRY(read_choice(value, {"first", "last", "both"})));
      return {};
    case Kind::kOperation:
      s.operation = static_cast<FilterAggregator::Operation>(
          1 + TRY(read_choice(value, {"lte", "lt", "gte", "gt", "equal", "ne"})));
      return {};
    case Kind::kAnything:
      if (value.kind() == JsonValue::Kind::kNumber)
        s.threshold = TRY(read_double(value, root));
      else if (value.kind() == JsonValue::Kind::kString)
        s.threshold = value.text();
      else
        s.threshold = std::monostate();
      return {};
    case Kind::kTagMap:
      s.tags = TRY(read_tag_map(value, root, context.options.runs));
      return {};
    case Kind::kGroupBys:
      if (!TRY(read_array(value, root))->empty()) return setter_failed(type, "setGroupBys");
      return {};
    case Kind::kTexts: {
      // Only the first group of tags of a metric is used.
      const bool runs = context.options.runs && context.group_tags.empty();
      std::vector<std::string> texts;
      for (const JsonValue& item : *TRY(read_array(value, root))) {
        auto text = read_object_text(item, runs);
        if (!text && !s.group_tags_failure) s.group_tags_failure = text.error().message.value_or("");
        texts.push_back(text ? std::move(*text) : item.to_json());
      }
      s.group_tags = std::move(texts);
      return {};
    }
    case Kind::kDoubles: {
      std::vector<double> numbers;
      for (const JsonValue& item : *TRY(read_array(value, root))) {
        if (item.is_null()) return raise(FaultClass::kIllegalArgument, std::nullopt);
        numbers.push_back(TRY(read_double(item, root.element(numbers.size()))));
      }
      s.bins = std::move(numbers);
      return {};
    }
    case Kind::kReadOnlyBoolean:
      TRY(read_boolean(value, root));
      return no_setter(type, property.name, "");
    case Kind::kReadOnlyTexts:
      TRY(read_array(value, root));
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
  const bool text_only = property.kind == Kind::kUnit || property.kind == Kind::kZone || property.kind == Kind::kSide ||
                         property.kind == Kind::kOperation || property.kind == Kind::kSampling ||
                         property.kind == Kind::kDuration;
  if (fault.what == FaultClass::kValidation && text_only && !fault.message->starts_with(place))
    fault.message = std::string(place) + "." + *fault.message;
  return fault;
}

}  // namespace

tl::unexpected<Fault> no_setter(const JavaClass& type, std::string_view property, std::string_view class_word) {
  return raise(FaultClass::kValidation, "Property '" + std::string(property) + "' was specified for object '" +
                                            std::string(type.name) + "' but no matching setter was found on '" +
                                            std::string(class_word) + type.full + "'");
}

Java<void> set(const JavaClass& type, const Property& property, const JsonValue& value, std::string_view place,
               const ProcessorContext& context, Settings& settings) {
  auto done = set_property(type, property, value, place, context, settings);
  if (!done) return raise(placed(std::move(done).error(), place, property));
  return {};
}

}  // namespace sluice::timeseries::properties
