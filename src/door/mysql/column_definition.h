// SPDX-License-Identifier: Apache-2.0
// The kernel's types as MySQL's column types, and the column definition packet. Pure functions: any thread.
// Source: what a Doris frontend sends for its types (PROTOCOL.md, "Columns").
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "door/mysql/constants.h"
#include "door/mysql/packet_buffer.h"
#include "session/outcome.h"

namespace sluice::door::mysql {

struct WireType {
  FieldType type = FieldType::kString;
  uint32_t length = 255;
  uint8_t decimals = 0;
  uint16_t charset = kCharsetUtf8;
  uint16_t flags = 0;
};

WireType wire_type(const duckdb::LogicalType& type);

void put_column_definition(PacketBuffer& out, uint8_t& sequence, const session::Column& column);
// As COM_FIELD_LIST wants it: with a default value, always NULL.
void put_field_list_definition(PacketBuffer& out, uint8_t& sequence, const session::Column& column);
// For a parameter of a prepared statement, whose type is not known before it is sent.
void put_parameter_definition(PacketBuffer& out, uint8_t& sequence);

}  // namespace sluice::door::mysql
