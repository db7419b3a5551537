// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sluice {
namespace {

std::vector<uint8_t> sequence(size_t n) {
  std::vector<uint8_t> bytes(n);
  for (size_t i = 0; i < n; ++i) bytes[i] = static_cast<uint8_t>(i + 1);
  return bytes;
}

TEST(ByteReader, ReadsBothByteOrders) {
  auto bytes = sequence(64);
  ByteReader in(bytes);
  EXPECT_EQ(in.u8(), 0x01);
  EXPECT_EQ(in.u16_le(), 0x0302);
  EXPECT_EQ(in.u24_le(), 0x060504u);
  EXPECT_EQ(in.u32_le(), 0x0a090807u);
  EXPECT_EQ(in.u64_le(), 0x1211100f0e0d0c0bull);
  EXPECT_EQ(in.u48_le(), 0x181716151413ull);
  EXPECT_EQ(in.u16_be(), 0x191a);
  EXPECT_EQ(in.u32_be(), 0x1b1c1d1eu);
  EXPECT_EQ(in.u64_be(), 0x1f20212223242526ull);
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(in.remaining(), 64u - 38);
}

TEST(ByteReader, SignedAndFloatingNumbers) {
  ByteBuffer out;
  out.u32_le(static_cast<uint32_t>(-5));
  out.f64_le(-2.5);
  out.f32_le(1.25f);
  ByteReader in(out.span());
  EXPECT_EQ(in.i32_le(), -5);
  EXPECT_EQ(in.f64_le(), -2.5);
  EXPECT_EQ(in.f32_le(), 1.25f);
  EXPECT_TRUE(in.at_end());
}

TEST(ByteReader, FailureIsStickyAndGivesZeros) {
  auto bytes = sequence(3);
  ByteReader in(bytes);
  EXPECT_EQ(in.u32_le(), 0u);
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.u8(), 0);  // even one that would have fitted before
  EXPECT_EQ(in.remaining(), 0u);
  EXPECT_FALSE(in.ok());
}

TEST(ByteReader, HugeLengthsAreRefused) {
  auto bytes = sequence(8);
  ByteReader in(bytes);
  EXPECT_TRUE(in.bytes(SIZE_MAX).empty());
  EXPECT_FALSE(in.ok());
}

TEST(ByteReader, TextToZero) {
  ByteReader in(std::string_view("ab\0c", 4));
  EXPECT_EQ(in.text_to_zero(), "ab");
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(in.text_to_zero(), "");
  EXPECT_FALSE(in.ok());
  ByteReader nothing(std::string_view{});
  nothing.text_to_zero();
  EXPECT_FALSE(nothing.ok());
}

TEST(ByteReader, RestAndSkip) {
  ByteReader in(std::string_view("hello world"));
  in.skip(6);
  EXPECT_EQ(in.rest().size(), 5u);
  EXPECT_EQ(in.rest_text(), "world");
  EXPECT_TRUE(in.at_end());
  EXPECT_TRUE(in.ok());
}

TEST(ByteBuffer, WritesWhatTheReaderReads) {
  ByteBuffer out;
  out.u8(0x01);
  out.u16_le(0x0302);
  out.u24_le(0x060504);
  out.u32_le(0x0a090807);
  out.u64_le(0x1211100f0e0d0c0bull);
  out.u16_be(0x1314);
  out.u32_be(0x15161718);
  out.u64_be(0x191a1b1c1d1e1f20ull);
  auto expected = sequence(32);
  EXPECT_EQ(std::vector<uint8_t>(out.span().begin(), out.span().end()), expected);
}

TEST(ByteBuffer, GrowsAndKeepsContent) {
  ByteBuffer out;
  std::string expected;
  for (int i = 0; i < 10'000; ++i) {
    out.append(std::to_string(i));
    expected += std::to_string(i);
  }
  EXPECT_EQ(out.view(), expected);
  size_t capacity = out.capacity();
  out.clear();
  EXPECT_EQ(out.capacity(), capacity);
  out.release();
  EXPECT_EQ(out.capacity(), 0u);
}

TEST(ByteBuffer, UncheckedAppendAfterReserve) {
  ByteBuffer out;
  out.reserve(64);
  out.u8_unchecked(1);
  out.u24_le_unchecked(0x040302);
  out.u32_le_unchecked(0x08070605);
  out.append_unchecked("xyz", 3);
  EXPECT_EQ(out.size(), 11u);
  out.patch_u24_le(1, 0xaabbcc);
  EXPECT_EQ(out[1], 0xcc);
  EXPECT_EQ(out[3], 0xaa);
}

TEST(ByteBuffer, TailTruncateAndEraseFront) {
  ByteBuffer out;
  std::memcpy(out.tail(6), "abcdef", 6);
  out.advance(6);
  out.erase_front(2);
  EXPECT_EQ(out.view(), "cdef");
  out.truncate(3);
  out.truncate(100);
  EXPECT_EQ(out.view(), "cde");
  out.fill('x', 2);
  EXPECT_EQ(out.view(), "cdexx");
  ByteBuffer moved = std::move(out);
  EXPECT_EQ(moved.view(), "cdexx");
  EXPECT_EQ(out.size(), 0u);  // NOLINT(bugprone-use-after-move,clang-analyzer-cplusplus.Move): part of its contract
}

}  // namespace
}  // namespace sluice
