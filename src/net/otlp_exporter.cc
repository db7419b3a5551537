// SPDX-License-Identifier: Apache-2.0
#include "net/otlp_exporter.h"

#include <charconv>
#include <cmath>
#include <utility>

#include "base/backoff.h"
#include "base/json_text.h"
#include "base/log.h"
#include "net/stream.h"

namespace sluice::net {

namespace {

void append_hex(std::string& json, std::span<const uint8_t> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  json += '"';
  for (uint8_t byte : bytes) {
    json += kDigits[byte >> 4];
    json += kDigits[byte & 15];
  }
  json += '"';
}

// 64-bit integers are strings in protobuf's JSON.
void append_nanos(std::string& json, std::chrono::system_clock::time_point time) {
  json +=
      '"' + std::to_string(std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count()) + '"';
}

void append_attribute(std::string& json, std::string_view key, const AttributeValue& value) {
  json += "{\"key\":";
  append_json_string(json, key);
  json += ",\"value\":{";
  if (auto* text = std::get_if<std::string>(&value)) {
    json += "\"stringValue\":";
    append_json_string(json, *text);
  } else if (auto* integer = std::get_if<int64_t>(&value)) {
    json += "\"intValue\":\"" + std::to_string(*integer) + '"';
  } else if (auto* real = std::get_if<double>(&value)) {
    json += "\"doubleValue\":";
    if (std::isfinite(*real)) {
      char digits[32];
      json.append(digits, std::to_chars(digits, digits + sizeof(digits), *real).ptr);
    } else {
      json += std::isnan(*real) ? "\"NaN\"" : *real > 0 ? "\"Infinity\"" : "\"-Infinity\"";
    }
  } else {
    json += std::get<bool>(value) ? "\"boolValue\":true" : "\"boolValue\":false";
  }
  json += "}}";
}

void append_span(std::string& json, const SpanData& span) {
  json += "{\"traceId\":";
  append_hex(json, span.context.trace_id);
  json += ",\"spanId\":";
  append_hex(json, span.context.span_id);
  if (span.parent_span_id != std::array<uint8_t, 8>{}) {
    json += ",\"parentSpanId\":";
    append_hex(json, span.parent_span_id);
  }
  if (!span.context.tracestate.empty()) {
    json += ",\"traceState\":";
    append_json_string(json, span.context.tracestate);
  }
  json += ",\"name\":";
  append_json_string(json, span.name);
  json += ",\"kind\":" + std::to_string(static_cast<int>(span.kind));
  json += ",\"startTimeUnixNano\":";
  append_nanos(json, span.start);
  json += ",\"endTimeUnixNano\":";
  append_nanos(json, span.end);
  if (!span.attributes.empty()) {
    json += ",\"attributes\":[";
    for (size_t i = 0; i < span.attributes.size(); ++i) {
      if (i > 0) json += ',';
      append_attribute(json, span.attributes[i].first, span.attributes[i].second);
    }
    json += ']';
  }
  if (span.failed) {
    constexpr int kStatusError = 2;
    json += ",\"status\":{\"code\":" + std::to_string(kStatusError) + ",\"message\":";
    append_json_string(json, span.status_message);
    json += '}';
  }
  json += '}';
}

std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace

std::string otlp_json(const std::vector<SpanData>& spans, std::string_view service_name,
                      std::string_view service_version) {
  std::string json = "{\"resourceSpans\":[{\"resource\":{\"attributes\":[";
  append_attribute(json, "service.name", std::string(service_name));
  if (!service_version.empty()) {
    json += ',';
    append_attribute(json, "service.version", std::string(service_version));
  }
  json += "]},\"scopeSpans\":[{\"scope\":{\"name\":\"sluice\"},\"spans\":[";
  for (size_t i = 0; i < spans.size(); ++i) {
    if (i > 0) json += ',';
    append_span(json, spans[i]);
  }
  json += "]}]}]}";
  return json;
}

Result<std::shared_ptr<OtlpExporter>> OtlpExporter::create(Options options) {
  std::string_view rest = options.endpoint;
  const auto malformed = [&](const std::string& why) {
    return fail(Code::kInvalidArgument,
                "'" + options.endpoint + "' is no OTLP/HTTP endpoint: " + why + "; write http://host:4318/v1/traces");
  };
  const bool https = rest.starts_with("https://");
  if (!https && !rest.starts_with("http://")) return malformed("it begins with neither http:// nor https://");
  rest.remove_prefix(https ? 8 : 7);
  if (rest.find_first_of(" \r\n\t@") != std::string_view::npos) return malformed("it holds blanks or a user name");
  const size_t slash = rest.find('/');
  std::string_view authority = rest.substr(0, slash);
  std::string path(slash == std::string_view::npos ? "" : rest.substr(slash));
  if (path.empty() || path == "/") path = "/v1/traces";
  uint16_t port = https ? 443 : 80;
  std::string_view host = authority;
  if (size_t bracket = authority.rfind(']'), colon = authority.rfind(':');
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    host = authority.substr(0, colon);
    std::string_view number = authority.substr(colon + 1);
    auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), port);
    if (number.empty() || error != std::errc() || end != number.data() + number.size())
      return malformed("the port is not a number");
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty()) return malformed("the host is missing");

  std::shared_ptr<OtlpExporter> exporter(new OtlpExporter(options));
  exporter->host_ = host;
  exporter->port_ = port;
  exporter->path_ = path;
  exporter->authority_ = authority;
  if (https) exporter->tls_ = TRY(TlsContext::for_client(options.tls));
  return exporter;
}

OtlpExporter::~OtlpExporter() = default;

void OtlpExporter::add(SpanData span) {
  {
    std::lock_guard lock(mutex_);
    if (queue_.size() < options_.queue_limit) {
      queue_.push_back(std::move(span));
      return;
    }
  }
  dropped_.fetch_add(1, std::memory_order_relaxed);
}

void OtlpExporter::start(TaskScope& scope, asio::io_context& context) { scope.spawn(context, run(shared_from_this())); }

void OtlpExporter::stop() { stopping_ = true; }

std::vector<SpanData> OtlpExporter::take_batch() {
  std::lock_guard lock(mutex_);
  std::vector<SpanData> batch;
  if (queue_.size() <= options_.batch_limit) {
    batch.swap(queue_);
  } else {
    auto end = queue_.begin() + static_cast<ptrdiff_t>(options_.batch_limit);
    batch.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
    queue_.erase(queue_.begin(), end);
  }
  return batch;
}

// `self` keeps the exporter alive while its task runs.
awaitable<void> OtlpExporter::run(std::shared_ptr<OtlpExporter> self) {
  constexpr std::chrono::milliseconds kStopCheckInterval{100};
  Backoff backoff(retry::kTelemetry);
  std::vector<SpanData> batch;
  for (;;) {
    const bool last_round = stopping_ || co_await cancelled();
    if (batch.empty()) batch = take_batch();
    if (!batch.empty()) {
      auto posted = co_await post(otlp_json(batch, options_.service_name, options_.service_version));
      if (posted) {
        sent_.fetch_add(batch.size(), std::memory_order_relaxed);
        batch.clear();
        backoff.reset();
        if (!last_round) continue;  // more may wait already
      } else {
        static log::RateLimit limit(std::chrono::minutes(1));
        limit.warn("trace spans could not be sent", {{"endpoint", options_.endpoint}, {"error", posted.error()}});
        auto pause = backoff.next(posted.error());
        if (!pause || posted.error().retry() == Retry::kNever || last_round) {
          dropped_.fetch_add(batch.size(), std::memory_order_relaxed);
          batch.clear();
          backoff.reset();
        } else {
          (void)co_await pause_unless_stopping(*pause, kStopCheckInterval);
          continue;
        }
      }
    }
    if (last_round) co_return;
    (void)co_await pause_unless_stopping(options_.interval, kStopCheckInterval);
  }
}

awaitable<void> OtlpExporter::pause_unless_stopping(std::chrono::milliseconds pause, std::chrono::milliseconds check) {
  const Deadline end = Deadline::after(pause);
  while (!stopping_ && !end.expired()) {
    if (!co_await sleep_until(Deadline::earlier(end, Deadline::after(check)))) co_return;
  }
}

// One request on a connection of its own: they are rare. Errors that repeating may cure have the retry class backoff.
awaitable<Status> OtlpExporter::post(const std::string& body) {
  const Deadline deadline = Deadline::after(options_.timeout);
  const auto curable = [](Error error) { return fail(std::move(error).with_retry(Retry::kBackoff)); };
  auto connected = co_await connect(host_, port_, deadline);
  if (!connected) co_return curable(std::move(connected).error());
  Stream& stream = **connected;
  if (tls_) {
    if (auto upgraded = co_await stream.upgrade_to_tls_client(*tls_, host_, deadline); !upgraded)
      co_return curable(std::move(upgraded).error());
  }
  const std::string head =
      "POST " + path_ + " HTTP/1.1\r\nHost: " + authority_ +
      "\r\nContent-Type: application/json\r\nUser-Agent: sluice\r\nConnection: close\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n";
  if (auto sent = co_await stream.write(bytes_of(head), bytes_of(body), deadline); !sent)
    co_return curable(std::move(sent).error());
  // The status line tells all that matters; partial successes are the collector's business.
  constexpr size_t kMostOfAnswer = 16 * 1024;
  std::string answer;
  std::array<uint8_t, 2048> buffer;
  while (answer.find("\r\n") == std::string::npos && answer.size() < kMostOfAnswer) {
    auto n = co_await stream.read_some(buffer, deadline);
    if (!n) co_return curable(std::move(n).error());
    if (*n == 0) break;
    answer.append(reinterpret_cast<const char*>(buffer.data()), *n);
  }
  stream.abort();
  const std::string status_line = answer.substr(0, answer.find("\r\n"));
  unsigned status = 0;
  if (status_line.size() < 12 || !status_line.starts_with("HTTP/1.") ||
      std::from_chars(status_line.data() + 9, status_line.data() + 12, status).ec != std::errc()) {
    co_return fail(Error(Code::kUnavailable, "the collector's answer is not HTTP").with_peer(authority_));
  }
  if (status / 100 == 2) co_return Status();
  Error refused =
      Error(Code::kUnavailable, "the collector answered: " + status_line.substr(0, 200)).with_peer(authority_);
  // The codes that OTLP calls retryable.
  if (status == 429 || status == 502 || status == 503 || status == 504) co_return curable(std::move(refused));
  co_return fail(std::move(refused));
}

}  // namespace sluice::net
