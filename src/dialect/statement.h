// SPDX-License-Identifier: Apache-2.0
// What the parser makes of one statement. Queries and DDL for the kernel arrive as DuckDB statement trees;
// statements that the server itself answers (SHOW, SET, USE, KILL, accounts) as the structs below.
// Plain data: no thread rule.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "dialect/access_statements.h"
#include "dialect/file_statements.h"
#include "dialect/table_statements.h"
#include "kernel/partitions.h"
#include "pch/pch.h"

namespace sluice::dialect {

// A statement that the kernel runs.
struct KernelStatement {
  enum class Effect : uint8_t {
    kRead,    // SELECT, EXPLAIN, VALUES
    kWrite,   // INSERT, UPDATE, DELETE: the outcome has a count of rows
    kSchema,  // CREATE, DROP, ALTER: commits an open transaction first, as in MySQL
  };
  std::unique_ptr<duckdb::SQLStatement> tree;
  Effect effect = Effect::kRead;
  // Run after `tree`, in order and as one statement with it: DROP TABLE a, b; ALTER TABLE t ADD a INT, DROP b.
  std::vector<std::unique_ptr<duckdb::SQLStatement>> rest;
  bool to_bin = false;      // DROP TABLE without FORCE: a table of Doris can be recovered
  bool overwrites = false;  // INSERT OVERWRITE: a DELETE among the trees makes room, partitions can be recovered
  std::string label;        // INSERT .. WITH LABEL: happens at most once
};

// CREATE TABLE t LIKE other: other's definition is known only when the statement runs.
struct CreateLikeStatement {
  QualifiedName table;
  QualifiedName source;
  bool temporary = false;
  bool if_not_exists = false;
};

// EXPLAIN or DESC of a statement: the plan of `tree` in Doris' words.
struct ExplainStatement {
  enum class Form : uint8_t {
    kPlan,       // fragments of V nodes
    kVerbose,    // the same with types and estimates of every node
    kTree,       // one line a node
    kGraph,      // boxes
    kShape,      // the operators alone
    kAnalyzed,   // PARSED, ANALYZED: as bound
    kRewritten,  // REWRITTEN, LOGICAL: as optimized
    kPhysical,   // OPTIMIZED, PHYSICAL
    kMemo,
    kDistributed,
    kAll,
    kJson,     // FORMAT = JSON
    kAnalyze,  // EXPLAIN ANALYZE: runs it
  };
  Form form = Form::kPlan;
  std::unique_ptr<duckdb::SQLStatement> tree;
};

struct UseStatement {
  std::string catalog;  // empty: the current one
  std::string database;
  bool only_check = false;  // nothing is selected: only that the database is there
};

// kTransaction: SET TRANSACTION without SESSION or GLOBAL, for the next transaction alone.
enum class VariableScope : uint8_t { kSession, kGlobal, kUser, kTransaction };

// SET [GLOBAL|SESSION|@@...] name = value, ...; SET NAMES becomes character_set_* assignments,
// SET TRANSACTION ISOLATION LEVEL becomes transaction_isolation, SET CHARACTER SET as SET NAMES.
struct SetStatement {
  struct Assignment {
    VariableScope scope = VariableScope::kSession;
    std::string name;  // lower case for system variables; as written for user variables
    // A constant tree (or any scalar expression, for user variables); null means DEFAULT.
    // A bare word (SET sql_mode = ANSI, autocommit = ON) is a string constant.
    std::unique_ptr<duckdb::ParsedExpression> value;
  };
  std::vector<Assignment> assignments;
  // UNSET VARIABLE ALL: all of this scope take their defaults.
  std::optional<VariableScope> reset_all;
};

// SHOW ...; DESC t is kColumns. `what` decides which of the other fields mean something.
struct ShowStatement {
  enum class What : uint8_t {
    kDatabases,
    kTables,
    kTableStatus,
    kColumns,
    kIndex,
    kCreateTable,
    kCreateView,
    kCreateDatabase,
    kVariables,
    kStatus,
    kEngines,
    kCharset,
    kCollation,
    kWarnings,
    kErrors,
    kCountWarnings,
    kCountErrors,
    kPlugins,
    kPrivileges,
    kGrants,
    kProcesslist,
    kTriggers,
    kEvents,
    kProcedureStatus,
    kFunctionStatus,
    kFunctions,
    kOpenTables,
    kMasterStatus,
    kCatalogs,
    kCreateUser,
    kPartitions,
    kAlterJobs,     // SHOW ALTER TABLE COLUMN|ROLLUP|MATERIALIZED VIEW; `family` says which
    kAllIndexes,    // DESC t ALL
    kRowPolicies,   // SHOW ROW POLICY [FOR account | ROLE role]; `words` is the role
    kFunctionType,  // DESC FUNCTION f(..): the columns of `query`
    kFamily,        // the many SHOWs whose rows few clients need; `family` is the words, e.g. "STREAM LOAD"
    kOther,
  };
  // ORDER BY of some kinds: a column of the answer.
  struct Order {
    std::string column;
    bool descending = false;
  };
  What what = What::kOther;
  bool full = false;      // SHOW FULL ..., SHOW ALL GRANTS
  bool describe = false;  // written as DESC/DESCRIBE/EXPLAIN <table>: Doris' other column texts
  VariableScope scope = VariableScope::kSession;
  QualifiedName object;  // the table or view; for kTables/kTableStatus/kCreateDatabase only catalog and database
  std::optional<std::string> like;                  // LIKE pattern, unescaped text of the literal
  std::unique_ptr<duckdb::ParsedExpression> where;  // over the result's own column names
  std::vector<Order> order;
  std::optional<uint64_t> limit;
  uint64_t offset = 0;
  std::string family;
  std::unique_ptr<duckdb::SQLStatement> query;  // kFunctionType
  std::optional<Account> account;               // kGrants, kCreateUser; empty: the session's own
  std::string words;                            // kOther: the words after SHOW in upper case, for the error
};

struct KillStatement {
  bool query_only = false;
  uint64_t connection_id = 0;
};

struct TransactionStatement {
  enum class What : uint8_t { kBegin, kCommit, kRollback };
  What what = What::kBegin;
  std::optional<bool> read_only;  // of kBegin: READ ONLY or READ WRITE was written
  bool chain = false;             // AND CHAIN: another transaction begins at once
};

// SAVEPOINT s, ROLLBACK TO s, RELEASE SAVEPOINT s.
struct SavepointStatement {
  enum class What : uint8_t { kSet, kRollback, kRelease };
  What what = What::kSet;
  std::string name;
};

// PREPARE s FROM 'text', EXECUTE s USING @a, DEALLOCATE PREPARE s.
struct PreparedTextStatement {
  enum class What : uint8_t { kPrepare, kExecute, kDeallocate };
  What what = What::kPrepare;
  std::string name;
  std::string sql;                     // of kPrepare
  std::vector<std::string> variables;  // of kExecute
};

// LOAD DATA [LOCAL] INFILE 'file' [REPLACE|IGNORE] INTO TABLE t ...
struct LoadDataStatement {
  bool local = false;
  std::string filename;
  QualifiedName table;
  std::string fields_terminated_by = "\t";
  std::optional<char> enclosed_by;
  std::optional<char> escaped_by = '\\';
  std::string lines_terminated_by = "\n";
  uint64_t ignore_lines = 0;
  std::vector<std::string> columns;  // empty: all, in order; "@x" marks a field to drop
};

// ALTER TABLE t ADD | DROP | RENAME | MODIFY | REPLACE PARTITION ..: bounds are known only when the table is.
struct AlterPartitionsStatement {
  enum class What : uint8_t { kAdd, kDrop, kRename, kModify, kReplace };
  struct Change {
    What what = What::kAdd;
    bool if_exists = false;            // IF EXISTS, IF NOT EXISTS
    kernel::WrittenPartition written;  // kAdd; its name also of the others
    std::string new_name;              // kRename
    bool force = false;                // kDrop, kReplace: not into the recycle bin
    bool of_index = false;             // kDrop: of a rollup; the table keeps its rows
    // kReplace: `replaced` give way to the temporary partitions `by`.
    std::vector<std::string> replaced;
    std::vector<std::string> by;
    bool strict_range = true;  // together they must hold the same rows
    bool keep_temporary_names = false;
  };
  QualifiedName table;
  std::vector<Change> changes;
};

// RECOVER DATABASE | TABLE | PARTITION: from the recycle bin.
struct RecoverStatement {
  enum class What : uint8_t { kDatabase, kTable, kPartition };
  What what = What::kTable;
  QualifiedName table;  // kDatabase: its database alone
  std::string partition;
  std::optional<uint64_t> id;  // as SHOW CATALOG RECYCLE BIN has it
  std::string new_name;        // empty: the old one
};

// Accepted and without effect here: LOCK TABLES, UNLOCK TABLES, FLUSH, SYNC, ANALYZE TABLE, ADMIN SET .., COM hints.
struct NoOpStatement {
  bool administers = false;  // what only administrators may ask for
};

// CREATE JOB, PAUSE JOB, RESUME JOB, DROP JOB, CANCEL TASK.
struct JobStatement {
  enum class What : uint8_t { kCreate, kPause, kResume, kDrop, kCancelTask };
  What what = What::kCreate;
  std::string name;
  bool if_exists = false;
  bool if_not_exists = false;
  Schedule schedule;
  std::string comment;
  KernelStatement insert;  // kCreate
  std::string sql;         // the same as written
  uint64_t task = 0;       // kCancelTask
};

// CLEAN LABEL [label] FROM db: a label may be used again.
struct CleanLabelStatement {
  std::string label;  // empty: all of the database
  QualifiedName database;
};

using StatementBody =
    std::variant<KernelStatement, ExplainStatement, CreateLikeStatement, AlterTableStatement, AlterViewStatement,
                 RenameDatabaseStatement, MaterializedViewStatement, AlterPartitionsStatement, RecoverStatement,
                 UseStatement, SetStatement, ShowStatement, KillStatement, TransactionStatement, SavepointStatement,
                 PreparedTextStatement, AccountStatement, RoleStatement, GrantStatement, RowPolicyStatement,
                 BlockRuleStatement, UserPropertyStatement, LoadDataStatement, BrokerLoadStatement, CleanLabelStatement,
                 OutfileStatement, JobStatement, AliasFunctionStatement, NoOpStatement>;

// One literal of the statement's text, by its ordinal among the literals that normalise() takes out.
struct LiteralSlot {
  uint32_t ordinal = 0;
  // The parser needed the value itself (ORDER BY 1, LIMIT 5, DECIMAL(10,2), an alias): a plan made from this
  // statement may be reused only for texts whose literal here is the same. Otherwise it became parameter `parameter`.
  bool fixed = true;
  uint32_t parameter = 0;  // 1-based number of the statement's parameter (its identifier), when not fixed
};

struct Statement {
  StatementBody body;
  // '?' placeholders, numbered from 1 in text order; or the literals lifted to parameters
  // (ParseOptions::lift_literals), whose numbers `literals` tells.
  uint32_t parameter_count = 0;
  // Filled with ParseOptions::lift_literals: one entry a literal, in text order.
  std::vector<LiteralSlot> literals;
  // The tree holds values of this session (a variable, DATABASE(), CONNECTION_ID()): not to be kept in a plan cache.
  bool session_dependent = false;
};

}  // namespace sluice::dialect
