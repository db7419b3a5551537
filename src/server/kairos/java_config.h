// SPDX-License-Identifier: Apache-2.0
// Reading configuration files of Java: HOCON (kairosdb.conf) and .properties. Pure functions but for what `include`
// asks for. Source of truth: the HOCON specification of lightbend/config, as far as files of servers use it: objects,
// lists, all kinds of strings and comments, paths as keys, merging, substitutions, includes of files. Left out:
// concatenation of objects and of lists, includes of URLs and of the class path.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace sluice::server {

struct ConfigValue {
  enum class Kind : uint8_t { kText, kList, kObject };
  using Member = std::pair<std::string, ConfigValue>;

  // Written out: the members' type holds this one.
  ConfigValue() = default;
  explicit ConfigValue(Kind kind) : kind(kind) {}
  ConfigValue(const ConfigValue&);
  ConfigValue(ConfigValue&&) noexcept;
  ConfigValue& operator=(const ConfigValue&);
  ConfigValue& operator=(ConfigValue&&) noexcept;
  ~ConfigValue();

  // Of kText; numbers and booleans as they are written, null is empty.
  Kind kind = Kind::kText;
  std::string text;
  std::vector<ConfigValue> items;  // of kList
  std::vector<Member> members;     // of kObject; no name twice

  // Only while a file is read: the pieces of a text that has substitutions, and what the key had before.
  struct Piece {
    std::string text;  // or a path
    bool substitution = false;
    bool optional = false;
  };
  std::vector<Piece> pieces;
  std::shared_ptr<ConfigValue> before;

  const ConfigValue* find(std::string_view name) const;
  // Sets the value at a path; objects are merged.
  void set(const std::vector<std::string>& path, ConfigValue value);
};

struct ConfigReading {
  // The text of an included file; errors: it cannot be read. Empty: includes are errors.
  std::function<Result<std::string>(const std::string& name)> include;
  // A variable of the environment, for substitutions; nullptr: it is not set. May be empty.
  std::function<const char*(const std::string& name)> environment;
};

// Errors: kInvalidArgument with the line.
Result<ConfigValue> parse_hocon(std::string_view text, const ConfigReading& reading);
Result<ConfigValue> parse_properties(std::string_view text);

// All texts and lists with their paths ("kairosdb.jetty.port"); empty objects have none. In the order of the file.
std::vector<std::pair<std::string, const ConfigValue*>> config_leaves(const ConfigValue& root);

}  // namespace sluice::server
