// SPDX-License-Identifier: Apache-2.0
#include "door/http/result_writer.h"

#include <gtest/gtest.h>

namespace sluice::door::http {
namespace {

// Runs SQL in a kernel of its own and writes the result.
std::string written(ResultFormat format, const std::string& sql, bool with_error = false) {
  duckdb::DuckDB database(nullptr);
  duckdb::Connection connection(database);
  auto result = connection.Query(sql);
  EXPECT_FALSE(result->HasError()) << result->GetError();
  std::vector<session::Column> columns(result->names.size());
  for (size_t c = 0; c < columns.size(); ++c) {
    columns[c].name = result->names[c];
    columns[c].type = result->types[c];
  }
  std::string out;
  auto writer = make_result_writer(format);
  EXPECT_TRUE(writer->begin(columns, out));
  while (auto chunk = result->Fetch()) {
    if (chunk->size() == 0) break;
    EXPECT_TRUE(writer->rows(*chunk, out));
  }
  if (with_error) {
    writer->fail(sql_error(Code::kCancelled, 1317, "stopped"), out);
  } else {
    writer->end(std::chrono::microseconds(1500), out);
  }
  return out;
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (unsigned char c : bytes) {
    out += "0123456789abcdef"[c >> 4];
    out += "0123456789abcdef"[c & 15];
  }
  return out;
}

TEST(JsonWriter, TypesAndEscapes) {
  EXPECT_EQ(written(ResultFormat::kJson, "SELECT 1 AS a, 'x\"y' AS \"q\"\"\" UNION ALL SELECT NULL, '' ORDER BY a"),
            "{\"columns\":[{\"name\":\"a\",\"type\":\"INTEGER\"},{\"name\":\"q\\\"\",\"type\":\"VARCHAR\"}],\"rows\":[["
            "1,\"x\\\"y\"],\n[null,\"\"]],"
            "\"row_count\":2,\"elapsed_ms\":1.5}\n");
  EXPECT_EQ(written(ResultFormat::kNdjson,
                    "SELECT true b, 9223372036854775807 i, 170141183460469231731687303715884105727::HUGEINT h, "
                    "-1.50::DECIMAL(9,2) d, 1e300::DOUBLE f, "
                    "'nan'::FLOAT n, '-inf'::DOUBLE m, '\\x00\\xFF'::BLOB bl, DATE '2024-02-29' dt, TIMESTAMP "
                    "'2024-01-01 00:00:01.5' ts, TIME '01:02:03' tm, "
                    "[1, NULL] l, {'x': 'y', 'z': [1.5]} s, MAP {2: 'two'} mp, INTERVAL 3 DAY iv"),
            "{\"b\":true,\"i\":9223372036854775807,\"h\":\"170141183460469231731687303715884105727\",\"d\":\"-1.50\","
            "\"f\":1e+300,\"n\":\"NaN\",\"m\":\"-Infinity\","
            "\"bl\":\"AP8=\",\"dt\":\"2024-02-29\",\"ts\":\"2024-01-01 "
            "00:00:01.5\",\"tm\":\"01:02:03\",\"l\":[1,null],\"s\":{\"x\":\"y\",\"z\":[\"1.5\"]},"
            "\"mp\":{\"2\":\"two\"},\"iv\":\"3 days\"}\n");
}

TEST(JsonWriter, ErrorsAfterTheFirstByteAreSeen) {
  EXPECT_EQ(written(ResultFormat::kJson, "SELECT 1 AS a", true),
            "{\"columns\":[{\"name\":\"a\",\"type\":\"INTEGER\"}],\"rows\":[[1]],\"error\":{\"code\":1317,\"sqlstate\":"
            "\"70100\",\"message\":\"stopped\"}}\n");
  EXPECT_EQ(written(ResultFormat::kNdjson, "SELECT 1 AS a", true),
            "{\"a\":1}\n{\"error\":{\"code\":1317,\"sqlstate\":\"70100\",\"message\":\"stopped\"}}\n");
}

TEST(CsvWriter, QuotesWhatNeedsIt) {
  EXPECT_EQ(written(ResultFormat::kCsv,
                    "SELECT 'a,b' AS \"x,y\", 'say \"hi\"' AS q, 'l1\nl2' AS l, '' AS e, NULL AS n, 1.50 AS d, [1,2] "
                    "AS li, 'q'::ENUM('q') AS en"),
            "\"x,y\",q,l,e,n,d,li,en\r\n\"a,b\",\"say \"\"hi\"\"\",\"l1\nl2\",\"\",,1.50,\"[1,2]\",q\r\n");
}

// The bytes were checked by reading them with pyarrow.
TEST(ArrowWriter, KnownBytes) {
  EXPECT_EQ(hex(written(ResultFormat::kArrow, "SELECT 7::INTEGER AS a, 'hello' AS b FROM range(2)")),
            "ffffffffc800000014000000000000000c0018000600050008000c000c0000000001040018000000000000000000000000000000"
            "08000c00060008000800000000000000040000000200000050000000140000001000140010000f000e0008000000040010000000"
            "2000000010000000000005010c00000004000400040000000100000062000000000000001000140010000f000e00080000000400"
            "100000002c00000014000000000002011800000008000c0008000700080000000000000120000000010000006100000000000000"
            "ffffffffc800000014000000000000000c0016000600050008000c000c0000000003040018000000280000000000000000000a00"
            "18000c00080004000a00000014000000680000000200000000000000000000000500000000000000000000000000000000000000"
            "000000000000000008000000000000000800000000000000000000000000000008000000000000000c0000000000000018000000"
            "000000000a0000000000000000000000020000000200000000000000000000000000000002000000000000000000000000000000"
            "070000000700000000000000050000000a0000000000000068656c6c6f68656c6c6f000000000000ffffffff00000000");
}

TEST(ArrowWriter, AnErrorLeavesTheStreamOpen) {
  const std::string whole = written(ResultFormat::kArrow, "SELECT 1 AS a");
  const std::string cut = written(ResultFormat::kArrow, "SELECT 1 AS a", true);
  EXPECT_TRUE(whole.ends_with(std::string_view("\xFF\xFF\xFF\xFF\0\0\0\0", 8)));
  EXPECT_FALSE(cut.ends_with(std::string_view("\xFF\xFF\xFF\xFF\0\0\0\0", 8)));
}

TEST(ResultFormat, Negotiation) {
  EXPECT_EQ(negotiate_result_format(""), ResultFormat::kJson);
  EXPECT_EQ(negotiate_result_format("*/*"), ResultFormat::kJson);
  EXPECT_EQ(negotiate_result_format("text/csv"), ResultFormat::kCsv);
  EXPECT_EQ(negotiate_result_format("application/json;q=0.5, application/vnd.apache.arrow.stream"),
            ResultFormat::kArrow);
  EXPECT_EQ(negotiate_result_format("image/png, text/csv;q=0"), std::nullopt);
  EXPECT_EQ(parse_result_format("NDJSON"), ResultFormat::kNdjson);
  EXPECT_EQ(parse_result_format("xml"), std::nullopt);
}

}  // namespace
}  // namespace sluice::door::http
