// SPDX-License-Identifier: Apache-2.0
#include "session/outfile_options.h"

#include <algorithm>

#include "duckdb/common/string_util.hpp"
#include "kernel/s3_files.h"
#include "session/load_labels.h"
#include "session/table_definition.h"

namespace sluice::session {
namespace {

using duckdb::StringUtil;

constexpr uint64_t kLeastFileBytes = 5ull << 20;
constexpr uint64_t kMostFileBytes = INT32_MAX;

// "\x01", "\\x01": bytes; "\\t", "\\n": as in strings.
std::string separator_of(std::string text) {
  if (text.starts_with("\\x") || text.starts_with("0x")) {
    std::string bytes;
    for (size_t i = 2; i + 1 < text.size(); i += 2) {
      const std::string digits = text.substr(i, 2);
      if (digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) return text;
      bytes += static_cast<char>(std::stoi(digits, nullptr, 16));
    }
    return bytes.empty() ? text : bytes;
  }
  static constexpr std::pair<const char*, const char*> kEscapes[] = {{"\\t", "\t"}, {"\\n", "\n"}, {"\\r", "\r"}};
  for (const auto& [from, to] : kEscapes) text = StringUtil::Replace(text, from, to);
  return text;
}

// "1024", "10MB", "2G".
std::optional<uint64_t> volume_of(const std::string& text) {
  size_t digits = 0;
  uint64_t value = 0;
  while (digits < text.size() && digits < 12 && text[digits] >= '0' && text[digits] <= '9')
    value = value * 10 + static_cast<uint64_t>(text[digits++] - '0');
  if (digits == 0) return std::nullopt;
  std::string unit = StringUtil::Upper(text.substr(digits));
  StringUtil::Trim(unit);
  if (unit.empty() || unit == "B") return value;
  if (unit == "K" || unit == "KB") return value << 10;
  if (unit == "M" || unit == "MB") return value << 20;
  if (unit == "G" || unit == "GB") return value << 30;
  return std::nullopt;
}

Status set_format(const std::string& format, OutfileOptions& options) {
  if (format.empty() || format == "CSV") return {};
  if (format == "CSV_WITH_NAMES") {
    options.header = OutfileOptions::Header::kNames;
  } else if (format == "CSV_WITH_NAMES_AND_TYPES") {
    options.header = OutfileOptions::Header::kNamesAndTypes;
  } else if (format == "PARQUET") {
    options.parquet = true;
  } else if (format == "ORC") {
    return fail(sql_error(Code::kUnsupported, 1235,
                          "This version of the server does not support writing ORC files; write PARQUET or CSV"));
  } else {
    return fail(ddl_error("format:" + StringUtil::Lower(format) + " is not supported."));
  }
  return {};
}

bool is_file_name(const std::string& name) {
  return !name.empty() && name.size() <= 128 && name != "." && name != ".." &&
         std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-' || c == '.'; });
}

Status set_compression(const std::string& value, OutfileOptions& options) {
  static constexpr std::string_view kCodecs[] = {"snappy", "gzip", "zstd", "brotli", "lz4"};
  const std::string name = StringUtil::Lower(value);
  if (options.parquet) {
    options.codec = name == "plain" ? "uncompressed" : name == "gz" ? "gzip" : name;
    if (name == "plain" || name == "uncompressed" || std::ranges::find(kCodecs, options.codec) != std::end(kCodecs))
      return {};
    return fail(ddl_error("Parquet does not support compression " + value));
  }
  if (name == "gz" || name == "gzip") {
    options.compression = OutfileText::Compression::kGzip;
  } else if (name == "zstd") {
    options.compression = OutfileText::Compression::kZstd;
  } else if (name != "plain" && name != "none" && name != "uncompressed") {
    return fail(ddl_error("CSV files can be compressed by gz or zstd, not by " + value));
  }
  return {};
}

Status set_property(const std::string& key, const std::string& value, bool of_export, OutfileOptions& options) {
  const auto flag = [&] { return StringUtil::CIEquals(value, "true"); };
  if (key == "column_separator" || key == "line_delimiter") {
    if (value.empty()) return fail(ddl_error(key + " can not be empty."));
    (key == "column_separator" ? options.column_separator : options.line_delimiter) = separator_of(value);
  } else if (key == "max_file_size") {
    const auto bytes = volume_of(value);
    if (!bytes) return fail(ddl_error("Invalid data volume expression: " + value));
    if (*bytes < kLeastFileBytes || *bytes > kMostFileBytes)
      return fail(ddl_error("max file size should larger than 5MB. Given: " + std::to_string(*bytes)));
    options.max_file_bytes = *bytes;
    options.split = true;
  } else if (key == "delete_existing_files") {
    options.delete_existing_files = flag();
  } else if (key == "with_bom") {
    options.with_bom = flag();
  } else if (key == "success_file_name" || key == "file_suffix") {
    if (!is_file_name(value)) return fail(ddl_error("Incorrect file name '" + value + "' in " + key));
    (key == "file_suffix" ? options.suffix : options.success_file_name) = value;
  } else if (key == "compress_type" || key == "compression_type" || key == "parquet.compression") {
    return set_compression(value, options);
  } else if (of_export && key == "label") {
    if (!LoadLabels::valid(value)) return fail(ddl_error("Label format error: " + value));
    options.label = value;
  } else if (of_export && key == "data_consistency") {
    if (!StringUtil::CIEquals(value, "partition") && !StringUtil::CIEquals(value, "none"))
      return fail(ddl_error("The value of data_consistency is invalid, please use partition or none"));
  } else if (of_export && key == "parallelism") {
    if (!volume_of(value)) return fail(ddl_error("The value of parallelism is invalid!"));
  } else if (of_export && key == "timeout") {
    if (!volume_of(value)) return fail(ddl_error("The value of timeout is invalid!"));
  } else if (key != "schema" && key != "parquet.version" && key != "parquet.disable_dictionary") {
    return fail(ddl_error("Unknown properties: {" + key + "=" + value + "}"));
  }
  return {};
}

}  // namespace

bool is_url_of_s3(const std::string& url) { return url.starts_with("s3://"); }

Result<OutfileOptions> read_outfile_options(const dialect::OutfileStatement& statement) {
  OutfileOptions options;
  TRY(set_format(statement.format, options));
  for (const auto& [key, value] : statement.properties) {
    if (is_url_of_s3(statement.url) && kernel::is_s3_property(key)) continue;
    TRY(set_property(key, value, statement.exported.has_value(), options));
  }
  if (options.compression != OutfileText::Compression::kNone && options.with_bom)
    return fail(ddl_error("compressed csv with bom is not supported yet"));
  if (options.suffix.empty()) {
    options.suffix = options.parquet                                          ? "parquet"
                     : options.compression == OutfileText::Compression::kGzip ? "csv.gz"
                     : options.compression == OutfileText::Compression::kZstd ? "csv.zst"
                                                                              : "csv";
  }
  return options;
}

}  // namespace sluice::session
