// SPDX-License-Identifier: Apache-2.0
// Keys: the store's keys in RocksDB as bytes whose order is that of what they stand for. Texts may hold any byte: a
// zero becomes 00 FF, and 00 01 ends a text, so that no text is a prefix of another. Numbers are big-endian, signed
// ones with the highest bit flipped. Layout: README.md, "Keys". Pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "timeseries/series.h"
#include "timeseries/store/embedded/block.h"

namespace sluice::timeseries::keys {

// First bytes of the keys of the index. On disk: never change.
inline constexpr char kSeries = '#';    // number -> identity
inline constexpr char kIdentity = 'i';  // metric, type, tags -> number
inline constexpr char kMetric = 'm';    // metric
inline constexpr char kTag = 't';       // metric, tag, value, number
inline constexpr char kTagName = 'n';   // tag, metric
inline constexpr char kTagValue = 'v';  // value, metric
inline constexpr char kService = 's';   // service, service key, key -> value
inline constexpr char kModified = 'c';  // service, service key -> when it was changed

void append_text(std::string& key, std::string_view text);
void append_number(std::string& key, uint32_t number);
// A key of texts: first byte, then each.
template <typename... Texts>
std::string of(char kind, const Texts&... texts) {
  std::string key(1, kind);
  (append_text(key, texts), ...);
  return key;
}
// The least key that is greater than all that begin with `prefix`; empty: there is none.
std::string after(std::string prefix);

// Takes the next text off the front; nullopt when the bytes are none.
std::optional<std::string> take_text(std::string_view& key);
std::optional<uint32_t> take_number(std::string_view& key);

// kIdentity, and back; the first byte is taken too.
std::string identity(std::string_view metric, PointType type, const Tags& tags);
struct Identity {
  std::string metric;
  PointType type;
  Tags tags;
};
std::optional<Identity> parse_identity(std::string_view key);

// Blocks and their spans have the same keys: series, first time, sequence.
std::string block(uint32_t series, int64_t first, uint64_t sequence);
// What all keys of a series begin with.
std::string blocks_of(uint32_t series);
// Fills in first and sequence.
bool parse_block(std::string_view key, uint32_t& series, Span& span);

}  // namespace sluice::timeseries::keys
