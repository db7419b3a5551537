// SPDX-License-Identifier: Apache-2.0
#include "kernel/alias_functions.h"

#include <algorithm>

#include "duckdb/catalog/catalog_entry/scalar_macro_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/function/scalar_macro_function.hpp"
#include "duckdb/parser/parsed_data/create_macro_info.hpp"
#include "duckdb/parser/parsed_data/drop_info.hpp"
#include "duckdb/parser/statement/create_statement.hpp"
#include "duckdb/parser/statement/drop_statement.hpp"
#include "kernel/host.h"

namespace sluice::kernel {
namespace {

// The tags of the function with so many parameters.
std::string text_tag(size_t parameters) { return "alias_text_" + std::to_string(parameters); }
std::string type_tag(size_t parameters, size_t i) {
  return "alias_type_" + std::to_string(parameters) + "_" + std::to_string(i);
}

std::string tag(const duckdb::MacroCatalogEntry& entry, const std::string& name) {
  const auto found = entry.tags.find(name);
  return found == entry.tags.end() ? std::string() : found->second;
}

void read_entry(const duckdb::MacroCatalogEntry& entry, std::vector<AliasFunction>& functions) {
  for (const auto& macro : entry.macros) {
    const size_t count = macro->parameters.size();
    AliasFunction& function = functions.emplace_back();
    function.name = entry.name;
    function.text = tag(entry, text_tag(count));
    function.body = macro->Cast<duckdb::ScalarMacroFunction>().expression->Copy();
    for (size_t i = 0; i < count; ++i) {
      function.types.push_back(tag(entry, type_tag(count, i)));
      function.parameters.push_back(macro->parameters[i]->Cast<duckdb::ColumnRefExpression>().GetColumnName());
    }
  }
}

}  // namespace

std::string AliasFunction::signature() const { return name + "(" + duckdb::StringUtil::Join(types, ", ") + ")"; }

std::vector<AliasFunction> list_alias_functions(duckdb::ClientContext& context, const std::string& schema,
                                                std::string_view name) {
  std::vector<AliasFunction> functions;
  auto found = duckdb::Catalog::GetSchema(context, kInternalCatalog, schema, duckdb::OnEntryNotFound::RETURN_NULL);
  if (!found) return functions;
  found->Scan(context, duckdb::CatalogType::MACRO_ENTRY, [&](duckdb::CatalogEntry& entry) {
    if (entry.type != duckdb::CatalogType::MACRO_ENTRY || entry.internal || entry.deleted) return;
    if (!name.empty() && !duckdb::StringUtil::CIEquals(entry.name, std::string(name))) return;
    read_entry(entry.Cast<duckdb::MacroCatalogEntry>(), functions);
  });
  std::ranges::sort(functions, [](const AliasFunction& a, const AliasFunction& b) {
    return std::pair(a.name, a.types.size()) < std::pair(b.name, b.types.size());
  });
  return functions;
}

duckdb::unique_ptr<duckdb::SQLStatement> create_alias_functions(const std::string& schema,
                                                                std::vector<AliasFunction> functions) {
  auto info = duckdb::make_uniq<duckdb::CreateMacroInfo>(duckdb::CatalogType::MACRO_ENTRY);
  info->catalog = kInternalCatalog;
  info->schema = schema;
  info->name = functions.front().name;
  info->on_conflict = duckdb::OnCreateConflict::REPLACE_ON_CONFLICT;
  for (AliasFunction& function : functions) {
    auto macro = duckdb::make_uniq<duckdb::ScalarMacroFunction>(std::move(function.body));
    const size_t count = function.parameters.size();
    info->tags[text_tag(count)] = function.text;
    for (size_t i = 0; i < count; ++i) {
      info->tags[type_tag(count, i)] = function.types[i];
      macro->parameters.push_back(duckdb::make_uniq<duckdb::ColumnRefExpression>(function.parameters[i]));
    }
    info->macros.push_back(std::move(macro));
  }
  auto statement = duckdb::make_uniq<duckdb::CreateStatement>();
  statement->info = std::move(info);
  return statement;
}

duckdb::unique_ptr<duckdb::SQLStatement> drop_alias_functions(const std::string& schema, const std::string& name) {
  auto statement = duckdb::make_uniq<duckdb::DropStatement>();
  statement->info->type = duckdb::CatalogType::MACRO_ENTRY;
  statement->info->catalog = kInternalCatalog;
  statement->info->schema = schema;
  statement->info->name = name;
  return statement;
}

}  // namespace sluice::kernel
