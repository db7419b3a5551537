// SPDX-License-Identifier: Apache-2.0
#include "kernel/viewer.h"

#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/planner/binder.hpp"
#include "duckdb/planner/expression_binder/where_binder.hpp"
#include "duckdb/planner/operator/logical_filter.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "duckdb/planner/operator/logical_merge_into.hpp"
#include "duckdb/planner/planner_extension.hpp"
#include "kernel/host.h"

namespace sluice::kernel {
namespace {

using duckdb::LogicalOperator;
using duckdb::LogicalOperatorType;
using Plan = duckdb::unique_ptr<LogicalOperator>;

class GuardedPlan {
 public:
  GuardedPlan(duckdb::ClientContext& context, duckdb::Binder& binder, const ReadGuard& guard)
      : context_(context), binder_(binder), guard_(guard) {}

  void visit(Plan& plan) {
    if (plan->type == LogicalOperatorType::LOGICAL_MERGE_INTO) written_ = &plan->Cast<duckdb::LogicalMergeInto>().table;
    if (plan->type == LogicalOperatorType::LOGICAL_GET) {
      scan(plan);
      return;
    }
    for (auto& child : plan->children) visit(child);
  }

 private:
  void scan(Plan& plan) {
    auto& get = plan->Cast<duckdb::LogicalGet>();
    auto table = get.GetTable();
    if (!table || table->ParentCatalog().GetName() != kInternalCatalog) return;
    const std::string& database = table->ParentSchema().name;
    guard_.scanned(database, table->name);
    bool with_row_id = false;
    for (const auto& column : get.GetColumnIds()) {
      if (column.IsVirtualColumn())
        with_row_id = true;
      else
        guard_.check_column(database, table->name, get.GetColumnName(column));
    }
    // An INSERT that merges by key must meet all rows that are there: it tells nothing of them.
    if (with_row_id && written_ == table.get()) return;
    if (auto condition = guard_.row_filter(database, table->name)) filter(plan, get, *table, std::move(condition));
  }

  // Puts the condition right above the scan, as a WHERE over this table alone.
  void filter(Plan& plan, duckdb::LogicalGet& get, duckdb::TableCatalogEntry& table,
              duckdb::unique_ptr<duckdb::ParsedExpression> condition) {
    auto binder = duckdb::Binder::CreateBinder(context_, &binder_);
    binder->bind_context.AddBaseTable(get.table_index, table.name, get.names, get.returned_types,
                                      get.GetMutableColumnIds(), table, get.virtual_columns);
    duckdb::WhereBinder where(*binder, context_);
    auto bound = where.Bind(condition);
    auto filter = duckdb::make_uniq<duckdb::LogicalFilter>(std::move(bound));
    filter->SplitPredicates();
    filter->children.push_back(std::move(plan));
    plan = std::move(filter);
  }

  duckdb::ClientContext& context_;
  duckdb::Binder& binder_;
  const ReadGuard& guard_;
  const duckdb::TableCatalogEntry* written_ = nullptr;
};

void guard_reads(duckdb::PlannerExtensionInput& input, duckdb::BoundStatement& statement) {
  const auto state = input.context.registered_state->Get<ViewerState>(ViewerState::kKey);
  if (!state || !state->guard || !statement.plan) return;
  GuardedPlan(input.context, input.binder, *state->guard).visit(statement.plan);
  state->guard->check_end();
}

}  // namespace

std::shared_ptr<const Viewer> viewer_of(duckdb::ClientContext& context) {
  const auto state = context.registered_state->Get<ViewerState>(ViewerState::kKey);
  return state ? state->viewer : nullptr;
}

void register_read_guard(duckdb::DBConfig& config) {
  duckdb::PlannerExtension extension;
  extension.post_bind_function = guard_reads;
  duckdb::PlannerExtension::Register(config, std::move(extension));
}

}  // namespace sluice::kernel
