// SPDX-License-Identifier: Apache-2.0
#include "timeseries/filtered_store.h"

#include <gtest/gtest.h>

#include "timeseries/request/point_recorder.h"

namespace sluice::timeseries {
namespace {

TEST(FilteredStore, DropsByNamePrefixAndPattern) {
  PointRecorder recorder;
  auto filter = MetricFilter::make({"b.exact", "a.exact"}, {"kairosdb."}, {"tmp\\.[0-9]+"});
  ASSERT_TRUE(filter);
  FilteredStore store(recorder, std::move(*filter));
  const Tags tags({{"h", "a"}});
  WriteBatch batch;
  int64_t time = 0;
  for (const char* metric :
       {"a", "a.exact", "a.exact2", "kairosdb", "kairosdb.x", "tmp.12", "tmp.1x", "xtmp.1", "b.exact"})
    batch.add_long(*store.series(metric, PointType::kLong, tags), ++time, 7);
  batch.add_text(*store.series("kairosdb.text", PointType::kString, tags), 20, "gone");
  batch.add_text(*store.series("text", PointType::kString, tags), 21, "kept", 9);
  batch.add_double(*store.series("double", PointType::kDouble, tags), 22, 1.0);
  ASSERT_TRUE(store.write(batch));
  EXPECT_EQ(recorder.points,
            (std::vector<std::string>{"a|{h=a}|1|long:7|0", "a.exact2|{h=a}|3|long:7|0", "kairosdb|{h=a}|4|long:7|0",
                                      "tmp.1x|{h=a}|7|long:7|0", "xtmp.1|{h=a}|8|long:7|0",
                                      "text|{h=a}|21|string:kept|9", "double|{h=a}|22|double:3ff0000000000000|0"}));
  batch.clear();
  batch.add_long(*store.series("kairosdb.x", PointType::kLong, tags), 1, 1);
  EXPECT_TRUE(store.write(batch));
  EXPECT_EQ(recorder.points.size(), 7u);
}

TEST(FilteredStore, WrongPatterns) { EXPECT_FALSE(MetricFilter::make({}, {}, {"("})); }

}  // namespace
}  // namespace sluice::timeseries
