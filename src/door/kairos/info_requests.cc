// SPDX-License-Identifier: Apache-2.0
// Requests about the server and what it knows: names, metadata, features, health, running queries, roll-ups.
#include "base/log.h"
#include "door/kairos/java_set_order.h"
#include "door/kairos/request.h"
#include "timeseries/request/features.h"

namespace sluice::door::kairos {
namespace {
constexpr auto kHealthTimeout = std::chrono::seconds(10);
}  // namespace

awaitable<void> Request::preflight() {
  const auto& asked = exchange_.request().headers;
  net::HttpHeaders headers;
  if (!door_.options_.cors_origin.empty()) headers.add("Access-Control-Allow-Origin", door_.options_.cors_origin);
  if (const auto fields = asked.find("access-control-request-headers"))
    headers.add("Access-Control-Allow-Headers", std::string(*fields));
  headers.add("Access-Control-Max-Age", "86400");
  if (const auto method = asked.find("access-control-request-method")) {
    // KairosDB writes the name with an underscore; browsers want it without.
    headers.add("Access-Control-Allow_Method", std::string(*method));
    headers.add("Access-Control-Allow-Methods", std::string(*method));
  }
  headers.add("Content-Type", "application/json;charset=utf-8");
  co_await send(200, std::move(headers), {});
}

awaitable<void> Request::health_check() {
  Status status = fail(Code::kUnavailable, "stopping");
  if (!door_.listening_.is_stopping()) {
    status = co_await run_on(door_.services_.short_work,
                             [&]() -> Status { return door_.services_.store.check(Deadline::after(kHealthTimeout)); });
  }
  if (!status) {
    static log::RateLimit limit;
    limit.warn("the health check of time series fails", {{"error", status.error()}, {"request_id", request_id_}});
  }
  co_await answer(status ? door_.options_.healthy_status : 500);
}

awaitable<void> Request::health_status() {
  const Status status = co_await run_on(door_.services_.short_work, [&]() -> Status {
    return door_.services_.store.check(Deadline::after(kHealthTimeout));
  });
  const std::string body =
      std::string("[\"JVM-Thread-Deadlock: OK\",\"Datastore-Query: ") + (status ? "OK" : "FAIL") + "\"]";
  co_await answer(200, body);
}

awaitable<void> Request::names() {
  const std::string prefix = parameter("prefix").value_or("");
  const auto found = co_await run_on(door_.services_.short_work, [&]() -> Result<std::vector<std::string>> {
    auto& store = door_.services_.store;
    if (route_.kind == RouteKind::kTagNames) return store.tag_names();
    if (route_.kind == RouteKind::kTagValues) return store.tag_values();
    auto names = store.metric_names(prefix);
    if (names && door_.options_.compat == timeseries::Compat::kV13) sort_as_java_set(*names);
    return names;
  });
  co_await answer_strings(found);
}

awaitable<void> Request::feature() {
  if (route_.kind == RouteKind::kFeatures) {
    co_await answer(200, timeseries::features_json());
    co_return;
  }
  const auto json = timeseries::feature_json(route_.arguments[0]);
  if (json)
    co_await answer(200, *json);
  else
    co_await answer_outcome(json.error());
}

awaitable<void> Request::admin() {
  if (route_.kind == RouteKind::kScheduledJobs) {
    if (door_.options_.compat == timeseries::Compat::kV13)
      co_await answer_bare(404);
    else
      co_await answer(200, "[]");
  } else if (route_.kind == RouteKind::kKillQuery) {
    door_.running_.kill(route_.arguments[0]);
    log::info("a query was killed", {{"hash", route_.arguments[0]}, {"request_id", request_id_}});
    co_await answer(204);
  } else {
    co_await answer(200, door_.running_.json(door_.services_.queries.queued()));
  }
}

awaitable<void> Request::metadata() {
  const std::string& service = route_.arguments[0];
  auto& values = door_.services_.service_values;
  if (service.starts_with('_')) {
    co_await answer(401);
    co_return;
  }
  if (route_.kind == RouteKind::kServiceKeys || route_.kind == RouteKind::kKeys) {
    const std::string prefix = parameter("startsWith").value_or("");
    const auto keys = co_await run_on(door_.services_.short_work, [&]() -> Result<std::vector<std::string>> {
      if (route_.kind == RouteKind::kServiceKeys) return values.service_keys(service);
      return values.keys(service, route_.arguments[1], prefix);
    });
    co_await answer_strings(keys);
    co_return;
  }
  const std::string& service_key = route_.arguments[1];
  const std::string& key = route_.arguments[2];
  if (route_.kind == RouteKind::kValue) {
    const auto found =
        co_await run_on(door_.services_.short_work, [&]() { return values.get(service, service_key, key); });
    const auto accept = exchange_.request().headers.find("accept");
    const bool plain = accept && accept->starts_with("text/plain");
    const std::string_view type = plain ? "text/plain;charset=utf-8" : "application/json;charset=utf-8";
    if (!found)
      co_await answer_failure(found.error());
    else if (*found)
      co_await answer(200, (*found)->value, type);
    else if (plain)
      co_await answer(404, {}, type);
    else
      co_await answer(404, "{\"errors\":[\"Key not found\"]}");
    co_return;
  }
  std::optional<std::string> body;
  if (route_.kind == RouteKind::kSetValue) {
    body = co_await read_body();
    if (!body) co_return;
  }
  const Status status = co_await run_on(door_.services_.short_work, [&]() -> Status {
    if (body) return values.put(service, service_key, key, *body);
    return values.erase(service, service_key, key);
  });
  if (status)
    co_await answer(204);
  else
    co_await answer_failure(status.error());
}

awaitable<void> Request::rollups() {
  if (!door_.services_.rollups) {
    co_await answer_bare(404);
    co_return;
  }
  const auto body = co_await read_body();
  if (!body) co_return;
  const auto& request = exchange_.request();
  const std::string rest = route_.arguments[0].empty() ? "" : "/" + route_.arguments[0];
  const auto made = co_await run_on(door_.services_.short_work, [&]() -> Result<std::optional<HookAnswer>> {
    return door_.services_.rollups(request.method, rest, request.query(), *body);
  });
  if (!made)
    co_await answer_failure(made.error());
  else if (!*made)
    co_await answer_bare(404);
  else
    co_await answer((*made)->status, (*made)->body,
                    (*made)->status == 400 ? "application/json" : "application/json;charset=utf-8");
}

}  // namespace sluice::door::kairos
