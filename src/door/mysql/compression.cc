// SPDX-License-Identifier: Apache-2.0
#include "door/mysql/compression.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace sluice::door::mysql {
namespace {

// One frame holds at most this much of the stream: large enough for a good ratio, small enough to bound memory.
constexpr size_t kPieceBytes = 1 << 20;

struct ZstdDelete {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

// A context costs hundreds of kilobytes: one per thread, not one per connection.
ZSTD_CCtx* compression_context() {
  thread_local std::unique_ptr<ZSTD_CCtx, ZstdDelete> context(ZSTD_createCCtx());
  return context.get();
}
ZSTD_DCtx* decompression_context() {
  thread_local std::unique_ptr<ZSTD_DCtx, ZstdDelete> context(ZSTD_createDCtx());
  return context.get();
}

size_t bound(const Compression& how, size_t length) {
  return how.algorithm == Algorithm::kZlib ? compressBound(length) : ZSTD_compressBound(length);
}

// The compressed size at `out`, or 0 when the piece should travel as it is.
size_t compress_piece(const Compression& how, std::span<const uint8_t> piece, uint8_t* out, size_t room) {
  if (how.algorithm == Algorithm::kZlib) {
    uLongf length = room;
    if (compress2(out, &length, piece.data(), piece.size(), how.level) != Z_OK) return 0;
    return length < piece.size() ? length : 0;
  }
  size_t length = ZSTD_compressCCtx(compression_context(), out, room, piece.data(), piece.size(), how.level);
  if (ZSTD_isError(length)) return 0;
  return length < piece.size() ? length : 0;
}

bool decompress_piece(const Compression& how, std::span<const uint8_t> piece, uint8_t* out, size_t expected) {
  if (how.algorithm == Algorithm::kZlib) {
    uLongf length = expected;
    return uncompress(out, &length, piece.data(), piece.size()) == Z_OK && length == expected;
  }
  size_t length = ZSTD_decompressDCtx(decompression_context(), out, expected, piece.data(), piece.size());
  return !ZSTD_isError(length) && length == expected;
}

void put_frame_header(uint8_t* out, size_t length, uint8_t sequence, size_t plain_length) {
  uint64_t word = length | static_cast<uint64_t>(sequence) << 24 | static_cast<uint64_t>(plain_length) << 32;
  std::memcpy(out, &word, kCompressedHeader);
}

}  // namespace

void compress_frames(const Compression& how, std::span<const uint8_t> packets, PacketBuffer& out, uint8_t& sequence) {
  while (!packets.empty()) {
    auto piece = packets.first(std::min(packets.size(), kPieceBytes));
    packets = packets.subspan(piece.size());
    uint8_t* header = out.tail(kCompressedHeader + std::max(bound(how, piece.size()), piece.size()));
    uint8_t* body = header + kCompressedHeader;
    size_t length = 0;
    if (piece.size() >= kMinCompressLength) length = compress_piece(how, piece, body, bound(how, piece.size()));
    if (length > 0) {
      put_frame_header(header, length, sequence++, piece.size());
    } else {
      length = piece.size();
      std::memcpy(body, piece.data(), length);
      put_frame_header(header, length, sequence++, 0);
    }
    out.advance_to(body + length);
  }
}

std::span<uint8_t> FrameReader::space() {
  if (begin_ == end_) begin_ = end_ = 0;
  constexpr size_t kRead = 4096;
  if (buffer_.size() - end_ < kRead) {
    if (begin_ > 0) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (buffer_.size() - end_ < kRead) buffer_.resize(std::max(buffer_.size() * 2, end_ + kRead));
  }
  return {buffer_.data() + end_, buffer_.size() - end_};
}

Result<bool> FrameReader::unpack(PacketAssembler& packets) {
  if (end_ - begin_ < kCompressedHeader) return false;
  uint64_t word = 0;
  std::memcpy(&word, buffer_.data() + begin_, kCompressedHeader);
  size_t length = word & 0xFFFFFF;
  size_t plain_length = word >> 32 & 0xFFFFFF;
  if (end_ - begin_ - kCompressedHeader < length) return false;
  last_sequence_ = static_cast<uint8_t>(word >> 24);
  std::span<const uint8_t> piece(buffer_.data() + begin_ + kCompressedHeader, length);
  size_t produced = plain_length > 0 ? plain_length : length;
  uint8_t* out = packets.space(std::max<size_t>(produced, 1)).data();
  if (plain_length == 0) {
    std::copy(piece.begin(), piece.end(), out);
  } else if (!decompress_piece(how_, piece, out, plain_length)) {
    return fail(sql_error(Code::kInvalidArgument, 1157, "Couldn't uncompress communication packet"));
  }
  packets.received(produced);
  begin_ += kCompressedHeader + length;
  return true;
}

void FrameReader::compact() {
  if (has_unread()) return;
  begin_ = end_ = 0;
  std::vector<uint8_t>().swap(buffer_);
}

}  // namespace sluice::door::mysql
