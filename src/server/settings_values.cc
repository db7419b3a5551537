// SPDX-License-Identifier: Apache-2.0
// Texts of sizes and durations.
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <sstream>

#include "server/settings.h"

namespace sluice::server {
namespace {

struct Unit {
  std::string_view name;  // lower case
  double factor;
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// "<number> <unit>", the number not negative.
template <size_t N>
std::optional<int64_t> with_unit(std::string_view text, const Unit (&units)[N]) {
  text = trimmed(text);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc() || !(number >= 0)) return std::nullopt;
  std::string name(trimmed(text.substr(static_cast<size_t>(end - text.data()))));
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  for (const auto& unit : units) {
    if (unit.name != name) continue;
    const double product = number * unit.factor;
    if (product >= 9.2e18) return std::nullopt;
    return static_cast<int64_t>(std::llround(product));
  }
  return std::nullopt;
}

constexpr double kKi = 1024;
constexpr Unit kSizeUnits[] = {
    {"", 1},
    {"b", 1},
    {"k", kKi},
    {"kib", kKi},
    {"kb", 1e3},
    {"m", kKi* kKi},
    {"mib", kKi* kKi},
    {"mb", 1e6},
    {"g", kKi* kKi* kKi},
    {"gib", kKi* kKi* kKi},
    {"gb", 1e9},
    {"t", kKi* kKi* kKi* kKi},
    {"tib", kKi* kKi* kKi* kKi},
    {"tb", 1e12},
};
constexpr Unit kDurationUnits[] = {
    {"ms", 1}, {"s", 1e3}, {"sec", 1e3}, {"m", 60e3}, {"min", 60e3}, {"h", 3600e3}, {"d", 86400e3},
};

}  // namespace

std::optional<int64_t> parse_size(std::string_view text) { return with_unit(text, kSizeUnits); }

std::optional<int64_t> parse_duration_ms(std::string_view text) {
  if (trimmed(text) == "0") return 0;
  return with_unit(text, kDurationUnits);
}

std::string size_text(uint64_t bytes) {
  for (const auto& [name, shift] : {std::pair{"GiB", 30}, std::pair{"MiB", 20}, std::pair{"KiB", 10}}) {
    const uint64_t unit = uint64_t{1} << shift;
    if (bytes >= unit && bytes % unit == 0) return std::to_string(bytes / unit) + name;
  }
  return std::to_string(bytes);
}

uint64_t available_memory_bytes() {
  uint64_t available =
      static_cast<uint64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  // cgroup v2: "0::/path"; the limit may stand in any of the groups above.
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (!line.starts_with("0::")) continue;
    for (std::filesystem::path group(line.substr(3));; group = group.parent_path()) {
      std::ifstream limit("/sys/fs/cgroup" + group.string() + "/memory.max");
      uint64_t bytes = 0;
      if (limit >> bytes && bytes > 0) available = std::min(available, bytes);
      if (group == group.parent_path()) break;
    }
  }
  // cgroup v1; without a limit the number is larger than any memory.
  std::ifstream limit("/sys/fs/cgroup/memory/memory.limit_in_bytes");
  uint64_t bytes = 0;
  if (limit >> bytes && bytes > 0) available = std::min(available, bytes);
  return available;
}

}  // namespace sluice::server
