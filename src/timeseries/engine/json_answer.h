// SPDX-License-Identifier: Apache-2.0
// JsonAnswer: the results of a query as KairosDB's JSON. One thread.
// Source of truth: KairosDB's JsonResponse.
#pragma once

#include "timeseries/engine/answer_text.h"
#include "timeseries/engine/engine.h"

namespace sluice::timeseries {

class JsonAnswer : public ResultSink {
 public:
  JsonAnswer(AnswerText& text, Compat compat) : text_(text), compat_(compat) {}

  void begin(std::string_view original_query);
  void end() { text_.raw("]}"); }
  // A metric of query/tags.
  void tags(std::string_view metric, const GroupTags& tags);

  Status begin_metric(const MetricQuery& query, uint64_t sample_size) override;
  Status begin_group(const ResultGroup& group) override;
  Status points(const Points& points) override { return text_.points(points); }
  Status end_group() override;
  Status end_metric() override;

 private:
  void comma(bool& first);
  void tag_object(const GroupTags& tags);

  AnswerText& text_;
  const Compat compat_;
  bool first_metric_ = true;
  bool first_group_ = true;
};

}  // namespace sluice::timeseries
