// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <thread>

#include "server/kairos/point_lines.h"
#include "timeseries/request/datapoints_parser.h"
#include "timeseries/request/json_value.h"

namespace sluice::server {
namespace {

class IntoStore : public PointLinesTarget {
 public:
  explicit IntoStore(timeseries::Store& store) : store_(store) {}

  Result<Outcome> put(std::string_view body) override {
    timeseries::DatapointsParser parser(store_, {}, &cache_);
    TRY(parser.feed(body, true));
    Outcome outcome;
    outcome.ok = parser.outcome().status == 204;
    outcome.points = parser.points();
    for (const auto& error : parser.outcome().errors) outcome.errors.push_back(error.value_or("null"));
    return outcome;
  }

 private:
  timeseries::Store& store_;
  timeseries::SeriesCache cache_;
};

class IntoServer : public PointLinesTarget {
 public:
  explicit IntoServer(HttpCaller& caller) : caller_(caller) {}

  Result<Outcome> put(std::string_view body) override {
    constexpr int kMostTries = 100;
    HttpCallAnswer answer;
    for (int i = 0; i < kMostTries; ++i) {
      answer = TRY(caller_.call("POST", "/api/v1/datapoints", body));
      if (answer.status != 503 && answer.status != 429) break;
      std::this_thread::sleep_for(std::chrono::seconds(std::clamp(answer.retry_after, 1u, 30u)));
    }
    Outcome outcome;
    outcome.ok = answer.status == 204;
    if (outcome.ok) return outcome;
    if (answer.status != 400 && answer.status != 500)
      return fail(Error(Code::kUnavailable, "/api/v1/datapoints answered " + std::to_string(answer.status) + ": " +
                                                answer.body.substr(0, 500))
                      .with_peer(caller_.url()));
    if (const auto json = timeseries::parse_document(answer.body, timeseries::Compat::kV14))
      if (const auto* const errors = json->find("errors"))
        for (const auto& error : errors->items()) outcome.errors.push_back(error.is_null() ? "null" : error.text());
    if (outcome.errors.empty()) outcome.errors.push_back("status " + std::to_string(answer.status));
    return outcome;
  }

 private:
  HttpCaller& caller_;
};

// Whether a line is one object, so that it can stand in an array with others: one that closes more than it opens would
// end the array without an error. Of what Gson takes and JSON is not, some is not seen to be one: it goes alone.
bool is_one_object(std::string_view line) {
  const size_t end = line.find_last_not_of(" \t\r");
  if (!line.starts_with('{') || end == std::string_view::npos) return false;
  size_t depth = 0;
  bool quoted = false;
  for (size_t i = 0; i <= end; ++i) {
    const char c = line[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
      continue;
    }
    if (c == '"') quoted = true;
    if (c == '\'' || c == '#' || c == '/') return false;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return i == end;
  }
  return false;
}

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

}  // namespace

std::unique_ptr<PointLinesTarget> lines_into_store(timeseries::Store& store) {
  return std::make_unique<IntoStore>(store);
}
std::unique_ptr<PointLinesTarget> lines_into_server(HttpCaller& caller) { return std::make_unique<IntoServer>(caller); }

Result<ImportFigures> import_lines(std::istream& in, PointLinesTarget& target, const ImportErrors& errors,
                                   size_t batch_bytes) {
  ImportFigures figures;
  std::vector<std::pair<uint64_t, std::string>> lines;
  size_t bytes = 0;
  const auto send_alone = [&](uint64_t number, std::string_view line) -> Status {
    const auto outcome = TRY(target.put(line));
    figures.points += outcome.points;
    if (outcome.ok) return {};
    ++figures.failed;
    for (const std::string& error : outcome.errors) errors(number, error);
    return {};
  };
  const auto send = [&]() -> Status {
    if (lines.empty()) return {};
    std::string body = "[";
    for (const auto& [number, line] : lines) {
      if (body.size() > 1) body += ',';
      body += line;
    }
    body += ']';
    const auto whole = TRY(target.put(body));
    if (whole.ok)
      figures.points += whole.points;
    else
      for (const auto& [number, line] : lines) TRY(send_alone(number, line));
    lines.clear();
    bytes = 0;
    return {};
  };
  for (std::string line; std::getline(in, line);) {
    ++figures.lines;
    if (is_blank(line)) continue;
    if (!is_one_object(line)) {
      TRY(send());  // in the order of the lines: the last of a time wins
      TRY(send_alone(figures.lines, line));
      continue;
    }
    bytes += line.size();
    lines.emplace_back(figures.lines, std::move(line));
    if (bytes >= batch_bytes) TRY(send());
  }
  if (in.bad()) return fail(Code::kUnavailable, "the lines cannot be read");
  TRY(send());
  return figures;
}

}  // namespace sluice::server
