// SPDX-License-Identifier: Apache-2.0
#include "timeseries/request/java_fault.h"

#include "base/json_text.h"

namespace sluice::timeseries {
namespace {

std::string_view class_name(FaultClass what) {
  switch (what) {
    case FaultClass::kEndOfInput:
      return "java.io.EOFException";
    case FaultClass::kMalformed:
      return "com.google.gson.stream.MalformedJsonException";
    case FaultClass::kSyntax:
      return "com.google.gson.JsonSyntaxException";
    case FaultClass::kIllegalState:
      return "java.lang.IllegalStateException";
    case FaultClass::kNumberFormat:
      return "java.lang.NumberFormatException";
    case FaultClass::kIllegalArgument:
      return "java.lang.IllegalArgumentException";
    default:
      return "java.lang.RuntimeException";
  }
}

}  // namespace

std::string to_text(const Fault& fault) {
  std::string text(class_name(fault.what));
  if (fault.message) text.append(": ").append(*fault.message);
  return text;
}

Fault wrapped_in_syntax(const Fault& fault) { return {FaultClass::kSyntax, to_text(fault), {}}; }

std::string errors_json(const ParseOutcome& outcome) {
  std::string json = "{\"errors\":[";
  for (size_t i = 0; i < outcome.errors.size(); ++i) {
    if (i > 0) json += ',';
    if (outcome.errors[i])
      append_json_string(json, *outcome.errors[i]);
    else
      json += "null";
  }
  return json + "]}";
}

}  // namespace sluice::timeseries
