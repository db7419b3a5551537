// SPDX-License-Identifier: Apache-2.0
#include "client/cassandra/session.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>

#include "base/backoff.h"
#include "client/cassandra/awaiting.h"
#include "client/cassandra/operation.h"
#include "client/cassandra/token.h"

namespace sluice::client::cassandra {

Session::Session(NetworkThreads& threads, Settings settings)
    : threads_(threads), settings_(std::make_shared<const Settings>(std::move(settings))) {}

Session::~Session() = default;

// ---------------------------------------------------------------- opening and closing

awaitable<Result<SessionPtr>> Session::open(NetworkThreads& threads, Settings settings) {
  CO_TRY(check(settings));
  SessionPtr session(new Session(threads, std::move(settings)));
  session->scope_.spawn(threads.next(), session->control_loop());
  if (!session->settings_->wait_for_cluster) co_return session;
  auto expire = [](SessionPtr self) -> awaitable<void> {
    if (!co_await sleep_for(2 * self->settings_->connect_timeout)) co_return;
    self->tell_ready(fail(Code::kUnavailable, "no node of the Cassandra cluster could be connected to in time"));
  };
  session->scope_.spawn(threads.next(), expire(session));
  auto ready = co_await await_callback<Status>([&](auto done) { session->when_ready(std::move(done)); });
  if (ready) co_return session;
  session->scope_.cancel_all();
  co_await session->scope_.join();
  co_return fail(std::move(ready).error());
}

Result<SessionPtr> Session::open_and_wait(NetworkThreads& threads, Settings settings) {
  return wait_for_callback<Result<SessionPtr>>([&](auto done) {
    asio::co_spawn(
        threads.next(),
        [](NetworkThreads& all, Settings wanted) -> awaitable<Result<SessionPtr>> {
          co_return co_await open(all, std::move(wanted));
        }(threads, std::move(settings)),
        [done](std::exception_ptr, Result<SessionPtr> opened) { done(std::move(opened)); });
  });
}

void Session::close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  scope_.cancel_all();
  scope_.wait();
}

// ---------------------------------------------------------------- sending

Session::ViewPtr Session::view() const {
  std::lock_guard lock(mutex_);
  return view_;
}

TopologyPtr Session::topology() const {
  auto now = view();
  return now ? now->topology : nullptr;
}

std::vector<HostPtr> Session::plan(std::string_view keyspace, std::optional<int64_t> token, bool spread) {
  auto now = view();
  std::vector<HostPtr> hosts;
  if (!now) return hosts;
  auto add = [&](uint16_t index) {
    const HostPtr& host = now->hosts[index];
    if (std::find(hosts.begin(), hosts.end(), host) == hosts.end()) hosts.push_back(host);
  };
  if (token) {
    for (uint16_t index : now->topology->replicas(keyspace.empty() ? settings_->keyspace : keyspace, *token)) {
      if (now->hosts[index]->datacenter() == now->local_datacenter) add(index);
    }
    if (spread || settings_->replica_order == ReplicaOrder::kRandom) {
      for (size_t i = hosts.size(); i > 1; --i) std::swap(hosts[i - 1], hosts[fast_random() % i]);
    }
  }
  const uint32_t turn = next_host_.fetch_add(1, std::memory_order_relaxed);
  for (size_t i = 0; i < now->local.size(); ++i) add(now->local[(turn + i) % now->local.size()]);
  const size_t remote = std::min<size_t>(now->remote.size(), settings_->used_hosts_per_remote_datacenter);
  for (size_t i = 0; i < remote; ++i) add(now->remote[(turn + i) % now->remote.size()]);
  return hosts;
}

int Session::host_of(std::string_view keyspace, int64_t token) const {
  auto now = view();
  if (!now) return -1;
  int first = -1;
  for (uint16_t index : now->topology->replicas(keyspace.empty() ? settings_->keyspace : keyspace, token)) {
    const Host& host = *now->hosts[index];
    if (host.datacenter() != now->local_datacenter) continue;
    if (host.is_up()) return index;
    if (first < 0) first = index;
  }
  return first;
}

void Session::send(Opcode opcode, ByteBuffer body, const RequestOptions& options, Routing routing, FrameDone done) {
  if (body.size() > kMaxBodyBytes) {
    return done(fail(Code::kInvalidArgument,
                     "a request of " + std::to_string(body.size()) + " bytes; the protocol has at most 268,435,456"),
                nullptr);
  }
  {
    std::lock_guard lock(mutex_);
    if (closed_) return done(fail(Code::kCancelled, "the session is closed"), nullptr);
  }
  const Deadline until = options.deadline.is_never() ? Deadline::after(settings_->request_timeout) : options.deadline;
  Operation::start(std::make_unique<Operation>(shared_from_this(),
                                               make_frame(opcode, std::move(body), settings_->compression),
                                               options.idempotent, until, std::move(routing), std::move(done)));
}

void Session::finish_rows(Result<ResponseFrame> response, const std::shared_ptr<Connection>& from,
                          const ColumnsPtr& known, const RowsDone& done) {
  if (!response) return done(fail(std::move(response).error()));
  auto kind = read_result_kind(*response);
  if (!kind) return done(fail(std::move(kind).error()));
  if (*kind == ResultKind::kRows) return done(Rows::decode(std::move(*response), known));
  auto rows = std::make_shared<Rows>(Rows::none(std::move(*response)));
  auto finish = [done, rows] { done(std::move(*rows)); };
  if (*kind != ResultKind::kSchemaChange || !from) return finish();
  if (!scope_.spawn(from->context(), wait_for_agreement(from, finish)))
    done(fail(Code::kCancelled, "the session is closed"));
}

// ---------------------------------------------------------------- operations, with callbacks

StatementPtr Session::statement_of(const std::string& id) const {
  std::lock_guard lock(mutex_);
  auto found = statements_by_id_.find(id);
  return found == statements_by_id_.end() ? nullptr : found->second;
}

void Session::prepare(std::string text, StatementDone done) {
  StatementPtr known;
  {
    std::lock_guard lock(mutex_);
    if (auto found = statements_.find(text); found != statements_.end()) known = found->second;
  }
  if (known) return done(std::move(known));
  auto body = prepare_body(text);
  send(Opcode::kPrepare, std::move(body), {}, {},
       [self = shared_from_this(), text = std::move(text), done = std::move(done)](Result<ResponseFrame> response,
                                                                                   auto&) {
         auto prepared = [&]() -> Result<Prepared> {
           ResponseFrame frame = TRY(std::move(response));
           if (TRY(read_result_kind(frame)) != ResultKind::kPrepared)
             return fail(Code::kDataLoss, "PREPARE was answered with another message");
           return read_prepared(frame);
         }();
         if (!prepared) return done(fail(std::move(prepared).error()));
         auto statement = std::make_shared<Statement>(text, std::move(*prepared));
         {
           std::lock_guard lock(self->mutex_);
           statement = self->statements_.emplace(text, statement).first->second;
           self->statements_by_id_.emplace(statement->id(), statement);
         }
         done(std::move(statement));
       });
}

void Session::execute(const Execute& request, RowsDone done, std::string_view paging_state) {
  auto& statement = request.statement();
  const uint16_t values = request.value_count();
  if (values != statement->parameters().size()) {
    return done(fail(Code::kInvalidArgument, "a statement of " + std::to_string(statement->parameters().size()) +
                                                 " parameters got " + std::to_string(values) + " values"));
  }
  const bool without_columns = statement->columns() && !statement->columns_may_differ();
  Routing routing{statement->keyspace(), {}, request.options.spread_replicas};
  if (auto key = request.partition_key()) routing.token = token_of(*key);
  send(Opcode::kExecute,
       execute_body(*statement, request.bytes(), values, consistency_of(request.options), request.options,
                    without_columns, paging_state),
       request.options, std::move(routing),
       [self = shared_from_this(), statement, done = std::move(done)](Result<ResponseFrame> response, auto& from) {
         self->finish_rows(std::move(response), from, statement->columns(), done);
       });
}

void Session::execute(Batch& batch, RowsDone done) {
  if (batch.empty()) return done(Rows());
  Routing routing{batch.statements().front()->keyspace(), batch.token(), batch.options.spread_replicas};
  auto body = batch.take_body(consistency_of(batch.options));
  if (!body) return done(fail(std::move(body).error()));
  send(Opcode::kBatch, std::move(*body), batch.options, std::move(routing),
       [self = shared_from_this(), done = std::move(done)](Result<ResponseFrame> response, auto& from) {
         self->finish_rows(std::move(response), from, nullptr, done);
       });
}

void Session::query(std::string_view text, RequestOptions options, RowsDone done, std::string_view paging_state) {
  send(Opcode::kQuery, query_body(text, consistency_of(options), options, paging_state), options, {},
       [self = shared_from_this(), done = std::move(done)](Result<ResponseFrame> response, auto& from) {
         self->finish_rows(std::move(response), from, nullptr, done);
       });
}

// ---------------------------------------------------------------- operations, awaited and waited for

awaitable<Result<StatementPtr>> Session::prepare(std::string text) {
  return await_callback<Result<StatementPtr>>(
      [self = shared_from_this(), text](auto done) { self->prepare(text, std::move(done)); });
}
Result<StatementPtr> Session::prepare_and_wait(std::string text) {
  return wait_for_callback<Result<StatementPtr>>([&](auto done) { prepare(std::move(text), std::move(done)); });
}

awaitable<Result<Rows>> Session::execute(const Execute& request, std::string paging_state) {
  return await_callback<Result<Rows>>([self = shared_from_this(), &request, paging_state](auto done) {
    self->execute(request, std::move(done), paging_state);
  });
}
Result<Rows> Session::execute_and_wait(const Execute& request, std::string_view paging_state) {
  return wait_for_callback<Result<Rows>>([&](auto done) { execute(request, std::move(done), paging_state); });
}

awaitable<Result<Rows>> Session::execute(Batch& batch) {
  return await_callback<Result<Rows>>(
      [self = shared_from_this(), &batch](auto done) { self->execute(batch, std::move(done)); });
}
Result<Rows> Session::execute_and_wait(Batch& batch) {
  return wait_for_callback<Result<Rows>>([&](auto done) { execute(batch, std::move(done)); });
}

awaitable<Result<Rows>> Session::query(std::string text, RequestOptions options) {
  return await_callback<Result<Rows>>(
      [self = shared_from_this(), text, options](auto done) { self->query(text, options, std::move(done)); });
}
Result<Rows> Session::query_and_wait(std::string_view text, RequestOptions options) {
  return wait_for_callback<Result<Rows>>([&](auto done) { query(text, options, std::move(done)); });
}

// ---------------------------------------------------------------- state

std::vector<Session::HostState> Session::hosts() const {
  std::vector<HostState> states;
  if (auto now = view()) {
    for (auto& host : now->hosts)
      states.push_back({host->name(), host->datacenter(), host->is_up(), host->breaker().state(), host->load()});
  }
  return states;
}

bool Session::is_connected() const {
  auto now = view();
  return now && std::any_of(now->hosts.begin(), now->hosts.end(), [](auto& host) { return host->is_up(); });
}

}  // namespace sluice::client::cassandra
