// SPDX-License-Identifier: Apache-2.0
// Framing: packet borders both ways, payloads over 16 MiB, limits, compressed frames.
#include <gtest/gtest.h>

#include <random>

#include "door/mysql/compression.h"
#include "door/mysql/packet_assembler.h"
#include "door/mysql/packet_buffer.h"
#include "door/mysql/payload_reader.h"

namespace sluice::door::mysql {
namespace {

std::string bytes(const ByteBuffer& buffer) { return std::string(buffer.view()); }

void feed(PacketAssembler& assembler, std::string_view data) {
  auto space = assembler.space(data.size());
  std::memcpy(space.data(), data.data(), data.size());
  assembler.received(data.size());
}

std::string packet_of(std::string_view payload, uint8_t sequence = 0) {
  PacketBuffer out;
  size_t packet = out.begin_packet();
  out.append(payload);
  out.end_packet(packet, sequence);
  return bytes(out);
}

TEST(PacketBuffer, LengthEncodedIntegers) {
  PacketBuffer out;
  for (uint64_t value : {0ull, 250ull, 251ull, 65535ull, 65536ull, 16777215ull, 16777216ull, ~0ull}) out.lenenc(value);
  EXPECT_EQ(bytes(out), std::string("\x00\xFA\xFC\xFB\x00\xFC\xFF\xFF\xFD\x00\x00\x01\xFD\xFF\xFF\xFF"
                                    "\xFE\x00\x00\x00\x01\x00\x00\x00\x00\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
                                    34));
  PayloadReader in(out.view());
  for (uint64_t value : {0ull, 250ull, 251ull, 65535ull, 65536ull, 16777215ull, 16777216ull, ~0ull}) {
    EXPECT_EQ(in.lenenc(), value);
  }
  EXPECT_TRUE(in.ok());
  EXPECT_TRUE(in.at_end());
}

TEST(PacketBuffer, HeaderAndSequence) {
  PacketBuffer out;
  uint8_t sequence = 255;
  size_t packet = out.begin_packet();
  out.append("abc");
  out.end_packet(packet, sequence);
  EXPECT_EQ(sequence, 0);
  EXPECT_EQ(bytes(out), std::string("\x03\x00\x00\xFF"
                                    "abc",
                                    7));
}

TEST(PacketBuffer, LongPayloadsAreSplit) {
  for (size_t length : {kMaxPacketPayload - 1, kMaxPacketPayload, kMaxPacketPayload + 1, 2 * kMaxPacketPayload + 7}) {
    std::string payload(length, '\0');
    for (size_t i = 0; i < length; ++i) payload[i] = static_cast<char>(i * 31 >> 3);
    PacketBuffer out;
    out.append("before");
    uint8_t sequence = 3;
    size_t packet = out.begin_packet();
    out.append(payload);
    out.end_packet(packet, sequence);
    size_t packets = length / kMaxPacketPayload + 1;
    EXPECT_EQ(out.size(), 6 + length + packets * kPacketHeader);
    EXPECT_EQ(sequence, 3 + packets);

    PacketAssembler assembler(100 << 20);
    feed(assembler, out.view().substr(6));
    IncomingPacket incoming;
    ASSERT_EQ(assembler.next(incoming), PacketAssembler::Progress::kPacket);
    EXPECT_EQ(incoming.first_sequence, 3);
    EXPECT_EQ(incoming.last_sequence, 3 + packets - 1);
    EXPECT_TRUE(incoming.payload == payload);
    EXPECT_FALSE(assembler.has_unread());
  }
}

TEST(PacketAssembler, ByteByByte) {
  PacketAssembler assembler(1000);
  std::string stream = packet_of("first") + packet_of("") + packet_of(std::string(300, 'x'));
  std::vector<std::string> got;
  for (char c : stream) {
    feed(assembler, std::string_view(&c, 1));
    IncomingPacket packet;
    while (assembler.next(packet) == PacketAssembler::Progress::kPacket) got.emplace_back(packet.payload);
  }
  EXPECT_EQ(got, (std::vector<std::string>{"first", "", std::string(300, 'x')}));
}

TEST(PacketAssembler, SkipsWhatIsTooLarge) {
  PacketAssembler assembler(10);
  feed(assembler, packet_of("12345678901", 4) + packet_of("ok"));
  IncomingPacket packet;
  ASSERT_EQ(assembler.next(packet), PacketAssembler::Progress::kPacket);
  EXPECT_TRUE(packet.too_large);
  EXPECT_EQ(packet.first_sequence, 4);
  ASSERT_EQ(assembler.next(packet), PacketAssembler::Progress::kPacket);
  EXPECT_FALSE(packet.too_large);
  EXPECT_EQ(packet.payload, "ok");
}

TEST(PacketAssembler, SkipsLongPayloadsInPieces) {
  PacketAssembler assembler(1000);
  std::string stream = packet_of(std::string(kMaxPacketPayload + 5, 'y')) + packet_of("next");
  std::vector<bool> too_large;
  for (size_t at = 0; at < stream.size(); at += 100'000) {
    feed(assembler, std::string_view(stream).substr(at, 100'000));
    IncomingPacket packet;
    while (assembler.next(packet) == PacketAssembler::Progress::kPacket) too_large.push_back(packet.too_large);
  }
  EXPECT_EQ(too_large, (std::vector<bool>{true, false}));
}

TEST(PacketAssembler, PartsOutOfOrder) {
  PacketAssembler assembler(100 << 20);
  std::string stream = packet_of(std::string(kMaxPacketPayload, 'z'), 0);
  stream[stream.size() - 1] = 5;  // the sequence of the empty second part
  feed(assembler, stream);
  IncomingPacket packet;
  EXPECT_EQ(assembler.next(packet), PacketAssembler::Progress::kOutOfOrder);
}

TEST(PacketAssembler, AnAnnouncedLengthCostsNoMemory) {
  PacketAssembler assembler(1 << 30);
  feed(assembler, std::string("\xFE\xFF\xFF\x00"
                              "abc",
                              7));
  IncomingPacket packet;
  EXPECT_EQ(assembler.next(packet), PacketAssembler::Progress::kNeedMore);
  EXPECT_LE(assembler.wanted(), 64u * 1024);
}

TEST(PacketAssembler, TakesUnreadBytesOut) {
  PacketAssembler assembler(1000);
  feed(assembler, packet_of("ssl") + "hello");
  IncomingPacket packet;
  ASSERT_EQ(assembler.next(packet), PacketAssembler::Progress::kPacket);
  auto rest = assembler.take_unread();
  EXPECT_EQ(std::string(rest.begin(), rest.end()), "hello");
  EXPECT_FALSE(assembler.has_unread());
  feed(assembler, packet_of("again"));
  ASSERT_EQ(assembler.next(packet), PacketAssembler::Progress::kPacket);
  EXPECT_EQ(packet.payload, "again");
}

TEST(Compression, ShortPiecesTravelAsTheyAre) {
  PacketBuffer out;
  uint8_t sequence = 7;
  std::string packet = packet_of("\x0E");
  compress_frames({Algorithm::kZlib, 6}, {reinterpret_cast<const uint8_t*>(packet.data()), packet.size()}, out,
                  sequence);
  EXPECT_EQ(bytes(out), std::string("\x05\x00\x00\x07\x00\x00\x00\x01\x00\x00\x00\x0E", 12));
  EXPECT_EQ(sequence, 8);
}

TEST(Compression, RoundTrip) {
  std::mt19937 random(1);
  for (auto how :
       {Compression{Algorithm::kZlib, 6}, Compression{Algorithm::kZlib, 1}, Compression{Algorithm::kZstd, 3}}) {
    for (size_t length : {60u, 5000u, 3u << 20}) {
      std::string payload(length, '\0');
      for (char& c : payload) c = static_cast<char>('a' + random() % 4);
      std::string packet = packet_of(payload);
      PacketBuffer out;
      uint8_t sequence = 0;
      compress_frames(how, {reinterpret_cast<const uint8_t*>(packet.data()), packet.size()}, out, sequence);
      if (length > 1000) EXPECT_LT(out.size(), packet.size());
      FrameReader reader(how);
      PacketAssembler assembler(8 << 20);
      std::string got;
      for (size_t at = 0; at < out.size();) {
        auto space = reader.space();
        size_t count = std::min<size_t>({space.size(), out.size() - at, 777});
        std::memcpy(space.data(), out.data() + at, count);
        reader.received(count);
        at += count;
        for (;;) {
          auto unpacked = reader.unpack(assembler);
          ASSERT_TRUE(unpacked);
          if (!*unpacked) break;
        }
        IncomingPacket incoming;
        if (assembler.next(incoming) == PacketAssembler::Progress::kPacket) got = incoming.payload;
      }
      EXPECT_TRUE(got == payload);
      EXPECT_EQ(reader.last_sequence(), static_cast<uint8_t>(sequence - 1));
    }
  }
}

TEST(Compression, BrokenFramesAreErrors) {
  FrameReader reader({Algorithm::kZlib, 6});
  PacketAssembler assembler(1000);
  std::string frame(
      "\x04\x00\x00\x00\x40\x00\x00"
      "junk",
      11);
  auto space = reader.space();
  std::memcpy(space.data(), frame.data(), frame.size());
  reader.received(frame.size());
  auto unpacked = reader.unpack(assembler);
  ASSERT_FALSE(unpacked);
  EXPECT_EQ(unpacked.error().native_code(), 1157);
}

}  // namespace
}  // namespace sluice::door::mysql
