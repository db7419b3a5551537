// SPDX-License-Identifier: Apache-2.0
// PointLookup: rows of one table by equality on all columns of a primary key or unique constraint, read straight from
// the index and the row groups, without planner and executor (which cost 200 to 300 microseconds a statement). Keys of
// UNIQUE KEY tables that may be NULL have no index: their row is looked for in the row groups whose least and greatest
// keys allow it, as long as these are few. Sees what a scan of the kernel would see in the same transaction. Any thread
// may run it, each on its own Connection.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "kernel/connection.h"

namespace duckdb {
class DataTable;
class DuckTransaction;
}  // namespace duckdb

namespace sluice::kernel {

class PointLookup {
 public:
  struct Shape {
    std::string catalog;  // never empty
    std::string schema;
    std::string table;
    std::vector<std::string> keys;     // the compared columns
    std::vector<std::string> outputs;  // the columns wanted, in order, repeats allowed; empty: all, in table order
  };

  // Null when the table has no unique index or key over exactly these columns, or is not a plain table, or a column is
  // generated or missing: then the statement takes the kernel's own way (and gets its errors).
  static Result<std::unique_ptr<PointLookup>> plan(Connection& connection, const Shape& shape);

  const std::vector<std::string>& names() const { return names_; }
  const duckdb::vector<duckdb::LogicalType>& types() const { return types_; }

  // Whether this key value compares with key column `index` exactly as the kernel's own comparison would: integers with
  // integer columns in whose range they are, text with text columns. NULL never does.
  bool accepts(size_t index, const duckdb::Value& value) const;

  // The rows with this key: zero or one, in a chunk of types(). Nullopt when the plan no longer holds (the table was
  // altered or dropped, or the transaction has its own uncommitted rows in it) or too much would have to be read: take
  // the kernel's own way.
  Result<std::optional<duckdb::unique_ptr<duckdb::DataChunk>>> run(Connection& connection,
                                                                   std::span<const duckdb::Value> keys) const;

 private:
  PointLookup() = default;
  // Without an index; nullopt when too many row groups may have the key.
  std::optional<duckdb::unique_ptr<duckdb::DataChunk>> scan(duckdb::ClientContext& context,
                                                            duckdb::DuckTransaction& transaction,
                                                            duckdb::DataTable& table,
                                                            std::span<const duckdb::Value> keys) const;

  Shape shape_;
  uint64_t table_oid_ = 0;
  std::vector<std::string> names_;
  duckdb::vector<duckdb::LogicalType> types_;
  duckdb::vector<duckdb::StorageIndex> columns_;
  std::string index_name_;                         // empty: there is none
  duckdb::vector<duckdb::LogicalType> key_types_;  // in the order of Shape::keys
  std::vector<size_t> key_order_;                  // index column i is Shape::keys[key_order_[i]]
  std::vector<duckdb::StorageIndex> key_columns_;  // in the order of Shape::keys
  mutable std::atomic<uint32_t> fruitless_{0};     // scans that were given up
};

}  // namespace sluice::kernel
