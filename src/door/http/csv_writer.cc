// SPDX-License-Identifier: Apache-2.0
#include "door/http/result_writer.h"

namespace sluice::door::http {
namespace {

// RFC 4180: quotes only where needed. An empty string is "" so that it differs from NULL, which is nothing.
void append_field(std::string_view text, std::string& out) {
  if (!text.empty() && text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  for (char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

class CsvWriter final : public ResultWriter {
 public:
  Status begin(const std::vector<session::Column>& columns, std::string& out) override {
    formats_.resize(columns.size());
    for (size_t c = 0; c < columns.size(); ++c) {
      if (c > 0) out += ',';
      append_field(columns[c].name, out);
    }
    out += "\r\n";
    return {};
  }

  Status rows(duckdb::DataChunk& chunk, std::string& out) override {
    for (duckdb::idx_t c = 0; c < chunk.ColumnCount(); ++c) chunk.data[c].ToUnifiedFormat(chunk.size(), formats_[c]);
    for (duckdb::idx_t row = 0; row < chunk.size(); ++row) {
      for (duckdb::idx_t c = 0; c < chunk.ColumnCount(); ++c) {
        if (c > 0) out += ',';
        append_cell(chunk.data[c], formats_[c], row, out);
      }
      out += "\r\n";
    }
    return {};
  }

  void end(std::chrono::microseconds, std::string&) override {}
  // CSV has no place for an error: that the answer was cut is what the client sees.
  void fail(const Error&, std::string&) override {}

 private:
  void append_cell(duckdb::Vector& column, const duckdb::UnifiedVectorFormat& format, duckdb::idx_t row,
                   std::string& out) {
    const auto index = format.sel->get_index(row);
    if (!format.validity.RowIsValid(index)) return;
    switch (column.GetType().id()) {
      case duckdb::LogicalTypeId::VARCHAR: {
        const auto text = reinterpret_cast<const duckdb::string_t*>(format.data)[index];
        append_field({text.GetData(), text.GetSize()}, out);
        return;
      }
      case duckdb::LogicalTypeId::LIST:
      case duckdb::LogicalTypeId::ARRAY:
      case duckdb::LogicalTypeId::STRUCT:
      case duckdb::LogicalTypeId::MAP:
      case duckdb::LogicalTypeId::UNION: {
        text_.clear();
        append_json_value(column.GetValue(row), text_);
        append_field(text_, out);
        return;
      }
      default: {
        // Scalars are what JSON makes of them, without its quotes: none of them holds an escaped character.
        text_.clear();
        append_json_cell(column, format, row, text_);
        std::string_view text = text_;
        if (text.size() >= 2 && text.front() == '"') text = text.substr(1, text.size() - 2);
        if (column.GetType().id() == duckdb::LogicalTypeId::ENUM) {
          append_field(scalar_text(column.GetValue(row)), out);
        } else {
          append_field(text, out);
        }
        return;
      }
    }
  }

  std::vector<duckdb::UnifiedVectorFormat> formats_;
  std::string text_;
};

}  // namespace

std::unique_ptr<ResultWriter> make_csv_writer() { return std::make_unique<CsvWriter>(); }

}  // namespace sluice::door::http
