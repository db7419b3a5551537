// SPDX-License-Identifier: Apache-2.0
// Short texts as integers that order like them: ENCODE_AS_INT and its kin, DECODE_AS_VARCHAR. From the highest byte
// down the bytes of the text, in the lowest one their number; all of it one bit to the right, so that it is positive.
#include "functions/families.h"
#include "functions/rows.h"

namespace sluice::functions {
namespace {

template <typename Integer>
struct Packing {
  using Bits = std::make_unsigned_t<Integer>;
  static constexpr size_t kBytes = sizeof(Integer);
  static Bits bits(Integer value) { return static_cast<Bits>(value); }
  static Integer value(Bits bits) { return static_cast<Integer>(bits); }
};
template <>
struct Packing<duckdb::hugeint_t> {
  using Bits = unsigned __int128;
  static constexpr size_t kBytes = sizeof(duckdb::hugeint_t);
  static Bits bits(duckdb::hugeint_t value) { return (Bits{static_cast<uint64_t>(value.upper)} << 64) | value.lower; }
  static duckdb::hugeint_t value(Bits bits) {
    return {static_cast<int64_t>(static_cast<uint64_t>(bits >> 64)), static_cast<uint64_t>(bits)};
  }
};

template <typename Integer>
Integer packed(std::string_view text) {
  using As = Packing<Integer>;
  constexpr size_t kMost = As::kBytes - 1;
  if (text.size() > kMost) {
    throw duckdb::InvalidInputException("String is too long to encode: it has %llu bytes, %llu fit", text.size(),
                                        kMost);
  }
  typename As::Bits bits = 0;
  for (size_t i = 0; i < kMost; ++i)
    bits = static_cast<As::Bits>(bits << 8) | static_cast<unsigned char>(i < text.size() ? text[i] : '\0');
  // The length fits seven bits: the shift keeps it.
  bits = static_cast<As::Bits>(bits << 8) | static_cast<As::Bits>(text.size() << 1);
  return As::value(bits >> 1);
}

template <typename Integer>
std::string unpacked(Integer value) {
  using As = Packing<Integer>;
  auto bits = As::bits(value);
  const auto size = static_cast<size_t>(bits & 0x7F);
  if (size >= As::kBytes) {
    throw duckdb::InvalidInputException(
        "Invalid input of function decode_as_varchar: the lowest byte says %llu bytes of text, but there are fewer "
        "than "
        "%llu",
        size, As::kBytes);
  }
  bits <<= 1;
  std::string text(size, '\0');
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>((bits >> (8 * (As::kBytes - 1 - i))) & 0xFF);
  if (!duckdb::Value::StringIsValid(text.data(), text.size()))
    throw duckdb::InvalidInputException("Invalid input of function decode_as_varchar: its bytes are no UTF-8");
  return text;
}

}  // namespace

void add_text_packing(Registry& registry) {
  add_rows<packed<int16_t>>(registry.add("encode_as_smallint", "A text of at most 1 byte as a number of its order."));
  add_rows<packed<int32_t>>(registry.add("encode_as_int", "A text of at most 3 bytes as a number of its order."));
  add_rows<packed<int64_t>>(registry.add("encode_as_bigint", "A text of at most 7 bytes as a number of its order."));
  add_rows<packed<duckdb::hugeint_t>>(
      registry.add("encode_as_largeint", "A text of at most 15 bytes as a number of its order."));
  Function& decode = registry.add("decode_as_varchar", "The text behind a number of encode_as_smallint() and its kin.");
  add_rows<unpacked<int16_t>>(decode);
  add_rows<unpacked<int32_t>>(decode);
  add_rows<unpacked<int64_t>>(decode);
  add_rows<unpacked<duckdb::hugeint_t>>(decode);
}

}  // namespace sluice::functions
