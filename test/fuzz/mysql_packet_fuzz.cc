// SPDX-License-Identifier: Apache-2.0
// Fuzz target: every decoder of bytes that a MySQL client sends. The first byte chooses the decoder; the rest is fed in
// pieces whose sizes come from the input, too.
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/check.h"
#include "door/mysql/compression.h"
#include "door/mysql/handshake.h"
#include "door/mysql/packet_assembler.h"
#include "door/mysql/parameters.h"

namespace {

using namespace sluice::door::mysql;

// What a connection does with a payload once it is whole.
void decode(std::string_view payload) {
  (void)parse_handshake_response(payload);
  (void)parse_change_user(payload, UINT32_MAX);
  (void)parse_change_user(payload, 0);
  if (payload.empty()) return;
  uint16_t count = static_cast<uint8_t>(payload[0]);
  PayloadReader in(payload.substr(1));
  std::vector<ParameterType> types;
  LongData long_data{{1, "sent ahead"}};
  auto values = parse_parameters(in, count, types, long_data);
  BUG_CHECK(!values || values->size() == count);
  PayloadReader again(payload.substr(1));
  (void)parse_parameters(again, count, types, {});
}

void take_packets(PacketAssembler& assembler, size_t limit) {
  IncomingPacket packet;
  while (assembler.next(packet) == PacketAssembler::Progress::kPacket) {
    BUG_CHECK(packet.payload.size() <= limit);
    decode(packet.payload);
  }
  BUG_CHECK(assembler.wanted() > 0);
}

void fuzz_plain(const uint8_t* data, size_t size) {
  constexpr size_t kLimit = 64 * 1024;
  PacketAssembler assembler(kLimit);
  while (size > 0) {
    size_t piece = std::min<size_t>(size, 1 + data[0] % 64);
    auto space = assembler.space(piece);
    std::memcpy(space.data(), data, piece);
    assembler.received(piece);
    data += piece;
    size -= piece;
    take_packets(assembler, kLimit);
  }
  assembler.compact();
}

void fuzz_compressed(const uint8_t* data, size_t size, Algorithm algorithm) {
  constexpr size_t kLimit = 64 * 1024;
  PacketAssembler assembler(kLimit);
  FrameReader frames({algorithm, 3});
  while (size > 0) {
    auto space = frames.space();
    size_t piece = std::min<size_t>({size, space.size(), 1u + data[0] % 64});
    std::memcpy(space.data(), data, piece);
    frames.received(piece);
    data += piece;
    size -= piece;
    for (;;) {
      auto unpacked = frames.unpack(assembler);
      if (!unpacked) return;
      take_packets(assembler, kLimit);
      if (!*unpacked) break;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  switch (data[0] % 4) {
    case 0:
      decode({reinterpret_cast<const char*>(data) + 1, size - 1});
      break;
    case 1:
      fuzz_plain(data + 1, size - 1);
      break;
    case 2:
      fuzz_compressed(data + 1, size - 1, Algorithm::kZlib);
      break;
    case 3:
      fuzz_compressed(data + 1, size - 1, Algorithm::kZstd);
      break;
  }
  return 0;
}
