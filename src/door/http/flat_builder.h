// SPDX-License-Identifier: Apache-2.0
// FlatBuilder: writes one FlatBuffer, from its end to its front, for the few message kinds of Arrow's stream format.
// Debian's libflatbuffers would need Arrow's schema files and a code generator in the build for these hundred lines.
// Source of truth: the FlatBuffers binary format (https://flatbuffers.dev/internals). A value; one thread.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::door::http {

class FlatBuilder {
 public:
  // Position of a finished object, counted from the buffer's end. 0: none.
  using Offset = uint32_t;

  Offset string(std::string_view text) {
    prepare(4, text.size() + 1);
    push_bytes("\0", 1);
    push_bytes(text.data(), text.size());
    return push<uint32_t>(static_cast<uint32_t>(text.size()));
  }

  Offset offsets(const std::vector<Offset>& targets) {
    prepare(4, targets.size() * 4);
    for (auto at = targets.rbegin(); at != targets.rend(); ++at) push_offset(*at);
    return push<uint32_t>(static_cast<uint32_t>(targets.size()));
  }

  // A vector of structs of two longs each.
  Offset long_pairs(const std::vector<std::pair<int64_t, int64_t>>& values) {
    prepare(4, values.size() * 16);
    prepare(8, values.size() * 16);
    for (auto at = values.rbegin(); at != values.rend(); ++at) {
      push<int64_t>(at->second);
      push<int64_t>(at->first);
    }
    return push<uint32_t>(static_cast<uint32_t>(values.size()));
  }

  // A table: begin_table(), fields in any order, end_table(). Objects it refers to must be finished before.
  void begin_table() {
    fields_.clear();
    table_start_ = size();
  }
  template <typename T>
  void field(uint16_t id, T value) {
    prepare(sizeof(T), 0);
    fields_.push_back({id, push<T>(value)});
  }
  void field_offset(uint16_t id, Offset target) {
    if (target == 0) return;
    prepare(4, 0);
    fields_.push_back({id, push_offset(target)});
  }
  Offset end_table() {
    prepare(4, 0);
    const Offset table = push<int32_t>(0);
    uint16_t slots = 0;
    for (const auto& field : fields_) slots = std::max<uint16_t>(slots, field.id + 1);
    std::vector<uint16_t> vtable(slots + 2, 0);
    vtable[0] = static_cast<uint16_t>(vtable.size() * 2);
    vtable[1] = static_cast<uint16_t>(table - table_start_);
    for (const auto& field : fields_) vtable[field.id + 2] = static_cast<uint16_t>(table - field.at);
    prepare(2, 0);
    push_bytes(reinterpret_cast<const char*>(vtable.data()), vtable.size() * 2);
    const int32_t to_vtable = static_cast<int32_t>(size() - table);
    std::memcpy(bytes_.data() + bytes_.size() - table, &to_vtable, 4);
    return table;
  }

  // The finished buffer with `root` as its root table.
  std::string finish(Offset root) {
    prepare(8, 4);
    push_offset(root);
    return std::string(reinterpret_cast<const char*>(bytes_.data()) + head_, size());
  }

 private:
  struct Field {
    uint16_t id;
    Offset at;
  };

  uint32_t size() const { return static_cast<uint32_t>(bytes_.size() - head_); }

  // Pads so that what comes after `following` more bytes is aligned.
  void prepare(size_t alignment, size_t following) {
    while ((size() + following) % alignment != 0) push_bytes("\0", 1);
  }
  void push_bytes(const char* data, size_t count) {
    if (head_ < count) {
      const size_t used = size();
      std::vector<uint8_t> bigger(bytes_.size() * 2 + count);
      std::memcpy(bigger.data() + bigger.size() - used, bytes_.data() + head_, used);
      head_ = bigger.size() - used;
      bytes_ = std::move(bigger);
    }
    head_ -= count;
    std::memcpy(bytes_.data() + head_, data, count);
  }
  template <typename T>
  Offset push(T value) {
    push_bytes(reinterpret_cast<const char*>(&value), sizeof value);
    return size();
  }
  Offset push_offset(Offset target) { return push<uint32_t>(size() + 4 - target); }

  std::vector<uint8_t> bytes_ = std::vector<uint8_t>(1024);
  size_t head_ = 1024;
  std::vector<Field> fields_;
  uint32_t table_start_ = 0;
};

}  // namespace sluice::door::http
