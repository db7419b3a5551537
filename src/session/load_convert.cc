// SPDX-License-Identifier: Apache-2.0
#include "session/load_convert.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "duckdb/common/operator/cast_operators.hpp"
#include "duckdb/common/types/date.hpp"
#include "duckdb/common/types/timestamp.hpp"
#include "duckdb/common/vector_operations/vector_operations.hpp"
#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "functions/conversion.h"
#include "functions/session_zone.h"
#include "functions/type_names.h"
#include "functions/types.h"

namespace sluice::session {
namespace {

using duckdb::FlatVector;
using duckdb::LogicalTypeId;
using duckdb::string_t;

constexpr int64_t kPowersOfTen[] = {1,
                                    10,
                                    100,
                                    1000,
                                    10000,
                                    100000,
                                    1000000,
                                    10000000,
                                    100000000,
                                    1000000000,
                                    10000000000,
                                    100000000000,
                                    1000000000000,
                                    10000000000000,
                                    100000000000000,
                                    1000000000000000,
                                    10000000000000000,
                                    100000000000000000,
                                    1000000000000000000};

// Up to 18 digits with an optional minus; false for everything else.
inline bool parse_plain_integer(const char* p, uint32_t size, int64_t& result) {
  const char* const end = p + size;
  const bool negative = p < end && *p == '-';
  if (negative) ++p;
  if (p == end || end - p > 18) return false;
  uint64_t value = 0;
  for (; p < end; ++p) {
    const unsigned digit = static_cast<unsigned char>(*p) - '0';
    if (digit > 9) return false;
    value = value * 10 + digit;
  }
  result = negative ? -static_cast<int64_t>(value) : static_cast<int64_t>(value);
  return true;
}

// Digits with an optional minus and point, at most 18 digits once scaled.
inline bool parse_plain_decimal(const char* p, uint32_t size, unsigned scale, int64_t& result) {
  const char* const end = p + size;
  const bool negative = p < end && *p == '-';
  if (negative) ++p;
  if (end - p > 19 || p == end) return false;
  uint64_t value = 0;
  unsigned digits = 0;
  for (; p < end; ++p, ++digits) {
    const unsigned digit = static_cast<unsigned char>(*p) - '0';
    if (digit > 9) break;
    value = value * 10 + digit;
  }
  unsigned fraction = 0;
  if (p < end) {
    if (*p != '.') return false;
    for (++p; p < end; ++p, ++fraction) {
      const unsigned digit = static_cast<unsigned char>(*p) - '0';
      if (digit > 9) return false;
      value = value * 10 + digit;
    }
  }
  if (digits + fraction == 0 || fraction > scale || digits + scale > 18) return false;
  value *= static_cast<uint64_t>(kPowersOfTen[scale - fraction]);
  result = negative ? -static_cast<int64_t>(value) : static_cast<int64_t>(value);
  return true;
}

inline bool two_digits(const char* p, int32_t& result) {
  const unsigned tens = static_cast<unsigned char>(p[0]) - '0';
  const unsigned ones = static_cast<unsigned char>(p[1]) - '0';
  result = static_cast<int32_t>(tens * 10 + ones);
  return tens <= 9 && ones <= 9;
}

// Days since 1970-01-01 of a date of the proleptic Gregorian calendar; years 0 to 9999.
inline int32_t days_of(int32_t year, int32_t month, int32_t day) {
  year -= month <= 2;
  const int32_t era = (year >= 0 ? year : year - 399) / 400;
  const int32_t year_of_era = year - era * 400;
  const int32_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

inline bool valid_date(int32_t year, int32_t month, int32_t day) {
  static constexpr uint8_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1) return false;
  if (day <= kDays[month - 1]) return true;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && day == 29 && leap;
}

// YYYY-MM-DD.
inline bool parse_plain_date(const char* p, int32_t& days) {
  int32_t century, year, month, day;
  if (!two_digits(p, century) || !two_digits(p + 2, year) || p[4] != '-' || !two_digits(p + 5, month) || p[7] != '-' ||
      !two_digits(p + 8, day)) {
    return false;
  }
  year += century * 100;
  if (!valid_date(year, month, day)) return false;
  days = days_of(year, month, day);
  return true;
}

// YYYYMMDD, which Doris takes and the kernel does not.
bool parse_compact_date(const char* p, int32_t& days) {
  int32_t century, year, month, day;
  if (!two_digits(p, century) || !two_digits(p + 2, year) || !two_digits(p + 4, month) || !two_digits(p + 6, day))
    return false;
  year += century * 100;
  if (!valid_date(year, month, day)) return false;
  days = days_of(year, month, day);
  return true;
}

// HH:MM:SS as microseconds of the day.
inline bool parse_plain_clock(const char* p, int64_t& micros) {
  int32_t hour, minute, second;
  if (!two_digits(p, hour) || p[2] != ':' || !two_digits(p + 3, minute) || p[5] != ':' || !two_digits(p + 6, second))
    return false;
  if (hour > 23 || minute > 59 || second > 59) return false;
  micros = ((hour * 60 + minute) * 60ll + second) * 1'000'000;
  return true;
}

// YYYY-MM-DD[ T]HH:MM:SS[.f...], up to six digits of fraction.
inline bool parse_plain_timestamp(const char* p, uint32_t size, int64_t& micros) {
  int32_t days;
  int64_t clock = 0;
  if (size == 10) {
    if (!parse_plain_date(p, days)) return false;
  } else {
    if (size < 19 || size > 26 || (p[10] != ' ' && p[10] != 'T') || !parse_plain_date(p, days) ||
        !parse_plain_clock(p + 11, clock))
      return false;
    if (size > 19) {
      int64_t fraction;
      if (p[19] != '.' || size == 20 || p[20] == '-' || !parse_plain_integer(p + 20, size - 20, fraction)) return false;
      clock += fraction * kPowersOfTen[26 - size];
    }
  }
  micros = days * 86'400'000'000ll + clock;
  return true;
}

string_t as_string(const LoadField& field) { return string_t(field.data, field.size); }

std::string shown(const LoadField& field) {
  constexpr size_t kMax = 100;
  std::string text(field.text().substr(0, kMax));
  if (field.size > kMax) text += "...";
  return text;
}

bool holds_digit(const LoadField& field) {
  return std::any_of(field.data, field.data + field.size, [](char c) { return c >= '0' && c <= '9'; });
}

// Keeps a block or an arena alive as long as a vector's strings point into it.
class KeptMemory final : public duckdb::VectorBuffer {
 public:
  explicit KeptMemory(std::shared_ptr<void> memory)
      : VectorBuffer(duckdb::VectorBufferType::OPAQUE_BUFFER), memory_(std::move(memory)) {}

 private:
  std::shared_ptr<void> memory_;
};

}  // namespace

bool LoadConverter::is_null(const LoadField& field) const {
  switch (field.kind) {
    case LoadField::kMissing:
    case LoadField::kNull:
      return true;
    case LoadField::kText:
      if (field.size == 2) return field.data[0] == '\\' && field.data[1] == 'N';
      if (field.size == 0)
        return target_.type.id() == LogicalTypeId::VARCHAR ? target_.empty_is_null : !target_.strict_empty;
      return false;
    case LoadField::kQuoted:
      return field.size == 0 && target_.type.id() != LogicalTypeId::VARCHAR && !target_.strict_empty;
    default:
      return false;
  }
}

void LoadConverter::set_null(const LoadField& field, size_t row, duckdb::Vector& out, LoadVerdicts& verdicts) {
  FlatVector::SetNull(out, row, true);
  if (target_.not_null && !is_absent(field)) verdicts.add(row, "column '" + target_.name + "' must not be NULL");
}

// All forms that Doris reads; of a moment with a zone of its own the local time of the session.
bool LoadConverter::parse_moment(const LoadField& field, duckdb::timestamp_t& value) {
  const auto moment = functions::text_to_moment(field.text());
  if (!moment) return false;
  value.value = zone_.local(*moment);
  return true;
}

void LoadConverter::refuse(const LoadField& field, size_t row, duckdb::Vector& out, LoadVerdicts& verdicts) {
  FlatVector::SetNull(out, row, true);
  if (target_.strict || target_.not_null) {
    if (!verdicts.is_bad(row)) {
      verdicts.add(row, "column '" + target_.name + "': '" + shown(field) + "' is not a " +
                            duckdb::StringUtil::Upper(functions::type_name(target_.type)));
    }
  } else {
    ++verdicts.nulled;
  }
}

template <typename T, typename Parse>
void LoadConverter::convert_with(const LoadField* fields, size_t rows, duckdb::Vector& out, LoadVerdicts& verdicts,
                                 Parse parse) {
  T* const values = FlatVector::GetData<T>(out);
  for (size_t row = 0; row < rows; ++row) {
    const LoadField& field = fields[row];
    if (field.kind == LoadField::kText && parse(field, values[row])) [[likely]]
      continue;
    if (verdicts.is_bad(row) || is_null(field)) {
      values[row] = T();
      if (verdicts.is_bad(row)) {
        FlatVector::SetNull(out, row, true);
      } else {
        set_null(field, row, out, verdicts);
      }
    } else if (field.kind == LoadField::kQuoted && parse(field, values[row])) {
      continue;
    } else if ((field.kind == LoadField::kTrue || field.kind == LoadField::kFalse) && target_.type.IsNumeric()) {
      LoadField digit = field;
      digit.data = field.kind == LoadField::kTrue ? "1" : "0";
      digit.size = 1;
      if (!parse(digit, values[row])) refuse(field, row, out, verdicts);
    } else if (field.kind == LoadField::kNested || !parse(field, values[row])) {
      values[row] = T();
      refuse(field, row, out, verdicts);
    }
  }
}

template <typename T>
void LoadConverter::convert_decimal(const LoadField* fields, size_t rows, duckdb::Vector& out, LoadVerdicts& verdicts) {
  const uint8_t width = duckdb::DecimalType::GetWidth(target_.type);
  const uint8_t scale = duckdb::DecimalType::GetScale(target_.type);
  const int64_t bound = width <= 18 ? kPowersOfTen[width] : INT64_MAX;
  convert_with<T>(fields, rows, out, verdicts, [&](const LoadField& field, T& value) {
    int64_t plain;
    if (parse_plain_decimal(field.data, field.size, scale, plain) && plain < bound && plain > -bound) [[likely]] {
      value = static_cast<T>(plain);
      return true;
    }
    duckdb::Value converted;
    std::string ignored;
    if (!duckdb::Value::StringIsValid(field.data, field.size)) return false;
    if (!duckdb::Value(std::string(field.text())).DefaultTryCastAs(target_.type, converted, &ignored)) return false;
    value = converted.GetValueUnsafe<T>();
    return true;
  });
}

void LoadConverter::convert_text(const LoadField* fields, size_t rows, bool valid_utf8,
                                 const std::vector<std::shared_ptr<void>>& keep_alive, duckdb::Vector& out,
                                 LoadVerdicts& verdicts) {
  string_t* const values = FlatVector::GetData<string_t>(out);
  for (size_t row = 0; row < rows; ++row) {
    const LoadField& field = fields[row];
    if (is_null(field)) {
      if (verdicts.is_bad(row)) {
        FlatVector::SetNull(out, row, true);
      } else {
        set_null(field, row, out, verdicts);
      }
      continue;
    }
    if (!valid_utf8 && !duckdb::Value::StringIsValid(field.data, field.size)) {
      FlatVector::SetNull(out, row, true);
      verdicts.add(row, "column '" + target_.name + "': the text is not UTF-8");
      continue;
    }
    values[row] = as_string(field);
  }
  for (const auto& memory : keep_alive) {
    duckdb::StringVector::AddBuffer(out, duckdb::make_buffer<KeptMemory>(memory));
  }
}

// By Doris' conversion (arrays, maps and structs as text have a form of its own, JSON is stored without what its text
// has between values) or the kernel's. What an executor makes may lie in its memory: the values are copied.
void LoadConverter::cast_by(duckdb::Vector& texts, size_t rows, bool as_doris, duckdb::Vector& out) {
  duckdb::unique_ptr<duckdb::Expression> cast =
      duckdb::make_uniq<duckdb::BoundReferenceExpression>(texts.GetType(), duckdb::idx_t{0});
  cast = as_doris ? functions::convert(context_, std::move(cast), target_.type)
                  : duckdb::BoundCastExpression::AddCastToType(context_, std::move(cast), target_.type, true);
  duckdb::ExpressionExecutor executor(context_, *cast);
  duckdb::DataChunk chunk;
  chunk.InitializeEmpty({texts.GetType()});
  chunk.data[0].Reference(texts);
  chunk.SetCardinality(rows);
  duckdb::Vector made(target_.type, LoadFields::kRows);
  executor.ExecuteExpression(chunk, made);
  duckdb::VectorOperations::Copy(made, out, rows, 0, 0);
}

void LoadConverter::convert_by_kernel(const LoadField* fields, size_t rows, duckdb::Vector& out,
                                      LoadVerdicts& verdicts) {
  // Nested types of JSON data are converted from JSON, everything else from text.
  const bool from_json = target_.is_json && target_.type.IsNested();
  duckdb::Vector texts(from_json ? duckdb::LogicalType::JSON() : duckdb::LogicalType(LogicalTypeId::VARCHAR),
                       LoadFields::kRows);
  string_t* const values = FlatVector::GetData<string_t>(texts);
  for (size_t row = 0; row < rows; ++row) {
    const LoadField& field = fields[row];
    const bool bad = verdicts.is_bad(row);
    if (bad || is_null(field)) {
      FlatVector::SetNull(texts, row, true);
      if (!bad && target_.not_null && !is_absent(field))
        verdicts.add(row, "column '" + target_.name + "' must not be NULL");
    } else if (!duckdb::Value::StringIsValid(field.data, field.size)) {
      FlatVector::SetNull(texts, row, true);
      verdicts.add(row, "column '" + target_.name + "': the text is not UTF-8");
    } else if (from_json && field.kind != LoadField::kNested && field.kind != LoadField::kText) {
      // A string where an array or object is expected: its content may be the JSON.
      values[row] = as_string(field);
    } else {
      values[row] = as_string(field);
    }
  }
  const bool as_doris = (target_.type.IsNested() && !from_json) || functions::is_json(target_.type) ||
                        functions::is_ipv4(target_.type) || functions::is_ipv6(target_.type);
  cast_by(texts, rows, as_doris, out);
  out.Flatten(rows);
  auto& converted = FlatVector::Validity(out);
  auto& given = FlatVector::Validity(texts);
  for (size_t row = 0; row < rows; ++row) {
    if (given.RowIsValid(row) && !converted.RowIsValid(row)) refuse(fields[row], row, out, verdicts);
  }
}

void LoadConverter::fill_absent(const LoadField* fields, size_t rows, duckdb::Vector& out,
                                const LoadVerdicts& verdicts) const {
  for (size_t row = 0; row < rows; ++row) {
    if (fields[row].kind == LoadField::kMissing && !verdicts.is_bad(row)) out.SetValue(row, *target_.absent);
  }
}

void LoadConverter::convert(const LoadField* fields, size_t rows, bool valid_utf8,
                            const std::vector<std::shared_ptr<void>>& keep_alive, duckdb::Vector& out,
                            LoadVerdicts& verdicts) {
  convert_present(fields, rows, valid_utf8, keep_alive, out, verdicts);
  if (target_.absent) fill_absent(fields, rows, out, verdicts);
}

void LoadConverter::convert_present(const LoadField* fields, size_t rows, bool valid_utf8,
                                    const std::vector<std::shared_ptr<void>>& keep_alive, duckdb::Vector& out,
                                    LoadVerdicts& verdicts) {
  auto integer = [&]<typename T>(T) {
    convert_with<T>(fields, rows, out, verdicts, [](const LoadField& field, T& value) {
      int64_t plain;
      if (parse_plain_integer(field.data, field.size, plain) &&
          plain >= static_cast<int64_t>(std::numeric_limits<T>::min()) &&
          static_cast<uint64_t>(std::max<int64_t>(plain, 0)) <= static_cast<uint64_t>(std::numeric_limits<T>::max()))
          [[likely]] {
        value = static_cast<T>(plain);
        return true;
      }
      return duckdb::TryCast::Operation<string_t, T>(as_string(field), value, false);
    });
  };
  auto by_value = [&]<typename T>(T) {
    convert_with<T>(fields, rows, out, verdicts, [](const LoadField& field, T& value) {
      if (!duckdb::TryCast::Operation<string_t, T>(as_string(field), value, false)) return false;
      // Too large a number is none; inf is, where it is written.
      if constexpr (std::is_floating_point_v<T>) return !std::isinf(value) || !holds_digit(field);
      return true;
    });
  };
  if (functions::is_ipv4(target_.type)) return convert_by_kernel(fields, rows, out, verdicts);
  switch (target_.type.id()) {
    case LogicalTypeId::TINYINT:
      return integer(int8_t());
    case LogicalTypeId::SMALLINT:
      return integer(int16_t());
    case LogicalTypeId::INTEGER:
      return integer(int32_t());
    case LogicalTypeId::BIGINT:
      return integer(int64_t());
    case LogicalTypeId::UTINYINT:
      return integer(uint8_t());
    case LogicalTypeId::USMALLINT:
      return integer(uint16_t());
    case LogicalTypeId::UINTEGER:
      return integer(uint32_t());
    case LogicalTypeId::UBIGINT:
      return integer(uint64_t());
    case LogicalTypeId::BOOLEAN:
      return by_value(bool());
    case LogicalTypeId::HUGEINT:
      return by_value(duckdb::hugeint_t());
    case LogicalTypeId::FLOAT:
      return by_value(float());
    case LogicalTypeId::DOUBLE:
      return by_value(double());
    case LogicalTypeId::TIME:
      return by_value(duckdb::dtime_t());
    case LogicalTypeId::DECIMAL:
      switch (target_.type.InternalType()) {
        case duckdb::PhysicalType::INT16:
          return convert_decimal<int16_t>(fields, rows, out, verdicts);
        case duckdb::PhysicalType::INT32:
          return convert_decimal<int32_t>(fields, rows, out, verdicts);
        case duckdb::PhysicalType::INT64:
          return convert_decimal<int64_t>(fields, rows, out, verdicts);
        default:
          return convert_decimal<duckdb::hugeint_t>(fields, rows, out, verdicts);
      }
    case LogicalTypeId::DATE:
      return convert_with<duckdb::date_t>(fields, rows, out, verdicts,
                                          [this](const LoadField& field, duckdb::date_t& value) {
                                            if (field.size == 10 && parse_plain_date(field.data, value.days)) [[likely]]
                                              return true;
                                            if (field.size == 8 && parse_compact_date(field.data, value.days))
                                              return true;
                                            duckdb::timestamp_t timestamp;  // a time after the date is dropped
                                            if (!parse_moment(field, timestamp)) return false;
                                            value = duckdb::Timestamp::GetDate(timestamp);
                                            return true;
                                          });
    case LogicalTypeId::TIMESTAMP:
      return convert_with<duckdb::timestamp_t>(
          fields, rows, out, verdicts, [this](const LoadField& field, duckdb::timestamp_t& value) {
            if (parse_plain_timestamp(field.data, field.size, value.value)) [[likely]]
              return true;
            int32_t days;
            if (field.size == 8 && parse_compact_date(field.data, days)) {
              value.value = days * 86'400'000'000ll;
              return true;
            }
            return parse_moment(field, value);
          });
    case LogicalTypeId::VARCHAR:
      // Types that are text with an alias (JSON) are checked.
      if (!target_.type.HasAlias()) return convert_text(fields, rows, valid_utf8, keep_alive, out, verdicts);
      return convert_by_kernel(fields, rows, out, verdicts);
    default:
      return convert_by_kernel(fields, rows, out, verdicts);
  }
}

}  // namespace sluice::session
