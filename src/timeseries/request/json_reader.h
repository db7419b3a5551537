// SPDX-License-Identifier: Apache-2.0
// JsonReader: a pull parser with the rules, oddities and messages of Gson's stream.JsonReader, strict or lenient
// (unquoted and single-quoted texts, NaN, comments, ';' for ',', '=' for ':', missing elements as null). Reads a span
// of UTF-8 that may still grow: tells "more is needed" apart from "wrong", and goes back to a mark. One thread. Source
// of truth: Gson 2.2.4 and 2.8.9 (Compat), whose messages clients see. Differs from Gson: nesting has a limit; lone
// surrogates of \u escapes become '?', as Java writes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "timeseries/compat.h"
#include "timeseries/request/java_fault.h"

namespace sluice::timeseries {

enum class JsonToken : uint8_t {
  kBeginArray,
  kEndArray,
  kBeginObject,
  kEndObject,
  kName,
  kString,
  kNumber,
  kBoolean,
  kNull,
  kEndDocument,
  kFault,  // see fault()
};

class JsonReader {
 public:
  static constexpr size_t kMaxDepth = 512;  // Java's stack ends at some thousands

  explicit JsonReader(Compat compat);

  // The bytes: `text` must begin with the bytes it began with before (it may lie elsewhere). `last`: no more will come.
  // Clears a kNeedMore; the caller goes back to a mark first.
  void set_text(std::string_view text, bool last);
  // Drops the first `bytes` bytes, all of which were read; set_text() follows.
  void drop(size_t bytes);

  void set_lenient(bool lenient) { lenient_ = lenient; }
  bool lenient() const { return lenient_; }

  // The kind of the next token. Gson's hasNext() is has_next(): false at the end of the array or object, and on faults.
  JsonToken peek();
  bool has_next();

  // Each reads one token; false: fault() says why, and nothing more can be read.
  bool begin_array() { return begin(false); }
  bool begin_object() { return begin(true); }
  bool end_array() { return end(false); }
  bool end_object() { return end(true); }
  bool next_name(std::string& name);
  // A name as the key of a map: it does not show in the path of messages.
  bool next_key(std::string& name);
  // Strings, and numbers as they are written.
  bool next_string(std::string& value);
  bool next_boolean(bool& value);
  bool next_null();
  bool next_long(int64_t& value);
  bool next_int(int32_t& value);
  // The next value whole.
  bool skip_value();

  // Makes a fault of kMalformed, for limits of the caller; false.
  bool refuse(std::string_view message) { return syntax_error(message); }

  // Why reading stopped: kNeedMore, kEndOfInput, kMalformed, kIllegalState, kNumberFormat; kMalformed beyond kMaxDepth
  // too.
  const Fault& fault() const { return fault_; }
  bool failed() const { return failed_; }
  // " at line 1 column 2", with " path $[0].name" in 1.4.
  std::string location() const;

  // A place to return to. Valid while the arrays and objects around it are open.
  struct Mark {
    size_t position;
    uint8_t peeked;
    size_t number_length;
    size_t depth;
    uint8_t scope;
    uint32_t index;
    std::string name;
  };
  Mark mark() const;
  void back_to(const Mark& mark);

  // For the reader of points, which looks at the bytes itself: the place of the next byte, in the text; only inside an
  // array and between its values. advance_to() says that `values` more pairs in the array end before `position`.
  size_t position() const { return position_; }
  bool between_values() const { return peeked_ == kPeekedNone; }
  bool at_first() const { return top().scope == kEmptyArray; }
  void advance_to(size_t position, uint32_t values);

 private:
  enum Peeked : uint8_t {
    kPeekedNone,
    kPeekedBeginObject,
    kPeekedEndObject,
    kPeekedBeginArray,
    kPeekedEndArray,
    kPeekedTrue,
    kPeekedFalse,
    kPeekedNull,
    kPeekedSingleQuoted,
    kPeekedDoubleQuoted,
    kPeekedUnquoted,
    kPeekedSingleQuotedName,
    kPeekedDoubleQuotedName,
    kPeekedUnquotedName,
    kPeekedLong,
    kPeekedNumber,
    kPeekedEnd,
    kPeekedFault,
  };
  enum Scope : uint8_t {
    kEmptyArray,
    kNonemptyArray,
    kEmptyObject,
    kDanglingName,
    kNonemptyObject,
    kEmptyDocument,
    kNonemptyDocument,
  };
  struct Frame {
    Scope scope = kEmptyDocument;
    bool named = false;
    uint32_t index = 0;
    std::string name;
  };

  Peeked next_peeked() { return peeked_ == kPeekedNone ? do_peek() : peeked_; }
  Peeked do_peek();
  Peeked peek_name(Scope scope);
  Peeked peek_value(Scope scope);
  Peeked peek_keyword();
  Peeked peek_number();
  Peeked set_peeked(Peeked peeked) { return peeked_ = peeked; }
  bool begin(bool object);
  bool push(bool object);
  bool end(bool object);
  bool read_name(std::string& name);
  bool read_quoted(char quote, std::string& value);
  bool read_unquoted(std::string& value);
  bool read_escape(std::string& value, uint32_t& high);
  bool read_number_text(std::string& value, std::string_view wanted);
  static constexpr int kEnd = -1;    // of the text
  static constexpr int kWrong = -2;  // a fault
  // The next character that is no white space and in no comment; kEnd or kWrong.
  int next_non_whitespace(bool fault_at_end);
  bool skip_block_comment();
  void skip_line();
  void skip_prefix();
  // Whether `c` belongs to an unquoted text; false with a fault where strict reading forbids it.
  bool is_literal(char c);
  bool check_lenient();
  // Whether the byte at `position` is there; false with a kNeedMore where it may still come.
  bool available(size_t position);
  bool wrong(FaultClass what, std::string message);
  bool syntax_error(std::string_view message);
  bool unexpected(std::string_view wanted);
  Frame& top() { return frames_[depth_ - 1]; }
  const Frame& top() const { return frames_[depth_ - 1]; }

  const Compat compat_;
  std::string_view text_;
  bool last_ = false;
  bool lenient_ = false;
  bool failed_ = false;
  size_t position_ = 0;
  Peeked peeked_ = kPeekedNone;
  size_t number_length_ = 0;   // of the number: a kPeekedLong ends at position_, a kPeekedNumber begins there
  std::vector<Frame> frames_;  // those above depth_ keep their memory
  size_t depth_ = 1;
  Fault fault_;
  // Of the bytes that were dropped: lines that ended, and UTF-16 units since.
  size_t dropped_lines_ = 0;
  size_t dropped_units_ = 0;
  size_t uncounted_newline_ = std::string_view::npos;  // that of Gson's "non-execute prefix"
};

}  // namespace sluice::timeseries
