// SPDX-License-Identifier: Apache-2.0
// How the kernel's types are called in DESC, SHOW COLUMNS, SHOW CREATE TABLE and information_schema.
// Pure functions: no thread rule. Source of truth for the names: DESC of a Doris 3 frontend; MySQL's where Doris has
// none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pch/pch.h"

namespace sluice::functions {

// "int", "decimal(15,2)", "array<text>": in lower case, accepted as a column type by our own dialect.
std::string type_name(const duckdb::LogicalType& type);

// The columns of information_schema.COLUMNS that follow from the type; nothing where MySQL has NULL.
struct TypeFacts {
  std::string data_type;                     // the name without sizes and "unsigned": "decimal"
  std::optional<int64_t> character_length;   // in characters
  std::optional<int64_t> octet_length;       // in bytes
  std::optional<int64_t> numeric_precision;  // in decimal digits
  std::optional<int64_t> numeric_scale;
  std::optional<int64_t> datetime_precision;
};
TypeFacts type_facts(const duckdb::LogicalType& type);

}  // namespace sluice::functions
