// SPDX-License-Identifier: Apache-2.0
#include "timeseries/engine/answer_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "base/json_text.h"
#include "timeseries/engine/java_number.h"

namespace sluice::timeseries {
namespace {

// Bytes that are, or may begin, a character that is not written as it is.
constexpr std::array<bool, 256> kSpecial = [] {
  std::array<bool, 256> special{};
  for (size_t c = 0; c < 256; ++c) special[c] = c < 0x20 || c >= 0x80 || c == '"' || c == '\\' || c == '/';
  return special;
}();

void append_unit(std::string& json, uint32_t unit) {
  constexpr char kHex[] = "0123456789abcdef";
  json += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) json += kHex[unit >> shift & 0xF];
}

void append_control(std::string& json, char c) {
  switch (c) {
    case '\b':
      json += "\\b";
      break;
    case '\t':
      json += "\\t";
      break;
    case '\n':
      json += "\\n";
      break;
    case '\f':
      json += "\\f";
      break;
    case '\r':
      json += "\\r";
      break;
    default:
      append_unit(json, static_cast<unsigned char>(c));
  }
}

Status not_finite(const Points& points, size_t i) {
  const std::string text = java_double(points.double_value(i));
  return fail(Code::kFailedPrecondition, "NaN or Infinity:" + text + " data point=DoubleDataPoint{m_value=" + text +
                                             ", m_timestamp=" + std::to_string(points.time(i)) + "}");
}

// Times follow each other closely: the digits that a run of them shares are kept.
class TimeText {
 public:
  char* write(char* out, int64_t time) {
    constexpr int64_t kShared = 100'000'000;
    if (time < kShared) return write_long(out, time);
    if (length_ == 0 || time < base_ || time - base_ >= kShared) {
      base_ = time - time % kShared;
      length_ = static_cast<size_t>(write_long(prefix_, base_ / kShared) - prefix_);
    }
    std::memcpy(out, prefix_, sizeof prefix_);
    return write_eight_digits(out + length_, static_cast<uint32_t>(time - base_));
  }

 private:
  int64_t base_ = 0;
  char prefix_[16] = {};
  size_t length_ = 0;  // of the digits in prefix_; 0: none yet
};

}  // namespace

void append_answer_string(std::string& json, std::string_view text) {
  json += '"';
  size_t plain = 0;  // from there on nothing was written yet
  for (size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (!kSpecial[c]) {
      ++i;
      continue;
    }
    size_t length = 1;
    if (c >= 0x80) {
      length = utf8_sequence(text.substr(i));
      const auto byte = [&](size_t at) { return static_cast<uint32_t>(static_cast<unsigned char>(text[i + at])); };
      const bool control = length == 2 && c == 0xC2 && byte(1) < 0xA0;
      const bool punctuation = length == 3 && c == 0xE2 && byte(1) < 0x84;
      if (length != 0 && !control && !punctuation) {
        i += length;
        continue;
      }
      json.append(text, plain, i - plain);
      if (length == 0) json += "\xEF\xBF\xBD";
      if (control) append_unit(json, byte(1));
      if (punctuation) append_unit(json, 0x2000 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F));
      i += std::max<size_t>(length, 1);
      plain = i;
      continue;
    }
    if (c == '/' && (i == 0 || text[i - 1] != '<')) {
      ++i;
      continue;
    }
    json.append(text, plain, i - plain);
    if (c < 0x20) {
      append_control(json, text[i]);
    } else {
      json += '\\';
      json += text[i];
    }
    plain = ++i;
  }
  json.append(text, plain);
  json += '"';
}

void AnswerText::string(std::string_view text) { append_answer_string(text_, text); }

void AnswerText::number(int64_t value) {
  char text[kNumberChars];
  text_.append(text, write_long(text, value));
}

Status AnswerText::give() {
  TRY(sink_.write(text_));
  written_ += text_.size();
  text_.clear();
  limit_ = piece_;
  return {};
}

Status AnswerText::points(const Points& points) {
  // "[", time, ",", value, "]" and the comma before.
  constexpr size_t kMostChars = 56;
  TimeText times;
  const bool numbers =
      points.uniform() && (points.uniform_type() == PointType::kDouble || points.uniform_type() == PointType::kLong);
  if (!numbers) {
    for (size_t i = 0; i < points.size(); ++i) {
      if (!first_) text_ += ',';
      first_ = false;
      char text[kMostChars];
      text[0] = '[';
      char* end = times.write(text + 1, points.time(i));
      *end++ = ',';
      text_.append(text, end);
      TRY(value(text_, points, i));
      text_ += ']';
    }
    return flush();
  }
  const size_t before = text_.size();
  text_.resize(before + points.size() * kMostChars);
  char* out = text_.data() + before;
  const bool doubles = points.uniform_type() == PointType::kDouble;
  for (size_t i = 0; i < points.size(); ++i) {
    if (!first_) *out++ = ',';
    first_ = false;
    *out++ = '[';
    out = times.write(out, points.time(i));
    *out++ = ',';
    if (doubles) {
      const double number = points.double_value(i);
      if (!std::isfinite(number)) return not_finite(points, i);
      out = write_json_double(out, number);
    } else {
      out = write_long(out, points.long_value(i));
    }
    *out++ = ']';
  }
  text_.resize(static_cast<size_t>(out - text_.data()));
  return flush();
}

Status AnswerText::value(std::string& text, const Points& points, size_t i) {
  const auto add_double = [&](double number) {
    char chars[kNumberChars];
    text.append(chars, write_json_double(chars, number));
  };
  switch (points.type(i)) {
    case PointType::kString:
      append_answer_string(text, points.text(i));
      break;
    case PointType::kDouble:
      if (!std::isfinite(points.double_value(i))) return not_finite(points, i);
      add_double(points.double_value(i));
      break;
    case PointType::kNull:
      text += "null";
      break;
    case PointType::kComplex: {
      double parts[2];
      points.text(i).copy(reinterpret_cast<char*>(parts), sizeof parts);
      if (!std::isfinite(parts[0]) || !std::isfinite(parts[1]))
        return fail(Code::kFailedPrecondition, "org.json.JSONException: JSON does not allow non-finite numbers.");
      text += "{\"real\":";
      add_double(parts[0]);
      text += ",\"imaginary\":";
      add_double(parts[1]);
      text += '}';
      break;
    }
    default: {
      char chars[kNumberChars];
      text.append(chars, write_long(chars, points.long_value(i)));
    }
  }
  return {};
}

}  // namespace sluice::timeseries
