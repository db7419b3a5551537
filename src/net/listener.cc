// SPDX-License-Identifier: Apache-2.0
#include "net/listener.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <charconv>
#include <utility>

#include "base/backoff.h"
#include "base/check.h"
#include "base/log.h"

namespace sluice::net {

namespace {

tl::unexpected<Error> bind_error(const std::string& address, int errno_value) {
  if (errno_value == EADDRINUSE) {
    return fail(
        Error(Code::kAlreadyExists, "cannot listen on " + address + ": another program (or another Sluice) uses it")
            .with_native(Origin::kSystem, errno_value));
  }
  if (errno_value == EADDRNOTAVAIL) {
    return fail(Error(Code::kInvalidArgument, "cannot listen on " + address + ": this machine has no such address")
                    .with_native(Origin::kSystem, errno_value));
  }
  return fail(system_error("cannot listen on " + address, errno_value));
}

// An error that is about one connection which is gone already, not about accepting.
bool is_about_one_connection(int errno_value) {
  switch (errno_value) {
    case ECONNABORTED:
    case EINTR:
    case EPROTO:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
    case EPERM:
      return true;
    default:
      return false;
  }
}

}  // namespace

// ---------------------------------------------------------------- addresses

Result<ListenAddress> ListenAddress::parse(std::string_view text) {
  ListenAddress address;
  const auto malformed = [&](std::string_view why) {
    return fail(Code::kInvalidArgument, "'" + std::string(text) + "' is no address to listen on: " + std::string(why) +
                                            "; write host:port, [ipv6]:port, *:port or unix:/path");
  };
  if (text.starts_with("unix:")) {
    address.unix_path = text.substr(5);
    if (address.unix_path.empty()) return malformed("the path is missing");
    if (address.unix_path.size() >= sizeof(sockaddr_un::sun_path))
      return malformed("the path is longer than 107 bytes");
    return address;
  }
  size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return malformed("the port is missing");
  std::string_view host = text.substr(0, colon);
  std::string_view port = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos)
    return malformed("an IPv6 address needs brackets");
  if (host.empty()) return malformed("the host is missing");
  auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (port.empty() || error != std::errc() || end != port.data() + port.size())
    return malformed("the port is not a number up to 65535");
  address.host = host;
  return address;
}

std::string ListenAddress::text() const {
  if (!unix_path.empty()) return "unix:" + unix_path;
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<int> Listener::bind_unix(const std::string& path, const Options& options) {
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), local.sun_path);
  const auto* name = reinterpret_cast<const sockaddr*>(&local);
  int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return bind_error("unix:" + path, errno);
  int bound = ::bind(fd, name, sizeof(local));
  if (bound != 0 && errno == EADDRINUSE) {
    // Left behind by a process that was killed? Then nobody listens on it.
    int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const bool stale = probe >= 0 && ::connect(probe, name, sizeof(local)) != 0 && errno == ECONNREFUSED;
    if (probe >= 0) ::close(probe);
    struct stat facts{};
    if (stale && ::lstat(path.c_str(), &facts) == 0 && S_ISSOCK(facts.st_mode) && ::unlink(path.c_str()) == 0) {
      bound = ::bind(fd, name, sizeof(local));
    } else {
      errno = EADDRINUSE;
    }
  }
  if (bound != 0 || ::chmod(path.c_str(), options.unix_mode) != 0 || ::listen(fd, options.backlog) != 0) {
    int why = errno;
    ::close(fd);
    return bind_error("unix:" + path, why);
  }
  return fd;
}

Result<int> Listener::bind_tcp(const ListenAddress& address, const Options& options) {
  const std::string host = address.host == "*" ? "0.0.0.0" : address.host;
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (int why = ::getaddrinfo(host.c_str(), std::to_string(address.port).c_str(), &hints, &found); why != 0) {
    return fail(Code::kInvalidArgument, "cannot listen on " + address.text() + ": " + ::gai_strerror(why));
  }
  std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, &::freeaddrinfo);
  // A name with addresses of both kinds ("localhost") means the IPv4 one.
  const addrinfo* chosen = found;
  for (const addrinfo* one = found; one; one = one->ai_next) {
    if (one->ai_family == AF_INET) {
      chosen = one;
      break;
    }
  }
  int fd = ::socket(chosen->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return bind_error(address.text(), errno);
  const int on = 1, off = 0;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (chosen->ai_family == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
  if (::bind(fd, chosen->ai_addr, chosen->ai_addrlen) != 0 || ::listen(fd, options.backlog) != 0) {
    int why = errno;
    ::close(fd);
    return bind_error(address.text(), why);
  }
  return fd;
}

// ---------------------------------------------------------------- life

// One accepted connection: its descriptor until a stream takes it, and its place in the counts.
struct Listener::Seat {
  Seat(Listener& listener, int fd, Admission admission) : listener(&listener), fd(fd), admission(admission) {
    count().fetch_add(1, std::memory_order_relaxed);
  }
  Seat(Seat&& other) noexcept
      : listener(std::exchange(other.listener, nullptr)), fd(std::exchange(other.fd, -1)), admission(other.admission) {}
  Seat& operator=(Seat&&) = delete;
  ~Seat() {
    if (fd >= 0) ::close(fd);
    if (listener) count().fetch_sub(1, std::memory_order_relaxed);
  }
  std::atomic<uint32_t>& count() { return admission == Admission::kServe ? listener->open_ : listener->refusing_; }

  Listener* listener;
  int fd;
  Admission admission;
};

Listener::Listener(NetworkThreads& threads, Options options, Handler handler)
    : threads_(threads),
      accept_context_(threads.next()),
      options_(std::move(options)),
      handler_(std::move(handler)),
      socket_(accept_context_) {}

Result<std::unique_ptr<Listener>> Listener::open(NetworkThreads& threads, const ListenAddress& address, Options options,
                                                 Handler handler) {
  const bool local = !address.unix_path.empty();
  const int fd = TRY(local ? bind_unix(address.unix_path, options) : bind_tcp(address, options));
  std::unique_ptr<Listener> listener(new Listener(threads, std::move(options), std::move(handler)));
  boost::system::error_code error;
  listener->socket_.assign(fd, error);
  if (error) {
    ::close(fd);
    return fail(system_error("cannot listen on " + address.text(), error.value()));
  }
  sockaddr_storage bound{};
  socklen_t length = sizeof(bound);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &length);
  listener->family_ = bound.ss_family;
  ListenAddress real = address;
  if (bound.ss_family == AF_INET) real.port = ntohs(reinterpret_cast<sockaddr_in&>(bound).sin_port);
  if (bound.ss_family == AF_INET6) real.port = ntohs(reinterpret_cast<sockaddr_in6&>(bound).sin6_port);
  listener->port_ = local ? 0 : real.port;
  listener->address_ = real.text();
  listener->unix_path_ = address.unix_path;
  listener->spare_fd_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  return listener;
}

Listener::~Listener() {
  stop();
  cancel_connections();
  wait();
}

void Listener::start() {
  BUG_CHECK(!started_.exchange(true), "a listener was started twice");
  accepting_.spawn(accept_context_, accept_loop());
}

void Listener::stop() {
  accepting_.cancel_all();
  accepting_.wait();
  close_socket();
}

void Listener::close_socket() {
  if (socket_.is_open()) {
    boost::system::error_code ignored;
    socket_.close(ignored);
    if (!unix_path_.empty()) ::unlink(unix_path_.c_str());
  }
  if (spare_fd_ >= 0) ::close(std::exchange(spare_fd_, -1));
}

void Listener::cancel_connections() { connections_.cancel_all(); }
bool Listener::wait(Deadline deadline) { return connections_.wait(deadline); }

// ---------------------------------------------------------------- accepting

bool Listener::accept_one(bool& more) {
  more = true;
  int fd = ::accept4(socket_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    if (errno == EAGAIN || errno == EWOULDBLOCK)
      more = false;
    else if (!is_about_one_connection(errno))
      return false;
    return true;
  }
  accepted_.fetch_add(1, std::memory_order_relaxed);
  Admission admission = Admission::kServe;
  if (open_.load(std::memory_order_relaxed) >= options_.max_connections) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    static log::RateLimit limit;
    limit.warn("connections are refused: too many are open",
               {{"listener", options_.name}, {"max_connections", options_.max_connections}});
    if (refusing_.load(std::memory_order_relaxed) >= options_.max_refusing) {
      ::close(fd);
      return true;
    }
    admission = Admission::kRefuse;
  }
  asio::io_context& context = threads_.next();
  connections_.spawn(context, serve(Seat(*this, fd, admission), context));
  return true;
}

awaitable<void> Listener::serve(Seat seat, asio::io_context& context) {
  auto stream = Stream::adopt(context, family_, std::exchange(seat.fd, -1));
  if (!stream) {
    static log::RateLimit limit;
    limit.warn("a connection was lost at once", {{"listener", options_.name}, {"error", stream.error()}});
    co_return;
  }
  co_await handler_(std::move(*stream), seat.admission);
}

awaitable<void> Listener::accept_loop() {
  // Fairness on the thread that also runs connections.
  constexpr int kAcceptsInARow = 64;
  constexpr int kDropsInARow = 256;
  Backoff backoff(retry::kAccept);
  while (!co_await cancelled()) {
    boost::system::error_code error;
    co_await socket_.async_wait(asio::posix::stream_descriptor::wait_read,
                                asio::redirect_error(asio::use_awaitable, error));
    if (error) continue;
    bool more = true;
    for (int i = 0; i < kAcceptsInARow && more; ++i) {
      if (accept_one(more)) {
        backoff.reset();
        continue;
      }
      const int why = errno;
      static log::RateLimit limit;
      limit.error("connections cannot be accepted",
                  {{"listener", options_.name}, {"error", system_error("accept", why)}});
      if (why == EMFILE && spare_fd_ >= 0) {
        // Take the clients off the queue and hang up: better than leaving them waiting for an answer.
        ::close(std::exchange(spare_fd_, -1));
        for (int dropped = 0; dropped < kDropsInARow; ++dropped) {
          int fd = ::accept4(socket_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC);
          if (fd < 0) break;
          ::close(fd);
          refused_.fetch_add(1, std::memory_order_relaxed);
        }
      }
      auto pause = backoff.next(system_error("accept", why));
      if (pause) co_await sleep_for(*pause);
      if (spare_fd_ < 0) spare_fd_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
      break;
    }
  }
}

}  // namespace sluice::net
