// SPDX-License-Identifier: Apache-2.0
#include "session/variables.h"

#include <algorithm>
#include <cmath>

#include "session/variables_values.h"

namespace sluice::session {
namespace {

struct KnownIds {
  VariableId query_timeout, max_execution_time, wait_timeout, sql_select_limit, default_order_by_limit, exec_mem_limit,
      autocommit, sql_mode, time_zone, transaction_read_only, character_set_connection, collation_connection,
      show_hidden_columns;
};

VariableId known(std::string_view name) {
  auto id = find_variable(name);
  return *id;
}

const KnownIds& ids() {
  static const KnownIds ids{known("query_timeout"),
                            known("max_execution_time"),
                            known("wait_timeout"),
                            known("sql_select_limit"),
                            known("default_order_by_limit"),
                            known("exec_mem_limit"),
                            known("autocommit"),
                            known("sql_mode"),
                            known("time_zone"),
                            known("transaction_read_only"),
                            known("character_set_connection"),
                            known("collation_connection"),
                            known("show_hidden_columns")};
  return ids;
}

using Changes = std::vector<std::pair<VariableId, VariableValue>>;

// The assignment itself and what MySQL and Doris change with it.
Changes with_companions(VariableId id, const VariableValue& value) {
  Changes all{{id, value}};
  if (const auto twin = definition(id).twin; !twin.empty()) all.emplace_back(known(twin), value);
  if (id == ids().query_timeout) all.emplace_back(ids().max_execution_time, std::get<int64_t>(value) * 1000);
  if (id == ids().max_execution_time) all.emplace_back(ids().query_timeout, (std::get<int64_t>(value) + 999) / 1000);
  if (id == ids().character_set_connection) {
    all.emplace_back(ids().collation_connection, default_collation(std::get<std::string>(value)));
  }
  if (id == ids().collation_connection) {
    all.emplace_back(ids().character_set_connection, charset_of_collation(std::get<std::string>(value)));
  }
  return all;
}

Error read_only_error(const VariableDefinition& variable) {
  return sql_error(Code::kInvalidArgument, 1238,
                   "Variable '" + std::string(variable.name) + "' is a read only variable");
}

bool differs(const VariableValue& a, const VariableValue& b) { return a != b; }

}  // namespace

// ---- GlobalVariables ----

GlobalVariables::GlobalVariables() {
  const auto table = variable_table();
  defaults_.reserve(table.size());
  for (const auto& variable : table) defaults_.push_back(default_value(variable));
  values_ = std::make_shared<const Values>(defaults_);
}

VariableValue GlobalVariables::get(VariableId id) const {
  std::lock_guard lock(mutex_);
  return (*values_)[id];
}

std::shared_ptr<const GlobalVariables::Values> GlobalVariables::snapshot() const {
  std::lock_guard lock(mutex_);
  return values_;
}

Result<SetResult> GlobalVariables::set(std::string_view name, const VariableValue& value) {
  const VariableId id = TRY(find_variable(name));
  const auto& variable = definition(id);
  if (variable.read_only) return fail(read_only_error(variable));
  if (variable.home == VariableHome::kSession) {
    return fail(sql_error(
        Code::kInvalidArgument, 1228,
        "Variable '" + std::string(variable.name) + "' is a SESSION variable and can't be used with SET GLOBAL"));
  }
  auto coerced = TRY(coerce(variable, value));
  TRY(store(id, std::move(coerced.value)));
  return SetResult{std::move(coerced.warning)};
}

Status GlobalVariables::set_default(std::string_view name) {
  const VariableId id = TRY(find_variable(name));
  if (definition(id).read_only) return fail(read_only_error(definition(id)));
  return store(id, defaults_[id]);
}

Status GlobalVariables::store(VariableId id, VariableValue value) {
  const Changes changes = with_companions(id, value);
  if (check_) {
    for (const auto& [changed, new_value] : changes) TRY(check_(definition(changed), new_value));
  }
  std::lock_guard lock(mutex_);
  auto next = std::make_shared<Values>(*values_);
  for (const auto& [changed, new_value] : changes) (*next)[changed] = new_value;
  values_ = std::move(next);
  return {};
}

void GlobalVariables::establish(std::string_view name, VariableValue value) {
  const VariableId id = known(name);
  if (auto coerced = coerce(definition(id), value)) value = std::move(coerced->value);
  std::lock_guard lock(mutex_);
  auto next = std::make_shared<Values>(*values_);
  for (const auto& [changed, new_value] : with_companions(id, value)) {
    defaults_[changed] = new_value;
    (*next)[changed] = new_value;
  }
  values_ = std::move(next);
}

void GlobalVariables::on_set(std::function<Status(const VariableDefinition&, const VariableValue&)> check) {
  check_ = std::move(check);
}

std::vector<VariableRow> GlobalVariables::list() const {
  const auto values = snapshot();
  const auto table = variable_table();
  std::vector<VariableRow> rows;
  rows.reserve(table.size());
  for (size_t i = 0; i < table.size(); ++i) {
    if (table[i].home == VariableHome::kSession) continue;
    rows.push_back({table[i].name, to_text(table[i], (*values)[i]), to_text(table[i], defaults_[i]),
                    differs((*values)[i], defaults_[i])});
  }
  return rows;
}

// ---- SessionVariables ----

SessionVariables::SessionVariables(GlobalVariables& globals, OnSet on_set)
    : globals_(globals), base_(globals.snapshot()), on_set_(std::move(on_set)) {}

const VariableValue* SessionVariables::changed(VariableId id) const {
  const auto at = std::lower_bound(changes_.begin(), changes_.end(), id,
                                   [](const auto& change, VariableId wanted) { return change.first < wanted; });
  return at != changes_.end() && at->first == id ? &at->second : nullptr;
}

const VariableValue& SessionVariables::own(VariableId id) const {
  const auto* value = changed(id);
  return value ? *value : (*base_)[id];
}

VariableValue SessionVariables::get(VariableId id) const {
  return definition(id).home == VariableHome::kGlobal ? globals_.get(id) : own(id);
}

Result<VariableValue> SessionVariables::get(std::string_view name, std::optional<dialect::VariableScope> scope) const {
  const VariableId id = TRY(find_variable(name));
  const auto& variable = definition(id);
  if (scope == dialect::VariableScope::kGlobal) {
    if (variable.home == VariableHome::kSession) {
      return fail(sql_error(Code::kInvalidArgument, 1238,
                            "Variable '" + std::string(variable.name) + "' is a SESSION variable"));
    }
    return globals_.get(id);
  }
  if (scope == dialect::VariableScope::kSession && variable.home == VariableHome::kGlobal) {
    return fail(
        sql_error(Code::kInvalidArgument, 1238, "Variable '" + std::string(variable.name) + "' is a GLOBAL variable"));
  }
  return get(id);
}

Result<SetResult> SessionVariables::set(std::string_view name, const VariableValue& value) {
  const VariableId id = TRY(find_variable(name));
  const auto& variable = definition(id);
  TRY(check_settable(variable));
  auto coerced = TRY(coerce(variable, value));
  TRY(store(id, std::move(coerced.value)));
  return SetResult{std::move(coerced.warning)};
}

Status SessionVariables::set_default(std::string_view name) {
  const VariableId id = TRY(find_variable(name));
  TRY(check_settable(definition(id)));
  return store(id, globals_.get(id));
}

Status SessionVariables::check_settable(const VariableDefinition& variable) const {
  if (variable.read_only) return fail(read_only_error(variable));
  if (variable.home == VariableHome::kGlobal) {
    return fail(sql_error(
        Code::kInvalidArgument, 1229,
        "Variable '" + std::string(variable.name) + "' is a GLOBAL variable and should be set with SET GLOBAL"));
  }
  return {};
}

Status SessionVariables::store(VariableId id, VariableValue value) {
  Changes changes = with_companions(id, value);
  if (on_set_) {
    for (const auto& [changed, new_value] : changes) TRY(on_set_(definition(changed), new_value));
  }
  for (auto& [changed, new_value] : changes) put(changed, std::move(new_value));
  return {};
}

void SessionVariables::put(VariableId id, VariableValue value) {
  const auto at = std::lower_bound(changes_.begin(), changes_.end(), id,
                                   [](const auto& change, VariableId wanted) { return change.first < wanted; });
  const bool present = at != changes_.end() && at->first == id;
  ++version_;
  if (!differs(value, (*base_)[id])) {
    if (present) changes_.erase(at);
  } else if (present) {
    at->second = std::move(value);
  } else {
    changes_.insert(at, {id, std::move(value)});
  }
}

void SessionVariables::establish(std::string_view name, VariableValue value) {
  const VariableId id = known(name);
  if (auto coerced = coerce(definition(id), value)) {
    for (auto& [changed, new_value] : with_companions(id, coerced->value)) put(changed, std::move(new_value));
  }
}

void SessionVariables::reset() {
  const Changes before = std::move(changes_);
  changes_.clear();
  changes_.shrink_to_fit();
  base_ = globals_.snapshot();
  ++version_;
  if (!on_set_) return;
  for (const auto& [id, value] : before) {
    // A value that was valid as the global one is valid here.
    (void)on_set_(definition(id), (*base_)[id]);
  }
}

std::vector<VariableRow> SessionVariables::list() const {
  const auto table = variable_table();
  const auto globals = globals_.snapshot();
  std::vector<VariableRow> rows;
  rows.reserve(table.size());
  for (size_t i = 0; i < table.size(); ++i) {
    const auto id = static_cast<VariableId>(i);
    const auto& value = table[i].home == VariableHome::kGlobal ? (*globals)[i] : own(id);
    const auto& initial = globals_.default_of(id);
    rows.push_back({table[i].name, to_text(table[i], value), to_text(table[i], initial), differs(value, initial)});
  }
  return rows;
}

std::chrono::milliseconds SessionVariables::query_timeout() const {
  return std::chrono::milliseconds(std::get<int64_t>(own(ids().max_execution_time)));
}
std::chrono::seconds SessionVariables::wait_timeout() const {
  return std::chrono::seconds(std::get<int64_t>(own(ids().wait_timeout)));
}
uint64_t SessionVariables::row_limit(VariableId id) const {
  const auto limit = std::get<int64_t>(own(id));
  return limit < 0 || limit == INT64_MAX ? UINT64_MAX : static_cast<uint64_t>(limit);
}
uint64_t SessionVariables::sql_select_limit() const { return row_limit(ids().sql_select_limit); }
uint64_t SessionVariables::default_order_by_limit() const { return row_limit(ids().default_order_by_limit); }
uint64_t SessionVariables::exec_mem_limit_bytes() const {
  return static_cast<uint64_t>(std::get<int64_t>(own(ids().exec_mem_limit)));
}
bool SessionVariables::autocommit() const { return std::get<bool>(own(ids().autocommit)); }
bool SessionVariables::transaction_read_only() const { return std::get<bool>(own(ids().transaction_read_only)); }
bool SessionVariables::show_hidden_columns() const { return std::get<bool>(own(ids().show_hidden_columns)); }
SqlModes SessionVariables::sql_modes() const { return static_cast<SqlModes>(std::get<int64_t>(own(ids().sql_mode))); }
const std::string& SessionVariables::time_zone() const { return std::get<std::string>(own(ids().time_zone)); }

}  // namespace sluice::session
