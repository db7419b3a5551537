// SPDX-License-Identifier: Apache-2.0
// The text side of the audit log: JSON lines and the masking of secrets.
#include <cstdio>
#include <ctime>

#include "session/audit.h"

namespace sluice::session {
namespace {

// Length of the valid UTF-8 character at the start of `text`, 0 when its bytes are none.
size_t utf8_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const auto follows = [&](size_t i, uint8_t low, uint8_t high) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1, 0x80, 0xBF) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const uint8_t low = first == 0xE0 ? 0xA0 : 0x80;
    const uint8_t high = first == 0xED ? 0x9F : 0xBF;
    return follows(1, low, high) && follows(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const uint8_t low = first == 0xF0 ? 0x90 : 0x80;
    const uint8_t high = first == 0xF4 ? 0x8F : 0xBF;
    return follows(1, low, high) && follows(2, 0x80, 0xBF) && follows(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

void append_string(std::string_view text, std::string& out) {
  out += '"';
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
      ++i;
    } else if (static_cast<uint8_t>(c) < 0x20) {
      if (c == '\n') {
        out += "\\n";
      } else if (c == '\t') {
        out += "\\t";
      } else {
        char escape[8];
        std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
        out += escape;
      }
      ++i;
    } else if (const size_t length = utf8_length(text.substr(i)); length > 0) {
      out.append(text, i, length);
      i += length;
    } else {
      out += "\xEF\xBF\xBD";  // U+FFFD for a byte that is no text
      ++i;
    }
  }
  out += '"';
}

void append_field(std::string_view key, std::string_view value, std::string& out) {
  if (value.empty()) return;
  ((out += ",\"") += key) += "\":";
  append_string(value, out);
}
void append_field(std::string_view key, uint64_t value, std::string& out) {
  if (value == 0) return;
  ((out += ",\"") += key) += "\":";
  out += std::to_string(value);
}

std::string_view event_name(AuditEntry::Event event) {
  switch (event) {
    case AuditEntry::Event::kStatement:
      return "statement";
    case AuditEntry::Event::kLogin:
      return "login";
    case AuditEntry::Event::kLogout:
      return "logout";
    case AuditEntry::Event::kLoad:
      return "load";
  }
  return "statement";
}

// "2026-03-01T12:00:00.123456Z"
void append_time(std::chrono::system_clock::time_point time, std::string& out) {
  const auto since_epoch = std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch());
  const auto seconds = static_cast<std::time_t>(std::chrono::floor<std::chrono::seconds>(since_epoch).count());
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char text[40];
  const size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  out.append(text, length);
  std::snprintf(text, sizeof text, ".%06dZ",
                static_cast<int>(since_epoch.count() - static_cast<int64_t>(seconds) * 1'000'000));
  out += text;
}

// ---- masking ----

struct Token {
  enum class Kind : uint8_t { kEnd, kWord, kString, kSymbol };
  Kind kind = Kind::kEnd;
  std::string_view text;  // of a string without its quotes, a closing one may be missing
  size_t begin = 0;       // positions in the statement, quotes included
  size_t end = 0;
};

bool word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == '$' || static_cast<uint8_t>(c) >= 0x80;
}

// Coarse tokens of SQL that need not parse: words, quoted texts, single symbols; comments are skipped.
class Tokens {
 public:
  explicit Tokens(std::string_view sql) : sql_(sql) {}

  Token next() {
    skip_blank();
    Token token;
    token.begin = at_;
    if (at_ >= sql_.size()) {
      token.end = at_;
      return token;
    }
    const char c = sql_[at_];
    if (c == '\'' || c == '"' || c == '`') {
      token.kind = Token::Kind::kString;
      size_t i = at_ + 1;
      while (i < sql_.size()) {
        if (sql_[i] == '\\' && c != '`') {
          i += 2;
        } else if (sql_[i] != c) {
          ++i;
        } else if (i + 1 < sql_.size() && sql_[i + 1] == c) {
          i += 2;
        } else {
          break;
        }
      }
      i = std::min(i, sql_.size());
      token.text = sql_.substr(at_ + 1, i - at_ - 1);
      at_ = std::min(i + 1, sql_.size());
    } else if (word_byte(c)) {
      token.kind = Token::Kind::kWord;
      size_t i = at_;
      while (i < sql_.size() && word_byte(sql_[i])) ++i;
      token.text = sql_.substr(at_, i - at_);
      at_ = i;
    } else {
      token.kind = Token::Kind::kSymbol;
      token.text = sql_.substr(at_, 1);
      ++at_;
    }
    token.end = at_;
    return token;
  }

 private:
  void skip_blank() {
    while (at_ < sql_.size()) {
      const char c = sql_[at_];
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        ++at_;
      } else if (sql_.compare(at_, 2, "/*") == 0 && sql_.compare(at_, 3, "/*!") != 0) {
        const size_t end = sql_.find("*/", at_ + 2);
        at_ = end == std::string_view::npos ? sql_.size() : end + 2;
      } else if (sql_.compare(at_, 2, "--") == 0) {
        const size_t end = sql_.find('\n', at_);
        at_ = end == std::string_view::npos ? sql_.size() : end + 1;
      } else {
        return;
      }
    }
  }

  std::string_view sql_;
  size_t at_ = 0;
};

std::string lower(std::string_view text) {
  std::string out(text.substr(0, 128));
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return out;
}

bool names_a_secret(const std::string& key) {
  for (const char* part : {"password", "passwd", "secret", "token", "credential", "access_key", "private_key"}) {
    if (key.find(part) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

std::string mask_secrets(std::string_view sql) {
  std::string out;
  size_t copied = 0;
  Tokens tokens(sql);
  bool after_identified = false;  // between IDENTIFIED and its literal
  bool after_by = false;          // ... past BY, AS or USING
  bool set_password = false;      // SET PASSWORD ... up to the end of the statement
  bool keyed = false;     // the last name met names a secret, and only '=', ':', '(' or a function name followed
  bool assigned = false;  // '=' was met since SET PASSWORD
  std::string before;     // the previous word
  for (Token token = tokens.next(); token.kind != Token::Kind::kEnd; token = tokens.next()) {
    if (token.kind == Token::Kind::kString) {
      const bool secret = (after_identified && after_by) || (set_password && assigned) || keyed;
      if (secret && sql[token.begin] != '`') {
        out.append(sql, copied, token.begin - copied);
        out += "'<secret>'";
        copied = token.end;
        after_identified = after_by = keyed = false;
      } else {
        keyed = names_a_secret(lower(token.text));
      }
      before.clear();
    } else if (token.kind == Token::Kind::kWord) {
      std::string word = lower(token.text);
      if (word == "identified") {
        after_identified = true;
        after_by = false;
      } else if (after_identified && (word == "by" || word == "as" || word == "using")) {
        after_by = true;
      } else if (word == "password" && before == "set") {
        set_password = true;
        assigned = false;
      }
      keyed = names_a_secret(word);
      before = std::move(word);
    } else {
      const char symbol = token.text[0];
      if (symbol == ';') {
        after_identified = after_by = set_password = assigned = false;
      } else if (symbol == '=') {
        assigned = true;
      } else if (symbol == ',' && after_by) {
        after_identified = after_by = false;
      }
      if (symbol != '=' && symbol != ':' && symbol != '(') keyed = false;
      before.clear();
    }
  }
  out.append(sql, copied, sql.size() - copied);
  return out;
}

void append_json(const AuditEntry& entry, std::string& out) {
  out += "{\"time\":\"";
  append_time(entry.started, out);
  out += "\",\"event\":\"";
  out += event_name(entry.event);
  out += '"';
  append_field("connection_id", entry.connection_id, out);
  append_field("user", entry.user, out);
  append_field("host", entry.host, out);
  append_field("door", entry.door, out);
  append_field("database", entry.database, out);
  append_field("query_id", entry.query_id, out);
  append_field("trace_id", entry.trace_id, out);
  append_field("statement", mask_secrets(entry.statement), out);
  out += ",\"duration_us\":";
  out += std::to_string(entry.duration.count());
  append_field("rows", entry.rows, out);
  append_field("bytes", entry.bytes, out);
  append_field("error_code", static_cast<uint64_t>(entry.error_code), out);
  append_field("error", entry.error, out);
  out += '}';
}

}  // namespace sluice::session
