// SPDX-License-Identifier: Apache-2.0
// Arithmetic over the elements of an array: ARRAY_SUM, ARRAY_AVG, ARRAY_PRODUCT, ARRAY_MIN, ARRAY_MAX,
// ARRAY_DIFFERENCE, ARRAY_CUM_SUM. Elements are brought to BIGINT, LARGEINT, DOUBLE or DECIMAL(38, s) first; integers
// wrap. NULL elements do not count; without any other the result is NULL.
#include <cmath>

#include "functions/array_rows.h"
#include "functions/conversion.h"
#include "functions/decimals.h"
#include "functions/families.h"
#include "functions/registry.h"
#include "functions/type_names.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

using duckdb::DataChunk;
using duckdb::ExpressionState;
using duckdb::FlatVector;
using duckdb::hugeint_t;
using duckdb::idx_t;
using duckdb::Vector;

// The type in which elements are computed.
LogicalType computed_type(const Call& call) {
  const LogicalType element = element_type(call, 0);
  switch (element.id()) {
    case LogicalTypeId::DECIMAL:
      return LogicalType::DECIMAL(38, duckdb::DecimalType::GetScale(element));
    case LogicalTypeId::HUGEINT:
    case LogicalTypeId::UHUGEINT:
    case LogicalTypeId::UBIGINT:
      return LogicalType::HUGEINT;
    case LogicalTypeId::FLOAT:
    case LogicalTypeId::DOUBLE:
    case LogicalTypeId::VARCHAR:
      return LogicalType::DOUBLE;
    default:
      if (is_integer(element) || element.id() == LogicalTypeId::BOOLEAN) return LogicalType::BIGINT;
      throw duckdb::BinderException("%s() takes an array of numbers, not of %s",
                                    duckdb::StringUtil::Upper(std::string(call.name)),
                                    duckdb::StringUtil::Upper(type_name(element)));
  }
}

LogicalType to_numbers(Call& call) {
  to_array(call, 0);
  const LogicalType type = computed_type(call);
  convert_at(call, 0, LogicalType::LIST(type));
  return type;
}

// Numbers of the element types as those that one computes with.
inline Int128 wide(const hugeint_t& value) { return to_int128(value); }
inline uint64_t wide(int64_t value) { return static_cast<uint64_t>(value); }
inline double wide(double value) { return value; }
inline hugeint_t narrow(Int128 value) { return to_hugeint(value); }
inline int64_t narrow(uint64_t value) { return static_cast<int64_t>(value); }
inline double narrow(double value) { return value; }
// Wraps at the ends of the type.
inline Int128 plus(Int128 a, Int128 b) {
  return static_cast<Int128>(static_cast<unsigned __int128>(a) + static_cast<unsigned __int128>(b));
}
inline uint64_t plus(uint64_t a, uint64_t b) { return a + b; }
inline double plus(double a, double b) { return a + b; }
inline Int128 minus(Int128 a, Int128 b) {
  return static_cast<Int128>(static_cast<unsigned __int128>(a) - static_cast<unsigned __int128>(b));
}
inline double minus(double a, double b) { return a - b; }

// `fold(values of a row that are not NULL)` gives the row's value or nothing.
template <typename T, typename R, typename Fold>
void run_fold(DataChunk& input, Vector& result, Fold fold) {
  const idx_t count = rows_of(input);
  ArrayRows arrays(input.data[0], count);
  ValueRows<T> elements(arrays.elements(), arrays.element_count());
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  R* results = FlatVector::GetData<R>(result);
  std::vector<T> values;
  for (idx_t row = 0; row < count; ++row) {
    values.clear();
    if (arrays.valid(row)) {
      const auto entry = arrays[row];
      for (idx_t i = entry.offset; i < entry.offset + entry.length; ++i) {
        if (elements.valid(i)) values.push_back(elements[i]);
      }
    }
    std::optional<R> value;
    if (!values.empty()) value = fold(values);
    if (value)
      results[row] = *value;
    else
      FlatVector::SetNull(result, row, true);
  }
  finish(input, result);
}

template <typename T>
auto sum_of(const std::vector<T>& values) {
  auto sum = wide(values[0]);
  for (size_t i = 1; i < values.size(); ++i) sum = plus(sum, wide(values[i]));
  return sum;
}

template <typename T>
void run_sum(DataChunk& input, ExpressionState&, Vector& result) {
  run_fold<T, T>(input, result, [](const std::vector<T>& values) { return std::optional<T>(narrow(sum_of(values))); });
}

template <typename T>
void run_average(DataChunk& input, ExpressionState&, Vector& result) {
  run_fold<T, double>(input, result, [](const std::vector<T>& values) {
    double sum = 0;
    for (const T& value : values) {
      if constexpr (std::is_same_v<T, hugeint_t>)
        sum += duckdb::Hugeint::Cast<double>(value);
      else
        sum += static_cast<double>(value);
    }
    return std::optional<double>(sum / static_cast<double>(values.size()));
  });
}

void run_decimal_average(DataChunk& input, ExpressionState&, Vector& result) {
  run_fold<hugeint_t, hugeint_t>(input, result, [](const std::vector<hugeint_t>& values) {
    return std::optional<hugeint_t>(to_hugeint(sum_of(values) / static_cast<Int128>(values.size())));
  });
}

template <typename T>
void run_product(DataChunk& input, ExpressionState&, Vector& result) {
  run_fold<T, double>(input, result, [](const std::vector<T>& values) {
    double product = 1;
    for (const T& value : values) {
      if constexpr (std::is_same_v<T, hugeint_t>)
        product *= duckdb::Hugeint::Cast<double>(value);
      else
        product *= static_cast<double>(value);
    }
    return std::optional<double>(product);
  });
}

void run_decimal_product(DataChunk& input, ExpressionState&, Vector& result) {
  const LogicalType& element = duckdb::ListType::GetChildType(input.data[0].GetType());
  const Int256 factor = wide_power_of_ten(duckdb::DecimalType::GetScale(element));
  run_fold<hugeint_t, hugeint_t>(input, result, [&](const std::vector<hugeint_t>& values) -> std::optional<hugeint_t> {
    Int256 product = to_int128(values[0]);
    for (size_t i = 1; i < values.size(); ++i) {
      product = product * Int256{to_int128(values[i])} / factor;
      if (!fits_decimal(product)) return std::nullopt;
    }
    return to_hugeint(static_cast<Int128>(product));
  });
}

template <auto small, auto large, auto real>
duckdb::scalar_function_t by_type(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::BIGINT:
      return small;
    case LogicalTypeId::DOUBLE:
      return real;
    default:
      return large;
  }
}

BoundPtr expand_sum(Call& call) {
  const LogicalType type = to_numbers(call);
  return bind_body(call, type, by_type<run_sum<int64_t>, run_sum<hugeint_t>, run_sum<double>>(type));
}

BoundPtr expand_average(Call& call) {
  const LogicalType type = to_numbers(call);
  if (type.id() == LogicalTypeId::DECIMAL) return bind_body(call, type, run_decimal_average);
  return bind_body(call, LogicalType::DOUBLE,
                   by_type<run_average<int64_t>, run_average<hugeint_t>, run_average<double>>(type));
}

BoundPtr expand_product(Call& call) {
  const LogicalType type = to_numbers(call);
  if (type.id() == LogicalTypeId::DECIMAL) return bind_body(call, type, run_decimal_product);
  return bind_body(call, LogicalType::DOUBLE,
                   by_type<run_product<int64_t>, run_product<hugeint_t>, run_product<double>>(type));
}

// ---- distances of two arrays of numbers

enum class Distance : uint8_t { kL1, kL2, kCosine, kInner };

double distance_of(Distance kind, const std::vector<std::pair<double, double>>& pairs) {
  double sum = 0;
  double left = 0;
  double right = 0;
  for (const auto& [a, b] : pairs) {
    switch (kind) {
      case Distance::kL1:
        sum += std::abs(a - b);
        break;
      case Distance::kL2:
        sum += (a - b) * (a - b);
        break;
      default:
        sum += a * b;
        left += a * a;
        right += b * b;
    }
  }
  if (kind == Distance::kL2) return std::sqrt(sum);
  if (kind == Distance::kCosine) return 1 - sum / std::sqrt(left * right);
  return sum;
}

// NULL when an element is.
template <Distance kind>
void run_distance(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ArrayRows left(input.data[0], count);
  ArrayRows right(input.data[1], count);
  ValueRows<double> lefts(left.elements(), left.element_count());
  ValueRows<double> rights(right.elements(), right.element_count());
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  double* distances = FlatVector::GetData<double>(result);
  std::vector<std::pair<double, double>> pairs;
  for (idx_t row = 0; row < count; ++row) {
    bool valid = left.valid(row) && right.valid(row);
    if (valid && left[row].length != right[row].length) {
      throw duckdb::InvalidInputException(
          "The arrays of a distance must have as many elements as each other: %d and %d", left[row].length,
          right[row].length);
    }
    pairs.clear();
    for (idx_t i = 0; valid && i < left[row].length; ++i) {
      const idx_t a = left[row].offset + i;
      const idx_t b = right[row].offset + i;
      valid = lefts.valid(a) && rights.valid(b);
      if (valid) pairs.emplace_back(lefts[a], rights[b]);
    }
    if (valid)
      distances[row] = distance_of(kind, pairs);
    else
      FlatVector::SetNull(result, row, true);
  }
  finish(input, result);
}

template <Distance kind>
BoundPtr expand_distance(Call& call) {
  for (size_t i = 0; i < 2; ++i) {
    to_array(call, i);
    convert_at(call, i, LogicalType::LIST(LogicalType::DOUBLE));
  }
  return bind_body(call, LogicalType::DOUBLE, run_distance<kind>);
}

// ---- MIN and MAX: of any type that has an order

template <bool largest>
void run_extreme(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ArrayRows arrays(input.data[0], count);
  Keys keys(arrays.elements(), arrays.element_count());
  std::vector<duckdb::sel_t> picked(count, 0);
  std::vector<bool> found(count, false);
  for (idx_t row = 0; row < count; ++row) {
    if (!arrays.valid(row)) continue;
    const auto entry = arrays[row];
    for (idx_t i = entry.offset; i < entry.offset + entry.length; ++i) {
      if (!keys.valid(i)) continue;
      if (found[row] && (largest ? keys[i] <= keys[picked[row]] : keys[i] >= keys[picked[row]])) continue;
      picked[row] = static_cast<duckdb::sel_t>(i);
      found[row] = true;
    }
  }
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  if (arrays.element_count() > 0) {
    duckdb::SelectionVector selection(picked.data());
    duckdb::VectorOperations::Copy(arrays.elements(), result, selection, count, 0, 0);
  }
  for (idx_t row = 0; row < count; ++row) {
    if (!found[row]) FlatVector::SetNull(result, row, true);
  }
  finish(input, result);
}

template <bool largest>
BoundPtr expand_extreme(Call& call) {
  to_array(call, 0);
  const LogicalType type = element_type(call, 0);
  if (type.IsNested()) {
    throw duckdb::BinderException("%s() does not take arrays of %s", std::string(call.name),
                                  duckdb::StringUtil::Upper(type_name(type)));
  }
  return bind_body(call, type, run_extreme<largest>);
}

// ---- element by element

// `next(previous element or null, element, carry)`; the carry is 0 at a row's beginning.
template <typename T, typename Next>
void run_walk(DataChunk& input, Vector& result, Next next) {
  const idx_t count = rows_of(input);
  ArrayRows arrays(input.data[0], count);
  const idx_t size = arrays.element_count();
  ValueRows<T> elements(arrays.elements(), size);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* entries = FlatVector::GetData<duckdb::list_entry_t>(result);
  idx_t total = 0;
  for (idx_t row = 0; row < count; ++row) {
    if (arrays.valid(row)) total += arrays[row].length;
  }
  duckdb::ListVector::Reserve(result, total);
  Vector& made = duckdb::ListVector::GetEntry(result);
  T* values = FlatVector::GetData<T>(made);
  idx_t at = 0;
  for (idx_t row = 0; row < count; ++row) {
    if (!arrays.valid(row)) {
      entries[row] = {at, 0};
      FlatVector::SetNull(result, row, true);
      continue;
    }
    const auto entry = arrays[row];
    entries[row] = {at, entry.length};
    auto carry = wide(T(0));
    for (idx_t i = 0; i < entry.length; ++i, ++at) {
      const idx_t index = entry.offset + i;
      const bool previous = i == 0 || elements.valid(index - 1);
      if (!elements.valid(index) || !next(i == 0, previous, wide(elements[index]), carry, values[at])) {
        values[at] = T(0);
        FlatVector::SetNull(made, at, true);
      }
    }
  }
  duckdb::ListVector::SetListSize(result, at);
  finish(input, result);
}

// The carry is the element before; NULL where that is NULL.
template <typename T>
void run_difference(DataChunk& input, ExpressionState&, Vector& result) {
  run_walk<T>(input, result, [](bool first, bool previous, auto value, auto& carry, T& out) {
    const auto before = carry;
    carry = value;
    if (!previous) return false;
    out = first ? T(0) : T(narrow(minus(value, before)));
    return true;
  });
}

template <typename T>
void run_cumulative(DataChunk& input, ExpressionState&, Vector& result) {
  run_walk<T>(input, result, [](bool, bool, auto value, auto& carry, T& out) {
    carry = plus(carry, value);
    out = T(narrow(carry));
    return true;
  });
}

BoundPtr expand_cumulative(Call& call) {
  const LogicalType type = to_numbers(call);
  return bind_body(call, LogicalType::LIST(type),
                   by_type<run_cumulative<int64_t>, run_cumulative<hugeint_t>, run_cumulative<double>>(type));
}

// The type that holds all differences of an integer type.
LogicalType difference_type(const LogicalType& element) {
  switch (element.id()) {
    case LogicalTypeId::BOOLEAN:
    case LogicalTypeId::TINYINT:
      return LogicalType::SMALLINT;
    case LogicalTypeId::UTINYINT:
    case LogicalTypeId::SMALLINT:
      return LogicalType::INTEGER;
    case LogicalTypeId::USMALLINT:
    case LogicalTypeId::INTEGER:
      return LogicalType::BIGINT;
    default:
      return LogicalType::HUGEINT;
  }
}

BoundPtr expand_difference(Call& call) {
  to_array(call, 0);
  const LogicalType element = element_type(call, 0);
  const LogicalType type = computed_type(call);
  if (type.id() == LogicalTypeId::DOUBLE || type.id() == LogicalTypeId::DECIMAL) {
    convert_at(call, 0, LogicalType::LIST(type));
    const bool real = type.id() == LogicalTypeId::DOUBLE;
    return bind_body(call, LogicalType::LIST(type), real ? run_difference<double> : run_difference<hugeint_t>);
  }
  convert_at(call, 0, LogicalType::LIST(LogicalType::HUGEINT));
  BoundPtr wide_result = bind_body(call, LogicalType::LIST(LogicalType::HUGEINT), run_difference<hugeint_t>);
  return convert(call.context, std::move(wide_result), LogicalType::LIST(difference_type(element)));
}

}  // namespace

void add_array_numbers(Registry& registry) {
  registry.add("array_sum", "The sum of the elements that are not NULL.")
      .expanded(1, 1, "BIGINT|LARGEINT|DECIMAL|DOUBLE array_sum(ARRAY<NUMBER>)", expand_sum);
  registry.add("array_avg", "The average of the elements that are not NULL.")
      .expanded(1, 1, "DOUBLE|DECIMAL array_avg(ARRAY<NUMBER>)", expand_average);
  registry.add("array_product", "The product of the elements that are not NULL.")
      .expanded(1, 1, "DOUBLE|DECIMAL array_product(ARRAY<NUMBER>)", expand_product);
  const auto distance = [&](const char* name, const char* doc, Expand expand) {
    registry.add(name, doc).expanded(2, 2, std::string("DOUBLE ") + name + "(ARRAY<DOUBLE>, ARRAY<DOUBLE>)", expand);
  };
  distance("l1_distance", "The sum of the differences of the elements.", expand_distance<Distance::kL1>);
  distance("l2_distance", "The root of the sum of squared differences.", expand_distance<Distance::kL2>);
  distance("cosine_distance", "1 minus the cosine of the angle between the arrays.",
           expand_distance<Distance::kCosine>);
  distance("inner_product", "The sum of the products of the elements.", expand_distance<Distance::kInner>);
  registry.add("array_min", "The smallest element that is not NULL.")
      .expanded(1, 1, "T array_min(ARRAY<T>)", expand_extreme<false>);
  registry.add("array_max", "The largest element that is not NULL.")
      .expanded(1, 1, "T array_max(ARRAY<T>)", expand_extreme<true>);
  registry.add("array_difference", "Each element minus the one before; 0 for the first.")
      .expanded(1, 1, "ARRAY<NUMBER> array_difference(ARRAY<NUMBER>)", expand_difference);
  registry.add("array_cum_sum", "The sums of the elements up to each; NULL elements stay NULL and do not count.")
      .expanded(1, 1, "ARRAY<NUMBER> array_cum_sum(ARRAY<NUMBER>)", expand_cumulative);
}

}  // namespace sluice::functions
