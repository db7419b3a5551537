// SPDX-License-Identifier: Apache-2.0
#include "timeseries/request/utf8_input.h"

#include <cstdint>
#include <cstring>

#include "base/json_text.h"

namespace sluice::timeseries {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// The length of the ASCII text in front.
size_t ascii_length(std::string_view text) {
  size_t at = 0;
  for (; at + 32 <= text.size(); at += 32) {
    uint64_t words[4];
    std::memcpy(words, text.data() + at, sizeof words);
    if ((words[0] | words[1] | words[2] | words[3]) & 0x8080808080808080) break;
  }
  while (at < text.size() && static_cast<signed char>(text[at]) >= 0) ++at;
  return at;
}

// How many bytes in front Java replaces together: the begin of a character that does not go on, or a surrogate. No
// valid character is in front.
size_t maximal_part(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const size_t length = lead >= 0xF0 && lead <= 0xF4  ? 4
                        : lead >= 0xE0 && lead < 0xF0 ? 3
                        : lead >= 0xC2 && lead < 0xE0 ? 2
                                                      : 1;
  size_t have = 1;
  for (; have < length && have < text.size(); ++have) {
    const unsigned char c = byte(have);
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    if (have == 1) {
      if (lead == 0xE0) low = 0xA0;
      if (lead == 0xF0) low = 0x90;
      if (lead == 0xF4) high = 0x8F;
    }
    if (c < low || c > high) break;
  }
  return have;
}

}  // namespace

std::string_view Utf8Input::feed(std::string_view bytes, bool last) {
  std::string joined;
  if (!carry_.empty()) {
    joined = std::move(carry_);
    carry_.clear();
    joined.append(bytes);
    bytes = joined;
  }
  if (!started_) {
    if (!last && bytes.size() < kByteOrderMark.size() && kByteOrderMark.starts_with(bytes)) {
      carry_ = bytes;
      return {};
    }
    started_ = true;
    if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
  }
  // Up to the first byte that is wrong the text stays where it is.
  size_t good = ascii_length(bytes);
  while (good < bytes.size()) {
    const size_t length = utf8_sequence(bytes.substr(good));
    if (length == 0) break;
    good += length;
    good += ascii_length(bytes.substr(good));
  }
  const bool moved = !joined.empty();
  if (good == bytes.size() && !moved) return bytes;
  clean_.assign(bytes, 0, good);
  while (good < bytes.size()) {
    const std::string_view rest = bytes.substr(good);
    if (const size_t length = utf8_sequence(rest)) {
      clean_.append(rest, 0, length);
      good += length;
      continue;
    }
    const size_t part = maximal_part(rest);
    const auto lead = static_cast<unsigned char>(rest[0]);
    if (!last && part == rest.size() && lead >= 0xC2 && lead <= 0xF4) {
      carry_ = rest;
      break;
    }
    clean_ += kReplacement;
    good += part;
  }
  return clean_;
}

}  // namespace sluice::timeseries
