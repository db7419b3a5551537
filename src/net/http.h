// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 server side of one connection: request heads parsed under limits, bodies read as they come, responses whole
// or streamed, keep-alive and pipelining. Routing, authentication and meaning belong to the door.
// Used on the stream's thread only; a handler may hop to a WorkerPool with run_on() between its calls here.
// Source of truth: RFC 9110 and RFC 9112. The parser is Boost.Beast's.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "base/result.h"
#include "net/stream.h"

namespace sluice::net {

// Header fields in order; names compare without case.
class HttpHeaders {
 public:
  HttpHeaders() = default;
  HttpHeaders(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}

  // The first field of that name. Views stay valid until the object changes.
  std::optional<std::string_view> find(std::string_view name) const;
  // Whether a comma-separated list field of that name holds `token`, without case ("Connection", "close").
  bool has_token(std::string_view name, std::string_view token) const;
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  // Replaces all fields of that name.
  void set(std::string_view name, std::string value);
  void remove(std::string_view name);
  const std::vector<std::pair<std::string, std::string>>& all() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// A request's head.
struct HttpRequest {
  std::string method;  // as sent: "GET"
  std::string target;  // as sent: "/api/query?format=csv"
  HttpHeaders headers;
  bool http_1_0 = false;

  std::string_view path() const;   // before '?', not decoded
  std::string_view query() const;  // after '?', not decoded; empty when there is none
};

// "%41+b" -> "A b" ('+' only with plus_is_space). Nullopt for a broken escape or a NUL.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);
// "a=1&b=%20" -> pairs, decoded, in order. Nullopt when one does not decode or there are more than 1,000.
std::optional<std::vector<std::pair<std::string, std::string>>> parse_form(std::string_view query);
// "Basic dXNlcjpwdw==" -> {user, password}. Nullopt for other schemes and bad base64.
std::optional<std::pair<std::string, std::string>> parse_basic_authorization(std::string_view value);
// "Not Found"; "Unknown" for numbers without a name.
std::string_view http_reason(unsigned status);

struct HttpServerOptions {
  size_t max_head_bytes = 64 * 1024;                // request line and header fields; more: 431
  size_t max_drain_bytes = 1 << 20;                 // unread rest of a body that is read away to keep the connection
  std::chrono::milliseconds head_timeout{30'000};   // from a request's first byte to the end of its head: 408
  std::chrono::milliseconds idle_timeout{75'000};   // between requests: closed silently
  std::chrono::milliseconds body_timeout{60'000};   // for each read of a body
  std::chrono::milliseconds write_timeout{60'000};  // for each write: clients that do not read
  std::string server = "Sluice";                    // Server field; empty: none
};

// One request and its response. Lives while its handler runs.
class HttpExchange {
 public:
  virtual ~HttpExchange() = default;

  virtual const HttpRequest& request() const = 0;
  virtual Stream& stream() = 0;

  // ---- the body. The first read answers "Expect: 100-continue".
  // Its declared length; nullopt when it is chunked; 0 when there is none.
  virtual std::optional<uint64_t> content_length() const = 0;
  // The next bytes, without chunk framing; 0 at the end. Errors: kInvalidArgument for broken framing,
  // kDeadlineExceeded, kUnavailable; after one the connection is closed.
  virtual awaitable<Result<size_t>> read_body(std::span<uint8_t> into) = 0;
  // All of it; kResourceExhausted ("request body is larger than N bytes"; answer 413) beyond `limit`.
  virtual awaitable<Result<std::string>> read_whole_body(size_t limit) = 0;

  // ---- the response. Exactly one of respond() or begin(), write()..., finish(). Content-Length, Transfer-Encoding,
  // Connection and Date are set here; HEAD responses lose their body here. Field names and values must hold no CR, LF
  // or NUL: such fields are left out.
  // Before respond() or begin(): the body may be sent gzipped when the client accepts it.
  virtual void allow_gzip() = 0;
  virtual awaitable<Status> respond(unsigned status, HttpHeaders headers, std::string_view body) = 0;
  // Streams: with `length` the body must have exactly so many bytes, otherwise it is chunked (or ends with the
  // connection for HTTP/1.0 clients).
  // The head goes out together with the first bytes of the body.
  virtual awaitable<Status> begin(unsigned status, HttpHeaders headers,
                                  std::optional<uint64_t> length = std::nullopt) = 0;
  virtual awaitable<Status> write(std::span<const uint8_t> bytes) = 0;
  awaitable<Status> write(std::string_view text) {
    return write(std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
  }
  virtual awaitable<Status> finish() = 0;
  // A response was begun: it is too late to answer with an error status. A handler that fails after this returns
  // without finish(), and the connection is cut so that the client notices.
  virtual bool begun() const = 0;
  // No further request on this connection after this one.
  virtual void close_after() = 0;
};

// A handler that returns without a response gives 500; one that throws, too (logged as a defect).
using HttpHandler = std::function<awaitable<void>(HttpExchange& exchange)>;

// Serves requests one after the other until the client closes, a time-out, a malformed request (answered 400, 408,
// 413, 431, 501 or 505) or `stopping` becomes true (checked between requests). Closes the stream.
awaitable<void> serve_http(Stream& stream, const HttpServerOptions& options, const HttpHandler& handler,
                           const std::atomic<bool>& stopping);

}  // namespace sluice::net
