// SPDX-License-Identifier: Apache-2.0
// DECIMAL of 39 to 76 digits. The kernel has no such type: values are BLOBs of 32 bytes under the alias DECIMAL256 with
// two modifiers, width and scale. The bytes are the unscaled number, most significant first, its sign bit turned over:
// values of one scale order, compare, group and join as their bytes do. Pure functions: no thread rule.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "functions/decimals.h"
#include "functions/registry.h"

namespace sluice::functions {

inline constexpr int kMaxDecimalWidth = 38;
inline constexpr int kMaxDecimal256Width = 76;

// width 39 to 76, scale up to width.
LogicalType decimal256_type(uint8_t width, uint8_t scale);
bool is_decimal256(const LogicalType& type);

// DECIMAL or DECIMAL256 by its width, up to 76.
LogicalType decimal_type(int width, int scale);
bool is_decimal(const LogicalType& type);  // of either kind
uint8_t decimal_width(const LogicalType& type);
uint8_t decimal_scale(const LogicalType& type);

// The 32 bytes of a number, and back. `bytes` holds 32 bytes.
std::string encode_decimal256(Int256 value);
Int256 decode_decimal256(const char* bytes);

// "-123.45". Scale 0 to 76.
std::string decimal256_text(Int256 value, uint8_t scale);
// Digits with a point and an exponent, as a number of this scale, rounded half away from zero; nothing when it is no
// number or has more than `width` digits.
std::optional<Int256> text_to_decimal256(std::string_view text, uint8_t width, uint8_t scale);

// A literal of 39 to 76 digits.
std::optional<duckdb::Value> decimal256_literal(std::string_view text);

// CAST to and from DECIMAL256; one of the types is one.
BoundPtr convert_decimal256(duckdb::ClientContext& context, BoundPtr value, const LogicalType& target);

enum class DecimalOperation : uint8_t { kAdd, kSubtract, kMultiply, kDivide, kMod };
// The operation over two decimals of either kind, one of them a DECIMAL256; NULL by zero and beyond 76 digits.
BoundPtr calculate_decimal256(duckdb::ClientContext& context, DecimalOperation operation, BoundPtr left,
                              BoundPtr right);

// SUM and AVG over a DECIMAL256.
duckdb::AggregateFunction decimal256_sum(const LogicalType& type);
duckdb::AggregateFunction decimal256_average(const LogicalType& type);

}  // namespace sluice::functions
