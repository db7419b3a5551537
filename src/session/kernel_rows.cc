// SPDX-License-Identifier: Apache-2.0
#include "session/kernel_rows.h"

#include <algorithm>
#include <map>

#include "duckdb/common/string_util.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "functions/registry.h"
#include "functions/types.h"
#include "kernel/catalog_facts.h"
#include "kernel/foreign_catalogs.h"
#include "session/session_state.h"

namespace sluice::session {
namespace {

// The base tables of a FROM clause; false when there is something else in it.
bool collect_tables(const duckdb::TableRef& from, const std::string& database, std::vector<ColumnOrigin>& tables) {
  switch (from.type) {
    case duckdb::TableReferenceType::BASE_TABLE: {
      const auto& table = from.Cast<duckdb::BaseTableRef>();
      const bool foreign = kernel::is_foreign_catalog(table.catalog_name);
      tables.push_back({foreign                     ? table.catalog_name + "." + table.schema_name
                        : table.schema_name.empty() ? database
                                                    : table.schema_name,
                        table.alias.empty() ? table.table_name : table.alias,
                        table.table_name,
                        {}});
      return true;
    }
    case duckdb::TableReferenceType::JOIN: {
      const auto& join = from.Cast<duckdb::JoinRef>();
      return collect_tables(*join.left, database, tables) && collect_tables(*join.right, database, tables);
    }
    default:
      return false;
  }
}

// A SELECT without WITH; else null.
const duckdb::SelectNode* plain_select(const duckdb::SQLStatement& tree) {
  if (tree.type != duckdb::StatementType::SELECT_STATEMENT) return nullptr;
  const auto& node = *tree.Cast<duckdb::SelectStatement>().node;
  if (node.type != duckdb::QueryNodeType::SELECT_NODE || !node.cte_map.map.empty()) return nullptr;
  return &node.Cast<duckdb::SelectNode>();
}

// Of an item that is a plain column of one of the tables.
std::optional<ColumnOrigin> origin_of(const duckdb::ParsedExpression& item, const std::vector<ColumnOrigin>& tables) {
  if (item.GetExpressionClass() != duckdb::ExpressionClass::COLUMN_REF) return std::nullopt;
  const auto& names = item.Cast<duckdb::ColumnRefExpression>().column_names;
  for (const auto& table : tables) {
    const bool matches =
        names.size() == 1 ? tables.size() == 1 : duckdb::StringUtil::CIEquals(names[names.size() - 2], table.table);
    if (!matches) continue;
    std::optional<ColumnOrigin> origin = table;
    origin->org_name = names.back();
    return origin;
  }
  return std::nullopt;
}

// A call of Doris' function of this name; else null.
const duckdb::FunctionExpression* called(const duckdb::ParsedExpression& expression, const std::string& name) {
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::FUNCTION) return nullptr;
  const auto& call = expression.Cast<duckdb::FunctionExpression>();
  return call.schema == "doris" && call.function_name == functions::kernel_name(name) ? &call : nullptr;
}

constexpr size_t kMostDigits = 6;

// Adds what a date or time has; false when it is not known.
bool add_digits(const duckdb::ParsedExpression& expression, const std::vector<ColumnOrigin>& tables,
                TimeDigits& digits) {
  if (auto origin = origin_of(expression, tables)) {
    digits.columns.push_back(std::move(*origin));
    return true;
  }
  const auto at_least = [&](size_t count) {
    digits.least = std::max(digits.least, static_cast<uint8_t>(std::min(count, kMostDigits)));
    return true;
  };
  if (expression.GetExpressionClass() == duckdb::ExpressionClass::CONSTANT) {
    const auto& value = expression.Cast<duckdb::ConstantExpression>().value;
    if (value.IsNull() || value.type().id() != duckdb::LogicalTypeId::VARCHAR) return value.IsNull();
    const std::string& text = duckdb::StringValue::Get(value);
    const size_t point = text.find(':') == text.npos ? text.npos : text.rfind('.');
    if (point == text.npos) return true;
    size_t end = std::min(text.find_first_not_of("0123456789", point + 1), text.size());
    while (end > point + 1 && text[end - 1] == '0') --end;
    return at_least(end - point - 1);
  }
  if (const auto* cast = called(expression, "cast")) {
    const auto& target = cast->children[1]->Cast<duckdb::ConstantExpression>().value.type();
    if (target.id() == duckdb::LogicalTypeId::TIMESTAMP_MS) return at_least(3);
    return target.id() == duckdb::LogicalTypeId::TIMESTAMP_SEC || target.id() == duckdb::LogicalTypeId::DATE;
  }
  if (const auto* rounded = called(expression, "round_datetime")) {
    const auto& count = *rounded->children[1];
    if (count.GetExpressionClass() != duckdb::ExpressionClass::CONSTANT) return false;
    return at_least(count.Cast<duckdb::ConstantExpression>().value.GetValue<uint8_t>());
  }
  if (const auto* difference = called(expression, "timediff")) {
    return std::ranges::all_of(difference->children,
                               [&](const auto& child) { return add_digits(*child, tables, digits); });
  }
  return false;
}

void give_type(duckdb::unique_ptr<duckdb::ParsedExpression>& cell, const std::vector<duckdb::Value>& values) {
  if (cell->GetExpressionClass() == duckdb::ExpressionClass::PARAMETER) {
    const size_t number = std::stoul(cell->Cast<duckdb::ParameterExpression>().identifier);
    if (number == 0 || number > values.size() || values[number - 1].type().id() == duckdb::LogicalTypeId::SQLNULL)
      return;
    cell = duckdb::make_uniq<duckdb::CastExpression>(values[number - 1].type(), std::move(cell));
    return;
  }
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      *cell, [&](duckdb::unique_ptr<duckdb::ParsedExpression>& child) { give_type(child, values); });
}

}  // namespace

std::vector<std::optional<ColumnOrigin>> column_origins(const duckdb::SQLStatement& tree, const std::string& database) {
  const duckdb::SelectNode* plain = plain_select(tree);
  if (!plain) return {};
  const duckdb::SelectNode& node = *plain;
  std::vector<ColumnOrigin> tables;
  if (!node.from_table || !collect_tables(*node.from_table, database, tables)) return {};
  std::vector<std::optional<ColumnOrigin>> origins;
  for (const auto& item : node.select_list) {
    if (item->GetExpressionClass() == duckdb::ExpressionClass::STAR) {
      if (node.select_list.size() > 1 || tables.size() > 1) return {};
      return {tables[0]};
    }
    origins.push_back(origin_of(*item, tables));
  }
  return origins;
}

std::vector<Column> make_columns(const std::vector<std::string>& names,
                                 const duckdb::vector<duckdb::LogicalType>& types,
                                 const std::vector<std::optional<ColumnOrigin>>& origins) {
  std::vector<Column> columns(names.size());
  const bool star = origins.size() == 1 && origins[0] && origins[0]->org_name.empty();
  for (size_t i = 0; i < names.size(); ++i) {
    Column& column = columns[i];
    column.name = names[i];
    column.type = types[i];
    const std::optional<ColumnOrigin> origin = star                             ? origins[0]
                                               : origins.size() == names.size() ? origins[i]
                                                                                : std::nullopt;
    if (!origin) continue;
    column.schema = origin->schema;
    column.table = origin->table;
    column.org_table = origin->org_table;
    column.org_name = star ? names[i] : origin->org_name;
  }
  return columns;
}

std::vector<std::optional<TimeDigits>> time_digits(const duckdb::SQLStatement& tree, const std::string& database) {
  const duckdb::SelectNode* node = plain_select(tree);
  if (!node) return {};
  const auto is_difference = [](const auto& item) { return called(*item, "timediff") != nullptr; };
  if (std::ranges::none_of(node->select_list, is_difference)) return {};
  std::vector<ColumnOrigin> tables;
  const bool no_table = !node->from_table || node->from_table->type == duckdb::TableReferenceType::EMPTY_FROM;
  if (!no_table && !collect_tables(*node->from_table, database, tables)) return {};
  std::vector<std::optional<TimeDigits>> digits;
  for (const auto& item : node->select_list) {
    if (item->GetExpressionClass() == duckdb::ExpressionClass::STAR) return {};
    TimeDigits found;
    const bool known = is_difference(item) && add_digits(*item, tables, found);
    digits.push_back(known ? std::optional(std::move(found)) : std::nullopt);
  }
  return digits;
}

static void declare_times(duckdb::ClientContext& context, std::vector<Column>& columns,
                          const std::vector<std::optional<TimeDigits>>& times) {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (!times[i] || columns[i].type.id() != duckdb::LogicalTypeId::INTERVAL) continue;
    uint8_t digits = times[i]->least;
    bool known = true;
    for (const ColumnOrigin& column : times[i]->columns) {
      const auto declared = kernel::declared_columns(context, column.schema, column.org_table, {column.org_name});
      known = known && declared[0].fraction_digits;
      if (known) digits = std::max(digits, *declared[0].fraction_digits);
    }
    if (known) columns[i].fraction_digits = digits;
  }
}

void declare_columns(kernel::Connection& kernel, std::vector<Column>& columns,
                     const std::vector<std::optional<TimeDigits>>& times) {
  if (times.size() == columns.size()) {
    static_cast<void>(kernel.with_context([&](duckdb::ClientContext& context) -> Status {
      declare_times(context, columns, times);
      return {};
    }));
  }
  std::map<std::pair<std::string, std::string>, std::vector<size_t>> tables;
  for (size_t i = 0; i < columns.size(); ++i) {
    const bool declared =
        columns[i].type.id() == duckdb::LogicalTypeId::TIMESTAMP || functions::is_text(columns[i].type);
    if (declared && !columns[i].org_table.empty()) tables[{columns[i].schema, columns[i].org_table}].push_back(i);
  }
  if (tables.empty()) return;
  // Without them the cells show what the values have: no reason to fail.
  static_cast<void>(kernel.with_context([&](duckdb::ClientContext& context) -> Status {
    for (const auto& [table, places] : tables) {
      std::vector<std::string> names;
      for (const size_t place : places) names.push_back(columns[place].org_name);
      const auto declared = kernel::declared_columns(context, table.first, table.second, names);
      for (size_t i = 0; i < places.size(); ++i) {
        columns[places[i]].fraction_digits = declared[i].fraction_digits;
        columns[places[i]].is_string = declared[i].is_string;
      }
    }
    return {};
  }));
}

void declare_moments(std::vector<Column>& columns, const std::vector<functions::MomentDigits>& digits) {
  for (size_t i = 0; i < std::min(columns.size(), digits.size()); ++i) {
    if (columns[i].type.IsNested()) columns[i].moment_digits = digits[i];
    if (columns[i].type.id() == duckdb::LogicalTypeId::TIMESTAMP && digits[i].size() == 1)
      columns[i].fraction_digits = digits[i][0];
  }
}

std::string type_signature(const std::vector<duckdb::Value>& values) {
  std::string signature;
  for (const auto& value : values) {
    signature += value.type().ToString();
    signature += ',';
  }
  return signature;
}

void type_parameters(duckdb::SQLStatement& tree, const std::vector<duckdb::Value>& values) {
  auto& insert = tree.Cast<duckdb::InsertStatement>();
  auto& select = insert.select_statement->node->Cast<duckdb::SelectNode>();
  for (auto& row : select.from_table->Cast<duckdb::ExpressionListRef>().values) {
    for (auto& cell : row) give_type(cell, values);
  }
}

// ---- KernelRows

KernelRows::~KernelRows() {
  answer_.reset();
  end(nullptr);
}

void KernelRows::end(const Error* error) {
  if (std::exchange(ended_, true)) return;
  session_.end(rows_, error);
}

Result<duckdb::DataChunk*> KernelRows::next() {
  if (ended_) return nullptr;
  if (rows_left_ == 0) {
    answer_.reset();
    end(nullptr);
    return nullptr;
  }
  auto chunk = answer_->next();
  if (!chunk) {
    Error error = session_.translate(std::move(chunk.error()));
    answer_.reset();
    end(&error);
    return fail(std::move(error));
  }
  if (!*chunk) {
    answer_.reset();
    end(nullptr);
    return nullptr;
  }
  if ((*chunk)->size() > rows_left_) (*chunk)->SetCardinality(rows_left_);
  rows_left_ -= (*chunk)->size();
  rows_ += (*chunk)->size();
  return *chunk;
}

// ---- ChunkRows

ChunkRows::~ChunkRows() {
  if (!std::exchange(ended_, true)) session_.end(chunk_->size(), nullptr);
}

Result<duckdb::DataChunk*> ChunkRows::next() {
  if (given_ || chunk_->size() == 0) {
    if (!std::exchange(ended_, true)) session_.end(chunk_->size(), nullptr);
    return nullptr;
  }
  given_ = true;
  return chunk_.get();
}

}  // namespace sluice::session
