// SPDX-License-Identifier: Apache-2.0
#include "base/trace.h"

#include <gtest/gtest.h>

#include <mutex>

namespace sluice {
namespace {

constexpr char kExample[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(TraceContext, RoundTrip) {
  auto context = TraceContext::parse(kExample, "rojo=00f067aa0ba902b7");
  ASSERT_TRUE(context);
  EXPECT_TRUE(context->sampled);
  EXPECT_EQ(context->traceparent(), kExample);
  EXPECT_EQ(context->trace_id_hex(), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(context->span_id_hex(), "b7ad6b7169203331");
  EXPECT_EQ(context->tracestate, "rojo=00f067aa0ba902b7");
}

TEST(TraceContext, FlagsOtherThanSampledAreIgnored) {
  EXPECT_FALSE(TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")->sampled);
  EXPECT_FALSE(TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-fe")->sampled);
  EXPECT_TRUE(TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff")->sampled);
}

TEST(TraceContext, LaterVersionsMayBeLonger) {
  EXPECT_TRUE(TraceContext::parse("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
  EXPECT_TRUE(TraceContext::parse("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future-holds"));
  EXPECT_FALSE(TraceContext::parse("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.what"));
}

TEST(TraceContext, Malformed) {
  for (auto text : {
           "",
           "00",
           "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
           "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
           "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
           "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 ",
           "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
           "0g-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
           "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
           "00-0af7651916cd43dd8448eb211c80319c-B7AD6B7169203331-01",
           "00-00000000000000000000000000000000-b7ad6b7169203331-01",
           "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
           "00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01",
           "00-0af7651916cd43dd8448eb211c80319-b7ad6b71692033310-01",
       }) {
    auto context = TraceContext::parse(text);
    ASSERT_FALSE(context) << text;
    EXPECT_EQ(context.error().code(), Code::kInvalidArgument);
  }
}

TEST(TraceContext, BadTracestateIsDropped) {
  EXPECT_EQ(TraceContext::parse(kExample, std::string(513, 'a'))->tracestate, "");
  EXPECT_EQ(TraceContext::parse(kExample, "a=\r\nb")->tracestate, "");
}

TEST(TraceContext, GeneratedOnesParse) {
  auto context = TraceContext::generate(true);
  EXPECT_EQ(TraceContext::parse(context.traceparent())->trace_id, context.trace_id);
  auto child = context.child();
  EXPECT_EQ(child.trace_id, context.trace_id);
  EXPECT_NE(child.span_id, context.span_id);
}

struct Collector : SpanExporter {
  void add(SpanData span) override {
    std::lock_guard lock(mutex);
    spans.push_back(std::move(span));
  }
  std::mutex mutex;
  std::vector<SpanData> spans;
};

class SpanTest : public testing::Test {
 protected:
  void TearDown() override { set_span_exporter(nullptr, 0); }
  std::shared_ptr<Collector> collector_ = std::make_shared<Collector>();
};

TEST_F(SpanTest, WithoutExporterNothingIsRecorded) {
  auto span = Span::start("query", SpanKind::kServer);
  EXPECT_FALSE(span.recording());
  EXPECT_FALSE(span.context().sampled);
  EXPECT_TRUE(TraceContext::parse(span.context().traceparent()));
}

TEST_F(SpanTest, ParentAndChildReachTheExporter) {
  set_span_exporter(collector_, 1.0);
  {
    auto span = Span::start("query", SpanKind::kServer);
    span.set("db.statement", std::string("SELECT 1"));
    span.set("rows", int64_t{1});
    auto child = span.start_child("plan");
    child.set_failed(Error(Code::kInternal, "no"));
    child.end();
    child.end();
  }
  ASSERT_EQ(collector_->spans.size(), 2u);
  auto& child = collector_->spans[0];
  auto& parent = collector_->spans[1];
  EXPECT_EQ(child.parent_span_id, parent.context.span_id);
  EXPECT_EQ(child.context.trace_id, parent.context.trace_id);
  EXPECT_TRUE(child.failed);
  EXPECT_EQ(child.status_message, "no");
  EXPECT_EQ(parent.attributes.size(), 2u);
  EXPECT_LE(parent.start, parent.end);
}

TEST_F(SpanTest, RemoteDecisionIsObeyed) {
  set_span_exporter(collector_, 1.0);
  auto remote = *TraceContext::parse(kExample);
  {
    auto span = Span::start("query", SpanKind::kServer, remote);
  }
  ASSERT_EQ(collector_->spans.size(), 1u);
  EXPECT_EQ(collector_->spans[0].parent_span_id, remote.span_id);
  remote.sampled = false;
  {
    auto span = Span::start("query", SpanKind::kServer, remote);
  }
  EXPECT_EQ(collector_->spans.size(), 1u);
}

TEST_F(SpanTest, RatioOfRoots) {
  set_span_exporter(collector_, 0.25);
  for (int i = 0; i < 4000; ++i) auto span = Span::start("x", SpanKind::kInternal);
  EXPECT_NEAR(static_cast<double>(collector_->spans.size()), 1000, 200);
  set_span_exporter(collector_, 0);
  collector_->spans.clear();
  {
    auto span = Span::start("x", SpanKind::kInternal);
  }
  EXPECT_TRUE(collector_->spans.empty());
}

}  // namespace
}  // namespace sluice
