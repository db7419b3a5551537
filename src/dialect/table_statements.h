// SPDX-License-Identifier: Apache-2.0
// What the parser makes of statements about tables, views, databases and functions that the session carries out: ALTER
// TABLE, MATERIALIZED VIEW, ALTER VIEW, ALTER DATABASE, ALIAS FUNCTION. Plain data: no thread rule.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pch/pch.h"

namespace sluice::dialect {

// [catalog.][database.]name; parts that were not written are empty.
struct QualifiedName {
  std::string catalog;
  std::string database;
  std::string name;
};

// ALTER TABLE, CREATE/DROP/BUILD INDEX of Doris: what a clause does depends on the table's definition, which the
// session reads when the statement runs.
struct AlterTableStatement {
  enum class What : uint8_t {
    kAddColumn,
    kDropColumn,
    kModifyColumn,  // MODIFY c .., CHANGE old c ..
    kRenameColumn,
    kOrderColumns,
    kColumnDefault,  // ALTER c SET DEFAULT x | DROP DEFAULT
    kColumnComment,
    kColumnStats,
    kTableComment,
    kRenameTable,
    kReplaceWith,
    kAddPrimaryKey,
    kAddIndex,
    kDropIndex,
    kBuildIndex,
    kAddRollup,
    kDropRollup,
    kRenameRollup,
    kAddConstraint,  // Doris' constraints are promises to the planner: kept and shown, never enforced
    kDropConstraint,
    kProperties,
    kEngine,      // MODIFY ENGINE TO ..: not offered
    kFeature,     // ENABLE FEATURE: all that Doris has are there; `text` is its name
    kTableState,  // ADMIN SET TABLE t STATUS: `text` is NORMAL, ROLLUP or SCHEMA_CHANGE
    kAccepted,    // storage, engines, character sets: nothing to do once the table is there
  };
  struct Column {
    // Its comment holds what kernel::ColumnModel says: key, aggregation, AUTO_INCREMENT.
    duckdb::ColumnDefinition definition{std::string(), duckdb::LogicalType::INVALID};
    bool not_null = false;
    bool first = false;
    std::string after;  // empty: where it is, or at the end
  };
  struct Clause {
    What what = What::kAccepted;
    std::string name;      // of the column, index, rollup or constraint
    std::string new_name;  // of renamings
    QualifiedName other;   // kRenameTable, kReplaceWith: the other table; kAddConstraint: the one referred to
    std::optional<Column> column;
    std::vector<std::string> columns;                 // of orders, keys, indexes, rollups, constraints
    std::vector<std::string> other_columns;           // FOREIGN KEY .. REFERENCES t (these)
    std::unique_ptr<duckdb::ParsedExpression> value;  // kColumnDefault; null: DROP DEFAULT
    std::string text;                                 // a comment; INVERTED, BITMAP; PRIMARY KEY, UNIQUE, FOREIGN KEY
    std::string rollup;                               // the rollup that a column clause speaks of
    std::vector<std::pair<std::string, std::string>> properties;
    bool if_exists = false;
    bool if_not_exists = false;
    bool swap = true;  // kReplaceWith: the other table keeps living under this one's name
  };
  QualifiedName table;
  std::vector<Clause> clauses;
  bool cancel = false;  // CANCEL ALTER TABLE: nothing is ever under way
};

// ALTER VIEW v AS ..: CREATE OR REPLACE of a view that must be there and keeps its comment.
struct AlterViewStatement {
  std::unique_ptr<duckdb::SQLStatement> create;
};

struct RenameDatabaseStatement {
  QualifiedName database;
  std::string to;
};

// When a job or the refresh of a materialised view runs. Times as written, in the session's zone.
struct Schedule {
  uint64_t every = 0;    // in units; 0: once
  std::string unit;      // SECOND, MINUTE, HOUR, DAY, WEEK
  std::string starts;    // of what runs once: when; empty: at once, or after the first interval
  std::string ends;      // empty: never
  bool at_once = false;  // EVERY .. STARTS CURRENT_TIMESTAMP
};

// MATERIALIZED VIEW in all its statements.
struct MaterializedViewStatement {
  enum class What : uint8_t {
    kCreateSync,   // CREATE MATERIALIZED VIEW mv AS SELECT .. FROM one_table ..: kept with its table
    kCreateAsync,  // .. BUILD .. REFRESH ..: a table of its own
    kDrop,
    kRefresh,
    kRename,
    kSetRefresh,
    kSetProperties,
    kReplaceWith,
    kPause,
    kResume,
    kCancel,
    kShowCreate,
  };
  struct Column {
    std::string name;
    std::string comment;
  };
  What what = What::kRefresh;
  QualifiedName name;
  std::optional<QualifiedName> table;  // kDrop .. ON table, kShowCreate .. ON table, kCreateSync: the FROM table
  QualifiedName other;                 // kRename, kReplaceWith
  std::vector<Column> columns;
  std::unique_ptr<duckdb::SQLStatement> query;
  std::string query_text;
  std::vector<QualifiedName> sources;  // the tables that the query reads
  std::string build;                   // IMMEDIATE, DEFERRED
  std::string refresh;                 // AUTO, COMPLETE, NEVER
  std::string trigger;                 // ON MANUAL, ON COMMIT, ON SCHEDULE EVERY ..
  std::optional<Schedule> schedule;    // of the latter
  std::string keys;                    // "DUPLICATE KEY (..)" as written
  std::string partition;               // the column or expression of PARTITION BY (..)
  std::string distribution;            // as written
  std::string comment;
  std::vector<std::string> partitions;  // kRefresh: PARTITIONS (p1, p2)
  std::vector<std::pair<std::string, std::string>> properties;
  uint64_t task = 0;  // kCancel
  bool if_exists = false;
  bool if_not_exists = false;
  bool or_replace = false;
  bool swap = true;
};

// CREATE ALIAS FUNCTION, DROP FUNCTION: an expression under a name.
struct AliasFunctionStatement {
  enum class What : uint8_t { kCreate, kDrop };
  What what = What::kCreate;
  bool global = false;                // of no database
  bool unless = false;                // IF NOT EXISTS, IF EXISTS
  QualifiedName name;                 // in lower case
  duckdb::vector<std::string> types;  // of the parameters, as DESC shows types
  // Of kCreate:
  duckdb::vector<std::string> parameters;
  std::unique_ptr<duckdb::ParsedExpression> body;  // over the parameters, each of which it casts to its type
  std::string text;                                // the body as written
};

}  // namespace sluice::dialect
