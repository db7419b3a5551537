// SPDX-License-Identifier: Apache-2.0
// Requests that read or delete: /datapoints/query, /query/tags, /delete, DELETE /metric.
#include <chrono>

#include "base/log.h"
#include "base/metrics.h"
#include "door/kairos/request.h"
#include "timeseries/request/query_parser.h"
#include "timeseries/zone.h"

namespace sluice::door::kairos {
namespace {

constexpr size_t kLoggedBytes = 4096;  // of a slow query

int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

timeseries::QueryParserOptions parser_options(const DoorOptions& options, bool runs) {
  timeseries::QueryParserOptions parser;
  parser.compat = options.compat;
  parser.now = now_ms();
  parser.default_zone = options.default_zone;
  parser.runs = runs;
  parser.is_zone = [](std::string_view id) { return timeseries::Zone::find(id).has_value(); };
  return parser;
}

Histogram& query_seconds() {
  static Histogram& histogram = Metrics::process().histogram(
      "sluice_timeseries_query_seconds", "Time of queries, from worker to worker.", latency_buckets());
  return histogram;
}

}  // namespace

// On a worker. `refused`: the query is not one; nothing was written then.
Status Request::run_query(const std::string& json, bool tags_only, AnswerStream& stream,
                          std::optional<timeseries::ParseOutcome>& refused) {
  const auto begin = Clock::now();
  const int64_t began_ms = now_ms();
  std::atomic<size_t> metric = 0;
  const RunningQueries::Entry entry(door_.running_, json, metric, cancelled_);
  const auto query = timeseries::parse_query(json, parser_options(door_.options_, !tags_only));
  if (!query) {
    refused = query.error();
    if (!tags_only)
      door_.services_.traffic.details.add({began_ms, static_cast<uint64_t>((Clock::now() - begin).count()), true, {}});
    return {};
  }
  timeseries::QueryRun run;
  if (door_.options_.query_timeout.count() > 0) run.deadline = Deadline::after(door_.options_.query_timeout, began_);
  run.cancelled = &cancelled_;
  run.metric = &metric;
  if (tags_only) return door_.services_.engine.answer_tags(*query, run, stream);
  if (door_.options_.return_query) run.original_query = json;
  timeseries::QueryFigures figures;
  const Status status = door_.services_.engine.answer(*query, run, stream, &figures);
  using timeseries::Traffic;
  auto& traffic = door_.services_.traffic;
  const auto time = Clock::now() - begin;
  query_seconds().observe(time);
  Traffic::add(traffic.queries, 1);
  if (!status) Traffic::add(traffic.failed_queries, 1);
  Traffic::add(traffic.query_ns, static_cast<uint64_t>(time.count()));
  Traffic::add(traffic.query_points, figures.points);
  Traffic::add(traffic.query_rows, figures.rows);
  Traffic::add(traffic.cached_points, figures.cached_points);
  traffic.details.add({began_ms, static_cast<uint64_t>(time.count()), !status, std::move(figures.metrics)});
  if (const auto slow = door_.options_.slow_query; slow.count() > 0 && time >= slow) {
    log::info("slow query", {{"query", std::string_view(json).substr(0, kLoggedBytes)},
                             {"duration", time},
                             {"points", figures.points},
                             {"client", exchange_.stream().remote_host()},
                             {"request_id", request_id_}});
  }
  return status;
}

awaitable<void> Request::query(bool tags_only) {
  std::string json;
  if (exchange_.request().method == "POST") {
    auto body = co_await read_body();
    if (!body) co_return;
    json = std::move(*body);
  } else {
    auto text = parameter("query");
    if (!text) {
      co_await answer_error(400, "query json must not be null or empty");
      co_return;
    }
    json = std::move(*text);
  }
  // The watch may look at it until the next round after unwatch_peer().
  const auto self = std::make_shared<Request*>(this);
  const auto meaning = exchange_.request().http_1_0 ? net::PeerGone::kClosed : net::PeerGone::kHalfClosed;
  exchange_.stream().watch_peer(meaning, [self] {
    if (*self) (*self)->stop();
  });
  AnswerStream stream(co_await asio::this_coro::executor);
  std::optional<timeseries::ParseOutcome> refused;
  const bool accepted = door_.services_.queries.submit([this, &json, tags_only, stream, &refused]() mutable {
    stream.finish(run_query(json, tags_only, stream, refused));
  });
  if (accepted)
    co_await send_answer(stream, refused);
  else
    co_await answer_error(503, "too many queries are waiting; try again later");
  *self = nullptr;
  exchange_.stream().unwatch_peer();
}

// Ends when the worker is done, whatever becomes of the connection.
awaitable<void> Request::send_answer(AnswerStream& stream, std::optional<timeseries::ParseOutcome>& refused) {
  auto piece = co_await stream.next();
  if (piece.last) {
    if (refused) {
      co_await answer_outcome(*refused);
    } else if (piece.status) {
      co_await answer(200, piece.bytes);
    } else {
      const Error& error = piece.status.error();
      log::debug("a query failed", {{"error", error}, {"request_id", request_id_}});
      // Limits of a query are the client's to change: coming back does not help.
      if (error.code() == Code::kUnavailable)
        co_await answer_failure(error);
      else
        co_await answer_error(500, error.message());
    }
    co_return;
  }
  status_ = 200;
  exchange_.allow_gzip();
  auto headers = api_headers("application/json;charset=utf-8");
  headers.add("X-Request-Id", request_id_);
  Status sent = co_await exchange_.begin(200, std::move(headers));
  for (;;) {
    if (sent) sent = co_await exchange_.write(piece.bytes);
    if (!sent) {
      cancelled_ = true;
      stream.close();
    }
    if (piece.last) break;
    piece = co_await stream.next();
  }
  if (!piece.status) {
    log::warn("a query failed in the middle of its answer",
              {{"error", piece.status.error()}, {"request_id", request_id_}});
    co_return;
  }
  if (sent) static_cast<void>(co_await exchange_.finish());
}

awaitable<void> Request::erase() {
  std::optional<timeseries::ParseOutcome> refused;
  Status status;
  if (route_.kind == RouteKind::kDeleteMetric) {
    status = co_await run_on(door_.services_.writers,
                             [&]() -> Status { return door_.services_.store.erase_metric(route_.arguments[0]); });
  } else {
    const auto body = co_await read_body();
    if (!body) co_return;
    status = co_await run_on(door_.services_.writers, [&]() -> Status {
      const auto query = timeseries::parse_query(*body, parser_options(door_.options_, false));
      if (!query) {
        refused = query.error();
        return {};
      }
      for (const auto& metric : query->metrics) TRY(door_.services_.store.erase(metric.series));
      return {};
    });
  }
  if (refused)
    co_await answer_outcome(*refused);
  else if (!status)
    co_await answer_failure(status.error());
  else
    co_await answer(204);
}

}  // namespace sluice::door::kairos
