// SPDX-License-Identifier: Apache-2.0
// Vector bodies over rows of texts. Internal to src/functions; a kernel's thread each.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "functions/array_rows.h"
#include "functions/types.h"

namespace sluice::functions {

using TextRows = ValueRows<duckdb::string_t>;

// The arguments up to the first one that is no text.
inline std::vector<TextRows> text_columns(duckdb::DataChunk& input, duckdb::idx_t count) {
  std::vector<TextRows> columns;
  for (auto& column : input.data) {
    if (column.GetType().InternalType() != duckdb::PhysicalType::VARCHAR) break;
    columns.emplace_back(column, count);
  }
  return columns;
}

// `make(columns, row, out)` gives whether the row has a result.
template <typename Make>
void run_texts(duckdb::DataChunk& input, duckdb::Vector& result, Make make) {
  const duckdb::idx_t count = rows_of(input);
  const auto columns = text_columns(input, count);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* texts = duckdb::FlatVector::GetData<duckdb::string_t>(result);
  std::string out;
  for (duckdb::idx_t row = 0; row < count; ++row) {
    out.clear();
    if (make(columns, row, out))
      texts[row] = duckdb::StringVector::AddString(result, out);
    else
      duckdb::FlatVector::SetNull(result, row, true);
  }
  finish(input, result);
}

// An array of texts a row; NULL where a text is. `split(columns, row, parts)` gives the parts; they
// are copied before the next call.
template <typename Split>
void run_split(duckdb::DataChunk& input, duckdb::Vector& result, Split split) {
  const duckdb::idx_t count = rows_of(input);
  const auto columns = text_columns(input, count);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* rows = duckdb::FlatVector::GetData<duckdb::list_entry_t>(result);
  std::vector<std::string_view> parts;
  duckdb::idx_t size = 0;
  for (duckdb::idx_t row = 0; row < count; ++row) {
    rows[row] = {size, 0};
    if (!std::ranges::all_of(columns, [&](const TextRows& column) { return column.valid(row); })) {
      duckdb::FlatVector::SetNull(result, row, true);
      continue;
    }
    parts.clear();
    split(columns, row, parts);
    duckdb::ListVector::Reserve(result, size + parts.size());
    duckdb::Vector& elements = duckdb::ListVector::GetEntry(result);
    for (std::string_view part : parts) {
      duckdb::FlatVector::GetData<duckdb::string_t>(elements)[size++] =
          duckdb::StringVector::AddString(elements, part.data(), part.size());
    }
    rows[row].length = parts.size();
  }
  duckdb::ListVector::SetListSize(result, size);
  finish(input, result);
}

}  // namespace sluice::functions
