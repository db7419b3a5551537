// SPDX-License-Identifier: Apache-2.0
// What SHOW and the table functions tell of materialised views. Internal to src/session; thread rule as Session.
#pragma once

#include <string>

#include "duckdb/parser/query_node/select_node.hpp"
#include "kernel/catalog_facts.h"
#include "kernel/connection.h"
#include "session/table_definition.h"

namespace sluice::session {

// Those with rows of their own, of all databases.
std::vector<kernel::RelationFacts> list_materialized_views(kernel::Connection& kernel);
// Whether all tables that its query reads are still there (Doris calls a view whose tables are not SCHEMA_CHANGE).
bool is_readable(kernel::Connection& kernel, const kernel::RelationFacts& view);
// A table that views read has other columns or other rows now: they are SCHEMA_CHANGE until they are refreshed. In the
// open transaction.
Status note_changed_source(kernel::Connection& kernel, const std::string& database, const std::string& table);
std::string create_materialized_view_text(const kernel::RelationFacts& view);
// Whether a view of this query can be kept with its table. Errors 1105.
Status check_view_of_table(const duckdb::SelectNode& query, const TableDefinition& table);
// The same for the types of its columns, which only binding tells.
Status check_view_types(const duckdb::SelectNode& query, const duckdb::vector<duckdb::LogicalType>& types);

}  // namespace sluice::session
