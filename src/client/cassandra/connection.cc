// SPDX-License-Identifier: Apache-2.0
#include "client/cassandra/connection.h"

#include <algorithm>

#include "base/check.h"
#include "base/log.h"
#include "client/cassandra/requests.h"
#include "client/cassandra/server_error.h"

namespace sluice::client::cassandra {

namespace {

using Clock = Deadline::Clock;

constexpr size_t kReadBytes = 128 * 1024;
// Bodies up to here are copied behind each other and written together.
constexpr size_t kSmallBody = 8 * 1024;
constexpr size_t kWriteTogether = 128 * 1024;
// Deadlines are looked at no more often than this.
constexpr std::chrono::milliseconds kWatchInterval{5};

}  // namespace

class Connection::Heartbeat : public Exchange {
 public:
  explicit Heartbeat(Connection& connection) : connection_(connection.shared_from_this()) {}
  void finished(std::unique_ptr<Exchange>, Result<ResponseFrame> response, Fate) override {
    connection_->heartbeat_ = false;
    if (response || response.error().code() != Code::kDeadlineExceeded) return;
    connection_->close(Error(Code::kUnavailable, "the server does not answer").with_peer(connection_->peer()));
  }

 private:
  std::shared_ptr<Connection> connection_;
};

Connection::Connection(std::shared_ptr<const Settings> settings, std::unique_ptr<net::Stream> stream, Observer observer)
    : settings_(std::move(settings)),
      stream_(std::move(stream)),
      observer_(std::move(observer)),
      writable_(stream_->context()),
      watch_(stream_->context()),
      last_read_(Clock::now()) {}

Connection::~Connection() = default;

awaitable<Result<std::shared_ptr<Connection>>> Connection::open(std::shared_ptr<const Settings> settings,
                                                                Address address, TaskScope& scope, Observer observer,
                                                                Deadline deadline) {
  auto stream = CO_TRY(co_await net::connect(address.host, address.port, deadline));
  if (settings->tls) {
    const std::string& name = settings->tls_name.empty() ? address.host : settings->tls_name;
    CO_TRY(co_await stream->upgrade_to_tls_client(*settings->tls, name, deadline));
  }
  std::shared_ptr<Connection> connection(new Connection(std::move(settings), std::move(stream), std::move(observer)));
  CO_TRY(co_await connection->start(deadline));
  auto& context = connection->context();
  bool running = scope.spawn(context, connection->read_loop());
  running = running && scope.spawn(context, connection->write_loop());
  running = running && scope.spawn(context, connection->watch_loop());
  if (!running) {
    connection->observer_ = {};
    connection->close(Error(Code::kCancelled, "the session is closed"));
    co_return fail(Code::kCancelled, "the session is closed");
  }
  co_return connection;
}

// ---------------------------------------------------------------- submitting

Connection::Submitted Connection::submit(std::unique_ptr<Exchange>& exchange, uint32_t limit) {
  if (load() >= limit) return Submitted::kFull;
  bool wake = false;
  {
    std::lock_guard lock(mutex_);
    if (closed_.load(std::memory_order_relaxed)) return Submitted::kClosed;
    load_.fetch_add(1, std::memory_order_relaxed);
    submitted_.push_back(std::move(exchange));
    wake = !std::exchange(wake_posted_, true);
  }
  if (wake) asio::post(stream_->context(), [self = shared_from_this()] { self->writable_.set(); });
  return Submitted::kTaken;
}

void Connection::drain() {
  std::lock_guard lock(mutex_);
  wake_posted_ = false;
  for (auto& exchange : submitted_) {
    if (exchange->deadline.time() < watch_at_) watch_.set();
    waiting_.push_back(std::move(exchange));
  }
  submitted_.clear();
}

void Connection::finish(std::unique_ptr<Exchange> exchange, Result<ResponseFrame> response, Fate fate) {
  load_.fetch_sub(1, std::memory_order_relaxed);
  Exchange& finished = *exchange;
  finished.finished(std::move(exchange), std::move(response), fate);
}

// ---------------------------------------------------------------- streams

int Connection::take_stream() {
  ++under_way_;
  if (free_streams_.empty()) {
    slots_.emplace_back();
    return static_cast<int>(slots_.size()) - 1;
  }
  const int stream = free_streams_.back();
  free_streams_.pop_back();
  return stream;
}

void Connection::free_stream(int stream) {
  --under_way_;
  free_streams_.push_back(stream);
  if (!waiting_.empty()) writable_.set();
}

// ---------------------------------------------------------------- writing

void Connection::gather() {
  const auto now = Clock::now();
  while (!waiting_.empty() && under_way_ < settings_->max_requests_per_connection && !large_ &&
         batch_.size() < kWriteTogether) {
    auto exchange = std::move(waiting_.front());
    waiting_.pop_front();
    if (exchange->deadline.expired(now)) {
      finish(std::move(exchange), fail(too_late()), Fate::kNotSent);
      continue;
    }
    RequestFramePtr frame = exchange->frame;
    if ((frame->flags & kFlagCompressed) && !compresses_) {
      auto plain = without_compression(frame);
      BUG_CHECK(plain, "a frame of our own does not decode");
      frame = *plain;
    }
    const int stream = take_stream();
    slots_[static_cast<size_t>(stream)].exchange = std::move(exchange);
    const auto header = header_bytes({.flags = frame->flags,
                                      .stream = static_cast<int16_t>(stream),
                                      .opcode = frame->opcode,
                                      .body_bytes = static_cast<uint32_t>(frame->body.size())});
    batch_.append(header);
    if (frame->body.size() <= kSmallBody) {
      batch_.append(frame->body.span());
    } else {
      large_ = std::move(frame);
    }
  }
}

awaitable<void> Connection::write_loop() {
  auto self = shared_from_this();
  while (is_open()) {
    drain();
    batch_.clear();
    large_ = nullptr;
    gather();
    if (batch_.empty()) {
      co_await writable_.wait();
      if (co_await cancelled()) break;
      continue;
    }
    auto written = co_await stream_->write(batch_.span(), large_ ? large_->body.span() : std::span<const uint8_t>(),
                                           Deadline::after(settings_->request_timeout));
    if (!written) {
      close(std::move(written).error());
      break;
    }
  }
  close(Error(Code::kCancelled, "the session is closed"));
}

// ---------------------------------------------------------------- reading

awaitable<void> Connection::read_loop() {
  auto self = shared_from_this();
  ByteBuffer input(kReadBytes);
  Status state;
  while (state && is_open()) {
    size_t begin = 0;
    while (state && input.size() - begin >= kHeaderBytes) {
      auto header = parse_header(std::span<const uint8_t, kHeaderBytes>(input.data() + begin, kHeaderBytes),
                                 settings_->max_response_bytes);
      if (!header) {
        state = fail(std::move(header).error());
        break;
      }
      const size_t have = input.size() - begin - kHeaderBytes;
      if (have >= header->body_bytes) {
        state = deliver(*header, input.span().subspan(begin + kHeaderBytes, header->body_bytes));
        begin += kHeaderBytes + header->body_bytes;
        continue;
      }
      if (header->body_bytes + kHeaderBytes <= kReadBytes) break;
      // A large body is read into its own memory at once.
      ByteBuffer body(header->body_bytes);
      body.append(input.span().subspan(begin + kHeaderBytes));
      input.clear();
      begin = 0;
      state = co_await stream_->read_exactly({body.tail(header->body_bytes - have), header->body_bytes - have});
      if (!state) break;
      body.advance(header->body_bytes - have);
      last_read_ = Clock::now();
      if (header->flags & kFlagCompressed) {
        state = deliver(*header, body.span());
      } else {
        ResponseFrame frame;
        frame.header = *header;
        frame.body = std::move(body);
        state = deliver(std::move(frame));
      }
    }
    if (!state || !is_open()) break;
    input.erase_front(begin);
    auto n = co_await stream_->read_some({input.tail(kReadBytes - input.size()), kReadBytes - input.size()});
    if (!n) {
      state = fail(std::move(n).error());
    } else if (*n == 0) {
      state = fail(Error(Code::kUnavailable, "the server closed the connection").with_peer(peer()));
    } else {
      input.advance(*n);
      last_read_ = Clock::now();
    }
  }
  close(state ? Error(Code::kCancelled, "the session is closed") : std::move(state).error());
}

Status Connection::deliver(const FrameHeader& header, std::span<const uint8_t> body) {
  ResponseFrame frame;
  frame.header = header;
  if (header.flags & kFlagCompressed) {
    frame.body = TRY(decompress_body(body, settings_->max_response_bytes));
  } else {
    frame.body.append(body);
  }
  return deliver(std::move(frame));
}

Status Connection::deliver(ResponseFrame frame) {
  TRY(strip_prefixes(frame));
  const int stream = frame.header.stream;
  if (frame.header.opcode == Opcode::kEvent) {
    auto event = TRY(read_event(frame));
    if (observer_.event) observer_.event(event);
    return {};
  }
  if (stream < 0) {
    // An error of no request in particular: the connection is of no more use.
    if (frame.header.opcode == Opcode::kError) return fail(to_error(TRY(read_server_error(frame.content())), peer()));
    return fail(Code::kDataLoss, "an answer of stream " + std::to_string(stream));
  }
  Slot* slot = static_cast<size_t>(stream) < slots_.size() ? &slots_[static_cast<size_t>(stream)] : nullptr;
  if (slot && slot->orphan) {
    slot->orphan = false;
    --orphans_;
    free_stream(stream);
    return {};
  }
  if (!slot || !slot->exchange)
    return fail(Code::kDataLoss, "an answer of stream " + std::to_string(stream) + ", where nothing was asked");
  auto exchange = std::move(slot->exchange);
  free_stream(stream);
  finish(std::move(exchange), std::move(frame), Fate::kSent);
  return {};
}

// ---------------------------------------------------------------- deadlines

Error Connection::too_late() const {
  return Error(Code::kDeadlineExceeded, "the server took too long").with_peer(peer());
}

Clock::time_point Connection::expire(Clock::time_point now) {
  auto next = Clock::time_point::max();
  std::vector<std::pair<std::unique_ptr<Exchange>, Fate>> expired;
  for (Slot& slot : slots_) {
    if (!slot.exchange) continue;
    if (slot.exchange->deadline.time() > now) {
      next = std::min(next, slot.exchange->deadline.time());
      continue;
    }
    expired.emplace_back(std::move(slot.exchange), Fate::kSent);
    slot.orphan = true;
    ++orphans_;
  }
  auto kept = waiting_.begin();
  for (auto& exchange : waiting_) {
    if (exchange->deadline.time() <= now) {
      expired.emplace_back(std::move(exchange), Fate::kNotSent);
      continue;
    }
    next = std::min(next, exchange->deadline.time());
    std::swap(*kept, exchange);
    ++kept;
  }
  waiting_.erase(kept, waiting_.end());
  for (auto& [exchange, fate] : expired) finish(std::move(exchange), fail(too_late()), fate);
  // Their streams are not free: with half of them gone the connection is of little use.
  if (orphans_ > settings_->max_orphans || orphans_ * 2 > settings_->max_requests_per_connection) {
    close(Error(Code::kUnavailable, "the server leaves too many requests without an answer").with_peer(peer()));
  }
  return next;
}

void Connection::send_heartbeat() {
  heartbeat_ = true;
  std::unique_ptr<Exchange> exchange = std::make_unique<Heartbeat>(*this);
  exchange->frame = make_frame(Opcode::kOptions, {}, false);
  exchange->deadline = Deadline::after(settings_->heartbeat_timeout);
  if (submit(exchange) != Submitted::kTaken) heartbeat_ = false;
}

awaitable<void> Connection::watch_loop() {
  auto self = shared_from_this();
  while (is_open() && !co_await cancelled()) {
    // The writer may be stuck: what waits behind it has deadlines, too.
    drain();
    const auto now = Clock::now();
    const auto next = expire(now);
    if (!is_open()) break;
    if (!heartbeat_ && now - last_read_ >= settings_->heartbeat_interval) {
      send_heartbeat();
      continue;
    }
    const auto heartbeat = heartbeat_ ? Clock::time_point::max() : last_read_ + settings_->heartbeat_interval;
    watch_at_ = std::max(std::min(next, heartbeat), now + kWatchInterval);
    co_await watch_.wait(Deadline::at(watch_at_));
  }
}

// ---------------------------------------------------------------- closing

void Connection::close(Error reason) {
  {
    std::lock_guard lock(mutex_);
    if (closed_.exchange(true)) return;
  }
  auto self = shared_from_this();
  drain();
  stream_->abort();
  writable_.set();
  watch_.set();
  if (reason.code() != Code::kCancelled) {
    log::info("a connection to Cassandra ended", {{"peer", peer()}, {"error", reason}});
  }
  // Requests that the server may have answered, had the connection lived, may be sent to another one.
  auto told = [&]() -> Result<ResponseFrame> {
    if (reason.code() == Code::kCancelled) return fail(reason);
    return fail(Error(Code::kUnavailable, "the connection was lost")
                    .with_retry(Retry::kReroute)
                    .with_peer(peer())
                    .with_cause(reason));
  };
  std::vector<std::unique_ptr<Exchange>> sent;
  for (Slot& slot : slots_) {
    if (slot.exchange) sent.push_back(std::move(slot.exchange));
  }
  auto waiting = std::exchange(waiting_, {});
  if (auto closed = std::exchange(observer_, {}).closed) closed();
  for (auto& exchange : sent) finish(std::move(exchange), told(), Fate::kSent);
  for (auto& exchange : waiting) finish(std::move(exchange), told(), Fate::kNotSent);
}

void Connection::close_from_any_thread(Error reason) {
  asio::post(stream_->context(),
             [self = shared_from_this(), reason = std::move(reason)]() mutable { self->close(std::move(reason)); });
}

}  // namespace sluice::client::cassandra
