// SPDX-License-Identifier: Apache-2.0
#include "door/mysql/responses.h"

#include "door/mysql/column_definition.h"

namespace sluice::door::mysql {

void put_ok(PacketBuffer& out, uint8_t& sequence, const session::Done& done, uint16_t status) {
  size_t packet = out.begin_packet();
  out.u8(kOkHeader);
  out.lenenc(done.affected_rows);
  out.lenenc(done.last_insert_id);
  out.u16_le(status);
  out.u16_le(done.warnings);
  if (!done.info.empty()) out.lenenc_string(done.info);
  out.end_packet(packet, sequence);
}

void put_end(PacketBuffer& out, uint8_t& sequence, uint32_t capabilities, Ending ending) {
  size_t packet = out.begin_packet();
  out.u8(kEofHeader);
  if (capabilities & kDeprecateEof) {
    out.u16_le(0);  // affected rows and insert id, both 0
    out.u16_le(ending.status);
    out.u16_le(ending.warnings);
  } else {
    out.u16_le(ending.warnings);
    out.u16_le(ending.status);
  }
  out.end_packet(packet, sequence);
}

void put_columns(PacketBuffer& out, uint8_t& sequence, const std::vector<session::Column>& columns) {
  size_t packet = out.begin_packet();
  out.lenenc(columns.size());
  out.end_packet(packet, sequence);
  for (const auto& column : columns) put_column_definition(out, sequence, column);
}

}  // namespace sluice::door::mysql
