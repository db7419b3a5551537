// SPDX-License-Identifier: Apache-2.0
#include "door/http/stream_load.h"

#include <charconv>

#include "door/http/http_error.h"
#include "door/http/json_request.h"
#include "session/load_labels.h"
#include "session/load_options.h"

namespace sluice::door::http {
namespace {

using std::string_view;

string_view trimmed(string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string lower(string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return result;
}

tl::unexpected<Error> wrong(string_view header, string_view why) {
  return fail(sql_error(Code::kInvalidArgument, 1105, "header " + std::string(header) + ": " + std::string(why)));
}

tl::unexpected<Error> not_offered(string_view header, string_view what) {
  return fail(sql_error(Code::kUnsupported, 1235,
                        "header " + std::string(header) + ": " + std::string(what) + " is not offered yet"));
}

// Typed access to one request's headers.
class Headers {
 public:
  explicit Headers(const net::HttpHeaders& headers) : headers_(headers) {}

  string_view text(string_view name) const { return trimmed(headers_.find(name).value_or(string_view())); }
  bool has(string_view name) const { return !text(name).empty(); }

  Result<bool> flag(string_view name, bool otherwise) const {
    const std::string value = lower(text(name));
    if (value.empty()) return otherwise;
    if (value == "true" || value == "1") return true;
    if (value == "false" || value == "0") return false;
    return wrong(name, "'" + value + "' is neither true nor false");
  }

  Result<uint64_t> number(string_view name, uint64_t otherwise, uint64_t max) const {
    const string_view value = text(name);
    if (value.empty()) return otherwise;
    uint64_t result = 0;
    auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), result);
    if (error != std::errc() || end != value.data() + value.size() || result > max) {
      return wrong(name, "'" + std::string(value) + "' is not a number from 0 to " + std::to_string(max));
    }
    return result;
  }

  Result<std::optional<char>> character(string_view name) const {
    std::string value = TRY(parse_separator(name, text(name)));
    if (value.empty()) return std::optional<char>();
    if (value.size() != 1) return wrong(name, "must be one character of one byte");
    return std::optional<char>(value[0]);
  }

 private:
  const net::HttpHeaders& headers_;
};

// Headers that Doris knows and whose effect would be missed silently.
Status refuse_unsupported(const Headers& headers) {
  if (TRY(headers.flag("negative", false))) return not_offered("negative", "negative load");
  const std::string merge_type = lower(headers.text("merge_type"));
  if (!merge_type.empty() && merge_type != "append" && merge_type != "delete" && merge_type != "merge")
    return wrong("merge_type", "must be APPEND, DELETE or MERGE");
  if ((merge_type == "merge") != headers.has("delete"))
    return wrong("delete", "names the rows to delete when merge_type is MERGE, and only then");
  const std::string update_mode = lower(headers.text("unique_key_update_mode"));
  if (!update_mode.empty() && update_mode != "upsert")
    return not_offered("unique_key_update_mode", "a mode other than UPSERT");
  for (string_view name : {"function_column", "sequence_col", "temporary_partitions", "hidden_columns"}) {
    if (headers.has(name)) return not_offered(name, "this option");
  }
  return {};
}

// Headers that tune how Doris works and cannot change what is loaded: only their form is checked.
Status check_tuning(const Headers& headers) {
  for (string_view name : {"load_to_single_tablet", "enable_profile", "memtable_on_sink_node", "fuzzy_parse"})
    TRY(headers.flag(name, false));
  for (string_view name : {"exec_mem_limit", "load_mem_limit", "send_batch_parallelism", "stream_per_node"})
    TRY(headers.number(name, 0, INT64_MAX));
  return {};
}

Status read_transaction(const Headers& headers, StreamLoadRequest& request) {
  request.two_phase = TRY(headers.flag("two_phase_commit", false));
  const std::string group = lower(headers.text("group_commit"));
  if (!group.empty() && group != "off_mode" && group != "sync_mode" && group != "async_mode")
    return wrong("group_commit", "must be off_mode, sync_mode or async_mode");
  // The rows are visible when the answer is sent, which is more than either mode promises.
  if (group.empty() || group == "off_mode") return {};
  if (!request.label.empty()) return wrong("group_commit", "label and group_commit cannot be set at the same time");
  if (request.two_phase)
    return wrong("group_commit", "two_phase_commit and group_commit cannot be set at the same time");
  return {};
}

Status read_format(const Headers& headers, StreamLoadRequest& request) {
  auto& spec = request.spec;
  const std::string format = lower(headers.text("format"));
  if (format.empty() || format == "csv") {
    spec.format = session::LoadSpec::Format::kCsv;
  } else if (format == "csv_with_names") {
    spec.csv.skip_lines = 1;
  } else if (format == "csv_with_names_and_types") {
    spec.csv.skip_lines = 2;
  } else if (format == "json") {
    spec.format = session::LoadSpec::Format::kJson;
  } else if (format == "parquet") {
    spec.format = session::LoadSpec::Format::kParquet;
  } else if (format == "orc" || format == "wal" || format == "arrow") {
    return not_offered("format", format);
  } else {
    return wrong("format", "'" + format + "' is none of csv, csv_with_names, csv_with_names_and_types, json, parquet");
  }
  const std::string compression = lower(headers.text("compress_type"));
  const std::string coding = lower(headers.text("content-encoding"));
  if (!compression.empty() && compression != "plain" && compression != "none") {
    request.compression = find_compression(compression);
    if (!request.compression) return not_offered("compress_type", compression);
  } else if (!coding.empty() && coding != "identity") {
    request.compression = find_compression(coding);
    if (!request.compression) return not_offered("content-encoding", coding);
  }
  return {};
}

Status read_csv(const Headers& headers, session::LoadSpec::Csv& csv) {
  if (headers.has("column_separator"))
    csv.column_separator = TRY(parse_separator("column_separator", headers.text("column_separator")));
  if (headers.has("line_delimiter"))
    csv.line_delimiter = TRY(parse_separator("line_delimiter", headers.text("line_delimiter")));
  csv.enclose = TRY(headers.character("enclose"));
  csv.escape = TRY(headers.character("escape"));
  if (csv.enclose && !csv.escape) csv.escape = '\\';
  csv.trim_double_quotes = TRY(headers.flag("trim_double_quotes", false));
  csv.keep_cr = TRY(headers.flag("keep_carriage_return", TRY(headers.flag("keep_cr", false))));
  csv.empty_as_null = TRY(headers.flag("empty_field_as_null", false));
  csv.skip_lines += TRY(headers.number("skip_lines", 0, 1ull << 40));
  return {};
}

// What would be missed without a word in another format than its own.
Status check_format_of_headers(const Headers& headers, session::LoadSpec::Format format) {
  if (format != session::LoadSpec::Format::kJson) {
    for (string_view name : {"jsonpaths", "json_root"}) {
      if (headers.has(name)) return wrong(name, "is for format json only");
    }
  }
  if (format != session::LoadSpec::Format::kCsv && TRY(headers.number("skip_lines", 0, 1ull << 40)) > 0)
    return wrong("skip_lines", "is for CSV only");
  if (format == session::LoadSpec::Format::kJson && headers.has("line_delimiter") &&
      TRY(parse_separator("line_delimiter", headers.text("line_delimiter"))) != "\n")
    return not_offered("line_delimiter", "another one than \\n between lines of JSON");
  return {};
}

Status read_json(const Headers& headers, session::LoadSpec::Json& json) {
  json.by_line = TRY(headers.flag("read_json_by_line", false));
  json.strip_outer_array = TRY(headers.flag("strip_outer_array", false));
  TRY(headers.flag("num_as_string", false));  // numbers always keep their digits
  json.root = std::string(headers.text("json_root"));
  if (headers.has("jsonpaths")) {
    auto paths = parse_string_array(headers.text("jsonpaths"));
    if (!paths || paths->empty())
      return wrong("jsonpaths", "must be a JSON array of strings such as [\"$.a\",\"$.b\"]");
    json.paths = std::move(*paths);
  }
  return {};
}

// What only tables with keys and partitions understand.
Status read_keyed_load(const Headers& headers, StreamLoadRequest& request) {
  auto& spec = request.spec;
  spec.partial_update = TRY(headers.flag("partial_columns", false));
  spec.sequence = std::string(headers.text("function_column.sequence_col"));
  const std::string merge_type = lower(headers.text("merge_type"));
  if (merge_type == "delete") spec.delete_when = session::all_rows();
  if (merge_type == "merge") spec.delete_when = TRY(session::parse_load_condition(std::string(headers.text("delete"))));
  if (request.two_phase && (spec.partial_update || spec.delete_when))
    return not_offered("two_phase_commit", "partial_columns and merge_type in two phases");
  string_view names = headers.text("partitions");
  while (!names.empty()) {
    const size_t comma = names.find(',');
    const string_view name = trimmed(names.substr(0, comma));
    if (name.empty()) return wrong("partitions", "must be names with commas between them");
    spec.partitions.emplace_back(name);
    names = comma == string_view::npos ? string_view() : names.substr(comma + 1);
  }
  return {};
}

}  // namespace

Result<std::string> parse_separator(string_view header, string_view text) {
  auto separator = session::load_separator(text);
  if (!separator) return wrong(header, separator.error().message());
  return separator;
}

Result<StreamLoadRequest> parse_stream_load(const net::HttpHeaders& fields, const std::string& database,
                                            const std::string& table) {
  const Headers headers(fields);
  StreamLoadRequest request;
  auto& spec = request.spec;
  spec.table.database = database;
  spec.table.name = table;
  request.label = std::string(headers.text("label"));
  if (!request.label.empty() && !session::LoadLabels::valid(request.label)) {
    return wrong("label", "must have 1 to 128 letters, digits, '_', '-', '.' or ':'");
  }
  request.comment = std::string(headers.text("comment").substr(0, 1024));
  TRY(refuse_unsupported(headers));
  TRY(check_tuning(headers));
  TRY(read_transaction(headers, request));
  TRY(read_format(headers, request));
  TRY(check_format_of_headers(headers, spec.format));
  if (spec.format == session::LoadSpec::Format::kCsv) TRY(read_csv(headers, spec.csv));
  if (spec.format == session::LoadSpec::Format::kJson) TRY(read_json(headers, spec.json));
  spec.strict = TRY(headers.flag("strict_mode", false));
  request.timeout = std::chrono::seconds(TRY(headers.number("timeout", 600, 259'200)));
  if (request.timeout.count() == 0) return wrong("timeout", "must be at least 1 second");
  if (const string_view ratio = headers.text("max_filter_ratio"); !ratio.empty()) {
    auto [end, error] = std::from_chars(ratio.data(), ratio.data() + ratio.size(), spec.max_filter_ratio);
    if (error != std::errc() || end != ratio.data() + ratio.size() ||
        !(spec.max_filter_ratio >= 0 && spec.max_filter_ratio <= 1)) {
      return wrong("max_filter_ratio", "must be a number between 0 and 1");
    }
    if (spec.max_filter_ratio > 0 && spec.format == session::LoadSpec::Format::kParquet)
      return not_offered("max_filter_ratio", "leaving out bad rows of Parquet");
  }
  spec.time_zone = std::string(headers.text("timezone"));
  if (headers.has("columns")) {
    auto columns = session::parse_load_columns(std::string(headers.text("columns")));
    if (!columns) return fail(columns.error());
    spec.columns = std::move(*columns);
  }
  if (headers.has("where")) spec.where = TRY(session::parse_load_condition(std::string(headers.text("where"))));
  TRY(read_keyed_load(headers, request));
  return request;
}

std::string stream_load_json(const StreamLoadAnswer& answer) {
  const auto& report = answer.report;
  std::string out = "{\n";
  auto text = [&](const char* name, string_view value) {
    out += std::string("    \"") + name + "\": ";
    append_json_string(value, out);
    out += ",\n";
  };
  auto number = [&](const char* name, int64_t value, bool last = false) {
    out += std::string("    \"") + name + "\": " + std::to_string(value) + (last ? "\n" : ",\n");
  };
  auto millis = [](std::chrono::microseconds span) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(span).count();
  };
  number("TxnId", report.txn_id == 0 ? -1 : report.txn_id);
  text("Label", answer.label);
  text("Comment", answer.comment);
  text("TwoPhaseCommit", answer.two_phase ? "true" : "false");
  text("Status", answer.status);
  if (!answer.existing_job_status.empty()) text("ExistingJobStatus", answer.existing_job_status);
  text("Message", answer.message);
  if (!answer.error_url.empty()) text("ErrorURL", answer.error_url);
  number("NumberTotalRows", static_cast<int64_t>(report.total_rows));
  number("NumberLoadedRows", static_cast<int64_t>(report.loaded_rows));
  number("NumberFilteredRows", static_cast<int64_t>(report.filtered_rows));
  number("NumberUnselectedRows", static_cast<int64_t>(report.unselected_rows));
  number("LoadBytes", static_cast<int64_t>(report.bytes));
  number("LoadTimeMs", answer.total.count());
  number("BeginTxnTimeMs", millis(report.begin));
  number("StreamLoadPutTimeMs", 0);
  number("ReadDataTimeMs", millis(report.receive));
  number("WriteDataTimeMs", millis(report.write));
  number("CommitAndPublishTimeMs", millis(report.commit), true);
  out += "}\n";
  return out;
}

}  // namespace sluice::door::http
