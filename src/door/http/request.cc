// SPDX-License-Identifier: Apache-2.0
#include "door/http/request.h"

#include <boost/asio/post.hpp>

#include "base/log.h"
#include "door/http/http_error.h"
#include "net/http_trace.h"
#include "session/access_check.h"

namespace sluice::door::http {
namespace {

constexpr auto kWrongPasswordDelay = std::chrono::milliseconds(300);

Histogram& latency(std::string_view route) {
  return Metrics::process().histogram("sluice_http_request_seconds",
                                      "Time from a request's head to the end of its answer.", latency_buckets(),
                                      {{"route", std::string(route)}});
}

}  // namespace

Error interrupt_error(session::Interrupt reason) {
  switch (reason) {
    case session::Interrupt::kTimeout:
      return sql_error(Code::kDeadlineExceeded, 3024,
                       "Query execution was interrupted, maximum statement execution time exceeded");
    case session::Interrupt::kShutdown:
      return sql_error(Code::kCancelled, 1053, "Server shutdown in progress");
    default:
      return sql_error(Code::kCancelled, 1317, "Query execution was interrupted");
  }
}

Request::Request(Door& door, net::HttpExchange& exchange)
    : door_(door),
      exchange_(exchange),
      route_(find_route(exchange.request().method, exchange.request().path())),
      span_(Span::start(std::string("HTTP ") + std::string(route_.name), SpanKind::kServer,
                        net::remote_trace(exchange.request().headers))) {
  request_id_ = net::request_id(exchange.request().headers, span_.context());
  door_.listening_.enlist(this);
}

Request::~Request() { door_.listening_.delist(this); }

bool Request::is_waited_for() const {
  return route_.kind == RouteKind::kQuery || route_.kind == RouteKind::kStreamLoad ||
         route_.kind == RouteKind::kTwoPhase || route_.kind == RouteKind::kHttpStream;
}

void Request::stop() { interrupt(session::Interrupt::kShutdown); }

void Request::interrupt(session::Interrupt reason) {
  std::lock_guard lock(mutex_);
  if (!interrupt_) interrupt_ = reason;
  if (session_) session_->interrupt(reason);
  if (load_) load_->abort(load_interrupted(*interrupt_));
  if (stop_reading_) {
    asio::post(exchange_.stream().context(),
               [signal = stop_reading_] { signal->emit(asio::cancellation_type::terminal); });
  }
}

std::optional<session::Interrupt> Request::interrupted() const {
  std::lock_guard lock(mutex_);
  return interrupt_;
}

void Request::set_session(session::Session* session) {
  std::lock_guard lock(mutex_);
  session_ = session;
}

void Request::set_load(session::Load* load) {
  std::lock_guard lock(mutex_);
  load_ = load;
  if (load_ && interrupt_) load_->abort(load_interrupted(*interrupt_));
}

awaitable<void> Request::run(Door& door, net::HttpExchange& exchange) {
  Request request(door, exchange);
  co_await request.dispatch();
  request.finish_metrics();
}

void Request::finish_metrics() {
  Metrics::process()
      .counter("sluice_http_requests_total", "Requests answered.",
               {{"route", std::string(route_.name)}, {"status", std::to_string(status_)}})
      .add();
  latency(route_.name).observe(Clock::now() - began_);
  span_.set("http.request.method", exchange_.request().method);
  span_.set("http.response.status_code", static_cast<int64_t>(status_));
  if (status_ >= 500) span_.set_failed("HTTP status " + std::to_string(status_));
  log::debug("request", {{"method", exchange_.request().method},
                         {"path", exchange_.request().path()},
                         {"status", status_},
                         {"duration", Clock::now() - began_},
                         {"request_id", request_id_},
                         {"user", identity_.user}});
}

awaitable<void> Request::dispatch() {
  if (door_.listening_.is_stopping() && is_waited_for()) {
    exchange_.close_after();
    co_await answer_error(sql_error(Code::kUnavailable, 1053, "Server shutdown in progress"));
    co_return;
  }
  switch (route_.kind) {
    case RouteKind::kNotFound:
      co_await answer_error(sql_error(Code::kNotFound, 1105,
                                      "there is nothing at " + std::string(exchange_.request().path().substr(0, 200))));
      co_return;
    case RouteKind::kWrongMethod: {
      Error error = sql_error(Code::kInvalidArgument, 1105, "the method must be one of " + std::string(route_.allow));
      co_await answer(405, error_json(error), "application/json", {{"Allow", std::string(route_.allow)}});
      co_return;
    }
    case RouteKind::kBadPath:
      co_await answer_error(sql_error(Code::kInvalidArgument, 1105, "the path is not properly percent-encoded"));
      co_return;
    case RouteKind::kLive:
      co_await answer(200, "{\"status\":\"live\"}\n");
      co_return;
    case RouteKind::kReady:
      co_await ready();
      co_return;
    case RouteKind::kDorisHealth:
      co_await answer(
          200,
          "{\"msg\":\"success\",\"code\":0,\"data\":{\"online_backend_num\":1,\"total_backend_num\":1},\"count\":0}\n");
      co_return;
    case RouteKind::kMetrics:
      exchange_.allow_gzip();
      co_await answer(200, Metrics::process().prometheus_text(), "text/plain; version=0.0.4; charset=utf-8");
      co_return;
    case RouteKind::kLoadErrors:
      co_await load_errors();
      co_return;
    case RouteKind::kProfile:
    case RouteKind::kProfileText:
      co_await query_profile();
      co_return;
    case RouteKind::kListQueries:
      co_await list_queries();
      co_return;
    case RouteKind::kKillQuery:
      co_await kill_query();
      co_return;
    case RouteKind::kQuery:
      co_await query();
      co_return;
    case RouteKind::kStreamLoad:
      co_await stream_load();
      co_return;
    case RouteKind::kHttpStream:
      co_await http_stream();
      co_return;
    case RouteKind::kTwoPhase:
      co_await two_phase();
      co_return;
  }
}

net::HttpHeaders Request::headers_for(std::string_view type) const {
  return {{"Content-Type", std::string(type)},
          {"X-Request-Id", request_id_},
          {"X-Trace-Id", span_.context().trace_id_hex()}};
}

awaitable<void> Request::answer(unsigned status, std::string_view body, std::string_view type, net::HttpHeaders extra) {
  status_ = status;
  net::HttpHeaders headers = headers_for(type);
  for (const auto& [name, value] : extra.all()) headers.add(name, value);
  static_cast<void>(co_await exchange_.respond(status, std::move(headers), body));
}

awaitable<void> Request::answer_error(const Error& error) {
  co_await answer(http_status(error), error_json(error) + "\n");
}

awaitable<bool> Request::authenticate() {
  auto& access = door_.services_.access;
  const auto& headers = exchange_.request().headers;
  const std::string host = exchange_.stream().remote_host();
  std::string user, password;
  bool given = false;
  if (const auto field = headers.find("authorization")) {
    if (auto pair = net::parse_basic_authorization(*field)) {
      user = std::move(pair->first);
      password = std::move(pair->second);
      given = true;
    }
  } else if (!access.configured()) {
    user = "root";  // nobody set up accounts: the built-in one without a password, on loopback only
    given = true;
  }
  if (given) {
    if (auto account = access.find(user, host)) {
      bool right = !account->has_password ? password.empty() : door_.credentials_.remembered(*account, password);
      if (!right && account->has_password) {
        auto verified =
            co_await run_on(door_.services_.workers, [&] { return access.verify_password(*account, password); });
        if (!verified) {
          co_await answer_error(verified.error());
          co_return false;
        }
        right = *verified;
        if (right) door_.credentials_.remember(*account, password);
      }
      if (!right) access.login_failed(*account);
      if (Status admitted = right ? access.admit(*account) : Status(); !admitted) {
        record_denied(user, admitted.error());
        co_await answer_error(admitted.error());
        co_return false;
      }
      if (right) {
        identity_.user = user;
        identity_.host = host;
        identity_.account = account->name();
        identity_.door = "http";
        identity_.tls_version = exchange_.stream().tls_version();
        identity_.tls_cipher = exchange_.stream().tls_cipher();
        identity_.program = std::string(headers.find("user-agent").value_or(std::string_view()).substr(0, 256));
        co_return true;
      }
    }
    // Guessing passwords is slow for each connection.
    static_cast<void>(co_await sleep_for(kWrongPasswordDelay));
  }
  const Error denied = sql_error(
      Code::kUnauthenticated, 1045,
      given ? "Access denied for user '" + user + "'@'" + host +
                  "' (using password: " + (password.empty() ? "NO" : "YES") + ")"
            : "this request needs an Authorization header with a user and password (HTTP basic authentication)");
  if (given) record_denied(user, denied);
  co_await answer(401, error_json(denied) + "\n", "application/json",
                  {{"WWW-Authenticate", "Basic realm=\"Sluice\", charset=\"UTF-8\""}});
  co_return false;
}

void Request::record_denied(const std::string& user, const Error& error) {
  if (!door_.services_.audit.enabled()) return;
  session::AuditEntry entry;
  entry.event = session::AuditEntry::Event::kLogin;
  entry.started = began_at_;
  entry.user = user;
  entry.host = exchange_.stream().remote_host();
  entry.door = "http";
  entry.error_code = 401;
  entry.error = error.message();
  door_.services_.audit.record(std::move(entry));
}

bool Request::administers() const {
  return door_.services_.access.rights(identity_.account)->global().has(session::Privilege::kAdmin);
}

Status Request::may_load(const std::string& database, const std::string& table) const {
  const session::ObjectName object{"internal", database, table};
  session::AccessCheck check(door_.services_.access.rights(identity_.account), identity_, database);
  return check.load(object);
}

}  // namespace sluice::door::http
