// SPDX-License-Identifier: Apache-2.0
#include "session/create_as.h"

#include "duckdb/parser/parsed_data/comment_on_column_info.hpp"
#include "functions/types.h"
#include "kernel/catalog_facts.h"

namespace sluice::session {
namespace {

constexpr uint64_t kMostVarchar = 65533;

// The declared type of the column that an item of the query is; nullopt when it is computed or not known.
std::optional<kernel::ColumnModel> model_of(kernel::Connection& kernel, const ColumnOrigin& origin, size_t place) {
  std::optional<kernel::RelationFacts> source;
  // Nothing in it may fail: that would end the transaction.
  const auto read = kernel.with_context([&](duckdb::ClientContext& context) -> Status {
    source = kernel::describe_relation(context, origin.schema, origin.org_table);
    return {};
  });
  if (!read || !source) return std::nullopt;
  // An origin without a name is `*`.
  if (origin.org_name.empty())
    return place < source->columns.size() ? std::optional(source->columns[place].model) : std::nullopt;
  for (const auto& column : source->columns) {
    if (duckdb::StringUtil::CIEquals(column.name, origin.org_name)) return column.model;
  }
  return std::nullopt;
}

// "datetime(3)" of the column at `place` where it is known to have digits; else empty.
std::string moment_type(const duckdb::LogicalType& type, size_t place,
                        const std::vector<functions::MomentDigits>& digits) {
  if (type.id() != duckdb::LogicalTypeId::TIMESTAMP || place >= digits.size() || digits[place].size() != 1) return {};
  const uint8_t count = digits[place][0].value_or(0);
  return count > 0 ? "datetime(" + std::to_string(count) + ")" : std::string();
}

Status store_comment(kernel::Connection& kernel, const TableDefinition& table, const std::string& column,
                     const kernel::ColumnModel& model) {
  auto alter = duckdb::make_uniq<duckdb::AlterStatement>();
  auto comment = duckdb::make_uniq<duckdb::SetColumnCommentInfo>(table.catalog, table.schema, table.name, column,
                                                                 kernel::encode_whole(model),
                                                                 duckdb::OnEntryNotFound::THROW_EXCEPTION);
  comment->catalog_entry_type = duckdb::CatalogType::TABLE_ENTRY;
  alter->info = std::move(comment);
  return run_tree(kernel, std::move(alter));
}

}  // namespace

std::vector<std::optional<ColumnOrigin>> origins_of_created(
    const std::vector<std::unique_ptr<duckdb::SQLStatement>>& trees, const std::string& database) {
  for (const auto& tree : trees) {
    if (tree->type != duckdb::StatementType::INSERT_STATEMENT) continue;
    const auto& insert = tree->Cast<duckdb::InsertStatement>();
    if (insert.select_statement) return column_origins(*insert.select_statement, database);
  }
  const auto& info = trees[0]->Cast<duckdb::CreateStatement>().info->Cast<duckdb::CreateTableInfo>();
  return column_origins(*info.query, database);
}

Status note_query_types(kernel::Connection& kernel, const std::string& database, const std::string& name,
                        const std::vector<std::optional<ColumnOrigin>>& origins,
                        const std::vector<functions::MomentDigits>& digits) {
  const TableDefinition table = TRY(read_definition(kernel, database, name));
  if (table.model.keys == kernel::KeyModel::kNone) return {};
  const bool star = origins.size() == 1 && origins[0] && origins[0]->org_name.empty();
  const bool known = star || origins.size() == table.columns.size();
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const auto& type = table.columns[i].definition.Type();
    const bool text = functions::is_text(type);
    kernel::ColumnModel model = table.columns[i].model();
    if (!model.type.empty() || (!text && type.id() != duckdb::LogicalTypeId::TIMESTAMP)) continue;
    const auto& origin = star ? origins[0] : known ? origins[i] : std::optional<ColumnOrigin>();
    const auto source = origin ? model_of(kernel, *origin, i) : std::nullopt;
    if (source) {
      model.type = source->type;
      model.max_bytes = source->max_bytes;
    }
    if (model.type.empty()) model.type = moment_type(type, i, digits);
    const bool computed = known && !origin;
    if (text && model.type.empty() && (computed || i == 0)) {
      model.type = "varchar(" + std::to_string(kMostVarchar) + ")";
      model.max_bytes = kMostVarchar;
    }
    if (!model.type.empty()) TRY(store_comment(kernel, table, table.columns[i].name(), model));
  }
  return {};
}

Status note_moment_digits(kernel::Connection& kernel, const TableDefinition& table,
                          const std::vector<functions::MomentDigits>& digits) {
  for (size_t i = 0; i < table.columns.size(); ++i) {
    kernel::ColumnModel model = table.columns[i].model();
    model.type = moment_type(table.columns[i].definition.Type(), i, digits);
    if (!model.type.empty()) TRY(store_comment(kernel, table, table.columns[i].name(), model));
  }
  return {};
}

}  // namespace sluice::session
