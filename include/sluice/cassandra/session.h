// SPDX-License-Identifier: Apache-2.0
// A client of Apache Cassandra (CQL's native protocol, version 4): standard types only, for programs outside of Sluice.
// Errors are values; nothing throws for faults of servers or networks. Sessions and statements are thread-safe;
// requests, batches and rows belong to one thread at a time.
//
// Each operation comes in three forms:
//   session.execute(request)             waits; not on a thread that a callback was called on
//   session.execute(request, done)       calls done(outcome) on a thread of the session; it must not block
//   co_await session.start(request)      in any coroutine, which resumes on a thread of the session
#pragma once

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace sluice::cassandra {

struct Error {
  enum class Kind : uint8_t {
    kInvalid,          // the request is wrong and stays so (syntax, unknown table, values, too large)
    kAlreadyExists,    // a keyspace or table
    kUnauthenticated,  // user or password
    kForbidden,        // the user may not
    kOverloaded,       // the servers, or the queue here: try again later
    kTimeout,          // the deadline passed, or the servers' own
    kUnavailable,      // no node, or not enough replicas, could do it
    kUndetermined,     // a write whose outcome is not known
    kClosed,           // the session was closed
    kInternal,         // bytes that do not decode, defects
  };
  Kind kind = Kind::kInternal;
  int server_code = 0;     // CQL's error code, e.g. 0x1100; 0: the server did not say it
  bool may_retry = false;  // the same request may pass later
  std::string message;
  std::string peer;  // "host:port"; empty: none in particular
};

template <typename T>
class Outcome {
 public:
  Outcome(T value) : state_(std::move(value)) {}      // NOLINT: as std::expected
  Outcome(Error error) : state_(std::move(error)) {}  // NOLINT
  explicit operator bool() const { return std::holds_alternative<T>(state_); }
  T& operator*() { return *std::get_if<T>(&state_); }
  T* operator->() { return std::get_if<T>(&state_); }
  const Error& error() const { return *std::get_if<Error>(&state_); }  // only after a failure

 private:
  std::variant<T, Error> state_;
};

// An operation under way, to be awaited once.
template <typename T>
class Pending {
 public:
  struct State {
    std::mutex mutex;
    std::optional<Outcome<T>> outcome;
    std::coroutine_handle<> waiting;

    void finish(Outcome<T> result) {
      std::coroutine_handle<> resume;
      {
        std::lock_guard lock(mutex);
        outcome.emplace(std::move(result));
        resume = waiting;
      }
      if (resume) resume.resume();
    }
  };
  explicit Pending(std::shared_ptr<State> state) : state_(std::move(state)) {}

  bool await_ready() const {
    std::lock_guard lock(state_->mutex);
    return state_->outcome.has_value();
  }
  bool await_suspend(std::coroutine_handle<> coroutine) {
    std::lock_guard lock(state_->mutex);
    if (state_->outcome) return false;
    state_->waiting = coroutine;
    return true;
  }
  Outcome<T> await_resume() { return std::move(*state_->outcome); }

 private:
  std::shared_ptr<State> state_;
};

enum class Consistency : uint16_t {
  kAny,
  kOne,
  kTwo,
  kThree,
  kQuorum,
  kAll,
  kLocalQuorum,
  kEachQuorum,
  kSerial,
  kLocalSerial,
  kLocalOne
};

struct Options {
  std::vector<std::string> contact_points{"127.0.0.1:9042"};
  std::string local_datacenter;  // empty: that of the first node that answers
  std::string keyspace;          // of statements that name none
  std::string user;              // empty: no authentication
  std::string password;
  bool tls = false;
  std::string tls_ca_file;  // empty: the system's
  std::string tls_certificate_file;
  std::string tls_key_file;
  std::string tls_name;    // that certificates must be for; empty: the address that is connected to
  bool tls_verify = true;  // chain and name
  bool compression = true;
  Consistency consistency = Consistency::kLocalQuorum;
  bool random_replicas = false;  // spreads reads over replicas; false: the first replica first
  unsigned threads = 1;          // of the network; 1 to 64
  uint32_t connections_per_host = 1;
  uint32_t max_requests_per_connection = 1024;
  uint32_t max_queue_size = 500;
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds request_timeout{12'000};
  uint32_t max_retries = 2;
  bool wait_for_cluster = true;  // false: open() succeeds at once, and the session goes on looking
};

// A prepared statement: a handle, cheap to copy.
class Statement {
 public:
  struct Impl;
  explicit Statement(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  size_t parameters() const;
  const Impl& impl() const { return *impl_; }

 private:
  std::shared_ptr<Impl> impl_;
};

// Values in the order of a statement's parameters.
class Values {
 public:
  struct Impl;
  explicit Values(Impl& impl) : impl_(&impl) {}
  Values& null();
  Values& unset();  // leaves the column as it is
  Values& blob(std::string_view bytes);
  Values& text(std::string_view utf8);
  Values& int32(int32_t value);
  Values& int64(int64_t value);
  Values& timestamp(int64_t milliseconds);
  Values& float64(double value);
  Values& boolean(bool value);
  Values& text_map(const std::map<std::string, std::string>& map);

 private:
  Impl* impl_;
};

struct RequestOptions {
  std::optional<Consistency> consistency;
  std::optional<int64_t> timestamp;  // of written cells, in the unit that all writers of the table use
  int32_t page_size = 5000;          // 0: all rows at once
  bool idempotent = true;            // may be sent twice
  std::optional<std::chrono::milliseconds> timeout;
};

class Request {
 public:
  explicit Request(const Statement& statement);
  ~Request();
  Request(Request&&) noexcept;
  Values values();
  RequestOptions options;
  struct Impl;
  Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

// Statements sent as one, unlogged unless said otherwise; at most 65,535.
class Batch {
 public:
  explicit Batch(bool logged = false);
  ~Batch();
  Batch(Batch&&) noexcept;
  // The next statement; all its values follow before the next add().
  Values add(const Statement& statement);
  // Goes to a replica of this partition key.
  void route(std::string_view partition_key);
  size_t size() const;
  RequestOptions options;
  struct Impl;
  Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

// An answer. Values are views that live as long as it.
class Rows {
 public:
  struct Impl;
  explicit Rows(std::unique_ptr<Impl> impl);
  ~Rows();
  Rows(Rows&&) noexcept;
  Rows& operator=(Rows&&) noexcept;

  size_t size() const;
  int column(std::string_view name) const;  // -1: there is none
  bool next();                              // stands before the first row at first
  bool is_null(size_t column) const;
  std::string_view bytes(size_t column) const;  // empty for null
  // nullopt: null, or not of the type's length.
  std::optional<int32_t> int32(size_t column) const;
  std::optional<int64_t> int64(size_t column) const;  // bigint, timestamp
  std::optional<double> float64(size_t column) const;
  std::string paging_state() const;  // not empty: there are more rows

 private:
  std::unique_ptr<Impl> impl_;
};

class Session {
 public:
  static Outcome<Session> open(const Options& options);
  ~Session();  // close()
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  // Requests under way end with kClosed. Not from a callback.
  void close();
  bool is_connected() const;

  using RowsDone = std::function<void(Outcome<Rows>)>;
  Outcome<Statement> prepare(std::string text);
  void prepare(std::string text, std::function<void(Outcome<Statement>)> done);
  Pending<Statement> start_prepare(std::string text);

  // `paging_state` of the answer before: the next page.
  Outcome<Rows> execute(const Request& request, std::string_view paging_state = {});
  void execute(const Request& request, RowsDone done, std::string_view paging_state = {});
  Pending<Rows> start(const Request& request, std::string_view paging_state = {});

  // The batch is empty afterwards.
  Outcome<Rows> execute(Batch& batch);
  void execute(Batch& batch, RowsDone done);
  Pending<Rows> start(Batch& batch);

  // A statement without values.
  Outcome<Rows> query(std::string_view text, const RequestOptions& options = {});
  void query(std::string_view text, const RequestOptions& options, RowsDone done);
  Pending<Rows> start_query(std::string_view text, const RequestOptions& options = {});

 private:
  struct Impl;
  explicit Session(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::cassandra
