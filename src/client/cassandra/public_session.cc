// SPDX-License-Identifier: Apache-2.0
// include/sluice/cassandra/session.h over the session of this folder.
#include <algorithm>

#include "client/cassandra/awaiting.h"
#include "client/cassandra/session.h"
#include "client/cassandra/token.h"
#include "sluice/cassandra/session.h"

namespace sluice::cassandra {

namespace inner = client::cassandra;

struct Statement::Impl {
  inner::StatementPtr statement;
};
// A view of the request or batch that values go to.
struct Values::Impl {
  inner::Values* values = nullptr;
};
struct Request::Impl {
  explicit Impl(inner::StatementPtr statement) : request(std::move(statement)) { values.values = &request.values(); }
  inner::Execute request;
  Values::Impl values;
};
struct Batch::Impl {
  explicit Impl(bool logged) : batch(logged ? inner::BatchType::kLogged : inner::BatchType::kUnlogged) {}
  inner::Batch batch;
  Values::Impl values;
};
struct Rows::Impl {
  explicit Impl(inner::Rows answer) : rows(std::move(answer)), cursor(rows.cursor()) {}
  inner::Rows rows;
  inner::Rows::Cursor cursor;
};
struct Session::Impl {
  explicit Impl(unsigned count) : threads(count) {}
  NetworkThreads threads;
  inner::SessionPtr session;
};

namespace {

Error::Kind kind_of(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
    case Code::kNotFound:
    case Code::kFailedPrecondition:
    case Code::kOutOfRange:
    case Code::kUnsupported:
      return Error::Kind::kInvalid;
    case Code::kAlreadyExists:
      return Error::Kind::kAlreadyExists;
    case Code::kUnauthenticated:
      return Error::Kind::kUnauthenticated;
    case Code::kPermissionDenied:
      return Error::Kind::kForbidden;
    case Code::kResourceExhausted:
      return Error::Kind::kOverloaded;
    case Code::kDeadlineExceeded:
      return Error::Kind::kTimeout;
    case Code::kUnavailable:
      return Error::Kind::kUnavailable;
    case Code::kUndetermined:
      return Error::Kind::kUndetermined;
    case Code::kCancelled:
      return Error::Kind::kClosed;
    case Code::kConflict:
    case Code::kDataLoss:
    case Code::kInternal:
      return Error::Kind::kInternal;
  }
  return Error::Kind::kInternal;
}

Error outside(const sluice::Error& error) {
  Error made;
  made.kind = kind_of(error.code());
  made.server_code = error.origin() == Origin::kCassandra ? error.native_code() : 0;
  made.may_retry = error.retry() != Retry::kNever;
  made.message = error.describe();
  made.peer = error.peer();
  return made;
}

Outcome<Rows> outside(Result<inner::Rows> rows) {
  if (!rows) return outside(rows.error());
  return Rows(std::make_unique<Rows::Impl>(std::move(*rows)));
}

Outcome<Statement> outside(Result<inner::StatementPtr> statement) {
  if (!statement) return outside(statement.error());
  return Statement(std::make_shared<Statement::Impl>(Statement::Impl{std::move(*statement)}));
}

template <typename Done>
auto telling(Done done) {
  return [done = std::move(done)](auto result) { done(outside(std::move(result))); };
}

inner::RequestOptions inside(const RequestOptions& options) {
  inner::RequestOptions made;
  if (options.consistency) made.consistency = static_cast<inner::Consistency>(*options.consistency);
  made.timestamp = options.timestamp;
  made.page_size = options.page_size;
  made.idempotent = options.idempotent;
  if (options.timeout) made.deadline = Deadline::after(*options.timeout);
  return made;
}

Result<inner::Settings> inside(const Options& options) {
  inner::Settings made;
  made.contact_points = options.contact_points;
  made.local_datacenter = options.local_datacenter;
  made.keyspace = options.keyspace;
  if (!options.user.empty()) made.auth = inner::plain_auth(options.user, options.password);
  if (options.tls) {
    net::TlsClientOptions tls;
    tls.verify = options.tls_verify;
    tls.ca_file = options.tls_ca_file;
    tls.certificate_file = options.tls_certificate_file;
    tls.key_file = options.tls_key_file;
    made.tls = TRY(net::TlsContext::for_client(std::move(tls)));
  }
  made.tls_name = options.tls_name;
  made.compression = options.compression;
  made.consistency = static_cast<inner::Consistency>(options.consistency);
  made.replica_order = options.random_replicas ? inner::ReplicaOrder::kRandom : inner::ReplicaOrder::kTopological;
  made.connections_per_host = options.connections_per_host;
  made.max_requests_per_connection = options.max_requests_per_connection;
  made.max_queue_size = options.max_queue_size;
  made.connect_timeout = options.connect_timeout;
  made.request_timeout = options.request_timeout;
  made.max_retries = options.max_retries;
  made.wait_for_cluster = options.wait_for_cluster;
  return made;
}

// The two other forms of an operation with a callback.
template <typename T, typename Start>
Outcome<T> wait_for(Start start) {
  return inner::wait_for_callback<Outcome<T>>(std::move(start));
}
template <typename T, typename Start>
Pending<T> pending(Start start) {
  auto state = std::make_shared<typename Pending<T>::State>();
  start([state](Outcome<T> outcome) { state->finish(std::move(outcome)); });
  return Pending<T>(state);
}

}  // namespace

// ---------------------------------------------------------------- statements and values

size_t Statement::parameters() const { return impl_->statement->parameters().size(); }

Values& Values::null() { return impl_->values->null(), *this; }
Values& Values::unset() { return impl_->values->unset(), *this; }
Values& Values::blob(std::string_view bytes) { return impl_->values->blob(bytes), *this; }
Values& Values::text(std::string_view utf8) { return impl_->values->text(utf8), *this; }
Values& Values::int32(int32_t value) { return impl_->values->int32(value), *this; }
Values& Values::int64(int64_t value) { return impl_->values->int64(value), *this; }
Values& Values::timestamp(int64_t milliseconds) { return impl_->values->timestamp(milliseconds), *this; }
Values& Values::float64(double value) { return impl_->values->float64(value), *this; }
Values& Values::boolean(bool value) { return impl_->values->boolean(value), *this; }
Values& Values::text_map(const std::map<std::string, std::string>& map) { return impl_->values->text_map(map), *this; }

Request::Request(const Statement& statement) : impl_(std::make_unique<Impl>(statement.impl().statement)) {}
Request::~Request() = default;
Request::Request(Request&&) noexcept = default;
Values Request::values() { return Values(impl_->values); }

Batch::Batch(bool logged) : impl_(std::make_unique<Impl>(logged)) {}
Batch::~Batch() = default;
Batch::Batch(Batch&&) noexcept = default;
Values Batch::add(const Statement& statement) {
  impl_->values.values = &impl_->batch.add(statement.impl().statement);
  return Values(impl_->values);
}
void Batch::route(std::string_view partition_key) { impl_->batch.route(inner::token_of(partition_key)); }
size_t Batch::size() const { return impl_->batch.size(); }

// ---------------------------------------------------------------- rows

Rows::Rows(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Rows::~Rows() = default;
Rows::Rows(Rows&&) noexcept = default;
Rows& Rows::operator=(Rows&&) noexcept = default;
size_t Rows::size() const { return impl_->rows.size(); }
int Rows::column(std::string_view name) const { return impl_->rows.column(name); }
bool Rows::next() { return impl_->cursor.next(); }
bool Rows::is_null(size_t column) const { return impl_->cursor[column].is_null(); }
std::string_view Rows::bytes(size_t column) const { return impl_->cursor[column].bytes(); }
std::optional<int32_t> Rows::int32(size_t column) const {
  auto value = impl_->cursor[column].int32();
  return value ? std::optional(*value) : std::nullopt;
}
std::optional<int64_t> Rows::int64(size_t column) const {
  auto value = impl_->cursor[column].int64();
  return value ? std::optional(*value) : std::nullopt;
}
std::optional<double> Rows::float64(size_t column) const {
  auto value = impl_->cursor[column].float64();
  return value ? std::optional(*value) : std::nullopt;
}
std::string Rows::paging_state() const { return std::string(impl_->rows.paging_state()); }

// ---------------------------------------------------------------- the session

Session::Session(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&& other) noexcept {
  if (this != &other) {
    close();
    impl_ = std::move(other.impl_);
  }
  return *this;
}
Session::~Session() { close(); }

void Session::close() {
  if (!impl_ || !impl_->session) return;
  impl_->session->close();
}

Outcome<Session> Session::open(const Options& options) {
  constexpr unsigned kMostThreads = 64;
  auto settings = inside(options);
  if (!settings) return outside(settings.error());
  auto impl = std::make_unique<Impl>(std::clamp(options.threads, 1u, kMostThreads));
  impl->threads.start();
  auto session = inner::Session::open_and_wait(impl->threads, std::move(*settings));
  if (!session) return outside(session.error());
  impl->session = std::move(*session);
  return Session(std::move(impl));
}

bool Session::is_connected() const { return impl_->session->is_connected(); }

void Session::prepare(std::string text, std::function<void(Outcome<Statement>)> done) {
  impl_->session->prepare(std::move(text), telling(std::move(done)));
}
Outcome<Statement> Session::prepare(std::string text) {
  return wait_for<Statement>([&](auto done) { prepare(std::move(text), std::move(done)); });
}
Pending<Statement> Session::start_prepare(std::string text) {
  return pending<Statement>([&](auto done) { prepare(std::move(text), std::move(done)); });
}

void Session::execute(const Request& request, RowsDone done, std::string_view paging_state) {
  auto& inner_request = request.impl().request;
  inner_request.options = inside(request.options);
  impl_->session->execute(inner_request, telling(std::move(done)), paging_state);
}
Outcome<Rows> Session::execute(const Request& request, std::string_view paging_state) {
  return wait_for<Rows>([&](auto done) { execute(request, std::move(done), paging_state); });
}
Pending<Rows> Session::start(const Request& request, std::string_view paging_state) {
  return pending<Rows>([&](auto done) { execute(request, std::move(done), paging_state); });
}

void Session::execute(Batch& batch, RowsDone done) {
  auto& inner_batch = batch.impl().batch;
  inner_batch.options = inside(batch.options);
  impl_->session->execute(inner_batch, telling(std::move(done)));
}
Outcome<Rows> Session::execute(Batch& batch) {
  return wait_for<Rows>([&](auto done) { execute(batch, std::move(done)); });
}
Pending<Rows> Session::start(Batch& batch) {
  return pending<Rows>([&](auto done) { execute(batch, std::move(done)); });
}

void Session::query(std::string_view text, const RequestOptions& options, RowsDone done) {
  impl_->session->query(text, inside(options), telling(std::move(done)));
}
Outcome<Rows> Session::query(std::string_view text, const RequestOptions& options) {
  return wait_for<Rows>([&](auto done) { query(text, options, std::move(done)); });
}
Pending<Rows> Session::start_query(std::string_view text, const RequestOptions& options) {
  return pending<Rows>([&](auto done) { query(text, options, std::move(done)); });
}

}  // namespace sluice::cassandra
