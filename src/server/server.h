// SPDX-License-Identifier: Apache-2.0
// Server: all parts of the process, started in order and stopped in reverse. Made by `sluice serve` and by tests.
// start(), stop(), reload() from one thread.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.h"
#include "base/executor.h"
#include "base/metrics.h"
#include "base/result.h"
#include "catalog/kairos/attach.h"
#include "door/http/door.h"
#include "door/mysql/door.h"
#include "kernel/host.h"
#include "net/otlp_exporter.h"
#include "net/tls.h"
#include "server/data_dir_lock.h"
#include "server/settings.h"
#include "server/timeseries_part.h"
#include "session/access_accounts.h"
#include "session/audit.h"
#include "session/services.h"

namespace sluice::server {

class Server {
 public:
  explicit Server(Settings settings) : settings_(std::move(settings)), time_series_(settings_) {}
  ~Server();  // stop() without grace
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Starts the parts in order; after an error those that had started are stopped again.
  Status start();
  // Drains the doors (running statements may end until `drain`), then stops all parts in reverse order. Idempotent.
  void stop(Deadline drain);
  // SIGHUP: reads certificates again, reopens log and audit files.
  void reload();

  // What a person at the terminal wants to know: where to connect, where data is, what is restricted and why.
  std::string banner() const;
  std::chrono::milliseconds start_duration() const { return start_duration_; }
  kernel::Host& kernel() { return *kernel_; }
  // The real ports of the doors' first addresses; 0 when a door is off.
  uint16_t mysql_port() const;
  uint16_t http_port() const;
  const TimeseriesPart& time_series() const { return time_series_; }

 private:
  // One started part: what to undo, in reverse order.
  struct Part {
    std::string name;
    std::function<void(Deadline)> stop;
  };
  Status start_part(std::string name, const std::function<Status()>& start, std::function<void(Deadline)> stop);

  Status lock_data_dir();
  Status open_kernel();
  Status attach_metrics();
  Status open_access();
  Status open_audit();
  Status start_threads();
  Status make_services();
  Status make_tls();
  Status start_otlp();
  Status start_doors();
  void stop_doors(Deadline drain);
  void establish_variables();
  Result<std::vector<net::ListenAddress>> addresses(std::string_view listen_key, std::string_view port_key);
  static awaitable<void> watch_certificates(std::shared_ptr<net::TlsContext> tls);
  void register_metrics();

  const Settings settings_;
  std::vector<Part> started_;
  std::chrono::milliseconds start_duration_{0};
  std::atomic<bool> ready_{false};  // every part is started, and none is to stop
  bool tls_has_files_ = false;      // not made for this run only: can be read again
  bool loopback_only_ = false;      // addresses asked for more, but no account has a password

  DataDirLock lock_;
  TimeseriesPart time_series_;
  std::unique_ptr<kernel::Host> kernel_;
  std::unique_ptr<catalog::kairos::Attachment> kairos_catalog_;
  std::unique_ptr<session::StoredAccess> access_;
  std::unique_ptr<session::Audit> audit_;
  std::unique_ptr<WorkerPool> workers_;
  std::unique_ptr<NetworkThreads> network_;
  std::unique_ptr<TaskScope> background_;
  std::unique_ptr<session::Services> services_;
  std::shared_ptr<net::TlsContext> tls_;
  std::shared_ptr<net::OtlpExporter> otlp_;
  std::unique_ptr<TaskScope> otlp_scope_;
  std::unique_ptr<door::mysql::Door> mysql_;
  std::unique_ptr<door::http::Door> http_;
  std::vector<Metrics::Registration> metrics_;
};

}  // namespace sluice::server
