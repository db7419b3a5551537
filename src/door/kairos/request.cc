// SPDX-License-Identifier: Apache-2.0
#include "door/kairos/request.h"

#include "base/log.h"
#include "base/metrics.h"
#include "net/http_trace.h"
#include "timeseries/engine/answer_text.h"

namespace sluice::door::kairos {
namespace {

constexpr auto kWrongPasswordDelay = std::chrono::milliseconds(300);
constexpr std::string_view kIndexPage =
    "<!DOCTYPE html><html><head><title>Sluice</title></head><body><h1>Sluice: time series</h1><p>KairosDB's REST API "
    "is "
    "below <code>/api/v1</code>: <a href=\"/api/v1/version\">version</a>, <a "
    "href=\"/api/v1/metricnames\">metricnames</a>, <a href=\"/api/v1/health/status\">health</a>. Metrics of this "
    "server: <a href=\"/metrics\">/metrics</a>.</p></body></html>\n";

std::string_view role_name(Role role) {
  switch (role) {
    case Role::kIngest:
      return "INGEST";
    case Role::kQuery:
      return "QUERY";
    default:
      return "DELETE";
  }
}

// What KairosDB calls the method of a request: the last part of its path; here of the route, whose names have an end.
std::string_view method_name(std::string_view route) {
  while (!route.empty() && (route.back() == '}' || route.back() == '/')) route = route.substr(0, route.rfind('/'));
  return route.substr(route.rfind('/') + 1);
}

}  // namespace

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

bool Request::is_waited_for() const { return route_.role != Role::kAny || route_.kind == RouteKind::kRollups; }

// Against timeseries.rate_limit: all but what programs ask to see whether the server is there.
bool Request::is_counted() const {
  switch (route_.kind) {
    case RouteKind::kAllow:
    case RouteKind::kPreflight:
    case RouteKind::kHealthCheck:
    case RouteKind::kHealthStatus:
    case RouteKind::kVersion:
      return false;
    default:
      return true;
  }
}

bool Request::has_role(Role role) const {
  const Roles& roles = door_.options_.roles;
  switch (role) {
    case Role::kIngest:
      return roles.ingest;
    case Role::kQuery:
      return roles.query;
    case Role::kDelete:
      return roles.remove;
    case Role::kAny:
      break;
  }
  return true;
}

awaitable<void> Request::run(Door& door, net::HttpExchange& exchange) {
  Request request(door, exchange);
  if (co_await request.admit()) co_await request.dispatch();
  request.finish_metrics();
}

void Request::finish_metrics() {
  auto& metrics = Metrics::process();
  metrics
      .counter("sluice_timeseries_http_requests_total", "Requests of KairosDB's REST API answered.",
               {{"route", std::string(route_.name)}, {"status", std::to_string(status_)}})
      .add();
  metrics
      .histogram("sluice_timeseries_http_request_seconds", "Time from a request's head to the end of its answer.",
                 latency_buckets(), {{"route", std::string(route_.name)}})
      .observe(Clock::now() - began_);
  auto& traffic = door_.services_.traffic;
  timeseries::Traffic::add(traffic.requests, 1);
  if (const auto method = method_name(route_.name); !method.empty()) traffic.details.add_request(method);
  if (status_ >= 500) timeseries::Traffic::add(traffic.failed_requests, 1);
  span_.set("http.request.method", exchange_.request().method);
  span_.set("http.response.status_code", static_cast<int64_t>(status_));
  if (status_ >= 500) span_.set_failed("HTTP status " + std::to_string(status_));
  log::debug("request", {{"door", "kairos"},
                         {"method", exchange_.request().method},
                         {"path", exchange_.request().path()},
                         {"status", status_},
                         {"duration", Clock::now() - began_},
                         {"request_id", request_id_}});
}

awaitable<bool> Request::admit() {
  const bool preflight = route_.kind == RouteKind::kPreflight || route_.kind == RouteKind::kAllow;
  const auto& options = door_.options_;
  const bool asks = !options.user.empty() || options.authorize;
  Result<bool> allowed = preflight || !asks || door_.is_user(exchange_.request());
  if (!*allowed && options.authorize) {
    const auto& request = exchange_.request();
    AuthorizeRequest question;
    if (const auto header = request.headers.find("authorization")) question.authorization = *header;
    question.method = request.method;
    question.path = request.target;
    question.client = exchange_.stream().remote_host();
    allowed = co_await run_on(door_.services_.short_work, [&] { return options.authorize(question); });
    if (!allowed) {
      co_await answer_error(503, allowed.error().message());
      co_return false;
    }
  }
  if (!*allowed) {
    // Guessing passwords is slow for each connection.
    if (exchange_.request().headers.find("authorization")) static_cast<void>(co_await sleep_for(kWrongPasswordDelay));
    co_await answer_bare(401, {{"WWW-Authenticate", "Basic realm=\"KairosDB\""}});
    co_return false;
  }
  if (is_waited_for() && door_.listening_.is_stopping()) {
    exchange_.close_after();
    co_await answer_error(503, "the server is stopping");
    co_return false;
  }
  if (is_counted() && !door_.rate_.admit(exchange_.stream().remote_host())) {
    co_await answer_error(429, "too many requests from this address");
    co_return false;
  }
  if (!has_role(route_.role)) {
    const std::string body = "{\"errors\": [\"Forbidden: " + std::string(role_name(route_.role)) +
                             " API methods are disabled on this KairosDB instance.\"]}";
    co_await send(403, {{"Content-Type", "application/json"}}, body);
    co_return false;
  }
  co_return true;
}

awaitable<void> Request::dispatch() {
  switch (route_.kind) {
    case RouteKind::kNotFound:
    case RouteKind::kBadPath:
      co_await answer_bare(route_.kind == RouteKind::kBadPath ? 400 : 404);
      break;
    case RouteKind::kWrongMethod:
      co_await answer_bare(405, {{"Allow", route_.allow}});
      break;
    case RouteKind::kAllow:
      co_await answer_bare(200, {{"Allow", route_.allow}});
      break;
    case RouteKind::kPreflight:
      co_await preflight();
      break;
    case RouteKind::kIndexPage:
      co_await send(200, {{"Content-Type", "text/html; charset=utf-8"}}, kIndexPage);
      break;
    case RouteKind::kMetrics:
      exchange_.allow_gzip();
      co_await send(200, {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}},
                    Metrics::process().prometheus_text());
      break;
    case RouteKind::kVersion:
      co_await answer(200, "{\"version\": \"" + door_.options_.version + "\"}\n");
      break;
    case RouteKind::kHealthCheck:
      co_await health_check();
      break;
    case RouteKind::kHealthStatus:
      co_await health_status();
      break;
    case RouteKind::kDatapoints:
      co_await datapoints();
      break;
    case RouteKind::kOpentsdbPut:
      co_await opentsdb_put();
      break;
    case RouteKind::kIndexTags:
      co_await index_tags();
      break;
    case RouteKind::kQuery:
      co_await query(false);
      break;
    case RouteKind::kQueryTags:
      co_await query(true);
      break;
    case RouteKind::kDelete:
    case RouteKind::kDeleteMetric:
      co_await erase();
      break;
    case RouteKind::kMetricNames:
    case RouteKind::kTagNames:
    case RouteKind::kTagValues:
      co_await names();
      break;
    case RouteKind::kFeatures:
    case RouteKind::kFeature:
      co_await feature();
      break;
    case RouteKind::kServiceKeys:
    case RouteKind::kKeys:
    case RouteKind::kValue:
    case RouteKind::kSetValue:
    case RouteKind::kDeleteValue:
      co_await metadata();
      break;
    case RouteKind::kRunningQueries:
    case RouteKind::kKillQuery:
    case RouteKind::kScheduledJobs:
      co_await admin();
      break;
    case RouteKind::kRollups:
      co_await rollups();
      break;
  }
}

// ---------------------------------------------------------------- answers

net::HttpHeaders Request::api_headers(std::string_view type) const {
  net::HttpHeaders headers;
  if (!door_.options_.cors_origin.empty()) headers.add("Access-Control-Allow-Origin", door_.options_.cors_origin);
  headers.add("Pragma", "no-cache");
  headers.add("Cache-Control", "no-cache");
  headers.add("Expires", "0");
  if (!type.empty()) headers.add("Content-Type", std::string(type));
  return headers;
}

awaitable<void> Request::send(unsigned status, net::HttpHeaders headers, std::string_view body) {
  status_ = status;
  headers.add("X-Request-Id", request_id_);
  static_cast<void>(co_await exchange_.respond(status, std::move(headers), body));
}

awaitable<void> Request::answer(unsigned status, std::string_view body, std::string_view type) {
  if (status == 200) exchange_.allow_gzip();
  return send(status, api_headers(type), body);
}

awaitable<void> Request::answer_outcome(const timeseries::ParseOutcome& outcome) {
  const std::string body = timeseries::errors_json(outcome);
  if (outcome.status != 400 && outcome.status != 404) {
    co_await answer(static_cast<unsigned>(outcome.status), body);
    co_return;
  }
  net::HttpHeaders headers;
  if (!door_.options_.cors_origin.empty()) headers.add("Access-Control-Allow-Origin", door_.options_.cors_origin);
  headers.add("Content-Type", "application/json");
  co_await send(static_cast<unsigned>(outcome.status), std::move(headers), body);
}

awaitable<void> Request::answer_error(unsigned status, std::string_view message) {
  timeseries::ParseOutcome outcome{static_cast<int>(status), {}};
  // What Java calls null.
  outcome.errors.push_back(message.empty() ? std::nullopt : std::optional<std::string>(message));
  if (status != 503 && status != 429) {
    co_await answer_outcome(outcome);
    co_return;
  }
  auto headers = api_headers("application/json;charset=utf-8");
  headers.add("Retry-After", "1");
  co_await send(status, std::move(headers), timeseries::errors_json(outcome));
}

awaitable<void> Request::answer_failure(const Error& error) {
  const bool later = error.code() == Code::kResourceExhausted || error.code() == Code::kUnavailable;
  co_await answer_error(later ? 503 : 500, error.message());
}

awaitable<void> Request::answer_bare(unsigned status, net::HttpHeaders extra) {
  return send(status, std::move(extra), {});
}

awaitable<void> Request::answer_strings(const Result<std::vector<std::string>>& strings) {
  if (!strings) {
    co_await answer_failure(strings.error());
    co_return;
  }
  std::string body = "{\"results\":[";
  for (size_t i = 0; i < strings->size(); ++i) {
    if (i > 0) body += ',';
    timeseries::append_answer_string(body, (*strings)[i]);
  }
  body += "]}";
  co_await answer(200, body);
}

// ---------------------------------------------------------------- the request

awaitable<std::optional<std::string>> Request::read_body() {
  auto body = co_await exchange_.read_whole_body(door_.options_.max_query_bytes);
  if (body) co_return std::move(*body);
  exchange_.close_after();
  if (body.error().code() == Code::kUnavailable || body.error().code() == Code::kCancelled) co_return std::nullopt;
  const bool large = body.error().code() == Code::kResourceExhausted;
  const bool late = body.error().code() == Code::kDeadlineExceeded;
  co_await answer_error(large ? 413 : (late ? 408 : 400), body.error().message());
  co_return std::nullopt;
}

std::optional<std::string> Request::parameter(std::string_view name) const {
  const auto form = net::parse_form(exchange_.request().query());
  if (!form) return std::nullopt;
  for (const auto& [key, value] : *form) {
    if (key == name) return value;
  }
  return std::nullopt;
}

}  // namespace sluice::door::kairos
