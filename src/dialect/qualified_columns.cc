// SPDX-License-Identifier: Apache-2.0
// db.t.c of FROM db.table AS t: an alias keeps the database of its table, which the kernel does not know.
#include "dialect/names.h"
#include "dialect/query.h"
#include "duckdb/parser/parsed_expression_iterator.hpp"

namespace sluice::dialect {
namespace {

using duckdb::ExpressionClass;
using duckdb::StringUtil;

struct Aliased {
  std::string database;  // empty: the current one
  std::string alias;
};

std::string written_database(const std::string& schema) {
  for (const char* database : {"information_schema", "mysql"}) {
    if (kernel_name({{}, database, "t"}).schema == schema) return database;
  }
  return schema;
}

void collect(const duckdb::TableRef& table, std::vector<Aliased>& aliased) {
  if (table.type == duckdb::TableReferenceType::JOIN) {
    const auto& join = table.Cast<duckdb::JoinRef>();
    collect(*join.left, aliased);
    collect(*join.right, aliased);
  } else if (table.type == duckdb::TableReferenceType::BASE_TABLE && !table.alias.empty()) {
    aliased.push_back({written_database(table.Cast<duckdb::BaseTableRef>().schema_name), table.alias});
  }
}

class Shortener {
 public:
  Shortener(ParseContext& c, std::vector<Aliased> aliased) : c_(c), aliased_(std::move(aliased)) {}

  void operator()(ExprPtr& expression) {
    if (!expression) return;
    if (expression->GetExpressionClass() == ExpressionClass::COLUMN_REF)
      return shorten(expression->Cast<duckdb::ColumnRefExpression>().column_names);
    if (expression->GetExpressionClass() == ExpressionClass::SUBQUERY) {
      auto& query = expression->Cast<duckdb::SubqueryExpression>().subquery;
      duckdb::ParsedExpressionIterator::EnumerateQueryNodeChildren(*query->node,
                                                                   [&](ExprPtr& child) { (*this)(child); });
    }
    duckdb::ParsedExpressionIterator::EnumerateChildren(*expression, [&](ExprPtr& child) { (*this)(child); });
  }

  void conditions(duckdb::TableRef& table) {
    if (table.type != duckdb::TableReferenceType::JOIN) return;
    auto& join = table.Cast<duckdb::JoinRef>();
    (*this)(join.condition);
    conditions(*join.left);
    conditions(*join.right);
  }

 private:
  // [internal.]db.t.c
  void shorten(duckdb::vector<std::string>& names) {
    const bool catalog = names.size() > 3 && StringUtil::CIEquals(names[0], kInternalCatalog);
    const size_t database = catalog ? 1 : 0;
    if (names.size() < database + 3) return;
    for (const Aliased& table : aliased_) {
      if (table.alias != names[database + 1] || names[database] != database_of(table)) continue;
      names.erase(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(database) + 1);
      return;
    }
  }

  std::string database_of(const Aliased& table) {
    if (!table.database.empty()) return table.database;
    const SessionValues* session = c_.options().session;
    if (!session) return {};
    c_.depends_on_session();
    return session->database();
  }

  ParseContext& c_;
  std::vector<Aliased> aliased_;
};

}  // namespace

void shorten_columns(ParseContext& c, duckdb::SelectNode& select) {
  std::vector<Aliased> aliased;
  if (select.from_table) collect(*select.from_table, aliased);
  if (aliased.empty()) return;
  Shortener shorten(c, std::move(aliased));
  shorten.conditions(*select.from_table);
  for (ExprPtr& item : select.select_list) shorten(item);
  for (ExprPtr& group : select.groups.group_expressions) shorten(group);
  shorten(select.where_clause);
  shorten(select.having);
  shorten(select.qualify);
  for (auto& modifier : select.modifiers) {
    if (modifier->type != duckdb::ResultModifierType::ORDER_MODIFIER) continue;
    for (auto& order : modifier->Cast<duckdb::OrderModifier>().orders) shorten(order.expression);
  }
}

}  // namespace sluice::dialect
