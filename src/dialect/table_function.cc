// SPDX-License-Identifier: Apache-2.0
// Table functions as Doris writes them: f("property" = "value", ..) after FROM.
#include "dialect/table_function.h"

#include <algorithm>

#include "base/error_place.h"
#include "dialect/expression.h"
#include "dialect/names.h"
#include "dialect/query.h"
#include "dialect/statements.h"
#include "dialect/tree.h"
#include "kernel/file_scan.h"
#include "kernel/s3_files.h"

namespace sluice::dialect {
namespace {

struct Call {
  Token where;
  std::string function;
  Properties list;

  const std::string* find(std::string_view key) const {
    for (const auto& [name, value] : list) {
      if (name == key) return &value;
    }
    return nullptr;
  }
};

// Error 1105, as Doris reports what a table function cannot do with its properties.
tl::unexpected<Failed> invalid(ParseContext& c, const Call& call, const std::string& why) {
  return c.failure(sql_error(Code::kInvalidArgument, 1105,
                             "errCode = 2, detailMessage = Invalid properties of " + call.function + "(): " + why));
}

TablePtr server_function(const std::string& name, ExprList arguments, const std::string& alias) {
  auto function = duckdb::make_uniq<duckdb::TableFunctionRef>();
  function->function = duckdb::make_uniq<duckdb::FunctionExpression>("system", "doris", name, std::move(arguments));
  function->alias = alias;
  return function;
}

Parsed<TablePtr> numbers(ParseContext& c, const Call& call) {
  const auto whole = [&](std::string_view key, bool negative_too) -> Parsed<std::optional<int64_t>> {
    const std::string* text = call.find(key);
    if (!text) return std::optional<int64_t>();
    const bool negative = negative_too && text->starts_with('-');
    const std::string_view digits = std::string_view(*text).substr(negative ? 1 : 0);
    auto value = small_integer(digits);
    if (digits.empty() || !value || *value > INT64_MAX / 2)
      return c.syntax_error("the property \"" + std::string(key) + "\" needs a whole number", call.where);
    return negative ? -static_cast<int64_t>(*value) : static_cast<int64_t>(*value);
  };
  const auto count = TRY(whole("number", false));
  const auto constant = TRY(whole("const_value", true));
  for (const auto& [key, value] : call.list) {
    if (key != "number" && key != "const_value") return invalid(c, call, "'" + key + "' is no property of it");
  }
  if (!count) return c.syntax_error("numbers() needs \"number\" = \"..\"", call.where);
  const auto end = tree::constant(duckdb::Value::BIGINT(*count));
  auto function = duckdb::make_uniq<duckdb::TableFunctionRef>();
  function->function = tree::function("range", tree::constant(duckdb::Value::BIGINT(0)), end->Copy());
  function->alias = "numbers";
  function->column_name_alias.push_back("number");
  if (!constant) return TablePtr(std::move(function));
  // "const_value": that many rows of one value.
  auto select = duckdb::make_uniq<duckdb::SelectNode>();
  auto value = tree::constant(duckdb::Value::BIGINT(*constant));
  value->SetAlias("number");
  select->select_list.push_back(std::move(value));
  select->from_table = std::move(function);
  auto table = duckdb::make_uniq<duckdb::SubqueryRef>(as_statement(std::move(select)));
  table->alias = "numbers";
  return TablePtr(std::move(table));
}

// "type" = "mv" | "insert" of jobs() and tasks().
Parsed<TablePtr> jobs_or_tasks(ParseContext& c, const Call& call) {
  const std::string* type = call.find("type");
  if (!type) return invalid(c, call, "\"type\" is needed: \"mv\" or \"insert\"");
  const std::string kind = duckdb::StringUtil::Lower(*type);
  if (kind != "mv" && kind != "insert")
    return invalid(c, call, "\"type\" is \"mv\" or \"insert\", not '" + *type + "'");
  return server_function(kind + "_" + call.function, {}, call.function);
}

Parsed<TablePtr> of_one_database(ParseContext& c, const Call& call, std::vector<std::string_view> needed) {
  ExprList arguments;
  const std::string* catalog = call.find("catalog");
  if (catalog && !duckdb::StringUtil::CIEquals(*catalog, kInternalCatalog))
    return invalid(c, call, "the catalog '" + *catalog + "' is not there or holds no such things");
  for (std::string_view key : needed) {
    const std::string* value = call.find(key);
    if (!value || value->empty()) return invalid(c, call, "\"" + std::string(key) + "\" is needed");
    arguments.push_back(tree::text(*value));
  }
  return server_function(call.function, std::move(arguments), call.function);
}

// Separators are written as text, and the usual escapes in them.
std::string unescaped(std::string text) {
  static constexpr std::pair<const char*, const char*> kEscapes[] = {{"\\t", "\t"}, {"\\n", "\n"}, {"\\r", "\r"}};
  for (const auto& [from, to] : kEscapes) text = duckdb::StringUtil::Replace(text, from, to);
  for (size_t at = text.find("\\x"); at != std::string::npos && at + 3 < text.size(); at = text.find("\\x", at + 1)) {
    const std::string digits = text.substr(at + 2, 2);
    if (digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) continue;
    text.replace(at, 4, 1, static_cast<char>(std::stoi(digits, nullptr, 16)));
  }
  return text;
}

Parsed<kernel::FileScan::Format> file_format(ParseContext& c, const Call& call) {
  using Format = kernel::FileScan::Format;
  static constexpr std::pair<const char*, Format> kFormats[] = {
      {"csv", Format::kCsv},
      {"csv_with_names", Format::kCsvWithNames},
      {"csv_with_names_and_types", Format::kCsvWithNamesAndTypes},
      {"json", Format::kJson},
      {"parquet", Format::kParquet}};
  const std::string* written = call.find("format");
  if (!written) return invalid(c, call, "\"format\" is needed: csv, csv_with_names, json, parquet");
  for (const auto& [name, format] : kFormats) {
    if (duckdb::StringUtil::Lower(*written) == name) return format;
  }
  return c.unsupported("files of the format " + *written);
}

// A file of the server, or the body of a request: the kernel reads it.
Parsed<TablePtr> file_at(ParseContext& c, const Call& call, const std::string& path, bool of_request) {
  kernel::FileScan scan;
  scan.path = path;
  scan.of_request = of_request;
  scan.format = TRY(file_format(c, call));
  if (const std::string* separator = call.find("column_separator")) scan.column_separator = unescaped(*separator);
  if (scan.column_separator.empty() || scan.column_separator.size() > 4)
    return invalid(c, call, "\"column_separator\" has 1 to 4 bytes");
  if (const std::string* delimiter = call.find("line_delimiter"); delimiter && unescaped(*delimiter) != "\n")
    return c.unsupported("another \"line_delimiter\" than \\n in " + call.function + "()");
  if (const std::string* enclose = call.find("enclose")) scan.enclose = *enclose;
  if (const std::string* escape = call.find("escape")) scan.escape = *escape;
  if (scan.enclose.size() > 1 || scan.escape.size() > 1)
    return invalid(c, call, "\"enclose\" and \"escape\" are one character");
  if (const std::string* schema = call.find("csv_schema")) scan.schema = *schema;
  if (const std::string* lines = call.find("skip_lines")) {
    auto count = small_integer(*lines);
    if (lines->empty() || !count || *count > 1'000'000) return invalid(c, call, "\"skip_lines\" is a number of lines");
    scan.skip_lines = *count;
  }
  TablePtr table = kernel::file_scan(scan);
  table->alias = call.function;
  return table;
}

// local("file_path" = "..", "format" = "csv"): within the directories that the server allows.
Parsed<TablePtr> file_of_server(ParseContext& c, const Call& call) {
  const std::string* path = call.find(call.function == "local" ? "file_path" : "uri");
  if (!path || path->empty()) return invalid(c, call, "the path of the file is needed");
  std::string name = path->starts_with("file://") ? path->substr(7) : *path;
  if (name.find("://") != std::string::npos)
    return c.failure(sql_error(Code::kUnsupported, 1235,
                               call.function + "() reads files of this server, not " + name.substr(0, 100)));
  return file_at(c, call, name, false);
}

// s3("uri" = "s3://bucket/key", "s3.endpoint" = "..", "s3.access_key" = "..", "format" = "..")
Parsed<TablePtr> object_of_s3(ParseContext& c, const Call& call) {
  const std::string* uri = call.find("uri");
  if (!uri) uri = call.find("resource");
  auto object = kernel::s3_object(call.list, uri ? *uri : std::string());
  if (!object) return c.failure(std::move(object.error()));
  auto path = kernel::register_s3_object(std::move(*object));
  if (!path) return c.failure(path.error());
  c.depends_on_session();  // the path stands for this statement's keys
  return file_at(c, call, *path, false);
}

// http_stream(..): the body of the request that brought the statement.
Parsed<TablePtr> body_of_request(ParseContext& c, const Call& call) {
  if (c.options().http_stream_file.empty())
    return invalid(c, call, "http_stream() reads the body of PUT /api/_http_stream, whose header sql this must be");
  c.depends_on_session();
  return file_at(c, call, c.options().http_stream_file, true);
}

}  // namespace

Parsed<TablePtr> parse_table_function(ParseContext& c) {
  Call call;
  call.where = c.peek();
  call.function = duckdb::StringUtil::Lower(TRY(parse_name(c, "a table function")));
  call.list = TRY(parse_property_list(c));
  TablePtr table;
  const std::string& name = call.function;
  if (name == "numbers") {
    table = TRY(numbers(c, call));
  } else if (name == "jobs" || name == "tasks") {
    table = TRY(jobs_or_tasks(c, call));
  } else if (name == "mv_infos") {
    table = TRY(of_one_database(c, call, {"database"}));
  } else if (name == "partitions") {
    table = TRY(of_one_database(c, call, {"database", "table"}));
  } else if (name == "catalogs" || name == "frontends" || name == "backends" || name == "frontends_disks") {
    table = server_function(name, {}, name);
  } else if (name == "local" || name == "file") {
    table = TRY(file_of_server(c, call));
  } else if (name == "http_stream") {
    table = TRY(body_of_request(c, call));
  } else if (name == "s3") {
    table = TRY(object_of_s3(c, call));
  } else if (name == "hdfs") {
    return c.unsupported(
        "the table function hdfs(): this server reads objects of S3 (s3()), files of its own (local()), and what is "
        "sent to it (stream load, http_stream())");
  } else if (name == "partition_values") {
    // As in Doris, for the partitions of Hive tables; those of tables here: partitions().
    TRY(of_one_database(c, call, {"database", "table"}));
    return c.failure(sql_error(Code::kUnsupported, 1105,
                               "errCode = 2, detailMessage = Currently only support hive table's partition values meta "
                               "table"));
  } else {
    return c.failure(with_place(
        sql_error(Code::kUnsupported, 1235, "This version does not support the table function " + name + "()"),
        call.where.begin));
  }
  std::string alias = TRY(parse_alias(c));
  if (!alias.empty()) table->alias = alias;
  return table;
}

Parsed<QueryPtr> parse_function_as_query(ParseContext& c) {
  auto select = duckdb::make_uniq<duckdb::SelectNode>();
  select->select_list.push_back(duckdb::make_uniq<duckdb::StarExpression>());
  select->from_table = TRY(parse_table_function(c));
  return as_statement(std::move(select));
}

}  // namespace sluice::dialect
