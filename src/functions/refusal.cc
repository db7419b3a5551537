// SPDX-License-Identifier: Apache-2.0
#include "functions/refusal.h"

#include "duckdb/common/exception/conversion_exception.hpp"
#include "functions/decimal256.h"
#include "functions/overload.h"
#include "functions/type_names.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

std::string written(const duckdb::Value& value) {
  if (!is_decimal256(value.type())) return value.ToString();
  return decimal256_text(decode_decimal256(duckdb::StringValue::Get(value).data()), decimal_scale(value.type()));
}

[[noreturn]] void refuse(Lost lost, const std::string& value, const LogicalType& type) {
  if (lost == Lost::kOverflow && is_integer(type)) {
    throw duckdb::OutOfRangeException("Arithmetic overflow, convert failed from %s, expected data is [%s, %s]", value,
                                      duckdb::Value::MinimumValue(type).ToString(),
                                      duckdb::Value::MaximumValue(type).ToString());
  }
  if (lost == Lost::kOverflow && is_decimal(type)) {
    const unsigned whole = decimal_width(type) - decimal_scale(type);
    std::string most = whole == 0 ? "0" : std::string(whole, '9');
    if (decimal_scale(type) > 0) most += '.' + std::string(decimal_scale(type), '9');
    throw duckdb::OutOfRangeException("Arithmetic overflow, convert failed from %s, expected data is [-%s, %s]", value,
                                      most, most);
  }
  throw duckdb::ConversionException("Could not convert string '%s' to %s", value,
                                    duckdb::StringUtil::Upper(type_name(type)));
}

// original, converted -> converted
template <Lost lost>
void run_refusing(duckdb::DataChunk& input, duckdb::ExpressionState&, duckdb::Vector& result) {
  duckdb::UnifiedVectorFormat original;
  duckdb::UnifiedVectorFormat converted;
  input.data[1].ToUnifiedFormat(input.size(), converted);
  if (!converted.validity.AllValid()) {
    input.data[0].ToUnifiedFormat(input.size(), original);
    for (duckdb::idx_t row = 0; row < input.size(); ++row) {
      if (converted.validity.RowIsValid(converted.sel->get_index(row)) ||
          !original.validity.RowIsValid(original.sel->get_index(row)))
        continue;
      refuse(lost, written(input.data[0].GetValue(row)), result.GetType());
    }
  }
  result.Reference(input.data[1]);
}

}  // namespace

BoundPtr refusing(duckdb::ClientContext& context, BoundPtr original, BoundPtr converted, Lost lost) {
  const LogicalType from = original->return_type;
  const LogicalType target = converted->return_type;
  BoundList children;
  children.push_back(std::move(original));
  children.push_back(std::move(converted));
  return bind_private(context, "refusing", {from, target}, target,
                      lost == Lost::kOverflow ? run_refusing<Lost::kOverflow> : run_refusing<Lost::kNoSuchValue>,
                      std::move(children), Nulls::kOwn);
}

}  // namespace sluice::functions
