// SPDX-License-Identifier: Apache-2.0
// save_as: writes the points that pass to another metric.
// Source of truth: KairosDB's SaveAsAggregator. Null points are passed on but not written: no store keeps them.
#include <algorithm>
#include <map>

#include "timeseries/engine/operator_base.h"
#include "timeseries/engine/operators.h"

namespace sluice::timeseries {
namespace {

class SaveOperator : public Operator {
 public:
  SaveOperator(Input input, const SaveAsAggregator& aggregator, Tags tags, Store& store)
      : Operator(std::move(input)), aggregator_(aggregator), tags_(std::move(tags)), store_(store) {}

  Status fill(Points& into) override {
    if (!TRY(read())) return {};
    saved_.clear();
    for (size_t i = 0; i < batch().size(); ++i) TRY(save(i));
    if (!saved_.empty()) TRY(store_.write(saved_));
    std::swap(into, batch());
    return {};
  }

 private:
  Status save(size_t i) {
    const Points& points = batch();
    const PointType type = points.type(i);
    if (type == PointType::kNull) return {};
    // As KairosDB: the exception that it throws there has no message.
    if (aggregator_.metric.empty()) return fail(Code::kInvalidArgument, "");
    auto& series = series_[type];
    if (!series) series = TRY(store_.series(aggregator_.metric, type, tags_));
    const int64_t time = points.time(i);
    switch (type) {
      case PointType::kDouble:
        saved_.add_double(series, time, points.double_value(i), aggregator_.ttl);
        break;
      case PointType::kString:
        saved_.add_text(series, time, points.text(i), aggregator_.ttl);
        break;
      case PointType::kComplex: {
        double parts[2];
        points.text(i).copy(reinterpret_cast<char*>(parts), sizeof parts);
        saved_.add_complex(series, time, parts[0], parts[1], aggregator_.ttl);
        break;
      }
      default:
        saved_.add_long(series, time, points.long_value(i), aggregator_.ttl);
    }
    return {};
  }

  const SaveAsAggregator& aggregator_;
  const Tags tags_;
  Store& store_;
  std::map<PointType, SeriesRef> series_;
  WriteBatch saved_;
};

// The tags of the metric that is written. A tag that comes from two places is an error.
Result<Tags> saved_tags(const SaveAsAggregator& aggregator, const PipelineContext& context) {
  std::vector<Tags::Tag> tags = aggregator.tags;
  if (aggregator.add_saved_from) tags.emplace_back("saved_from", context.query->series.metric);
  for (const auto& [name, values] : context.tags->all())
    if (values.size() == 1 && std::find(aggregator.tags_to_keep.begin(), aggregator.tags_to_keep.end(), name) !=
                                  aggregator.tags_to_keep.end())
      tags.emplace_back(name, values.front());
  for (size_t i = 0; i < tags.size(); ++i)
    for (size_t j = i + 1; j < tags.size(); ++j)
      if (tags[i].first == tags[j].first)
        return fail(Code::kInvalidArgument, "Multiple entries with same key: " + tags[i].first + "=" + tags[i].second +
                                                " and " + tags[j].first + "=" + tags[j].second);
  return Tags(std::move(tags));
}

}  // namespace

Result<Input> make_save_as(Input input, const SaveAsAggregator& aggregator, const PipelineContext& context) {
  return Input(std::make_unique<SaveOperator>(std::move(input), aggregator, TRY(saved_tags(aggregator, context)),
                                              *context.store));
}

}  // namespace sluice::timeseries
