// SPDX-License-Identifier: Apache-2.0
#include "kernel/bind_function.h"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/parser/expression/constant_expression.hpp"
#include "duckdb/parser/expression/function_expression.hpp"
#include "duckdb/parser/parsed_data/create_scalar_function_info.hpp"
#include "duckdb/parser/parsed_data/create_table_function_info.hpp"
#include "duckdb/parser/tableref/table_function_ref.hpp"

namespace sluice::kernel {
namespace {

void run_unbound(duckdb::DataChunk&, duckdb::ExpressionState&, duckdb::Vector&) {
  throw duckdb::InvalidInputException("A function that the binder replaces was not bound");
}

}  // namespace

void create_bind_function(duckdb::ClientContext& context, const char* name, std::vector<duckdb::LogicalType> arguments,
                          duckdb::function_bind_expression_t bind) {
  duckdb::ScalarFunction function(name, duckdb::vector<duckdb::LogicalType>(arguments.begin(), arguments.end()),
                                  duckdb::LogicalType::ANY, run_unbound);
  function.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
  function.SetBindExpressionCallback(bind);
  duckdb::CreateScalarFunctionInfo info(std::move(function));
  info.schema = "doris";
  info.internal = true;
  duckdb::Catalog::GetSystemCatalog(context).CreateFunction(
      duckdb::CatalogTransaction::GetSystemTransaction(*context.db), info);
}

void create_bind_table_function(duckdb::ClientContext& context, const char* name,
                                std::vector<duckdb::LogicalType> arguments,
                                duckdb::table_function_bind_replace_t replace) {
  duckdb::TableFunction function(name, duckdb::vector<duckdb::LogicalType>(arguments.begin(), arguments.end()), nullptr,
                                 nullptr);
  function.bind_replace = replace;
  duckdb::CreateTableFunctionInfo info(function);
  info.schema = "doris";
  info.internal = true;
  duckdb::Catalog::GetSystemCatalog(context).CreateFunction(
      duckdb::CatalogTransaction::GetSystemTransaction(*context.db), info);
}

duckdb::unique_ptr<duckdb::TableRef> bind_table_call(const char* name, std::vector<duckdb::Value> arguments,
                                                     const std::string& alias) {
  duckdb::vector<duckdb::unique_ptr<duckdb::ParsedExpression>> constants;
  for (auto& value : arguments) constants.push_back(duckdb::make_uniq<duckdb::ConstantExpression>(std::move(value)));
  auto call = duckdb::make_uniq<duckdb::TableFunctionRef>();
  call->function = duckdb::make_uniq<duckdb::FunctionExpression>("system", "doris", name, std::move(constants));
  call->alias = alias;
  return call;
}

}  // namespace sluice::kernel
