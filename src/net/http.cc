// SPDX-License-Identifier: Apache-2.0
#include "net/http.h"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "base/bytes.h"
#include "base/check.h"
#include "base/log.h"
#include "net/gzip.h"

namespace sluice::net {

namespace {

namespace beast_http = boost::beast::http;
using Parser = beast_http::request_parser<beast_http::buffer_body>;
using BeastError = boost::beast::error_code;

constexpr size_t kReadBytes = 16 * 1024;
// Framing that must stand whole in the buffer: a chunk's size line with its extensions.
constexpr size_t kMaxChunkHeadBytes = 16 * 1024;
constexpr size_t kCopiedWriteBytes = 64 * 1024;
constexpr size_t kSmallestGzippedBytes = 1024;
// How soon an idle connection notices that the server stops.
constexpr std::chrono::milliseconds kStopCheckInterval{500};

// The next multiple of kStopCheckInterval: all idle connections look up in one round of their watchdog.
Deadline next_stop_check() {
  const auto since_epoch = Deadline::Clock::now().time_since_epoch();
  return Deadline::at(Deadline::Clock::time_point((since_epoch / kStopCheckInterval + 1) * kStopCheckInterval));
}

std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// RFC 9110 5.6.7: "Sat, 21 Nov 2026 03:10:23 GMT".
std::string_view date_now() {
  thread_local time_t second = -1;
  thread_local char text[40];
  time_t now = ::time(nullptr);
  if (now != second) {
    static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    tm parts{};
    gmtime_r(&now, &parts);
    std::snprintf(text, sizeof(text), "%s, %02d %s %04d %02d:%02d:%02d GMT", kDays[parts.tm_wday], parts.tm_mday,
                  kMonths[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
    second = now;
  }
  return text;
}

bool is_token(std::string_view text) {
  static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), allowed);
}

bool is_field_value(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

// "gzip;q=0" refuses it; other weights do not matter with one coding to choose from.
bool accepts_gzip(const HttpHeaders& headers) {
  auto value = headers.find("Accept-Encoding");
  if (!value) return false;
  std::string_view rest = *value;
  while (!rest.empty()) {
    size_t comma = rest.find(',');
    std::string_view coding = rest.substr(0, comma);
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    size_t gzip = coding.find("gzip");
    if (gzip == std::string_view::npos) continue;
    size_t weight = coding.find("q=", gzip);
    if (weight == std::string_view::npos) return true;
    return coding.substr(weight + 2).find_first_of("123456789") != std::string_view::npos;
  }
  return false;
}

// What to tell the client of a head that cannot be accepted.
struct Refusal {
  unsigned status = 400;
  std::string message;
};

Refusal refusal_of(const BeastError& error) {
  if (error == beast_http::error::header_limit || error == beast_http::error::buffer_overflow) {
    return {431, "the request's header is too large"};
  }
  if (error == beast_http::error::bad_version) return {505, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
  if (error == beast_http::error::bad_transfer_encoding)
    return {400, "Transfer-Encoding is malformed or stands beside Content-Length"};
  return {400, "malformed request: " + error.message()};
}

// The connection's input between requests: bytes read and not yet used.
struct Input {
  ByteBuffer buffer;
  size_t used = 0;

  std::span<const uint8_t> unread() const { return buffer.span().subspan(used); }
  void use(size_t n) {
    used += n;
    if (used == buffer.size()) {
      buffer.clear();
      used = 0;
    }
  }
  // Reads more. 0 at the end of input.
  awaitable<Result<size_t>> fill(Stream& stream, Deadline deadline) {
    if (used > 0) {
      buffer.erase_front(used);
      used = 0;
    }
    uint8_t* tail = buffer.tail(kReadBytes);
    size_t n = CO_TRY(co_await stream.read_some({tail, kReadBytes}, deadline));
    buffer.advance(n);
    co_return n;
  }
};

class Exchange final : public HttpExchange {
 public:
  Exchange(Stream& stream, const HttpServerOptions& options, Input& input)
      : stream_(stream), options_(options), input_(input) {
    parser_.header_limit(static_cast<uint32_t>(options.max_head_bytes));
    parser_.body_limit(boost::none);
  }

  // ---- for serve_http
  // Reads the head. False: no further request (end of input, or nobody asks any more).
  awaitable<Result<bool>> read_head(const std::atomic<bool>& stopping);
  std::optional<Refusal> check_head();
  const std::optional<Refusal>& refusal() const { return refusal_; }
  // Reads away what the handler left of the body. False: the connection cannot be used again.
  awaitable<bool> drain();
  bool finished() const { return state_ == State::kFinished; }
  bool keeps_alive() const { return keep_alive_; }

  // ---- HttpExchange
  const HttpRequest& request() const override { return request_; }
  Stream& stream() override { return stream_; }
  std::optional<uint64_t> content_length() const override {
    return chunked_ ? std::nullopt : std::optional(declared_length_);
  }
  awaitable<Result<size_t>> read_body(std::span<uint8_t> into) override;
  awaitable<Result<std::string>> read_whole_body(size_t limit) override;
  void allow_gzip() override { gzip_allowed_ = true; }
  awaitable<Status> respond(unsigned status, HttpHeaders headers, std::string_view body) override;
  awaitable<Status> begin(unsigned status, HttpHeaders headers, std::optional<uint64_t> length) override;
  awaitable<Status> write(std::span<const uint8_t> bytes) override;
  awaitable<Status> finish() override;
  bool begun() const override { return state_ != State::kWaiting; }
  void close_after() override { keep_alive_ = false; }
  using HttpExchange::write;

 private:
  enum class State : uint8_t { kWaiting, kStreaming, kFinished };

  awaitable<Result<size_t>> read_chunked(std::span<uint8_t> into);
  awaitable<Status> send_continue();
  void write_head(unsigned status, const HttpHeaders& headers, std::optional<uint64_t> length, bool chunked);
  awaitable<Status> send(std::span<const uint8_t> body);
  bool use_gzip(const HttpHeaders& headers) const;
  Deadline write_deadline() const { return Deadline::after(options_.write_timeout); }

  Stream& stream_;
  const HttpServerOptions& options_;
  Input& input_;
  Parser parser_;
  HttpRequest request_;
  std::optional<Refusal> refusal_;
  // The body.
  bool chunked_ = false;
  bool expects_continue_ = false;
  bool body_failed_ = false;
  uint64_t declared_length_ = 0;
  uint64_t remaining_ = 0;  // of declared_length_
  // The response.
  State state_ = State::kWaiting;
  bool keep_alive_ = false;
  bool gzip_allowed_ = false;
  bool without_body_ = false;  // HEAD, 204, 304
  bool response_chunked_ = false;
  std::optional<uint64_t> response_remaining_;
  std::unique_ptr<GzipWriter> gzip_;
  ByteBuffer out_;  // the head, and what else goes out with the next write
};

// ---------------------------------------------------------------- the head

awaitable<Result<bool>> Exchange::read_head(const std::atomic<bool>& stopping) {
  const Deadline idle = Deadline::after(options_.idle_timeout);
  for (;;) {
    // Blank lines before a request are left over from clients that end bodies with one.
    while (!input_.unread().empty() && (input_.unread()[0] == '\r' || input_.unread()[0] == '\n')) input_.use(1);
    if (!input_.unread().empty()) break;
    if (stopping.load(std::memory_order_relaxed)) co_return false;
    auto n = co_await input_.fill(stream_, Deadline::earlier(idle, next_stop_check()));
    if (!n && n.error().code() == Code::kDeadlineExceeded && !idle.expired()) continue;
    if (!n || *n == 0) co_return false;
  }
  const Deadline deadline = Deadline::after(options_.head_timeout);
  for (;;) {
    BeastError error;
    auto unread = input_.unread();
    size_t used = parser_.put(asio::buffer(unread.data(), unread.size()), error);
    input_.use(used);
    if (parser_.is_header_done()) break;
    if (error && error != beast_http::error::need_more) {
      refusal_ = refusal_of(error);
      co_return true;
    }
    if (input_.unread().size() > options_.max_head_bytes) {
      refusal_ =
          Refusal{431, "the request's header is larger than " + std::to_string(options_.max_head_bytes) + " bytes"};
      co_return true;
    }
    auto n = co_await input_.fill(stream_, deadline);
    if (!n && n.error().code() == Code::kDeadlineExceeded) {
      refusal_ = Refusal{408, "the request's header took too long"};
      co_return true;
    }
    if (!n) co_return fail(std::move(n).error());
    if (*n == 0) co_return false;
  }
  auto& head = parser_.get();
  request_.method = std::string(head.method_string());
  request_.target = std::string(head.target());
  request_.http_1_0 = head.version() == 10;
  for (auto& field : head) request_.headers.add(std::string(field.name_string()), std::string(field.value()));
  keep_alive_ = parser_.keep_alive();
  chunked_ = parser_.chunked();
  without_body_ = request_.method == "HEAD";
  if (auto length = parser_.content_length()) declared_length_ = remaining_ = *length;
  refusal_ = check_head();
  co_return true;
}

std::optional<Refusal> Exchange::check_head() {
  const auto version = parser_.get().version();
  if (version != 10 && version != 11) return Refusal{505, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
  size_t hosts = 0;
  for (auto& field : parser_.get()) hosts += field.name() == beast_http::field::host;
  if (hosts > 1 || (hosts == 0 && version == 11)) return Refusal{400, "a request needs exactly one Host field"};
  if (auto coding = request_.headers.find("Transfer-Encoding")) {
    // Anything else could be framed differently by a proxy before us.
    if (version == 10) return Refusal{400, "HTTP/1.0 has no Transfer-Encoding"};
    if (!chunked_ || !request_.headers.has_token("Transfer-Encoding", "chunked") ||
        coding->find(',') != std::string_view::npos) {
      return Refusal{501, "the only transfer coding understood here is chunked"};
    }
  }
  if (auto expect = request_.headers.find("Expect")) {
    if (!request_.headers.has_token("Expect", "100-continue"))
      return Refusal{417, "the only expectation understood here is 100-continue"};
    expects_continue_ = version == 11 && (chunked_ || declared_length_ > 0);
  }
  return std::nullopt;
}

// ---------------------------------------------------------------- the body

awaitable<Status> Exchange::send_continue() {
  expects_continue_ = false;
  // A client that sends already, or that has its answer, needs no invitation.
  if (!input_.unread().empty() || begun()) co_return Status();
  co_return co_await stream_.write(bytes_of("HTTP/1.1 100 Continue\r\n\r\n"), write_deadline());
}

awaitable<Result<size_t>> Exchange::read_body(std::span<uint8_t> into) {
  if (body_failed_) co_return fail(Code::kFailedPrecondition, "the request's body failed before");
  if (expects_continue_) CO_TRY(co_await send_continue());
  Result<size_t> n = size_t{0};
  if (chunked_) {
    n = co_await read_chunked(into);
  } else if (remaining_ > 0) {
    if (into.size() > remaining_) into = into.first(static_cast<size_t>(remaining_));
    if (auto unread = input_.unread(); !unread.empty()) {
      n = std::min(unread.size(), into.size());
      std::memcpy(into.data(), unread.data(), *n);
      input_.use(*n);
    } else {
      n = co_await stream_.read_some(into, Deadline::after(options_.body_timeout));
      if (n && *n == 0) {
        n = fail(Error(Code::kUnavailable, "the client closed the connection in the middle of its request")
                     .with_peer(stream_.remote_address()));
      }
    }
    if (n) remaining_ -= *n;
  }
  if (!n) body_failed_ = true;
  co_return n;
}

awaitable<Result<size_t>> Exchange::read_chunked(std::span<uint8_t> into) {
  while (!parser_.is_done()) {
    auto& body = parser_.get().body();
    body.data = into.data();
    body.size = into.size();
    body.more = true;
    auto unread = input_.unread();
    if (!unread.empty()) {
      BeastError error;
      size_t used = parser_.put(asio::buffer(unread.data(), unread.size()), error);
      input_.use(used);
      const size_t produced = into.size() - body.size;
      if (error && error != beast_http::error::need_more && error != beast_http::error::need_buffer) {
        co_return fail(Code::kInvalidArgument, "the request's body is malformed: " + error.message());
      }
      if (produced > 0) co_return produced;
      if (used > 0) continue;
      if (unread.size() > kMaxChunkHeadBytes)
        co_return fail(Code::kInvalidArgument, "the request's body is malformed: a chunk's head is too long");
    }
    size_t n = CO_TRY(co_await input_.fill(stream_, Deadline::after(options_.body_timeout)));
    if (n == 0) {
      co_return fail(Error(Code::kUnavailable, "the client closed the connection in the middle of its request")
                         .with_peer(stream_.remote_address()));
    }
  }
  co_return size_t{0};
}

awaitable<Result<std::string>> Exchange::read_whole_body(size_t limit) {
  const auto too_large = [&] {
    return fail(Code::kResourceExhausted, "the request's body is larger than " + std::to_string(limit) + " bytes");
  };
  if (!chunked_ && declared_length_ > limit) co_return too_large();
  std::string body;
  for (;;) {
    const size_t had = body.size();
    const size_t room = chunked_ ? std::max<size_t>(kReadBytes, had) : static_cast<size_t>(remaining_);
    if (room == 0) co_return body;
    // A declared length is not believed before its bytes come.
    body.resize(had + std::min<size_t>(room, 1 << 20));
    size_t n = CO_TRY(co_await read_body({reinterpret_cast<uint8_t*>(body.data()) + had, body.size() - had}));
    body.resize(had + n);
    if (body.size() > limit) co_return too_large();
    if (n == 0) co_return body;
  }
}

awaitable<bool> Exchange::drain() {
  if (body_failed_ || expects_continue_) co_return false;
  std::array<uint8_t, 8192> dropped;
  size_t total = 0;
  for (;;) {
    auto n = co_await read_body(dropped);
    if (!n) co_return false;
    if (*n == 0) co_return true;
    total += *n;
    if (total > options_.max_drain_bytes) co_return false;
  }
}

// ---------------------------------------------------------------- the response

bool Exchange::use_gzip(const HttpHeaders& headers) const {
  return gzip_allowed_ && !without_body_ && !headers.find("Content-Encoding") && accepts_gzip(request_.headers);
}

void Exchange::write_head(unsigned status, const HttpHeaders& headers, std::optional<uint64_t> length, bool chunked) {
  const auto field = [&](std::string_view name, std::string_view value) {
    out_.append(name);
    out_.append(": ");
    out_.append(value);
    out_.append("\r\n");
  };
  out_.append("HTTP/1.1 " + std::to_string(status) + " ");
  out_.append(http_reason(status));
  out_.append("\r\n");
  if (!options_.server.empty() && !headers.find("Server")) field("Server", options_.server);
  if (!headers.find("Date")) field("Date", date_now());
  for (auto& [name, value] : headers.all()) {
    static constexpr std::string_view kOurs[] = {"content-length", "transfer-encoding", "connection"};
    std::string lower_name = name;
    std::transform(lower_name.begin(), lower_name.end(), lower_name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (std::find(std::begin(kOurs), std::end(kOurs), lower_name) != std::end(kOurs)) continue;
    if (is_token(name) && is_field_value(value)) field(name, value);
  }
  if (gzip_allowed_) field("Vary", "Accept-Encoding");
  if (gzip_) field("Content-Encoding", "gzip");
  if (length && status != 204 && status != 304) field("Content-Length", std::to_string(*length));
  if (chunked) field("Transfer-Encoding", "chunked");
  if (!keep_alive_)
    field("Connection", "close");
  else if (request_.http_1_0)
    field("Connection", "keep-alive");
  out_.append("\r\n");
}

// Sends out_ and then `body`; a small body is copied behind it.
awaitable<Status> Exchange::send(std::span<const uint8_t> body) {
  if (body.size() <= kCopiedWriteBytes) {
    out_.append(body);
    body = {};
  }
  Status sent = co_await stream_.write(out_.span(), body, write_deadline());
  out_.clear();
  co_return sent;
}

awaitable<Status> Exchange::respond(unsigned status, HttpHeaders headers, std::string_view body) {
  BUG_CHECK(state_ == State::kWaiting, "a second response to one request");
  state_ = State::kFinished;
  // An unread body that is not wanted: the client learns by the close that it need not send it.
  if (expects_continue_) keep_alive_ = false;
  std::string compressed;
  if (body.size() >= kSmallestGzippedBytes && use_gzip(headers)) {
    gzip_ = std::make_unique<GzipWriter>();
    ByteBuffer zipped;
    gzip_->write(bytes_of(body), zipped);
    gzip_->finish(zipped);
    compressed = zipped.view();
    body = compressed;
  }
  write_head(status, headers, body.size(), false);
  if (without_body_ || status == 204 || status == 304) body = {};
  co_return co_await send(bytes_of(body));
}

awaitable<Status> Exchange::begin(unsigned status, HttpHeaders headers, std::optional<uint64_t> length) {
  BUG_CHECK(state_ == State::kWaiting, "a second response to one request");
  state_ = State::kStreaming;
  if (expects_continue_) keep_alive_ = false;
  if (use_gzip(headers)) {
    gzip_ = std::make_unique<GzipWriter>();
    length.reset();
  }
  without_body_ = without_body_ || status == 204 || status == 304;
  response_remaining_ = length;
  response_chunked_ = !length && !request_.http_1_0;
  if (!length && request_.http_1_0) keep_alive_ = false;
  write_head(status, headers, length, response_chunked_);
  co_return Status();
}

awaitable<Status> Exchange::write(std::span<const uint8_t> bytes) {
  BUG_CHECK(state_ == State::kStreaming, "a response's body outside begin() and finish()");
  if (bytes.empty() || without_body_) co_return Status();
  ByteBuffer zipped;
  if (gzip_) {
    gzip_->write(bytes, zipped);
    bytes = zipped.span();
    if (bytes.empty()) co_return Status();
  }
  if (response_remaining_) {
    BUG_CHECK(bytes.size() <= *response_remaining_, "a response's body is longer than was said");
    *response_remaining_ -= bytes.size();
  }
  if (!response_chunked_) co_return co_await send(bytes);
  char size[24];
  auto end = std::to_chars(size, size + sizeof(size), bytes.size(), 16).ptr;
  out_.append(std::string_view(size, end));
  out_.append("\r\n");
  if (bytes.size() <= kCopiedWriteBytes) {
    out_.append(bytes);
    out_.append("\r\n");
    co_return co_await send({});
  }
  Status sent = co_await send(bytes);
  out_.append("\r\n");  // goes out with what comes next
  co_return sent;
}

awaitable<Status> Exchange::finish() {
  BUG_CHECK(state_ == State::kStreaming, "the end of a response without its beginning");
  if (gzip_ && !without_body_) {
    ByteBuffer rest;
    gzip_->finish(rest);
    gzip_.reset();  // the rest goes through write() as it is
    CO_TRY(co_await write(rest.span()));
  }
  BUG_CHECK(!response_remaining_ || *response_remaining_ == 0 || without_body_,
            "a response's body is shorter than was said");
  state_ = State::kFinished;
  if (response_chunked_ && !without_body_) out_.append("0\r\n\r\n");
  co_return co_await send({});
}

awaitable<void> run_handler(Exchange& exchange, const HttpHandler& handler) {
  try {
    co_await handler(exchange);
  } catch (const std::exception& e) {
    log::error("defect: an HTTP handler threw", {{"target", exchange.request().path()}, {"what", e.what()}});
  }
}

}  // namespace

awaitable<void> serve_http(Stream& stream, const HttpServerOptions& options, const HttpHandler& handler,
                           const std::atomic<bool>& stopping) {
  Input input;
  for (bool again = true; again;) {
    Exchange exchange(stream, options, input);
    auto more = co_await exchange.read_head(stopping);
    if (!more || !*more) break;
    if (auto refusal = exchange.refusal()) {
      exchange.close_after();
      co_await exchange.respond(refusal->status, {{"Content-Type", "text/plain"}}, refusal->message + "\n");
      break;
    }
    if (stopping.load(std::memory_order_relaxed)) exchange.close_after();
    co_await run_handler(exchange, handler);
    if (!exchange.begun()) {
      exchange.close_after();
      co_await exchange.respond(500, {{"Content-Type", "text/plain"}}, "internal error\n");
    }
    if (!exchange.finished()) {
      // Half of a response: an orderly close would make it look whole.
      stream.abort();
      co_return;
    }
    again = exchange.keeps_alive() && co_await exchange.drain();
  }
  co_await stream.close();
}

}  // namespace sluice::net
