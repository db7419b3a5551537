// SPDX-License-Identifier: Apache-2.0
// Tasks and statuses as JSON. The messages are those of KairosDB's own tests and of a running server.
#include <gtest/gtest.h>

#include "timeseries/rollup/status.h"
#include "timeseries/rollup/task.h"

namespace sluice::timeseries {
namespace {

constexpr int64_t kNow = 1'600'000'000'000;

QueryParserOptions options() {
  QueryParserOptions made;
  made.now = kNow;
  return made;
}

std::string task_json(std::string_view rollups) {
  return R"({"name":"r1","execution_interval":{"value":1,"unit":"hours"},"rollups":)" + std::string(rollups) + "}";
}

constexpr std::string_view kQuery =
    R"({"start_relative":{"value":"1","unit":"hours"},"metrics":[{"name":"m","tags":{"id":["x"]},)"
    R"("group_by":[{"name":"tag","tags":["g1","g2"]}],"aggregators":[{"name":"sum","sampling":{"value":10,"unit":"minutes"}}]}]})";

std::string with_query(std::string_view query) {
  return task_json(R"([{"save_as":"s","query":)" + std::string(query) + "}]");
}

// The error of a task, after its class: "400 text" or "500 text".
std::string error_of(std::string_view json) {
  const auto task = parse_rollup_task(json, std::nullopt, options());
  if (task) return "none";
  return (task.error().what == FaultClass::kValidation ? "400 " : "500 ") + task.error().message.value_or("null");
}

TEST(RollupTaskTest, ATaskIsReadWithItsSaveAs) {
  const auto task = parse_rollup_task(with_query(kQuery), std::nullopt, options());
  ASSERT_TRUE(task.has_value());
  EXPECT_EQ(task->name, "r1");
  EXPECT_EQ(task->interval.value, 1);
  EXPECT_EQ(task->interval.unit, TimeUnit::kHours);
  ASSERT_EQ(task->rollups.size(), 1u);
  const MetricQuery& metric = task->rollups[0].query.metrics.at(0);
  EXPECT_EQ(metric.series.metric, "m");
  EXPECT_EQ(metric.series.start, kNow - 3'600'000);
  ASSERT_EQ(metric.aggregators.size(), 2u);
  const auto* const saved = std::get_if<SaveAsAggregator>(&metric.aggregators[1]);
  ASSERT_TRUE(saved);
  EXPECT_EQ(saved->metric, "s");
  EXPECT_TRUE(saved->add_saved_from);
  EXPECT_EQ(saved->tags_to_keep, (std::vector<std::string>{"g1", "g2"}));
}

TEST(RollupTaskTest, TheJsonIsKeptCompactWithAnIdInFront) {
  const auto task = parse_rollup_task("{ \"name\" : \"r<1\",\n\"execution_interval\":{\"value\":1,\"unit\":\"hours\"}}",
                                      std::nullopt, options());
  ASSERT_TRUE(task.has_value());
  EXPECT_EQ(task->id.size(), 36u);
  EXPECT_EQ(task->json, "{\"id\":\"" + task->id + R"(","name":"r<1","execution_interval":{"value":1,"unit":"hours"}})");
}

TEST(RollupTaskTest, AnIdIsTakenFromTheJsonUnlessOneIsGiven) {
  const std::string json = R"({"name":"n","id":"abc","execution_interval":{"value":1,"unit":"HOURS"}})";
  const auto own = parse_rollup_task(json, std::nullopt, options());
  ASSERT_TRUE(own.has_value());
  EXPECT_EQ(own->id, "abc");
  EXPECT_EQ(own->json, json);
  const auto given = parse_rollup_task(json, "given", options());
  EXPECT_EQ(given->id, "given");
  EXPECT_EQ(given->json, R"({"name":"n","id":"given","execution_interval":{"value":1,"unit":"HOURS"}})");
  // A tag of that name is no id.
  const auto nested = parse_rollup_task(with_query(kQuery), "given", options());
  EXPECT_TRUE(nested->json.starts_with(R"({"id":"given","name":"r1",)")) << nested->json;
}

TEST(RollupTaskTest, ErrorsAreKairosDbs) {
  EXPECT_EQ(error_of(R"({"name":"r1"})"), "400 executionInterval may not be null");
  EXPECT_EQ(error_of(R"({"name":"","execution_interval":{"value":1,"unit":"hours"}})"), "400 name may not be empty");
  EXPECT_EQ(error_of(R"({"execution_interval":{"value":1,"unit":"hours"}})"), "400 name may not be null");
  EXPECT_EQ(error_of(R"({"name":"n","execution_interval":{"value":1}})"), "400 executionInterval.unit may not be null");
  EXPECT_EQ(error_of(task_json(R"([{"save_as":""}])")), "400 rollup[0].saveAs may not be empty");
  EXPECT_EQ(error_of(task_json(R"([{}])")), "400 rollup[0].saveAs may not be null");
  EXPECT_EQ(error_of(task_json(R"([{"save_as":"s"}])")), "500 cannot validate null");
  EXPECT_EQ(error_of(with_query(R"({"metrics":[{"name":"m"}]})")),
            "400 rollup[0].query.metric[0].start_time relative or absolute time must be set");
  const std::string no_range =
      R"({"start_absolute":1,"metrics":[{"name":"m","aggregators":[{"name":"div","divisor":10}]}]})";
  EXPECT_EQ(error_of(with_query(no_range)),
            "400 rollup[0].query[0].aggregator At least one aggregator must be a range aggregator");
  // The places of roll-ups before stay in the text.
  EXPECT_EQ(error_of(task_json(R"([{"save_as":"s","query":)" + std::string(kQuery) + R"(},{"save_as":""}])")),
            "400 rollup[0].query[0]rollup[1].saveAs may not be empty");
  EXPECT_TRUE(error_of(R"({"name":"n","execution_interval":{"value":1,"unit":"foo"}})")
                  .starts_with("500 is not a valid time unit, must be one of MILLISECONDS,"));
  EXPECT_EQ(error_of("[]"), "500 Not a JSON Object: []");
  EXPECT_TRUE(error_of(R"({"name":)").starts_with("500 "));
  EXPECT_TRUE(error_of(task_json("{}")).starts_with("500 class com.google.gson.JsonObject cannot be cast to class"));
}

TEST(RollupStatusTest, JsonIsGsons) {
  RollupStatus status;
  status.queries = {{"m", "21 Nov 2026 09:42:16 PM", 5, 17, std::nullopt, 1'795'297'336'000},
                    {"n", "Never", 0, 0, "a='<", 0}};
  status.host = "host";
  status.next_scheduled = "Never";
  EXPECT_EQ(status.stored_json(),
            R"({"statuses":[{"metricName":"m","lastExecuted":"21 Nov 2026 09:42:16 PM","dataPointCount":5,)"
            R"("executionLength":17,"lastExecutionTime":1795297336000},{"metricName":"n","lastExecuted":"Never",)"
            R"("dataPointCount":0,"executionLength":0,"errorMessage":"a\u003d\u0027\u003c","lastExecutionTime":0}],)"
            R"("executingHost":"host","nextScheduled":"Never"})");
  EXPECT_TRUE(status.answer_json().starts_with(R"({"statuses":[{"metric_name":"m","last_executed":"21 Nov)"));
  EXPECT_TRUE(status.answer_json().ends_with(R"(,"executing_host":"host","next_scheduled":"Never"})"));
  const auto again = parse_rollup_status(status.stored_json(), Compat::kV14);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->stored_json(), status.stored_json());
  EXPECT_FALSE(parse_rollup_status("{\"statuses\":5}", Compat::kV14).has_value());
}

TEST(RollupStatusTest, AQueryGoesOnWhereItEnded) {
  RollupStatus status;
  EXPECT_EQ(status.last_time("m"), 0);
  status.queries = {{"m", "", 0, 0, {}, 5}, {"n", "", 0, 0, {}, 7}, {"m", "", 0, 0, {}, 3}};
  EXPECT_EQ(status.last_time("m"), 3);
  EXPECT_EQ(status.last_time("n"), 7);
  EXPECT_EQ(status.last_time("o"), 7);  // Java keeps the queries of a task's last roll-up only
}

TEST(RollupStatusTest, TimesAreThoseOfSimpleDateFormat) {
  const Zone utc;
  EXPECT_EQ(rollup_time_text(0, utc), "Never");
  EXPECT_EQ(rollup_time_text(1'600'000'000'000, utc), "13 Sep 2020 00:26:40 PM");
  EXPECT_EQ(rollup_time_text(1'599'955'199'000, utc), "12 Sep 2020 11:59:59 PM");
  EXPECT_EQ(rollup_time_text(1'600'000'000'000, *Zone::find("America/New_York")), "13 Sep 2020 08:26:40 AM");
  EXPECT_EQ(parse_rollup_time("2020-09-13-12-26-40-000", utc), 1'600'000'000'000);
  EXPECT_EQ(parse_rollup_time("2020-9-13-12-26-40-7x", utc), 1'600'000'000'007);
  EXPECT_EQ(parse_rollup_time("2019-21-12-36-26-40-000", utc), 1'600'000'000'000);  // leniently
  EXPECT_EQ(parse_rollup_time("2020-09-13-08-26-40-000", *Zone::find("America/New_York")), 1'600'000'000'000);
  EXPECT_FALSE(parse_rollup_time("2020-09-13", utc).has_value());
  EXPECT_FALSE(parse_rollup_time("now", utc).has_value());
  EXPECT_FALSE(parse_rollup_time("99999999999999999999-1-1-1-1-1-1", utc).has_value());
}

}  // namespace
}  // namespace sluice::timeseries
