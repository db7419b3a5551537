// SPDX-License-Identifier: Apache-2.0
// Functions of JSON over rows of texts. Internal to src/functions; a kernel's thread each.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "functions/array_rows.h"

namespace sluice::functions {

using TextRows = ValueRows<duckdb::string_t>;

inline std::string_view view(const duckdb::string_t& text) { return {text.GetData(), text.GetSize()}; }

inline std::vector<TextRows> text_columns(duckdb::DataChunk& input, duckdb::idx_t count) {
  std::vector<TextRows> columns;
  for (auto& column : input.data) columns.emplace_back(column, count);
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

}  // namespace sluice::functions
