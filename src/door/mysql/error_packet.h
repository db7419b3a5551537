// SPDX-License-Identifier: Apache-2.0
// The one table from Error to what MySQL clients see: errno, SQLSTATE, text. Pure functions: no thread rule.
// Source: MySQL's error reference; which numbers clients rely on is listed in PROTOCOL.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "door/mysql/packet_buffer.h"

namespace sluice::door::mysql {

struct WireError {
  uint16_t number = 1105;
  std::string_view sqlstate = "HY000";  // five characters
  std::string message;                  // at most 65,000 bytes
};

WireError to_wire_error(const Error& error);
// "HY000" for numbers without an own state.
std::string_view sqlstate_of(int number);
// One ERR packet at the end of `out`. Without `with_state` (before a client said that it speaks 4.1) no SQLSTATE.
void put_error(PacketBuffer& out, uint8_t& sequence, const WireError& error, bool with_state = true);

}  // namespace sluice::door::mysql
