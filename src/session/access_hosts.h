// SPDX-License-Identifier: Apache-2.0
// Host patterns of accounts: "%", "10.1.%", "db_.example.org", "192.168.0.0/255.255.0.0", "10.0.0.0/8", "fd00::/8",
// "localhost". Immutable after parse(): any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::session {

class HostPattern {
 public:
  // Errors: 1105 for a network with a wrong address or mask, 1470 for more than 255 bytes.
  static Result<HostPattern> parse(std::string_view text);

  // `host` is the client's address as text. IPv4-mapped IPv6 addresses count as IPv4; loopback is also "localhost".
  bool matches(std::string_view host) const;
  // Higher is more specific: exact names, then networks by their bits, then patterns by what stands before the first
  // wildcard.
  uint32_t specificity() const { return specificity_; }
  const std::string& text() const { return text_; }

 private:
  enum class Kind : uint8_t { kExact, kNetwork, kWildcard };
  std::string text_;  // lower case
  Kind kind_ = Kind::kExact;
  uint32_t specificity_ = 0;
  // kNetwork: both as IPv6 (IPv4 mapped), in network order.
  std::array<uint8_t, 16> network_{};
  std::array<uint8_t, 16> mask_{};
};

// Whether `host` is an address of this machine's loopback: 127.0.0.0/8, ::1, "localhost".
bool is_loopback(std::string_view host);

}  // namespace sluice::session
