// SPDX-License-Identifier: Apache-2.0
#include "client/cassandra/notation.h"

#include <strings.h>
#include <array>

namespace sluice::client::cassandra {

namespace {

// By number.
constexpr std::array<std::string_view, 11> kNames = {"ANY",    "ONE",          "TWO",          "THREE",
                                                     "QUORUM", "ALL",          "LOCAL_QUORUM", "EACH_QUORUM",
                                                     "SERIAL", "LOCAL_SERIAL", "LOCAL_ONE"};

}  // namespace

std::string_view to_string(Consistency consistency) {
  const auto number = static_cast<size_t>(consistency);
  return number < kNames.size() ? kNames[number] : "UNKNOWN";
}

std::optional<Consistency> parse_consistency(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (name.size() == kNames[i].size() && ::strncasecmp(name.data(), kNames[i].data(), name.size()) == 0)
      return static_cast<Consistency>(i);
  }
  return std::nullopt;
}

}  // namespace sluice::client::cassandra
