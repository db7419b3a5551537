// SPDX-License-Identifier: Apache-2.0
// The SHOW statements of Doris that tell of storage, jobs and the cluster: which they are and what follows them. Their
// answers are made by the session (show_families.cc there).
#include <algorithm>

#include "dialect/expression.h"
#include "dialect/names.h"
#include "dialect/statements.h"
#include "duckdb/parser/parsed_expression_iterator.hpp"

namespace sluice::dialect {
namespace {

using What = ShowStatement::What;

// What the name after the words is.
enum class Target : uint8_t { kNone, kDatabase, kTable, kWord, kFunction };

struct Family {
  std::string_view words;
  Target target = Target::kNone;
};

// Longer ones before those that begin them.
constexpr Family kFamilies[] = {
    {"ALL PROPERTIES", Target::kWord},
    {"ANALYZE TASK STATUS", Target::kWord},
    {"ANALYZE", Target::kTable},
    {"AUTHORS"},
    {"AUTO ANALYZE", Target::kTable},
    {"AUTO JOBS", Target::kTable},
    {"BACKENDS"},
    {"BACKUP", Target::kDatabase},
    {"BROKER"},
    {"BUILD INDEX", Target::kDatabase},
    {"BUILTIN FUNCTIONS", Target::kDatabase},
    {"CACHE HOTSPOT", Target::kWord},
    {"CATALOG RECYCLE BIN"},
    {"CATALOG", Target::kWord},
    {"CLUSTERS"},
    {"COLUMN CACHED STATS", Target::kTable},
    {"COLUMN HISTOGRAM", Target::kTable},
    {"COLUMN STATS", Target::kTable},
    {"COMPUTE GROUPS"},
    {"CONSTRAINTS", Target::kTable},
    {"CONVERT_LIGHT_SCHEMA_CHANGE_PROCESS", Target::kDatabase},
    {"CONVERT_LSC", Target::kDatabase},
    {"COPY", Target::kDatabase},
    {"CREATE CATALOG", Target::kWord},
    {"CREATE FUNCTION", Target::kFunction},
    {"CREATE GLOBAL FUNCTION", Target::kFunction},
    {"CREATE LOAD", Target::kWord},
    {"CREATE REPOSITORY", Target::kWord},
    {"CREATE ROUTINE LOAD", Target::kWord},
    {"DATA SKEW", Target::kTable},
    {"DATA TYPES"},
    {"DATA", Target::kTable},
    {"DATABASE ID", Target::kWord},
    {"DATABASE", Target::kWord},
    {"DELETE", Target::kDatabase},
    {"DYNAMIC PARTITION TABLES", Target::kDatabase},
    {"ENCRYPTKEYS", Target::kDatabase},
    {"EXPORT", Target::kDatabase},
    {"FILE", Target::kDatabase},
    {"FRONTEND CONFIG"},
    {"BACKEND CONFIG"},
    {"FRONTENDS DISKS"},
    {"FRONTENDS"},
    {"INDEX STATS", Target::kTable},
    {"JOB TASKS", Target::kWord},
    {"JOBS", Target::kWord},
    {"LAST INSERT"},
    {"LOAD PROFILE", Target::kWord},
    {"LOAD WARNINGS", Target::kDatabase},
    {"LOAD", Target::kDatabase},
    {"PARTITION ID", Target::kWord},
    {"PARTITION", Target::kWord},
    {"POLICY", Target::kWord},
    {"PROC", Target::kWord},
    {"PROPERTY", Target::kWord},
    {"QUERY PROFILE", Target::kWord},
    {"QUERY STATS", Target::kTable},
    {"QUEUED ANALYZE JOBS", Target::kTable},
    {"REPLICA DISTRIBUTION", Target::kTable},
    {"REPLICA STATUS", Target::kTable},
    {"REPOSITORIES"},
    {"RESOURCES"},
    {"RESTORE", Target::kDatabase},
    {"ROLES"},
    {"ROUTINE LOAD TASK", Target::kDatabase},
    {"ROUTINE LOAD", Target::kWord},
    {"SNAPSHOT", Target::kWord},
    {"SQL_BLOCK_RULE", Target::kWord},
    {"STAGES"},
    {"STORAGE POLICY USING", Target::kWord},
    {"STORAGE POLICY", Target::kWord},
    {"STORAGE VAULTS"},
    {"STORAGE VAULT"},
    {"STREAM LOAD", Target::kDatabase},
    {"SYNC JOB", Target::kDatabase},
    {"TABLE CREATION", Target::kDatabase},
    {"TABLE ID", Target::kWord},
    {"TABLE STATS", Target::kTable},
    {"TABLET DIAGNOSIS", Target::kWord},
    {"TABLET STORAGE FORMAT"},
    {"TABLETS BELONG", Target::kWord},
    {"TABLETS", Target::kTable},
    {"TABLET", Target::kWord},
    {"TRANSACTION", Target::kDatabase},
    {"TRASH"},
    {"TYPECAST", Target::kDatabase},
    {"TYPE_CAST", Target::kDatabase},
    {"VIEW", Target::kTable},
    {"VIEWS", Target::kDatabase},
    {"WARM UP JOB"},
    {"WHITELIST"},
    {"WORKLOAD GROUPS"},
    {"WORKLOAD POLICY"},
};

std::string upper(std::string_view text) { return duckdb::StringUtil::Upper(std::string(text)); }

// How many tokens the words of `family` take at the cursor; 0: it is another.
size_t words_at(const ParseContext& c, std::string_view family) {
  size_t count = 0;
  while (!family.empty()) {
    const size_t end = std::min(family.find(' '), family.size());
    if (!c.is_word(family.substr(0, end), count)) return 0;
    ++count;
    family.remove_prefix(std::min(end + 1, family.size()));
  }
  return count;
}

// SHOW EXPORT WHERE ID = 5: the column that is shown as JobId.
void name_job_id(duckdb::ParsedExpression& condition) {
  if (condition.GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF) {
    auto& names = condition.Cast<duckdb::ColumnRefExpression>().column_names;
    if (names.size() == 1 && duckdb::StringUtil::CIEquals(names[0], "id")) names[0] = "JobId";
  }
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      condition, [](duckdb::unique_ptr<duckdb::ParsedExpression>& child) { name_job_id(*child); });
}

// [FROM|IN|ON|FOR] name [FROM|IN db]; a function's name is followed by types and becomes its signature.
Parsed<void> parse_target(ParseContext& c, Target target, ShowStatement& show) {
  const bool from = c.accept("FROM"_kw) || c.accept("IN"_kw) || c.accept("ON"_kw) || c.accept("FOR"_kw);
  if (c.is(TokenKind::kString) || c.is(TokenKind::kInteger)) {
    show.words = c.is(TokenKind::kString) ? TRY(parse_string(c, "a name")) : std::string(c.text(c.peek()));
    if (is_literal(c.peek().kind)) c.advance();
    return {};
  }
  if (!at_name(c)) {
    if (from) return c.expected("a name");
    return {};
  }
  if (target == Target::kDatabase) {
    if (!from) return {};
    show.object = TRY(parse_database_name(c));
    return {};
  }
  show.object = TRY(parse_qualified_name(c, "a name"));
  show.words = show.object.name;
  if (target == Target::kFunction) {
    const auto types = TRY(parse_parameter_types(c));
    show.words = duckdb::StringUtil::Lower(show.words) + "(" + duckdb::StringUtil::Join(types, ", ") + ")";
  }
  if ((target == Target::kTable || target == Target::kFunction) && (c.accept("FROM"_kw) || c.accept("IN"_kw))) {
    QualifiedName database = TRY(parse_database_name(c));
    show.object.catalog = std::move(database.catalog);
    show.object.database = std::move(database.database);
  }
  return {};
}

}  // namespace

Parsed<void> parse_show_filter(ParseContext& c, ShowStatement& show) {
  if (c.accept("LIKE"_kw)) {
    show.like = TRY(parse_string(c, "a pattern in quotes"));
  } else if (c.accept("WHERE"_kw)) {
    show.where = TRY(parse_expression(c));
  }
  if (c.accept("ORDER"_kw)) {
    TRY(c.expect("BY"_kw));
    do {
      auto& order = show.order.emplace_back();
      if (c.is(TokenKind::kInteger)) {
        order.column = std::string(c.text(c.peek()));
        c.advance();
      } else {
        order.column = TRY(parse_name_or_string(c, "a column of the answer"));
      }
      order.descending = c.accept("DESC"_kw);
      if (!order.descending) c.accept("ASC"_kw);
    } while (c.accept(TokenKind::kComma));
  }
  if (c.accept("LIMIT"_kw)) {
    show.limit = TRY(parse_unsigned(c, "a number of rows"));
    if (c.accept(TokenKind::kComma)) {
      show.offset = *show.limit;
      show.limit = TRY(parse_unsigned(c, "a number of rows"));
    } else if (c.accept("OFFSET"_kw)) {
      show.offset = TRY(parse_unsigned(c, "a number of rows"));
    }
  }
  return {};
}

Parsed<bool> parse_show_family(ParseContext& c, ShowStatement& show) {
  if (c.is("ALTER"_kw)) {
    c.advance();
    TRY(c.expect("TABLE"_kw));
    show.what = What::kAlterJobs;
    if (c.accept("MATERIALIZED"_kw)) {
      TRY(c.expect("VIEW"_kw));
      show.family = "MATERIALIZED VIEW";
    } else if (c.accept("ROLLUP"_kw)) {
      show.family = "ROLLUP";
    } else {
      TRY(c.expect("COLUMN"_kw));
      show.family = "COLUMN";
    }
    if (c.accept("FROM"_kw) || c.accept("IN"_kw)) show.object = TRY(parse_database_name(c));
    TRY(parse_show_filter(c, show));
    return true;
  }
  for (const Family& family : kFamilies) {
    const size_t count = words_at(c, family.words);
    if (count == 0) continue;
    for (size_t i = 0; i < count; ++i) c.advance();
    show.what = What::kFamily;
    show.family = family.words;
    if (family.target != Target::kNone) TRY(parse_target(c, family.target, show));
    TRY(parse_show_filter(c, show));
    if (family.words == "EXPORT" && show.where) name_job_id(*show.where);
    skip_to_end(c);  // PARTITION (p), PROPERTIES (..), (column, ..): narrow what little there is
    return true;
  }
  return false;
}

// Settings of Doris' frontend that this server has as variables.
constexpr std::string_view kFrontendSettings[] = {"dynamic_partition_check_interval_seconds"};

// SET [ALL] FRONTEND[S] CONFIG ("name" = "value"); nothing when the server has no such setting.
Parsed<std::optional<SetStatement>> parse_frontend_setting(ParseContext& c) {
  const size_t first = c.mark();
  std::optional<SetStatement> set;
  if (!c.accept("SET"_kw)) return set;
  c.accept("ALL"_kw);
  if ((c.accept_word("FRONTEND") || c.accept_word("FRONTENDS")) && c.accept_word("CONFIG") &&
      c.is(TokenKind::kLeftParen)) {
    for (const auto& [key, value] : TRY(parse_property_list(c))) {
      if (std::ranges::find(kFrontendSettings, key) == std::end(kFrontendSettings)) continue;
      if (!set) set.emplace();
      SetStatement::Assignment assignment;
      assignment.scope = VariableScope::kGlobal;
      assignment.name = key;
      assignment.value = duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value(value));
      set->assignments.push_back(std::move(assignment));
    }
    if (set) {
      skip_to_end(c);
      return set;
    }
  }
  c.return_to(first);
  return set;
}

Body parse_admin(ParseContext& c) {
  c.advance();
  if (c.accept("SHOW"_kw)) {
    ShowStatement show;
    if (!TRY(parse_show_family(c, show))) return c.unsupported("ADMIN SHOW " + upper(c.text(c.peek())));
    return show;
  }
  if (c.is_word("DIAGNOSE")) {
    ShowStatement show;
    show.what = What::kFamily;
    show.family = "TABLET DIAGNOSIS";
    skip_to_end(c);
    return show;
  }
  // SET TABLE t STATUS PROPERTIES ("state" = "..")
  if (c.is("SET"_kw) && c.is("TABLE"_kw, 1)) {
    const size_t first = c.mark();
    c.advance();
    c.advance();
    AlterTableStatement alter;
    alter.table = TRY(parse_qualified_name(c, "a table"));
    if (c.accept_word("STATUS")) {
      AlterTableStatement::Clause& clause = alter.clauses.emplace_back();
      clause.what = AlterTableStatement::What::kTableState;
      for (const auto& [key, value] : TRY(parse_properties(c))) {
        if (key == "state") clause.text = upper(value);
      }
      return alter;
    }
    c.return_to(first);
  }
  if (auto setting = TRY(parse_frontend_setting(c))) return std::move(*setting);
  // Other SET FRONTEND CONFIG, SET REPLICA STATUS, REPAIR, CHECK TABLET, COMPACT, REBALANCE DISK, CLEAN TRASH, ..:
  // there are no tablets, replicas and disks to care for.
  for (const char* word : {"SET", "REPAIR", "CANCEL", "CHECK", "COMPACT", "REBALANCE", "CLEAN", "COPY"}) {
    if (!c.is_word(word)) continue;
    skip_to_end(c);
    return NoOpStatement{true};
  }
  return c.expected("SHOW, SET, REPAIR, CHECK, COMPACT or CLEAN");
}

}  // namespace sluice::dialect
