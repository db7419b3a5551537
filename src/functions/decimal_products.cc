// SPDX-License-Identifier: Apache-2.0
#include "functions/decimal_products.h"

#include "duckdb/planner/expression/list.hpp"
#include "duckdb/storage/statistics/numeric_stats.hpp"
#include "functions/arithmetic_kernels.h"
#include "functions/conversion.h"
#include "functions/overload.h"

namespace sluice::functions {
namespace {

using arithmetic::scale_data;
using arithmetic::ScaleData;
using duckdb::hugeint_t;
using duckdb::NumericStats;
using duckdb::PhysicalType;

constexpr const char* kName = "multiply";
constexpr uint8_t kDigitsIn64Bits = 18;

uint8_t scale_of(const LogicalType& type) { return duckdb::DecimalType::GetScale(type); }
Int128 wide(int64_t value) { return value; }
Int128 wide(const hugeint_t& value) { return to_int128(value); }

template <typename L, typename R>
void run(duckdb::DataChunk& input, duckdb::ExpressionState& state, duckdb::Vector& result) {
  const unsigned digits = scale_data(state).digits;
  const Int256 divisor = wide_power_of_ten(digits);
  duckdb::BinaryExecutor::Execute<L, R, hugeint_t>(
      input.data[0], input.data[1], result, input.size(), [&](const L& left, const R& right) {
        constexpr bool fits = std::is_same_v<L, int64_t> && std::is_same_v<R, int64_t>;
        if constexpr (fits) {
          if (digits == 0) return to_hugeint(wide(left) * wide(right));
        } else {
          Int128 small = 0;
          if (digits == 0 && !__builtin_mul_overflow(wide(left), wide(right), &small) && fits_decimal(small))
            return to_hugeint(small);
        }
        const Int256 product = Int256{wide(left)} * Int256{wide(right)};
        const Int256 half = divisor / 2;
        const Int256 rounded = (product + (product < 0 ? -half : half)) / divisor;
        if (!fits_decimal(rounded))
          throw duckdb::OutOfRangeException("Arithmetic overflow: the product has more than 38 digits");
        return to_hugeint(static_cast<Int128>(rounded));
      });
}

duckdb::scalar_function_t run_of(const LogicalType& left, const LogicalType& right) {
  const bool left_64 = left.InternalType() == PhysicalType::INT64;
  const bool right_64 = right.InternalType() == PhysicalType::INT64;
  if (left_64) return right_64 ? run<int64_t, int64_t> : run<int64_t, hugeint_t>;
  return right_64 ? run<hugeint_t, int64_t> : run<hugeint_t, hugeint_t>;
}

// Of operands whose statistics allow it.
void run_narrow(duckdb::DataChunk& input, duckdb::ExpressionState&, duckdb::Vector& result) {
  duckdb::BinaryExecutor::Execute<int64_t, int64_t, int64_t>(
      input.data[0], input.data[1], result, input.size(), [](int64_t left, int64_t right) {
        int64_t product = 0;
        if (__builtin_mul_overflow(left, right, &product))
          throw duckdb::OutOfRangeException("A product is larger than the statistics of its columns allow");
        return product;
      });
}

struct Bounds {
  Int256 least, most;
  bool narrow() const {
    static const Int256 kLimit = wide_power_of_ten(kDigitsIn64Bits);
    return least > -kLimit && most < kLimit;
  }
};

std::optional<Bounds> bounds_of(const duckdb::BaseStatistics& statistics) {
  if (!NumericStats::HasMinMax(statistics)) return std::nullopt;
  const auto number = [](const duckdb::Value& value) {
    return value.type().InternalType() == PhysicalType::INT64 ? Int256{value.GetValueUnsafe<int64_t>()}
                                                              : Int256{to_int128(value.GetValueUnsafe<hugeint_t>())};
  };
  return Bounds{number(NumericStats::Min(statistics)), number(NumericStats::Max(statistics))};
}

Bounds product_of(const Bounds& left, const Bounds& right) {
  const Int256 corners[] = {left.least * right.least, left.least * right.most, left.most * right.least,
                            left.most * right.most};
  Bounds product{corners[0], corners[0]};
  for (const Int256& corner : corners) {
    if (corner < product.least) product.least = corner;
    if (corner > product.most) product.most = corner;
  }
  return product;
}

// An operand in 64 bits; what was narrowed before loses its cast.
BoundPtr in_64_bits(duckdb::ClientContext& context, BoundPtr operand) {
  if (operand->return_type.InternalType() == PhysicalType::INT64) return operand;
  if (operand->GetExpressionClass() == duckdb::ExpressionClass::BOUND_CAST) {
    auto& inner = operand->Cast<duckdb::BoundCastExpression>().child;
    if (inner->return_type.id() == LogicalTypeId::DECIMAL && inner->return_type.InternalType() == PhysicalType::INT64 &&
        scale_of(inner->return_type) == scale_of(operand->return_type))
      return std::move(inner);
  }
  const auto narrow = LogicalType::DECIMAL(kDigitsIn64Bits, scale_of(operand->return_type));
  return duckdb::BoundCastExpression::AddCastToType(context, std::move(operand), narrow);
}

duckdb::unique_ptr<duckdb::BaseStatistics> propagate(duckdb::ClientContext& context,
                                                     duckdb::FunctionStatisticsInput& input) {
  const auto left = bounds_of(input.child_stats[0]);
  const auto right = bounds_of(input.child_stats[1]);
  if (!left || !right || input.bind_data->Cast<ScaleData>().digits != 0) return nullptr;
  const Bounds product = product_of(*left, *right);
  if (!fits_decimal(product.least) || !fits_decimal(product.most)) return nullptr;
  const LogicalType type = input.expr.return_type;
  const auto value = [&](const Int256& number) {
    return duckdb::Value::DECIMAL(to_hugeint(static_cast<Int128>(number)), duckdb::DecimalType::GetWidth(type),
                                  scale_of(type));
  };
  auto statistics = NumericStats::CreateEmpty(type);
  NumericStats::SetMin(statistics, value(product.least));
  NumericStats::SetMax(statistics, value(product.most));
  statistics.CombineValidity(input.child_stats[0], input.child_stats[1]);
  if (product.narrow() && left->narrow() && right->narrow() && scale_of(type) <= kDigitsIn64Bits) {
    BoundList operands;
    for (auto& child : input.expr.children) operands.push_back(in_64_bits(context, std::move(child)));
    const auto narrow = LogicalType::DECIMAL(kDigitsIn64Bits, scale_of(type));
    std::vector<LogicalType> types{operands[0]->return_type, operands[1]->return_type};
    const std::string alias = input.expr.GetAlias();
    BoundPtr made = bind_private(context, kName, std::move(types), narrow, run_narrow, std::move(operands));
    made = duckdb::BoundCastExpression::AddCastToType(context, std::move(made), type);
    made->SetAlias(alias);
    *input.expr_ptr = std::move(made);
  }
  return statistics.ToUnique();
}

}  // namespace

BoundPtr multiply_decimals(duckdb::ClientContext& context, BoundPtr left, BoundPtr right, const LogicalType& result,
                           unsigned digits) {
  BoundList operands;
  std::vector<LogicalType> types;
  for (BoundPtr* operand : {&left, &right}) {
    const LogicalType type = (*operand)->return_type;
    if (type.InternalType() != PhysicalType::INT64 && type.InternalType() != PhysicalType::INT128)
      *operand = convert(context, std::move(*operand), LogicalType::DECIMAL(kDigitsIn64Bits, scale_of(type)));
    types.push_back((*operand)->return_type);
    operands.push_back(std::move(*operand));
  }
  auto kernel = run_of(types[0], types[1]);
  BoundPtr bound = bind_private(context, kName, std::move(types), result, std::move(kernel), std::move(operands));
  auto& call = bound->Cast<duckdb::BoundFunctionExpression>();
  call.bind_info = duckdb::make_uniq<ScaleData>(digits);
  call.function.SetStatisticsCallback(propagate);
  return bound;
}

}  // namespace sluice::functions
