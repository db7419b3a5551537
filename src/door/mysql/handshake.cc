// SPDX-License-Identifier: Apache-2.0
#include "door/mysql/handshake.h"

#include <algorithm>

#include "door/mysql/payload_reader.h"

namespace sluice::door::mysql {
namespace {

// Connection attributes: at most this many, of at most so many bytes each; what is beyond is dropped.
constexpr size_t kMaxAttributes = 128;
constexpr size_t kMaxAttributeBytes = 4096;
constexpr size_t kSslRequestBytes = 32;

Error bad_handshake() { return sql_error(Code::kInvalidArgument, 1043, "Bad handshake"); }

Attributes parse_attributes(PayloadReader& in) {
  Attributes attributes;
  PayloadReader pairs(in.lenenc_text());
  while (in.ok() && !pairs.at_end() && attributes.size() < kMaxAttributes) {
    std::string_view key = pairs.lenenc_text();
    std::string_view value = pairs.lenenc_text();
    if (!pairs.ok()) break;
    if (key.size() <= kMaxAttributeBytes && value.size() <= kMaxAttributeBytes) attributes.emplace_back(key, value);
  }
  return attributes;
}

}  // namespace

uint32_t server_capabilities(bool with_tls) {
  return kLongPassword | kFoundRows | kLongFlag | kConnectWithDb | kCompress | kOdbc | kLocalFiles | kIgnoreSpace |
         kProtocol41 | kInteractive | kTransactions | kSecureConnection | kMultiStatements | kMultiResults |
         kPsMultiResults | kPluginAuth | kConnectAttributes | kPluginAuthLenenc | kDeprecateEof | kZstdCompress |
         (with_tls ? kSsl : 0u);
}

void put_greeting(PacketBuffer& out, uint8_t& sequence, const Greeting& greeting) {
  constexpr size_t kFirstPart = 8;
  size_t packet = out.begin_packet();
  out.u8(10);
  out.null_terminated(kServerVersion);
  out.u32_le(greeting.connection_id);
  out.append(greeting.scramble.data(), kFirstPart);
  out.u8(0);
  out.u16_le(static_cast<uint16_t>(greeting.capabilities));
  out.u8(kCharsetUtf8);
  out.u16_le(greeting.status);
  out.u16_le(static_cast<uint16_t>(greeting.capabilities >> 16));
  out.u8(kScrambleLength + 1);
  out.fill(0, 10);
  out.append(greeting.scramble.data() + kFirstPart, kScrambleLength - kFirstPart);
  out.u8(0);
  out.null_terminated(kNativePassword);
  out.end_packet(packet, sequence);
}

Result<HandshakeResponse> parse_handshake_response(std::string_view payload) {
  PayloadReader in(payload);
  HandshakeResponse response;
  response.capabilities = in.u16_le();
  if (in.ok() && (response.capabilities & kProtocol41) == 0) {
    return fail(sql_error(Code::kUnsupported, 1251,
                          "Client does not support authentication protocol requested by server; consider upgrading "
                          "MySQL client"));
  }
  response.capabilities |= static_cast<uint32_t>(in.u16_le()) << 16;
  response.max_packet = in.u32_le();
  response.charset = in.u8();
  in.skip(23);
  if (!in.ok()) return fail(bad_handshake());
  if (payload.size() == kSslRequestBytes) {
    response.is_ssl_request = (response.capabilities & kSsl) != 0;
    if (!response.is_ssl_request) return fail(bad_handshake());
    return response;
  }
  uint32_t capabilities = response.capabilities;
  response.user = in.text_to_zero();
  if (capabilities & kPluginAuthLenenc) {
    response.auth_response = in.lenenc_text();
  } else if (capabilities & kSecureConnection) {
    response.auth_response = in.text(in.u8());
  } else {
    response.auth_response = in.text_to_zero_or_end();
  }
  // Old clients leave out what they have nothing to say in.
  if ((capabilities & kConnectWithDb) && !in.at_end()) response.database = in.text_to_zero_or_end();
  if ((capabilities & kPluginAuth) && !in.at_end()) response.plugin = in.text_to_zero_or_end();
  if ((capabilities & kConnectAttributes) && !in.at_end()) response.attributes = parse_attributes(in);
  if ((capabilities & kZstdCompress) && !in.at_end()) response.zstd_level = in.u8();
  if (!in.ok()) return fail(bad_handshake());
  return response;
}

Result<ChangeUser> parse_change_user(std::string_view payload, uint32_t capabilities) {
  PayloadReader in(payload);
  ChangeUser change;
  change.user = in.text_to_zero();
  if (capabilities & kSecureConnection) {
    change.auth_response = in.text(in.u8());
  } else {
    change.auth_response = in.text_to_zero_or_end();
  }
  if (!in.at_end()) change.database = in.text_to_zero_or_end();
  if (!in.at_end()) change.charset = in.u16_le();
  if ((capabilities & kPluginAuth) && !in.at_end()) change.plugin = in.text_to_zero_or_end();
  if ((capabilities & kConnectAttributes) && !in.at_end()) change.attributes = parse_attributes(in);
  if (!in.ok()) return fail(bad_handshake());
  return change;
}

void put_auth_switch(PacketBuffer& out, uint8_t& sequence, std::string_view plugin, std::span<const uint8_t> scramble) {
  size_t packet = out.begin_packet();
  out.u8(kAuthSwitchHeader);
  out.null_terminated(plugin);
  out.append(scramble);
  out.u8(0);
  out.end_packet(packet, sequence);
}

void put_auth_more(PacketBuffer& out, uint8_t& sequence, std::string_view data) {
  size_t packet = out.begin_packet();
  out.u8(kAuthMoreHeader);
  out.append(data);
  out.end_packet(packet, sequence);
}

Compression agreed_compression(uint32_t capabilities, int zstd_level) {
  constexpr int kZlibLevel = 1;  // three times faster than 6 for a fifth more bytes
  if (capabilities & kCompress) return {Algorithm::kZlib, kZlibLevel};
  if (capabilities & kZstdCompress) return {Algorithm::kZstd, std::clamp(zstd_level, 1, 22)};
  return {};
}

std::vector<std::string> login_names(std::string_view user) {
  std::vector<std::string> names{std::string(user)};
  auto add = [&](std::string_view name) {
    if (!name.empty() && name != names.back()) names.emplace_back(name);
  };
  std::string_view without_level = user.substr(0, user.find('#'));
  add(without_level);
  add(without_level.substr(0, without_level.find('@')));
  return names;
}

}  // namespace sluice::door::mysql
