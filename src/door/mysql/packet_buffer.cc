// SPDX-License-Identifier: Apache-2.0
#include "door/mysql/packet_buffer.h"

#include <algorithm>

namespace sluice::door::mysql {

uint8_t* PacketBuffer::put_long_lenenc(uint8_t* out, uint64_t value) {
  size_t width = value <= 0xFFFF ? 2 : value <= 0xFFFFFF ? 3 : 8;
  *out++ = width == 2 ? 0xFC : width == 3 ? 0xFD : 0xFE;
  std::memcpy(out, &value, width);
  return out + width;
}

// The payload lies in one piece behind one header. From the last part to the first, each part moves right by the
// headers that come before it.
void PacketBuffer::split_packet(size_t position, uint8_t& sequence) {
  size_t payload = size() - position - kPacketHeader;
  size_t extra = payload / kMaxPacketPayload;  // a full last part is followed by an empty packet
  reserve(extra * kPacketHeader);
  uint8_t* base = data() + position;
  for (size_t part = extra + 1; part-- > 0;) {
    size_t begin = part * kMaxPacketPayload;
    size_t length = std::min(kMaxPacketPayload, payload - begin);
    uint8_t* header = base + begin + part * kPacketHeader;
    std::memmove(header + kPacketHeader, base + kPacketHeader + begin, length);
    put_header(header, length, static_cast<uint8_t>(sequence + part));
  }
  advance(extra * kPacketHeader);
  sequence = static_cast<uint8_t>(sequence + extra + 1);
}

}  // namespace sluice::door::mysql
