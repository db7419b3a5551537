// SPDX-License-Identifier: Apache-2.0
#include "door/http/stream_load.h"

#include <gtest/gtest.h>

#include "door/http/json_request.h"

namespace sluice::door::http {
namespace {

Result<StreamLoadRequest> parse(std::initializer_list<std::pair<std::string, std::string>> headers) {
  return parse_stream_load(net::HttpHeaders(headers), "d", "t");
}

std::string error_of(std::initializer_list<std::pair<std::string, std::string>> headers) {
  auto parsed = parse(headers);
  return parsed ? "" : parsed.error().message();
}

TEST(StreamLoad, Defaults) {
  auto parsed = parse({});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->spec.table.database, "d");
  EXPECT_EQ(parsed->spec.table.name, "t");
  EXPECT_EQ(parsed->spec.csv.column_separator, "\t");
  EXPECT_EQ(parsed->spec.csv.line_delimiter, "\n");
  EXPECT_FALSE(parsed->spec.strict);
  EXPECT_EQ(parsed->spec.max_filter_ratio, 0);
  EXPECT_EQ(parsed->timeout.count(), 600);
  EXPECT_TRUE(parsed->label.empty());
}

TEST(StreamLoad, Separators) {
  EXPECT_EQ(*parse_separator("s", "\\x01"), "\x01");
  EXPECT_EQ(*parse_separator("s", "\\X0102"), "\x01\x02");
  EXPECT_EQ(*parse_separator("s", "\\t"), "\t");
  EXPECT_EQ(*parse_separator("s", "\\r\\n"), "\r\n");
  EXPECT_EQ(*parse_separator("s", "|"), "|");
  EXPECT_EQ(*parse_separator("s", "\\\\"), "\\");
  EXPECT_EQ(*parse_separator("s", "\\|"), "\\|");
  EXPECT_FALSE(parse_separator("s", "\\x1"));
  EXPECT_FALSE(parse_separator("s", "\\xzz"));
}

TEST(StreamLoad, AllOfCsv) {
  auto parsed = parse({{"Format", "csv_with_names"},
                       {"Column_Separator", ","},
                       {"line_delimiter", "\\r\\n"},
                       {"enclose", "\""},
                       {"escape", "^"},
                       {"trim_double_quotes", "TRUE"},
                       {"skip_lines", "2"},
                       {"strict_mode", "true"},
                       {"max_filter_ratio", "0.25"},
                       {"timeout", "7"},
                       {"label", "l-1"},
                       {"columns", "a, `b`, @c"},
                       {"compress_type", "gz"},
                       {"comment", "why"},
                       {"merge_type", "APPEND"}});
  ASSERT_TRUE(parsed) << parsed.error().message();
  const auto& csv = parsed->spec.csv;
  EXPECT_EQ(csv.column_separator, ",");
  EXPECT_EQ(csv.line_delimiter, "\r\n");
  EXPECT_EQ(csv.enclose, '"');
  EXPECT_EQ(csv.escape, '^');
  EXPECT_TRUE(csv.trim_double_quotes);
  EXPECT_EQ(csv.skip_lines, 3u);
  EXPECT_TRUE(parsed->spec.strict);
  EXPECT_EQ(parsed->spec.max_filter_ratio, 0.25);
  EXPECT_EQ(parsed->timeout.count(), 7);
  EXPECT_EQ(parsed->label, "l-1");
  EXPECT_EQ(parsed->compression, Compression::kGzip);
  ASSERT_EQ(parsed->spec.columns.size(), 3u);
  EXPECT_EQ(parsed->spec.columns[1].name, "b");
}

TEST(StreamLoad, Json) {
  auto parsed = parse({{"format", "json"},
                       {"strip_outer_array", "true"},
                       {"jsonpaths", "[\"$.a\", \"$.b[0]\"]"},
                       {"json_root", "$.r"},
                       {"num_as_string", "true"}});
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(parsed->spec.format, session::LoadSpec::Format::kJson);
  EXPECT_EQ(parsed->spec.json.paths, (std::vector<std::string>{"$.a", "$.b[0]"}));
  EXPECT_EQ(parsed->spec.json.root, "$.r");
  EXPECT_EQ(error_of({{"format", "json"}, {"jsonpaths", "$.a"}}),
            "header jsonpaths: must be a JSON array of strings such as [\"$.a\",\"$.b\"]");
}

TEST(StreamLoad, WrongValuesNameTheirHeader) {
  EXPECT_EQ(error_of({{"format", "xml"}}),
            "header format: 'xml' is none of csv, csv_with_names, csv_with_names_and_types, json, parquet");
  EXPECT_EQ(error_of({{"strict_mode", "maybe"}}), "header strict_mode: 'maybe' is neither true nor false");
  EXPECT_EQ(error_of({{"max_filter_ratio", "1.5"}}), "header max_filter_ratio: must be a number between 0 and 1");
  EXPECT_EQ(error_of({{"max_filter_ratio", "nan"}}), "header max_filter_ratio: must be a number between 0 and 1");
  EXPECT_EQ(error_of({{"timeout", "-1"}}), "header timeout: '-1' is not a number from 0 to 259200");
  EXPECT_EQ(error_of({{"label", "a b"}}), "header label: must have 1 to 128 letters, digits, '_', '-', '.' or ':'");
  EXPECT_EQ(error_of({{"enclose", "ab"}}), "header enclose: must be one character of one byte");
  EXPECT_EQ(error_of({{"merge_type", "UPSERT"}}), "header merge_type: must be APPEND, DELETE or MERGE");
  EXPECT_EQ(error_of({{"merge_type", "MERGE"}}),
            "header delete: names the rows to delete when merge_type is MERGE, and only then");
  EXPECT_EQ(error_of({{"format", "orc"}}), "header format: orc is not offered yet");
  EXPECT_EQ(
      error_of({{"columns", "a, b = 1; drop table t"}}).substr(0, 1),
      error_of({{"columns", "a,,"}}).empty() ? "" : error_of({{"columns", "a, b = 1; drop table t"}}).substr(0, 1));
  EXPECT_NE(error_of({{"where", "1) OR (1"}}), "");
}

TEST(StreamLoad, TransactionHeaders) {
  EXPECT_TRUE(parse({{"two_phase_commit", "true"}})->two_phase);
  EXPECT_FALSE(parse({{"two_phase_commit", "false"}})->two_phase);
  EXPECT_EQ(error_of({{"group_commit", "sync_mode"}}), "");
  EXPECT_EQ(error_of({{"group_commit", "sync_mode"}, {"label", "l"}}),
            "header group_commit: label and group_commit cannot be set at the same time");
  EXPECT_EQ(error_of({{"group_commit", "async_mode"}, {"two_phase_commit", "true"}}),
            "header group_commit: two_phase_commit and group_commit cannot be set at the same time");
}

TEST(StreamLoad, HeadersOfOtherFormatsAreNotMissedSilently) {
  EXPECT_EQ(error_of({{"jsonpaths", "[\"$.a\"]"}}), "header jsonpaths: is for format json only");
  EXPECT_EQ(error_of({{"format", "json"}, {"skip_lines", "1"}}), "header skip_lines: is for CSV only");
  EXPECT_EQ(error_of({{"format", "parquet"}, {"max_filter_ratio", "0.1"}}),
            "header max_filter_ratio: leaving out bad rows of Parquet is not offered yet");
  EXPECT_EQ(error_of({{"exec_mem_limit", "x"}}),
            "header exec_mem_limit: 'x' is not a number from 0 to 9223372036854775807");
  EXPECT_EQ(parse({{"timezone", "+08:00"}})->spec.time_zone, "+08:00");
}

TEST(StreamLoad, Answer) {
  StreamLoadAnswer answer;
  answer.label = "l";
  answer.status = "Fail";
  answer.message = "a \"quoted\"\nreason";
  answer.error_url = "http://h/x";
  answer.report.txn_id = 5;
  answer.report.total_rows = 3;
  answer.report.filtered_rows = 1;
  answer.report.bytes = 10;
  answer.report.commit = std::chrono::milliseconds(4);
  answer.total = std::chrono::milliseconds(9);
  EXPECT_EQ(stream_load_json(answer),
            "{\n    \"TxnId\": 5,\n    \"Label\": \"l\",\n    \"Comment\": \"\",\n    \"TwoPhaseCommit\": \"false\",\n "
            "   \"Status\": \"Fail\",\n"
            "    \"Message\": \"a \\\"quoted\\\"\\nreason\",\n    \"ErrorURL\": \"http://h/x\",\n    "
            "\"NumberTotalRows\": 3,\n    \"NumberLoadedRows\": 0,\n"
            "    \"NumberFilteredRows\": 1,\n    \"NumberUnselectedRows\": 0,\n    \"LoadBytes\": 10,\n    "
            "\"LoadTimeMs\": 9,\n    \"BeginTxnTimeMs\": 0,\n"
            "    \"StreamLoadPutTimeMs\": 0,\n    \"ReadDataTimeMs\": 0,\n    \"WriteDataTimeMs\": 0,\n    "
            "\"CommitAndPublishTimeMs\": 4\n}\n");
}

TEST(QueryRequest, JsonBodies) {
  auto parsed = parse_query_request(
      "{\"sql\":\"select "
      "?\",\"database\":\"d\",\"format\":\"csv\",\"timeout_ms\":50,\"params\":[1,-2,1.5,\"x\",true,null,"
      "18446744073709551615]}");
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(parsed->sql, "select ?");
  EXPECT_EQ(parsed->timeout->count(), 50);
  ASSERT_EQ(parsed->params.size(), 7u);
  EXPECT_EQ(parsed->params[1].GetValue<int64_t>(), -2);
  EXPECT_EQ(parsed->params[3].ToString(), "x");
  EXPECT_TRUE(parsed->params[5].IsNull());
  for (const char* bad : {"", "[]", "{}", "{\"sql\":1}", "{\"sql\":\"\"}", "{\"sql\":\"x\",\"sqk\":1}",
                          "{\"sql\":\"x\",\"params\":[[1]]}", "{\"sql\":\"x\",\"timeout_ms\":-1}", "{\"sql\":\"x\"",
                          "{\"sql\":\"\xFF\"}"}) {
    EXPECT_FALSE(parse_query_request(bad)) << bad;
  }
  const std::string deep = "{\"sql\":\"x\",\"params\":" + std::string(200000, '[') + std::string(200000, ']') + "}";
  EXPECT_FALSE(parse_query_request(deep));
}

}  // namespace
}  // namespace sluice::door::http
