// SPDX-License-Identifier: Apache-2.0
#include "timeseries/series.h"

#include <algorithm>
#include <map>

namespace sluice::timeseries {
namespace {

// Orders bytes of UTF-8 by the UTF-16 units they stand for: characters beyond U+FFFF (lead byte F0 and above) have
// units D800..DFFF, which lie below those of U+E000..U+FFFF (lead bytes EE and EF). All others keep their order.
unsigned rank(unsigned char lead) {
  if (lead >= 0xF0) return 0xEE;
  if (lead >= 0xEE) return lead + 2u;
  return lead;
}

}  // namespace

int compare_java(std::string_view left, std::string_view right) {
  const size_t length = std::min(left.size(), right.size());
  const auto [l, r] = std::mismatch(left.begin(), left.begin() + static_cast<ptrdiff_t>(length), right.begin());
  if (l == left.begin() + static_cast<ptrdiff_t>(length)) {
    if (left.size() == right.size()) return 0;
    return left.size() < right.size() ? -1 : 1;
  }
  const auto a = static_cast<unsigned char>(*l);
  const auto b = static_cast<unsigned char>(*r);
  const unsigned rank_a = rank(a);
  const unsigned rank_b = rank(b);
  if (rank_a != rank_b) return rank_a < rank_b ? -1 : 1;
  return a < b ? -1 : 1;
}

Tags::Tags(std::vector<Tag> tags) {
  const auto less = [](const std::string& a, const std::string& b) { return compare_java(a, b) < 0; };
  std::map<std::string, std::string, decltype(less)> sorted(less);
  for (auto& [name, value] : tags) sorted.insert_or_assign(std::move(name), std::move(value));
  tags_.reserve(sorted.size());
  while (!sorted.empty()) {
    auto node = sorted.extract(sorted.begin());
    tags_.emplace_back(std::move(node.key()), std::move(node.mapped()));
  }
}

const std::string* Tags::find(std::string_view name) const {
  for (const auto& [tag, value] : tags_)
    if (tag == name) return &value;
  return nullptr;
}

}  // namespace sluice::timeseries
