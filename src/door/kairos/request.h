// SPDX-License-Identifier: Apache-2.0
// Request: one HTTP request from its head to the end of its answer: routing, authentication, and the work behind each
// route. Lives in its connection's coroutine; stop() comes from other threads. The .cc files beside this one each
// hold one kind of request. Source of truth: facts 1.0 and 1.1, recorded heads (probe.txt), KairosDB's resources.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/trace.h"
#include "door/kairos/answer_stream.h"
#include "door/kairos/door.h"
#include "door/kairos/route.h"
#include "net/http.h"
#include "timeseries/request/java_fault.h"

namespace sluice::door::kairos {

class Request final : public net::HttpWork {
 public:
  static awaitable<void> run(Door& door, net::HttpExchange& exchange);

  Request(Door& door, net::HttpExchange& exchange);
  ~Request() override;
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  bool is_waited_for() const override;
  // Ends its query.
  void stop() override { cancelled_ = true; }

 private:
  using Clock = std::chrono::steady_clock;

  awaitable<void> dispatch();
  // What every request must pass; false: it was answered.
  awaitable<bool> admit();
  bool is_counted() const;
  bool has_role(Role role) const;
  void finish_metrics();

  // ---- answers. Each sends the whole response.
  // With the header fields of KairosDB's setHeaders(); an empty body has a length of 0.
  awaitable<void> answer(unsigned status, std::string_view body = {},
                         std::string_view type = "application/json;charset=utf-8");
  // {"errors":[..]}: a 400 as KairosDB's JsonResponseBuilder makes it, others as answer().
  awaitable<void> answer_outcome(const timeseries::ParseOutcome& outcome);
  awaitable<void> answer_error(unsigned status, std::string_view message);
  // What the store or the engine said; 503 asks the client to come back.
  awaitable<void> answer_failure(const Error& error);
  // Without body and with few fields: what the servlet container answers.
  awaitable<void> answer_bare(unsigned status, net::HttpHeaders extra = {});
  // {"results":[..]}
  awaitable<void> answer_strings(const Result<std::vector<std::string>>& strings);
  net::HttpHeaders api_headers(std::string_view type) const;
  awaitable<void> send(unsigned status, net::HttpHeaders headers, std::string_view body);

  // The body of requests that are no data points; nullopt: it was answered.
  awaitable<std::optional<std::string>> read_body();
  // The value of a parameter behind '?'; nullopt: there is none.
  std::optional<std::string> parameter(std::string_view name) const;

  // ---- ingest_request.cc
  class Body;
  awaitable<void> datapoints();
  awaitable<void> opentsdb_put();
  awaitable<void> index_tags();
  // ---- query_request.cc
  awaitable<void> query(bool tags_only);
  awaitable<void> send_answer(AnswerStream& stream, std::optional<timeseries::ParseOutcome>& refused);
  Status run_query(const std::string& json, bool tags_only, AnswerStream& stream,
                   std::optional<timeseries::ParseOutcome>& refused);
  awaitable<void> erase();
  // ---- info_requests.cc
  awaitable<void> preflight();
  awaitable<void> health_check();
  awaitable<void> health_status();
  awaitable<void> names();
  awaitable<void> feature();
  awaitable<void> admin();
  awaitable<void> metadata();
  awaitable<void> rollups();

  Door& door_;
  net::HttpExchange& exchange_;
  const Clock::time_point began_ = Clock::now();
  Route route_;
  Span span_;
  std::string request_id_;
  unsigned status_ = 0;  // of the answer
  std::atomic<bool> cancelled_{false};
};

}  // namespace sluice::door::kairos
