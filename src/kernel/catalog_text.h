// SPDX-License-Identifier: Apache-2.0
// Expressions and names of the kernel's catalog as text of our dialect: for SHOW CREATE, DESC and information_schema.
// Pure functions: no thread rule.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/sql_text.h"
#include "pch/pch.h"

namespace sluice::kernel {

// Text that the kernel printed, in the quoting of MySQL: "a" becomes `a`, backslashes in strings are doubled.
std::string dialect_text(std::string_view kernel_text);

// An expression of CHECK, DEFAULT, a generated column or an index, as it may be written: Doris' functions by their
// names and operators, not as the calls that trees have in their place.
std::string expression_text(const duckdb::ParsedExpression& expression);

// That of a generated column, without the cast to its type that the kernel puts around it.
std::string generated_text(const duckdb::ColumnDefinition& column);

// What a column's DEFAULT is, without the word.
struct DefaultText {
  std::string shown;      // as DESC shows it: 0, abc, CURRENT_TIMESTAMP
  std::string statement;  // as CREATE TABLE takes it: '0', 'abc', CURRENT_TIMESTAMP
};
// Nothing for no default and for DEFAULT NULL, which mean the same.
std::optional<DefaultText> default_text(const duckdb::ColumnDefinition& column);

}  // namespace sluice::kernel
