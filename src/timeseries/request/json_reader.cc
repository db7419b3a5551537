// SPDX-License-Identifier: Apache-2.0
#include "timeseries/request/json_reader.h"

#include <algorithm>
#include <cstring>

namespace sluice::timeseries {
namespace {

// Gson reads numbers inside its buffer: what does not fit is taken for an unquoted text.
constexpr size_t kGsonBuffer = 1024;

std::string_view token_name(JsonToken token) {
  constexpr std::string_view kNames[] = {"BEGIN_ARRAY", "END_ARRAY", "BEGIN_OBJECT", "END_OBJECT", "NAME",
                                         "STRING",      "NUMBER",    "BOOLEAN",      "NULL",       "END_DOCUMENT"};
  return token == JsonToken::kFault ? "END_DOCUMENT" : kNames[static_cast<size_t>(token)];
}

// How many UTF-16 units the whole characters of valid UTF-8 have.
size_t utf16_units(std::string_view text) {
  size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    units += ((byte & 0xC0) != 0x80) + (byte >= 0xF0);
  }
  return units;
}

}  // namespace

JsonReader::JsonReader(Compat compat) : compat_(compat) { frames_.emplace_back(); }

void JsonReader::set_text(std::string_view text, bool last) {
  text_ = text;
  last_ = last;
  if (failed_ && fault_.what == FaultClass::kNeedMore) {
    failed_ = false;
    if (peeked_ == kPeekedFault) peeked_ = kPeekedNone;
  }
}

void JsonReader::drop(size_t bytes) {
  const std::string_view gone = text_.substr(0, bytes);
  size_t line_start = 0;
  for (size_t at = gone.find('\n'); at != std::string_view::npos; at = gone.find('\n', at + 1)) {
    if (at == uncounted_newline_) continue;
    ++dropped_lines_;
    dropped_units_ = 0;
    line_start = at + 1;
  }
  dropped_units_ += utf16_units(gone.substr(line_start));
  uncounted_newline_ = std::string_view::npos;
  position_ -= bytes;
  text_.remove_prefix(bytes);
}

std::string JsonReader::location() const {
  const std::string_view read = text_.substr(0, position_);
  size_t lines = dropped_lines_;
  size_t units = dropped_units_;
  size_t line_start = 0;
  for (size_t at = read.find('\n'); at != std::string_view::npos; at = read.find('\n', at + 1)) {
    if (at == uncounted_newline_) continue;
    ++lines;
    units = 0;
    line_start = at + 1;
  }
  units += utf16_units(read.substr(line_start));
  std::string text = " at line " + std::to_string(lines + 1) + " column " + std::to_string(units + 1);
  if (compat_ == Compat::kV13) return text;
  text += " path $";
  for (size_t i = 0; i < depth_; ++i) {
    const Frame& frame = frames_[i];
    if (frame.scope == kEmptyArray || frame.scope == kNonemptyArray) {
      text.append("[").append(std::to_string(frame.index)).append("]");
    } else if (frame.scope <= kNonemptyObject) {
      text += '.';
      if (frame.named) text += frame.name;
    }
  }
  return text;
}

JsonReader::Mark JsonReader::mark() const {
  return {position_, peeked_, number_length_, depth_, top().scope, top().index, top().named ? top().name : ""};
}

void JsonReader::back_to(const Mark& mark) {
  position_ = mark.position;
  peeked_ = static_cast<Peeked>(mark.peeked);
  number_length_ = mark.number_length;
  depth_ = mark.depth;
  top().scope = static_cast<Scope>(mark.scope);
  top().index = mark.index;
  top().named = !mark.name.empty();
  top().name = mark.name;
}

void JsonReader::advance_to(size_t position, uint32_t values) {
  position_ = position;
  if (values == 0) return;
  top().scope = kNonemptyArray;
  top().index += values;
  if (depth_ == frames_.size()) frames_.emplace_back();
  frames_[depth_].index = 2;
}

// ---- faults

bool JsonReader::wrong(FaultClass what, std::string message) {
  if (!failed_) fault_ = {what, std::move(message), {}};
  failed_ = true;
  peeked_ = kPeekedFault;
  return false;
}

bool JsonReader::syntax_error(std::string_view message) {
  return wrong(FaultClass::kMalformed, std::string(message) + location());
}

bool JsonReader::unexpected(std::string_view wanted) {
  if (failed_) return false;
  return wrong(FaultClass::kIllegalState,
               "Expected " + std::string(wanted) + " but was " + std::string(token_name(peek())) + location());
}

bool JsonReader::check_lenient() {
  return lenient_ || syntax_error("Use JsonReader.setLenient(true) to accept malformed JSON");
}

bool JsonReader::available(size_t position) {
  if (position < text_.size()) return true;
  if (!last_) wrong(FaultClass::kNeedMore, "");
  return false;
}

// ---- what comes next

JsonToken JsonReader::peek() {
  switch (next_peeked()) {
    case kPeekedBeginObject:
      return JsonToken::kBeginObject;
    case kPeekedEndObject:
      return JsonToken::kEndObject;
    case kPeekedBeginArray:
      return JsonToken::kBeginArray;
    case kPeekedEndArray:
      return JsonToken::kEndArray;
    case kPeekedTrue:
    case kPeekedFalse:
      return JsonToken::kBoolean;
    case kPeekedNull:
      return JsonToken::kNull;
    case kPeekedSingleQuoted:
    case kPeekedDoubleQuoted:
    case kPeekedUnquoted:
      return JsonToken::kString;
    case kPeekedSingleQuotedName:
    case kPeekedDoubleQuotedName:
    case kPeekedUnquotedName:
      return JsonToken::kName;
    case kPeekedLong:
    case kPeekedNumber:
      return JsonToken::kNumber;
    case kPeekedEnd:
      return JsonToken::kEndDocument;
    default:
      return JsonToken::kFault;
  }
}

bool JsonReader::has_next() {
  const Peeked peeked = next_peeked();
  return peeked != kPeekedEndObject && peeked != kPeekedEndArray && peeked != kPeekedFault;
}

JsonReader::Peeked JsonReader::do_peek() {
  if (failed_) return kPeekedFault;
  const Scope scope = top().scope;
  switch (scope) {
    case kEmptyArray:
      top().scope = kNonemptyArray;
      break;
    case kNonemptyArray: {
      const int c = next_non_whitespace(true);
      if (c == ']') return set_peeked(kPeekedEndArray);
      if (c == ';' && !check_lenient()) return kPeekedFault;
      if (c != ';' && c != ',') {
        if (c != kWrong) syntax_error("Unterminated array");
        return kPeekedFault;
      }
      break;
    }
    case kEmptyObject:
    case kNonemptyObject:
      return peek_name(scope);
    case kDanglingName: {
      top().scope = kNonemptyObject;
      const int c = next_non_whitespace(true);
      if (c == '=') {
        if (!check_lenient()) return kPeekedFault;
        if (available(position_) && text_[position_] == '>') ++position_;
      } else if (c != ':') {
        if (c != kWrong) syntax_error("Expected ':'");
        return kPeekedFault;
      }
      break;
    }
    case kEmptyDocument:
      if (lenient_) skip_prefix();
      top().scope = kNonemptyDocument;
      break;
    case kNonemptyDocument: {
      const int c = next_non_whitespace(false);
      if (c == kEnd) return set_peeked(kPeekedEnd);
      if (c == kWrong || !check_lenient()) return kPeekedFault;
      --position_;
      break;
    }
  }
  return failed_ ? kPeekedFault : peek_value(scope);
}

JsonReader::Peeked JsonReader::peek_name(Scope scope) {
  top().scope = kDanglingName;
  if (scope == kNonemptyObject) {
    const int c = next_non_whitespace(true);
    if (c == '}') return set_peeked(kPeekedEndObject);
    if (c == ';' && !check_lenient()) return kPeekedFault;
    if (c != ';' && c != ',') {
      if (c != kWrong) syntax_error("Unterminated object");
      return kPeekedFault;
    }
  }
  const int c = next_non_whitespace(true);
  if (c == '"') return set_peeked(kPeekedDoubleQuotedName);
  if (c == kWrong) return kPeekedFault;
  if (c == '\'') return check_lenient() ? set_peeked(kPeekedSingleQuotedName) : kPeekedFault;
  if (c == '}') {
    if (scope == kEmptyObject) return set_peeked(kPeekedEndObject);
    syntax_error("Expected name");
    return kPeekedFault;
  }
  if (!check_lenient()) return kPeekedFault;
  --position_;
  if (is_literal(static_cast<char>(c))) return set_peeked(kPeekedUnquotedName);
  syntax_error("Expected name");
  return kPeekedFault;
}

JsonReader::Peeked JsonReader::peek_value(Scope scope) {
  const int c = next_non_whitespace(true);
  const bool in_array = scope == kEmptyArray || scope == kNonemptyArray;
  // Gson 2.2.4 takes only arrays and objects for documents when it is strict.
  const bool alone = compat_ == Compat::kV13 && depth_ == 1;
  switch (c) {
    case kWrong:
      return kPeekedFault;
    case ']':
      if (scope == kEmptyArray) return set_peeked(kPeekedEndArray);
      [[fallthrough]];
    case ';':
    case ',':
      // A missing element is null.
      if (!in_array) {
        syntax_error("Unexpected value");
        return kPeekedFault;
      }
      if (!check_lenient()) return kPeekedFault;
      --position_;
      return set_peeked(kPeekedNull);
    case '\'':
      return check_lenient() ? set_peeked(kPeekedSingleQuoted) : kPeekedFault;
    case '"':
      if (alone && !check_lenient()) return kPeekedFault;
      return set_peeked(kPeekedDoubleQuoted);
    case '[':
      return set_peeked(kPeekedBeginArray);
    case '{':
      return set_peeked(kPeekedBeginObject);
    default:
      --position_;
  }
  if (alone && !check_lenient()) return kPeekedFault;
  if (const Peeked peeked = peek_keyword(); peeked != kPeekedNone) return peeked;
  if (const Peeked peeked = peek_number(); peeked != kPeekedNone) return peeked;
  if (!is_literal(text_[position_])) {
    syntax_error("Expected value");
    return kPeekedFault;
  }
  return check_lenient() ? set_peeked(kPeekedUnquoted) : kPeekedFault;
}

JsonReader::Peeked JsonReader::peek_keyword() {
  std::string_view keyword;
  Peeked peeked = kPeekedNone;
  switch (text_[position_]) {
    case 't':
    case 'T':
      keyword = "true";
      peeked = kPeekedTrue;
      break;
    case 'f':
    case 'F':
      keyword = "false";
      peeked = kPeekedFalse;
      break;
    case 'n':
    case 'N':
      keyword = "null";
      peeked = kPeekedNull;
      break;
    default:
      return kPeekedNone;
  }
  for (size_t i = 1; i < keyword.size(); ++i) {
    if (!available(position_ + i)) return failed_ ? kPeekedFault : kPeekedNone;
    const char c = text_[position_ + i];
    if (c != keyword[i] && c != keyword[i] - 'a' + 'A') return kPeekedNone;
  }
  if (available(position_ + keyword.size()) && is_literal(text_[position_ + keyword.size()])) return kPeekedNone;
  if (failed_) return kPeekedFault;
  position_ += keyword.size();
  return set_peeked(peeked);
}

JsonReader::Peeked JsonReader::peek_number() {
  enum { kNothing, kSign, kDigit, kDecimal, kFractionDigit, kExponentE, kExponentSign, kExponentDigit } last = kNothing;
  const char* rest = text_.data() + position_;
  bool negative = false;
  bool zero = false;  // the whole part is 0
  bool fits = true;   // in an int64, but for a sign
  uint64_t value = 0;
  size_t i = 0;
  for (;; ++i) {
    if (i == kGsonBuffer) return kPeekedNone;
    if (!available(position_ + i)) {
      if (failed_) return kPeekedFault;
      break;
    }
    const char c = rest[i];
    if (c >= '0' && c <= '9') {
      if (last == kNothing || last == kSign) {
        last = kDigit;
        zero = c == '0';
        value = static_cast<uint64_t>(c - '0');
      } else if (last == kDigit) {
        if (zero) return kPeekedNone;
        fits = fits && value <= (UINT64_MAX - 9) / 10;
        value = value * 10 + static_cast<uint64_t>(c - '0');
      } else if (last == kDecimal) {
        last = kFractionDigit;
      } else if (last == kExponentE || last == kExponentSign) {
        last = kExponentDigit;
      }
    } else if (c == '-' || c == '+') {
      if (c == '-' && last == kNothing) {
        negative = true;
        last = kSign;
      } else if (last == kExponentE) {
        last = kExponentSign;
      } else {
        return kPeekedNone;
      }
    } else if (c == 'e' || c == 'E') {
      if (last != kDigit && last != kFractionDigit) return kPeekedNone;
      last = kExponentE;
    } else if (c == '.') {
      if (last != kDigit) return kPeekedNone;
      last = kDecimal;
    } else if (is_literal(c)) {
      return kPeekedNone;
    } else if (failed_) {
      return kPeekedFault;
    } else {
      break;
    }
  }
  if (last != kDigit && last != kFractionDigit && last != kExponentDigit) return kPeekedNone;
  number_length_ = i;
  const uint64_t limit = static_cast<uint64_t>(INT64_MAX) + negative;
  // -0 is a long in 2.2.4, which makes it 0.
  const bool minus_zero = negative && value == 0 && compat_ == Compat::kV14;
  if (last != kDigit || !fits || value > limit || minus_zero) return set_peeked(kPeekedNumber);
  position_ += i;  // messages about a long name the place behind it, those about other numbers the place before
  return set_peeked(kPeekedLong);
}

bool JsonReader::is_literal(char c) {
  switch (c) {
    case '/':
    case '\\':
    case ';':
    case '#':
    case '=':
      check_lenient();
      [[fallthrough]];
    case '{':
    case '}':
    case '[':
    case ']':
    case ':':
    case ',':
    case ' ':
    case '\t':
    case '\f':
    case '\r':
    case '\n':
      return false;
    default:
      return true;
  }
}

}  // namespace sluice::timeseries
