// SPDX-License-Identifier: Apache-2.0
#include "door/http/door.h"

#include <filesystem>

#include "door/http/request.h"

namespace sluice::door::http {
namespace {
constexpr std::string_view kTooMany = "{\"code\":1040,\"sqlstate\":\"08004\",\"message\":\"too many connections\"}\n";
}  // namespace

Door::Door(DoorOptions options, session::Services& services, NetworkThreads& threads,
           std::shared_ptr<net::TlsContext> tls)
    : options_(std::move(options)),
      services_(services),
      labels_(services.kernel, options_.label_keep),
      prepared_(services.kernel, labels_, options_.prepared_timeout),
      load_rows_(Metrics::process().counter("sluice_stream_load_rows_total", "Rows committed by stream loads.")),
      load_bytes_(Metrics::process().counter("sluice_stream_load_bytes_total", "Bytes received by stream loads.")),
      loads_running_(Metrics::process().gauge("sluice_stream_loads_running", "Stream loads under way.")),
      listening_({"http", options_.addresses, options_.max_connections, std::string(kTooMany), options_.http}, threads,
                 std::move(tls), [this](net::HttpExchange& exchange) { return Request::run(*this, exchange); }) {}

Door::~Door() { stop(Deadline::after(Deadline::Clock::duration::zero())); }

Status Door::start() {
  // What loads of a process that was killed left behind; none of ours runs yet.
  if (const auto spool = services_.kernel.load_spool_dir(); !spool.empty()) {
    std::error_code ignored;
    std::filesystem::remove_all(spool, ignored);
  }
  return listening_.start();
}

void Door::stop(Deadline deadline) { listening_.stop(deadline); }

}  // namespace sluice::door::http
