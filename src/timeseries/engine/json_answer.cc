// SPDX-License-Identifier: Apache-2.0
#include "timeseries/engine/json_answer.h"

namespace sluice::timeseries {

void JsonAnswer::begin(std::string_view original_query) {
  text_.raw("{");
  if (!original_query.empty()) {
    text_.raw("\"original_query\":");
    text_.raw(original_query);
    text_.raw(",");
  }
  text_.raw("\"queries\":[");
}

void JsonAnswer::comma(bool& first) {
  if (!first) text_.raw(",");
  first = false;
}

void JsonAnswer::tag_object(const GroupTags& tags) {
  text_.raw("\"tags\":{");
  bool first_tag = true;
  for (const auto& [name, values] : tags.all()) {
    comma(first_tag);
    text_.string(name);
    text_.raw(":[");
    bool first_value = true;
    for (const auto& value : values) {
      comma(first_value);
      text_.string(value);
    }
    text_.raw("]");
  }
  text_.raw("},");
}

void JsonAnswer::tags(std::string_view metric, const GroupTags& tags) {
  comma(first_metric_);
  text_.raw("{\"results\":[{\"name\":");
  text_.string(metric);
  text_.raw(",");
  tag_object(tags);
  text_.raw("\"values\":[]}]}");
}

Status JsonAnswer::begin_metric(const MetricQuery&, uint64_t sample_size) {
  comma(first_metric_);
  text_.raw("{\"sample_size\":");
  text_.number(static_cast<int64_t>(sample_size));
  text_.raw(",\"results\":[");
  first_group_ = true;
  return {};
}

Status JsonAnswer::begin_group(const ResultGroup& group) {
  comma(first_group_);
  text_.raw("{\"name\":");
  text_.string(group.query->series.metric);
  if (group.query->alias && compat_ != Compat::kV13) {
    text_.raw(",\"alias\":");
    text_.string(*group.query->alias);
  }
  text_.raw(",");
  if (!group.elements->empty()) {
    text_.raw("\"group_by\":[");
    bool first = true;
    for (const auto& element : *group.elements) {
      comma(first);
      text_.raw(element);
    }
    text_.raw("],");
  }
  if (!group.query->exclude_tags) tag_object(*group.tags);
  text_.raw("\"values\":[");
  text_.start_values();
  return {};
}

Status JsonAnswer::end_group() {
  text_.raw("]}");
  return text_.flush();
}

Status JsonAnswer::end_metric() {
  text_.raw("]}");
  return {};
}

}  // namespace sluice::timeseries
