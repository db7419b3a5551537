// SPDX-License-Identifier: Apache-2.0
#include "net/stream.h"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <random>

#include "net/loopback_test.h"

namespace sluice::net {
namespace {

using testing::HasSubstr;

class StreamTest : public LoopbackTest {};

awaitable<void> echo(Stream& stream) {
  std::vector<uint8_t> buffer(64 * 1024);
  for (;;) {
    auto n = co_await stream.read_some(buffer);
    if (!n || *n == 0) break;
    if (!co_await stream.write({buffer.data(), *n})) break;
  }
  co_await stream.close();
}

std::string random_bytes(size_t n) {
  std::mt19937_64 random(n);
  std::string bytes(n, '\0');
  for (auto& c : bytes) c = static_cast<char>(random());
  return bytes;
}

// Sends `data` while reading what comes back, as a peer with full buffers on both sides needs it.
awaitable<std::string> exchange(Stream& stream, const std::string& data) {
  TaskScope writer("writer");
  writer.spawn(stream.context(), [](Stream& stream, const std::string& data) -> awaitable<void> {
    auto sent = co_await stream.write(as_bytes(data), Deadline::after(20s));
    EXPECT_TRUE(sent) << sent.error().describe();
  }(stream, data));
  std::string back = co_await read_up_to(stream, data.size());
  co_await writer.join();
  co_return back;
}

TEST_F(StreamTest, EchoesAndTellsNames) {
  listen([this](Stream& stream) -> awaitable<void> {
    EXPECT_EQ(stream.remote_host(), "127.0.0.1");
    EXPECT_THAT(stream.remote_address(), testing::StartsWith("127.0.0.1:"));
    EXPECT_EQ(stream.local_port(), listener_->port());
    EXPECT_TRUE(stream.is_loopback());
    co_await echo(stream);
  });
  run([&]() -> awaitable<void> {
    auto stream = co_await client();
    EXPECT_TRUE(co_await stream->write(as_bytes("hello "), as_bytes("world")));
    EXPECT_EQ(co_await read_up_to(*stream, 11), "hello world");
    EXPECT_EQ(stream->bytes_read(), 11u);
    EXPECT_EQ(stream->bytes_written(), 11u);
    EXPECT_FALSE(stream->is_tls());
    co_await stream->close();
    EXPECT_FALSE(stream->is_open());
  });
}

TEST_F(StreamTest, LargeTransferBothWays) {
  listen(echo);
  const std::string data = random_bytes(20 << 20);
  run([&]() -> awaitable<void> {
    auto stream = co_await client();
    std::string back = co_await exchange(*stream, data);
    EXPECT_TRUE(back == data);
    co_await stream->close();
  });
}

TEST_F(StreamTest, HalfCloseStillReads) {
  listen([](Stream& stream) -> awaitable<void> {
    std::string all = co_await read_up_to(stream, 1000);
    EXPECT_EQ(all, "question");
    EXPECT_TRUE(co_await stream.write(as_bytes("answer")));
    co_await stream.close();
  });
  run([&]() -> awaitable<void> {
    auto stream = co_await client();
    EXPECT_TRUE(co_await stream->write(as_bytes("question")));
    EXPECT_TRUE(co_await stream->close_sending());
    EXPECT_EQ(co_await read_up_to(*stream, 1000), "answer");
    co_await stream->close();
  });
}

TEST_F(StreamTest, ReadDeadline) {
  listen(echo);
  run([&]() -> awaitable<void> {
    auto stream = co_await client();
    std::array<uint8_t, 10> buffer;
    auto began = std::chrono::steady_clock::now();
    auto n = co_await stream->read_some(buffer, Deadline::after(50ms));
    EXPECT_FALSE(n);
    EXPECT_EQ(n.error().code(), Code::kDeadlineExceeded);
    auto took = std::chrono::steady_clock::now() - began;
    EXPECT_GE(took, 50ms);
    EXPECT_LT(took, 5s);
    // A passed deadline ends only that operation.
    EXPECT_TRUE(co_await stream->write(as_bytes("x")));
    EXPECT_EQ(co_await read_up_to(*stream, 1), "x");
    EXPECT_FALSE(co_await stream->read_some(buffer, Deadline::after(-1s)));
    co_await stream->close();
  });
}

TEST_F(StreamTest, WriteDeadlineForAPeerThatNeverReads) {
  std::promise<void> release;
  auto released = release.get_future().share();
  listen([&](Stream& stream) -> awaitable<void> {
    while (!co_await cancelled() && released.wait_for(0s) != std::future_status::ready) (void)co_await sleep_for(5ms);
    stream.abort();
  });
  run([&]() -> awaitable<void> {
    auto stream = co_await client();
    std::vector<uint8_t> much(8 << 20);
    auto sent = co_await stream->write(much, Deadline::after(100ms));
    while (sent) sent = co_await stream->write(much, Deadline::after(100ms));
    EXPECT_EQ(sent.error().code(), Code::kDeadlineExceeded);
    stream->abort();
  });
  release.set_value();
  listener_->stop();
  EXPECT_TRUE(listener_->wait(Deadline::after(10s)));
}

TEST_F(StreamTest, DeadlineOfOneDirectionLeavesTheOtherWaiting) {
  listen([](Stream& stream) -> awaitable<void> {
    (void)co_await sleep_for(200ms);
    EXPECT_TRUE(co_await stream.write(as_bytes("late")));
    co_await stream.close();
  });
  run([&]() -> awaitable<void> {
    auto stream = co_await client();
    TaskScope writer("writer");
    writer.spawn(stream->context(), [](Stream& stream) -> awaitable<void> {
      std::vector<uint8_t> much(64 << 20);
      auto sent = co_await stream.write(much, Deadline::after(50ms));
      EXPECT_FALSE(sent);
    }(*stream));
    EXPECT_EQ(co_await read_up_to(*stream, 4), "late");
    co_await writer.join();
    stream->abort();
  });
}

TEST_F(StreamTest, CancelledTasksStopWaiting) {
  std::atomic<bool> ended{false};
  listen([&](Stream& stream) -> awaitable<void> {
    std::array<uint8_t, 10> buffer;
    auto n = co_await stream.read_some(buffer);
    EXPECT_FALSE(n);
    EXPECT_EQ(n.error().code(), Code::kCancelled);
    EXPECT_TRUE(co_await stream.write(as_bytes("bye")));  // does not wait: still possible
    co_await stream.close();
    ended = true;
  });
  auto stream = run(client());
  while (listener_->connections() == 0) std::this_thread::sleep_for(1ms);
  std::this_thread::sleep_for(20ms);
  listener_->stop();
  listener_->cancel_connections();
  EXPECT_TRUE(listener_->wait(Deadline::after(10s)));
  EXPECT_TRUE(ended);
  EXPECT_EQ(run(read_up_to(*stream, 100)), "bye");
  run([&]() -> awaitable<void> {
    stream.reset();
    co_return;
  });
}

TEST_F(StreamTest, AbortWakesAWaitingRead) {
  listen(echo);
  run([&]() -> awaitable<void> {
    auto stream = co_await client();
    TaskScope scope("aborter");
    scope.spawn(stream->context(), [](Stream& stream) -> awaitable<void> {
      (void)co_await sleep_for(20ms);
      stream.abort();
      stream.abort();
    }(*stream));
    std::array<uint8_t, 10> buffer;
    auto n = co_await stream->read_some(buffer);
    EXPECT_FALSE(n);
    co_await scope.join();
    EXPECT_FALSE(co_await stream->read_some(buffer));
    EXPECT_FALSE(co_await stream->write(as_bytes("x")));
  });
}

TEST_F(StreamTest, WatchedPeerThatGoesAway) {
  std::atomic<int> gone{0};
  std::atomic<bool> noticed{false};
  listen([&](Stream& stream) -> awaitable<void> {
    stream.watch_peer(PeerGone::kHalfClosed, [&] { ++gone; });
    for (int i = 0; i < 500 && gone == 0; ++i) (void)co_await sleep_for(10ms);
    noticed = gone > 0;
    stream.unwatch_peer();
    stream.abort();
  });
  run([&]() -> awaitable<void> {
    auto stream = co_await client();
    EXPECT_TRUE(co_await stream->write(as_bytes("unread input does not hide the end")));
    (void)co_await sleep_for(600ms);
    EXPECT_EQ(gone, 0);
    EXPECT_TRUE(co_await stream->close_sending());
    EXPECT_EQ(co_await read_up_to(*stream, 1), "");
  });
  listener_->stop();
  EXPECT_TRUE(listener_->wait(Deadline::after(10s)));
  EXPECT_TRUE(noticed);
  EXPECT_EQ(gone, 1);
}

TEST_F(StreamTest, ConnectErrors) {
  run([&]() -> awaitable<void> {
    auto refused = co_await connect("127.0.0.1", 1, Deadline::after(5s));
    EXPECT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Code::kUnavailable);
    EXPECT_THAT(refused.error().describe(), HasSubstr("127.0.0.1:1"));
    auto missing = co_await connect_unix("/nowhere/socket", Deadline::after(5s));
    EXPECT_FALSE(missing);
    EXPECT_FALSE(co_await connect_unix(std::string(200, 'x'), Deadline::after(5s)));
  });
}

// ---------------------------------------------------------------- TLS

TEST_F(StreamTest, TlsEchoOfMuchData) {
  auto server = server_tls();
  listen([&](Stream& stream) -> awaitable<void> {
    auto upgraded = co_await stream.upgrade_to_tls_server(*server, {}, Deadline::after(10s));
    EXPECT_TRUE(upgraded) << upgraded.error().describe();
    if (upgraded) co_await echo(stream);
  });
  auto trusting = client_tls();
  const std::string data = random_bytes(8 << 20);
  run([&]() -> awaitable<void> {
    auto stream = co_await client();
    auto upgraded = co_await stream->upgrade_to_tls_client(*trusting, "localhost", Deadline::after(10s));
    EXPECT_TRUE(upgraded) << upgraded.error().describe();
    EXPECT_EQ(stream->tls_version(), "TLSv1.3");
    EXPECT_THAT(std::string(stream->tls_cipher()), HasSubstr("AES"));
    EXPECT_TRUE(stream->has_peer_certificate());
    std::string back = co_await exchange(*stream, data);
    EXPECT_TRUE(back == data);
    EXPECT_TRUE(co_await stream->write(as_bytes("a"), as_bytes("b")));
    EXPECT_EQ(co_await read_up_to(*stream, 2), "ab");
    co_await stream->close();
  });
}

// A client that sends its ClientHello together with the plain bytes before it.
TEST_F(StreamTest, TlsAfterBytesReadAhead) {
  auto server = server_tls();
  listen([&](Stream& stream) -> awaitable<void> {
    // Lets the plain byte and the ClientHello behind it arrive.
    (void)co_await sleep_for(100ms);
    std::vector<uint8_t> buffer(4096);
    auto n = co_await stream.read_some(buffer);
    EXPECT_TRUE(n && *n > 1);
    EXPECT_EQ(buffer[0], '!');
    auto upgraded =
        co_await stream.upgrade_to_tls_server(*server, std::span(buffer).subspan(1, *n - 1), Deadline::after(10s));
    EXPECT_TRUE(upgraded) << upgraded.error().describe();
    if (upgraded) co_await echo(stream);
  });
  auto trusting = client_tls();
  run([&]() -> awaitable<void> {
    auto stream = co_await client();
    EXPECT_TRUE(co_await stream->write(as_bytes("!")));
    EXPECT_TRUE(co_await stream->upgrade_to_tls_client(*trusting, "127.0.0.1", Deadline::after(10s)));
    EXPECT_TRUE(co_await stream->write(as_bytes("hello")));
    EXPECT_EQ(co_await read_up_to(*stream, 5), "hello");
    co_await stream->close();
  });
}

TEST_F(StreamTest, TlsRefusals) {
  auto server = server_tls();
  std::atomic<int> failures{0};
  listen([&](Stream& stream) -> awaitable<void> {
    auto upgraded = co_await stream.upgrade_to_tls_server(*server, {}, Deadline::after(300ms));
    if (!upgraded) ++failures;
    if (upgraded) co_await echo(stream);
    co_await stream.close();
  });
  auto trusting = client_tls();
  auto distrusting = *TlsContext::for_client({});
  run([&]() -> awaitable<void> {
    auto stream = co_await client();
    auto upgraded = co_await stream->upgrade_to_tls_client(*trusting, "elsewhere.example", Deadline::after(10s));
    EXPECT_FALSE(upgraded);
    EXPECT_EQ(upgraded.error().origin(), Origin::kTls);
    EXPECT_THAT(upgraded.error().message(), HasSubstr("not trusted"));
    stream = co_await client();
    EXPECT_FALSE(co_await stream->upgrade_to_tls_client(*distrusting, "localhost", Deadline::after(10s)));
    stream = co_await client();  // not TLS at all
    EXPECT_TRUE(co_await stream->write(as_bytes("GET / HTTP/1.1\r\n\r\n")));
    (void)co_await read_up_to(*stream, 100);
    stream = co_await client();  // says nothing: the server's deadline ends it
    EXPECT_EQ(co_await read_up_to(*stream, 100), "");
    stream->abort();
  });
  listener_->stop();
  EXPECT_TRUE(listener_->wait(Deadline::after(10s)));
  EXPECT_GE(failures, 2);
}

TEST_F(StreamTest, TlsClientThatVanishesIsAnEndOfInput) {
  auto server = server_tls();
  std::atomic<bool> ended{false};
  listen([&](Stream& stream) -> awaitable<void> {
    EXPECT_TRUE(co_await stream.upgrade_to_tls_server(*server, {}, Deadline::after(10s)));
    std::array<uint8_t, 16> buffer;
    auto n = co_await stream.read_some(buffer, Deadline::after(10s));
    EXPECT_TRUE(!n || *n == 0);
    ended = true;
  });
  auto trusting = client_tls();
  run([&]() -> awaitable<void> {
    auto stream = co_await client();
    EXPECT_TRUE(co_await stream->upgrade_to_tls_client(*trusting, "localhost", Deadline::after(10s)));
    stream->abort();
  });
  listener_->stop();
  EXPECT_TRUE(listener_->wait(Deadline::after(10s)));
  EXPECT_TRUE(ended);
}

// Prints what a request and its answer cost on a plain connection, for comparison over time.
TEST_F(StreamTest, RoundTripCost) {
  listen(echo);
  constexpr int kRounds = 5000;
  auto took = run([&]() -> awaitable<std::chrono::nanoseconds> {
    auto stream = co_await client();
    std::array<uint8_t, 64> buffer{};
    auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < kRounds; ++i) {
      (void)co_await stream->write({buffer.data(), 32});
      (void)co_await stream->read_exactly({buffer.data(), 32});
    }
    auto end = std::chrono::steady_clock::now();
    co_await stream->close();
    co_return end - began;
  });
  std::printf("%.2f us a round trip over loopback\n", static_cast<double>(took.count()) / kRounds / 1000);
}

}  // namespace
}  // namespace sluice::net
