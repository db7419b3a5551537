// SPDX-License-Identifier: Apache-2.0
// A Connection's prepared statements and cursors: COM_STMT_*.
#include "door/mysql/column_definition.h"
#include "door/mysql/connection.h"
#include "door/mysql/payload_reader.h"

namespace sluice::door::mysql {
namespace {

constexpr size_t kMaxStatements = 16'382;  // MySQL's max_prepared_stmt_count, here for each connection

Error unknown_statement(uint32_t id, std::string_view command) {
  return sql_error(Code::kNotFound, 1243,
                   "Unknown prepared statement handler (" + std::to_string(id) + ") given to " + std::string(command));
}

}  // namespace

Connection::Prepared* Connection::find_statement(uint32_t id) {
  auto found = statements_.find(id);
  return found == statements_.end() ? nullptr : &found->second;
}

awaitable<Status> Connection::command_prepare(std::string_view sql) {
  while (sql.ends_with('\0')) sql.remove_suffix(1);
  if (sql.size() > services_.limits.max_statement_bytes) co_return co_await send_error(too_long(sql.size()));
  if (statements_.size() >= kMaxStatements) {
    co_return co_await send_error(sql_error(
        Code::kResourceExhausted, 1461,
        "Can't create more than max_prepared_stmt_count statements (current value: " + std::to_string(kMaxStatements) +
            ")"));
  }
  co_await park_cursor();
  auto made = co_await run_on(services_.workers, [&] { return session_->prepare(sql); });
  if (!made) co_return co_await send_error(made.error());
  do {
    ++last_statement_id_;
  } while (last_statement_id_ == 0 || statements_.contains(last_statement_id_));
  const session::PreparedStatement& statement = **made;
  uint16_t parameters = statement.parameter_count();
  const auto& columns = statement.columns();
  size_t packet = out_.begin_packet();
  out_.u8(kOkHeader);
  out_.u32_le(last_statement_id_);
  out_.u16_le(static_cast<uint16_t>(columns.size()));
  out_.u16_le(parameters);
  out_.u8(0);
  out_.u16_le(session_->warning_count());
  out_.end_packet(packet, sequence_);
  bool with_end = !(capabilities_ & kDeprecateEof);
  for (uint16_t i = 0; i < parameters; ++i) put_parameter_definition(out_, sequence_);
  if (parameters > 0 && with_end) put_end(out_, sequence_, capabilities_, {status_flags()});
  for (const auto& column : columns) put_column_definition(out_, sequence_, column);
  if (!columns.empty() && with_end) put_end(out_, sequence_, capabilities_, {status_flags()});
  statements_[last_statement_id_].statement = std::move(*made);
  co_return co_await send();
}

awaitable<Status> Connection::command_execute(std::string_view payload) {
  auto began = std::chrono::steady_clock::now();
  PayloadReader in(payload);
  uint32_t id = in.u32_le();
  uint8_t flags = in.u8();
  in.skip(4);  // iterations, always 1
  Prepared* prepared = find_statement(id);
  if (!in.ok() || prepared == nullptr) co_return co_await send_error(unknown_statement(id, "mysqld_stmt_execute"));
  LongData long_data = std::exchange(prepared->long_data, {});
  prepared->long_data_bytes = 0;
  if (std::exchange(prepared->long_data_too_long, false)) {
    co_return co_await send_error(
        sql_error(Code::kInvalidArgument, 1153,
                  "Parameters sent with mysql_send_long_data() are longer than 'max_allowed_packet' bytes"));
  }
  session::PreparedStatement& statement = *prepared->statement;
  auto values = parse_parameters(in, statement.parameter_count(), prepared->types, long_data);
  if (!values) co_return co_await send_error(values.error());
  if (prepared->cursor) co_await close_cursor(*prepared);
  if (open_cursor_) co_await park_cursor();
  Answering answering{.format = RowFormat::kBinary, .cursor = (flags & kCursorTypeReadOnly) != 0};
  Begun begun;
  if (auto outcome = session_->answer_at_once(statement, *values)) {
    begun = begin_answer(std::move(*outcome), answering);
  } else {
    begun = co_await execute_on_worker([&] { return session_->execute(statement, std::move(*values)); }, answering);
  }
  Status served;
  bool failed = false;
  if (answering.cursor && begun.rest) {
    prepared->cursor = std::move(begun.rest);
    open_cursor_ = prepared;
    served = co_await send();
  } else {
    served = co_await finish_answer(std::move(begun), answering, failed);
  }
  door_.metrics_.statement_seconds.observe(std::chrono::steady_clock::now() - began);
  co_return served;
}

// No answer: what goes wrong is told by the next COM_STMT_EXECUTE.
void Connection::command_long_data(std::string_view payload) {
  PayloadReader in(payload);
  uint32_t id = in.u32_le();
  uint16_t parameter = in.u16_le();
  Prepared* prepared = find_statement(id);
  if (!in.ok() || prepared == nullptr || parameter >= prepared->statement->parameter_count()) return;
  std::string_view part = in.rest_text();
  if (prepared->long_data_bytes + part.size() > services_.limits.max_packet_bytes) {
    prepared->long_data.clear();
    prepared->long_data_bytes = 0;
    prepared->long_data_too_long = true;
  }
  if (prepared->long_data_too_long) return;
  prepared->long_data[parameter].append(part);
  prepared->long_data_bytes += part.size();
}

awaitable<void> Connection::command_close(std::string_view payload) {
  PayloadReader in(payload);
  uint32_t id = in.u32_le();
  Prepared* prepared = find_statement(id);
  if (!in.ok() || prepared == nullptr) co_return;
  co_await close_cursor(*prepared);
  statements_.erase(id);
}

awaitable<Status> Connection::command_reset_statement(std::string_view payload) {
  PayloadReader in(payload);
  uint32_t id = in.u32_le();
  Prepared* prepared = find_statement(id);
  if (!in.ok() || prepared == nullptr) co_return co_await send_error(unknown_statement(id, "mysqld_stmt_reset"));
  co_await close_cursor(*prepared);
  prepared->long_data.clear();
  prepared->long_data_bytes = 0;
  prepared->long_data_too_long = false;
  co_return co_await send_ok();
}

awaitable<Status> Connection::command_fetch(std::string_view payload) {
  PayloadReader in(payload);
  uint32_t id = in.u32_le();
  uint64_t rows = in.u32_le();
  Prepared* prepared = find_statement(id);
  if (!in.ok() || prepared == nullptr) co_return co_await send_error(unknown_statement(id, "mysqld_stmt_fetch"));
  if (!prepared->cursor) {
    co_return co_await send_error(
        sql_error(Code::kFailedPrecondition, 1421, "The statement (" + std::to_string(id) + ") has no open cursor."));
  }
  Answering answering{.format = RowFormat::kBinary, .cursor = true};
  bool failed = false;
  stream_.watch_peer(net::PeerGone::kHalfClosed, [this] { session_->interrupt(session::Interrupt::kClientGone); });
  auto ended = co_await run_on(services_.workers, [&] { return fill(prepared->cursor, out_, answering, rows); });
  stream_.unwatch_peer();
  Status served;
  if (!ended) {
    out_.clear();
    sequence_ = 1;
    served = co_await send_error(ended.error());
  } else if (*ended) {
    served = co_await send();
  } else {
    served = co_await stream_rows(prepared->cursor, answering, rows, failed);
  }
  if (!prepared->cursor && open_cursor_ == prepared) open_cursor_ = nullptr;
  co_return served;
}

awaitable<void> Connection::close_cursor(Prepared& prepared) {
  if (open_cursor_ == &prepared) open_cursor_ = nullptr;
  if (prepared.cursor) co_await destroy_on_worker(prepared.cursor);
}

awaitable<void> Connection::forget_statements() {
  open_cursor_ = nullptr;
  if (!statements_.empty()) co_await destroy_on_worker(statements_);
}

}  // namespace sluice::door::mysql
