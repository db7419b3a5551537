// SPDX-License-Identifier: Apache-2.0
// The expected answers are those of a running KairosDB, recorded from its HTTP API.
#include "timeseries/engine/engine.h"

#include <gtest/gtest.h>

#include "timeseries/memory_store.h"

namespace sluice::timeseries {
namespace {

constexpr int64_t kStart = 1'600'000'000'000;

class Text : public AnswerSink {
 public:
  Status write(std::string_view piece) override {
    text += piece;
    ++pieces;
    return {};
  }
  std::string text;
  size_t pieces = 0;
};

RangeAggregator range(RangeFunction function, int64_t value, TimeUnit unit) {
  RangeAggregator made;
  made.function = function;
  made.sampling = {value, unit};
  return made;
}

class EngineTest : public testing::Test {
 protected:
  EngineTest() {
    for (int host = 0; host < 3; ++host) {
      const auto series = add_series("gold.long", PointType::kLong,
                                     {{"host", "h" + std::to_string(host)}, {"dc", host == 1 ? "d1" : "d0"}});
      for (int64_t i = 0; i < 200; ++i)
        batch_.add_long(series, kStart + i * 1000 + host * 7, (i * 37 + host * 11) % 101);
    }
    const auto day = add_series("gold.day", PointType::kLong, {{"host", "a"}});
    for (int64_t i = 0; i < 400; ++i) batch_.add_long(day, 1'577'840'400'000 + i * 86'400'000, i);
    const std::vector<Tags::Tag> a{{"host", "a"}};
    const auto longs = add_series("gold.mix", PointType::kLong, a);
    const auto doubles = add_series("gold.mix", PointType::kDouble, a);
    const auto texts = add_series("gold.mix", PointType::kString, a);
    batch_.add_long(longs, kStart, 1);
    batch_.add_double(doubles, kStart + 1000, 2.5);
    batch_.add_text(texts, kStart + 2000, "x");
    batch_.add_text(texts, kStart + 3000, "y z");
    batch_.add_long(longs, kStart + 4000, -7);
    batch_.add_double(doubles, kStart + 5000, 1000);
    batch_.add_long(longs, kStart + 6000, 12);
    batch_.add_double(doubles, kStart + 7000, 12.5);
    batch_.add_text(texts, kStart + 8000, "true");
    EXPECT_TRUE(store_.write(batch_).has_value());
  }

  SeriesRef add_series(std::string_view metric, PointType type, std::vector<Tags::Tag> tags) {
    return *store_.series(metric, type, Tags(std::move(tags)));
  }

  // A metric with the query's times and zone set in everything that has them.
  static MetricQuery metric(std::string name, int64_t start, int64_t end, std::vector<Aggregator> aggregators = {},
                            std::vector<GroupBy> group_bys = {}, const std::string& zone = "UTC") {
    MetricQuery made;
    made.series = {std::move(name), start, end, {}};
    made.aggregators = std::move(aggregators);
    made.group_bys = std::move(group_bys);
    for (auto& aggregator : made.aggregators)
      if (auto* one = std::get_if<RangeAggregator>(&aggregator)) one->start = start, one->end = end, one->zone = zone;
    for (auto& group_by : made.group_bys)
      if (auto* time = std::get_if<TimeGroupBy>(&group_by)) time->start = start;
    return made;
  }
  static MetricQuery host(std::string host, MetricQuery metric) {
    metric.series.tags = {{"host", {std::move(host)}}};
    return metric;
  }
  static MetricQuery descending(MetricQuery metric) {
    metric.order = Order::kDescending;
    return metric;
  }

  std::string answer(std::vector<MetricQuery> metrics, EngineOptions options = {}) {
    Query query;
    query.metrics = std::move(metrics);
    Text sink;
    Engine engine(store_, nullptr, options);
    const auto status = engine.answer(query, {}, sink);
    if (!status) return "error: " + status.error().message();
    return sink.text;
  }
  std::string answer(MetricQuery metric) {
    std::vector<MetricQuery> metrics;
    metrics.push_back(std::move(metric));
    return answer(std::move(metrics));
  }

  MemoryStore store_;
  WriteBatch batch_;
};

TEST_F(EngineTest, AverageByHost) {
  EXPECT_EQ(answer(metric("gold.long", kStart, kStart + 300'000, {range(RangeFunction::kAvg, 1, TimeUnit::kMinutes)},
                          {TagGroupBy{{"host"}}})),
            R"({"queries":[{"sample_size":600,"results":[{"name":"gold.long","group_by":[{"name":"tag","tags":["hos)"
            R"(t"],"group":{"host":"h0"}},{"name":"type","type":"number"}],"tags":{"dc":["d0"],"host":["h0"]},"valu)"
            R"(es":[[1600000000000,48.5],[1600000020000,50.53333333333333],[1600000080000,50.21666666666667],[16000)"
            R"(00140000,49.9]]},{"name":"gold.long","group_by":[{"name":"tag","tags":["host"],"group":{"host":"h1"})"
            R"(},{"name":"type","type":"number"}],"tags":{"dc":["d1"],"host":["h1"]},"values":[[1600000000007,49.4])"
            R"(,[1600000020007,49.75],[1600000080007,49.43333333333333],[1600000140007,50.8]]},{"name":"gold.long",)"
            R"("group_by":[{"name":"tag","tags":["host"],"group":{"host":"h2"}},{"name":"type","type":"number"}],"t)"
            R"(ags":{"dc":["d0"],"host":["h2"]},"values":[[1600000000014,50.3],[1600000020014,48.96666666666667],[1)"
            R"(600000080014,50.333333333333336],[1600000140014,50.016666666666666]]}]}]})");
}

TEST_F(EngineTest, DeviationByHost) {
  EXPECT_EQ(answer(metric("gold.long", kStart, kStart + 300'000, {range(RangeFunction::kDev, 1, TimeUnit::kMinutes)},
                          {TagGroupBy{{"host"}}})),
            R"({"queries":[{"sample_size":600,"results":[{"name":"gold.long","group_by":[{"name":"tag","tags":["hos)"
            R"(t"],"group":{"host":"h0"}},{"name":"type","type":"number"}],"tags":{"dc":["d0"],"host":["h0"]},"valu)"
            R"(es":[[1600000000000,31.079693827659444],[1600000020000,29.36414663062138],[1600000080000,29.37143294)"
            R"(846762],[1600000140000,29.338873385415194]]},{"name":"gold.long","group_by":[{"name":"tag","tags":[")"
            R"(host"],"group":{"host":"h1"}},{"name":"type","type":"number"}],"tags":{"dc":["d1"],"host":["h1"]},"v)"
            R"(alues":[[1600000000007,30.5448763900627],[1600000020007,29.421901792452942],[1600000080007,29.416567)"
            R"(83645636],[1600000140007,29.402986127608546]]},{"name":"gold.long","group_by":[{"name":"tag","tags":)"
            R"(["host"],"group":{"host":"h2"}},{"name":"type","type":"number"}],"tags":{"dc":["d0"],"host":["h2"]},)"
            R"("values":[[1600000000014,29.965067381167273],[1600000020014,29.393281064750397],[1600000080014,29.43)"
            R"(402082490437],[1600000140014,29.452916558217282]]}]}]})");
}

TEST_F(EngineTest, LeastSquaresByHost) {
  EXPECT_EQ(answer(metric("gold.long", kStart, kStart + 300'000,
                          {range(RangeFunction::kLeastSquares, 1, TimeUnit::kMinutes)}, {TagGroupBy{{"host"}}})),
            R"({"queries":[{"sample_size":600,"results":[{"name":"gold.long","group_by":[{"name":"tag","tags":["hos)"
            R"(t"],"group":{"host":"h0"}},{"name":"type","type":"number"}],"tags":{"dc":["d0"],"host":["h0"]},"valu)"
            R"(es":[[1600000000000,34.62857151031494],[1600000019000,62.37142896652222],[1600000020000,49.171038240)"
            R"(19432],[1600000079000,51.89562840759754],[1600000080000,45.294535517692566],[1600000139000,55.138797)"
            R"(81961441],[1600000140000,46.3852459192276],[1600000199000,53.41475409269333]]},{"name":"gold.long",")"
            R"(group_by":[{"name":"tag","tags":["host"],"group":{"host":"h1"}},{"name":"type","type":"number"}],"ta)"
            R"(gs":{"dc":["d1"],"host":["h1"]},"values":[[1600000000007,47.071428537368774],[1600000019007,51.72857)"
            R"(141494751],[1600000020007,49.1327868886292],[1600000079007,50.36721311509609],[1600000080007,52.5415)"
            R"(30072689056],[1600000139007,46.325136601924896],[1600000140007,52.74918033182621],[1600000199007,48.)"
            R"(85081967711449]]},{"name":"gold.long","group_by":[{"name":"tag","tags":["host"],"group":{"host":"h2")"
            R"(}},{"name":"type","type":"number"}],"tags":{"dc":["d0"],"host":["h2"]},"values":[[1600000000014,50.8)"
            R"(57142865657806],[1600000019014,49.74285715818405],[1600000020014,50.08797813951969],[1600000079014,4)"
            R"(7.845355190336704],[1600000080014,54.931693971157074],[1600000139014,45.73497265577316],[16000001400)"
            R"(14,52.04863388836384],[1600000199014,47.984699457883835]]}]}]})");
}

TEST_F(EngineTest, LastByHost) {
  EXPECT_EQ(answer(metric("gold.long", kStart, kStart + 300'000, {range(RangeFunction::kLast, 1, TimeUnit::kMinutes)},
                          {TagGroupBy{{"host"}}})),
            R"({"queries":[{"sample_size":600,"results":[{"name":"gold.long","group_by":[{"name":"tag","tags":["hos)"
            R"(t"],"group":{"host":"h0"}},{"name":"type","type":"number"}],"tags":{"dc":["d0"],"host":["h0"]},"valu)"
            R"(es":[[1600000019000,97],[1600000079000,95],[1600000139000,93],[1600000199000,91]]},{"name":"gold.lon)"
            R"(g","group_by":[{"name":"tag","tags":["host"],"group":{"host":"h1"}},{"name":"type","type":"number"}])"
            R"(,"tags":{"dc":["d1"],"host":["h1"]},"values":[[1600000019007,7],[1600000079007,5],[1600000139007,3],)"
            R"([1600000199007,1]]},{"name":"gold.long","group_by":[{"name":"tag","tags":["host"],"group":{"host":"h)"
            R"(2"}},{"name":"type","type":"number"}],"tags":{"dc":["d0"],"host":["h2"]},"values":[[1600000019014,18)"
            R"(],[1600000079014,16],[1600000139014,14],[1600000199014,12]]}]}]})");
}

TEST_F(EngineTest, DescendingOrderMakesOneBucket) {
  EXPECT_EQ(answer(descending(
                metric("gold.long", kStart, kStart + 300'000, {range(RangeFunction::kFirst, 10, TimeUnit::kSeconds)}))),
            R"({"queries":[{"sample_size":600,"results":[{"name":"gold.long","group_by":[{"name":"type","type":"num)"
            R"(ber"}],"tags":{"dc":["d0","d1"],"host":["h0","h1","h2"]},"values":[[1600000199014,12]]}]}]})");
}

TEST_F(EngineTest, Percentile) {
  auto percentile = range(RangeFunction::kPercentile, 1, TimeUnit::kMinutes);
  percentile.percentile = 0.9;
  EXPECT_EQ(answer(metric("gold.long", kStart, kStart + 300'000, {percentile})),
            R"({"queries":[{"sample_size":600,"results":[{"name":"gold.long","group_by":[{"name":"type","type":"num)"
            R"(ber"}],"tags":{"dc":["d0","d1"],"host":["h0","h1","h2"]},"values":[[1600000000000,93.5],[16000000200)"
            R"(00,90.9],[1600000080000,90.9],[1600000140000,90.9]]}]}]})");
}

TEST_F(EngineTest, FirstAtTheEndOfItsBucket) {
  auto first = range(RangeFunction::kFirst, 7, TimeUnit::kSeconds);
  first.align_end_time = true;
  EXPECT_EQ(answer(metric("gold.long", kStart, kStart + 300'000, {first})),
            R"({"queries":[{"sample_size":600,"results":[{"name":"gold.long","group_by":[{"name":"type","type":"num)"
            R"(ber"}],"tags":{"dc":["d0","d1"],"host":["h0","h1","h2"]},"values":[[1600000007000,0],[1600000014000,)"
            R"(57],[1600000021000,13],[1600000028000,70],[1600000035000,26],[1600000042000,83],[1600000049000,39],[)"
            R"(1600000056000,96],[1600000063000,52],[1600000070000,8],[1600000077000,65],[1600000084000,21],[160000)"
            R"(0091000,78],[1600000098000,34],[1600000105000,91],[1600000112000,47],[1600000119000,3],[160000012600)"
            R"(0,60],[1600000133000,16],[1600000140000,73],[1600000147000,29],[1600000154000,86],[1600000161000,42])"
            R"(,[1600000168000,99],[1600000175000,55],[1600000182000,11],[1600000189000,68],[1600000196000,24],[160)"
            R"(0000203000,81]]}]}]})");
}

TEST_F(EngineTest, Gaps) {
  auto gaps = range(RangeFunction::kGaps, 500, TimeUnit::kMilliseconds);
  gaps.align_start_time = true;
  EXPECT_EQ(answer(host("h0", metric("gold.long", kStart, kStart + 4000, {gaps}))),
            R"({"queries":[{"sample_size":5,"results":[{"name":"gold.long","group_by":[{"name":"type","type":"numbe)"
            R"(r"}],"tags":{"dc":["d0"],"host":["h0"]},"values":[[1600000000000,0],[1600000000500,null],[1600000001)"
            R"(000,37],[1600000001500,null],[1600000002000,74],[1600000002500,null],[1600000003000,10],[16000000035)"
            R"(00,null],[1600000004000,47]]}]}]})");
  gaps.align_start_time = false;
  gaps.trim = true;
  EXPECT_EQ(answer(host("h0", metric("gold.long", kStart - 2000, kStart + 4000, {gaps}))),
            R"({"queries":[{"sample_size":5,"results":[{"name":"gold.long","group_by":[{"name":"type","type":"numbe)"
            R"(r"}],"tags":{"dc":["d0"],"host":["h0"]},"values":[[1600000000000,0],[1600000000500,null],[1600000001)"
            R"(000,37],[1600000001500,null],[1600000002000,74],[1600000002500,null],[1600000003000,10],[16000000035)"
            R"(00,null],[1600000004000,47]]}]}]})");
  EXPECT_EQ(
      answer(metric("gold.long", kStart, kStart + 4000, {gaps, range(RangeFunction::kSum, 1, TimeUnit::kSeconds)})),
      "error: No aggregator can be chained after org.kairosdb.core.aggregator.DataGapsMarkingAggregator");
}

TEST_F(EngineTest, MonthsFromThe31st) {
  auto count = range(RangeFunction::kCount, 1, TimeUnit::kMonths);
  count.align_sampling = false;
  count.align_start_time = true;
  EXPECT_EQ(answer(metric("gold.day", 1'580'428'800'000, 1'612'396'800'000, {count})),
            R"({"queries":[{"sample_size":370,"results":[{"name":"gold.day","group_by":[{"name":"type","type":"numb)"
            R"(er"}],"tags":{"host":["a"]},"values":[[1580428800000,29],[1582934400000,31],[1585612800000,30],[1588)"
            R"(204800000,31],[1590883200000,30],[1593475200000,31],[1596153600000,31],[1598832000000,30],[160142400)"
            R"(0000,31],[1604102400000,30],[1606694400000,31],[1609372800000,31],[1612051200000,4]]}]}]})");
}

TEST_F(EngineTest, BucketsOfAZone) {
  auto count = range(RangeFunction::kCount, 1, TimeUnit::kMonths);
  count.align_start_time = true;
  EXPECT_EQ(answer(metric("gold.day", 1'577'836'800'000, 1'612'396'800'000, {count}, {}, "America/New_York")),
            R"({"queries":[{"sample_size":400,"results":[{"name":"gold.day","group_by":[{"name":"type","type":"numb)"
            R"(er"}],"tags":{"host":["a"]},"values":[[1575176400000,1],[1577854800000,31],[1580533200000,29],[15830)"
            R"(38800000,31],[1585713600000,30],[1588305600000,31],[1590984000000,30],[1593576000000,31],[1596254400)"
            R"(000,31],[1598932800000,30],[1601524800000,31],[1604203200000,30],[1606798800000,31],[1609477200000,3)"
            R"(1],[1612155600000,2]]}]}]})");
  count.sampling = {7, TimeUnit::kHours};
  EXPECT_EQ(answer(metric("gold.day", 1'583'500'000'000, 1'583'900'000'000, {count}, {}, "America/New_York")),
            R"({"queries":[{"sample_size":5,"results":[{"name":"gold.day","group_by":[{"name":"type","type":"number)"
            R"("}],"tags":{"host":["a"]},"values":[[1583521200000,1],[1583622000000,1],[1583697600000,1],[158379840)"
            R"(0000,1],[1583874000000,1]]}]}]})");
}

TEST_F(EngineTest, RateGoesBackInDescendingOrder) {
  EXPECT_EQ(answer(descending(host(
                "h0", metric("gold.long", kStart, kStart + 9000, {RateAggregator{{1, TimeUnit::kSeconds}, "UTC"}})))),
            R"({"queries":[{"sample_size":10,"results":[{"name":"gold.long","group_by":[{"name":"type","type":"numb)"
            R"(er"}],"tags":{"dc":["d0"],"host":["h0"]},"values":[[1600000008000,-64],[1600000007000,37],[160000000)"
            R"(6000,37],[1600000005000,-64],[1600000004000,37],[1600000003000,37],[1600000002000,-64],[160000000100)"
            R"(0,37],[1600000000000,37]]}]}]})");
}

TEST_F(EngineTest, MovingAverage) {
  EXPECT_EQ(answer(host("h0", metric("gold.long", kStart, kStart + 9000, {SmaAggregator{3}}))),
            R"({"queries":[{"sample_size":10,"results":[{"name":"gold.long","group_by":[{"name":"type","type":"numb)"
            R"(er"}],"tags":{"dc":["d0"],"host":["h0"]},"values":[[1600000002000,37],[1600000003000,40.333333333333)"
            R"(336],[1600000004000,43.666666666666664],[1600000005000,47],[1600000006000,50.333333333333336],[16000)"
            R"(00007000,53.666666666666664],[1600000008000,57],[1600000009000,60.333333333333336]]}]}]})");
}

TEST_F(EngineTest, Score) {
  EXPECT_EQ(answer(host(
                "h0", metric("gold.long", kStart, kStart + 9000, {ScoreAggregator{{{20, false}, {50, true}}, false}}))),
            R"({"queries":[{"sample_size":10,"results":[{"name":"gold.long","group_by":[{"name":"type","type":"numb)"
            R"(er"}],"tags":{"dc":["d0"],"host":["h0"]},"values":[[1600000000000,0],[1600000001000,1],[160000000200)"
            R"(0,2],[1600000003000,0],[1600000004000,1],[1600000005000,2],[1600000006000,1],[1600000007000,2],[1600)"
            R"(000008000,2],[1600000009000,1]]}]}]})");
}

TEST_F(EngineTest, Chain) {
  EXPECT_EQ(
      answer(metric("gold.long", kStart, kStart + 300'000,
                    {range(RangeFunction::kSum, 10, TimeUnit::kSeconds), RateAggregator{{1, TimeUnit::kMinutes}, "UTC"},
                     ScaleAggregator{2}, TrimAggregator{TrimAggregator::Side::kBoth}})),
      R"({"queries":[{"sample_size":600,"results":[{"name":"gold.long","group_by":[{"name":"type","type":"num)"
      R"(ber"}],"tags":{"dc":["d0","d1"],"host":["h0","h1","h2"]},"values":[[1600000020000,-1332],[1600000030)"
      R"(000,-120],[1600000040000,1092],[1600000050000,-120],[1600000060000,-1332],[1600000070000,1092],[1600)"
      R"(000080000,1092],[1600000090000,-2544],[1600000100000,1092],[1600000110000,1092],[1600000120000,-2544)"
      R"(],[1600000130000,2304],[1600000140000,-120],[1600000150000,-1332],[1600000160000,1092],[160000017000)"
      R"(0,-120],[1600000180000,-120]]}]}]})");
}

TEST_F(EngineTest, TypesAreGroups) {
  EXPECT_EQ(answer(metric("gold.mix", kStart, kStart + 300'000)),
            R"({"queries":[{"sample_size":9,"results":[{"name":"gold.mix","group_by":[{"name":"type","type":"number)"
            R"("}],"tags":{"host":["a"]},"values":[[1600000000000,1],[1600000001000,2.5],[1600000004000,-7],[160000)"
            R"(0005000,1000],[1600000006000,12],[1600000007000,12.5]]},{"name":"gold.mix","group_by":[{"name":"type)"
            R"(","type":"text"}],"tags":{"host":["a"]},"values":[[1600000002000,"x"],[1600000003000,"y z"],[1600000)"
            R"(008000,"true"]]}]}]})");
}

TEST_F(EngineTest, FilterOfTexts) {
  FilterAggregator filter{FilterAggregator::Operation::kEqual, std::string("x")};
  EXPECT_EQ(answer(metric("gold.mix", kStart, kStart + 300'000, {filter})),
            R"({"queries":[{"sample_size":9,"results":[{"name":"gold.mix","group_by":[{"name":"type","type":"text"})"
            R"(],"tags":{"host":["a"]},"values":[[1600000003000,"y z"],[1600000008000,"true"]]}]}]})");
}

TEST_F(EngineTest, NamesOfTagsThatAreNoTexts) {
  const std::vector<GroupBy> by{TagGroupBy{{"host", "false"}, "class java.lang.Boolean cannot be cast"}};
  EXPECT_EQ(answer(metric("gold.long", kStart, kStart + 6000, {}, by)),
            "error: class java.lang.Boolean cannot be cast");
  EXPECT_EQ(answer(metric("gold.long", kStart - 6000, kStart - 1, {}, by)),
            R"({"queries":[{"sample_size":0,"results":[]}]})");
}

TEST_F(EngineTest, GroupsOfAMissingTag) {
  EXPECT_EQ(answer(metric("gold.long", kStart, kStart + 6000, {}, {TagGroupBy{{"nope"}}})),
            R"({"queries":[{"sample_size":19,"results":[{"name":"gold.long","group_by":[{"name":"tag","tags":["nope)"
            R"("],"group":{"nope":""}},{"name":"type","type":"number"}],"tags":{"dc":["d0","d1"],"host":["h0","h1",)"
            R"("h2"]},"values":[[1600000000000,0],[1600000000007,11],[1600000000014,22],[1600000001000,37],[1600000)"
            R"(001007,48],[1600000001014,59],[1600000002000,74],[1600000002007,85],[1600000002014,96],[160000000300)"
            R"(0,10],[1600000003007,21],[1600000003014,32],[1600000004000,47],[1600000004007,58],[1600000004014,69])"
            R"(,[1600000005000,84],[1600000005007,95],[1600000005014,5],[1600000006000,20]]}]}]})");
}

TEST_F(EngineTest, GroupsByValue) {
  EXPECT_EQ(answer(metric("gold.mix", kStart, kStart + 6000, {}, {ValueGroupBy{3}})),
            R"({"queries":[{"sample_size":7,"results":[{"name":"gold.mix","group_by":[{"name":"value","range_size":)"
            R"(3,"group":{"group_number":0}},{"name":"type","type":"number"}],"tags":{"host":["a"]},"values":[[1600)"
            R"(000000000,1],[1600000001000,2.5]]},{"name":"gold.mix","group_by":[{"name":"value","range_size":3,"gr)"
            R"(oup":{"group_number":-2}},{"name":"type","type":"number"}],"tags":{"host":["a"]},"values":[[16000000)"
            R"(04000,-7]]},{"name":"gold.mix","group_by":[{"name":"value","range_size":3,"group":{"group_number":33)"
            R"(3}},{"name":"type","type":"number"}],"tags":{"host":["a"]},"values":[[1600000005000,1000]]},{"name":)"
            R"("gold.mix","group_by":[{"name":"value","range_size":3,"group":{"group_number":4}},{"name":"type","ty)"
            R"(pe":"number"}],"tags":{"host":["a"]},"values":[[1600000006000,12]]},{"name":"gold.mix","group_by":[{)"
            R"("name":"value","range_size":3,"group":{"group_number":-1}},{"name":"type","type":"text"}],"tags":{"h)"
            R"(ost":["a"]},"values":[[1600000002000,"x"],[1600000003000,"y z"]]}]}]})");
}

TEST_F(EngineTest, GroupsByAll) {
  EXPECT_EQ(answer(metric("gold.long", kStart, kStart + 6000, {},
                          {TagGroupBy{{"dc"}}, ValueGroupBy{50}, TimeGroupBy{{3, TimeUnit::kSeconds}, 2, 0}})),
            R"({"queries":[{"sample_size":19,"results":[{"name":"gold.long","group_by":[{"name":"value","range_size)"
            R"(":50,"group":{"group_number":0}},{"name":"time","range_size":{"value":3,"unit":"SECONDS"},"group_cou)"
            R"(nt":2,"group":{"group_number":0}},{"name":"tag","tags":["dc"],"group":{"dc":"d0"}},{"name":"type","t)"
            R"(ype":"number"}],"tags":{"host":["h0","h2"],"dc":["d0"]},"values":[[1600000000000,0],[1600000000014,2)"
            R"(2],[1600000001000,37],[1600000006000,20]]},{"name":"gold.long","group_by":[{"name":"value","range_si)"
            R"(ze":50,"group":{"group_number":1}},{"name":"time","range_size":{"value":3,"unit":"SECONDS"},"group_c)"
            R"(ount":2,"group":{"group_number":0}},{"name":"tag","tags":["dc"],"group":{"dc":"d0"}},{"name":"type",)"
            R"("type":"number"}],"tags":{"host":["h0","h2"],"dc":["d0"]},"values":[[1600000001014,59],[160000000200)"
            R"(0,74],[1600000002014,96]]},{"name":"gold.long","group_by":[{"name":"value","range_size":50,"group":{)"
            R"("group_number":0}},{"name":"time","range_size":{"value":3,"unit":"SECONDS"},"group_count":2,"group":)"
            R"({"group_number":1}},{"name":"tag","tags":["dc"],"group":{"dc":"d0"}},{"name":"type","type":"number"})"
            R"(],"tags":{"host":["h0","h2"],"dc":["d0"]},"values":[[1600000003000,10],[1600000003014,32],[160000000)"
            R"(4000,47],[1600000005014,5]]},{"name":"gold.long","group_by":[{"name":"value","range_size":50,"group")"
            R"(:{"group_number":1}},{"name":"time","range_size":{"value":3,"unit":"SECONDS"},"group_count":2,"group)"
            R"(":{"group_number":1}},{"name":"tag","tags":["dc"],"group":{"dc":"d0"}},{"name":"type","type":"number)"
            R"("}],"tags":{"host":["h0","h2"],"dc":["d0"]},"values":[[1600000004014,69],[1600000005000,84]]},{"name)"
            R"(":"gold.long","group_by":[{"name":"value","range_size":50,"group":{"group_number":0}},{"name":"time")"
            R"(,"range_size":{"value":3,"unit":"SECONDS"},"group_count":2,"group":{"group_number":0}},{"name":"tag")"
            R"(,"tags":["dc"],"group":{"dc":"d1"}},{"name":"type","type":"number"}],"tags":{"host":["h1"],"dc":["d1)"
            R"("]},"values":[[1600000000007,11],[1600000001007,48]]},{"name":"gold.long","group_by":[{"name":"value)"
            R"(","range_size":50,"group":{"group_number":1}},{"name":"time","range_size":{"value":3,"unit":"SECONDS)"
            R"("},"group_count":2,"group":{"group_number":0}},{"name":"tag","tags":["dc"],"group":{"dc":"d1"}},{"na)"
            R"(me":"type","type":"number"}],"tags":{"host":["h1"],"dc":["d1"]},"values":[[1600000002007,85]]},{"nam)"
            R"(e":"gold.long","group_by":[{"name":"value","range_size":50,"group":{"group_number":0}},{"name":"time)"
            R"(","range_size":{"value":3,"unit":"SECONDS"},"group_count":2,"group":{"group_number":1}},{"name":"tag)"
            R"(","tags":["dc"],"group":{"dc":"d1"}},{"name":"type","type":"number"}],"tags":{"host":["h1"],"dc":["d)"
            R"(1"]},"values":[[1600000003007,21]]},{"name":"gold.long","group_by":[{"name":"value","range_size":50,)"
            R"("group":{"group_number":1}},{"name":"time","range_size":{"value":3,"unit":"SECONDS"},"group_count":2)"
            R"(,"group":{"group_number":1}},{"name":"tag","tags":["dc"],"group":{"dc":"d1"}},{"name":"type","type":)"
            R"("number"}],"tags":{"host":["h1"],"dc":["d1"]},"values":[[1600000004007,58],[1600000005007,95]]}]}]})");
}

TEST_F(EngineTest, LimitOfRowsAndOfGroups) {
  auto limited = descending(metric("gold.long", kStart, kStart + 300'000));
  limited.limit = 4;
  EXPECT_EQ(answer(limited),
            R"({"queries":[{"sample_size":12,"results":[{"name":"gold.long","group_by":[{"name":"type","type":"numb)"
            R"(er"}],"tags":{"dc":["d0","d1"],"host":["h0","h1","h2"]},"values":[[1600000199014,12],[1600000199007,)"
            R"(1],[1600000199000,91],[1600000198014,76]]}]}]})");
  limited = metric("gold.long", kStart, kStart + 300'000);
  limited.limit = 1;
  limited.exclude_tags = true;
  EXPECT_EQ(answer(limited),
            R"({"queries":[{"sample_size":3,"results":[{"name":"gold.long","group_by":[{"name":"type","type":"numbe)"
            R"(r"}],"values":[[1600000000000,0]]}]}]})");
}

TEST_F(EngineTest, GroupsWithoutPointsAreShownByOlderVersions) {
  auto none = metric("gold.none", kStart, kStart + 1);
  none.alias = "al";
  EXPECT_EQ(answer(none), R"({"queries":[{"sample_size":0,"results":[]}]})");
  EngineOptions old;
  old.compat = Compat::kV13;
  EXPECT_EQ(answer(std::vector{none}, old),
            R"({"queries":[{"sample_size":0,"results":[{"name":"gold.none","tags":{},"values":[]}]}]})");
  none.group_bys = {ValueGroupBy{1}};
  EXPECT_EQ(answer(std::vector{none}, old), R"({"queries":[{"sample_size":0,"results":[]}]})");
}

TEST_F(EngineTest, FailuresHaveKairosDbsTexts) {
  EXPECT_EQ(answer(metric("gold.long", kStart, kStart + 9, {range(RangeFunction::kSum, 0, TimeUnit::kDays)})),
            "error: / by zero");
  EXPECT_EQ(answer(metric("gold.none", kStart, kStart + 9, {SmaAggregator{0}})), "error: ");
  EXPECT_EQ(answer(metric("gold.long", kStart, kStart + 9, {SmaAggregator{-1}})),
            "error: NaN or Infinity:NaN data point=DoubleDataPoint{m_value=NaN, m_timestamp=1600000000000}");
  auto percentile = range(RangeFunction::kPercentile, 1, TimeUnit::kDays);
  percentile.percentile = 1.5;
  EXPECT_EQ(answer(metric("gold.long", kStart, kStart + 9, {percentile})), "error: 1.5 is not in [0..1]");
  EXPECT_EQ(
      answer(metric("gold.mix", kStart, kStart + 9000, {FilterAggregator{FilterAggregator::Operation::kMissing, 2.0}}))
          .substr(0, 20),
      "error: Cannot invoke");
  EXPECT_EQ(answer(metric("gold.long", kStart, kStart + 9, {}, {BinGroupBy{}})),
            "error: Index 0 out of bounds for length 0");
  EXPECT_EQ(answer(metric("gold.long", kStart, kStart + 9, {}, {BinGroupBy{{}, true}})),
            "error: Cannot load from double array because \"this.bins\" is null");
}

TEST_F(EngineTest, TagsOfAMetric) {
  const auto miss = add_series("gold.miss", PointType::kLong, {{"host", "a"}, {"x", "1"}});
  const auto other = add_series("gold.miss", PointType::kLong, {{"host", "b"}});
  WriteBatch batch;
  batch.add_long(miss, kStart, 1);
  batch.add_long(other, kStart, 2);
  ASSERT_TRUE(store_.write(batch).has_value());
  Query query;
  query.metrics = {metric("gold.long", kStart, kMaxTime), metric("gold.miss", kStart, kMaxTime)};
  Text sink;
  ASSERT_TRUE(Engine(store_, nullptr).answer_tags(query, {}, sink).has_value());
  EXPECT_EQ(sink.text,
            R"({"queries":[{"results":[{"name":"gold.long","tags":{"dc":["d0","d1"],"host":["h0","h1","h2"]},"value)"
            R"(s":[]}]},{"results":[{"name":"gold.miss","tags":{"host":["a","b"],"x":["1"]},"values":[]}]}]})");
}

TEST_F(EngineTest, SavedPointsAreAMetric) {
  SaveAsAggregator save;
  save.metric = "saved";
  save.tags = {{"z", "1"}};
  save.tags_to_keep = {"host"};
  const auto sum = range(RangeFunction::kSum, 1, TimeUnit::kHours);
  (void)answer(metric("gold.long", kStart, kStart + 3000, {sum, save}, {TagGroupBy{{"host"}}}));
  EXPECT_EQ(answer(metric("saved", kStart, kStart + 3000)),
            R"({"queries":[{"sample_size":3,"results":[{"name":"saved","group_by":[{"name":"type","type":"number"}],)"
            R"("tags":{"host":["h0","h1","h2"],"saved_from":["gold.long"],"z":["1"]},)"
            R"("values":[[1600000000000,121],[1600000000007,144],[1600000000014,177]]}]}]})");
  save.tags = {{"saved_from", "me"}};
  EXPECT_EQ(answer(metric("gold.long", kStart, kStart + 3000, {save})),
            "error: Multiple entries with same key: saved_from=me and saved_from=gold.long");
}

TEST_F(EngineTest, AnswersAreGivenInPieces) {
  EngineOptions options;
  options.hold_bytes = 1000;
  options.piece_bytes = 500;
  Query query;
  query.metrics = {metric("gold.long", kStart, kMaxTime, {}, {TagGroupBy{{"host"}}})};
  Text sink;
  ASSERT_TRUE(Engine(store_, nullptr, options).answer(query, {}, sink).has_value());
  EXPECT_GT(sink.pieces, 2u);
  EXPECT_EQ(sink.text, answer(query.metrics[0]));
  // A failure in what is held back leaves nothing behind.
  Text nothing;
  query.metrics.push_back(metric("gold.long", kStart, kMaxTime, {SmaAggregator{-1}}));
  EXPECT_FALSE(Engine(store_, nullptr).answer(query, {}, nothing).has_value());
  EXPECT_EQ(nothing.pieces, 0u);
}

TEST_F(EngineTest, QueriesCanBeStopped) {
  Query query;
  query.metrics = {metric("gold.long", kStart, kMaxTime)};
  Text sink;
  const std::atomic<bool> cancelled = true;
  QueryRun run;
  run.cancelled = &cancelled;
  EXPECT_EQ(Engine(store_, nullptr).answer(query, run, sink).error().code(), Code::kCancelled);
  run = {};
  run.deadline = Deadline::after(std::chrono::seconds(-1));
  EXPECT_EQ(Engine(store_, nullptr).answer(query, run, sink).error().code(), Code::kDeadlineExceeded);
  EngineOptions options;
  options.max_points = 599;
  EXPECT_EQ(Engine(store_, nullptr, options).answer(query, {}, sink).error().code(), Code::kResourceExhausted);
  // Null points without end are stopped as well.
  query.metrics = {metric("gold.none", 0, kStart, {range(RangeFunction::kGaps, 1, TimeUnit::kMilliseconds)})};
  run.deadline = Deadline::after(std::chrono::milliseconds(50));
  EXPECT_EQ(Engine(store_, nullptr).answer(query, run, sink).error().code(), Code::kDeadlineExceeded);
  // And so are those that the next aggregator swallows.
  query.metrics.front().aggregators.push_back(range(RangeFunction::kCount, 1'000'000, TimeUnit::kYears));
  run.deadline = Deadline::after(std::chrono::milliseconds(50));
  EXPECT_EQ(Engine(store_, nullptr).answer(query, run, sink).error().code(), Code::kDeadlineExceeded);
}

TEST_F(EngineTest, CachedReadsAnswerUntilTheyAreOld) {
  auto now = ReadCache::Clock::now();
  ReadCache cache(1 << 20, [&] { return now; });
  Engine engine(store_, &cache);
  Query query;
  query.cache_seconds = 10;
  query.metrics = {metric("gold.long", kStart, kMaxTime, {range(RangeFunction::kSum, 1, TimeUnit::kHours)})};
  query.metrics[0].cache_key = "key";
  const auto ask = [&](QueryFigures& figures) {
    Text sink;
    EXPECT_TRUE(engine.answer(query, {}, sink, &figures).has_value());
    return sink.text;
  };
  QueryFigures first, second, limited, late;
  const auto answer = ask(first);
  EXPECT_EQ(first.points, 600u);
  EXPECT_EQ(first.cached_points, 0u);
  WriteBatch batch;
  batch.add_long(add_series("gold.long", PointType::kLong, {{"host", "h9"}}), kStart, 1);
  ASSERT_TRUE(store_.write(batch).has_value());
  now += std::chrono::seconds(9);
  EXPECT_EQ(ask(second), answer);
  EXPECT_EQ(second.cached_points, 600u);
  query.metrics[0].limit = 5;  // reads other points
  EXPECT_NE(ask(limited), answer);
  EXPECT_EQ(limited.cached_points, 0u);
  query.metrics[0].limit = 0;
  now += std::chrono::seconds(1);
  EXPECT_NE(ask(late), answer);
  EXPECT_EQ(late.cached_points, 0u);
}

TEST_F(EngineTest, TheQueryIsRepeatedWhenAskedFor) {
  Query query;
  QueryRun run;
  run.original_query = R"({"a":1})";
  Text sink;
  ASSERT_TRUE(Engine(store_, nullptr).answer(query, run, sink).has_value());
  EXPECT_EQ(sink.text, R"({"original_query":{"a":1},"queries":[]})");
}

}  // namespace
}  // namespace sluice::timeseries
