// SPDX-License-Identifier: Apache-2.0
#include "session/job_scheduler.h"

#include <algorithm>

#include "base/log.h"
#include "base/sql_text.h"
#include "kernel/catalog_facts.h"
#include "session/load_store.h"
#include "session/materialized_views.h"
#include "session/services.h"
#include "session/table_definition.h"

namespace sluice::session {
namespace {

using duckdb::Value;
using Clock = std::chrono::system_clock;

constexpr auto kTick = std::chrono::seconds(1);  // at most between looks at what is due

constexpr const char* kMakeTable =
    "CREATE TABLE IF NOT EXISTS internal.__sluice.jobs (id UBIGINT, name VARCHAR PRIMARY KEY, database VARCHAR, "
    "definer VARCHAR, account VARCHAR, every_seconds BIGINT, strategy VARCHAR, starts BIGINT, ends BIGINT, "
    "comment VARCHAR, sql VARCHAR, status VARCHAR, created BIGINT)";

int64_t to_number(Clock::time_point when) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(when.time_since_epoch()).count();
}

Clock::time_point to_time(int64_t milliseconds) { return Clock::time_point(std::chrono::milliseconds(milliseconds)); }

// The first of begin, begin + every, .. that is not before `now`.
Clock::time_point next_multiple(Clock::time_point begin, std::chrono::seconds every, Clock::time_point now) {
  if (begin >= now) return begin;
  const auto passed = (now - begin) / every;
  const auto last = begin + passed * every;
  return last < now ? last + every : last;
}

Error no_job(const std::string& name) { return ddl_error("job not exist, jobName:" + name); }

// Runs a statement to its end; how many rows it wrote.
Result<uint64_t> run_to_end(Session& session, const std::string& database, const std::string& sql) {
  TRY(session.use(database));
  auto outcome = TRY(session.execute(sql));
  if (const auto* done = std::get_if<Done>(&outcome)) return done->affected_rows;
  return uint64_t{0};
}

}  // namespace

std::optional<Clock::time_point> JobScheduler::next_run(const JobDefinition& job, Clock::time_point now) {
  if (job.status != "RUNNING") return std::nullopt;
  if (job.every.count() == 0) return job.starts;
  const auto next = next_multiple(job.starts, job.every, now);
  if (job.ends && next > *job.ends) return std::nullopt;
  return next;
}

Status JobScheduler::start() {
  kernel::Connection connection(services_.kernel);
  TRY(run_load_sql(connection, kMakeTable));
  auto answer = TRY(run_load_sql(connection, "SELECT * FROM internal.__sluice.jobs ORDER BY id"));
  std::map<std::string, Entry> stored;
  while (auto* chunk = TRY(answer->next())) {
    for (size_t row = 0; row < chunk->size(); ++row) {
      const auto cell = [&](size_t column) { return chunk->GetValue(column, row); };
      Entry entry;
      JobDefinition& job = entry.job;
      job.id = cell(0).GetValue<uint64_t>();
      job.name = cell(1).ToString();
      job.database = cell(2).ToString();
      job.user = cell(3).ToString();
      job.account = cell(4).ToString();
      job.every = std::chrono::seconds(cell(5).GetValue<int64_t>());
      job.strategy = cell(6).ToString();
      job.starts = to_time(cell(7).GetValue<int64_t>());
      if (!cell(8).IsNull()) job.ends = to_time(cell(8).GetValue<int64_t>());
      job.comment = cell(9).ToString();
      job.sql = cell(10).ToString();
      job.status = cell(11).ToString();
      job.created = to_time(cell(12).GetValue<int64_t>());
      const auto now = Clock::now();
      const bool missed = job.every.count() == 0 && job.starts < now;
      if (missed && job.status == "RUNNING") job.status = "FINISHED";
      entry.next = next_run(job, now);
      services_.schema_jobs.at_least(job.id);
      const std::string name = job.name;
      stored.emplace(name, std::move(entry));
    }
  }
  std::lock_guard lock(mutex_);
  jobs_ = std::move(stored);
  views_stale_ = true;
  started_ = true;
  thread_ = std::thread([this] { loop(); });
  services_.dynamic_partitions.start();
  return {};
}

void JobScheduler::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    for (auto& run : runs_) run->session->interrupt(Interrupt::kShutdown);
    changed_.notify_all();
  }
  services_.dynamic_partitions.stop();
  services_.kernel.watch_commits(nullptr);
  if (thread_.joinable()) thread_.join();
  std::unique_lock lock(mutex_);
  reap(lock, true);
}

void JobScheduler::loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (std::exchange(views_stale_, false)) {
      lock.unlock();
      auto views = read_views();
      lock.lock();
      for (View& view : views) {
        const auto known = std::ranges::find_if(
            views_, [&](const View& old) { return old.database == view.database && old.name == view.name; });
        if (known == views_.end()) continue;
        view.running = known->running;
        view.due = known->due;
      }
      views_ = std::move(views);
      const bool any = std::ranges::any_of(views_, [](const View& view) { return !view.every; });
      lock.unlock();
      services_.kernel.watch_commits(any ? [this](const auto& tables) { written(tables); }
                                         : kernel::Host::CommitWatcher());
      lock.lock();
    }
    {
      std::lock_guard written_lock(written_mutex_);
      for (View& view : views_) {
        for (const auto& source : view.sources) view.due = view.due || (!view.every && written_.contains(source));
      }
      written_.clear();
    }
    start_due_locked(Clock::now());
    reap(lock, false);
    if (stopping_) break;
    auto until = Clock::now() + kTick;
    for (const auto& [name, entry] : jobs_) {
      if (entry.next && !entry.running) until = std::min(until, *entry.next);
    }
    changed_.wait_until(lock, until);
  }
}

void JobScheduler::written(const kernel::WrittenTables& tables) {
  {
    std::lock_guard lock(written_mutex_);
    for (const auto& table : tables) {
      if (table.first != kernel::kServerSchema) written_.insert(table);
    }
  }
  changed_.notify_all();
}

std::vector<JobScheduler::View> JobScheduler::read_views() {
  std::vector<View> views;
  kernel::Connection connection(services_.kernel);
  const auto now = Clock::now();
  for (const auto& relation : list_materialized_views(connection)) {
    const auto note = [&](const char* name) {
      const std::string* text = relation.model.note("async", name);
      return text ? *text : std::string();
    };
    if (note("job") == "PAUSED") continue;
    View view;
    view.database = relation.database;
    view.name = relation.name;
    if (note("trigger") == "ON COMMIT") {
      for (const std::string& source : duckdb::StringUtil::Split(note("sources"), '\n')) {
        const size_t tab = source.find('\t');
        if (tab != std::string::npos) view.sources.emplace_back(source.substr(0, tab), source.substr(tab + 1));
      }
    } else if (!note("every").empty()) {
      view.every = std::chrono::seconds(std::atoll(note("every").c_str()));
      view.next = next_multiple(to_time(std::atoll(note("starts").c_str())), *view.every, now);
    } else {
      continue;
    }
    views.push_back(std::move(view));
  }
  return views;
}

void JobScheduler::start_due_locked(Clock::time_point now) {
  for (auto& [name, entry] : jobs_) {
    if (runs_.size() >= kMaxRunning) return;
    if (!entry.next || *entry.next > now) continue;
    if (entry.job.every.count() == 0) {
      entry.next.reset();
    } else {
      entry.next = next_run(entry.job, std::max(now, *entry.next) + std::chrono::milliseconds(1));
    }
    // One that takes longer than its interval is not run twice at once.
    if (!entry.running) run_job_locked(entry);
  }
  for (View& view : views_) {
    if (runs_.size() >= kMaxRunning) return;
    if (view.running) continue;
    const bool scheduled = view.every && view.next <= now;
    if (!scheduled && !view.due) continue;
    if (scheduled) view.next = next_multiple(view.next, *view.every, now + std::chrono::milliseconds(1));
    view.due = false;
    view.running = true;
    ClientIdentity identity{"mtmv", "127.0.0.1", "'mtmv'@'%'", "job", view.every ? "" : kCommitTrigger};
    identity.server = true;
    auto run = std::make_unique<Run>();
    run->view = {view.database, view.name};
    run_locked(std::move(run), std::move(identity), view.database,
               "REFRESH MATERIALIZED VIEW " + quoted_name(view.name) + " AUTO");
  }
}

void JobScheduler::run_job_locked(Entry& entry) {
  const JobDefinition& job = entry.job;
  JobTask task;
  task.id = services_.schema_jobs.next_id();
  task.job_id = job.id;
  task.job_name = job.name;
  task.user = job.user;
  task.created = Clock::now();
  entry.running = true;
  entry.tasks.push_front(task);
  if (entry.tasks.size() > kMaxTasks) entry.tasks.pop_back();
  auto run = std::make_unique<Run>();
  run->job = job.name;
  run->job_id = job.id;
  run->task = task.id;
  run_locked(std::move(run), {job.user, "127.0.0.1", job.account, "job", ""}, job.database, job.sql);
}

void JobScheduler::run_locked(std::unique_ptr<Run> run, ClientIdentity identity, const std::string& database,
                              std::string sql) {
  Run& started = *run;
  started.session = std::make_unique<Session>(services_, services_.next_connection_id(), std::move(identity));
  runs_.push_back(std::move(run));
  started.thread = std::thread([this, &started, database, sql = std::move(sql)] {
    const auto rows = run_to_end(*started.session, database, sql);
    ended(started, rows);
  });
}

void JobScheduler::ended(Run& run, const Result<uint64_t>& rows) {
  std::optional<JobDefinition> finished;
  {
    std::lock_guard lock(mutex_);
    if (const auto found = jobs_.find(run.job);
        !run.job.empty() && found != jobs_.end() && found->second.job.id == run.job_id) {
      Entry& entry = found->second;
      entry.running = false;
      for (JobTask& task : entry.tasks) {
        if (task.id != run.task) continue;
        task.ended = Clock::now();
        task.rows = rows.value_or(0);
        if (!rows && task.status == "RUNNING") task.error = rows.error().message();
        if (task.status == "RUNNING") task.status = rows ? "SUCCESS" : "FAILED";
        ++(task.status == "SUCCESS"  ? entry.job.succeeded
           : task.status == "FAILED" ? entry.job.failed
                                     : entry.job.canceled);
      }
      if (entry.job.status == "RUNNING" && !entry.next) {
        entry.job.status = "FINISHED";
        finished = entry.job;
      }
    }
    for (View& view : views_) {
      if (view.database == run.view.first && view.name == run.view.second) view.running = false;
    }
  }
  if (!rows && run.job.empty())
    log::warn("a materialized view was not refreshed",
              {{"database", run.view.first}, {"view", run.view.second}, {"error", rows.error().describe()}});
  if (finished) {
    if (Status stored = store(*finished); !stored)
      log::warn("the state of a job was not stored", {{"job", run.job}, {"error", stored.error().describe()}});
  }
  std::lock_guard lock(mutex_);
  run.ended = true;
  changed_.notify_all();
}

// Joins the threads of runs that ended; with `all` waits for the others.
void JobScheduler::reap(std::unique_lock<std::mutex>& lock, bool all) {
  for (;;) {
    const auto at = std::ranges::find_if(runs_, [&](const auto& run) { return all || run->ended; });
    if (at == runs_.end()) return;
    std::unique_ptr<Run> run = std::move(*at);
    runs_.erase(at);
    lock.unlock();
    run->thread.join();
    run.reset();
    lock.lock();
  }
}

Status JobScheduler::store(const JobDefinition& job) {
  kernel::Connection connection(services_.kernel);
  TRY(run_load_sql(connection, kMakeTable));
  auto stored = run_load_sql(
      connection, "INSERT OR REPLACE INTO internal.__sluice.jobs VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13)",
      {Value::UBIGINT(job.id), Value(job.name), Value(job.database), Value(job.user), Value(job.account),
       Value::BIGINT(job.every.count()), Value(job.strategy), Value::BIGINT(to_number(job.starts)),
       job.ends ? Value::BIGINT(to_number(*job.ends)) : Value(duckdb::LogicalType::BIGINT), Value(job.comment),
       Value(job.sql), Value(job.status), Value::BIGINT(to_number(job.created))});
  if (!stored) return fail(std::move(stored.error()));
  return {};
}

Status JobScheduler::create(JobDefinition job) {
  std::lock_guard changing(changing_mutex_);
  {
    std::lock_guard lock(mutex_);
    if (!started_) return fail(ddl_error("this server runs no jobs"));
    if (jobs_.contains(job.name)) return fail(ddl_error("job name exist, jobName:" + job.name));
  }
  job.id = services_.schema_jobs.next_id();
  TRY(store(job));
  std::lock_guard lock(mutex_);
  Entry entry;
  entry.next = next_run(job, Clock::now());
  entry.job = std::move(job);
  const std::string name = entry.job.name;
  jobs_.emplace(name, std::move(entry));
  changed_.notify_all();
  return {};
}

Status JobScheduler::set_status(const std::string& name, const char* from, const char* to) {
  std::lock_guard changing(changing_mutex_);
  std::optional<JobDefinition> changed;
  {
    std::lock_guard lock(mutex_);
    const auto found = jobs_.find(name);
    if (found == jobs_.end()) return fail(no_job(name));
    if (found->second.job.status != from)
      return fail(ddl_error("Can't change job status from " + found->second.job.status + " to " + to));
    changed = found->second.job;
  }
  changed->status = to;
  TRY(store(*changed));
  std::lock_guard lock(mutex_);
  const auto found = jobs_.find(name);
  if (found == jobs_.end()) return {};
  Entry& entry = found->second;
  entry.job.status = to;
  entry.next = next_run(entry.job, Clock::now());
  if (entry.job.status != "RUNNING") cancel_locked(entry, 0);
  changed_.notify_all();
  return {};
}

Status JobScheduler::pause(const std::string& name) { return set_status(name, "RUNNING", "PAUSED"); }
Status JobScheduler::resume(const std::string& name) { return set_status(name, "PAUSED", "RUNNING"); }

bool JobScheduler::cancel_locked(Entry& entry, uint64_t task) {
  bool found = false;
  for (auto& run : runs_) {
    if (run->job != entry.job.name || run->job_id != entry.job.id || (task != 0 && run->task != task)) continue;
    for (JobTask& known : entry.tasks) {
      if (known.id == run->task && known.status == "RUNNING") known.status = "CANCELED";
    }
    run->session->interrupt(Interrupt::kKillQuery);
    found = true;
  }
  return found;
}

Result<bool> JobScheduler::drop(const std::string& name) {
  std::lock_guard changing(changing_mutex_);
  {
    std::lock_guard lock(mutex_);
    if (!jobs_.contains(name)) return false;
  }
  kernel::Connection connection(services_.kernel);
  TRY(run_load_sql(connection, "DELETE FROM internal.__sluice.jobs WHERE name = $1", {Value(name)}));
  std::lock_guard lock(mutex_);
  const auto found = jobs_.find(name);
  cancel_locked(found->second, 0);
  jobs_.erase(found);
  return true;
}

Status JobScheduler::cancel_task(const std::string& name, uint64_t task) {
  std::lock_guard lock(mutex_);
  const auto found = jobs_.find(name);
  if (found == jobs_.end()) return fail(no_job(name));
  if (!cancel_locked(found->second, task)) return fail(ddl_error("no running task, taskId:" + std::to_string(task)));
  return {};
}

std::vector<JobDefinition> JobScheduler::jobs() const {
  std::lock_guard lock(mutex_);
  std::vector<JobDefinition> result;
  for (const auto& [name, entry] : jobs_) result.push_back(entry.job);
  std::ranges::sort(result, {}, &JobDefinition::id);
  return result;
}

std::vector<JobTask> JobScheduler::tasks() const {
  std::lock_guard lock(mutex_);
  std::vector<JobTask> result;
  for (const auto& [name, entry] : jobs_) result.insert(result.end(), entry.tasks.begin(), entry.tasks.end());
  std::ranges::sort(result, std::ranges::greater(), &JobTask::id);
  return result;
}

void JobScheduler::views_changed() {
  std::lock_guard lock(mutex_);
  views_stale_ = true;
  changed_.notify_all();
}

}  // namespace sluice::session
