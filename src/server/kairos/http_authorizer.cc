// SPDX-License-Identifier: Apache-2.0
#include "server/kairos/http_authorizer.h"

#include "base/log.h"

namespace sluice::server {
namespace {

// Of parts that a client writes: none may look like two.
std::string key_of(const HttpAuthorizer::Request& request) {
  std::string key;
  for (const std::string* part : {&request.authorization, &request.method, &request.path, &request.client})
    key.append(std::to_string(part->size())).append(":").append(*part);
  return key;
}

}  // namespace

HttpAuthorizer::HttpAuthorizer(std::string url, std::chrono::milliseconds timeout, std::chrono::milliseconds keep)
    : url_(std::move(url)), options_({.timeout = timeout, .max_answer = size_t{1} << 20}), keep_(keep) {}

Result<unsigned> HttpAuthorizer::call(const Request& request) {
  std::unique_ptr<HttpCaller> caller;
  {
    std::lock_guard lock(mutex_);
    if (!callers_.empty()) {
      caller = std::move(callers_.back());
      callers_.pop_back();
    }
  }
  if (!caller) caller = std::make_unique<HttpCaller>(url_, options_);
  std::vector<std::pair<std::string, std::string>> headers{
      {"X-Original-Method", request.method}, {"X-Original-URI", request.path}, {"X-Forwarded-For", request.client}};
  if (!request.authorization.empty()) headers.emplace_back("Authorization", request.authorization);
  auto answer = caller->call("GET", "", {}, headers);
  {
    std::lock_guard lock(mutex_);
    if (callers_.size() < kMostKeptCallers) callers_.push_back(std::move(caller));
  }
  if (!answer) return fail(std::move(answer.error()));
  return answer->status;
}

Result<bool> HttpAuthorizer::ask(const Request& request) {
  const std::string key = key_of(request);
  if (keep_.count() > 0) {
    std::lock_guard lock(mutex_);
    const auto found = known_.find(key);
    if (found != known_.end() && Clock::now() < found->second.until) return found->second.allowed;
  }
  const auto status = call(request);
  const bool allowed = status && *status >= 200 && *status < 300;
  if (!status || (!allowed && *status != 401 && *status != 403)) {
    static log::RateLimit limit;
    limit.warn("requests are refused: timeseries.auth_url does not say whether they may be answered",
               {{"url", url_}, {"reason", status ? "status " + std::to_string(*status) : status.error().describe()}});
    return fail(Code::kUnavailable, "who may come in cannot be asked at the moment");
  }
  if (keep_.count() > 0) {
    std::lock_guard lock(mutex_);
    if (known_.size() >= kMostKnown) known_.clear();
    known_[key] = {allowed, Clock::now() + keep_};
  }
  return allowed;
}

}  // namespace sluice::server
