// SPDX-License-Identifier: Apache-2.0
// Names as written and where they point: a MySQL database is a schema of the kernel's catalog `internal`.
#pragma once

#include "dialect/parse_context.h"
#include "dialect/statement.h"

namespace sluice::dialect {

inline constexpr const char* kInternalCatalog = "internal";

// The cursor is at something that can be a name: a quoted one, or a word that is not reserved.
bool at_name(const ParseContext& c, size_t ahead = 0);

// A name; `what` is named in the error ("a table name").
Parsed<std::string> parse_name(ParseContext& c, std::string_view what);
// After a dot every word is a name.
Parsed<std::string> parse_name_after_dot(ParseContext& c, std::string_view what);
// A name, or a string that stands for one (aliases).
Parsed<std::string> parse_name_or_string(ParseContext& c, std::string_view what);

// [[catalog.]database.]name
Parsed<QualifiedName> parse_qualified_name(ParseContext& c, std::string_view what);
// [catalog.]database: catalog and database of the result are set, name is empty.
Parsed<QualifiedName> parse_database_name(ParseContext& c);

// (a, b, c) as names; lengths (a(10)) and ASC/DESC are read over.
Parsed<std::vector<std::string>> parse_name_list(ParseContext& c);

// Where the kernel finds `name`: database d becomes schema d of `internal`; information_schema and mysql (in any case)
// the schemas of the system catalog that stand for them; names of one part stay as they are.
struct KernelName {
  std::string catalog;
  std::string schema;
  std::string name;
};
KernelName kernel_name(QualifiedName name);

}  // namespace sluice::dialect
