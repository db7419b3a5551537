// SPDX-License-Identifier: Apache-2.0
#include "timeseries/rollup/rollup_node.h"

#include <algorithm>
#include <set>

#include "base/log.h"
#include "timeseries/rollup/balance.h"
#include "timeseries/rollup/roll_up.h"

namespace sluice::timeseries {
namespace {

constexpr int64_t kSettled = 2'000;  // milliseconds

int64_t system_now() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

RollupNodeOptions with_clock(RollupNodeOptions options) {
  if (!options.now) options.now = system_now;
  return options;
}

}  // namespace

RollupNode::RollupNode(Engine& engine, RollupStore& store, RollupNodeOptions options)
    : engine_(engine),
      store_(store),
      options_(with_clock(std::move(options))),
      zone_(Zone::find(options_.zone).value_or(Zone())) {}

// ---- the cluster

Status RollupNode::beat() {
  auto hosts = TRY(store_.beat(options_.host_id, options_.host_name, options_.now(), options_.inactive.count()));
  const bool changed = hosts != hosts_;
  const bool coordinator = !hosts.empty() && hosts.begin()->first == options_.host_id;
  if (coordinator && !coordinator_) log::info("this host assigns roll-up tasks", {{"hosts", hosts.size()}});
  const bool first = coordinator && !coordinator_;
  hosts_ = std::move(hosts);
  coordinator_ = coordinator;
  if (coordinator && (changed || first)) balanced_tasks_ = -1;  // check() assigns anew, also after a failure
  return {};
}

Status RollupNode::rebalance() {
  const RollupAssignments before = TRY(store_.assignments());
  std::map<std::string, int64_t, JavaOrder> scores;
  for (const std::string& id : TRY(store_.task_ids())) {
    const auto task = store_.task(id);
    if (!task && task.error().code() != Code::kDataLoss) return fail(task.error());
    if (!task) log::warn("a roll-up task cannot be read", {{"task", id}, {"error", task.error()}});
    if (task && *task) scores[id] = rollup_score((*task)->interval);
  }
  const RollupAssignments after = balance_rollups(hosts_, scores);
  for (const auto& [task, host] : before) {
    if (after.contains(task)) continue;
    TRY(store_.unassign(task));
    TRY(store_.erase_status(task));
  }
  for (const auto& [task, host] : after) {
    const auto old = before.find(task);
    if (old == before.end() || old->second != host) TRY(store_.assign(task, host));
  }
  return {};
}

Status RollupNode::check() {
  // A change may follow another in the same millisecond: what changed just now is looked at again.
  const int64_t settled = options_.now() - kSettled;
  const int64_t tasks = TRY(store_.tasks_modified());
  if (coordinator_ && tasks != balanced_tasks_) {
    TRY(rebalance());
    balanced_tasks_ = tasks < settled ? tasks : -1;
  }
  const int64_t assignments = TRY(store_.assignments_modified());
  if (assignments == seen_assignments_ && tasks == seen_tasks_) return {};

  std::set<std::string> mine;
  for (const auto& [task, host] : TRY(store_.assignments()))
    if (host == options_.host_id) mine.insert(task);
  {
    std::lock_guard lock(mutex_);
    std::erase_if(schedule_, [&](const auto& entry) { return !mine.contains(entry.first); });
  }
  for (const std::string& id : mine) TRY(take_up(id));
  seen_assignments_ = assignments < settled ? assignments : -1;
  seen_tasks_ = tasks < settled ? tasks : -1;
  return {};
}

Status RollupNode::take_up(const std::string& id) {
  auto task = store_.task(id);
  if (!task && task.error().code() != Code::kDataLoss) return fail(task.error());
  if (!task || !*task) {
    if (!task) log::error("a roll-up task cannot be read", {{"task", id}, {"error", task.error()}});
    std::lock_guard lock(mutex_);
    schedule_.erase(id);
    return {};
  }
  {
    std::lock_guard lock(mutex_);
    const auto known = schedule_.find(id);
    if (known != schedule_.end() && known->second.task->modified == (*task)->modified &&
        known->second.task->json == (*task)->json)
      return {};
  }
  // A damaged status is none: the task must go on.
  auto status = store_.status(id);
  if (!status && status.error().code() != Code::kDataLoss) return fail(status.error());
  RollupStatus known = status && *status ? std::move(**status) : RollupStatus();
  int64_t last = kMaxTime;
  for (const RollupQueryStatus& query : known.queries) last = std::min(last, query.last_time);
  const int64_t now = options_.now();
  const bool ran = last != kMaxTime && last > 0;
  std::optional<int64_t> next = after(**task, ran ? last : std::min((*task)->modified, now));
  if (next) next = std::max(*next, now);
  known.next_scheduled = rollup_time_text(next.value_or(0), zone_);
  if (known.host.empty()) known.host = options_.host_name;
  if (known.queries.empty() && !(*task)->rollups.empty() && !(*task)->rollups[0].query.metrics.empty()) {
    known.queries.emplace_back();
    known.queries[0].metric = (*task)->rollups[0].query.metrics[0].series.metric;
    known.queries[0].last_executed = rollup_time_text(0, zone_);
  }
  TRY(store_.put_status(id, known));
  log::info("roll-up task scheduled",
            {{"task", id}, {"name", (*task)->name}, {"next", std::string_view(known.next_scheduled)}});
  std::lock_guard lock(mutex_);
  Scheduled& entry = schedule_[id];
  entry.task = std::make_shared<const RollupTask>(std::move(**task));
  entry.next = next;
  return {};
}

Status RollupNode::leave() { return store_.leave(options_.host_id); }

// ---- running

// An interval later; nullopt: never.
std::optional<int64_t> RollupNode::after(const RollupTask& task, int64_t time) const {
  if (task.interval.value <= 0) return std::nullopt;
  const auto next = UnitField(task.interval.unit, zone_).add(time, task.interval.value);
  if (!next) return std::nullopt;
  return *next;
}

std::optional<int64_t> RollupNode::next_due() const {
  std::lock_guard lock(mutex_);
  std::optional<int64_t> next;
  for (const auto& [id, entry] : schedule_)
    if (entry.next && !entry.running) next = std::min(next.value_or(kMaxTime), *entry.next);
  return next;
}

size_t RollupNode::run_due() {
  size_t count = 0;
  while (!cancelled_) {
    std::shared_ptr<const RollupTask> task;
    std::optional<int64_t> next;
    {
      std::lock_guard lock(mutex_);
      const int64_t now = options_.now();
      // The one that waits longest.
      Scheduled* due = nullptr;
      for (auto& [id, entry] : schedule_)
        if (!entry.running && entry.next && *entry.next <= now && (!due || *entry.next < *due->next)) due = &entry;
      if (!due) return count;
      // Runs that were missed become this one.
      next = after(*due->task, *due->next);
      if (next && *next <= now) next = after(*due->task, now);
      due->next = next;
      due->running = true;
      task = due->task;
    }
    run(*task, next);
    ++count;
    std::lock_guard lock(mutex_);
    if (const auto entry = schedule_.find(task->id); entry != schedule_.end()) entry->second.running = false;
  }
  return count;
}

Result<int64_t> RollupNode::start_of(const RollupTask& task, const Rollup& rollup, const MetricQuery& metric,
                                     const std::optional<RollupStatus>& before, int64_t now) {
  const int64_t last = before ? before->last_time(metric.series.metric) : 0;
  if (last != 0) return std::min(last, now);
  if (const auto newest = TRY(last_rolled_up(engine_, rollup.save_as, now))) return *newest;
  return first_start(task, metric, now);
}

void RollupNode::run(const RollupTask& task, std::optional<int64_t> next) {
  auto before = store_.status(task.id);
  if (!before && before.error().code() != Code::kDataLoss) {
    log::error("a roll-up's status cannot be read", {{"task", task.id}, {"error", before.error()}});
    return;
  }
  const std::optional<RollupStatus> known = before ? std::move(*before) : std::nullopt;
  RollupStatus status;
  status.host = options_.host_name;
  status.next_scheduled = rollup_time_text(next.value_or(0), zone_);
  // Queries that have not run yet keep what is known of them: whoever goes on after an end in between needs it.
  size_t done = 0;
  if (known) status.queries = known->queries;
  const auto put_status = [&] {
    if (const auto written = store_.put_status(task.id, status); !written)
      log::error("a roll-up's status cannot be written", {{"task", task.id}, {"error", written.error()}});
  };
  for (const Rollup& rollup : task.rollups)
    for (const MetricQuery& metric : rollup.query.metrics) {
      if (cancelled_) return;
      const int64_t now = options_.now();
      const auto begin = std::chrono::steady_clock::now();
      RollUpOptions options;
      options.default_zone = options_.zone;
      options.cancelled = &cancelled_;
      const auto start = start_of(task, rollup, metric, known, now);
      auto points = start ? roll_up(engine_, rollup, metric, *start, now, options) : fail(start.error());
      if (!points && points.error().code() == Code::kCancelled && cancelled_) return;
      RollupQueryStatus query;
      query.metric = metric.series.metric;
      query.last_executed = rollup_time_text(now, zone_);
      query.points = points ? static_cast<int64_t>(*points) : 0;
      query.execution_ms =
          std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin).count();
      query.last_time = points ? now : start.value_or(0);
      if (!points) {
        query.error = points.error().describe();
        log::error("a roll-up failed",
                   {{"task", task.id}, {"name", task.name}, {"save_as", rollup.save_as}, {"error", points.error()}});
      }
      {
        std::lock_guard lock(mutex_);
        ++figures_.runs;
        figures_.failures += points ? 0 : 1;
        figures_.points += points.value_or(0);
      }
      // Entries of queries that are done come first; the one of this query that was known goes.
      const auto old = std::find_if(status.queries.begin() + static_cast<ptrdiff_t>(done), status.queries.end(),
                                    [&](const RollupQueryStatus& one) { return one.metric == query.metric; });
      if (old != status.queries.end()) status.queries.erase(old);
      status.queries.insert(status.queries.begin() + static_cast<ptrdiff_t>(done++), std::move(query));
      put_status();
    }
  status.queries.resize(done);
  put_status();
}

RollupNode::Figures RollupNode::figures() const {
  std::lock_guard lock(mutex_);
  Figures figures = figures_;
  figures.tasks = schedule_.size();
  return figures;
}

}  // namespace sluice::timeseries
