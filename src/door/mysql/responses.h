// SPDX-License-Identifier: Apache-2.0
// The packets that end a command: OK, EOF, and the head of a result set. Pure encoders: any thread.
// Source: "Generic response packets" and "Text result set" of MySQL's internals manual.
#pragma once

#include <cstdint>
#include <string_view>

#include "door/mysql/packet_buffer.h"
#include "session/outcome.h"

namespace sluice::door::mysql {

struct Ending {
  uint16_t status = 0;
  uint16_t warnings = 0;
};

void put_ok(PacketBuffer& out, uint8_t& sequence, const session::Done& done, uint16_t status);
// The end of columns or rows: an EOF packet, or for clients with kDeprecateEof an OK packet with EOF's header byte.
void put_end(PacketBuffer& out, uint8_t& sequence, uint32_t capabilities, Ending ending);
// Column count and definitions, without the end packet.
void put_columns(PacketBuffer& out, uint8_t& sequence, const std::vector<session::Column>& columns);

}  // namespace sluice::door::mysql
