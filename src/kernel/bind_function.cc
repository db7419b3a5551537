// SPDX-License-Identifier: Apache-2.0
#include "kernel/bind_function.h"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/parser/parsed_data/create_scalar_function_info.hpp"

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

}  // namespace sluice::kernel
