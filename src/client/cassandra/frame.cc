// SPDX-License-Identifier: Apache-2.0
#include "client/cassandra/frame.h"

#include <lz4.h>

#include "client/cassandra/notation.h"

namespace sluice::client::cassandra {

namespace {

// Smaller bodies gain nothing worth the work on either side.
constexpr size_t kLeastToCompress = 512;
constexpr size_t kMaxWarnings = 64;
constexpr size_t kTracingIdBytes = 16;

bool is_response(uint8_t opcode) {
  switch (static_cast<Opcode>(opcode)) {
    case Opcode::kError:
    case Opcode::kReady:
    case Opcode::kAuthenticate:
    case Opcode::kSupported:
    case Opcode::kResult:
    case Opcode::kEvent:
    case Opcode::kAuthChallenge:
    case Opcode::kAuthSuccess:
      return true;
    default:
      return false;
  }
}

}  // namespace

Result<FrameHeader> parse_header(std::span<const uint8_t, kHeaderBytes> bytes, uint32_t max_body_bytes) {
  ByteReader in(bytes);
  const uint8_t version = in.u8();
  FrameHeader header;
  header.flags = in.u8();
  header.stream = in.i16_be();
  const uint8_t opcode = in.u8();
  header.body_bytes = in.u32_be();
  if (version != kResponseVersion) {
    return fail(Code::kDataLoss,
                "the server does not answer in CQL's protocol version 4 (first byte " + std::to_string(version) + ")");
  }
  if (!is_response(opcode)) return fail(Code::kDataLoss, "unknown opcode " + std::to_string(opcode) + " in a response");
  header.opcode = static_cast<Opcode>(opcode);
  if (header.body_bytes > max_body_bytes) {
    return fail(Code::kDataLoss, "a response of " + std::to_string(header.body_bytes) + " bytes; at most " +
                                     std::to_string(max_body_bytes) + " are read");
  }
  return header;
}

std::array<uint8_t, kHeaderBytes> header_bytes(const FrameHeader& header) {
  const auto stream = static_cast<uint16_t>(header.stream);
  const uint32_t n = header.body_bytes;
  return {kRequestVersion,
          header.flags,
          static_cast<uint8_t>(stream >> 8),
          static_cast<uint8_t>(stream),
          static_cast<uint8_t>(header.opcode),
          static_cast<uint8_t>(n >> 24),
          static_cast<uint8_t>(n >> 16),
          static_cast<uint8_t>(n >> 8),
          static_cast<uint8_t>(n)};
}

RequestFramePtr make_frame(Opcode opcode, ByteBuffer body, bool compress) {
  auto frame = std::make_shared<RequestFrame>();
  frame->opcode = opcode;
  ByteBuffer smaller;
  if (compress && body.size() >= kLeastToCompress && compress_body(body.span(), smaller)) {
    frame->flags = kFlagCompressed;
    frame->body = std::move(smaller);
  } else {
    frame->body = std::move(body);
  }
  return frame;
}

Result<RequestFramePtr> without_compression(RequestFramePtr frame) {
  if (!(frame->flags & kFlagCompressed)) return frame;
  auto plain = std::make_shared<RequestFrame>();
  plain->opcode = frame->opcode;
  plain->body = TRY(decompress_body(frame->body.span(), kMaxBodyBytes));
  return plain;
}

bool compress_body(std::span<const uint8_t> body, ByteBuffer& out) {
  // Rows of one table shrink to a few tenths at any acceleration; this one takes less than half the time of 1.
  constexpr int kAcceleration = 4;
  if (body.size() > kMaxBodyBytes) return false;
  const int bound = LZ4_compressBound(static_cast<int>(body.size()));
  out.clear();
  append_u32(out, static_cast<uint32_t>(body.size()));
  char* to = reinterpret_cast<char*>(out.tail(static_cast<size_t>(bound)));
  const int n = LZ4_compress_fast(reinterpret_cast<const char*>(body.data()), to, static_cast<int>(body.size()), bound,
                                  kAcceleration);
  if (n <= 0 || static_cast<size_t>(n) + sizeof(uint32_t) >= body.size()) return false;
  out.advance(static_cast<size_t>(n));
  return true;
}

Result<ByteBuffer> decompress_body(std::span<const uint8_t> body, uint32_t max_body_bytes) {
  ByteReader in(body);
  const uint32_t plain = in.u32_be();
  if (!in.ok()) return fail(Code::kDataLoss, "a compressed body without its length");
  if (plain > max_body_bytes) {
    return fail(Code::kDataLoss,
                "a compressed body of " + std::to_string(plain) + " bytes; at most " + std::to_string(max_body_bytes));
  }
  ByteBuffer out;
  if (plain == 0 && in.remaining() <= 1) return out;
  out.reserve(plain);
  const int n =
      LZ4_decompress_safe(reinterpret_cast<const char*>(in.rest().data()), reinterpret_cast<char*>(out.data()),
                          static_cast<int>(in.remaining()), static_cast<int>(plain));
  if (n < 0 || static_cast<uint32_t>(n) != plain)
    return fail(Code::kDataLoss, "a compressed body that does not decode");
  out.advance(plain);
  return out;
}

Status strip_prefixes(ResponseFrame& frame) {
  ByteReader in(frame.body.span());
  if (frame.header.flags & kFlagTracing) in.skip(kTracingIdBytes);
  if (frame.header.flags & kFlagWarning) {
    for (uint16_t n = in.u16_be(); n > 0 && in.ok(); --n) {
      auto warning = read_string(in);
      if (frame.warnings.size() < kMaxWarnings) frame.warnings.emplace_back(warning);
    }
  }
  if (frame.header.flags & kFlagCustomPayload) {
    for (uint16_t n = in.u16_be(); n > 0 && in.ok(); --n) {
      (void)read_string(in);
      (void)read_bytes(in);
    }
  }
  if (!in.ok()) return fail(Code::kDataLoss, "a response whose warnings or payload do not decode");
  frame.offset = frame.body.size() - in.remaining();
  return {};
}

}  // namespace sluice::client::cassandra
