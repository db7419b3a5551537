// SPDX-License-Identifier: Apache-2.0
#include "base/text_pattern.h"

namespace sluice {

bool match_pattern(std::string_view pattern, std::string_view text, PatternParts& parts) {
  size_t part = 0;
  for (size_t at = pattern.find('%');; at = pattern.find('%')) {
    const std::string_view literal = pattern.substr(0, at);
    if (!text.starts_with(literal)) return false;
    text.remove_prefix(literal.size());
    if (at == std::string_view::npos) return text.empty();
    pattern.remove_prefix(at + 1);
    const std::string_view next = pattern.substr(0, pattern.find('%'));
    size_t end = next.empty() ? text.size() : text.find(next);
    // The last literal is the end of the text.
    if (!next.empty() && next.size() == pattern.size()) end = text.rfind(next);
    if (end == std::string_view::npos) return false;
    if (part < kMaxPatternParts) parts[part++] = text.substr(0, end);
    text.remove_prefix(end);
  }
}

std::string fill_pattern(std::string_view form, const PatternParts& parts) {
  std::string text;
  for (size_t i = 0; i < form.size(); ++i) {
    const bool part = form[i] == '$' && i + 1 < form.size() && form[i + 1] >= '1' && form[i + 1] <= '3';
    if (part)
      text += parts[static_cast<size_t>(form[++i] - '1')];
    else
      text += form[i];
  }
  return text;
}

}  // namespace sluice
