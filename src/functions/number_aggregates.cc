// SPDX-License-Identifier: Apache-2.0
// SUM and AVG with Doris' types: sums of integers are BIGINT and wrap, averages of decimals are decimals, cut off.
#include "duckdb/catalog/catalog_entry/aggregate_function_catalog_entry.hpp"
#include "duckdb/function/function_binder.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "functions/conversion.h"
#include "functions/decimal256.h"
#include "functions/decimals.h"
#include "functions/families.h"
#include "functions/registry.h"
#include "functions/session_rules.h"
#include "functions/type_names.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

using duckdb::AggregateFunction;
using duckdb::AggregateInputData;
using duckdb::AggregateUnaryInput;
using duckdb::hugeint_t;
using duckdb::idx_t;

// ---- SUM of integers

struct WrapState {
  uint64_t sum = 0;
  bool seen = false;
};

struct WrapSum {
  template <class STATE>
  static void Initialize(STATE& state) {
    state = STATE();
  }
  template <class INPUT, class STATE, class OP>
  static void Operation(STATE& state, const INPUT& input, AggregateUnaryInput&) {
    state.sum += static_cast<uint64_t>(static_cast<int64_t>(input));
    state.seen = true;
  }
  template <class INPUT, class STATE, class OP>
  static void ConstantOperation(STATE& state, const INPUT& input, AggregateUnaryInput&, idx_t count) {
    state.sum += static_cast<uint64_t>(static_cast<int64_t>(input)) * count;
    state.seen = true;
  }
  template <class STATE, class OP>
  static void Combine(const STATE& source, STATE& target, AggregateInputData&) {
    target.sum += source.sum;
    target.seen |= source.seen;
  }
  template <class T, class STATE>
  static void Finalize(STATE& state, T& target, duckdb::AggregateFinalizeData& finalize) {
    if (!state.seen)
      finalize.ReturnNull();
    else
      target = static_cast<int64_t>(state.sum);
  }
  static bool IgnoreNull() { return true; }
};

template <typename T>
AggregateFunction wrap_sum(const LogicalType& type) {
  auto function = AggregateFunction::UnaryAggregate<WrapState, T, int64_t, WrapSum>(type, LogicalType::BIGINT);
  function.SetOrderDependent(duckdb::AggregateOrderDependent::NOT_ORDER_DEPENDENT);
  return function;
}

// ---- AVG of decimals

// 128 bits in two parts: the kernel places states at multiples of 8 bytes only.
struct DecimalAverageState {
  uint64_t low = 0;
  uint64_t high = 0;
  uint64_t count = 0;

  void add(Int128 value) {
    const auto bits = static_cast<unsigned __int128>(value);
    const unsigned __int128 sum = ((static_cast<unsigned __int128>(high) << 64) | low) + bits;
    low = static_cast<uint64_t>(sum);
    high = static_cast<uint64_t>(sum >> 64);
  }
  Int128 sum() const { return static_cast<Int128>((static_cast<unsigned __int128>(high) << 64) | low); }
};

// The digits that the average has more than its input.
struct AverageData : duckdb::FunctionData {
  explicit AverageData(unsigned digits) : digits(digits), factor(power_of_ten(digits)) {}
  duckdb::unique_ptr<FunctionData> Copy() const override { return duckdb::make_uniq<AverageData>(digits); }
  bool Equals(const FunctionData& other) const override { return digits == other.Cast<AverageData>().digits; }
  const unsigned digits;
  const Int128 factor;
};

struct DecimalAverage {
  template <class STATE>
  static void Initialize(STATE& state) {
    state = STATE();
  }
  static Int128 number(const hugeint_t& value) { return to_int128(value); }
  static Int128 number(int64_t value) { return value; }
  template <class INPUT, class STATE, class OP>
  static void Operation(STATE& state, const INPUT& input, AggregateUnaryInput&) {
    state.add(number(input));
    ++state.count;
  }
  template <class INPUT, class STATE, class OP>
  static void ConstantOperation(STATE& state, const INPUT& input, AggregateUnaryInput&, idx_t count) {
    state.add(number(input) * static_cast<Int128>(count));
    state.count += count;
  }
  template <class STATE, class OP>
  static void Combine(const STATE& source, STATE& target, AggregateInputData&) {
    target.add(source.sum());
    target.count += source.count;
  }
  template <class T, class STATE>
  static void Finalize(STATE& state, T& target, duckdb::AggregateFinalizeData& finalize) {
    if (state.count == 0) {
      finalize.ReturnNull();
      return;
    }
    const auto& data = finalize.input.bind_data->Cast<AverageData>();
    const Int256 quotient = Int256{state.sum()} * Int256{data.factor} / Int256{state.count};
    if (!fits_decimal(quotient))
      finalize.ReturnNull();
    else
      target = to_hugeint(static_cast<Int128>(quotient));
  }
  static bool IgnoreNull() { return true; }
};

template <typename T>
AggregateFunction decimal_average(const LogicalType& type, const LogicalType& result) {
  return AggregateFunction::UnaryAggregate<DecimalAverageState, T, hugeint_t, DecimalAverage>(type, result);
}

duckdb::unique_ptr<duckdb::FunctionData> bind_average(duckdb::ClientContext&, AggregateFunction& function, BoundList&) {
  const unsigned from = duckdb::DecimalType::GetScale(function.arguments[0]);
  return duckdb::make_uniq<AverageData>(duckdb::DecimalType::GetScale(function.GetReturnType()) - from);
}

// ---- binding

// The kernel's own aggregate for these argument types.
AggregateFunction native(duckdb::ClientContext& context, const char* name, const LogicalType& type) {
  auto& entry = duckdb::Catalog::GetSystemCatalog(context).GetEntry<duckdb::AggregateFunctionCatalogEntry>(
      context, DEFAULT_SCHEMA, name);
  return entry.functions.GetFunctionByArguments(context, {type});
}

void to_number(duckdb::ClientContext& context, BoundPtr& argument) {
  const LogicalType type = argument->return_type;
  if (is_text(type) || is_json(type)) argument = convert(context, std::move(argument), LogicalType::DOUBLE);
  if (type.id() == LogicalTypeId::SQLNULL) argument = convert(context, std::move(argument), LogicalType::BIGINT);
  if (type.id() == LogicalTypeId::BOOLEAN) argument = convert(context, std::move(argument), LogicalType::TINYINT);
  if (is_number(argument->return_type) || is_decimal256(argument->return_type)) return;
  throw duckdb::BinderException("SUM() and AVG() take numbers, not %s", duckdb::StringUtil::Upper(type_name(type)));
}

// With enable_decimal256 sums and averages of decimals keep up to 76 digits.
void widen(duckdb::ClientContext& context, BoundPtr& argument) {
  const LogicalType type = argument->return_type;
  if (type.id() != LogicalTypeId::DECIMAL || !wide_decimals(context)) return;
  const LogicalType wide = decimal256_type(kMaxDecimal256Width, duckdb::DecimalType::GetScale(type));
  argument = convert(context, std::move(argument), wide);
}

AggregateFunction bind_sum(duckdb::ClientContext& context, std::string_view, BoundList& arguments) {
  to_number(context, arguments[0]);
  widen(context, arguments[0]);
  const LogicalType type = arguments[0]->return_type;
  if (is_decimal256(type)) return decimal256_sum(type);
  switch (type.id()) {
    case LogicalTypeId::TINYINT:
      return wrap_sum<int8_t>(type);
    case LogicalTypeId::SMALLINT:
      return wrap_sum<int16_t>(type);
    case LogicalTypeId::INTEGER:
      return wrap_sum<int32_t>(type);
    case LogicalTypeId::BIGINT:
      return wrap_sum<int64_t>(type);
    default:
      return native(context, "sum", type);
  }
}

AggregateFunction bind_avg(duckdb::ClientContext& context, std::string_view, BoundList& arguments) {
  to_number(context, arguments[0]);
  widen(context, arguments[0]);
  const LogicalType type = arguments[0]->return_type;
  if (is_decimal256(type)) return decimal256_average(type);
  if (type.id() != LogicalTypeId::DECIMAL) return native(context, "avg", LogicalType::DOUBLE);
  constexpr uint8_t kLeastScale = 4;
  const uint8_t scale = duckdb::DecimalType::GetScale(type);
  const LogicalType result = LogicalType::DECIMAL(38, std::max(scale, kLeastScale));
  const bool narrow = duckdb::DecimalType::GetWidth(type) <= 18;
  const LogicalType taken = LogicalType::DECIMAL(narrow ? 18 : 38, scale);
  arguments[0] = convert(context, std::move(arguments[0]), taken);
  auto function = narrow ? decimal_average<int64_t>(taken, result) : decimal_average<hugeint_t>(taken, result);
  function.SetBindCallback(bind_average);
  function.SetOrderDependent(duckdb::AggregateOrderDependent::NOT_ORDER_DEPENDENT);
  return function;
}

}  // namespace

void add_number_aggregates(Registry& registry) {
  registry
      .add("sum",
           "The sum of all values that are not NULL; BIGINT for integers, DECIMAL(38, s) for decimals, DECIMAL(76, s) "
           "with "
           "enable_decimal256.")
      .aggregate_by(1, 1, "BIGINT|LARGEINT|DECIMAL|DOUBLE sum(NUMBER)", bind_sum);
  registry.add("avg", "The average of all values that are not NULL; DECIMAL(38, max(s, 4)) for decimals, cut off.")
      .aggregate_by(1, 1, "DOUBLE|DECIMAL avg(NUMBER)", bind_avg);
}

}  // namespace sluice::functions
