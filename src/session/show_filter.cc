// SPDX-License-Identifier: Apache-2.0
// LIKE, WHERE and LIMIT of SHOW, over rows that are there already. The kernel evaluates WHERE: the rows become a table
// in a tree, so no text of the client is ever put together with ours.
#include "duckdb/common/types/column/column_data_collection.hpp"
#include "duckdb/parser/expression/collate_expression.hpp"
#include "duckdb/parser/tableref/column_data_ref.hpp"
#include "session/show_rows.h"

namespace sluice::session {
namespace {

constexpr const char* kRowNumber = "row number";  // no SHOW has a column of this name

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

size_t character_bytes(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const size_t bytes = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  return std::min(bytes, text.size());
}

// The rows as a table `shown`, with their numbers before them. (A VALUES list of constants costs the binder 15 us a
// cell.)
duckdb::unique_ptr<duckdb::TableRef> numbered_rows(const Table& table) {
  duckdb::vector<std::string> names{kRowNumber};
  duckdb::vector<duckdb::LogicalType> types{duckdb::LogicalType::BIGINT};
  for (const Column& column : table.columns) {
    names.push_back(column.name);
    types.push_back(column.type);
  }
  auto& allocator = duckdb::Allocator::DefaultAllocator();
  auto rows = duckdb::make_shared_ptr<duckdb::ColumnDataCollection>(allocator, types);
  duckdb::DataChunk chunk;
  chunk.Initialize(allocator, types);
  for (size_t row = 0; row < table.rows.size(); ++row) {
    const size_t at = chunk.size();
    chunk.SetValue(0, at, number(static_cast<int64_t>(row)));
    for (size_t column = 0; column < table.columns.size(); ++column)
      chunk.SetValue(column + 1, at, table.rows[row][column]);
    chunk.SetCardinality(at + 1);
    if (chunk.size() == STANDARD_VECTOR_SIZE || row + 1 == table.rows.size()) {
      rows->Append(chunk);
      chunk.Reset();
    }
  }
  // Shared, because the kernel copies statements.
  auto reference = duckdb::make_uniq<duckdb::ColumnDataRef>(std::move(rows), std::move(names));
  reference->alias = "shown";
  return reference;
}

// SELECT "row number", name COLLATE NOCASE, .. FROM shown: the collation of MySQL's metadata knows no case.
duckdb::unique_ptr<duckdb::TableRef> collated(const Table& table) {
  auto select = duckdb::make_uniq<duckdb::SelectNode>();
  select->select_list.push_back(duckdb::make_uniq<duckdb::ColumnRefExpression>(kRowNumber));
  for (const Column& column : table.columns) {
    duckdb::unique_ptr<duckdb::ParsedExpression> value = duckdb::make_uniq<duckdb::ColumnRefExpression>(column.name);
    if (column.type.id() == duckdb::LogicalTypeId::VARCHAR) {
      value = duckdb::make_uniq<duckdb::CollateExpression>("nocase", std::move(value));
    }
    value->SetAlias(column.name);
    select->select_list.push_back(std::move(value));
  }
  select->from_table = numbered_rows(table);
  auto statement = duckdb::make_uniq<duckdb::SelectStatement>();
  statement->node = std::move(select);
  return duckdb::make_uniq<duckdb::SubqueryRef>(std::move(statement), "shown");
}

// The numbers of the rows for which `where` is true, ascending.
Result<std::vector<int64_t>> rows_where(const duckdb::ParsedExpression& where, const Table& table,
                                        kernel::Connection& kernel) {
  auto select = duckdb::make_uniq<duckdb::SelectNode>();
  select->select_list.push_back(duckdb::make_uniq<duckdb::ColumnRefExpression>(kRowNumber));
  select->from_table = collated(table);
  select->where_clause = where.Copy();
  auto statement = duckdb::make_uniq<duckdb::SelectStatement>();
  statement->node = std::move(select);
  auto answer = TRY(kernel.run(std::move(statement)));
  std::vector<int64_t> rows;
  for (auto* chunk = TRY(answer->next()); chunk; chunk = TRY(answer->next())) {
    for (size_t i = 0; i < chunk->size(); ++i) rows.push_back(chunk->GetValue(0, i).GetValue<int64_t>());
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

Status apply_where(const duckdb::ParsedExpression& where, Table& table, kernel::Connection& kernel) {
  // Without rows there is one of NULLs to look at, so that a wrong name is an error always.
  Table looked_at{table.columns, {}};
  const bool empty = table.rows.empty();
  if (empty) {
    auto& nulls = looked_at.rows.emplace_back();
    for (const Column& column : table.columns) nulls.emplace_back(column.type);
  }
  const std::vector<int64_t> kept = TRY(rows_where(where, empty ? looked_at : table, kernel));
  if (empty) return {};
  std::vector<std::vector<duckdb::Value>> rows;
  rows.reserve(kept.size());
  for (int64_t row : kept) rows.push_back(std::move(table.rows[static_cast<size_t>(row)]));
  table.rows = std::move(rows);
  return {};
}

// ORDER BY columns of the answer, as written in any case, or their numbers.
Status apply_order(const std::vector<dialect::ShowStatement::Order>& orders, Table& table) {
  std::vector<std::pair<size_t, bool>> keys;
  for (const auto& order : orders) {
    size_t at = 0;
    const bool counted = !order.column.empty() && order.column.find_first_not_of("0123456789") == std::string::npos;
    if (counted && order.column.size() < 4) {
      at = static_cast<size_t>(std::stoul(order.column)) - 1;
    } else {
      while (at < table.columns.size() && !duckdb::StringUtil::CIEquals(table.columns[at].name, order.column)) ++at;
    }
    if (at >= table.columns.size()) {
      return fail(sql_error(Code::kInvalidArgument, 1054, "Unknown column '" + order.column + "' in 'order clause'"));
    }
    keys.emplace_back(at, order.descending);
  }
  std::stable_sort(table.rows.begin(), table.rows.end(), [&](const auto& a, const auto& b) {
    for (const auto& [at, descending] : keys) {
      const duckdb::Value& left = descending ? b[at] : a[at];
      const duckdb::Value& right = descending ? a[at] : b[at];
      if (left.IsNull() || right.IsNull()) {
        if (left.IsNull() != right.IsNull()) return left.IsNull();
        continue;
      }
      if (left < right) return true;
      if (right < left) return false;
    }
    return false;
  });
  return {};
}

}  // namespace

bool matches_like(std::string_view text, std::string_view pattern) {
  // Where to go on when what follows the last % does not fit: one character later.
  std::optional<std::pair<std::string_view, std::string_view>> retry;
  for (;;) {
    bool fits = false;
    if (pattern.empty()) {
      if (text.empty()) return true;
    } else if (pattern.front() == '%') {
      pattern.remove_prefix(1);
      retry = {text, pattern};
      continue;
    } else if (!text.empty()) {
      if (pattern.front() == '_') {
        pattern.remove_prefix(1);
        text.remove_prefix(character_bytes(text));
        continue;
      }
      if (pattern.front() == '\\' && pattern.size() > 1) {
        fits = lower(pattern[1]) == lower(text.front());
        if (fits) pattern.remove_prefix(1);
      } else {
        fits = lower(pattern.front()) == lower(text.front());
      }
    }
    if (fits) {
      pattern.remove_prefix(1);
      text.remove_prefix(1);
      continue;
    }
    if (!retry || retry->first.empty()) return false;
    retry->first.remove_prefix(character_bytes(retry->first));
    text = retry->first;
    pattern = retry->second;
  }
}

Status filter(const dialect::ShowStatement& show, size_t like_column, Table& table, ShowContext& context) {
  if (show.like) {
    std::erase_if(table.rows, [&](const std::vector<duckdb::Value>& row) {
      const duckdb::Value& value = row[like_column];
      return value.IsNull() || !matches_like(value.ToString(), *show.like);
    });
  }
  if (show.where) TRY(apply_where(*show.where, table, context.kernel));
  if (!show.order.empty()) TRY(apply_order(show.order, table));
  if (show.offset > 0)
    table.rows.erase(table.rows.begin(),
                     table.rows.begin() + static_cast<ptrdiff_t>(std::min<uint64_t>(show.offset, table.rows.size())));
  if (show.limit && table.rows.size() > *show.limit) table.rows.resize(*show.limit);
  return {};
}

}  // namespace sluice::session
