// SPDX-License-Identifier: Apache-2.0
// Request: one HTTP request from its head to its answer. Lives in the coroutine that serves it, on its connection's
// network thread; stop(), describe() and interrupt() come from any thread. Each kind of request has its own .cc file.
#pragma once

#include <atomic>
#include <boost/asio/cancellation_signal.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/trace.h"
#include "door/http/door.h"
#include "door/http/route.h"
#include "door/http/stream_load.h"
#include "net/http.h"
#include "session/load.h"
#include "session/load_spool.h"
#include "session/running.h"
#include "session/session.h"

namespace sluice::door::http {

// Counts the running loads of a door.
class LoadSlot {
 public:
  LoadSlot(std::atomic<uint32_t>& count, uint32_t limit, Gauge& gauge)
      : count_(count), gauge_(gauge), free_(count.fetch_add(1) < limit) {
    gauge_.add();
  }
  ~LoadSlot() {
    count_.fetch_sub(1);
    gauge_.sub();
  }
  bool free() const { return free_; }

 private:
  std::atomic<uint32_t>& count_;
  Gauge& gauge_;
  const bool free_;
};

class Request final : public net::HttpWork, public session::Listed {
 public:
  static awaitable<void> run(Door& door, net::HttpExchange& exchange);

  Request(Door& door, net::HttpExchange& exchange);
  ~Request() override;
  void stop() override;
  bool is_waited_for() const override;
  session::RunningEntry describe() const override;  // of a stream load
  void interrupt(session::Interrupt reason) override;

 private:
  using Clock = std::chrono::steady_clock;

  awaitable<void> dispatch();
  void finish_metrics();

  // ---- answers. Each sends the whole response.
  awaitable<void> answer(unsigned status, std::string_view body, std::string_view type = "application/json",
                         net::HttpHeaders extra = {});
  awaitable<void> answer_error(const Error& error);
  net::HttpHeaders headers_for(std::string_view type) const;

  // False: a 401 was sent. Sets identity_.
  awaitable<bool> authenticate();
  void record_denied(const std::string& user, const Error& error);
  // What the account that was authenticated may do.
  bool administers() const;
  Status may_load(const std::string& database, const std::string& table) const;

  // ---- requests.cc
  awaitable<void> ready();
  awaitable<void> list_queries();
  awaitable<void> kill_query();
  awaitable<void> query_profile();
  awaitable<void> load_errors();
  // ---- query_request.cc
  awaitable<void> query();
  // ---- two_phase_request.cc
  awaitable<void> two_phase();
  // ---- stream_load_request.cc
  class Listing;
  awaitable<void> stream_load();
  awaitable<Status> run_load(StreamLoadRequest& request, StreamLoadAnswer& result);
  void report_load(const Status& status, const StreamLoadAnswer& result) const;
  Error load_interrupted(session::Interrupt reason) const;
  awaitable<Result<std::unique_ptr<session::Load>>> open_load(StreamLoadRequest& request, StreamLoadAnswer& result);
  awaitable<Status> feed(session::Load& load, const StreamLoadRequest& request);
  std::string error_url(const std::string& name) const;
  // ---- http_stream_request.cc
  awaitable<void> http_stream();
  awaitable<Status> run_http_stream(StreamLoadAnswer& result);
  awaitable<Status> spool_body(session::LoadSpool& spool, std::optional<Compression> compression);

  // What stop(), timeouts and gone clients end. Any thread.
  void set_session(session::Session* session);
  void set_load(session::Load* load);
  std::optional<session::Interrupt> interrupted() const;

  Door& door_;
  net::HttpExchange& exchange_;
  const Clock::time_point began_ = Clock::now();
  const std::chrono::system_clock::time_point began_at_ = std::chrono::system_clock::now();
  Route route_;
  Span span_;
  std::string request_id_;
  session::ClientIdentity identity_;
  unsigned status_ = 0;  // of the answer

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  session::Session* session_ = nullptr;
  session::Load* load_ = nullptr;
  std::optional<session::Interrupt> interrupt_;
  session::RunningEntry listed_;
  std::chrono::seconds load_timeout_{0};
  std::shared_ptr<asio::cancellation_signal> stop_reading_;  // of the load's body, on the network thread

  std::atomic<uint64_t> body_bytes_{0};  // of a load, so far
};

// The error that a statement or load gets that was interrupted before it began.
Error interrupt_error(session::Interrupt reason);

}  // namespace sluice::door::http
