// SPDX-License-Identifier: Apache-2.0
// AccessCheck: whether an account may run a statement, from the statement's tree alone: the objects that it names
// against the account's Rights. What it does not know is for administrators. What only the plan can tell (columns, rows
// inside views) it leaves to the ReadGuard that it makes.
// An object of one statement on one thread; what it refers to outlives it.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "dialect/statement.h"
#include "kernel/viewer.h"
#include "session/privileges.h"
#include "session/session.h"

namespace sluice::session {

using ObjectSet = std::set<ObjectName, LessObject>;

// Rows and columns that a statement may read, for the kernel.
class StatementGuard final : public kernel::ReadGuard {
 public:
  // `by_column`: relations of which only columns were granted.
  StatementGuard(std::shared_ptr<const Rights> rights, ObjectSet by_column, ClientIdentity client)
      : rights_(std::move(rights)), by_column_(std::move(by_column)), client_(std::move(client)) {}

  duckdb::unique_ptr<duckdb::ParsedExpression> row_filter(std::string_view database,
                                                          std::string_view table) const override;
  void check_column(std::string_view database, std::string_view table, std::string_view column) const override;
  void scanned(std::string_view database, std::string_view table) const override;
  void check_end() const override;
  // What a check threw, as the client is to see it.
  std::optional<Error> denied() const;

 private:
  [[noreturn]] void deny(Error error) const;

  const std::shared_ptr<const Rights> rights_;
  const ObjectSet by_column_;
  const ClientIdentity client_;
  mutable std::mutex mutex_;
  mutable ObjectSet scanned_;  // of by_column_
  mutable std::optional<Error> denied_;
};

class AccessCheck {
 public:
  // `database`: the selected one, which completes names.
  AccessCheck(std::shared_ptr<const Rights> rights, const ClientIdentity& client, const std::string& database)
      : rights_(std::move(rights)), client_(client), database_(database) {}

  // Errors: 1044, 1142, 1227 for what may not be done, 1046 without a database that a name needs.
  Status statement(const dialect::StatementBody& body);
  Status tree(const duckdb::SQLStatement& tree, dialect::KernelStatement::Effect effect);
  // SELECT of these columns.
  Status columns(const ObjectName& table, const std::vector<std::string>& columns);
  Status load(const ObjectName& table);

  // Null when the trees that were checked read no rows or columns that need one.
  std::shared_ptr<const StatementGuard> guard() const;

 private:
  using Scope = std::vector<std::string>;  // names of common table expressions

  // What a tree reads.
  Status node(const duckdb::QueryNode& node, Scope scope);
  Status ctes(const duckdb::CommonTableExpressionMap& map, Scope& scope);
  Status reference(const duckdb::TableRef& reference, const Scope& scope);
  Status table_function(const duckdb::TableFunctionRef& reference, const Scope& scope);
  Status expression(const duckdb::ParsedExpression& expression, const Scope& scope);
  template <typename List>
  Status expressions(const List& list, const Scope& scope) {
    for (const auto& item : list) {
      if (item) TRY(expression(*item, scope));
    }
    return {};
  }
  Status read(const ObjectName& object);
  Status insert(const duckdb::InsertStatement& insert);
  Status update(const duckdb::UpdateStatement& update);
  Status deletion(const duckdb::DeleteStatement& deletion, dialect::KernelStatement::Effect effect);
  Status creation(const duckdb::CreateInfo& info, Privileges needed);
  Status drop(const duckdb::DropInfo& info);
  Status alter(const duckdb::AlterInfo& info);
  Status materialized_view(const dialect::MaterializedViewStatement& view);
  Status show(const dialect::ShowStatement& show);
  Status show_family(const dialect::ShowStatement& show);
  Status set(const dialect::SetStatement& set);

  // Names as trees and as statements have them.
  Result<ObjectName> object(const std::string& catalog, const std::string& schema, const std::string& name) const;
  Result<ObjectName> object(const dialect::QualifiedName& name) const;
  Result<ObjectName> database(const dialect::QualifiedName& name) const;

  // Each an error unless one of the privileges is there, in the words that Doris has for such statements.
  Status need(const ObjectName& object, Privileges one_of) const;                                // 1227
  Status need_for(const ObjectName& object, Privileges one_of, std::string_view command) const;  // 1142
  Status need_database(const ObjectName& database, Privileges one_of) const;                     // 1044
  Status need_global(Privileges one_of) const;                                                   // 1227
  Status need_seen(const ObjectName& object, std::string_view command) const;                    // 1142, 1044
  // Row policies know tables and columns by name: who is bound by one must not give them others.
  Status need_unbound(const ObjectName& table) const;
  // What makes a copy of rows for others must not depend on who makes it.
  Status need_whole_tables() const;

  const std::shared_ptr<const Rights> rights_;
  const ClientIdentity& client_;
  const std::string& database_;
  ObjectSet by_column_;
};

Error command_denied(std::string_view command, const ClientIdentity& client, const ObjectName& object);
Error privileges_missing(Privileges one_of);

}  // namespace sluice::session
