// SPDX-License-Identifier: Apache-2.0
#include "base/trace.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <span>

#include "base/backoff.h"

namespace sluice {

namespace {

constexpr size_t kTraceparentBytes = 55;
constexpr size_t kTracestateBytes = 512;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;  // upper case is not allowed
}

bool parse_hex(std::string_view text, std::span<uint8_t> into) {
  for (size_t i = 0; i < into.size(); ++i) {
    int high = hex_digit(text[2 * i]);
    int low = hex_digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    into[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return true;
}

void append_hex(std::string& text, std::span<const uint8_t> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
}

bool all_zero(std::span<const uint8_t> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
}

template <size_t N>
void fill_random(std::array<uint8_t, N>& id) {
  static_assert(N % 8 == 0);
  do {
    for (size_t i = 0; i < N; i += 8) {
      uint64_t random = fast_random();
      std::memcpy(id.data() + i, &random, 8);
    }
  } while (all_zero(id));
}

bool acceptable_tracestate(std::string_view text) {
  return text.size() <= kTracestateBytes &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 0x20 && c <= 0x7e) || c == '\t'; });
}

struct Tracing {
  std::mutex mutex;
  std::shared_ptr<SpanExporter> exporter;  // guarded by mutex
  std::atomic<bool> on{false};
  std::atomic<uint64_t> root_threshold{0};  // a root is sampled when a random number is below; UINT64_MAX: always
};
Tracing& tracing() {
  static Tracing* instance = new Tracing;
  return *instance;
}

}  // namespace

Result<TraceContext> TraceContext::parse(std::string_view text, std::string_view tracestate) {
  auto malformed = [&](std::string_view why) {
    return fail(Code::kInvalidArgument, "traceparent " + std::string(why));
  };
  if (text.size() < kTraceparentBytes) return malformed("is too short");
  if (text[2] != '-' || text[35] != '-' || text[52] != '-') return malformed("has no '-' where one belongs");
  std::array<uint8_t, 1> version{}, flags{};
  TraceContext context;
  if (!parse_hex(text.substr(0, 2), version) || !parse_hex(text.substr(3, 32), context.trace_id) ||
      !parse_hex(text.substr(36, 16), context.span_id) || !parse_hex(text.substr(53, 2), flags)) {
    return malformed("holds something else than lower-case hex digits");
  }
  if (version[0] == 0xff) return malformed("has the forbidden version ff");
  if (version[0] == 0 && text.size() != kTraceparentBytes) return malformed("is too long for version 00");
  if (text.size() > kTraceparentBytes && text[kTraceparentBytes] != '-') return malformed("has no '-' after its flags");
  if (all_zero(context.trace_id)) return malformed("has a trace id of zeros");
  if (all_zero(context.span_id)) return malformed("has a parent id of zeros");
  context.sampled = (flags[0] & 1) != 0;
  if (acceptable_tracestate(tracestate)) context.tracestate = tracestate;
  return context;
}

TraceContext TraceContext::generate(bool sampled) {
  TraceContext context;
  fill_random(context.trace_id);
  fill_random(context.span_id);
  context.sampled = sampled;
  return context;
}

TraceContext TraceContext::child() const {
  TraceContext context = *this;
  fill_random(context.span_id);
  return context;
}

std::string TraceContext::traceparent() const {
  std::string text;
  text.reserve(kTraceparentBytes);
  text += "00-";
  append_hex(text, trace_id);
  text += '-';
  append_hex(text, span_id);
  text += sampled ? "-01" : "-00";
  return text;
}

std::string TraceContext::trace_id_hex() const {
  std::string text;
  append_hex(text, trace_id);
  return text;
}

std::string TraceContext::span_id_hex() const {
  std::string text;
  append_hex(text, span_id);
  return text;
}

void set_span_exporter(std::shared_ptr<SpanExporter> exporter, double root_sample_ratio) {
  double ratio = std::clamp(root_sample_ratio, 0.0, 1.0);
  Tracing& all = tracing();
  all.root_threshold = ratio >= 1.0 ? UINT64_MAX : static_cast<uint64_t>(ratio * 18446744073709551616.0);
  std::lock_guard lock(all.mutex);
  all.on = exporter != nullptr;
  all.exporter = std::move(exporter);
}

Span Span::make(std::string_view name, SpanKind kind, TraceContext context, std::array<uint8_t, 8> parent) {
  Span span(std::move(context));
  if (span.context_.sampled && tracing().on.load(std::memory_order_relaxed)) {
    span.data_ = std::make_unique<SpanData>();
    span.data_->parent_span_id = parent;
    span.data_->name = name;
    span.data_->kind = kind;
    span.data_->start = std::chrono::system_clock::now();
  }
  return span;
}

Span Span::start(std::string_view name, SpanKind kind, const std::optional<TraceContext>& remote) {
  if (remote) return make(name, kind, remote->child(), remote->span_id);
  bool sampled = false;
  if (tracing().on.load(std::memory_order_relaxed)) {
    uint64_t threshold = tracing().root_threshold.load(std::memory_order_relaxed);
    sampled = threshold == UINT64_MAX || fast_random() < threshold;
  }
  return make(name, kind, TraceContext::generate(sampled), {});
}

Span Span::start_child(std::string_view name, SpanKind kind) const {
  return make(name, kind, context_.child(), context_.span_id);
}

Span& Span::operator=(Span&& other) noexcept {
  if (this != &other) {
    end();
    context_ = std::move(other.context_);
    data_ = std::move(other.data_);
  }
  return *this;
}

void Span::set(std::string_view key, AttributeValue value) {
  if (data_) data_->attributes.emplace_back(key, std::move(value));
}

void Span::set_failed(std::string_view message) {
  if (!data_) return;
  data_->failed = true;
  data_->status_message = message;
}

void Span::end() {
  if (!data_) return;
  data_->end = std::chrono::system_clock::now();
  data_->context = context_;
  std::shared_ptr<SpanExporter> exporter;
  {
    std::lock_guard lock(tracing().mutex);
    exporter = tracing().exporter;
  }
  if (exporter) exporter->add(std::move(*data_));
  data_.reset();
}

}  // namespace sluice
