// SPDX-License-Identifier: Apache-2.0
// Queries: SELECT, VALUES, set operations, WITH, FROM and joins, GROUP BY.
#pragma once

#include "dialect/parse_context.h"

namespace sluice::dialect {

using QueryPtr = duckdb::unique_ptr<duckdb::SelectStatement>;
using NodePtr = duckdb::unique_ptr<duckdb::QueryNode>;
using TablePtr = duckdb::unique_ptr<duckdb::TableRef>;

// At SELECT, WITH, VALUES or '(': a whole query with its set operations, ORDER BY and LIMIT.
Parsed<QueryPtr> parse_query(ParseContext& c);
// `ctes`: of a WITH that was read already.
Parsed<NodePtr> parse_query_node(ParseContext& c, duckdb::CommonTableExpressionMap ctes = {});
// The query with these before those that it has.
NodePtr with_ctes(NodePtr node, duckdb::CommonTableExpressionMap ctes);
QueryPtr as_statement(NodePtr node);

// SELECT .., VALUES .. or (query), without what may follow it.
Parsed<NodePtr> parse_term(ParseContext& c);
// ORDER BY, LIMIT, and the locking clauses, which mean nothing here.
Parsed<NodePtr> parse_modifiers(ParseContext& c, NodePtr node);

// '(' query ')'
Parsed<QueryPtr> parse_parenthesised_query(ParseContext& c);

// A query that was read already, and what may follow it: UNION .., ORDER BY, LIMIT. (set_operations.cc)
Parsed<NodePtr> continue_query(ParseContext& c, NodePtr first);
bool at_query_continuation(const ParseContext& c);

// WITH [RECURSIVE] .. when the cursor is there.
Parsed<void> parse_with(ParseContext& c, duckdb::CommonTableExpressionMap& ctes);

// At SELECT: notes the windows that its WINDOW clause names. (window.cc)
void find_windows(ParseContext& c);
// name AS (..), ..: after WINDOW. (window.cc)
Parsed<void> parse_window_clause(ParseContext& c);

// GROUP BY's list; whether it has ROLLUP, CUBE, GROUPING SETS or WITH ROLLUP. (group_by.cc)
Parsed<bool> parse_group_by(ParseContext& c, duckdb::SelectNode& select);

// Turns HAVING without groups and aggregates, which the kernel refuses, into WHERE. (having.cc)
void having_as_where(duckdb::SelectNode& select);
// A HAVING that reads window functions filters after them: the kernel's QUALIFY. (having.cc)
void having_windows_as_qualify(duckdb::SelectNode& select);

// What Doris reads otherwise than the kernel, or refuses, in a SELECT up to its HAVING. (select_rules.cc)
// `grouping_sets`: what parse_group_by() gave.
Parsed<void> apply_select_rules(ParseContext& c, duckdb::SelectNode& select, bool grouping_sets);
// What a name in ORDER BY means: the first item of the select list that is shown under it. (select_rules.cc)
void bind_order(duckdb::SelectNode& select, ExprPtr& wanted);
// db.t.c, where t is an alias of a table of db, becomes t.c. (qualified_columns.cc)
void shorten_columns(ParseContext& c, duckdb::SelectNode& select);
// Whether it is a call of an aggregate. (select_rules.cc)
bool is_aggregate(const duckdb::ParsedExpression& expression);
// How many columns a query has; nothing when it has a * or is no plain SELECT. (select_rules.cc)
std::optional<size_t> column_count(const duckdb::QueryNode& node);

// What follows FROM. (table_ref.cc)
Parsed<TablePtr> parse_from(ParseContext& c);
// One table of FROM with its joins.
Parsed<TablePtr> parse_joined_table(ParseContext& c);
// (1, 2), (3, 4) or ROW(1, 2), ..; the cursor is after VALUES. `allow_default` lets DEFAULT stand for a value.
Parsed<duckdb::unique_ptr<duckdb::ExpressionListRef>> parse_value_rows(ParseContext& c, bool allow_default);

// [AS] name; empty when there is none.
Parsed<std::string> parse_alias(ParseContext& c);

}  // namespace sluice::dialect
