// SPDX-License-Identifier: Apache-2.0
// The packets of connecting: greeting, the client's answer, authentication switches, COM_CHANGE_USER. Pure encoders and
// decoders; what they mean is decided in login.cc. Any thread.
// Source: "Connection phase packets" of MySQL's internals manual; the values that are sent: PROTOCOL.md.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "door/mysql/compression.h"
#include "door/mysql/constants.h"
#include "door/mysql/packet_buffer.h"

namespace sluice::door::mysql {

using Scramble = std::array<uint8_t, kScrambleLength>;

inline constexpr std::string_view kNativePassword = "mysql_native_password";
inline constexpr std::string_view kSha2Password = "caching_sha2_password";
inline constexpr std::string_view kClearPassword = "mysql_clear_password";

// Before a client has shown who it is, payloads over this many bytes are refused.
inline constexpr size_t kMaxLoginPayload = 128 * 1024;

// What this server can do; kSsl only with a certificate.
uint32_t server_capabilities(bool with_tls);

struct Greeting {
  uint32_t connection_id = 0;
  Scramble scramble{};
  uint32_t capabilities = 0;
  uint16_t status = 0;
};
void put_greeting(PacketBuffer& out, uint8_t& sequence, const Greeting& greeting);

using Attributes = std::vector<std::pair<std::string, std::string>>;

// HandshakeResponse41, or the shorter SSLRequest (then only capabilities, max_packet and charset are set).
struct HandshakeResponse {
  uint32_t capabilities = 0;  // as the client sent them
  uint32_t max_packet = 0;
  uint8_t charset = 0;
  bool is_ssl_request = false;
  std::string user;
  std::string auth_response;
  std::string database;
  std::string plugin;  // empty: the client does not know plugins (native password)
  Attributes attributes;
  int zstd_level = 3;
};
// Errors: 1251 for clients before 4.1, 1043 "Bad handshake" for what does not decode.
Result<HandshakeResponse> parse_handshake_response(std::string_view payload);

struct ChangeUser {
  std::string user;
  std::string auth_response;
  std::string database;
  uint16_t charset = 0;
  std::string plugin;
  Attributes attributes;
};
// `capabilities` are those agreed in the handshake. Error 1043.
Result<ChangeUser> parse_change_user(std::string_view payload, uint32_t capabilities);

// AuthSwitchRequest: "answer again with this plugin and scramble".
void put_auth_switch(PacketBuffer& out, uint8_t& sequence, std::string_view plugin, std::span<const uint8_t> scramble);
// AuthMoreData with `data` behind its header byte.
void put_auth_more(PacketBuffer& out, uint8_t& sequence, std::string_view data);

// The compression that both sides want; zlib wins when the client offers both, as MySQL does it.
Compression agreed_compression(uint32_t capabilities, int zstd_level);

// The names under which an account may be looked up, most exact first: as sent, without "#level", without "@cluster".
std::vector<std::string> login_names(std::string_view user);

}  // namespace sluice::door::mysql
