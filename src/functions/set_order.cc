// SPDX-License-Identifier: Apache-2.0
#include "functions/set_order.h"

#include <array>
#include <cstring>

#include "functions/calendar.h"
#include "functions/decimals.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

using duckdb::idx_t;
using duckdb::LogicalTypeId;

// The table grows fourfold while it is small.
constexpr uint8_t kSlowGrowthDegree = 23;

uint64_t mixed(uint64_t bits) {
  bits ^= bits >> 33;
  bits *= 0xff51afd7ed558ccdULL;
  bits ^= bits >> 33;
  bits *= 0xc4ceb9fe1a85ec53ULL;
  return bits ^ (bits >> 33);
}

constexpr auto kCrc32c = [] {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < table.size(); ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0x82F63B78U : 0);
    table[i] = value;
  }
  return table;
}();

uint64_t crc32c(uint64_t start, const char* bytes) {
  auto crc = static_cast<uint32_t>(start);
  for (int i = 0; i < 8; ++i) crc = (crc >> 8) ^ kCrc32c[(crc ^ static_cast<uint8_t>(bytes[i])) & 0xFF];
  return crc;
}

// Of 16 bytes, as CityHash has it.
uint64_t hash_of_two(uint64_t low, uint64_t high) {
  constexpr uint64_t kFactor = 0x9ddfea08eb382d69ULL;
  uint64_t a = (low ^ high) * kFactor;
  a ^= a >> 47;
  uint64_t b = (high ^ a) * kFactor;
  b ^= b >> 47;
  return b * kFactor;
}

template <typename T>
T word_at(const char* bytes) {
  T word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

uint64_t text_hash(const char* text, size_t size) {
  if (size >= 8) {
    uint64_t crc = ~uint64_t{0};
    size_t at = 0;
    do {
      crc = crc32c(crc, text + at);
      at += 8;
    } while (at + 8 < size);
    return crc32c(crc, text + size - 8);
  }
  if (size >= 4)
    return hash_of_two(size + (uint64_t{word_at<uint32_t>(text)} << 3), word_at<uint32_t>(text + size - 4));
  const auto byte = [&](size_t i) { return uint32_t{static_cast<uint8_t>(text[i])}; };
  const uint32_t first = byte(0) + (byte(size / 2) << 8);
  const auto last = static_cast<uint32_t>(size + (byte(size - 1) << 2));
  const uint64_t both = (first * 0x9ae16a3b2f90404fULL) ^ (last * 0xc949d7c7509e6557ULL);
  return (both ^ (both >> 47)) * 0x9ae16a3b2f90404fULL;
}

SetPlace of_bits(uint64_t bits) { return {mixed(bits), bits == 0}; }

uint64_t date_bits(int64_t days) {
  const CivilDate date = civil_date(days);
  return (static_cast<uint64_t>(date.year) << 9) | (static_cast<uint64_t>(date.month) << 5) |
         static_cast<uint64_t>(date.day);
}

uint64_t moment_bits(int64_t micros) {
  const auto time = static_cast<uint64_t>(time_of_moment(micros));
  const uint64_t seconds = time / 1'000'000;
  return (date_bits(day_of_moment(micros)) << 37) | ((seconds / 3600) << 32) | ((seconds / 60 % 60) << 26) |
         ((seconds % 60) << 20) | (time % 1'000'000);
}

// The elements of the table are numbers of `places` plus one; 0 is a free place.
class Table {
 public:
  Table(const std::vector<SetPlace>& places, uint8_t degree)
      : places_(places), degree_(degree), cells_(size_t{1} << degree) {}

  void insert(size_t number) {
    cells_[free_place(number)] = number + 1;
    if (++count_ > cells_.size() / 2) grow();
  }
  void count_zero() { ++count_; }
  const std::vector<size_t>& cells() const { return cells_; }

 private:
  size_t next(size_t place) const { return (place + 1) & (cells_.size() - 1); }
  // A free one, or the one that has the value already.
  size_t free_place(size_t number) const {
    size_t place = places_[number].hash & (cells_.size() - 1);
    while (cells_[place] != 0 && cells_[place] != number + 1) place = next(place);
    return place;
  }
  void move(size_t from) {
    const size_t number = cells_[from] - 1;
    const size_t to = free_place(number);
    if (cells_[to] != 0) return;
    cells_[to] = number + 1;
    cells_[from] = 0;
  }
  // Elements move in place, in their order; then those behind the old end that collided with it.
  void grow() {
    const size_t before = cells_.size();
    degree_ = static_cast<uint8_t>(degree_ + (degree_ >= kSlowGrowthDegree ? 1 : 2));
    cells_.resize(size_t{1} << degree_);
    size_t place = 0;
    for (; place < before; ++place) {
      if (cells_[place] != 0) move(place);
    }
    for (; cells_[place] != 0; ++place) move(place);
  }

  const std::vector<SetPlace>& places_;
  uint8_t degree_;
  std::vector<size_t> cells_;
  size_t count_ = 0;
};

}  // namespace

SetPlaces::SetPlaces(duckdb::Vector& values, idx_t count) : type_(values.GetType()) {
  values.ToUnifiedFormat(count, values_);
}

bool SetPlaces::known(const duckdb::LogicalType& type) {
  if (type.HasAlias()) return false;
  switch (type.id()) {
    case LogicalTypeId::BOOLEAN:
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::BIGINT:
    case LogicalTypeId::HUGEINT:
    case LogicalTypeId::FLOAT:
    case LogicalTypeId::DOUBLE:
    case LogicalTypeId::DECIMAL:
    case LogicalTypeId::DATE:
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_SEC:
    case LogicalTypeId::TIMESTAMP_MS:
    case LogicalTypeId::VARCHAR:
      return true;
    default:
      return false;
  }
}

SetPlace SetPlaces::operator[](idx_t index) const {
  const idx_t at = values_.sel->get_index(index);
  const auto number = [&]<typename T>() { return duckdb::Load<T>(values_.data + at * sizeof(T)); };
  switch (type_.id()) {
    case LogicalTypeId::DATE:
      return of_bits(date_bits(duckdb::UnifiedVectorFormat::GetData<duckdb::date_t>(values_)[at].days));
    case LogicalTypeId::TIMESTAMP:
      return of_bits(moment_bits(number.template operator()<int64_t>()));
    case LogicalTypeId::TIMESTAMP_MS:
      return of_bits(moment_bits(number.template operator()<int64_t>() * 1'000));
    case LogicalTypeId::TIMESTAMP_SEC:
      return of_bits(moment_bits(number.template operator()<int64_t>() * 1'000'000));
    case LogicalTypeId::VARCHAR: {
      const auto& text = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(values_)[at];
      if (text.GetSize() == 0) return {0, true};
      return {text_hash(text.GetData(), text.GetSize()), false};
    }
    case LogicalTypeId::DECIMAL:
      // Doris holds up to 9 digits in 32 bits, up to 18 in 64.
      if (type_.InternalType() == duckdb::PhysicalType::INT16)
        return of_bits(static_cast<uint32_t>(duckdb::UnifiedVectorFormat::GetData<int16_t>(values_)[at]));
      break;
    default:
      break;
  }
  switch (type_.InternalType()) {
    case duckdb::PhysicalType::INT128: {
      const auto wide = number.template operator()<duckdb::hugeint_t>();
      return {mixed(wide.lower), wide.lower == 0 && wide.upper == 0};
    }
    case duckdb::PhysicalType::INT64:
    case duckdb::PhysicalType::DOUBLE:
      return of_bits(number.template operator()<uint64_t>());
    case duckdb::PhysicalType::INT32:
    case duckdb::PhysicalType::FLOAT:
      return of_bits(number.template operator()<uint32_t>());
    case duckdb::PhysicalType::INT16:
      return of_bits(number.template operator()<uint16_t>());
    default:
      return of_bits(number.template operator()<uint8_t>());
  }
}

std::vector<size_t> set_order(const std::vector<SetPlace>& places, uint8_t degree) {
  std::vector<size_t> order;
  order.reserve(places.size());
  Table table(places, degree);
  for (size_t i = 0; i < places.size(); ++i) {
    if (places[i].zero) {
      order.push_back(i);
      table.count_zero();
    } else {
      table.insert(i);
    }
  }
  for (const size_t cell : table.cells()) {
    if (cell != 0) order.push_back(cell - 1);
  }
  return order;
}

}  // namespace sluice::functions
