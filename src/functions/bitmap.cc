// SPDX-License-Identifier: Apache-2.0
#include "functions/bitmap.h"

#include <charconv>
#include <cstring>

namespace sluice::functions {
namespace {

enum Form : uint8_t { kEmpty = 0, kSingle32 = 1, kBitmap32 = 2, kSingle64 = 3, kBitmap64 = 4, kSet = 5 };

template <typename T>
std::optional<T> read_number(std::string_view& bytes) {
  if (bytes.size() < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  bytes.remove_prefix(sizeof(T));
  return value;
}

template <typename T>
void append_number(std::string& bytes, T value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(T));
}

std::optional<uint64_t> read_varint(std::string_view& bytes) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    value |= uint64_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

std::optional<Roaring> read_part(std::string_view& bytes) {
  // Nothing that the library would believe without looking: it must read a copy that lies within these bytes, and
  // the copy must be in order.
  const size_t size = roaring_bitmap_portable_deserialize_size(bytes.data(), bytes.size());
  if (size == 0 || size > bytes.size()) return std::nullopt;
  roaring_bitmap_t* made = roaring_bitmap_portable_deserialize_safe(bytes.data(), bytes.size());
  if (!made) return std::nullopt;
  bytes.remove_prefix(size);
  return Roaring(made);
}

void append_part(std::string& bytes, const Roaring& part) {
  const size_t before = bytes.size();
  bytes.resize(before + part.getSizeInBytes(true));
  part.write(bytes.data() + before, true);
}

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

}  // namespace

std::optional<Bitmap> Bitmap::from_bytes(std::string_view bytes) {
  Bitmap result;
  auto form = read_number<uint8_t>(bytes);
  if (!form) return std::nullopt;
  switch (*form) {
    case kEmpty:
      return result;
    case kSingle32: {
      auto value = read_number<uint32_t>(bytes);
      if (!value) return std::nullopt;
      result.add(*value);
      return result;
    }
    case kSingle64: {
      auto value = read_number<uint64_t>(bytes);
      if (!value) return std::nullopt;
      result.add(*value);
      return result;
    }
    case kBitmap32: {
      auto part = read_part(bytes);
      if (!part) return std::nullopt;
      if (!part->isEmpty()) result.parts_.emplace(0, std::move(*part));
      return result;
    }
    case kBitmap64: {
      auto parts = read_varint(bytes);
      if (!parts) return std::nullopt;
      for (uint64_t i = 0; i < *parts; ++i) {
        auto key = read_number<uint32_t>(bytes);
        if (!key) return std::nullopt;
        auto part = read_part(bytes);
        if (!part) return std::nullopt;
        if (!part->isEmpty()) result.parts_.insert_or_assign(*key, std::move(*part));
      }
      return result;
    }
    case kSet: {
      auto count = read_number<uint8_t>(bytes);
      if (!count) return std::nullopt;
      for (unsigned i = 0; i < *count; ++i) {
        auto value = read_number<uint64_t>(bytes);
        if (!value) return std::nullopt;
        result.add(*value);
      }
      return result;
    }
    default:
      return std::nullopt;
  }
}

std::string Bitmap::to_bytes() const {
  std::string bytes;
  if (empty()) {
    bytes += static_cast<char>(kEmpty);
    return bytes;
  }
  const bool one_part = parts_.size() == 1;
  const auto& [first_key, first_part] = *parts_.begin();
  if (one_part && first_part.cardinality() == 1) {
    bytes += static_cast<char>(first_key == 0 ? kSingle32 : kSingle64);
    if (first_key == 0)
      append_number(bytes, first_part.minimum());
    else
      append_number(bytes, minimum());
    return bytes;
  }
  if (one_part && first_key == 0) {
    bytes += static_cast<char>(kBitmap32);
    Roaring packed = first_part;
    packed.runOptimize();
    append_part(bytes, packed);
    return bytes;
  }
  bytes += static_cast<char>(kBitmap64);
  uint64_t left = parts_.size();
  for (; left >= 0x80; left >>= 7) bytes += static_cast<char>(left | 0x80);
  bytes += static_cast<char>(left);
  for (const auto& [key, part] : parts_) {
    append_number(bytes, key);
    Roaring packed = part;
    packed.runOptimize();
    append_part(bytes, packed);
  }
  return bytes;
}

std::optional<Bitmap> Bitmap::from_text(std::string_view text) {
  Bitmap result;
  const char* at = text.data();
  const char* end = at + text.size();
  const auto skip_space = [&] {
    while (at != end && is_space(*at)) ++at;
  };
  skip_space();
  if (at == end) return result;
  for (;;) {
    skip_space();
    uint64_t value = 0;
    auto [after, failure] = std::from_chars(at, end, value);
    if (failure != std::errc()) return std::nullopt;
    at = after;
    result.add(value);
    skip_space();
    if (at == end) return result;
    if (*at++ != ',') return std::nullopt;
  }
}

std::string Bitmap::to_text() const {
  std::string text;
  each(0, [&](uint64_t value) {
    if (!text.empty()) text += ',';
    text += std::to_string(value);
    return true;
  });
  return text;
}

void Bitmap::remove(uint64_t value) {
  auto part = parts_.find(high(value));
  if (part == parts_.end()) return;
  part->second.remove(low(value));
  if (part->second.isEmpty()) parts_.erase(part);
}

bool Bitmap::contains(uint64_t value) const {
  auto part = parts_.find(high(value));
  return part != parts_.end() && part->second.contains(low(value));
}

uint64_t Bitmap::count() const {
  uint64_t total = 0;
  for (const auto& [key, part] : parts_) total += part.cardinality();
  return total;
}

uint64_t Bitmap::minimum() const { return (uint64_t{parts_.begin()->first} << 32) | parts_.begin()->second.minimum(); }

uint64_t Bitmap::maximum() const {
  return (uint64_t{parts_.rbegin()->first} << 32) | parts_.rbegin()->second.maximum();
}

void Bitmap::drop_empty() {
  std::erase_if(parts_, [](const auto& part) { return part.second.isEmpty(); });
}

Bitmap& Bitmap::operator|=(const Bitmap& other) {
  for (const auto& [key, part] : other.parts_) parts_[key] |= part;
  return *this;
}

Bitmap& Bitmap::operator&=(const Bitmap& other) {
  for (auto& [key, part] : parts_) {
    auto found = other.parts_.find(key);
    if (found == other.parts_.end())
      part = Roaring();
    else
      part &= found->second;
  }
  drop_empty();
  return *this;
}

Bitmap& Bitmap::operator-=(const Bitmap& other) {
  for (auto& [key, part] : parts_) {
    auto found = other.parts_.find(key);
    if (found != other.parts_.end()) part -= found->second;
  }
  drop_empty();
  return *this;
}

Bitmap& Bitmap::operator^=(const Bitmap& other) {
  for (const auto& [key, part] : other.parts_) parts_[key] ^= part;
  drop_empty();
  return *this;
}

void Bitmap::each(uint64_t from, const std::function<bool(uint64_t)>& visit) const {
  for (auto part = parts_.lower_bound(high(from)); part != parts_.end(); ++part) {
    const uint64_t base = uint64_t{part->first} << 32;
    roaring_uint32_iterator_t at;
    roaring_init_iterator(&part->second.roaring, &at);
    if (part->first == high(from)) roaring_move_uint32_iterator_equalorlarger(&at, low(from));
    for (; at.has_value; roaring_advance_uint32_iterator(&at)) {
      if (!visit(base | at.current_value)) return;
    }
  }
}

}  // namespace sluice::functions
