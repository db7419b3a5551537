// SPDX-License-Identifier: Apache-2.0
// Alteration: one ALTER TABLE on its way. Clauses change a definition that was read from the catalog; then the kernel
// alters the table, or it is made anew. Used inside one open transaction; internal to src/session, thread rule as
// Session.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "session/session_state.h"
#include "session/table_definition.h"

namespace sluice::session {

class Alteration {
 public:
  using Alter = dialect::AlterTableStatement;
  using What = Alter::What;
  using Clause = Alter::Clause;
  using Tree = duckdb::unique_ptr<duckdb::SQLStatement>;

  Alteration(SessionState& session, TableDefinition definition)
      : session_(session), kernel_(session.connection()), table_(std::move(definition)) {
    keys_ = stored_keys();
  }

  Status apply(const Clause& clause);
  // Writes what the clauses left behind.
  Status finish();
  // What SHOW ALTER TABLE will tell of.
  struct Jobs {
    bool columns = false;
    std::vector<std::string> rollups;
  };
  const Jobs& jobs() const { return jobs_; }

 private:
  Status add_column(const Clause& clause);
  Status drop_column(const Clause& clause);
  Status modify_column(const Clause& clause);
  Status rename_column(const Clause& clause);
  Status order_columns(const Clause& clause);
  Status column_default(const Clause& clause);
  Status rename(const Clause& clause);
  Status replace_with(const Clause& clause);
  Status set_state(const std::string& state);
  Status add_sequence(const Clause& clause);
  Status add_index(const Clause& clause);
  Status drop_index(const Clause& clause);
  Status add_rollup(const Clause& clause);
  Status drop_rollup(const Clause& clause);
  Status rename_rollup(const Clause& clause);
  Status add_constraint(const Clause& clause);
  Status drop_constraint(const Clause& clause);
  Status drop_references_to(const std::set<std::string>& key);
  Status check_columns(const std::vector<std::string>& columns) const;
  // Where a column that is placed goes; nothing when it stays.
  Result<std::optional<size_t>> position(const Alter::Column& column, const std::string& moved) const;
  bool in_keys(const std::string& column) const;

  duckdb::AlterEntryData entry() const {
    return {table_.catalog, table_.schema, table_.name, duckdb::OnEntryNotFound::THROW_EXCEPTION};
  }
  // A change that the kernel makes itself, unless another one demands a new table anyway.
  void simple(duckdb::unique_ptr<duckdb::AlterInfo> info) {
    auto alter = duckdb::make_uniq<duckdb::AlterStatement>();
    alter->info = std::move(info);
    simple_.push_back(std::move(alter));
  }
  // Columns with indexes over them cannot be altered in place.
  bool has_indexes() const { return !table_.indexes.empty() || !table_.primary_key.empty() || !table_.uniques.empty(); }
  Status flush();
  // The key columns by their names in the stored table; empty: a new or changed one.
  std::vector<std::string> stored_keys() const;

  SessionState& session_;
  kernel::Connection& kernel_;
  TableDefinition table_;
  std::vector<std::string> keys_;  // stored_keys() before the changes
  std::vector<Tree> simple_;
  bool rebuild_ = false;
  bool comment_changed_ = false;
  Jobs jobs_;
};

// Error 1105 when ADMIN SET TABLE .. STATUS forbids changes of the table.
Status check_state(const kernel::TableModel& model, const std::string& name);

// Whether a list of names has this one, without regard to case.
bool holds(const std::vector<std::string>& list, const std::string& name);
// (`a`, `b`)
std::string name_list(const std::vector<std::string>& names);

}  // namespace sluice::session
