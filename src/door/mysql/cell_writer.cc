// SPDX-License-Identifier: Apache-2.0
#include "door/mysql/cell_writer.h"

#include <cmath>
#include <type_traits>

#include "base/text_format.h"
#include "door/mysql/nested_text.h"
#include "duckdb/common/types/uuid.hpp"
#include "functions/addresses.h"
#include "functions/decimal256.h"
#include "functions/types.h"

namespace sluice::door::mysql {
namespace {

using duckdb::idx_t;
using Id = duckdb::LogicalTypeId;

template <typename T>
const T& value_at(const CellSource& source, idx_t index) {
  return static_cast<const T*>(source.data)[index];
}

// Writes `text` behind a one-byte length: everything that is never longer than 250 bytes.
template <typename Format>
inline uint8_t* short_text(uint8_t* at, Format&& format) {
  uint8_t* end = format(at + 1);
  *at = static_cast<uint8_t>(end - at - 1);
  return end;
}

Int128 wide(const duckdb::hugeint_t& value) {
  return static_cast<Int128>(static_cast<UInt128>(static_cast<uint64_t>(value.upper)) << 64 | value.lower);
}

uint8_t* put_string(const duckdb::string_t& text, RowOutput& output, uint8_t* at) {
  size_t length = text.GetSize();
  if (length <= duckdb::string_t::INLINE_LENGTH) {  // the bound covers these twelve bytes
    *at = static_cast<uint8_t>(length);
    std::memcpy(at + 1, text.GetData(), duckdb::string_t::INLINE_LENGTH);
    return at + 1 + length;
  }
  at = output.need(at, length);
  at = PacketBuffer::put_lenenc(at, length);
  std::memcpy(at, text.GetData(), length);
  return at + length;
}

constexpr size_t kStringBound = 9 + duckdb::string_t::INLINE_LENGTH;

// ---- text ----

template <typename T>
uint8_t* text_signed(const CellSource& source, idx_t index, RowOutput&, uint8_t* at) {
  return short_text(at,
                    [&](uint8_t* out) { return format_signed(out, static_cast<int64_t>(value_at<T>(source, index))); });
}
template <typename T>
uint8_t* text_unsigned(const CellSource& source, idx_t index, RowOutput&, uint8_t* at) {
  return short_text(
      at, [&](uint8_t* out) { return format_unsigned(out, static_cast<uint64_t>(value_at<T>(source, index))); });
}
uint8_t* text_bool(const CellSource& source, idx_t index, RowOutput&, uint8_t* at) {
  at[0] = 1;
  at[1] = value_at<uint8_t>(source, index) ? '1' : '0';
  return at + 2;
}
uint8_t* text_hugeint(const CellSource& source, idx_t index, RowOutput&, uint8_t* at) {
  return short_text(at,
                    [&](uint8_t* out) { return format_signed(out, wide(value_at<duckdb::hugeint_t>(source, index))); });
}
uint8_t* text_uhugeint(const CellSource& source, idx_t index, RowOutput&, uint8_t* at) {
  const auto& value = value_at<duckdb::uhugeint_t>(source, index);
  UInt128 number = static_cast<UInt128>(value.upper) << 64 | value.lower;
  return short_text(at, [&](uint8_t* out) { return format_unsigned(out, number); });
}
template <typename T>
uint8_t* text_decimal(const CellSource& source, idx_t index, RowOutput&, uint8_t* at) {
  return short_text(at, [&](uint8_t* out) {
    return format_decimal(out, static_cast<int64_t>(value_at<T>(source, index)), source.scale);
  });
}
// A sign, a zero, a point, 76 digits.
constexpr size_t kMaxDecimal256Text = 79;
uint8_t* text_decimal256(const CellSource& source, idx_t index, RowOutput&, uint8_t* at) {
  const auto number = functions::decode_decimal256(value_at<duckdb::string_t>(source, index).GetData());
  const std::string text = functions::decimal256_text(number, source.scale);
  return short_text(at, [&](uint8_t* out) {
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
  });
}
uint8_t* text_decimal128(const CellSource& source, idx_t index, RowOutput&, uint8_t* at) {
  return short_text(at, [&](uint8_t* out) {
    return format_decimal(out, wide(value_at<duckdb::hugeint_t>(source, index)), source.scale);
  });
}
uint8_t* text_double(const CellSource& source, idx_t index, RowOutput&, uint8_t* at) {
  double value = value_at<double>(source, index);
  if (std::isnan(value)) return nullptr;
  return short_text(at, [&](uint8_t* out) { return format_double(out, value); });
}
uint8_t* text_float(const CellSource& source, idx_t index, RowOutput&, uint8_t* at) {
  float value = value_at<float>(source, index);
  if (std::isnan(value)) return nullptr;
  return short_text(at, [&](uint8_t* out) { return format_float(out, value); });
}
uint8_t* text_date(const CellSource& source, idx_t index, RowOutput&, uint8_t* at) {
  int32_t days = value_at<int32_t>(source, index);
  if (!duckdb::Date::IsFinite(duckdb::date_t(days))) return nullptr;
  return short_text(at, [&](uint8_t* out) { return format_date(out, days); });
}

// The unit that a timestamp type counts in.
enum class Unit : uint8_t { kSeconds, kMillis, kMicros, kNanos };

// False for infinite timestamps and those whose microseconds do not fit.
template <Unit unit>
bool timestamp_micros(int64_t value, int64_t& micros) {
  if (!duckdb::Timestamp::IsFinite(duckdb::timestamp_t(value))) return false;
  if constexpr (unit == Unit::kSeconds) return !__builtin_mul_overflow(value, 1'000'000, &micros);
  if constexpr (unit == Unit::kMillis) return !__builtin_mul_overflow(value, 1'000, &micros);
  if constexpr (unit == Unit::kNanos)
    micros = value / 1000 - (value % 1000 < 0);
  else
    micros = value;
  return true;
}
template <Unit unit>
uint8_t* text_timestamp(const CellSource& source, idx_t index, RowOutput&, uint8_t* at) {
  constexpr Fraction kFraction = unit == Unit::kSeconds  ? Fraction::kNone
                                 : unit == Unit::kMillis ? Fraction::kMillis
                                                         : Fraction::kMicrosIfAny;
  int64_t micros = 0;
  if (!timestamp_micros<unit>(value_at<int64_t>(source, index), micros)) return nullptr;
  return short_text(at, [&](uint8_t* out) { return format_timestamp(out, micros, kFraction); });
}
// With the digits of its column.
uint8_t* text_declared_timestamp(const CellSource& source, idx_t index, RowOutput&, uint8_t* at) {
  constexpr int kMostDigits = 6;
  int64_t micros = 0;
  if (!timestamp_micros<Unit::kMicros>(value_at<int64_t>(source, index), micros)) return nullptr;
  return short_text(at, [&](uint8_t* out) {
    if (source.scale == 0) return format_timestamp(out, micros, Fraction::kNone);
    return format_timestamp(out, micros, Fraction::kMicros) - (kMostDigits - source.scale);
  });
}
template <Unit unit>
uint8_t* text_time(const CellSource& source, idx_t index, RowOutput&, uint8_t* at) {
  int64_t micros = value_at<int64_t>(source, index) / (unit == Unit::kNanos ? 1000 : 1);
  return short_text(at, [&](uint8_t* out) { return format_time(out, micros, Fraction::kMicrosIfAny); });
}
uint8_t* text_string(const CellSource& source, idx_t index, RowOutput& output, uint8_t* at) {
  return put_string(value_at<duckdb::string_t>(source, index), output, at);
}
template <typename T>
uint8_t* text_enum(const CellSource& source, idx_t index, RowOutput& output, uint8_t* at) {
  return put_string(source.dictionary[value_at<T>(source, index)], output, at);
}
uint8_t* text_uuid(const CellSource& source, idx_t index, RowOutput&, uint8_t* at) {
  *at = duckdb::BaseUUID::STRING_SIZE;
  duckdb::BaseUUID::ToString(value_at<duckdb::hugeint_t>(source, index), reinterpret_cast<char*>(at + 1));
  return at + 1 + duckdb::BaseUUID::STRING_SIZE;
}
// Days beyond those of an int64 of microseconds do not fit a time either.
int64_t time_micros(const duckdb::interval_t& value) {
  constexpr int64_t kMicrosPerDay = 86'400'000'000;
  int64_t micros = 0;
  if (__builtin_mul_overflow(int64_t{value.days}, kMicrosPerDay, &micros) ||
      __builtin_add_overflow(micros, value.micros, &micros))
    return value.micros;
  return micros;
}
uint8_t* text_interval(const CellSource& source, idx_t index, RowOutput&, uint8_t* at) {
  const auto& value = value_at<duckdb::interval_t>(source, index);
  return short_text(at, [&](uint8_t* out) {
    if (value.months != 0) return format_interval(out, value.months, value.days, value.micros);
    return format_time(out, time_micros(value), Fraction::kMicrosIfAny);
  });
}
uint8_t* text_declared_interval(const CellSource& source, idx_t index, RowOutput& output, uint8_t* at) {
  constexpr int kMostDigits = 6;
  const auto& value = value_at<duckdb::interval_t>(source, index);
  if (value.months != 0) return text_interval(source, index, output, at);
  return short_text(at, [&](uint8_t* out) {
    if (source.scale == 0) return format_time(out, time_micros(value), Fraction::kNone);
    return format_time(out, time_micros(value), Fraction::kMicros) - (kMostDigits - source.scale);
  });
}
uint8_t* text_nested(const CellSource& source, idx_t index, RowOutput& output, uint8_t* at) {
  std::string_view text = source.nested->write(index);
  at = output.need(at, text.size());
  at = PacketBuffer::put_lenenc(at, text.size());
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}
// A column of the NULL type has no value that is not NULL.
uint8_t* always_null(const CellSource&, idx_t, RowOutput&, uint8_t*) { return nullptr; }

// ---- binary ----

template <typename From, typename To>
uint8_t* binary_fixed(const CellSource& source, idx_t index, RowOutput&, uint8_t* at) {
  To value = static_cast<To>(value_at<From>(source, index));
  if constexpr (std::is_floating_point_v<To>) {
    if (std::isnan(value)) return nullptr;
  }
  std::memcpy(at, &value, sizeof value);
  return at + sizeof value;
}
uint8_t* put_binary_date(uint8_t* at, const CivilDate& date) {
  uint16_t year = static_cast<uint16_t>(date.year);
  std::memcpy(at, &year, 2);
  at[2] = date.month;
  at[3] = date.day;
  return at + 4;
}
bool year_fits(const CivilDate& date) { return date.year >= 0 && date.year <= 0xFFFF; }

uint8_t* binary_date(const CellSource& source, idx_t index, RowOutput&, uint8_t* at) {
  int32_t days = value_at<int32_t>(source, index);
  CivilDate date = civil_date(days);
  if (!duckdb::Date::IsFinite(duckdb::date_t(days)) || !year_fits(date)) return nullptr;
  *at = 4;
  return put_binary_date(at + 1, date);
}
// Hours, minutes, seconds and, when not zero, microseconds of a day.
uint8_t* put_binary_clock(uint8_t* at, int64_t micros) {
  uint32_t part = static_cast<uint32_t>(micros % 1'000'000);
  int64_t seconds = micros / 1'000'000;
  at[0] = static_cast<uint8_t>(seconds / 3600);
  at[1] = static_cast<uint8_t>(seconds / 60 % 60);
  at[2] = static_cast<uint8_t>(seconds % 60);
  if (part == 0) return at + 3;
  std::memcpy(at + 3, &part, 4);
  return at + 7;
}
template <Unit unit>
uint8_t* binary_timestamp(const CellSource& source, idx_t index, RowOutput&, uint8_t* at) {
  constexpr int64_t kMicrosPerDay = 86'400'000'000;
  int64_t micros = 0;
  if (!timestamp_micros<unit>(value_at<int64_t>(source, index), micros)) return nullptr;
  int64_t days = micros / kMicrosPerDay - (micros % kMicrosPerDay < 0);
  CivilDate date = civil_date(static_cast<int32_t>(days));
  if (!year_fits(date)) return nullptr;
  int64_t rest = micros - days * kMicrosPerDay;
  uint8_t* end = put_binary_date(at + 1, date);
  if (rest != 0) end = put_binary_clock(end, rest);
  *at = static_cast<uint8_t>(end - at - 1);
  return end;
}
uint8_t* put_binary_time(uint8_t* at, int64_t micros) {
  if (micros == 0) {
    *at = 0;
    return at + 1;
  }
  bool negative = micros < 0;
  uint64_t magnitude = negative ? 0 - static_cast<uint64_t>(micros) : static_cast<uint64_t>(micros);
  uint32_t days = static_cast<uint32_t>(magnitude / 86'400'000'000);
  at[1] = negative;
  std::memcpy(at + 2, &days, 4);
  uint8_t* end = put_binary_clock(at + 6, static_cast<int64_t>(magnitude % 86'400'000'000));
  *at = static_cast<uint8_t>(end - at - 1);
  return end;
}
template <Unit unit>
uint8_t* binary_time(const CellSource& source, idx_t index, RowOutput&, uint8_t* at) {
  return put_binary_time(at, value_at<int64_t>(source, index) / (unit == Unit::kNanos ? 1000 : 1));
}
// Months are no time; what has them is rare enough to count as 30 days each.
uint8_t* binary_interval(const CellSource& source, idx_t index, RowOutput&, uint8_t* at) {
  duckdb::interval_t value = value_at<duckdb::interval_t>(source, index);
  constexpr int32_t kDaysPerMonth = 30;
  int32_t days = 0;
  if (__builtin_mul_overflow(value.months, kDaysPerMonth, &days) ||
      __builtin_add_overflow(value.days, days, &value.days))
    return nullptr;
  return put_binary_time(at, time_micros(value));
}

// Internet addresses, which are numbers to the kernel.
constexpr size_t kAddressBound = 1 + 45;
template <typename T, std::string (*text_of)(T)>
uint8_t* text_address(const CellSource& source, idx_t index, RowOutput&, uint8_t* at) {
  return short_text(at, [&](uint8_t* out) {
    const std::string text = text_of(value_at<std::remove_cvref_t<T>>(source, index));
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
  });
}
constexpr auto kTextIpv4 = text_address<uint32_t, functions::ipv4_text>;
constexpr auto kTextIpv6 = text_address<const duckdb::uhugeint_t&, functions::ipv6_text>;

CellPlan text_plan(const duckdb::LogicalType& type) {
  constexpr size_t kInt = 1 + kMaxInt64Text;
  if (functions::is_ipv4(type)) return {kTextIpv4, kAddressBound};
  if (functions::is_ipv6(type)) return {kTextIpv6, kAddressBound};
  switch (type.id()) {
    case Id::SQLNULL:
      return {always_null, 1};
    case Id::BOOLEAN:
      return {text_bool, 2};
    case Id::TINYINT:
      return {text_signed<int8_t>, kInt};
    case Id::SMALLINT:
      return {text_signed<int16_t>, kInt};
    case Id::INTEGER:
      return {text_signed<int32_t>, kInt};
    case Id::BIGINT:
      return {text_signed<int64_t>, kInt};
    case Id::UTINYINT:
      return {text_unsigned<uint8_t>, kInt};
    case Id::USMALLINT:
      return {text_unsigned<uint16_t>, kInt};
    case Id::UINTEGER:
      return {text_unsigned<uint32_t>, kInt};
    case Id::UBIGINT:
      return {text_unsigned<uint64_t>, kInt};
    case Id::HUGEINT:
      return {text_hugeint, 1 + kMaxInt128Text};
    case Id::UHUGEINT:
      return {text_uhugeint, 1 + kMaxInt128Text};
    case Id::FLOAT:
      return {text_float, 1 + kMaxDoubleText};
    case Id::DOUBLE:
      return {text_double, 1 + kMaxDoubleText};
    case Id::DECIMAL:
      switch (type.InternalType()) {
        case duckdb::PhysicalType::INT16:
          return {text_decimal<int16_t>, 1 + kMaxDecimalText};
        case duckdb::PhysicalType::INT32:
          return {text_decimal<int32_t>, 1 + kMaxDecimalText};
        case duckdb::PhysicalType::INT64:
          return {text_decimal<int64_t>, 1 + kMaxDecimalText};
        default:
          return {text_decimal128, 1 + kMaxDecimalText};
      }
    case Id::DATE:
      return {text_date, 1 + kMaxDateText};
    case Id::TIMESTAMP_SEC:
      return {text_timestamp<Unit::kSeconds>, 1 + kMaxTimestampText};
    case Id::TIMESTAMP_MS:
      return {text_timestamp<Unit::kMillis>, 1 + kMaxTimestampText};
    case Id::TIMESTAMP:
    case Id::TIMESTAMP_TZ:
      return {text_timestamp<Unit::kMicros>, 1 + kMaxTimestampText};
    case Id::TIMESTAMP_NS:
      return {text_timestamp<Unit::kNanos>, 1 + kMaxTimestampText};
    case Id::TIME:
      return {text_time<Unit::kMicros>, 1 + kMaxTimeText};
    case Id::TIME_NS:
      return {text_time<Unit::kNanos>, 1 + kMaxTimeText};
    case Id::BLOB:
      if (functions::is_decimal256(type)) return {text_decimal256, 1 + kMaxDecimal256Text};
      [[fallthrough]];
    case Id::CHAR:
    case Id::VARCHAR:
      return {text_string, kStringBound};
    case Id::UUID:
      return {text_uuid, 1 + duckdb::BaseUUID::STRING_SIZE};
    case Id::INTERVAL:
      return {text_interval, 1 + kMaxIntervalText};
    case Id::ENUM:
      switch (type.InternalType()) {
        case duckdb::PhysicalType::UINT8:
          return {text_enum<uint8_t>, kStringBound};
        case duckdb::PhysicalType::UINT16:
          return {text_enum<uint16_t>, kStringBound};
        default:
          return {text_enum<uint32_t>, kStringBound};
      }
    case Id::LIST:
    case Id::ARRAY:
    case Id::MAP:
    case Id::STRUCT:
      if (NestedText::supports(type)) return {text_nested, 9, false, true};
      break;
    default:
      break;
  }
  return {text_string, kStringBound, true};
}

}  // namespace

uint8_t* RowOutput::grow(uint8_t* at, size_t count) {
  buffer.advance_to(at);
  uint8_t* moved = buffer.tail(count + row_bound);
  end = buffer.data() + buffer.capacity();
  return moved;
}

CellPlan plan_cell(const duckdb::LogicalType& type, RowFormat format) {
  // Doris sends no BITMAP, HLL, QUANTILE_STATE, AGG_STATE.
  if (functions::is_object(type)) return {always_null, 1};
  if (format == RowFormat::kText || functions::is_ipv4(type) || functions::is_ipv6(type)) return text_plan(type);
  switch (type.id()) {
    case Id::BOOLEAN:
      return {binary_fixed<uint8_t, uint8_t>, 1};
    case Id::TINYINT:
      return {binary_fixed<int8_t, int8_t>, 1};
    case Id::SMALLINT:
      return {binary_fixed<int16_t, int16_t>, 2};
    case Id::INTEGER:
      return {binary_fixed<int32_t, int32_t>, 4};
    case Id::BIGINT:
      return {binary_fixed<int64_t, int64_t>, 8};
    case Id::UTINYINT:
      return {binary_fixed<uint8_t, int16_t>, 2};
    case Id::USMALLINT:
      return {binary_fixed<uint16_t, int32_t>, 4};
    case Id::UINTEGER:
      return {binary_fixed<uint32_t, int64_t>, 8};
    case Id::UBIGINT:
      return {binary_fixed<uint64_t, uint64_t>, 8};
    case Id::FLOAT:
      return {binary_fixed<float, float>, 4};
    case Id::DOUBLE:
      return {binary_fixed<double, double>, 8};
    case Id::DATE:
      return {binary_date, 5};
    case Id::TIMESTAMP_SEC:
      return {binary_timestamp<Unit::kSeconds>, 12};
    case Id::TIMESTAMP_MS:
      return {binary_timestamp<Unit::kMillis>, 12};
    case Id::TIMESTAMP:
    case Id::TIMESTAMP_TZ:
      return {binary_timestamp<Unit::kMicros>, 12};
    case Id::TIMESTAMP_NS:
      return {binary_timestamp<Unit::kNanos>, 12};
    case Id::TIME:
      return {binary_time<Unit::kMicros>, 13};
    case Id::TIME_NS:
      return {binary_time<Unit::kNanos>, 13};
    case Id::INTERVAL:
      return {binary_interval, 13};
    default:
      return text_plan(type);  // length-encoded text, as in text rows
  }
}

void describe_source(const duckdb::LogicalType& type, CellSource& source) {
  if (functions::is_decimal(type)) source.scale = functions::decimal_scale(type);
  if (type.id() == Id::ENUM) {
    source.dictionary = duckdb::FlatVector::GetData<duckdb::string_t>(duckdb::EnumType::GetValuesInsertOrder(type));
  }
}

void describe_digits(uint8_t digits, RowFormat format, CellPlan& plan, CellSource& source) {
  source.scale = digits;
  if (format != RowFormat::kText) return;
  plan.write = plan.write == text_interval ? text_declared_interval : text_declared_timestamp;
}

}  // namespace sluice::door::mysql
