// SPDX-License-Identifier: Apache-2.0
// What the parser makes of statements about accounts, roles, privileges and row policies, which the session carries
// out. Plain data: no thread rule.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dialect/table_statements.h"

namespace sluice::dialect {

struct Account {
  std::string user;
  std::string host = "%";
};

// What CREATE USER and ALTER USER say of an account's passwords; what was not written stays as it is.
struct PasswordOptions {
  static constexpr int64_t kDefault = -1;    // as the server's variables say
  static constexpr int64_t kUnbounded = -1;  // of lock_seconds: until ACCOUNT_UNLOCK
  std::optional<int64_t> history;            // passwords that must not come again; 0: all may
  std::optional<int64_t> expire_seconds;     // 0: never
  std::optional<int64_t> failed_attempts;    // 0: never locked
  std::optional<int64_t> lock_seconds;       // 0: never locked
  std::optional<bool> locked;                // ACCOUNT_LOCK, ACCOUNT_UNLOCK
  bool any() const { return history || expire_seconds || failed_attempts || lock_seconds || locked; }
};

// CREATE USER, ALTER USER, DROP USER, SET PASSWORD, RENAME USER is not offered yet.
struct AccountStatement {
  enum class What : uint8_t { kCreate, kAlter, kDrop, kSetPassword };
  What what = What::kCreate;
  bool if_exists = false;      // DROP/ALTER USER IF EXISTS
  bool if_not_exists = false;  // CREATE USER IF NOT EXISTS
  struct Entry {
    std::optional<Account> account;       // empty: the session's own (SET PASSWORD = ...)
    std::optional<std::string> password;  // clear text; IDENTIFIED BY 'x', PASSWORD('x')
    std::optional<std::string>
        hash;            // "*A4B6..." of mysql_native_password; IDENTIFIED BY PASSWORD '*..', IDENTIFIED WITH .. AS
    std::string plugin;  // IDENTIFIED WITH plugin; empty: the default
  };
  std::vector<Entry> entries;
  PasswordOptions options;             // of all entries
  std::optional<std::string> comment;  // of all entries
  std::string default_role;            // of all entries; empty: none
};

// CREATE ROLE, ALTER ROLE, DROP ROLE
struct RoleStatement {
  enum class What : uint8_t { kCreate, kAlter, kDrop };
  What what = What::kCreate;
  bool if_exists = false;
  bool if_not_exists = false;
  std::string name;
  std::string comment;
};

// Who gets or loses something: an account, or a role.
struct Grantee {
  std::optional<Account> account;  // empty without a role: the session's own (CURRENT_USER)
  std::string role;                // empty: an account
};

// GRANT and REVOKE
struct GrantStatement {
  enum class On : uint8_t {
    kTables,
    kResource,
    kWorkloadGroup,
    kElsewhere,  // CLUSTER, COMPUTE GROUP, STAGE, STORAGE VAULT: of Doris' cloud; `name` says what
    kRoles,
  };
  struct Privilege {
    std::string name;  // in upper case; "ALL"
    std::vector<std::string> columns;
  };
  bool revoke = false;
  On on = On::kTables;
  std::vector<Privilege> privileges;
  std::vector<std::string> roles;  // kRoles
  QualifiedName object;            // kTables: empty parts stand for all
  bool written_database = false;   // kTables: db.* and db.t, where the catalog is the current one
  std::string name;                // of the resource or group; "%" stands for all
  Grantee grantee;
};

// CREATE ROW POLICY, DROP ROW POLICY
struct RowPolicyStatement {
  bool drop = false;
  bool if_exists = false;
  bool if_not_exists = false;
  std::string name;
  QualifiedName table;
  bool restrictive = false;
  bool for_anybody = false;  // DROP without FOR
  Grantee grantee;
  std::string condition;  // the text in USING (..)
  std::string statement;  // the whole text, for SHOW
};

// CREATE, ALTER, DROP SQL_BLOCK_RULE
struct BlockRuleStatement {
  enum class What : uint8_t { kCreate, kAlter, kDrop };
  What what = What::kCreate;
  bool if_exists = false;
  bool if_not_exists = false;
  std::vector<std::string> names;  // kDrop: several
  std::vector<std::pair<std::string, std::string>> properties;
};

// SET PROPERTY [FOR 'user'] 'key' = 'value', ..
struct UserPropertyStatement {
  std::optional<std::string> user;  // empty: the session's own
  std::vector<std::pair<std::string, std::string>> properties;
};

}  // namespace sluice::dialect
