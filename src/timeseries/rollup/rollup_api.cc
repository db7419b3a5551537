// SPDX-License-Identifier: Apache-2.0
#include "timeseries/rollup/rollup_api.h"

#include <chrono>

#include "timeseries/rollup/roll_up.h"

namespace sluice::timeseries {
namespace {

constexpr std::string_view kUrl = "/api/v1/rollups/";

RollupAnswer error_answer(int status, const std::string& message) {
  return {status, errors_json({status, {message}}), true};
}

RollupAnswer answer_of(const Fault& fault) {
  ParseOutcome outcome = outcome_of(fault);
  // Unlike queries, roll-ups answer what Gson could not read with 500.
  if (fault.what != FaultClass::kValidation) outcome.status = 500;
  return {outcome.status, errors_json(outcome), outcome.status != 400};
}

RollupAnswer not_found(std::string_view what, std::string_view id) {
  return error_answer(404, std::string(what) + " not found for id " + std::string(id));
}

// What no catch clause of Java's handlers sees.
RollupAnswer uncaught() { return {500, "", false}; }

std::string created_json(const RollupTask& task) {
  std::string json = "{\"id\":";
  append_gson_string(json, task.id);
  json += ",\"name\":";
  append_gson_string(json, task.name);
  json += ",\"attributes\":{\"url\":";
  append_gson_string(json, std::string(kUrl) + task.id);
  json += "}}";
  return json;
}

const std::string* find(const RollupApi::Parameters& parameters, std::string_view name) {
  for (const auto& [key, value] : parameters)
    if (key == name) return &value;
  return nullptr;
}

RollupApiOptions with_clock(RollupApiOptions options) {
  if (!options.now)
    options.now = [] {
      using namespace std::chrono;
      return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
    };
  return options;
}

}  // namespace

RollupApi::RollupApi(Engine& engine, RollupStore& store, RollupApiOptions options)
    : engine_(engine),
      store_(store),
      options_(with_clock(std::move(options))),
      zone_(Zone::find(options_.zone).value_or(Zone())) {}

RollupAnswer RollupApi::handle(std::string_view method, std::string_view path, const Parameters& parameters,
                               std::string_view body) {
  if (path.starts_with('/')) path.remove_prefix(1);
  const RollupAnswer wrong_method{405, "", false};
  if (path.empty()) {
    if (method == "GET" || method == "HEAD") return list();
    if (method == "POST") return create(body);
    return wrong_method;
  }
  const size_t slash = path.find('/');
  if (slash == std::string_view::npos) {
    if (method == "GET" || method == "HEAD") return get(path);
    if (method == "PUT") return update(path, body);
    if (method == "DELETE") return erase(path);
    return wrong_method;
  }
  const std::string_view what = path.substr(0, slash), id = path.substr(slash + 1);
  if (id.empty() || id.find('/') != std::string_view::npos || (what != "status" && what != "backfill"))
    return {404, "", false};
  if (method != "GET" && method != "HEAD") return wrong_method;
  return what == "status" ? status(id) : backfill(id, parameters);
}

RollupAnswer RollupApi::failed(const Error& error) const { return error_answer(500, error.message()); }

RollupAnswer RollupApi::stored(const RollupTask& task) {
  if (const auto written = store_.put_task(task); !written)
    return error_answer(500, "Failed to write roll-up tasks to the service keystore");
  if (options_.changed) options_.changed();
  return {200, created_json(task), true};
}

RollupAnswer RollupApi::create(std::string_view body) {
  if (body.empty()) return uncaught();
  const auto task = parse_rollup_task(body, std::nullopt, store_.parser_options());
  return task ? stored(*task) : answer_of(task.error());
}

RollupAnswer RollupApi::list() {
  const auto ids = store_.task_ids();
  if (!ids) return error_answer(500, "Failed to read roll-up tasks from the service keystore");
  std::string json = "[";
  for (const std::string& id : *ids) {
    const auto task = store_.task(id);
    if (!task) return failed(task.error());
    if (!*task) continue;
    if (json.size() > 1) json += ',';
    json += (*task)->json;
  }
  json += ']';
  return {200, std::move(json), true};
}

RollupAnswer RollupApi::get(std::string_view id) {
  auto task = store_.task(id);
  if (!task) return failed(task.error());
  if (!*task) return not_found("Resource", id);
  return {200, std::move((*task)->json), true};
}

RollupAnswer RollupApi::update(std::string_view id, std::string_view body) {
  if (body.empty()) return uncaught();
  const auto found = store_.task(id);
  // A stored task that cannot be read can be replaced; in Java it can only be deleted from outside.
  if (!found && found.error().code() != Code::kDataLoss) return failed(found.error());
  if (found && !*found) return not_found("Resource", id);
  const auto task = parse_rollup_task(body, std::string(id), store_.parser_options());
  if (!task) return answer_of(task.error());
  // Java's constructor checks that there are roll-ups, and throws without a message.
  if (task->rollups.empty()) return {500, errors_json({500, {std::nullopt}}), true};
  return stored(*task);
}

RollupAnswer RollupApi::erase(std::string_view id) {
  const auto found = store_.task(id);
  if (!found && found.error().code() != Code::kDataLoss) return failed(found.error());
  if (found && !*found) return not_found("Resource", id);
  if (const auto erased = store_.erase_task(id); !erased)
    return error_answer(500, "Failed to remove roll-up tasks from the service keystore");
  if (options_.changed) options_.changed();
  return {204, "", true};
}

RollupAnswer RollupApi::status(std::string_view id) {
  const auto found = store_.status(id);
  if (!found) return failed(found.error());
  if (!*found) return not_found("Status", id);
  return {200, (*found)->answer_json(), true};
}

RollupAnswer RollupApi::backfill(std::string_view id, const Parameters& parameters) {
  const std::string* const start_text = find(parameters, "startTime");
  const std::string* const end_text = find(parameters, "endTime");
  if (!start_text || start_text->empty()) return uncaught();
  const auto unparseable = [](const std::string& text) {
    return error_answer(500, "Unparseable date: \"" + text + "\"");
  };
  const auto start = parse_rollup_time(*start_text, zone_);
  if (!start) return unparseable(*start_text);
  int64_t end = options_.now();
  if (end_text) {
    const auto given = parse_rollup_time(*end_text, zone_);
    if (!given) return unparseable(*end_text);
    end = *given;
  }
  const auto task = store_.task(id);
  if (!task) return failed(task.error());
  if (!*task) return not_found("Resource", id);
  RollUpOptions options;
  options.default_zone = options_.zone;
  options.cancelled = options_.stopping;
  for (const Rollup& rollup : (*task)->rollups)
    for (const MetricQuery& metric : rollup.query.metrics)
      if (const auto points = roll_up(engine_, rollup, metric, *start, end, options); !points)
        return failed(points.error());
  return {204, "", true};
}

}  // namespace sluice::timeseries
