// SPDX-License-Identifier: Apache-2.0
// The tables in which loads keep their labels and two-phase transactions, in internal.__sluice. Functions without
// state; worker threads.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "kernel/connection.h"

namespace sluice::session {

// Makes the tables where they are missing:
// - load_labels: one row for each finished load, written by the transaction that made its rows visible;
// - prepared_loads: one row for each load in two phases; its state is PRECOMMITTED, VISIBLE or ABORTED.
Status make_load_tables(kernel::Connection& connection);

// Runs one statement of ours; `values` fill $1, $2, ...
Result<std::unique_ptr<kernel::Answer>> run_load_sql(kernel::Connection& connection, const std::string& sql,
                                                     std::vector<duckdb::Value> values = {});

// The first row of the answer; empty when there is none.
Result<std::vector<duckdb::Value>> first_row(kernel::Connection& connection, const std::string& sql,
                                             std::vector<duckdb::Value> values = {});

}  // namespace sluice::session
