// SPDX-License-Identifier: Apache-2.0
#include "session/no_database.h"

#include "duckdb/common/case_insensitive_map.hpp"
#include "duckdb/parser/parsed_data/alter_info.hpp"
#include "duckdb/parser/parsed_data/create_info.hpp"
#include "duckdb/parser/parsed_data/create_table_info.hpp"
#include "duckdb/parser/parsed_data/create_view_info.hpp"
#include "duckdb/parser/parsed_data/drop_info.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"

namespace sluice::session {
namespace {

using duckdb::CatalogType;

// Walks queries; the iterator of the kernel wants mutable trees but this walk changes nothing.
class Walk {
 public:
  bool node(const duckdb::QueryNode& query) {
    for (const auto& entry : query.cte_map.map) ctes_.insert(entry.first);
    bool found = false;
    for (const auto& entry : query.cte_map.map) found = found || node(*entry.second->query->node);
    duckdb::ParsedExpressionIterator::EnumerateQueryNodeChildren(
        const_cast<duckdb::QueryNode&>(query),
        [&](duckdb::unique_ptr<duckdb::ParsedExpression>& child) {
          if (child) found = found || expression(*child);
        },
        [&](duckdb::TableRef& reference) { found = found || table(reference); });
    return found;
  }

  bool table(const duckdb::TableRef& reference) const {
    if (reference.type != duckdb::TableReferenceType::BASE_TABLE) return false;
    const auto& base = reference.Cast<duckdb::BaseTableRef>();
    return base.schema_name.empty() && base.catalog_name.empty() && ctes_.count(base.table_name) == 0;
  }

 private:
  bool expression(const duckdb::ParsedExpression& parsed) {
    if (parsed.GetExpressionClass() == duckdb::ExpressionClass::SUBQUERY) {
      if (node(*parsed.Cast<duckdb::SubqueryExpression>().subquery->node)) return true;
    }
    bool found = false;
    duckdb::ParsedExpressionIterator::EnumerateChildren(
        parsed, [&](const duckdb::ParsedExpression& child) { found = found || expression(child); });
    return found;
  }

  duckdb::case_insensitive_set_t ctes_;
};

bool in_query(const duckdb::unique_ptr<duckdb::SelectStatement>& select) {
  return select && Walk().node(*select->node);
}

bool lives_in_a_database(CatalogType type) {
  return type == CatalogType::TABLE_ENTRY || type == CatalogType::VIEW_ENTRY || type == CatalogType::INDEX_ENTRY;
}

}  // namespace

bool needs_database(const duckdb::SQLStatement& tree) {
  switch (tree.type) {
    case duckdb::StatementType::SELECT_STATEMENT:
      return Walk().node(*tree.Cast<duckdb::SelectStatement>().node);
    case duckdb::StatementType::INSERT_STATEMENT: {
      const auto& insert = tree.Cast<duckdb::InsertStatement>();
      return insert.schema.empty() || in_query(insert.select_statement);
    }
    case duckdb::StatementType::UPDATE_STATEMENT: {
      const auto& update = tree.Cast<duckdb::UpdateStatement>();
      return update.table && Walk().table(*update.table);
    }
    case duckdb::StatementType::DELETE_STATEMENT: {
      const auto& removal = tree.Cast<duckdb::DeleteStatement>();
      return removal.table && Walk().table(*removal.table);
    }
    case duckdb::StatementType::CREATE_STATEMENT: {
      const auto& info = *tree.Cast<duckdb::CreateStatement>().info;
      if (!lives_in_a_database(info.type)) return false;
      if (info.schema.empty()) return true;
      if (info.type == CatalogType::TABLE_ENTRY) return in_query(info.Cast<duckdb::CreateTableInfo>().query);
      if (info.type == CatalogType::VIEW_ENTRY) return in_query(info.Cast<duckdb::CreateViewInfo>().query);
      return false;
    }
    case duckdb::StatementType::DROP_STATEMENT: {
      const auto& info = *tree.Cast<duckdb::DropStatement>().info;
      return lives_in_a_database(info.type) && info.schema.empty();
    }
    case duckdb::StatementType::ALTER_STATEMENT:
      return tree.Cast<duckdb::AlterStatement>().info->schema.empty();
    case duckdb::StatementType::EXPLAIN_STATEMENT:
      return needs_database(*tree.Cast<duckdb::ExplainStatement>().stmt);
    default:
      return false;
  }
}

}  // namespace sluice::session
