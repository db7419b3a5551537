// SPDX-License-Identifier: Apache-2.0
// The text of an array, map or struct as its parts: [1, 2, null], {"k":1}, {"f1":1, "f2":"x"}, {1, "x"}. Strings may
// stand in ' or " or in none; brackets inside a part belong to it. Pure functions: no thread rule.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::functions {

// Nothing for NULL, which is a null without quotes.
using TextPart = std::optional<std::string>;

// The elements between [ and ]; false for other text.
bool split_array(std::string_view text, std::vector<TextPart>& elements);

struct TextPair {
  TextPart key;
  TextPart value;
  bool has_key = false;  // a colon was there
};
// What stands between { and }, with keys or without; false for other text.
bool split_braces(std::string_view text, std::vector<TextPair>& pairs);

}  // namespace sluice::functions
