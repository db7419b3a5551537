// SPDX-License-Identifier: Apache-2.0
// One function per kernel type and wire format that writes a cell. The function for a column is chosen once; the row
// loop only calls it. Confined to the worker that encodes.
#pragma once

#include <cstdint>
#include <memory>

#include "door/mysql/packet_buffer.h"
#include "pch/pch.h"

namespace sluice::door::mysql {

enum class RowFormat : uint8_t { kText, kBinary };

// Where rows are written to. Cells write through a bare pointer and keep this invariant: after each cell there is still
// room for `row_bound` more bytes, the sum of what all fixed parts of a row need at most.
struct RowOutput {
  PacketBuffer& buffer;
  size_t row_bound;
  uint8_t* end;  // of the buffer's memory

  // Makes sure that `count` bytes more than the bound fit behind `at`; gives `at`'s place after growing.
  uint8_t* need(uint8_t* at, size_t count) {
    if (static_cast<size_t>(end - at) >= count + row_bound) [[likely]]
      return at;
    return grow(at, count);
  }
  uint8_t* grow(uint8_t* at, size_t count);
};

struct CellSource;
// Writes cell `index` of `source` at `at` and gives the end; null when the value can only be shown as NULL (NaN,
// infinite dates), with nothing written.
using CellFunction = uint8_t* (*)(const CellSource& source, duckdb::idx_t index, RowOutput& output, uint8_t* at);

class NestedText;

// One column's values in memory.
struct CellSource {
  CellFunction write = nullptr;
  const void* data = nullptr;
  const duckdb::string_t* dictionary = nullptr;  // ENUM: its strings
  NestedText* nested = nullptr;                  // LIST, ARRAY, MAP, STRUCT
  uint8_t scale = 0;                             // DECIMAL; digits of a DATETIME(n)
};

// How a column of `type` is written.
struct CellPlan {
  CellFunction write = nullptr;
  size_t bound = 0;         // bytes that the cell takes at most, without what it asks for through need()
  bool cast_first = false;  // no function of its own: the kernel casts the column to VARCHAR first
  bool nested = false;
};
CellPlan plan_cell(const duckdb::LogicalType& type, RowFormat format);
// Fills the type's own fields of `source` (scale, dictionary); `type` must outlive it.
void describe_source(const duckdb::LogicalType& type, CellSource& source);

// A TIMESTAMP column that was declared with so many digits.
void describe_digits(uint8_t digits, RowFormat format, CellPlan& plan, CellSource& source);

}  // namespace sluice::door::mysql
