// SPDX-License-Identifier: Apache-2.0
#include "functions/type_coercion.h"

#include "functions/decimal256.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

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

// Where no DECIMAL of 38 digits holds both, values meet as DOUBLE: a conversion that fails would be NULL.
LogicalType compared_number(const LogicalType& left, const LogicalType& right) {
  const auto digits = [](const LogicalType& type) { return is_decimal(type) ? type : decimal_of(type); };
  const bool integers = !is_decimal(left) && !is_decimal(right);
  const bool wide = is_decimal256(left) || is_decimal256(right);
  const LogicalType common = common_number(left, right);
  if (integers || wide || !is_decimal(common)) return common;
  const LogicalType l = digits(left), r = digits(right);
  const int whole = std::max(decimal_width(l) - decimal_scale(l), decimal_width(r) - decimal_scale(r));
  return whole + std::max(decimal_scale(l), decimal_scale(r)) > kMaxDecimalWidth ? LogicalType::DOUBLE : common;
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
  if (numeric(left) && numeric(right)) return compared_number(left, right);
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
