// SPDX-License-Identifier: Apache-2.0
#include "kernel/charsets.h"

#include <algorithm>

namespace sluice::kernel {
namespace {

constexpr Charset kCharsets[] = {
    {"ascii", "US ASCII", "ascii_general_ci", 1},
    {"binary", "Binary pseudo charset", "binary", 1},
    {"latin1", "cp1252 West European", "latin1_swedish_ci", 1},
    {"utf8", "UTF-8 Unicode", "utf8_general_ci", 3},
    {"utf8mb4", "UTF-8 Unicode", kTableCollation, 4},
};

constexpr Collation kCollations[] = {
    {"ascii_bin", "ascii", 65, 1},
    {"ascii_general_ci", "ascii", 11, 1},
    {"binary", "binary", 63, 1},
    {"latin1_bin", "latin1", 47, 1},
    {"latin1_general_ci", "latin1", 48, 1},
    {"latin1_general_cs", "latin1", 49, 1},
    {"latin1_swedish_ci", "latin1", 8, 1},
    {"utf8_bin", "utf8", 83, 1},
    {"utf8_general_ci", "utf8", 33, 1},
    {"utf8_unicode_520_ci", "utf8", 214, 8},
    {"utf8_unicode_ci", "utf8", 192, 8},
    {"utf8mb4_0900_ai_ci", "utf8mb4", 255, 0},
    {"utf8mb4_0900_as_ci", "utf8mb4", 305, 0},
    {"utf8mb4_0900_as_cs", "utf8mb4", 278, 0},
    {"utf8mb4_0900_bin", "utf8mb4", 309, 1},
    {"utf8mb4_bin", "utf8mb4", 46, 1},
    {"utf8mb4_general_ci", "utf8mb4", 45, 1},
    {"utf8mb4_unicode_520_ci", "utf8mb4", 246, 8},
    {"utf8mb4_unicode_ci", "utf8mb4", 224, 8},
};

}  // namespace

std::span<const Charset> charsets() { return kCharsets; }
std::span<const Collation> collations() { return kCollations; }

bool is_default(const Collation& collation) {
  return std::ranges::any_of(kCharsets,
                             [&](const Charset& charset) { return charset.default_collation == collation.name; });
}

}  // namespace sluice::kernel
