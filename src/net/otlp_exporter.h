// SPDX-License-Identifier: Apache-2.0
// OtlpExporter: sends ended spans to an OpenTelemetry collector, as OTLP/HTTP in JSON (protobuf's JSON mapping with
// hex ids), in batches. Thread-safe. add() never blocks: a full queue drops the span and counts it.
// Source of truth: https://opentelemetry.io/docs/specs/otlp/#otlphttp
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/result.h"
#include "base/trace.h"
#include "net/tls.h"

namespace sluice::net {

class OtlpExporter : public SpanExporter, public std::enable_shared_from_this<OtlpExporter> {
 public:
  struct Options {
    std::string endpoint;  // "http://127.0.0.1:4318/v1/traces"; https works too; an empty path means /v1/traces
    std::string service_name = "sluice";
    std::string service_version = {};
    size_t queue_limit = 4096;                  // spans waiting
    size_t batch_limit = 512;                   // spans in one request
    std::chrono::milliseconds interval{1'000};  // at most so long until a span is sent
    std::chrono::milliseconds timeout{10'000};  // of one request
    TlsClientOptions tls = {};
  };
  // Errors: the endpoint is not an http or https URL; TLS files.
  static Result<std::shared_ptr<OtlpExporter>> create(Options options);
  ~OtlpExporter() override;

  // Runs on `context` in `scope` until stop().
  void start(TaskScope& scope, asio::io_context& context);
  // Asks the task of start() to send what is queued (one attempt) and to end. Join it through its scope.
  void stop();

  void add(SpanData span) override;

  uint64_t sent() const { return sent_.load(std::memory_order_relaxed); }
  uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  explicit OtlpExporter(Options options) : options_(std::move(options)) {}
  awaitable<void> run(std::shared_ptr<OtlpExporter> self);
  awaitable<void> pause_unless_stopping(std::chrono::milliseconds pause, std::chrono::milliseconds check);
  std::vector<SpanData> take_batch();
  awaitable<Status> post(const std::string& body);

  const Options options_;
  std::string host_;
  uint16_t port_ = 0;
  std::string path_;
  std::string authority_;            // "host:port" as in the endpoint: the Host field
  std::shared_ptr<TlsContext> tls_;  // null for http
  std::mutex mutex_;
  std::vector<SpanData> queue_;  // guarded by mutex_
  std::atomic<bool> stopping_{false};
  std::atomic<uint64_t> sent_{0};
  std::atomic<uint64_t> dropped_{0};
};

// The request body for a batch.
std::string otlp_json(const std::vector<SpanData>& spans, std::string_view service_name,
                      std::string_view service_version);

}  // namespace sluice::net
