// SPDX-License-Identifier: Apache-2.0
#include "timeseries/request/datapoints_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>

#include "timeseries/request/point_recorder.h"

namespace sluice::timeseries {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Answer {
  int status = 0;
  std::string json;
  std::vector<std::string> points;
};

Answer post(std::string_view body, Compat compat = Compat::kV14, size_t piece = 0, SeriesCache* cache = nullptr) {
  PointRecorder store;
  DatapointsParser parser(store, {.compat = compat}, cache);
  if (piece == 0) {
    EXPECT_TRUE(parser.feed(body, true));
  } else {
    for (size_t at = 0; at < body.size(); at += piece) {
      const std::string part(body.substr(at, piece));  // its own memory: the parser must not keep views of it
      EXPECT_TRUE(parser.feed(part, false));
    }
    EXPECT_TRUE(parser.feed("", true));
  }
  EXPECT_TRUE(parser.done());
  EXPECT_EQ(parser.points(), store.points.size());
  return {parser.outcome().status, errors_json(parser.outcome()), std::move(store.points)};
}

std::string errors(std::string_view body, Compat compat = Compat::kV14) { return post(body, compat).json; }

constexpr std::string_view kHead = R"({"name":"m","tags":{"b":"c"},)";
Answer points(std::string_view array, std::string_view more = "") {
  return post(std::string(kHead) + "\"datapoints\":[" + std::string(array) + "]" + std::string(more) + "}");
}

TEST(Datapoints, NumbersAreOfTheirType) {
  const auto answer = points("[1,2], [-3, 4.5],[5,1e5],[6,1.5e5],[7,99999999999999999999],[8,-0.0],[9,0.1]");
  EXPECT_EQ(answer.status, 204);
  EXPECT_THAT(answer.points,
              ElementsAre("m|{b=c}|1|long:2|0", "m|{b=c}|-3|double:4012000000000000|0", "m|{b=c}|5|long:100000|0",
                          "m|{b=c}|6|double:41024f8000000000|0", "m|{b=c}|7|long:7766279631452241919|0",
                          "m|{b=c}|8|double:8000000000000000|0", "m|{b=c}|9|double:3fb999999999999a|0"));
}

TEST(Datapoints, TextsThatLookLikeNumbersAreNumbers) {
  EXPECT_THAT(points(R"([1,"12"],["77","12.5"],[3,"x"],[4,true],[5,NaN],[6,"+5"],[7,"1.2.3"],[8,01])").points,
              ElementsAre("m|{b=c}|1|long:12|0", "m|{b=c}|77|double:4029000000000000|0", "m|{b=c}|3|string:x|0",
                          "m|{b=c}|4|string:true|0", "m|{b=c}|5|string:NaN|0", "m|{b=c}|6|long:5|0",
                          "m|{b=c}|7|string:1.2.3|0", "m|{b=c}|8|long:1|0"));
}

// Whether the type comes before or behind the points, or with a point.
TEST(Datapoints, TypeDecides) {
  const auto strings = ElementsAre("m|{b=c}|1|string:2|0", "m|{b=c}|3|string:4.50|0");
  EXPECT_THAT(points("[1,2],[3,4.50]", R"(,"type":"string")").points, strings);
  EXPECT_THAT(post(R"({"type":"string","name":"m","tags":{"b":"c"},"datapoints":[[1,2],[3,4.50]]})").points, strings);
  EXPECT_THAT(points("[1,2],[3,4.9]", R"(,"type":"long")").points,
              ElementsAre("m|{b=c}|1|long:2|0", "m|{b=c}|3|long:4|0"));
  EXPECT_THAT(points("[1,2],[3,4.5]", R"(,"type":"double")").points,
              ElementsAre("m|{b=c}|1|double:4000000000000000|0", "m|{b=c}|3|double:4012000000000000|0"));
  EXPECT_THAT(points(R"([1,2,"double"],[3,4,"string"],[5,"6","long"])").points,
              ElementsAre("m|{b=c}|1|double:4000000000000000|0", "m|{b=c}|3|string:4|0", "m|{b=c}|5|long:6|0"));
}

TEST(Datapoints, OneValueAndAnArrayAreBothStored) {
  EXPECT_THAT(points("[1,2]", R"(,"timestamp":7,"time":9,"value":3,"ttl":60)").points,
              ElementsAre("m|{b=c}|9|long:3|60", "m|{b=c}|1|long:2|60"));
}

TEST(Datapoints, RulesHaveTheirMessages) {
  EXPECT_EQ(
      errors("{}"),
      R"({"errors":["metric[0].name may not be null.","metric[0].tags count must be greater than or equal to 1."]})");
  EXPECT_EQ(
      errors(R"([{"name":"m","tags":{"":"x","y":"","z":null},"timestamp":1}])"),
      R"({"errors":["metric[0](name=m).value may not be null.","metric[0](name=m).tag[0].name may not be empty.",)"
      R"("metric[0](name=m).tag[y].value may not be empty.","metric[0](name=m).tag[z].value may not be null."]})");
  EXPECT_EQ(points("").status, 204);
  EXPECT_EQ(points("[1,2]", R"(,"type":"complex")").json, R"({"errors":["Unregistered data point type 'complex'"]})");
  EXPECT_EQ(points("[1,[]],[1,{}]").json,
            R"({"errors":["metric[0](name=m).datapoints[0].value may not be an empty array.",)"
            R"("metric[0](name=m) value is an invalid type"]})");
}

TEST(Datapoints, PointsAreNotCountedOnAfterAnError) {
  const auto answer = points(R"([1,2],[],[3],[4,""],[5,6],[null,7])");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.json, R"({"errors":["metric[0](name=m).datapoints[1].timestamp cannot be null or empty.",)"
                         R"("metric[0](name=m).datapoints[1].value cannot be null or empty.",)"
                         R"("metric[0](name=m).datapoints[1].value may not be empty.",)"
                         R"("metric[0](name=m).datapoints[2].timestamp may not be null."]})");
  EXPECT_THAT(answer.points, ElementsAre("m|{b=c}|1|long:2|0", "m|{b=c}|5|long:6|0"));
}

TEST(Datapoints, EarlierMetricsStayWhenALaterOneIsWrong) {
  const std::string good = R"({"name":"m","tags":{"b":"c"},"timestamp":1,"value":2})";
  for (const std::string tail :
       {R"(,{"name":"","tags":{"a":"b"}}])", ",{", "", ",]", ";{}]", ",{\"name\":\"x\\", "]x"}) {
    const auto answer = post("[" + good + tail);
    EXPECT_EQ(answer.status, tail == "]x" ? 204 : 400) << tail;
    EXPECT_THAT(answer.points, ElementsAre("m|{b=c}|1|long:2|0")) << tail;
  }
  const auto answer = post(R"([{"name":""},)" + good + "]");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.points.size(), 1u);
}

TEST(Datapoints, FaultsOfConversionAreInternalErrors) {
  const auto answer = points(R"([1,2],["abc",3],[4,5])");
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.json, R"({"errors":["For input string: \"abc\""]})");
  EXPECT_THAT(answer.points, ElementsAre("m|{b=c}|1|long:2|0"));
  EXPECT_EQ(points(R"([1,"..5"])").json, R"({"errors":["multiple points"]})");
  EXPECT_EQ(points(R"([1,[1,2]])").json, R"({"errors":[null]})");
  EXPECT_EQ(post("[null]").status, 500);
}

TEST(Datapoints, SyntaxIsAnsweredAsByGson) {
  EXPECT_EQ(errors(""), R"({"errors":["Invalid json. No content due to end of input."]})");
  EXPECT_EQ(errors("["), R"({"errors":["Invalid json. No content due to end of input.",)"
                         R"("Invalid json. No content due to end of input."]})");
  EXPECT_EQ(errors("\"x\""), R"({"errors":["Invalid start of json."]})");
  EXPECT_EQ(errors("\"x\"", Compat::kV13),
            R"({"errors":["Use JsonReader.setLenient(true) to accept malformed JSON at line 1 column 2"]})");
  EXPECT_EQ(errors(R"([{"tags":{"a":"b","a":"c"}}])"), R"({"errors":["duplicate key: a"]})");
  EXPECT_EQ(errors(R"([{"name":"\u00zz"}])"), R"({"errors":["Invalid JSON"]})");
  EXPECT_EQ(errors(R"([{"timestamp":78.5}])"),
            R"({"errors":["java.lang.NumberFormatException: Expected a long but was 78.5 at line 1 column 19 )"
            R"(path $[0].timestamp"]})");
}

TEST(Datapoints, EmptyTextsAreValuesSince14) {
  const std::string body = R"({"name":"m","tags":{"b":"c"},"type":"string","datapoints":[[1,""]]})";
  EXPECT_THAT(post(body).points, ElementsAre("m|{b=c}|1|string:|0"));
  const auto old = post(body, Compat::kV13);
  EXPECT_EQ(old.json, R"({"errors":["metric[0](name=m).datapoints[0].value may not be empty."]})");
  EXPECT_THAT(old.points, IsEmpty());
}

TEST(Datapoints, SkipValidateTakesWhatItCan) {
  EXPECT_THAT(post(R"({"name":"m","skip_validate":true,"timestamp":1,"value":2})").points,
              ElementsAre("m|{}|1|long:2|0"));
  EXPECT_EQ(errors(R"({"skip_validate":true,"timestamp":1,"value":2})"), R"({"errors":[null]})");
  EXPECT_EQ(errors(R"({"name":"m","skip_validate":true,"tags":{"a":null}})"), R"({"errors":[null]})");
}

TEST(Datapoints, NegativeTtlIsTheStores) {
  EXPECT_THAT(points("[1,2]", R"(,"ttl":-5)").points, ElementsAre("m|{b=c}|1|long:2|0"));
}

// However the bytes are cut, and with a cache of series: the same.
TEST(Datapoints, PiecesChangeNothing) {
  const std::string body =
      "\xEF\xBB\xBF [ {\"datapoints\":[[1600000000000, 12.5] ,[ 2,\"t\\\"x\"],[3,4],[5,\"caf\xC3\xA9 \xFF\"]],"
      R"("tags":{"b":"c","a":"\u00e9"},"name":"m","type":null,"ttl":"7"}, {"name":"n","tags":{"b":"c"},)"
      R"("datapoints":[[1,2,"double"],[3],[4,5]], "extra":[1,{"a":[2]}]} , {"name":5,"timestamp":1,"value":[7] ]})";
  for (const Compat compat : {Compat::kV13, Compat::kV14}) {
    const auto want = post(body, compat);
    EXPECT_EQ(want.points.size(), 6u);
    for (size_t piece = 1; piece < 80; ++piece) {
      SeriesCache cache;
      const auto got = post(body, compat, piece, &cache);
      EXPECT_EQ(got.status, want.status);
      EXPECT_EQ(got.json, want.json);
      EXPECT_EQ(got.points, want.points) << piece;
    }
  }
}

TEST(Datapoints, FastNumbersAreTheSlowOnes) {
  std::mt19937_64 random(7);
  std::string array;
  std::vector<std::string> want;
  for (int i = 0; i < 3000; ++i) {
    char text[64];
    const auto bits = random();
    double value = 0;
    do value = std::bit_cast<double>(random());
    while (!(std::abs(value) < 1e15 && std::abs(value) > 1e-5));
    std::snprintf(text, sizeof text, i % 3 == 0 ? "%.17g" : i % 3 == 1 ? "%.3f" : "%.9f", value);
    if (std::string_view(text).find('.') == std::string_view::npos) continue;
    const auto time = static_cast<int64_t>(bits >> (bits % 8 + 5)) * (i % 2 ? 1 : -1);
    array += (array.empty() ? "[" : ",[") + std::to_string(time) + "," + text + "]";
    char hex[64];
    std::snprintf(hex, sizeof hex, "%llx",
                  static_cast<unsigned long long>(std::bit_cast<uint64_t>(strtod(text, nullptr))));
    want.push_back("m|{b=c}|" + std::to_string(time) + "|double:" + hex + "|0");
  }
  EXPECT_EQ(points(array).points, want);
}

TEST(Datapoints, SeriesAreLookedUpOnce) {
  PointRecorder store;
  SeriesCache cache;
  const std::string body = R"([{"name":"m","tags":{"b":"c"},"datapoints":[[1,2],[2,3],[3,4.5],[4,"x"]]}])";
  for (int i = 0; i < 3; ++i) {
    DatapointsParser parser(store, {}, &cache);
    ASSERT_TRUE(parser.feed(body, true));
  }
  EXPECT_EQ(store.points.size(), 12u);
  EXPECT_EQ(store.lookups, 3u);
}

TEST(Datapoints, ErrorsOfTheStoreAreTheCallers) {
  PointRecorder store;
  store.write_status = fail(Code::kResourceExhausted, "queue is full");
  DatapointsParser parser(store, {});
  const auto fed = parser.feed(std::string(kHead) + R"("timestamp":1,"value":2})", true);
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().code(), Code::kResourceExhausted);
  EXPECT_TRUE(parser.done());
  EXPECT_EQ(parser.points(), 0u);
}

TEST(Datapoints, MetricsHaveALimit) {
  PointRecorder store;
  DatapointsParser parser(store, {.max_metric_bytes = 1000});
  ASSERT_TRUE(parser.feed(R"([{"name":"m","tags":{"a":"b"},"timestamp":1,"value":2},{"datapoints":[)", false));
  for (int i = 0; i < 1000 && !parser.done(); ++i) ASSERT_TRUE(parser.feed("[1,2],", false));
  ASSERT_TRUE(parser.done());
  EXPECT_EQ(errors_json(parser.outcome()), R"({"errors":["metric[1] is longer than 1000 bytes"]})");
  EXPECT_EQ(store.points.size(), 1u);
}

}  // namespace
}  // namespace sluice::timeseries
