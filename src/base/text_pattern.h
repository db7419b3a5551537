// SPDX-License-Identifier: Apache-2.0
// Patterns of messages: '%' is any text, as short as what follows allows. Functions without state: any thread.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace sluice {

constexpr size_t kMaxPatternParts = 3;
// What stood for each '%', in order; views of the text.
using PatternParts = std::array<std::string_view, kMaxPatternParts>;

bool match_pattern(std::string_view pattern, std::string_view text, PatternParts& parts);

// `form` with $1, $2, $3 replaced by the parts.
std::string fill_pattern(std::string_view form, const PatternParts& parts);

}  // namespace sluice
