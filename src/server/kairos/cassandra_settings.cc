// SPDX-License-Identifier: Apache-2.0
#include "server/kairos/cassandra_settings.h"

#include <cctz/time_zone.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <utility>

#include "client/cassandra/auth.h"

namespace sluice::server {
namespace {

using client::cassandra::Consistency;
using timeseries::ClusterSettings;

constexpr std::string_view kPrefix = "timeseries.cassandra.";

std::string key_of(std::string_view name) { return std::string(kPrefix) + std::string(name); }

Error wrong(const Settings& settings, std::string_view name, const std::string& what) {
  return Error(Code::kInvalidArgument, settings.origin(key_of(name)) + ": " + key_of(name) + ": " + what);
}

Result<std::shared_ptr<net::TlsContext>> client_tls(bool wanted, const std::filesystem::path& ca_file) {
  if (!wanted) return std::shared_ptr<net::TlsContext>();
  net::TlsClientOptions options;
  options.ca_file = ca_file;
  return net::TlsContext::for_client(std::move(options));
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> found;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (end > 0) found.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return found;
}

// "2001-07-04T12:08-0700": milliseconds.
std::optional<int64_t> time_of(const std::string& text) {
  std::chrono::time_point<std::chrono::system_clock, std::chrono::seconds> when;
  for (const char* format : {"%Y-%m-%dT%H:%M%z", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%Ez"}) {
    if (cctz::parse(format, text, cctz::utc_time_zone(), &when))
      return std::chrono::duration_cast<std::chrono::milliseconds>(when.time_since_epoch()).count();
  }
  return std::nullopt;
}

timeseries::cassandra::TagIndex tag_index(const std::vector<std::string>& items) {
  timeseries::cassandra::TagIndex::Metrics metrics;
  for (const std::string& item : items) {
    // A metric without tags stands for all of them, also beside items that name some.
    const size_t colon = item.rfind(':');
    const std::string metric = item.substr(0, colon);
    auto& tags = metrics[metric];
    if (colon == std::string::npos)
      tags = {"*"};
    else
      tags.insert(item.substr(colon + 1));
  }
  return timeseries::cassandra::TagIndex(std::move(metrics));
}

// "a=b;c=\"d;e\"": (a, b), (c, d;e).
std::vector<std::pair<std::string, std::string>> parts_of(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> parts;
  std::string name, value;
  bool in_value = false, quoted = false;
  const auto end = [&] {
    if (!name.empty() || in_value) parts.emplace_back(std::move(name), std::move(value));
    name.clear();
    value.clear();
    in_value = quoted = false;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\' && i + 1 < text.size()) {
      value += text[++i];
    } else if (c == '"' && (quoted || (in_value && value.empty()))) {
      quoted = !quoted;
    } else if (c == ';' && !quoted) {
      end();
    } else if (c == '=' && !in_value) {
      in_value = true;
    } else {
      (in_value ? value : name) += c;
    }
  }
  end();
  return parts;
}

// "name=old;contact_points=a b;keyspace=k": what is not named is as in `base`.
Result<ClusterSettings> cluster_of(const Settings& settings, std::string_view setting, const std::string& text,
                                   ClusterSettings base) {
  std::string user, password;
  bool tls = base.connection.tls != nullptr;
  std::filesystem::path tls_ca = settings.path(key_of("tls_ca"));
  for (const auto& [name, value] : parts_of(text)) {
    if (name == "name") {
      base.name = value;
    } else if (name == "contact_points") {
      base.connection.contact_points = words(value);
    } else if (name == "keyspace") {
      base.keyspace = value;
    } else if (name == "user") {
      user = value;
    } else if (name == "password") {
      password = value;
    } else if (name == "tls") {
      tls = value == "true";
    } else if (name == "tls_ca") {
      tls_ca = value;
    } else if (name == "tls_name") {
      base.connection.tls_name = value;
    } else if (name == "local_datacenter") {
      base.connection.local_datacenter = value;
    } else if (name == "read_consistency") {
      const auto consistency = client::cassandra::parse_consistency(value);
      if (!consistency) return fail(wrong(settings, setting, "'" + value + "' is no consistency level"));
      base.read_consistency = *consistency;
    } else if (name == "start_time" || name == "end_time") {
      const auto time = time_of(value);
      if (!time) return fail(wrong(settings, setting, "'" + value + "' is no time; write it as 2001-07-04T12:08-0700"));
      (name == "start_time" ? base.start_time : base.end_time) = *time;
    } else {
      return fail(wrong(settings, setting,
                        "unknown '" + name +
                            "'; known are name, contact_points, keyspace, user, password, tls, tls_ca, tls_name, "
                            "local_datacenter, read_consistency, start_time, end_time"));
    }
  }
  if (base.connection.contact_points.empty()) return fail(wrong(settings, setting, "contact_points has no host"));
  if (!user.empty()) base.connection.auth = client::cassandra::plain_auth(std::move(user), std::move(password));
  base.connection.tls = TRY(client_tls(tls, tls_ca));
  return base;
}

Result<Consistency> consistency(const Settings& settings, std::string_view name) {
  const auto level = client::cassandra::parse_consistency(settings.text(key_of(name)));
  if (!level) return fail(wrong(settings, name, "no consistency level"));
  return *level;
}

}  // namespace

Result<timeseries::CassandraSettings> cassandra_settings(const Settings& settings) {
  const auto text = [&](std::string_view name) -> const std::string& { return settings.text(key_of(name)); };
  const auto number = [&](std::string_view name) { return settings.integer(key_of(name)); };
  const auto flag = [&](std::string_view name) { return settings.flag(key_of(name)); };
  const auto milliseconds = [&](std::string_view name) { return settings.duration(key_of(name)); };
  timeseries::CassandraSettings made;

  ClusterSettings& write = made.write;
  write.keyspace = text("keyspace");
  write.replication = text("replication");
  auto& connection = write.connection;
  connection.contact_points = settings.list(key_of("contact_points"));
  if (connection.contact_points.empty()) return fail(wrong(settings, "contact_points", "names no host"));
  connection.local_datacenter = text("local_datacenter");
  if (!text("user").empty()) connection.auth = client::cassandra::plain_auth(text("user"), text("password"));
  connection.tls = TRY(client_tls(flag("tls"), settings.path(key_of("tls_ca"))));
  connection.tls_name = text("tls_name");
  connection.compression = flag("compression");
  connection.connections_per_host = static_cast<uint32_t>(number("connections_per_host"));
  connection.max_requests_per_connection = static_cast<uint32_t>(number("max_requests_per_connection"));
  connection.max_queue_size = static_cast<uint32_t>(number("max_queue_size"));
  connection.max_retries = static_cast<uint32_t>(number("max_retries"));
  connection.connect_timeout = milliseconds("connect_timeout");
  connection.request_timeout = milliseconds("request_timeout");
  write.read_consistency = TRY(consistency(settings, "read_consistency"));
  write.write_consistency = TRY(consistency(settings, "write_consistency"));
  write.index_consistency = write.write_consistency;
  write.tag_index = tag_index(settings.list(key_of("tag_indexed_metrics")));
  write.new_spec =
      TRY(timeseries::cassandra::RowSpec::parse(text("row_time_unit"), std::to_string(number("row_width"))));

  // Other clusters take from the first what they do not say; points of all times are theirs unless they say so.
  if (const auto& meta = text("meta_cluster"); !meta.empty()) {
    ClusterSettings base = write;
    base.name = "meta_cluster";
    made.meta.push_back(TRY(cluster_of(settings, "meta_cluster", meta, std::move(base))));
  }
  for (const auto& read : settings.list(key_of("read_clusters"))) {
    ClusterSettings base = write;
    base.name = "read_cluster_" + std::to_string(made.reads.size() + 1);
    made.reads.push_back(TRY(cluster_of(settings, "read_clusters", read, std::move(base))));
  }

  made.table_create_with["data_points"] = text("data_points_with");
  made.start_async = flag("start_async");
  made.align_datapoint_ttl_with_timestamp = flag("align_ttl_with_timestamp");
  made.force_default_datapoint_ttl = flag("force_default_ttl");
  made.hidden_name_prefixes = settings.list(key_of("hidden_name_prefixes"));
  made.cached_series = static_cast<size_t>(number("cached_series"));
  made.simultaneous_queries = static_cast<uint32_t>(number("simultaneous_queries"));
  made.queue_on_disk = flag("queue_on_disk");
  made.queue_folder = settings.path(key_of("queue_folder")).string();
  if (made.queue_folder.empty() && made.queue_on_disk) {
    const auto data_dir = settings.path("data_dir");
    if (data_dir.empty()) {
      return fail(wrong(settings, "queue_folder",
                        "there is no data_dir for the queue: name a folder, or set timeseries.cassandra.queue_on_disk "
                        "= false"));
    }
    made.queue_folder = (data_dir / "queue").string();
  }
  made.queue_disk_bytes = settings.bytes(key_of("queue_disk"));
  made.queue_memory_bytes = settings.bytes(key_of("queue_memory"));
  made.drain = milliseconds("drain_timeout");
  made.batch_wait = milliseconds("batch_wait");
  made.batch_points = static_cast<size_t>(number("batch_points"));
  made.batches_in_flight = static_cast<uint32_t>(number("batches_in_flight"));
  return made;
}

}  // namespace sluice::server
