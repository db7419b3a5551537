// SPDX-License-Identifier: Apache-2.0
// Rows: the answer to a SELECT, kept as the frame that it came in. Decoding walks it once and finds damage there, so
// that reading cannot fail. Immutable; any thread. A Cursor belongs to one thread and must not outlive its Rows.
//
//   auto cursor = rows.cursor();
//   while (cursor.next()) sum += cursor[1].int64().value_or(0);
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "client/cassandra/column_types.h"
#include "client/cassandra/frame.h"
#include "client/cassandra/values.h"

namespace sluice::client::cassandra {

using ColumnsPtr = std::shared_ptr<const Columns>;

class Rows {
 public:
  class Cursor;
  Rows() = default;

  // `frame` is a RESULT of kind Rows, its offset behind the kind. `known` are the columns that a prepared statement
  // announced, for answers without them. kDataLoss when it does not decode.
  static Result<Rows> decode(ResponseFrame frame, const ColumnsPtr& known);
  // An answer without rows (INSERT, CREATE ..): keeps its warnings.
  static Rows none(ResponseFrame frame);

  size_t size() const { return rows_; }
  bool empty() const { return rows_ == 0; }
  const Columns& columns() const;
  // -1: there is no such column.
  int column(std::string_view name) const;
  inline Cursor cursor() const;

  // Not empty: there are more rows, to be asked for with it.
  std::string_view paging_state() const { return paging_state_; }
  const std::vector<std::string>& warnings() const { return frame_.warnings; }
  // Bytes of the frame, plain: for limits of what an answer may take.
  size_t bytes() const { return frame_.body.size(); }

 private:
  ResponseFrame frame_;
  ColumnsPtr columns_;
  std::string_view paging_state_;  // in frame_
  size_t first_ = 0;               // of the rows in frame_
  size_t rows_ = 0;
};

// Stands before the first row until next() is called.
class Rows::Cursor {
 public:
  explicit Cursor(const Rows& rows)
      : at_(rows.frame_.body.data() + rows.first_), left_(rows.rows_), cells_(rows.columns().size()) {}

  bool next() {
    if (left_ == 0) return false;
    --left_;
    for (Cell& cell : cells_) {
      uint32_t length;
      std::memcpy(&length, at_, sizeof(length));
      at_ += sizeof(length);
      const auto size = static_cast<int32_t>(sluice::detail::swap_bytes(length));
      cell = Cell(at_, size);
      at_ += size > 0 ? size : 0;
    }
    return true;
  }
  const Cell& operator[](size_t column) const { return cells_[column]; }

 private:
  const uint8_t* at_;
  size_t left_;
  std::vector<Cell> cells_;  // of the current row
};

inline Rows::Cursor Rows::cursor() const { return Cursor(*this); }

// The columns as metadata of results and prepared statements hold them; `count` of them. kDataLoss.
Result<Columns> read_columns(ByteReader& in, int32_t flags, int32_t count);
// Flags of metadata.
inline constexpr int32_t kGlobalTablesSpec = 0x0001;
inline constexpr int32_t kHasMorePages = 0x0002;
inline constexpr int32_t kNoMetadata = 0x0004;

}  // namespace sluice::client::cassandra
