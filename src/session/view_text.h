// SPDX-License-Identifier: Apache-2.0
// The query of a view as SHOW CREATE VIEW has it: tables and columns with their names in full, * spelt out, the view's
// column names as aliases. Pure functions: no thread rule. Source: Doris' regression answers.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::session {

// A table or view as it is stored; an empty `database` asks for the view's own.
struct NamedColumns {
  std::string database;
  std::string name;
  std::vector<std::string> columns;
};
using ColumnsOf = std::function<std::optional<NamedColumns>(const std::string& database, const std::string& name)>;

// The query's text. What cannot be told for sure (a column that several tables may have, tables that are gone) stays as
// it was written, and the whole text when it does not parse.
std::string query_with_full_names(const std::string& query, const ColumnsOf& columns_of);

// Each item of the outermost SELECT with such an alias in place of its own; nothing when their number is another, there
// is a * or what follows uses one of the old aliases.
std::optional<std::string> query_with_aliases(const std::string& query, const std::vector<std::string>& aliases);

}  // namespace sluice::session
