// SPDX-License-Identifier: Apache-2.0
// CREATE JOB, PAUSE JOB, RESUME JOB, DROP JOB, CANCEL TASK.
#include "session/load_store.h"
#include "session/no_database.h"
#include "session/session_state.h"
#include "session/table_definition.h"

namespace sluice::session {
namespace {

using Clock = std::chrono::system_clock;

constexpr uint64_t kMaxInterval = 100ull * 366 * 86400;  // seconds
constexpr size_t kMaxNameBytes = 64;

}  // namespace

Result<std::chrono::seconds> interval_of(const dialect::Schedule& schedule) {
  static constexpr std::pair<const char*, uint64_t> kUnits[] = {
      {"SECOND", 1}, {"MINUTE", 60}, {"HOUR", 3600}, {"DAY", 86400}, {"WEEK", 7 * 86400}};
  for (const auto& [unit, seconds] : kUnits) {
    if (schedule.unit != unit) continue;
    if (schedule.every > kMaxInterval / seconds) return fail(ddl_error("the interval is longer than 100 years"));
    return std::chrono::seconds(schedule.every * seconds);
  }
  return fail(ddl_error("Invalid interval time unit: " + schedule.unit));
}

Result<Clock::time_point> SessionState::time_of(const std::string& text) {
  const auto row = first_row(connection(), "SELECT epoch_ms(TRY_CAST($1 AS TIMESTAMPTZ))", {duckdb::Value(text)});
  if (!row || row->empty() || (*row)[0].IsNull()) return fail(ddl_error("Invalid timestamp: " + text));
  return Clock::time_point(std::chrono::milliseconds((*row)[0].GetValue<int64_t>()));
}

Result<Outcome> SessionState::run_job_statement(dialect::JobStatement statement) {
  using What = dialect::JobStatement::What;
  auto& scheduler = services.jobs;
  switch (statement.what) {
    case What::kPause:
      TRY(scheduler.pause(statement.name));
      return Outcome(Done{});
    case What::kResume:
      TRY(scheduler.resume(statement.name));
      return Outcome(Done{});
    case What::kDrop:
      TRY(scheduler.drop(statement.name));  // Doris says nothing of one that is not there
      return Outcome(Done{});
    case What::kCancelTask:
      TRY(scheduler.cancel_task(statement.name, statement.task));
      return Outcome(Done{});
    case What::kCreate:
      break;
  }
  if (database_.empty()) return fail(no_database_selected());
  if (statement.name.empty() || statement.name.size() > kMaxNameBytes)
    return fail(ddl_error("a job's name has 1 to 64 bytes"));
  if (duckdb::StringUtil::StartsWith(duckdb::StringUtil::Lower(statement.name), "inner_"))
    return fail(ddl_error("job name can not start with inner_"));
  JobDefinition job;
  job.name = statement.name;
  job.database = database_;
  job.user = client.user;
  job.account = client.account;
  job.comment = statement.comment;
  job.sql = statement.sql;
  job.created = Clock::now();
  const auto& schedule = statement.schedule;
  if (schedule.every == 0) {
    job.starts = job.created;
    if (!schedule.starts.empty()) {
      job.starts = TRY(time_of(schedule.starts));
      if (job.starts < job.created) return fail(ddl_error("startTimeMs must be greater than current time"));
    }
    job.strategy = "AT " + time_text(job.starts);
  } else {
    job.every = TRY(interval_of(schedule));
    job.starts = schedule.at_once ? job.created : job.created + job.every;
    if (!schedule.starts.empty()) job.starts = TRY(time_of(schedule.starts));
    if (!schedule.ends.empty()) job.ends = TRY(time_of(schedule.ends));
    if (job.ends && *job.ends < job.starts) return fail(ddl_error("end time cannot be less than start time"));
    job.strategy = "EVERY " + std::to_string(schedule.every) + " " + schedule.unit + " STARTS " + time_text(job.starts);
    if (job.ends) job.strategy += " ENDS " + time_text(*job.ends);
  }
  if (statement.if_not_exists) {
    for (const auto& known : scheduler.jobs()) {
      if (known.name == job.name) return Outcome(Done{});
    }
  }
  // Binding the INSERT tells whether its table and columns are there.
  TRY(connection().prepare(statement.insert.tree->Copy()));
  TRY(scheduler.create(std::move(job)));
  return Outcome(Done{});
}

}  // namespace sluice::session
