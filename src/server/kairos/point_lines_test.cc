// SPDX-License-Identifier: Apache-2.0
// Export and import between stores in memory, and comparing answers.
#include "server/kairos/point_lines.h"

#include <gtest/gtest.h>

#include <sstream>

#include "server/kairos/verify.h"
#include "timeseries/memory_store.h"

namespace sluice::server {
namespace {

using timeseries::MemoryStore;
using timeseries::PointType;
using timeseries::Tags;
using timeseries::WriteBatch;

std::string exported(timeseries::Store& store, ExportFigures* figures = nullptr) {
  std::string text;
  ExportFigures own;
  const auto source = lines_of_store(store);
  const auto metrics = *source->metrics();
  for (const auto& metric : metrics) {
    const auto status = source->export_metric(
        metric,
        [&](std::string_view line) -> Status {
          text += line;
          return {};
        },
        own);
    EXPECT_TRUE(status.has_value());
  }
  if (figures) *figures = own;
  return text;
}

TEST(PointLinesTest, LinesAreKairosDbs) {
  MemoryStore store;
  WriteBatch batch;
  batch.add_long(*store.series("m \"x\"", PointType::kLong, Tags({{"host", "a"}, {"dc", "x/y"}})), 5, -7);
  const auto doubles = *store.series("n", PointType::kDouble, Tags({{"a", "b"}}));
  batch.add_double(doubles, 1'600'000'000'000, 1.0);
  batch.add_double(doubles, 1'600'000'000'001, 2.5);
  batch.add_double(doubles, 1'600'000'000'002, 0.0 / 0.0);
  batch.add_double(doubles, 1'610'000'000'000, 1e-5);
  batch.add_text(*store.series("n", PointType::kString, Tags({{"a", "b"}})), 7, "t]\xC3\xA9\"");
  ASSERT_TRUE(store.write(batch).has_value());
  ExportFigures figures;
  const std::string text = exported(store, &figures);
  EXPECT_NE(text.find(R"({"name":"m \"x\"","tags":{"host":"a","dc":"x/y"},"datapoints":[[5,-7,"long"]]})"
                      "\n"),
            std::string::npos)
      << text;
  EXPECT_NE(
      text.find(
          R"({"name":"n","tags":{"a":"b"},"datapoints":[[1600000000000,1,"double"],[1600000000001,2.5,"double"]]})"
          "\n"),
      std::string::npos)
      << text;
  EXPECT_NE(text.find("[[1610000000000,1.0E-5,\"double\"]]}\n"), std::string::npos) << text;
  EXPECT_NE(text.find("[[7,\"t]\xC3\xA9\\\"\",\"string\"]]}\n"), std::string::npos) << text;
  EXPECT_EQ(figures.lines, 4u);
  EXPECT_EQ(figures.points, 5u);
  EXPECT_EQ(figures.skipped, 1u);

  // Back into another store, and out again.
  MemoryStore second;
  std::istringstream in(text);
  const auto target = lines_into_store(second);
  const auto imported = import_lines(in, *target, [](uint64_t, const std::string& error) { ADD_FAILURE() << error; });
  ASSERT_TRUE(imported.has_value());
  EXPECT_EQ(imported->points, 5u);
  EXPECT_EQ(exported(second), text);
}

TEST(PointLinesTest, ErrorsNameTheirLinesAndGoodLinesAreStored) {
  MemoryStore store;
  std::istringstream in(
      "{\"name\":\"a\",\"tags\":{\"t\":\"v\"},\"datapoints\":[[1,1,\"long\"]]}\n"
      "\n"
      "{\"name\":\"\",\"tags\":{\"t\":\"v\"},\"datapoints\":[[1,1,\"long\"]]}\n"
      "{\"name\":\"b\",\"tags\":{\"t\":\"v\"},\"datapoints\":[[1,\n"
      "{\"name\":\"d\",\"tags\":{\"t\":\"]}\\\"\"},\"datapoints\":[[1,1]]}] more\n"
      "{\"name\":\"c\",\"tags\":{\"t\":\"v\"},\"datapoints\":[[1,1,\"long\"]]}");
  std::vector<uint64_t> lines;
  const auto target = lines_into_store(store);
  const auto figures = import_lines(in, *target, [&](uint64_t line, const std::string&) { lines.push_back(line); });
  ASSERT_TRUE(figures.has_value());
  EXPECT_EQ(lines, (std::vector<uint64_t>{3, 4}));
  EXPECT_EQ(figures->failed, 2u);
  EXPECT_EQ(figures->lines, 6u);
  EXPECT_EQ(*store.metric_names(""), (std::vector<std::string>{"a", "c", "d"}));
}

std::string difference(std::string_view left, std::string_view right) {
  const auto parse = [](std::string_view text) { return *timeseries::parse_document(text, timeseries::Compat::kV14); };
  return first_difference(parse(left), parse(right)).value_or("equal");
}

TEST(VerifyTest, TheFirstDifferenceIsNamed) {
  EXPECT_EQ(difference(R"({"a":1,"b":[1,2.50]})", R"({"b":[1.0,2.5],"a":1})"), "equal");
  EXPECT_EQ(difference(R"({"a":[[1,2],[3,4]]})", R"({"a":[[1,2],[3,5]]})"), "$.a[1][1]: 4 against 5");
  EXPECT_EQ(difference(R"({"a":[1]})", R"({"a":[1,2]})"), "$.a: 1 elements against 2");
  EXPECT_EQ(difference(R"({"a":1})", "{}"), "$.a: 1 against nothing");
  EXPECT_EQ(difference("{}", R"({"a":"x"})"), "$.a: nothing against \"x\"");
  EXPECT_EQ(difference(R"({"a":"1"})", R"({"a":1})"), "$.a: \"1\" against 1");
  // Beyond what doubles hold.
  EXPECT_EQ(difference("[9007199254740993]", "[9007199254740992]"), "$[0]: 9007199254740993 against 9007199254740992");
}

TEST(VerifyTest, RequestsAreReadFromLinesAndArrays) {
  std::istringstream lines(
      "{\"start_absolute\":1,\"metrics\":[]}\n\n"
      "{\"case\":\"names\",\"method\":\"GET\",\"path\":\"/api/v1/metricnames\",\"body\":null}\n");
  const auto requests = read_verify_requests(lines);
  ASSERT_TRUE(requests.has_value());
  ASSERT_EQ(requests->size(), 2u);
  EXPECT_EQ(requests->at(0).path, "/api/v1/datapoints/query");
  EXPECT_EQ(requests->at(0).body, "{\"start_absolute\":1,\"metrics\":[]}");
  EXPECT_EQ(requests->at(1).name, "names");
  EXPECT_EQ(requests->at(1).method, "GET");
  EXPECT_EQ(requests->at(1).body, "");
  std::istringstream array(" [{\"start_absolute\":1},\n {\"start_absolute\":2}]");
  EXPECT_EQ(read_verify_requests(array)->size(), 2u);
  std::istringstream wrong("{}\nx y\n");
  EXPECT_EQ(read_verify_requests(wrong).error().message(), "line 2 is no JSON object");
}

TEST(VerifyTest, RelativeTimesBecomeAbsolute) {
  EXPECT_EQ(
      with_absolute_times(R"({"start_relative":{"value":"1","unit":"hours"},"end_relative":{"value":1,"unit":"x"}})",
                          1'600'000'000'000),
      R"({"start_absolute":1599996400000,"end_relative":{"value":1,"unit":"x"}})");
  EXPECT_EQ(with_absolute_times("no query", 0), "no query");
  EXPECT_EQ(with_absolute_times("", 0), "");
}

TEST(VerifyTest, PathsAreEncoded) { EXPECT_EQ(percent_encode("a b/\xC3\xA9"), "a%20b%2F%C3%A9"); }

TEST(HttpCallTest, NoServerIsAnError) {
  HttpCaller caller("http://127.0.0.1:1/", {});
  const auto answer = caller.call("GET", "/api/v1/version");
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code(), Code::kUnavailable);
}

}  // namespace
}  // namespace sluice::server
