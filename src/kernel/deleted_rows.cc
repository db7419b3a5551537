// SPDX-License-Identifier: Apache-2.0
#include "kernel/deleted_rows.h"

#include <mutex>
#include <random>

#include "duckdb/catalog/catalog_entry/duck_table_entry.hpp"
#include "duckdb/common/types/timestamp.hpp"
#include "duckdb/execution/expression_executor_state.hpp"
#include "duckdb/function/create_sort_key.hpp"
#include "duckdb/parser/keyword_helper.hpp"
#include "duckdb/parser/parsed_data/create_scalar_function_info.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"
#include "duckdb/storage/data_table.hpp"
#include "duckdb/transaction/local_storage.hpp"
#include "kernel/host.h"

namespace sluice::kernel {
namespace {

using duckdb::LogicalType;
using duckdb::make_uniq;
using duckdb::Value;

constexpr const char* kNote = "deletions";
constexpr const char* kIdentity = "of";
constexpr const char* kKey = "__deleted_key";
constexpr const char* kSequence = "__deleted_sequence";
constexpr const char* kDeletedKey = "d_deleted_key";
constexpr const char* kRemember = "d_remember_deleted";

duckdb::TableCatalogEntry& deleted_rows(duckdb::ClientContext& context) {
  return duckdb::Catalog::GetEntry<duckdb::TableCatalogEntry>(context, kInternalCatalog, kServerSchema, kDeletedRows);
}

bool has_rows(duckdb::ClientContext& context) {
  auto& table = deleted_rows(context).GetStorage();
  return table.GetTotalRows() > 0 || duckdb::LocalStorage::Get(context, table.GetAttached()).AddedRows(table) > 0;
}

// One text for all values of a row: equal for equal ones, and in their order, NULL first.
void sort_keys(duckdb::DataChunk& values, duckdb::Vector& result) {
  const duckdb::vector<duckdb::OrderModifiers> ascending(
      values.ColumnCount(), duckdb::OrderModifiers(duckdb::OrderType::ASCENDING, duckdb::OrderByNullType::NULLS_FIRST));
  duckdb::CreateSortKeyHelpers::CreateSortKey(values, ascending, result);
}

// Whether anything is remembered: looked up once for each thread of a statement.
struct KeyState final : duckdb::FunctionLocalState {
  bool any = false;
};

duckdb::unique_ptr<duckdb::FunctionLocalState> begin_keys(duckdb::ExpressionState& state,
                                                          const duckdb::BoundFunctionExpression&,
                                                          duckdb::FunctionData*) {
  auto made = make_uniq<KeyState>();
  made->any = has_rows(state.GetContext());
  return std::move(made);
}

void run_deleted_key(duckdb::DataChunk& arguments, duckdb::ExpressionState& state, duckdb::Vector& result) {
  if (duckdb::ExecuteFunctionState::GetFunctionState(state)->Cast<KeyState>().any) return sort_keys(arguments, result);
  result.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
  duckdb::ConstantVector::SetNull(result, true);
}

// Threads of one statement take turns.
struct RememberData final : duckdb::FunctionData {
  explicit RememberData(std::shared_ptr<std::mutex> shared) : turn(std::move(shared)) {}
  duckdb::unique_ptr<duckdb::FunctionData> Copy() const override { return make_uniq<RememberData>(turn); }
  bool Equals(const duckdb::FunctionData& other) const override { return turn == other.Cast<RememberData>().turn; }

  std::shared_ptr<std::mutex> turn;
};

duckdb::unique_ptr<duckdb::FunctionData> bind_remember(duckdb::ClientContext&, duckdb::ScalarFunction&,
                                                       duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>&) {
  return make_uniq<RememberData>(std::make_shared<std::mutex>());
}

// (identity, sign, sequence, keys ..) -> sign.
void run_remember(duckdb::DataChunk& arguments, duckdb::ExpressionState& state, duckdb::Vector& result) {
  const duckdb::idx_t count = arguments.size();
  duckdb::UnifiedVectorFormat signs;
  arguments.data[1].ToUnifiedFormat(count, signs);
  duckdb::SelectionVector taken(count);
  duckdb::idx_t rows = 0;
  for (duckdb::idx_t row = 0; row < count; ++row) {
    const auto index = signs.sel->get_index(row);
    if (signs.validity.RowIsValid(index) && duckdb::UnifiedVectorFormat::GetData<int8_t>(signs)[index] == 1)
      taken.set_index(rows++, row);
  }
  result.Reference(arguments.data[1]);
  if (rows == 0) return;
  duckdb::DataChunk keys, sequence, remembered;
  const auto types = arguments.GetTypes();
  keys.InitializeEmpty({types.begin() + 3, types.end()});
  for (duckdb::idx_t i = 0; i < keys.ColumnCount(); ++i) keys.data[i].Slice(arguments.data[i + 3], taken, rows);
  keys.SetCardinality(rows);
  sequence.InitializeEmpty({arguments.data[2].GetType()});
  sequence.data[0].Slice(arguments.data[2], taken, rows);
  sequence.SetCardinality(rows);
  auto& context = state.GetContext();
  remembered.Initialize(context, {LogicalType::VARCHAR, LogicalType::BLOB, LogicalType::BLOB, LogicalType::TIMESTAMP});
  remembered.data[0].Reference(arguments.data[0].GetValue(0));
  sort_keys(keys, remembered.data[1]);
  sort_keys(sequence, remembered.data[2]);
  remembered.data[3].Reference(Value::TIMESTAMP(duckdb::Timestamp::GetCurrentTimestamp()));
  remembered.SetCardinality(rows);
  const auto& function = state.expr.Cast<duckdb::BoundFunctionExpression>();
  std::lock_guard turn(*function.bind_info->Cast<RememberData>().turn);
  auto& table = deleted_rows(context);
  table.GetStorage().LocalAppend(table, context, remembered, {});
}

ExprPtr equal(ExprPtr left, ExprPtr right) {
  return make_uniq<duckdb::ComparisonExpression>(duckdb::ExpressionType::COMPARE_EQUAL, std::move(left),
                                                 std::move(right));
}

std::vector<ExprPtr> keys_of(const WriteTarget& target, const char* table) {
  std::vector<ExprPtr> keys;
  for (const auto& column : target.columns) {
    if (column.model.key) keys.push_back(column_of(column.name, table));
  }
  return keys;
}

ExprPtr remember(const WriteTarget& target, const WriteColumn& sequence, ExprPtr sign, const char* table) {
  std::vector<ExprPtr> arguments = arguments_of(constant(Value(*remembers_deletions(target.model))), std::move(sign),
                                                column_of(sequence.name, table));
  for (auto& key : keys_of(target, table)) arguments.push_back(std::move(key));
  return doris_call(kRemember, std::move(arguments));
}

std::string stored_table() { return std::string(kInternalCatalog) + "." + kServerSchema + "." + kDeletedRows; }

}  // namespace

void remember_deletions(TableModel& model) {
  // Unlike a counter, nothing that an older copy of the data could have given to another table.
  std::random_device random;
  std::string identity;
  for (int i = 0; i < 4; ++i) identity += duckdb::StringUtil::Format("%08x", random());
  model.set_note(kNote, kIdentity, std::move(identity));
}

void ignore_deletions(TableModel& model) { model.remove_note(kNote, kIdentity); }

const std::string* remembers_deletions(const TableModel& model) { return model.note(kNote, kIdentity); }

SelectPtr not_deleted_later(const WriteTarget& target, const std::vector<const WriteColumn*>& columns, bool has_sign,
                            const WriteColumn& sequence, TablePtr rows) {
  const char* batch = "__n";
  const char* deleted = "__d";
  auto keyed = make_uniq<duckdb::SelectNode>();
  keyed->select_list.push_back(make_uniq<duckdb::StarExpression>());
  const auto add = [&](std::vector<ExprPtr> values, const char* name) {
    keyed->select_list.push_back(doris_call(kDeletedKey, std::move(values)));
    keyed->select_list.back()->SetAlias(name);
  };
  add(keys_of(target, batch), kKey);
  add(arguments_of(column_of(sequence.name, batch)), kSequence);
  rows->alias = batch;
  keyed->from_table = std::move(rows);

  auto table = make_uniq<duckdb::BaseTableRef>();
  table->catalog_name = kInternalCatalog;
  table->schema_name = kServerSchema;
  table->table_name = kDeletedRows;
  table->alias = deleted;
  auto join = make_uniq<duckdb::JoinRef>(duckdb::JoinRefType::REGULAR);
  join->type = duckdb::JoinType::ANTI;
  join->left = subquery(std::move(keyed), batch);
  join->right = std::move(table);
  ExprPtr same = both(equal(column_of(kKey, batch), column_of("key", deleted)),
                      equal(column_of("table_id", deleted), constant(Value(*remembers_deletions(target.model)))));
  join->condition = both(std::move(same), make_uniq<duckdb::ComparisonExpression>(
                                              duckdb::ExpressionType::COMPARE_LESSTHAN, column_of(kSequence, batch),
                                              column_of("sequence", deleted)));
  auto select = make_uniq<duckdb::SelectNode>();
  for (const WriteColumn* column : columns) select->select_list.push_back(column_of(column->name, batch));
  if (has_sign) {
    select->select_list.push_back(remember(target, sequence, column_of(kDeleteSign, batch), batch));
    select->select_list.back()->SetAlias(kDeleteSign);
  }
  select->from_table = std::move(join);
  return select;
}

ExprPtr remembering(const WriteTarget& target, const WriteColumn& sequence, ExprPtr condition,
                    const std::string& alias) {
  // Conditions are evaluated in whatever order: only what fulfils the others is remembered.
  auto guarded = make_uniq<duckdb::CaseExpression>();
  duckdb::CaseCheck check;
  check.when_expr = condition->Copy();
  check.then_expr =
      equal(remember(target, sequence, constant(Value::TINYINT(1)), alias.c_str()), constant(Value::TINYINT(1)));
  guarded->case_checks.push_back(std::move(check));
  guarded->else_expr = constant(Value::BOOLEAN(false));
  return both(std::move(condition), std::move(guarded));
}

std::string make_deleted_rows() {
  return "CREATE TABLE IF NOT EXISTS " + stored_table() +
         "(table_id VARCHAR, \"key\" BLOB, sequence BLOB, deleted_at TIMESTAMP)";
}

std::string forget_deleted(const std::string& identity) {
  return "DELETE FROM " + stored_table() + " WHERE table_id = " + duckdb::KeywordHelper::WriteQuoted(identity, '\'');
}

std::string forget_old_deletions() {
  const std::string table = stored_table();
  const int64_t oldest = duckdb::Timestamp::GetCurrentTimestamp().value - kKeptDays * duckdb::Interval::MICROS_PER_DAY;
  return "DELETE FROM " + table + " WHERE deleted_at < make_timestamp(" + std::to_string(oldest) +
         ") OR deleted_at <= (SELECT deleted_at FROM " + table + " ORDER BY deleted_at DESC LIMIT 1 OFFSET " +
         std::to_string(kMostKept) + ")";
}

void create_deleted_rows(duckdb::ClientContext& context) {
  duckdb::ScalarFunction key(kDeletedKey, {LogicalType::ANY}, LogicalType::BLOB, run_deleted_key);
  key.init_local_state = begin_keys;
  key.varargs = LogicalType::ANY;
  duckdb::ScalarFunction remember(kRemember, {LogicalType::VARCHAR, LogicalType::TINYINT, LogicalType::ANY},
                                  LogicalType::TINYINT, run_remember, bind_remember);
  remember.varargs = LogicalType::ANY;
  auto& catalog = duckdb::Catalog::GetSystemCatalog(context);
  auto transaction = duckdb::CatalogTransaction::GetSystemTransaction(*context.db);
  for (duckdb::ScalarFunction* function : {&key, &remember}) {
    function->SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
    function->SetStability(duckdb::FunctionStability::VOLATILE);
    duckdb::CreateScalarFunctionInfo info(*function);
    info.schema = "doris";
    info.internal = true;
    catalog.CreateFunction(transaction, info);
  }
}

}  // namespace sluice::kernel
