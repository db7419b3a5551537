// SPDX-License-Identifier: Apache-2.0
#include "net/otlp_exporter.h"

#include <gmock/gmock.h>

#include <mutex>

#include "net/http.h"
#include "net/loopback_test.h"

namespace sluice::net {
namespace {

using testing::HasSubstr;

SpanData example() {
  SpanData span;
  span.context = *TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "a=b");
  span.name = "SELECT \"x\"";
  span.kind = SpanKind::kServer;
  span.start = std::chrono::system_clock::time_point(std::chrono::nanoseconds(1'763'000'000'123'456'789));
  span.end = span.start + 5us;
  span.attributes = {
      {"rows", int64_t{9'007'199'254'740'993}}, {"ratio", 0.5}, {"ok", true}, {"db", std::string("t\n")}};
  return span;
}

TEST(OtlpJson, Spans) {
  auto child = example();
  child.parent_span_id = {1, 2, 3, 4, 5, 6, 7, 8};
  child.failed = true;
  child.status_message = "no";
  child.attributes.clear();
  EXPECT_EQ(
      otlp_json({example(), child}, "sluice", "0.1.0"),
      R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"sluice"}},)"
      R"({"key":"service.version","value":{"stringValue":"0.1.0"}}]},"scopeSpans":[{"scope":{"name":"sluice"},"spans":[)"
      R"({"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","traceState":"a=b","name":"SELECT \"x\"",)"
      R"("kind":2,"startTimeUnixNano":"1763000000123456789","endTimeUnixNano":"1763000000123461789","attributes":[)"
      R"({"key":"rows","value":{"intValue":"9007199254740993"}},{"key":"ratio","value":{"doubleValue":0.5}},)"
      R"({"key":"ok","value":{"boolValue":true}},{"key":"db","value":{"stringValue":"t\n"}}]},)"
      R"({"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","parentSpanId":"0102030405060708",)"
      R"("traceState":"a=b","name":"SELECT \"x\"","kind":2,"startTimeUnixNano":"1763000000123456789",)"
      R"("endTimeUnixNano":"1763000000123461789","status":{"code":2,"message":"no"}}]}]}]})");
}

TEST(OtlpExporter, Endpoints) {
  for (auto good : {"http://127.0.0.1:4318", "http://collector/v1/traces", "https://[::1]:4318/x", "http://h:1/"}) {
    EXPECT_TRUE(OtlpExporter::create({.endpoint = good})) << good;
  }
  for (auto bad :
       {"", "127.0.0.1:4318", "ftp://h", "http://", "http://h:x", "http://h:70000", "http://user@h", "http://h/a b"}) {
    EXPECT_FALSE(OtlpExporter::create({.endpoint = bad})) << bad;
  }
}

class OtlpExporterTest : public LoopbackTest {
 protected:
  // A collector that answers with the statuses in turn, the last one for good.
  void collect(std::vector<unsigned> statuses) {
    handler_ = [this, statuses](HttpExchange& exchange) -> awaitable<void> {
      auto body = co_await exchange.read_whole_body(1 << 20);
      unsigned status = statuses[std::min<size_t>(requests_, statuses.size() - 1)];
      {
        std::lock_guard lock(mutex_);
        bodies_.push_back(exchange.request().method + " " + exchange.request().target + " " + *body);
      }
      ++requests_;
      (void)co_await exchange.respond(status, {{"Content-Type", "application/json"}}, "{}");
    };
    listen([this](Stream& stream) -> awaitable<void> { co_await serve_http(stream, http_, handler_, stopping_); });
  }
  std::shared_ptr<OtlpExporter> exporter(size_t queue_limit = 4096) {
    auto made = OtlpExporter::create({.endpoint = "http://127.0.0.1:" + std::to_string(listener_->port()),
                                      .queue_limit = queue_limit,
                                      .interval = 10ms,
                                      .timeout = 2s});
    EXPECT_TRUE(made);
    return *made;
  }
  bool eventually(std::function<bool()> condition) {
    for (int i = 0; i < 1000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }

  HttpServerOptions http_;
  HttpHandler handler_;
  std::atomic<bool> stopping_{false};
  std::atomic<size_t> requests_{0};
  std::mutex mutex_;
  std::vector<std::string> bodies_;
};

TEST_F(OtlpExporterTest, SendsSpansAndFlushesAtStop) {
  collect({200});
  auto sender = exporter();
  TaskScope scope("telemetry");
  sender->start(scope, threads_.at(1));
  set_span_exporter(sender, 1.0);
  {
    auto span = Span::start("query", SpanKind::kServer);
  }
  EXPECT_TRUE(eventually([&] { return sender->sent() == 1; }));
  {
    auto span = Span::start("last words", SpanKind::kServer);
  }
  set_span_exporter(nullptr, 0);
  sender->stop();
  EXPECT_TRUE(scope.wait(Deadline::after(10s)));
  EXPECT_EQ(sender->sent(), 2u);
  EXPECT_EQ(sender->dropped(), 0u);
  std::lock_guard lock(mutex_);
  ASSERT_EQ(bodies_.size(), 2u);
  EXPECT_THAT(bodies_[0], testing::StartsWith("POST /v1/traces {\"resourceSpans\""));
  EXPECT_THAT(bodies_[1], HasSubstr("last words"));
}

TEST_F(OtlpExporterTest, RetriesWhatMayBeCuredAndDropsTheRest) {
  collect({503, 200, 400});
  auto sender = exporter();
  TaskScope scope("telemetry");
  sender->add(example());
  sender->start(scope, threads_.at(1));
  EXPECT_TRUE(eventually([&] { return sender->sent() == 1; }));
  EXPECT_EQ(requests_, 2u);
  sender->add(example());
  EXPECT_TRUE(eventually([&] { return sender->dropped() == 1; }));
  sender->stop();
  EXPECT_TRUE(scope.wait(Deadline::after(10s)));
}

TEST_F(OtlpExporterTest, FullQueueDropsAndCounts) {
  collect({200});
  auto sender = exporter(3);
  for (int i = 0; i < 10; ++i) sender->add(example());
  EXPECT_EQ(sender->dropped(), 7u);
  TaskScope scope("telemetry");
  sender->start(scope, threads_.at(1));
  sender->stop();
  EXPECT_TRUE(scope.wait(Deadline::after(10s)));
  EXPECT_EQ(sender->sent(), 3u);
}

TEST_F(OtlpExporterTest, UnreachableCollectorDoesNotHoldUpTheStop) {
  collect({200});
  auto sender = exporter();
  listener_->stop();
  sender->add(example());
  TaskScope scope("telemetry");
  sender->start(scope, threads_.at(1));
  std::this_thread::sleep_for(50ms);
  sender->stop();
  EXPECT_TRUE(scope.wait(Deadline::after(5s)));
  EXPECT_EQ(sender->dropped(), 1u);
}

}  // namespace
}  // namespace sluice::net
