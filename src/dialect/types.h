// SPDX-License-Identifier: Apache-2.0
// Type names of MySQL and Doris, as column types and as targets of CAST.
#pragma once

#include "dialect/parse_context.h"

namespace sluice::dialect {

struct TypeName {
  duckdb::LogicalType type;
  std::optional<uint64_t> length{};           // CHAR(n), VARCHAR(n), BINARY(n)
  std::optional<uint64_t> fraction_digits{};  // CAST(x AS DATETIME(n))
  std::string declared{};                     // as DESC shows it, where `type` alone says less: "varchar(10)"
};

// Of a column definition: with UNSIGNED, display widths, CHARACTER SET and COLLATE.
Parsed<TypeName> parse_column_type(ParseContext& c);

// After CAST(x AS: also SIGNED and UNSIGNED; DATETIME and DATETIME(3) round to their digits.
Parsed<TypeName> parse_cast_type(ParseContext& c);

}  // namespace sluice::dialect
