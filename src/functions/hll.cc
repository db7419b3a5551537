// SPDX-License-Identifier: Apache-2.0
#include "functions/hll.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace sluice::functions {
namespace {

enum Form : uint8_t { kEmpty = 0, kExplicit = 1, kSparse = 2, kFull = 3 };
constexpr int kIndexBits = 14;
constexpr size_t kMaxHashes = 160;
constexpr size_t kMaxSparse = 4096;  // more registers than this are stored in full

template <typename T>
T load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}
template <typename T>
void append(std::string& bytes, T value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(T));
}

}  // namespace

std::optional<Hll> Hll::from_bytes(std::string_view bytes) {
  Hll result;
  if (bytes.empty()) return std::nullopt;
  const auto form = static_cast<uint8_t>(bytes.front());
  bytes.remove_prefix(1);
  switch (form) {
    case kEmpty:
      return result;
    case kExplicit: {
      if (bytes.empty()) return std::nullopt;
      const size_t count = static_cast<uint8_t>(bytes.front());
      if (bytes.size() < 1 + count * 8) return std::nullopt;
      for (size_t i = 0; i < count; ++i) result.add(load<uint64_t>(bytes.data() + 1 + i * 8));
      return result;
    }
    case kSparse: {
      if (bytes.size() < 4) return std::nullopt;
      const size_t count = load<uint32_t>(bytes.data());
      if (count > kRegisters || bytes.size() < 4 + count * 3) return std::nullopt;
      result.registers_.resize(kRegisters);
      for (size_t i = 0; i < count; ++i) {
        const char* at = bytes.data() + 4 + i * 3;
        const auto index = load<uint16_t>(at);
        if (index >= kRegisters) return std::nullopt;
        result.registers_[index] = static_cast<uint8_t>(at[2]);
      }
      return result;
    }
    case kFull:
      if (bytes.size() < kRegisters) return std::nullopt;
      result.registers_.assign(bytes.begin(), bytes.begin() + kRegisters);
      return result;
    default:
      return std::nullopt;
  }
}

std::string Hll::to_bytes() const {
  std::string bytes;
  if (registers_.empty()) {
    bytes += static_cast<char>(hashes_.empty() ? kEmpty : kExplicit);
    if (hashes_.empty()) return bytes;
    bytes += static_cast<char>(hashes_.size());
    for (uint64_t hash : hashes_) append(bytes, hash);
    return bytes;
  }
  const auto used = static_cast<size_t>(
      std::count_if(registers_.begin(), registers_.end(), [](uint8_t value) { return value != 0; }));
  if (used > kMaxSparse) {
    bytes += static_cast<char>(kFull);
    bytes.append(registers_.begin(), registers_.end());
    return bytes;
  }
  bytes += static_cast<char>(kSparse);
  append(bytes, static_cast<uint32_t>(used));
  for (size_t i = 0; i < kRegisters; ++i) {
    if (registers_[i] == 0) continue;
    append(bytes, static_cast<uint16_t>(i));
    bytes += static_cast<char>(registers_[i]);
  }
  return bytes;
}

void Hll::add_to_registers(uint64_t hash) {
  auto& place = registers_[hash % kRegisters];
  // The end bit bounds the count of zeros.
  const uint64_t rest = (hash >> kIndexBits) | (uint64_t{1} << (64 - kIndexBits));
  place = std::max(place, static_cast<uint8_t>(std::countr_zero(rest) + 1));
}

void Hll::to_registers() {
  registers_.resize(kRegisters);
  for (uint64_t hash : hashes_) add_to_registers(hash);
  hashes_.clear();
}

void Hll::add(uint64_t hash) {
  if (registers_.empty()) {
    hashes_.insert(hash);
    if (hashes_.size() > kMaxHashes) to_registers();
    return;
  }
  add_to_registers(hash);
}

void Hll::merge(const Hll& other) {
  if (other.registers_.empty()) {
    for (uint64_t hash : other.hashes_) add(hash);
    return;
  }
  if (registers_.empty()) to_registers();
  for (size_t i = 0; i < kRegisters; ++i) registers_[i] = std::max(registers_[i], other.registers_[i]);
}

int64_t Hll::estimate() const {
  if (registers_.empty()) return static_cast<int64_t>(hashes_.size());
  // In single precision where Doris computes so: the same registers give the same number.
  constexpr float kAlpha = 0.7213F / (1 + 1.079F / kRegisters);
  float sum = 0;
  size_t zeros = 0;
  for (uint8_t value : registers_) {
    sum += std::ldexp(1.0F, -value);
    zeros += value == 0;
  }
  constexpr double kCount = kRegisters;
  double estimate = kAlpha * kRegisters * kRegisters * (1.0F / sum);
  if (estimate <= kCount * 2.5 && zeros != 0) {
    estimate = kCount * std::log(static_cast<float>(kRegisters) / static_cast<float>(zeros));
  } else if (estimate < 72000) {
    const double bias = 5.9119e-18 * std::pow(estimate, 4) - 1.4253e-12 * std::pow(estimate, 3) +
                        1.2940e-7 * estimate * estimate - 5.2921e-3 * estimate + 83.3216;
    estimate -= estimate * (bias / 100);
  }
  return static_cast<int64_t>(estimate + 0.5);
}

}  // namespace sluice::functions
