// SPDX-License-Identifier: Apache-2.0
#include "door/mysql/packet_assembler.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace sluice::door::mysql {

void PacketAssembler::FreeDelete::operator()(uint8_t* memory) const { std::free(memory); }

std::span<uint8_t> PacketAssembler::space(size_t at_least) {
  if (!in_packet_) payload_begin_ = payload_end_ = parse_;
  // The gap between the joined parts and the unread bytes, and what lies before, is free.
  if (payload_begin_ == end_) payload_begin_ = payload_end_ = parse_ = end_ = 0;
  if (capacity_ - end_ < at_least) {
    size_t joined = payload_end_ - payload_begin_;
    size_t unread = end_ - parse_;
    if (payload_begin_ > 0 || parse_ > payload_end_) {
      std::memmove(memory_.get(), memory_.get() + payload_begin_, joined);
      std::memmove(memory_.get() + joined, memory_.get() + parse_, unread);
      payload_begin_ = 0;
      payload_end_ = parse_ = joined;
      end_ = joined + unread;
    }
  }
  if (capacity_ - end_ < at_least) {
    size_t wanted = std::max<size_t>({capacity_ * 2, end_ + at_least, kAtRest});
    void* moved = std::realloc(memory_.get(), wanted);
    if (moved == nullptr) throw std::bad_alloc();
    (void)memory_.release();
    memory_.reset(static_cast<uint8_t*>(moved));
    capacity_ = wanted;
  }
  return {memory_.get() + end_, capacity_ - end_};
}

PacketAssembler::Progress PacketAssembler::next(IncomingPacket& packet) {
  if (!in_packet_ && !skipping_) payload_begin_ = payload_end_ = parse_;
  for (;;) {
    if (skip_left_ > 0) {
      size_t dropped = std::min(skip_left_, end_ - parse_);
      parse_ += dropped;
      skip_left_ -= dropped;
      if (skip_left_ > 0) {
        wanted_ = std::min<size_t>(skip_left_, 64 * 1024);
        return Progress::kNeedMore;
      }
    }
    if (skipping_ && skip_last_) {
      packet = {{}, first_sequence_, last_sequence_, true};
      in_packet_ = skipping_ = skip_last_ = false;
      wanted_ = kPacketHeader;
      return Progress::kPacket;
    }
    size_t unread = end_ - parse_;
    if (unread < kPacketHeader) {
      wanted_ = kPacketHeader - unread;
      return Progress::kNeedMore;
    }
    uint32_t header;
    std::memcpy(&header, memory_.get() + parse_, sizeof header);
    size_t length = header & 0xFFFFFF;
    uint8_t sequence = static_cast<uint8_t>(header >> 24);
    if (in_packet_ && sequence != static_cast<uint8_t>(last_sequence_ + 1)) return Progress::kOutOfOrder;
    bool last = length < kMaxPacketPayload;
    if (skipping_ || payload_end_ - payload_begin_ + length > limit_) {
      if (!in_packet_) first_sequence_ = sequence;
      in_packet_ = true;
      last_sequence_ = sequence;
      skipping_ = true;
      skip_last_ = last;
      skip_left_ = length;
      parse_ += kPacketHeader;
      payload_begin_ = payload_end_ = parse_;
      continue;
    }
    if (unread - kPacketHeader < length) {
      // Ask for no more at once than was received so far, so that an announced length alone costs no memory.
      size_t missing = length - (unread - kPacketHeader);
      wanted_ = std::min(missing, std::max<size_t>(64 * 1024, end_ - payload_begin_));
      return Progress::kNeedMore;
    }
    if (!in_packet_) {
      first_sequence_ = sequence;
      payload_begin_ = payload_end_ = parse_ + kPacketHeader;
    } else {
      std::memmove(memory_.get() + payload_end_, memory_.get() + parse_ + kPacketHeader, length);
    }
    in_packet_ = true;
    last_sequence_ = sequence;
    payload_end_ += length;
    parse_ += kPacketHeader + length;
    if (!last) continue;
    in_packet_ = false;
    wanted_ = kPacketHeader;
    packet = {{reinterpret_cast<const char*>(memory_.get()) + payload_begin_, payload_end_ - payload_begin_},
              first_sequence_,
              last_sequence_,
              false};
    return Progress::kPacket;
  }
}

std::vector<uint8_t> PacketAssembler::take_unread() {
  std::vector<uint8_t> unread(memory_.get() + parse_, memory_.get() + end_);
  end_ = parse_;
  return unread;
}

void PacketAssembler::compact() {
  if (has_unread() || in_packet_ || capacity_ <= kAtRest) return;
  memory_.reset();
  capacity_ = payload_begin_ = payload_end_ = parse_ = end_ = 0;
}

}  // namespace sluice::door::mysql
