// SPDX-License-Identifier: Apache-2.0
#include "functions/conversion.h"

#include <cmath>

#include "base/text_format.h"
#include "duckdb/common/operator/cast_operators.hpp"
#include "duckdb/common/types/hugeint.hpp"
#include "duckdb/common/types/timestamp.hpp"
#include "duckdb/common/vector_operations/unary_executor.hpp"
#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/function/cast/default_casts.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "functions/decimal256.h"
#include "functions/decimalv2.h"
#include "functions/json_extract.h"
#include "functions/nested_conversion.h"
#include "functions/overload.h"
#include "functions/sized_conversion.h"
#include "functions/text_to_value.h"
#include "functions/type_names.h"
#include "functions/types.h"
#include "functions/value_text.h"

namespace sluice::functions {
namespace {

using duckdb::DataChunk;
using duckdb::ExpressionState;
using duckdb::string_t;
using duckdb::UnaryExecutor;
using duckdb::ValidityMask;
using duckdb::Vector;

std::string_view view(const string_t& text) { return {text.GetData(), text.GetSize()}; }

// A unary private function whose `convert` gives nothing for NULL.
template <typename From, typename To, typename Convert>
void run_converting(DataChunk& input, Vector& result, Convert convert) {
  UnaryExecutor::ExecuteWithNulls<From, To>(input.data[0], result, input.size(),
                                            [&](const From& from, ValidityMask& mask, duckdb::idx_t row) -> To {
                                              std::optional<To> value = convert(from);
                                              if (value) return *value;
                                              mask.SetInvalid(row);
                                              return To();
                                            });
}

template <typename To>
std::optional<To> in_range(const duckdb::hugeint_t& value) {
  To result{};
  if (!duckdb::Hugeint::TryCast(value, result)) return std::nullopt;
  return result;
}

template <typename To>
void run_text_to_integer(DataChunk& input, ExpressionState&, Vector& result) {
  run_converting<string_t, To>(input, result, [](const string_t& text) -> std::optional<To> {
    auto value = text_to_integer(view(text));
    return value ? in_range<To>(*value) : std::nullopt;
  });
}

template <typename From, typename To>
void run_float_to_integer(DataChunk& input, ExpressionState&, Vector& result) {
  run_converting<From, To>(input, result, [](From number) -> std::optional<To> {
    To value{};
    if (!std::isfinite(number) || !duckdb::TryCast::Operation<double, To>(std::trunc(number), value))
      return std::nullopt;
    return value;
  });
}

template <typename To>
duckdb::scalar_function_t to_integer_from(const LogicalType& from) {
  switch (from.id()) {
    case LogicalTypeId::VARCHAR:
      return run_text_to_integer<To>;
    case LogicalTypeId::FLOAT:
      return run_float_to_integer<float, To>;
    default:
      return run_float_to_integer<double, To>;
  }
}

duckdb::scalar_function_t to_integer(const LogicalType& from, const LogicalType& to) {
  switch (to.id()) {
    case LogicalTypeId::TINYINT:
      return to_integer_from<int8_t>(from);
    case LogicalTypeId::SMALLINT:
      return to_integer_from<int16_t>(from);
    case LogicalTypeId::INTEGER:
      return to_integer_from<int32_t>(from);
    case LogicalTypeId::BIGINT:
      return to_integer_from<int64_t>(from);
    case LogicalTypeId::HUGEINT:
      return to_integer_from<duckdb::hugeint_t>(from);
    case LogicalTypeId::UTINYINT:
      return to_integer_from<uint8_t>(from);
    case LogicalTypeId::USMALLINT:
      return to_integer_from<uint16_t>(from);
    case LogicalTypeId::UINTEGER:
      return to_integer_from<uint32_t>(from);
    case LogicalTypeId::UBIGINT:
      return to_integer_from<uint64_t>(from);
    default:
      return to_integer_from<duckdb::uhugeint_t>(from);
  }
}

void run_text_to_boolean(DataChunk& input, ExpressionState&, Vector& result) {
  run_converting<string_t, bool>(input, result, [](const string_t& text) { return text_to_boolean(view(text)); });
}

template <typename To>
void run_text_to_float(DataChunk& input, ExpressionState&, Vector& result) {
  run_converting<string_t, To>(input, result, [](const string_t& text) -> std::optional<To> {
    auto value = text_to_double(view(text));
    if (!value) return std::nullopt;
    return static_cast<To>(*value);
  });
}

std::optional<duckdb::date_t> date_of(const std::optional<Moment>& moment) {
  if (!moment) return std::nullopt;
  return duckdb::Timestamp::GetDate(duckdb::timestamp_t(moment->micros));
}
std::optional<duckdb::timestamp_t> timestamp_of(const std::optional<Moment>& moment) {
  if (!moment) return std::nullopt;
  return duckdb::timestamp_t(moment->micros);
}

void run_text_to_date(DataChunk& input, ExpressionState&, Vector& result) {
  run_converting<string_t, duckdb::date_t>(input, result,
                                           [](const string_t& text) { return date_of(text_to_moment(view(text))); });
}
void run_text_to_timestamp(DataChunk& input, ExpressionState&, Vector& result) {
  run_converting<string_t, duckdb::timestamp_t>(
      input, result, [](const string_t& text) { return timestamp_of(text_to_moment(view(text))); });
}
void run_text_to_time(DataChunk& input, ExpressionState&, Vector& result) {
  run_converting<string_t, duckdb::dtime_t>(input, result, [](const string_t& text) -> std::optional<duckdb::dtime_t> {
    auto micros = text_to_time(view(text));
    constexpr int64_t kDay = 86'400'000'000;
    if (!micros || *micros < 0 || *micros >= kDay) return std::nullopt;
    return duckdb::dtime_t(*micros);
  });
}
void run_integer_to_date(DataChunk& input, ExpressionState&, Vector& result) {
  run_converting<int64_t, duckdb::date_t>(input, result,
                                          [](int64_t number) { return date_of(integer_to_moment(number)); });
}
void run_integer_to_timestamp(DataChunk& input, ExpressionState&, Vector& result) {
  run_converting<int64_t, duckdb::timestamp_t>(input, result,
                                               [](int64_t number) { return timestamp_of(integer_to_moment(number)); });
}

int64_t date_digits(duckdb::date_t date) {
  int32_t year = 0;
  int32_t month = 0;
  int32_t day = 0;
  duckdb::Date::Convert(date, year, month, day);
  return (int64_t{year} * 100 + month) * 100 + day;
}

void run_date_to_integer(DataChunk& input, ExpressionState&, Vector& result) {
  run_converting<duckdb::date_t, int64_t>(input, result, [](duckdb::date_t date) -> std::optional<int64_t> {
    if (!duckdb::Date::IsFinite(date)) return std::nullopt;
    return date_digits(date);
  });
}
void run_timestamp_to_integer(DataChunk& input, ExpressionState&, Vector& result) {
  run_converting<duckdb::timestamp_t, int64_t>(input, result, [](duckdb::timestamp_t at) -> std::optional<int64_t> {
    if (!duckdb::Timestamp::IsFinite(at)) return std::nullopt;
    duckdb::date_t date;
    duckdb::dtime_t time;
    duckdb::Timestamp::Convert(at, date, time);
    const int64_t seconds = time.micros / 1'000'000;
    return date_digits(date) * 1'000'000 + seconds / 3600 * 10'000 + seconds / 60 % 60 * 100 + seconds % 60;
  });
}

template <typename From>
void run_float_to_text(DataChunk& input, ExpressionState&, Vector& result) {
  UnaryExecutor::Execute<From, string_t>(input.data[0], result, input.size(), [&](From number) {
    return duckdb::StringVector::AddString(result, number_text(number));
  });
}

string_t added_text(Vector& result, const uint8_t* begin, const uint8_t* end) {
  return duckdb::StringVector::AddString(result, reinterpret_cast<const char*>(begin),
                                         static_cast<size_t>(end - begin));
}
// The kernel writes the year 0 as 1 BC.
void run_date_to_text(DataChunk& input, ExpressionState&, Vector& result) {
  UnaryExecutor::Execute<duckdb::date_t, string_t>(input.data[0], result, input.size(), [&](duckdb::date_t date) {
    uint8_t text[kMaxDateText];
    const uint8_t* end = format_date(text, date.days);
    return added_text(result, text, end);
  });
}
// The bytes as they are, not escaped.
void run_bytes_to_text(DataChunk& input, ExpressionState&, Vector& result) { result.Reinterpret(input.data[0]); }
// A fraction without zeros at its end.
void run_timestamp_to_text(DataChunk& input, ExpressionState&, Vector& result) {
  using duckdb::timestamp_t;
  UnaryExecutor::Execute<timestamp_t, string_t>(input.data[0], result, input.size(), [&](timestamp_t at) {
    uint8_t text[kMaxTimestampText];
    const uint8_t* end = format_timestamp(text, at.value, Fraction::kMicrosIfAny);
    constexpr int64_t kMicrosPerSecond = 1'000'000;
    if (at.value % kMicrosPerSecond != 0) {
      while (end[-1] == '0') --end;
    }
    return added_text(result, text, end);
  });
}

BoundPtr native_cast(duckdb::ClientContext& context, BoundPtr value, const LogicalType& target, bool try_cast = true) {
  if (value->return_type == target) return value;
  return duckdb::BoundCastExpression::AddCastToType(context, std::move(value), target, try_cast);
}

BoundPtr converted_by(duckdb::ClientContext& context, const char* name, BoundPtr value, LogicalType target,
                      duckdb::scalar_function_t run) {
  std::vector<LogicalType> from{value->return_type};
  BoundList children;
  children.push_back(std::move(value));
  return bind_private(context, name, std::move(from), std::move(target), std::move(run), std::move(children));
}

BoundPtr call_native(duckdb::ClientContext& context, const char* name, BoundPtr value) {
  BoundList children;
  children.push_back(std::move(value));
  return bind_native(context, name, std::move(children));
}

BoundPtr to_text(duckdb::ClientContext& context, BoundPtr value) {
  const LogicalType from = value->return_type;
  switch (from.id()) {
    case LogicalTypeId::BLOB:
      return converted_by(context, "bytes_text", std::move(value), LogicalType::VARCHAR, run_bytes_to_text);
    case LogicalTypeId::BOOLEAN:
      return native_cast(context, native_cast(context, std::move(value), LogicalType::TINYINT), LogicalType::VARCHAR);
    case LogicalTypeId::FLOAT:
      return converted_by(context, "float_text", std::move(value), LogicalType::VARCHAR, run_float_to_text<float>);
    case LogicalTypeId::DOUBLE:
      return converted_by(context, "double_text", std::move(value), LogicalType::VARCHAR, run_float_to_text<double>);
    case LogicalTypeId::DATE:
      return converted_by(context, "date_text", std::move(value), LogicalType::VARCHAR, run_date_to_text);
    case LogicalTypeId::TIMESTAMP:
      if (auto digits = rounded_digits(*value)) return moment_text(context, std::move(value), *digits);
      return converted_by(context, "datetime_text", std::move(value), LogicalType::VARCHAR, run_timestamp_to_text);
    case LogicalTypeId::TIMESTAMP_MS:
      return moment_text(context, std::move(value), 3);
    case LogicalTypeId::LIST:
    case LogicalTypeId::MAP:
    case LogicalTypeId::STRUCT:
      return converted_by(context, "nested_text", std::move(value), LogicalType::VARCHAR, run_nested_text);
    default:
      return native_cast(context, std::move(value), LogicalType::VARCHAR);
  }
}

BoundPtr to_integer_value(duckdb::ClientContext& context, BoundPtr value, const LogicalType& target) {
  const LogicalType from = value->return_type;
  switch (from.id()) {
    case LogicalTypeId::VARCHAR:
    case LogicalTypeId::FLOAT:
    case LogicalTypeId::DOUBLE:
      return converted_by(context, "to_integer", std::move(value), target, to_integer(from, target));
    case LogicalTypeId::DECIMAL:
      return native_cast(context, call_native(context, "trunc", std::move(value)), target);
    case LogicalTypeId::DATE:
      return native_cast(
          context, converted_by(context, "date_digits", std::move(value), LogicalType::BIGINT, run_date_to_integer),
          target);
    case LogicalTypeId::TIMESTAMP_SEC:
    case LogicalTypeId::TIMESTAMP_MS:
    case LogicalTypeId::TIMESTAMP_TZ:
    case LogicalTypeId::TIMESTAMP:
      value = native_cast(context, std::move(value), LogicalType::TIMESTAMP);
      value = converted_by(context, "datetime_digits", std::move(value), LogicalType::BIGINT, run_timestamp_to_integer);
      return native_cast(context, std::move(value), target);
    default:
      return native_cast(context, std::move(value), target);
  }
}

// A constant with a written zone ('2020-01-01T00:00:00Z') as the moment in the session's; null for others.
BoundPtr zoned_constant(duckdb::ClientContext& context, const BoundPtr& text) {
  auto constant = constant_of(context, *text);
  if (!constant || constant->IsNull()) return nullptr;
  auto moment = text_to_moment(duckdb::StringValue::Get(*constant));
  if (!moment || !moment->zone_offset) return nullptr;
  const int64_t utc = moment->micros - int64_t{*moment->zone_offset} * 1'000'000;
  auto zoned =
      duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(utc)));
  return native_cast(context, std::move(zoned), LogicalType::TIMESTAMP);
}

BoundPtr to_moment(duckdb::ClientContext& context, BoundPtr value, const LogicalType& target) {
  const LogicalType from = value->return_type;
  const bool date = target.id() == LogicalTypeId::DATE;
  const LogicalType made = date ? LogicalType::DATE : LogicalType::TIMESTAMP;
  if (from.id() == LogicalTypeId::VARCHAR) {
    if (BoundPtr zoned = zoned_constant(context, value)) return native_cast(context, std::move(zoned), target);
    value = converted_by(context, "text_to_moment", std::move(value), made,
                         date ? run_text_to_date : run_text_to_timestamp);
  } else if (is_number(from)) {
    value = convert(context, std::move(value), LogicalType::BIGINT);
    value = converted_by(context, "number_to_moment", std::move(value), made,
                         date ? run_integer_to_date : run_integer_to_timestamp);
  } else if (!is_moment(from)) {
    return native_cast(context, std::move(value), target, true);
  } else {
    // The kernel knows no way between its types of seconds and milliseconds but this one.
    value = native_cast(context, std::move(value), made);
  }
  return native_cast(context, std::move(value), target);
}

// How far an integer type reaches; the unsigned ones stand between the signed.
int integer_rank(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::BOOLEAN:
      return 0;
    case LogicalTypeId::TINYINT:
      return 1;
    case LogicalTypeId::UTINYINT:
      return 2;
    case LogicalTypeId::SMALLINT:
      return 3;
    case LogicalTypeId::USMALLINT:
      return 4;
    case LogicalTypeId::INTEGER:
      return 5;
    case LogicalTypeId::UINTEGER:
      return 6;
    case LogicalTypeId::BIGINT:
      return 7;
    case LogicalTypeId::UBIGINT:
      return 8;
    default:
      return 9;
  }
}

LogicalType wider_integer(const LogicalType& left, const LogicalType& right) {
  const LogicalType& high = integer_rank(left) >= integer_rank(right) ? left : right;
  const LogicalType& low = integer_rank(left) >= integer_rank(right) ? right : left;
  const bool high_unsigned = !high.IsIntegral() ? false : integer_rank(high) % 2 == 0 && integer_rank(high) > 0;
  const bool low_signed = integer_rank(low) % 2 == 1;
  if (!high_unsigned || !low_signed) return high;
  switch (integer_rank(high)) {
    case 2:
      return LogicalType::SMALLINT;
    case 4:
      return LogicalType::INTEGER;
    case 6:
      return LogicalType::BIGINT;
    default:
      return LogicalType::HUGEINT;
  }
}

// More than 38 digits only beside a type that has them.
LogicalType wider_decimal(const LogicalType& left, const LogicalType& right) {
  const int scale = std::max(decimal_scale(left), decimal_scale(right));
  const int whole = std::max(decimal_width(left) - decimal_scale(left), decimal_width(right) - decimal_scale(right));
  const bool wide = is_decimal256(left) || is_decimal256(right);
  const int width = std::min(wide ? kMaxDecimal256Width : kMaxDecimalWidth, whole + scale);
  // A DECIMAL256 stays one: values of one column have one type.
  return wide ? decimal_type(std::max(width, kMaxDecimalWidth + 1), scale) : decimal_type(width, scale);
}

LogicalType common_number(const LogicalType& left, const LogicalType& right) {
  const auto is_float = [](const LogicalType& type) {
    return type.id() == LogicalTypeId::FLOAT || type.id() == LogicalTypeId::DOUBLE;
  };
  if (is_float(left) || is_float(right)) {
    if (left.id() == LogicalTypeId::FLOAT && right.id() == LogicalTypeId::FLOAT) return LogicalType::FLOAT;
    const auto small = [](const LogicalType& type) { return is_integer(type) && integer_rank(type) <= 4; };
    if ((left.id() == LogicalTypeId::FLOAT && small(right)) || (right.id() == LogicalTypeId::FLOAT && small(left)))
      return LogicalType::FLOAT;
    return LogicalType::DOUBLE;
  }
  const bool left_decimal = is_decimal(left);
  const bool right_decimal = is_decimal(right);
  if (left_decimal || right_decimal) {
    return wider_decimal(left_decimal ? left : decimal_of(left), right_decimal ? right : decimal_of(right));
  }
  return wider_integer(left, right);
}

bool is_time(const LogicalType& type) {
  return type.id() == LogicalTypeId::TIME || type.id() == LogicalTypeId::INTERVAL;
}

bool numeric(const LogicalType& type) {
  return is_number(type) || is_decimal256(type) || type.id() == LogicalTypeId::BOOLEAN;
}

}  // namespace

LogicalType decimal_of(const LogicalType& integer) {
  switch (integer.id()) {
    case LogicalTypeId::BOOLEAN:
      return LogicalType::DECIMAL(1, 0);
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::UTINYINT:
      return LogicalType::DECIMAL(3, 0);
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::USMALLINT:
      return LogicalType::DECIMAL(5, 0);
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::UINTEGER:
      return LogicalType::DECIMAL(10, 0);
    case LogicalTypeId::BIGINT:
      return LogicalType::DECIMAL(19, 0);
    case LogicalTypeId::UBIGINT:
      return LogicalType::DECIMAL(20, 0);
    default:
      return LogicalType::DECIMAL(38, 0);
  }
}

BoundPtr convert(duckdb::ClientContext& context, BoundPtr value, const LogicalType& target) {
  const LogicalType from = value->return_type;
  if (from.id() == LogicalTypeId::UNKNOWN) throw duckdb::ParameterNotResolvedException();
  if (from == target) return value;
  if (is_decimalv2(from)) return convert(context, plain_decimal(std::move(value)), target);
  if (from.id() == LogicalTypeId::SQLNULL) return native_cast(context, std::move(value), target);
  if (is_decimal256(from) || is_decimal256(target)) return convert_decimal256(context, std::move(value), target);
  if (is_object(from) || is_object(target)) {
    if (is_object(target) && from.id() == LogicalTypeId::BLOB && !from.HasAlias()) {
      return native_cast(context, std::move(value), target);
    }
    throw duckdb::BinderException("%s cannot be converted to %s", duckdb::StringUtil::Upper(type_name(from)),
                                  duckdb::StringUtil::Upper(type_name(target)));
  }
  if (target.id() == LogicalTypeId::LIST || target.id() == LogicalTypeId::MAP || target.id() == LogicalTypeId::STRUCT) {
    return convert_to_nested(context, std::move(value), target);
  }
  if (is_json(from) && !is_json(target)) {
    return from_json(context, std::move(value), target);
  }
  if (is_integer(target)) return to_integer_value(context, std::move(value), target);
  switch (target.id()) {
    case LogicalTypeId::BOOLEAN:
      if (is_text(from)) return converted_by(context, "text_to_boolean", std::move(value), target, run_text_to_boolean);
      return native_cast(context, std::move(value), target);
    case LogicalTypeId::FLOAT:
    case LogicalTypeId::DOUBLE:
      if (is_text(from)) {
        const bool single = target.id() == LogicalTypeId::FLOAT;
        return converted_by(context, "text_to_float", std::move(value), target,
                            single ? run_text_to_float<float> : run_text_to_float<double>);
      }
      if (is_moment(from)) value = to_integer_value(context, std::move(value), LogicalType::BIGINT);
      return native_cast(context, std::move(value), target);
    case LogicalTypeId::DECIMAL:
      if (is_text(from)) return text_as_decimal(context, std::move(value), target);
      // The kernel's makes 0.1 of true in a DECIMAL(1, 1).
      if (from.id() == LogicalTypeId::BOOLEAN) value = native_cast(context, std::move(value), LogicalType::TINYINT);
      if (is_moment(from)) value = to_integer_value(context, std::move(value), LogicalType::BIGINT);
      return native_cast(context, std::move(value), target);
    case LogicalTypeId::INTERVAL:
      return to_time(context, std::move(value));
    case LogicalTypeId::DATE:
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_SEC:
    case LogicalTypeId::TIMESTAMP_MS:
      return to_moment(context, std::move(value), target);
    case LogicalTypeId::TIME:
      if (is_text(from)) return converted_by(context, "text_to_time", std::move(value), target, run_text_to_time);
      return native_cast(context, std::move(value), target);
    case LogicalTypeId::VARCHAR:
      if (target.IsJSONType()) return to_json(context, std::move(value));
      return to_text(context, std::move(value));
    default:
      return native_cast(context, std::move(value), target);
  }
}

std::optional<duckdb::Value> constant_of(duckdb::ClientContext& context, const duckdb::Expression& expression) {
  if (!expression.IsFoldable()) return std::nullopt;
  duckdb::Value value;
  if (!duckdb::ExpressionExecutor::TryEvaluateScalar(context, expression, value)) return std::nullopt;
  return value;
}

std::optional<uint32_t> implicit_cost(const duckdb::Expression& argument, const LogicalType& wanted) {
  const LogicalType& from = argument.return_type;
  if (wanted.id() == LogicalTypeId::ANY || from == wanted) return 0;
  if (from.id() == LogicalTypeId::SQLNULL) return 1;
  const bool open = !wanted.AuxInfo() || wanted.id() == LogicalTypeId::DECIMAL;
  if (wanted.id() == from.id() && wanted.IsNested()) {
    if (open) return 0;
    return 2;
  }
  if (is_object(from) || is_object(wanted)) return std::nullopt;
  if (is_decimal256(from)) {
    return wanted.id() == LogicalTypeId::DOUBLE ? 12 : is_text(wanted) ? 55 : is_number(wanted) ? 62 : 80;
  }
  if (from.IsNested()) {
    return is_text(wanted) ? std::optional<uint32_t>(90) : std::nullopt;
  }
  if (wanted.IsNested()) return is_text(from) ? std::optional<uint32_t>(95) : std::nullopt;
  if (from.id() == LogicalTypeId::DECIMAL && wanted.id() == LogicalTypeId::DECIMAL) return 1;
  if (is_ipv4(from) && is_ipv6(wanted)) return 3;
  const bool from_integer = is_integer(from) || from.id() == LogicalTypeId::BOOLEAN;
  if (from_integer && is_integer(wanted)) {
    const int distance = integer_rank(wanted) - integer_rank(from);
    return distance >= 0 ? 2 + distance : 60 - distance;
  }
  if (from_integer && wanted.id() == LogicalTypeId::DECIMAL) return 15;
  if (from_integer && wanted.id() == LogicalTypeId::DOUBLE) return 20;
  if (from_integer && wanted.id() == LogicalTypeId::FLOAT) return 22;
  if (from.id() == LogicalTypeId::DECIMAL && wanted.id() == LogicalTypeId::DOUBLE) return 12;
  if (from.id() == LogicalTypeId::DECIMAL && wanted.id() == LogicalTypeId::FLOAT) return 14;
  if (from.id() == LogicalTypeId::DECIMAL && is_integer(wanted)) return 62;
  if (from.id() == LogicalTypeId::FLOAT && wanted.id() == LogicalTypeId::DOUBLE) return 2;
  if (from.id() == LogicalTypeId::DOUBLE && wanted.id() == LogicalTypeId::FLOAT) return 64;
  if ((from.id() == LogicalTypeId::DOUBLE || from.id() == LogicalTypeId::FLOAT) &&
      (is_integer(wanted) || wanted.id() == LogicalTypeId::DECIMAL)) {
    return wanted.id() == LogicalTypeId::DECIMAL ? 65 : 66;
  }
  if (is_moment(from) && is_moment(wanted)) return wanted.id() == LogicalTypeId::DATE ? 10 : 3;
  if (is_text(from)) {
    if (wanted.id() == LogicalTypeId::TIMESTAMP) return 40;
    if (wanted.id() == LogicalTypeId::DATE) return 41;
    if (wanted.id() == LogicalTypeId::DOUBLE) return 42;
    return 50;
  }
  if (is_text(wanted)) return 55;
  if (wanted.id() == LogicalTypeId::BOOLEAN && numeric(from)) return 58;
  if (is_number(from) && is_moment(wanted)) return 70;
  if (is_moment(from) && is_number(wanted)) return 72;
  if (is_json(from) || is_json(wanted)) return 74;
  return std::nullopt;
}

BoundPtr convert_argument(duckdb::ClientContext& context, BoundPtr argument, const LogicalType& wanted) {
  const LogicalType from = argument->return_type;
  if (wanted.id() == LogicalTypeId::ANY) return argument;
  const bool open = !wanted.AuxInfo();
  if (open && wanted.id() == LogicalTypeId::DECIMAL) {
    if (from.id() == LogicalTypeId::DECIMAL) return argument;
    const bool whole = is_integer(from) || from.id() == LogicalTypeId::BOOLEAN;
    return convert(context, std::move(argument), whole ? decimal_of(from) : LogicalType::DECIMAL(38, 9));
  }
  if (open && wanted.IsNested()) {
    if (from.id() == wanted.id()) return argument;
    if (from.id() == LogicalTypeId::SQLNULL && wanted.id() == LogicalTypeId::LIST) {
      return convert(context, std::move(argument), LogicalType::LIST(LogicalType::SQLNULL));
    }
    if (wanted.id() == LogicalTypeId::LIST) {
      return convert(context, std::move(argument), LogicalType::LIST(LogicalType::VARCHAR));
    }
    throw duckdb::BinderException("A %s is wanted, not %s", duckdb::StringUtil::Upper(wanted.ToString()),
                                  duckdb::StringUtil::Upper(type_name(from)));
  }
  return convert(context, std::move(argument), wanted);
}

LogicalType common_type(const LogicalType& left, const LogicalType& right) {
  if (left == right) return left;
  if (left.id() == LogicalTypeId::SQLNULL) return right;
  if (right.id() == LogicalTypeId::SQLNULL) return left;
  if (numeric(left) && numeric(right)) return common_number(left, right);
  if (is_moment(left) && is_moment(right)) return LogicalType::TIMESTAMP;
  if (left.id() == LogicalTypeId::LIST && right.id() == LogicalTypeId::LIST) {
    return LogicalType::LIST(common_type(duckdb::ListType::GetChildType(left), duckdb::ListType::GetChildType(right)));
  }
  if (left.id() == LogicalTypeId::MAP && right.id() == LogicalTypeId::MAP) {
    return LogicalType::MAP(common_type(duckdb::MapType::KeyType(left), duckdb::MapType::KeyType(right)),
                            common_type(duckdb::MapType::ValueType(left), duckdb::MapType::ValueType(right)));
  }
  if (left.id() == LogicalTypeId::STRUCT && right.id() == LogicalTypeId::STRUCT) {
    const auto& left_fields = duckdb::StructType::GetChildTypes(left);
    const auto& right_fields = duckdb::StructType::GetChildTypes(right);
    if (left_fields.size() == right_fields.size()) {
      duckdb::child_list_t<LogicalType> fields;
      for (size_t i = 0; i < left_fields.size(); ++i) {
        fields.emplace_back(left_fields[i].first, common_type(left_fields[i].second, right_fields[i].second));
      }
      return LogicalType::STRUCT(std::move(fields));
    }
  }
  if (is_json(left) && is_json(right)) return left;
  return LogicalType::VARCHAR;
}

LogicalType comparison_type(const LogicalType& left, const LogicalType& right) {
  if (left == right) return left;
  // The side that has a collation.
  if (is_text(left) && is_text(right)) return duckdb::StringType::GetCollation(left).empty() ? right : left;
  if (left.id() == LogicalTypeId::SQLNULL) return right;
  if (right.id() == LogicalTypeId::SQLNULL) return left;
  if (numeric(left) && numeric(right)) return common_number(left, right);
  if (is_text(left) && numeric(right)) return LogicalType::DOUBLE;
  if (is_text(right) && numeric(left)) return LogicalType::DOUBLE;
  if (is_json(left) && numeric(right)) return right.id() == LogicalTypeId::BOOLEAN ? right : LogicalType::DOUBLE;
  if (is_json(right) && numeric(left)) return left.id() == LogicalTypeId::BOOLEAN ? left : LogicalType::DOUBLE;
  if (is_json(left) && is_moment(right)) return right;
  if (is_json(right) && is_moment(left)) return left;
  const auto with_moment = [](const LogicalType& moment, const LogicalType& other) {
    return is_moment(moment) && (is_text(other) || numeric(other));
  };
  if (with_moment(left, right) || with_moment(right, left)) return LogicalType::TIMESTAMP;
  if (is_text(left) && is_time(right)) return right;
  if (is_text(right) && is_time(left)) return left;
  if (is_time(left) && is_time(right)) return LogicalType::INTERVAL;
  if (is_ipv6(left) || is_ipv6(right)) return ipv6_type();
  if (is_ipv4(left) || is_ipv4(right)) return ipv4_type();
  return common_type(left, right);
}

}  // namespace sluice::functions
