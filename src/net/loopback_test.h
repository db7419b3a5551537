// SPDX-License-Identifier: Apache-2.0
// For tests of this folder: two network threads, a listener on a loopback port and a client of it.
#pragma once

#include <gtest/gtest.h>

#include <unistd.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>
#include <functional>
#include <string>

#include "base/executor.h"
#include "net/listener.h"
#include "net/stream.h"
#include "net/tls.h"

namespace sluice::net {

using namespace std::chrono_literals;

inline std::span<const uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// Reads until `n` bytes came, or the end of input.
inline awaitable<std::string> read_up_to(Stream& stream, size_t n) {
  std::string text(n, '\0');
  size_t have = 0;
  while (have < n) {
    auto got =
        co_await stream.read_some({reinterpret_cast<uint8_t*>(text.data()) + have, n - have}, Deadline::after(20s));
    if (!got || *got == 0) break;
    have += *got;
  }
  text.resize(have);
  co_return text;
}

class LoopbackTest : public testing::Test {
 protected:
  using Serve = std::function<awaitable<void>(Stream&)>;

  void SetUp() override { threads_.start(); }
  void TearDown() override {
    listener_.reset();
    if (!directory_.empty()) std::filesystem::remove_all(directory_);
  }

  void listen(Serve serve, Listener::Options options = {}) {
    serve_ = std::move(serve);
    auto opened = Listener::open(threads_, {.host = "127.0.0.1", .port = 0}, std::move(options),
                                 [this](std::unique_ptr<Stream> stream, Admission admission) -> awaitable<void> {
                                   last_admission_ = admission;
                                   co_await serve_(*stream);
                                 });
    ASSERT_TRUE(opened) << opened.error().describe();
    listener_ = std::move(*opened);
    listener_->start();
  }

  // Runs `task` on a network thread and waits for it.
  template <typename T>
  T run(awaitable<T> task) {
    return asio::co_spawn(threads_.at(0), std::move(task), asio::use_future).get();
  }
  template <typename F>
  auto run(F make_task) -> decltype(run(make_task())) {
    return run(make_task());
  }

  awaitable<std::unique_ptr<Stream>> client() {
    auto stream = co_await connect("127.0.0.1", listener_->port(), Deadline::after(10s));
    if (!stream) throw std::runtime_error(stream.error().describe());
    co_return std::move(*stream);
  }

  const std::filesystem::path& directory() {
    if (directory_.empty()) {
      directory_ = std::filesystem::temp_directory_path() / ("sluice_net_test." + std::to_string(::getpid()));
      std::filesystem::create_directories(directory_);
    }
    return directory_;
  }
  // A server context with a self-signed certificate, and a client context that trusts it.
  std::shared_ptr<TlsContext> server_tls() {
    auto options = self_signed_certificate(directory());
    EXPECT_TRUE(options) << options.error().describe();
    auto context = TlsContext::for_server(*options);
    EXPECT_TRUE(context) << context.error().describe();
    return *context;
  }
  std::shared_ptr<TlsContext> client_tls(bool verify = true) {
    TlsClientOptions options;
    options.verify = verify;
    if (verify) options.ca_file = directory() / "tls-cert.pem";
    return *TlsContext::for_client(options);
  }

  NetworkThreads threads_{2};
  Serve serve_;
  std::unique_ptr<Listener> listener_;
  std::atomic<Admission> last_admission_{Admission::kServe};
  std::filesystem::path directory_;
};

}  // namespace sluice::net
