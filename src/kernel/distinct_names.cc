// SPDX-License-Identifier: Apache-2.0
#include "kernel/distinct_names.h"

#include "base/result.h"
#include "duckdb/common/vector_operations/generic_executor.hpp"
#include "duckdb/parser/parsed_data/create_scalar_function_info.hpp"
#include "kernel/errors.h"

namespace sluice::kernel {
namespace {

using duckdb::LogicalType;
using duckdb::make_uniq;
using duckdb::Value;

constexpr const char* kFunction = "d_distinct_names";

// (names of *, other names, view): what the kernel takes for the columns of COLUMNS(..), all of them.
void run_distinct(duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector& result) {
  // Called with constants, once for each statement that is bound.
  const Value names = arguments.data[0].GetValue(0);
  const Value others = arguments.data[1].GetValue(0);
  duckdb::case_insensitive_set_t seen;
  for (const Value* list : {&names, &others}) {
    for (const Value& name : duckdb::ListValue::GetChildren(*list)) {
      if (seen.insert(name.ToString()).second) continue;
      throw_to_kernel(sql_error(Code::kInvalidArgument, 1060,
                                "Duplicated inline view column alias: '" + name.ToString() + "' in inline view: '" +
                                    arguments.data[2].GetValue(0).ToString() + "'"));
    }
  }
  result.Reference(names);
}

}  // namespace

duckdb::unique_ptr<duckdb::ParsedExpression> star_of_distinct_names(const duckdb::StarExpression& star,
                                                                    const std::vector<std::string>& others,
                                                                    const std::string& view) {
  duckdb::vector<Value> further(others.begin(), others.end());
  duckdb::vector<duckdb::unique_ptr<duckdb::ParsedExpression>> arguments;
  arguments.push_back(star.Copy());
  arguments.push_back(make_uniq<duckdb::ConstantExpression>(Value::LIST(LogicalType::VARCHAR, std::move(further))));
  arguments.push_back(make_uniq<duckdb::ConstantExpression>(Value(view)));
  auto checked = star.Copy();
  auto& columns = checked->Cast<duckdb::StarExpression>();
  columns.columns = true;
  columns.expr = make_uniq<duckdb::FunctionExpression>("system", "doris", kFunction, std::move(arguments));
  return checked;
}

bool is_star_of_distinct_names(const duckdb::StarExpression& star) {
  return star.columns && star.expr && star.expr->GetExpressionClass() == duckdb::ExpressionClass::FUNCTION &&
         star.expr->Cast<duckdb::FunctionExpression>().function_name == kFunction;
}

void create_distinct_names(duckdb::ClientContext& context) {
  duckdb::ScalarFunction function(
      kFunction,
      {LogicalType::LIST(LogicalType::VARCHAR), LogicalType::LIST(LogicalType::VARCHAR), LogicalType::VARCHAR},
      LogicalType::LIST(LogicalType::VARCHAR), run_distinct);
  duckdb::CreateScalarFunctionInfo info(function);
  info.schema = "doris";
  info.internal = true;
  auto& catalog = duckdb::Catalog::GetSystemCatalog(context);
  catalog.CreateFunction(duckdb::CatalogTransaction::GetSystemTransaction(*context.db), info);
}

}  // namespace sluice::kernel
