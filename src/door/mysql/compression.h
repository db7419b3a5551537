// SPDX-License-Identifier: Apache-2.0
// Compressed packets: frames of [compressed length 3][sequence 1][plain length 3] around pieces of the packet stream.
// Stateless but for the reader's buffer; any thread, one at a time.
// Source: "Compression" of MySQL's internals manual; zstd: CLIENT_ZSTD_COMPRESSION_ALGORITHM of MySQL 8.0.18.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "door/mysql/packet_assembler.h"
#include "door/mysql/packet_buffer.h"

namespace sluice::door::mysql {

enum class Algorithm : uint8_t { kNone, kZlib, kZstd };

struct Compression {
  Algorithm algorithm = Algorithm::kNone;
  int level = 0;  // zlib 1-9, zstd 1-22
};

// Pieces below this many bytes travel as they are, as MySQL does.
inline constexpr size_t kMinCompressLength = 50;

// Wraps `packets` into frames at the end of `out`, counting `sequence` on.
void compress_frames(const Compression& how, std::span<const uint8_t> packets, PacketBuffer& out, uint8_t& sequence);

class FrameReader {
 public:
  explicit FrameReader(Compression how) : how_(how) {}

  // Where the next received bytes go; received() tells how many came.
  std::span<uint8_t> space();
  void received(size_t count) { end_ += count; }
  // Unpacks the next whole frame into `packets`. False: more bytes are needed. An error means broken frames: the
  // connection cannot go on.
  Result<bool> unpack(PacketAssembler& packets);
  uint8_t last_sequence() const { return last_sequence_; }
  bool has_unread() const { return begin_ != end_; }
  // Frees the memory if nothing is unread.
  void compact();

 private:
  Compression how_;
  std::vector<uint8_t> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
  uint8_t last_sequence_ = 0;
};

}  // namespace sluice::door::mysql
