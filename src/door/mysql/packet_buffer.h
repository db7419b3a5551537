// SPDX-License-Identifier: Apache-2.0
// PacketBuffer: a ByteBuffer of outgoing packets with MySQL's own field forms. Owned by a connection; it changes hands
// between the network thread and one worker, never used by both at once.
// Source: "Basic data types" and "MySQL packets" of MySQL's internals manual.
#pragma once

#include "base/bytes.h"
#include "door/mysql/constants.h"

namespace sluice::door::mysql {

class PacketBuffer : public ByteBuffer {
 public:
  using ByteBuffer::ByteBuffer;

  void lenenc(uint64_t value) { advance_to(put_lenenc(tail(9), value)); }
  void lenenc_string(std::string_view text) {
    lenenc(text.size());
    append(text);
  }
  void null_terminated(std::string_view text) {
    append(text);
    u8(0);
  }
  void swap(PacketBuffer& other) noexcept { ByteBuffer::operator=(std::move(other)); }
  // `end` is what writing at tail() came to.
  void advance_to(const uint8_t* end) { advance(static_cast<size_t>(end - data()) - size()); }

  // Starts a packet and gives its position, which end_packet() wants back. Packets do not nest.
  size_t begin_packet() {
    size_t position = size();
    tail(kPacketHeader);
    advance(kPacketHeader);
    return position;
  }
  // Writes the header of the packet at `position` with `sequence` and counts the sequence on. A payload of
  // kMaxPacketPayload bytes or more is split as the protocol wants it.
  void end_packet(size_t position, uint8_t& sequence) {
    size_t payload = size() - position - kPacketHeader;
    if (payload >= kMaxPacketPayload) [[unlikely]]
      return split_packet(position, sequence);
    put_header(data() + position, payload, sequence++);
  }

  // Length-encoded integer at `out` (room for 9 bytes); gives the end.
  static uint8_t* put_lenenc(uint8_t* out, uint64_t value) {
    if (value < 251) {
      *out = static_cast<uint8_t>(value);
      return out + 1;
    }
    return put_long_lenenc(out, value);
  }
  static void put_header(uint8_t* out, size_t payload, uint8_t sequence) {
    uint32_t word = static_cast<uint32_t>(payload) | static_cast<uint32_t>(sequence) << 24;
    std::memcpy(out, &word, sizeof word);
  }

 private:
  void split_packet(size_t position, uint8_t& sequence);
  static uint8_t* put_long_lenenc(uint8_t* out, uint64_t value);
};

}  // namespace sluice::door::mysql
