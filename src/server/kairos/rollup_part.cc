// SPDX-License-Identifier: Apache-2.0
#include "server/kairos/rollup_part.h"

#include <unistd.h>

#include <chrono>

#include "net/http.h"

namespace sluice::server {
namespace {

using namespace timeseries;

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 && name[0] != '\0' ? name : "localhost";
}

QueryParserOptions parser_options(Compat compat, const std::string& zone) {
  using namespace std::chrono;
  QueryParserOptions options;
  options.compat = compat;
  options.now = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  options.default_zone = zone;
  return options;
}

}  // namespace

Result<std::unique_ptr<RollupPart>> RollupPart::make(const Settings& settings, Queries queries, Engine& engine,
                                                     ServiceStore& values) {
  RollupNodeOptions node;
  const auto data_dir = settings.path("data_dir");
  node.host_id = data_dir.empty() ? new_rollup_id() : TRY(server_id((data_dir / "server-id").string()));
  node.host_name = host_name();
  node.zone = queries.zone;
  node.inactive = settings.duration("timeseries.rollups.inactive");
  RollupServiceOptions service;
  // KairosDB's shipped file has 30 s for both, with which servers come and go.
  service.beat = std::min(settings.duration("timeseries.rollups.heartbeat"), node.inactive / 2);
  service.check = settings.duration("timeseries.rollups.check_interval");
  return std::unique_ptr<RollupPart>(new RollupPart(engine, values, std::move(queries), std::move(node), service));
}

RollupPart::RollupPart(Engine& engine, ServiceStore& values, Queries queries, RollupNodeOptions node,
                       RollupServiceOptions service)
    : store_(values, [compat = queries.compat, zone = queries.zone] { return parser_options(compat, zone); }),
      node_(engine, store_, std::move(node)),
      service_(node_, service),
      api_(engine, store_, {queries.zone, {}, [this] { service_.wake(); }, &stopping_}) {
  auto& metrics = Metrics::process();
  const auto counter = [&](std::string_view name, std::string_view help, uint64_t RollupNode::Figures::* figure) {
    metrics_.push_back(metrics.callback_counter(
        name, help, {}, [this, figure] { return static_cast<double>(node_.figures().*figure); }));
  };
  counter("sluice_timeseries_rollup_runs_total", "Queries of roll-up tasks that were run.", &RollupNode::Figures::runs);
  counter("sluice_timeseries_rollup_failures_total", "Those that failed.", &RollupNode::Figures::failures);
  counter("sluice_timeseries_rollup_points_total", "Points that roll-ups saved.", &RollupNode::Figures::points);
  metrics_.push_back(metrics.callback_gauge("sluice_timeseries_rollup_tasks", "Roll-up tasks that this server runs.",
                                            {}, [this] { return static_cast<double>(node_.figures().tasks); }));
}

RollupPart::~RollupPart() { stop(); }

void RollupPart::start() { service_.start(); }

void RollupPart::stop() {
  stopping_ = true;
  service_.stop();
}

RollupAnswer RollupPart::handle(std::string_view method, std::string_view path, std::string_view query,
                                std::string_view body) {
  auto parameters = net::parse_form(query);
  if (!parameters) return {400, R"({"errors":["the query of the URL is malformed"]})", false};
  return api_.handle(method, path, *parameters, body);
}

}  // namespace sluice::server
