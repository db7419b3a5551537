// SPDX-License-Identifier: Apache-2.0
// PREPARE, EXECUTE and DEALLOCATE PREPARE as statements. The text is kept and parsed again at each EXECUTE, whose
// outcome is that of the text.
#include "duckdb/common/string_util.hpp"
#include "session/session_state.h"

namespace sluice::session {
namespace {

constexpr size_t kMaxPreparedTexts = 1000;  // of one session

Error unknown_statement(const std::string& name, const char* where) {
  return sql_error(Code::kNotFound, 1243, "Unknown prepared statement handler (" + name + ") given to " + where);
}

}  // namespace

Result<Outcome> SessionState::prepared_text(const dialect::PreparedTextStatement& statement) {
  using What = dialect::PreparedTextStatement::What;
  const std::string name = duckdb::StringUtil::Lower(statement.name);
  switch (statement.what) {
    case What::kPrepare: {
      prepared_texts.erase(name);  // also when the new text is wrong, as in MySQL
      const auto parsed = TRY(dialect::parse(statement.sql, parse_options()));
      if (std::holds_alternative<dialect::PreparedTextStatement>(parsed.body)) {
        return fail(sql_error(Code::kUnsupported, 1295,
                              "This command is not supported in the prepared statement protocol yet"));
      }
      if (prepared_texts.size() == kMaxPreparedTexts) {
        return fail(sql_error(
            Code::kResourceExhausted, 1461,
            "Can't create more than " + std::to_string(kMaxPreparedTexts) + " prepared statements in one session"));
      }
      const auto prepared = TRY(self.prepare(statement.sql));  // names and types that are wrong are told now
      prepared_texts[name] = {statement.sql, prepared->parameter_count()};
      return Outcome(Done{});
    }
    case What::kExecute: {
      const auto found = prepared_texts.find(name);
      if (found == prepared_texts.end()) return fail(unknown_statement(statement.name, "EXECUTE"));
      if (found->second.parameters != statement.variables.size())
        return fail(sql_error(Code::kInvalidArgument, 1210, "Incorrect arguments to EXECUTE"));
      std::vector<duckdb::Value> parameters;
      for (const std::string& variable : statement.variables) parameters.push_back(user_variable(variable));
      const std::string sql = found->second.sql;
      auto outcome = run(TRY(dialect::parse(sql, parse_options())), sql, std::move(parameters));
      if (!outcome) return fail(translate(std::move(outcome.error()), sql));  // its places are those of the text
      return outcome;
    }
    case What::kDeallocate:
      if (prepared_texts.erase(name) == 0) return fail(unknown_statement(statement.name, "DEALLOCATE PREPARE"));
      return Outcome(Done{});
  }
  return Outcome(Done{});
}

}  // namespace sluice::session
