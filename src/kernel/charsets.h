// SPDX-License-Identifier: Apache-2.0
// The character sets and collations that clients find in SHOW and information_schema. Text is UTF-8 and compared by
// bytes whatever they name; the list is what drivers look up. Constant data: any thread.
// Source of the numbers: MySQL 8's INFORMATION_SCHEMA.COLLATIONS.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace sluice::kernel {

struct Charset {
  std::string_view name;
  std::string_view description;
  std::string_view default_collation;
  uint8_t max_bytes;  // of one character
};
struct Collation {
  std::string_view name;
  std::string_view charset;
  uint16_t id;         // as in handshakes and column definitions
  uint8_t sort_bytes;  // MySQL's Sortlen
};

// What tables, columns and databases have.
inline constexpr std::string_view kTableCharset = "utf8mb4";
inline constexpr std::string_view kTableCollation = "utf8mb4_0900_bin";

std::span<const Charset> charsets();      // sorted by name
std::span<const Collation> collations();  // sorted by name
bool is_default(const Collation& collation);

}  // namespace sluice::kernel
