// SPDX-License-Identifier: Apache-2.0
#include "session/constant.h"

namespace sluice::session {
namespace {

constexpr size_t kMaxConstantStatementBytes = 4096;

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

bool starts_with_word(std::string_view sql, std::string_view word) {
  if (sql.size() < word.size()) return false;
  for (size_t i = 0; i < word.size(); ++i) {
    if (upper(sql[i]) != word[i]) return false;
  }
  return true;
}

// LIMIT n (n >= 1) without OFFSET leaves one row as it is.
bool keeps_one_row(const duckdb::ResultModifier& modifier) {
  if (modifier.type != duckdb::ResultModifierType::LIMIT_MODIFIER) return false;
  const auto& limit = modifier.Cast<duckdb::LimitModifier>();
  if (limit.offset || !limit.limit || limit.limit->GetExpressionClass() != duckdb::ExpressionClass::CONSTANT)
    return false;
  const auto& count = limit.limit->Cast<duckdb::ConstantExpression>().value;
  return !count.IsNull() && count.type().IsIntegral() && count.GetValue<int64_t>() >= 1;
}

}  // namespace

bool may_be_constants(std::string_view sql) {
  if (sql.size() > kMaxConstantStatementBytes) return false;
  size_t at = 0;
  while (at < sql.size()) {
    if (sql[at] == ' ' || sql[at] == '\t' || sql[at] == '\n' || sql[at] == '\r') {
      ++at;
    } else if (sql.substr(at, 2) == "/*") {
      const size_t end = sql.find("*/", at + 2);
      if (end == std::string_view::npos) return false;
      at = end + 2;
    } else {
      break;
    }
  }
  std::string_view rest = sql.substr(at);
  if (!starts_with_word(rest, "SELECT")) return false;
  for (size_t i = 6; i + 4 <= rest.size(); ++i) {
    if (upper(rest[i]) == 'F' && starts_with_word(rest.substr(i), "FROM")) return false;
  }
  return true;
}

std::optional<Table> answer_constants(const duckdb::SQLStatement& tree) {
  if (tree.type != duckdb::StatementType::SELECT_STATEMENT) return std::nullopt;
  const auto& any_node = *tree.Cast<duckdb::SelectStatement>().node;
  if (any_node.type != duckdb::QueryNodeType::SELECT_NODE || !any_node.cte_map.map.empty()) return std::nullopt;
  const auto& node = any_node.Cast<duckdb::SelectNode>();
  if ((node.from_table && node.from_table->type != duckdb::TableReferenceType::EMPTY_FROM) || node.where_clause ||
      node.having || node.qualify || node.sample || !node.groups.group_expressions.empty()) {
    return std::nullopt;
  }
  for (const auto& modifier : node.modifiers) {
    if (!keeps_one_row(*modifier)) return std::nullopt;
  }
  Table table;
  table.rows.emplace_back();
  for (const auto& item : node.select_list) {
    if (item->GetExpressionClass() != duckdb::ExpressionClass::CONSTANT) return std::nullopt;
    const auto& value = item->Cast<duckdb::ConstantExpression>().value;
    Column column;
    column.name = item->GetAlias();
    // The kernel types an untyped NULL as INTEGER at the border; so do we.
    column.type = value.type().id() == duckdb::LogicalTypeId::SQLNULL ? duckdb::LogicalType::INTEGER : value.type();
    table.columns.push_back(std::move(column));
    table.rows.back().push_back(value);
  }
  return table;
}

}  // namespace sluice::session
