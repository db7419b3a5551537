// SPDX-License-Identifier: Apache-2.0
#include "kernel/s3_pattern.h"

#include <charconv>

namespace sluice::kernel {
namespace {

constexpr size_t kMaxChoices = 1000;
constexpr size_t kMaxSteps = 1 << 20;  // of one comparison: stars make many

// "1..3" -> 1, 2, 3; anything else as it is.
void add_range(std::string_view part, std::vector<std::string>& parts) {
  const size_t dots = part.find("..");
  long first = 0, last = 0;
  const auto number = [](std::string_view text, long& value) {
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
    return !text.empty() && end.ec == std::errc() && end.ptr == text.data() + text.size();
  };
  if (dots == std::string_view::npos || !number(part.substr(0, dots), first) || !number(part.substr(dots + 2), last)) {
    parts.emplace_back(part);
    return;
  }
  const long step = first <= last ? 1 : -1;
  for (long value = first;; value += step) {
    if (parts.size() >= kMaxChoices) return;
    parts.push_back(std::to_string(value));
    if (value == last) return;
  }
}

// Where the brace at `open` is closed; npos: nowhere.
size_t closing_brace(std::string_view text, size_t open) {
  size_t depth = 0;
  for (size_t i = open; i < text.size(); ++i) {
    if (text[i] == '{') ++depth;
    if (text[i] == '}' && --depth == 0) return i;
  }
  return std::string_view::npos;
}

void expand(const std::string& text, std::vector<std::string>& out) {
  if (out.size() >= kMaxChoices) return;
  const size_t open = text.find('{');
  const size_t close = open == std::string::npos ? open : closing_brace(text, open);
  if (close == std::string::npos) {
    out.push_back(text);
    return;
  }
  std::vector<std::string> parts;
  size_t begin = open + 1;
  size_t depth = 0;
  for (size_t i = open + 1; i <= close; ++i) {
    if (text[i] == '{') ++depth;
    if (i < close && text[i] == '}') --depth;
    if (i == close || (text[i] == ',' && depth == 0)) {
      add_range(std::string_view(text).substr(begin, i - begin), parts);
      begin = i + 1;
    }
  }
  for (const std::string& part : parts) expand(text.substr(0, open) + part + text.substr(close + 1), out);
}

class Match {
 public:
  Match(std::string_view pattern, std::string_view key) : pattern_(pattern), key_(key) {}
  bool from(size_t p, size_t k) {
    while (p < pattern_.size()) {
      if (++steps_ > kMaxSteps) return false;
      const char c = pattern_[p];
      if (c == '*') {
        const bool deep = pattern_.substr(p).starts_with("**");
        p += deep ? 2 : 1;
        for (size_t end = k;; ++end) {
          if (from(p, end)) return true;
          if (end == key_.size() || (!deep && key_[end] == '/')) return false;
        }
      }
      if (k == key_.size()) return false;
      if (c == '?') {
        if (key_[k] == '/') return false;
      } else if (c == '[') {
        const size_t close = pattern_.find(']', p + 2);
        if (close == std::string_view::npos || !in_set(pattern_.substr(p + 1, close - p - 1), key_[k])) return false;
        p = close;
      } else if (c != key_[k]) {
        return false;
      }
      ++p;
      ++k;
    }
    return k == key_.size();
  }

 private:
  static bool in_set(std::string_view set, char wanted) {
    const bool inverted = !set.empty() && (set[0] == '!' || set[0] == '^');
    if (inverted) set.remove_prefix(1);
    bool found = false;
    for (size_t i = 0; i < set.size(); ++i) {
      if (i + 2 < set.size() && set[i + 1] == '-') {
        found = found || (set[i] <= wanted && wanted <= set[i + 2]);
        i += 2;
      } else {
        found = found || set[i] == wanted;
      }
    }
    return found != inverted && wanted != '/';
  }

  const std::string_view pattern_;
  const std::string_view key_;
  size_t steps_ = 0;
};

}  // namespace

S3Pattern::S3Pattern(std::string text) : text_(std::move(text)) { expand(text_, choices_); }

bool S3Pattern::matches(std::string_view key) const {
  for (const std::string& choice : choices_) {
    if (Match(choice, key).from(0, 0)) return true;
  }
  return false;
}

}  // namespace sluice::kernel
