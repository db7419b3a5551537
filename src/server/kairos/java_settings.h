// SPDX-License-Identifier: Apache-2.0
// What the settings of Java KairosDB are in Sluice: one table, for `sluice kairos migrate-config` and for the variables
// of the environment that Java KairosDB reads. Pure functions.
// Source of truth: src/main/resources/kairosdb.conf of KairosDB's HEAD, kairosdb.properties of 1.2, Main.java.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "server/kairos/java_config.h"

namespace sluice::server {

enum class JavaConversion : uint8_t {
  kText,
  kNumber,
  kBool,
  kMilliseconds,  // a number -> "5000ms"
  kSeconds,       // a number -> "60s"
  kList,          // a list, or texts separated by commas
  kPath,          // an absolute one
  kRoles,         // "INGEST, QUERY"
  kStore,         // a module's class -> embedded, cassandra
  kReporter,      // a module's class -> nothing; "<disabled>" -> never
  kModule,        // a module's class -> true; "<disabled>" -> false
  kEveryMinute,   // a cron expression of minutes -> a duration
  kQueueClass,    // a class -> whether the queue is on disk
  kCompression,   // LZ4, SNAPPY, NONE -> whether
  kTagIndex,      // a list of metrics
  kIgnored,       // known; needs no setting here, `note` says why
  kUnsupported,   // known; what it asks for is not offered, `note` says what to do instead
};

struct JavaSetting {
  std::string_view key;  // without "kairosdb."; one that ends with ".*" stands for all below it
  JavaConversion conversion = JavaConversion::kIgnored;
  std::string_view sluice;  // empty: kIgnored and kUnsupported
  std::string_view note;
};
std::span<const JavaSetting> java_settings();
// The row of a key without "kairosdb."; nullptr: there is none.
const JavaSetting* find_java_setting(std::string_view key);

// A setting of Sluice, its value as flags take it, lists also as items.
struct ConvertedSetting {
  std::string key;
  std::vector<std::string> values;  // one, unless `list`
  bool list = false;
  bool bare = false;  // TOML writes it without quotes: numbers, true, false
  std::string java_key;
};

struct ConvertedConfig {
  std::vector<ConvertedSetting> settings;  // no key twice
  struct Remark {
    std::string java_key;
    std::string text;
  };
  std::vector<Remark> ignored;
  std::vector<Remark> unsupported;
  std::vector<std::string> unknown;  // keys

  // A settings file of Sluice, with the remarks as comments.
  std::string toml() const;
};

// Of a file of KairosDB. Values that cannot be converted are `unsupported`.
ConvertedConfig convert_java_config(const ConfigValue& root);

// Settings that variables of the environment ask for, by key, as texts for Settings::Sources: each property of the
// table as its UPPER_SNAKE name (KAIROSDB_JETTY_PORT), and KAIROSDB_CASSANDRA_CONTACT_POINTS,
// KAIROSDB_CASSANDRA_KEYSPACE, KAIROSDB_BIND_ADDRESS, KAIROSDB_CACHE_MAX_SIZE_MB, which win over them. Contact points
// also choose the Cassandra store, unless KAIROSDB_SERVICE_DATASTORE says otherwise. Errors: a value that is none.
struct JavaEnvironment {
  std::map<std::string, std::string> settings;
  std::map<std::string, std::string> variables;  // key of the setting -> the variable it is from
};
Result<JavaEnvironment> convert_java_environment(const std::map<std::string, std::string>& environment);

// A value in a text of timeseries.cassandra.read_clusters: in double quotes, with \ before " and \, when it needs them.
std::string cluster_value(std::string_view value);

// KAIROSDB_DATASTORE_CONCURRENTQUERYTHREADS.
std::string java_environment_name(std::string_view key);

}  // namespace sluice::server
