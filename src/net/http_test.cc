// SPDX-License-Identifier: Apache-2.0
#include "net/http.h"

#include <gmock/gmock.h>
#include <zlib.h>

#include "net/loopback_test.h"

namespace sluice::net {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class HttpTest : public LoopbackTest {
 protected:
  void serve(HttpHandler handler) {
    handler_ = std::move(handler);
    listen([this](Stream& stream) -> awaitable<void> { co_await serve_http(stream, options_, handler_, stopping_); });
  }
  // Answers with what it got: "<method> <target>|<body>".
  void serve_echo() {
    serve([](HttpExchange& exchange) -> awaitable<void> {
      auto body = co_await exchange.read_whole_body(1 << 20);
      if (!body) {
        unsigned status = body.error().code() == Code::kResourceExhausted ? 413 : 400;
        (void)co_await exchange.respond(status, {}, body.error().message());
        co_return;
      }
      (void)co_await exchange.respond(200, {{"Content-Type", "text/plain"}},
                                      exchange.request().method + " " + exchange.request().target + "|" + *body);
    });
  }
  // Sends `pieces` with pauses between them, and gives all that comes back until the server closes.
  std::string talk(std::vector<std::string> pieces, std::chrono::milliseconds pause = 5ms) {
    return run([&]() -> awaitable<std::string> {
      auto stream = co_await client();
      for (auto& piece : pieces) {
        (void)co_await stream->write(as_bytes(piece));
        if (pieces.size() > 1) (void)co_await sleep_for(pause);
      }
      (void)co_await stream->close_sending();
      std::string answer = co_await read_up_to(*stream, 6 << 20);
      stream->abort();
      co_return answer;
    });
  }
  static std::string body_of(const std::string& response) { return response.substr(response.find("\r\n\r\n") + 4); }

  HttpServerOptions options_;
  HttpHandler handler_;
  std::atomic<bool> stopping_{false};
};

TEST_F(HttpTest, SimpleRequest) {
  serve_echo();
  auto answer = talk({"GET /x?a=1 HTTP/1.1\r\nHost: h\r\n\r\n"});
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\nServer: Sluice\r\nDate: "));
  EXPECT_THAT(answer, HasSubstr(" GMT\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\n"));
  EXPECT_EQ(body_of(answer), "GET /x?a=1|");
}

TEST_F(HttpTest, SplitAtEveryByte) {
  serve_echo();
  const std::string request = "\r\nPOST /load HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello";
  for (size_t at = 1; at < request.size(); at += 3) {
    EXPECT_EQ(body_of(talk({request.substr(0, at), request.substr(at)}, 1ms)), "POST /load|hello") << at;
  }
  std::vector<std::string> bytes;
  for (char c : request) bytes.emplace_back(1, c);
  EXPECT_EQ(body_of(talk(bytes, 0ms)), "POST /load|hello");
}

TEST_F(HttpTest, PipelinedRequestsAreAnsweredInOrder) {
  serve_echo();
  auto answer =
      talk({"POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcGET /2 HTTP/1.1\r\nHost: h\r\n\r\n"
            "POST /3 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n0\r\n\r\nGET /4 "
            "HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
            "GET /never HTTP/1.1\r\nHost: h\r\n\r\n"});
  size_t at = 0;
  for (auto part : {"POST /1|abc", "GET /2|", "POST /3|de", "Connection: close", "GET /4|"}) {
    at = answer.find(part, at);
    EXPECT_NE(at, std::string::npos) << part;
  }
  EXPECT_THAT(answer, Not(HasSubstr("never")));
}

TEST_F(HttpTest, ChunkedBodies) {
  serve_echo();
  const std::string head = "PUT /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(body_of(talk({head, "5;name=value\r\nhello\r\n", "1\r", "\n!\r\n0\r\nTrailer: x\r\n\r\n"})),
            "PUT /c|hello!");
  std::string much;
  for (int i = 0; i < 200; ++i) much += "400\r\n" + std::string(1024, 'x') + "\r\n";
  EXPECT_EQ(body_of(talk({head + much + "0\r\n\r\n"})).size(), 7u + 200 * 1024);
  for (auto bad : {"zz\r\nhello", "5\r\nhelloX\r\n0\r\n\r\n", "fffffffffffffffff\r\nx", "-1\r\n"}) {
    EXPECT_THAT(talk({head + bad}), StartsWith("HTTP/1.1 400 ")) << bad;
  }
  EXPECT_THAT(talk({head + "5;" + std::string(100'000, 'x')}), StartsWith("HTTP/1.1 400 "));
}

TEST_F(HttpTest, BodiesThatEndEarlyOrAreTooLarge) {
  serve_echo();
  EXPECT_THAT(talk({"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc"}),
              HasSubstr("in the middle of its request"));
  EXPECT_THAT(talk({"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n\r\nabc"}),
              StartsWith("HTTP/1.1 413 "));
  std::string big = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n200000\r\n" +
                    std::string(0x200000, 'x') + "\r\n0\r\n\r\n";
  EXPECT_THAT(talk({big}), StartsWith("HTTP/1.1 413 "));
}

TEST_F(HttpTest, MalformedRequests) {
  serve_echo();
  struct Case {
    std::string request;
    int status;
  };
  const std::vector<Case> cases = {
      {"hello\r\n\r\n", 400},
      {"GET\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: h\r\nBad Name: x\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: h\r\nX: a\x01\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nExpect: the-unexpected\r\nContent-Length: 1\r\n\r\nx", 417},
      {"GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(70'000, 'a') + "\r\n\r\n", 431},
      {"GET /" + std::string(70'000, 'a'), 431},
      {std::string("\x16\x03\x01\x02\x00\x01\x00", 7), 400},
  };
  for (auto& one : cases) {
    auto answer = talk({one.request});
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + std::to_string(one.status) + " ")) << one.request.substr(0, 100);
    EXPECT_THAT(answer, HasSubstr("Connection: close")) << one.request.substr(0, 100);
  }
  EXPECT_EQ(talk({"GET / HTTP/1.1\r\nHo"}), "");  // gone in the middle of its head
  EXPECT_EQ(talk({""}), "");
}

TEST_F(HttpTest, Http10ClosesUnlessAskedToStay) {
  serve_echo();
  EXPECT_THAT(talk({"GET /a HTTP/1.0\r\n\r\nGET /b HTTP/1.0\r\n\r\n"}), Not(HasSubstr("/b")));
  auto kept = talk({"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /b HTTP/1.0\r\n\r\n"});
  EXPECT_THAT(kept, HasSubstr("Connection: keep-alive"));
  EXPECT_THAT(kept, HasSubstr("/b"));
}

TEST_F(HttpTest, Expect100IsAnsweredWhenTheBodyIsRead) {
  serve_echo();
  run([&]() -> awaitable<void> {
    auto stream = co_await client();
    (void)co_await stream->write(
        as_bytes("PUT /e HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"));
    EXPECT_EQ(co_await read_up_to(*stream, 25), "HTTP/1.1 100 Continue\r\n\r\n");
    (void)co_await stream->write(as_bytes("ok"));
    (void)co_await stream->close_sending();
    EXPECT_EQ(body_of(co_await read_up_to(*stream, 10'000)), "PUT /e|ok");
  });
}

TEST_F(HttpTest, Expect100RefusedBodyIsNeverAskedFor) {
  serve([](HttpExchange& exchange) -> awaitable<void> { (void)co_await exchange.respond(403, {}, "no"); });
  run([&]() -> awaitable<void> {
    auto stream = co_await client();
    (void)co_await stream->write(
        as_bytes("PUT /e HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2000000000\r\n\r\n"));
    auto answer = co_await read_up_to(*stream, 10'000);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 403 Forbidden"));
    EXPECT_THAT(answer, HasSubstr("Connection: close"));
    stream->abort();
  });
}

TEST_F(HttpTest, UnreadBodiesAreDrained) {
  serve([](HttpExchange& exchange) -> awaitable<void> {
    (void)co_await exchange.respond(200, {}, exchange.request().target);
  });
  auto answer = talk({"POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n" + std::string(100'000, 'x') +
                      "GET /2 HTTP/1.1\r\nHost: h\r\n\r\n"});
  EXPECT_THAT(answer, HasSubstr("/1"));
  EXPECT_THAT(answer, HasSubstr("/2"));
  options_.max_drain_bytes = 1000;
  answer = talk({"POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n" + std::string(100'000, 'x') +
                 "GET /2 HTTP/1.1\r\nHost: h\r\n\r\n"});
  EXPECT_THAT(answer, HasSubstr("/1"));
  EXPECT_THAT(answer, Not(HasSubstr("/2")));
}

TEST_F(HttpTest, StreamedResponses) {
  serve([](HttpExchange& exchange) -> awaitable<void> {
    std::optional<uint64_t> length;
    if (exchange.request().path() == "/known") length = 12;
    (void)co_await exchange.begin(200, {{"X", "y"}, {"Content-Length", "999"}, {"Evil", "a\r\nInjected: 1"}}, length);
    (void)co_await exchange.write("hello ");
    (void)co_await exchange.write("");
    (void)co_await exchange.write("world!");
    (void)co_await exchange.finish();
  });
  EXPECT_EQ(body_of(talk({"GET /known HTTP/1.1\r\nHost: h\r\n\r\n"})), "hello world!");
  auto chunked = talk({"GET / HTTP/1.1\r\nHost: h\r\n\r\n"});
  EXPECT_THAT(chunked, HasSubstr("Transfer-Encoding: chunked"));
  EXPECT_THAT(chunked, Not(HasSubstr("999")));
  EXPECT_THAT(chunked, Not(HasSubstr("Injected")));
  EXPECT_EQ(body_of(chunked), "6\r\nhello \r\n6\r\nworld!\r\n0\r\n\r\n");
  auto old = talk({"GET / HTTP/1.0\r\n\r\n"});
  EXPECT_THAT(old, Not(HasSubstr("chunked")));
  EXPECT_EQ(body_of(old), "hello world!");
  EXPECT_EQ(body_of(talk({"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n"})), "");
}

TEST_F(HttpTest, LargeStreamedResponse) {
  const std::string block(200'000, 'b');
  serve([&](HttpExchange& exchange) -> awaitable<void> {
    (void)co_await exchange.begin(200, {});
    for (int i = 0; i < 20; ++i) (void)co_await exchange.write(block);
    (void)co_await exchange.finish();
  });
  auto body = body_of(talk({"GET / HTTP/1.1\r\nHost: h\r\n\r\n"}));
  size_t total = 0;
  for (size_t at = 0;;) {
    size_t size = std::stoul(body.substr(at), nullptr, 16);
    at = body.find("\r\n", at) + 2 + size;
    ASSERT_EQ(body.substr(at, 2), "\r\n");
    at += 2;
    total += size;
    if (size == 0) {
      EXPECT_EQ(at, body.size());
      break;
    }
  }
  EXPECT_EQ(total, 4'000'000u);
}

std::string gunzip(const std::string& zipped) {
  z_stream zlib{};
  inflateInit2(&zlib, 15 + 16);
  std::string text(1 << 20, '\0');
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(zipped.data()));
  zlib.avail_in = static_cast<uInt>(zipped.size());
  zlib.next_out = reinterpret_cast<Bytef*>(text.data());
  zlib.avail_out = static_cast<uInt>(text.size());
  EXPECT_EQ(inflate(&zlib, Z_FINISH), Z_STREAM_END);
  text.resize(zlib.total_out);
  inflateEnd(&zlib);
  return text;
}

TEST_F(HttpTest, Gzip) {
  const std::string text(10'000, 'z');
  serve([&](HttpExchange& exchange) -> awaitable<void> {
    exchange.allow_gzip();
    if (exchange.request().path() == "/whole") {
      (void)co_await exchange.respond(200, {}, text);
      co_return;
    }
    (void)co_await exchange.begin(200, {}, text.size());
    (void)co_await exchange.write(std::string_view(text).substr(0, 5000));
    (void)co_await exchange.write(std::string_view(text).substr(5000));
    (void)co_await exchange.finish();
  });
  auto whole = talk({"GET /whole HTTP/1.1\r\nHost: h\r\nAccept-Encoding: deflate, gzip\r\n\r\n"});
  EXPECT_THAT(whole, HasSubstr("Content-Encoding: gzip"));
  EXPECT_EQ(gunzip(body_of(whole)), text);
  auto streamed = talk({"GET /s HTTP/1.0\r\nAccept-Encoding: gzip;q=0.5\r\n\r\n"});
  EXPECT_EQ(gunzip(body_of(streamed)), text);
  auto plain = talk({"GET /whole HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip;q=0, br\r\n\r\n"});
  EXPECT_THAT(plain, HasSubstr("Vary: Accept-Encoding"));
  EXPECT_EQ(body_of(plain), text);
}

TEST_F(HttpTest, HandlersThatFail) {
  serve([](HttpExchange& exchange) -> awaitable<void> {
    if (exchange.request().path() == "/throw") throw std::runtime_error("a defect of the test");
    if (exchange.request().path() == "/half") {
      (void)co_await exchange.begin(200, {});
      (void)co_await exchange.write("half of");
    }
  });
  EXPECT_THAT(talk({"GET /throw HTTP/1.1\r\nHost: h\r\n\r\n"}), StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(talk({"GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n"}), StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(talk({"GET /half HTTP/1.1\r\nHost: h\r\n\r\n"}), Not(HasSubstr("0\r\n\r\n")));
}

TEST_F(HttpTest, TimeOuts) {
  options_.head_timeout = 50ms;
  options_.idle_timeout = 80ms;
  options_.body_timeout = 50ms;
  serve_echo();
  run([&]() -> awaitable<void> {
    auto stream = co_await client();
    (void)co_await stream->write(as_bytes("GET / HT"));
    EXPECT_THAT(co_await read_up_to(*stream, 10'000), StartsWith("HTTP/1.1 408 "));
    stream = co_await client();
    (void)co_await stream->write(as_bytes("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab"));
    EXPECT_THAT(co_await read_up_to(*stream, 10'000), StartsWith("HTTP/1.1 400 "));
    stream = co_await client();
    EXPECT_EQ(co_await read_up_to(*stream, 10'000), "");
    stream->abort();
  });
}

TEST_F(HttpTest, StoppingEndsIdleConnections) {
  serve_echo();
  run([&]() -> awaitable<void> {
    auto stream = co_await client();
    (void)co_await stream->write(as_bytes("GET /a HTTP/1.1\r\nHost: h\r\n\r\n"));
    (void)co_await sleep_for(50ms);
    stopping_ = true;
    EXPECT_THAT(co_await read_up_to(*stream, 10'000), HasSubstr("GET /a|"));
    stream->abort();
  });
  listener_->stop();
  EXPECT_TRUE(listener_->wait(Deadline::after(10s)));
}

TEST(HttpText, Decoding) {
  EXPECT_EQ(percent_decode("%41+b%c3%A9", true), "A b\xc3\xa9");
  EXPECT_EQ(percent_decode("a+b", false), "a+b");
  for (auto bad : {"%", "%4", "%zz", "%00"}) EXPECT_EQ(percent_decode(bad, false), std::nullopt) << bad;
  auto form = parse_form("a=1&b=x%20y&&c&d=");
  ASSERT_TRUE(form);
  EXPECT_THAT(*form, testing::ElementsAre(testing::Pair("a", "1"), testing::Pair("b", "x y"), testing::Pair("c", ""),
                                          testing::Pair("d", "")));
  EXPECT_FALSE(parse_form("a=%"));
  std::string many;
  for (int i = 0; i < 1001; ++i) many += "a&";
  EXPECT_FALSE(parse_form(many));
}

TEST(HttpText, BasicAuthorization) {
  auto pair = parse_basic_authorization("Basic cm9vdDphOmI=");
  ASSERT_TRUE(pair);
  EXPECT_EQ(pair->first, "root");
  EXPECT_EQ(pair->second, "a:b");
  EXPECT_EQ(parse_basic_authorization("basic cm9vdDo")->second, "");
  for (auto bad : {"", "Basic", "Bearer cm9vdDo=", "Basic cm9vdA==", "Basic !!!!", "Basic cm9vd"}) {
    EXPECT_FALSE(parse_basic_authorization(bad)) << bad;
  }
}

TEST(HttpText, Headers) {
  HttpHeaders headers{{"Connection", "Keep-Alive, Upgrade"}, {"X", "1"}, {"x", "2"}};
  EXPECT_EQ(headers.find("x"), "1");
  EXPECT_TRUE(headers.has_token("connection", "upgrade"));
  EXPECT_FALSE(headers.has_token("connection", "up"));
  headers.set("X", "3");
  EXPECT_EQ(headers.all().size(), 2u);
  EXPECT_EQ(http_reason(404), "Not Found");
}

}  // namespace
}  // namespace sluice::net
