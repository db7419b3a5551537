// SPDX-License-Identifier: Apache-2.0
// CREATE JOB .. ON SCHEDULE .. DO INSERT, and the statements about such jobs by their name.
#include "dialect/expression.h"
#include "dialect/names.h"
#include "dialect/query.h"
#include "dialect/statements.h"

namespace sluice::dialect {
namespace {

tl::unexpected<Failed> refused(ParseContext& c, const std::string& why) {
  return c.failure(sql_error(Code::kInvalidArgument, 1105, "errCode = 2, detailMessage = " + why));
}

// EVERY n unit: the unit in the singular.
Parsed<std::string> parse_unit(ParseContext& c) {
  const std::string written = duckdb::StringUtil::Upper(std::string(c.text(c.peek())));
  std::string unit = written.ends_with('S') ? written.substr(0, written.size() - 1) : written;
  for (const char* known : {"SECOND", "MINUTE", "HOUR", "DAY", "WEEK"}) {
    if (unit != known) continue;
    c.advance();
    return unit;
  }
  if (c.at_end()) return c.expected("SECOND, MINUTE, HOUR, DAY or WEEK");
  return refused(c, "interval time unit can not be " + duckdb::StringUtil::Lower(written));
}

// A word of the clause as a job's name too: CREATE JOB do ON SCHEDULE ..
Parsed<std::string> parse_job_name(ParseContext& c) {
  if (c.is(TokenKind::kWord) && !c.is(TokenKind::kDot, 1) && c.is("ON"_kw, 1)) {
    std::string name(c.text(c.peek()));
    c.advance();
    return name;
  }
  return parse_name(c, "a name for the job");
}

}  // namespace

Parsed<Schedule> parse_schedule(ParseContext& c) {
  Schedule schedule;
  if (c.accept_word("AT")) {
    if (c.is("CURRENT_TIMESTAMP"_kw)) {
      c.advance();
      if (c.accept(TokenKind::kLeftParen)) TRY(c.expect(TokenKind::kRightParen, "')'"));
      return schedule;
    }
    schedule.starts = TRY(parse_string(c, "a time in quotes"));
    return schedule;
  }
  if (!c.accept_word("EVERY")) return c.expected("EVERY or AT");
  const Token where = c.peek();
  schedule.every = TRY(parse_unsigned(c, "a number"));
  if (schedule.every == 0 || schedule.every > 1'000'000)
    return c.syntax_error("the interval must be from 1 to 1000000 units", where);
  schedule.unit = TRY(parse_unit(c));
  if (c.accept_word("STARTS")) {
    if (c.is("CURRENT_TIMESTAMP"_kw)) {
      c.advance();
      schedule.at_once = true;
    } else {
      schedule.starts = TRY(parse_string(c, "a time in quotes"));
    }
  }
  if (c.accept_word("ENDS")) schedule.ends = TRY(parse_string(c, "a time in quotes"));
  return schedule;
}

Body parse_create_job(ParseContext& c) {
  JobStatement job;
  job.if_not_exists = TRY(parse_if_not_exists(c));
  job.name = TRY(parse_job_name(c));
  TRY(c.expect("ON"_kw));
  if (!c.accept_word("SCHEDULE")) return c.expected("SCHEDULE");
  job.schedule = TRY(parse_schedule(c));
  if (c.accept("COMMENT"_kw)) job.comment = TRY(parse_string(c, "a comment"));
  TRY(c.expect("DO"_kw));
  const size_t first = c.mark();
  if (!c.is("INSERT"_kw)) return refused(c, "Not support this sql in a job: only INSERT can be");
  StatementBody body = TRY(parse_statement(c));
  auto* insert = std::get_if<KernelStatement>(&body);
  if (!insert || c.parameter_count() > 0) return refused(c, "Not support this sql in a job: only INSERT can be");
  job.sql = std::string(c.text_since(first));
  job.insert = std::move(*insert);
  return job;
}

// WHERE jobName = 'name' [AND taskId = n]
Body parse_job_by_name(ParseContext& c, JobStatement::What what) {
  JobStatement job;
  job.what = what;
  if (what == JobStatement::What::kDrop) job.if_exists = TRY(parse_if_exists(c));
  TRY(c.expect("WHERE"_kw));
  if (!c.accept_word("JOBNAME")) return c.expected("jobName");
  TRY(c.expect(TokenKind::kEqual, "'='"));
  job.name = TRY(parse_string(c, "the job's name in quotes"));
  if (what != JobStatement::What::kCancelTask) return job;
  TRY(c.expect("AND"_kw));
  if (!c.accept_word("TASKID")) return c.expected("taskId");
  TRY(c.expect(TokenKind::kEqual, "'='"));
  job.task = TRY(parse_unsigned(c, "the number of a task"));
  return job;
}

}  // namespace sluice::dialect
