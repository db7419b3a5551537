// SPDX-License-Identifier: Apache-2.0
#include "session/privileges.h"

#include <algorithm>
#include <tuple>

#include "base/log.h"
#include "dialect/parser.h"
#include "kernel/catalog_facts.h"
#include "kernel/foreign_catalogs.h"
#include "kernel/host.h"

namespace sluice::session {
namespace {

struct Names {
  std::string_view doris;
  std::string_view upper;  // without _PRIV
  std::string_view mysql;
};
constexpr Names kNames[kPrivilegeCount] = {
    {"Node_priv", "NODE", ""},           {"Admin_priv", "ADMIN", ""},
    {"Grant_priv", "GRANT", ""},         {"Select_priv", "SELECT", "SELECT"},
    {"Load_priv", "LOAD", "INSERT"},     {"Alter_priv", "ALTER", "ALTER"},
    {"Create_priv", "CREATE", "CREATE"}, {"Drop_priv", "DROP", "DROP"},
    {"Usage_priv", "USAGE", "USAGE"},    {"Show_view_priv", "SHOW_VIEW", "SHOW VIEW"},
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

int compare_no_case(std::string_view a, std::string_view b) {
  const size_t common = std::min(a.size(), b.size());
  for (size_t i = 0; i < common; ++i) {
    const auto x = static_cast<unsigned char>(lower(a[i]));
    const auto y = static_cast<unsigned char>(lower(b[i]));
    if (x != y) return x < y ? -1 : 1;
  }
  return a.size() == b.size() ? 0 : a.size() < b.size() ? -1 : 1;
}

bool is_own_catalog(std::string_view catalog) { return equal_no_case(catalog, kernel::kInternalCatalog); }

ObjectName own(std::string_view database, std::string_view name = {}) {
  if (auto foreign = kernel::foreign_database(database))
    return {std::move(foreign->catalog), std::move(foreign->database), std::string(name)};
  return {kernel::kInternalCatalog, std::string(database), std::string(name)};
}

// A condition that does not parse any more (a newer server wrote it) hides all rows rather than showing them.
duckdb::unique_ptr<duckdb::ParsedExpression> condition_of(const RowPolicy& policy) {
  auto parsed = parse_condition(policy.condition);
  if (parsed) return std::move(*parsed);
  log::warn("a row policy cannot be read and hides all rows",
            {{"policy", policy.name}, {"error", parsed.error().describe()}});
  return duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value::BOOLEAN(false));
}

duckdb::unique_ptr<duckdb::ParsedExpression> joined(duckdb::ExpressionType how,
                                                    duckdb::unique_ptr<duckdb::ParsedExpression> left,
                                                    duckdb::unique_ptr<duckdb::ParsedExpression> right) {
  if (!left) return right;
  return duckdb::make_uniq<duckdb::ConjunctionExpression>(how, std::move(left), std::move(right));
}

}  // namespace

Privileges Privileges::from_bits(uint16_t bits) {
  Privileges result;
  result.bits_ = bits & static_cast<uint16_t>((1u << kPrivilegeCount) - 1);
  return result;
}

std::vector<Privilege> Privileges::list() const {
  std::vector<Privilege> result;
  for (size_t i = 0; i < kPrivilegeCount; ++i) {
    if (has(static_cast<Privilege>(i))) result.push_back(static_cast<Privilege>(i));
  }
  return result;
}

std::string Privileges::text() const {
  std::string result;
  for (Privilege one : list()) result.append(result.empty() ? "" : ",").append(doris_name(one));
  return result;
}

std::string Privileges::upper_text() const {
  std::string result;
  for (Privilege one : list()) result.append(result.empty() ? "" : ", ").append(kNames[static_cast<size_t>(one)].upper);
  return result;
}

std::string_view doris_name(Privilege privilege) { return kNames[static_cast<size_t>(privilege)].doris; }
std::string_view mysql_name(Privilege privilege) { return kNames[static_cast<size_t>(privilege)].mysql; }

std::optional<Privileges> parse_privilege(std::string_view name) {
  for (size_t i = 0; i < kPrivilegeCount; ++i) {
    if (equal_no_case(name, kNames[i].doris)) return Privileges{static_cast<Privilege>(i)};
  }
  if (name == "SELECT") return Privileges{Privilege::kSelect};
  if (name == "INSERT" || name == "UPDATE" || name == "DELETE") return Privileges{Privilege::kLoad};
  if (name == "ALTER") return Privileges{Privilege::kAlter};
  if (name == "CREATE" || name == "CREATE VIEW") return Privileges{Privilege::kCreate};
  if (name == "DROP") return Privileges{Privilege::kDrop};
  if (name == "USAGE") return Privileges{Privilege::kUsage};
  if (name == "SHOW VIEW") return Privileges{Privilege::kShowView};
  if (name == "GRANT OPTION") return Privileges{Privilege::kGrant};
  return std::nullopt;
}

bool LessNoCase::operator()(std::string_view a, std::string_view b) const { return compare_no_case(a, b) < 0; }
bool equal_no_case(std::string_view a, std::string_view b) { return compare_no_case(a, b) == 0; }

std::string ObjectName::text() const {
  std::string result = catalog;
  if (!database.empty()) result += "." + database;
  if (!table.empty()) result += "." + table;
  return result;
}

bool LessObject::operator()(const ObjectName& a, const ObjectName& b) const {
  if (const int order = compare_no_case(a.database, b.database)) return order < 0;
  if (const int order = compare_no_case(a.table, b.table)) return order < 0;
  return compare_no_case(a.catalog, b.catalog) < 0;
}

Privileges Grants::global() const {
  const auto found = objects.find(ObjectName{});
  return found == objects.end() ? Privileges() : found->second;
}

void Grants::merge(const Grants& others) {
  for (const auto& [object, privileges] : others.objects) objects[object].add(privileges);
  for (const auto& [table, list] : others.columns) {
    for (const auto& [column, privileges] : list) columns[table][column].add(privileges);
  }
  for (const auto& [name, privileges] : others.resources) resources[name].add(privileges);
  for (const auto& [name, privileges] : others.workload_groups) workload_groups[name].add(privileges);
}

bool is_built_in_role(std::string_view name) { return name == kAdminRole || name == kOperatorRole; }

Grants built_in_grants(std::string_view role) {
  Grants grants;
  if (role == kAdminRole) grants.objects[{}] = Privileges{Privilege::kAdmin};
  if (role == kOperatorRole) grants.objects[{}] = Privileges{Privilege::kNode, Privilege::kAdmin};
  return grants;
}

bool is_administrator(std::string_view user) { return user == "root" || user == "admin"; }

std::string RowPolicy::grantee() const {
  return account ? "'" + account->user + "'@'" + account->host + "'" : "ROLE " + role;
}

// ---- Rights

Rights::Rights(std::string user, Grants grants, std::vector<const RowPolicy*> policies, BlockRules block_rules)
    : user_(std::move(user)), grants_(std::move(grants)), block_rules_(std::move(block_rules)) {
  using duckdb::ExpressionType;
  struct Parts {
    duckdb::unique_ptr<duckdb::ParsedExpression> any, all;
  };
  std::map<ObjectName, Parts, LessObject> by_table;
  for (const RowPolicy* policy : policies) {
    Parts& parts = by_table[policy->table];
    auto condition = condition_of(*policy);
    if (policy->restrictive)
      parts.all = joined(ExpressionType::CONJUNCTION_AND, std::move(parts.all), std::move(condition));
    else
      parts.any = joined(ExpressionType::CONJUNCTION_OR, std::move(parts.any), std::move(condition));
  }
  for (auto& [table, parts] : by_table) {
    row_filters_[table] = parts.any && parts.all
                              ? joined(ExpressionType::CONJUNCTION_AND, std::move(parts.any), std::move(parts.all))
                          : parts.any ? std::move(parts.any)
                                      : std::move(parts.all);
  }
  // ADMIN opens all but what NODE is for, which this server has nothing of.
  unlimited_ = grants_.global().has(Privilege::kAdmin) && row_filters_.empty();
}

Privileges Rights::on(const ObjectName& object) const {
  Privileges result = global();
  const auto add = [&](const ObjectName& name) {
    const auto found = grants_.objects.find(name);
    if (found != grants_.objects.end()) result.add(found->second);
  };
  if (object.catalog.empty()) return result;
  add({object.catalog, {}, {}});
  if (object.database.empty()) return result;
  // What a system database shows is filtered row by row.
  if (is_own_catalog(object.catalog) && kernel::is_system_database(object.database)) result.add({Privilege::kSelect});
  add({object.catalog, object.database, {}});
  if (!object.table.empty()) add(object);
  return result;
}

const Grants::Columns* Rights::columns_of(const ObjectName& table) const {
  if (grants_.columns.empty()) return nullptr;
  const auto found = grants_.columns.find(table);
  return found == grants_.columns.end() || found->second.empty() ? nullptr : &found->second;
}

bool Rights::sees(const ObjectName& object) const {
  if (allows(object, kToSee)) return true;
  const auto inside = [&](const ObjectName& name, Privileges privileges) {
    return privileges.any_of(kToSee) && equal_no_case(name.catalog, object.catalog) &&
           (object.database.empty() || equal_no_case(name.database, object.database)) &&
           (object.table.empty() || equal_no_case(name.table, object.table));
  };
  for (const auto& [name, privileges] : grants_.objects) {
    if (inside(name, privileges)) return true;
  }
  for (const auto& [name, columns] : grants_.columns) {
    if (!columns.empty() && inside(name, {Privilege::kSelect})) return true;
  }
  return false;
}

const duckdb::ParsedExpression* Rights::row_filter(const ObjectName& table) const {
  if (row_filters_.empty()) return nullptr;
  const auto found = row_filters_.find(table);
  return found == row_filters_.end() ? nullptr : found->second.get();
}

bool Rights::sees_database(std::string_view database) const { return unlimited_ || sees(own(database)); }

bool Rights::sees_relation(std::string_view database, std::string_view name) const {
  return unlimited_ || sees(own(database, name));
}

bool Rights::sees_definition(std::string_view database, std::string_view view) const {
  return unlimited_ || allows(own(database, view), kToSeeView);
}

bool Rights::sees_user(std::string_view user) const {
  return user == user_ || global().has(Privilege::kAdmin) || global().has(Privilege::kGrant);
}

Result<duckdb::unique_ptr<duckdb::ParsedExpression>> parse_condition(const std::string& condition) {
  auto statement = TRY(dialect::parse("SELECT 1 FROM t WHERE (" + condition + ")", dialect::ParseOptions()));
  auto* kernel = std::get_if<dialect::KernelStatement>(&statement.body);
  if (!kernel || kernel->tree->type != duckdb::StatementType::SELECT_STATEMENT || statement.parameter_count > 0)
    return fail(sql_error(Code::kInvalidArgument, 1105, "the condition of a row policy is one expression"));
  auto& node = *kernel->tree->Cast<duckdb::SelectStatement>().node;
  if (node.type != duckdb::QueryNodeType::SELECT_NODE || !node.modifiers.empty())
    return fail(sql_error(Code::kInvalidArgument, 1105, "the condition of a row policy is one expression"));
  auto& where = node.Cast<duckdb::SelectNode>().where_clause;
  if (!where || where->HasSubquery())
    return fail(sql_error(Code::kUnsupported, 1235, "the condition of a row policy cannot hold a query"));
  return std::move(where);
}

}  // namespace sluice::session
