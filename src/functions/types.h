// SPDX-License-Identifier: Apache-2.0
// Doris' types as types of the kernel. Pure functions: no thread rule.
//   LARGEINT = HUGEINT; STRING, CHAR, VARCHAR = VARCHAR; JSON and VARIANT = the kernel's JSON; DATETIME = TIMESTAMP;
//   BITMAP, HLL, QUANTILE_STATE = BLOB under these aliases; IPV4 = UINTEGER, IPV6 = UHUGEINT under aliases.
#pragma once

#include <string_view>

#include "pch/pch.h"

namespace sluice::functions {

duckdb::LogicalType bitmap_type();
duckdb::LogicalType hll_type();
duckdb::LogicalType quantile_state_type();
duckdb::LogicalType ipv4_type();
duckdb::LogicalType ipv6_type();

bool is_bitmap(const duckdb::LogicalType& type);
bool is_hll(const duckdb::LogicalType& type);
bool is_quantile_state(const duckdb::LogicalType& type);
bool is_ipv4(const duckdb::LogicalType& type);
bool is_ipv6(const duckdb::LogicalType& type);
bool is_aggregate_state(const duckdb::LogicalType& type);
// BITMAP, HLL, QUANTILE_STATE, AGG_STATE: no order, no text, NULL in results.
bool is_object(const duckdb::LogicalType& type);

bool is_integer(const duckdb::LogicalType& type);  // TINYINT to LARGEINT and the unsigned ones; not BOOLEAN, not IPV4
bool is_number(const duckdb::LogicalType& type);   // those, DECIMAL, FLOAT, DOUBLE
bool is_text(const duckdb::LogicalType& type);     // VARCHAR, not JSON
bool is_json(const duckdb::LogicalType& type);
bool is_moment(const duckdb::LogicalType& type);  // DATE, DATETIME

// The bytes of a text value, which must outlive them (short ones lie in the value itself).
inline std::string_view view(const duckdb::string_t& text) { return {text.GetData(), text.GetSize()}; }

// Registers the aliases, so that CREATE TABLE and the storage know them. Before any file is attached.
void create_types(duckdb::ClientContext& context);

}  // namespace sluice::functions
