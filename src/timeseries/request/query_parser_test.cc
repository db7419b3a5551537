// SPDX-License-Identifier: Apache-2.0
#include "timeseries/request/query_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "timeseries/request/zone_ids.h"
#include "timeseries/zone.h"

namespace sluice::timeseries {
namespace {

constexpr int64_t kNow = 1'700'000'000'000;  // 2023-11-14T22:13:20Z

tl::expected<Query, ParseOutcome> parse(std::string_view json, Compat compat = Compat::kV14) {
  return parse_query(json, {.compat = compat, .now = kNow, .default_zone = "Asia/Tokyo", .is_zone = {}});
}

// "400 message", several with " | " between; "null" for Java's null.
std::string refusal(std::string_view json, Compat compat = Compat::kV14) {
  const auto query = parse(json, compat);
  if (query) return "accepted";
  std::string text = std::to_string(query.error().status);
  for (const auto& error : query.error().errors) text += (text.size() > 3 ? " | " : " ") + error.value_or("null");
  return text;
}

// A query of one metric with the given members, and the refusal without its place.
std::string metric(std::string_view members, Compat compat = Compat::kV14) {
  return refusal("{\"start_absolute\":1,\"metrics\":[{\"name\":\"m\"," + std::string(members) + "}]}", compat);
}
std::string aggregator(std::string_view json) { return metric("\"aggregators\":[" + std::string(json) + "]"); }
std::string group_by(std::string_view json) { return metric("\"group_by\":[" + std::string(json) + "]"); }

MetricQuery one(std::string_view members) {
  auto query = parse("{\"start_absolute\":1,\"metrics\":[{\"name\":\"m\"," + std::string(members) + "}]}");
  EXPECT_TRUE(query) << query.error().errors[0].value_or("null");
  return query ? query->metrics[0] : MetricQuery();
}

template <typename T>
T only(const MetricQuery& query) {
  EXPECT_EQ(query.aggregators.size(), 1u);
  return std::get<T>(query.aggregators.at(0));
}

constexpr std::string_view kUnits = "MILLISECONDS,SECONDS,MINUTES,HOURS,DAYS,WEEKS,MONTHS,YEARS";

TEST(QueryParser, TimesAbsoluteBeforeRelative) {
  auto query = parse(R"({"start_absolute":"5","start_relative":{"value":1,"unit":"days"},"end_absolute":1e3,)"
                     R"("cache_time":2.9,"metrics":[{"name":"m"}]})");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->metrics[0].series.start, 5);
  EXPECT_EQ(query->metrics[0].series.end, 1000);
  EXPECT_EQ(query->cache_seconds, 2u);
  EXPECT_EQ(query->time_zone, "Asia/Tokyo");
  EXPECT_EQ(query->metrics[0].cache_key, "5:Duration{value=1, unit=DAYS}:1000:m:");
  query = parse(R"({"start_relative":{"value":"2","unit":"Hours"},"end_relative":{"value":5,"unit":"MILLISECONDS"},)"
                R"("time_zone":"","metrics":[{"name":"m"}]})");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->metrics[0].series.start, kNow - 7'200'000);
  EXPECT_EQ(query->metrics[0].series.end, kNow - 5);
  EXPECT_EQ(query->time_zone, "UTC");
  EXPECT_EQ(one("\"limit\":1").series.end, kMaxTime);
}

TEST(QueryParser, NamesOfTagsThatAreNoTextsFailWhereRowsAreGrouped) {
  const auto failure = [](std::string_view tags) {
    const auto query = one("\"group_by\":[{\"name\":\"tag\",\"tags\":" + std::string(tags) + "}]");
    return std::get<TagGroupBy>(query.group_bys.at(0)).failure;
  };
  EXPECT_EQ(failure(R"(["a","b"])"), std::nullopt);
  EXPECT_EQ(failure(R"(["a",false,1])"),
            "class java.lang.Boolean cannot be cast to class java.lang.String (java.lang.Boolean and java.lang.String "
            "are in module java.base of loader 'bootstrap')");
  EXPECT_EQ(failure(R"(["a",null])"), "");
}

TEST(QueryParser, WhatOnlyRunningFindsOutIsNoErrorWhereNothingRuns) {
  const std::string_view json =
      R"({"start_absolute":1,"metrics":[{"name":"m","group_by":[{"name":"tag","tags":["a",[1],null]}],)"
      R"("aggregators":[{"name":"save_as","tags":{"a":1}}]}]})";
  EXPECT_EQ(parse(json).error().status, 500);
  // Of several groups of tags the first one is used.
  EXPECT_EQ(group_by(R"({"name":"tag","tags":["a"]},{"name":"tag","tags":[null,{}]})"), "accepted");
  EXPECT_TRUE(std::get<BinGroupBy>(one(R"("group_by":[{"name":"bin"}])").group_bys.at(0)).missing);
  QueryParserOptions options;
  options.runs = false;
  EXPECT_TRUE(parse_query(json, options).has_value());
}

TEST(QueryParser, DocumentsThatAreNone) {
  EXPECT_EQ(refusal("[1,{\"a\":null}]"), "500 Not a JSON Object: [1,{\"a\":null}]");
  EXPECT_EQ(refusal(""), "500 Not a JSON Object: null");
  EXPECT_EQ(refusal("{"), "400 java.io.EOFException: End of input at line 1 column 2 path $.");
  EXPECT_EQ(refusal("{", Compat::kV13), "400 java.io.EOFException: End of input at line 1 column 2");
  EXPECT_EQ(refusal("{}"), "400 query.metric[] must have a size of at least 1");
  EXPECT_TRUE(
      refusal(R"({"metrics":{}})").starts_with("500 class com.google.gson.JsonObject cannot be cast to class "));
  EXPECT_EQ(refusal(R"({"start_absolute":1,"metrics":[]})"), "accepted");
}

TEST(QueryParser, HeadHasItsRules) {
  const auto head = [](std::string_view members) {
    return refusal("{" + std::string(members) + ",\"metrics\":[{\"name\":\"m\"}]}");
  };
  EXPECT_EQ(head("\"x\":1"), "400 query.metric[0].start_time relative or absolute time must be set");
  EXPECT_EQ(head(R"("start_absolute":9,"end_absolute":8)"),
            "400 query.metric[0].end_time must be greater than the start time");
  EXPECT_EQ(head(R"("start_absolute":"x")"), "400 java.lang.NumberFormatException: For input string: \"x\"");
  EXPECT_EQ(head(R"("start_absolute":true)"),
            "400 java.lang.IllegalStateException: Expected NUMBER but was BOOLEAN at path $.start_absolute");
  EXPECT_EQ(head(R"("start_relative":{"value":{},"unit":"days"})"),
            "400 java.lang.IllegalStateException: Expected NUMBER but was BEGIN_OBJECT at path $.start_relative.value");
  EXPECT_EQ(head(R"("start_relative":{"value":-1,"unit":"days"})"),
            "400 start_relative.value must be greater than or equal to 0");
  EXPECT_EQ(head(R"("start_relative":{"value":1})"), "400 start_relative.unit may not be null");
  EXPECT_EQ(head(R"("start_relative":{"value":1,"unit":"daze"})"),
            "400 query.daze is not a valid time unit, must be one of " + std::string(kUnits));
  EXPECT_EQ(head(R"("end_relative":{"unit":[]})"), "400 java.lang.IllegalStateException");
  EXPECT_EQ(head(R"("start_absolute":1,"cache_time":-1)"), "400 cache_time must be greater than or equal to 0");
  EXPECT_EQ(head(R"("start_absolute":1,"time_zone":"Mars/X")"),
            "400 query.Mars/X is not a valid time zone, must be one of [" + std::string(joda_zone_ids()) + "]");
}

TEST(QueryParser, ZonesThatAreListedAreKnown) {
  std::string_view rest = joda_zone_ids();
  size_t known = 0;
  while (!rest.empty()) {
    const std::string id(rest.substr(0, rest.find(',')));
    rest.remove_prefix(std::min(rest.size(), id.size() + 2));
    EXPECT_TRUE(Zone::find(id).has_value()) << id;
    ++known;
  }
  EXPECT_GT(known, 500u);
}

TEST(QueryParser, MetricsHaveTheirRules) {
  EXPECT_EQ(refusal(R"({"start_absolute":1,"metrics":[{"name":"m"},{}]})"), "400 query.metric[1].name may not be null");
  EXPECT_EQ(refusal(R"({"start_absolute":1,"metrics":[{"name":""}]})"), "400 query.metric[0].name may not be empty");
  EXPECT_EQ(refusal(R"({"start_absolute":1,"metrics":[null]})"), "500 cannot validate null");
  EXPECT_EQ(refusal(R"({"start_absolute":1,"metrics":[5]})"),
            "400 java.lang.IllegalStateException: Not a JSON Object: 5");
  EXPECT_EQ(metric(R"("limit":"x")"), "500 For input string: \"x\"");
  EXPECT_EQ(metric(R"("limit":null)"), "500 JsonNull");
  EXPECT_EQ(metric(R"("order":"up")"), "400 query.metric[0].order must be either 'asc' or 'desc'");
  EXPECT_EQ(metric(R"("tags":{"a":"b","":"c"})"), "400 query.metric[0].tags[1] name must not be empty");
  EXPECT_EQ(metric(R"("tags":{"a":""})"), "400 query.metric[0].tags[0].a value must not be null or empty");
  EXPECT_EQ(metric(R"("tags":{"b":"c","a":["x",null]})"),
            "400 query.metric[0].tags[1].a value must not be null or empty");
  EXPECT_EQ(metric(R"("tags":[])"), "400 java.lang.IllegalStateException: Not a JSON Object: []");
  EXPECT_EQ(metric(R"("plugins":[{"name":"zz"}])"), "400 query.metric[0].plugins[0].zz invalid query plugin name");
  EXPECT_EQ(metric(R"("plugins":[{}])"), "400 query.metric[0].plugins[0] must have a name");
  EXPECT_EQ(metric(R"("plugins":[{"name":"samplePlugin"}])"), "accepted");
  EXPECT_EQ(metric(R"("plugins":5)"), "500 Not a JSON Array: 5");
  EXPECT_EQ(metric(R"("plugins":5)", Compat::kV13), "500 This is not a JSON Array.");
}

TEST(QueryParser, TagsAreSortedAndUnique) {
  const MetricQuery query = one(R"("tags":{"z":["b","a","b"],"c":5,"e":[]},"limit":"7","order":"DESC",)"
                                R"("exclude_tags":"TRUE","alias":"al")");
  ASSERT_EQ(query.series.tags.size(), 2u);
  EXPECT_EQ(query.series.tags[0].name, "c");
  EXPECT_THAT(query.series.tags[1].values, testing::ElementsAre("a", "b"));
  EXPECT_EQ(query.cache_key, "1:m:c=5:z=a:z=b:");
  EXPECT_EQ(query.limit, 7u);
  EXPECT_EQ(query.order, Order::kDescending);
  EXPECT_TRUE(query.exclude_tags);
  EXPECT_EQ(query.alias, "al");
}

TEST(QueryParser, RangeAggregatorsTakeTheirProperties) {
  auto range = only<RangeAggregator>(one(R"("aggregators":[{"name":"dev"}])"));
  EXPECT_EQ(range.sampling.value, 1);
  EXPECT_EQ(range.sampling.unit, TimeUnit::kMilliseconds);
  EXPECT_TRUE(range.align_sampling);
  EXPECT_EQ(range.start, 1);
  EXPECT_EQ(range.end, kNow);
  EXPECT_EQ(range.zone, "Asia/Tokyo");
  range = only<RangeAggregator>(one(
      R"("aggregators":[{"dev_count":"2","return_type":"neg_sd","name":"dev","sampling":{"value":2.9,"unit":"Days"},)"
      R"("align_sampling":"false","align_start_time":true,"align_end_time":true,"trim":true,"start_time":7,)"
      R"("end_time":9,"time_zone":"+0530"}])"));
  EXPECT_EQ(range.function, RangeFunction::kDev);
  EXPECT_EQ(range.sampling.value, 2);
  EXPECT_EQ(range.sampling.unit, TimeUnit::kDays);
  EXPECT_FALSE(range.align_sampling);
  EXPECT_TRUE(range.align_start_time && range.align_end_time && range.trim);
  EXPECT_EQ(range.start, 7);
  EXPECT_EQ(range.end, 9);
  EXPECT_EQ(range.zone, "+05:30");
  EXPECT_EQ(range.dev_return, RangeAggregator::DevReturn::kNegative);
  EXPECT_EQ(range.dev_count, 2);
}

TEST(QueryParser, OtherAggregatorsTakeTheirs) {
  EXPECT_EQ(only<DivideAggregator>(one(R"("aggregators":[{"name":"div","divisor":"2.5"}])")).divisor, 2.5);
  EXPECT_EQ(only<ScaleAggregator>(one(R"("aggregators":[{"name":"scale"}])")).factor, 0);
  EXPECT_EQ(only<SmaAggregator>(one(R"("aggregators":[{"name":"sma","size":1.5}])")).size, 1);
  EXPECT_EQ(only<TrimAggregator>(one(R"("aggregators":[{"name":"trim","trim":"LAST"}])")).side,
            TrimAggregator::Side::kLast);
  EXPECT_EQ(only<RateAggregator>(one(R"("aggregators":[{"name":"rate","sampling":{"value":5,"unit":"days"},)"
                                     R"("unit":"hours"}])"))
                .sampling.value,
            1);
  EXPECT_EQ(only<SamplerAggregator>(one(R"("aggregators":[{"name":"sampler","unit":"weeks"}])")).unit,
            TimeUnit::kWeeks);
  const auto filter =
      only<FilterAggregator>(one(R"("aggregators":[{"name":"filter","filter_op":"NE","threshold":"x"}])"));
  EXPECT_EQ(filter.operation, FilterAggregator::Operation::kNotEqual);
  EXPECT_EQ(std::get<std::string>(filter.threshold), "x");
  const auto score = only<ScoreAggregator>(
      one(R"("aggregators":[{"name":"score","order":"descending","thresholds":[{"value":5},{"value":"2"},)"
          R"({"value":5,"boundary":"inferior"}]}])"));
  EXPECT_TRUE(score.descending);
  ASSERT_EQ(score.thresholds.size(), 3u);
  EXPECT_EQ(score.thresholds[0].value, 2);
  EXPECT_FALSE(score.thresholds[1].superior);
  EXPECT_TRUE(score.thresholds[2].superior);
  const auto save = only<SaveAsAggregator>(
      one(R"("group_by":[{"name":"tag","tags":["h","d"]}],"aggregators":[{"name":"save_as","metric_name":"n",)"
          R"("tags":{"a":"b"},"ttl":5,"add_saved_from":false}])"));
  EXPECT_EQ(save.metric, "n");
  EXPECT_EQ(save.ttl, 5u);
  EXPECT_FALSE(save.add_saved_from);
  EXPECT_THAT(save.tags_to_keep, testing::ElementsAre("h", "d"));
}

TEST(QueryParser, AggregatorsHaveTheirRules) {
  const std::string here = "400 query.metric[0].aggregators[0]";
  EXPECT_EQ(aggregator("{}"), here + " must have a name");
  EXPECT_EQ(aggregator(R"({"name":"bogus"})"), here + ".bogus invalid aggregators name");
  EXPECT_EQ(aggregator(R"({"name":"sum","foo":1})"),
            "400 Property 'foo' was specified for object 'sum' but no matching setter was found on 'class "
            "org.kairosdb.core.aggregator.SumAggregator'");
  EXPECT_EQ(aggregator(R"({"name":"gaps","_align_sampling":true})"),
            "400 Property '_align_sampling' was specified for object 'gaps' but no matching setter was found on "
            "'org.kairosdb.core.aggregator.DataGapsMarkingAggregator'");
  EXPECT_EQ(aggregator(R"({"name":"sum","class":1})"),
            "500 Attempted to deserialize a java.lang.Class. Forgot to register a type adapter?");
  EXPECT_EQ(aggregator(R"({"name":"sum","sampling":null})"), "500 cannot validate null");
  EXPECT_EQ(aggregator(R"({"name":"sum","sampling":{"value":-1}})"),
            here +
                ".sampling.unit may not be null | query.metric[0].aggregators[0].sampling.value must be greater than "
                "or equal to 0");
  EXPECT_EQ(aggregator(R"({"name":"sum","sampling":{"value":1,"unit":"x"}})"),
            here + ".x is not a valid time unit, must be one of " + std::string(kUnits));
  EXPECT_EQ(aggregator(R"({"name":"sum","align_sampling":5})"),
            "400 java.lang.IllegalStateException: Expected BOOLEAN but was NUMBER at path $");
  EXPECT_EQ(aggregator(R"({"name":"dev","return_type":"POS_SD"})"), "500 cannot validate null");
  EXPECT_EQ(aggregator(R"({"name":"percentile"})"), here + ".percentile may not be zero");
  EXPECT_EQ(aggregator(R"({"name":"percentile","percentile":"x"})"), here + ".percentile For input string: \"x\"");
  EXPECT_EQ(aggregator(R"({"name":"div","divisor":-0.0})"), here + ".m_divisor may not be zero");
  EXPECT_EQ(aggregator(R"({"name":"trim","trim":"x"})"),
            here + ".x is not a valid trim type, must be 'first', 'last' or 'both'.");
  EXPECT_EQ(aggregator(R"({"name":"filter","filter_op":"eq"})"),
            here + ".eq is not a valid trim type, must be 'lte', 'lt', 'gte', 'gt', 'equal' or 'ne'.");
  EXPECT_EQ(aggregator(R"({"name":"score"})"), here + ".thresholds may not be null");
  EXPECT_EQ(aggregator(R"({"name":"score","thresholds":[null,null]})"),
            "400 Call to org.kairosdb.core.aggregator.ScoreAggregator:setThresholds failed with message: null");
  EXPECT_EQ(aggregator(R"({"name":"sma","size":"x"})"), "400 java.lang.NumberFormatException: For input string: \"x\"");
}

TEST(QueryParser, GroupBysHaveTheirRules) {
  const std::string here = "400 query.metric[0].group_by[0]";
  EXPECT_EQ(group_by(R"({"name":"bogus"})"), here + ".bogus invalid group_by name");
  EXPECT_EQ(group_by(R"({"name":"tag"})"), here + ".tags may not be null");
  EXPECT_EQ(group_by(R"({"name":"tag","tags":[]})"), here + ".tags may not be empty");
  EXPECT_EQ(group_by(R"({"name":"tag","tags":"a"})"),
            "400 java.lang.IllegalStateException: Expected BEGIN_ARRAY but was STRING at path $");
  EXPECT_EQ(group_by(R"({"name":"time"})"), here +
                                                ".groupCount must be greater than or equal to 1 | "
                                                "query.metric[0].group_by[0].rangeSize may not be null");
  EXPECT_EQ(group_by(R"({"name":"value"})"), here + ".rangeSize must be greater than or equal to 1");
  EXPECT_EQ(group_by(R"({"name":"bin","bins":["x"]})"), here + ".bins For input string: \"x\"");
  EXPECT_EQ(group_by(R"({"name":"tag","tags":["a"],"tag_names":["b"]})"),
            "400 Property 'tag_names' was specified for object 'tag' but no matching setter was found on "
            "'org.kairosdb.core.groupby.TagGroupBy'");
  const auto query = one(R"("group_by":[{"name":"time","range_size":{"value":"2","unit":"SECONDS"},"group_count":"2"},)"
                         R"({"name":"bin","bins":[1,"2.5"]},{"name":"value","range_size":3.9}])");
  ASSERT_EQ(query.group_bys.size(), 3u);
  EXPECT_EQ(std::get<TimeGroupBy>(query.group_bys[0]).start, 1);
  EXPECT_EQ(std::get<BinGroupBy>(query.group_bys[1]).bins[1], 2.5);
  EXPECT_EQ(std::get<ValueGroupBy>(query.group_bys[2]).range_size, 3);
}

TEST(QueryParser, ContextPrecedesPlaces) {
  const auto json = parse_document(R"({"start_absolute":1,"metrics":[{"name":""}]})", Compat::kV14);
  ASSERT_TRUE(json);
  const auto query = parse_query_object(*json, "rollup[0]", {.is_zone = {}});
  ASSERT_FALSE(query);
  EXPECT_EQ(*query.error().message, "rollup[0].query.metric[0].name may not be empty");
}

TEST(QueryParser, CalendarDecidesAboutZones) {
  QueryParserOptions options;
  options.is_zone = [](std::string_view zone) { return zone == "Mars/X" || zone == "-01:00"; };
  const auto zone = [&](std::string_view id) {
    const auto known = read_zone(JsonValue::of_string(std::string(id)), options);
    return known ? *known : "none";
  };
  EXPECT_EQ(zone("Mars/X"), "Mars/X");
  EXPECT_EQ(zone("-01"), "-01:00");
  EXPECT_EQ(zone("+00:00"), "UTC");
  EXPECT_EQ(zone("Europe/Berlin"), "none");
}

TEST(ZoneIds, OffsetsHaveOneForm) {
  EXPECT_EQ(normal_offset("+05"), "+05:00");
  EXPECT_EQ(normal_offset("-0530"), "-05:30");
  EXPECT_EQ(normal_offset("+05:30:15.123"), "+05:30:15.123");
  EXPECT_EQ(normal_offset("+00:00"), "UTC");
  for (const char* bad : {"+5", "+25:00", "+05:60", "05:00", "+", "Z", "GMT+5", "+05:3", "+0530x"})
    EXPECT_EQ(normal_offset(bad), std::nullopt) << bad;
  EXPECT_TRUE(is_joda_zone_id("Africa/Abidjan") && is_joda_zone_id("Zulu") && is_joda_zone_id("EST"));
  EXPECT_FALSE(is_joda_zone_id("Africa") || is_joda_zone_id("") || is_joda_zone_id("europe/berlin"));
}

}  // namespace
}  // namespace sluice::timeseries
