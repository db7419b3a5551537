// SPDX-License-Identifier: Apache-2.0
#include "client/cassandra/rows.h"

#include "client/cassandra/notation.h"

namespace sluice::client::cassandra {

namespace {

Error damaged() { return Error(Code::kDataLoss, "rows of the server do not decode"); }

// Whether `count` rows of `columns` values lie in `in`, and nothing after them.
bool whole(ByteReader in, size_t count, size_t columns) {
  for (size_t row = 0; row < count; ++row) {
    for (size_t i = 0; i < columns; ++i) {
      const int32_t n = in.i32_be();
      if (n > 0) in.skip(static_cast<size_t>(n));
    }
    if (!in.ok()) return false;
  }
  return in.at_end();
}

}  // namespace

Result<Columns> read_columns(ByteReader& in, int32_t flags, int32_t count) {
  // The least that one takes: the length of its name and its type.
  constexpr size_t kLeastBytes = 4;
  if (count < 0 || static_cast<size_t>(count) > in.remaining() / kLeastBytes) return fail(damaged());
  Columns columns(static_cast<size_t>(count));
  std::string_view keyspace, table;
  if (flags & kGlobalTablesSpec) {
    keyspace = read_string(in);
    table = read_string(in);
  }
  for (Column& column : columns) {
    if (!(flags & kGlobalTablesSpec)) {
      keyspace = read_string(in);
      table = read_string(in);
    }
    column.keyspace = keyspace;
    column.table = table;
    column.name = read_string(in);
    column.type = TRY(read_type(in));
  }
  if (!in.ok()) return fail(damaged());
  return columns;
}

Result<Rows> Rows::decode(ResponseFrame frame, const ColumnsPtr& known) {
  Rows rows;
  rows.frame_ = std::move(frame);
  ByteReader in(rows.frame_.content());
  const int32_t flags = in.i32_be();
  const int32_t column_count = in.i32_be();
  if (flags & kHasMorePages) rows.paging_state_ = read_bytes(in).value_or(std::string_view());
  if (!in.ok() || column_count < 0) return fail(damaged());
  if (flags & kNoMetadata) {
    if (!known || known->size() != static_cast<size_t>(column_count)) {
      return fail(Code::kDataLoss, "rows came without metadata and do not have the columns of their statement");
    }
    rows.columns_ = known;
  } else {
    rows.columns_ = std::make_shared<const Columns>(TRY(read_columns(in, flags, column_count)));
  }
  const int32_t count = in.i32_be();
  // Each value takes four bytes at least. Rows without columns would take none, and there are none such.
  if (!in.ok() || count < 0) return fail(damaged());
  if (column_count == 0 && count > 0) return fail(damaged());
  rows.first_ = rows.frame_.body.size() - in.remaining();
  rows.rows_ = static_cast<size_t>(count);
  if (!whole(in, rows.rows_, static_cast<size_t>(column_count))) return fail(damaged());
  return rows;
}

Rows Rows::none(ResponseFrame frame) {
  Rows rows;
  rows.frame_.warnings = std::move(frame.warnings);
  return rows;
}

const Columns& Rows::columns() const {
  static const Columns kNone;
  return columns_ ? *columns_ : kNone;
}

int Rows::column(std::string_view name) const {
  const Columns& all = columns();
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace sluice::client::cassandra
