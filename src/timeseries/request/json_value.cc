// SPDX-License-Identifier: Apache-2.0
#include "timeseries/request/json_value.h"

#include <unordered_map>

#include "timeseries/request/java_numbers.h"
#include "timeseries/request/utf8_input.h"

namespace sluice::timeseries {
namespace {

// Members of an object up to which looking at all of them is quick.
constexpr size_t kSmallObject = 32;

// As Gson's JsonWriter, which escapes less than other writers do.
void append_string(std::string& json, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  json += '"';
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    switch (c) {
      case '"':
      case '\\':
        json += '\\';
        json += c;
        break;
      case '\t':
        json += "\\t";
        break;
      case '\b':
        json += "\\b";
        break;
      case '\n':
        json += "\\n";
        break;
      case '\r':
        json += "\\r";
        break;
      case '\f':
        json += "\\f";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          json.append("\\u00").append(1, kHex[c >> 4]).append(1, kHex[c & 15]);
        } else if (text.substr(i).starts_with("\xE2\x80\xA8") || text.substr(i).starts_with("\xE2\x80\xA9")) {
          json += text[i + 2] == '\xA8' ? "\\u2028" : "\\u2029";
          i += 2;
        } else {
          json += c;
        }
    }
  }
  json += '"';
}

bool is_true(std::string_view text) {
  constexpr std::string_view kTrue = "true";
  if (text.size() != kTrue.size()) return false;
  for (size_t i = 0; i < kTrue.size(); ++i)
    if ((text[i] | 0x20) != kTrue[i]) return false;
  return true;
}

}  // namespace

const JsonValue* JsonValue::find(std::string_view name) const {
  for (const auto& [key, value] : members_)
    if (key == name) return &value;
  return nullptr;
}

Java<const JsonValue*> JsonValue::primitive() const {
  const JsonValue* value = this;
  while (value->is_array()) {
    if (value->items_.size() != 1) return raise(FaultClass::kIllegalState, std::nullopt);
    value = &value->items_[0];
  }
  if (value->is_null()) return raise(FaultClass::kOther, "JsonNull");
  if (value->is_object()) return raise(FaultClass::kOther, "JsonObject");
  return value;
}

Java<std::string> JsonValue::as_string() const { return TRY(primitive())->text_; }

Java<int64_t> JsonValue::as_long() const {
  const JsonValue* value = TRY(primitive());
  return value->kind_ == Kind::kNumber ? number_as_long(value->text_) : parse_long(value->text_);
}

Java<int32_t> JsonValue::as_int() const {
  const JsonValue* value = TRY(primitive());
  return value->kind_ == Kind::kNumber ? number_as_int(value->text_) : parse_int(value->text_);
}

Java<double> JsonValue::as_double() const { return parse_double(TRY(primitive())->text_); }

Java<bool> JsonValue::as_boolean() const { return is_true(TRY(primitive())->text_); }

std::string JsonValue::to_json() const {
  std::string json;
  append_json(json);
  return json;
}

void JsonValue::append_json(std::string& json) const {
  switch (kind_) {
    case Kind::kNull:
      json += "null";
      break;
    case Kind::kBoolean:
    case Kind::kNumber:
      json += text_;
      break;
    case Kind::kString:
      append_string(json, text_);
      break;
    case Kind::kArray:
      json += '[';
      for (size_t i = 0; i < items_.size(); ++i) {
        if (i > 0) json += ',';
        items_[i].append_json(json);
      }
      json += ']';
      break;
    case Kind::kObject:
      json += '{';
      for (size_t i = 0; i < members_.size(); ++i) {
        if (i > 0) json += ',';
        append_string(json, members_[i].first);
        json += ':';
        members_[i].second.append_json(json);
      }
      json += '}';
  }
}

bool read_value(JsonReader& reader, JsonValue& value) {
  using Kind = JsonValue::Kind;
  value = JsonValue();
  switch (reader.peek()) {
    case JsonToken::kString:
      value.kind_ = Kind::kString;
      return reader.next_string(value.text_);
    case JsonToken::kNumber:
      value.kind_ = Kind::kNumber;
      return reader.next_string(value.text_);
    case JsonToken::kBoolean: {
      value.kind_ = Kind::kBoolean;
      bool is = false;
      if (!reader.next_boolean(is)) return false;
      value.text_ = is ? "true" : "false";
      return true;
    }
    case JsonToken::kNull:
      return reader.next_null();
    case JsonToken::kBeginArray:
      value.kind_ = Kind::kArray;
      if (!reader.begin_array()) return false;
      while (reader.has_next())
        if (!read_value(reader, value.items_.emplace_back())) return false;
      return reader.end_array();
    case JsonToken::kBeginObject: {
      value.kind_ = Kind::kObject;
      if (!reader.begin_object()) return false;
      std::string name;
      std::unordered_map<std::string, size_t> places;  // of large objects
      while (reader.has_next()) {
        if (!reader.next_name(name)) return false;
        size_t place = value.members_.size();
        if (place < kSmallObject) {
          for (size_t i = 0; i < value.members_.size() && place == value.members_.size(); ++i)
            if (value.members_[i].first == name) place = i;
        } else {
          if (places.empty())
            for (size_t i = 0; i < place; ++i) places.emplace(value.members_[i].first, i);
          place = places.emplace(name, place).first->second;
        }
        if (place == value.members_.size()) value.members_.emplace_back(name, JsonValue());
        if (!read_value(reader, value.members_[place].second)) return false;
      }
      return reader.end_object();
    }
    default:
      return reader.skip_value();  // no value here: makes the fault
  }
}

Java<JsonValue> parse_document(std::string_view text, Compat compat) {
  Utf8Input input;
  JsonReader reader(compat);
  reader.set_lenient(true);
  reader.set_text(input.feed(text, true), true);
  JsonValue value;
  if (reader.peek() == JsonToken::kFault && reader.fault().what == FaultClass::kEndOfInput) return value;
  const bool read = read_value(reader, value);
  if (read && value.is_null()) return value;
  if (read) {
    reader.set_lenient(false);
    const JsonToken token = reader.peek();
    if (token == JsonToken::kEndDocument) return value;
    if (token != JsonToken::kFault) return raise(FaultClass::kSyntax, "Did not consume the entire document.");
  }
  if (reader.fault().what == FaultClass::kOther) return raise(reader.fault());
  return raise(wrapped_in_syntax(reader.fault()));
}

}  // namespace sluice::timeseries
