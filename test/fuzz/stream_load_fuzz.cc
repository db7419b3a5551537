// SPDX-License-Identifier: Apache-2.0
// Fuzz target: what a stream load reads before the kernel does: headers, the cutting of bytes into blocks, the fields
// of CSV and JSON records, and JSON bodies. CSV must give the same fields however the bytes are cut.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "door/http/json_request.h"
#include "door/http/stream_load.h"
#include "session/load_records.h"

namespace {

using namespace sluice;

constexpr size_t kColumns = 3;

// All fields of the data, or nullopt when it is refused.
std::optional<std::string> read(const session::LoadSpec& spec, std::string_view data, size_t piece,
                                size_t block_bytes) {
  auto source = std::make_shared<session::LoadSource>(1ull << 30);
  session::LoadSplitter splitter(spec, *source, block_bytes);
  for (size_t at = 0; at < data.size(); at += piece) {
    if (!splitter.write(data.substr(at, piece))) return std::nullopt;
  }
  if (!splitter.finish()) return std::nullopt;
  source->close();
  auto reader = spec.format == session::LoadSpec::Format::kCsv ? session::make_csv_reader(spec.csv, kColumns)
                                                               : session::make_json_reader(spec, {"a", "b", "c"});
  session::LoadFields fields(kColumns);
  std::string out;
  std::string complaints;
  session::LoadBlockPtr block;
  while (source->take(block, duckdb::InterruptState()) == session::LoadSource::Taken::kBlock) {
    reader->start(*block);
    for (reader->read(fields); fields.rows > 0; reader->read(fields)) {
      for (size_t row = 0; row < fields.rows; ++row) {
        for (size_t c = 0; c < kColumns; ++c) {
          const auto& field = fields.column(c)[row];
          out += std::to_string(field.kind) + ":";
          if (field.kind != session::LoadField::kMissing) out += field.text();
          out += "|";
        }
        out += "\n";
      }
      for (const auto& bad : fields.bad) complaints += bad.reason + "\n";
    }
  }
  return out + complaints;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2 || size > 64 * 1024) return 0;
  const uint8_t choice = data[0];
  const size_t piece = data[1] + 1;
  const std::string_view text(reinterpret_cast<const char*>(data + 2), size - 2);
  session::LoadSpec spec;
  if (choice & 1) {
    spec.csv.column_separator = choice & 2 ? "||" : ",";
    if (choice & 4) spec.csv.enclose = '"';
    if (choice & 8) spec.csv.escape = '\\';
    spec.csv.mysql_escapes = choice & 16;
    spec.csv.trim_double_quotes = choice & 32;
    spec.csv.flexible_columns = choice & 64;
    spec.csv.skip_lines = choice >> 7;
    const auto small = read(spec, text, piece, 16);
    const auto whole = read(spec, text, text.size() + 1, 1 << 20);
    BUG_CHECK(small.has_value() == whole.has_value());
    BUG_CHECK(!small || *small == *whole);
    return 0;
  }
  switch (choice >> 1 & 3) {
    case 0:
    case 1:
      spec.format = session::LoadSpec::Format::kJson;
      spec.json.by_line = choice & 8;
      spec.json.strip_outer_array = choice & 16;
      if (choice & 32) spec.json.root = "$.r";
      if (choice & 64) spec.json.paths = {"$.a", "$.b[1]", "$"};
      (void)read(spec, text, piece, 16);
      (void)session::parse_json_path(std::string(text.substr(0, 200)));
      return 0;
    case 2:
      (void)door::http::parse_query_request(text);
      return 0;
    default: {
      // "name: value" lines.
      net::HttpHeaders headers;
      for (size_t at = 0; at < text.size();) {
        const size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view line = text.substr(at, end - at);
        const size_t colon = line.find(':');
        if (colon != std::string_view::npos)
          headers.add(std::string(line.substr(0, colon)), std::string(line.substr(colon + 1)));
        at = end + 1;
      }
      (void)door::http::parse_stream_load(headers, "d", "t");
      return 0;
    }
  }
}
