// SPDX-License-Identifier: Apache-2.0
// The part of JsonReader that reads tokens and skips what is between them; json_reader.cc finds out what they are.
#include <algorithm>
#include <charconv>

#include "timeseries/request/java_numbers.h"
#include "timeseries/request/json_reader.h"

namespace sluice::timeseries {
namespace {

void append_utf8(std::string& text, uint32_t code) {
  if (code < 0x80) {
    text += static_cast<char>(code);
    return;
  }
  if (code < 0x800) {
    text += static_cast<char>(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      text += static_cast<char>(0xE0 | code >> 12);
    } else {
      text += static_cast<char>(0xF0 | code >> 18);
      text += static_cast<char>(0x80 | (code >> 12 & 0x3F));
    }
    text += static_cast<char>(0x80 | (code >> 6 & 0x3F));
  }
  text += static_cast<char>(0x80 | (code & 0x3F));
}

bool is_high(uint32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low(uint32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

}  // namespace

bool JsonReader::begin(bool object) {
  const Peeked peeked = next_peeked();
  if (peeked != (object ? kPeekedBeginObject : kPeekedBeginArray))
    return unexpected(object ? "BEGIN_OBJECT" : "BEGIN_ARRAY");
  if (!push(object)) return false;
  if (!object) top().index = 0;
  return true;
}

// Gson starts to count the elements of an array anew, but neither members of objects nor the elements of arrays that it
// skips: their place in messages is what was left at that depth.
bool JsonReader::push(bool object) {
  if (depth_ > kMaxDepth)
    return wrong(FaultClass::kMalformed, "JSON is nested more than " + std::to_string(kMaxDepth) + " deep");
  if (depth_ == frames_.size()) frames_.emplace_back();
  ++depth_;
  top().scope = object ? kEmptyObject : kEmptyArray;
  top().named = false;
  peeked_ = kPeekedNone;
  return true;
}

bool JsonReader::end(bool object) {
  const Peeked peeked = next_peeked();
  if (peeked != (object ? kPeekedEndObject : kPeekedEndArray)) return unexpected(object ? "END_OBJECT" : "END_ARRAY");
  --depth_;
  ++top().index;
  peeked_ = kPeekedNone;
  return true;
}

bool JsonReader::read_name(std::string& name) {
  switch (next_peeked()) {
    case kPeekedUnquotedName:
      return read_unquoted(name);
    case kPeekedSingleQuotedName:
      return read_quoted('\'', name);
    case kPeekedDoubleQuotedName:
      return read_quoted('"', name);
    default:
      return unexpected("a name");
  }
}

bool JsonReader::next_name(std::string& name) {
  if (!read_name(name)) return false;
  peeked_ = kPeekedNone;
  top().named = true;
  top().name = name;
  return true;
}

bool JsonReader::next_key(std::string& name) {
  if (!read_name(name)) return false;
  peeked_ = kPeekedNone;
  ++top().index;
  return true;
}

bool JsonReader::next_string(std::string& value) {
  if (!read_number_text(value, "a string")) return false;
  peeked_ = kPeekedNone;
  ++top().index;
  return true;
}

bool JsonReader::read_number_text(std::string& value, std::string_view wanted) {
  switch (next_peeked()) {
    case kPeekedUnquoted:
      return read_unquoted(value);
    case kPeekedSingleQuoted:
      return read_quoted('\'', value);
    case kPeekedDoubleQuoted:
      return read_quoted('"', value);
    case kPeekedLong:
      value.assign(text_, position_ - number_length_, number_length_);
      // A long goes through its value: only -0 of 2.2.4 looks different after that.
      if (value == "-0") value = "0";
      return true;
    case kPeekedNumber:
      value.assign(text_, position_, number_length_);
      position_ += number_length_;
      return true;
    default:
      return unexpected(wanted);
  }
}

bool JsonReader::next_boolean(bool& value) {
  const Peeked peeked = next_peeked();
  if (peeked != kPeekedTrue && peeked != kPeekedFalse) return unexpected("a boolean");
  value = peeked == kPeekedTrue;
  peeked_ = kPeekedNone;
  ++top().index;
  return true;
}

bool JsonReader::next_null() {
  if (next_peeked() != kPeekedNull) return unexpected("null");
  peeked_ = kPeekedNone;
  ++top().index;
  return true;
}

bool JsonReader::next_long(int64_t& value) {
  const Peeked peeked = next_peeked();
  if (peeked == kPeekedUnquoted && compat_ == Compat::kV13) return unexpected("a long");
  std::string text;
  if (!read_number_text(text, "a long")) return false;
  const auto whole = parse_long(text);
  if (whole && peeked != kPeekedNumber) {
    value = *whole;
  } else {
    const auto number = parse_double(text);
    if (!number) return wrong(FaultClass::kNumberFormat, *number.error().message);
    value = to_long(*number);
    if (static_cast<double>(value) != *number)
      return wrong(FaultClass::kNumberFormat, "Expected a long but was " + text + location());
  }
  peeked_ = kPeekedNone;
  ++top().index;
  return true;
}

bool JsonReader::next_int(int32_t& value) {
  const Peeked peeked = next_peeked();
  if (peeked == kPeekedUnquoted && compat_ == Compat::kV13) return unexpected("an int");
  std::string text;
  if (!read_number_text(text, "an int")) return false;
  const auto whole = parse_int(text);
  if (whole && peeked != kPeekedNumber) {
    value = *whole;
  } else {
    const auto number = parse_double(text);
    if (!number) return wrong(FaultClass::kNumberFormat, *number.error().message);
    value = to_int(*number);
    if (value != *number) return wrong(FaultClass::kNumberFormat, "Expected an int but was " + text + location());
  }
  peeked_ = kPeekedNone;
  ++top().index;
  return true;
}

bool JsonReader::skip_value() {
  std::string ignored;
  size_t open = 0;
  do {
    switch (next_peeked()) {
      case kPeekedBeginArray:
      case kPeekedBeginObject:
        if (!push(peeked_ == kPeekedBeginObject)) return false;
        ++open;
        continue;
      case kPeekedEndArray:
      case kPeekedEndObject:
        if (open == 0) return unexpected("a value");
        --depth_;
        --open;
        break;
      case kPeekedUnquotedName:
      case kPeekedUnquoted:
        if (!read_unquoted(ignored)) return false;
        break;
      case kPeekedSingleQuoted:
      case kPeekedSingleQuotedName:
        if (!read_quoted('\'', ignored)) return false;
        break;
      case kPeekedDoubleQuoted:
      case kPeekedDoubleQuotedName:
        if (!read_quoted('"', ignored)) return false;
        break;
      case kPeekedNumber:
        position_ += number_length_;
        break;
      case kPeekedFault:
        return false;
      default:
        break;
    }
    peeked_ = kPeekedNone;
  } while (open != 0);
  ++top().index;
  top().named = true;
  top().name = "null";
  return true;
}

bool JsonReader::read_quoted(char quote, std::string& value) {
  value.clear();
  uint32_t high = 0;  // half of a pair of escapes
  while (true) {
    size_t end = position_;
    while (end < text_.size() && text_[end] != quote && text_[end] != '\\') ++end;
    if (high != 0 && end < text_.size() && (end > position_ || text_[end] == quote)) {
      value += '?';
      high = 0;
    }
    value.append(text_, position_, end - position_);
    position_ = end;
    if (end == text_.size()) return last_ ? syntax_error("Unterminated string") : wrong(FaultClass::kNeedMore, "");
    ++position_;
    if (text_[end] == quote) return true;
    if (!read_escape(value, high)) return false;
  }
}

bool JsonReader::read_escape(std::string& value, uint32_t& high) {
  if (!available(position_)) return failed_ ? false : syntax_error("Unterminated escape sequence");
  const char c = text_[position_++];
  uint32_t unit = static_cast<unsigned char>(c);
  switch (c) {
    case 'u': {
      if (!available(position_ + 3)) return failed_ ? false : syntax_error("Unterminated escape sequence");
      const std::string_view digits = text_.substr(position_, 4);
      unit = 0;
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + 4, unit, 16);
      if (error != std::errc() || end != digits.data() + 4)
        return wrong(FaultClass::kNumberFormat, "\\u" + std::string(digits));
      position_ += 4;
      break;
    }
    case 't':
      unit = '\t';
      break;
    case 'b':
      unit = '\b';
      break;
    case 'n':
      unit = '\n';
      break;
    case 'r':
      unit = '\r';
      break;
    case 'f':
      unit = '\f';
      break;
    case '\n':
    case '\'':
    case '"':
    case '\\':
    case '/':
      break;
    default:
      if (compat_ == Compat::kV14) return syntax_error("Invalid escape sequence");
  }
  if (high != 0) {
    if (is_low(unit)) {
      append_utf8(value, 0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00));
      high = 0;
      return true;
    }
    value += '?';
    high = 0;
  }
  if (is_high(unit))
    high = unit;
  else if (is_low(unit))
    value += '?';
  else if (c == 'u')
    append_utf8(value, unit);
  else
    value += static_cast<char>(unit);  // the first byte of a character; the others follow as they are
  return true;
}

bool JsonReader::read_unquoted(std::string& value) {
  size_t end = position_;
  while (end < text_.size() && is_literal(text_[end])) ++end;
  if (end == text_.size() && !last_) return wrong(FaultClass::kNeedMore, "");
  value.assign(text_, position_, end - position_);
  position_ = end;
  return !failed_;
}

// ---- white space and comments

int JsonReader::next_non_whitespace(bool fault_at_end) {
  while (available(position_)) {
    const char c = text_[position_++];
    if (c == '\n' || c == ' ' || c == '\r' || c == '\t') continue;
    if (c == '#') {
      if (!check_lenient()) return kWrong;
      skip_line();
      if (failed_) return kWrong;
      continue;
    }
    if (c != '/') return static_cast<unsigned char>(c);
    if (!available(position_)) return failed_ ? kWrong : '/';
    if (!check_lenient()) return kWrong;
    if (text_[position_] == '*') {
      ++position_;
      if (!skip_block_comment()) return kWrong;
    } else if (text_[position_] == '/') {
      ++position_;
      skip_line();
      if (failed_) return kWrong;
    } else {
      return '/';
    }
  }
  if (failed_) return kWrong;
  if (!fault_at_end) return kEnd;
  wrong(FaultClass::kEndOfInput, "End of input" + location());
  return kWrong;
}

bool JsonReader::skip_block_comment() {
  const size_t end = text_.find("*/", position_);
  if (end != std::string_view::npos) {
    position_ = end + 2;
    return true;
  }
  if (!last_) return wrong(FaultClass::kNeedMore, "");
  position_ = std::max(position_, text_.size() - 1);
  return syntax_error("Unterminated comment");
}

void JsonReader::skip_line() {
  const size_t end = text_.find_first_of("\r\n", position_);
  if (end == std::string_view::npos && !last_) wrong(FaultClass::kNeedMore, "");
  position_ = end == std::string_view::npos ? text_.size() : end + 1;
}

// ")]}'" and a new line before the document are no part of it.
void JsonReader::skip_prefix() {
  constexpr std::string_view kPrefix = ")]}'\n";
  if (next_non_whitespace(true) == kWrong) return;
  --position_;
  if (!text_.substr(position_).starts_with(kPrefix)) {
    if (text_[position_] == ')' && kPrefix.starts_with(text_.substr(position_)))
      available(position_ + kPrefix.size() - 1);
    return;
  }
  position_ += kPrefix.size();
  uncounted_newline_ = position_ - 1;
}

}  // namespace sluice::timeseries
