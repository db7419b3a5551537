// SPDX-License-Identifier: Apache-2.0
// Fields of a JSON value as Gson reads them into Java's types (JsonTreeReader below the adapters of types), with its
// messages, which name the place since 1.4. Pure functions. Source of truth: Gson 2.2.4 and 2.8.9.
// A null never arrives here: Gson leaves fields alone that are null.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "timeseries/query.h"
#include "timeseries/request/json_value.h"

namespace sluice::timeseries {

// Where a value lies, for messages: "$.start_relative.value".
struct JsonPlace {
  Compat compat;
  std::string path = "$";

  JsonPlace member(std::string_view name) const { return {compat, path + "." + std::string(name)}; }
  JsonPlace element(size_t i) const { return {compat, path + "[" + std::to_string(i) + "]"}; }
};

// Faults are kSyntax (a 400) unless said otherwise.
Java<bool> read_boolean(const JsonValue& value, const JsonPlace& place);
Java<int32_t> read_int(const JsonValue& value, const JsonPlace& place);
Java<int64_t> read_long(const JsonValue& value, const JsonPlace& place);
// A text that is no number is a kNumberFormat, as Gson lets it through here.
Java<double> read_double(const JsonValue& value, const JsonPlace& place);
Java<std::string> read_text(const JsonValue& value, const JsonPlace& place);
// The text of an enum that Gson reads itself: strings and numbers only.
Java<std::string> read_name(const JsonValue& value, const JsonPlace& place);
// For types with an own deserializer: arrays of one element count as the element; objects are a kOther (a 500).
Java<std::string> read_loose_text(const JsonValue& value);

Java<const std::vector<JsonValue>*> read_array(const JsonValue& value, const JsonPlace& place);
Java<const std::vector<JsonValue::Member>*> read_object(const JsonValue& value, const JsonPlace& place);

// "days", whatever the case. An unknown one is a kValidation "x is not a valid time unit, ..".
Java<TimeUnit> read_unit(const JsonValue& value);
// One of names, whatever the case; unknown ones are a kValidation that lists them (as trim types, whatever they are).
Java<size_t> read_choice(const JsonValue& value, const std::vector<std::string_view>& names);

}  // namespace sluice::timeseries
