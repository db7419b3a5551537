// SPDX-License-Identifier: Apache-2.0
#include "net/stream.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/check.h"
#include "net/tls_state.h"
#include "net/watchdog.h"

namespace sluice::net {

namespace {

constexpr uint8_t kReadsBeforeYield = 64;

// A copy of a coroutine's cancellation_state goes on telling the present state.
bool requested(const asio::cancellation_state& cancellation) {
  return cancellation.cancelled() != asio::cancellation_type::none;
}

Error cancelled_error() { return Error(Code::kCancelled, "the connection's task was cancelled"); }

}  // namespace

Stream::Stream(asio::io_context& context, Socket socket)
    : context_(context), socket_(std::move(socket)), watchdog_(Watchdog::of(context)) {}

Stream::~Stream() { abort(); }

Result<std::unique_ptr<Stream>> Stream::adopt(asio::io_context& context, int family, int fd) {
  Socket socket(context);
  boost::system::error_code error;
  socket.assign(asio::generic::stream_protocol(family, 0), fd, error);
  if (error) {
    ::close(fd);
    return fail(system_error("a connection's socket cannot be watched", error.value()));
  }
  std::unique_ptr<Stream> stream(new Stream(context, std::move(socket)));
  stream->set_options(family);
  stream->read_names();
  return stream;
}

void Stream::set_options(int family) {
  boost::system::error_code ignored;
  socket_.native_non_blocking(true, ignored);
  if (family == AF_UNIX) return;
  // A peer whose machine vanished is noticed after about four minutes.
  const int on = 1, idle_s = 120, interval_s = 30, probes = 4;
  const int fd = socket_.native_handle();
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof(interval_s));
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
}

// A socket address as text.
struct Stream::Name {
  explicit Name(const sockaddr_storage& address, socklen_t length) {
    char text[INET6_ADDRSTRLEN] = "";
    if (address.ss_family == AF_INET) {
      auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
      inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text));
      host = text;
      port = ntohs(v4.sin_port);
      full = host + ":" + std::to_string(port);
      loopback = (ntohl(v4.sin_addr.s_addr) >> 24) == 127;
    } else if (address.ss_family == AF_INET6) {
      auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
      port = ntohs(v6.sin6_port);
      if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
        inet_ntop(AF_INET, v6.sin6_addr.s6_addr + 12, text, sizeof(text));
        host = text;
        full = host + ":" + std::to_string(port);
        loopback = v6.sin6_addr.s6_addr[12] == 127;
      } else {
        inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof(text));
        host = text;
        full = "[" + host + "]:" + std::to_string(port);
        loopback = IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
      }
    } else {
      auto& local = reinterpret_cast<const sockaddr_un&>(address);
      size_t path_bytes = length > offsetof(sockaddr_un, sun_path) ? length - offsetof(sockaddr_un, sun_path) : 0;
      host = "localhost";
      full = "unix:" + std::string(local.sun_path, strnlen(local.sun_path, path_bytes));
      loopback = true;
    }
  }
  std::string host;
  std::string full;
  uint16_t port = 0;
  bool loopback = false;
};

void Stream::read_names() {
  sockaddr_storage address{};
  socklen_t length = sizeof(address);
  if (::getpeername(socket_.native_handle(), reinterpret_cast<sockaddr*>(&address), &length) == 0) {
    Name name(address, length);
    remote_ = name.full;
    remote_host_ = name.host;
    loopback_ = name.loopback;
  }
  length = sizeof(address);
  if (::getsockname(socket_.native_handle(), reinterpret_cast<sockaddr*>(&address), &length) == 0) {
    local_port_ = Name(address, length).port;
  }
}

Error Stream::broken(std::string_view what, int errno_value) const {
  return Error(Code::kUnavailable, std::string(what) + ": " + std::generic_category().message(errno_value))
      .with_native(Origin::kSystem, errno_value)
      .with_peer(remote_);
}

// ---------------------------------------------------------------- waiting

std::optional<Error> Stream::begin_waiting(Direction direction, Deadline deadline, bool task_cancelled) {
  if (!socket_.is_open()) return broken("the connection is closed", EPIPE);
  if (task_cancelled) return cancelled_error();
  if (deadline.is_never()) return std::nullopt;
  if (deadline.expired()) return Error(Code::kDeadlineExceeded, "the peer took too long").with_peer(remote_);
  const auto index = static_cast<size_t>(direction);
  watch_.deadlines[index] = deadline;
  watch_.expired[index] = false;
  watchdog_.watch(*this, deadline.time());
  return std::nullopt;
}

std::optional<Error> Stream::end_waiting(Direction direction, const boost::system::error_code& error,
                                         bool task_cancelled) {
  const auto index = static_cast<size_t>(direction);
  const bool expired = std::exchange(watch_.expired[index], false);
  if (error != asio::error::operation_aborted) {
    watch_.deadlines[index] = Deadline::never();
    if (!error) return std::nullopt;
    return broken("the connection broke", error.value());
  }
  // The operation was ended on purpose. When that was for the other direction's deadline, it is begun again.
  if (!expired && !task_cancelled && socket_.is_open()) return std::nullopt;
  watch_.deadlines[index] = Deadline::never();
  if (expired) return Error(Code::kDeadlineExceeded, "the peer took too long").with_peer(remote_);
  if (task_cancelled) return cancelled_error();
  return broken("the connection was closed here", ECONNABORTED);
}

awaitable<Status> Stream::wait(Direction direction, Deadline deadline) {
  const auto cancellation = co_await asio::this_coro::cancellation_state;
  if (auto refused = begin_waiting(direction, deadline, requested(cancellation))) co_return fail(std::move(*refused));
  for (;;) {
    boost::system::error_code error;
    co_await socket_.async_wait(direction == Direction::kRead ? Socket::wait_read : Socket::wait_write,
                                asio::redirect_error(asio::use_awaitable, error));
    if (auto failed = end_waiting(direction, error, requested(cancellation))) co_return fail(std::move(*failed));
    if (!error) co_return Status();
  }
}

awaitable<Status> Stream::connect_to(const Socket::endpoint_type& endpoint, Deadline deadline) {
  const auto cancellation = co_await asio::this_coro::cancellation_state;
  boost::system::error_code error;
  socket_.open(endpoint.protocol(), error);
  if (error) co_return fail(broken("a socket cannot be made", error.value()));
  if (auto refused = begin_waiting(Direction::kWrite, deadline, requested(cancellation)))
    co_return fail(std::move(*refused));
  co_await socket_.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
  if (auto failed = end_waiting(Direction::kWrite, error, requested(cancellation))) co_return fail(std::move(*failed));
  if (error) co_return fail(broken("connecting was interrupted", ECANCELED));
  set_options(endpoint.protocol().family());
  read_names();
  co_return Status();
}

// ---------------------------------------------------------------- reading

awaitable<Result<size_t>> Stream::read_some(std::span<uint8_t> into, Deadline deadline) {
  BUG_CHECK(!into.empty(), "a read into nothing");
  if (tls_) co_return co_await read_tls(into, deadline);
  if (!drained_ && ++reads_without_wait_ < kReadsBeforeYield) {
    ssize_t n;
    do n = ::recv(socket_.native_handle(), into.data(), into.size(), MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n > 0) {
      drained_ = static_cast<size_t>(n) < into.size();
      bytes_read_ += static_cast<uint64_t>(n);
      co_return static_cast<size_t>(n);
    }
    if (n == 0) co_return size_t{0};
    if (errno != EAGAIN && errno != EWOULDBLOCK) co_return fail(broken("the connection broke", errno));
  }
  co_return co_await read_waiting(into, deadline);
}

awaitable<Result<size_t>> Stream::read_waiting(std::span<uint8_t> into, Deadline deadline) {
  const auto cancellation = co_await asio::this_coro::cancellation_state;
  reads_without_wait_ = 0;
  if (auto refused = begin_waiting(Direction::kRead, deadline, requested(cancellation)))
    co_return fail(std::move(*refused));
  for (;;) {
    boost::system::error_code error;
    size_t n = co_await socket_.async_read_some(asio::buffer(into.data(), into.size()),
                                                asio::redirect_error(asio::use_awaitable, error));
    const bool end_of_input = error == asio::error::eof;
    if (end_of_input) error = {};
    if (auto failed = end_waiting(Direction::kRead, error, requested(cancellation))) co_return fail(std::move(*failed));
    if (error) continue;
    drained_ = n < into.size();
    bytes_read_ += n;
    co_return end_of_input ? size_t{0} : n;
  }
}

awaitable<Status> Stream::read_exactly(std::span<uint8_t> into, Deadline deadline) {
  while (!into.empty()) {
    size_t n = CO_TRY(co_await read_some(into, deadline));
    if (n == 0) co_return fail(broken("connection closed by the peer", ECONNRESET));
    into = into.subspan(n);
  }
  co_return Status();
}

// ---------------------------------------------------------------- writing

ssize_t Stream::send_now(std::span<const uint8_t> first, std::span<const uint8_t> second) {
  iovec parts[2] = {{const_cast<uint8_t*>(first.data()), first.size()},
                    {const_cast<uint8_t*>(second.data()), second.size()}};
  msghdr message{};
  message.msg_iov = first.empty() ? parts + 1 : parts;
  message.msg_iovlen = (first.empty() || second.empty()) ? 1 : 2;
  ssize_t n;
  do n = ::sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);
  if (n >= 0) {
    bytes_written_ += static_cast<uint64_t>(n);
    return n;
  }
  return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
}

awaitable<Status> Stream::write(std::span<const uint8_t> bytes, Deadline deadline) {
  if (tls_) co_return co_await write_tls(bytes, deadline);
  co_return co_await write_plain(bytes, {}, deadline);
}

awaitable<Status> Stream::write(std::span<const uint8_t> first, std::span<const uint8_t> second, Deadline deadline) {
  if (tls_) {
    CO_TRY(co_await write_tls(first, deadline));
    co_return co_await write_tls(second, deadline);
  }
  co_return co_await write_plain(first, second, deadline);
}

awaitable<Status> Stream::write_plain(std::span<const uint8_t> first, std::span<const uint8_t> second,
                                      Deadline deadline) {
  while (!first.empty() || !second.empty()) {
    ssize_t sent = send_now(first, second);
    if (sent < 0) co_return fail(broken("the connection broke", static_cast<int>(-sent)));
    size_t of_first = std::min(first.size(), static_cast<size_t>(sent));
    first = first.subspan(of_first);
    second = second.subspan(static_cast<size_t>(sent) - of_first);
    if (first.empty() && second.empty()) break;
    CO_TRY(co_await wait(Direction::kWrite, deadline));
  }
  co_return Status();
}

// ---------------------------------------------------------------- closing and watching

awaitable<Status> Stream::close_sending(Deadline deadline) {
  if (tls_) {
    tls_->say_goodbye();
    CO_TRY(co_await flush_tls(deadline));
  }
  if (::shutdown(socket_.native_handle(), SHUT_WR) != 0) co_return fail(broken("the connection broke", errno));
  co_return Status();
}

awaitable<void> Stream::close(std::chrono::milliseconds linger) {
  if (socket_.is_open()) {
    const Deadline deadline = Deadline::after(linger);
    Status sent = co_await close_sending(deadline);
    if (sent) {
      // Unread input would turn the close into a reset, which can overtake our last bytes.
      std::array<uint8_t, 4096> dropped;
      drained_ = false;
      for (;;) {
        ssize_t n = ::recv(socket_.native_handle(), dropped.data(), dropped.size(), MSG_DONTWAIT);
        if (n > 0 && !deadline.expired()) continue;
        if (n >= 0 || (errno != EAGAIN && errno != EINTR)) break;
        if (!co_await wait(Direction::kRead, deadline)) break;
      }
    }
  }
  abort();
}

void Stream::abort() {
  watchdog_.unlink(*this);
  watch_.gone = nullptr;
  boost::system::error_code ignored;
  if (socket_.is_open()) socket_.close(ignored);
}

void Stream::watch_peer(PeerGone meaning, std::function<void()> gone) {
  watch_.meaning = meaning;
  watch_.gone = std::move(gone);
  watch_.seen = false;
  watchdog_.watch_peer(*this);
}

void Stream::unwatch_peer() { watch_.gone = nullptr; }

}  // namespace sluice::net
