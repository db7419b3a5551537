// SPDX-License-Identifier: Apache-2.0
#include "door/kairos/java_set_order.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/json_text.h"

namespace sluice::door::kairos {
namespace {

// Over UTF-16 code units, with HashMap's spreading of the upper half.
uint32_t spread_hash(std::string_view text) {
  uint32_t hash = 0;
  while (!text.empty()) {
    const size_t length = std::max<size_t>(utf8_sequence(text), 1);
    uint32_t point = static_cast<unsigned char>(text[0]);
    if (length > 1) point &= 0xFFu >> (length + 1);
    for (size_t i = 1; i < length; ++i) point = point << 6 | (static_cast<unsigned char>(text[i]) & 0x3F);
    if (point >= 0x10000) {
      hash = 31 * hash + (0xD7C0 + (point >> 10));
      point = 0xDC00 + (point & 0x3FF);
    }
    hash = 31 * hash + point;
    text.remove_prefix(length);
  }
  return hash ^ hash >> 16;
}

}  // namespace

void sort_as_java_set(std::vector<std::string>& strings) {
  uint32_t slots = 16;
  while (strings.size() > slots / 4 * 3) slots *= 2;
  std::vector<std::pair<uint32_t, size_t>> places;  // slot, and the place in `strings`
  places.reserve(strings.size());
  for (size_t i = 0; i < strings.size(); ++i) places.emplace_back(spread_hash(strings[i]) & (slots - 1), i);
  std::sort(places.begin(), places.end());
  std::vector<std::string> sorted;
  sorted.reserve(strings.size());
  for (const auto& [slot, i] : places) sorted.push_back(std::move(strings[i]));
  strings = std::move(sorted);
}

}  // namespace sluice::door::kairos
