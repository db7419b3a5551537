// SPDX-License-Identifier: Apache-2.0
#include "session/doris_errors.h"

#include <algorithm>
#include <charconv>

#include "base/error_place.h"
#include "base/text_pattern.h"
#include "duckdb/common/string_util.hpp"
#include "functions/registry.h"

namespace sluice::session {
namespace {

constexpr std::string_view kPrefix = "errCode = 2, detailMessage = ";
constexpr int kUnknownError = 1105;
constexpr int kNotSupported = 1235;
constexpr int kExecuteTimeout = 5024;

// Numbers that Doris itself sends, by what they are about. 5000 and more are its own.
constexpr int kOfDoris[] = {
    1007, 1008,                          // a database that is there, or is not
    1044, 1142, 1227,                    // rights
    1046, 1049,                          // no database selected, an unknown one
    1050, 1051,                          // a table that is there, or is not
    1094, 1095,                          // KILL
    1193, 1228, 1229, 1231, 1232, 1238,  // system variables
    1203, 1235, 1347, 1396, 1862, 3638, 3955,
};

// Numbers of the protocol, and those that tell a client to come again: Doris has none of its own for them.
constexpr int kOfTheProtocol[] = {
    1040, 1043, 1045, 1047, 1053, 1129, 1153, 1156, 1157, 1158, 1159, 1160, 1161,
    1205, 1210, 1213, 1243, 1251, 1295, 1317, 1390, 1402, 1421, 1461, 3118, 3159,
};

// $1 to $3 is what stood in our text. The first one that matches counts.
struct Wording {
  int number;
  std::string_view ours;
  std::string_view doris;
};
constexpr Wording kWordings[] = {
    {1105, "No matching function with signature: %", "Can not find the compatibility function signature: $1"},
    {1136, "Column count doesn't match value count: %",
     "insert into cols should be corresponding to the query output: $1"},
    {1241, "%", "Multiple columns returned by subquery are not yet supported: $1"},
    {1242, "%", "Expected EQ 1 to be returned by expression: $1"},
    {1222, "%", "Operands have unequal number of columns: $1"},
};

bool contains(std::span<const int> numbers, int number) { return std::ranges::find(numbers, number) != numbers.end(); }

std::string last_part(std::string_view name) {
  const size_t dot = name.rfind('.');
  return std::string(dot == std::string_view::npos ? name : name.substr(dot + 1));
}

// DDL and statements about a table have a number for one that is not there, queries have not. `place` is its name's.
bool reads_or_writes(const StatementText& text, std::optional<size_t> place) {
  if (text.begins_with("EXPLAIN") || text.begins_with("DESC") || text.begins_with("DESCRIBE"))
    return text.second_is("SELECT") || text.second_is("WITH") || text.second_is("INSERT") || text.second_is("VERBOSE");
  if (text.begins_with("CREATE")) {
    const auto query = text.find("SELECT");
    return query && (!place || *place > *query);
  }
  for (const char* word :
       {"SHOW", "ALTER", "DROP", "TRUNCATE", "USE", "RENAME", "RECOVER", "REFRESH", "GRANT", "REVOKE"}) {
    if (text.begins_with(word)) return false;
  }
  return true;
}

bool writes(const StatementText& text) {
  for (const char* word : {"INSERT", "UPDATE", "DELETE", "REPLACE", "LOAD"}) {
    if (text.begins_with(word)) return true;
  }
  return false;
}

// What an error becomes.
struct Answer {
  int number = kUnknownError;
  std::string message;
  std::optional<size_t> place;
};

// Errors of the binder that come without a place are about this word of the statement.
constexpr std::pair<std::string_view, std::string_view> kAboutWords[] = {
    {"Operands have unequal", "UNION"},
    {"Operands have unequal", "EXCEPT"},
    {"Operands have unequal", "INTERSECT"},
    {"Operands have unequal", "MINUS"},
    {"GROUP BY ", "GROUP"},
    {"ORDER ", "ORDER"},
    {"Doris hll, bitmap", "UNION"},
    {"Doris hll, bitmap", "INTERSECT"},
    {"Doris hll, bitmap", "EXCEPT"},
    {"Doris hll, bitmap", "DISTINCT"},
    {"Doris hll, bitmap", "GROUP"},
    {"Doris hll, bitmap", "ORDER"},
    {"Doris hll, bitmap", "OVER"},
};

void syntax_error(Answer& answer, const StatementText& text) {
  constexpr std::string_view kBegin = "You have an error in your SQL syntax: ";
  constexpr std::string_view kExpected = "expected ";
  std::string_view message = answer.message;
  if (!message.starts_with(kBegin)) return;
  message.remove_prefix(kBegin.size());
  // The place follows in Doris' way.
  if (const size_t at = message.rfind(" at line "); answer.place && at != std::string_view::npos)
    message = message.substr(0, at);
  std::string told(message);
  const size_t near = message.find(" near '");
  const size_t end = message.rfind(" at the end of the statement");
  if (answer.place && message.starts_with(kExpected) && message.find("; '") == std::string_view::npos) {
    const std::string_view wanted = message.substr(kExpected.size(), std::min(near, end) - kExpected.size());
    const std::string found = text.token_at(*answer.place);
    told = "mismatched input '" + (found.empty() ? "<EOF>" : found) + "' expecting " + std::string(wanted);
  } else {
    PatternParts parts;
    if (match_pattern("%() takes % argument%, not %", message.substr(0, near), parts)) {
      const std::string_view counted = message.substr(0, near);
      told = "Can not found function '" + duckdb::StringUtil::Lower(std::string(parts[0])) + "' which has " +
             std::string(counted.substr(counted.rfind(' ') + 1)) + " arity. It takes " + std::string(parts[1]);
    }
  }
  answer.message = std::move(told);
}

void unknown_column(Answer& answer, const StatementText& text) {
  PatternParts parts;
  if (!match_pattern("Unknown column '%' in '%'", answer.message, parts)) return;
  const std::string whole(parts[0]);
  const std::string column = last_part(whole);
  if (parts[1] != "table list" && parts[1] != "field list" && parts[1] != "from clause") {
    if (!answer.place) answer.place = text.find(column);
    return;
  }
  // The trees of views have places in other texts.
  if (answer.place) {
    const std::string there = text.name_at(*answer.place);
    const std::string dotted = "." + whole + ".";
    if (there.empty() ||
        duckdb::StringUtil::Lower(dotted).find("." + duckdb::StringUtil::Lower(there) + ".") == std::string::npos)
      answer.place.reset();
  }
  if (!answer.place) answer.place = text.find(column);
  const std::string table =
      whole.size() > column.size() ? whole.substr(0, whole.size() - column.size() - 1) : "table list";
  answer.message = "Unknown column '" + column + "' in '" + table + "'";
  const std::string_view clause = answer.place ? text.clause(*answer.place) : std::string_view();
  if (!clause.empty()) answer.message += " in " + std::string(clause) + " clause";
}

// t.c or t.* of a t that is not in FROM.
void unknown_qualifier(Answer& answer, const StatementText& text) {
  PatternParts parts;
  if (!match_pattern("Unknown table '%'", answer.message, parts)) return;
  const std::string table(parts[0]);
  if (!answer.place) answer.place = text.find(table);
  // The place is that of the first part of `table`; each further one is two tokens on.
  const size_t last = 2 * static_cast<size_t>(std::ranges::count(table, '.'));
  const bool dotted = answer.place && text.name_after(*answer.place, last + 1) == ".";
  const std::string column = dotted ? text.name_after(*answer.place, last + 2) : "";
  if (column.empty() || column == "*") {
    answer.message = "unknown qualifier: " + table;
    return;
  }
  answer.message = "Unknown column '" + column + "' in '" + table + "'";
  if (const std::string_view clause = text.clause(*answer.place); !clause.empty())
    answer.message += " in " + std::string(clause) + " clause";
}

void unknown_table(Answer& answer, const StatementText& text, std::string_view database) {
  PatternParts parts;
  if (!match_pattern("Table '%' doesn't exist", answer.message, parts)) return;
  const std::string whole(parts[0]);
  const std::string table = last_part(whole);
  if (!reads_or_writes(text, answer.place ? answer.place : text.find(table))) {
    answer.number = 1051;
    answer.message = "Unknown table '" + table + "'";
    return;
  }
  if (answer.place && !duckdb::StringUtil::CIEquals(text.name_at(*answer.place), table)) {
    const auto qualified = text.name_after(*answer.place, 1) == ".";
    if (!qualified) answer.place.reset();
  }
  if (!answer.place) answer.place = text.find(table);
  std::string in(database);
  if (whole.size() > table.size()) {
    in = whole.substr(0, whole.size() - table.size() - 1);
  } else if (answer.place && text.name_after(*answer.place, 1) == "." &&
             duckdb::StringUtil::CIEquals(text.name_after(*answer.place, 2), table)) {
    in = text.name_at(*answer.place);
  }
  answer.message = "Table [" + table + "] does not exist in database [" + in + "].";
}

void not_grouped(Answer& answer, const StatementText& text) {
  PatternParts parts;
  if (!match_pattern("column % must appear in the GROUP BY clause%", answer.message, parts)) return;
  std::string name(parts[0]);
  std::erase(name, '"');
  if (!answer.place) answer.place = text.find(last_part(name));
  answer.message = name +
                   " should be grouped by. It must appear in the GROUP BY clause or be used in an aggregate "
                   "function: " +
                   name + " not in aggregate's output";
}

void ambiguous(Answer& answer) {
  PatternParts parts;
  if (!match_pattern("Column '%' is ambiguous%", answer.message, parts)) return;
  std::string choices(parts[1]);
  for (const char* word : {" (use: ", " or ", "\"", ")"}) {
    choices = duckdb::StringUtil::Replace(choices, word, std::string_view(word) == " or " ? ", " : "");
  }
  answer.message = std::string(parts[0]) + " is ambiguous: " + choices + ".";
}

// Aggregates and window functions where Doris' plan has no place for them.
void misplaced_call(Answer& answer, const StatementText& text) {
  constexpr std::string_view kGroup = "Invalid use of group function: ";
  const bool aggregate = answer.message.starts_with(kGroup);
  if (!aggregate && !answer.message.ends_with("clause cannot contain window functions!")) return;
  const std::string_view why = std::string_view(answer.message).substr(aggregate ? kGroup.size() : 0);
  const std::string call = answer.place ? text.call_text(*answer.place) : "";
  if (why.starts_with("one inside another")) {
    answer.message = "aggregate function cannot contain aggregate parameters: " + call;
  } else if (why.starts_with("GROUP BY")) {
    answer.message = std::string("GROUP BY expression must not contain ") + (aggregate ? "aggregate" : "window") +
                     " functions: " + call;
  } else {
    const std::string_view clause = answer.place ? text.clause(*answer.place) : "";
    answer.message = "LOGICAL_" + std::string(clause.empty() ? "FILTER" : clause) + " can not contains " +
                     (aggregate ? "AggregateFunction" : "WindowExpression") + " expression: " + call;
  }
}

void unknown_function(Answer& answer, const StatementText& text) {
  PatternParts parts;
  if (!match_pattern("FUNCTION % does not exist", answer.message, parts)) return;
  const std::string name(parts[0]);
  if (!answer.place) answer.place = text.find(name);
  const std::string lower = duckdb::StringUtil::Lower(name);
  answer.message = "Can not found function '" + name + "'";
  // They are there, but not here.
  constexpr std::string_view kWindow[] = {"row_number", "rank", "dense_rank",  "percent_rank", "cume_dist", "ntile",
                                          "lag",        "lead", "first_value", "last_value",   "nth_value"};
  if (std::ranges::find(kWindow, lower) != std::end(kWindow)) {
    answer.message += ": it is a window function and needs OVER (..)";
  } else if (lower.starts_with("explode") || lower.starts_with("posexplode")) {
    const std::string_view clause = answer.place ? text.clause(*answer.place) : "";
    answer.message = "LOGICAL_" + std::string(clause.empty() ? "PROJECT" : clause) +
                     " can not contains TableGeneratingFunction expression: " +
                     (answer.place ? text.call_text(*answer.place) : name) + "; it stands in LATERAL VIEW";
  }
}

void wrong_signature(Answer& answer, const StatementText& text) {
  PatternParts parts;
  if (match_pattern("No matching function with signature: %(%", answer.message, parts)) {
    if (answer.place)
      answer.place = text.call_at(parts[0], *answer.place);
    else
      answer.place = text.find(parts[0]);
    return;
  }
  if (!match_pattern("%() takes % argument%, not %", answer.message, parts)) return;
  if (answer.message.find_first_not_of("0123456789", answer.message.rfind(' ') + 1) != std::string::npos) return;
  const std::string name = duckdb::StringUtil::Lower(std::string(parts[0]));
  const std::string count = answer.message.substr(answer.message.rfind(' ') + 1);
  answer.place = answer.place ? text.call_at(name, *answer.place) : text.find(name);
  answer.message =
      "Can not found function '" + name + "' which has " + count + " arity. It takes " + std::string(parts[1]);
}

void reword(Answer& answer, int number, const StatementText& text, std::string_view database) {
  switch (number) {
    case 1064:
      return syntax_error(answer, text);
    case 1054:
      return unknown_column(answer, text);
    case 1109:
      return unknown_qualifier(answer, text);
    case 1146:
      return unknown_table(answer, text, database);
    case 1055:
      misplaced_call(answer, text);
      return not_grouped(answer, text);
    case 1052:
      return ambiguous(answer);
    case 3024:
      answer.number = writes(text) ? kExecuteTimeout : kUnknownError;
      answer.message = writes(text) ? "Execute timeout" : "query is timeout, killed by timeout checker";
      return;
    case 1049: {
      PatternParts parts;
      if (!match_pattern("Unknown database '%'", answer.message, parts)) return;
      if (reads_or_writes(text, answer.place ? answer.place : text.find(parts[0]))) {
        answer.number = kUnknownError;
        if (!answer.place) answer.place = text.find(parts[0]);
        answer.message = "Database [" + std::string(parts[0]) + "] does not exist.";
      }
      return;
    }
    case 1142:
    case 1143:
      if (number == 1143 || reads_or_writes(text, std::nullopt)) answer.number = kUnknownError;
      return;
    case 1305:
      return unknown_function(answer, text);
    case 1111:
      return misplaced_call(answer, text);
    case 1105:
      misplaced_call(answer, text);
      wrong_signature(answer, text);
      break;
    default:
      break;
  }
  for (const Wording& wording : kWordings) {
    PatternParts parts;
    if (wording.number != number || !match_pattern(wording.ours, answer.message, parts)) continue;
    answer.message = fill_pattern(wording.doris, parts);
    return;
  }
}

// The first name or value in quotes or brackets that the message has and the statement too.
std::optional<size_t> place_of_named(std::string_view message, const StatementText& text) {
  constexpr std::string_view kOpening = "'\"`[(";
  constexpr std::string_view kClosing = "'\"`])";
  for (size_t open = 0; open < message.size(); ++open) {
    const size_t kind = kOpening.find(message[open]);
    if (kind == std::string_view::npos) continue;
    // An apostrophe inside a word begins nothing.
    if (message[open] == '\'' && open > 0 && duckdb::StringUtil::CharacterIsAlpha(message[open - 1])) continue;
    const size_t close = message.find(kClosing[kind], open + 1);
    if (close == std::string_view::npos) continue;
    const std::string_view name = message.substr(open + 1, close - open - 1);
    if (auto found = text.find(name)) return found;
    if (auto found = text.find(last_part(name))) return found;
  }
  return std::nullopt;
}

std::optional<size_t> place_of_word(std::string_view message, const StatementText& text) {
  for (const auto& [begin, word] : kAboutWords) {
    if (!message.starts_with(begin)) continue;
    if (auto found = text.find(word)) return found;
  }
  return std::nullopt;
}

// What may be otherwise in a moment; the doors have numbers for it.
bool is_of_the_moment(Code code) {
  return code == Code::kUnavailable || code == Code::kResourceExhausted || code == Code::kCancelled ||
         code == Code::kDeadlineExceeded || code == Code::kConflict || code == Code::kUnauthenticated;
}

bool is_about_the_text(Code code) {
  return code == Code::kInvalidArgument || code == Code::kNotFound || code == Code::kAlreadyExists ||
         code == Code::kUnsupported || code == Code::kOutOfRange;
}

}  // namespace

Error as_doris(Error error, const StatementText& text, std::string_view database) {
  if (error.message().starts_with(kPrefix) && !place_of(error)) return error;
  const int number = error.origin() == Origin::kMysql ? error.native_code() : 0;
  if (contains(kOfTheProtocol, number)) return error;
  if (number == 0 && is_of_the_moment(error.code())) return error;
  Answer answer;
  if (contains(kOfDoris, number) || number >= 5000) answer.number = number;
  answer.message = error.message().substr(error.message().starts_with(kPrefix) ? kPrefix.size() : 0);
  answer.place = place_of(error);
  const bool somewhere = answer.place == kSomewhere;
  if (somewhere) answer.place.reset();
  reword(answer, number, text, database);
  if ((answer.number == kUnknownError || answer.number == kNotSupported) && is_about_the_text(error.code())) {
    if (!answer.place) answer.place = place_of_named(answer.message, text);
    if (!answer.place) answer.place = place_of_word(answer.message, text);
    if (!answer.place && (somewhere || number == kNotSupported)) answer.place = text.begin();
    if (answer.place) answer.message += text.place(*answer.place).text();
  }
  Error result = sql_error(error.code(), answer.number, std::string(kPrefix) + answer.message);
  return std::move(result).with_retry(error.retry()).with_peer(error.peer());
}

Error as_mysql(Error error) {
  if (!error.message().starts_with(kPrefix)) return error;
  Error result = Error(error.code(), error.message().substr(kPrefix.size()));
  return std::move(result).with_native(error.origin(), error.native_code()).with_retry(error.retry());
}

}  // namespace sluice::session
