// SPDX-License-Identifier: Apache-2.0
#include "server/timeseries_part.h"

#include <algorithm>
#include <cerrno>
#include <thread>

#include "base/log.h"
#include "door/kairos/door.h"
#include "door/telnet/door.h"
#include "server/kairos/cassandra_settings.h"
#include "server/kairos/http_authorizer.h"
#include "server/kairos/rollup_part.h"
#include "server/self_metrics.h"
#include "server/version.h"
#include "timeseries/counted_store.h"
#include "timeseries/engine/engine.h"
#include "timeseries/filtered_store.h"
#include "timeseries/memory_store.h"
#include "timeseries/store/cassandra/cassandra_store.h"
#include "timeseries/store/embedded/embedded_store.h"
#include "timeseries/zone.h"

namespace sluice::server {
namespace {

using std::chrono::duration_cast;

constexpr unsigned kCassandraThreads = 2;
// How the released 1.3 names itself; of 1.4 there is no release.
constexpr std::string_view kVersion13 = "KairosDB 1.3.0-1.20210808223203";

std::string kairos_version(const Settings& settings) {
  if (settings.text("timeseries.compat") == "1.3") return std::string(kVersion13);
  return "KairosDB 1.4.0 (Sluice " + std::string(version()) + ")";
}

timeseries::Compat compat(const Settings& settings) {
  return settings.text("timeseries.compat") == "1.3" ? timeseries::Compat::kV13 : timeseries::Compat::kV14;
}

Result<door::kairos::Roles> read_roles(const Settings& settings) {
  door::kairos::Roles roles{false, false, false};
  for (std::string name : settings.list("timeseries.roles")) {
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    if (name == "all") {
      roles = {};
    } else if (name == "ingest") {
      roles.ingest = true;
    } else if (name == "query") {
      roles.query = true;
    } else if (name == "delete") {
      roles.remove = true;
    } else {
      return fail(Code::kInvalidArgument, settings.origin("timeseries.roles") + ": '" + name +
                                              "' of timeseries.roles is none of all, ingest, query, delete");
    }
  }
  if (!roles.ingest && !roles.query && !roles.remove)
    return fail(Code::kInvalidArgument, settings.origin("timeseries.roles") + ": timeseries.roles names no role");
  return roles;
}

uint32_t whole_seconds(std::chrono::milliseconds time) {
  const auto seconds = (time.count() + 999) / 1000;
  return static_cast<uint32_t>(std::min<int64_t>(seconds, INT32_MAX));
}

unsigned cores() { return std::max(1u, std::thread::hardware_concurrency()); }

}  // namespace

struct TimeseriesPart::Opened {
  std::unique_ptr<NetworkThreads> threads;  // of the Cassandra client: apart from those of doors
  std::unique_ptr<timeseries::CassandraStore> cassandra;
  std::unique_ptr<timeseries::EmbeddedStore> embedded;
  std::unique_ptr<timeseries::MemoryStore> memory;
  std::unique_ptr<timeseries::MemoryServiceStore> memory_values;
};

TimeseriesPart::TimeseriesPart(const Settings& settings)
    : settings_(settings), enabled_(settings.flag("timeseries.enabled")) {}

TimeseriesPart::~TimeseriesPart() { close(); }

// ---------------------------------------------------------------- the store

Result<std::unique_ptr<TimeseriesPart::Opened>> TimeseriesPart::open() const {
  auto opened = std::make_unique<Opened>();
  const auto data_dir = settings_.path("data_dir");
  const uint32_t default_ttl = whole_seconds(settings_.duration("timeseries.default_ttl"));
  if (settings_.text("timeseries.store") == "cassandra") {
    auto cassandra = TRY(cassandra_settings(settings_));
    cassandra.datapoint_ttl = default_ttl;
    cassandra.pattern_prefix = settings_.text("timeseries.regex_prefix");
    const std::string& sync = settings_.text("timeseries.sync");
    if (sync == "always") cassandra.queue_sync = timeseries::CassandraSettings::Sync::kAlways;
    if (sync == "never") cassandra.queue_sync = timeseries::CassandraSettings::Sync::kNever;
    cassandra.queue_sync_interval = settings_.duration("timeseries.sync_interval");
    opened->threads = std::make_unique<NetworkThreads>(kCassandraThreads);
    opened->threads->start();
    opened->cassandra = TRY(timeseries::CassandraStore::open(*opened->threads, std::move(cassandra)));
    return opened;
  }
  if (data_dir.empty()) {
    timeseries::MemoryStoreOptions options;
    options.default_ttl = default_ttl;
    options.pattern_prefix = settings_.text("timeseries.regex_prefix");
    opened->memory = std::make_unique<timeseries::MemoryStore>(std::move(options));
    opened->memory_values = std::make_unique<timeseries::MemoryServiceStore>();
    return opened;
  }
  timeseries::EmbeddedSettings options;
  options.folder = (data_dir / "timeseries").string();
  const std::string& sync = settings_.text("timeseries.sync");
  if (sync == "always") options.sync = timeseries::EmbeddedSettings::Sync::kAlways;
  if (sync == "never") options.sync = timeseries::EmbeddedSettings::Sync::kNever;
  options.sync_interval = settings_.duration("timeseries.sync_interval");
  options.head_bytes = settings_.bytes("timeseries.memory");
  options.log_bytes = options.head_bytes;
  options.cache_bytes = settings_.bytes("timeseries.block_cache");
  options.default_ttl = default_ttl;
  options.retention = duration_cast<std::chrono::seconds>(settings_.duration("timeseries.retention"));
  options.pattern_prefix = settings_.text("timeseries.regex_prefix");
  opened->embedded = TRY(timeseries::EmbeddedStore::open(std::move(options)));
  return opened;
}

void TimeseriesPart::begin_open() {
  if (enabled_) opening_ = std::async(std::launch::async, [this] { return open(); });
}

Status TimeseriesPart::finish_open() {
  if (!enabled_) return {};
  TRY(read_roles(settings_));
  opened_ = TRY(opening_.get());
  if (opened_->cassandra) {
    store_ = opened_->cassandra.get();
    service_values_ = opened_->cassandra.get();
  } else if (opened_->embedded) {
    store_ = opened_->embedded.get();
    service_values_ = opened_->embedded.get();
  } else {
    store_ = opened_->memory.get();
    service_values_ = opened_->memory_values.get();
  }
  auto dropped = timeseries::MetricFilter::make(settings_.list("timeseries.drop_metrics"),
                                                settings_.list("timeseries.drop_prefixes"),
                                                settings_.list("timeseries.drop_patterns"));
  if (!dropped)
    return fail(Code::kInvalidArgument,
                settings_.origin("timeseries.drop_patterns") + ": " + dropped.error().message());
  if (!dropped->empty()) {
    filtered_ = std::make_unique<timeseries::FilteredStore>(*store_, std::move(*dropped));
    store_ = filtered_.get();
  }
  counted_ = std::make_unique<timeseries::CountedStore>(*store_, traffic_.details);
  store_ = counted_.get();
  timeseries::EngineOptions options;
  options.compat = compat(settings_);
  options.max_points = static_cast<uint64_t>(settings_.integer("timeseries.max_query_points"));
  if (const auto bytes = settings_.bytes("timeseries.query_cache"); bytes > 0)
    cache_ = std::make_unique<timeseries::ReadCache>(bytes);
  engine_ = std::make_unique<timeseries::Engine>(*store_, cache_.get(), options);
  register_metrics();
  return {};
}

void TimeseriesPart::close() {
  stop_doors(Deadline::after(Deadline::Clock::duration::zero()));
  metrics_.clear();
  engine_.reset();
  cache_.reset();
  if (opening_.valid()) {
    if (auto opened = opening_.get()) opened_ = std::move(*opened);
  }
  counted_.reset();
  filtered_.reset();
  opened_.reset();
  store_ = nullptr;
  service_values_ = nullptr;
}

// ---------------------------------------------------------------- the doors

Result<std::vector<net::ListenAddress>> TimeseriesPart::addresses(std::string_view list_key,
                                                                  std::string_view port_key) const {
  std::vector<net::ListenAddress> all;
  for (const auto& item : settings_.list(list_key)) {
    if (item.starts_with("unix:") || item.starts_with("[") || std::count(item.begin(), item.end(), ':') == 1)
      return fail(Code::kInvalidArgument, settings_.origin(list_key) + ": '" + item + "' of " + std::string(list_key) +
                                              " is no address without port; that is " + std::string(port_key));
    net::ListenAddress address;
    address.host = item;
    address.port = static_cast<uint16_t>(settings_.integer(port_key));
    all.push_back(std::move(address));
  }
  if (all.empty()) return fail(Code::kInvalidArgument, std::string(list_key) + " names no address");
  return all;
}

Status TimeseriesPart::started(Status status, std::string_view port_key, std::string_view what) {
  if (status || status.error().native_code() != EADDRINUSE || settings_.origin(port_key) != "default") return status;
  const std::string note = std::string(what) + " is off: port " + std::to_string(settings_.integer(port_key)) +
                           " is taken by another program; choose one with " + std::string(port_key) +
                           ", or set timeseries.enabled = false";
  log::warn(note);
  notes_.push_back(note);
  return {};
}

Status TimeseriesPart::start_doors(NetworkThreads& threads, std::shared_ptr<net::TlsContext> tls) {
  if (!enabled_) return {};
  const auto roles = TRY(read_roles(settings_));
  const auto connections = static_cast<uint32_t>(settings_.integer("timeseries.max_connections"));
  const std::string& zone = settings_.text("timeseries.time_zone");
  if (!timeseries::Zone::find(zone))
    return fail(Code::kInvalidArgument,
                settings_.origin("timeseries.time_zone") + ": '" + zone + "' of timeseries.time_zone is no time zone");
  WorkerPool::Options writers;
  writers.min_threads = cores();
  writers.max_threads = 64;
  writers.name = "series";
  writers_ = std::make_unique<WorkerPool>(writers);
  WorkerPool::Options queries;
  queries.max_threads = static_cast<unsigned>(settings_.integer("timeseries.concurrent_queries"));
  queries.min_threads = std::min(cores(), queries.max_threads);
  queries.queue_limit = static_cast<size_t>(settings_.integer("timeseries.waiting_queries"));
  queries.name = "series-query";
  queries_ = std::make_unique<WorkerPool>(queries);

  WorkerPool::Options short_work;
  short_work.min_threads = 1;
  short_work.max_threads = 8;
  short_work.name = "series-short";
  short_work_ = std::make_unique<WorkerPool>(short_work);

  door::kairos::DoorOptions rest;
  rest.addresses = TRY(addresses("timeseries.listen", "timeseries.port"));
  rest.max_connections = connections;
  rest.roles = roles;
  rest.compat = compat(settings_);
  rest.version = kairos_version(settings_);
  rest.default_zone = zone;
  rest.healthy_status = static_cast<unsigned>(settings_.integer("timeseries.healthy_status"));
  rest.cors_origin = settings_.text("timeseries.cors_origin");
  rest.max_body_bytes = settings_.bytes("timeseries.max_body");
  rest.max_gzip_ratio = static_cast<uint32_t>(settings_.integer("timeseries.max_gzip_ratio"));
  rest.max_query_bytes = settings_.bytes("timeseries.max_query");
  rest.query_timeout = settings_.duration("timeseries.query_timeout");
  rest.slow_query = settings_.duration("timeseries.slow_query");
  rest.return_query = settings_.flag("timeseries.return_query");
  rest.user = settings_.text("timeseries.user");
  rest.password = settings_.text("timeseries.password");
  if (const std::string& url = settings_.text("timeseries.auth_url"); !url.empty()) {
    rest.authorize = [asked = std::make_shared<HttpAuthorizer>(url, settings_.duration("timeseries.auth_timeout"),
                                                               settings_.duration("timeseries.auth_keep"))](
                         const door::kairos::AuthorizeRequest& request) { return asked->ask(request); };
  }
  rest.requests_per_second = static_cast<uint32_t>(settings_.integer("timeseries.rate_limit"));
  rest.http.idle_timeout = std::chrono::milliseconds(120'000);  // as KairosDB's
  door::kairos::Services services{*store_,   *service_values_, *engine_,     traffic_,
                                  *writers_, *queries_,        *short_work_, {}};
  if (settings_.flag("timeseries.rollups.enabled")) {
    rollups_ = TRY(RollupPart::make(settings_, {compat(settings_), zone}, *engine_, *service_values_));
    services.rollups = [this](std::string_view method, std::string_view rest, std::string_view query,
                              std::string_view body) -> std::optional<door::kairos::HookAnswer> {
      auto answer = rollups_->handle(method, rest, query, body);
      return door::kairos::HookAnswer{static_cast<unsigned>(answer.status), std::move(answer.body)};
    };
  }
  rest_ = std::make_unique<door::kairos::Door>(std::move(rest), std::move(services), threads,
                                               settings_.flag("timeseries.tls") ? std::move(tls) : nullptr);
  TRY(started(rest_->start(), "timeseries.port", "KairosDB's REST API"));
  if (rollups_) rollups_->start();

  if (settings_.flag("timeseries.telnet") && roles.ingest) {
    door::telnet::DoorOptions telnet;
    const bool own = !settings_.list("timeseries.telnet_listen").empty();
    telnet.addresses = TRY(addresses(own ? "timeseries.telnet_listen" : "timeseries.listen", "timeseries.telnet_port"));
    telnet.max_connections = std::max(1u, connections / 4);
    telnet.intake.max_line = settings_.bytes("timeseries.telnet_max_line");
    telnet.intake.version = kairos_version(settings_);
    telnet_ = std::make_unique<door::telnet::Door>(std::move(telnet), *store_, traffic_, *writers_, threads);
    TRY(started(telnet_->start(), "timeseries.telnet_port", "KairosDB's telnet protocol"));
  }
  if (const auto period = settings_.duration("timeseries.self_metrics"); period.count() > 0) {
    std::function<SelfMetrics::Queue()> queue;
    if (const auto* const cassandra = opened_->cassandra.get()) {
      queue = [cassandra] {
        const auto state = cassandra->state();
        return SelfMetrics::Queue{state.delivered_points, state.batches, state.delivery_ns, state.queue_points};
      };
    }
    self_metrics_ = std::make_unique<SelfMetrics>(*store_, traffic_, *queries_, period, std::move(queue));
  }
  return {};
}

void TimeseriesPart::stop_doors(Deadline drain) {
  self_metrics_.reset();
  if (rollups_) rollups_->stop();
  std::thread telnet([&] {
    if (telnet_) telnet_->stop(drain);
  });
  if (rest_) rest_->stop(drain);
  telnet.join();
  rest_.reset();
  rollups_.reset();
  telnet_.reset();
  short_work_.reset();
  queries_.reset();
  writers_.reset();
}

uint16_t TimeseriesPart::rest_port() const { return rest_ && !rest_->ports().empty() ? rest_->ports()[0] : 0; }
uint16_t TimeseriesPart::telnet_port() const { return telnet_ && !telnet_->ports().empty() ? telnet_->ports()[0] : 0; }

std::string TimeseriesPart::banner() const {
  if (!enabled_) return {};
  std::string host = settings_.list("timeseries.listen").empty() ? "127.0.0.1" : settings_.list("timeseries.listen")[0];
  if (host == "*" || host == "0.0.0.0") host = "127.0.0.1";
  if (host.find(':') != std::string::npos) host = "[" + (host == "::" ? std::string("::1") : host) + "]";
  std::string out;
  if (rest_port() != 0) {
    out += std::string("  Series ") + (settings_.flag("timeseries.tls") ? "https" : "http") + "://" + host + ":" +
           std::to_string(rest_port()) + "/api/v1/ (KairosDB's)";
    if (telnet_port() != 0) out += ", telnet port " + std::to_string(telnet_port());
    out += "\n";
  }
  for (const auto& note : notes_) out += "  " + note + "\n";
  return out;
}

// ---------------------------------------------------------------- metrics

void TimeseriesPart::register_metrics() {
  auto& metrics = Metrics::process();
  const auto counter = [&](std::string_view name, std::string_view help, const timeseries::Traffic::Count& count,
                           const Labels& labels = {}, double factor = 1) {
    metrics_.push_back(metrics.callback_counter(
        name, help, labels, [&count, factor] { return timeseries::Traffic::read(count) * factor; }));
  };
  constexpr std::string_view kPoints = "sluice_timeseries_points_total";
  constexpr std::string_view kPointsHelp = "Points that clients sent and the store took.";
  counter(kPoints, kPointsHelp, traffic_.ingest_points, {{"door", "rest"}});
  counter(kPoints, kPointsHelp, traffic_.telnet_points, {{"door", "telnet"}});
  counter("sluice_timeseries_ingest_requests_total", "Requests with points.", traffic_.ingest_requests);
  counter("sluice_timeseries_ingest_seconds_total", "Time of requests with points.", traffic_.ingest_ns, {}, 1e-9);
  counter("sluice_timeseries_telnet_batches_total", "Batches of telnet lines that were stored.",
          traffic_.telnet_batches);
  counter("sluice_timeseries_telnet_dropped_total", "Telnet lines that are wrong.", traffic_.telnet_dropped);
  counter("sluice_timeseries_queries_total", "Queries run.", traffic_.queries);
  counter("sluice_timeseries_query_errors_total", "Queries that failed.", traffic_.failed_queries);
  counter("sluice_timeseries_query_points_total", "Points that queries read.", traffic_.query_points);
  counter("sluice_timeseries_query_cached_points_total", "Points that queries read from the cache of cache_time.",
          traffic_.cached_points);
  const auto gauge = [&](std::string_view name, std::string_view help, std::function<double()> read) {
    metrics_.push_back(metrics.callback_gauge(name, help, {}, std::move(read)));
  };
  if (cache_) {
    gauge("sluice_timeseries_query_cache_bytes", "Memory of what queries with cache_time read.",
          [cache = cache_.get()] { return static_cast<double>(cache->bytes()); });
  }
  if (const auto* const cassandra = opened_->cassandra.get()) {
    gauge("sluice_timeseries_queue_bytes", "Points that are acknowledged and on their way to Cassandra.",
          [cassandra] { return static_cast<double>(cassandra->state().queue_bytes); });
    metrics_.push_back(
        metrics.callback_counter("sluice_timeseries_delivered_points_total", "Points that Cassandra took.", {},
                                 [cassandra] { return static_cast<double>(cassandra->state().delivered_points); }));
    metrics_.push_back(metrics.callback_counter(
        "sluice_timeseries_lost_points_total", "Points of damaged queue files, or that Cassandra refused for good.", {},
        [cassandra] { return static_cast<double>(cassandra->state().lost_points); }));
    metrics_.push_back(metrics.callback_counter(
        "sluice_timeseries_cassandra_batches_total", "Batches that Cassandra answered, or that got no answer.", {},
        [cassandra] { return static_cast<double>(cassandra->state().batches); }));
  }
  if (!opened_->embedded) return;
  const auto* const store = opened_->embedded.get();
  gauge("sluice_timeseries_head_bytes", "Memory of points that are in no block yet.",
        [store] { return static_cast<double>(store->statistics().head_bytes); });
  gauge("sluice_timeseries_log_bytes", "The write-ahead log on disk.",
        [store] { return static_cast<double>(store->statistics().log_bytes); });
  gauge("sluice_timeseries_block_bytes", "Blocks and indexes on disk.",
        [store] { return static_cast<double>(store->statistics().block_bytes); });
}

}  // namespace sluice::server
