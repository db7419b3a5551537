// SPDX-License-Identifier: Apache-2.0
// Values of CQL on the wire. Values appends them to a request (one buffer, no copy beyond it); Cell is one of a row, a
// view into the answer's frame, with decoders for the types that Sluice uses. One thread at a time.
// Source of truth: native_protocol_v4.spec, sections 3 ([value]) and 6.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace sluice::client::cassandra {

// Appends values in the order of the statement's parameters. The buffer outlives it.
class Values {
 public:
  explicit Values(ByteBuffer& out) : out_(&out) {}

  Values& null() { return bare(-1); }
  // Leaves the column as it is; a null would write a tombstone.
  Values& unset() { return bare(-2); }
  Values& blob(std::string_view bytes) {
    ++count_;
    out_->reserve(bytes.size() + sizeof(uint32_t));
    out_->u32_be(static_cast<uint32_t>(bytes.size()));
    out_->append(bytes);
    return *this;
  }
  // A value written by the caller: `n` bytes, to be filled before the next call.
  uint8_t* space(size_t n) {
    ++count_;
    out_->reserve(n + sizeof(uint32_t));
    out_->u32_be(static_cast<uint32_t>(n));
    uint8_t* at = out_->tail(n);
    out_->advance(n);
    return at;
  }
  Values& text(std::string_view utf8) { return blob(utf8); }
  Values& int32(int32_t value) { return number(static_cast<uint32_t>(value)); }
  Values& int64(int64_t value) { return number(static_cast<uint64_t>(value)); }
  // Milliseconds since 1970.
  Values& timestamp(int64_t milliseconds) { return int64(milliseconds); }
  Values& float64(double value) { return number(std::bit_cast<uint64_t>(value)); }
  Values& boolean(bool value) { return number(static_cast<uint8_t>(value)); }
  Values& uuid(const std::array<uint8_t, 16>& value) {
    return blob({reinterpret_cast<const char*>(value.data()), value.size()});
  }
  // Of map<text, text>; Cassandra keeps the keys sorted by their bytes.
  Values& text_map(const std::map<std::string, std::string>& map);

  uint16_t count() const { return count_; }

 private:
  Values& bare(int32_t length) {
    ++count_;
    out_->u32_be(static_cast<uint32_t>(length));
    return *this;
  }
  template <typename T>
  Values& number(T value) {
    ++count_;
    uint8_t bytes[sizeof(uint32_t) + sizeof(T)];
    const uint32_t length = sluice::detail::swap_bytes(static_cast<uint32_t>(sizeof(T)));
    value = sluice::detail::swap_bytes(value);
    std::memcpy(bytes, &length, sizeof(length));
    std::memcpy(bytes + sizeof(length), &value, sizeof(T));
    out_->append(bytes, sizeof(bytes));
    return *this;
  }

  ByteBuffer* out_;
  uint16_t count_ = 0;
};

// One value of a row. Lives as long as the rows that it is of.
class Cell {
 public:
  Cell() = default;
  Cell(const uint8_t* data, int32_t size) : data_(data), size_(size) {}

  bool is_null() const { return size_ < 0; }
  // Empty for null.
  std::string_view bytes() const {
    return {reinterpret_cast<const char*>(data_), size_ < 0 ? 0 : static_cast<size_t>(size_)};
  }
  std::string_view text() const { return bytes(); }

  // kDataLoss when the value is null or not of the type's length.
  Result<int32_t> int32() const;
  Result<int64_t> int64() const;  // bigint, counter, timestamp (milliseconds since 1970), time
  Result<double> float64() const;
  Result<bool> boolean() const;
  Result<std::array<uint8_t, 16>> uuid() const;                               // uuid, timeuuid
  Result<std::string> address() const;                                        // inet, as text
  Result<std::vector<std::pair<std::string, std::string>>> text_map() const;  // map<text, text>, in its order
  Result<std::vector<std::string>> text_list() const;                         // list and set of text; null: empty

 private:
  Status expect(int32_t bytes, std::string_view type) const;

  const uint8_t* data_ = nullptr;
  int32_t size_ = -1;
};

}  // namespace sluice::client::cassandra
