// SPDX-License-Identifier: Apache-2.0
#include "door/mysql/connection.h"

#include <boost/asio/post.hpp>

#include "base/log.h"

namespace sluice::door::mysql {
namespace {

// A client that began a packet has this long for each further piece of it.
constexpr std::chrono::seconds kPieceTimeout{30};
constexpr size_t kReadBytes = 512;
// An idle connection keeps an output buffer of at most this size.
constexpr size_t kKeepOutput = 2048;

}  // namespace

Connection::Connection(Door& door, net::Stream& stream)
    : door_(door),
      services_(door.services_),
      stream_(stream),
      id_(door.services_.next_connection_id()),
      link_(std::make_shared<Link>(Link{this})),
      executor_(stream.context().get_executor()),
      incoming_(kMaxLoginPayload) {
  door_.enlist(this);
}

Connection::~Connection() {
  door_.delist(this);
  link_->connection = nullptr;
}

void Connection::wake() {
  asio::post(executor_, [link = link_] {
    if (link->connection) link->connection->look_around();
  });
}

bool Connection::should_end() const { return link_->killed || door_.draining_.load(std::memory_order_relaxed); }

// A running statement is left alone: whoever wants it to end interrupts it, and its client gets the error first.
void Connection::look_around() {
  if (!should_end()) return;
  if (activity_ == Activity::kIdle || (activity_ == Activity::kSending && link_->killed)) stream_.abort();
}

awaitable<void> Connection::run() {
  if (!should_end() && co_await login()) co_await serve_commands();
  activity_ = Activity::kRunning;
  co_await end_session();
  count_bytes();
}

awaitable<Result<IncomingPacket>> Connection::read_packet(Deadline deadline) {
  for (;;) {
    IncomingPacket packet;
    switch (incoming_.next(packet)) {
      case PacketAssembler::Progress::kPacket:
        sequence_ = static_cast<uint8_t>(packet.last_sequence + 1);
        if (frames_) frame_sequence_ = static_cast<uint8_t>(frames_->last_sequence() + 1);
        co_return packet;
      case PacketAssembler::Progress::kOutOfOrder:
        co_return fail(sql_error(Code::kInvalidArgument, 1156, "Got packets out of order"));
      case PacketAssembler::Progress::kNeedMore:
        break;
    }
    if (frames_ && CO_TRY(frames_->unpack(incoming_))) continue;
    bool begun = incoming_.in_packet() || (frames_ && frames_->has_unread());
    Deadline until = begun ? Deadline::earlier(deadline, Deadline::after(kPieceTimeout)) : deadline;
    auto space = frames_ ? frames_->space() : incoming_.space(std::max(incoming_.wanted(), kReadBytes));
    size_t count = CO_TRY(co_await stream_.read_some(space, until));
    if (count == 0) co_return fail(Code::kUnavailable, "the client closed the connection");
    if (frames_) {
      frames_->received(count);
    } else {
      incoming_.received(count);
    }
  }
}

awaitable<Status> Connection::send() {
  Activity before = std::exchange(activity_, Activity::kSending);
  Deadline deadline = Deadline::after(write_timeout_);
  Status sent;
  if (compression_.algorithm == Algorithm::kNone) {
    sent = co_await stream_.write(out_.span(), deadline);
  } else {
    if (!out_.empty()) compress_frames(compression_, out_.span(), wire_, frame_sequence_);
    sent = co_await stream_.write(wire_.span(), deadline);
    wire_.clear();
  }
  out_.clear();
  activity_ = before;
  co_return sent;
}

awaitable<Status> Connection::send_ok() {
  put_ok(out_, sequence_, {}, status_flags());
  return send();
}

awaitable<Status> Connection::send_error(const Error& error) {
  put_error_packet(out_, error);
  return send();
}

void Connection::put_error_packet(PacketBuffer& out, const Error& error) {
  WireError wire = to_wire_error(error);
  door_.metrics_.error(wire.number);
  if (error.code() == Code::kInternal)
    log::error("statement failed by a defect", {{"connection_id", id_}, {"error", error}});
  put_error(out, sequence_, wire);
}

uint16_t Connection::status_flags(bool more) const {
  uint16_t flags = more ? kMoreResultsExist : 0;
  if (!session_) return flags | kAutocommit;
  if (session_->in_transaction()) flags |= kInTransaction;
  if (session_->autocommit()) flags |= kAutocommit;
  if (session_->no_backslash_escapes()) flags |= kNoBackslashEscapes;
  return flags;
}

void Connection::rest_buffers() {
  if (out_.capacity() > kKeepOutput) out_.release();
  if (wire_.capacity() > 0) wire_.release();
  incoming_.compact();
  if (frames_) frames_->compact();
}

void Connection::count_bytes() {
  uint64_t in = stream_.bytes_read(), out = stream_.bytes_written();
  door_.metrics_.bytes_received.add(in - counted_in_);
  door_.metrics_.bytes_sent.add(out - counted_out_);
  counted_in_ = in;
  counted_out_ = out;
}

awaitable<void> Connection::serve_commands() {
  while (!should_end()) {
    rest_buffers();
    read_timeouts();
    activity_ = Activity::kIdle;
    auto packet = co_await read_packet(Deadline::after(idle_timeout_));
    activity_ = Activity::kRunning;
    if (!packet) {
      // Numbers of MySQL's are faults that the client can be told; all else is its good-bye.
      if (packet.error().origin() == Origin::kMysql) (void)co_await send_error(packet.error());
      co_return;
    }
    if (packet->too_large) {
      Error error = sql_error(Code::kInvalidArgument, 1153, "Got a packet bigger than 'max_allowed_packet' bytes");
      if (!co_await send_error(error)) co_return;
      continue;
    }
    if (packet->first_sequence != 0 && !frames_) {
      (void)co_await send_error(sql_error(Code::kInvalidArgument, 1156, "Got packets out of order"));
      co_return;
    }
    if (!co_await serve_command(packet->payload)) co_return;
    count_bytes();
  }
}

awaitable<bool> Connection::serve_command(std::string_view payload) {
  auto unknown = [] { return sql_error(Code::kUnsupported, 1047, "Unknown command"); };
  if (payload.empty()) co_return (co_await send_error(unknown())).has_value();
  auto code = static_cast<uint8_t>(payload[0]);
  std::string_view rest = payload.substr(1);
  door_.metrics_.command(code).add();
  door_.questions_.fetch_add(1, std::memory_order_relaxed);
  Status served;
  switch (static_cast<Command>(code)) {
    case Command::kQuery:
      served = co_await command_query(rest);
      break;
    case Command::kStmtExecute:
      served = co_await command_execute(rest);
      break;
    case Command::kStmtPrepare:
      served = co_await command_prepare(rest);
      break;
    case Command::kStmtFetch:
      served = co_await command_fetch(rest);
      break;
    case Command::kStmtReset:
      served = co_await command_reset_statement(rest);
      break;
    case Command::kStmtSendLongData:
      command_long_data(rest);
      break;
    case Command::kStmtClose:
      co_await command_close(rest);
      break;
    case Command::kPing:
    case Command::kDebug:
      served = co_await send_ok();
      break;
    case Command::kInitDb:
      served = co_await command_init_db(rest);
      break;
    case Command::kFieldList:
      served = co_await command_field_list(rest);
      break;
    case Command::kStatistics:
      served = co_await command_statistics();
      break;
    case Command::kProcessKill:
      served = co_await command_process_kill(rest);
      break;
    case Command::kSetOption:
      served = co_await command_set_option(rest);
      break;
    case Command::kResetConnection:
      served = co_await command_reset();
      break;
    case Command::kCreateDb:
      served = co_await command_database("CREATE DATABASE ", rest);
      break;
    case Command::kDropDb:
      served = co_await command_database("DROP DATABASE ", rest);
      break;
    case Command::kProcessInfo:
      served = co_await command_query("SHOW PROCESSLIST");
      break;
    case Command::kChangeUser:
      co_return co_await command_change_user(rest);
    case Command::kQuit:
      co_return false;
    default:
      served = co_await send_error(unknown());
  }
  co_return served.has_value();
}

awaitable<void> Connection::end_session() {
  co_await forget_statements();
  if (!session_) co_return;
  record_logout();
  co_await destroy_on_worker(session_);
}

}  // namespace sluice::door::mysql
