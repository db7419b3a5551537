// SPDX-License-Identifier: Apache-2.0
// PUT /api/_http_stream: the header sql is an INSERT that reads the body by the table function http_stream(). The body
// goes to a file first, which the kernel then reads. The answer is that of a stream load.
#include "base/log.h"
#include "door/http/http_error.h"
#include "door/http/request.h"
#include "session/load_labels.h"
#include "session/load_spool.h"

namespace sluice::door::http {
namespace {

constexpr size_t kReadBytes = 512 << 10;

std::string header_of(const net::HttpRequest& request, std::string_view name) {
  return std::string(request.headers.find(name).value_or(std::string_view()));
}

// What the headers ask for besides the statement.
Result<std::optional<Compression>> read_headers(const net::HttpRequest& request) {
  if (header_of(request, "two_phase_commit") == "true")
    return sluice::fail(sql_error(Code::kUnsupported, 1235, "header two_phase_commit: is not offered for http_stream"));
  std::string name = header_of(request, "compress_type");
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  if (name.empty() || name == "plain" || name == "none") return std::optional<Compression>();
  const auto compression = find_compression(name);
  if (!compression)
    return sluice::fail(sql_error(Code::kUnsupported, 1235, "header compress_type: " + name + " is not offered yet"));
  return compression;
}

}  // namespace

awaitable<Status> Request::spool_body(session::LoadSpool& spool, std::optional<Compression> compression) {
  const auto decompressor = compression ? Decompressor::make(*compression) : nullptr;
  const Decompressor::Take write = [&](std::string_view bytes) { return spool.write(bytes); };
  std::string buffer(kReadBytes, '\0');
  for (;;) {
    if (auto reason = interrupted()) co_return sluice::fail(interrupt_error(*reason));
    auto got = co_await exchange_.read_body(std::span(reinterpret_cast<uint8_t*>(buffer.data()), buffer.size()));
    if (!got) co_return sluice::fail(got.error());
    if (*got == 0) break;
    body_bytes_.fetch_add(*got, std::memory_order_relaxed);
    const std::string_view bytes(buffer.data(), *got);
    Status written = co_await run_on(door_.services_.workers, [&]() -> Status {
      return decompressor ? decompressor->write(bytes, write) : write(bytes);
    });
    if (!written) co_return written;
  }
  if (decompressor) co_return decompressor->finish();
  co_return Status();
}

awaitable<Status> Request::run_http_stream(StreamLoadAnswer& result) {
  auto& services = door_.services_;
  const auto compression = CO_TRY(read_headers(exchange_.request()));
  const std::string sql = header_of(exchange_.request(), "sql");
  if (sql.empty())
    co_return sluice::fail(sql_error(Code::kInvalidArgument, 1105,
                                     "the header sql is needed: INSERT INTO t SELECT .. FROM http_stream(..)"));
  auto spool = co_await run_on(services.workers, [&] { return session::LoadSpool::create(services.kernel); });
  if (!spool) co_return sluice::fail(spool.error());
  CO_TRY(co_await spool_body(**spool, compression));
  session::Session session(services, services.next_connection_id(), identity_);
  Status status = co_await run_on(services.workers, [&]() -> Status {
    set_session(&session);
    if (auto reason = interrupted()) return sluice::fail(interrupt_error(*reason));
    const session::Done done = TRY(session.execute_http_stream(sql, (*spool)->path().string()));
    result.report.total_rows = result.report.loaded_rows = done.affected_rows;
    return {};
  });
  set_session(nullptr);
  co_return status;
}

awaitable<void> Request::http_stream() {
  if (!co_await authenticate()) co_return;
  StreamLoadAnswer result;
  result.label = header_of(exchange_.request(), "label");
  if (result.label.empty()) result.label = session::LoadLabels::generate();
  const LoadSlot slot(door_.loads_, door_.options_.max_loads, door_.loads_running_);
  if (!slot.free()) {
    co_await answer_error(sql_error(Code::kResourceExhausted, 1105, "too many loads are running; try again later"));
    co_return;
  }
  const Status status = co_await run_http_stream(result);
  result.report.bytes = body_bytes_;
  result.report.txn_id = status ? session::LoadLabels::next_txn_id() : 0;
  result.total = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began_);
  result.status = status ? "Success" : "Fail";
  result.message = status ? "OK" : status.error().message();
  if (!status && status.error().origin() != Origin::kMysql && status.error().origin() != Origin::kKernel)
    exchange_.close_after();
  door_.load_bytes_.add(result.report.bytes);
  if (status) door_.load_rows_.add(result.report.loaded_rows);
  log::info("http stream", {{"label", result.label},
                            {"status", result.status},
                            {"rows", result.report.loaded_rows},
                            {"bytes", result.report.bytes},
                            {"message", result.message}});
  co_await answer(200, stream_load_json(result));
}

}  // namespace sluice::door::http
