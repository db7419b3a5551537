// SPDX-License-Identifier: Apache-2.0
#include "server/server.h"

#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "base/log.h"
#include "kernel/s3_files.h"
#include "server/exit_codes.h"
#include "server/memory_ceiling.h"
#include "server/version.h"
#include "session/access_hosts.h"

namespace sluice::server {
namespace {

constexpr auto kCertificateInterval = std::chrono::seconds(10);

using Clock = std::chrono::steady_clock;

constexpr const char* kKernelPart = "kernel";
// After the drain time statements are interrupted; they have this long to react.
constexpr auto kStopGrace = std::chrono::seconds(5);

bool is_loopback(const net::ListenAddress& address) {
  return !address.unix_path.empty() || session::is_loopback(address.host);
}

// Ends the process when stopping takes much longer than it may: a statement that does not react to its interruption
// (deep in the planner, say) would keep it alive forever. What was acknowledged is in the data file or its WAL.
class StopWatchdog {
 public:
  explicit StopWatchdog(Deadline drain)
      : thread_([this, wait = drain.remaining() + kStopGrace] {
          std::unique_lock lock(mutex_);
          if (changed_.wait_for(lock, wait, [&] { return done_; })) return;
          log::error("a statement does not react: ending without it", {{"waited", wait}});
          log::shutdown();
          ::_exit(kExitForced);
        }) {}
  ~StopWatchdog() {
    {
      std::lock_guard lock(mutex_);
      done_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::thread thread_;
};

unsigned cores() { return std::max(1u, std::thread::hardware_concurrency()); }

}  // namespace

Server::~Server() { stop(Deadline::after(std::chrono::seconds(0))); }

Status Server::start_part(std::string name, const std::function<Status()>& start, std::function<void(Deadline)> stop) {
  const auto begin = Clock::now();
  auto status = start();
  if (!status) {
    stop(Deadline::after(std::chrono::seconds(0)));  // what of it was made already needs the parts before it
    return status;
  }
  log::debug("started", {{"part", name}, {"duration", Clock::now() - begin}});
  started_.push_back({std::move(name), std::move(stop)});
  return {};
}

Status Server::start() {
  const auto begin = Clock::now();
  const auto all = [&]() -> Status {
    TRY(set_memory_ceiling(settings_.bytes("memory.ceiling")));
    TRY(start_part("data directory", [&] { return lock_data_dir(); }, [&](Deadline) { lock_ = DataDirLock(); }));
    TRY(start_part(
        "time-series store",
        [&] {
          time_series_.begin_open();
          return Status();
        },
        [&](Deadline) { time_series_.close(); }));
    TRY(start_part(kKernelPart, [&] { return open_kernel(); }, [&](Deadline) { kernel_.reset(); }));
    TRY(start_part("metrics as tables", [&] { return attach_metrics(); }, [&](Deadline) { kairos_catalog_.reset(); }));
    TRY(start_part("access", [&] { return open_access(); }, [&](Deadline) { access_.reset(); }));
    TRY(start_part("audit", [&] { return open_audit(); }, [&](Deadline) { audit_.reset(); }));
    TRY(start_part(
        "services", [&] { return make_services(); },
        [&](Deadline) {
          metrics_.clear();
          services_.reset();
          workers_.reset();
        }));
    TRY(start_part(
        "network", [&] { return start_threads(); },
        [&](Deadline) {
          background_->cancel_all();
          background_->wait();
          network_->stop();
          network_->join();
          background_.reset();
          network_.reset();
        }));
    TRY(start_part("jobs", [&] { return services_->jobs.start(); }, [&](Deadline) { services_->jobs.stop(); }));
    TRY(start_part("tls", [&] { return make_tls(); }, [&](Deadline) { tls_.reset(); }));
    TRY(start_part(
        "tracing", [&] { return start_otlp(); },
        [&](Deadline) {
          if (!otlp_) return;
          set_span_exporter(nullptr, 0);
          otlp_->stop();
          // A collector that does not answer keeps nobody waiting.
          if (!otlp_scope_->wait(Deadline::after(std::chrono::seconds(2)))) otlp_scope_->cancel_all();
          otlp_scope_->wait();
          otlp_scope_.reset();
        }));
    TRY(start_part("doors", [&] { return start_doors(); }, [&](Deadline drain) { stop_doors(drain); }));
    TRY(start_part(
        "time-series doors", [&] { return time_series_.start_doors(*network_, tls_); },
        [&](Deadline drain) { time_series_.stop_doors(drain); }));
    return {};
  };
  if (auto status = all(); !status) {
    stop(Deadline::after(std::chrono::seconds(0)));
    return status;
  }
  start_duration_ = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
  ready_ = true;
  log::info("ready", {{"version", version()},
                      {"duration", Clock::now() - begin},
                      {"mysql_port", mysql_port()},
                      {"http_port", http_port()},
                      {"timeseries_port", time_series_.rest_port()},
                      {"telnet_port", time_series_.telnet_port()},
                      {"loopback_only", loopback_only_}});
  return {};
}

void Server::stop(Deadline drain) {
  const auto begin = Clock::now();
  const bool was_ready = ready_.exchange(false);
  if (was_ready) log::info("draining", {{"at_most", drain.remaining()}});
  std::optional<StopWatchdog> watchdog(std::in_place, drain);
  while (!started_.empty()) {
    Part part = std::move(started_.back());
    started_.pop_back();
    if (part.name == kKernelPart) watchdog.reset();  // its last checkpoint takes as long as it takes
    const auto part_begin = Clock::now();
    part.stop(drain);
    log::debug("stopped", {{"part", part.name}, {"duration", Clock::now() - part_begin}});
  }
  if (was_ready) log::info("stopped", {{"duration", Clock::now() - begin}});
}

void Server::reload() {
  if (tls_ && tls_has_files_) {
    if (auto status = tls_->reload(); !status) {
      log::error("TLS files not reloaded: the old ones stay in use", {{"error", status.error()}});
    } else {
      log::info("TLS files reloaded");
    }
  }
  if (audit_) audit_->reopen();
}

// ---- the parts, in order ----

Status Server::lock_data_dir() {
  if (settings_.path("data_dir").empty()) return {};
  lock_ = TRY(DataDirLock::acquire(settings_.path("data_dir")));
  return {};
}

Status Server::open_kernel() {
  kernel::HostOptions options;
  options.data_dir = settings_.path("data_dir");
  options.temp_dir = settings_.path("kernel.temp_dir");
  options.memory_limit_bytes = settings_.bytes("kernel.memory_limit");
  options.temp_limit_bytes = settings_.bytes("kernel.temp_limit");
  options.cache_keep = std::chrono::duration_cast<std::chrono::seconds>(settings_.duration("kernel.cache_keep"));
  options.threads = static_cast<uint32_t>(settings_.integer("kernel.threads"));
  options.optimizer = settings_.flag("kernel.optimizer");
  for (const auto& root : settings_.list("files.allowed_roots")) {
    std::error_code failed;
    if (!std::filesystem::is_directory(root, failed)) {
      return fail(Code::kInvalidArgument,
                  settings_.origin("files.allowed_roots") + ": " + root + " of files.allowed_roots is not a directory");
    }
    options.allowed_roots.emplace_back(root);
  }
  kernel::allow_s3_endpoints(settings_.list("files.s3_endpoints"));
  kernel_ = TRY(kernel::Host::open(std::move(options)));
  return {};
}

Status Server::attach_metrics() {
  TRY(time_series_.finish_open());
  if (!time_series_.enabled()) return {};
  catalog::kairos::CatalogOptions options;
  options.pattern_prefix = settings_.text("timeseries.regex_prefix");
  kairos_catalog_ = TRY(catalog::kairos::attach(*kernel_, time_series_.store(), std::move(options)));
  return {};
}

Status Server::open_access() {
  const auto data_dir = settings_.path("data_dir");
  auto store = data_dir.empty() ? session::make_memory_account_store()
                                : session::make_file_account_store(data_dir / "accounts.json");
  access_ = TRY(session::StoredAccess::open(std::move(store), settings_.text("access.initial_root_password")));
  return {};
}

Status Server::open_audit() {
  session::Audit::Options options;
  options.file = settings_.path("audit.file");
  options.max_file_bytes = settings_.bytes("audit.rotate_size");
  options.max_files = static_cast<uint32_t>(settings_.integer("audit.rotate_keep"));
  options.max_statement_bytes = settings_.bytes("audit.max_statement");
  options.max_queue_entries = static_cast<size_t>(settings_.integer("audit.queue"));
  audit_ = TRY(session::Audit::open(std::move(options)));
  return {};
}

Status Server::make_services() {
  WorkerPool::Options workers;
  workers.max_threads = static_cast<unsigned>(settings_.integer("sql.workers"));
  workers.min_threads = std::min(cores(), workers.max_threads);
  workers.queue_limit = static_cast<size_t>(settings_.integer("sql.queue"));
  workers.name = "sql";
  workers_ = std::make_unique<WorkerPool>(workers);
  session::Services::Limits limits;
  limits.max_connections = static_cast<uint32_t>(settings_.integer("limits.max_connections"));
  limits.max_statement_bytes = settings_.bytes("limits.max_statement");
  limits.max_packet_bytes = settings_.bytes("limits.max_packet");
  session::PlanCache::Options plan_cache;
  plan_cache.enabled = settings_.flag("plan_cache.enabled");
  plan_cache.max_entries = static_cast<size_t>(settings_.integer("plan_cache.entries"));
  services_ = std::make_unique<session::Services>(*kernel_, *workers_, *access_, *audit_, limits, plan_cache);
  services_->doris_errors = settings_.text("mysql.error_codes") == "doris";
  const auto check_zone = [kernel = kernel_.get()](const session::VariableDefinition& variable,
                                                   const session::VariableValue& value) -> Status {
    if (variable.kind != session::VariableKind::kTimeZone) return {};
    return TRY(kernel->connect())->set_time_zone(std::get<std::string>(value));
  };
  const std::string& zone = settings_.text("sql.time_zone");
  const auto normalised = session::normalise_time_zone(zone);
  if (!normalised || !check_zone(session::definition(TRY(session::find_variable("time_zone"))), *normalised)) {
    return fail(Code::kInvalidArgument, settings_.origin("sql.time_zone") + ": '" + zone +
                                            "' of sql.time_zone is no time zone: use SYSTEM, an offset "
                                            "like +08:00 or a name like Europe/Berlin");
  }
  services_->variables.on_set(check_zone);
  establish_variables();
  register_metrics();
  return {};
}

Status Server::start_threads() {
  auto count = static_cast<unsigned>(settings_.integer("network.threads"));
  if (count == 0) count = std::clamp(cores() / 2, 1u, 16u);
  network_ = std::make_unique<NetworkThreads>(count);
  background_ = std::make_unique<TaskScope>("server");
  network_->start();
  return {};
}

Status Server::make_tls() {
  if (settings_.text("tls.mode") == "off" && !settings_.flag("tls.http") && !settings_.flag("timeseries.tls"))
    return {};
  net::TlsServerOptions options;
  options.certificate_file = settings_.path("tls.cert");
  options.key_file = settings_.path("tls.key");
  const auto data_dir = settings_.path("data_dir");
  std::filesystem::path made_for_this_run;
  if (options.certificate_file.empty()) {
    std::filesystem::path directory = data_dir;
    if (directory.empty()) {
      std::string pattern = (std::filesystem::temp_directory_path() / "sluice-tls-XXXXXX").string();
      if (!::mkdtemp(pattern.data())) return fail(system_error("cannot make a directory for the certificate", errno));
      directory = made_for_this_run = pattern;
    }
    options = TRY(net::self_signed_certificate(directory));
  }
  options.client_ca_file = settings_.path("tls.client_ca");
  options.require_client_certificate = settings_.flag("tls.require_client_cert");
  options.min_version = TRY(net::parse_tls_version(settings_.text("tls.min_version")));
  auto context = net::TlsContext::for_server(std::move(options));
  std::error_code ignored;
  if (!made_for_this_run.empty()) std::filesystem::remove_all(made_for_this_run, ignored);
  tls_ = TRY(std::move(context));
  tls_has_files_ = made_for_this_run.empty();
  if (tls_has_files_) background_->spawn(network_->next(), watch_certificates(tls_));
  return {};
}

awaitable<void> Server::watch_certificates(std::shared_ptr<net::TlsContext> tls) {
  while (co_await sleep_for(kCertificateInterval)) {
    const auto reloaded = tls->reload_if_changed();
    static log::RateLimit limit(std::chrono::minutes(10));
    if (!reloaded) {
      limit.error("changed TLS files cannot be used: the old ones stay in use", {{"error", reloaded.error()}});
    } else if (*reloaded) {
      log::info("TLS files reloaded");
    }
  }
}

Status Server::start_otlp() {
  if (settings_.text("otlp.endpoint").empty()) return {};
  net::OtlpExporter::Options options;
  options.endpoint = settings_.text("otlp.endpoint");
  options.service_version = version();
  otlp_ = TRY(net::OtlpExporter::create(std::move(options)));
  otlp_scope_ = std::make_unique<TaskScope>("tracing");
  otlp_->start(*otlp_scope_, network_->next());
  set_span_exporter(otlp_, settings_.ratio("otlp.sample"));
  return {};
}

Result<std::vector<net::ListenAddress>> Server::addresses(std::string_view listen_key, std::string_view port_key) {
  std::vector<net::ListenAddress> all;
  for (const auto& item : settings_.list(listen_key)) {
    const auto colons = std::count(item.begin(), item.end(), ':');
    if (item.starts_with("unix:") || item.starts_with("[") || colons == 1) {
      auto address = net::ListenAddress::parse(item);
      if (!address)
        return fail(Code::kInvalidArgument, settings_.origin(listen_key) + ": " + address.error().message());
      all.push_back(std::move(*address));
    } else {
      net::ListenAddress address;
      address.host = item;
      address.port = static_cast<uint16_t>(settings_.integer(port_key));
      all.push_back(std::move(address));
    }
  }
  if (all.empty()) return fail(Code::kInvalidArgument, std::string(listen_key) + " names no address");
  if (access_->configured()) return all;
  std::vector<net::ListenAddress> allowed;
  for (auto& address : all) {
    if (!is_loopback(address)) {
      loopback_only_ = true;
      address.host = "127.0.0.1";
    }
    const bool known = std::any_of(allowed.begin(), allowed.end(),
                                   [&](const net::ListenAddress& other) { return other.text() == address.text(); });
    if (!known) allowed.push_back(std::move(address));
  }
  return allowed;
}

Status Server::start_doors() {
  if (settings_.flag("mysql.enabled")) {
    door::mysql::DoorOptions options;
    options.addresses = TRY(addresses("mysql.listen", "mysql.port"));
    options.login_timeout = std::chrono::duration_cast<std::chrono::seconds>(settings_.duration("mysql.login_timeout"));
    options.require_tls = settings_.text("tls.mode") == "required";
    const auto tls = settings_.text("tls.mode") == "off" ? nullptr : tls_;
    mysql_ = std::make_unique<door::mysql::Door>(std::move(options), *services_, *network_, tls);
    TRY(mysql_->start());
  }
  if (settings_.flag("http.enabled")) {
    door::http::DoorOptions options;
    options.addresses = TRY(addresses("http.listen", "http.port"));
    options.max_connections = static_cast<uint32_t>(settings_.integer("limits.max_connections"));
    options.max_loads = static_cast<uint32_t>(settings_.integer("load.max_running"));
    options.label_keep = std::chrono::duration_cast<std::chrono::seconds>(settings_.duration("load.label_keep"));
    options.prepared_timeout =
        std::chrono::duration_cast<std::chrono::seconds>(settings_.duration("load.prepared_timeout"));
    options.ready = [this] { return ready_.load(std::memory_order_relaxed); };
    http_ = std::make_unique<door::http::Door>(std::move(options), *services_, *network_,
                                               settings_.flag("tls.http") ? tls_ : nullptr);
    TRY(http_->start());
  }
  if (loopback_only_) log::warn("listening on loopback only: no account has a password yet");
  return {};
}

void Server::stop_doors(Deadline drain) {
  std::thread http([&] {
    if (http_) http_->stop(drain);
  });
  if (mysql_) mysql_->stop(drain);
  http.join();
  http_.reset();
  mysql_.reset();
}

}  // namespace sluice::server
