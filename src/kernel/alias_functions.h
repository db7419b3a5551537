// SPDX-License-Identifier: Apache-2.0
// Alias functions: macros of the kernel, in the schema of their database, or in kFunctionSchema those of no database,
// which every search path ends with. The kernel persists them and expands calls while it binds. What SHOW needs is kept
// in their tags. Thread rule: inside a transaction of the connection.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pch/pch.h"

namespace sluice::kernel {

inline constexpr const char* kFunctionSchema = "__sluice_functions";

struct AliasFunction {
  std::string name;                        // lower case
  duckdb::vector<std::string> types;       // as DESC shows them
  duckdb::vector<std::string> parameters;  // as many
  std::string text;                        // the expression as written
  duckdb::unique_ptr<duckdb::ParsedExpression> body;

  std::string signature() const;  // "f(int, varchar(10))"
};

// All of a schema of `internal` by name and number of parameters; `name` empty: of any name.
std::vector<AliasFunction> list_alias_functions(duckdb::ClientContext& context, const std::string& schema,
                                                std::string_view name = {});

// The statement that makes all functions of one name, in place of what is there. They differ in their numbers of
// parameters.
duckdb::unique_ptr<duckdb::SQLStatement> create_alias_functions(const std::string& schema,
                                                                std::vector<AliasFunction> functions);
duckdb::unique_ptr<duckdb::SQLStatement> drop_alias_functions(const std::string& schema, const std::string& name);

}  // namespace sluice::kernel
