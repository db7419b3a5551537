// SPDX-License-Identifier: Apache-2.0
// What queries and the kernel's statements need. Statements that the server answers: access_check_statements.cc.
#include "session/access_check.h"

#include <algorithm>

#include "duckdb/parser/parsed_data/alter_info.hpp"
#include "duckdb/parser/parsed_data/create_index_info.hpp"
#include "duckdb/parser/parsed_data/create_table_info.hpp"
#include "duckdb/parser/parsed_data/create_view_info.hpp"
#include "duckdb/parser/parsed_data/drop_info.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "duckdb/parser/query_node/list.hpp"
#include "duckdb/parser/tableref/list.hpp"
#include "kernel/catalog_facts.h"
#include "kernel/foreign_catalogs.h"
#include "kernel/host.h"
#include "kernel/table_writes.h"
#include "session/no_database.h"

namespace sluice::session {
namespace {

using dialect::KernelStatement;
using duckdb::CatalogType;
using duckdb::StatementType;
using duckdb::StringUtil;

// Table functions that read nothing of anybody's, or only what the one who asks may see (kernel/viewer.h).
constexpr std::string_view kOpenFunctions[] = {"range",    "generate_series", "unnest", "mv_jobs",
                                               "mv_tasks", "catalogs",        "repeat", "sluice_request_scan"};
// Those that stand for a table, which their first three arguments name.
constexpr std::string_view kScans[] = {"sluice_partition_scan", "sluice_index_scan", "sluice_hidden_scan"};

std::string database_text(const ObjectName& object) {
  return equal_no_case(object.catalog, kernel::kInternalCatalog) ? object.database
                                                                 : object.catalog + "." + object.database;
}

}  // namespace

Error command_denied(std::string_view command, const ClientIdentity& client, const ObjectName& object) {
  return sql_error(Code::kPermissionDenied, 1142,
                   std::string(command) + " command denied to user '" + client.user + "'@'" + client.host +
                       "' for table '" + database_text(object) + ": " + object.table + "'");
}

Error privileges_missing(Privileges one_of) {
  if (one_of.list().size() > 1) one_of.remove({Privilege::kAdmin});
  return sql_error(
      Code::kPermissionDenied, 1227,
      "Access denied; you need (at least one of) the (" + one_of.upper_text() + ") privilege(s) for this operation");
}

// ---- StatementGuard

void StatementGuard::deny(Error error) const {
  const std::string message = error.message();
  {
    std::lock_guard lock(mutex_);
    denied_ = std::move(error);
  }
  throw duckdb::PermissionException(message);
}

std::optional<Error> StatementGuard::denied() const {
  std::lock_guard lock(mutex_);
  return denied_;
}

duckdb::unique_ptr<duckdb::ParsedExpression> StatementGuard::row_filter(std::string_view database,
                                                                        std::string_view table) const {
  const auto* filter = rights_->row_filter({kernel::kInternalCatalog, std::string(database), std::string(table)});
  return filter ? filter->Copy() : nullptr;
}

void StatementGuard::scanned(std::string_view database, std::string_view table) const {
  ObjectName object{kernel::kInternalCatalog, std::string(database), std::string(table)};
  if (!by_column_.contains(object)) return;
  std::lock_guard lock(mutex_);
  scanned_.insert(std::move(object));
}

void StatementGuard::check_column(std::string_view database, std::string_view table, std::string_view column) const {
  const ObjectName object{kernel::kInternalCatalog, std::string(database), std::string(table)};
  if (!by_column_.contains(object)) return;
  const auto* columns = rights_->columns_of(object);
  const auto found = columns ? columns->find(std::string(column)) : Grants::Columns::const_iterator();
  if (columns && found != columns->end() && found->second.has(Privilege::kSelect)) return;
  deny(sql_error(Code::kPermissionDenied, 1143,
                 "SELECT command denied to user '" + client_.user + "'@'" + client_.host + "' for column '" +
                     std::string(column) + "' in table '" + object.table + "'"));
}

void StatementGuard::check_end() const {
  for (const auto& object : by_column_) {
    bool missing = false;
    {
      std::lock_guard lock(mutex_);
      missing = !scanned_.contains(object);
    }
    if (missing) deny(command_denied("SELECT", client_, object));
  }
}

// ---- names and privileges

Result<ObjectName> AccessCheck::object(const std::string& catalog, const std::string& schema,
                                       const std::string& name) const {
  ObjectName result{catalog, schema, name};
  // What lies in the recycle bin has lost the row policies of its name.
  if (name.starts_with(kernel::kDroppedPrefix)) TRY(need_global(kToAdminister));
  if (result.catalog.empty()) {
    if (auto foreign = kernel::foreign_database({}, schema, database_))
      return ObjectName{std::move(foreign->catalog), std::move(foreign->database), name};
    result.catalog = kernel::kInternalCatalog;
  }
  if (equal_no_case(result.catalog, kernel::kSystemCatalog)) {
    if (schema == kernel::kInformationSchema) return ObjectName{kernel::kInternalCatalog, "information_schema", name};
    if (schema == kernel::kMysqlSchema) return ObjectName{kernel::kInternalCatalog, "mysql", name};
  }
  if (result.database.empty()) {
    if (database_.empty()) return fail(no_database_selected());
    result.database = database_;
  }
  return result;
}

Result<ObjectName> AccessCheck::object(const dialect::QualifiedName& name) const {
  return object(name.catalog, name.database, name.name);
}

Result<ObjectName> AccessCheck::database(const dialect::QualifiedName& name) const {
  return object(name.catalog, name.database, {});
}

Status AccessCheck::need(const ObjectName& object, Privileges one_of) const {
  if (rights_->allows(object, one_of)) return {};
  return fail(privileges_missing(one_of));
}

Status AccessCheck::need_for(const ObjectName& object, Privileges one_of, std::string_view command) const {
  if (rights_->allows(object, one_of)) return {};
  return fail(command_denied(command, client_, object));
}

Status AccessCheck::need_database(const ObjectName& database, Privileges one_of) const {
  if (rights_->allows(database, one_of)) return {};
  return fail(sql_error(Code::kPermissionDenied, 1044,
                        "Access denied for user '" + client_.user + "'@'" + client_.host + "' to database '" +
                            database_text(database) + "'"));
}

Status AccessCheck::need_global(Privileges one_of) const {
  if (rights_->global().any_of(one_of)) return {};
  return fail(privileges_missing(one_of));
}

Status AccessCheck::need_seen(const ObjectName& object, std::string_view command) const {
  if (rights_->sees(object)) return {};
  if (object.table.empty()) return need_database(object, kToSee);
  return fail(command_denied(command, client_, object));
}

Status AccessCheck::need_unbound(const ObjectName& table) const {
  const bool bound = table.table.empty() ? rights_->has_row_filters() : rights_->row_filter(table) != nullptr;
  if (!bound) return {};
  return fail(sql_error(Code::kPermissionDenied, 1227, "Access denied; who is bound by row policies cannot rename"));
}

Status AccessCheck::need_whole_tables() const {
  if (by_column_.empty() && !rights_->has_row_filters()) return {};
  if (!by_column_.empty()) return fail(command_denied("SELECT", client_, *by_column_.begin()));
  return fail(sql_error(Code::kPermissionDenied, 1227,
                        "Access denied; who is bound by row policies cannot make what others read"));
}

std::shared_ptr<const StatementGuard> AccessCheck::guard() const {
  if (by_column_.empty() && !rights_->has_row_filters()) return nullptr;
  return std::make_shared<const StatementGuard>(rights_, by_column_, client_);
}

// ---- what a query reads

Status AccessCheck::read(const ObjectName& object) {
  if (rights_->allows(object, kToSelect)) return {};
  if (rights_->columns_of(object)) {
    by_column_.insert(object);
    return {};
  }
  return fail(command_denied("SELECT", client_, object));
}

Status AccessCheck::columns(const ObjectName& table, const std::vector<std::string>& columns) {
  TRY(read(table));
  if (by_column_.empty()) return {};
  const StatementGuard guard(rights_, by_column_, client_);
  for (const auto& column : columns) {
    try {
      guard.check_column(table.database, table.table, column);
    } catch (const duckdb::PermissionException&) {
      return fail(*guard.denied());
    }
  }
  return {};
}

Status AccessCheck::load(const ObjectName& table) { return need_for(table, kToLoad, "LOAD"); }

// A common table expression is known to those after it and to the query, to itself only where it recurses.
Status AccessCheck::ctes(const duckdb::CommonTableExpressionMap& map, Scope& scope) {
  for (const auto& entry : map.map) {
    TRY(expressions(entry.second->key_targets, scope));
    if (entry.second->query) TRY(node(*entry.second->query->node, scope));
    scope.push_back(entry.first);
  }
  return {};
}

Status AccessCheck::node(const duckdb::QueryNode& query, Scope scope) {
  TRY(ctes(query.cte_map, scope));
  Status in_modifiers;
  duckdb::ParsedExpressionIterator::EnumerateQueryNodeModifiers(
      const_cast<duckdb::QueryNode&>(query), [&](duckdb::unique_ptr<duckdb::ParsedExpression>& item) {
        if (item && in_modifiers) in_modifiers = expression(*item, scope);
      });
  TRY(std::move(in_modifiers));
  switch (query.type) {
    case duckdb::QueryNodeType::SELECT_NODE: {
      const auto& select = query.Cast<duckdb::SelectNode>();
      if (select.from_table) TRY(reference(*select.from_table, scope));
      TRY(expressions(select.select_list, scope));
      TRY(expressions(select.groups.group_expressions, scope));
      for (const auto* part : {&select.where_clause, &select.having, &select.qualify}) {
        if (*part) TRY(expression(**part, scope));
      }
      return {};
    }
    case duckdb::QueryNodeType::SET_OPERATION_NODE:
      for (const auto& child : query.Cast<duckdb::SetOperationNode>().children) TRY(node(*child, scope));
      return {};
    case duckdb::QueryNodeType::RECURSIVE_CTE_NODE: {
      const auto& recursive = query.Cast<duckdb::RecursiveCTENode>();
      TRY(expressions(recursive.key_targets, scope));
      TRY(node(*recursive.left, scope));
      scope.push_back(recursive.ctename);
      return node(*recursive.right, std::move(scope));
    }
    default:
      return need_global(kToAdminister);
  }
}

Status AccessCheck::reference(const duckdb::TableRef& reference, const Scope& scope) {
  using Type = duckdb::TableReferenceType;
  switch (reference.type) {
    case Type::EMPTY_FROM:
      return {};
    case Type::BASE_TABLE: {
      const auto& base = reference.Cast<duckdb::BaseTableRef>();
      const bool alone = base.catalog_name.empty() && base.schema_name.empty();
      const auto same = [&](const std::string& name) { return StringUtil::CIEquals(name, base.table_name); };
      if (alone && std::any_of(scope.begin(), scope.end(), same)) return {};
      // Clients cannot name the catalog of temporary tables: the dialect does, for INSERT OVERWRITE.
      if (base.catalog_name == TEMP_CATALOG && base.table_name == kernel::kOverwriteRows) return {};
      return read(TRY(object(base.catalog_name, base.schema_name, base.table_name)));
    }
    case Type::SUBQUERY:
      return node(*reference.Cast<duckdb::SubqueryRef>().subquery->node, scope);
    case Type::JOIN: {
      const auto& join = reference.Cast<duckdb::JoinRef>();
      TRY(this->reference(*join.left, scope));
      TRY(this->reference(*join.right, scope));
      if (join.condition) TRY(expression(*join.condition, scope));
      return expressions(join.duplicate_eliminated_columns, scope);
    }
    case Type::TABLE_FUNCTION:
      return table_function(reference.Cast<duckdb::TableFunctionRef>(), scope);
    case Type::EXPRESSION_LIST:
      for (const auto& row : reference.Cast<duckdb::ExpressionListRef>().values) TRY(expressions(row, scope));
      return {};
    default:
      return need_global(kToAdminister);
  }
}

Status AccessCheck::table_function(const duckdb::TableFunctionRef& reference, const Scope& scope) {
  if (!reference.function || reference.function->GetExpressionClass() != duckdb::ExpressionClass::FUNCTION)
    return need_global(kToAdminister);
  const auto& call = reference.function->Cast<duckdb::FunctionExpression>();
  TRY(expressions(call.children, scope));
  if (reference.subquery) TRY(node(*reference.subquery->node, scope));
  const std::string name = StringUtil::Lower(call.function_name);
  // Those that name databases and tables in their arguments.
  const bool scan = std::ranges::find(kScans, std::string_view(name)) != std::end(kScans);
  if (scan || name == "partitions" || name == "mv_infos") {
    std::vector<std::string> parts;
    for (const auto& argument : call.children) {
      if (argument->GetExpressionClass() != duckdb::ExpressionClass::CONSTANT) return need_global(kToAdminister);
      parts.push_back(argument->Cast<duckdb::ConstantExpression>().value.ToString());
    }
    if (scan && parts.size() >= 3) return read(TRY(object(parts[0], parts[1], parts[2])));
    if (scan || parts.empty()) return need_global(kToAdminister);
    return need_seen(TRY(object("", parts[0], parts.size() > 1 ? parts[1] : "")), "SELECT");
  }
  if (std::ranges::find(kOpenFunctions, std::string_view(name)) != std::end(kOpenFunctions)) return {};
  return need_global(kToOperate);  // files of the server, frontends, backends
}

Status AccessCheck::expression(const duckdb::ParsedExpression& parsed, const Scope& scope) {
  if (parsed.GetExpressionClass() == duckdb::ExpressionClass::SUBQUERY)
    TRY(node(*parsed.Cast<duckdb::SubqueryExpression>().subquery->node, scope));
  if (parsed.GetExpressionClass() == duckdb::ExpressionClass::FUNCTION) {
    // db.f(x): a function of another database.
    const auto& call = parsed.Cast<duckdb::FunctionExpression>();
    if (!call.schema.empty() && call.catalog != kernel::kSystemCatalog)
      TRY(need_database(TRY(object(call.catalog, call.schema, {})), kToSelect));
  }
  Status inside;
  duckdb::ParsedExpressionIterator::EnumerateChildren(parsed, [&](const duckdb::ParsedExpression& child) {
    if (inside) inside = expression(child, scope);
  });
  return inside;
}

// ---- the kernel's statements

Status AccessCheck::tree(const duckdb::SQLStatement& tree, KernelStatement::Effect effect) {
  switch (tree.type) {
    case StatementType::SELECT_STATEMENT:
      return node(*tree.Cast<duckdb::SelectStatement>().node, {});
    case StatementType::INSERT_STATEMENT:
      return insert(tree.Cast<duckdb::InsertStatement>());
    case StatementType::UPDATE_STATEMENT:
      return update(tree.Cast<duckdb::UpdateStatement>());
    case StatementType::DELETE_STATEMENT:
      return deletion(tree.Cast<duckdb::DeleteStatement>(), effect);
    case StatementType::CREATE_STATEMENT:
      return creation(*tree.Cast<duckdb::CreateStatement>().info, kToCreate);
    case StatementType::DROP_STATEMENT:
      return drop(*tree.Cast<duckdb::DropStatement>().info);
    case StatementType::ALTER_STATEMENT:
      return alter(*tree.Cast<duckdb::AlterStatement>().info);
    case StatementType::EXPLAIN_STATEMENT:
      return this->tree(*tree.Cast<duckdb::ExplainStatement>().stmt, effect);
    default:
      return need_global(kToAdminister);
  }
}

Status AccessCheck::insert(const duckdb::InsertStatement& insert) {
  TRY(load(TRY(object(insert.catalog, insert.schema, insert.table))));
  Scope scope;
  TRY(ctes(insert.cte_map, scope));
  if (insert.select_statement) TRY(node(*insert.select_statement->node, scope));
  if (!insert.returning_list.empty()) TRY(read(TRY(object(insert.catalog, insert.schema, insert.table))));
  TRY(expressions(insert.returning_list, scope));
  if (!insert.on_conflict_info) return {};
  if (insert.on_conflict_info->condition) TRY(expression(*insert.on_conflict_info->condition, scope));
  if (!insert.on_conflict_info->set_info) return {};
  const auto& set = *insert.on_conflict_info->set_info;
  if (set.condition) TRY(expression(*set.condition, scope));
  return expressions(set.expressions, scope);
}

Status AccessCheck::update(const duckdb::UpdateStatement& update) {
  if (!update.table || update.table->type != duckdb::TableReferenceType::BASE_TABLE) return need_global(kToAdminister);
  const auto& base = update.table->Cast<duckdb::BaseTableRef>();
  const ObjectName target = TRY(object(base.catalog_name, base.schema_name, base.table_name));
  TRY(load(target));
  // New values are worked out from the old rows, which are written anew as a whole.
  TRY(need_for(target, kToSelect, "SELECT"));
  Scope scope;
  TRY(ctes(update.cte_map, scope));
  if (update.from_table) TRY(reference(*update.from_table, scope));
  TRY(expressions(update.returning_list, scope));
  if (!update.set_info) return {};
  if (update.set_info->condition) TRY(expression(*update.set_info->condition, scope));
  return expressions(update.set_info->expressions, scope);
}

Status AccessCheck::deletion(const duckdb::DeleteStatement& deletion, KernelStatement::Effect effect) {
  if (!deletion.table || deletion.table->type != duckdb::TableReferenceType::BASE_TABLE)
    return need_global(kToAdminister);
  const auto& base = deletion.table->Cast<duckdb::BaseTableRef>();
  const ObjectName target = TRY(object(base.catalog_name, base.schema_name, base.table_name));
  TRY(effect == KernelStatement::Effect::kSchema ? need(target, kToLoad) : load(target));
  Scope scope;
  TRY(ctes(deletion.cte_map, scope));
  for (const auto& other : deletion.using_clauses) TRY(reference(*other, scope));
  if (deletion.condition) TRY(expression(*deletion.condition, scope));
  if (!deletion.returning_list.empty()) TRY(read(target));
  return expressions(deletion.returning_list, scope);
}

Status AccessCheck::creation(const duckdb::CreateInfo& info, Privileges needed) {
  switch (info.type) {
    case CatalogType::SCHEMA_ENTRY:
      return need_database(TRY(object(info.catalog, info.schema, {})), needed);
    case CatalogType::TABLE_ENTRY: {
      const auto& table = info.Cast<duckdb::CreateTableInfo>();
      const bool own_rows = info.temporary && table.table == kernel::kOverwriteRows;
      if (!own_rows) TRY(need(TRY(object(info.temporary ? "" : info.catalog, info.schema, table.table)), needed));
      if (table.query) TRY(node(*table.query->node, {}));
      for (const auto& column : table.columns.Logical()) {
        if (column.HasDefaultValue()) TRY(expression(column.DefaultValue(), {}));
      }
      return {};
    }
    case CatalogType::VIEW_ENTRY: {
      const auto& view = info.Cast<duckdb::CreateViewInfo>();
      TRY(need(TRY(object(info.catalog, info.schema, view.view_name)), needed));
      if (view.query) TRY(node(*view.query->node, {}));
      // Whoever reads the view needs no privilege on its tables, so its author must hold them as a whole.
      if (!by_column_.empty()) return fail(command_denied("SELECT", client_, *by_column_.begin()));
      return {};
    }
    case CatalogType::INDEX_ENTRY:
      return need_for(TRY(object(info.catalog, info.schema, info.Cast<duckdb::CreateIndexInfo>().table)), kToAlter,
                      "ALTER TABLE");
    default:
      return need_global(kToAdminister);
  }
}

Status AccessCheck::drop(const duckdb::DropInfo& info) {
  switch (info.type) {
    case CatalogType::SCHEMA_ENTRY:
      return need_database(TRY(object(info.catalog, info.name, {})), kToDrop);
    case CatalogType::TABLE_ENTRY:
    case CatalogType::VIEW_ENTRY:
      if (info.catalog == TEMP_CATALOG && info.name == kernel::kOverwriteRows) return {};
      return need(TRY(object(info.catalog, info.schema, info.name)), kToDrop);
    default:
      return need_global(kToAdminister);
  }
}

Status AccessCheck::alter(const duckdb::AlterInfo& info) {
  if (info.type == duckdb::AlterType::ALTER_TABLE) TRY(need_unbound(TRY(object(info.catalog, info.schema, info.name))));
  return need_for(TRY(object(info.catalog, info.schema, info.name)), kToAlter,
                  info.GetCatalogType() == CatalogType::VIEW_ENTRY ? "ALTER VIEW" : "ALTER TABLE");
}

}  // namespace sluice::session
