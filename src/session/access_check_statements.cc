// SPDX-License-Identifier: Apache-2.0
// What statements need that the server answers itself.
#include <algorithm>

#include "kernel/catalog_facts.h"
#include "kernel/host.h"
#include "session/access_check.h"

namespace sluice::session {
namespace {

using ShowWhat = dialect::ShowStatement::What;

// SHOWs that tell nothing of anybody's data, or only what the one who asks may see.
constexpr std::string_view kOpenFamilies[] = {
    "ALL PROPERTIES",
    "ANALYZE",
    "ANALYZE TASK STATUS",
    "AUTHORS",
    "AUTO ANALYZE",
    "AUTO JOBS",
    "BACKUP",
    "BUILD INDEX",
    "BUILTIN FUNCTIONS",
    "CATALOG",
    "COPY",
    "CREATE FUNCTION",
    "CREATE GLOBAL FUNCTION",
    "CREATE LOAD",
    "CREATE ROUTINE LOAD",
    "CREATE CATALOG",
    "DATA",
    "DATA TYPES",
    "DATABASE",
    "DELETE",
    "DYNAMIC PARTITION TABLES",
    "ENCRYPTKEYS",
    "EXPORT",
    "INDEX STATS",
    "JOB TASKS",
    "JOBS",
    "LAST INSERT",
    "LOAD",
    "LOAD PROFILE",
    "LOAD WARNINGS",
    "PROPERTY",
    "QUERY PROFILE",
    "QUEUED ANALYZE JOBS",
    "RESOURCES",
    "RESTORE",
    "ROUTINE LOAD",
    "ROUTINE LOAD TASK",
    "STREAM LOAD",
    "SYNC JOB",
    "TABLE CREATION",
    "TRANSACTION",
    "TYPECAST",
    "TYPE_CAST",
    "VIEWS",
    "WORKLOAD GROUPS",
};
// Those about one table, which must be seen.
constexpr std::string_view kTableFamilies[] = {
    "CONSTRAINTS", "CREATE MATERIALIZED VIEW", "DATA SKEW", "TABLE STATS", "TABLETS", "VIEW"};
// Those that show values of its rows.
constexpr std::string_view kRowFamilies[] = {"COLUMN CACHED STATS", "COLUMN HISTOGRAM", "COLUMN STATS"};
constexpr std::string_view kServerFamilies[] = {"BACKENDS", "FRONTENDS", "FRONTENDS DISKS", "PROC", "TRASH", "BROKER"};

template <typename List>
bool among(const List& list, std::string_view word) {
  return std::ranges::find(list, word) != std::end(list);
}

}  // namespace

Status AccessCheck::statement(const dialect::StatementBody& body) {
  if (rights_->unlimited()) return {};
  if (const auto* kernel = std::get_if<dialect::KernelStatement>(&body)) {
    if (kernel->tree) TRY(tree(*kernel->tree, kernel->effect));
    for (const auto& part : kernel->rest) TRY(tree(*part, kernel->effect));
    return {};
  }
  if (const auto* explained = std::get_if<dialect::ExplainStatement>(&body)) {
    const bool reads = explained->tree->type == duckdb::StatementType::SELECT_STATEMENT;
    return tree(*explained->tree,
                reads ? dialect::KernelStatement::Effect::kRead : dialect::KernelStatement::Effect::kWrite);
  }
  if (const auto* show_statement = std::get_if<dialect::ShowStatement>(&body)) return show(*show_statement);
  if (const auto* set_statement = std::get_if<dialect::SetStatement>(&body)) return set(*set_statement);
  if (const auto* use = std::get_if<dialect::UseStatement>(&body)) {
    if (use->database.empty()) return {};  // SWITCH
    const ObjectName wanted = TRY(object(use->catalog, use->database, {}));
    return use->only_check ? need_database(wanted, kToAlter) : need_seen(wanted, "USE");
  }
  if (const auto* like = std::get_if<dialect::CreateLikeStatement>(&body)) {
    TRY(need(TRY(object(like->table)), kToCreate));
    return need_for(TRY(object(like->source)), kToSelect, "SELECT");
  }
  if (const auto* alter = std::get_if<dialect::AlterTableStatement>(&body)) {
    TRY(need_for(TRY(object(alter->table)), kToAlter, "ALTER TABLE"));
    for (const auto& clause : alter->clauses) {
      using What = dialect::AlterTableStatement::What;
      if (clause.what == What::kTableState) TRY(need_global(kToOperate));
      if (clause.what == What::kReplaceWith || clause.what == What::kRenameTable || clause.what == What::kRenameColumn)
        TRY(need_unbound(TRY(object(alter->table))));
      if (clause.what != What::kReplaceWith) continue;
      dialect::QualifiedName other = clause.other;
      if (other.database.empty()) other.database = alter->table.database;
      TRY(need_for(TRY(object(other)), kToAlter, "ALTER TABLE"));
      TRY(need_unbound(TRY(object(other))));
    }
    return {};
  }
  if (const auto* view = std::get_if<dialect::AlterViewStatement>(&body)) {
    if (!view->create || view->create->type != duckdb::StatementType::CREATE_STATEMENT)
      return need_global(kToAdminister);
    return creation(*view->create->Cast<duckdb::CreateStatement>().info, kToAlter);
  }
  if (const auto* rename = std::get_if<dialect::RenameDatabaseStatement>(&body)) {
    TRY(need_unbound(TRY(database(rename->database))));
    return need_database(TRY(database(rename->database)), kToAlter);
  }
  if (const auto* view = std::get_if<dialect::MaterializedViewStatement>(&body)) return materialized_view(*view);
  if (const auto* partitions = std::get_if<dialect::AlterPartitionsStatement>(&body))
    return need_for(TRY(object(partitions->table)), kToAlter, "ALTER TABLE");
  if (const auto* recover = std::get_if<dialect::RecoverStatement>(&body)) {
    if (recover->what == dialect::RecoverStatement::What::kDatabase)
      return need_database(TRY(database(recover->table)), kToCreate);
    TRY(need_unbound(TRY(object(recover->table))));
    return need(TRY(object(recover->table)), kToCreate);
  }
  if (const auto* data = std::get_if<dialect::LoadDataStatement>(&body)) return load(TRY(object(data->table)));
  if (const auto* outfile = std::get_if<dialect::OutfileStatement>(&body)) {
    TRY(need_global(kToOperate));  // files of the server
    return tree(*outfile->query, dialect::KernelStatement::Effect::kRead);
  }
  if (const auto* load_files = std::get_if<dialect::BrokerLoadStatement>(&body)) {
    TRY(need_global(kToOperate));  // the server asks other hosts, as in s3()
    for (const auto& part : load_files->parts) {
      dialect::QualifiedName table = part.table;
      if (table.database.empty()) table.database = load_files->database;
      TRY(load(TRY(object(table))));
      for (const auto& [column, value] : part.mappings) TRY(expression(*value, {}));
      for (const auto* condition : {&part.preceding, &part.where, &part.delete_on}) {
        if (*condition) TRY(expression(**condition, {}));
      }
    }
    return {};
  }
  if (const auto* clean = std::get_if<dialect::CleanLabelStatement>(&body))
    return need_database(TRY(database(clean->database)), kToLoad);
  if (std::holds_alternative<dialect::JobStatement>(body) ||
      std::holds_alternative<dialect::AliasFunctionStatement>(body)) {
    return need_global(kToAdminister);
  }
  if (const auto* nothing = std::get_if<dialect::NoOpStatement>(&body))
    return nothing->administers ? need_global(kToOperate) : Status();
  // Whose session it is, is looked at when it is found.
  if (std::holds_alternative<dialect::KillStatement>(body)) return {};
  if (std::holds_alternative<dialect::TransactionStatement>(body)) return {};
  if (std::holds_alternative<dialect::SavepointStatement>(body)) return {};
  // What an EXECUTE runs is checked as a statement of its own.
  if (std::holds_alternative<dialect::PreparedTextStatement>(body)) return {};
  // Access itself checks these.
  if (std::holds_alternative<dialect::AccountStatement>(body) || std::holds_alternative<dialect::RoleStatement>(body) ||
      std::holds_alternative<dialect::GrantStatement>(body) ||
      std::holds_alternative<dialect::RowPolicyStatement>(body) ||
      std::holds_alternative<dialect::BlockRuleStatement>(body) ||
      std::holds_alternative<dialect::UserPropertyStatement>(body)) {
    return {};
  }
  return need_global(kToAdminister);
}

Status AccessCheck::set(const dialect::SetStatement& statement) {
  if (statement.reset_all == dialect::VariableScope::kGlobal) TRY(need_global(kToAdminister));
  for (const auto& assignment : statement.assignments) {
    if (assignment.scope == dialect::VariableScope::kGlobal) TRY(need_global(kToAdminister));
    if (assignment.value) TRY(expression(*assignment.value, {}));
  }
  return {};
}

Status AccessCheck::materialized_view(const dialect::MaterializedViewStatement& view) {
  using What = dialect::MaterializedViewStatement::What;
  const auto on_table = [&]() -> Result<ObjectName> {
    dialect::QualifiedName table = view.table ? *view.table : view.name;
    if (table.database.empty()) table.database = view.name.database;
    return object(table);
  };
  const auto reads = [&]() -> Status {
    if (view.query) TRY(tree(*view.query, dialect::KernelStatement::Effect::kRead));
    return need_whole_tables();
  };
  switch (view.what) {
    case What::kCreateSync:
      TRY(need_for(TRY(on_table()), kToAlter, "ALTER TABLE"));
      return reads();
    case What::kCreateAsync:
      TRY(need(TRY(object(view.name)), kToCreate));
      if (view.or_replace) TRY(need(TRY(object(view.name)), kToDrop));
      return reads();
    case What::kDrop:
      if (view.table) return need_for(TRY(on_table()), kToAlter, "ALTER TABLE");
      return need(TRY(object(view.name)), kToDrop);
    case What::kRefresh:
      return need_for(TRY(object(view.name)), kToCreate, "CREATE");
    case What::kShowCreate:
      return need_seen(TRY(on_table()), "SHOW CREATE MATERIALIZED VIEW");
    case What::kReplaceWith: {
      dialect::QualifiedName other = view.other;
      if (other.database.empty()) other.database = view.name.database;
      TRY(need_for(TRY(object(other)), kToAlter, "ALTER"));
      return need_for(TRY(object(view.name)), kToAlter, "ALTER");
    }
    case What::kRename:
    case What::kSetRefresh:
    case What::kSetProperties:
    case What::kPause:
    case What::kResume:
      return need_for(TRY(object(view.name)), kToAlter, "ALTER");
    case What::kCancel:
      if (view.name.name.empty()) return need_global(kToAdminister);
      return need_for(TRY(object(view.name)), kToAlter, "ALTER");
  }
  return need_global(kToAdminister);
}

Status AccessCheck::show(const dialect::ShowStatement& statement) {
  if (statement.where) TRY(expression(*statement.where, {}));
  const auto seen = [&](std::string_view command) -> Status {
    // Without a database the answer itself says that one is needed.
    if (statement.object.database.empty() && database_.empty()) return {};
    return need_seen(TRY(object(statement.object)), command);
  };
  switch (statement.what) {
    case ShowWhat::kTables:
    case ShowWhat::kTableStatus:
    case ShowWhat::kCreateDatabase:
    case ShowWhat::kTriggers:
    case ShowWhat::kEvents:
    case ShowWhat::kOpenTables:
    case ShowWhat::kFunctions:
    case ShowWhat::kAlterJobs:
      if (statement.what == ShowWhat::kFunctions && statement.scope == dialect::VariableScope::kGlobal) return {};
      if (statement.object.database.empty() && database_.empty()) return {};
      return need_seen(TRY(database(statement.object)), "SHOW");
    case ShowWhat::kColumns:
      return seen(statement.describe ? "DESCRIBE" : "SHOW COLUMNS");
    case ShowWhat::kIndex:
      return seen("SHOW INDEX");
    case ShowWhat::kPartitions:
      return seen("SHOW PARTITIONS");
    case ShowWhat::kAllIndexes:
      return seen("DESCRIBE");
    case ShowWhat::kCreateTable:
      return seen("SHOW CREATE TABLE");
    case ShowWhat::kCreateView:
      if (statement.object.database.empty() && database_.empty()) return {};
      return need_for(TRY(object(statement.object)), kToSeeView, "SHOW CREATE VIEW");
    case ShowWhat::kGrants:
      if (statement.full) return need_global(kToGrant);
      [[fallthrough]];
    case ShowWhat::kCreateUser:
      if (!statement.account ||
          "'" + statement.account->user + "'@'" + statement.account->host + "'" == client_.account)
        return {};
      return need_global(kToGrant);
    case ShowWhat::kRowPolicies:
      return need_global(kToGrant);
    case ShowWhat::kFunctionType:
      return statement.query ? tree(*statement.query, dialect::KernelStatement::Effect::kRead) : Status();
    case ShowWhat::kFamily:
      return show_family(statement);
    case ShowWhat::kDatabases:
    case ShowWhat::kVariables:
    case ShowWhat::kStatus:
    case ShowWhat::kEngines:
    case ShowWhat::kCharset:
    case ShowWhat::kCollation:
    case ShowWhat::kWarnings:
    case ShowWhat::kErrors:
    case ShowWhat::kCountWarnings:
    case ShowWhat::kCountErrors:
    case ShowWhat::kPlugins:
    case ShowWhat::kPrivileges:
    case ShowWhat::kProcesslist:
    case ShowWhat::kProcedureStatus:
    case ShowWhat::kFunctionStatus:
    case ShowWhat::kCatalogs:
    case ShowWhat::kOther:  // an error
      return {};
    case ShowWhat::kMasterStatus:
      break;
  }
  return need_global(kToAdminister);
}

Status AccessCheck::show_family(const dialect::ShowStatement& statement) {
  const std::string_view family = statement.family;
  if (among(kServerFamilies, family)) return need_global(kToOperate);
  if (family == "ROLES") return need_global(kToGrant);
  if (family == "PROPERTY" && !statement.words.empty() && statement.words != client_.user) return need_global(kToGrant);
  const bool of_rows = among(kRowFamilies, family);
  if (of_rows || among(kTableFamilies, family)) {
    dialect::QualifiedName name = statement.object;
    if (name.name.empty()) name.name = statement.words;
    const ObjectName table = TRY(object(name));
    if (of_rows) {
      TRY(need_for(table, kToSelect, "SELECT"));
      return need_whole_tables();
    }
    return need_seen(table, "SHOW " + std::string(family));
  }
  if (!among(kOpenFamilies, family)) return need_global(kToAdminister);
  if (!statement.object.database.empty())
    return need_seen(TRY(object(statement.object)), "SHOW " + std::string(family));
  return {};
}

}  // namespace sluice::session
