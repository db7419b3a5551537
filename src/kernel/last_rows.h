// SPDX-License-Identifier: Apache-2.0
// LastRows: of the rows of a batch with equal keys the one that was written last. An operator of its own, because what
// the kernel has for it (a row number and an aggregate for each column, or a window) costs more than the rest of a
// merge, and most batches have no two rows of one key: those whose keys ascend, as those of most loads do, are passed
// on as they are. Works for all connections of an instance.
#pragma once

#include <functional>
#include <optional>

#include "kernel/merge_source.h"
#include "pch/pch.h"

namespace duckdb {
class LogicalGet;
}  // namespace duckdb

namespace sluice::kernel {

// The rows of `rows` that stay, for the source of a MERGE INTO only: the tree says DISTINCT ON (keys), whose place the
// operator takes once the statement is bound.
SelectPtr last_of_each_key(const WriteTarget& target, const std::vector<const WriteColumn*>& columns, bool has_sign,
                           TablePtr rows);

// Has the operator below `batch`, when there is one, tell the scan of the table what its first key lies between, once
// all rows came. `key` gives for a key column of `batch` the same column in the scan; nothing: none.
void tell_scan(duckdb::LogicalOperator& batch, duckdb::LogicalGet& scan,
               const std::function<std::optional<duckdb::idx_t>(const duckdb::ColumnBinding&)>& key);

// After the instance is made.
void register_last_rows(duckdb::DBConfig& config);

}  // namespace sluice::kernel
