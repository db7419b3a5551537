// SPDX-License-Identifier: Apache-2.0
// Roll-ups on a store in memory, with a clock of the test: runs, hosts that share tasks, the API, the threads.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "timeseries/memory_store.h"
#include "timeseries/rollup/balance.h"
#include "timeseries/rollup/roll_up.h"
#include "timeseries/rollup/rollup_api.h"
#include "timeseries/rollup/rollup_service.h"

namespace sluice::timeseries {
namespace {

constexpr int64_t kMinute = 60'000;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kStart = 1'600'000'800'000 / kHour * kHour;  // an hour

using Values = std::map<int64_t, double>;

class RollupTest : public testing::Test {
 protected:
  // A point a minute with the value 1, from kStart to the end.
  void fill(int64_t end, int64_t begin = kStart, const std::string& metric = "m") {
    WriteBatch batch;
    for (const std::string host : {"a", "b"}) {
      const auto series = *store_.series(metric, PointType::kLong, Tags({{"host", host}}));
      for (int64_t time = begin; time < end; time += kMinute) batch.add_long(series, time, 1);
    }
    ASSERT_TRUE(store_.write(batch).has_value());
  }

  Values saved(const std::string& metric = "s") {
    SeriesQuery query;
    query.metric = metric;
    query.start = kMinTime;
    Values found;
    auto rows = store_.read(query, {});
    if (!rows) return found;
    for (auto& row : *rows)
      for (Points points;;) {
        EXPECT_TRUE(row.source->next(points).has_value());
        if (points.empty()) break;
        for (size_t i = 0; i < points.size(); ++i) found[points.time(i)] += points.number(i);
      }
    return found;
  }

  static std::string task_json(const std::string& sampling, const std::string& interval = R"("value":1,"unit":"hours")",
                               const std::string& more = "", const std::string& name = "t") {
    return R"({"name":")" + name + R"(","execution_interval":{)" + interval +
           R"(},"rollups":[{"save_as":"s","query":{)" +
           R"("start_relative":{"value":1,"unit":"hours"},"metrics":[{"name":"m",)" + more +
           R"("aggregators":[{"name":"sum","sampling":{)" + sampling + "}}]}]}}]}";
  }
  static constexpr const char* kTenMinutes = R"("value":10,"unit":"minutes")";

  RollupTask task(const std::string& json) {
    auto parsed = parse_rollup_task(json, std::nullopt, parser_options());
    EXPECT_TRUE(parsed.has_value());
    return parsed ? *parsed : RollupTask();
  }
  QueryParserOptions parser_options() {
    QueryParserOptions options;
    options.now = now_;
    return options;
  }

  Result<uint64_t> run(const RollupTask& task, int64_t start, int64_t end, uint64_t at_once = 10'000) {
    RollUpOptions options;
    options.periods_at_once = at_once;
    return roll_up(engine_, task.rollups.at(0), task.rollups.at(0).query.metrics.at(0), start, end, options);
  }

  std::unique_ptr<RollupNode> node(const std::string& id) {
    RollupNodeOptions options;
    options.host_id = id;
    options.host_name = "host-" + id;
    options.now = [this] { return now_; };
    return std::make_unique<RollupNode>(engine_, rollups_, options);
  }
  std::string put(const std::string& json) {
    const RollupTask made = task(json);
    EXPECT_TRUE(rollups_.put_task(made).has_value());
    return made.id;
  }

  int64_t now_ = kStart + 2 * kHour;
  MemoryStore store_;
  MemoryServiceStore services_{[this] { return now_; }};
  RollupStore rollups_{services_, [this] { return parser_options(); }};
  Engine engine_{store_, nullptr};
};

TEST_F(RollupTest, EachPeriodIsOnePoint) {
  fill(kStart + kHour);
  EXPECT_EQ(run(task(task_json(kTenMinutes)), kStart, kStart + 25 * kMinute), 3u);
  EXPECT_EQ(saved(), (Values{{kStart, 20}, {kStart + 10 * kMinute, 20}, {kStart + 20 * kMinute, 20}}));
}

TEST_F(RollupTest, ThePointAtTheEndIsOfTheNextPeriod) {
  fill(kStart + kHour);
  const RollupTask made = task(task_json(kTenMinutes));
  ASSERT_TRUE(run(made, kStart, kStart + 59 * kMinute).has_value());
  ASSERT_TRUE(run(made, kStart, kStart + 9 * kMinute).has_value());
  EXPECT_EQ(saved()[kStart + 10 * kMinute], 20);
}

TEST_F(RollupTest, ManyPeriodsAtOnceAreTheSamePoints) {
  fill(kStart + 3 * kHour);
  const RollupTask made = task(task_json(R"("value":7,"unit":"minutes")"));
  const auto one = run(made, kStart - kHour, kStart + 3 * kHour, 1);
  const Values alone = saved();
  ASSERT_TRUE(store_.erase_metric("s").has_value());
  EXPECT_EQ(run(made, kStart - kHour, kStart + 3 * kHour), one.value_or(0));
  EXPECT_EQ(saved(), alone);
  EXPECT_GT(alone.size(), 20u);
  double sum = 0;
  for (const auto& [time, value] : alone) sum += value;
  EXPECT_EQ(sum, 360);
}

TEST_F(RollupTest, PeriodsBeforeTheQuerysStartAreNotWider) {
  const int64_t begin = kStart - 5 * 24 * kHour;
  fill(begin + 2 * kHour, begin);
  ASSERT_TRUE(run(task(task_json(kTenMinutes)), begin, begin + 2 * kHour - 1).has_value());
  for (const auto& [time, value] : saved()) EXPECT_EQ(value, 20) << time;
  EXPECT_EQ(saved().size(), 12u);
}

TEST_F(RollupTest, DaysFollowTheZoneOverTheChangeOfItsOffset) {
  const int64_t day = 1'603'404'000'000;  // 23 October 2020 00:00 in Berlin; on the 25th summer time ends
  fill(day + 5 * 24 * kHour, day);
  std::string json = task_json(R"("value":1,"unit":"days")");
  json.insert(json.find("\"query\""), R"("time_zone":"Europe/Berlin",)");
  ASSERT_TRUE(run(task(json), day, day + 4 * 24 * kHour).has_value());
  std::vector<double> values;
  for (const auto& [time, value] : saved()) values.push_back(value);
  EXPECT_EQ(values, (std::vector<double>{2880, 2880, 3000, 2880}));
}

TEST_F(RollupTest, GroupsKeepTheirTags) {
  fill(kStart + 10 * kMinute);
  const RollupTask made =
      task(task_json(kTenMinutes, R"("value":1,"unit":"hours")", R"("group_by":[{"name":"tag","tags":["host"]}],)"));
  EXPECT_EQ(run(made, kStart, kStart + 9 * kMinute), 2u);
  SeriesQuery query;
  query.metric = "s";
  const auto series = store_.find_series(query, {});
  ASSERT_EQ(series->size(), 2u);
  EXPECT_EQ(*series->front()->tags().find("saved_from"), "m");
  EXPECT_EQ(*series->front()->tags().find("host"), "a");
}

TEST_F(RollupTest, AnEmptySamplingIsAnError) {
  fill(kStart + kHour);
  EXPECT_FALSE(run(task(task_json(R"("value":0,"unit":"minutes")")), kStart, kStart + kHour).has_value());
}

TEST_F(RollupTest, ATaskRunsWhenItsIntervalIsOverAndThenGoesOn) {
  fill(now_);
  const std::string id = put(task_json(kTenMinutes));
  const auto host = node("1");
  ASSERT_TRUE(host->beat().has_value());
  ASSERT_TRUE(host->check().has_value());
  EXPECT_EQ(host->next_due(), now_ + kHour);
  EXPECT_EQ((*rollups_.status(id))->queries.at(0).last_executed, "Never");
  EXPECT_EQ(host->run_due(), 0u);

  fill(now_ + kHour, now_);
  now_ += kHour;
  EXPECT_EQ(host->run_due(), 1u);
  EXPECT_EQ(host->run_due(), 0u);
  // An interval and a sampling back; the period that has begun now has no points yet.
  EXPECT_EQ(saved().size(), 7u);
  const RollupStatus status = **rollups_.status(id);
  EXPECT_EQ(status.queries.at(0).last_time, now_);
  EXPECT_EQ(status.queries.at(0).points, 7);
  EXPECT_EQ(status.host, "host-1");
  EXPECT_EQ(host->next_due(), now_ + kHour);

  // What arrives in the period that was begun counts in the next run.
  fill(now_ + 90 * kMinute, now_);
  now_ += kHour + 25 * kMinute;
  EXPECT_EQ(host->run_due(), 1u);
  EXPECT_EQ(saved().size(), 16u);
  EXPECT_EQ(host->figures().runs, 2u);
  EXPECT_EQ(host->next_due(), now_ + 35 * kMinute);  // the run that was late is no two
}

TEST_F(RollupTest, TheFirstRunDoesNotMoveAwayWithRestarts) {
  put(task_json(kTenMinutes));
  const int64_t due = now_ + kHour;
  now_ += 40 * kMinute;
  const auto host = node("1");
  ASSERT_TRUE(host->beat().has_value());
  ASSERT_TRUE(host->check().has_value());
  EXPECT_EQ(host->next_due(), due);
}

TEST_F(RollupTest, AMissedRunIsCaughtUpAfterARestart) {
  fill(now_);
  put(task_json(kTenMinutes));
  {
    const auto host = node("1");
    ASSERT_TRUE(host->beat().has_value());
    ASSERT_TRUE(host->check().has_value());
    now_ += kHour;
    ASSERT_EQ(host->run_due(), 1u);
  }
  const int64_t stopped = now_;
  fill(stopped + 10 * kHour, stopped - kHour);
  now_ = stopped + 10 * kHour;
  const auto host = node("1");
  ASSERT_TRUE(host->beat().has_value());
  ASSERT_TRUE(host->check().has_value());
  EXPECT_EQ(host->next_due(), now_);
  EXPECT_EQ(host->run_due(), 1u);
  const Values values = saved();
  for (int64_t time = stopped; time < now_; time += 10 * kMinute) EXPECT_EQ(values.at(time), 20) << time;
}

TEST_F(RollupTest, AFailedRunIsMadeUpFor) {
  // Bounds that fail at first: the store does not read a pattern that is none.
  fill(now_);
  const std::string more = R"("tags":{"host":"regex:["},)";
  const std::string id = put(task_json(kTenMinutes, R"("value":1,"unit":"hours")", more));
  RollupStatus before;
  before.queries = {{"m", "", 0, 0, {}, kStart}};
  ASSERT_TRUE(rollups_.put_status(id, before).has_value());
  const auto host = node("1");
  ASSERT_TRUE(host->beat().has_value());
  ASSERT_TRUE(host->check().has_value());
  ASSERT_EQ(host->run_due(), 1u);
  const RollupStatus failed = **rollups_.status(id);
  EXPECT_TRUE(failed.queries.at(0).error.has_value());
  EXPECT_EQ(failed.queries.at(0).last_time, kStart);
  EXPECT_EQ(host->figures().failures, 1u);

  ASSERT_TRUE(rollups_.put_task(*parse_rollup_task(task_json(kTenMinutes), id, parser_options())).has_value());
  now_ += 10'000;
  ASSERT_TRUE(host->check().has_value());
  ASSERT_EQ(host->run_due(), 1u);
  EXPECT_EQ(saved().size(), 12u);
}

TEST_F(RollupTest, TasksGoToHostsByScore) {
  EXPECT_EQ(rollup_score({1, TimeUnit::kSeconds}), 120);
  EXPECT_EQ(rollup_score({1, TimeUnit::kMinutes}), 60);
  EXPECT_EQ(rollup_score({5, TimeUnit::kHours}), 1);
  const RollupHosts hosts{{"h1", "a"}, {"h2", "b"}};
  EXPECT_EQ(balance_rollups(hosts, {{"t1", 60}, {"t2", 60}, {"t3", 1}, {"t4", 1}}),
            (RollupAssignments{{"t1", "h1"}, {"t2", "h2"}, {"t3", "h2"}, {"t4", "h1"}}));
  EXPECT_EQ(balance_rollups(hosts, {{"t1", 120}, {"t2", 1}, {"t3", 1}}),
            (RollupAssignments{{"t1", "h1"}, {"t2", "h2"}, {"t3", "h2"}}));
  EXPECT_TRUE(balance_rollups({}, {{"t1", 1}}).empty());
}

TEST_F(RollupTest, HostsShareTasksAndTakeOverThoseOfTheDead) {
  std::vector<std::string> ids;
  for (int i = 0; i < 6; ++i) ids.push_back(put(task_json(kTenMinutes)));
  std::vector<std::unique_ptr<RollupNode>> hosts;
  for (const std::string id : {"3", "1", "2"}) hosts.push_back(node(id));
  const auto round = [&] {
    for (auto& host : hosts) ASSERT_TRUE(host->beat().has_value());
    for (int i = 0; i < 2; ++i)
      for (auto& host : hosts) ASSERT_TRUE(host->check().has_value());
  };
  round();
  now_ += 20'000;
  round();
  EXPECT_TRUE(hosts[1]->coordinator());
  EXPECT_FALSE(hosts[0]->coordinator());
  for (auto& host : hosts) EXPECT_EQ(host->figures().tasks, 2u);

  // The coordinator dies without a word.
  hosts.erase(hosts.begin() + 1);
  now_ += 20'000;
  round();
  EXPECT_EQ(hosts[0]->figures().tasks, 2u);
  now_ += 20'000;
  round();
  EXPECT_TRUE(hosts[1]->coordinator());
  for (auto& host : hosts) EXPECT_EQ(host->figures().tasks, 3u);

  // The other one says good-bye.
  ASSERT_TRUE(hosts[0]->leave().has_value());
  hosts.erase(hosts.begin());
  now_ += 1000;
  round();
  EXPECT_EQ(hosts[0]->figures().tasks, 6u);
  EXPECT_EQ(rollups_.assignments()->size(), 6u);
}

TEST_F(RollupTest, DeletedAndChangedTasksAreSeen) {
  const std::string id = put(task_json(kTenMinutes));
  const std::string other = put(task_json(kTenMinutes));
  const auto host = node("1");
  const auto round = [&] {
    now_ += 10'000;
    ASSERT_TRUE(host->beat().has_value());
    ASSERT_TRUE(host->check().has_value());
  };
  round();
  ASSERT_EQ(host->figures().tasks, 2u);
  ASSERT_TRUE(rollups_.erase_task(other).has_value());
  round();
  EXPECT_EQ(host->figures().tasks, 1u);
  EXPECT_EQ(rollups_.assignments()->size(), 1u);
  EXPECT_FALSE(rollups_.status(other)->has_value());

  auto changed = *parse_rollup_task(task_json(kTenMinutes, R"("value":5,"unit":"minutes")"), id, parser_options());
  ASSERT_TRUE(rollups_.put_task(changed).has_value());
  round();
  EXPECT_EQ(host->next_due(), now_ - 10'000 + 5 * kMinute);  // from its change on
}

TEST_F(RollupTest, ATaskThatDoesNotParseLeavesTheOthersAlone) {
  put(task_json(kTenMinutes));
  ASSERT_TRUE(services_.put("_Rollups", "Config", "broken", "{\"name\":").has_value());
  const auto host = node("1");
  ASSERT_TRUE(host->beat().has_value());
  ASSERT_TRUE(host->check().has_value());
  EXPECT_EQ(host->figures().tasks, 1u);
}

TEST_F(RollupTest, TheStoreIsJavas) {
  const std::string id = put(task_json(kTenMinutes));
  const auto host = node("guid");
  ASSERT_TRUE(host->beat().has_value());
  ASSERT_TRUE(host->check().has_value());
  const auto value = [&](const char* service, const char* key, const std::string& name) {
    const auto found = services_.get(service, key, name);
    return found && *found ? (*found)->value : "nothing";
  };
  EXPECT_EQ(value("_Hosts", "Active", "guid"), "host-guid");
  EXPECT_EQ(value("_Hosts", "guid", "host-guid"), "active");
  EXPECT_EQ(value("_Rollups", "Assignment", id), "guid");
  EXPECT_TRUE(value("_Rollups", "Config", id).starts_with("{\"id\":\"" + id + "\",\"name\":\"t\","));
  EXPECT_EQ(value("_Rollups", "Status", id),
            R"({"statuses":[{"metricName":"m","lastExecuted":"Never","dataPointCount":0,"executionLength":0,)"
            R"("lastExecutionTime":0}],"executingHost":"host-guid","nextScheduled":")" +
                rollup_time_text(now_ + kHour, Zone()) + "\"}");
}

class RollupApiTest : public RollupTest {
 protected:
  RollupApi api_{engine_, rollups_, {.now = [this] { return now_; }, .changed = [this] { ++changes_; }}};
  int changes_ = 0;

  std::string call(std::string_view method, std::string_view path, std::string_view body = "",
                   const RollupApi::Parameters& parameters = {}) {
    const RollupAnswer answer = api_.handle(method, path, parameters, body);
    return std::to_string(answer.status) + " " + answer.body;
  }
};

TEST_F(RollupApiTest, TasksAreMadeReadChangedAndDeleted) {
  EXPECT_EQ(call("GET", ""), "200 []");
  const std::string made = call("POST", "", task_json(kTenMinutes));
  ASSERT_TRUE(made.starts_with("200 {\"id\":\""));
  const std::string id = made.substr(11, 36);
  EXPECT_EQ(made, "200 {\"id\":\"" + id + R"(","name":"t","attributes":{"url":"/api/v1/rollups/)" + id + "\"}}");
  const std::string json = "{\"id\":\"" + id + "\"," + task_json(kTenMinutes).substr(1);
  EXPECT_EQ(call("GET", "/" + id), "200 " + json);
  EXPECT_EQ(call("GET", "/"), "200 [" + json + "]");
  EXPECT_EQ(call("PUT", "/" + id, task_json(kTenMinutes, R"("value":1,"unit":"days")", "", "u")),
            "200 {\"id\":\"" + id + R"(","name":"u","attributes":{"url":"/api/v1/rollups/)" + id + "\"}}");
  EXPECT_NE(call("GET", "/" + id).find("\"name\":\"u\""), std::string::npos);
  EXPECT_EQ(call("PUT", "/" + id, R"({"name":"u","execution_interval":{"value":1,"unit":"hours"}})"),
            "500 {\"errors\":[null]}");
  EXPECT_EQ(call("DELETE", "/" + id), "204 ");
  EXPECT_EQ(call("GET", "/" + id), "404 {\"errors\":[\"Resource not found for id " + id + "\"]}");
  EXPECT_EQ(changes_, 3);
}

TEST_F(RollupApiTest, ErrorsAreKairosDbs) {
  EXPECT_EQ(call("POST", "", R"({"name":"r1"})"), R"(400 {"errors":["executionInterval may not be null"]})");
  EXPECT_FALSE(api_.handle("POST", "", {}, R"({"name":"r1"})").as_result);
  EXPECT_EQ(call("POST", ""), "500 ");
  EXPECT_EQ(call("POST", "", "{").substr(0, 4), "500 ");
  EXPECT_EQ(call("PUT", "/zzz", "x"), R"(404 {"errors":["Resource not found for id zzz"]})");
  EXPECT_EQ(call("DELETE", "/zzz"), R"(404 {"errors":["Resource not found for id zzz"]})");
  EXPECT_EQ(call("GET", "/status/zzz"), R"(404 {"errors":["Status not found for id zzz"]})");
  EXPECT_EQ(call("GET", "/backfill/zzz"), "500 ");
  EXPECT_EQ(call("GET", "/backfill/zzz", "", {{"startTime", "x"}}), R"(500 {"errors":["Unparseable date: \"x\""]})");
  EXPECT_EQ(call("GET", "/backfill/zzz", "", {{"startTime", "2020-01-01-00-00-00-000"}}),
            R"(404 {"errors":["Resource not found for id zzz"]})");
  EXPECT_EQ(call("DELETE", ""), "405 ");
  EXPECT_EQ(call("POST", "/zzz"), "405 ");
  EXPECT_EQ(call("GET", "/a/b"), "404 ");
}

TEST_F(RollupApiTest, BackfillRollsUpARangeAtOnce) {
  fill(kStart + 2 * kHour);
  const std::string id = put(task_json(kTenMinutes));
  EXPECT_EQ(call("GET", "/backfill/" + id, "",
                 {{"startTime", "2020-09-13-12-00-00-000"}, {"endTime", "2020-09-13-12-35-00-000"}}),
            "204 ");
  EXPECT_EQ(saved().size(), 4u);
  EXPECT_EQ(call("GET", "/backfill/" + id, "", {{"startTime", "2020-09-13-12-00-00-000"}}), "204 ");
  EXPECT_EQ(saved().size(), 12u);
}

TEST_F(RollupTest, TheServicesThreadsRunWhatIsDue) {
  fill(now_);
  const std::string id = put(task_json(kTenMinutes));
  RollupStatus before;
  before.queries = {{"m", "", 0, 0, {}, kStart}};
  ASSERT_TRUE(rollups_.put_status(id, before).has_value());
  const auto host = node("1");
  RollupService service(*host, {});
  service.start();
  for (int i = 0; i < 500 && host->figures().runs == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  service.stop();
  EXPECT_EQ(host->figures().runs, 1u);
  EXPECT_EQ(saved().size(), 12u);
  EXPECT_TRUE(services_.keys("_Hosts", "Active", "")->empty());
}

TEST(ServerIdTest, AnIdIsMadeOnceAndKept) {
  const std::string file = testing::TempDir() + "server-id-test";
  std::filesystem::remove(file);
  const auto id = server_id(file);
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(id->size(), 36u);
  EXPECT_EQ(*server_id(file), *id);
  std::filesystem::remove(file);
  EXPECT_FALSE(server_id("/nonexistent/folder/id").has_value());
}

}  // namespace
}  // namespace sluice::timeseries
