// SPDX-License-Identifier: Apache-2.0
// Distributed tracing: W3C trace context (https://www.w3.org/TR/trace-context/, version 00) and spans that a
// process-wide exporter receives when they end. A span that is not sampled costs no allocation.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/result.h"

namespace sluice {

// Where a request stands in a trace: what goes over the wire. A value.
struct TraceContext {
  std::array<uint8_t, 16> trace_id{};
  std::array<uint8_t, 8> span_id{};
  bool sampled = false;
  std::string tracestate;  // passed on as received; empty or at most 512 bytes

  // Strict: lower-case hex, version not ff, ids not all zero, version 00 exactly 55 bytes, later versions may be longer
  // with '-' after the flags. A tracestate that is too long or malformed is dropped, not an error.
  static Result<TraceContext> parse(std::string_view traceparent, std::string_view tracestate = {});
  // A new root with random ids.
  static TraceContext generate(bool sampled);
  // The same trace with a new span id.
  TraceContext child() const;

  std::string traceparent() const;   // "00-<32 hex>-<16 hex>-<2 hex>"
  std::string trace_id_hex() const;  // 32 digits
  std::string span_id_hex() const;   // 16 digits
};

using AttributeValue = std::variant<std::string, int64_t, double, bool>;
enum class SpanKind : uint8_t { kInternal = 1, kServer = 2, kClient = 3 };  // numbers of OTLP

// A finished span, as exporters get it.
struct SpanData {
  TraceContext context;
  std::array<uint8_t, 8> parent_span_id{};  // all zero: a root
  std::string name;
  SpanKind kind = SpanKind::kInternal;
  std::chrono::system_clock::time_point start;
  std::chrono::system_clock::time_point end;
  std::vector<std::pair<std::string, AttributeValue>> attributes;
  bool failed = false;
  std::string status_message;
};

// Receives ended spans that are sampled. Called from any thread; must not block.
class SpanExporter {
 public:
  virtual ~SpanExporter() = default;
  virtual void add(SpanData span) = 0;
};

// Process-wide: where spans go and which share of new roots is sampled (0 to 1). Without an exporter nothing is
// sampled here, and the flag of a remote parent is only passed on.
void set_span_exporter(std::shared_ptr<SpanExporter> exporter, double root_sample_ratio);

// One timed piece of work; ends when destroyed. Movable, one thread at a time.
class Span {
 public:
  // Child of `remote` when given (its sampling decision holds), otherwise a new root sampled by the ratio.
  static Span start(std::string_view name, SpanKind kind, const std::optional<TraceContext>& remote = std::nullopt);
  Span start_child(std::string_view name, SpanKind kind = SpanKind::kInternal) const;

  Span(Span&&) noexcept = default;
  Span& operator=(Span&& other) noexcept;
  ~Span() { end(); }

  // Whether attributes are kept: skip costly ones when false.
  bool recording() const { return data_ != nullptr; }
  void set(std::string_view key, AttributeValue value);
  void set_failed(std::string_view message);
  void set_failed(const Error& error) { set_failed(error.message()); }
  void end();

  // For headers of outgoing requests and the trace id of log lines; valid whether sampled or not.
  const TraceContext& context() const { return context_; }

 private:
  explicit Span(TraceContext context) : context_(std::move(context)) {}
  static Span make(std::string_view name, SpanKind kind, TraceContext context, std::array<uint8_t, 8> parent);

  TraceContext context_;
  std::unique_ptr<SpanData> data_;  // null: not sampled, or ended
};

}  // namespace sluice
