// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/embedded/keys.h"

#include <vector>

namespace sluice::timeseries::keys {
namespace {

template <typename T>
void append_big_endian(std::string& key, T value) {
  value = sluice::detail::swap_bytes(value);
  key.append(reinterpret_cast<const char*>(&value), sizeof value);
}

constexpr uint64_t kSign = uint64_t{1} << 63;

}  // namespace

void append_text(std::string& key, std::string_view text) {
  for (;;) {
    const size_t zero = text.find('\0');
    key.append(text.substr(0, zero));
    if (zero == std::string_view::npos) break;
    key.append("\x00\xFF", 2);
    text.remove_prefix(zero + 1);
  }
  key.append("\x00\x01", 2);
}

void append_number(std::string& key, uint32_t number) { append_big_endian(key, number); }

std::string after(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xFF) prefix.pop_back();
  if (!prefix.empty()) ++prefix.back();
  return prefix;
}

std::optional<std::string> take_text(std::string_view& key) {
  std::string text;
  for (;;) {
    const size_t zero = key.find('\0');
    if (zero == std::string_view::npos || zero + 1 >= key.size()) return std::nullopt;
    text.append(key.substr(0, zero));
    const char mark = key[zero + 1];
    key.remove_prefix(zero + 2);
    if (mark == '\x01') return text;
    if (mark != '\xFF') return std::nullopt;
    text.push_back('\0');
  }
}

std::optional<uint32_t> take_number(std::string_view& key) {
  if (key.size() < 4) return std::nullopt;
  ByteReader in(key);
  key.remove_prefix(4);
  return in.u32_be();
}

std::string identity(std::string_view metric, PointType type, const Tags& tags) {
  std::string key(1, kIdentity);
  append_text(key, metric);
  key.push_back(static_cast<char>(type));
  for (const auto& [name, value] : tags.all()) {
    append_text(key, name);
    append_text(key, value);
  }
  return key;
}

std::optional<Identity> parse_identity(std::string_view key) {
  if (key.empty() || key[0] != kIdentity) return std::nullopt;
  key.remove_prefix(1);
  auto metric = take_text(key);
  if (!metric || key.empty() || static_cast<uint8_t>(key[0]) > static_cast<uint8_t>(PointType::kLongNano))
    return std::nullopt;
  const auto type = static_cast<PointType>(key[0]);
  key.remove_prefix(1);
  std::vector<Tags::Tag> tags;
  while (!key.empty()) {
    auto name = take_text(key);
    if (!name) return std::nullopt;
    auto value = take_text(key);
    if (!value) return std::nullopt;
    tags.emplace_back(std::move(*name), std::move(*value));
  }
  return Identity{std::move(*metric), type, Tags(std::move(tags))};
}

std::string block(uint32_t series, int64_t first, uint64_t sequence) {
  std::string key;
  append_number(key, series);
  append_big_endian(key, static_cast<uint64_t>(first) ^ kSign);
  append_big_endian(key, sequence);
  return key;
}

std::string blocks_of(uint32_t series) {
  std::string key;
  append_number(key, series);
  return key;
}

bool parse_block(std::string_view key, uint32_t& series, Span& span) {
  if (key.size() != 20) return false;
  ByteReader in(key);
  series = in.u32_be();
  span.first = static_cast<int64_t>(in.u64_be() ^ kSign);
  span.sequence = in.u64_be();
  return true;
}

}  // namespace sluice::timeseries::keys
