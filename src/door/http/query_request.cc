// SPDX-License-Identifier: Apache-2.0
// POST /api/query: SQL in, rows out in the format asked for, streamed with back-pressure: the next rows are only made
// when the client took the last ones.
#include <boost/asio/steady_timer.hpp>
#include <charconv>

#include "door/http/http_error.h"
#include "door/http/json_request.h"
#include "door/http/request.h"
#include "door/http/result_writer.h"

namespace sluice::door::http {
namespace {

constexpr size_t kPieceBytes = 256 << 10;       // of a streamed answer, produced at a time
constexpr size_t kJsonOverheadBytes = 1 << 20;  // what a JSON body may have beside twice its statement

bool is_json(const net::HttpHeaders& headers) {
  const std::string_view type = headers.find("content-type").value_or(std::string_view());
  return type.starts_with("application/json");
}

Result<std::chrono::milliseconds> parse_timeout(std::string_view text) {
  uint32_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return fail(sql_error(Code::kInvalidArgument, 1105, "timeout_ms must be a whole number from 0"));
  }
  return std::chrono::milliseconds(value);
}

// The body and the query string, which overrides it.
Result<QueryRequest> read_request(const net::HttpRequest& head, std::string body) {
  QueryRequest request;
  if (is_json(head.headers)) {
    request = TRY(parse_query_request(body));
  } else {
    request.sql = std::move(body);
  }
  auto form = net::parse_form(head.query());
  if (!form) return fail(sql_error(Code::kInvalidArgument, 1105, "the query string is not properly percent-encoded"));
  for (auto& [key, value] : *form) {
    if (key == "format") {
      request.format = value;
    } else if (key == "database" || key == "db") {
      request.database = value;
    } else if (key == "timeout_ms") {
      auto timeout = TRY(parse_timeout(value));
      request.timeout = timeout.count() > 0 ? std::optional(timeout) : std::nullopt;
    } else {
      return fail(sql_error(Code::kInvalidArgument, 1105,
                            "unknown parameter '" + key.substr(0, 100) + "'; known are format, database, timeout_ms"));
    }
  }
  return request;
}

// The rows of a table that is known in full, as the chunks that writers take.
Status write_table(const session::Table& table, ResultWriter& writer, std::string& out) {
  duckdb::vector<duckdb::LogicalType> types;
  for (const auto& column : table.columns) types.push_back(column.type);
  duckdb::DataChunk chunk;
  if (!types.empty()) chunk.Initialize(duckdb::Allocator::DefaultAllocator(), types);
  for (size_t at = 0; at < table.rows.size() && !types.empty(); at += STANDARD_VECTOR_SIZE) {
    const size_t count = std::min<size_t>(STANDARD_VECTOR_SIZE, table.rows.size() - at);
    chunk.Reset();
    for (size_t row = 0; row < count; ++row) {
      for (size_t c = 0; c < types.size(); ++c) chunk.SetValue(c, row, table.rows[at + row][c]);
    }
    chunk.SetCardinality(count);
    TRY(writer.rows(chunk, out));
  }
  return {};
}

// A statement from its session to the bytes of its answer. Worker threads, one at a time.
class Execution {
 public:
  Execution(session::Services& services, uint32_t connection_id, const session::ClientIdentity& client,
            ResultFormat format)
      : services_(services),
        connection_id_(connection_id),
        client_(client),
        format_(format),
        writer_(make_result_writer(format)) {}

  session::Session& open(const TraceContext& trace) {
    session_ = std::make_unique<session::Session>(services_, connection_id_, client_);
    session_->set_trace(trace);
    return *session_;
  }

  // Runs all statements of the text; the last one's result is the answer. Fills `out` with its beginning.
  Status begin(const QueryRequest& request, std::string& out) {
    if (!request.database.empty()) TRY(session_->use(request.database));
    const auto statements = session_->split(request.sql);
    if (statements.empty())
      return sluice::fail(session_->client_error(sql_error(Code::kInvalidArgument, 1065, "Query was empty")));
    session_->set_whole_text(request.sql);
    for (size_t i = 0; i + 1 < statements.size(); ++i) TRY(skip_result(TRY(session_->execute(statements[i]))));
    session::Outcome outcome;
    if (request.has_params) {
      prepared_ = TRY(session_->prepare(statements.back()));
      if (prepared_->parameter_count() != request.params.size()) {
        return sluice::fail(sql_error(Code::kInvalidArgument, 1210,
                                      "the statement has " + std::to_string(prepared_->parameter_count()) +
                                          " placeholders, but params has " + std::to_string(request.params.size()) +
                                          " values"));
      }
      outcome = TRY(session_->execute(*prepared_, request.params));
    } else {
      outcome = TRY(session_->execute(statements.back()));
    }
    if (auto* done = std::get_if<session::Done>(&outcome)) {
      out = done_json(*done, elapsed());
      ended_ = plain_json_ = true;
      return {};
    }
    if (auto* table = std::get_if<session::Table>(&outcome)) {
      TRY(writer_->begin(table->columns, out));
      TRY(write_table(*table, *writer_, out));
      writer_->end(elapsed(), out);
      ended_ = true;
      return {};
    }
    if (std::holds_alternative<session::LocalInfile>(outcome)) {
      return sluice::fail(session_->client_error(sql_error(
          Code::kUnsupported, 1235,
          "LOAD DATA LOCAL is not possible over HTTP; use stream load: PUT /api/{database}/{table}/_stream_load")));
    }
    stream_ = std::move(std::get<std::unique_ptr<session::RowStream>>(outcome));
    TRY(writer_->begin(stream_->columns(), out));
    return produce(out);
  }

  // Appends the next piece. After an error nothing more comes.
  Status produce(std::string& out) {
    while (!ended_ && out.size() < kPieceBytes) {
      duckdb::DataChunk* chunk = TRY(stream_->next());
      if (!chunk) {
        writer_->end(elapsed(), out);
        ended_ = true;
      } else {
        TRY(writer_->rows(*chunk, out));
      }
    }
    return {};
  }
  void append_error(const Error& error, std::string& out) { writer_->fail(error, out); }

  bool ended() const { return ended_; }
  std::string_view type() const { return plain_json_ ? "application/json" : content_type(format_); }
  std::string query_id() const { return session_ ? session_->describe().query_id : std::string(); }

  void close() {
    stream_.reset();
    prepared_.reset();
    session_.reset();
  }

 private:
  static Status skip_result(session::Outcome outcome) {
    if (auto* stream = std::get_if<std::unique_ptr<session::RowStream>>(&outcome)) {
      while (TRY((*stream)->next())) {
      }
    } else if (std::holds_alternative<session::LocalInfile>(outcome)) {
      return sluice::fail(sql_error(Code::kUnsupported, 1235, "LOAD DATA LOCAL is not possible over HTTP"));
    }
    return {};
  }
  std::chrono::microseconds elapsed() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began_);
  }

  session::Services& services_;
  const uint32_t connection_id_;
  const session::ClientIdentity& client_;
  const ResultFormat format_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::unique_ptr<ResultWriter> writer_;
  std::unique_ptr<session::Session> session_;
  std::shared_ptr<session::PreparedStatement> prepared_;
  std::unique_ptr<session::RowStream> stream_;
  bool ended_ = false;
  bool plain_json_ = false;
};

}  // namespace

awaitable<void> Request::query() {
  if (!co_await authenticate()) co_return;
  auto& services = door_.services_;
  const uint64_t max_statement = services.limits.max_statement_bytes;
  auto body = co_await exchange_.read_whole_body(
      is_json(exchange_.request().headers) ? 2 * max_statement + kJsonOverheadBytes : max_statement);
  if (!body) {
    if (body.error().code() == Code::kResourceExhausted) {
      co_await answer(413, error_json(sql_error(Code::kInvalidArgument, 1153, body.error().message())) + "\n");
    } else {
      co_await answer_error(body.error());
    }
    co_return;
  }
  auto request = read_request(exchange_.request(), std::move(*body));
  if (!request) {
    co_await answer_error(request.error());
    co_return;
  }
  const auto format =
      request->format.empty()
          ? negotiate_result_format(exchange_.request().headers.find("accept").value_or(std::string_view()))
          : parse_result_format(request->format);
  if (!format) {
    const Error error = sql_error(Code::kInvalidArgument, 1105,
                                  "the answer can be application/json, application/x-ndjson, text/csv or "
                                  "application/vnd.apache.arrow.stream (format: json, ndjson, csv, arrow)");
    co_await answer(request->format.empty() ? 406 : 400, error_json(error) + "\n");
    co_return;
  }

  // Timers and watchers run on this thread; `self` tells them when the request is over.
  auto self = std::make_shared<Request*>(this);
  asio::steady_timer timer(co_await asio::this_coro::executor);
  if (request->timeout) {
    timer.expires_after(*request->timeout);
    timer.async_wait([self](const boost::system::error_code& cancelled) {
      if (!cancelled && *self) (*self)->interrupt(session::Interrupt::kTimeout);
    });
  }
  // Clients of HTTP/1.0 may end the body by closing their side and still wait for the answer; later ones are gone then.
  const auto meaning = exchange_.request().http_1_0 ? net::PeerGone::kClosed : net::PeerGone::kHalfClosed;
  exchange_.stream().watch_peer(meaning, [self] {
    if (*self) (*self)->interrupt(session::Interrupt::kClientGone);
  });

  const uint32_t connection_id = services.next_connection_id();
  Execution execution(services, connection_id, identity_, *format);
  std::string out;
  std::string query_id;
  Status status = co_await run_on(services.workers, [&]() -> Status {
    set_session(&execution.open(span_.context()));
    if (auto reason = interrupted()) return sluice::fail(interrupt_error(*reason));
    Status begun = execution.begin(*request, out);
    query_id = execution.query_id();
    return begun;
  });
  net::HttpHeaders extra{{"X-Connection-Id", std::to_string(connection_id)}};
  if (!query_id.empty()) extra.add("X-Query-Id", query_id);
  if (!status) {
    co_await answer(http_status(status.error()), error_json(status.error()) + "\n", "application/json",
                    std::move(extra));
  } else if (execution.ended()) {
    exchange_.allow_gzip();
    co_await answer(200, out, execution.type(), std::move(extra));
  } else {
    status_ = 200;
    exchange_.allow_gzip();
    net::HttpHeaders headers = headers_for(execution.type());
    for (const auto& [name, value] : extra.all()) headers.add(name, value);
    Status sent = co_await exchange_.begin(200, std::move(headers));
    while (sent) {
      sent = co_await exchange_.write(out);
      if (!sent || execution.ended() || !status) break;
      out.clear();
      status = co_await run_on(services.workers, [&] { return execution.produce(out); });
      if (!status) execution.append_error(status.error(), out);
    }
    // After an error the answer stays unfinished: the connection is cut, so that every client notices.
    if (sent && status) sent = co_await exchange_.finish();
    if (!status) span_.set_failed(status.error());
  }
  *self = nullptr;
  timer.cancel();
  exchange_.stream().unwatch_peer();
  set_session(nullptr);
  if (!co_await run_on(services.workers, [&] { execution.close(); })) execution.close();
}

}  // namespace sluice::door::http
