// SPDX-License-Identifier: Apache-2.0
// Which texts may be looked up as zones of the tz database: a name there is a path below its directory.
#pragma once

#include <algorithm>
#include <string_view>

namespace sluice {

// Not those that its directory holds beside the zones, nor those that cctz reads as something else. Each zone has one
// spelling: a path with empty parts would name it once more.
inline bool is_zone_name(std::string_view id) {
  if (id.size() > 64 || id.starts_with('/') || id.find("//") != std::string_view::npos) return false;
  for (const std::string_view other : {"posix/", "right/", "Fixed/", "posixrules", "localtime"})
    if (id.starts_with(other)) return false;
  return std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '+' || c == '/';
  });
}

}  // namespace sluice
