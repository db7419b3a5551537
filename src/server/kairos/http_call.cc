// SPDX-License-Identifier: Apache-2.0
#include "server/kairos/http_call.h"

#include <curl/curl.h>
#include <strings.h>

#include <charconv>

namespace sluice::server {
namespace {

struct Call {
  HttpCallAnswer answer;
  size_t max_answer;
  bool too_long = false;
};

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  if (url.find("://") == std::string::npos) url.insert(0, "http://");
  return url;
}

// A line break in a value would begin another header.
std::string header_line(const std::string& name, std::string_view value) {
  std::string line = name + ": ";
  for (const char c : value)
    if (c != '\r' && c != '\n' && c != '\0') line += c;
  return line;
}

}  // namespace

HttpCaller::HttpCaller(std::string url, HttpCallOptions options)
    : url_(without_slash(std::move(url))), options_(std::move(options)), curl_(curl_easy_init()) {}

HttpCaller::~HttpCaller() { curl_easy_cleanup(curl_); }

size_t HttpCaller::take_body(char* bytes, size_t size, size_t count, void* call) {
  auto& into = *static_cast<Call*>(call);
  if (into.answer.body.size() + size * count > into.max_answer) {
    into.too_long = true;
    return 0;
  }
  into.answer.body.append(bytes, size * count);
  return size * count;
}

size_t HttpCaller::take_header(char* bytes, size_t size, size_t count, void* call) {
  constexpr std::string_view kRetryAfter = "Retry-After:";
  std::string_view line(bytes, size * count);
  if (line.size() > kRetryAfter.size() && strncasecmp(line.data(), kRetryAfter.data(), kRetryAfter.size()) == 0) {
    line.remove_prefix(kRetryAfter.size());
    while (line.starts_with(' ')) line.remove_prefix(1);
    std::from_chars(line.data(), line.data() + line.size(), static_cast<Call*>(call)->answer.retry_after);
  }
  return size * count;
}

Result<HttpCallAnswer> HttpCaller::call(std::string_view method, const std::string& path, std::string_view body,
                                        const std::vector<std::pair<std::string, std::string>>& more) {
  if (!curl_) return fail(Code::kResourceExhausted, "no memory for a connection");
  Call call{{}, options_.max_answer, false};
  const std::string url = url_ + path;
  const std::string verb(method);
  curl_easy_reset(curl_);  // keeps the connection
  curl_slist* headers = curl_slist_append(nullptr, "Content-Type: application/json");
  headers = curl_slist_append(headers, "Expect:");
  for (const auto& [name, value] : more) headers = curl_slist_append(headers, header_line(name, value).c_str());
  curl_easy_setopt(curl_, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl_, CURLOPT_ACCEPT_ENCODING, "gzip");
  curl_easy_setopt(curl_, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.count()));
  curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers);
  if (!options_.ca_file.empty()) curl_easy_setopt(curl_, CURLOPT_CAINFO, options_.ca_file.c_str());
  if (!options_.user.empty()) {
    curl_easy_setopt(curl_, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(curl_, CURLOPT_USERNAME, options_.user.c_str());
    curl_easy_setopt(curl_, CURLOPT_PASSWORD, options_.password.c_str());
  }
  if (!body.empty() || verb == "POST" || verb == "PUT") {
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, body.data() ? body.data() : "");
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  }
  curl_easy_setopt(curl_, CURLOPT_CUSTOMREQUEST, verb.c_str());
  curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, &HttpCaller::take_body);
  curl_easy_setopt(curl_, CURLOPT_WRITEDATA, &call);
  curl_easy_setopt(curl_, CURLOPT_HEADERFUNCTION, &HttpCaller::take_header);
  curl_easy_setopt(curl_, CURLOPT_HEADERDATA, &call);
  const CURLcode result = curl_easy_perform(curl_);
  long status = 0;
  curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
  curl_slist_free_all(headers);
  if (call.too_long) return fail(Error(Code::kResourceExhausted, "the answer is too long").with_peer(url_));
  if (result == CURLE_OPERATION_TIMEDOUT)
    return fail(Error(Code::kDeadlineExceeded, "no answer in time").with_peer(url_));
  if (result != CURLE_OK) return fail(Error(Code::kUnavailable, curl_easy_strerror(result)).with_peer(url_));
  call.answer.status = static_cast<unsigned>(status);
  return std::move(call.answer);
}

std::string percent_encode(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    if (plain)
      out += c;
    else
      out.append("%").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
  }
  return out;
}

}  // namespace sluice::server
