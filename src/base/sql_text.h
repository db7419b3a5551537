// SPDX-License-Identifier: Apache-2.0
// Names and strings as SQL text of MySQL's quoting. Pure functions: no thread rule.
#pragma once

#include <string>
#include <string_view>

namespace sluice {

// `name`, with backticks inside doubled.
std::string quoted_name(std::string_view name);
// 'text', with quotes and backslashes escaped.
std::string quoted_string(std::string_view text);
// What a backslash and `c` mean in MySQL's strings and LOAD DATA: \n a line feed, \0 a zero byte, \x just x.
char unescaped(char c);

}  // namespace sluice
