// SPDX-License-Identifier: Apache-2.0
// Loads of several files: what their paths say, which rows precede, what LOAD LABEL makes of its clauses.
#include <gtest/gtest.h>

#include "dialect/parser.h"
#include "session/broker_load_options.h"
#include "session/load_for_tests.h"
#include "session/load_options.h"
#include "session/load_records.h"

namespace sluice::session {
namespace {

using Values = std::vector<std::optional<std::string>>;

class LoadFiles : public LoadTest {
 protected:
  struct File {
    Values path;
    std::string text;
  };
  std::string load_files(LoadSpec the_spec, const std::vector<File>& files, size_t piece = 3) {
    auto opened = Load::open(*connection_, std::move(the_spec));
    if (!opened) return "error: " + opened.error().message();
    for (const auto& [path, text] : files) {
      if (!(*opened)->next_file(path)) break;
      for (size_t at = 0; at < text.size(); at += piece) {
        if (!(*opened)->write(std::string_view(text).substr(at, piece))) break;
      }
    }
    auto done = (*opened)->finish();
    report_ = (*opened)->report();
    return done ? "ok " + std::to_string(done->affected_rows) : "error: " + done.error().message();
  }

  static std::unique_ptr<duckdb::ParsedExpression> condition(const std::string& text) {
    auto parsed = parse_load_condition(text);
    EXPECT_TRUE(parsed) << parsed.error().message();
    return std::move(*parsed);
  }
};

TEST_F(LoadFiles, EachFileHasItsHeadingAndItsPath) {
  run("CREATE TABLE internal.d.t(k INTEGER, day DATE, zone VARCHAR, n INTEGER)");
  for (const size_t piece : {1ul, 5ul, 1000ul}) {
    run("DELETE FROM internal.d.t");
    LoadSpec s = spec("t");
    s.csv.column_separator = ",";
    s.csv.skip_lines = 1;
    s.columns = *parse_load_columns("k, x, n = x + 1");
    s.path_columns = {"day", "zone"};
    EXPECT_EQ(load_files(std::move(s),
                         {{{"2026-01-01", "a b"}, "\xEF\xBB\xBFk,x\n1,10\n2,20"},
                          {{"2026-01-02", std::nullopt}, "k,x\n"},
                          {{"2026-01-03", std::nullopt}, "k,x\r\n3,30\r\n"}},
                         piece),
              "ok 3");
    EXPECT_EQ(run("SELECT * FROM internal.d.t ORDER BY k"),
              "1|2026-01-01|a b|11\n2|2026-01-01|a b|21\n3|2026-01-03|NULL|31\n");
  }
}

TEST_F(LoadFiles, ArraysOfJson) {
  run("CREATE TABLE internal.d.t(k INTEGER, s VARCHAR, p BIGINT)");
  LoadSpec s = spec("t");
  s.format = LoadSpec::Format::kJson;
  s.json.strip_outer_array = true;
  s.columns = *parse_load_columns("k, s");
  s.path_columns = {"p"};
  EXPECT_EQ(load_files(std::move(s), {{{"7"}, "[{\"k\": 1, \"s\": \"a\", \"p\": 99}, {\"k\": 2}]"},
                                      {{"8"}, "[]"},
                                      {{"9"}, " [{\"k\": 3, \"s\": \"c\"}]\n"}}),
            "ok 3");
  EXPECT_EQ(run("SELECT * FROM internal.d.t ORDER BY k"), "1|a|7\n2|NULL|7\n3|c|9\n");
}

TEST_F(LoadFiles, AnIncompleteFileFailsTheLoad) {
  run("CREATE TABLE internal.d.t(k INTEGER)");
  LoadSpec s = spec("t");
  s.format = LoadSpec::Format::kJson;
  s.columns = *parse_load_columns("k");
  EXPECT_EQ(load_files(std::move(s), {{{}, "{\"k\": 1"}, {{}, "}"}}),
            "error: the JSON ends in the middle of a value: the data is incomplete");
  EXPECT_EQ(run("SELECT count(*) FROM internal.d.t"), "0\n");
}

TEST_F(LoadFiles, BadValuesOfPathsAreBadRows) {
  run("CREATE TABLE internal.d.t(k INTEGER, p INTEGER NOT NULL)");
  LoadSpec s = spec("t");
  s.columns = *parse_load_columns("k");
  s.path_columns = {"p"};
  s.max_filter_ratio = 0.7;
  EXPECT_EQ(load_files(std::move(s), {{{"x"}, "1\n"}, {{std::nullopt}, "2\n"}, {{"3"}, "3\n"}}), "ok 1");
  ASSERT_EQ(report_.complaints.size(), 2u);
  EXPECT_TRUE(std::ranges::any_of(report_.complaints, [](const LoadComplaint& complaint) {
    return complaint.reason == "column 'p': 'x' is not a INT";
  }));
  EXPECT_EQ(run("SELECT * FROM internal.d.t"), "3|3\n");
}

TEST_F(LoadFiles, PrecedingFilterSeesFieldsAsText) {
  run("CREATE TABLE internal.d.t(k INTEGER, v INTEGER, day VARCHAR)");
  LoadSpec s = spec("t");
  s.csv.column_separator = ",";
  s.columns = *parse_load_columns("k, kind, v = k * 2");
  s.path_columns = {"day"};
  s.preceding = condition("kind = 'a' AND day <> 'd2'");
  s.where = condition("v < 100");
  // What the filter leaves out is not bad, whatever it holds; what cannot be read is.
  s.max_filter_ratio = 0.25;
  EXPECT_EQ(load_files(std::move(s), {{{"d1"}, "1,a\nx,b\n2,a\n50,a\n,\xFF\n3,a,more\n4,a\n"}, {{"d2"}, "5,a\n"}}),
            "ok 3");
  EXPECT_EQ(run("SELECT * FROM internal.d.t ORDER BY k"), "1|2|d1\n2|4|d1\n4|8|d1\n");
  EXPECT_EQ(report_.total_rows, 8u);
  EXPECT_EQ(report_.filtered_rows, 1u);
  EXPECT_EQ(report_.unselected_rows, 4u);
}

TEST_F(LoadFiles, PrecedingFilterThatCannotBe) {
  run("CREATE TABLE internal.d.t(k INTEGER)");
  LoadSpec s = spec("t");
  s.columns = *parse_load_columns("k");
  s.preceding = condition("nothing = 1");
  EXPECT_NE(load_files(std::move(s), {{{}, "1\n"}}).find("nothing"), std::string::npos);
}

TEST(PathValues, Forms) {
  EXPECT_EQ(*path_values("s3://b/x/a=1/b=x/f.csv", {"b", "a"}), (Values{"x", "1"}));
  EXPECT_EQ(*path_values("s3://b/a=0/a=1/other=3//f", {"A"}), (Values{"1"}));
  EXPECT_EQ(*path_values("k/day=2026-01-01 10%3A00/z=__HIVE_DEFAULT_PARTITION__/f", {"day", "z"}),
            (Values{"2026-01-01 10:00", std::nullopt}));
  EXPECT_EQ(*path_values("k/a=x=y%2/b=%zz%/f", {"a", "b"}), (Values{"x=y%2", "%zz%"}));
  EXPECT_EQ(*path_values("k/a=/f", {"a"}), (Values{""}));
  EXPECT_TRUE(path_values("f", {})->empty());
  for (const char* key : {"s3://b/a=1/plain/f", "s3://b/c=1/f", "a=1", "s3://b/a/f"}) {
    const auto refused = path_values(key, {"a", "b"});
    ASSERT_FALSE(refused) << key;
    EXPECT_EQ(
        refused.error().message(),
        std::string("errCode = 2, detailMessage = Fail to parse columnsFromPath, expected: [a, b], filePath: ") + key);
  }
}

dialect::BrokerLoadStatement statement_of(const std::string& part, const std::string& properties) {
  auto parsed =
      dialect::parse("LOAD LABEL l (" + part + ") WITH S3 () PROPERTIES (" + properties + ")", dialect::ParseOptions());
  EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().message());
  return std::get<dialect::BrokerLoadStatement>(std::move(parsed->body));
}

Result<LoadSpec> spec_of(const std::string& clauses, const std::string& properties, const std::string& url) {
  const auto statement = statement_of("DATA INFILE('" + url + "') INTO TABLE t " + clauses, properties);
  const BrokerLoadOptions options = TRY(read_broker_load_options(statement));
  return broker_load_spec(statement.parts[0], options, "d", url);
}

std::string refusal(const std::string& clauses, const std::string& properties, const std::string& url = "s3://b/f") {
  const auto spec = spec_of(clauses, properties, url);
  if (spec) return "";
  const std::string text = spec.error().message();
  const std::string frame = "errCode = 2, detailMessage = ";
  return text.starts_with(frame) ? text.substr(frame.size()) : text;
}

TEST(BrokerLoadOptions, Properties) {
  const auto options = read_broker_load_options(statement_of(
      "DATA INFILE('a') INTO TABLE t",
      "'timeout' = '7', 'max_filter_ratio' = '0.5', 'strict_mode' = 'TRUE', 'partial_columns' = 'true', 'timezone' = "
      "'+08:00', 'skip_lines' = '2', 'trim_double_quotes' = 'true', 'priority' = 'HIGH', 'exec_mem_limit' = '1', "
      "'load_parallelism' = '2', 'send_batch_parallelism' = '1', 'load_to_single_tablet' = 'false'"));
  ASSERT_TRUE(options) << options.error().message();
  EXPECT_EQ(options->timeout.count(), 7);
  EXPECT_EQ(options->max_filter_ratio, 0.5);
  EXPECT_TRUE(options->strict && options->partial_columns && options->trim_double_quotes);
  EXPECT_EQ(options->time_zone, "+08:00");
  EXPECT_EQ(options->skip_lines, 2u);
}

TEST(BrokerLoadOptions, RefusedInDorisWords) {
  EXPECT_EQ(refusal("", "'nothing' = '1'"), "nothing is invalid property");
  EXPECT_EQ(refusal("", "'timeout' = 'x'"), "timeout is not a number.");
  EXPECT_EQ(refusal("", "'max_filter_ratio' = '1.5'"), "max_filter_ratio must between 0.0 and 1.0.");
  EXPECT_EQ(refusal("", "'max_filter_ratio' = 'nan'"), "max_filter_ratio must between 0.0 and 1.0.");
  EXPECT_EQ(refusal("", "'max_filter_ratio' = 'x'"), "max_filter_ratio is not a number.");
  EXPECT_EQ(refusal("", "'strict_mode' = '1'"), "strict_mode is not a boolean");
  EXPECT_EQ(refusal("", "'partial_columns' = 'x'"), "partial_columns is not a boolean");
  EXPECT_EQ(refusal("", "'priority' = 'URGENT'"), "priority must be in [LOW/NORMAL/HIGH].");
  EXPECT_EQ(refusal("", "'exec_mem_limit' = '0'"), "exec_mem_limit must be greater than 0");
  EXPECT_EQ(refusal("", "'send_batch_parallelism' = '0'"), "send_batch_parallelism must be greater than 0");
  EXPECT_EQ(refusal("", "'partial_update_new_key_policy' = 'x'"),
            "partial_update_new_key_policy should be one of [append, error], but found x");
  EXPECT_EQ(refusal("PROPERTIES('jsonpaths' = '[]')", "'timeout' = '1'"), "jsonpaths is invalid property");
  EXPECT_EQ(refusal("FORMAT AS json PROPERTIES('jsonpaths' = '[1]')", "'timeout' = '1'"),
            "jsonpaths must be a JSON array of strings such as [\"$.a\",\"$.b\"]");
  EXPECT_EQ(refusal("FORMAT AS orc", "'timeout' = '1'"), "FORMAT AS orc is not offered");
  EXPECT_EQ(refusal("FORMAT AS xml", "'timeout' = '1'"), "File Format Type xml is invalid.");
  EXPECT_EQ(refusal("", "'max_filter_ratio' = '0.1'", "s3://b/f.parquet"),
            "max_filter_ratio: leaving out bad rows of Parquet is not offered");
  EXPECT_EQ(refusal("COLUMNS TERMINATED BY '\\\\x0'", "'timeout' = '1'"),
            "COLUMNS TERMINATED BY: an even number of hexadecimal digits must follow \\x");
  EXPECT_EQ(refusal("(a) PRECEDING FILTER a IN (SELECT 1)", "'timeout' = '1'"),
            "subqueries are not allowed in PRECEDING FILTER");
}

TEST(BrokerLoadOptions, Specs) {
  auto spec = spec_of(
      "COLUMNS TERMINATED BY '\\\\x01' FORMAT AS csv_with_names (a, b) COLUMNS FROM PATH AS (p) SET (c = a "
      "+ 1) WHERE c > 1 ORDER BY b PROPERTIES('skip_lines' = '3', 'enclose' = '\"')",
      "'skip_lines' = '1', 'strict_mode' = 'true'", "s3://b/f.csv.gz");
  ASSERT_TRUE(spec) << spec.error().message();
  EXPECT_EQ(spec->table.database, "d");
  EXPECT_EQ(spec->csv.column_separator, "\x01");
  EXPECT_EQ(spec->csv.skip_lines, 4u);
  EXPECT_EQ(spec->csv.escape, '\\');
  ASSERT_EQ(spec->columns.size(), 3u);
  EXPECT_TRUE(spec->columns[2].value);
  EXPECT_EQ(spec->path_columns, (std::vector<std::string>{"p"}));
  EXPECT_TRUE(spec->where && spec->strict && !spec->delete_when && !spec->preceding);
  EXPECT_EQ(spec->sequence, "b");
  EXPECT_EQ(spec_of("", "'timeout' = '1'", "s3://b/f.json.bz2")->format, LoadSpec::Format::kJson);
  EXPECT_EQ(spec_of("", "'timeout' = '1'", "s3://b/f.PARQUET")->format, LoadSpec::Format::kParquet);
}

TEST(BrokerLoadOptions, Compressions) {
  dialect::BrokerLoadStatement::Part part;
  EXPECT_EQ(broker_load_compression(part, "a/b.csv.GZ"), Compression::kGzip);
  EXPECT_EQ(broker_load_compression(part, "a.gz/b"), std::nullopt);
  EXPECT_EQ(broker_load_compression(part, "b.lz4"), Compression::kLz4);
  part.compression = "plain";
  EXPECT_EQ(broker_load_compression(part, "b.gz"), std::nullopt);
  part.compression = "bz2";
  EXPECT_EQ(broker_load_compression(part, "b.gz"), Compression::kBzip2);
}

}  // namespace
}  // namespace sluice::session
