// SPDX-License-Identifier: Apache-2.0
#include "door/mysql/parameters.h"

#include "duckdb/common/types/decimal.hpp"
#include "duckdb/common/types/time.hpp"

namespace sluice::door::mysql {
namespace {

using duckdb::LogicalType;
using duckdb::Value;

Error wrong_arguments() {
  return sql_error(Code::kInvalidArgument, 1210, "Incorrect arguments to mysqld_stmt_execute");
}

// Clients send text and bytes under the same types (and streams of both as BLOB), so the bytes decide.
Value text_or_bytes(std::string_view bytes) {
  if (Value::StringIsValid(bytes.data(), bytes.size())) return Value(std::string(bytes));
  return Value::BLOB(duckdb::const_data_ptr_cast(bytes.data()), bytes.size());
}

// "-123.45" as DECIMAL(5,2); what has more than 38 digits or an exponent as text, which the kernel casts.
Value decimal(std::string_view text) {
  constexpr int kMaxDigits = duckdb::Decimal::MAX_WIDTH_DECIMAL;
  __int128 number = 0;
  int digits = 0, scale = 0;
  bool negative = false, point = false, plain = !text.empty();
  for (size_t i = 0; i < text.size() && plain; ++i) {
    char c = text[i];
    if (i == 0 && (c == '-' || c == '+')) {
      negative = c == '-';
    } else if (c == '.' && !point) {
      point = true;
    } else if (c >= '0' && c <= '9' && digits < kMaxDigits) {
      number = number * 10 + (c - '0');
      if (number != 0 || point) ++digits;
      scale += point;
    } else {
      plain = false;
    }
  }
  if (!plain) return text_or_bytes(text);
  if (negative) number = -number;
  uint8_t width = static_cast<uint8_t>(digits == 0 ? 1 : digits);
  if (width <= duckdb::Decimal::MAX_WIDTH_INT64) {
    return Value::DECIMAL(static_cast<int64_t>(number), width, static_cast<uint8_t>(scale));
  }
  duckdb::hugeint_t huge;
  huge.lower = static_cast<uint64_t>(number);
  huge.upper = static_cast<int64_t>(number >> 64);
  return Value::DECIMAL(huge, width, static_cast<uint8_t>(scale));
}

// Four date bytes, then optionally clock and microseconds: lengths 0, 4, 7, 11.
Result<Value> date_or_timestamp(PayloadReader& in, bool date_only) {
  uint8_t length = in.u8();
  if (length != 0 && length != 4 && length != 7 && length != 11) return fail(wrong_arguments());
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  uint32_t micros = 0;
  if (length >= 4) {
    year = in.u16_le();
    month = in.u8();
    day = in.u8();
  }
  if (length >= 7) {
    hour = in.u8();
    minute = in.u8();
    second = in.u8();
  }
  if (length >= 11) micros = in.u32_le();
  if (!in.ok()) return fail(wrong_arguments());
  bool clock_ok = hour < 24 && minute < 60 && second < 60 && micros < 1'000'000;
  if (!duckdb::Date::IsValid(year, month, day) || !clock_ok) {
    return fail(sql_error(Code::kInvalidArgument, 1292, "Incorrect datetime value of a parameter"));
  }
  duckdb::date_t date = duckdb::Date::FromDate(year, month, day);
  if (date_only) return Value::DATE(date);
  auto time = duckdb::Time::FromTime(hour, minute, second, static_cast<int32_t>(micros));
  return Value::TIMESTAMP(duckdb::Timestamp::FromDatetime(date, time));
}

// Sign, days, clock and microseconds: lengths 0, 8, 12. Times outside one day become intervals.
Result<Value> time_of_day(PayloadReader& in) {
  constexpr int64_t kMicrosPerDay = 86'400'000'000;
  uint8_t length = in.u8();
  if (length != 0 && length != 8 && length != 12) return fail(wrong_arguments());
  int64_t micros = 0;
  bool negative = false;
  if (length >= 8) {
    negative = in.u8() != 0;
    int64_t days = in.u32_le();
    int64_t hour = in.u8(), minute = in.u8(), second = in.u8();
    if (days > 365'000 || hour > 23 || minute > 59 || second > 59) {
      return fail(sql_error(Code::kInvalidArgument, 1292, "Incorrect time value of a parameter"));
    }
    micros = days * kMicrosPerDay + (hour * 3600 + minute * 60 + second) * 1'000'000;
  }
  if (length >= 12) micros += in.u32_le() % 1'000'000;
  if (!in.ok()) return fail(wrong_arguments());
  if (!negative && micros < kMicrosPerDay) return Value::TIME(duckdb::dtime_t(micros));
  duckdb::interval_t interval;
  interval.months = 0;
  interval.days = 0;
  interval.micros = negative ? -micros : micros;
  return Value::INTERVAL(interval);
}

Value bit_field(std::string_view bytes) {
  if (bytes.size() > 8) return text_or_bytes(bytes);
  uint64_t number = 0;
  for (char byte : bytes) number = number << 8 | static_cast<uint8_t>(byte);
  return Value::UBIGINT(number);
}

Result<Value> parse_value(PayloadReader& in, ParameterType type) {
  bool is_unsigned = type.is_unsigned;
  switch (type.type) {
    case FieldType::kNull:
      return Value(LogicalType::SQLNULL);
    case FieldType::kTiny:
      return is_unsigned ? Value::UTINYINT(in.u8()) : Value::TINYINT(in.i8());
    case FieldType::kShort:
    case FieldType::kYear:
      return is_unsigned ? Value::USMALLINT(in.u16_le()) : Value::SMALLINT(in.i16_le());
    case FieldType::kInt24:
    case FieldType::kLong:
      return is_unsigned ? Value::UINTEGER(in.u32_le()) : Value::INTEGER(in.i32_le());
    case FieldType::kLongLong:
      return is_unsigned ? Value::UBIGINT(in.u64_le()) : Value::BIGINT(in.i64_le());
    case FieldType::kFloat:
      return Value::FLOAT(in.f32_le());
    case FieldType::kDouble:
      return Value::DOUBLE(in.f64_le());
    case FieldType::kDate:
      return date_or_timestamp(in, true);
    case FieldType::kDateTime:
    case FieldType::kTimestamp:
      return date_or_timestamp(in, false);
    case FieldType::kTime:
      return time_of_day(in);
    case FieldType::kDecimal:
    case FieldType::kNewDecimal:
      return decimal(in.lenenc_text());
    case FieldType::kBit:
      return bit_field(in.lenenc_text());
    case FieldType::kVarchar:
    case FieldType::kVarString:
    case FieldType::kString:
    case FieldType::kEnum:
    case FieldType::kSet:
    case FieldType::kJson:
    case FieldType::kTinyBlob:
    case FieldType::kMediumBlob:
    case FieldType::kLongBlob:
    case FieldType::kBlob:
    case FieldType::kGeometry:
      return text_or_bytes(in.lenenc_text());
  }
  return fail(wrong_arguments());
}

}  // namespace

Result<std::vector<Value>> parse_parameters(PayloadReader& in, uint16_t count, std::vector<ParameterType>& types,
                                            const LongData& long_data) {
  std::vector<Value> values;
  if (count == 0) return values;
  auto nulls = in.bytes((count + 7u) / 8);
  bool new_types = in.u8() != 0;
  if (!in.ok()) return fail(wrong_arguments());
  if (new_types) {
    constexpr uint16_t kUnsignedBit = 0x8000;
    std::vector<ParameterType> sent(count);
    for (auto& type : sent) {
      uint16_t code = in.u16_le();
      type = {static_cast<FieldType>(code & 0xFF), (code & kUnsignedBit) != 0};
    }
    if (!in.ok()) return fail(wrong_arguments());
    types = std::move(sent);
  }
  if (types.size() != count) return fail(wrong_arguments());
  values.reserve(count);
  for (uint16_t i = 0; i < count; ++i) {
    if (auto part = long_data.find(i); part != long_data.end()) {
      values.push_back(text_or_bytes(part->second));
    } else if (nulls[i / 8] >> (i % 8) & 1) {
      values.emplace_back(LogicalType::SQLNULL);
    } else {
      values.push_back(TRY(parse_value(in, types[i])));
      if (!in.ok()) return fail(wrong_arguments());
    }
  }
  return values;
}

}  // namespace sluice::door::mysql
