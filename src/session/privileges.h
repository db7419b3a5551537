// SPDX-License-Identifier: Apache-2.0
// Privileges: what Doris lets one grant, on what, and what all grants of an account together allow. Plain data and
// Rights, which is immutable once made and shared by all sessions of its account.
// Names are compared without case, as the kernel does. An object whose part is empty means all of them: ("", "", "") is
// everything, (internal, db, "") the tables of db.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dialect/access_statements.h"
#include "kernel/viewer.h"
#include "session/block_rules.h"

namespace sluice::session {

enum class Privilege : uint8_t { kNode, kAdmin, kGrant, kSelect, kLoad, kAlter, kCreate, kDrop, kUsage, kShowView };
inline constexpr size_t kPrivilegeCount = 10;

class Privileges {
 public:
  constexpr Privileges() = default;
  constexpr Privileges(std::initializer_list<Privilege> list) {
    for (Privilege one : list) bits_ = static_cast<uint16_t>(bits_ | bit(one));
  }
  constexpr bool has(Privilege one) const { return (bits_ & bit(one)) != 0; }
  constexpr bool any_of(Privileges others) const { return (bits_ & others.bits_) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr void add(Privileges others) { bits_ = static_cast<uint16_t>(bits_ | others.bits_); }
  constexpr void remove(Privileges others) { bits_ = static_cast<uint16_t>(bits_ & ~others.bits_); }
  constexpr uint16_t bits() const { return bits_; }
  static Privileges from_bits(uint16_t bits);
  std::vector<Privilege> list() const;
  std::string text() const;        // "Select_priv,Load_priv"
  std::string upper_text() const;  // "SELECT, LOAD": as errors name what is missing
  constexpr bool operator==(const Privileges&) const = default;

 private:
  static constexpr uint16_t bit(Privilege one) { return static_cast<uint16_t>(1u << static_cast<unsigned>(one)); }
  uint16_t bits_ = 0;
};

std::string_view doris_name(Privilege privilege);  // "Select_priv"
// As information_schema names it: LOAD is INSERT there. Empty when MySQL has no such privilege.
std::string_view mysql_name(Privilege privilege);
// SELECT_PRIV, SELECT, INSERT, ALL PRIVILEGES, ..; nothing when there is no such privilege. ALL depends on what it is
// granted on, so it is given by all_privileges().
std::optional<Privileges> parse_privilege(std::string_view upper_case_name);

// What a statement may need. One of them is enough.
inline constexpr Privileges kToSee{Privilege::kAdmin,  Privilege::kSelect, Privilege::kLoad,    Privilege::kAlter,
                                   Privilege::kCreate, Privilege::kDrop,   Privilege::kShowView};
inline constexpr Privileges kToSeeView{Privilege::kAdmin, Privilege::kCreate, Privilege::kAlter, Privilege::kDrop,
                                       Privilege::kShowView};
inline constexpr Privileges kToGrant{Privilege::kAdmin, Privilege::kGrant};
inline constexpr Privileges kToAdminister{Privilege::kAdmin};
inline constexpr Privileges kToOperate{Privilege::kAdmin, Privilege::kNode};
inline constexpr Privileges kToLoad{Privilege::kAdmin, Privilege::kLoad};
inline constexpr Privileges kToAlter{Privilege::kAdmin, Privilege::kAlter};
inline constexpr Privileges kToCreate{Privilege::kAdmin, Privilege::kCreate};
inline constexpr Privileges kToDrop{Privilege::kAdmin, Privilege::kDrop};
inline constexpr Privileges kToSelect{Privilege::kAdmin, Privilege::kSelect};

struct LessNoCase {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const;
};
bool equal_no_case(std::string_view a, std::string_view b);

struct ObjectName {
  std::string catalog;
  std::string database;
  std::string table;
  std::string text() const;  // "internal.db.t"; without the parts that are empty
};
struct LessObject {
  bool operator()(const ObjectName& a, const ObjectName& b) const;
};

// What an account or a role was granted.
struct Grants {
  using Columns = std::map<std::string, Privileges, LessNoCase>;
  std::map<ObjectName, Privileges, LessObject> objects;
  std::map<ObjectName, Columns, LessObject> columns;
  std::map<std::string, Privileges, LessNoCase> resources;        // "%": all
  std::map<std::string, Privileges, LessNoCase> workload_groups;  // "%": all

  Privileges global() const;
  void merge(const Grants& others);
  bool empty() const { return objects.empty() && columns.empty() && resources.empty() && workload_groups.empty(); }
};

struct Role {
  std::string name;
  std::string comment;
  Grants grants;
};
inline constexpr std::string_view kAdminRole = "admin";
inline constexpr std::string_view kOperatorRole = "operator";
bool is_built_in_role(std::string_view name);
Grants built_in_grants(std::string_view role);

struct RowPolicy {
  std::string name;
  ObjectName table;
  bool restrictive = false;
  std::optional<dialect::Account> account;  // else `role`
  std::string role;
  std::string condition;  // as written in USING (..)
  std::string statement;
  // For whom, as SHOW says and as DROP .. FOR finds it.
  std::string grantee() const;
};

// root and admin: by their names they hold what the roles say that are built in, and no row policy binds them.
bool is_administrator(std::string_view user);

// What SET PROPERTY said of a user, whatever host it comes from.
using UserProperties = std::map<std::string, std::string>;

// All that one account may do, roles and built-in rights included.
class Rights final : public kernel::Viewer {
 public:
  // Of nobody: an account that was dropped.
  Rights() = default;
  Rights(std::string user, Grants grants, std::vector<const RowPolicy*> policies, BlockRules block_rules = {});

  // Nothing needs to be checked.
  bool unlimited() const { return unlimited_; }
  const Grants& grants() const { return grants_; }

  Privileges global() const { return grants_.global(); }
  // What holds for the whole object, from it and from what it lies in.
  Privileges on(const ObjectName& object) const;
  bool allows(const ObjectName& object, Privileges one_of) const { return on(object).any_of(one_of); }
  // Null when no column of the table was granted on its own.
  const Grants::Columns* columns_of(const ObjectName& table) const;
  // Whether anything at all was granted on the object or on what lies in it.
  bool sees(const ObjectName& object) const;
  // Null: all rows.
  const duckdb::ParsedExpression* row_filter(const ObjectName& table) const;
  bool has_row_filters() const { return !row_filters_.empty(); }
  // What binds administrators, too.
  const BlockRules& block_rules() const { return block_rules_; }

  bool sees_database(std::string_view database) const override;
  bool sees_relation(std::string_view database, std::string_view name) const override;
  bool sees_definition(std::string_view database, std::string_view view) const override;
  bool sees_user(std::string_view user) const override;

 private:
  std::string user_;
  Grants grants_;
  BlockRules block_rules_;
  bool unlimited_ = false;
  std::map<ObjectName, duckdb::unique_ptr<duckdb::ParsedExpression>, LessObject> row_filters_;
};

// The condition of a policy as a tree. Errors: what does not parse, and what depends on the session.
Result<duckdb::unique_ptr<duckdb::ParsedExpression>> parse_condition(const std::string& condition);

}  // namespace sluice::session
