// SPDX-License-Identifier: Apache-2.0
// When materialised views are refreshed by themselves: what the scheduler (job_scheduler.h) reads of them.
#include "kernel/catalog_facts.h"
#include "session/materialized_views.h"
#include "session/session_state.h"
#include "session/table_definition.h"

namespace sluice::session {

namespace {
constexpr const char* kNote = "async";
}  // namespace

std::vector<kernel::RelationFacts> list_materialized_views(kernel::Connection& kernel) {
  std::vector<kernel::RelationFacts> views;
  static_cast<void>(kernel.with_context([&](duckdb::ClientContext& context) -> Status {
    for (const std::string& database : kernel::list_databases(context)) {
      if (kernel::is_system_database(database)) continue;
      for (auto& relation : kernel::list_relations(context, database)) {
        if (relation.model.is_materialized_view()) views.push_back(std::move(relation));
      }
    }
    return {};
  }));
  return views;
}

// When the view is refreshed by itself.
Status SessionState::note_trigger(TableDefinition& table, const dialect::MaterializedViewStatement& view) {
  auto& model = table.model;
  model.set_note(kNote, "trigger", view.trigger);
  model.remove_note(kNote, "every");
  model.remove_note(kNote, "starts");
  if (!view.schedule) return {};
  const auto now = std::chrono::system_clock::now();
  const auto every = TRY(interval_of(*view.schedule));
  auto starts = view.schedule->at_once ? now : now + every;
  if (!view.schedule->starts.empty()) {
    starts = TRY(time_of(view.schedule->starts));
    if (starts <= now) return fail(ddl_error("starts time must be greater than current time"));
  }
  model.set_note(kNote, "every", std::to_string(every.count()));
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(starts.time_since_epoch());
  model.set_note(kNote, "starts", std::to_string(milliseconds.count()));
  return {};
}

}  // namespace sluice::session
