// SPDX-License-Identifier: Apache-2.0
// PacketAssembler: turns received bytes into whole payloads: finds packet borders, joins the parts of payloads over
// 16 MiB and skips those over the limit. Memory follows what was received, not what a header announces.
// Confined to its connection. Source: "MySQL packets" of MySQL's internals manual.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "door/mysql/constants.h"

namespace sluice::door::mysql {

struct IncomingPacket {
  std::string_view payload;  // valid until the next space() or compact(); empty when too large
  uint8_t first_sequence = 0;
  uint8_t last_sequence = 0;
  bool too_large = false;  // was longer than the limit; its bytes were thrown away
};

class PacketAssembler {
 public:
  enum class Progress : uint8_t { kNeedMore, kPacket, kOutOfOrder };

  explicit PacketAssembler(size_t limit) : limit_(limit) {}

  // The greatest payload that is given out, bytes.
  void set_limit(size_t limit) { limit_ = limit; }

  // Where the next received bytes go: at least `at_least` bytes. received() tells how many came.
  std::span<uint8_t> space(size_t at_least);
  void received(size_t count) { end_ += count; }

  // Looks for the next payload. kOutOfOrder: the parts of one payload are not numbered in sequence.
  Progress next(IncomingPacket& packet);

  // How many bytes are missing at least until next() can say something else than kNeedMore.
  size_t wanted() const { return wanted_; }
  bool has_unread() const { return parse_ != end_; }
  // Whether the client began a packet that is not whole yet.
  bool in_packet() const { return in_packet_ || has_unread(); }
  // The bytes not looked at yet, which then are no longer here: what follows is not plain packets (TLS, compression).
  std::vector<uint8_t> take_unread();
  // Frees the memory if nothing is unread and the buffer has grown beyond its size at rest.
  void compact();

 private:
  static constexpr size_t kAtRest = 1024;

  struct FreeDelete {
    void operator()(uint8_t* memory) const;
  };

  size_t limit_;
  std::unique_ptr<uint8_t[], FreeDelete> memory_;
  size_t capacity_ = 0;
  // memory_: [.. given out ..][payload_begin_ .. payload_end_: joined parts][parse_ .. end_: not looked at yet]
  size_t payload_begin_ = 0;
  size_t payload_end_ = 0;
  size_t parse_ = 0;
  size_t end_ = 0;
  size_t wanted_ = kPacketHeader;
  size_t skip_left_ = 0;    // bytes of the current part still to throw away
  bool in_packet_ = false;  // at least one part was taken
  bool skipping_ = false;   // the current payload is over the limit
  bool skip_last_ = false;  // the part being skipped is the payload's last
  uint8_t first_sequence_ = 0;
  uint8_t last_sequence_ = 0;
};

}  // namespace sluice::door::mysql
