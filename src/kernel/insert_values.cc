// SPDX-License-Identifier: Apache-2.0
#include "kernel/insert_values.h"

#include "duckdb/common/exception/conversion_exception.hpp"
#include "duckdb/function/function_binder.hpp"
#include "duckdb/parser/parsed_data/create_scalar_function_info.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "functions/conversion.h"
#include "functions/types.h"

namespace sluice::kernel {
namespace {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using functions::BoundPtr;

// original, converted -> converted
void run_checked(duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector& result) {
  duckdb::UnifiedVectorFormat original, converted;
  arguments.data[0].ToUnifiedFormat(arguments.size(), original);
  arguments.data[1].ToUnifiedFormat(arguments.size(), converted);
  if (!converted.validity.AllValid()) {
    for (duckdb::idx_t row = 0; row < arguments.size(); ++row) {
      if (converted.validity.RowIsValid(converted.sel->get_index(row)) ||
          !original.validity.RowIsValid(original.sel->get_index(row)))
        continue;
      throw duckdb::ConversionException("Could not convert string '%s' to %s",
                                        arguments.data[0].GetValue(row).ToString(), result.GetType().ToString());
    }
  }
  result.Reference(arguments.data[1]);
}

void run_unbound(duckdb::DataChunk&, duckdb::ExpressionState&, duckdb::Vector&) {
  throw duckdb::InvalidInputException("A value was to be inserted without being bound");
}

// Where Doris' conversion differs from the kernel's and a statement depends on it.
bool converts_as_doris(const LogicalType& from, const LogicalType& target) {
  if (functions::is_moment(target)) return target.id() != LogicalTypeId::TIMESTAMP_TZ && !from.IsNested();
  if (functions::is_ipv4(target) || functions::is_ipv6(target)) return functions::is_text(from);
  const bool fraction =
      from.id() == LogicalTypeId::DECIMAL || from.id() == LogicalTypeId::FLOAT || from.id() == LogicalTypeId::DOUBLE;
  if (functions::is_integer(target)) return fraction;
  return functions::is_text(target) && !from.IsNested() && from.id() != LogicalTypeId::BLOB;
}

template <bool strict>
BoundPtr bind_value(duckdb::FunctionBindExpressionInput& input) {
  auto& context = input.context;
  BoundPtr value = std::move(input.children[0]);
  const LogicalType target = input.children[1]->return_type;
  const LogicalType from = value->return_type;
  if (from == target) return value;
  const bool native =
      from.id() == LogicalTypeId::UNKNOWN || from.id() == LogicalTypeId::SQLNULL || !converts_as_doris(from, target);
  if (native) return duckdb::BoundCastExpression::AddCastToType(context, std::move(value), target);
  BoundPtr original = value->Copy();
  BoundPtr converted = functions::convert(context, std::move(value), target);
  if (functions::is_moment(target) && functions::is_text(from)) {
    // Forms that only the kernel reads: years of one digit.
    auto either = duckdb::make_uniq<duckdb::BoundOperatorExpression>(duckdb::ExpressionType::OPERATOR_COALESCE, target);
    either->children.push_back(std::move(converted));
    either->children.push_back(duckdb::BoundCastExpression::AddCastToType(context, original->Copy(), target, true));
    converted = std::move(either);
  }
  if (!strict || (functions::is_text(target) && !functions::is_text(from))) return converted;
  duckdb::ScalarFunction check("d_checked_value", {original->return_type, target}, target, run_checked);
  check.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
  duckdb::vector<BoundPtr> children;
  children.push_back(std::move(original));
  children.push_back(std::move(converted));
  return duckdb::make_uniq<duckdb::BoundFunctionExpression>(target, std::move(check), std::move(children), nullptr);
}

}  // namespace

void create_insert_values(duckdb::ClientContext& context) {
  auto& catalog = duckdb::Catalog::GetSystemCatalog(context);
  auto transaction = duckdb::CatalogTransaction::GetSystemTransaction(*context.db);
  const std::pair<const char*, duckdb::function_bind_expression_t> makers[] = {{kInsertValue, bind_value<true>},
                                                                               {kInsertValueOrNull, bind_value<false>}};
  for (const auto& [name, bind] : makers) {
    duckdb::ScalarFunction function(name, {LogicalType::ANY, LogicalType::ANY}, LogicalType::ANY, run_unbound);
    function.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
    function.SetBindExpressionCallback(bind);
    duckdb::CreateScalarFunctionInfo info(std::move(function));
    info.schema = "doris";
    info.internal = true;
    catalog.CreateFunction(transaction, info);
  }
}

}  // namespace sluice::kernel
