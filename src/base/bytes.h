// SPDX-License-Identifier: Apache-2.0
// ByteReader and ByteBuffer: the ground under every decoder and encoder of wire formats. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace sluice {

namespace detail {
template <typename T>
constexpr T swap_bytes(T value) {
  if constexpr (sizeof(T) == 1)
    return value;
  else if constexpr (sizeof(T) == 2)
    return static_cast<T>(__builtin_bswap16(static_cast<uint16_t>(value)));
  else if constexpr (sizeof(T) == 4)
    return static_cast<T>(__builtin_bswap32(static_cast<uint32_t>(value)));
  else
    return static_cast<T>(__builtin_bswap64(static_cast<uint64_t>(value)));
}
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "Sluice runs on little-endian machines");
[[noreturn]] void out_of_memory(size_t bytes);
}  // namespace detail

// Reads a span of bytes front to back. A read beyond the end gives zeros (or an empty view) and makes ok() false for
// good: check ok() once after a group of reads. Never reads outside the span, never throws.
class ByteReader {
 public:
  explicit ByteReader(std::span<const uint8_t> bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}
  explicit ByteReader(std::string_view bytes)
      : ByteReader(std::span(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size())) {}

  bool ok() const { return ok_; }
  size_t remaining() const { return static_cast<size_t>(end_ - at_); }
  bool at_end() const { return at_ == end_; }
  // The unread rest, without reading it.
  std::span<const uint8_t> rest() const { return {at_, remaining()}; }

  uint8_t u8() { return number<uint8_t>(); }
  uint16_t u16_le() { return number<uint16_t>(); }
  uint32_t u24_le() { return take(3) ? static_cast<uint32_t>(at_[-3] | at_[-2] << 8 | at_[-1] << 16) : 0; }
  uint32_t u32_le() { return number<uint32_t>(); }
  uint64_t u48_le() {
    if (!take(6)) return 0;
    uint64_t value = 0;
    std::memcpy(&value, at_ - 6, 6);
    return value;
  }
  uint64_t u64_le() { return number<uint64_t>(); }
  uint16_t u16_be() { return detail::swap_bytes(number<uint16_t>()); }
  uint32_t u32_be() { return detail::swap_bytes(number<uint32_t>()); }
  uint64_t u64_be() { return detail::swap_bytes(number<uint64_t>()); }
  int8_t i8() { return static_cast<int8_t>(u8()); }
  int16_t i16_le() { return static_cast<int16_t>(u16_le()); }
  int32_t i32_le() { return static_cast<int32_t>(u32_le()); }
  int64_t i64_le() { return static_cast<int64_t>(u64_le()); }
  int16_t i16_be() { return static_cast<int16_t>(u16_be()); }
  int32_t i32_be() { return static_cast<int32_t>(u32_be()); }
  int64_t i64_be() { return static_cast<int64_t>(u64_be()); }
  float f32_le() { return number<float>(); }
  double f64_le() { return number<double>(); }

  // Views into the span that is read.
  std::span<const uint8_t> bytes(size_t n) {
    if (!take(n)) return {};
    return {at_ - n, n};
  }
  std::string_view text(size_t n) {
    auto view = bytes(n);
    return {reinterpret_cast<const char*>(view.data()), view.size()};
  }
  // Up to a zero byte, which is read too; fails when there is none.
  std::string_view text_to_zero() {
    const void* zero = at_ == end_ ? nullptr : std::memchr(at_, 0, remaining());
    if (!zero) {
      take(remaining() + 1);
      return {};
    }
    size_t n = static_cast<size_t>(static_cast<const uint8_t*>(zero) - at_);
    auto view = text(n);
    ++at_;
    return view;
  }
  std::string_view rest_text() { return text(remaining()); }
  void skip(size_t n) { take(n); }
  // Makes ok() false: for values that are there but make no sense.
  void set_failed() { ok_ = false; }

 private:
  bool take(size_t n) {
    if (n > remaining()) [[unlikely]] {
      ok_ = false;
      at_ = end_;
      return false;
    }
    at_ += n;
    return true;
  }
  template <typename T>
  T number() {
    if (!take(sizeof(T))) return T{};
    T value;
    std::memcpy(&value, at_ - sizeof(T), sizeof(T));
    return value;
  }

  const uint8_t* at_;
  const uint8_t* end_;
  bool ok_ = true;
};

// A growing buffer of bytes for encoders. Growing does not zero, and keeps the capacity over clear().
// Encoders on the hot path reserve once a row and then use the *_unchecked calls or write through tail().
// Out of memory aborts (limits belong to the callers).
class ByteBuffer {
 public:
  ByteBuffer() = default;
  explicit ByteBuffer(size_t capacity) { reserve(capacity); }
  ByteBuffer(ByteBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~ByteBuffer() { std::free(data_); }

  uint8_t* data() { return data_; }
  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }
  size_t capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }
  std::span<const uint8_t> span() const { return {data_, size_}; }
  std::string_view view() const { return {reinterpret_cast<const char*>(data_), size_}; }
  uint8_t& operator[](size_t i) { return data_[i]; }
  uint8_t operator[](size_t i) const { return data_[i]; }

  void clear() { size_ = 0; }
  // Gives the memory back; for buffers of connections that fell idle.
  void release() { *this = ByteBuffer(); }
  void truncate(size_t size) { size_ = size < size_ ? size : size_; }
  // Drops the first n bytes by moving the rest to the front.
  void erase_front(size_t n) {
    size_ -= n;
    std::memmove(data_, data_ + n, size_);
  }

  // Makes room for `more` bytes after size(). The capacity at least doubles when it grows.
  void reserve(size_t more) {
    if (more > capacity_ - size_) [[unlikely]]
      grow(more);
  }
  // Room for n bytes after size(), to be written by the caller, who then calls advance().
  uint8_t* tail(size_t n) {
    reserve(n);
    return data_ + size_;
  }
  // n bytes after size() were written; n must not exceed what was reserved.
  void advance(size_t n) { size_ += n; }
  // Sets size(); new bytes are whatever the memory held.
  void resize_uninitialised(size_t size) {
    if (size > size_) reserve(size - size_);
    size_ = size;
  }

  void u8(uint8_t value) { number(value); }
  void u16_le(uint16_t value) { number(value); }
  void u24_le(uint32_t value) {
    reserve(3);
    u24_le_unchecked(value);
  }
  void u32_le(uint32_t value) { number(value); }
  void u64_le(uint64_t value) { number(value); }
  void u16_be(uint16_t value) { number(detail::swap_bytes(value)); }
  void u32_be(uint32_t value) { number(detail::swap_bytes(value)); }
  void u64_be(uint64_t value) { number(detail::swap_bytes(value)); }
  void f32_le(float value) { number(value); }
  void f64_le(double value) { number(value); }
  void append(const void* bytes, size_t n) {
    if (n == 0) return;
    reserve(n);
    append_unchecked(bytes, n);
  }
  void append(std::string_view text) { append(text.data(), text.size()); }
  void append(std::span<const uint8_t> bytes) { append(bytes.data(), bytes.size()); }
  void fill(uint8_t value, size_t n) {
    if (n == 0) return;
    std::memset(tail(n), value, n);
    size_ += n;
  }

  // Only after reserve() of enough.
  void u8_unchecked(uint8_t value) { number_unchecked(value); }
  void u16_le_unchecked(uint16_t value) { number_unchecked(value); }
  void u24_le_unchecked(uint32_t value) {
    data_[size_] = static_cast<uint8_t>(value);
    data_[size_ + 1] = static_cast<uint8_t>(value >> 8);
    data_[size_ + 2] = static_cast<uint8_t>(value >> 16);
    size_ += 3;
  }
  void u32_le_unchecked(uint32_t value) { number_unchecked(value); }
  void u64_le_unchecked(uint64_t value) { number_unchecked(value); }
  void f32_le_unchecked(float value) { number_unchecked(value); }
  void f64_le_unchecked(double value) { number_unchecked(value); }
  void append_unchecked(const void* bytes, size_t n) {
    std::memcpy(data_ + size_, bytes, n);
    size_ += n;
  }

  // Overwrites what was written before, e.g. a length that became known; `at` + 3 <= size().
  void patch_u24_le(size_t at, uint32_t value) {
    data_[at] = static_cast<uint8_t>(value);
    data_[at + 1] = static_cast<uint8_t>(value >> 8);
    data_[at + 2] = static_cast<uint8_t>(value >> 16);
  }

 private:
  template <typename T>
  void number(T value) {
    reserve(sizeof(T));
    number_unchecked(value);
  }
  template <typename T>
  void number_unchecked(T value) {
    std::memcpy(data_ + size_, &value, sizeof(T));
    size_ += sizeof(T);
  }
  [[gnu::noinline]] void grow(size_t more);

  uint8_t* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace sluice
