// SPDX-License-Identifier: Apache-2.0
// PointSelect: SELECT columns FROM one table WHERE every column of a unique key = a value. Such statements are
// recognised in their tree and read through kernel::PointLookup. Immutable once made; shared by all sessions.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "kernel/connection.h"
#include "kernel/point_lookup.h"
#include "session/outcome.h"
#include "session/privileges.h"

namespace sluice::session {

class PointSelect {
 public:
  // Null when the statement has another shape or the table no such key. `database` completes an unqualified name.
  static Result<std::shared_ptr<const PointSelect>> recognise(kernel::Connection& connection,
                                                              const duckdb::SQLStatement& tree,
                                                              const std::string& database);

  // One compared value: a placeholder's number (from 1), or a constant of the tree when `parameter` is 0.
  struct Key {
    uint32_t parameter = 0;
    duckdb::Value constant;
  };
  const std::vector<Key>& keys() const { return keys_; }
  const std::vector<Column>& columns() const { return columns_; }
  // What it reads, for privileges: the table, and the columns that it shows or compares.
  const ObjectName& table() const { return table_; }
  const std::vector<std::string>& columns_read() const { return columns_read_; }
  const kernel::PointLookup& lookup() const { return *lookup_; }

 private:
  PointSelect() = default;

  std::vector<Key> keys_;
  std::vector<Column> columns_;
  ObjectName table_;
  std::vector<std::string> columns_read_;
  std::unique_ptr<kernel::PointLookup> lookup_;
};

}  // namespace sluice::session
