// SPDX-License-Identifier: Apache-2.0
// `sluice config`: settings as a TOML file.
#include "server/settings.h"

namespace sluice::server {
namespace {

std::string toml_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<uint8_t>(c) < 0x20 || c == 0x7f) {
      constexpr char kDigits[] = "0123456789abcdef";
      out += "\\u00";
      out += kDigits[static_cast<uint8_t>(c) >> 4];
      out += kDigits[c & 15];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string toml_value(const SettingDefinition& setting, const std::string& text,
                       const std::vector<std::string>& items) {
  switch (setting.kind) {
    case SettingKind::kBool:
      return text == "true" || text == "on" || text == "yes" || text == "1" ? "true" : "false";
    case SettingKind::kInt:
      return text;
    case SettingKind::kTextList:
    case SettingKind::kPathList: {
      std::string out = "[";
      for (const auto& item : items) out += (out.size() > 1 ? ", " : "") + toml_text(item);
      return out + "]";
    }
    default:
      return toml_text(text);
  }
}

void append_doc(const SettingDefinition& setting, std::string& out) {
  std::string_view doc = setting.doc;
  while (!doc.empty()) {
    const size_t line_end = doc.find('\n');
    ((out += "# ") += doc.substr(0, line_end)) += '\n';
    doc = line_end == std::string_view::npos ? std::string_view() : doc.substr(line_end + 1);
  }
  if (!setting.choices.empty()) {
    std::string choices(setting.choices);
    for (size_t comma = 0; (comma = choices.find(',', comma)) != std::string::npos; comma += 2)
      choices.insert(comma + 1, " ");
    out += "# One of: " + choices + "\n";
  }
}

// Calls `line(setting, index, name)` for each setting, with the TOML tables' headers between them.
template <typename F>
std::string by_section(F line) {
  std::string out;
  std::string_view section;
  const auto table = setting_table();
  for (size_t i = 0; i < table.size(); ++i) {
    const size_t dot = table[i].key.rfind('.');
    const std::string_view name = dot == std::string_view::npos ? table[i].key : table[i].key.substr(dot + 1);
    const std::string_view its_section =
        dot == std::string_view::npos ? std::string_view() : table[i].key.substr(0, dot);
    if (its_section != section) {
      section = its_section;
      ((out += "\n[") += section) += "]\n";
    }
    line(table[i], i, name, out);
  }
  return out;
}

}  // namespace

std::string Settings::example() {
  std::string out =
      "# SPDX-License-Identifier: Apache-2.0\n"
      "# All settings of Sluice with their defaults. Each can also be given as an environment variable\n"
      "# (mysql.port: SLUICE_MYSQL_PORT) or as a flag of `sluice serve` (--mysql-port); flags win over\n"
      "# the environment, the environment over this file. `sluice config` prints the effective values.\n\n";
  const auto defaults = *load({.file = std::nullopt, .search_files = false, .environment = {}, .flags = {}});
  out += by_section([&](const SettingDefinition& setting, size_t index, std::string_view name, std::string& text) {
    append_doc(setting, text);
    const Value& value = defaults.values_[index];
    ((((text += "# ") += name) += " = ") += toml_value(setting, value.text, value.items)) += "\n\n";
  });
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

std::string Settings::effective() const {
  std::string out = "# Effective settings of Sluice; behind each value stands where it comes from.\n";
  if (file_) out += "# File: " + std::filesystem::absolute(*file_).string() + "\n";
  for (const auto& warning : warnings_) out += "# Warning: " + warning + "\n";
  out += '\n';
  out += by_section([&](const SettingDefinition& setting, size_t index, std::string_view name, std::string& text) {
    const Value& value = values_[index];
    const std::string shown =
        setting.secret && !value.text.empty() ? "\"********\"" : toml_value(setting, value.text, value.items);
    text += std::string(name) + " = " + shown + "  # " + value.origin;
    if (setting.kind == SettingKind::kMemory && value.text.ends_with('%'))
      text += ", " + std::to_string(value.number >> 20) + " MiB";
    text += '\n';
  });
  return out;
}

}  // namespace sluice::server
