// SPDX-License-Identifier: Apache-2.0
// What clients and people ask a server for: variables that it decides, metrics, the banner of its start.
#include <unistd.h>

#include <fstream>

#include "server/server.h"
#include "server/system_time_zone.h"
#include "server/version.h"

namespace sluice::server {
namespace {

// How a client on this machine writes the address.
std::string client_host(const net::ListenAddress& address) {
  if (address.host == "*" || address.host == "0.0.0.0") return "127.0.0.1";
  return address.host == "::" ? "::1" : address.host;
}

double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  double all_pages = 0, resident_pages = 0;
  file >> all_pages >> resident_pages;
  return resident_pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

void Server::establish_variables() {
  auto& variables = services_->variables;
  const auto text = [](const std::filesystem::path& path) {
    return path.empty() ? std::string() : std::filesystem::absolute(path).string();
  };
  char host_name[256] = {};
  if (::gethostname(host_name, sizeof host_name - 1) != 0) host_name[0] = '\0';
  variables.establish("version_comment", "Sluice version " + std::string(version()));
  variables.establish("hostname", std::string(host_name));
  variables.establish("port", settings_.integer("mysql.port"));
  variables.establish("datadir", text(settings_.path("data_dir")));
  variables.establish("tmpdir", text(kernel_->options().temp_dir));
  variables.establish("max_connections", settings_.integer("limits.max_connections"));
  variables.establish("max_allowed_packet", static_cast<int64_t>(settings_.bytes("limits.max_packet")));
  variables.establish("max_execution_time", static_cast<int64_t>(settings_.duration("sql.query_timeout").count()));
  const bool tls = settings_.text("tls.mode") != "off";
  variables.establish("have_ssl", tls ? "YES" : "DISABLED");
  variables.establish("have_openssl", tls ? "YES" : "DISABLED");
  variables.establish("require_secure_transport", settings_.text("tls.mode") == "required");
  variables.establish("tls_version", settings_.text("tls.min_version") == "1.3" ? "TLSv1.3" : "TLSv1.2,TLSv1.3");
  variables.establish("ssl_cert", settings_.text("tls.cert"));
  variables.establish("ssl_key", settings_.text("tls.key"));
  variables.establish("ssl_ca", settings_.text("tls.client_ca"));
  const std::string zone = system_time_zone();
  variables.establish("system_time_zone", zone);
  variables.establish("time_zone",
                      settings_.text("sql.time_zone") == "SYSTEM" ? zone : settings_.text("sql.time_zone"));
}

void Server::register_metrics() {
  auto& metrics = Metrics::process();
  const auto gauge = [&](std::string_view name, std::string_view help, std::function<double()> read,
                         const Labels& labels = {}) {
    metrics_.push_back(metrics.callback_gauge(name, help, labels, std::move(read)));
  };
  const auto counter = [&](std::string_view name, std::string_view help, std::function<double()> read) {
    metrics_.push_back(metrics.callback_counter(name, help, {}, std::move(read)));
  };
  const double started = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  gauge("sluice_start_time_seconds", "When this process started serving, in seconds since 1970.",
        [started] { return started; });
  gauge("sluice_build_info", "Always 1; the version is a label.", [] { return 1.0; },
        {{"version", std::string(version())}});
  gauge("sluice_kernel_memory_bytes", "Memory that the kernel's buffers hold.",
        [this] { return static_cast<double>(kernel_->memory_used_bytes()); });
  gauge("sluice_kernel_memory_limit_bytes", "Memory that the kernel may use.",
        [this] { return static_cast<double>(kernel_->memory_limit_bytes()); });
  gauge("sluice_kernel_reopened", "How often the kernel was reopened after a fatal error.",
        [this] { return static_cast<double>(kernel_->reopen_count()); });
  gauge("sluice_plan_cache_entries", "Forms of statements in the plan cache.",
        [this] { return static_cast<double>(services_->plan_cache.entries()); });
  counter("sluice_plan_cache_hits_total", "Statements whose plan was reused.",
          [this] { return static_cast<double>(services_->plan_cache.hits()); });
  counter("sluice_plan_cache_misses_total", "Statements that were looked up in the plan cache in vain.",
          [this] { return static_cast<double>(services_->plan_cache.misses()); });
  counter("sluice_statements_total", "Statements run.",
          [this] { return static_cast<double>(services_->statement_count.load(std::memory_order_relaxed)); });
  counter("sluice_statement_errors_total", "Statements that ended with an error.",
          [this] { return static_cast<double>(services_->failed_statement_count.load(std::memory_order_relaxed)); });
  gauge("process_resident_memory_bytes", "Resident memory of this process.", resident_bytes);
  gauge("sluice_statements_running", "Statements that run now.",
        [this] { return static_cast<double>(services_->running.running_count()); });
  gauge("sluice_workers_busy", "SQL workers that run something.",
        [this] { return static_cast<double>(workers_->busy()); });
  gauge("sluice_workers_queued", "Statements that wait for a worker.",
        [this] { return static_cast<double>(workers_->queued()); });
}

uint16_t Server::mysql_port() const { return mysql_ && !mysql_->ports().empty() ? mysql_->ports()[0] : 0; }
uint16_t Server::http_port() const { return http_ && !http_->ports().empty() ? http_->ports()[0] : 0; }

std::string Server::banner() const {
  const auto host_of = [&](std::string_view key) {
    if (loopback_only_ || settings_.list(key).empty()) return std::string("127.0.0.1");
    net::ListenAddress address;
    address.host = settings_.list(key)[0];
    return client_host(address);
  };
  std::string out =
      "Sluice " + std::string(version()) + " is ready (" + std::to_string(start_duration_.count()) + " ms)\n";
  if (mysql_port() != 0) {
    const std::string user = access_->configured() ? " -u root -p" : " -u root";
    out += "  MySQL  mysql -h " + host_of("mysql.listen") + " -P " + std::to_string(mysql_port()) + user + "\n";
  }
  if (http_port() != 0) {
    out += std::string("  HTTP   ") + (settings_.flag("tls.http") ? "https" : "http") + "://" + host_of("http.listen") +
           ":" + std::to_string(http_port()) + "/health/ready\n";
  }
  out += time_series_.banner();
  const auto data_dir = settings_.path("data_dir");
  out += "  Data   " +
         (data_dir.empty() ? "in memory only: gone at exit"
                           : std::filesystem::absolute(data_dir).lexically_normal().string()) +
         "\n";
  if (loopback_only_) {
    out += "  Only clients on this machine can connect, because no user has a password yet. To let others in:\n";
    out += data_dir.empty()
               ? "         start with a password for root in SLUICE_ACCESS_INITIAL_ROOT_PASSWORD\n"
               : "         SET PASSWORD FOR 'root'@'%' = 'a password of yours';   then start the server again\n";
  }
  return out;
}

}  // namespace sluice::server
