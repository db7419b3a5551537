// SPDX-License-Identifier: Apache-2.0
#include "net/listener.h"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <set>
#include <thread>

#include "net/loopback_test.h"

namespace sluice::net {
namespace {

using testing::HasSubstr;

class ListenerTest : public LoopbackTest {};

TEST_F(ListenerTest, ParsesAddresses) {
  auto v4 = ListenAddress::parse("127.0.0.1:9030");
  ASSERT_TRUE(v4);
  EXPECT_EQ(v4->host, "127.0.0.1");
  EXPECT_EQ(v4->port, 9030);
  EXPECT_EQ(v4->text(), "127.0.0.1:9030");
  auto v6 = ListenAddress::parse("[::1]:80");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->host, "::1");
  EXPECT_EQ(v6->text(), "[::1]:80");
  EXPECT_EQ(ListenAddress::parse("unix:/run/x.sock")->unix_path, "/run/x.sock");
  EXPECT_EQ(ListenAddress::parse("*:0")->port, 0);
  for (auto text : {"", "localhost", ":80", "::1:80", "host:", "host:x", "host:65536", "host:-1", "unix:"}) {
    EXPECT_FALSE(ListenAddress::parse(text)) << text;
  }
  EXPECT_FALSE(ListenAddress::parse("unix:" + std::string(200, 'x')));
}

TEST_F(ListenerTest, BindErrorsNameTheAddress) {
  listen([](Stream&) -> awaitable<void> { co_return; });
  auto open = [&](ListenAddress address) {
    return Listener::open(threads_, address, {},
                          [](std::unique_ptr<Stream>, Admission) -> awaitable<void> { co_return; });
  };
  auto taken = open({.host = "127.0.0.1", .port = listener_->port()});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code(), Code::kAlreadyExists);
  EXPECT_THAT(taken.error().message(), HasSubstr(listener_->address()));
  EXPECT_FALSE(open({.host = "192.0.2.1", .port = 0}));
  EXPECT_FALSE(open({.host = "no.such.host.invalid", .port = 0}));
  uint16_t port = listener_->port();
  listener_->stop();
  EXPECT_TRUE(open({.host = "127.0.0.1", .port = port}));  // free when stop() returns
}

TEST_F(ListenerTest, ConnectionsSpreadOverTheThreads) {
  std::mutex mutex;
  std::set<std::thread::id> seen;
  listen([&](Stream& stream) -> awaitable<void> {
    {
      std::lock_guard lock(mutex);
      seen.insert(std::this_thread::get_id());
    }
    co_await stream.close();
  });
  run([&]() -> awaitable<void> {
    for (int i = 0; i < 8; ++i) {
      auto stream = co_await client();
      EXPECT_EQ(co_await read_up_to(*stream, 1), "");
    }
  });
  EXPECT_EQ(seen.size(), 2u);
  EXPECT_EQ(listener_->accepted(), 8u);
}

TEST_F(ListenerTest, RefusesPolitelyBeyondTheLimit) {
  serve_ = [this](Stream& stream) -> awaitable<void> {
    if (last_admission_ == Admission::kRefuse) {
      EXPECT_TRUE(co_await stream.write(as_bytes("full")));
      co_await stream.close();
      co_return;
    }
    std::array<uint8_t, 1> byte;
    (void)co_await stream.read_some(byte);
  };
  listen(serve_, {.max_connections = 2});
  run([&]() -> awaitable<void> {
    auto first = co_await client();
    auto second = co_await client();
    while (listener_->connections() < 2) (void)co_await sleep_for(1ms);
    auto third = co_await client();
    EXPECT_EQ(co_await read_up_to(*third, 10), "full");
    co_await third->close();
    first->abort();
    while (listener_->connections() > 1) (void)co_await sleep_for(1ms);
    auto fourth = co_await client();
    while (listener_->connections() < 2) (void)co_await sleep_for(1ms);
    EXPECT_EQ(listener_->refused(), 1u);
  });
}

TEST_F(ListenerTest, UnixSocket) {
  const std::string path = directory() / "door.sock";
  {
    // A socket file that nobody listens on, as after kill -9.
    int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    path.copy(local.sun_path, path.size());
    ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&local), sizeof(local)), 0);
    ::close(fd);
  }
  auto handler = [](std::unique_ptr<Stream> stream, Admission) -> awaitable<void> {
    EXPECT_EQ(stream->remote_host(), "localhost");
    EXPECT_TRUE(stream->is_loopback());
    (void)co_await stream->write(as_bytes("hi"));  // fails for the look of a second listener whether this one lives
    co_await stream->close();
  };
  auto listener = Listener::open(threads_, {.unix_path = path}, {}, handler);
  ASSERT_TRUE(listener) << listener.error().describe();
  (*listener)->start();
  EXPECT_EQ((*listener)->address(), "unix:" + path);
  auto second = Listener::open(threads_, {.unix_path = path}, {}, handler);
  EXPECT_FALSE(second);  // that one is alive
  run([&]() -> awaitable<void> {
    auto stream = co_await connect_unix(path, Deadline::after(5s));
    EXPECT_TRUE(stream);
    EXPECT_EQ(co_await read_up_to(**stream, 2), "hi");
    co_await (*stream)->close();
  });
  (*listener)->stop();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(ListenerTest, SurvivesRunningOutOfDescriptors) {
#ifdef SLUICE_SANITIZED
  GTEST_SKIP() << "UBSan's checks need a pipe of their own";
#endif
  listen([](Stream& stream) -> awaitable<void> {
    std::array<uint8_t, 1> byte;
    if (co_await stream.read_exactly(byte)) EXPECT_TRUE(co_await stream.write(byte));
    co_await stream.close(100ms);
  });
  rlimit old{};
  ::getrlimit(RLIMIT_NOFILE, &old);
  // Clients whose server side finds no descriptor: made first, while the accept loop cannot run ahead of the limit.
  std::vector<int> hogs;
  rlimit tight = old;
  tight.rlim_cur = 256;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  for (int fd; (fd = ::dup(0)) >= 0;) hogs.push_back(fd);
  ::close(hogs.back());  // one for the client
  hogs.pop_back();
  run([&]() -> awaitable<void> {
    auto stream = co_await client();
    EXPECT_EQ(co_await read_up_to(*stream, 1), "");  // hung up on, not left waiting
    stream->abort();
  });
  for (int fd : hogs) ::close(fd);
  ::setrlimit(RLIMIT_NOFILE, &old);
  run([&]() -> awaitable<void> {
    auto stream = co_await client();
    EXPECT_TRUE(co_await stream->write(as_bytes("x")));
    EXPECT_EQ(co_await read_up_to(*stream, 1), "x");
    co_await stream->close();
  });
  EXPECT_GE(listener_->refused(), 1u);
}

TEST_F(ListenerTest, ManyConnectionsAtOnce) {
  listen([](Stream& stream) -> awaitable<void> {
    std::array<uint8_t, 1> byte;
    while (co_await stream.read_exactly(byte)) EXPECT_TRUE(co_await stream.write(byte));
  });
  run([&]() -> awaitable<void> {
    std::vector<std::unique_ptr<Stream>> streams;
    for (int i = 0; i < 400; ++i) streams.push_back(co_await client());
    for (auto& stream : streams) EXPECT_TRUE(co_await stream->write(as_bytes("x")));
    for (auto& stream : streams) EXPECT_EQ(co_await read_up_to(*stream, 1), "x");
    EXPECT_EQ(listener_->connections(), 400u);
    for (auto& stream : streams) stream->abort();
  });
  listener_->stop();
  EXPECT_TRUE(listener_->wait(Deadline::after(10s)));
  EXPECT_EQ(listener_->connections(), 0u);
}

}  // namespace
}  // namespace sluice::net
