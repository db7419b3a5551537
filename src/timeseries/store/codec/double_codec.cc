// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/codec/double_codec.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <vector>

#include "timeseries/store/codec/varint.h"

namespace sluice::timeseries {
namespace {

constexpr int kMaxExponent = 15;
constexpr std::array<double, kMaxExponent + 1> kPowers = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                          1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
constexpr uint8_t kBits = 0xFF;  // in place of the exponent: the column holds the doubles' bits
// Adding it rounds a double below 2^51 to an integer, which then lies in the low bits. Loops with it are vectorised,
// which conversions of 64-bit integers are not without AVX-512.
constexpr double kRounder = 6755399441055744.0;  // 1.5 * 2^52
constexpr double kLimit = 2251799813685248.0;    // 2^51
// More doubles aside than one in this many: another exponent, or bits.
constexpr size_t kAsideShare = 16;

uint64_t rounder_bits() { return std::bit_cast<uint64_t>(kRounder); }

// The integer that value is times 10^-exponent, and whether it gives the value back.
inline bool as_decimal(uint64_t bits, double power, uint64_t& integer) {
  const double value = std::bit_cast<double>(bits);
  const double scaled = value * power;
  const double moved = scaled + kRounder;
  const double rounded = moved - kRounder;
  integer = std::bit_cast<uint64_t>(moved) - rounder_bits();
  // Divides the product of integers below 2^51 and exact powers of ten: correctly rounded, as a parser rounds.
  return std::bit_cast<uint64_t>(rounded / power) == bits && std::fabs(scaled) < kLimit;
}

// The least exponent that fits one value; -1: none.
int exponent_of(uint64_t bits) {
  uint64_t integer;
  for (int e = 0; e <= kMaxExponent; ++e)
    if (as_decimal(bits, kPowers[static_cast<size_t>(e)], integer)) return e;
  return -1;
}

// The exponent for most values of a sample; -1: most are no decimals.
int sampled_exponent(std::span<const uint64_t> bits) {
  const size_t step = std::max<size_t>(1, bits.size() / 64);
  int best = 0;
  size_t looked = 0;
  size_t bad = 0;
  for (size_t i = 0; i < bits.size(); i += step, ++looked) {
    const int e = exponent_of(bits[i]);
    best = std::max(best, e);
    bad += e < 0;
  }
  return bad * 8 > looked ? -1 : best;
}

// Integers, and the places of values that are none. False: more than a few are.
bool to_integers(std::span<const uint64_t> bits, int exponent, std::vector<uint64_t>& integers,
                 std::vector<uint32_t>& aside) {
  const size_t n = bits.size();
  const double power = kPowers[static_cast<size_t>(exponent)];
  integers.resize(n);
  aside.clear();
  constexpr size_t kStep = 64;
  for (size_t begin = 0; begin < n; begin += kStep) {
    const size_t end = std::min(n, begin + kStep);
    uint64_t bad = 0;
    for (size_t i = begin; i < end; ++i) bad += !as_decimal(bits[i], power, integers[i]);
    if (!bad) [[likely]]
      continue;
    for (size_t i = begin; i < end; ++i) {
      if (as_decimal(bits[i], power, integers[i])) continue;
      aside.push_back(static_cast<uint32_t>(i));
      integers[i] = i == 0 ? 0 : integers[i - 1];
    }
    if (aside.size() > n / kAsideShare + 1) return false;
  }
  return true;
}

}  // namespace

void encode_doubles(std::span<const uint64_t> bits, Effort effort, ByteBuffer& out) {
  if (bits.empty()) return;
  thread_local std::vector<uint64_t> integers;
  thread_local std::vector<uint32_t> aside;
  int exponent = sampled_exponent(bits);
  bool decimal = exponent >= 0 && to_integers(bits, exponent, integers, aside);
  if (exponent >= 0 && !aside.empty()) {
    // The sample missed values with more digits.
    int more = exponent;
    for (const uint32_t i : aside) more = std::max(more, exponent_of(bits[i]));
    if (more > exponent) {
      const size_t before = decimal ? aside.size() : bits.size();
      std::vector<uint64_t> other;
      std::vector<uint32_t> other_aside;
      if (to_integers(bits, more, other, other_aside) && other_aside.size() < before) {
        integers.swap(other);
        aside.swap(other_aside);
        exponent = more;
        decimal = true;
      }
    }
  }
  if (!decimal) {
    out.u8(kBits);
    encode_column(bits, effort, out);
    return;
  }
  out.u8(static_cast<uint8_t>(exponent));
  varint(out, aside.size());
  uint32_t before = 0;
  for (const uint32_t i : aside) {
    varint(out, i - before);
    out.u64_le(bits[i]);
    before = i;
  }
  encode_column(integers, effort, out);
}

Status decode_doubles(ByteReader& in, std::span<uint64_t> bits) {
  if (bits.empty()) return {};
  const uint8_t exponent = in.u8();
  if (exponent == kBits) return decode_column(in, bits);
  if (exponent > kMaxExponent) return fail(Code::kDataLoss, "damaged doubles: unknown exponent");
  struct Aside {
    uint64_t place;
    uint64_t bits;
  };
  thread_local std::vector<Aside> aside;
  aside.clear();
  const uint64_t count = read_varint(in);
  if (count > bits.size()) return fail(Code::kDataLoss, "damaged doubles: too many aside");
  uint64_t place = 0;
  for (uint64_t i = 0; i < count && in.ok(); ++i) {
    place += read_varint(in);
    aside.push_back({place, in.u64_le()});
    if (place >= bits.size()) return fail(Code::kDataLoss, "damaged doubles: one aside lies behind the end");
  }
  if (!in.ok()) return fail(Code::kDataLoss, "damaged doubles: they end early");
  TRY(decode_column(in, bits));
  const double power = kPowers[exponent];
  for (uint64_t& value : bits)
    value = std::bit_cast<uint64_t>((std::bit_cast<double>(value + rounder_bits()) - kRounder) / power);
  for (const Aside& one : aside) bits[one.place] = one.bits;
  return {};
}

}  // namespace sluice::timeseries
