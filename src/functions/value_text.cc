// SPDX-License-Identifier: Apache-2.0
#include "functions/value_text.h"

#include "base/text_format.h"
#include "functions/addresses.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::RecursiveUnifiedVectorFormat;

template <typename Number, typename Format>
std::string formatted(Number number, Format format) {
  uint8_t text[kMaxDoubleText];
  const uint8_t* end = format(text, number);
  return std::string(reinterpret_cast<char*>(text), static_cast<size_t>(end - text));
}

template <typename T>
const T& at(const RecursiveUnifiedVectorFormat& format, idx_t index) {
  return duckdb::UnifiedVectorFormat::GetData<T>(format.unified)[index];
}

// With the digits that the type has; `value` in its unit.
const uint8_t* format_moment(uint8_t* text, const LogicalType& type, int64_t value) {
  switch (type.id()) {
    case LogicalTypeId::TIMESTAMP_SEC:
      return format_timestamp(text, value * 1'000'000, Fraction::kNone);
    case LogicalTypeId::TIMESTAMP_MS:
      return format_timestamp(text, value * 1'000, Fraction::kMillis);
    default:
      return format_timestamp(text, value, Fraction::kMicrosIfAny);
  }
}

// Appends values of one type; made once for a vector, walks its children's formats.
void append(std::string& out, const LogicalType& type, const RecursiveUnifiedVectorFormat& format, idx_t row);

void append_list(std::string& out, const LogicalType& element, const RecursiveUnifiedVectorFormat& format,
                 idx_t index) {
  const auto entry = at<duckdb::list_entry_t>(format, index);
  out += '[';
  for (idx_t i = 0; i < entry.length; ++i) {
    if (i > 0) out += ", ";
    append(out, element, format.children[0], entry.offset + i);
  }
  out += ']';
}

void append_map(std::string& out, const LogicalType& type, const RecursiveUnifiedVectorFormat& format, idx_t index) {
  const auto entry = at<duckdb::list_entry_t>(format, index);
  out += '{';
  for (idx_t i = 0; i < entry.length; ++i) {
    if (i > 0) out += ", ";
    const auto& pair = format.children[0];
    const idx_t row = pair.unified.sel->get_index(entry.offset + i);
    append(out, duckdb::MapType::KeyType(type), pair.children[0], row);
    out += ':';
    append(out, duckdb::MapType::ValueType(type), pair.children[1], row);
  }
  out += '}';
}

void append_struct(std::string& out, const LogicalType& type, const RecursiveUnifiedVectorFormat& format, idx_t index) {
  const auto& fields = duckdb::StructType::GetChildTypes(type);
  out += '{';
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) out += ", ";
    out += '"' + (fields[i].first.empty() ? "col" + std::to_string(i + 1) : fields[i].first) + "\":";
    append(out, fields[i].second, format.children[i], index);
  }
  out += '}';
}

void append(std::string& out, const LogicalType& type, const RecursiveUnifiedVectorFormat& format, idx_t row) {
  const idx_t index = format.unified.sel->get_index(row);
  if (!format.unified.validity.RowIsValid(index)) {
    out += "null";
    return;
  }
  if (is_ipv4(type) || is_ipv6(type)) {
    out += '"';
    out += is_ipv4(type) ? ipv4_text(at<uint32_t>(format, index)) : ipv6_text(at<duckdb::uhugeint_t>(format, index));
    out += '"';
    return;
  }
  switch (type.id()) {
    case LogicalTypeId::LIST:
      return append_list(out, duckdb::ListType::GetChildType(type), format, index);
    case LogicalTypeId::MAP:
      return append_map(out, type, format, index);
    case LogicalTypeId::STRUCT:
      return append_struct(out, type, format, index);
    case LogicalTypeId::BOOLEAN:
      out += at<bool>(format, index) ? '1' : '0';
      return;
    case LogicalTypeId::TINYINT:
      out += std::to_string(at<int8_t>(format, index));
      return;
    case LogicalTypeId::SMALLINT:
      out += std::to_string(at<int16_t>(format, index));
      return;
    case LogicalTypeId::INTEGER:
      out += std::to_string(at<int32_t>(format, index));
      return;
    case LogicalTypeId::BIGINT:
      out += std::to_string(at<int64_t>(format, index));
      return;
    case LogicalTypeId::FLOAT:
      out += number_text(at<float>(format, index));
      return;
    case LogicalTypeId::DOUBLE:
      out += number_text(at<double>(format, index));
      return;
    case LogicalTypeId::VARCHAR: {
      const auto& text = at<duckdb::string_t>(format, index);
      const bool quoted = !type.IsJSONType();
      if (quoted) out += '"';
      out.append(text.GetData(), text.GetSize());
      if (quoted) out += '"';
      return;
    }
    case LogicalTypeId::DATE:
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_SEC:
    case LogicalTypeId::TIMESTAMP_MS: {
      uint8_t text[kMaxTimestampText];
      const uint8_t* end = type.id() == LogicalTypeId::DATE ? format_date(text, at<duckdb::date_t>(format, index).days)
                                                            : format_moment(text, type, at<int64_t>(format, index));
      out += '"';
      out.append(reinterpret_cast<const char*>(text), static_cast<size_t>(end - text));
      out += '"';
      return;
    }
    case LogicalTypeId::HUGEINT:
      out += duckdb::Hugeint::ToString(at<duckdb::hugeint_t>(format, index));
      return;
    case LogicalTypeId::DECIMAL: {
      uint8_t text[kMaxDecimalText];
      const uint8_t scale = duckdb::DecimalType::GetScale(type);
      const uint8_t* end = text;
      switch (type.InternalType()) {
        case duckdb::PhysicalType::INT16:
          end = format_decimal(text, int64_t{at<int16_t>(format, index)}, scale);
          break;
        case duckdb::PhysicalType::INT32:
          end = format_decimal(text, int64_t{at<int32_t>(format, index)}, scale);
          break;
        case duckdb::PhysicalType::INT64:
          end = format_decimal(text, at<int64_t>(format, index), scale);
          break;
        default: {
          const auto& wide = at<duckdb::hugeint_t>(format, index);
          end = format_decimal(text, static_cast<Int128>((static_cast<UInt128>(wide.upper) << 64) | wide.lower), scale);
        }
      }
      out.append(reinterpret_cast<const char*>(text), static_cast<size_t>(end - text));
      return;
    }
    default:
      throw duckdb::NotImplementedException("No text for %s inside an array, map or struct", type.ToString());
  }
}

}  // namespace

std::string number_text(double number) { return formatted(number, format_double); }
std::string number_text(float number) { return formatted(number, format_float); }

void run_nested_text(duckdb::DataChunk& input, duckdb::ExpressionState&, duckdb::Vector& result) {
  const idx_t count = input.size();
  RecursiveUnifiedVectorFormat format;
  duckdb::Vector::RecursiveToUnifiedFormat(input.data[0], count, format);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* texts = duckdb::FlatVector::GetData<duckdb::string_t>(result);
  std::string text;
  for (idx_t row = 0; row < count; ++row) {
    if (!format.unified.validity.RowIsValid(format.unified.sel->get_index(row))) {
      duckdb::FlatVector::SetNull(result, row, true);
      continue;
    }
    text.clear();
    append(text, input.data[0].GetType(), format, row);
    texts[row] = duckdb::StringVector::AddString(result, text);
  }
  if (input.AllConstant()) result.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
}

}  // namespace sluice::functions
