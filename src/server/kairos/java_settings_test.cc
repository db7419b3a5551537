// SPDX-License-Identifier: Apache-2.0
// Reading Java's configuration files and finding the settings they equal. The .inc files have the names and default
// values of the files that KairosDB ships.
#include "server/kairos/java_settings.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "server/settings.h"

namespace sluice::server {
namespace {

ConfigValue hocon(std::string_view text, const ConfigReading& reading = {}) {
  auto value = parse_hocon(text, reading);
  EXPECT_TRUE(value.has_value()) << (value ? "" : value.error().describe());
  return value ? *value : ConfigValue();
}

std::string leaves(const ConfigValue& root) {
  std::string text;
  for (const auto& [path, value] : config_leaves(root)) {
    text += path + "=";
    if (value->kind == ConfigValue::Kind::kList) {
      text += '[';
      for (const auto& item : value->items) text += item.text + ",";
      text += ']';
    } else {
      text += value->text;
    }
    text += '\n';
  }
  return text;
}

TEST(JavaConfigTest, HoconsFormsOfKeysAndValues) {
  EXPECT_EQ(leaves(hocon(R"(
    # a comment
    a: { b = 1, c.d: "x y" // another
      e { f = one two } }
    a.b = 2
    "q.r".s = """raw "text" """
    list: [ "1", 2
      three ]
    empty: {}
    n: null, u = LONG.name-with:colon
    a.list += x
    a.list += y
    t: "tab\té"
  )")),
            "a.b=2\na.c.d=x y\na.e.f=one two\na.list=[x,y,]\n\"q.r\".s=raw \"text\" "
            "\nlist=[1,2,three,]\nn=\nu=LONG.name-with:colon\nt=tab\t\xC3\xA9\n");
  EXPECT_EQ(leaves(hocon(R"({"json":{"a":[1,"b"],"c":true}})")), "json.a=[1,b,]\njson.c=true\n");
}

TEST(JavaConfigTest, SubstitutionsAndIncludes) {
  ConfigReading reading;
  reading.environment = [](const std::string& name) { return name == "HOST" ? "example" : nullptr; };
  reading.include = [](const std::string& name) -> Result<std::string> {
    if (name == "more.conf") return std::string("more.x = 1\nbase = 7");
    return fail(Code::kNotFound, "no such file");
  };
  EXPECT_EQ(leaves(hocon("base = 5\nurl = \"http://\"${HOST}\":\"${base}\nport = 1\nport = ${?PORT}\ngone = ${?PORT}\n"
                         "include \"more.conf\"\ninclude \"absent.conf\"",
                         reading)),
            "base=7\nurl=http://example:7\nport=1\nmore.x=1\n");
}

TEST(JavaConfigTest, ErrorsNameTheLine) {
  const auto error = [](std::string_view text) {
    const auto value = parse_hocon(text, {});
    return value ? std::string("none") : value.error().message();
  };
  EXPECT_EQ(error("a = 1\nb = {\n c = 2"), "line 3: a '}' is missing");
  EXPECT_EQ(error("a"), "line 1: 'a' has no value");
  EXPECT_EQ(error("a = [1, 2"), "line 1: a ']' is missing");
  EXPECT_EQ(error("a = \"x"), "line 1: the end of a text is missing");
  EXPECT_EQ(error("a = ${b}"), "${b} stands for nothing");
  EXPECT_EQ(error("a = ${a}"), "a substitution leads to itself");
  EXPECT_EQ(error("a = }"), "line 1: a value is missing");
  EXPECT_NE(error(std::string(10'000, '{')), "none");
  EXPECT_NE(error("a = " + std::string(10'000, '[')), "none");
}

TEST(JavaConfigTest, Properties) {
  const auto value =
      parse_properties("# c\n! c\na.b=1\na.c : x y \na.d   z\n e.f = one, \\\n   two\nk\\ ey=v\\u0041\na.b = 2");
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(leaves(*value), "a.b=2\na.c=x y \na.d=z\ne.f=one, two\n\"k ey\"=vA\n");
}

// Both files without their comments.
constexpr std::string_view kShippedConf =
#include "server/kairos/shipped_conf_test.inc"
    ;
constexpr std::string_view kShippedProperties =
#include "server/kairos/shipped_properties_test.inc"
    ;

TEST(JavaSettingsTest, NoneOfTheShippedDefaultsIsUnknown) {
  const auto conf = convert_java_config(hocon(kShippedConf));
  EXPECT_EQ(conf.unknown, std::vector<std::string>());
  EXPECT_GT(conf.settings.size(), 25u);
  const auto properties = parse_properties(kShippedProperties);
  ASSERT_TRUE(properties.has_value());
  EXPECT_EQ(convert_java_config(*properties).unknown, std::vector<std::string>());
}

TEST(JavaSettingsTest, EveryRowNamesASettingThatExists) {
  for (const JavaSetting& row : java_settings()) {
    const auto table = setting_table();
    const bool known =
        std::any_of(table.begin(), table.end(), [&](const auto& setting) { return setting.key == row.sluice; });
    EXPECT_TRUE(row.sluice.empty() || known) << row.key << " -> " << row.sluice;
    EXPECT_EQ(row.sluice.empty(), !row.note.empty()) << row.key;
  }
}

TEST(JavaSettingsTest, AConfigurationBecomesToml) {
  const auto made = convert_java_config(hocon(R"(kairosdb: {
    server.type: "INGEST, QUERY"
    telnetserver: { port: 4243, address: "0.0.0.0" }
    service.telnet: "<disabled>"
    jetty: { port: 8081, address: "10.0.0.1", ssl.keystore.path: "/x" }
    reporter.schedule: "0 */5 * * * ?"
    service.datastore: "org.kairosdb.datastore.cassandra.CassandraModule"
    datastore.cassandra: {
      query_time_limit_sec: 60
      datapoint_ttl: 31536000
      write_cluster: {
        cql_host_list: ["kairos01", "kairos02:9043"], protocol_compression: "NONE", auth.user_name: admin
        tag_indexed_row_key_lookup_metrics: { m1: [tag1, tag2], m2: [*], m3: [] }
      }
      read_clusters: [ { name: old, cql_host_list: [a, b], keyspace: k, start_time: "2001-07-04T12:08-0700" } ]
    }
    my.plugin.setting: 5
  })"));
  EXPECT_EQ(made.toml(), R"(# Settings of Sluice that equal those of a KairosDB configuration.

[timeseries]
roles = ["ingest", "query"]  # kairosdb.server.type
telnet_port = 4243  # kairosdb.telnetserver.port
telnet_listen = ["0.0.0.0"]  # kairosdb.telnetserver.address
telnet = false  # kairosdb.service.telnet
store = "cassandra"  # kairosdb.service.datastore
port = 8081  # kairosdb.jetty.port
listen = ["10.0.0.1"]  # kairosdb.jetty.address
self_metrics = "5m"  # kairosdb.reporter.schedule
query_timeout = "60s"  # kairosdb.datastore.cassandra.query_time_limit_sec
default_ttl = "31536000s"  # kairosdb.datastore.cassandra.datapoint_ttl

[timeseries.cassandra]
contact_points = ["kairos01", "kairos02:9043"]  # kairosdb.datastore.cassandra.write_cluster.cql_host_list
compression = false  # kairosdb.datastore.cassandra.write_cluster.protocol_compression
user = "admin"  # kairosdb.datastore.cassandra.write_cluster.auth.user_name
tag_indexed_metrics = ["m1:tag1", "m1:tag2", "m2", "m3"]  # kairosdb.datastore.cassandra.write_cluster.tag_indexed_row_key_lookup_metrics.m1
read_clusters = ["name=old;contact_points=a b;keyspace=k;start_time=2001-07-04T12:08-0700"]  # kairosdb.datastore.cassandra.read_clusters

[timeseries.rollups]
enabled = false  # kairosdb.service.rollups is not there

# Without an equal, to be looked at:
#   kairosdb.jetty.ssl.keystore.path: export the key store as PEM (openssl pkcs12) and name the files in tls.cert and tls.key

# Unknown:
#   kairosdb.my.plugin.setting
)");
}

TEST(JavaSettingsTest, ValuesThatAreNoneAreShown) {
  const auto made = convert_java_config(hocon("kairosdb.jetty.port = none\nother = 1"));
  ASSERT_EQ(made.settings.size(), 1u);
  EXPECT_EQ(made.settings[0].key, "timeseries.rollups.enabled");
  ASSERT_EQ(made.unsupported.size(), 1u);
  EXPECT_EQ(made.unsupported[0].text, "the value 'none' has no equal for timeseries.port");
  EXPECT_EQ(made.unknown, std::vector<std::string>{"other"});
}

const ConvertedSetting* setting_of(const ConvertedConfig& made, std::string_view key) {
  const auto found = std::ranges::find(made.settings, key, &ConvertedSetting::key);
  return found == made.settings.end() ? nullptr : &*found;
}

TEST(JavaSettingsTest, WhatDependsOnAModule) {
  const std::string filters = "kairosdb.filter: { list: [a, b], prefix: [\"p.\"], regex: [] }\n";
  const auto without = convert_java_config(hocon(filters));
  EXPECT_EQ(setting_of(without, "timeseries.drop_metrics"), nullptr);
  ASSERT_EQ(without.ignored.size(), 2u);
  EXPECT_EQ(without.ignored[0].text, "without service.filter it does nothing");
  const auto with = convert_java_config(hocon(filters + "kairosdb.service.filter: org.kairosdb.filter.FilterModule"));
  ASSERT_NE(setting_of(with, "timeseries.drop_metrics"), nullptr);
  EXPECT_EQ(setting_of(with, "timeseries.drop_metrics")->values, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(setting_of(with, "timeseries.drop_prefixes")->values, std::vector<std::string>{"p."});
  EXPECT_EQ(setting_of(with, "timeseries.drop_patterns"), nullptr);

  const auto rollups = convert_java_config(hocon("kairosdb.service.rollups = org.kairosdb.rollup.RollUpModule"));
  ASSERT_NE(setting_of(rollups, "timeseries.rollups.enabled"), nullptr);
  EXPECT_EQ(setting_of(rollups, "timeseries.rollups.enabled")->values, std::vector<std::string>{"true"});

  const auto logged = convert_java_config(
      hocon("kairosdb: { log.queries: { enable: true, greater_than: 5 }, service.reporter: \"<disabled>\" }"));
  ASSERT_NE(setting_of(logged, "timeseries.slow_query"), nullptr);
  EXPECT_EQ(setting_of(logged, "timeseries.slow_query")->values, std::vector<std::string>{"5s"});
  ASSERT_NE(setting_of(logged, "timeseries.self_metrics"), nullptr);
  EXPECT_EQ(setting_of(logged, "timeseries.self_metrics")->values, std::vector<std::string>{"0"});
  const auto paths = convert_java_config(hocon("kairosdb.queue_processor.queue_path: queue"));
  EXPECT_EQ(setting_of(paths, "timeseries.cassandra.queue_folder"), nullptr);
}

TEST(JavaSettingsTest, ClustersAreWrittenWholeAndWhatIsUnknownIsNamed) {
  const auto made = convert_java_config(hocon(R"(kairosdb.datastore.cassandra: {
    meta_cluster: { cql_host_list: [m], auth: { user_name: u, password: "a;b\"c" }, max_queue_size: 5, foo: 1 }
    read_clusters: [ { name: r, cql_host_list: [x], replication: z, bar: { baz: 2 } } ]
  })"));
  ASSERT_NE(setting_of(made, "timeseries.cassandra.meta_cluster"), nullptr);
  EXPECT_EQ(setting_of(made, "timeseries.cassandra.meta_cluster")->values,
            std::vector<std::string>{R"(contact_points=m;user=u;password="a;b\"c")"});
  EXPECT_EQ(made.unknown, (std::vector<std::string>{"kairosdb.datastore.cassandra.read_clusters[0].bar.baz",
                                                    "kairosdb.datastore.cassandra.meta_cluster.foo"}));
  ASSERT_EQ(made.ignored.size(), 2u);
  EXPECT_EQ(made.ignored[0].java_key, "kairosdb.datastore.cassandra.read_clusters[0].replication");
  EXPECT_EQ(made.ignored[1].text, "as in the write cluster");
}

TEST(JavaSettingsTest, EnvironmentVariablesAreSettings) {
  using Settings = std::map<std::string, std::string>;
  const auto made = convert_java_environment({{"KAIROSDB_JETTY_PORT", "8081"},
                                              {"KAIROSDB_DATASTORE_CASSANDRA_WRITE_CLUSTER_CQL_HOST_LIST", "a,b"},
                                              {"KAIROSDB_DATASTORE_CONCURRENTQUERYTHREADS", "7"},
                                              {"KAIROSDB_SOMETHING", "x"},
                                              {"HOME", "/"}});
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(made->settings, (Settings{{"timeseries.port", "8081"},
                                      {"timeseries.cassandra.contact_points", "a,b"},
                                      {"timeseries.concurrent_queries", "7"}}));
  EXPECT_EQ(made->variables.at("timeseries.port"), "KAIROSDB_JETTY_PORT");
  EXPECT_EQ(convert_java_environment({{"KAIROSDB_CASSANDRA_CONTACT_POINTS", "c1:9042,c2"},
                                      {"KAIROSDB_CASSANDRA_KEYSPACE", "ks"},
                                      {"KAIROSDB_BIND_ADDRESS", "127.0.0.1:8090"},
                                      {"KAIROSDB_JETTY_PORT", "1"},
                                      {"KAIROSDB_CACHE_MAX_SIZE_MB", "100"}})
                ->settings,
            (Settings{{"timeseries.cassandra.contact_points", "c1:9042,c2"},
                      {"timeseries.store", "cassandra"},
                      {"timeseries.cassandra.keyspace", "ks"},
                      {"timeseries.listen", "127.0.0.1"},
                      {"timeseries.port", "8090"},
                      {"timeseries.query_cache", "100MiB"}}));
  EXPECT_EQ(
      convert_java_environment({{"KAIROSDB_DATASTORE_CASSANDRA_META_CLUSTER_KEYSPACE", "meta"},
                                {"KAIROSDB_DATASTORE_CASSANDRA_META_CLUSTER_CQL_HOST_LIST", "m1,m2"},
                                {"KAIROSDB_FILTER_LIST", "a"},
                                {"KAIROSDB_SERVICE_REPORTER", "org.kairosdb.core.reporting.MetricReportingModule"},
                                {"KAIROSDB_TELNETSERVER_ADDRESS", "10.0.0.1"}})
          ->settings,
      (Settings{{"timeseries.cassandra.meta_cluster", "contact_points=m1 m2;keyspace=meta"},
                {"timeseries.telnet_listen", "10.0.0.1"}}));
  EXPECT_EQ(convert_java_environment({{"KAIROSDB_FILTER_LIST", "a,b"}, {"KAIROSDB_SERVICE_FILTER", "x.FilterModule"}})
                ->settings,
            (Settings{{"timeseries.drop_metrics", "a,b"}}));
  EXPECT_EQ(convert_java_environment({{"KAIROSDB_BIND_ADDRESS", "[::1]:80"}})->settings,
            (Settings{{"timeseries.listen", "::1"}, {"timeseries.port", "80"}}));
  for (const auto& [name, value] : std::map<std::string, std::string>{{"KAIROSDB_BIND_ADDRESS", "h:x"},
                                                                      {"KAIROSDB_BIND_ADDRESS", ":80"},
                                                                      {"KAIROSDB_CACHE_MAX_SIZE_MB", "big"},
                                                                      {"KAIROSDB_JETTY_PORT", "x"}})
    EXPECT_FALSE(convert_java_environment({{name, value}}).has_value()) << name;
}

}  // namespace
}  // namespace sluice::server
