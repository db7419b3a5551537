// SPDX-License-Identifier: Apache-2.0
// The connection that a session watches its cluster through: nodes, ring and keyspaces are read from system tables at
// first, when the cluster says that they changed, and now and then in case that such a message was lost.
#include <algorithm>

#include "base/backoff.h"
#include "base/log.h"
#include "client/cassandra/session.h"

namespace sluice::client::cassandra {

namespace {

using Clock = Deadline::Clock;

constexpr std::chrono::seconds kReadAnyway{60};
// While not everything is known of a node: then twice as long, and so on, up to kReadAnyway.
constexpr std::chrono::seconds kReadIncomplete{1};
// Changes come in bursts: nodes announce each other's states one by one.
constexpr std::chrono::milliseconds kSettle{200};
constexpr std::chrono::seconds kAgreementTime{10};
constexpr std::chrono::milliseconds kAgreementPause{100};
constexpr size_t kMaxTokens = 4096;  // of one node

constexpr std::string_view kLocal =
    "SELECT host_id, data_center, rack, release_version, tokens FROM system.local WHERE key='local'";
constexpr std::string_view kPeersV2 =
    "SELECT peer, native_address, native_port, host_id, data_center, rack, release_version, tokens FROM "
    "system.peers_v2";
constexpr std::string_view kPeers =
    "SELECT peer, rpc_address, host_id, data_center, rack, release_version, tokens FROM system.peers";
constexpr std::string_view kKeyspaces = "SELECT keyspace_name, replication FROM system_schema.keyspaces";

awaitable<Result<Rows>> select(Connection& connection, std::string_view text, Deadline deadline) {
  auto frame = CO_TRY(co_await connection.call(
      make_frame(Opcode::kQuery, query_body(text, Consistency::kOne, {.page_size = 0}), false), deadline));
  if (CO_TRY(read_result_kind(frame)) != ResultKind::kRows)
    co_return fail(Code::kDataLoss, "a SELECT was answered without rows");
  co_return Rows::decode(std::move(frame), nullptr);
}

std::string hexadecimal(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (unsigned char byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

// The columns that both tables have. nullopt: the row is of a node that is only coming or going.
std::optional<Node> node_of(const Rows& rows, const Rows::Cursor& row) {
  auto cell = [&](std::string_view name) {
    const int column = rows.column(name);
    return column < 0 ? Cell() : row[static_cast<size_t>(column)];
  };
  Node node;
  auto tokens = cell("tokens").text_list();
  if (cell("host_id").is_null() || !tokens || tokens->empty() || tokens->size() > kMaxTokens ||
      cell("data_center").is_null())
    return std::nullopt;
  node.host_id = hexadecimal(cell("host_id").bytes());
  node.datacenter = cell("data_center").text();
  node.rack = cell("rack").text();
  node.version = cell("release_version").text();
  for (auto& text : *tokens) {
    char* end = nullptr;
    const int64_t token = std::strtoll(text.c_str(), &end, 10);
    // Tokens of other partitioners are no numbers of 64 bits; requests then go round robin.
    if (end && *end == '\0') node.tokens.push_back(token);
  }
  return node;
}

}  // namespace

// ---------------------------------------------------------------- readiness

void Session::when_ready(std::function<void(Status)> done) {
  {
    std::lock_guard lock(mutex_);
    if (!view_ || std::none_of(view_->hosts.begin(), view_->hosts.end(), [](auto& host) { return host->is_up(); })) {
      waiting_for_ready_.push_back(std::move(done));
      return;
    }
  }
  done({});
}

void Session::tell_ready(const Status& status) {
  std::vector<std::function<void(Status)>> waiting;
  {
    std::lock_guard lock(mutex_);
    waiting.swap(waiting_for_ready_);
  }
  for (auto& done : waiting) done(status);
}

// ---------------------------------------------------------------- the loop

awaitable<void> Session::control_loop() {
  auto self = shared_from_this();
  auto executor = co_await asio::this_coro::executor;
  auto& context = executor.target<asio::io_context::executor_type>()->context();
  Backoff backoff(retry::kReconnect);
  while (!co_await cancelled()) {
    auto signal = std::make_shared<Signal>(context);
    auto connection = co_await control_connection(signal);
    if (connection) {
      backoff.reset();
      co_await watch_cluster(*connection, signal);
      std::lock_guard lock(mutex_);
      control_signal_ = nullptr;
      continue;
    }
    if (connection.error().code() == Code::kCancelled) break;
    static log::RateLimit limit;
    limit.warn("no Cassandra node can be asked for its cluster", {{"error", connection.error()}});
    tell_ready(fail(connection.error()));
    auto wait = backoff.next(connection.error());
    (void)co_await sleep_for(wait.value_or(retry::kReconnect.cap));
  }
  tell_ready(fail(Code::kCancelled, "the session is closed"));
}

awaitable<Result<std::shared_ptr<Connection>>> Session::control_connection(std::shared_ptr<Signal> signal) {
  std::vector<Address> candidates;
  if (auto now = view()) {
    const size_t turn = next_host_.fetch_add(1, std::memory_order_relaxed);
    for (size_t i = 0; i < now->hosts.size(); ++i)
      candidates.push_back(now->hosts[(turn + i) % now->hosts.size()]->address());
  }
  for (auto& point : settings_->contact_points) {
    if (auto address = parse_address(point, settings_->port)) candidates.push_back(*address);
  }
  Error last(Code::kUnavailable, "there is no contact point");
  for (auto& address : candidates) {
    Connection::Observer observer;
    observer.event = [weak = weak_from_this()](const Event& event) {
      if (auto session = weak.lock()) session->on_event(event);
    };
    observer.closed = [signal] { signal->set(); };
    auto connection = co_await Connection::open(settings_, address, scope_, std::move(observer),
                                                Deadline::after(settings_->connect_timeout));
    if (connection) {
      // First, so that no change comes between what is read and what is told.
      auto registered = co_await (*connection)
                            ->call(make_frame(Opcode::kRegister, register_body(), false),
                                   Deadline::after(settings_->connect_timeout));
      const Status known = registered ? co_await refresh(**connection) : fail(std::move(registered).error());
      if (known) co_return connection;
      (*connection)->close(Error(Code::kCancelled, "the node cannot tell of its cluster"));
      connection = fail(known.error());
    }
    if (connection.error().code() == Code::kCancelled) co_return connection;
    last = Error(connection.error().code(), "the Cassandra node cannot be used")
               .with_native(connection.error().origin(), connection.error().native_code())
               .with_peer(address.host + ":" + std::to_string(address.port))
               .with_cause(std::move(connection).error());
  }
  co_return fail(std::move(last));
}

awaitable<void> Session::watch_cluster(std::shared_ptr<Connection> connection, std::shared_ptr<Signal> signal) {
  {
    std::lock_guard lock(mutex_);
    control_signal_ = signal;
  }
  static log::RateLimit limit;
  std::chrono::seconds next_pause = kReadIncomplete;
  while (connection->is_open() && !co_await cancelled()) {
    const std::chrono::seconds pause = nodes_complete_ ? kReadAnyway : next_pause;
    if (!refresh_wanted_) co_await signal->wait(Deadline::after(pause));
    next_pause = refresh_wanted_ || nodes_complete_ ? kReadIncomplete : std::min(2 * pause, kReadAnyway);
    if (!connection->is_open() || co_await cancelled()) break;
    (void)co_await sleep_for(kSettle);
    refresh_wanted_ = false;
    auto read = co_await refresh(*connection);
    if (read) continue;
    limit.warn("the Cassandra cluster's nodes cannot be read", {{"error", read.error()}});
    connection->close(std::move(read).error());
  }
  connection->close(Error(Code::kCancelled, "the session is closed"));
}

void Session::on_event(const Event& event) {
  if (event.kind == Event::Kind::kOther) return;
  std::shared_ptr<Signal> signal;
  {
    std::lock_guard lock(mutex_);
    signal = control_signal_;
    if (event.kind == Event::Kind::kSchema && event.change != "CREATED") {
      for (auto& [text, statement] : statements_) statement->schema_changed();
    }
    if (event.kind == Event::Kind::kStatus && event.change == "UP" && view_) {
      for (auto& host : view_->hosts) {
        if (host->address().host == event.address && !host->is_up()) host->wake();
      }
    }
  }
  // What tables there are is no concern of the ring.
  if (event.kind == Event::Kind::kSchema && event.target != "KEYSPACE") return;
  refresh_wanted_ = true;
  if (signal) Signal::post(signal);
}

// ---------------------------------------------------------------- reading the cluster

awaitable<Result<std::vector<Node>>> Session::read_nodes(Connection& connection) {
  const Deadline deadline = Deadline::after(settings_->connect_timeout);
  auto local = CO_TRY(co_await select(connection, kLocal, deadline));
  auto peers = co_await select(connection, kPeersV2, deadline);
  // Servers before 4.0 do not have it.
  if (!peers && peers.error().code() == Code::kInvalidArgument) peers = co_await select(connection, kPeers, deadline);
  if (!peers) co_return fail(std::move(peers).error());
  const Address address = CO_TRY(parse_address(connection.peer(), settings_->port));
  std::vector<Node> nodes;
  auto row = local.cursor();
  if (!row.next()) co_return fail(Code::kDataLoss, "system.local is empty");
  auto own = node_of(local, row);
  if (!own)
    co_return fail(Error(Code::kUnavailable, "the node is not part of its cluster yet").with_peer(connection.peer()));
  own->address = address.host;
  own->port = address.port;
  nodes.push_back(std::move(*own));
  nodes_complete_ = true;
  auto peer = peers->cursor();
  while (peer.next()) {
    auto node = node_of(*peers, peer);
    if (!node) nodes_complete_ = false;
    if (!node || node->host_id == nodes.front().host_id) continue;
    const int v2 = peers->column("native_address");
    const int address_column = v2 >= 0 ? v2 : peers->column("rpc_address");
    auto text = peer[static_cast<size_t>(address_column)].address();
    // A node that listens on all addresses is reached where its peers reach it.
    if (text && (*text == "0.0.0.0" || *text == "::"))
      text = peer[static_cast<size_t>(peers->column("peer"))].address();
    if (!text) nodes_complete_ = false;
    if (!text) continue;
    node->address = *text;
    node->port = address.port;
    if (v2 >= 0) {
      auto port = peer[static_cast<size_t>(peers->column("native_port"))].int32();
      if (port && *port > 0 && *port <= UINT16_MAX) node->port = static_cast<uint16_t>(*port);
    }
    nodes.push_back(std::move(*node));
  }
  co_return nodes;
}

awaitable<Result<std::map<std::string, Replication>>> Session::read_keyspaces(Connection& connection) {
  auto rows = CO_TRY(co_await select(connection, kKeyspaces, Deadline::after(settings_->connect_timeout)));
  std::map<std::string, Replication> keyspaces;
  auto row = rows.cursor();
  while (row.next()) keyspaces[std::string(row[0].text())] = parse_replication(CO_TRY(row[1].text_map()));
  co_return keyspaces;
}

awaitable<Status> Session::refresh(Connection& connection) {
  auto nodes = CO_TRY(co_await read_nodes(connection));
  auto keyspaces = CO_TRY(co_await read_keyspaces(connection));
  publish(std::move(nodes), keyspaces);
  co_return Status();
}

void Session::publish(std::vector<Node> nodes, const std::map<std::string, Replication>& keyspaces) {
  auto next = std::make_shared<View>();
  // In one order, whichever node was asked.
  std::string first = nodes.front().datacenter;
  std::sort(nodes.begin(), nodes.end(), [](const Node& a, const Node& b) { return a.name() < b.name(); });
  next->topology = std::make_shared<const Topology>(std::move(nodes), keyspaces);
  auto before = view();
  next->local_datacenter = !settings_->local_datacenter.empty() ? settings_->local_datacenter
                           : before                             ? before->local_datacenter
                                                                : first;
  std::vector<HostPtr> created;
  for (auto& node : next->topology->nodes()) {
    HostPtr host;
    if (before) {
      for (auto& known : before->hosts) {
        if (known->name() == node.name() && known->datacenter() == node.datacenter) host = known;
      }
    }
    if (!host) {
      host = std::make_shared<Host>(settings_, Address{node.address, node.port}, node.datacenter);
      created.push_back(host);
    }
    const auto index = static_cast<uint16_t>(next->hosts.size());
    next->hosts.push_back(host);
    (node.datacenter == next->local_datacenter ? next->local : next->remote).push_back(index);
  }
  if (next->local.empty()) {
    static log::RateLimit limit;
    limit.warn("the Cassandra cluster has no node in the local datacenter", {{"datacenter", next->local_datacenter}});
  }
  {
    std::lock_guard lock(mutex_);
    view_ = next;
  }
  for (auto& host : created) {
    const bool remote = host->datacenter() != next->local_datacenter;
    if (remote && settings_->used_hosts_per_remote_datacenter == 0) continue;
    log::info("a Cassandra node is used", {{"peer", host->name()}, {"datacenter", host->datacenter()}});
    host->start(threads_, scope_, [weak = weak_from_this()] {
      auto session = weak.lock();
      if (session && session->is_connected()) session->tell_ready({});
    });
  }
  if (!before) return;
  for (auto& host : before->hosts) {
    if (std::find(next->hosts.begin(), next->hosts.end(), host) != next->hosts.end()) continue;
    log::info("a Cassandra node is used no more", {{"peer", host->name()}});
    host->remove();
  }
}

// ---------------------------------------------------------------- agreement

awaitable<Result<bool>> Session::schema_agrees(Connection& connection) {
  const Deadline deadline = Deadline::after(settings_->connect_timeout);
  auto local =
      CO_TRY(co_await select(connection, "SELECT schema_version FROM system.local WHERE key='local'", deadline));
  auto peers = CO_TRY(co_await select(connection, "SELECT host_id, schema_version FROM system.peers", deadline));
  auto own = local.cursor();
  auto now = view();
  if (!own.next() || !now) co_return false;
  auto row = peers.cursor();
  while (row.next()) {
    if (row[1].bytes() == own[0].bytes()) continue;
    const std::string id = hexadecimal(row[0].bytes());
    const auto& nodes = now->topology->nodes();
    for (size_t i = 0; i < nodes.size(); ++i) {
      // Nodes that are down agree when they come back; of others it is not known that they are.
      if (nodes[i].host_id == id && !now->hosts[i]->is_down()) co_return false;
    }
  }
  co_return true;
}

// The node that made the change is asked: others may not have heard of it yet, and would all agree.
awaitable<void> Session::wait_for_agreement(std::shared_ptr<Connection> coordinator, std::function<void()> done) {
  auto self = shared_from_this();
  const Deadline until = Deadline::after(kAgreementTime);
  auto now = view();
  while (now && now->hosts.size() > 1 && !until.expired() && !co_await cancelled()) {
    auto agrees = co_await schema_agrees(*coordinator);
    if (!agrees || *agrees) break;
    if (!co_await sleep_for(kAgreementPause)) break;
  }
  done();
}

}  // namespace sluice::client::cassandra
