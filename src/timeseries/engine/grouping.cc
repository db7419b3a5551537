// SPDX-License-Identifier: Apache-2.0
#include "timeseries/engine/grouping.h"

#include <algorithm>
#include <limits>
#include <map>

#include "timeseries/calendar.h"
#include "timeseries/engine/answer_text.h"
#include "timeseries/engine/java_number.h"

namespace sluice::timeseries {
namespace {

struct JavaLess {
  bool operator()(const std::string& a, const std::string& b) const { return compare_java(a, b) < 0; }
};

int type_rank(PointGroup type) {
  switch (type) {
    case PointGroup::kComplex:
      return 0;
    case PointGroup::kNumber:
      return 1;
    case PointGroup::kText:
      return 2;
  }
  return 2;
}

// Java's (int) of a long and of a double.
int32_t low_bits(int64_t value) { return static_cast<int32_t>(static_cast<uint64_t>(value)); }
int32_t clamped(double value) {
  if (value != value) return 0;
  if (value >= 2147483647.0) return std::numeric_limits<int32_t>::max();
  if (value <= -2147483648.0) return std::numeric_limits<int32_t>::min();
  return static_cast<int32_t>(value);
}

bool is_number(PointType type) { return type == PointType::kLong || type == PointType::kDouble; }

Result<int32_t> number_of(const TimeGroupBy& by, const Points& points, size_t i) {
  const int64_t time = points.time(i);
  if (by.group_count == 0) return fail(Code::kInvalidArgument, "/ by zero");
  if (by.range_size.unit == TimeUnit::kMonths)
    return static_cast<int32_t>((month_number(time) - month_number(by.start)) % by.group_count);
  // KairosDB's years are 52 weeks.
  constexpr int64_t kLengths[] = {1,          1000,        60'000,         3'600'000,
                                  86'400'000, 604'800'000, 0 /* months */, 52 * int64_t{604'800'000}};
  const auto size = static_cast<int64_t>(static_cast<uint64_t>(by.range_size.value) *
                                         static_cast<uint64_t>(kLengths[static_cast<size_t>(by.range_size.unit)]));
  if (size == 0) return fail(Code::kInvalidArgument, "/ by zero");
  const auto passed = static_cast<int64_t>(static_cast<uint64_t>(time) - static_cast<uint64_t>(by.start));
  return low_bits(passed / size % by.group_count);
}

Result<int32_t> number_of(const ValueGroupBy& by, const Points& points, size_t i) {
  if (!is_number(points.type(i))) return -1;
  if (by.range_size == 0) return fail(Code::kInvalidArgument, "/ by zero");
  if (points.type(i) == PointType::kLong) return low_bits(points.long_value(i) / by.range_size);
  return low_bits(clamped(points.double_value(i)) / by.range_size);
}

Result<int32_t> number_of(const BinGroupBy& by, const Points& points, size_t i) {
  if (!is_number(points.type(i))) return -1;
  if (by.missing) return fail(Code::kFailedPrecondition, "Cannot load from double array because \"this.bins\" is null");
  if (by.bins.empty()) return fail(Code::kOutOfRange, "Index 0 out of bounds for length 0");
  const double value = points.number(i);
  if (value < by.bins[0]) return 0;
  for (size_t bin = 0; bin + 1 < by.bins.size(); ++bin)
    if (value >= by.bins[bin] && value < by.bins[bin + 1]) return static_cast<int32_t>(bin + 1);
  return static_cast<int32_t>(by.bins.size());
}

Result<int32_t> number_of(const TagGroupBy&, const Points&, size_t) { return 0; }

std::string_view unit_name(TimeUnit unit) {
  constexpr std::string_view kNames[] = {"MILLISECONDS", "SECONDS", "MINUTES", "HOURS",
                                         "DAYS",         "WEEKS",   "MONTHS",  "YEARS"};
  return kNames[static_cast<size_t>(unit)];
}

}  // namespace

std::vector<RowGroup> group_rows(const std::vector<const Series*>& rows, const TagGroupBy* by) {
  std::map<int, std::map<std::string, RowGroup, JavaLess>> sorted;
  for (size_t i = 0; i < rows.size(); ++i) {
    const PointGroup type = group_of(rows[i]->type());
    std::vector<std::pair<std::string, std::string>> values;
    std::string text;
    if (by != nullptr) {
      for (const auto& name : by->tags) {
        if (std::any_of(values.begin(), values.end(), [&](const auto& value) { return value.first == name; })) continue;
        const auto* value = rows[i]->tags().find(name);
        values.emplace_back(name, value == nullptr ? "" : *value);
        text += name + values.back().second;
      }
    }
    auto& group = sorted[type_rank(type)][text];
    group.type = type;
    group.values = std::move(values);
    group.rows.push_back(i);
  }
  std::vector<RowGroup> groups;
  for (auto& [rank, of_type] : sorted)
    for (auto& [text, group] : of_type) groups.push_back(std::move(group));
  return groups;
}

const TagGroupBy* tag_group_by(const MetricQuery& query) {
  for (const auto& by : query.group_bys)
    if (const auto* tag = std::get_if<TagGroupBy>(&by)) return tag;
  return nullptr;
}

std::vector<const GroupBy*> point_group_bys(const MetricQuery& query) {
  std::vector<const GroupBy*> found;
  for (const auto& by : query.group_bys)
    if (!std::holds_alternative<TagGroupBy>(by)) found.push_back(&by);
  return found;
}

Result<std::vector<SplitGroup>> split_points(PointSource& points, const std::vector<const GroupBy*>& by) {
  std::vector<SplitGroup> groups;
  std::map<std::vector<int32_t>, size_t> places;
  std::vector<int32_t> numbers(by.size());
  for (Points batch;;) {
    TRY(points.next(batch));
    if (batch.empty()) return groups;
    size_t last = groups.size();  // the group of the point before, which often is that of the next one
    for (size_t i = 0; i < batch.size(); ++i) {
      for (size_t j = 0; j < by.size(); ++j)
        numbers[j] = TRY(std::visit([&](const auto& one) { return number_of(one, batch, i); }, *by[j]));
      if (last == groups.size() || groups[last].numbers != numbers) {
        const auto [place, is_new] = places.try_emplace(numbers, groups.size());
        if (is_new) groups.push_back({numbers, {}});
        last = place->second;
      }
      groups[last].points.add_from(batch, i);
    }
  }
}

std::string tag_element(const TagGroupBy& by, const RowGroup& group) {
  std::string json = "{\"name\":\"tag\",\"tags\":[";
  for (size_t i = 0; i < by.tags.size(); ++i) {
    if (i > 0) json += ',';
    append_answer_string(json, by.tags[i]);
  }
  json += "],\"group\":{";
  for (size_t i = 0; i < group.values.size(); ++i) {
    if (i > 0) json += ',';
    append_answer_string(json, group.values[i].first);
    json += ':';
    append_answer_string(json, group.values[i].second);
  }
  return json + "}}";
}

std::string type_element(PointGroup type) {
  return "{\"name\":\"type\",\"type\":\"" + std::string(group_name(type)) + "\"}";
}

std::string point_element(const GroupBy& by, int32_t number) {
  std::string json;
  if (const auto* time = std::get_if<TimeGroupBy>(&by)) {
    json = "{\"name\":\"time\",\"range_size\":{\"value\":" + std::to_string(time->range_size.value) + ",\"unit\":\"" +
           std::string(unit_name(time->range_size.unit)) + "\"},\"group_count\":" + std::to_string(time->group_count) +
           ",\"group\":{\"group_number\":";
  } else if (const auto* value = std::get_if<ValueGroupBy>(&by)) {
    json = "{\"name\":\"value\",\"range_size\":" + std::to_string(value->range_size) + ",\"group\":{\"group_number\":";
  } else if (const auto* bin = std::get_if<BinGroupBy>(&by)) {
    json = "{\"name\":\"bin\",\"bins\":[";
    for (size_t i = 0; i < bin->bins.size(); ++i) {
      if (i > 0) json += ',';
      char text[kNumberChars];
      json.append(text, write_json_double(text, bin->bins[i]));
    }
    json += "],\"group\":{\"bin_number\":";
  }
  return json + std::to_string(number) + "}}";
}

}  // namespace sluice::timeseries
