// SPDX-License-Identifier: Apache-2.0
// Session: a client of one Cassandra cluster. Knows its nodes and ring, sends each request to a node that holds the
// partition, tries others by the table of retries, prepares anew what a node forgot. Thread-safe.
// Each operation comes in three forms: with a callback (called on a network thread; must not block), as a coroutine
// (resumes on its own executor), and waiting (never on a network thread). Speculative executions are not made.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/executor.h"
#include "client/cassandra/host.h"
#include "client/cassandra/requests.h"
#include "client/cassandra/rows.h"
#include "client/cassandra/server_error.h"
#include "client/cassandra/settings.h"
#include "client/cassandra/topology.h"

namespace sluice::client::cassandra {

class Operation;

class Session : public std::enable_shared_from_this<Session> {
 public:
  using RowsDone = std::function<void(Result<Rows>)>;
  using StatementDone = std::function<void(Result<StatementPtr>)>;

  // `threads` outlive the session. With settings.wait_for_cluster it is an error when no node can be reached within
  // connect_timeout; kUnauthenticated and kInvalidArgument tell what no waiting mends.
  static awaitable<Result<std::shared_ptr<Session>>> open(NetworkThreads& threads, Settings settings);
  static Result<std::shared_ptr<Session>> open_and_wait(NetworkThreads& threads, Settings settings);
  ~Session();
  // Requests under way end with kCancelled. Waits for the session's tasks: never on a network thread. Call it before
  // the last reference goes.
  void close();

  // Prepares once; the same text gives the same statement. Hosts that do not know it yet are told when they say so.
  void prepare(std::string text, StatementDone done);
  awaitable<Result<StatementPtr>> prepare(std::string text);
  Result<StatementPtr> prepare_and_wait(std::string text);

  // One answer: all rows, or the first options.page_size of them. With `paging_state` of the answer before: the next.
  // The request's bytes are taken before the call returns.
  void execute(const Execute& request, RowsDone done, std::string_view paging_state = {});
  awaitable<Result<Rows>> execute(const Execute& request, std::string paging_state = {});
  Result<Rows> execute_and_wait(const Execute& request, std::string_view paging_state = {});

  // Takes the batch's statements; it is empty then. An empty batch is done at once.
  void execute(Batch& batch, RowsDone done);
  awaitable<Result<Rows>> execute(Batch& batch);
  Result<Rows> execute_and_wait(Batch& batch);

  // A statement as text, without values: for schemas.
  void query(std::string_view text, RequestOptions options, RowsDone done, std::string_view paging_state = {});
  awaitable<Result<Rows>> query(std::string text, RequestOptions options = {});
  Result<Rows> query_and_wait(std::string_view text, RequestOptions options = {});

  // The node that a write of the token goes to now: equal numbers may share a batch. -1: not known.
  int host_of(std::string_view keyspace, int64_t token) const;
  TopologyPtr topology() const;  // null before the first node answered
  // For health checks and metrics.
  struct HostState {
    std::string name;
    std::string datacenter;
    bool up;
    CircuitBreaker::State breaker;
    uint32_t load;  // requests taken and not finished
  };
  std::vector<HostState> hosts() const;
  bool is_connected() const;  // to at least one node
  const Settings& settings() const { return *settings_; }

 private:
  friend class Operation;
  // What requests are planned by; replaced as a whole.
  struct View {
    TopologyPtr topology;
    std::vector<HostPtr> hosts;   // as topology->nodes()
    std::vector<uint16_t> local;  // hosts of the local datacenter
    std::vector<uint16_t> remote;
    std::string local_datacenter;
  };
  using ViewPtr = std::shared_ptr<const View>;
  // With the connection that the answer came on; null when there was none.
  using FrameDone = std::function<void(Result<ResponseFrame>, const std::shared_ptr<Connection>&)>;

  Session(NetworkThreads& threads, Settings settings);

  ViewPtr view() const;
  // Hosts in the order in which a request of this partition tries them.
  std::vector<HostPtr> plan(std::string_view keyspace, std::optional<int64_t> token, bool spread);
  struct Routing {
    std::string keyspace;
    std::optional<int64_t> token;
    bool spread = false;
  };
  void send(Opcode opcode, ByteBuffer body, const RequestOptions& options, Routing routing, FrameDone done);
  Consistency consistency_of(const RequestOptions& options) const {
    return options.consistency.value_or(settings_->consistency);
  }
  // Rows of a RESULT; waits for the agreement of all nodes after a change of the schema.
  void finish_rows(Result<ResponseFrame> response, const std::shared_ptr<Connection>& from, const ColumnsPtr& known,
                   const RowsDone& done);
  StatementPtr statement_of(const std::string& id) const;

  // session_control.cc: the connection that watches the cluster.
  awaitable<void> control_loop();
  awaitable<Result<std::shared_ptr<Connection>>> control_connection(std::shared_ptr<Signal> signal);
  awaitable<void> watch_cluster(std::shared_ptr<Connection> connection, std::shared_ptr<Signal> signal);
  awaitable<Result<std::vector<Node>>> read_nodes(Connection& connection);
  awaitable<Result<std::map<std::string, Replication>>> read_keyspaces(Connection& connection);
  awaitable<Status> refresh(Connection& connection);
  awaitable<Result<bool>> schema_agrees(Connection& connection);
  awaitable<void> wait_for_agreement(std::shared_ptr<Connection> coordinator, std::function<void()> done);
  // nodes.front() is the one that was asked.
  void publish(std::vector<Node> nodes, const std::map<std::string, Replication>& keyspaces);
  void on_event(const Event& event);
  void when_ready(std::function<void(Status)> done);
  void tell_ready(const Status& status);

  NetworkThreads& threads_;
  const std::shared_ptr<const Settings> settings_;
  TaskScope scope_{"cassandra session"};
  std::atomic<uint32_t> next_host_{0};  // round robin
  std::atomic<bool> refresh_wanted_{false};
  bool nodes_complete_ = true;  // as read last; the control loop's own

  mutable std::mutex mutex_;
  // Guarded by mutex_:
  ViewPtr view_;
  std::map<std::string, StatementPtr, std::less<>> statements_;  // by text
  std::map<std::string, StatementPtr> statements_by_id_;
  std::shared_ptr<Signal> control_signal_;  // of the control connection, while there is one
  std::vector<std::function<void(Status)>> waiting_for_ready_;
  bool closed_ = false;
};
using SessionPtr = std::shared_ptr<Session>;

}  // namespace sluice::client::cassandra
