// SPDX-License-Identifier: Apache-2.0
// Moments by MySQL's format letters (%Y-%m-%d %H:%i:%s). Pure functions: no thread rule.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::functions {

// yyyy-MM-dd, yyyyMMdd and yyyy-MM-dd HH:mm:ss as letters; other formats as they are.
std::string_view letters_of_format(std::string_view format);

// Microseconds since 1970 as text. A letter of no meaning stands for itself.
std::string format_moment(int64_t micros, std::string_view format);

// The moment that text means; nothing when it does not follow the format. Text may be longer than the format, and
// shorter: what is not there counts as the smallest.
std::optional<int64_t> parse_moment(std::string_view text, std::string_view format);

// Which parts a format has.
struct FormatParts {
  bool date = false;
  bool time = false;
};
FormatParts parts_of_format(std::string_view format);

}  // namespace sluice::functions
