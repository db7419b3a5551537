// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/codec/column_codec.h"

#include <zstd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <memory>
#include <numeric>
#include <vector>

#include "base/check.h"
#include "timeseries/store/codec/varint.h"

namespace sluice::timeseries {
namespace {

// On disk: never renumber.
enum class Transform : uint8_t {
  kOffset = 0,       // v - min
  kDeltaOffset = 1,  // d - min, d the difference to the value before
  kDelta = 2,        // zigzag(d)
  kDelta2 = 3,       // zigzag(difference of differences)
  kXor = 4,          // v ^ the value before
};
constexpr uint8_t kTransforms = 5;
enum class Plane : uint8_t { kRaw = 0, kZstd = 1, kConstant = 2 };

constexpr size_t kPlanes = 8;
// Below this many numbers the tables of an entropy coder cost more than they save.
constexpr size_t kFewNumbers = 64;
constexpr size_t kSample = 1024;  // numbers that estimates look at, in runs of kRun
constexpr size_t kRun = 64;

struct Contexts {
  std::unique_ptr<ZSTD_CCtx, size_t (*)(ZSTD_CCtx*)> compress{ZSTD_createCCtx(), ZSTD_freeCCtx};
  std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> decompress{ZSTD_createDCtx(), ZSTD_freeDCtx};
};
Contexts& contexts() {
  thread_local Contexts contexts;
  return contexts;
}

// `out` has room for bytes.size(). Zero when it would not be shorter.
size_t compress(std::span<const uint8_t> bytes, Effort effort, uint8_t* out) {
  if (bytes.size() < 16) return 0;
  ZSTD_CCtx* context = contexts().compress.get();
  size_t fast = ZSTD_compressCCtx(context, out, bytes.size() - 1, bytes.data(), bytes.size(), 1);
  if (ZSTD_isError(fast)) fast = 0;
  if (effort == Effort::kFast) return fast;
  // A higher level is no better for noise: short matches cost more than the symbols that they replace.
  thread_local std::vector<uint8_t> other;
  other.resize(bytes.size());
  const size_t room = (fast ? fast : bytes.size()) - 1;
  const size_t small = ZSTD_compressCCtx(context, other.data(), room, bytes.data(), bytes.size(), 7);
  if (ZSTD_isError(small)) return fast;
  std::memcpy(out, other.data(), small);
  return small;
}

tl::unexpected<Error> damaged(const char* what) {
  return fail(Code::kDataLoss, std::string("damaged column: ") + what);
}

// ---- estimates

// n * log2(n) for the counts of a sample.
const std::array<float, kSample + 1>& n_log_n() {
  static const auto table = [] {
    std::array<float, kSample + 1> made{};
    for (size_t n = 1; n <= kSample; ++n) made[n] = static_cast<float>(n) * std::log2(static_cast<float>(n));
    return made;
  }();
  return table;
}

// Bits that the planes of `numbers` take about, scaled to all of them.
float estimate(std::span<const uint64_t> numbers) {
  const size_t n = numbers.size();
  uint64_t all = 0;
  for (const uint64_t number : numbers) all |= number;
  const size_t planes = (static_cast<size_t>(std::bit_width(all)) + 7) / 8;
  if (n < kFewNumbers) return static_cast<float>(planes * 8 * n);
  const size_t step = std::max<size_t>(kRun, n * kRun / kSample / 16 * 16);
  float bits = 0;
  size_t looked = 0;
  for (size_t plane = 0; plane < planes; ++plane) {
    std::array<uint16_t, 256> counts{};
    looked = 0;
    for (size_t start = 0; start < n && looked + kRun <= kSample; start += step)
      for (size_t i = start; i < std::min(n, start + kRun); ++i, ++looked)
        ++counts[static_cast<uint8_t>(numbers[i] >> (8 * plane))];
    float sum = 0;
    for (const uint16_t count : counts) sum += n_log_n()[count];
    bits += n_log_n()[looked] - sum;
  }
  return bits * static_cast<float>(n) / static_cast<float>(std::max<size_t>(looked, 1));
}

uint64_t common_divisor(std::span<const uint64_t> numbers) {
  uint64_t divisor = 0;
  for (const uint64_t number : numbers) {
    if (number == 0) continue;
    divisor = divisor == 0 || number % divisor ? std::gcd(divisor, number) : divisor;
    if (divisor == 1) break;
  }
  return std::max<uint64_t>(divisor, 1);
}

int64_t least(std::span<const uint64_t> values) {
  int64_t min = static_cast<int64_t>(values[0]);
  for (const uint64_t value : values) min = std::min(min, static_cast<int64_t>(value));
  return min;
}

// ---- a column as small numbers

struct Candidate {
  Transform transform = Transform::kOffset;
  uint64_t base = 0;     // what was subtracted from all
  uint64_t divisor = 1;  // what all were divided by
  std::vector<uint64_t> numbers;
  float bits = 0;
};

void subtract_and_divide(Candidate& c) {
  const bool offset = c.transform == Transform::kOffset || c.transform == Transform::kDeltaOffset;
  if (c.numbers.empty() || c.transform == Transform::kXor) return;
  if (offset) {
    c.base = static_cast<uint64_t>(least(c.numbers));
    for (uint64_t& number : c.numbers) number -= c.base;
    c.divisor = common_divisor(c.numbers);
    if (c.divisor > 1)
      for (uint64_t& number : c.numbers) number /= c.divisor;
    return;
  }
  for (uint64_t& number : c.numbers) number = zigzag(static_cast<int64_t>(number));
}

void make(Candidate& c, std::span<const uint64_t> values) {
  const size_t n = values.size();
  c.base = 0;
  c.divisor = 1;
  switch (c.transform) {
    case Transform::kOffset:
      c.numbers.assign(values.begin(), values.end());
      break;
    case Transform::kDeltaOffset:
    case Transform::kDelta:
      c.numbers.resize(n - 1);
      for (size_t i = 1; i < n; ++i) c.numbers[i - 1] = values[i] - values[i - 1];
      break;
    case Transform::kDelta2:
      c.numbers.resize(n - 2);
      for (size_t i = 2; i < n; ++i) c.numbers[i - 2] = values[i] - 2 * values[i - 1] + values[i - 2];
      break;
    case Transform::kXor:
      c.numbers.resize(n - 1);
      for (size_t i = 1; i < n; ++i) c.numbers[i - 1] = values[i] ^ values[i - 1];
      break;
  }
  subtract_and_divide(c);
  c.bits = estimate(c.numbers);
}

size_t seeds_of(Transform transform) {
  if (transform == Transform::kOffset) return 0;
  return transform == Transform::kDelta2 ? 2 : 1;
}

void write_planes(std::span<const uint64_t> numbers, Effort effort, ByteBuffer& out) {
  const size_t n = numbers.size();
  uint64_t all = 0;
  for (const uint64_t number : numbers) all |= number;
  const size_t planes = (static_cast<size_t>(std::bit_width(all)) + 7) / 8;
  out.u8(static_cast<uint8_t>(planes));
  thread_local std::vector<uint8_t> plane;
  plane.resize(n);
  for (size_t p = 0; p < planes; ++p) {
    uint8_t different = 0;
    const auto first = static_cast<uint8_t>(numbers[0] >> (8 * p));
    for (size_t i = 0; i < n; ++i) {
      plane[i] = static_cast<uint8_t>(numbers[i] >> (8 * p));
      different |= plane[i] ^ first;
    }
    if (!different) {
      out.u8(static_cast<uint8_t>(Plane::kConstant));
      out.u8(first);
      continue;
    }
    uint8_t* tail = out.tail(n + 1 + kMaxVarint);
    // Behind the longest header; moved to its place when its length is known.
    const size_t made = compress(plane, effort, tail + 1 + kMaxVarint);
    if (made == 0 || made + 3 >= n) {
      out.u8_unchecked(static_cast<uint8_t>(Plane::kRaw));
      out.append_unchecked(plane.data(), n);
      continue;
    }
    out.u8_unchecked(static_cast<uint8_t>(Plane::kZstd));
    varint_unchecked(out, made);
    std::memmove(out.data() + out.size(), tail + 1 + kMaxVarint, made);
    out.advance(made);
  }
}

template <size_t kCount>
void join_planes(const std::array<const uint8_t*, kPlanes>& planes, uint64_t constant, std::span<uint64_t> out) {
  uint64_t* to = out.data();
  for (size_t i = 0; i < out.size(); ++i) {
    uint64_t number = constant;
    for (size_t p = 0; p < kCount; ++p) number |= static_cast<uint64_t>(planes[p][i]) << (8 * p);
    to[i] = number;
  }
}

// Planes of which some in the middle are constant.
void join_any(const std::array<const uint8_t*, kPlanes>& planes, uint64_t constant, std::span<uint64_t> out) {
  std::fill(out.begin(), out.end(), constant);
  for (size_t p = 0; p < kPlanes; ++p) {
    if (!planes[p]) continue;
    for (size_t i = 0; i < out.size(); ++i) out[i] |= static_cast<uint64_t>(planes[p][i]) << (8 * p);
  }
}

Status read_planes(ByteReader& in, std::span<uint64_t> out) {
  const size_t n = out.size();
  const size_t count = in.u8();
  if (count > kPlanes) return damaged("too many planes");
  thread_local std::vector<uint8_t> memory;
  if (memory.size() < kPlanes * n) memory.resize(kPlanes * n);
  std::array<const uint8_t*, kPlanes> planes{};
  uint64_t constant = 0;
  size_t leading = 0;  // planes 0..leading-1 are no constants
  size_t varying = 0;
  for (size_t p = 0; p < count; ++p) {
    switch (static_cast<Plane>(in.u8())) {
      case Plane::kConstant:
        constant |= static_cast<uint64_t>(in.u8()) << (8 * p);
        continue;
      case Plane::kRaw: {
        const auto bytes = in.bytes(n);
        if (!in.ok()) return damaged("it ends in a plane");
        planes[p] = bytes.data();
        break;
      }
      case Plane::kZstd: {
        const auto bytes = in.bytes(read_varint(in));
        if (!in.ok()) return damaged("it ends in a plane");
        uint8_t* to = memory.data() + p * n;
        const size_t made = ZSTD_decompressDCtx(contexts().decompress.get(), to, n, bytes.data(), bytes.size());
        if (ZSTD_isError(made) || made != n) return damaged("a plane cannot be decompressed");
        planes[p] = to;
        break;
      }
      default:
        return damaged("unknown kind of plane");
    }
    ++varying;
    if (leading == p) leading = p + 1;
  }
  if (!in.ok()) return damaged("it ends early");
  if (leading != varying) {
    join_any(planes, constant, out);
    return {};
  }
  switch (leading) {
    case 0:
      std::fill(out.begin(), out.end(), constant);
      break;
    case 1:
      join_planes<1>(planes, constant, out);
      break;
    case 2:
      join_planes<2>(planes, constant, out);
      break;
    case 3:
      join_planes<3>(planes, constant, out);
      break;
    case 4:
      join_planes<4>(planes, constant, out);
      break;
    default:
      join_any(planes, constant, out);
      break;
  }
  return {};
}

}  // namespace

void encode_column(std::span<const uint64_t> values, Effort effort, ByteBuffer& out) {
  const size_t n = values.size();
  BUG_CHECK(n <= kMaxColumn);
  if (n == 0) return;
  thread_local Candidate best, other;
  best.transform = Transform::kOffset;
  make(best, values);
  for (const Transform transform : {Transform::kDelta, Transform::kDelta2, Transform::kDeltaOffset, Transform::kXor}) {
    if (n < 2 || (transform == Transform::kDelta2 && n < 3) || best.bits == 0) break;
    // XOR is for doubles that are no decimals: only there five bytes a value and more remain.
    if (transform == Transform::kXor && best.bits < 40.0F * static_cast<float>(n)) continue;
    other.transform = transform;
    make(other, values);
    if (other.bits < best.bits) std::swap(best, other);
  }
  const size_t seeds = seeds_of(best.transform);
  out.u8(static_cast<uint8_t>(best.transform));
  for (size_t i = 0; i < seeds; ++i) varint(out, zigzag(static_cast<int64_t>(values[i])));
  if (n == seeds) return;
  if (best.transform == Transform::kOffset || best.transform == Transform::kDeltaOffset) {
    varint(out, zigzag(static_cast<int64_t>(best.base)));
    varint(out, best.divisor);
  }
  write_planes(best.numbers, effort, out);
}

Status decode_column(ByteReader& in, std::span<uint64_t> out) {
  const size_t n = out.size();
  if (n == 0) return {};
  if (n > kMaxColumn) return damaged("too many values");
  const uint8_t kind = in.u8();
  if (!in.ok() || kind >= kTransforms) return damaged("unknown transformation");
  const auto transform = static_cast<Transform>(kind);
  const size_t seeds = seeds_of(transform);
  if (seeds > n) return damaged("too few values for its transformation");
  for (size_t i = 0; i < seeds; ++i) out[i] = static_cast<uint64_t>(unzigzag(read_varint(in)));
  if (n == seeds) return in.ok() ? Status() : damaged("it ends early");
  uint64_t base = 0;
  uint64_t divisor = 1;
  if (transform == Transform::kOffset || transform == Transform::kDeltaOffset) {
    base = static_cast<uint64_t>(unzigzag(read_varint(in)));
    divisor = read_varint(in);
  }
  TRY(read_planes(in, out.subspan(seeds)));
  uint64_t* to = out.data();
  switch (transform) {
    case Transform::kOffset:
      for (size_t i = 0; i < n; ++i) to[i] = to[i] * divisor + base;
      break;
    case Transform::kDeltaOffset:
      for (size_t i = 1; i < n; ++i) to[i] = to[i] * divisor + base + to[i - 1];
      break;
    case Transform::kDelta:
      for (size_t i = 1; i < n; ++i) to[i] = static_cast<uint64_t>(unzigzag(to[i])) + to[i - 1];
      break;
    case Transform::kDelta2: {
      uint64_t delta = to[1] - to[0];
      for (size_t i = 2; i < n; ++i) {
        delta += static_cast<uint64_t>(unzigzag(to[i]));
        to[i] = to[i - 1] + delta;
      }
      break;
    }
    case Transform::kXor:
      for (size_t i = 1; i < n; ++i) to[i] ^= to[i - 1];
      break;
  }
  return {};
}

void encode_bytes(std::span<const uint8_t> bytes, Effort effort, ByteBuffer& out) {
  varint(out, bytes.size());
  uint8_t* tail = out.tail(bytes.size() + 1 + kMaxVarint);
  const size_t made = compress(bytes, effort, tail + 1 + kMaxVarint);
  if (made == 0) {
    out.u8_unchecked(static_cast<uint8_t>(Plane::kRaw));
    out.append(bytes);
    return;
  }
  out.u8_unchecked(static_cast<uint8_t>(Plane::kZstd));
  varint_unchecked(out, made);
  std::memmove(out.data() + out.size(), tail + 1 + kMaxVarint, made);
  out.advance(made);
}

Status decode_bytes(ByteReader& in, size_t max_bytes, ByteBuffer& out) {
  const uint64_t size = read_varint(in);
  const auto kind = static_cast<Plane>(in.u8());
  if (!in.ok() || size > max_bytes) return damaged("more bytes than allowed");
  if (kind == Plane::kRaw) {
    const auto bytes = in.bytes(size);
    if (!in.ok()) return damaged("it ends early");
    out.append(bytes);
    return {};
  }
  const auto bytes = in.bytes(read_varint(in));
  if (!in.ok() || kind != Plane::kZstd) return damaged("unknown kind of bytes");
  // No frame shrinks more than this: a small damaged one must not make us allocate much.
  if (size / 100'000 > bytes.size()) return damaged("more bytes than a frame can hold");
  const size_t made =
      ZSTD_decompressDCtx(contexts().decompress.get(), out.tail(size), size, bytes.data(), bytes.size());
  if (ZSTD_isError(made) || made != size) return damaged("bytes cannot be decompressed");
  out.advance(size);
  return {};
}

}  // namespace sluice::timeseries
