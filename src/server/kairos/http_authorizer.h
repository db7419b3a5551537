// SPDX-License-Identifier: Apache-2.0
// HttpAuthorizer: asks a program of the operator's over HTTP whether a request of KairosDB's API may be answered, as
// nginx does with auth_request. The request's own Authorization is handed on, so that any scheme works. Answers are
// remembered for a while. Thread-safe; ask() blocks.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "door/kairos/services.h"
#include "server/kairos/http_call.h"

namespace sluice::server {

class HttpAuthorizer {
 public:
  using Clock = std::chrono::steady_clock;
  using Request = door::kairos::AuthorizeRequest;

  // `keep`: how long an answer holds; 0: none is remembered.
  HttpAuthorizer(std::string url, std::chrono::milliseconds timeout, std::chrono::milliseconds keep);

  // GET of the URL with Authorization, X-Original-Method, X-Original-URI and X-Forwarded-For: 2xx lets the request in,
  // 401 and 403 do not. Errors: kUnavailable for every other answer, and for none.
  Result<bool> ask(const Request& request);

 private:
  struct Known {
    bool allowed;
    Clock::time_point until;
  };
  static constexpr size_t kMostKnown = 10'000;  // with more, all are forgotten
  static constexpr size_t kMostKeptCallers = 16;

  Result<unsigned> call(const Request& request);

  const std::string url_;
  const HttpCallOptions options_;
  const std::chrono::milliseconds keep_;
  std::mutex mutex_;
  std::unordered_map<std::string, Known> known_;
  std::vector<std::unique_ptr<HttpCaller>> callers_;  // that nobody uses
};

}  // namespace sluice::server
