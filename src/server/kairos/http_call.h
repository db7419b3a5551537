// SPDX-License-Identifier: Apache-2.0
// HttpCaller: requests to a KairosDB server, one after the other on one connection. For command-line tools: blocks, one
// thread. Over libcurl, which has TLS, gzip and proxies' variables.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace sluice::server {

struct HttpCallOptions {
  std::string user;  // empty: no authentication
  std::string password;
  std::string ca_file;  // PEM: who may have signed an https server's certificate; empty: the system's
  std::chrono::milliseconds timeout{600'000};  // of a request whole
  size_t max_answer = size_t{64} << 20;        // bytes, decompressed
};

struct HttpCallAnswer {
  unsigned status = 0;
  std::string body;
  uint32_t retry_after = 0;  // seconds, of the header; 0: none
};

class HttpCaller {
 public:
  // `url`: "http://host:8080", with or without a path in front of /api.
  HttpCaller(std::string url, HttpCallOptions options);
  ~HttpCaller();
  HttpCaller(const HttpCaller&) = delete;
  HttpCaller& operator=(const HttpCaller&) = delete;

  // `path` begins with '/' and is encoded. Errors: kUnavailable (no answer), kDeadlineExceeded, kResourceExhausted (the
  // answer is longer than max_answer). Any status is an answer.
  Result<HttpCallAnswer> call(std::string_view method, const std::string& path, std::string_view body = {},
                              const std::vector<std::pair<std::string, std::string>>& headers = {});
  const std::string& url() const { return url_; }

 private:
  static size_t take_body(char* bytes, size_t size, size_t count, void* call);
  static size_t take_header(char* bytes, size_t size, size_t count, void* call);

  const std::string url_;
  const HttpCallOptions options_;
  void* curl_;
};

// Everything but letters, digits and -._~ as %XX.
std::string percent_encode(std::string_view text);

}  // namespace sluice::server
