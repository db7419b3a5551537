// SPDX-License-Identifier: Apache-2.0
// JsonValue: a JSON value as Gson's JsonElement: numbers keep their text, objects the order of their names, of which
// the last value counts. Reading it as something else follows JsonElement's getAs..() with their exceptions. One
// thread. Source of truth: Gson 2.2.4 and 2.8.9.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "timeseries/request/java_fault.h"
#include "timeseries/request/json_reader.h"

namespace sluice::timeseries {

class JsonValue {
 public:
  enum class Kind : uint8_t { kNull, kBoolean, kNumber, kString, kArray, kObject };
  using Member = std::pair<std::string, JsonValue>;

  JsonValue() = default;
  static JsonValue of_string(std::string text) { return {Kind::kString, std::move(text)}; }
  static JsonValue of_number(std::string text) { return {Kind::kNumber, std::move(text)}; }

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::kNull; }
  bool is_array() const { return kind_ == Kind::kArray; }
  bool is_object() const { return kind_ == Kind::kObject; }
  bool is_primitive() const { return kind_ != Kind::kNull && kind_ < Kind::kArray; }
  // Of kNumber and kString; "true" or "false".
  const std::string& text() const { return text_; }
  const std::vector<JsonValue>& items() const { return items_; }
  const std::vector<Member>& members() const { return members_; }
  // Nullptr when there is no such member.
  const JsonValue* find(std::string_view name) const;

  // getAsString() and so on: an array of one element stands for the element.
  Java<std::string> as_string() const;
  Java<int64_t> as_long() const;
  Java<int32_t> as_int() const;
  Java<double> as_double() const;
  Java<bool> as_boolean() const;

  // JsonElement.toString().
  std::string to_json() const;

 private:
  friend bool read_value(JsonReader& reader, JsonValue& value);
  JsonValue(Kind kind, std::string text) : kind_(kind), text_(std::move(text)) {}
  // The primitive that getAs..() looks at.
  Java<const JsonValue*> primitive() const;
  void append_json(std::string& json) const;

  Kind kind_ = Kind::kNull;
  std::string text_;
  std::vector<JsonValue> items_;
  std::vector<Member> members_;
};

// Reads the next value of the reader; false: the reader's fault().
bool read_value(JsonReader& reader, JsonValue& value);
// JsonParser.parseString(): one document, leniently; nothing is null. What is no UTF-8 becomes U+FFFD. Faults: kSyntax
// (answers 400), kOther (500).
Java<JsonValue> parse_document(std::string_view text, Compat compat);

}  // namespace sluice::timeseries
