// SPDX-License-Identifier: Apache-2.0
#include "client/cassandra/operation.h"

#include "base/metrics.h"

namespace sluice::client::cassandra {

namespace {

// Statements that one request may have prepared anew: a batch names them one by one.
constexpr uint32_t kMaxPreparations = 64;

Counter& counter(const char* name, const char* help) { return Metrics::process().counter(name, help, {}); }

struct Counters {
  Counter& requests = counter("sluice_cassandra_requests_total", "Requests to Cassandra, each counted once.");
  Counter& failures = counter("sluice_cassandra_failures_total", "Requests to Cassandra that failed in the end.");
  Counter& retries =
      counter("sluice_cassandra_retries_total", "Attempts after the first one of a request to Cassandra.");
  Counter& prepared_anew =
      counter("sluice_cassandra_prepared_anew_total", "Statements that a Cassandra node had forgotten.");
};
Counters& counters() {
  static Counters all;
  return all;
}

// PREPARE on the host that forgot a statement; the operation goes on with its answer.
class PrepareExchange : public Exchange {
 public:
  using Next = std::function<void(Result<ResponseFrame>, Fate)>;
  explicit PrepareExchange(Next next) : next_(std::move(next)) {}
  void finished(std::unique_ptr<Exchange>, Result<ResponseFrame> response, Fate fate) override {
    next_(std::move(response), fate);
  }

 private:
  Next next_;
};

}  // namespace

Operation::Operation(std::shared_ptr<Session> session, RequestFramePtr request, bool idempotent, Deadline until,
                     Session::Routing routing, Session::FrameDone done)
    : session_(std::move(session)), idempotent_(idempotent), routing_(std::move(routing)), done_(std::move(done)) {
  counters().requests.add();
  frame = std::move(request);
  deadline = until;
}

void Operation::finish(std::unique_ptr<Operation> operation, Result<ResponseFrame> response) {
  if (!response) counters().failures.add();
  auto done = std::move(operation->done_);
  auto connection = std::move(operation->connection_);
  operation.reset();
  done(std::move(response), connection);
}

void Operation::start(std::unique_ptr<Operation> operation) {
  operation->plan_ =
      operation->session_->plan(operation->routing_.keyspace, operation->routing_.token, operation->routing_.spread);
  operation->next_ = 0;
  operation->any_full_ = false;
  try_hosts(std::move(operation));
}

bool Operation::try_host(std::unique_ptr<Operation>& operation, const HostPtr& host) {
  if (!host->is_up() || !host->breaker().admit()) return false;
  const Settings& settings = operation->session_->settings();
  auto connection = host->pick();
  if (connection) {
    operation->host_ = host;
    operation->connection_ = connection;
    const uint32_t limit =
        settings.max_requests_per_connection + settings.max_queue_size / settings.connections_per_host;
    std::unique_ptr<Exchange> exchange = std::move(operation);
    const auto submitted = connection->submit(exchange, limit);
    if (submitted == Connection::Submitted::kTaken) return true;
    operation = own(std::move(exchange));
    operation->any_full_ |= submitted == Connection::Submitted::kFull;
  }
  host->breaker().abandoned();
  return false;
}

void Operation::try_hosts(std::unique_ptr<Operation> operation) {
  while (operation->next_ < operation->plan_.size()) {
    HostPtr host = operation->plan_[operation->next_++];
    if (try_host(operation, host)) return;
  }
  if (operation->any_full_) {
    Error full(Code::kResourceExhausted, "too many requests wait for Cassandra");
    return finish(std::move(operation), fail(std::move(full).with_retry(Retry::kBackoff)));
  }
  if (operation->last_) {
    Error last = *operation->last_;
    if (operation->retries_ <= operation->session_->settings().max_retries && operation->host_)
      return retry_later(std::move(operation), std::move(last));
    return finish(std::move(operation), fail(std::move(last)));
  }
  std::string why = "no node of the Cassandra cluster can be reached";
  for (auto& host : operation->plan_) {
    if (auto error = host->last_error(); !error.empty()) {
      why += " (" + host->name() + ": " + error + ")";
      break;
    }
  }
  finish(std::move(operation), fail(Error(Code::kUnavailable, std::move(why)).with_retry(Retry::kBackoff)));
}

// All hosts were tried: the plan is made anew after a pause.
void Operation::retry_later(std::unique_ptr<Operation> operation, Error because) {
  auto wait = operation->backoff_.next(because);
  const auto until = Deadline::after(wait.value_or(std::chrono::milliseconds(0)));
  if (!wait || operation->deadline < until) return finish(std::move(operation), fail(std::move(because)));
  operation->last_ = nullptr;
  auto session = operation->session_;
  auto shared = std::make_shared<std::unique_ptr<Operation>>(std::move(operation));
  auto task = [](std::shared_ptr<std::unique_ptr<Operation>> waiting, Deadline until,
                 Error because) -> awaitable<void> {
    Status slept = co_await sleep_until(until);
    auto operation = std::move(*waiting);
    if (!slept) co_return finish(std::move(operation), fail(std::move(slept).error()));
    operation->last_ = nullptr;
    start(std::move(operation));
  };
  if (!session->scope_.spawn(session->threads_.next(), task(shared, until, because)) && *shared)
    finish(std::move(*shared), fail(Code::kCancelled, "the session is closed"));
}

void Operation::finished(std::unique_ptr<Exchange> self, Result<ResponseFrame> response, Fate fate) {
  auto operation = own(std::move(self));
  if (!response) return network_failed(std::move(operation), std::move(response).error(), fate);
  if (response->header.opcode != Opcode::kError) {
    operation->host_->breaker().succeeded();
    return finish(std::move(operation), std::move(response));
  }
  auto error = read_server_error(response->content());
  if (!error) {
    operation->host_->breaker().failed();
    return finish(std::move(operation), fail(std::move(error).error()));
  }
  if (error->code == ErrorCode::kUnprepared) return prepare_anew(std::move(operation), *error);
  server_failed(std::move(operation), *error);
}

void Operation::server_failed(std::unique_ptr<Operation> operation, const ServerError& error) {
  // A host that has too much to do is left alone for a while; one that refuses a statement is well.
  if (error.code == ErrorCode::kOverloaded || error.code == ErrorCode::kBootstrapping) {
    operation->host_->breaker().failed();
  } else {
    operation->host_->breaker().succeeded();
  }
  const Decision decision = decide(error, operation->idempotent_, operation->retries_);
  Error because = to_error(error, operation->host_->name());
  retry(std::move(operation), decision, std::move(because));
}

void Operation::network_failed(std::unique_ptr<Operation> operation, Error error, Fate fate) {
  const bool may_repeat = fate == Fate::kNotSent || operation->idempotent_;
  switch (error.code()) {
    case Code::kCancelled:
      operation->host_->breaker().abandoned();
      return finish(std::move(operation), fail(std::move(error)));
    case Code::kDeadlineExceeded:
      // The deadline is the whole operation's: there is no time for another attempt. What never left this process says
      // nothing about the host.
      if (fate == Fate::kSent) {
        operation->host_->breaker().failed();
      } else {
        operation->host_->breaker().abandoned();
      }
      break;
    default:
      operation->host_->breaker().failed();
      if (may_repeat) return retry(std::move(operation), Decision::kNextHost, std::move(error));
  }
  if (!may_repeat) {
    error = Error(Code::kUndetermined, "the request was sent, and whether it was done is not known")
                .with_cause(std::move(error));
  }
  finish(std::move(operation), fail(std::move(error)));
}

void Operation::retry(std::unique_ptr<Operation> operation, Decision decision, Error because) {
  if (decision == Decision::kFail || operation->retries_ >= operation->session_->settings().max_retries ||
      operation->deadline.expired()) {
    return finish(std::move(operation), fail(std::move(because)));
  }
  ++operation->retries_;
  counters().retries.add();
  operation->last_ = std::make_unique<Error>(std::move(because));
  if (decision == Decision::kSameHost) {
    HostPtr host = operation->host_;
    if (try_host(operation, host)) return;
  }
  try_hosts(std::move(operation));
}

void Operation::prepare_anew(std::unique_ptr<Operation> operation, const ServerError& error) {
  operation->host_->breaker().succeeded();
  auto statement = operation->session_->statement_of(error.statement_id);
  if (!statement || ++operation->preparations_ > kMaxPreparations) {
    auto refused = fail(to_error(error, operation->host_->name()));
    return finish(std::move(operation), std::move(refused));
  }
  counters().prepared_anew.add();
  auto connection = operation->connection_;
  auto peer = operation->host_->name();
  const Deadline until = operation->deadline;
  auto shared = std::make_shared<std::unique_ptr<Operation>>(std::move(operation));
  auto next = [shared, statement](Result<ResponseFrame> response, Fate) {
    auto waiting = std::move(*shared);
    const HostPtr host = waiting->host_;
    // The request itself was refused before, so it was not done, whatever became of PREPARE.
    if (!response) {
      if (response.error().code() != Code::kUnavailable) return finish(std::move(waiting), std::move(response));
      return retry(std::move(waiting), Decision::kNextHost, std::move(response).error());
    }
    if (response->header.opcode == Opcode::kError) {
      auto refused = read_server_error(response->content());
      return finish(std::move(waiting), fail(refused ? to_error(*refused, host->name()) : std::move(refused).error()));
    }
    auto kind = read_result_kind(*response);
    auto prepared = kind && *kind == ResultKind::kPrepared
                        ? read_prepared(*response)
                        : Result<Prepared>(fail(Code::kDataLoss, "PREPARE was answered with another message"));
    if (!prepared) return finish(std::move(waiting), fail(std::move(prepared).error()));
    if (prepared->id != statement->id()) {
      return finish(std::move(waiting),
                    fail(Error(Code::kFailedPrecondition,
                               "the node gives a statement another id than its peers: versions of Cassandra are mixed")
                             .with_peer(host->name())));
    }
    if (try_host(waiting, host)) return;
    try_hosts(std::move(waiting));
  };
  std::unique_ptr<Exchange> exchange = std::make_unique<PrepareExchange>(next);
  exchange->frame = make_frame(Opcode::kPrepare, prepare_body(statement->text()), false);
  exchange->deadline = until;
  if (connection->submit(exchange) != Connection::Submitted::kTaken)
    next(fail(Error(Code::kUnavailable, "the connection was lost").with_peer(peer)), Fate::kNotSent);
}

}  // namespace sluice::client::cassandra
