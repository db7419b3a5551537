// SPDX-License-Identifier: Apache-2.0
#include "server/serve.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <mutex>
#include <thread>

#include "base/failpoint.h"
#include "base/log.h"
#include "server/exit_codes.h"
#include "server/generate.h"
#include "server/server.h"

namespace sluice::server {
namespace {

constexpr double kDemoScale = 0.1;
constexpr const char* kDemoDatabase = "tpch";

// Receives the process' signals in a thread of its own; made before all other threads, which inherit the mask.
class Signals {
 public:
  Signals() {
    ::signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set_);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set_, number);
    ::pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    // Ends with the process: sigwait() has no other end.
    std::thread([this] { run(); }).detach();
  }

  enum class Wish { kStop, kReload };
  Wish wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stop_ || reload_; });
    if (stop_) return Wish::kStop;
    reload_ = false;
    return Wish::kReload;
  }

 private:
  void run() {
    while (true) {
      int number = 0;
      if (::sigwait(&set_, &number) != 0) continue;
      std::lock_guard lock(mutex_);
      if (number == SIGHUP) {
        reload_ = true;
      } else if (stop_) {
        constexpr char kText[] = "sluice: second signal, stopping at once\n";
        (void)!::write(STDERR_FILENO, kText, sizeof kText - 1);
        ::_exit(kExitForced);
      } else {
        log::info("signal received: draining and stopping (a second one stops at once)",
                  {{"signal", ::strsignal(number)}});
        stop_ = true;
      }
      changed_.notify_all();
    }
  }

  sigset_t set_{};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;
  bool reload_ = false;
};

// Tells systemd (Type=notify) about our state; nothing happens without it.
void notify_service_manager(const char* state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  if (!path || std::strlen(path) >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@')) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path, std::strlen(path));
  if (path[0] == '@') address.sun_path[0] = '\0';
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(path));
  (void)::sendto(fd, state, std::strlen(state), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), length);
  ::close(fd);
}

// A connection is a file; the usual soft limit of 1,024 is for programs that use select().
void raise_file_limit(uint64_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < wanted) {
    log::warn(
        "fewer files may be open than connections are allowed: raise the limit of open files (ulimit -n, LimitNOFILE)",
        {{"limit", limit.rlim_cur}, {"wanted", wanted}});
  }
}

Status load_demo(kernel::Host& host) {
  GenerateOptions options;
  options.scale = kDemoScale;
  options.database = kDemoDatabase;
  std::printf("Making TPC-H at scale %.1f in the database %s ...\n", kDemoScale, kDemoDatabase);
  std::fflush(stdout);
  const auto made = generate(host, options);
  if (!made && made.error().code() != Code::kAlreadyExists) return fail(made.error());
  return {};
}

std::string demo_queries(uint16_t port) {
  const std::string client = "  mysql -h 127.0.0.1 -P " + std::to_string(port) + " -u root -t tpch -e \"";
  return "Three queries to try:\n" + client +
         "SELECT l_returnflag, l_linestatus, COUNT(*), SUM(l_quantity) FROM lineitem GROUP BY 1, 2 ORDER BY 1, 2\"\n" +
         client +
         "SELECT n_name, ROUND(SUM(o_totalprice)) AS total FROM orders JOIN customer ON o_custkey = c_custkey JOIN "
         "nation ON c_nationkey = n_nationkey "
         "GROUP BY n_name ORDER BY total DESC LIMIT 5\"\n" +
         client +
         "SELECT YEAR(o_orderdate) AS y, o_orderpriority, COUNT(*) FROM orders GROUP BY 1, 2 ORDER BY 1, 2 LIMIT "
         "10\"\n";
}

}  // namespace

Status configure_log(const Settings& settings) {
  log::Options options;
  options.level = TRY(log::parse_level(settings.text("log.level")));
  options.format = TRY(log::parse_format(settings.text("log.format")));
  options.file = settings.path("log.file");
  options.rotate_bytes = settings.bytes("log.rotate_size");
  options.rotate_keep = static_cast<uint32_t>(settings.integer("log.rotate_keep"));
  return log::configure(options);
}

int serve(Settings settings, const ServeOptions& options) {
  // libc keeps the zone of its first use; the kernel's reads it anew. Once before other threads tell the time.
  ::tzset();
  static Signals* signals = new Signals();  // its thread lives as long as the process
  const auto failed = [&](const Error& error) {
    // People look at the terminal; who collects the log file finds it there, too.
    if (!settings.path("log.file").empty()) log::error("start failed", {{"error", error}});
    log::shutdown();
    std::fprintf(stderr, "sluice: %s\n", error.describe().c_str());
    return kExitFailure;
  };
  if (auto status = configure_log(settings); !status) return failed(status.error());
  for (const auto& warning : settings.warnings()) log::warn(warning);
  if (auto status = failpoint::configure_from_environment(); !status) return failed(status.error());
  // MySQL and HTTP connections, and files of the kernel.
  raise_file_limit(2 * static_cast<uint64_t>(settings.integer("limits.max_connections")) + 256);

  int exit_code = kExitSuccess;
  {
    Server server(settings);
    if (auto status = server.start(); !status) {
      exit_code = failed(status.error());
    } else if (auto demo = options.demo ? load_demo(server.kernel()) : Status(); !demo) {
      exit_code = failed(demo.error());
    } else {
      std::fputs(server.banner().c_str(), stdout);
      if (options.demo && server.mysql_port() != 0) std::fputs(demo_queries(server.mysql_port()).c_str(), stdout);
      std::fflush(stdout);
      notify_service_manager("READY=1");
      while (signals->wait() == Signals::Wish::kReload) {
        notify_service_manager("RELOADING=1");
        if (auto status = configure_log(settings); !status) log::error("log not reopened", {{"error", status.error()}});
        server.reload();
        notify_service_manager("READY=1");
      }
      notify_service_manager("STOPPING=1");
      server.stop(Deadline::after(settings.duration("shutdown.drain_timeout")));
    }
  }
  log::shutdown();
  return exit_code;
}

}  // namespace sluice::server
