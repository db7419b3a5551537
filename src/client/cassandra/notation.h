// SPDX-License-Identifier: Apache-2.0
// The notations of CQL's native protocol: strings, byte strings, lists and maps of them. Big endian throughout.
// Readers give views into what is read, and check ok() of the reader as it does; writers append. Any thread.
// Source of truth: native_protocol_v4.spec, section 3.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace sluice::client::cassandra {

enum class Consistency : uint16_t {
  kAny = 0,
  kOne = 1,
  kTwo = 2,
  kThree = 3,
  kQuorum = 4,
  kAll = 5,
  kLocalQuorum = 6,
  kEachQuorum = 7,
  kSerial = 8,
  kLocalSerial = 9,
  kLocalOne = 10,
};
std::string_view to_string(Consistency consistency);  // "QUORUM"
// As KairosDB's settings name them, any case.
std::optional<Consistency> parse_consistency(std::string_view name);

// ---- reading

// [string]: 2 bytes of length.
inline std::string_view read_string(ByteReader& in) { return in.text(in.u16_be()); }
// [long string]: 4 bytes of length.
inline std::string_view read_long_string(ByteReader& in) {
  const int32_t n = in.i32_be();
  if (n < 0) in.set_failed();
  return n < 0 ? std::string_view() : in.text(static_cast<size_t>(n));
}
// [short bytes]: 2 bytes of length.
inline std::string_view read_short_bytes(ByteReader& in) { return in.text(in.u16_be()); }
// [bytes]: 4 bytes of length; a negative one is null. nullopt: null.
inline std::optional<std::string_view> read_bytes(ByteReader& in) {
  const int32_t n = in.i32_be();
  if (n < 0) return std::nullopt;
  return in.text(static_cast<size_t>(n));
}

// ---- writing

inline void append_u16(ByteBuffer& out, uint16_t value) { out.u16_be(value); }
inline void append_u32(ByteBuffer& out, uint32_t value) { out.u32_be(value); }
inline void append_i64(ByteBuffer& out, int64_t value) { out.u64_be(static_cast<uint64_t>(value)); }
// `text` of at most 65,535 bytes; longer ones are cut, so callers check first.
inline void append_string(ByteBuffer& out, std::string_view text) {
  text = text.substr(0, UINT16_MAX);
  out.u16_be(static_cast<uint16_t>(text.size()));
  out.append(text);
}
inline void append_long_string(ByteBuffer& out, std::string_view text) {
  out.u32_be(static_cast<uint32_t>(text.size()));
  out.append(text);
}
inline void append_bytes(ByteBuffer& out, std::string_view bytes) { append_long_string(out, bytes); }

}  // namespace sluice::client::cassandra
