// SPDX-License-Identifier: Apache-2.0
// Internet addresses as numbers and as text. Pure functions: no thread rule.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "duckdb/common/types/uhugeint.hpp"
#include "pch/pch.h"

namespace sluice::functions {

std::optional<uint32_t> text_to_ipv4(std::string_view text);
// With `take_ipv4` an address of version 4 is ::ffff:a.b.c.d.
std::optional<duckdb::uhugeint_t> text_to_ipv6(std::string_view text, bool take_ipv4);
std::string ipv4_text(uint32_t address);
std::string ipv6_text(const duckdb::uhugeint_t& address);

// As 16 bytes, the highest first.
std::string ipv6_bytes(const duckdb::uhugeint_t& address);
duckdb::uhugeint_t ipv6_of_bytes(std::string_view sixteen);

// Casts between text and the types IPV4 and IPV6, for CAST, comparisons and INSERT.
void register_address_casts(duckdb::ClientContext& context);

}  // namespace sluice::functions
