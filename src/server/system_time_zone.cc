// SPDX-License-Identifier: Apache-2.0
#include "server/system_time_zone.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "session/variables.h"

namespace sluice::server {
namespace {

// Names only: an offset in $TZ ("UTC-8") is written the other way round than SQL does.
bool is_name(std::string_view text) {
  if (text.find_first_of("+,") != std::string_view::npos) return false;
  if (text.find('/') == std::string_view::npos && text != "UTC" && text != "GMT") return false;
  return session::normalise_time_zone(text).has_value();
}

}  // namespace

std::string system_time_zone() {
  if (const char* variable = std::getenv("TZ")) {
    std::string_view name(variable);
    if (name.starts_with(':')) name.remove_prefix(1);
    if (is_name(name)) return std::string(name);
  }
  std::ifstream file("/etc/timezone");
  if (std::string name; std::getline(file, name) && is_name(name)) return name;
  std::error_code failed;
  const std::string target = std::filesystem::read_symlink("/etc/localtime", failed).string();
  constexpr std::string_view kDirectory = "zoneinfo/";
  if (const size_t at = target.find(kDirectory); !failed && at != std::string::npos) {
    if (std::string name = target.substr(at + kDirectory.size()); is_name(name)) return name;
  }
  return "Etc/UTC";
}

}  // namespace sluice::server
