// SPDX-License-Identifier: Apache-2.0
#include "kernel/file_scan.h"

#include "duckdb/common/file_system.hpp"
#include "duckdb/function/table_function.hpp"
#include "duckdb/parser/parsed_data/create_table_function_info.hpp"
#include "kernel/bind_function.h"

namespace sluice::kernel {
namespace {

using duckdb::LogicalType;
using duckdb::make_uniq;
using duckdb::StringUtil;
using duckdb::Value;
using ExprPtr = duckdb::unique_ptr<duckdb::ParsedExpression>;
using Format = FileScan::Format;

constexpr const char* kFileFunction = "sluice_file_scan";
constexpr const char* kRequestFunction = "sluice_request_scan";
constexpr size_t kMostLineBytes = 64 << 20;  // of the lines that tell the columns
constexpr size_t kMostColumns = 10'000;

ExprPtr constant(Value value) { return make_uniq<duckdb::ConstantExpression>(std::move(value)); }

void set(duckdb::FunctionExpression& call, const char* name, Value value) {
  call.children.push_back(make_uniq<duckdb::ComparisonExpression>(
      duckdb::ExpressionType::COMPARE_EQUAL, make_uniq<duckdb::ColumnRefExpression>(name), constant(std::move(value))));
}

// The line after `skipped` others; nothing in a shorter file.
std::optional<std::string> line_of(duckdb::ClientContext& context, const std::string& path, uint64_t skipped) {
  auto& files = duckdb::FileSystem::GetFileSystem(context);
  auto flags = duckdb::FileFlags::FILE_FLAGS_READ;
  flags |= duckdb::FileCompressionType::AUTO_DETECT;
  auto matches = files.Glob(path);
  auto handle = files.OpenFile(matches.empty() ? path : matches.front().path, flags);
  std::string line;
  std::string piece(64 << 10, '\0');
  size_t seen = 0;
  for (;;) {
    const int64_t got = handle->Read(piece.data(), piece.size());
    if (got <= 0) break;
    seen += static_cast<size_t>(got);
    for (int64_t i = 0; i < got; ++i) {
      const char c = piece[static_cast<size_t>(i)];
      if (c != '\n') {
        if (skipped == 0) line += c;
        continue;
      }
      if (skipped == 0) return line;
      --skipped;
    }
    if (seen > kMostLineBytes) throw duckdb::InvalidInputException("the file %s has no line end", path);
  }
  if (skipped > 0 || line.empty()) return std::nullopt;
  return line;
}

// How many fields a line has; separators between two `enclose` do not count.
size_t field_count(std::string_view line, const std::string& separator, const std::string& enclose) {
  size_t count = 1;
  bool inside = false;
  for (size_t i = 0; i < line.size(); ++i) {
    if (!enclose.empty() && line[i] == enclose[0]) {
      inside = !inside;
    } else if (!inside && line.substr(i).starts_with(separator)) {
      ++count;
      i += separator.size() - 1;
    }
  }
  return count;
}

// "k1:int;k2:string" -> the names; Doris' types are those of the CAST that the caller writes, so all are text but those
// that the kernel knows by the same word.
void set_schema(duckdb::FunctionExpression& call, const std::string& schema) {
  duckdb::child_list_t<Value> columns;
  for (const std::string& part : StringUtil::Split(schema, ';')) {
    const size_t colon = part.find(':');
    std::string name = part.substr(0, colon);
    std::string type = colon == std::string::npos ? "string" : StringUtil::Lower(part.substr(colon + 1));
    StringUtil::Trim(name);
    StringUtil::Trim(type);
    if (name.empty()) throw duckdb::InvalidInputException("csv_schema is like k1:int;k2:string, not %s", schema);
    if (type == "largeint") type = "hugeint";
    if (type == "datetime") type = "timestamp";
    if (type == "string" || type.starts_with("char") || type.starts_with("varchar")) type = "varchar";
    columns.emplace_back(name, Value(StringUtil::Upper(type)));
  }
  set(call, "columns", Value::STRUCT(std::move(columns)));
}

duckdb::unique_ptr<duckdb::TableRef> csv(duckdb::ClientContext& context, const FileScan& scan) {
  auto call = make_uniq<duckdb::FunctionExpression>("read_csv", duckdb::vector<ExprPtr>());
  call->children.push_back(constant(Value(scan.path)));
  const bool header = scan.format != Format::kCsv;
  set(*call, "auto_detect", Value::BOOLEAN(false));
  set(*call, "delim", Value(scan.column_separator));
  set(*call, "quote", Value(scan.enclose));
  set(*call, "escape", Value(scan.escape));
  set(*call, "nullstr", Value("\\N"));
  set(*call, "null_padding", Value::BOOLEAN(true));
  set(*call, "header", Value::BOOLEAN(false));
  const uint64_t heading = scan.format == Format::kCsvWithNamesAndTypes ? 2 : header ? 1 : 0;
  set(*call, "skip", Value::BIGINT(static_cast<int64_t>(scan.skip_lines + heading)));
  if (!scan.schema.empty()) {
    set_schema(*call, scan.schema);
  } else {
    const auto first = line_of(context, scan.path, scan.skip_lines);
    std::string line = first.value_or(std::string());
    if (line.ends_with('\r')) line.pop_back();
    const size_t count = field_count(line, scan.column_separator, scan.enclose);
    if (count > kMostColumns) throw duckdb::InvalidInputException("the file %s has more than 10000 columns", scan.path);
    duckdb::child_list_t<Value> columns;
    const auto names = header ? StringUtil::Split(line, scan.column_separator) : duckdb::vector<std::string>();
    for (size_t i = 0; i < count; ++i) {
      std::string name = i < names.size() ? names[i] : "c" + std::to_string(i + 1);
      if (!scan.enclose.empty() && name.size() >= 2 && name.front() == scan.enclose[0] && name.back() == name.front())
        name = name.substr(1, name.size() - 2);
      columns.emplace_back(std::move(name), Value("VARCHAR"));
    }
    set(*call, "columns", Value::STRUCT(std::move(columns)));
  }
  auto ref = make_uniq<duckdb::TableFunctionRef>();
  ref->function = std::move(call);
  return ref;
}

duckdb::unique_ptr<duckdb::TableRef> replace(duckdb::ClientContext& context, duckdb::TableFunctionBindInput& input) {
  const auto text = [&](size_t i) { return input.inputs[i].ToString(); };
  FileScan scan;
  scan.path = text(0);
  scan.format = static_cast<Format>(input.inputs[1].GetValue<int32_t>());
  scan.column_separator = text(2);
  scan.enclose = text(3);
  scan.escape = text(4);
  scan.skip_lines = static_cast<uint64_t>(input.inputs[5].GetValue<int64_t>());
  scan.schema = text(6);
  if (scan.format != Format::kJson && scan.format != Format::kParquet) return csv(context, scan);
  auto ref = make_uniq<duckdb::TableFunctionRef>();
  auto call = make_uniq<duckdb::FunctionExpression>(scan.format == Format::kJson ? "read_json_auto" : "read_parquet",
                                                    duckdb::vector<ExprPtr>());
  call->children.push_back(constant(Value(scan.path)));
  ref->function = std::move(call);
  return ref;
}

}  // namespace

duckdb::unique_ptr<duckdb::TableRef> file_scan(const FileScan& scan) {
  duckdb::vector<ExprPtr> arguments;
  arguments.push_back(constant(Value(scan.path)));
  arguments.push_back(constant(Value::INTEGER(static_cast<int32_t>(scan.format))));
  arguments.push_back(constant(Value(scan.column_separator)));
  arguments.push_back(constant(Value(scan.enclose)));
  arguments.push_back(constant(Value(scan.escape)));
  arguments.push_back(constant(Value::BIGINT(static_cast<int64_t>(scan.skip_lines))));
  arguments.push_back(constant(Value(scan.schema)));
  auto ref = make_uniq<duckdb::TableFunctionRef>();
  ref->function = make_uniq<duckdb::FunctionExpression>(
      "system", "doris", scan.of_request ? kRequestFunction : kFileFunction, std::move(arguments));
  return ref;
}

void create_file_scan(duckdb::ClientContext& context) {
  for (const char* name : {kFileFunction, kRequestFunction}) {
    create_bind_table_function(context, name,
                               {LogicalType::VARCHAR, LogicalType::INTEGER, LogicalType::VARCHAR, LogicalType::VARCHAR,
                                LogicalType::VARCHAR, LogicalType::BIGINT, LogicalType::VARCHAR},
                               replace);
  }
}

}  // namespace sluice::kernel
