// SPDX-License-Identifier: Apache-2.0
#include "functions/decimal256.h"

#include <cmath>
#include <limits>

#include "base/text_format.h"
#include "duckdb/common/extension_type_info.hpp"
#include "duckdb/common/vector_operations/unary_executor.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "functions/conversion.h"
#include "functions/overload.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

using duckdb::string_t;
using duckdb::UnaryExecutor;
using duckdb::ValidityMask;

constexpr const char* kAlias = "DECIMAL256";
constexpr size_t kBytes = 32;
using UInt256 = unsigned _BitInt(256);
constexpr UInt256 kSignBit = UInt256{1} << 255;

// Whether it has at most `width` digits.
bool fits(Int256 value, unsigned width) {
  const Int256 limit = wide_power_of_ten(width);
  return value > -limit && value < limit;
}

// value * 10^by, or divided by it and rounded half away from zero.
Int256 rescaled(Int256 value, int by) {
  if (by >= 0) return value * wide_power_of_ten(static_cast<unsigned>(by));
  const Int256 divisor = wide_power_of_ten(static_cast<unsigned>(-by));
  const Int256 half = divisor / 2;
  return (value + (value < 0 ? -half : half)) / divisor;
}

// The types on both sides of a conversion.
struct ConversionData : duckdb::FunctionData {
  ConversionData(LogicalType from, LogicalType to) : from(std::move(from)), to(std::move(to)) {}
  duckdb::unique_ptr<FunctionData> Copy() const override { return duckdb::make_uniq<ConversionData>(from, to); }
  bool Equals(const FunctionData& other) const override {
    const auto& data = other.Cast<ConversionData>();
    return from == data.from && to == data.to;
  }
  const LogicalType from;
  const LogicalType to;
};

const ConversionData& conversion(duckdb::ExpressionState& state) {
  return state.expr.Cast<duckdb::BoundFunctionExpression>().bind_info->Cast<ConversionData>();
}

Int256 decoded(const string_t& bytes) { return decode_decimal256(bytes.GetData()); }

// `number` times 10 to the power of `by`; nothing where that has more than all digits.
std::optional<Int256> rescaled_within(const Int256& number, int by) {
  if (by > 0 && !fits(number, static_cast<unsigned>(std::max(0, kMaxDecimal256Width - by)))) return std::nullopt;
  return rescaled(number, by);
}

bool fits_largeint(const Int256& value) {
  return value >= std::numeric_limits<Int128>::min() && value <= std::numeric_limits<Int128>::max();
}

// A unary function that makes a DECIMAL256; NULL where `make` gives nothing.
template <typename From, typename Make>
void run_to_256(duckdb::DataChunk& input, duckdb::Vector& result, Make make) {
  UnaryExecutor::ExecuteWithNulls<From, string_t>(
      input.data[0], result, input.size(), [&](const From& from, ValidityMask& mask, duckdb::idx_t row) {
        std::optional<Int256> value = make(from);
        if (value) return duckdb::StringVector::AddStringOrBlob(result, encode_decimal256(*value));
        mask.SetInvalid(row);
        return string_t();
      });
}

void run_hugeint_to_256(duckdb::DataChunk& input, duckdb::ExpressionState& state, duckdb::Vector& result) {
  const auto& types = conversion(state);
  const int by = decimal_scale(types.to) - (types.from.id() == LogicalTypeId::DECIMAL ? decimal_scale(types.from) : 0);
  run_to_256<duckdb::hugeint_t>(input, result, [&](const duckdb::hugeint_t& from) -> std::optional<Int256> {
    const auto value = rescaled_within(Int256{to_int128(from)}, by);
    return value && fits(*value, decimal_width(types.to)) ? value : std::nullopt;
  });
}

void run_256_to_256(duckdb::DataChunk& input, duckdb::ExpressionState& state, duckdb::Vector& result) {
  const auto& types = conversion(state);
  const int by = decimal_scale(types.to) - decimal_scale(types.from);
  run_to_256<string_t>(input, result, [&](const string_t& from) -> std::optional<Int256> {
    const auto value = rescaled_within(decoded(from), by);
    return value && fits(*value, decimal_width(types.to)) ? value : std::nullopt;
  });
}

void run_text_to_256(duckdb::DataChunk& input, duckdb::ExpressionState& state, duckdb::Vector& result) {
  const auto& types = conversion(state);
  run_to_256<string_t>(input, result, [&](const string_t& text) {
    return text_to_decimal256({text.GetData(), text.GetSize()}, decimal_width(types.to), decimal_scale(types.to));
  });
}

void run_256_to_text(duckdb::DataChunk& input, duckdb::ExpressionState& state, duckdb::Vector& result) {
  const uint8_t scale = decimal_scale(conversion(state).from);
  UnaryExecutor::Execute<string_t, string_t>(input.data[0], result, input.size(), [&](const string_t& from) {
    return duckdb::StringVector::AddString(result, decimal256_text(decoded(from), scale));
  });
}

void run_256_to_double(duckdb::DataChunk& input, duckdb::ExpressionState& state, duckdb::Vector& result) {
  const uint8_t scale = decimal_scale(conversion(state).from);
  UnaryExecutor::Execute<string_t, double>(input.data[0], result, input.size(), [&](const string_t& from) {
    return std::strtod(decimal256_text(decoded(from), scale).c_str(), nullptr);
  });
}

// Doris divides FLOATs: all digits together must be one.
void run_256_to_float(duckdb::DataChunk& input, duckdb::ExpressionState& state, duckdb::Vector& result) {
  const LogicalType type = conversion(state).from;
  UnaryExecutor::Execute<string_t, float>(input.data[0], result, input.size(), [&](const string_t& from) {
    const double digits = std::strtod(decimal256_text(decoded(from), 0).c_str(), nullptr);
    if (std::abs(digits) > std::numeric_limits<float>::max()) {
      throw duckdb::OutOfRangeException(
          "Arithmetic overflow: a DECIMAL(%d, %d) with more than 38 digits is no FLOAT; cast it to DOUBLE",
          decimal_width(type), decimal_scale(type));
    }
    return static_cast<float>(std::strtod(decimal256_text(decoded(from), decimal_scale(type)).c_str(), nullptr));
  });
}

// As a HUGEINT of the scale of `to`; integers cut the fraction off.
void run_256_to_hugeint(duckdb::DataChunk& input, duckdb::ExpressionState& state, duckdb::Vector& result) {
  const auto& types = conversion(state);
  const bool decimal = types.to.id() == LogicalTypeId::DECIMAL;
  const int by = (decimal ? decimal_scale(types.to) : 0) - decimal_scale(types.from);
  UnaryExecutor::ExecuteWithNulls<string_t, duckdb::hugeint_t>(
      input.data[0], result, input.size(), [&](const string_t& from, ValidityMask& mask, duckdb::idx_t row) {
        const Int256 number = decoded(from);
        const auto value = decimal || by >= 0
                               ? rescaled_within(number, by)
                               : std::optional<Int256>(number / wide_power_of_ten(static_cast<unsigned>(-by)));
        const bool fine = value && (decimal ? fits(*value, decimal_width(types.to)) : fits_largeint(*value));
        if (!fine) mask.SetInvalid(row);
        return fine ? to_hugeint(static_cast<Int128>(*value)) : duckdb::hugeint_t(0);
      });
}

BoundPtr converted(duckdb::ClientContext& context, const char* name, BoundPtr value, const LogicalType& result,
                   const LogicalType& target, duckdb::scalar_function_t run) {
  const LogicalType from = value->return_type;
  BoundList children;
  children.push_back(std::move(value));
  auto bound = bind_private(context, name, {from}, result, std::move(run), std::move(children));
  bound->Cast<duckdb::BoundFunctionExpression>().bind_info = duckdb::make_uniq<ConversionData>(from, target);
  return bound;
}

BoundPtr from_256(duckdb::ClientContext& context, BoundPtr value, const LogicalType& target) {
  const LogicalType from = value->return_type;
  if (is_decimal256(target))
    return converted(context, "decimal_rescale", std::move(value), target, target, run_256_to_256);
  if (target.id() == LogicalTypeId::DECIMAL) {
    const LogicalType wide = LogicalType::DECIMAL(kMaxDecimalWidth, decimal_scale(target));
    auto bound = converted(context, "decimal_narrow", std::move(value), wide, target, run_256_to_hugeint);
    return convert(context, std::move(bound), target);
  }
  if (is_integer(target)) {
    auto bound = converted(context, "decimal_integer", std::move(value), LogicalType::HUGEINT, LogicalType::HUGEINT,
                           run_256_to_hugeint);
    return convert(context, std::move(bound), target);
  }
  if (is_text(target)) {
    return converted(context, "decimal_text", std::move(value), LogicalType::VARCHAR, target, run_256_to_text);
  }
  if (target.id() == LogicalTypeId::FLOAT)
    return converted(context, "decimal_float", std::move(value), target, target, run_256_to_float);
  auto bound = converted(context, "decimal_double", std::move(value), LogicalType::DOUBLE, target, run_256_to_double);
  return convert(context, std::move(bound), target);
}

}  // namespace

LogicalType decimal256_type(uint8_t width, uint8_t scale) {
  LogicalType type = LogicalType::BLOB;
  type.SetAlias(kAlias);
  auto info = duckdb::make_uniq<duckdb::ExtensionTypeInfo>();
  info->modifiers.emplace_back(duckdb::Value::INTEGER(width));
  info->modifiers.emplace_back(duckdb::Value::INTEGER(scale));
  type.SetExtensionInfo(std::move(info));
  return type;
}

bool is_decimal256(const LogicalType& type) {
  return type.id() == LogicalTypeId::BLOB && type.HasAlias() && type.HasExtensionInfo() && type.GetAlias() == kAlias;
}

LogicalType decimal_type(int width, int scale) {
  width = std::clamp(width, 1, kMaxDecimal256Width);
  scale = std::clamp(scale, 0, width);
  if (width <= kMaxDecimalWidth) return LogicalType::DECIMAL(static_cast<uint8_t>(width), static_cast<uint8_t>(scale));
  return decimal256_type(static_cast<uint8_t>(width), static_cast<uint8_t>(scale));
}

bool is_decimal(const LogicalType& type) { return type.id() == LogicalTypeId::DECIMAL || is_decimal256(type); }

uint8_t decimal_width(const LogicalType& type) {
  if (type.id() == LogicalTypeId::DECIMAL) return duckdb::DecimalType::GetWidth(type);
  return static_cast<uint8_t>(type.GetExtensionInfo()->modifiers[0].value.GetValue<int32_t>());
}
uint8_t decimal_scale(const LogicalType& type) {
  if (type.id() == LogicalTypeId::DECIMAL) return duckdb::DecimalType::GetScale(type);
  return static_cast<uint8_t>(type.GetExtensionInfo()->modifiers[1].value.GetValue<int32_t>());
}

std::string encode_decimal256(Int256 value) {
  UInt256 bits = static_cast<UInt256>(value) ^ kSignBit;
  std::string bytes(kBytes, '\0');
  for (size_t i = kBytes; i-- > 0; bits >>= 8) bytes[i] = static_cast<char>(static_cast<uint8_t>(bits));
  return bytes;
}

Int256 decode_decimal256(const char* bytes) {
  UInt256 bits = 0;
  for (size_t i = 0; i < kBytes; ++i) bits = bits << 8 | static_cast<uint8_t>(bytes[i]);
  return static_cast<Int256>(bits ^ kSignBit);
}

std::string decimal256_text(Int256 value, uint8_t scale) {
  const bool negative = value < 0;
  UInt256 rest = negative ? UInt256{0} - static_cast<UInt256>(value) : static_cast<UInt256>(value);
  std::string reversed;
  while (rest != 0 || reversed.size() <= scale) {
    reversed += static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
    if (scale > 0 && reversed.size() == scale) reversed += '.';
  }
  if (scale > 0 && reversed.back() == '.') reversed += '0';
  if (negative) reversed += '-';
  return {reversed.rbegin(), reversed.rend()};
}

std::optional<Int256> text_to_decimal256(std::string_view text, uint8_t width, uint8_t scale) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  bool negative = false;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  std::string digits;
  int after_point = 0;
  bool point = false;
  size_t at = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c >= '0' && c <= '9') {
      digits += c;
      after_point += point ? 1 : 0;
    } else if (c == '.' && !point) {
      point = true;
    } else {
      break;
    }
  }
  if (digits.empty()) return std::nullopt;
  int exponent = 0;
  if (at < text.size()) {
    if ((text[at] | 0x20) != 'e' || at + 1 == text.size() || text.size() - at > 6) return std::nullopt;
    std::string power(text.substr(at + 1));
    if (power.find_first_not_of("+-0123456789") != std::string::npos) return std::nullopt;
    exponent = std::atoi(power.c_str());
  }
  // The digit at which the scale ends, counted from the first one.
  const int64_t keep = static_cast<int64_t>(digits.size()) - after_point + exponent + scale;
  if (keep < 0) return Int256{0};
  Int256 value = 0;
  const Int256 limit = wide_power_of_ten(width);
  for (int64_t i = 0; i < keep; ++i) {
    const Int256 digit = i < static_cast<int64_t>(digits.size()) ? digits[static_cast<size_t>(i)] - '0' : 0;
    // Asked before: ten times 76 digits do not fit 256 bits.
    if (value > (limit - 1 - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  if (keep < static_cast<int64_t>(digits.size()) && digits[static_cast<size_t>(keep)] >= '5') ++value;
  if (value >= limit) return std::nullopt;
  return negative ? -value : value;
}

std::optional<duckdb::Value> decimal256_literal(std::string_view text) {
  const size_t point = text.find('.');
  const bool sign = text.starts_with('-');
  const size_t digits = text.size() - (point == text.npos ? 0 : 1) - (sign ? 1 : 0);
  const size_t scale = point == text.npos ? 0 : text.size() - point - 1;
  if (digits > static_cast<size_t>(kMaxDecimal256Width)) return std::nullopt;
  const int width = std::max<int>(static_cast<int>(digits), kMaxDecimalWidth + 1);
  auto value = text_to_decimal256(text, static_cast<uint8_t>(width), static_cast<uint8_t>(scale));
  if (!value) return std::nullopt;
  const std::string bytes = encode_decimal256(*value);
  duckdb::Value result = duckdb::Value::BLOB(reinterpret_cast<duckdb::const_data_ptr_t>(bytes.data()), bytes.size());
  result.Reinterpret(decimal256_type(static_cast<uint8_t>(width), static_cast<uint8_t>(scale)));
  return result;
}

BoundPtr convert_decimal256(duckdb::ClientContext& context, BoundPtr value, const LogicalType& target) {
  const LogicalType from = value->return_type;
  if (is_decimal256(from)) return from_256(context, std::move(value), target);
  if (from.id() == LogicalTypeId::DECIMAL) {
    const LogicalType wide = LogicalType::DECIMAL(kMaxDecimalWidth, decimal_scale(from));
    value = convert(context, std::move(value), wide);
    return converted(context, "decimal_widen", std::move(value), target, target, run_hugeint_to_256);
  }
  if (is_integer(from) || from.id() == LogicalTypeId::BOOLEAN || is_moment(from)) {
    value = convert(context, std::move(value), LogicalType::HUGEINT);
    return converted(context, "decimal_widen", std::move(value), target, target, run_hugeint_to_256);
  }
  value = convert(context, std::move(value), LogicalType::VARCHAR);
  return converted(context, "decimal_of_text", std::move(value), target, target, run_text_to_256);
}

}  // namespace sluice::functions
