// SPDX-License-Identifier: Apache-2.0
#include "timeseries/engine/operators.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "timeseries/engine/operator_base.h"

namespace sluice::timeseries {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Gives its points in batches of one size: what operators do must not depend on it.
class InBatches : public PointSource {
 public:
  InBatches(const Points& points, size_t batch) : points_(points), batch_(batch) {}
  Status next(Points& into) override {
    into.clear();
    const size_t end = std::min(points_.size(), at_ + batch_);
    into.append(points_, at_, end);
    at_ = end;
    return {};
  }

 private:
  const Points& points_;
  const size_t batch_;
  size_t at_ = 0;
};

std::string text_of(const Points& points, size_t i) {
  switch (points.type(i)) {
    case PointType::kNull:
      return "null";
    case PointType::kString:
      return "'" + std::string(points.text(i)) + "'";
    case PointType::kLong:
      return std::to_string(points.long_value(i)) + "l";
    default: {
      std::string text = std::to_string(points.double_value(i));
      while (text.back() == '0') text.pop_back();
      if (text.back() == '.') text.pop_back();
      return text;
    }
  }
}

// "time:value ... [! failure]" of what the aggregators make of the points, whatever the batches are.
std::string run(const Points& points, std::vector<Aggregator> aggregators, PointGroup group = PointGroup::kNumber,
                uint32_t limit = 0) {
  MetricQuery query;
  query.aggregators = std::move(aggregators);
  query.limit = limit;
  std::string expected;
  for (const size_t batch : {1u, 2u, 3u, 1000u}) {
    std::string text;
    auto pipeline = Pipeline::make(query);
    if (!pipeline) return pipeline.error().message();
    const GroupTags tags;
    auto stream = pipeline->apply(std::make_unique<InBatches>(points, batch), group, {nullptr, &query, &tags});
    if (!stream) return stream.error().message();
    for (Points out;;) {
      if (const auto status = (*stream)->next(out); !status) {
        text += (text.empty() ? "! " : " ! ") + status.error().message();
        break;
      }
      if (out.empty()) break;
      for (size_t i = 0; i < out.size(); ++i)
        text += (text.empty() ? "" : " ") + std::to_string(out.time(i)) + ":" + text_of(out, i);
    }
    if (batch != 1) {
      EXPECT_EQ(text, expected) << "batches of " << batch;
    }
    expected = text;
  }
  return expected;
}

Points doubles(const std::vector<std::pair<int64_t, double>>& values) {
  Points points;
  for (const auto& [time, value] : values) points.add_double(time, value);
  return points;
}

RangeAggregator seconds(RangeFunction function, int64_t count = 1) {
  RangeAggregator made;
  made.function = function;
  made.sampling = {count, TimeUnit::kSeconds};
  made.end = 5000;
  return made;
}

const Points& some() {
  static const Points points = doubles({{0, 4}, {500, 1}, {999, 2.5}, {3000, -1}, {3999, 3}, {4000, 7}});
  return points;
}

TEST(RangeOperators, MakeOnePointOfABucket) {
  EXPECT_EQ(run(some(), {seconds(RangeFunction::kSum)}), "0:7.5 3000:2 4000:7");
  EXPECT_EQ(run(some(), {seconds(RangeFunction::kAvg)}), "0:2.5 3000:1 4000:7");
  EXPECT_EQ(run(some(), {seconds(RangeFunction::kMin)}), "0:1 3000:-1 4000:7");
  EXPECT_EQ(run(some(), {seconds(RangeFunction::kMax)}), "0:4 3000:3 4000:7");
  EXPECT_EQ(run(some(), {seconds(RangeFunction::kCount)}), "0:3l 3000:2l 4000:1l");
  EXPECT_EQ(run(some(), {seconds(RangeFunction::kFirst)}), "0:4 3000:-1 4000:7");
  EXPECT_EQ(run(some(), {seconds(RangeFunction::kLast)}), "999:2.5 3999:3 4000:7");
  EXPECT_EQ(run(some(), {seconds(RangeFunction::kDev)}), "0:1.5 3000:2.828427 4000:0");
  EXPECT_EQ(run(some(), {seconds(RangeFunction::kLeastSquares, 3)}),
            "0:3.251001 999:1.7495 3000:-1.001998 4000:5.004002");
  EXPECT_EQ(run(Points(), {seconds(RangeFunction::kSum)}), "");
}

TEST(RangeOperators, GiveBucketsTheTimeThatIsAskedFor) {
  auto sum = seconds(RangeFunction::kSum, 2);
  sum.align_start_time = true;
  EXPECT_EQ(run(some(), {sum}), "0:7.5 2000:2 4000:7");
  sum.align_start_time = false;
  sum.align_end_time = true;
  EXPECT_EQ(run(some(), {sum}), "2000:7.5 4000:2 6000:7");
  auto last = seconds(RangeFunction::kLast, 2);
  last.align_end_time = true;
  EXPECT_EQ(run(some(), {last}), "2000:2.5 4000:3 6000:7");
}

TEST(RangeOperators, DeviationIsReturnedAroundTheAverage) {
  auto deviation = seconds(RangeFunction::kDev);
  deviation.dev_count = 2;
  EXPECT_EQ(run(some(), {deviation}), "0:1.5 3000:2.828427 4000:0");
  deviation.dev_return = RangeAggregator::DevReturn::kPositive;
  EXPECT_EQ(run(some(), {deviation}), "0:5.5 3000:6.656854 4000:7");
  deviation.dev_return = RangeAggregator::DevReturn::kNegative;
  EXPECT_EQ(run(some(), {deviation}), "0:-0.5 3000:-4.656854 4000:7");
}

TEST(RangeOperators, PercentilesAreExact) {
  Points points;
  std::vector<int> values(10'001);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<int>(i);
  std::shuffle(values.begin(), values.end(), std::mt19937_64(7));
  for (size_t i = 0; i < values.size(); ++i) points.add_double(static_cast<int64_t>(i), values[i]);
  auto percentile = seconds(RangeFunction::kPercentile, 100);
  for (const auto& [asked, value] :
       std::vector<std::pair<double, std::string>>{{0.5, "5000"}, {0.00001, "0"}, {1, "10000"}, {0.25, "2499.5"}}) {
    percentile.percentile = asked;
    EXPECT_EQ(run(points, {percentile}), "0:" + value);
  }
}

TEST(RangeOperators, ExtremesAreMathMinAndMax) {
  const auto max = seconds(RangeFunction::kMax, 10);
  const auto min = seconds(RangeFunction::kMin, 10);
  EXPECT_EQ(run(doubles({{0, -0.0}, {1, 0.0}}), {max}), "0:0");
  EXPECT_EQ(run(doubles({{0, 0.0}, {1, -0.0}}), {min}), "0:-0");
  EXPECT_EQ(run(doubles({{0, 1}, {1, kNaN}, {2, 5}}), {max}), "0:nan");
  EXPECT_EQ(run(doubles({{0, std::numeric_limits<double>::infinity()}}), {min}),
            run(doubles({{0, std::numeric_limits<double>::max()}}), {min}));
}

TEST(RangeOperators, FirstAndLastKeepTypes) {
  Points points;
  points.add_long(0, 1);
  points.add_text(1, "x");
  points.add_double(2, 2.5);
  EXPECT_EQ(run(points, {seconds(RangeFunction::kFirst)}, PointGroup::kText), "0:1l");
  points.add_text(1000, "y");
  EXPECT_EQ(run(points, {seconds(RangeFunction::kLast)}, PointGroup::kText), "2:2.5 1000:'y'");
}

TEST(GapsOperator, MarksEmptyBuckets) {
  EXPECT_EQ(run(some(), {seconds(RangeFunction::kGaps)}),
            "0:4 500:1 999:2.5 1000:null 2000:null 3000:-1 3999:3 4000:7 5000:null");
  auto trimmed = seconds(RangeFunction::kGaps);
  trimmed.trim = true;
  trimmed.start = -5000;
  EXPECT_EQ(run(some(), {trimmed}), "0:4 500:1 999:2.5 1000:null 2000:null 3000:-1 3999:3 4000:7");
  EXPECT_EQ(run(Points(), {seconds(RangeFunction::kGaps, 2)}), "0:null 2000:null 4000:null");
}

TEST(GapsOperator, NullPointsStopNumericAggregators) {
  const auto gaps = seconds(RangeFunction::kGaps);
  const auto failing = [](std::string points) { return points + "! " + Numbers::kNullPoint; };
  // What comes before the null point is given first.
  EXPECT_EQ(run(some(), {gaps, seconds(RangeFunction::kSum)}), failing("0:7.5 "));
  EXPECT_EQ(run(some(), {gaps, seconds(RangeFunction::kSum, 3)}), failing(""));
  EXPECT_EQ(run(some(), {gaps, DiffAggregator{}}), failing("500:-3 999:1.5 "));
  EXPECT_EQ(run(some(), {gaps, ScaleAggregator{2}}), failing("0:8 500:2 999:5 "));
  EXPECT_EQ(run(some(), {gaps, FilterAggregator{FilterAggregator::Operation::kLt, 2.0}}), failing("0:4 999:2.5 "));
  EXPECT_EQ(run(some(), {gaps, SmaAggregator{2}}), failing("500:2.5 999:1.75 "));
  EXPECT_EQ(run(some(), {gaps, SmaAggregator{5}}), failing(""));
  EXPECT_EQ(run(some(), {gaps, seconds(RangeFunction::kCount)}), "0:3l 1000:1l 2000:1l 3000:2l 4000:1l 5000:1l");
  EXPECT_EQ(run(some(), {gaps, seconds(RangeFunction::kAvg, 3)}), "0:2.5 3000:3");
  // A moving average that never has enough points does not look at them.
  Points one_null;
  one_null.add_null(1000);
  EXPECT_EQ(run(one_null, {DiffAggregator{}}), "");
  one_null.add_double(2000, 1);
  EXPECT_EQ(run(one_null, {DiffAggregator{}}), failing(""));
  EXPECT_EQ(run(Points(), {gaps, SmaAggregator{10}}), "");
}

TEST(PairOperators, CompareNeighbours) {
  EXPECT_EQ(run(some(), {DiffAggregator{}}), "500:-3 999:1.5 3000:-3.5 3999:4 4000:4");
  EXPECT_EQ(run(some(), {RateAggregator{{1, TimeUnit::kSeconds}, "UTC"}}),
            "500:-6 999:3.006012 3000:-1.749125 3999:4.004004 4000:4000");
  EXPECT_EQ(run(some(), {SamplerAggregator{TimeUnit::kSeconds, "UTC"}}),
            "500:2 999:5.01002 3000:-0.49975 3999:3.003003 4000:7000");
  EXPECT_EQ(run(doubles({{5, 1}}), {DiffAggregator{}}), "");
  EXPECT_EQ(
      run(doubles({{5, 1}, {5, 2}}), {RateAggregator{}}),
      "! The rate aggregator cannot compute rate for data points with the same time stamp.  You must precede rate "
      "with another aggregator.");
  EXPECT_EQ(run(doubles({{5, 1}, {5, 2}}), {SamplerAggregator{}}),
            "! The sampler aggregator cannot compute rate for data points with the same time stamp.  You must precede "
            "sampler with another aggregator.");
}

TEST(ValueOperators, ChangeEachPoint) {
  Points longs;
  longs.add_long(1, 7);
  longs.add_long(2, -7);
  EXPECT_EQ(run(longs, {DivideAggregator{2}}), "1:3.5 2:-3.5");
  EXPECT_EQ(run(longs, {ScaleAggregator{0.5}}), "1:3.5 2:-3.5");
  EXPECT_EQ(run(longs, {ScaleAggregator{}}), "1:0 2:-0");
  const std::vector<ScoreAggregator::Threshold> thresholds{{-7, true}, {7, false}};
  EXPECT_EQ(run(longs, {ScoreAggregator{thresholds, false}}), "1:2 2:0");
  EXPECT_EQ(run(longs, {ScoreAggregator{thresholds, true}}), "1:0 2:2");
}

TEST(FilterOperator, RemovesWhatCompares) {
  const auto filtered = [&](FilterAggregator::Operation operation, double threshold) {
    return run(some(), {FilterAggregator{operation, threshold}});
  };
  using Operation = FilterAggregator::Operation;
  EXPECT_EQ(filtered(Operation::kLt, 2.5), "0:4 999:2.5 3999:3 4000:7");
  EXPECT_EQ(filtered(Operation::kLte, 2.5), "0:4 3999:3 4000:7");
  EXPECT_EQ(filtered(Operation::kGt, 2.5), "500:1 999:2.5 3000:-1");
  EXPECT_EQ(filtered(Operation::kGte, 2.5), "500:1 3000:-1");
  EXPECT_EQ(filtered(Operation::kEqual, 2.5), "0:4 500:1 3000:-1 3999:3 4000:7");
  EXPECT_EQ(filtered(Operation::kNotEqual, 2.5), "999:2.5");
  Points mixed;
  mixed.add_double(1, -0.0);
  mixed.add_text(2, "b");
  mixed.add_double(3, kNaN);
  // -0.0 is not 0.0, and NaN is greater than everything, as in Double.compare.
  EXPECT_EQ(run(mixed, {FilterAggregator{Operation::kEqual, 0.0}}), "1:-0 3:nan");
  EXPECT_EQ(run(mixed, {FilterAggregator{Operation::kGt, 5.0}}), "1:-0");
  EXPECT_EQ(run(mixed, {FilterAggregator{Operation::kLt, std::string("a")}}, PointGroup::kText), "2:'b'");
  // A threshold that is neither number nor text.
  EXPECT_EQ(run(mixed, {FilterAggregator{Operation::kLt, std::monostate()}}), "");
}

TEST(WindowOperators, TrimAndLimit) {
  using Side = TrimAggregator::Side;
  const Points three = doubles({{1, 1}, {2, 2}, {3, 3}});
  EXPECT_EQ(run(three, {TrimAggregator{Side::kFirst}}), "2:2 3:3");
  EXPECT_EQ(run(three, {TrimAggregator{Side::kLast}}), "1:1 2:2");
  EXPECT_EQ(run(three, {TrimAggregator{Side::kBoth}}), "2:2");
  EXPECT_EQ(run(three, {TrimAggregator{Side::kNone}}), "1:1 2:2 3:3");
  EXPECT_EQ(run(doubles({{1, 1}}), {TrimAggregator{Side::kBoth}}), "");
  EXPECT_EQ(run(three, {}, PointGroup::kNumber, 2), "1:1 2:2");
  EXPECT_EQ(run(three, {TrimAggregator{Side::kFirst}}, PointGroup::kNumber, 2), "2:2");
}

TEST(WindowOperators, MovingAverage) {
  const Points four = doubles({{1, 1}, {2, 2}, {3, 6}, {4, 10}});
  EXPECT_EQ(run(four, {SmaAggregator{1}}), "1:1 2:2 3:6 4:10");
  EXPECT_EQ(run(four, {SmaAggregator{3}}), "3:3 4:6");
  EXPECT_EQ(run(four, {SmaAggregator{5}}), "");
  EXPECT_EQ(run(four, {SmaAggregator{0}}), "");
  EXPECT_EQ(run(doubles({{1, 1}}), {SmaAggregator{-1}}), "1:nan");
}

TEST(Pipeline, PassesOverAggregatorsThatDoNotTakeAGroup) {
  Points texts;
  texts.add_text(1, "x");
  texts.add_text(2, "y");
  EXPECT_EQ(run(texts, {seconds(RangeFunction::kSum), ScaleAggregator{2}, SmaAggregator{0}}, PointGroup::kText),
            "1:'x' 2:'y'");
  // count makes numbers, which sum takes.
  EXPECT_EQ(run(texts, {seconds(RangeFunction::kCount), seconds(RangeFunction::kSum)}, PointGroup::kText), "1:2");
}

TEST(Pipeline, ZonesMustExist) {
  auto sum = seconds(RangeFunction::kSum);
  sum.zone = "Mars/Olympus";
  EXPECT_EQ(run(some(), {sum}), "The datetime zone id 'Mars/Olympus' is not recognised");
}

}  // namespace
}  // namespace sluice::timeseries
