// SPDX-License-Identifier: Apache-2.0
#include "timeseries/engine/engine.h"

#include <chrono>

#include "timeseries/engine/grouping.h"
#include "timeseries/engine/json_answer.h"
#include "timeseries/engine/merge.h"
#include "timeseries/engine/operators.h"
#include "timeseries/engine/stored_points.h"

namespace sluice::timeseries {
namespace {

uint64_t ns_since(std::chrono::steady_clock::time_point begin) {
  return static_cast<uint64_t>((std::chrono::steady_clock::now() - begin).count());
}

// Reads rows into memory for the cache; false, and the rows untouched, when they are too large for it.
Result<bool> load_rows(std::vector<Row>& rows, size_t max_bytes, const QueryRun& run, CachedRows& into) {
  size_t bytes = 0;
  for (const auto& row : rows) bytes += row.points * (sizeof(int64_t) + sizeof(uint64_t));
  if (bytes > max_bytes) return false;
  for (auto& row : rows) {
    auto points = std::make_shared<Points>();
    points->reserve(row.points);
    for (Points batch;;) {
      TRY(run.check_stop());
      TRY(row.source->next(batch));
      if (batch.empty()) break;
      points->append(batch, 0, batch.size());
    }
    into.push_back({row.series, std::move(points)});
  }
  return true;
}

}  // namespace

struct Engine::Rows {
  std::vector<const Series*> series;
  std::vector<SeriesRef> kept;  // keeps the series alive
  PointSources sources;
  uint64_t points = 0;

  void add(SeriesRef one, uint64_t count, Input source) {
    series.push_back(one.get());
    kept.push_back(std::move(one));
    sources.push_back(std::move(source));
    points += count;
  }
};

// A metric of a query, from its rows to the sink.
class Engine::MetricRun {
 public:
  MetricRun(Engine& engine, const MetricQuery& query, Pipeline& pipeline, const QueryRun& run, ResultSink& sink,
            QueryFigures& figures)
      : engine_(engine), query_(query), pipeline_(pipeline), run_(run), sink_(sink), figures_(figures) {}

  Status run(Rows rows) {
    TRY(sink_.begin_metric(query_, rows.points));
    const auto* by_tag = tag_group_by(query_);
    const auto by_point = point_group_bys(query_);
    if (by_tag != nullptr && by_tag->failure && !rows.series.empty())
      return fail(Code::kFailedPrecondition, *by_tag->failure);
    if (rows.series.empty() && by_point.empty())
      TRY(give({}, PointGroup::kNumber, {}, merge_sources({}, query_.order)));
    for (const auto& group : group_rows(rows.series, by_tag)) {
      PointSources sources;
      std::vector<const Tags*> series;
      for (const size_t row : group.rows) {
        sources.push_back(std::move(rows.sources[row]));
        series.push_back(&rows.series[row]->tags());
      }
      const GroupTags tags = GroupTags::of(series);
      Input points = make_checked(merge_sources(std::move(sources), query_.order), run_.cancelled, run_.deadline);
      std::vector<std::string> elements;
      if (by_tag != nullptr) elements.push_back(tag_element(*by_tag, group));
      elements.push_back(type_element(group.type));
      TRY(by_point.empty() ? give(tags, group.type, elements, std::move(points))
                           : give_split(tags.hashed(), group.type, elements, by_point, std::move(points)));
    }
    return sink_.end_metric();
  }

 private:
  Status give_split(const GroupTags& tags, PointGroup type, const std::vector<std::string>& elements,
                    const std::vector<const GroupBy*>& by, Input points) {
    auto split = TRY(split_points(*points, by));
    for (auto& group : split) {
      std::vector<std::string> all;
      for (size_t i = 0; i < by.size(); ++i) all.push_back(point_element(*by[i], group.numbers[i]));
      all.insert(all.end(), elements.begin(), elements.end());
      const auto stored = std::make_shared<const Points>(std::move(group.points));
      TRY(give(tags, type, all, std::make_unique<StoredPoints>(stored)));
    }
    return {};
  }

  Status give(const GroupTags& tags, PointGroup type, const std::vector<std::string>& elements, Input points) {
    points =
        TRY(pipeline_.apply(std::move(points), type, {&engine_.store_, &query_, &tags, run_.cancelled, run_.deadline}));
    Points batch;
    TRY(points->next(batch));
    if (batch.empty() && engine_.options_.compat == Compat::kV14) return {};
    ++figures_.groups;
    TRY(sink_.begin_group({&query_, &tags, &elements}));
    while (!batch.empty()) {
      TRY(run_.check_stop());
      TRY(sink_.points(batch));
      TRY(points->next(batch));
    }
    return sink_.end_group();
  }

  Engine& engine_;
  const MetricQuery& query_;
  Pipeline& pipeline_;
  const QueryRun& run_;
  ResultSink& sink_;
  QueryFigures& figures_;
};

Engine::Engine(Store& store, ReadCache* cache, EngineOptions options)
    : store_(store), cache_(cache), options_(std::move(options)) {}

Result<Engine::Rows> Engine::read(const MetricQuery& query, uint32_t cache_seconds, const QueryRun& run,
                                  QueryFigures& figures) {
  const bool cached = cache_ != nullptr && cache_seconds != 0 && !query.cache_key.empty();
  std::string key;
  std::shared_ptr<const CachedRows> found;
  if (cached) {
    key = std::to_string(query.limit) + (query.order == Order::kAscending ? "+" : "-") + query.cache_key;
    found = cache_->find(key, std::chrono::seconds(cache_seconds));
  }
  Rows rows;
  if (!found) {
    ReadOptions options{query.order, query.limit, run.deadline, run.cancelled, options_.max_points};
    auto read = TRY(store_.read(query.series, options));
    auto loaded = std::make_shared<CachedRows>();
    if (!cached || !TRY(load_rows(read, cache_->max_entry_bytes(), run, *loaded))) {
      for (auto& row : read) rows.add(std::move(row.series), row.points, std::move(row.source));
    } else {
      found = loaded;
      cache_->put(key, found);
    }
  } else {
    for (const auto& row : *found) figures.cached_points += row.points->size();
  }
  if (found)
    for (const auto& row : *found) rows.add(row.series, row.points->size(), std::make_unique<StoredPoints>(row.points));
  figures.points += rows.points;
  figures.rows += rows.series.size();
  return rows;
}

Status Engine::run(const Query& query, const QueryRun& run, ResultSink& sink, QueryFigures* figures) {
  // What can be seen to fail fails before the first result.
  std::vector<Pipeline> pipelines;
  for (const auto& metric : query.metrics) pipelines.push_back(TRY(Pipeline::make(metric)));
  QueryFigures own;
  QueryFigures& counted = figures != nullptr ? *figures : own;
  for (size_t i = 0; i < query.metrics.size(); ++i) {
    TRY(run.check_stop());
    if (run.metric != nullptr) *run.metric = i;
    const MetricQuery& metric = query.metrics[i];
    const auto began = std::chrono::steady_clock::now();
    MetricRun metric_run(*this, metric, pipelines[i], run, sink, counted);
    auto rows = TRY(read(metric, query.cache_seconds, run, counted));
    MetricFigures of_metric{metric.series.metric, ns_since(began), 0, rows.points, rows.series.size()};
    TRY(metric_run.run(std::move(rows)));
    of_metric.ns = ns_since(began);
    counted.metrics.push_back(std::move(of_metric));
  }
  return {};
}

Status Engine::answer(const Query& query, const QueryRun& run, AnswerSink& sink, QueryFigures* figures) {
  AnswerText text(sink, options_.hold_bytes, options_.piece_bytes);
  JsonAnswer answer(text, options_.compat);
  answer.begin(run.original_query);
  TRY(this->run(query, run, answer, figures));
  answer.end();
  return text.finish();
}

Status Engine::answer_tags(const Query& query, const QueryRun& run, AnswerSink& sink) {
  AnswerText text(sink, options_.hold_bytes, options_.piece_bytes);
  JsonAnswer answer(text, options_.compat);
  answer.begin({});
  for (const auto& metric : query.metrics) {
    TRY(run.check_stop());
    ReadOptions options{metric.order, 0, run.deadline, run.cancelled, 0};
    const auto found = TRY(store_.find_series(metric.series, options));
    std::vector<const Tags*> series;
    for (const auto& one : found) series.push_back(&one->tags());
    answer.tags(metric.series.metric, GroupTags::of(series));
    TRY(text.flush());
  }
  answer.end();
  return text.finish();
}

}  // namespace sluice::timeseries
