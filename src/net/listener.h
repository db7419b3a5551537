// SPDX-License-Identifier: Apache-2.0
// Listener: accepts connections on one address and runs a handler coroutine for each, spread over the network threads.
// Owned by the server's wiring, and used by its thread: stop() and wait() block, so no network thread may call them.
// The NetworkThreads must run until stop() and wait() have returned.
#pragma once

#include <atomic>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/executor.h"
#include "base/result.h"
#include "net/stream.h"

namespace sluice::net {

// An address to listen on.
struct ListenAddress {
  std::string host = {};       // numeric IPv4 or IPv6 address or a name; "*" or "0.0.0.0": all IPv4, "::": all of both
  uint16_t port = 0;           // 0: the system chooses (tests)
  std::string unix_path = {};  // not empty: a unix socket instead

  // "127.0.0.1:9030", "[::1]:9030", "*:9030", "localhost:9030", "unix:/run/sluice.sock"
  static Result<ListenAddress> parse(std::string_view text);
  std::string text() const;
};

// What the handler is to do with a connection.
enum class Admission : uint8_t {
  kServe,
  kRefuse,  // max_connections are open already: tell the client so in its protocol, and close
};

class Listener {
 public:
  struct Options {
    std::string name = "listener";  // in logs: "mysql", "http"
    int backlog = 4096;
    uint32_t max_connections = 8192;  // open at once; beyond them Admission::kRefuse
    uint32_t max_refusing = 256;      // refusals under way at once; beyond them connections are just closed
    unsigned unix_mode = 0660;        // permissions of a unix socket
  };
  // Runs one connection, on the stream's io_context. When it returns, the stream is closed and the connection is
  // counted off.
  using Handler = std::function<awaitable<void>(std::unique_ptr<Stream> stream, Admission admission)>;

  // Binds and listens. Errors: address in use (naming it), not local, no permission. A stale unix socket (nobody
  // listens on it) is replaced.
  static Result<std::unique_ptr<Listener>> open(NetworkThreads& threads, const ListenAddress& address, Options options,
                                                Handler handler);
  ~Listener();  // stop(), cancel_connections(), wait()
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  void start();
  // Ends accepting and closes the socket; connections go on. The port is free when it returns.
  void stop();
  // Asks all connections' tasks to end.
  void cancel_connections();
  // Until all connections have ended; false when the deadline passed first. After stop().
  bool wait(Deadline deadline = Deadline::never());

  uint16_t port() const { return port_; }                  // the real one
  const std::string& address() const { return address_; }  // "127.0.0.1:9030"
  uint32_t connections() const { return open_.load(std::memory_order_relaxed); }
  uint64_t accepted() const { return accepted_.load(std::memory_order_relaxed); }
  uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  struct Seat;
  Listener(NetworkThreads& threads, Options options, Handler handler);
  static Result<int> bind_unix(const std::string& path, const Options& options);
  static Result<int> bind_tcp(const ListenAddress& address, const Options& options);
  awaitable<void> accept_loop();
  awaitable<void> serve(Seat seat, asio::io_context& context);
  // False: the process or the system has no file descriptor left.
  bool accept_one(bool& more);
  void close_socket();

  NetworkThreads& threads_;
  asio::io_context& accept_context_;
  const Options options_;
  const Handler handler_;
  asio::posix::stream_descriptor socket_;  // the listening one; used by the accept loop, and before it starts
  int spare_fd_ = -1;                      // given up for a moment to turn away a connection when none is left
  int family_ = 0;
  uint16_t port_ = 0;
  std::string address_;
  std::string unix_path_;
  std::atomic<bool> started_{false};
  std::atomic<uint32_t> open_{0};
  std::atomic<uint32_t> refusing_{0};
  std::atomic<uint64_t> accepted_{0};
  std::atomic<uint64_t> refused_{0};
  TaskScope accepting_{"accept loop"};
  TaskScope connections_{"connections"};
};

}  // namespace sluice::net
