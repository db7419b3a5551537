// SPDX-License-Identifier: Apache-2.0
// SHOW of Doris about what tables hold: sizes, tablets, statistics. `table` arguments have their header already.
// Internal to src/session; thread rule as show.h.
#pragma once

#include <string>
#include <vector>

#include "session/show_rows.h"

namespace sluice::session {

// Columns with commas between, as table_of() takes them.
Table with_header(std::string_view columns);
// All tables and views of a database.
Result<std::vector<kernel::RelationFacts>> tables_of(const std::string& database, ShowContext& context);
Result<Table> show_data(const dialect::ShowStatement& show, ShowContext& context);
Result<Table> show_tablets(const dialect::ShowStatement& show, ShowContext& context, Table table);
Result<Table> show_table_stats(const dialect::ShowStatement& show, ShowContext& context, Table table);
Result<Table> show_column_stats(const dialect::ShowStatement& show, ShowContext& context, Table table);

}  // namespace sluice::session
