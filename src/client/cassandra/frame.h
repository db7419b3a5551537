// SPDX-License-Identifier: Apache-2.0
// The frames of CQL's native protocol, version 4: header of 9 bytes, LZ4 of bodies, and what may stand before a
// response's body proper. Pure functions over bytes; any thread.
// Source of truth: native_protocol_v4.spec of Apache Cassandra, sections 2 and 5; worked bytes in PROTOCOL.md.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace sluice::client::cassandra {

inline constexpr size_t kHeaderBytes = 9;
inline constexpr uint8_t kRequestVersion = 0x04;
inline constexpr uint8_t kResponseVersion = 0x84;
// The protocol's own limit of a body.
inline constexpr uint32_t kMaxBodyBytes = 256u << 20;
// Stream ids of requests are 0 to 32,767; the server's own messages (events) have -1.
inline constexpr int kMaxStreams = 32'768;

enum class Opcode : uint8_t {
  kError = 0x00,
  kStartup = 0x01,
  kReady = 0x02,
  kAuthenticate = 0x03,
  kOptions = 0x05,
  kSupported = 0x06,
  kQuery = 0x07,
  kResult = 0x08,
  kPrepare = 0x09,
  kExecute = 0x0A,
  kRegister = 0x0B,
  kEvent = 0x0C,
  kBatch = 0x0D,
  kAuthChallenge = 0x0E,
  kAuthResponse = 0x0F,
  kAuthSuccess = 0x10,
};

// Bits of the header's flags.
inline constexpr uint8_t kFlagCompressed = 0x01;
inline constexpr uint8_t kFlagTracing = 0x02;
inline constexpr uint8_t kFlagCustomPayload = 0x04;
inline constexpr uint8_t kFlagWarning = 0x08;

struct FrameHeader {
  uint8_t flags = 0;
  int16_t stream = 0;
  Opcode opcode = Opcode::kError;
  uint32_t body_bytes = 0;
};

// A response's header. kDataLoss: no frame of version 4, an unknown opcode, or a body beyond `max_body_bytes`; the
// connection cannot be read any further.
Result<FrameHeader> parse_header(std::span<const uint8_t, kHeaderBytes> bytes, uint32_t max_body_bytes);
// A request's header.
std::array<uint8_t, kHeaderBytes> header_bytes(const FrameHeader& header);

// A request's body, immutable once it is on its way: several connections may write it at once. The header is made where
// it is written, because only there the stream is known.
struct RequestFrame {
  Opcode opcode = Opcode::kOptions;
  uint8_t flags = 0;
  ByteBuffer body;
};
using RequestFramePtr = std::shared_ptr<const RequestFrame>;

// The frame of `body`; under LZ4 when `compress` and it gets smaller (bodies below 512 bytes stay as they are).
RequestFramePtr make_frame(Opcode opcode, ByteBuffer body, bool compress);
// The same frame without compression, for a connection that has none.
Result<RequestFramePtr> without_compression(RequestFramePtr frame);

// LZ4 as Cassandra frames it: the plain length (4 bytes, big endian), then one LZ4 block.
bool compress_body(std::span<const uint8_t> body, ByteBuffer& out);  // false: does not get smaller
Result<ByteBuffer> decompress_body(std::span<const uint8_t> body, uint32_t max_body_bytes);

// A response as it came, decompressed.
struct ResponseFrame {
  FrameHeader header;
  ByteBuffer body;
  size_t offset = 0;                  // of the body proper: tracing id, warnings and payload stand before it
  std::vector<std::string> warnings;  // of the server, e.g. a batch that is larger than it likes

  std::span<const uint8_t> content() const { return body.span().subspan(offset); }
};
// Reads what stands before the body proper and sets `offset` and `warnings`. kDataLoss when it does not decode.
Status strip_prefixes(ResponseFrame& frame);

}  // namespace sluice::client::cassandra
