// SPDX-License-Identifier: Apache-2.0
#include "server/kairos/verify.h"

#include <algorithm>
#include <cstdlib>
#include <future>
#include <set>
#include <sstream>

#include "timeseries/calendar.h"
#include "timeseries/request/json_fields.h"

namespace sluice::server {
namespace {

using timeseries::JsonValue;
using Kind = JsonValue::Kind;
constexpr auto kCompat = timeseries::Compat::kV14;

std::string shown(const JsonValue& value) {
  constexpr size_t kMost = 200;
  std::string text = value.to_json();
  if (text.size() > kMost) text.resize(kMost), text += "..";
  return text;
}

bool is_whole(const std::string& number) { return number.find_first_of(".eE") == std::string::npos; }

bool same_number(const std::string& left, const std::string& right) {
  if (left == right) return true;
  // Whole numbers are compared as they are written: doubles do not hold all of them.
  if (is_whole(left) && is_whole(right)) return false;
  return std::strtod(left.c_str(), nullptr) == std::strtod(right.c_str(), nullptr);
}

std::optional<std::string> difference(const JsonValue& left, const JsonValue& right, const std::string& path) {
  const auto differ = [&](const std::string& a, const std::string& b) { return path + ": " + a + " against " + b; };
  if (left.kind() != right.kind()) return differ(shown(left), shown(right));
  switch (left.kind()) {
    case Kind::kNull:
      return std::nullopt;
    case Kind::kNumber:
      if (same_number(left.text(), right.text())) return std::nullopt;
      return differ(shown(left), shown(right));
    case Kind::kBoolean:
    case Kind::kString:
      if (left.text() == right.text()) return std::nullopt;
      return differ(shown(left), shown(right));
    case Kind::kArray: {
      const size_t both = std::min(left.items().size(), right.items().size());
      for (size_t i = 0; i < both; ++i)
        if (auto found = difference(left.items()[i], right.items()[i], path + "[" + std::to_string(i) + "]"))
          return found;
      if (left.items().size() == right.items().size()) return std::nullopt;
      return differ(std::to_string(left.items().size()) + " elements", std::to_string(right.items().size()));
    }
    case Kind::kObject:
      for (const auto& [name, value] : left.members()) {
        const JsonValue* const other = right.find(name);
        if (!other) return path + "." + name + ": " + shown(value) + " against nothing";
        if (auto found = difference(value, *other, path + "." + name)) return found;
      }
      for (const auto& [name, value] : right.members())
        if (!left.find(name)) return path + "." + name + ": nothing against " + shown(value);
      return std::nullopt;
  }
  return std::nullopt;
}

std::string member_text(const JsonValue& object, std::string_view name) {
  const JsonValue* const value = object.find(name);
  if (!value) return {};
  return value->is_object() || value->is_array() ? value->to_json() : value->text();
}

VerifyRequest request_of(const JsonValue& json, size_t number) {
  VerifyRequest request;
  request.name = "query " + std::to_string(number);
  if (!json.find("path")) {
    request.body = json.to_json();
    return request;
  }
  request.path = member_text(json, "path");
  request.body = member_text(json, "body");
  const std::string method = member_text(json, "method"), name = member_text(json, "case");
  request.method = !method.empty() ? method : request.body.empty() ? "GET" : "POST";
  if (!name.empty()) request.name = name;
  return request;
}

}  // namespace

std::optional<std::string> first_difference(const JsonValue& left, const JsonValue& right) {
  return difference(left, right, "$");
}

Result<std::vector<VerifyRequest>> read_verify_requests(std::istream& in) {
  std::ostringstream whole;
  whole << in.rdbuf();
  const std::string text = std::move(whole).str();
  std::vector<VerifyRequest> requests;
  if (const size_t begin = text.find_first_not_of(" \t\r\n"); begin != std::string::npos && text[begin] == '[') {
    const auto json = timeseries::parse_document(text, kCompat);
    if (!json || !json->is_array()) return fail(Code::kInvalidArgument, "the requests are no JSON array");
    for (const JsonValue& item : json->items()) requests.push_back(request_of(item, requests.size() + 1));
    return requests;
  }
  std::istringstream lines(text);
  size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const auto json = timeseries::parse_document(line, kCompat);
    if (!json || !json->is_object())
      return fail(Code::kInvalidArgument, "line " + std::to_string(number) + " is no JSON object");
    requests.push_back(request_of(*json, number));
  }
  return requests;
}

std::string with_absolute_times(std::string_view query, int64_t now) {
  const auto json = timeseries::parse_document(query, kCompat);
  if (!json || !json->is_object()) return std::string(query);
  const auto absolute = [&](const JsonValue& relative) -> std::optional<int64_t> {
    const JsonValue *const value = relative.find("value"), *const unit = relative.find("unit");
    if (!relative.is_object() || !value || !unit) return std::nullopt;
    const auto number = value->as_long();
    const auto in = timeseries::read_unit(*unit);
    if (!number || !in) return std::nullopt;
    return timeseries::relative_time(now, {*number, *in});
  };
  std::string text = "{";
  for (const auto& [name, value] : json->members()) {
    if (text.size() > 1) text += ',';
    const bool start = name == "start_relative";
    const auto time = start || name == "end_relative" ? absolute(value) : std::nullopt;
    // Absolute times win over relative ones that stand beside them.
    const std::string other = start ? "start_absolute" : "end_absolute";
    if (time && !json->find(other))
      text += "\"" + other + "\":" + std::to_string(*time);
    else
      text += JsonValue::of_string(name).to_json() + ":" + value.to_json();
  }
  return text + "}";
}

namespace {

Status add_metric_names(HttpCaller& server, std::set<std::string>& names) {
  const auto answer = TRY(server.call("GET", "/api/v1/metricnames"));
  const auto json = timeseries::parse_document(answer.body, kCompat);
  const JsonValue* const found = json ? json->find("results") : nullptr;
  if (answer.status != 200 || !found)
    return fail(Error(Code::kUnavailable, "/api/v1/metricnames answered " + std::to_string(answer.status))
                    .with_peer(server.url()));
  // Metrics of the servers themselves differ by nature.
  constexpr std::string_view kOwn = "kairosdb.";
  for (const JsonValue& name : found->items())
    if (!name.text().starts_with(kOwn)) names.insert(name.text());
  return {};
}

}  // namespace

Result<DefaultRequests> default_verify_requests(HttpCaller& left, HttpCaller& right, size_t metrics, int64_t now) {
  constexpr int64_t kDay = 86'400'000;
  std::set<std::string> names;
  TRY(add_metric_names(left, names));
  TRY(add_metric_names(right, names));
  DefaultRequests made;
  size_t asked = 0;
  for (const std::string& name : names) {
    if (asked++ >= metrics) {
      ++made.left_out;
      continue;
    }
    const auto add = [&](const char* what, int64_t start, const std::string& more, const char* path = "") {
      made.requests.push_back(
          {name + ": " + what, "POST", std::string("/api/v1/datapoints/query") + path,
           "{\"start_absolute\":" + std::to_string(start) + ",\"end_absolute\":" + std::to_string(now) +
               ",\"time_zone\":\"UTC\",\"metrics\":[{\"name\":" + JsonValue::of_string(name).to_json() + more + "}]}"});
    };
    const auto by_day = [](const char* function) {
      return std::string(",\"aggregators\":[{\"name\":\"") + function +
             "\",\"sampling\":{\"value\":1,\"unit\":\"days\"},\"align_start_time\":true}]";
    };
    add("tags", 0, "", "/tags");
    add("count by day", 0, by_day("count"));
    add("sum by day", 0, by_day("sum"));
    add("least squares by day", 0, by_day("least_squares"));
    add("newest points, 30 days", now - 30 * kDay, ",\"order\":\"desc\",\"limit\":1000");
  }
  return made;
}

VerifyFigures verify(HttpCaller& left, HttpCaller& right, const std::vector<VerifyRequest>& requests, int64_t now,
                     const std::function<void(const std::string& name, const std::string& why)>& report) {
  VerifyFigures figures;
  for (const VerifyRequest& request : requests) {
    ++figures.requests;
    const std::string body = with_absolute_times(request.body, now);
    auto beside = std::async(std::launch::async, [&] { return right.call(request.method, request.path, body); });
    const auto one = left.call(request.method, request.path, body);
    const auto two = beside.get();
    if (!one || !two) {
      ++figures.failed;
      report(request.name, (one ? two : one).error().describe());
      continue;
    }
    std::optional<std::string> why;
    if (one->status != two->status) {
      why = "status " + std::to_string(one->status) + " against " + std::to_string(two->status);
    } else if (one->body != two->body) {
      const auto one_json = timeseries::parse_document(one->body, kCompat);
      const auto two_json = timeseries::parse_document(two->body, kCompat);
      if (one_json && two_json)
        why = first_difference(*one_json, *two_json);
      else
        why = "the bodies differ";
    }
    if (!why) continue;
    ++figures.different;
    report(request.name, *why);
  }
  return figures;
}

}  // namespace sluice::server
