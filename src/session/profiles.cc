// SPDX-License-Identifier: Apache-2.0
// enable_profile: keeps what the operators of each statement did, and SHOW QUERY PROFILE.
#include "kernel/profile.h"
#include "session/session_state.h"
#include "session/show_rows.h"

namespace sluice::session {

std::string SessionState::last_query_id() const {
  return last_query_number_ == 0 ? std::string() : query_id_text(last_query_number_);
}

void SessionState::begin_profile() {
  {
    std::lock_guard lock(run_lock);
    profiled_sql_ = running_sql;
  }
  // Without the profiler the statement runs as well.
  profiled_ = connection()
                  .with_context([](duckdb::ClientContext& context) -> Status {
                    kernel::set_profiling(context, true);
                    return {};
                  })
                  .has_value();
}

void SessionState::keep_profile(uint64_t ended_query, const Error* error) {
  QueryProfile profile;
  bool reads = true;
  // A transaction that failed lets nobody at the context: the summary is all there is then.
  static_cast<void>(connection().with_context([&](duckdb::ClientContext& context) -> Status {
    const auto operators = kernel::take_profile(context);
    profile.operators = kernel::profile_lines(operators);
    reads = !kernel::is_write(operators);
    kernel::set_profiling(context, false);
    return {};
  }));
  profile.id = query_id_text(ended_query);
  profile.task = reads ? "QUERY" : "LOAD";
  profile.ended = std::chrono::system_clock::now();
  profile.began = profile.ended - std::chrono::duration_cast<std::chrono::system_clock::duration>(
                                      std::chrono::steady_clock::now() - started_);
  profile.state = error ? "ERR" : reads ? "EOF" : "OK";
  profile.user = client.user;
  profile.database = database_;
  profile.statement = std::move(profiled_sql_);
  services.profiles.add(std::move(profile));
}

Result<Table> show_profiles(const dialect::ShowStatement& show, ShowContext& context) {
  const bool loads = show.family == "LOAD PROFILE";
  std::string_view id = show.words;
  while (id.starts_with('/')) id.remove_prefix(1);
  id = id.substr(0, id.find('/'));
  // As with KILL and SHOW PROCESSLIST: the administrator sees all, others what is their own.
  const auto visible = [&](const QueryProfile& profile) {
    return profile.user == context.client.user || context.rights.global().has(Privilege::kAdmin);
  };
  if (!id.empty()) {
    const auto profile = context.services.profiles.find(id);
    if (!profile || !visible(*profile))
      return fail(sql_error(Code::kNotFound, 1105, "There is no profile of the query " + std::string(id)));
    Table table = table_of({"Profile"});
    const std::string whole = profile_text(*profile);
    for (size_t at = 0; at < whole.size();) {
      const size_t end = std::min(whole.find('\n', at), whole.size());
      table.rows.push_back({text(std::string_view(whole).substr(at, end - at))});
      at = end + 1;
    }
    return table;
  }
  Table table = table_of({"Profile ID", "Task Type", "Start Time", "End Time", "Total", "Task State", "User",
                          "Default Catalog", "Default Db", "Sql Statement"});
  for (const auto& profile : context.services.profiles.list()) {
    if ((profile->task == "LOAD") != loads || !visible(*profile)) continue;
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(profile->ended - profile->began);
    table.rows.push_back({text(profile->id), text(profile->task), text(time_text(profile->began)),
                          text(time_text(profile->ended)), text(std::to_string(took.count()) + "ms"),
                          text(profile->state), text(profile->user), text(kernel::kInternalCatalog),
                          text(profile->database), text(profile->statement)});
  }
  return table;
}

}  // namespace sluice::session
