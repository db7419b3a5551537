// SPDX-License-Identifier: Apache-2.0
#include "timeseries/rollup/status.h"

#include <fmt/format.h>

#include <algorithm>

#include "timeseries/calendar.h"
#include "timeseries/request/json_fields.h"
#include "timeseries/rollup/task.h"

namespace sluice::timeseries {
namespace {

constexpr int64_t kDay = 86'400'000;
constexpr std::string_view kNever = "Never";

struct Names {
  std::string_view metric, executed, points, length, error, time, host, next;
};
constexpr Names kStored = {"metricName",   "lastExecuted",      "dataPointCount", "executionLength",
                           "errorMessage", "lastExecutionTime", "executingHost",  "nextScheduled"};
constexpr Names kAnswered = {"metric_name",   "last_executed",       "data_point_count", "execution_length",
                             "error_message", "last_execution_time", "executing_host",   "next_scheduled"};

void add_text(std::string& json, std::string_view name, std::string_view value) {
  json.append("\"").append(name).append("\":");
  append_gson_string(json, value);
}

void add_number(std::string& json, std::string_view name, int64_t value) {
  json.append(",\"").append(name).append("\":").append(std::to_string(value));
}

std::string to_json(const RollupStatus& status, const Names& names) {
  std::string json = "{\"statuses\":[";
  for (const RollupQueryStatus& query : status.queries) {
    if (&query != status.queries.data()) json += ',';
    json += '{';
    add_text(json, names.metric, query.metric);
    json += ',';
    add_text(json, names.executed, query.last_executed);
    add_number(json, names.points, query.points);
    add_number(json, names.length, query.execution_ms);
    if (query.error) {
      json += ',';
      add_text(json, names.error, *query.error);
    }
    add_number(json, names.time, query.last_time);
    json += '}';
  }
  json += "],";
  add_text(json, names.host, status.host);
  json += ',';
  add_text(json, names.next, status.next_scheduled);
  json += '}';
  return json;
}

Java<RollupQueryStatus> parse_query_status(const JsonValue& json, const JsonPlace& place) {
  RollupQueryStatus status;
  for (const auto& [name, value] : *TRY(read_object(json, place))) {
    if (value.is_null()) continue;
    const JsonPlace here = place.member(name);
    if (name == kStored.metric) status.metric = TRY(read_text(value, here));
    if (name == kStored.executed) status.last_executed = TRY(read_text(value, here));
    if (name == kStored.points) status.points = TRY(read_long(value, here));
    if (name == kStored.length) status.execution_ms = TRY(read_long(value, here));
    if (name == kStored.error) status.error = TRY(read_text(value, here));
    if (name == kStored.time) status.last_time = TRY(read_long(value, here));
  }
  return status;
}

int64_t floor_div(int64_t value, int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }

}  // namespace

std::string RollupStatus::stored_json() const { return to_json(*this, kStored); }
std::string RollupStatus::answer_json() const { return to_json(*this, kAnswered); }

// Statuses that Java wrote have the queries of the last roll-up only: the others then go on where those do.
int64_t RollupStatus::last_time(std::string_view metric) const {
  std::optional<int64_t> own;
  int64_t any = 0;
  for (const RollupQueryStatus& query : queries) {
    if (query.metric == metric) own = std::min(own.value_or(query.last_time), query.last_time);
    any = std::max(any, query.last_time);
  }
  return own.value_or(any);
}

Java<RollupStatus> parse_rollup_status(std::string_view json, Compat compat) {
  const JsonValue document = TRY(parse_document(json, compat));
  const JsonPlace root{compat};
  RollupStatus status;
  for (const auto& [name, value] : *TRY(read_object(document, root))) {
    if (value.is_null()) continue;
    const JsonPlace here = root.member(name);
    if (name == kStored.host) status.host = TRY(read_text(value, here));
    if (name == kStored.next) status.next_scheduled = TRY(read_text(value, here));
    if (name != "statuses") continue;
    const auto& items = *TRY(read_array(value, here));
    for (size_t i = 0; i < items.size(); ++i)
      status.queries.push_back(TRY(parse_query_status(items[i], here.element(i))));
  }
  return status;
}

std::string rollup_time_text(int64_t time, const Zone& zone) {
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (time == 0) return std::string(kNever);
  const int64_t local = time + zone.offset(time);
  const int64_t days = floor_div(local, kDay);
  const int64_t second = (local - days * kDay) / 1000;
  const CivilDate date = civil_from_days(days);
  return fmt::format("{:02} {} {:04} {:02}:{:02}:{:02} {}", date.day, kMonths[date.month - 1], date.year,
                     second / 3600 % 12, second / 60 % 60, second % 60, second < 43'200 ? "AM" : "PM");
}

std::optional<int64_t> parse_rollup_time(std::string_view text, const Zone& zone) {
  constexpr int kFields = 7;
  constexpr int64_t kMostOfField = 1'000'000'000;  // sums stay far below the end of time
  int64_t fields[kFields] = {};
  for (int i = 0; i < kFields; ++i) {
    if (i > 0) {
      if (!text.starts_with('-')) return std::nullopt;
      text.remove_prefix(1);
    }
    const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    if (digits == 0) return std::nullopt;
    for (const char c : text.substr(0, digits)) {
      fields[i] = fields[i] * 10 + (c - '0');
      if (fields[i] > kMostOfField || (i == 0 && fields[i] > 1'000'000)) return std::nullopt;
    }
    text.remove_prefix(digits);
  }
  const int64_t months = fields[1] - 1;
  const int64_t years = fields[0] + floor_div(months, 12);
  const int64_t days =
      days_from_civil(years, static_cast<int>(months - floor_div(months, 12) * 12) + 1, 1) + fields[2] - 1;
  const int64_t local = days * kDay + fields[3] * 3'600'000 + fields[4] * 60'000 + fields[5] * 1000 + fields[6];
  return local - zone.offset_from_local(local);
}

}  // namespace sluice::timeseries
