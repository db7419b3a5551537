// SPDX-License-Identifier: Apache-2.0
// RowEncoder: rows of the kernel's chunks (or single values) as packets of the text or binary protocol. One object per
// result; the hot spot of large results. Used by one thread at a time.
// Source: "Text result set row" and "Binary protocol result set row" of MySQL's internals manual.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "door/mysql/cell_writer.h"
#include "door/mysql/nested_text.h"
#include "session/outcome.h"

namespace sluice::door::mysql {

class RowEncoder {
 public:
  RowEncoder(const std::vector<session::Column>& columns, RowFormat format);
  ~RowEncoder();

  // Takes the next chunk, which must stay alive and untouched while its rows are encoded. May throw the kernel's
  // exceptions (a cast to text that fails).
  void bind(duckdb::DataChunk& chunk);
  // Appends rows of the bound chunk to `out`, counting `sequence` on, until all are written or `out` holds
  // `stop_bytes` or `max_rows` were written. Gives how many were written.
  size_t encode(PacketBuffer& out, uint8_t& sequence, size_t stop_bytes, size_t max_rows = SIZE_MAX);
  size_t rows_left() const { return count_ - next_; }
  duckdb::DataChunk& bound_chunk() const { return *chunk_; }
  void forget_chunk() { count_ = next_ = 0; }

  // One row of values; those of another type than their column are cast. May throw as bind() does.
  void encode_values(PacketBuffer& out, uint8_t& sequence, const std::vector<duckdb::Value>& values);

 private:
  struct BoundColumn;

  template <RowFormat format>
  size_t encode_rows(PacketBuffer& out, uint8_t& sequence, size_t stop_bytes, size_t max_rows);
  template <RowFormat format>
  uint8_t* encode_row(RowOutput& output, uint8_t* at, size_t row);
  void bind_column(BoundColumn& column, duckdb::Vector& vector, duckdb::idx_t count);
  // Points the column at the inside of `value`; false for types that only a vector can hold.
  bool bind_scalar(BoundColumn& column, const duckdb::Value& value);
  void finish_row(PacketBuffer& out, size_t start, uint8_t* end, uint8_t& sequence);

  const RowFormat format_;
  std::vector<BoundColumn> columns_;
  size_t row_bound_ = kPacketHeader;
  size_t null_bitmap_bytes_ = 0;  // binary rows
  duckdb::DataChunk* chunk_ = nullptr;
  size_t count_ = 0;
  size_t next_ = 0;
};

}  // namespace sluice::door::mysql
