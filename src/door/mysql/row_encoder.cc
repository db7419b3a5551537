// SPDX-License-Identifier: Apache-2.0
#include "door/mysql/row_encoder.h"

#include <algorithm>

namespace sluice::door::mysql {

using duckdb::idx_t;
using duckdb::PhysicalType;

struct RowEncoder::BoundColumn {
  // The row loop reads these; null means: the identity, no nulls.
  const duckdb::sel_t* selection = nullptr;
  const duckdb::validity_t* valid = nullptr;
  CellSource source;

  CellPlan plan;
  duckdb::LogicalType type;
  duckdb::UnifiedVectorFormat format;
  std::unique_ptr<NestedText> nested;
  std::unique_ptr<duckdb::Vector> as_text;  // of columns that are cast first
  // The inside of a single value.
  union {
    int64_t number;
    duckdb::hugeint_t huge;
    double real;
  } scalar = {.huge = {}};
  duckdb::string_t text;
};

RowEncoder::RowEncoder(const std::vector<session::Column>& columns, RowFormat format)
    : format_(format), columns_(columns.size()) {
  if (format == RowFormat::kBinary) {
    null_bitmap_bytes_ = (columns.size() + 2 + 7) / 8;
    row_bound_ += 1 + null_bitmap_bytes_;
  }
  for (size_t i = 0; i < columns.size(); ++i) {
    BoundColumn& column = columns_[i];
    column.type = columns[i].type;
    column.plan = plan_cell(column.type, format);
    describe_source(column.type, column.source);
    if (columns[i].fraction_digits) describe_digits(*columns[i].fraction_digits, format, column.plan, column.source);
    column.source.write = column.plan.write;
    if (column.plan.nested) {
      column.nested = std::make_unique<NestedText>(column.type, columns[i].moment_digits);
      column.source.nested = column.nested.get();
    }
    row_bound_ += column.plan.bound;
  }
}

RowEncoder::~RowEncoder() = default;

void RowEncoder::bind_column(BoundColumn& column, duckdb::Vector& vector, idx_t count) {
  duckdb::Vector* values = &vector;
  if (column.plan.cast_first) {
    column.as_text = std::make_unique<duckdb::Vector>(duckdb::LogicalType::VARCHAR, count);
    duckdb::VectorOperations::DefaultCast(vector, *column.as_text, count);
    values = column.as_text.get();
  }
  values->ToUnifiedFormat(count, column.format);
  column.selection = column.format.sel->data();
  column.valid = column.format.validity.GetData();
  column.source.data = column.format.data;
  if (column.nested) column.nested->bind(*values, count);
}

void RowEncoder::bind(duckdb::DataChunk& chunk) {
  for (size_t i = 0; i < columns_.size(); ++i) bind_column(columns_[i], chunk.data[i], chunk.size());
  chunk_ = &chunk;
  count_ = chunk.size();
  next_ = 0;
}

template <RowFormat format>
inline uint8_t* RowEncoder::encode_row(RowOutput& output, uint8_t* at, size_t row) {
  size_t bitmap = 0;
  if constexpr (format == RowFormat::kBinary) {
    *at++ = 0;
    bitmap = static_cast<size_t>(at - output.buffer.data());
    std::memset(at, 0, null_bitmap_bytes_);
    at += null_bitmap_bytes_;
  }
  size_t position = 2;  // the bitmap's first two bits are not used
  for (const BoundColumn& column : columns_) {
    idx_t index = column.selection ? column.selection[row] : row;
    uint8_t* end = nullptr;
    if (column.valid == nullptr || (column.valid[index / 64] >> (index % 64) & 1)) {
      end = column.source.write(column.source, index, output, at);
    }
    if constexpr (format == RowFormat::kBinary) {
      if (end == nullptr) {
        output.buffer.data()[bitmap + position / 8] |= static_cast<uint8_t>(1u << (position % 8));
      } else {
        at = end;
      }
      ++position;
    } else {
      if (end == nullptr) {
        *at++ = kNullCell;
      } else {
        at = end;
      }
    }
  }
  return at;
}

inline void RowEncoder::finish_row(PacketBuffer& out, size_t start, uint8_t* end, uint8_t& sequence) {
  out.advance_to(end);
  out.end_packet(start, sequence);
}

template <RowFormat format>
size_t RowEncoder::encode_rows(PacketBuffer& out, uint8_t& sequence, size_t stop_bytes, size_t max_rows) {
  size_t last = next_ + std::min(max_rows, count_ - next_);
  size_t first = next_;
  RowOutput output{out, row_bound_, nullptr};
  for (; next_ < last && out.size() < stop_bytes; ++next_) {
    size_t start = out.size();
    uint8_t* at = out.tail(row_bound_);
    output.end = out.data() + out.capacity();
    at = encode_row<format>(output, at + kPacketHeader, next_);
    finish_row(out, start, at, sequence);
  }
  return next_ - first;
}

size_t RowEncoder::encode(PacketBuffer& out, uint8_t& sequence, size_t stop_bytes, size_t max_rows) {
  return format_ == RowFormat::kText ? encode_rows<RowFormat::kText>(out, sequence, stop_bytes, max_rows)
                                     : encode_rows<RowFormat::kBinary>(out, sequence, stop_bytes, max_rows);
}

bool RowEncoder::bind_scalar(BoundColumn& column, const duckdb::Value& value) {
  column.source.data = &column.scalar;
  switch (value.type().InternalType()) {
    case PhysicalType::BOOL:
      column.scalar.number = value.GetValueUnsafe<bool>();
      return true;
    case PhysicalType::INT8:
      column.scalar.number = value.GetValueUnsafe<int8_t>();
      return true;
    case PhysicalType::INT16:
      column.scalar.number = value.GetValueUnsafe<int16_t>();
      return true;
    case PhysicalType::INT32:
      column.scalar.number = value.GetValueUnsafe<int32_t>();
      return true;
    case PhysicalType::INT64:
      column.scalar.number = value.GetValueUnsafe<int64_t>();
      return true;
    case PhysicalType::UINT8:
      column.scalar.number = value.GetValueUnsafe<uint8_t>();
      return true;
    case PhysicalType::UINT16:
      column.scalar.number = value.GetValueUnsafe<uint16_t>();
      return true;
    case PhysicalType::UINT32:
      column.scalar.number = value.GetValueUnsafe<uint32_t>();
      return true;
    case PhysicalType::UINT64:
      column.scalar.number = static_cast<int64_t>(value.GetValueUnsafe<uint64_t>());
      return true;
    case PhysicalType::INT128:
      column.scalar.huge = value.GetValueUnsafe<duckdb::hugeint_t>();
      return true;
    case PhysicalType::DOUBLE:
      column.scalar.real = value.GetValueUnsafe<double>();
      return true;
    case PhysicalType::VARCHAR: {
      const std::string& text = duckdb::StringValue::Get(value);
      column.text = duckdb::string_t(text.data(), static_cast<uint32_t>(text.size()));
      column.source.data = &column.text;
      return true;
    }
    default:
      return false;
  }
}

void RowEncoder::encode_values(PacketBuffer& out, uint8_t& sequence, const std::vector<duckdb::Value>& values) {
  // Values that only a vector can hold live here until the row is written.
  std::vector<std::unique_ptr<duckdb::Vector>> vectors;
  uint64_t none_valid = 0;
  for (size_t i = 0; i < columns_.size(); ++i) {
    BoundColumn& column = columns_[i];
    const duckdb::Value& value = values[i];
    column.selection = nullptr;
    column.valid = nullptr;
    if (value.IsNull()) {
      column.valid = &none_valid;
      continue;
    }
    bool same_type = value.type() == column.type;
    if (same_type && !column.plan.cast_first && !column.plan.nested && bind_scalar(column, value)) continue;
    vectors.push_back(std::make_unique<duckdb::Vector>(same_type ? value : value.DefaultCastAs(column.type)));
    bind_column(column, *vectors.back(), 1);
  }
  count_ = 1;
  next_ = 0;
  encode(out, sequence, SIZE_MAX);
}

}  // namespace sluice::door::mysql
