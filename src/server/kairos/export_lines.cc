// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>
#include <cmath>
#include <set>

#include "server/kairos/point_lines.h"
#include "timeseries/engine/answer_text.h"
#include "timeseries/engine/group_tags.h"
#include "timeseries/request/json_value.h"

namespace sluice::server {
namespace {

using timeseries::JsonValue;
using timeseries::Points;
using timeseries::PointType;

// Collects a text.
class TextSink : public timeseries::AnswerSink {
 public:
  explicit TextSink(std::string& text) : text_(text) {}
  Status write(std::string_view piece) override {
    text_.append(piece);
    return {};
  }

 private:
  std::string& text_;
};

// "{"name":..,"tags":{..},"datapoints":[", tags in the order of java.util.HashMap, as org.json writes a map: it copies
// it into one that is made for as many entries.
std::string line_head(std::string_view metric, const timeseries::Tags& tags) {
  std::string line = "{\"name\":";
  timeseries::append_answer_string(line, metric);
  line += ",\"tags\":{";
  const auto hashed = timeseries::GroupTags::of({&tags}).hashed(std::bit_ceil(tags.size()));
  for (const auto& [name, values] : hashed.all()) {
    if (!line.ends_with('{')) line += ',';
    timeseries::append_answer_string(line, name);
    line += ':';
    timeseries::append_answer_string(line, values.front());
  }
  line += "},\"datapoints\":[";
  return line;
}

constexpr std::string_view kLineEnd = "]}\n";

class StoreLines : public PointLinesSource {
 public:
  explicit StoreLines(timeseries::Store& store) : store_(store) {}

  Result<std::vector<std::string>> metrics() override { return store_.metric_names(""); }

  Status export_metric(const std::string& metric, const LineSink& sink, ExportFigures& figures) override {
    timeseries::SeriesQuery query;
    query.metric = metric;
    query.start = timeseries::kMinTime;
    for (auto& row : TRY(store_.read(query, {}))) {
      const std::string head = line_head(metric, row.series->tags());
      std::string line = head;
      size_t in_line = 0;
      int64_t line_row = 0;
      Points points;
      for (;;) {
        TRY(row.source->next(points));
        if (points.empty()) break;
        for (size_t i = 0; i < points.size(); ++i) {
          // Lines end where KairosDB's rows do, which stores need not cut.
          const int64_t row_of = timeseries::row_time(points.time(i));
          if (in_line > 0 && row_of != line_row) {
            TRY(finish(line, sink, figures));
            line = head;
            in_line = 0;
          }
          line_row = row_of;
          if (!add(points, i, in_line > 0, line)) {
            ++figures.skipped;
            continue;
          }
          ++in_line;
          ++figures.points;
        }
      }
      if (in_line > 0) TRY(finish(line, sink, figures));
    }
    return {};
  }

 private:
  static Status finish(std::string& line, const LineSink& sink, ExportFigures& figures) {
    line += kLineEnd;
    ++figures.lines;
    return sink(line);
  }

  // False: there is no JSON for the value.
  bool add(const Points& points, size_t i, bool comma, std::string& line) {
    one_.clear();
    one_.add_from(points, i);
    text_.clear();
    TextSink sink(text_);
    timeseries::AnswerText text(sink, 0, 0);
    if (!text.points(one_) || !text.finish()) return false;
    text_.pop_back();
    if (comma) line += ',';
    line.append(text_).append(",\"").append(timeseries::api_name(points.type(i))).append("\"]");
    return true;
  }

  timeseries::Store& store_;
  Points one_;
  std::string text_;
};

std::string quoted(std::string_view text) {
  std::string json;
  timeseries::append_answer_string(json, text);
  return json;
}

class ServerLines : public PointLinesSource {
 public:
  explicit ServerLines(HttpCaller& caller) : caller_(caller) {}

  Result<std::vector<std::string>> metrics() override {
    const JsonValue answer = TRY(ask("GET", "/api/v1/metricnames", ""));
    std::vector<std::string> names;
    if (const JsonValue* const results = answer.find("results"))
      for (const JsonValue& name : results->items()) names.push_back(name.text());
    return names;
  }

  Status export_metric(const std::string& metric, const LineSink& sink, ExportFigures& figures) override {
    const std::string tags = TRY(tag_names(metric));
    for (const int64_t row : TRY(rows_of(metric)))
      TRY(export_range(metric, tags, row, row + timeseries::kRowWidth - 1, sink, figures));
    return {};
  }

 private:
  Result<JsonValue> ask(std::string_view method, const std::string& path, const std::string& body) {
    const auto answer = TRY(caller_.call(method, path, body));
    if (answer.status != 200)
      return fail(Error(Code::kUnavailable,
                        path + " answered " + std::to_string(answer.status) + ": " + answer.body.substr(0, 500))
                      .with_peer(caller_.url()));
    auto json = timeseries::parse_document(answer.body, timeseries::Compat::kV14);
    if (!json) return fail(Error(Code::kUnavailable, path + " answered no JSON").with_peer(caller_.url()));
    return std::move(*json);
  }

  static std::string query(const std::string& metric, int64_t start, int64_t end, const std::string& more) {
    return "{\"start_absolute\":" + std::to_string(start) + ",\"end_absolute\":" + std::to_string(end) +
           ",\"metrics\":[{\"name\":" + quoted(metric) + more + "}]}";
  }
  static constexpr int64_t kBegin = -timeseries::kRowWidth * 10'000;  // long before anybody measured
  static constexpr int64_t kEnd = timeseries::kRowWidth * 10'000;

  // The first metric's results.
  static const std::vector<JsonValue>& results(const JsonValue& answer) {
    static const std::vector<JsonValue> none;
    const JsonValue* const queries = answer.find("queries");
    if (!queries || queries->items().empty()) return none;
    const JsonValue* const found = queries->items()[0].find("results");
    return found ? found->items() : none;
  }

  // The tag group_by of all the metric's tags, as part of a query.
  Result<std::string> tag_names(const std::string& metric) {
    const JsonValue answer = TRY(ask("POST", "/api/v1/datapoints/query/tags", query(metric, kBegin, kEnd, "")));
    std::string list;
    for (const JsonValue& result : results(answer))
      if (const JsonValue* const tags = result.find("tags"))
        for (const auto& [name, values] : tags->members()) list += (list.empty() ? "" : ",") + quoted(name);
    return list.empty() ? list : ",\"group_by\":[{\"name\":\"tag\",\"tags\":[" + list + "]}]";
  }

  // Pieces of time without overlap, also before 1970.
  static int64_t row_of(int64_t time) {
    const int64_t rest = time % timeseries::kRowWidth;
    return time - rest - (rest < 0 ? timeseries::kRowWidth : 0);
  }

  // The rows that have points: a limit of 1 gives one point of each.
  Result<std::set<int64_t>> rows_of(const std::string& metric) {
    std::set<int64_t> rows;
    // The limit holds for a group as well, so all rows come only where each is a group of its own.
    const std::string more = ",\"limit\":1,\"group_by\":[{\"name\":\"time\",\"range_size\":{\"value\":" +
                             std::to_string(timeseries::kRowWidth) +
                             ",\"unit\":\"milliseconds\"},\"group_count\":100000}]";
    const JsonValue answer = TRY(ask("POST", "/api/v1/datapoints/query", query(metric, kBegin, kEnd, more)));
    for (const JsonValue& result : results(answer))
      if (const JsonValue* const values = result.find("values"))
        for (const JsonValue& point : values->items())
          if (!point.items().empty())
            if (const auto time = point.items()[0].as_long()) rows.insert(row_of(*time));
    return rows;
  }

  // Halves what is too much for one answer.
  Status export_range(const std::string& metric, const std::string& tags, int64_t start, int64_t end,
                      const LineSink& sink, ExportFigures& figures) {
    auto answer = ask("POST", "/api/v1/datapoints/query", query(metric, start, end, tags));
    if (!answer && answer.error().code() == Code::kResourceExhausted && end > start) {
      const int64_t middle = start + (end - start) / 2;
      TRY(export_range(metric, tags, start, middle, sink, figures));
      return export_range(metric, tags, middle + 1, end, sink, figures);
    }
    if (!answer) return fail(std::move(answer).error());
    for (const JsonValue& result : results(*answer)) TRY(export_result(metric, result, sink, figures));
    return {};
  }

  static bool is_fraction(const JsonValue& number) { return number.text().find_first_of(".eE") != std::string::npos; }

  // Answers write whole doubles as longs: a series with fractions is one of doubles, but two numbers of one time are a
  // long and a double.
  static bool is_double(const std::vector<JsonValue>& points, size_t i, bool doubles) {
    const auto beside = [&](size_t other) {
      return other < points.size() && points[other].items().size() > 1 &&
             points[other].items()[0].text() == points[i].items()[0].text();
    };
    const bool before = i > 0 && beside(i - 1);
    if (!before && !beside(i + 1)) return doubles;
    if (is_fraction(points[i].items()[1])) return true;
    return before && !is_fraction(points[i - 1].items()[1]);
  }

  Status export_result(const std::string& metric, const JsonValue& result, const LineSink& sink,
                       ExportFigures& figures) {
    const JsonValue* const values = result.find("values");
    if (!values || values->items().empty()) return {};
    std::vector<timeseries::Tags::Tag> tags;
    if (const JsonValue* const found = result.find("tags"))
      for (const auto& [name, list] : found->members())
        if (!list.items().empty() && !list.items()[0].text().empty()) tags.emplace_back(name, list.items()[0].text());
    std::string line = line_head(metric, timeseries::Tags(std::move(tags)));
    const bool doubles = std::any_of(values->items().begin(), values->items().end(), [](const JsonValue& point) {
      return point.items().size() > 1 && point.items()[1].kind() == JsonValue::Kind::kNumber &&
             is_fraction(point.items()[1]);
    });
    bool first = true;
    const auto& points = values->items();
    for (size_t i = 0; i < points.size(); ++i) {
      const JsonValue& point = points[i];
      if (point.items().size() < 2) continue;
      const JsonValue& value = point.items()[1];
      const bool text = value.kind() == JsonValue::Kind::kString;
      if (!text && value.kind() != JsonValue::Kind::kNumber) {
        ++figures.skipped;
        continue;
      }
      if (!first) line += ',';
      first = false;
      line.append("[").append(point.items()[0].text()).append(",");
      line += text ? quoted(value.text()) : value.text();
      line.append(text ? ",\"string\"]" : is_double(points, i, doubles) ? ",\"double\"]" : ",\"long\"]");
      ++figures.points;
    }
    if (first) return {};
    line += kLineEnd;
    ++figures.lines;
    return sink(line);
  }

  HttpCaller& caller_;
};

}  // namespace

std::unique_ptr<PointLinesSource> lines_of_store(timeseries::Store& store) {
  return std::make_unique<StoreLines>(store);
}
std::unique_ptr<PointLinesSource> lines_of_server(HttpCaller& caller) { return std::make_unique<ServerLines>(caller); }

}  // namespace sluice::server
