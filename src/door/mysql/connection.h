// SPDX-License-Identifier: Apache-2.0
// Connection: one client of the MySQL door, from greeting to good-bye. A coroutine on one network thread; everything
// here is touched by that thread only, but for what a worker is lent while the coroutine waits for it.
// Parts: connection.cc (life, reading, sending), connection_login.cc, connection_query.cc (statements and results),
// connection_prepared.cc (COM_STMT_*), connection_commands.cc (the small commands).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "door/mysql/background_job.h"
#include "door/mysql/compression.h"
#include "door/mysql/door.h"
#include "door/mysql/error_packet.h"
#include "door/mysql/handshake.h"
#include "door/mysql/packet_assembler.h"
#include "door/mysql/packet_buffer.h"
#include "door/mysql/parameters.h"
#include "door/mysql/responses.h"
#include "door/mysql/result_producer.h"
#include "net/stream.h"
#include "session/access.h"
#include "session/session.h"

namespace sluice::door::mysql {

class Connection {
 public:
  Connection(Door& door, net::Stream& stream);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The whole life. When it returns, nothing of the connection runs any more.
  awaitable<void> run();

  // Any thread: lets the connection look at its door's state and at whether it was killed, on its own thread.
  void wake();

 private:
  // Where the coroutine stands, for others that want to end the connection.
  enum class Activity : uint8_t { kIdle, kRunning, kSending };

  // What posted handlers hold: they may arrive after the connection's end.
  struct Link {
    Connection* connection;
    bool killed = false;
  };

  struct Prepared {
    std::shared_ptr<session::PreparedStatement> statement;
    std::vector<ParameterType> types;  // of the last execution
    LongData long_data;
    size_t long_data_bytes = 0;
    bool long_data_too_long = false;  // reported by the next execution
    std::unique_ptr<ResultProducer> cursor;
  };

  // What a worker made of one statement; packets are in out_.
  struct Begun {
    bool failed = false;
    std::unique_ptr<ResultProducer> rest;  // more rows than fit into the first buffer
    std::optional<session::LocalInfile> infile;
  };
  // How one statement of a command is to be answered.
  struct Answering {
    RowFormat format = RowFormat::kText;
    bool silent = false;  // nothing is sent but an error: a result before the last, which the client cannot take
    bool more = false;    // another result follows
    bool cursor = false;  // rows stay with the server until they are fetched
  };

  // connection.cc
  void look_around();
  bool should_end() const;
  awaitable<Result<IncomingPacket>> read_packet(Deadline deadline);
  // Sends and forgets what is in out_ and wire_. An error means that the connection is of no use any more.
  awaitable<Status> send();
  awaitable<Status> send_ok();
  awaitable<Status> send_error(const Error& error);
  void put_error_packet(PacketBuffer& out, const Error& error);
  awaitable<void> serve_commands();
  // False ends the connection.
  awaitable<bool> serve_command(std::string_view payload);
  void rest_buffers();
  void count_bytes();
  awaitable<void> end_session();
  uint16_t status_flags(bool more = false) const;
  template <typename T>
  awaitable<void> destroy_on_worker(T& doomed);

  // connection_login.cc
  struct LoginAttempt {
    std::string user;
    std::string plugin;
    std::string response;
  };
  using MaybeAccount = std::optional<session::AccountRecord>;  // nullopt: denied
  awaitable<bool> login();
  awaitable<Result<HandshakeResponse>> shake_hands(Deadline deadline);
  awaitable<Result<MaybeAccount>> authenticate(LoginAttempt attempt, bool changes_user, Deadline deadline);
  awaitable<Result<bool>> check_sha2(const session::AccountRecord& account, std::string_view response,
                                     Deadline deadline);
  awaitable<Result<bool>> check_sha2_in_full(const session::AccountRecord& account, Deadline deadline);
  awaitable<Result<bool>> verify_password(const session::AccountRecord& account, std::string password);
  awaitable<Result<std::string>> read_login_answer(Deadline deadline);
  awaitable<void> deny(const std::string& user);
  // False: an error was sent.
  awaitable<bool> admit(const std::string& user, const session::AccountRecord& account);
  session::ClientIdentity identity(const std::string& user, const session::AccountRecord& account,
                                   const Attributes& attributes) const;
  void record_login(const std::string& user, const WireError* error);
  void record_logout();
  awaitable<bool> command_change_user(std::string_view payload);
  awaitable<Status> use_database(std::string database);
  // As the session's variables are now.
  void read_timeouts();

  // connection_query.cc
  awaitable<Status> command_query(std::string_view text);
  // `sql` stays valid while it runs.
  awaitable<Status> run_statement(std::string_view sql, Answering answering, bool& failed);
  awaitable<Status> run_on_worker_and_finish(std::string_view sql, Answering answering, bool& failed);
  template <typename Execute>
  awaitable<Begun> execute_on_worker(Execute execute, Answering answering);
  // Puts as much of the answer into out_ as one buffer holds. Worker, unless the outcome has no RowStream.
  Begun begin_answer(Result<session::Outcome> outcome, const Answering& answering);
  Status put_outcome(session::Outcome& outcome, const Answering& answering, Begun& begun);
  // Adds rows to `out`; at their end, or after `max_rows`, the end packet, too. False: more rows are to come. Worker.
  Result<bool> fill(std::unique_ptr<ResultProducer>& rows, PacketBuffer& out, const Answering& answering,
                    uint64_t& max_rows);
  awaitable<Status> finish_answer(Begun begun, Answering answering, bool& failed);
  awaitable<Status> stream_rows(std::unique_ptr<ResultProducer>& rows, Answering answering, uint64_t max_rows,
                                bool& failed);
  awaitable<Status> receive_infile(session::LocalInfile infile, Answering answering, bool& failed);
  awaitable<Status> feed_infile(session::LoadSink& sink);
  // An open cursor's rows are read ahead, so that the session can run something else.
  awaitable<void> park_cursor();
  Error too_long(size_t bytes) const;
  // A comment of the statement may say which trace it belongs to.
  void take_trace(std::string_view sql);

  // connection_commands.cc
  awaitable<Status> command_init_db(std::string_view database);
  awaitable<Status> command_field_list(std::string_view payload);
  awaitable<Status> command_statistics();
  awaitable<Status> command_process_kill(std::string_view payload);
  awaitable<Status> command_set_option(std::string_view payload);
  awaitable<Status> command_reset();
  awaitable<Status> command_database(std::string_view verb, std::string_view name);

  // connection_prepared.cc
  awaitable<Status> command_prepare(std::string_view sql);
  awaitable<Status> command_execute(std::string_view payload);
  void command_long_data(std::string_view payload);
  awaitable<void> command_close(std::string_view payload);
  awaitable<Status> command_reset_statement(std::string_view payload);
  awaitable<Status> command_fetch(std::string_view payload);
  awaitable<void> close_cursor(Prepared& prepared);
  awaitable<void> forget_statements();
  Prepared* find_statement(uint32_t id);

  Door& door_;
  session::Services& services_;
  net::Stream& stream_;
  const uint32_t id_;
  const std::shared_ptr<Link> link_;
  const asio::any_io_executor executor_;

  Scramble scramble_{};
  uint32_t capabilities_ = 0;  // agreed
  int zstd_level_ = 3;
  bool multi_statements_ = false;  // by handshake, then by COM_SET_OPTION
  Activity activity_ = Activity::kIdle;
  std::optional<session::AccountRecord> tried_;  // the account that the client wants to be
  bool with_password_ = false;                   // the client answered with a password's hash, right or wrong
  uint64_t counted_in_ = 0;                      // bytes that the metrics know of
  uint64_t counted_out_ = 0;
  std::chrono::seconds idle_timeout_{28'800};
  std::chrono::seconds write_timeout_{60};
  uint64_t timeouts_version_ = UINT64_MAX;  // of the variables that the timeouts were read from

  PacketAssembler incoming_;
  std::unique_ptr<FrameReader> frames_;  // with compression only
  Compression compression_;
  PacketBuffer out_;            // packets to send next
  PacketBuffer wire_;           // the same, compressed
  uint8_t sequence_ = 0;        // of the next packet
  uint8_t frame_sequence_ = 0;  // of the next compressed frame

  std::unique_ptr<session::Session> session_;
  std::unordered_map<uint32_t, Prepared> statements_;
  uint32_t last_statement_id_ = 0;
  Prepared* open_cursor_ = nullptr;  // whose rows still come from the session itself
};

template <typename T>
awaitable<void> Connection::destroy_on_worker(T& doomed) {
  // A pool that refuses leaves it to this thread: late for others, but not lost.
  if (auto gone = co_await run_on(services_.workers, [&doomed] { doomed = T(); }); !gone) doomed = T();
}

template <typename Execute>
awaitable<Connection::Begun> Connection::execute_on_worker(Execute execute, Answering answering) {
  constexpr size_t kCompressHere = 4096;  // the network thread compresses what is shorter
  size_t start = out_.size();
  uint8_t first_sequence = sequence_;
  stream_.watch_peer(net::PeerGone::kHalfClosed, [this] { session_->interrupt(session::Interrupt::kClientGone); });
  auto begun = co_await run_on(services_.workers, [&] {
    Begun made = begin_answer(execute(), answering);
    if (compression_.algorithm != Algorithm::kNone && out_.size() > kCompressHere) {
      compress_frames(compression_, out_.span(), wire_, frame_sequence_);
      out_.clear();
    }
    return made;
  });
  stream_.unwatch_peer();
  if (begun) co_return std::move(*begun);
  out_.truncate(start);
  sequence_ = first_sequence;
  put_error_packet(out_, begun.error());
  Begun refused;
  refused.failed = true;
  co_return refused;
}

}  // namespace sluice::door::mysql
