// SPDX-License-Identifier: Apache-2.0
// What values a system variable takes: parsing, ranges, character sets. Pure functions: no thread rule.
// Rules are MySQL's (reference manual, "SET Syntax for Variable Assignment"), but numbers may be written as strings, as
// Doris allows.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "session/variables.h"

namespace sluice::session {

struct Coerced {
  VariableValue value;
  std::string warning;  // text of warning 1292 when a number was clamped into the variable's range
};

// `value` as the variable holds it. Errors: 1231 wrong value, 1232 wrong type, 1115 unknown character set, 1273 unknown
// collation.
Result<Coerced> coerce(const VariableDefinition& variable, const VariableValue& value);
// The value that default_text stands for.
VariableValue default_value(const VariableDefinition& variable);

bool known_charset(std::string_view name);
// The collation a character set brings with it; the server's own for utf8mb4.
std::string default_collation(std::string_view charset);
std::string charset_of_collation(std::string_view collation);

}  // namespace sluice::session
