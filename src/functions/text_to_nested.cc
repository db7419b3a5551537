// SPDX-License-Identifier: Apache-2.0
#include "functions/text_to_nested.h"

namespace sluice::functions {
namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// The index of the first `wanted` outside of quotes and brackets from `from` on, or the end; nothing when quotes or
// brackets do not close.
std::optional<size_t> find_outside(std::string_view text, size_t from, char wanted) {
  int depth = 0;
  for (size_t i = from; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' || c == '\'') {
      size_t end = i + 1;
      while (end < text.size() && text[end] != c) end += text[end] == '\\' ? 2 : 1;
      if (end >= text.size()) return std::nullopt;
      i = end;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if (c == ']' || c == '}') {
      if (--depth < 0) return std::nullopt;
    } else if (c == wanted && depth == 0) {
      return i;
    }
  }
  return depth == 0 ? std::optional(text.size()) : std::nullopt;
}

std::string unescaped(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\'' || text[i + 1] == '\\'))
      ++i;
    result += text[i];
  }
  return result;
}

TextPart part_of(std::string_view text) {
  text = trimmed(text);
  const bool quoted = text.size() >= 2 && (text[0] == '"' || text[0] == '\'') && text.back() == text[0];
  if (quoted) return unescaped(text.substr(1, text.size() - 2));
  if (text.size() == 4) {
    std::string lower;
    for (char c : text) lower += static_cast<char>(c | 0x20);
    if (lower == "null") return std::nullopt;
  }
  return std::string(text);
}

// The parts between the outer brackets.
std::optional<std::vector<std::string_view>> parts_between(std::string_view text, char open, char close) {
  text = trimmed(text);
  if (text.size() < 2 || text.front() != open || text.back() != close) return std::nullopt;
  text = text.substr(1, text.size() - 2);
  std::vector<std::string_view> parts;
  if (trimmed(text).empty()) return parts;
  for (size_t from = 0;;) {
    auto end = find_outside(text, from, ',');
    if (!end) return std::nullopt;
    parts.push_back(text.substr(from, *end - from));
    if (*end == text.size()) return parts;
    from = *end + 1;
  }
}

}  // namespace

bool split_array(std::string_view text, std::vector<TextPart>& elements) {
  elements.clear();
  auto parts = parts_between(text, '[', ']');
  if (!parts) return false;
  for (const std::string_view& part : *parts) {
    // Nothing may stand before the last bracket only.
    if (trimmed(part).empty() && &part != &parts->back()) return false;
    elements.push_back(part_of(part));
  }
  return true;
}

bool split_braces(std::string_view text, std::vector<TextPair>& pairs) {
  pairs.clear();
  auto parts = parts_between(text, '{', '}');
  if (!parts) return false;
  for (std::string_view part : *parts) {
    auto colon = find_outside(part, 0, ':');
    if (!colon) return false;
    TextPair pair;
    pair.has_key = *colon < part.size();
    if (pair.has_key) pair.key = part_of(part.substr(0, *colon));
    pair.value = part_of(pair.has_key ? part.substr(*colon + 1) : part);
    pairs.push_back(std::move(pair));
  }
  return true;
}

}  // namespace sluice::functions
