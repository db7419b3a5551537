// SPDX-License-Identifier: Apache-2.0
#include "timeseries/engine/operators.h"

namespace sluice::timeseries {
namespace {

template <typename... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};

bool is_any_type(const Aggregator& aggregator) {
  return std::visit(Overloaded{
                        [](const RangeAggregator& range) {
                          return range.function == RangeFunction::kCount || range.function == RangeFunction::kFirst ||
                                 range.function == RangeFunction::kLast || range.function == RangeFunction::kGaps;
                        },
                        [](const TrimAggregator&) { return true; },
                        [](const FilterAggregator&) { return true; },
                        [](const SaveAsAggregator&) { return true; },
                        [](const auto&) { return false; },
                    },
                    aggregator);
}

// The group of what an aggregator gives; all that do not pass points on give numbers.
PointGroup gives(const Aggregator& aggregator, PointGroup taken) {
  const auto* range = std::get_if<RangeAggregator>(&aggregator);
  return range != nullptr && range->function == RangeFunction::kCount ? PointGroup::kNumber : taken;
}

const std::string* zone_of(const Aggregator& aggregator) {
  if (const auto* range = std::get_if<RangeAggregator>(&aggregator)) return &range->zone;
  if (const auto* rate = std::get_if<RateAggregator>(&aggregator)) return &rate->zone;
  if (const auto* sampler = std::get_if<SamplerAggregator>(&aggregator)) return &sampler->zone;
  return nullptr;
}

class CheckedPoints : public PointSource {
 public:
  CheckedPoints(Input input, const std::atomic<bool>* cancelled, Deadline deadline)
      : input_(std::move(input)), cancelled_(cancelled), deadline_(deadline) {}

  Status next(Points& into) override {
    TRY(check_stop(cancelled_, deadline_));
    return input_->next(into);
  }

 private:
  const Input input_;
  const std::atomic<bool>* const cancelled_;
  const Deadline deadline_;
};

}  // namespace

Input make_checked(Input input, const std::atomic<bool>* cancelled, Deadline deadline) {
  if (cancelled == nullptr && deadline.is_never()) return input;
  return std::make_unique<CheckedPoints>(std::move(input), cancelled, deadline);
}

Result<Pipeline> Pipeline::make(const MetricQuery& query) {
  Pipeline pipeline;
  pipeline.limit_ = query.limit;
  for (const auto& aggregator : query.aggregators) {
    Prepared prepared{&aggregator, Zone(), 0, nullptr};
    if (const auto* id = zone_of(aggregator); id != nullptr) {
      auto zone = Zone::find(*id);
      if (!zone) return fail(Code::kInvalidArgument, "The datetime zone id '" + *id + "' is not recognised");
      prepared.zone = std::move(*zone);
    }
    if (const auto* range = std::get_if<RangeAggregator>(&aggregator)) {
      prepared.origin =
          range->align_sampling ? TRY(align_to_unit(range->start, range->sampling.unit, prepared.zone)) : range->start;
      prepared.trimmed_already = std::make_shared<bool>(false);
    }
    pipeline.prepared_.push_back(std::move(prepared));
  }
  return pipeline;
}

Result<Input> Pipeline::apply(Input input, PointGroup group, const PipelineContext& context) {
  if (limit_ != 0) input = make_limit(std::move(input), limit_);
  for (const auto& prepared : prepared_) {
    if (group != PointGroup::kNumber && !is_any_type(*prepared.aggregator)) continue;
    group = gives(*prepared.aggregator, group);
    input = TRY(std::visit(
        Overloaded{
            [&](const RangeAggregator& range) -> Result<Input> {
              Buckets buckets(prepared.origin, range.sampling, prepared.zone);
              if (range.function == RangeFunction::kGaps)
                return make_gaps(std::move(input), range, std::move(buckets), prepared.trimmed_already);
              return make_range(std::move(input), range, std::move(buckets));
            },
            [&](const DiffAggregator&) -> Result<Input> { return make_diff(std::move(input)); },
            [&](const RateAggregator& rate) -> Result<Input> {
              return make_rate(std::move(input), SamplingLength(rate.sampling, prepared.zone));
            },
            [&](const SamplerAggregator& sampler) -> Result<Input> {
              return make_sampler(std::move(input), SamplingLength({1, sampler.unit}, prepared.zone));
            },
            [&](const DivideAggregator& divide) -> Result<Input> {
              return make_divide(std::move(input), divide.divisor);
            },
            [&](const ScaleAggregator& scale) -> Result<Input> { return make_scale(std::move(input), scale.factor); },
            [&](const SmaAggregator& sma) -> Result<Input> { return make_sma(std::move(input), sma.size); },
            [&](const TrimAggregator& trim) -> Result<Input> { return make_trim(std::move(input), trim.side); },
            [&](const FilterAggregator& filter) -> Result<Input> { return make_filter(std::move(input), filter); },
            [&](const ScoreAggregator& score) -> Result<Input> { return make_score(std::move(input), score); },
            [&](const SaveAsAggregator& save) -> Result<Input> {
              return make_save_as(std::move(input), save, context);
            },
        },
        *prepared.aggregator));
    input = make_checked(std::move(input), context.cancelled, context.deadline);
  }
  return input;
}

}  // namespace sluice::timeseries
