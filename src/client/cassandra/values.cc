// SPDX-License-Identifier: Apache-2.0
#include "client/cassandra/values.h"

#include <arpa/inet.h>

#include "client/cassandra/notation.h"

namespace sluice::client::cassandra {

namespace {

std::string_view text_of(std::optional<std::string_view> bytes) { return bytes.value_or(std::string_view()); }

Error no_such(std::string_view type) { return Error(Code::kDataLoss, "a value is no " + std::string(type)); }

// Announced numbers of elements are not believed: each takes at least 4 bytes.
bool plausible(int32_t count, size_t bytes, size_t elements_each) {
  return count >= 0 && static_cast<size_t>(count) <= bytes / (sizeof(int32_t) * elements_each);
}

}  // namespace

Values& Values::text_map(const std::map<std::string, std::string>& map) {
  ++count_;
  size_t n = sizeof(int32_t);
  for (auto& [key, value] : map) n += 2 * sizeof(int32_t) + key.size() + value.size();
  out_->reserve(n + sizeof(int32_t));
  out_->u32_be(static_cast<uint32_t>(n));
  out_->u32_be(static_cast<uint32_t>(map.size()));
  for (auto& [key, value] : map) {
    append_bytes(*out_, key);
    append_bytes(*out_, value);
  }
  return *this;
}

Status Cell::expect(int32_t bytes, std::string_view type) const {
  if (size_ == bytes) return {};
  return fail(Code::kDataLoss,
              size_ < 0 ? "a value of type " + std::string(type) + " is null"
                        : "a value of type " + std::string(type) + " has " + std::to_string(size_) + " bytes");
}

Result<int32_t> Cell::int32() const {
  TRY(expect(sizeof(int32_t), "int"));
  return ByteReader(bytes()).i32_be();
}

Result<int64_t> Cell::int64() const {
  TRY(expect(sizeof(int64_t), "bigint"));
  return ByteReader(bytes()).i64_be();
}

Result<double> Cell::float64() const {
  TRY(expect(sizeof(double), "double"));
  return std::bit_cast<double>(ByteReader(bytes()).u64_be());
}

Result<bool> Cell::boolean() const {
  TRY(expect(1, "boolean"));
  return data_[0] != 0;
}

Result<std::array<uint8_t, 16>> Cell::uuid() const {
  TRY(expect(16, "uuid"));
  std::array<uint8_t, 16> value;
  std::memcpy(value.data(), data_, value.size());
  return value;
}

Result<std::string> Cell::address() const {
  char text[INET6_ADDRSTRLEN];
  if (size_ == 4) return std::string(::inet_ntop(AF_INET, data_, text, sizeof(text)));
  if (size_ == 16) return std::string(::inet_ntop(AF_INET6, data_, text, sizeof(text)));
  return fail(no_such("inet"));
}

Result<std::vector<std::pair<std::string, std::string>>> Cell::text_map() const {
  std::vector<std::pair<std::string, std::string>> map;
  if (size_ <= 0) return map;
  ByteReader in(bytes());
  const int32_t count = in.i32_be();
  if (!plausible(count, in.remaining(), 2)) return fail(no_such("map<text, text>"));
  map.reserve(static_cast<size_t>(count));
  for (int32_t i = 0; i < count; ++i) {
    auto key = text_of(read_bytes(in));
    auto value = text_of(read_bytes(in));
    map.emplace_back(key, value);
  }
  if (!in.ok() || !in.at_end()) return fail(no_such("map<text, text>"));
  return map;
}

Result<std::vector<std::string>> Cell::text_list() const {
  std::vector<std::string> list;
  if (size_ <= 0) return list;
  ByteReader in(bytes());
  const int32_t count = in.i32_be();
  if (!plausible(count, in.remaining(), 1)) return fail(no_such("list<text>"));
  list.reserve(static_cast<size_t>(count));
  for (int32_t i = 0; i < count; ++i) list.emplace_back(text_of(read_bytes(in)));
  if (!in.ok() || !in.at_end()) return fail(no_such("list<text>"));
  return list;
}

}  // namespace sluice::client::cassandra
