// SPDX-License-Identifier: Apache-2.0
// Settings: every knob of the server as one table of data (settings_table.cc), read from, in rising precedence, the
// built-in default, a TOML file, the environment and the command line; validated as a whole. Immutable after load().
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice::server {

enum class SettingKind : uint8_t {
  kBool,  // true, false, on, off, yes, no, 1, 0
  kInt,
  kSize,      // bytes: "512MiB", "1.5GB", "64k", "1048576"
  kMemory,    // kSize or a share of the machine's (or the container's) memory: "75%"
  kDuration,  // "30s", "500ms", "5m", "1h", "7d"; "0" is none
  kRatio,     // 0 to 1, or a percentage
  kText,
  kPath,  // "~/" is the home directory
  kChoice,
  kTextList,  // TOML array; elsewhere separated by commas
  kPathList,
};

struct SettingDefinition {
  std::string_view key;  // "mysql.port"; what stands before the last dot is the TOML table
  SettingKind kind = SettingKind::kText;
  std::string_view default_text;
  std::string_view doc;     // one or two lines for people
  int64_t min = INT64_MIN;  // of kInt, bytes, or milliseconds
  int64_t max = INT64_MAX;
  std::string_view choices;  // kChoice: "off,optional,required"
  bool secret = false;       // never printed
  bool expert = false;       // left out of `serve --help`, shown by --help-all
};
std::span<const SettingDefinition> setting_table();

// "SLUICE_MYSQL_PORT" and "mysql-port".
std::string environment_name(std::string_view key);
std::string flag_name(std::string_view key);
// The names among `known` closest to a misspelt one; empty when nothing is near.
std::string closest_name(std::string_view name, const std::vector<std::string>& known);

class Settings {
 public:
  struct Sources {
    // Must exist when given; otherwise ./sluice.toml and /etc/sluice/sluice.toml are tried.
    std::optional<std::filesystem::path> file;
    bool search_files = true;
    // Of all variables that start with SLUICE_.
    std::map<std::string, std::string> environment;
    // By key ("mysql.port"), as given on the command line.
    std::map<std::string, std::string> flags;
  };
  static std::map<std::string, std::string> process_environment();
  // One error that lists everything that is wrong, one line each, with file and line or the variable's name.
  static Result<Settings> load(const Sources& sources);

  // By key; a wrong key or kind is a defect (BUG_CHECK).
  bool flag(std::string_view key) const;
  int64_t integer(std::string_view key) const;
  uint64_t bytes(std::string_view key) const;  // kSize and kMemory
  std::chrono::milliseconds duration(std::string_view key) const;
  double ratio(std::string_view key) const;
  const std::string& text(std::string_view key) const;  // kText and kChoice
  std::filesystem::path path(std::string_view key) const;
  const std::vector<std::string>& list(std::string_view key) const;

  // "default", "sluice.toml:12", "SLUICE_MYSQL_PORT", "--mysql-port".
  const std::string& origin(std::string_view key) const;
  // The file that was read, if any.
  const std::optional<std::filesystem::path>& file() const { return file_; }
  // Things to tell that are no errors: environment variables that look like settings and are none.
  const std::vector<std::string>& warnings() const { return warnings_; }

  // All settings as a valid TOML file with their documentation. `effective`: this object's values with their origin,
  // secrets masked; otherwise the defaults, commented out (the example file).
  static std::string example();
  std::string effective() const;

 private:
  struct Value {
    std::string text;                // as written, lists joined by ", "
    std::vector<std::string> items;  // lists
    int64_t number = 0;              // kBool, kInt, bytes, milliseconds
    double real = 0;
    std::string origin = "default";
  };
  Settings() = default;
  const Value& value(std::string_view key) const;
  static Result<Value> parse(const SettingDefinition& setting, std::vector<std::string> items);
  void read_file(const std::filesystem::path& file, std::vector<std::string>& problems);

  std::vector<Value> values_;  // in the order of setting_table()
  std::optional<std::filesystem::path> file_;
  std::vector<std::string> warnings_;
};

// ---- the pure parsers, for tests

std::optional<int64_t> parse_size(std::string_view text);  // bytes
std::optional<int64_t> parse_duration_ms(std::string_view text);
std::string size_text(uint64_t bytes);  // "512MiB" when it is even, else the number
// Memory of the machine or, when smaller, the limit of the control group this process is in.
uint64_t available_memory_bytes();

}  // namespace sluice::server
