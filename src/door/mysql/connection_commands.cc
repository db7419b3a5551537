// SPDX-License-Identifier: Apache-2.0
// The small commands of a Connection.
#include <fmt/format.h>

#include "base/sql_text.h"
#include "door/mysql/column_definition.h"
#include "door/mysql/connection.h"
#include "door/mysql/payload_reader.h"

namespace sluice::door::mysql {
namespace {

// SQL's LIKE without regard to the case of ASCII letters: '%' any run, '_' any one byte.
bool is_like(std::string_view text, std::string_view pattern) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  size_t t = 0, p = 0, run = std::string_view::npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '%') {
      run = p++;
      mark = t;
    } else if (p < pattern.size() && (pattern[p] == '_' || lower(pattern[p]) == lower(text[t]))) {
      ++t;
      ++p;
    } else if (run != std::string_view::npos) {
      p = run + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '%') ++p;
  return p == pattern.size();
}

Result<std::vector<session::Column>> columns_of(Result<session::Outcome> outcome) {
  if (!outcome) return fail(std::move(outcome).error());
  if (auto* rows = std::get_if<std::unique_ptr<session::RowStream>>(&*outcome)) return (*rows)->columns();
  if (auto* table = std::get_if<session::Table>(&*outcome)) return std::move(table->columns);
  return std::vector<session::Column>();
}

}  // namespace

awaitable<Status> Connection::command_init_db(std::string_view database) {
  while (database.ends_with('\0')) database.remove_suffix(1);
  Status used = co_await use_database(std::string(database));
  co_return used ? co_await send_ok() : co_await send_error(used.error());
}

// COM_FIELD_LIST: table name, NUL, wildcard. The mysql client completes names with it.
awaitable<Status> Connection::command_field_list(std::string_view payload) {
  PayloadReader in(payload);
  std::string table(in.text_to_zero_or_end());
  std::string wildcard(in.rest_text());
  co_await park_cursor();
  std::string sql = "SELECT * FROM " + quoted_name(table) + " LIMIT 0";
  auto columns = co_await run_on(services_.workers, [&] { return columns_of(session_->execute(sql)); });
  if (!columns) co_return co_await send_error(columns.error());
  for (auto& column : *columns) {
    if (!wildcard.empty() && !is_like(column.name, wildcard)) continue;
    if (column.table.empty()) column.table = table;
    if (column.org_table.empty()) column.org_table = table;
    if (column.org_name.empty()) column.org_name = column.name;
    if (column.schema.empty()) column.schema = session_->database();
    put_field_list_definition(out_, sequence_, column);
  }
  put_end(out_, sequence_, capabilities_, {status_flags()});
  co_return co_await send();
}

awaitable<Status> Connection::command_statistics() {
  auto up = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - door_.started_).count();
  uint64_t questions = door_.questions_.load(std::memory_order_relaxed);
  std::string text = fmt::format(
      "Uptime: {}  Threads: {}  Questions: {}  Slow queries: 0  Opens: 0  Flush tables: 0  Open tables: 0  "
      "Queries per second avg: {:.3f}",
      up, door_.connections(), questions,
      static_cast<double>(questions) / static_cast<double>(std::max<int64_t>(up, 1)));
  size_t packet = out_.begin_packet();
  out_.append(text);
  out_.end_packet(packet, sequence_);
  co_return co_await send();
}

awaitable<Status> Connection::command_process_kill(std::string_view payload) {
  PayloadReader in(payload);
  uint32_t id = in.u32_le();
  const bool any = services_.access.rights(session_->client().account)->global().has(session::Privilege::kAdmin);
  Status killed = in.ok() ? services_.running.kill(id, false, session_->client(), any)
                          : Status(fail(sql_error(Code::kInvalidArgument, 1094, "Unknown thread id: 0")));
  co_return killed ? co_await send_ok() : co_await send_error(killed.error());
}

awaitable<Status> Connection::command_set_option(std::string_view payload) {
  constexpr uint16_t kMultiStatementsOn = 0, kMultiStatementsOff = 1;
  PayloadReader in(payload);
  uint16_t option = in.u16_le();
  if (!in.ok() || option > kMultiStatementsOff) {
    co_return co_await send_error(sql_error(Code::kUnsupported, 1047, "Unknown command"));
  }
  multi_statements_ = option == kMultiStatementsOn;
  co_return co_await send_ok();
}

awaitable<Status> Connection::command_reset() {
  co_await forget_statements();
  auto reset = co_await run_on(services_.workers, [&] { session_->reset(); });
  co_return reset ? co_await send_ok() : co_await send_error(reset.error());
}

awaitable<Status> Connection::command_database(std::string_view verb, std::string_view name) {
  while (name.ends_with('\0')) name.remove_suffix(1);
  std::string sql = std::string(verb) + quoted_name(name);
  co_return co_await command_query(sql);
}

}  // namespace sluice::door::mysql
