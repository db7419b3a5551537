// SPDX-License-Identifier: Apache-2.0
// What is remembered of the rows that were deleted from UNIQUE KEY tables with a sequence column: their keys and the
// values of the sequence column with which they were deleted, so that an older row that comes later does not bring them
// back (as Doris, which keeps the deletion as a row until a compaction). One table of the server's schema holds them
// for all tables, by an identity that CREATE TABLE gives; TRUNCATE and everything else that takes all rows of a table
// or partition away forgets those of the table. Kept for kKeptDays days and up to kMostKept rows.
// Functions without state; the thread rule of the binder.
#pragma once

#include <string>

#include "kernel/merge_source.h"
#include "pch/pch.h"

namespace sluice::kernel {

inline constexpr const char* kDeletedRows = "deleted_rows";  // in kServerSchema
inline constexpr int kKeptDays = 7;
inline constexpr int64_t kMostKept = 1'000'000;

// Gives the table an identity, so that its deleted rows are remembered; one that it had is forgotten.
void remember_deletions(TableModel& model);
// For a copy of the table whose rows are none of it.
void ignore_deletions(TableModel& model);
// The identity; null: deleted rows are not remembered.
const std::string* remembers_deletions(const TableModel& model);

// Of a batch those rows that were not deleted later than they are; `sequence` is the table's sequence column. When
// `has_sign`, also remembers those that delete. `columns` are what the batch has, besides kDeleteSign.
SelectPtr not_deleted_later(const WriteTarget& target, const std::vector<const WriteColumn*>& columns, bool has_sign,
                            const WriteColumn& sequence, TablePtr rows);
// The condition of a DELETE, changed so that the rows it takes are remembered. `alias`: of the table.
ExprPtr remembering(const WriteTarget& target, const WriteColumn& sequence, ExprPtr condition,
                    const std::string& alias);

// Statements of the kernel that make the table; forget the rows of one table; and forget what is too old.
std::string make_deleted_rows();
std::string forget_deleted(const std::string& identity);
std::string forget_old_deletions();

// d_deleted_key and d_remember_deleted in system.doris, which the trees call.
void create_deleted_rows(duckdb::ClientContext& context);

}  // namespace sluice::kernel
