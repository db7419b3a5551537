// SPDX-License-Identifier: Apache-2.0
// PayloadReader: a ByteReader with MySQL's own field forms, for one incoming payload. Checked as ByteReader is.
// Source: "Basic data types" of MySQL's internals manual.
#pragma once

#include "base/bytes.h"

namespace sluice::door::mysql {

class PayloadReader : public ByteReader {
 public:
  using ByteReader::ByteReader;

  uint64_t lenenc() {
    uint8_t first = u8();
    switch (first) {
      case 0xFC:
        return u16_le();
      case 0xFD:
        return u24_le();
      case 0xFE:
        return u64_le();
      case 0xFB:
      case 0xFF:
        set_failed();
        return 0;
      default:
        return first;
    }
  }
  std::string_view lenenc_text() { return text(lenenc()); }
  // Up to a zero byte, which is read too; without one, all the rest.
  std::string_view text_to_zero_or_end() {
    bool has_zero = !at_end() && std::memchr(rest().data(), 0, remaining()) != nullptr;
    return has_zero ? text_to_zero() : rest_text();
  }
};

}  // namespace sluice::door::mysql
