// SPDX-License-Identifier: Apache-2.0
// PUT /api/{database}/{table}/_stream_load: the body becomes rows, whole or not at all. The answer is Doris' JSON with
// status 200, also for loads that failed; other statuses are for requests that never became a load.
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>

#include "base/log.h"
#include "door/http/http_error.h"
#include "door/http/request.h"

namespace sluice::door::http {
namespace {

constexpr size_t kReadBytes = 512 << 10;  // read from the client before a worker takes them

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

// A load in the list of running statements, where KILL and its timeout find it.
class Request::Listing {
 public:
  Listing(Request& request, const StreamLoadRequest& load, const std::string& label)
      : running_(request.door_.services_.running), id_(request.door_.services_.next_connection_id()) {
    {
      std::lock_guard lock(request.mutex_);
      request.load_timeout_ = load.timeout;
      auto& entry = request.listed_;
      entry.connection_id = id_;
      entry.client = request.identity_;
      entry.database = load.spec.table.database;
      entry.statement = "STREAM LOAD " + load.spec.table.database + "." + load.spec.table.name + " label=" + label;
      entry.query_id = session::query_id_text(session::next_query_number());
      entry.trace_id = request.span_.context().trace_id_hex();
      entry.logged_in = entry.state_since = request.began_at_;
      request.stop_reading_ = std::make_shared<asio::cancellation_signal>();
    }
    running_.add(id_, &request);
    running_.watch(id_, request.began_ + load.timeout);
  }
  ~Listing() { running_.remove(id_); }
  Listing(const Listing&) = delete;
  Listing& operator=(const Listing&) = delete;

 private:
  session::RunningStatements& running_;
  const uint32_t id_;
};

session::RunningEntry Request::describe() const {
  std::lock_guard lock(mutex_);
  session::RunningEntry entry = listed_;
  if (const auto length = exchange_.content_length(); length && *length > 0)
    entry.progress =
        100.0 * static_cast<double>(body_bytes_.load(std::memory_order_relaxed)) / static_cast<double>(*length);
  return entry;
}

// In the words of a load.
Error Request::load_interrupted(session::Interrupt reason) const {
  switch (reason) {
    case session::Interrupt::kTimeout:
      return sql_error(Code::kDeadlineExceeded, 3024,
                       "the load took longer than its timeout of " + std::to_string(load_timeout_.count()) + " s");
    case session::Interrupt::kKillQuery:
    case session::Interrupt::kKillConnection:
      return sql_error(Code::kCancelled, 1317, "the load was killed; nothing of it was kept");
    default:
      return interrupt_error(reason);
  }
}

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
    if (Status expired = door_.prepared_.expire(); !expired)
      log::warn("prepared loads that nobody decides about stay", {{"error", expired.error().describe()}});
    auto reserved = TRY(door_.labels_.reserve(request.spec.table.database, result.label));
    using Use = session::LoadLabels::Use;
    if (reserved.use != Use::kFree) {
      result.status = "Label Already Exists";
      result.existing_job_status = reserved.use == Use::kRunning    ? "RUNNING"
                                   : reserved.use == Use::kPrepared ? "PRECOMMITTED"
                                                                    : "FINISHED";
      return fail(
          sql_error(Code::kAlreadyExists, 1105,
                    "Label [" + result.label + "] has already been used" +
                        (reserved.use == Use::kRunning ? std::string(" by a load that is running")
                                                       : ", relate to txn [" + std::to_string(reserved.txn_id) + "]")));
    }
    request.spec.reservation = std::move(reserved.reservation);
    if (request.two_phase) request.spec.prepare = &door_.prepared_;
    request.spec.bytes = exchange_.content_length();
    return session::Load::open(TRY(services.kernel.connect()), std::move(request.spec));
  });
}

// The body, in large pieces, into the load. Runs as a coroutine of its own, which stop_reading_ ends.
awaitable<Status> Request::feed(session::Load& load, const StreamLoadRequest& request) {
  co_await asio::this_coro::throw_if_cancelled(false);
  std::string buffer(kReadBytes, '\0');
  const auto decompressor = request.compression ? Decompressor::make(*request.compression) : nullptr;
  const Decompressor::Take write = [&](std::string_view bytes) { return load.write(bytes); };
  for (bool more = true; more;) {
    // An interrupt from before this coroutine could be reached.
    if (interrupted()) co_return fail(Code::kCancelled, "interrupted");
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
      body_bytes_.fetch_add(*got, std::memory_order_relaxed);
    }
    if (filled == 0) continue;
    const std::string_view bytes(buffer.data(), filled);
    Status written = co_await run_on(door_.services_.workers, [&]() -> Status {
      return decompressor ? decompressor->write(bytes, write) : write(bytes);
    });
    if (!written) co_return written;
  }
  if (decompressor) co_return decompressor->finish();
  co_return Status();
}

// From the open load to its end; fills the answer's report.
awaitable<Status> Request::run_load(StreamLoadRequest& request, StreamLoadAnswer& result) {
  auto& services = door_.services_;
  CO_TRY(may_load(request.spec.table.database, request.spec.table.name));
  const Listing listing(*this, request, result.label);
  auto opened = co_await open_load(request, result);
  if (!opened) co_return fail(opened.error());
  std::unique_ptr<session::Load> load = std::move(*opened);
  set_load(load.get());
  Status status = co_await asio::co_spawn(co_await asio::this_coro::executor, feed(*load, request),
                                          asio::bind_cancellation_slot(stop_reading_->slot(), asio::use_awaitable));
  if (auto reason = interrupted(); reason && !status) status = fail(load_interrupted(*reason));
  // Broken connections and bad framing are not the load's own failures.
  const bool body_failed =
      !status && status.error().origin() != Origin::kMysql && status.error().origin() != Origin::kKernel;
  if (body_failed || interrupted()) exchange_.close_after();
  if (!body_failed) {
    const Status fed = status;
    status = co_await run_on(services.workers, [&]() -> Status {
      if (!fed) load->abort(fed.error());
      auto done = load->finish();
      if (!done) return fail(done.error());
      return {};
    });
  }
  result.report = load->report();
  set_load(nullptr);
  // Rolls back what was not finished.
  if (!co_await run_on(services.workers, [&] { load.reset(); })) load.reset();
  co_return status;
}

awaitable<void> Request::stream_load() {
  if (!co_await authenticate()) co_return;
  StreamLoadAnswer result;
  auto request = parse_stream_load(exchange_.request().headers, route_.arguments.at(0), route_.arguments.at(1));
  const LoadSlot slot(door_.loads_, door_.options_.max_loads, door_.loads_running_);
  if (!slot.free()) {
    co_await answer_error(sql_error(Code::kResourceExhausted, 1105, "too many loads are running; try again later"));
    co_return;
  }
  Status status;
  if (request) {
    result.label = request->label.empty() ? session::LoadLabels::generate() : request->label;
    result.comment = request->comment;
    result.two_phase = request->two_phase;
    status = co_await run_load(*request, result);
  } else {
    result.label = std::string(exchange_.request().headers.find("label").value_or(std::string_view()));
    status = fail(request.error());
  }
  result.total = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began_);
  if (status) {
    result.status = "Success";
    result.message = "OK";
  } else {
    if (result.status.empty()) result.status = "Fail";
    result.message = status.error().message();
  }
  if (!result.report.complaints.empty()) result.error_url = error_url(door_.error_logs_.add(result.report.complaints));
  report_load(status, result);
  co_await answer(200, stream_load_json(result));
}

// Metrics, log and audit.
void Request::report_load(const Status& status, const StreamLoadAnswer& result) const {
  door_.load_bytes_.add(result.report.bytes);
  if (status) door_.load_rows_.add(result.report.loaded_rows);
  Metrics::process().counter("sluice_stream_loads_total", "Stream loads ended.", {{"status", result.status}}).add();
  log::info("stream load", {{"database", route_.arguments[0]},
                            {"table", route_.arguments[1]},
                            {"label", result.label},
                            {"status", result.status},
                            {"two_phase", result.two_phase},
                            {"rows", result.report.loaded_rows},
                            {"bytes", result.report.bytes},
                            {"duration", Clock::now() - began_},
                            {"message", result.message}});
  auto& audit = door_.services_.audit;
  if (!audit.enabled()) return;
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
  entry.bytes = result.report.bytes;
  entry.error_code = status ? 0 : error_number(status.error());
  if (!status) entry.error = status.error().message();
  audit.record(std::move(entry));
}

}  // namespace sluice::door::http
