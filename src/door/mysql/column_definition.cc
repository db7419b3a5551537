// SPDX-License-Identifier: Apache-2.0
#include "door/mysql/column_definition.h"

#include "functions/decimal256.h"
#include "functions/types.h"

namespace sluice::door::mysql {
namespace {

// The text protocol's names are at most this long; longer ones (an expression's own text) are cut.
constexpr size_t kMaxName = 16 * 1024;

std::string_view cut(std::string_view name) {
  if (name.size() <= kMaxName) return name;
  size_t end = kMaxName;
  while (end > 0 && (static_cast<uint8_t>(name[end]) & 0xC0) == 0x80) --end;
  return name.substr(0, end);
}

size_t begin_definition(PacketBuffer& out, const session::Column& column, const WireType& type) {
  constexpr uint8_t kFixedFields = 12;
  size_t packet = out.begin_packet();
  out.lenenc_string("def");
  out.lenenc_string(cut(column.schema));
  out.lenenc_string(cut(column.table));
  out.lenenc_string(cut(column.org_table));
  out.lenenc_string(cut(column.name));
  out.lenenc_string(cut(column.org_name));
  out.u8(kFixedFields);
  out.u16_le(type.charset);
  out.u32_le(type.length);
  const bool is_string = column.is_string && type.type == FieldType::kString;
  out.u8(static_cast<uint8_t>(is_string ? FieldType::kBlob : type.type));
  out.u16_le(type.flags);
  out.u8(column.fraction_digits.value_or(type.decimals));
  out.u16_le(0);
  return packet;
}

}  // namespace

WireType wire_type(const duckdb::LogicalType& type) {
  if (functions::is_ipv4(type) || functions::is_ipv6(type)) return {FieldType::kString, 255};
  using Id = duckdb::LogicalTypeId;
  if (functions::is_object(type)) return {};
  switch (type.id()) {
    case Id::BOOLEAN:
      return {FieldType::kTiny, 1};
    case Id::TINYINT:
      return {FieldType::kTiny, 4};
    case Id::SMALLINT:
      return {FieldType::kShort, 6};
    case Id::INTEGER:
      return {FieldType::kLong, 11};
    case Id::BIGINT:
      return {FieldType::kLongLong, 20};
    // Unsigned integers, which Doris does not have, travel in the next wider signed type.
    case Id::UTINYINT:
      return {FieldType::kShort, 6};
    case Id::USMALLINT:
      return {FieldType::kLong, 11};
    case Id::UINTEGER:
      return {FieldType::kLongLong, 20};
    case Id::UBIGINT:
      return {FieldType::kLongLong, 20, 0, kCharsetUtf8, kUnsignedFlag};
    case Id::HUGEINT:  // LARGEINT
    case Id::UHUGEINT:
      return {FieldType::kString, 255};
    case Id::FLOAT:
      return {FieldType::kFloat, 12, 31};
    case Id::DOUBLE:
      return {FieldType::kDouble, 22, 31};
    case Id::DECIMAL: {
      uint8_t scale = duckdb::DecimalType::GetScale(type);
      return {FieldType::kNewDecimal, duckdb::DecimalType::GetWidth(type) + (scale > 0 ? 2u : 1u), scale};
    }
    case Id::DATE:
      return {FieldType::kDate, 10};
    case Id::TIMESTAMP_SEC:
      return {FieldType::kDateTime, 19};
    case Id::TIMESTAMP_MS:
      return {FieldType::kDateTime, 19, 3};
    case Id::TIMESTAMP:
    case Id::TIMESTAMP_NS:
    case Id::TIMESTAMP_TZ:
      return {FieldType::kDateTime, 19, 6};
    case Id::TIME:
    case Id::TIME_NS:
    case Id::INTERVAL:  // a time that may go beyond a day
      return {FieldType::kTime, 255, 6};
    case Id::BLOB:
      if (functions::is_decimal256(type)) {
        const uint8_t scale = functions::decimal_scale(type);
        return {FieldType::kNewDecimal, functions::decimal_width(type) + (scale > 0 ? 2u : 1u), scale};
      }
      return {FieldType::kBlob, 255, 0, kCharsetBinary, kBinaryFlag};
    case Id::SQLNULL:
      return {FieldType::kString, 255};
    case Id::VARCHAR:
    case Id::CHAR:
      return {type.IsJSONType() ? FieldType::kJson : FieldType::kString, 255};
    default:
      return {};
  }
}

void put_column_definition(PacketBuffer& out, uint8_t& sequence, const session::Column& column) {
  out.end_packet(begin_definition(out, column, wire_type(column.type)), sequence);
}

void put_field_list_definition(PacketBuffer& out, uint8_t& sequence, const session::Column& column) {
  size_t packet = begin_definition(out, column, wire_type(column.type));
  out.u8(kNullCell);
  out.end_packet(packet, sequence);
}

void put_parameter_definition(PacketBuffer& out, uint8_t& sequence) {
  session::Column parameter;
  parameter.name = "?";
  out.end_packet(begin_definition(out, parameter, {}), sequence);
}

}  // namespace sluice::door::mysql
