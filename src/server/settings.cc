// SPDX-License-Identifier: Apache-2.0
#include "server/settings.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <numeric>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "base/check.h"

extern char** environ;

namespace sluice::server {
namespace {

constexpr std::string_view kPrefix = "SLUICE_";
// Variables with the prefix that are no settings.
constexpr std::string_view kOtherVariables[] = {"SLUICE_CONFIG", "SLUICE_DEPS", "SLUICE_FAILPOINTS"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return out;
}

std::string trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return std::string(text);
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    if (auto item = trimmed(text.substr(0, comma)); !item.empty()) items.push_back(std::move(item));
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  return items;
}

std::string joined(const std::vector<std::string>& items) {
  std::string out;
  for (const auto& item : items) out += (out.empty() ? "" : ", ") + item;
  return out;
}

bool is_list(const SettingDefinition& setting) {
  return setting.kind == SettingKind::kTextList || setting.kind == SettingKind::kPathList;
}

std::optional<size_t> index_of(std::string_view key) {
  const auto table = setting_table();
  for (size_t i = 0; i < table.size(); ++i) {
    if (table[i].key == key) return i;
  }
  return std::nullopt;
}

std::vector<std::string> all_keys() {
  std::vector<std::string> keys;
  for (const auto& setting : setting_table()) keys.emplace_back(setting.key);
  return keys;
}

// Letters changed, added, left out or swapped with their neighbour.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + cost});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

std::string range_text(const SettingDefinition& setting) {
  const auto print = [&](int64_t value) {
    if (setting.kind == SettingKind::kInt) return std::to_string(value);
    if (setting.kind == SettingKind::kDuration)
      return value % 1000 == 0 ? std::to_string(value / 1000) + "s" : std::to_string(value) + "ms";
    return size_text(static_cast<uint64_t>(value));
  };
  if (setting.max == INT64_MAX) return "at least " + print(setting.min);
  return "between " + print(setting.min) + " and " + print(setting.max);
}

std::string expanded_home(const std::string& path) {
  if (path != "~" && !path.starts_with("~/")) return path;
  const char* home = std::getenv("HOME");
  return home ? home + path.substr(1) : path;
}

}  // namespace

std::string environment_name(std::string_view key) {
  std::string name(kPrefix);
  for (const char c : key) name += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
  return name;
}

std::string flag_name(std::string_view key) {
  std::string name(key);
  std::replace(name.begin(), name.end(), '.', '-');
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

std::string closest_name(std::string_view name, const std::vector<std::string>& known) {
  std::string best;
  size_t best_distance = std::max<size_t>(2, name.size() / 3) + 1;
  for (const auto& candidate : known) {
    size_t distance = edit_distance(name.substr(0, 100), candidate);
    // "port" for "mysql.port": a known last part is a good guess, too.
    if (candidate.size() > name.size() && candidate.ends_with(name) &&
        candidate[candidate.size() - name.size() - 1] == '.')
      distance = 1;
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::map<std::string, std::string> Settings::process_environment() {
  std::map<std::string, std::string> found;
  for (char** entry = environ; entry && *entry; ++entry) {
    const std::string_view text(*entry);
    const size_t equals = text.find('=');
    if (text.starts_with(kPrefix) && equals != std::string_view::npos)
      found.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return found;
}

// ---- values ----

Result<Settings::Value> Settings::parse(const SettingDefinition& setting, std::vector<std::string> items) {
  Value out;
  out.text = joined(items);
  const auto wrong = [&](const std::string& expected) {
    return fail(Code::kInvalidArgument, "'" + (setting.secret ? std::string("...") : out.text.substr(0, 200)) +
                                            "' is not a value for " + std::string(setting.key) + ": expected " +
                                            expected);
  };
  const auto number_in_range = [&](std::optional<int64_t> number, const char* expected) -> Result<Value> {
    if (!number) return wrong(expected);
    // 0 is "none" for durations and sizes whose range starts there.
    if (*number < setting.min || *number > setting.max) return wrong(range_text(setting));
    out.number = *number;
    return out;
  };
  switch (setting.kind) {
    case SettingKind::kBool: {
      const std::string word = lower(out.text);
      for (const char* yes : {"true", "on", "yes", "1"}) {
        if (word == yes) out.number = 1;
      }
      const bool no = word == "false" || word == "off" || word == "no" || word == "0";
      if (!no && out.number == 0) return wrong("true or false");
      return out;
    }
    case SettingKind::kInt: {
      int64_t number = 0;
      const auto [end, error] = std::from_chars(out.text.data(), out.text.data() + out.text.size(), number);
      const bool whole = error == std::errc() && end == out.text.data() + out.text.size();
      return number_in_range(whole ? std::optional(number) : std::nullopt, "a whole number");
    }
    case SettingKind::kMemory:
      if (out.text.ends_with('%')) {
        double percent = 0;
        const auto [end, error] = std::from_chars(out.text.data(), out.text.data() + out.text.size(), percent);
        if (error != std::errc() || end != out.text.data() + out.text.size() - 1 || !(percent > 0 && percent <= 100)) {
          return wrong("a share between 1% and 100%");
        }
        out.number = std::max<int64_t>(
            setting.min, static_cast<int64_t>(static_cast<double>(available_memory_bytes()) * percent / 100));
        return out;
      }
      return number_in_range(parse_size(out.text), "a size like 4GiB or a share like 75%");
    case SettingKind::kSize:
      return number_in_range(parse_size(out.text), "a size like 512MiB, 64k or 1048576");
    case SettingKind::kDuration:
      return number_in_range(parse_duration_ms(out.text), "a duration with its unit, like 30s, 500ms, 5m, 2h or 7d");
    case SettingKind::kRatio: {
      std::string_view digits = out.text;
      const bool percent = digits.ends_with('%');
      if (percent) digits.remove_suffix(1);
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.real);
      if (percent) out.real /= 100;
      if (error != std::errc() || end != digits.data() + digits.size() || !(out.real >= 0 && out.real <= 1)) {
        return wrong("a share between 0 and 1, or like 5%");
      }
      return out;
    }
    case SettingKind::kChoice: {
      for (const auto& choice : split_list(setting.choices)) {
        if (lower(out.text) == lower(choice)) {
          out.text = choice;
          return out;
        }
      }
      return wrong("one of " + joined(split_list(setting.choices)));
    }
    case SettingKind::kPath:
      out.text = expanded_home(out.text);
      return out;
    case SettingKind::kPathList:
      for (auto& item : items) item = expanded_home(item);
      [[fallthrough]];
    case SettingKind::kTextList:
      out.text = joined(items);
      out.items = std::move(items);
      return out;
    case SettingKind::kText:
      return out;
  }
  return out;
}

// ---- sources ----

void Settings::read_file(const std::filesystem::path& file, std::vector<std::string>& problems) {
  const std::string name = file.string();
  toml::parse_result parsed = toml::parse_file(name);
  if (!parsed) {
    const auto& error = parsed.error();
    const auto line = error.source().begin.line;
    problems.push_back(name + (line > 0 ? ":" + std::to_string(line) : std::string()) + ": " +
                       std::string(error.description()));
    return;
  }
  file_ = file;
  const auto take = [&](const std::string& key, const toml::node& node) {
    const std::string where = name + ":" + std::to_string(node.source().begin.line);
    const auto index = index_of(key);
    if (!index) {
      const std::string guess = closest_name(key, all_keys());
      problems.push_back(where + ": unknown setting '" + key + "'" +
                         (guess.empty() ? "; `sluice config --example` lists all" : ": did you mean '" + guess + "'?"));
      return;
    }
    const auto& setting = setting_table()[*index];
    const auto scalar = [](const toml::node& value) -> std::optional<std::string> {
      if (const auto* text = value.as_string()) return text->get();
      if (const auto* number = value.as_integer()) return std::to_string(number->get());
      if (const auto* flag = value.as_boolean()) return flag->get() ? "true" : "false";
      if (const auto* real = value.as_floating_point()) {
        char buffer[64];
        const auto end = std::to_chars(buffer, buffer + sizeof buffer, real->get()).ptr;
        return std::string(buffer, end);
      }
      return std::nullopt;
    };
    std::vector<std::string> items;
    bool understood = true;
    if (const auto* array = node.as_array()) {
      understood = is_list(setting);
      for (const auto& element : *array) {
        auto item = scalar(element);
        understood = understood && item;
        if (item) items.push_back(std::move(*item));
      }
    } else if (auto item = scalar(node)) {
      if (!(is_list(setting) && item->empty())) items.push_back(std::move(*item));
    } else {
      understood = false;
    }
    if (!understood) {
      problems.push_back(where + ": " + key +
                         (is_list(setting) ? " takes a list of texts: [\"a\", \"b\"]" : " takes one value"));
      return;
    }
    auto value = parse(setting, std::move(items));
    if (!value) {
      problems.push_back(where + ": " + value.error().message());
      return;
    }
    value->origin = where;
    values_[*index] = std::move(*value);
  };
  // Tables may hold tables: [timeseries.cassandra]. The parser bounds how deep.
  const auto take_all = [&](const toml::table& table, const std::string& path, const auto& self) -> void {
    for (const auto& [key, node] : table) {
      const std::string full = path + std::string(key.str());
      if (const auto* section = node.as_table())
        self(*section, full + ".", self);
      else
        take(full, node);
    }
  };
  take_all(parsed.table(), "", take_all);
}

Result<Settings> Settings::load(const Sources& sources) {
  Settings out;
  std::vector<std::string> problems;
  const auto table = setting_table();
  for (const auto& setting : table) {
    auto value = parse(
        setting, is_list(setting) ? split_list(setting.default_text) : std::vector{std::string(setting.default_text)});
    BUG_CHECK(value.has_value(), setting.key);
    out.values_.push_back(std::move(*value));
  }

  std::optional<std::filesystem::path> file = sources.file;
  if (!file && sources.search_files) {
    for (const char* candidate : {"sluice.toml", "/etc/sluice/sluice.toml"}) {
      std::error_code ignored;
      if (!file && std::filesystem::exists(candidate, ignored)) file = candidate;
    }
  }
  if (file) out.read_file(*file, problems);

  const auto take = [&](size_t index, const std::string& text, const std::string& origin) {
    auto value = parse(table[index], is_list(table[index]) ? split_list(text) : std::vector{trimmed(text)});
    if (!value) {
      problems.push_back(origin + ": " + value.error().message());
      return;
    }
    value->origin = origin;
    out.values_[index] = std::move(*value);
  };
  std::vector<std::string> variables;
  for (const auto& setting : table) variables.push_back(environment_name(setting.key));
  for (const auto& [name, text] : sources.environment) {
    const auto at = std::find(variables.begin(), variables.end(), name);
    if (at != variables.end()) {
      take(static_cast<size_t>(at - variables.begin()), text, name);
    } else if (std::find(std::begin(kOtherVariables), std::end(kOtherVariables), name) == std::end(kOtherVariables)) {
      const std::string guess = closest_name(name, variables);
      out.warnings_.push_back("the environment variable " + name + " is no setting" +
                              (guess.empty() ? "" : ": did you mean " + guess + "?"));
    }
  }
  for (const auto& [key, text] : sources.flags) {
    const auto index = index_of(key);
    BUG_CHECK(index.has_value(), key);
    take(*index, text, "--" + flag_name(key));
  }

  const auto both = [&](const char* a, const char* b) {
    if (out.value(a).text.empty() != out.value(b).text.empty()) {
      problems.push_back(std::string(a) + " and " + b + " belong together: give both or none");
    }
  };
  both("tls.cert", "tls.key");
  if (out.flag("tls.require_client_cert") && out.text("tls.client_ca").empty()) {
    problems.push_back("tls.require_client_cert needs tls.client_ca");
  }
  if (!out.flag("mysql.enabled") && !out.flag("http.enabled"))
    problems.push_back("mysql.enabled and http.enabled are both false: nothing to serve");
  if (!problems.empty()) {
    std::string all;
    for (const auto& problem : problems) all += (all.empty() ? "" : "\n") + problem;
    return fail(Code::kInvalidArgument, std::move(all));
  }
  return out;
}

// ---- reading ----

const Settings::Value& Settings::value(std::string_view key) const {
  const auto index = index_of(key);
  BUG_CHECK(index.has_value(), key);
  return values_[*index];
}

bool Settings::flag(std::string_view key) const { return value(key).number != 0; }
int64_t Settings::integer(std::string_view key) const { return value(key).number; }
uint64_t Settings::bytes(std::string_view key) const { return static_cast<uint64_t>(value(key).number); }
std::chrono::milliseconds Settings::duration(std::string_view key) const {
  return std::chrono::milliseconds(value(key).number);
}
double Settings::ratio(std::string_view key) const { return value(key).real; }
const std::string& Settings::text(std::string_view key) const { return value(key).text; }
std::filesystem::path Settings::path(std::string_view key) const { return value(key).text; }
const std::vector<std::string>& Settings::list(std::string_view key) const { return value(key).items; }
const std::string& Settings::origin(std::string_view key) const { return value(key).origin; }

}  // namespace sluice::server
