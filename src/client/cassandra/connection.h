// SPDX-License-Identifier: Apache-2.0
// Connection: one connection to one node, past its start-up messages. Many requests are under way at once, each under a
// stream id; small ones that wait are written together. Belongs to the io_context that it was opened on; submit(),
// load() and is_open() from any thread, all else on its own. Kept alive by its tasks, which end when it closes.
// Source of truth: native_protocol_v4.spec, sections 2 to 4; PROTOCOL.md.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/executor.h"
#include "client/cassandra/frame.h"
#include "client/cassandra/responses.h"
#include "client/cassandra/settings.h"
#include "client/cassandra/signal.h"
#include "net/stream.h"

namespace sluice::client::cassandra {

// Whether the server may have seen a request that failed.
enum class Fate : uint8_t { kNotSent, kSent };

// A request on its way through a connection.
class Exchange {
 public:
  virtual ~Exchange() = default;
  // Called exactly once, on the connection's thread; `self` is this object. An ERROR message is a response, too.
  // Errors: kDeadlineExceeded; kUnavailable when the connection broke; kCancelled when it was closed here.
  virtual void finished(std::unique_ptr<Exchange> self, Result<ResponseFrame> response, Fate fate) = 0;

  RequestFramePtr frame;
  Deadline deadline;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  struct Observer {
    std::function<void(const Event&)> event;  // after REGISTER
    std::function<void()> closed;             // once
  };
  enum class Submitted : uint8_t { kTaken, kFull, kClosed };

  // Connects, starts TLS, agrees on options, authenticates and changes to the keyspace. On an io_context, to which the
  // connection then belongs; its tasks run in `scope`.
  static awaitable<Result<std::shared_ptr<Connection>>> open(std::shared_ptr<const Settings> settings, Address address,
                                                             TaskScope& scope, Observer observer, Deadline deadline);
  ~Connection();

  // Any thread. When it is not taken, `exchange` stays the caller's. kFull: load() has reached `limit`.
  Submitted submit(std::unique_ptr<Exchange>& exchange, uint32_t limit = UINT32_MAX);
  // Requests taken and not finished.
  uint32_t load() const { return load_.load(std::memory_order_relaxed); }
  bool is_open() const { return !closed_.load(std::memory_order_acquire); }
  void close_from_any_thread(Error reason);

  // One request on this connection and none other, from its own thread.
  awaitable<Result<ResponseFrame>> call(RequestFramePtr frame, Deadline deadline);
  // All failed requests are told `reason`.
  void close(Error reason);

  bool compresses() const { return compresses_; }
  const std::string& peer() const { return stream_->remote_address(); }
  const std::string& peer_host() const { return stream_->remote_host(); }
  asio::io_context& context() { return stream_->context(); }

 private:
  struct Slot {
    std::unique_ptr<Exchange> exchange;
    bool orphan = false;  // given up; the stream is free when its answer comes
  };
  class Heartbeat;

  Connection(std::shared_ptr<const Settings> settings, std::unique_ptr<net::Stream> stream, Observer observer);

  // connection_start.cc
  awaitable<Status> start(Deadline deadline);
  awaitable<Status> authenticate(const std::string& server_class, Deadline deadline);
  awaitable<Result<ResponseFrame>> ask(Opcode opcode, ByteBuffer body, Deadline deadline);

  awaitable<void> read_loop();
  Status deliver(const FrameHeader& header, std::span<const uint8_t> body);
  Status deliver(ResponseFrame frame);
  awaitable<void> write_loop();
  // What was submitted goes to waiting_.
  void drain();
  // The next frames go to batch_; a large body to large_.
  void gather();
  awaitable<void> watch_loop();
  Deadline::Clock::time_point expire(Deadline::Clock::time_point now);
  void finish(std::unique_ptr<Exchange> exchange, Result<ResponseFrame> response, Fate fate);
  Error too_late() const;
  void send_heartbeat();

  int take_stream();
  void free_stream(int stream);

  const std::shared_ptr<const Settings> settings_;
  const std::unique_ptr<net::Stream> stream_;
  Observer observer_;
  bool compresses_ = false;

  std::mutex mutex_;
  // Guarded by mutex_:
  std::vector<std::unique_ptr<Exchange>> submitted_;
  bool wake_posted_ = false;

  std::atomic<bool> closed_{false};  // set with mutex_ held
  std::atomic<uint32_t> load_{0};

  // Of the connection's thread:
  std::deque<std::unique_ptr<Exchange>> waiting_;
  std::vector<Slot> slots_;        // by stream
  std::vector<int> free_streams_;  // the last used first
  uint32_t under_way_ = 0;         // slots in use, orphans included
  uint32_t orphans_ = 0;
  ByteBuffer batch_;       // what is written next
  RequestFramePtr large_;  // and its last body, when that is too large to copy
  Signal writable_;        // there may be something to write
  Signal watch_;           // the next look at deadlines must be earlier
  Deadline::Clock::time_point watch_at_ = Deadline::Clock::time_point::max();
  Deadline::Clock::time_point last_read_;
  bool heartbeat_ = false;  // one is under way
};

}  // namespace sluice::client::cassandra
