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
#include "functions/session_zone.h"
#include "functions/sized_conversion.h"
#include "functions/text_to_value.h"
#include "functions/type_coercion.h"
#include "functions/type_names.h"
#include "functions/types.h"
#include "functions/unary_rows.h"
#include "functions/value_text.h"

namespace sluice::functions {
namespace {

using duckdb::DataChunk;
using duckdb::ExpressionState;
using duckdb::string_t;
using duckdb::UnaryExecutor;
using duckdb::Vector;

template <typename To>
std::optional<To> in_range(const duckdb::hugeint_t& value) {
  To result{};
  if (!duckdb::Hugeint::TryCast(value, result)) return std::nullopt;
  return result;
}

template <typename To>
void run_text_to_integer(DataChunk& input, ExpressionState&, Vector& result) {
  run_unary<string_t, To>(input, result, [](const string_t& text) -> std::optional<To> {
    auto value = text_to_integer(view(text));
    return value ? in_range<To>(*value) : std::nullopt;
  });
}

template <typename From, typename To>
void run_float_to_integer(DataChunk& input, ExpressionState&, Vector& result) {
  run_unary<From, To>(input, result, [](From number) -> std::optional<To> {
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
  run_unary<string_t, bool>(input, result, [](const string_t& text) { return text_to_boolean(view(text)); });
}

template <typename To>
void run_text_to_float(DataChunk& input, ExpressionState&, Vector& result) {
  run_unary<string_t, To>(input, result, [](const string_t& text) -> std::optional<To> {
    auto value = text_to_double(view(text));
    if (!value) return std::nullopt;
    return static_cast<To>(*value);
  });
}

std::optional<duckdb::timestamp_t> timestamp_of(const std::optional<Moment>& moment) {
  if (!moment) return std::nullopt;
  return duckdb::timestamp_t(moment->micros);
}
std::optional<duckdb::date_t> date_of(const std::optional<Moment>& moment) {
  const auto timestamp = timestamp_of(moment);
  if (!timestamp) return std::nullopt;
  return duckdb::Timestamp::GetDate(*timestamp);
}

// Of what is written with a zone the local time of the session.
std::optional<Moment> local_moment(const string_t& text, SessionZone& zone) {
  auto moment = text_to_moment(view(text));
  if (moment) moment->micros = zone.local(*moment);
  return moment;
}
void run_text_to_date(DataChunk& input, ExpressionState& state, Vector& result) {
  SessionZone zone(state.GetContext());
  run_unary<string_t, duckdb::date_t>(input, result,
                                      [&](const string_t& text) { return date_of(local_moment(text, zone)); });
}
void run_text_to_timestamp(DataChunk& input, ExpressionState& state, Vector& result) {
  SessionZone zone(state.GetContext());
  run_unary<string_t, duckdb::timestamp_t>(
      input, result, [&](const string_t& text) { return timestamp_of(local_moment(text, zone)); });
}
void run_text_to_time(DataChunk& input, ExpressionState&, Vector& result) {
  run_unary<string_t, duckdb::dtime_t>(input, result, [](const string_t& text) -> std::optional<duckdb::dtime_t> {
    auto micros = text_to_time(view(text));
    constexpr int64_t kDay = 86'400'000'000;
    if (!micros || *micros < 0 || *micros >= kDay) return std::nullopt;
    return duckdb::dtime_t(*micros);
  });
}
void run_integer_to_date(DataChunk& input, ExpressionState&, Vector& result) {
  run_unary<int64_t, duckdb::date_t>(input, result, [](int64_t number) { return date_of(integer_to_moment(number)); });
}
void run_integer_to_timestamp(DataChunk& input, ExpressionState&, Vector& result) {
  run_unary<int64_t, duckdb::timestamp_t>(input, result,
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
  run_unary<duckdb::date_t, int64_t>(input, result, [](duckdb::date_t date) -> std::optional<int64_t> {
    if (!duckdb::Date::IsFinite(date)) return std::nullopt;
    return date_digits(date);
  });
}
void run_timestamp_to_integer(DataChunk& input, ExpressionState&, Vector& result) {
  run_unary<duckdb::timestamp_t, int64_t>(input, result, [](duckdb::timestamp_t at) -> std::optional<int64_t> {
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
      return converted_by(context, kShortMomentText, std::move(value), LogicalType::VARCHAR, run_timestamp_to_text);
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
    value =
        converted_by(context, kTextToMoment, std::move(value), made, date ? run_text_to_date : run_text_to_timestamp);
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

}  // namespace

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

}  // namespace sluice::functions
