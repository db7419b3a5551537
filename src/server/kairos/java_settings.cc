// SPDX-License-Identifier: Apache-2.0
#include "server/kairos/java_settings.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace sluice::server {
namespace {

using C = JavaConversion;

constexpr std::string_view kRoot = "kairosdb.";
constexpr std::string_view kDisabled = "<disabled>";
constexpr std::string_view kReporterNote = "timeseries.self_metrics says how often";

std::string trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1));
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const size_t end = std::min(text.find(separator), text.size());
    if (auto item = trimmed(text.substr(0, end)); !item.empty()) items.push_back(std::move(item));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return items;
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return text;
}
std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
  return text;
}

std::optional<int64_t> number_of(const std::string& text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<bool> bool_of(const std::string& text) {
  const std::string word = lower(text);
  if (word == "true" || word == "yes" || word == "on") return true;
  if (word == "false" || word == "no" || word == "off") return false;
  return std::nullopt;
}

// "0 */5 * * * ?" -> 5; nullopt: another kind of schedule.
std::optional<int64_t> minutes_of_cron(const std::string& cron) {
  const auto fields = split(cron, ' ');
  if (fields.size() < 6 || fields[2] != "*") return std::nullopt;
  if (fields[1] == "*") return 1;
  const size_t slash = fields[1].find('/');
  const auto minutes = slash == std::string::npos ? std::nullopt : number_of(fields[1].substr(slash + 1));
  return minutes && *minutes > 0 ? minutes : std::nullopt;
}

std::vector<std::string> texts_of(const ConfigValue& value) {
  if (value.kind != ConfigValue::Kind::kList) return split(value.text, ',');
  std::vector<std::string> items;
  for (const ConfigValue& item : value.items)
    if (item.kind == ConfigValue::Kind::kText) items.push_back(trimmed(item.text));
  return items;
}

std::optional<ConvertedSetting> convert(const JavaSetting& row, const std::string& key, const ConfigValue& value) {
  ConvertedSetting made{std::string(row.sluice), {}, false, false, key};
  const std::string text = trimmed(value.text);
  const auto one = [&](std::string converted, bool bare) {
    made.values = {std::move(converted)};
    made.bare = bare;
    return made;
  };
  const auto flag = [&](bool on) { return one(on ? "true" : "false", true); };
  const auto list = [&](std::vector<std::string> items) {
    made.values = std::move(items);
    made.list = true;
    return made;
  };
  if (value.kind == ConfigValue::Kind::kList && row.conversion != C::kList && row.conversion != C::kTagIndex &&
      row.conversion != C::kRoles)
    return std::nullopt;
  const auto number = number_of(text);
  switch (row.conversion) {
    case C::kText:
      return one(text, false);
    case C::kPath:
      if (!text.starts_with('/')) return std::nullopt;
      return one(text, false);
    case C::kNumber:
      if (!number) return std::nullopt;
      return one(text, true);
    case C::kBool: {
      const auto on = bool_of(text);
      if (!on) return std::nullopt;
      return flag(*on);
    }
    case C::kMilliseconds:
    case C::kSeconds:
      if (!number || *number < 0) return std::nullopt;
      return one(text + (row.conversion == C::kSeconds ? "s" : "ms"), false);
    case C::kList:
      return list(texts_of(value));
    case C::kTagIndex:
      return list(texts_of(value));
    case C::kRoles: {
      std::vector<std::string> roles;
      for (const std::string& role : texts_of(value)) roles.push_back(lower(role));
      if (roles.empty()) return std::nullopt;
      return list(std::move(roles));
    }
    case C::kStore:
      if (text.find("Cassandra") != std::string::npos || lower(text) == "cassandra") return one("cassandra", false);
      if (text.find("H2") != std::string::npos || lower(text) == "embedded") return one("embedded", false);
      return std::nullopt;
    case C::kReporter:
      if (text != kDisabled) return std::nullopt;
      return one("0", false);
    case C::kModule:
      return flag(text != kDisabled && !text.empty());
    case C::kEveryMinute: {
      const auto minutes = minutes_of_cron(text);
      if (!minutes) return std::nullopt;
      return one(std::to_string(*minutes) + "m", false);
    }
    case C::kQueueClass:
      if (text.ends_with("FileQueueProcessor")) return flag(true);
      if (text.ends_with("MemoryQueueProcessor")) return flag(false);
      return std::nullopt;
    case C::kCompression:
      return flag(upper(text) != "NONE");
    case C::kIgnored:
    case C::kUnsupported:
      return std::nullopt;
  }
  return std::nullopt;
}

// Several keys may mean one setting: lists are joined, of others the last one counts.
void add(std::vector<ConvertedSetting>& settings, ConvertedSetting made) {
  const auto same =
      std::find_if(settings.begin(), settings.end(), [&](const ConvertedSetting& old) { return old.key == made.key; });
  if (same == settings.end()) {
    settings.push_back(std::move(made));
    return;
  }
  if (!made.list) {
    *same = std::move(made);
    return;
  }
  for (auto& value : made.values)
    if (std::find(same->values.begin(), same->values.end(), value) == same->values.end())
      same->values.push_back(std::move(value));
}

// What can be said of a cluster beside the first one: Java's name, that in timeseries.cassandra.read_clusters.
constexpr std::pair<std::string_view, std::string_view> kClusterNames[] = {
    {"name", "name"},
    {"cql_host_list", "contact_points"},
    {"keyspace", "keyspace"},
    {"auth.user_name", "user"},
    {"auth.password", "password"},
    {"use_ssl", "tls"},
    {"local_dc_name", "local_datacenter"},
    {"read_consistency_level", "read_consistency"},
    {"start_time", "start_time"},
    {"end_time", "end_time"},
};

void add_cluster_part(std::string& text, std::string_view own, const ConfigValue& value) {
  const auto items = value.kind == ConfigValue::Kind::kList || own == "contact_points"
                         ? texts_of(value)
                         : std::vector<std::string>{value.text};
  std::string joined;
  for (const auto& item : items) joined += (joined.empty() ? "" : " ") + item;
  text.append(text.empty() ? "" : ";").append(own).append("=").append(cluster_value(joined));
}

// A cluster of Java as a text of timeseries.cassandra.read_clusters. `path` names it in remarks.
std::string cluster_text(const ConfigValue& cluster, const std::string& path, ConvertedConfig& made) {
  std::string text;
  const auto leaves = config_leaves(cluster);
  for (const auto& [java, own] : kClusterNames)
    for (const auto& [key, value] : leaves)
      if (key == java) add_cluster_part(text, own, *value);
  for (const auto& [key, value] : leaves) {
    if (std::ranges::any_of(kClusterNames, [&](const auto& names) { return names.first == key; })) continue;
    const JavaSetting* const row = find_java_setting("datastore.cassandra." + key);
    const std::string whole = path + "." + key;
    if (!row)
      made.unknown.push_back(whole);
    else if (row->conversion == C::kIgnored)
      made.ignored.push_back({whole, std::string(row->note)});
    else
      made.ignored.push_back({whole, "as in the write cluster"});
  }
  return text;
}

// The parts of a file that are no leaves of their own. True: `key` was one.
bool convert_cluster(const std::string& key, const ConfigValue& value, ConvertedConfig& made) {
  constexpr std::string_view kReads = "datastore.cassandra.read_clusters";
  constexpr std::string_view kTags = "datastore.cassandra.write_cluster.tag_indexed_row_key_lookup_metrics.";
  if (key == kReads && value.kind == ConfigValue::Kind::kList) {
    ConvertedSetting clusters{"timeseries.cassandra.read_clusters", {}, true, false, std::string(kRoot) + key};
    for (size_t i = 0; i < value.items.size(); ++i) {
      const std::string path = std::string(kRoot) + key + "[" + std::to_string(i) + "]";
      clusters.values.push_back(cluster_text(value.items[i], path, made));
    }
    if (!clusters.values.empty()) add(made.settings, std::move(clusters));
    return true;
  }
  if (!key.starts_with(kTags)) return false;
  // metric: [tag, ..]; [] and [*]: all tags.
  std::string metric = key.substr(kTags.size());
  std::erase(metric, '"');
  ConvertedSetting index{"timeseries.cassandra.tag_indexed_metrics", {}, true, false, std::string(kRoot) + key};
  for (const std::string& tag : texts_of(value))
    index.values.push_back(tag == "*" ? metric : std::string(metric).append(":").append(tag));
  if (index.values.empty()) index.values.push_back(metric);
  add(made.settings, std::move(index));
  return true;
}

std::string toml_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    constexpr char kHex[] = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out.append("\\").append(1, c);
    else if (byte < 0x20 || byte == 0x7f)
      out.append("\\u00").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    else
      out += c;
  }
  return out + "\"";
}

// A comment of one line.
std::string one_line(std::string text) {
  std::replace_if(text.begin(), text.end(), [](unsigned char c) { return c < 0x20; }, ' ');
  return text;
}

// Filters do something with their module only.
bool is_filter(const ConvertedSetting& setting) { return setting.key.starts_with("timeseries.drop_"); }
constexpr std::string_view kNoFilter = "without service.filter it does nothing";

bool asks_for_module(const ConfigValue* value) {
  return value && !trimmed(value->text).empty() && trimmed(value->text) != kDisabled;
}

// What a key means that depends on others, and what it means that a key is not there.
void settle(const ConfigValue& root, ConvertedConfig& made) {
  const auto at = [&](std::initializer_list<const char*> path) {
    const ConfigValue* value = root.find("kairosdb");
    for (const char* name : path) value = value ? value->find(name) : nullptr;
    return value;
  };
  if (!asks_for_module(at({"service", "filter"}))) {
    for (const ConvertedSetting& setting : made.settings)
      if (is_filter(setting)) made.ignored.push_back({setting.java_key, std::string(kNoFilter)});
    std::erase_if(made.settings, is_filter);
  }
  if (!at({"service", "rollups"}))
    made.settings.push_back(
        {"timeseries.rollups.enabled", {"false"}, false, true, "kairosdb.service.rollups is not there"});
  if (const ConfigValue* logged = at({"log", "queries", "enable"}); logged && bool_of(trimmed(logged->text)) == true) {
    const ConfigValue* seconds = at({"log", "queries", "greater_than"});
    const auto number = seconds ? number_of(trimmed(seconds->text)) : std::optional<int64_t>(60);
    if (number && *number > 0)
      made.settings.push_back({"timeseries.slow_query",
                               {std::to_string(*number) + "s"},
                               false,
                               false,
                               "kairosdb.log.queries.greater_than"});
  }
}

}  // namespace

std::string cluster_value(std::string_view value) {
  const bool plain = value.find_first_of(";\"\\") == std::string_view::npos;
  if (plain) return std::string(value);
  std::string quoted = "\"";
  for (const char c : value) quoted.append(c == '"' || c == '\\' ? "\\" : "").append(1, c);
  return quoted + "\"";
}

std::string java_environment_name(std::string_view key) {
  std::string name = upper(std::string(kRoot).append(key));
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

ConvertedConfig convert_java_config(const ConfigValue& root) {
  ConvertedConfig made;
  for (const auto& [path, value] : config_leaves(root)) {
    if (!path.starts_with(kRoot)) {
      made.unknown.push_back(path);
      continue;
    }
    const std::string key = path.substr(kRoot.size());
    if (convert_cluster(key, *value, made)) continue;
    constexpr std::string_view kMeta = "datastore.cassandra.meta_cluster.";
    if (key.starts_with(kMeta)) continue;  // as a whole, below
    const JavaSetting* const row = find_java_setting(key);
    if (!row) {
      made.unknown.push_back(path);
    } else if (row->conversion == C::kIgnored) {
      made.ignored.push_back({path, std::string(row->note)});
    } else if (row->conversion == C::kUnsupported) {
      // An empty or disabled one asks for nothing.
      const bool asks = value->kind == ConfigValue::Kind::kList ? !value->items.empty()
                                                                : !value->text.empty() && value->text != kDisabled;
      (asks ? made.unsupported : made.ignored).push_back({path, std::string(row->note)});
    } else if (auto setting = convert(*row, path, *value)) {
      if (!(setting->list && setting->values.empty())) add(made.settings, std::move(*setting));
    } else if (row->conversion == C::kPath && !trimmed(value->text).starts_with('/')) {
      made.ignored.push_back({path, "a folder of the working directory: here it lies in data_dir"});
    } else if (row->conversion == C::kReporter) {
      made.ignored.push_back({path, std::string(kReporterNote)});
    } else {
      made.unsupported.push_back(
          {path, "the value '" + value->text + "' has no equal for " + std::string(row->sluice)});
    }
  }
  const ConfigValue* at = &root;
  for (const char* name : {"kairosdb", "datastore", "cassandra", "meta_cluster"}) at = at ? at->find(name) : nullptr;
  if (at)
    add(made.settings, {"timeseries.cassandra.meta_cluster",
                        {cluster_text(*at, "kairosdb.datastore.cassandra.meta_cluster", made)},
                        false,
                        false,
                        "kairosdb.datastore.cassandra.meta_cluster"});
  settle(root, made);
  return made;
}

std::string ConvertedConfig::toml() const {
  std::string out = "# Settings of Sluice that equal those of a KairosDB configuration.\n";
  std::vector<std::string> sections;
  const auto section_of = [](const std::string& key) { return key.substr(0, key.rfind('.')); };
  for (const ConvertedSetting& setting : settings)
    if (std::find(sections.begin(), sections.end(), section_of(setting.key)) == sections.end())
      sections.push_back(section_of(setting.key));
  std::sort(sections.begin(), sections.end());
  for (const std::string& section : sections) {
    out += "\n[" + section + "]\n";
    for (const ConvertedSetting& setting : settings) {
      if (section_of(setting.key) != section) continue;
      out += setting.key.substr(section.size() + 1) + " = ";
      if (setting.list) {
        out += '[';
        for (size_t i = 0; i < setting.values.size(); ++i) out += (i > 0 ? ", " : "") + toml_text(setting.values[i]);
        out += ']';
      } else {
        out += setting.bare ? setting.values[0] : toml_text(setting.values[0]);
      }
      out += "  # " + one_line(setting.java_key) + "\n";
    }
  }
  const auto remarks = [&](const char* title, const std::vector<Remark>& all) {
    if (all.empty()) return;
    out += std::string("\n# ") + title + "\n";
    for (const Remark& remark : all) out += "#   " + one_line(remark.java_key + ": " + remark.text) + "\n";
  };
  remarks("Without an equal, to be looked at:", unsupported);
  remarks("Not needed:", ignored);
  if (!unknown.empty()) {
    out += "\n# Unknown:\n";
    for (const std::string& key : unknown) out += "#   " + one_line(key) + "\n";
  }
  return out;
}

Result<JavaEnvironment> convert_java_environment(const std::map<std::string, std::string>& environment) {
  JavaEnvironment made;
  std::vector<ConvertedSetting> settings;
  const auto find = [&](const std::string& name) -> const std::string* {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : &found->second;
  };
  const auto no_value = [](const std::string& name, const std::string& text) {
    return fail(Code::kInvalidArgument, name + ": '" + text + "' is no value of it");
  };
  for (const JavaSetting& row : java_settings()) {
    if (row.sluice.empty()) continue;
    std::vector<std::string> names{java_environment_name(row.key)};
    constexpr std::string_view kCassandra = "datastore.cassandra.";
    if (row.key.starts_with(kCassandra))
      names.push_back(java_environment_name(std::string(kCassandra) + "write_cluster." +
                                            std::string(row.key.substr(kCassandra.size()))));
    for (const std::string& name : names) {
      const std::string* const text = find(name);
      if (!text) continue;
      ConfigValue value;
      value.text = *text;
      auto setting = convert(row, name, value);
      if (!setting && (row.conversion == C::kReporter || row.conversion == C::kPath)) continue;
      if (!setting) return no_value(name, *text);
      add(settings, std::move(*setting));
    }
  }
  const std::string* const filter = find(java_environment_name("service.filter"));
  if (!filter || trimmed(*filter).empty() || trimmed(*filter) == kDisabled) std::erase_if(settings, is_filter);
  std::string meta;
  for (const auto& [java, own] : kClusterNames) {
    const std::string* const text =
        find(java_environment_name(std::string("datastore.cassandra.meta_cluster.").append(java)));
    if (!text) continue;
    ConfigValue value;
    value.text = *text;
    add_cluster_part(meta, own, value);
  }
  if (!meta.empty())
    settings.push_back({"timeseries.cassandra.meta_cluster",
                        {meta},
                        false,
                        false,
                        java_environment_name("datastore.cassandra.meta_cluster.*")});
  const auto own = [&](const std::string& key, std::vector<std::string> values, const std::string& name) {
    std::erase_if(settings, [&](const ConvertedSetting& old) { return old.key == key; });
    settings.push_back({key, std::move(values), false, false, name});
  };
  if (const std::string name = "KAIROSDB_CASSANDRA_CONTACT_POINTS"; const auto* const text = find(name)) {
    const auto hosts = split(*text, ',');
    if (hosts.empty()) return no_value(name, *text);
    own("timeseries.cassandra.contact_points", hosts, name);
    if (!find(java_environment_name("service.datastore"))) own("timeseries.store", {"cassandra"}, name);
  }
  if (const std::string name = "KAIROSDB_CASSANDRA_KEYSPACE"; const auto* const text = find(name)) {
    if (trimmed(*text).empty()) return no_value(name, *text);
    own("timeseries.cassandra.keyspace", {trimmed(*text)}, name);
  }
  if (const std::string name = "KAIROSDB_BIND_ADDRESS"; const auto* const text = find(name)) {
    // host:port, [v6]:port, host alone.
    std::string host = trimmed(*text);
    const size_t colon = host.rfind(':');
    if (colon != std::string::npos && (host.find(':') == colon || host[colon - 1] == ']')) {
      const auto port = number_of(host.substr(colon + 1));
      if (!port || *port < 0 || *port > 65535) return no_value(name, *text);
      own("timeseries.port", {std::to_string(*port)}, name);
      host.resize(colon);
    }
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (host.empty()) return no_value(name, *text);
    own("timeseries.listen", {host}, name);
  }
  if (const std::string name = "KAIROSDB_CACHE_MAX_SIZE_MB"; const auto* const text = find(name)) {
    const auto size = number_of(trimmed(*text));
    if (!size || *size < 0) return no_value(name, *text);
    own("timeseries.query_cache", {std::to_string(*size) + "MiB"}, name);
  }
  for (const ConvertedSetting& setting : settings) {
    std::string& text = made.settings[setting.key];
    for (const std::string& value : setting.values) text += (text.empty() ? "" : ",") + value;
    made.variables[setting.key] = setting.java_key;
  }
  return made;
}

}  // namespace sluice::server
