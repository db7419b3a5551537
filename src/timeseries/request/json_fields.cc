// SPDX-License-Identifier: Apache-2.0
#include "timeseries/request/json_fields.h"

#include <strings.h>

#include "timeseries/request/java_numbers.h"

namespace sluice::timeseries {
namespace {

using Kind = JsonValue::Kind;

constexpr std::string_view kUnits[] = {"MILLISECONDS", "SECONDS", "MINUTES", "HOURS",
                                       "DAYS",         "WEEKS",   "MONTHS",  "YEARS"};

std::string_view token_name(const JsonValue& value) {
  switch (value.kind()) {
    case Kind::kNull:
      return "NULL";
    case Kind::kBoolean:
      return "BOOLEAN";
    case Kind::kNumber:
      return "NUMBER";
    case Kind::kString:
      return "STRING";
    case Kind::kArray:
      return "BEGIN_ARRAY";
    case Kind::kObject:
      return "BEGIN_OBJECT";
  }
  return "";
}

tl::unexpected<Fault> unexpected(std::string_view wanted, const JsonValue& value, const JsonPlace& place) {
  std::string text = "Expected " + std::string(wanted) + " but was " + std::string(token_name(value));
  if (place.compat == Compat::kV14) text += " at path " + place.path;
  return raise(wrapped_in_syntax({FaultClass::kIllegalState, std::move(text), {}}));
}

bool number_or_text(const JsonValue& value) { return value.kind() == Kind::kNumber || value.kind() == Kind::kString; }

template <typename T>
Java<T> wrapped(Java<T> result) {
  if (!result) return raise(wrapped_in_syntax(result.error()));
  return result;
}

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

Java<bool> read_boolean(const JsonValue& value, const JsonPlace& place) {
  if (value.kind() != Kind::kBoolean && value.kind() != Kind::kString) return unexpected("BOOLEAN", value, place);
  return value.as_boolean();
}

Java<int32_t> read_int(const JsonValue& value, const JsonPlace& place) {
  if (!number_or_text(value)) return unexpected("NUMBER", value, place);
  return wrapped(value.as_int());
}

Java<int64_t> read_long(const JsonValue& value, const JsonPlace& place) {
  if (!number_or_text(value)) return unexpected("NUMBER", value, place);
  return wrapped(value.as_long());
}

Java<double> read_double(const JsonValue& value, const JsonPlace& place) {
  if (!number_or_text(value)) return unexpected("NUMBER", value, place);
  return value.as_double();
}

Java<std::string> read_text(const JsonValue& value, const JsonPlace& place) {
  if (value.is_primitive()) return value.text();
  return unexpected("STRING", value, place);
}

Java<std::string> read_name(const JsonValue& value, const JsonPlace& place) {
  if (number_or_text(value)) return value.text();
  return unexpected("STRING", value, place);
}

Java<std::string> read_loose_text(const JsonValue& value) {
  auto text = value.as_string();
  if (!text && text.error().what == FaultClass::kIllegalState) return raise(wrapped_in_syntax(text.error()));
  return text;
}

Java<const std::vector<JsonValue>*> read_array(const JsonValue& value, const JsonPlace& place) {
  if (!value.is_array()) return unexpected("BEGIN_ARRAY", value, place);
  return &value.items();
}

Java<const std::vector<JsonValue::Member>*> read_object(const JsonValue& value, const JsonPlace& place) {
  if (!value.is_object()) return unexpected("BEGIN_OBJECT", value, place);
  return &value.members();
}

Java<TimeUnit> read_unit(const JsonValue& value) {
  const std::string text = TRY(read_loose_text(value));
  for (size_t i = 0; i < std::size(kUnits); ++i)
    if (same(text, kUnits[i])) return static_cast<TimeUnit>(i);
  std::string message = text + " is not a valid time unit, must be one of ";
  for (const std::string_view unit : kUnits) message.append(unit).append(",");
  message.pop_back();
  return raise(FaultClass::kValidation, std::move(message));
}

Java<size_t> read_choice(const JsonValue& value, const std::vector<std::string_view>& names) {
  const std::string text = TRY(read_loose_text(value));
  for (size_t i = 0; i < names.size(); ++i)
    if (same(text, names[i])) return i;
  std::string message = text + " is not a valid trim type, must be ";
  for (size_t i = 0; i < names.size(); ++i) {
    message.append("'").append(names[i]).append("'");
    if (i + 2 < names.size())
      message += ", ";
    else
      message += i + 1 < names.size() ? " or " : ".";
  }
  return raise(FaultClass::kValidation, std::move(message));
}

}  // namespace sluice::timeseries
