// SPDX-License-Identifier: Apache-2.0
// CREATE TABLE .. AS in Doris' manner: which types the new columns are declared with. Inside the open transaction of
// the statement; thread rule as Session.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kernel/connection.h"
#include "session/kernel_rows.h"
#include "session/table_definition.h"

namespace sluice::session {

// Where the columns come from: of the statement's trees, whose first is the CREATE TABLE. An INSERT among them has the
// query as it was written.
std::vector<std::optional<ColumnOrigin>> origins_of_created(
    const std::vector<std::unique_ptr<duckdb::SQLStatement>>& trees, const std::string& database);

// Texts and moments of the table take the declared types of the columns that they come from (`origins`, as
// column_origins() gives them of the query): VARCHAR(10), DATETIME(3). A text that is computed is VARCHAR(65533), and
// so is a STRING in the first place, which may become a key. Tables without a key model stay as they are.
Status note_query_types(kernel::Connection& kernel, const std::string& database, const std::string& name,
                        const std::vector<std::optional<ColumnOrigin>>& origins,
                        const std::vector<functions::MomentDigits>& digits);

// The DATETIME(n) alone, of a table without a key model too: of the rows of a materialised view.
Status note_moment_digits(kernel::Connection& kernel, const TableDefinition& table,
                          const std::vector<functions::MomentDigits>& digits);

}  // namespace sluice::session
