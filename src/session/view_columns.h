// SPDX-License-Identifier: Apache-2.0
// The columns of a materialised view that is kept with its table, as Doris names and defines them: mv_k of a column k,
// mva_SUM__CAST(`v` AS BIGINT) of sum(v). Pure functions: no thread rule. Source: Doris' regression answers.
#pragma once

#include <string>
#include <vector>

#include "session/table_definition.h"

namespace sluice::session {

struct ViewColumn {
  std::string name;
  std::string definition;   // over the table's columns
  std::string aggregation;  // "SUM", ..; empty: none
};

// A call's function by its name in Doris.
std::string doris_name(const duckdb::FunctionExpression& call);
// An expression over the table's columns as Doris writes it: (`a` + abs(`b`)).
std::string expression_text(const duckdb::ParsedExpression& expression);

// One entry an item of the select list.
std::vector<ViewColumn> view_columns(const duckdb::SelectNode& query, const TableDefinition& table);

}  // namespace sluice::session
