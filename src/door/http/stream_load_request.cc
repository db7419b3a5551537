// SPDX-License-Identifier: Apache-2.0
// PUT /api/{database}/{table}/_stream_load: the body becomes rows, whole or not at all. The answer is Doris' JSON with
// status 200, also for loads that failed; other statuses are for requests that never became a load.
#include <boost/asio/steady_timer.hpp>

#include "base/log.h"
#include "door/http/http_error.h"
#include "door/http/inflate.h"
#include "door/http/request.h"

namespace sluice::door::http {
namespace {

constexpr size_t kReadBytes = 512 << 10;  // read from the client before a worker takes them

// Counts the running loads of a door.
class LoadSlot {
 public:
  LoadSlot(std::atomic<uint32_t>& count, uint32_t limit, Gauge& gauge)
      : count_(count), gauge_(gauge), free_(count.fetch_add(1) < limit) {
    gauge_.add();
  }
  ~LoadSlot() {
    count_.fetch_sub(1);
    gauge_.sub();
  }
  bool free() const { return free_; }

 private:
  std::atomic<uint32_t>& count_;
  Gauge& gauge_;
  const bool free_;
};

bool valid_host(std::string_view host) {
  if (host.empty() || host.size() > 255) return false;
  for (char c : host) {
    const bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                    c == '-' || c == ':' || c == '[' || c == ']' || c == '_';
    if (!ok) return false;
  }
  return true;
}

}  // namespace

std::string Request::error_url(const std::string& name) const {
  std::string host(exchange_.request().headers.find("host").value_or(std::string_view()));
  if (!valid_host(host)) host = "127.0.0.1:" + std::to_string(exchange_.stream().local_port());
  return (exchange_.stream().is_tls() ? "https://" : "http://") + host + "/api/_load_error_log?file=" + name;
}

// Reserves the label and opens the load; on failure the answer's status says why.
awaitable<Result<std::unique_ptr<session::Load>>> Request::open_load(StreamLoadRequest& request,
                                                                     StreamLoadAnswer& result) {
  auto& services = door_.services_;
  co_return co_await run_on(services.workers, [&]() -> Result<std::unique_ptr<session::Load>> {
    auto reserved = TRY(door_.labels_.reserve(request.spec.table.database, result.label));
    if (reserved.use != session::LoadLabels::Use::kFree) {
      result.status = "Label Already Exists";
      const bool running = reserved.use == session::LoadLabels::Use::kRunning;
      result.existing_job_status = running ? "RUNNING" : "FINISHED";
      return fail(sql_error(Code::kAlreadyExists, 1105,
                            "Label [" + result.label + "] has already been used" +
                                (running ? std::string(" by a load that is running")
                                         : ", relate to txn [" + std::to_string(reserved.txn_id) + "]")));
    }
    request.spec.reservation = std::move(reserved.reservation);
    return session::Load::open(TRY(services.kernel.connect()), std::move(request.spec));
  });
}

// The body, in large pieces, into the load.
awaitable<Status> Request::feed(session::Load& load, const StreamLoadRequest& request, Deadline deadline) {
  std::string buffer(kReadBytes, '\0');
  Inflate inflate;
  const auto write = [&](std::string_view bytes) { return load.write(bytes); };
  for (bool more = true; more;) {
    size_t filled = 0;
    while (filled < buffer.size()) {
      auto got = co_await exchange_.read_body(
          std::span(reinterpret_cast<uint8_t*>(buffer.data()) + filled, buffer.size() - filled));
      if (!got) co_return fail(got.error());
      if (*got == 0) {
        more = false;
        break;
      }
      filled += *got;
      if (deadline.expired()) break;
    }
    if (deadline.expired())
      co_return fail(
          sql_error(Code::kDeadlineExceeded, 3024,
                    "the load took longer than its timeout of " + std::to_string(request.timeout.count()) + " s"));
    if (filled == 0) continue;
    const std::string_view bytes(buffer.data(), filled);
    Status written = co_await run_on(
        door_.services_.workers, [&]() -> Status { return request.gzip ? inflate.write(bytes, write) : write(bytes); });
    if (!written) co_return written;
  }
  if (request.gzip) co_return inflate.finish();
  co_return Status();
}

awaitable<void> Request::stream_load() {
  if (!co_await authenticate()) co_return;
  auto& services = door_.services_;
  StreamLoadAnswer result;
  auto request = parse_stream_load(exchange_.request().headers, route_.arguments.at(0), route_.arguments.at(1));
  const LoadSlot slot(door_.loads_, door_.options_.max_loads, door_.loads_running_);
  if (!slot.free()) {
    co_await answer_error(sql_error(Code::kResourceExhausted, 1105, "too many loads are running; try again later"));
    co_return;
  }

  Status status;
  uint64_t received = 0;
  std::unique_ptr<session::Load> load;
  bool body_failed = false;
  if (request) {
    result.label = request->label.empty() ? session::LoadLabels::generate() : request->label;
    result.comment = request->comment;
    auto opened = co_await open_load(*request, result);
    if (opened) {
      load = std::move(*opened);
    } else {
      status = fail(opened.error());
    }
  } else {
    status = fail(request.error());
  }

  if (load) {
    const Deadline deadline = Deadline::after(request->timeout, began_);
    set_load(load.get());
    auto self = std::make_shared<Request*>(this);
    asio::steady_timer timer(co_await asio::this_coro::executor);
    timer.expires_at(deadline.time());
    timer.async_wait([self](const boost::system::error_code& cancelled) {
      if (!cancelled && *self) (*self)->interrupt(session::Interrupt::kTimeout);
    });
    status = co_await feed(*load, *request, deadline);
    if (auto reason = interrupted(); reason && !status) status = fail(interrupt_error(*reason));
    // Broken connections and bad framing are not the load's own failures.
    body_failed = !status && status.error().origin() != Origin::kMysql && status.error().origin() != Origin::kKernel;
    if (status || !body_failed) {
      const Status fed = status;
      status = co_await run_on(services.workers, [&]() -> Status {
        if (!fed) load->abort(fed.error());
        auto done = load->finish();
        if (!done) return fail(done.error());
        return {};
      });
    }
    result.report = load->report();
    received = result.report.bytes;
    *self = nullptr;
    timer.cancel();
    set_load(nullptr);
    // Rolls back what was not finished.
    if (!co_await run_on(services.workers, [&] { load.reset(); })) load.reset();
  }

  result.total = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began_);
  door_.load_bytes_.add(received);
  if (status) {
    result.status = "Success";
    result.message = "OK";
    door_.load_rows_.add(result.report.loaded_rows);
  } else {
    if (result.status.empty()) result.status = "Fail";
    result.message = status.error().message();
  }
  if (!result.report.complaints.empty()) result.error_url = error_url(door_.error_logs_.add(result.report.complaints));
  Metrics::process().counter("sluice_stream_loads_total", "Stream loads ended.", {{"status", result.status}}).add();
  log::info("stream load", {{"database", route_.arguments[0]},
                            {"table", route_.arguments[1]},
                            {"label", result.label},
                            {"status", result.status},
                            {"rows", result.report.loaded_rows},
                            {"bytes", received},
                            {"duration", Clock::now() - began_},
                            {"message", result.message}});
  if (services.audit.enabled()) {
    session::AuditEntry entry;
    entry.event = session::AuditEntry::Event::kLoad;
    entry.started = began_at_;
    entry.duration = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began_);
    entry.user = identity_.user;
    entry.host = identity_.host;
    entry.door = "http";
    entry.database = route_.arguments[0];
    entry.query_id = result.label;
    entry.trace_id = span_.context().trace_id_hex();
    entry.statement = "stream load into " + route_.arguments[0] + "." + route_.arguments[1];
    entry.rows = result.report.loaded_rows;
    entry.bytes = received;
    entry.error_code = status ? 0 : error_number(status.error());
    if (!status) entry.error = status.error().message();
    services.audit.record(std::move(entry));
  }
  if (body_failed) exchange_.close_after();
  co_await answer(200, stream_load_json(result));
}

}  // namespace sluice::door::http
