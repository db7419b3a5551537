// SPDX-License-Identifier: Apache-2.0
#include "session/broker_load_options.h"

#include <algorithm>
#include <charconv>
#include <functional>

#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "session/load_options.h"
#include "session/load_records.h"
#include "session/table_definition.h"

namespace sluice::session {
namespace {

using dialect::BrokerLoadStatement;
using duckdb::StringUtil;
using Part = BrokerLoadStatement::Part;

constexpr const char* kNullFolder = "__HIVE_DEFAULT_PARTITION__";
constexpr uint64_t kMostSeconds = 2'147'483'647;

tl::unexpected<Error> refused(std::string why) { return fail(ddl_error(std::move(why))); }

tl::unexpected<Error> not_offered(const std::string& what) {
  return fail(sql_error(Code::kUnsupported, 1235, "errCode = 2, detailMessage = " + what + " is not offered"));
}

// One property: its name for errors, and its value.
struct Property {
  const std::string& name;
  const std::string& value;

  Result<bool> flag() const {
    if (StringUtil::CIEquals(value, "true")) return true;
    if (StringUtil::CIEquals(value, "false")) return false;
    return refused(name + " is not a boolean");
  }
  Result<int64_t> number() const {
    int64_t result = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), result);
    if (error != std::errc() || end != value.data() + value.size()) return refused(name + " is not a number.");
    return result;
  }
  Result<uint64_t> number_from(int64_t least, uint64_t most = INT64_MAX) const {
    const int64_t result = TRY(number());
    if (result < least)
      return refused(name + " must be greater than " + (least == 0 ? "or equal to 0" : std::to_string(least - 1)));
    if (static_cast<uint64_t>(result) > most) return refused(name + " is not a number.");
    return static_cast<uint64_t>(result);
  }
  Result<char> character() const {
    const std::string text = TRY(separator());
    if (text.size() != 1) return refused(name + " must be one character of one byte");
    return text[0];
  }
  Result<std::string> separator() const {
    auto text = load_separator(value);
    if (!text) return refused(name + ": " + text.error().message());
    return text;
  }
};

template <typename Target>
struct Known {
  std::string_view name;
  std::function<Status(const Property&, Target&)> read;
};

template <typename Target, size_t kCount>
Status read_properties(const std::vector<std::pair<std::string, std::string>>& properties,
                       const Known<Target> (&known)[kCount], Target& target) {
  for (const auto& [name, value] : properties) {
    const auto found = std::ranges::find(known, std::string_view(name), &Known<Target>::name);
    if (found == std::end(known)) return refused(name + " is invalid property");
    TRY(found->read({name, value}, target));
  }
  return {};
}

template <auto kMember, typename Target>
Status set_flag(const Property& property, Target& target) {
  target.*kMember = TRY(property.flag());
  return {};
}

template <typename Target>
Status any_flag(const Property& property, Target&) {
  TRY(property.flag());
  return {};
}

// Tunes how Doris works and cannot change what is loaded: only its form is checked.
Status any_positive(const Property& property, BrokerLoadOptions&) {
  TRY(property.number_from(1));
  return {};
}

Status read_ratio(const Property& property, BrokerLoadOptions& options) {
  const std::string& text = property.value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), options.max_filter_ratio);
  if (error != std::errc() || end != text.data() + text.size()) return refused("max_filter_ratio is not a number.");
  if (!(options.max_filter_ratio >= 0 && options.max_filter_ratio <= 1))
    return refused("max_filter_ratio must between 0.0 and 1.0.");
  return {};
}

Status read_key_policy(const Property& property, BrokerLoadOptions&) {
  if (StringUtil::CIEquals(property.value, "append")) return {};
  if (StringUtil::CIEquals(property.value, "error")) return not_offered("partial_update_new_key_policy = error");
  return refused(property.name + " should be one of [append, error], but found " + property.value);
}

Status read_priority(const Property& property, BrokerLoadOptions&) {
  static constexpr std::string_view kPriorities[] = {"LOW", "NORMAL", "HIGH"};
  if (std::ranges::find(kPriorities, std::string_view(property.value)) != std::end(kPriorities)) return {};
  return refused("priority must be in [LOW/NORMAL/HIGH].");
}

const Known<BrokerLoadOptions> kOptions[] = {
    {"timeout",
     [](const Property& property, BrokerLoadOptions& options) -> Status {
       options.timeout = std::chrono::seconds(TRY(property.number_from(0, kMostSeconds)));
       return {};
     }},
    {"max_filter_ratio", read_ratio},
    {"strict_mode", set_flag<&BrokerLoadOptions::strict, BrokerLoadOptions>},
    {"partial_columns", set_flag<&BrokerLoadOptions::partial_columns, BrokerLoadOptions>},
    {"partial_update_new_key_policy", read_key_policy},
    {"timezone",
     [](const Property& property, BrokerLoadOptions& options) -> Status {
       options.time_zone = property.value;
       return {};
     }},
    {"skip_lines",
     [](const Property& property, BrokerLoadOptions& options) -> Status {
       options.skip_lines = TRY(property.number_from(0));
       return {};
     }},
    {"trim_double_quotes", set_flag<&BrokerLoadOptions::trim_double_quotes, BrokerLoadOptions>},
    {"priority", read_priority},
    {"exec_mem_limit", any_positive},
    {"load_parallelism", any_positive},
    {"send_batch_parallelism", any_positive},
    {"load_to_single_tablet", any_flag<BrokerLoadOptions>},
    {"use_new_load_scan_node", any_flag<BrokerLoadOptions>},
    {"cluster", [](const Property&, BrokerLoadOptions&) { return Status(); }},
};

const Known<LoadSpec::Csv> kCsvOptions[] = {
    {"column_separator",
     [](const Property& property, LoadSpec::Csv& csv) -> Status {
       csv.column_separator = TRY(property.separator());
       return {};
     }},
    {"line_delimiter",
     [](const Property& property, LoadSpec::Csv& csv) -> Status {
       csv.line_delimiter = TRY(property.separator());
       return {};
     }},
    {"enclose",
     [](const Property& property, LoadSpec::Csv& csv) -> Status {
       csv.enclose = TRY(property.character());
       return {};
     }},
    {"escape",
     [](const Property& property, LoadSpec::Csv& csv) -> Status {
       csv.escape = TRY(property.character());
       return {};
     }},
    {"skip_lines",
     [](const Property& property, LoadSpec::Csv& csv) -> Status {
       csv.skip_lines = TRY(property.number_from(0));
       return {};
     }},
    {"trim_double_quotes", set_flag<&LoadSpec::Csv::trim_double_quotes, LoadSpec::Csv>},
    {"empty_field_as_null", set_flag<&LoadSpec::Csv::empty_as_null, LoadSpec::Csv>},
};

const Known<LoadSpec::Json> kJsonOptions[] = {
    {"jsonpaths",
     [](const Property& property, LoadSpec::Json& json) -> Status {
       auto paths = parse_json_paths(property.value);
       if (!paths) return refused("jsonpaths must be a JSON array of strings such as [\"$.a\",\"$.b\"]");
       json.paths = std::move(*paths);
       return {};
     }},
    {"json_root",
     [](const Property& property, LoadSpec::Json& json) -> Status {
       json.root = property.value;
       return {};
     }},
    {"strip_outer_array", set_flag<&LoadSpec::Json::strip_outer_array, LoadSpec::Json>},
    {"read_json_by_line", set_flag<&LoadSpec::Json::by_line, LoadSpec::Json>},
    {"num_as_string", any_flag<LoadSpec::Json>},  // numbers always keep their digits
    {"fuzzy_parse", any_flag<LoadSpec::Json>},
};

const Known<LoadSpec> kNoOptions[] = {{"", [](const Property&, LoadSpec&) { return Status(); }}};

// What gzip and its kin put behind a name.
std::string_view compression_suffix(std::string_view name) {
  const size_t dot = name.rfind('.');
  const std::string_view suffix = dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
  return find_compression(suffix) ? suffix : std::string_view();
}

std::string format_of(const Part& part, const std::string& url) {
  if (!part.format.empty()) return StringUtil::Lower(part.format);
  std::string name = StringUtil::Lower(url);
  if (const auto suffix = compression_suffix(name); !suffix.empty()) name.resize(name.size() - suffix.size() - 1);
  return name.ends_with(".parquet") || name.ends_with(".parq") ? "parquet"
         : name.ends_with(".orc")                              ? "orc"
         : name.ends_with(".json")                             ? "json"
                                                               : "csv";
}

bool has_subquery(const duckdb::ParsedExpression& expression) {
  bool found = expression.GetExpressionClass() == duckdb::ExpressionClass::SUBQUERY;
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      expression, [&](const duckdb::ParsedExpression& child) { found = found || has_subquery(child); });
  return found;
}

Result<std::unique_ptr<duckdb::ParsedExpression>> copied(const BrokerLoadStatement::Expression& expression,
                                                         const char* clause) {
  if (!expression) return std::unique_ptr<duckdb::ParsedExpression>();
  if (has_subquery(*expression)) return refused(std::string("subqueries are not allowed in ") + clause);
  return std::unique_ptr<duckdb::ParsedExpression>(expression->Copy().release());
}

Status read_format(const Part& part, const BrokerLoadOptions& options, const std::string& url, LoadSpec& spec) {
  const std::string format = format_of(part, url);
  if (format == "json") {
    spec.format = LoadSpec::Format::kJson;
    return read_properties(part.properties, kJsonOptions, spec.json);
  }
  if (format == "parquet") {
    spec.format = LoadSpec::Format::kParquet;
    if (!part.compression.empty() && find_compression(part.compression))
      return refused("COMPRESS_TYPE is for CSV and JSON; Parquet tells its own");
    if (options.max_filter_ratio > 0) return not_offered("max_filter_ratio: leaving out bad rows of Parquet");
    return read_properties(part.properties, kNoOptions, spec);
  }
  if (format == "orc") return not_offered("FORMAT AS orc");
  const uint64_t heading = format == "csv_with_names" ? 1 : format == "csv_with_names_and_types" ? 2 : 0;
  if (heading == 0 && format != "csv") return refused("File Format Type " + format + " is invalid.");
  spec.csv.skip_lines = options.skip_lines;
  spec.csv.trim_double_quotes = options.trim_double_quotes;
  TRY(read_properties(part.properties, kCsvOptions, spec.csv));
  const std::string name = "COLUMNS TERMINATED BY", lines = "LINES TERMINATED BY";
  if (!part.column_separator.empty())
    spec.csv.column_separator = TRY((Property{name, part.column_separator}.separator()));
  if (!part.line_delimiter.empty()) spec.csv.line_delimiter = TRY((Property{lines, part.line_delimiter}.separator()));
  if (spec.csv.enclose && !spec.csv.escape) spec.csv.escape = '\\';
  spec.csv.skip_lines += heading;
  return {};
}

std::string decoded(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    const char* const digits = text.data() + i + 1;
    const bool escape = text[i] == '%' && text.size() - i > 2;
    if (escape && std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      result += static_cast<char>(byte);
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

}  // namespace

Result<BrokerLoadOptions> read_broker_load_options(const BrokerLoadStatement& statement) {
  BrokerLoadOptions options;
  TRY(read_properties(statement.properties, kOptions, options));
  return options;
}

Result<LoadSpec> broker_load_spec(const Part& part, const BrokerLoadOptions& options, const std::string& database,
                                  const std::string& url) {
  LoadSpec spec;
  spec.table = part.table;
  if (spec.table.database.empty()) spec.table.database = database;
  TRY(read_format(part, options, url, spec));
  for (const auto& name : part.columns) spec.columns.push_back({name, nullptr});
  spec.path_columns = part.path_columns;
  for (const auto& [column, value] : part.mappings) spec.columns.push_back({column, TRY(copied(value, "SET"))});
  spec.preceding = TRY(copied(part.preceding, "PRECEDING FILTER"));
  spec.where = TRY(copied(part.where, "WHERE"));
  spec.delete_when = TRY(copied(part.delete_on, "DELETE ON"));
  if (part.merge == BrokerLoadStatement::Merge::kDelete) spec.delete_when = all_rows();
  spec.sequence = part.sequence;
  spec.partitions = part.partitions;
  spec.partial_update = options.partial_columns;
  spec.strict = options.strict;
  spec.max_filter_ratio = 1;
  return spec;
}

std::optional<Compression> broker_load_compression(const Part& part, const std::string& key) {
  if (!part.compression.empty()) return find_compression(part.compression);
  return find_compression(compression_suffix(StringUtil::Lower(key)));
}

Result<std::vector<std::optional<std::string>>> path_values(const std::string& key,
                                                            const std::vector<std::string>& names) {
  std::vector<std::optional<std::string>> values(names.size());
  if (names.empty()) return values;
  std::vector<bool> found(names.size(), false);
  const auto folders = StringUtil::Split(key, "/");
  for (size_t i = folders.size() - 1; i-- > 0;) {
    const size_t equals = folders[i].find('=');
    if (folders[i].empty()) continue;
    if (equals == std::string::npos) break;
    const std::string name = decoded(std::string_view(folders[i]).substr(0, equals));
    const auto place = std::ranges::find_if(names, [&](const auto& each) { return StringUtil::CIEquals(each, name); });
    const auto index = static_cast<size_t>(place - names.begin());
    if (place == names.end() || found[index]) continue;
    found[index] = true;
    std::string value = decoded(std::string_view(folders[i]).substr(equals + 1));
    if (value != kNullFolder) values[index] = std::move(value);
  }
  if (std::ranges::find(found, false) == found.end()) return values;
  std::string expected;
  for (const auto& name : names) expected += (expected.empty() ? "" : ", ") + name;
  return refused("Fail to parse columnsFromPath, expected: [" + expected + "], filePath: " + key);
}

}  // namespace sluice::session
