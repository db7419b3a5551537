// SPDX-License-Identifier: Apache-2.0
// A set of 64-bit numbers: the value of type BITMAP. Value semantics, not for several threads at once.
// Stored as Doris writes it to a client (bitmap_to_base64). The first byte is the form:
//   0 empty | 1 one number, 4 bytes | 3 one number, 8 bytes | 2 roaring bitmap of 32-bit numbers, portable format
//   | 4 varint n, then n times: 4 bytes of high half, roaring bitmap of the low halves in portable format
//   | 5 (read only) one byte n, n numbers of 8 bytes. All little endian.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <roaring/roaring.hh>
#include <string>
#include <string_view>

namespace sluice::functions {

class Bitmap {
 public:
  Bitmap() = default;
  // Nothing for bytes that are no bitmap.
  static std::optional<Bitmap> from_bytes(std::string_view bytes);
  std::string to_bytes() const;
  // Numbers and commas, with white space: "1, 2,3"; empty text is the empty set. Nothing for anything else.
  static std::optional<Bitmap> from_text(std::string_view text);
  std::string to_text() const;

  void add(uint64_t value) { parts_[high(value)].add(low(value)); }
  void remove(uint64_t value);
  bool contains(uint64_t value) const;
  bool empty() const { return parts_.empty(); }
  uint64_t count() const;
  // Of sets that are not empty.
  uint64_t minimum() const;
  uint64_t maximum() const;

  Bitmap& operator|=(const Bitmap& other);
  Bitmap& operator&=(const Bitmap& other);
  Bitmap& operator-=(const Bitmap& other);
  Bitmap& operator^=(const Bitmap& other);

  // In ascending order, from the first number that is not below `from`, until `visit` says false.
  void each(uint64_t from, const std::function<bool(uint64_t)>& visit) const;

 private:
  static uint32_t high(uint64_t value) { return static_cast<uint32_t>(value >> 32); }
  static uint32_t low(uint64_t value) { return static_cast<uint32_t>(value); }
  void drop_empty();

  std::map<uint32_t, Roaring> parts_;  // by high half; none is empty
};

}  // namespace sluice::functions
