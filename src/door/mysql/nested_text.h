// SPDX-License-Identifier: Apache-2.0
// LIST, ARRAY, MAP and STRUCT cells as Doris prints them: [1, 2, null], {"k":1, "l":2}, {"f1":1, "f2":"x"}; strings and
// dates in double quotes, booleans 1 and 0. One object per column; bound to a chunk, then asked for cells.
// Confined to the worker that encodes.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "door/mysql/cell_writer.h"
#include "functions/moment_digits.h"

namespace sluice::door::mysql {

class NestedText {
 public:
  // `digits`: of its DATETIMEs, as Column has them.
  explicit NestedText(const duckdb::LogicalType& type, const functions::MomentDigits& digits = {});
  ~NestedText();

  // Whether all leaves of `type` have a text of their own (unions and the like have not).
  static bool supports(const duckdb::LogicalType& type);

  // Takes the values of one chunk's column; `vector` must outlive the use of write().
  void bind(duckdb::Vector& vector, duckdb::idx_t count);
  // The text of the value at `index`, as the column's selection counts. Valid until the next call.
  std::string_view write(duckdb::idx_t index);

 private:
  struct Node;
  void bind_node(Node& node, const duckdb::RecursiveUnifiedVectorFormat& format);
  // The element at `row` of the node, counted before its own selection.
  void append(const Node& node, duckdb::idx_t row);
  void append_value(const Node& node, duckdb::idx_t index);
  void append_leaf(const Node& node, duckdb::idx_t index);

  duckdb::LogicalType type_;
  std::unique_ptr<Node> root_;
  duckdb::RecursiveUnifiedVectorFormat format_;
  PacketBuffer text_;
  PacketBuffer leaf_;
};

}  // namespace sluice::door::mysql
