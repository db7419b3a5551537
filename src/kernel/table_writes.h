// SPDX-License-Identifier: Apache-2.0
// What INSERT, UPDATE and DELETE mean for a table of Doris: rows with equal keys replace each other or are aggregated,
// rows outside all partitions and texts that are too long are errors, numbers of AUTO_INCREMENT are filled in. The
// statement's tree is rewritten once the table is known, so that every way of writing obeys, and the kernel still runs
// one statement. Functions without state; call inside a transaction of `context`.
#pragma once

#include <string>

#include "pch/pch.h"

namespace sluice::kernel {

struct WriteRules {
  bool strict = true;           // enable_insert_strict: wrong rows are errors; otherwise left out, texts cut
  bool partial_update = false;  // enable_unique_key_partial_update: columns not named keep their values
  bool partial_adds = false;    // such a write adds the rows whose keys are not there; otherwise they are errors
  bool into_views = true;       // allow_modify_materialized_view_data: tables of materialised views, too
  // Rows of one write lie sorted by their keys up to this many: as a rowset of Doris is sorted as far as its write
  // buffer holds it. Larger writes lie as they came.
  uint64_t most_sorted_rows = 2'000'000;
};

// How kernel::TableLocks knows a table.
std::string merging_table(const std::string& catalog, const std::string& schema, const std::string& name);

struct WriteEffects {
  // The name of the table when rows merge by key: the new tree then reads it, so that a plan of it must not be kept,
  // and the table takes one writer at a time (kernel/table_locks.h). Else empty.
  std::string merged_table;
  // Whose deleted rows are to be forgotten before the tree runs (kernel/deleted_rows.h). Else empty.
  std::string forgotten;
};

// Gives `tree` the meaning that the model of its table demands; statements without such a table stay as they are.
// Throws the kernel's exceptions.
WriteEffects rewrite_write(duckdb::ClientContext& context, duckdb::unique_ptr<duckdb::SQLStatement>& tree,
                           const WriteRules& rules);

// A DELETE names partitions in its table's column_name_alias, and so does an INSERT in that of its table_ref. The first
// name kOverwrittenPartitions means: those that rows of the temporary table kOverwriteRows fall into; the names that
// follow are its columns (none: all of the table).
// As the first name kTemporaryPartitions means that the names that follow are of temporary partitions.
inline constexpr const char* kTemporaryPartitions = "*temporary";
inline constexpr const char* kOverwrittenPartitions = "*";
inline constexpr const char* kOverwriteRows = "__overwrite";

// d_require(condition, message) and d_fit_text(text, bytes, column) in system.doris, which the trees call.
void create_write_functions(duckdb::ClientContext& context);

}  // namespace sluice::kernel
