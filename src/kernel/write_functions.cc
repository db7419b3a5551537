// SPDX-License-Identifier: Apache-2.0
// What the rewritten trees of writes call.
#include "duckdb/common/vector_operations/generic_executor.hpp"
#include "duckdb/parser/parsed_data/create_scalar_function_info.hpp"
#include "kernel/insert_batch.h"

namespace sluice::kernel {
namespace {

void run_require(duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector& result) {
  duckdb::UnifiedVectorFormat condition, message;
  arguments.data[0].ToUnifiedFormat(arguments.size(), condition);
  arguments.data[1].ToUnifiedFormat(arguments.size(), message);
  for (duckdb::idx_t row = 0; row < arguments.size(); ++row) {
    const auto index = condition.sel->get_index(row);
    if (condition.validity.RowIsValid(index) && duckdb::UnifiedVectorFormat::GetData<bool>(condition)[index]) continue;
    throw duckdb::InvalidInputException(
        duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(message)[message.sel->get_index(row)].GetString());
  }
  result.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
  duckdb::ConstantVector::GetData<bool>(result)[0] = true;
}

// A negative number of bytes: what is too long is cut, at the border of a character.
void run_fit_text(duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector& result) {
  duckdb::TernaryExecutor::Execute<duckdb::string_t, int64_t, duckdb::string_t, duckdb::string_t>(
      arguments.data[0], arguments.data[1], arguments.data[2], result, arguments.size(),
      [](duckdb::string_t value, int64_t bytes, duckdb::string_t column) {
        const size_t limit = static_cast<size_t>(bytes < 0 ? -bytes : bytes);
        if (value.GetSize() <= limit) return value;
        if (bytes > 0) {
          throw duckdb::InvalidInputException(
              "Insert has filtered data in strict mode: column_name[%s], the length of input is too long than schema. "
              "schema length: %lld; actual length: %lld",
              column.GetString(), static_cast<int64_t>(limit), static_cast<int64_t>(value.GetSize()));
        }
        size_t end = limit;
        while (end > 0 && (static_cast<unsigned char>(value.GetData()[end]) & 0xC0) == 0x80) --end;
        return duckdb::string_t(value.GetData(), static_cast<uint32_t>(end));
      });
  duckdb::StringVector::AddHeapReference(result, arguments.data[0]);
}

}  // namespace

void create_write_functions(duckdb::ClientContext& context) {
  auto& catalog = duckdb::Catalog::GetSystemCatalog(context);
  auto transaction = duckdb::CatalogTransaction::GetSystemTransaction(*context.db);
  using duckdb::LogicalType;
  duckdb::ScalarFunction require(kRequire, {LogicalType::BOOLEAN, LogicalType::VARCHAR}, LogicalType::BOOLEAN,
                                 run_require);
  require.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
  require.SetStability(duckdb::FunctionStability::VOLATILE);
  duckdb::ScalarFunction fit(kFitText, {LogicalType::VARCHAR, LogicalType::BIGINT, LogicalType::VARCHAR},
                             LogicalType::VARCHAR, run_fit_text);
  for (duckdb::ScalarFunction* function : {&require, &fit}) {
    duckdb::CreateScalarFunctionInfo info(*function);
    info.schema = "doris";
    info.internal = true;
    catalog.CreateFunction(transaction, info);
  }
}

}  // namespace sluice::kernel
