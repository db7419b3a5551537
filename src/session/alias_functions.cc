// SPDX-License-Identifier: Apache-2.0
// CREATE ALIAS FUNCTION, DROP FUNCTION, SHOW FUNCTIONS, SHOW CREATE FUNCTION.
#include "kernel/alias_functions.h"

#include "base/json_text.h"
#include "session/session_state.h"
#include "session/show_rows.h"
#include "session/table_definition.h"

namespace sluice::session {
namespace {

using duckdb::StringUtil;
using kernel::AliasFunction;

Result<std::vector<AliasFunction>> functions_of(kernel::Connection& kernel, const std::string& schema,
                                                std::string_view name = {}) {
  std::vector<AliasFunction> functions;
  TRY(kernel.with_context([&](duckdb::ClientContext& context) -> Status {
    functions = kernel::list_alias_functions(context, schema, name);
    return {};
  }));
  return functions;
}

Status create(kernel::Connection& kernel, const std::string& schema, const dialect::AliasFunctionStatement& statement) {
  auto functions = TRY(functions_of(kernel, schema, statement.name.name));
  for (const AliasFunction& known : functions) {
    if (known.types.size() != statement.types.size()) continue;
    if (known.types != statement.types)
      return fail(ddl_error("function " + known.signature() + " has as many parameters: drop it first"));
    if (statement.unless) return {};
    return fail(ddl_error("function already exists"));
  }
  AliasFunction& made = functions.emplace_back();
  made.name = statement.name.name;
  made.types = statement.types;
  made.parameters = statement.parameters;
  made.text = statement.text;
  made.body = statement.body->Copy();
  return run_tree(kernel, kernel::create_alias_functions(schema, std::move(functions)));
}

Status drop(kernel::Connection& kernel, const std::string& schema, const dialect::AliasFunctionStatement& statement) {
  auto functions = TRY(functions_of(kernel, schema, statement.name.name));
  const size_t gone =
      std::erase_if(functions, [&](const AliasFunction& known) { return known.types == statement.types; });
  if (gone == 0) {
    if (statement.unless) return {};
    return fail(ddl_error("function does not exist: " + statement.name.name + "(" +
                          StringUtil::Join(statement.types, ", ") + ")"));
  }
  if (functions.empty()) return run_tree(kernel, kernel::drop_alias_functions(schema, statement.name.name));
  return run_tree(kernel, kernel::create_alias_functions(schema, std::move(functions)));
}

std::string creation_of(const AliasFunction& function, bool global) {
  return std::string("CREATE ") + (global ? "GLOBAL " : "") + "ALIAS FUNCTION " + function.signature() +
         " WITH PARAMETER(" + StringUtil::Join(function.parameters, ", ") + ") AS " + function.text + ";";
}

std::string schema_of(const std::string& database) { return kernel::kernel_schema(database).schema; }

}  // namespace

Result<Outcome> SessionState::alias_function(const dialect::AliasFunctionStatement& statement) {
  std::string schema = kernel::kFunctionSchema;
  if (!statement.global) {
    const std::string database = TRY(own_database(statement.name));
    std::optional<std::string> found;
    TRY(connection().with_context([&](duckdb::ClientContext& context) -> Status {
      found = kernel::find_database(context, database);
      return {};
    }));
    if (!found) return fail(sql_error(Code::kNotFound, 1049, "Unknown database '" + database + "'"));
    if (kernel::is_system_database(*found))
      return fail(ddl_error("Database " + *found + " is the server's own: it takes no functions"));
    schema = schema_of(*found);
  }
  const bool creates = statement.what == dialect::AliasFunctionStatement::What::kCreate;
  TRY(in_own_transaction([&]() -> Status {
    return creates ? create(connection(), schema, statement) : drop(connection(), schema, statement);
  }));
  return Outcome(Done{});
}

Status SessionState::move_functions(const std::string& from, const std::string& to) {
  auto functions = TRY(functions_of(connection(), schema_of(from)));
  for (size_t i = 0; i < functions.size();) {
    const std::string name = functions[i].name;
    std::vector<AliasFunction> named;
    for (; i < functions.size() && functions[i].name == name; ++i) named.push_back(std::move(functions[i]));
    TRY(run_tree(connection(), kernel::create_alias_functions(schema_of(to), std::move(named))));
  }
  return {};
}

Result<Table> show_functions(const dialect::ShowStatement& show, ShowContext& context) {
  std::string schema = kernel::kFunctionSchema;
  if (show.scope != dialect::VariableScope::kGlobal) schema = schema_of(TRY(database_of(show.object, context)));
  Table table = show.full ? table_of({"Signature", "Return Type", "Function Type", "Intermediate Type", "Properties"})
                          : table_of({"Function Name"});
  std::string last;
  for (const AliasFunction& function : TRY(functions_of(context.kernel, schema))) {
    if (!show.full) {
      if (function.name != last) table.rows.push_back({text(function.name)});
      last = function.name;
      continue;
    }
    std::string properties = "{\"parameter\":";
    append_json_string(properties, StringUtil::Join(function.parameters, ", "));
    properties += ",\"origin_function\":";
    append_json_string(properties, function.text);
    table.rows.push_back(
        {text(function.signature()), text("VARCHAR"), text("Alias"), text("NULL"), text(properties + "}")});
  }
  return table;
}

Result<Table> show_create_function(const dialect::ShowStatement& show, ShowContext& context) {
  const bool global = show.family == "CREATE GLOBAL FUNCTION";
  const std::string schema = global ? kernel::kFunctionSchema : schema_of(TRY(database_of(show.object, context)));
  for (const AliasFunction& function : TRY(functions_of(context.kernel, schema))) {
    if (function.signature() != show.words) continue;
    Table table = table_of({"Function Signature", "Create Function"});
    table.rows.push_back({text(function.signature()), text(creation_of(function, global))});
    return table;
  }
  return fail(ddl_error("Unknown function, function=" + show.words));
}

}  // namespace sluice::session
