// SPDX-License-Identifier: Apache-2.0
// AnswerText: the text of an answer on its way to a sink: JSON as KairosDB writes it, held back at first so that a
// failure can still become an error of its own, then given away in pieces. One thread.
// Source of truth: org.json 20180130 (escaping) and KairosDB's data points' writeValueToJson.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "timeseries/points.h"

namespace sluice::timeseries {

// Takes the pieces of an answer. An error ends the query.
class AnswerSink {
 public:
  virtual ~AnswerSink() = default;
  virtual Status write(std::string_view piece) = 0;
};

class AnswerText {
 public:
  // `hold`: bytes before the first piece; `piece`: bytes of the later ones.
  AnswerText(AnswerSink& sink, size_t hold, size_t piece) : sink_(sink), limit_(hold), piece_(piece) {}

  void raw(std::string_view text) { text_ += text; }
  void string(std::string_view text);
  void number(int64_t value);
  // "[time,value]" of each, with a comma before it unless it is the first since start_values().
  // Fails where a value is no number that JSON knows.
  Status points(const Points& points);
  void start_values() { first_ = true; }

  // Gives a piece away when there is enough for one.
  Status flush() { return text_.size() < limit_ ? Status() : give(); }
  Status finish() { return text_.empty() ? Status() : give(); }
  uint64_t written() const { return written_ + text_.size(); }

 private:
  Status give();
  Status value(std::string& text, const Points& points, size_t i);

  AnswerSink& sink_;
  size_t limit_;
  const size_t piece_;
  std::string text_;
  uint64_t written_ = 0;
  bool first_ = true;
};

// Appends `text` between quotes. Bytes that are no UTF-8 become U+FFFD.
void append_answer_string(std::string& json, std::string_view text);

}  // namespace sluice::timeseries
