// SPDX-License-Identifier: Apache-2.0
// ResultWriter: a result's columns and rows as the bytes of one format. Writers append to a string that the caller
// sends and clears. One per result; used by one thread at a time (worker threads). PROTOCOL.md describes the formats.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "session/outcome.h"

namespace sluice::door::http {

enum class ResultFormat : uint8_t { kJson, kNdjson, kCsv, kArrow };

// By ?format= or "format": json, ndjson, csv, arrow.
std::optional<ResultFormat> parse_result_format(std::string_view name);
// By an Accept header, weights considered. Nullopt when nothing we make is acceptable.
std::optional<ResultFormat> negotiate_result_format(std::string_view accept);
std::string_view content_type(ResultFormat format);

class ResultWriter {
 public:
  virtual ~ResultWriter() = default;
  // Once, first. Errors: a type that the format cannot carry.
  virtual Status begin(const std::vector<session::Column>& columns, std::string& out) = 0;
  virtual Status rows(duckdb::DataChunk& chunk, std::string& out) = 0;
  // Exactly one of these, last. fail() makes the error visible in the text as far as the format can.
  virtual void end(std::chrono::microseconds elapsed, std::string& out) = 0;
  virtual void fail(const Error& error, std::string& out) = 0;
};

std::unique_ptr<ResultWriter> make_result_writer(ResultFormat format);
std::unique_ptr<ResultWriter> make_json_writer(bool by_line);
std::unique_ptr<ResultWriter> make_csv_writer();
std::unique_ptr<ResultWriter> make_arrow_writer();

// The answer to a statement without rows, in every format: {"columns":[],"rows":[],"affected_rows":3,...}.
std::string done_json(const session::Done& done, std::chrono::microseconds elapsed);

// One value as JSON: numbers up to 64 bits and doubles as numbers; decimals and wider integers as strings so that no
// digit is lost; NaN and infinities, dates, times, intervals, UUIDs, enums as strings; blobs as base64; lists as
// arrays, structs and maps as objects.
void append_json_value(const duckdb::Value& value, std::string& out);
// The same for one row of a column that was brought into unified form.
void append_json_cell(duckdb::Vector& column, const duckdb::UnifiedVectorFormat& format, duckdb::idx_t row,
                      std::string& out);
// A scalar as plain text without quotes, as both JSON strings and CSV show it.
std::string scalar_text(const duckdb::Value& value);

}  // namespace sluice::door::http
