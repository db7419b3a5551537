// SPDX-License-Identifier: Apache-2.0
// EXPLAIN: plans in Doris' words, and EXPLAIN ANALYZE, which runs the statement.
#include "kernel/plan_forms.h"
#include "kernel/profile.h"
#include "session/no_database.h"
#include "session/session_state.h"
#include "session/show_rows.h"

namespace sluice::session {

using dialect::KernelStatement;
using Form = dialect::ExplainStatement::Form;

namespace {

constexpr const char* kColumn = "Explain String(Nereids Planner)";

Table lines_table(const kernel::PlanLines& lines) {
  Table table = table_of({kColumn});
  for (const auto& line : lines) table.rows.push_back({text(line)});
  return table;
}

void append(kernel::PlanLines& lines, const char* heading, kernel::PlanLines more) {
  if (!lines.empty()) lines.emplace_back();
  lines.push_back("========== " + std::string(heading) + " ==========");
  lines.insert(lines.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

Result<Outcome> SessionState::explain(dialect::ExplainStatement statement) {
  if (database_.empty() && needs_database(*statement.tree)) return fail(no_database_selected());
  if (statement.form == Form::kAnalyze) return explain_analyze(std::move(statement));
  auto plan_of = [&](bool optimized) -> Result<kernel::PlanTree> {
    kernel::PlanTree plan;
    TRY(connection().with_context([&](duckdb::ClientContext& context) -> Status {
      plan = kernel::plan_tree(context, statement.tree->Copy(), optimized);
      return {};
    }));
    return plan;
  };
  switch (statement.form) {
    case Form::kVerbose:
      return Outcome(lines_table(kernel::fragment_lines(TRY(plan_of(true)), true)));
    case Form::kTree:
      return Outcome(lines_table(kernel::node_lines(TRY(plan_of(true)))));
    case Form::kGraph:
      return Outcome(lines_table(kernel::graph_lines(TRY(plan_of(true)))));
    case Form::kShape: {
      const auto ignored = TRY(system_variable(dialect::VariableScope::kSession, "ignore_shape_nodes"));
      return Outcome(lines_table(kernel::shape_lines(TRY(plan_of(true)), ignored.ToString())));
    }
    case Form::kAnalyzed:
      return Outcome(lines_table(kernel::operator_lines(TRY(plan_of(false)), "Logical")));
    case Form::kRewritten:
      return Outcome(lines_table(kernel::operator_lines(TRY(plan_of(true)), "Logical")));
    case Form::kPhysical:
      return Outcome(lines_table(kernel::operator_lines(TRY(plan_of(true)), "Physical")));
    case Form::kMemo:
      return Outcome(lines_table(kernel::memo_lines(TRY(plan_of(true)))));
    case Form::kJson: {
      Table table = table_of({"EXPLAIN"});
      table.rows.push_back({text(kernel::plan_json(TRY(plan_of(true))))});
      return Outcome(std::move(table));
    }
    case Form::kAll: {
      kernel::PlanLines lines;
      const auto bound = TRY(plan_of(false));
      const auto optimized = TRY(plan_of(true));
      append(lines, "ANALYZED PLAN", kernel::operator_lines(bound, "Logical"));
      append(lines, "REWRITTEN PLAN", kernel::operator_lines(optimized, "Logical"));
      append(lines, "OPTIMIZED PLAN", kernel::operator_lines(optimized, "Physical"));
      append(lines, "DISTRIBUTED PLAN", kernel::fragment_lines(optimized, false));
      return Outcome(lines_table(lines));
    }
    default:
      return Outcome(lines_table(kernel::fragment_lines(TRY(plan_of(true)), false)));
  }
}

Result<Outcome> SessionState::explain_analyze(dialect::ExplainStatement statement) {
  const bool reads = statement.tree->type == duckdb::StatementType::SELECT_STATEMENT;
  TRY(prepare_transaction(reads ? KernelStatement::Effect::kRead : KernelStatement::Effect::kWrite));
  const bool kept = is_on("enable_profile");
  begin_profile();
  const auto began = std::chrono::steady_clock::now();
  uint64_t rows = 0;
  auto run = [&]() -> Status {
    auto answer = TRY(connection().run(duckdb::unique_ptr<duckdb::SQLStatement>(statement.tree.release())));
    rows = answer->changed_rows();
    if (answer->return_type() != duckdb::StatementReturnType::QUERY_RESULT) return {};
    while (const duckdb::DataChunk* chunk = TRY(answer->next())) rows += chunk->size();
    return {};
  };
  auto done = run();
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
  std::string operators;
  static_cast<void>(connection().with_context([&](duckdb::ClientContext& context) -> Status {
    operators = kernel::profile_lines(kernel::take_profile(context));
    if (!kept) kernel::set_profiling(context, false);
    return {};
  }));
  profiled_ = kept;
  if (!done) return fail(std::move(done.error()));
  char total[96];
  std::snprintf(total, sizeof total, "%s  rows: %llu, time: %.3fms", reads ? "VRESULT SINK" : "STATEMENT",
                static_cast<unsigned long long>(rows), took.count());
  kernel::PlanLines lines{total};
  for (size_t at = 0; at < operators.size();) {
    const size_t end = std::min(operators.find('\n', at), operators.size());
    lines.push_back("--" + operators.substr(at, end - at));
    at = end + 1;
  }
  return Outcome(lines_table(lines));
}

}  // namespace sluice::session
