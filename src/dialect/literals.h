// SPDX-License-Identifier: Apache-2.0
// The values of literal tokens, with the types that the kernel's own parser would give: INTEGER, BIGINT, HUGEINT,
// DECIMAL(p,s) as written, DOUBLE for numbers with an exponent, VARCHAR, BLOB. Functions without state: any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dialect/token.h"
#include "pch/pch.h"

namespace sluice::dialect {

// The value of a kString token or of a quoted kUserVariable; `token_text` is the whole token. Bytes as they are.
std::string string_value(std::string_view token_text, const Token& token);

// A name without its quotes.
std::string identifier_value(std::string_view token_text, const Token& token);

// Nullopt when a number is out of the range of DOUBLE. Throws duckdb's exception when a string is not UTF-8.
std::optional<duckdb::Value> literal_value(std::string_view token_text, const Token& token);

// The same for the text of a number with a sign before it.
std::optional<duckdb::Value> negative_literal_value(std::string_view token_text, const Token& token);

// The bytes of x'..', 0x.., b'..' or 0b..
std::string binary_value(std::string_view token_text, const Token& token);

}  // namespace sluice::dialect
