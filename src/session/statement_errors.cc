// SPDX-License-Identifier: Apache-2.0
// A failed statement's error on its way to the client.
#include "session/doris_errors.h"
#include "session/session_state.h"

namespace sluice::session {

// Statements come in order: each byte is counted once.
void SessionState::find_start(std::string_view sql) {
  const bool inside =
      sql.data() >= whole_text_.data() && sql.data() + sql.size() <= whole_text_.data() + whole_text_.size();
  const size_t offset = inside ? static_cast<size_t>(sql.data() - whole_text_.data()) : 0;
  if (!inside || offset < start_offset_) {
    start_ = {};
    start_offset_ = 0;
  }
  if (!inside) return;
  start_.advance(whole_text_.substr(start_offset_, offset - start_offset_));
  start_offset_ = offset;
}

Error SessionState::translate(Error error) {
  std::string sql;
  {
    std::lock_guard lock(run_lock);
    sql = running_sql;
  }
  return translate(std::move(error), sql);
}

Error SessionState::translate(Error error, std::string_view sql) {
  error = by_reason(std::move(error));
  if (!services.doris_errors) return as_mysql(std::move(error));
  return as_doris(std::move(error), StatementText(sql, parse_options(), start_), database_);
}

Error SessionState::by_reason(Error error) {
  if (error.code() != Code::kCancelled) return error;
  std::optional<Interrupt> reason;
  {
    std::lock_guard lock(run_lock);
    reason = interrupted;
  }
  if (!reason) return error;
  switch (*reason) {
    case Interrupt::kTimeout:
      return sql_error(Code::kDeadlineExceeded, 3024,
                       "Query execution was interrupted, maximum statement execution time exceeded (query_timeout)");
    case Interrupt::kShutdown:
      return sql_error(Code::kUnavailable, 1053, "Server shutdown in progress");
    default:
      return sql_error(Code::kCancelled, 1317, "Query execution was interrupted");
  }
}

}  // namespace sluice::session
