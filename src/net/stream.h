// SPDX-License-Identifier: Apache-2.0
// Stream: one connected TCP or unix socket, plain or under TLS. Belongs to one connection coroutine and is used only
// on the thread of its io_context; at most one read and one write at a time (they may overlap each other).
// Operations first try the socket without waiting, so data that is there costs no trip through epoll; now and then such
// a read yields all the same, so that a client that never pauses does not keep the thread from others.
// After an error a stream is good only for abort() and destruction. End of input is not an error: read_some gives 0.
#pragma once

#include <array>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/deadline.h"
#include "base/executor.h"
#include "base/result.h"

namespace sluice::net {

class TlsContext;
struct TlsState;
class Watchdog;

// What a client did to make the server think that nobody waits for the answer.
enum class PeerGone : uint8_t {
  kHalfClosed,  // it closed its sending side (MySQL: it is gone; HTTP 1.0 clients may still read)
  kClosed,      // both directions are down
};

class Stream {
 public:
  using Socket = asio::generic::stream_protocol::socket;

  // Takes a connected socket's file descriptor. `family` is AF_INET, AF_INET6 or AF_UNIX.
  static Result<std::unique_ptr<Stream>> adopt(asio::io_context& context, int family, int fd);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Reads what is there, at least one byte; 0 at the end of input. kDeadlineExceeded after `deadline`, kCancelled when
  // the task was cancelled, kUnavailable when the connection broke.
  awaitable<Result<size_t>> read_some(std::span<uint8_t> into, Deadline deadline = Deadline::never());
  // Fills `into`. End of input before that: kUnavailable ("connection closed by the peer").
  awaitable<Status> read_exactly(std::span<uint8_t> into, Deadline deadline = Deadline::never());
  // Writes all of it.
  awaitable<Status> write(std::span<const uint8_t> bytes, Deadline deadline = Deadline::never());
  // Writes both, in one system call where possible.
  awaitable<Status> write(std::span<const uint8_t> first, std::span<const uint8_t> second,
                          Deadline deadline = Deadline::never());

  // Starts TLS. `already_read` are bytes that came after the last plain one and were read with it (a client that does
  // not wait between asking for TLS and its ClientHello). On errors the stream is to be closed.
  awaitable<Status> upgrade_to_tls_server(const TlsContext& context, std::span<const uint8_t> already_read = {},
                                          Deadline deadline = Deadline::never());
  // `server_name` is sent as SNI and checked against the certificate (unless the context does not verify).
  awaitable<Status> upgrade_to_tls_client(const TlsContext& context, const std::string& server_name,
                                          Deadline deadline = Deadline::never());
  bool is_tls() const { return tls_ != nullptr; }
  std::string_view tls_version() const;  // "TLSv1.3"; empty without TLS
  std::string_view tls_cipher() const;   // "TLS_AES_256_GCM_SHA384"; empty without TLS
  bool has_peer_certificate() const;

  // Says good-bye: TLS close_notify, then FIN; reads and drops what the peer still sends (so that the last answer is
  // not lost to a reset) for at most `linger`; then closes.
  awaitable<void> close(std::chrono::milliseconds linger = std::chrono::milliseconds(1000));
  // Only the sending side: the peer sees end of input.
  awaitable<Status> close_sending(Deadline deadline = Deadline::never());
  // Closes at once; waiting operations end with an error. Safe to call twice.
  void abort();
  bool is_open() const { return socket_.is_open(); }

  // Calls `gone` once on this stream's thread, within about half a second of the peer closing its connection.
  // For the time when a statement runs and nobody reads; costs next to nothing. `gone` must not destroy the stream.
  void watch_peer(PeerGone meaning, std::function<void()> gone);
  void unwatch_peer();

  // "192.0.2.1:51234", "[2001:db8::1]:51234", "unix:/run/sluice.sock" or "unix:" for unnamed peers.
  const std::string& remote_address() const { return remote_; }
  // Without the port: "192.0.2.1"; "localhost" for unix sockets. IPv4-mapped IPv6 addresses are shown as IPv4.
  const std::string& remote_host() const { return remote_host_; }
  uint16_t local_port() const { return local_port_; }  // 0 for unix sockets
  bool is_loopback() const { return loopback_; }       // 127.0.0.0/8, ::1 or a unix socket
  asio::io_context& context() { return context_; }

  // Bytes on the wire, TLS included.
  uint64_t bytes_read() const { return bytes_read_; }
  uint64_t bytes_written() const { return bytes_written_; }

 private:
  friend class Watchdog;
  friend struct TlsState;
  enum class Direction : uint8_t { kRead, kWrite };
  // What the Watchdog looks at. Stays linked until a round of it finds nothing to watch any more.
  struct Watch {
    Stream* previous = nullptr;
    Stream* next = nullptr;
    bool linked = false;
    bool seen = false;                 // a round has passed since the peer is watched
    bool expired[2] = {false, false};  // by Direction
    Deadline deadlines[2];             // by Direction; never() while no operation waits
    std::function<void()> gone;        // empty: the peer is not watched
    PeerGone meaning = PeerGone::kHalfClosed;
  };
  struct Name;

  Stream(asio::io_context& context, Socket socket);
  void set_options(int family);
  void read_names();
  Error broken(std::string_view what, int errno_value) const;

  // Around an operation that suspends: the reason not to start it, or why it ended without success (nullopt: try
  // again, another direction's deadline had cancelled it).
  std::optional<Error> begin_waiting(Direction direction, Deadline deadline, bool task_cancelled);
  std::optional<Error> end_waiting(Direction direction, const boost::system::error_code& error, bool task_cancelled);
  awaitable<Status> wait(Direction direction, Deadline deadline);
  awaitable<Status> connect_to(const Socket::endpoint_type& endpoint, Deadline deadline);
  awaitable<Result<size_t>> read_waiting(std::span<uint8_t> into, Deadline deadline);
  awaitable<Status> write_plain(std::span<const uint8_t> first, std::span<const uint8_t> second, Deadline deadline);
  // 0: would wait; negative: -errno.
  ssize_t send_now(std::span<const uint8_t> first, std::span<const uint8_t> second);

  awaitable<Result<size_t>> read_tls(std::span<uint8_t> into, Deadline deadline);
  awaitable<Status> write_tls(std::span<const uint8_t> bytes, Deadline deadline);
  awaitable<Status> flush_tls(Deadline deadline);
  awaitable<Status> handshake(Deadline deadline);

  friend awaitable<Result<std::unique_ptr<Stream>>> connect(std::string host, uint16_t port, Deadline deadline);
  friend awaitable<Result<std::unique_ptr<Stream>>> connect_unix(std::string path, Deadline deadline);

  asio::io_context& context_;
  Socket socket_;
  Watchdog& watchdog_;
  Watch watch_;
  std::unique_ptr<TlsState> tls_;
  bool drained_ = false;  // the last read took all there was: trying again at once would be in vain
  bool loopback_ = false;
  uint8_t reads_without_wait_ = 0;
  uint16_t local_port_ = 0;
  uint64_t bytes_read_ = 0;
  uint64_t bytes_written_ = 0;
  std::string remote_;
  std::string remote_host_;
};

// Both run on an io_context (NetworkThreads); the stream belongs to the same one.
// Connects to a TCP address. Names are resolved by a thread of asio; all addresses are tried in turn. A look-up is
// not cut short by `deadline`.
awaitable<Result<std::unique_ptr<Stream>>> connect(std::string host, uint16_t port, Deadline deadline);
// Connects to a unix socket.
awaitable<Result<std::unique_ptr<Stream>>> connect_unix(std::string path, Deadline deadline);

}  // namespace sluice::net
