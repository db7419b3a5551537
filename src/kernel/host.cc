// SPDX-License-Identifier: Apache-2.0
#include "kernel/host.h"

#include "duckdb/main/attached_database.hpp"
#include "duckdb/main/database_manager.hpp"
#include "duckdb/main/valid_checker.hpp"
#include "duckdb/storage/block_allocator.hpp"
#include "duckdb/storage/buffer_manager.hpp"
#include "kernel/alias_functions.h"
#include "kernel/connection.h"
#include "kernel/deleted_rows.h"
#include "kernel/errors.h"
#include "kernel/foreign_catalogs.h"
#include "kernel/hidden_scan.h"
#include "kernel/last_rows.h"
#include "kernel/merge_order.h"
#include "kernel/narrow_aggregates.h"
#include "kernel/s3_files.h"
#include "kernel/table_cache.h"
#include "kernel/viewer.h"

namespace sluice::kernel {
namespace {

constexpr auto kReopenWait = std::chrono::seconds(5);
// While a large result is sent, table blocks in memory do not grow beyond what was there before, at least this much:
// its scan would otherwise fill the memory limit with blocks that are read once.
constexpr uint64_t kTablesBesideLargeResult = 64 << 20;

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (char c : text) {
    if (c == '\'') result += '\'';
    result += c;
  }
  return result + "'";
}

Status run_at_open(duckdb::Connection& connection, const std::string& sql) {
  auto result = connection.Query(sql);
  if (result->HasError()) return fail(to_error(result->GetErrorObject()));
  return {};
}

}  // namespace

Host::Host(HostOptions options) : options_(std::move(options)) {}

Result<std::unique_ptr<Host>> Host::open(HostOptions options) {
  std::error_code ignored;
  if (!options.data_dir.empty()) {
    options.data_dir = std::filesystem::absolute(options.data_dir, ignored);
    if (options.temp_dir.empty()) options.temp_dir = options.data_dir / "tmp";
  }
  for (const auto& dir : {options.data_dir, options.temp_dir}) {
    if (dir.empty()) continue;
    std::error_code failed;
    std::filesystem::create_directories(dir, failed);
    if (failed) return fail(system_error("cannot create the directory " + dir.string(), failed.value()));
  }
  std::unique_ptr<Host> host(new Host(std::move(options)));
  host->instance_ = TRY(host->open_instance());
  host->ready_ = true;
  host->keeper_ = std::thread([self = host.get()] { self->keep(); });
  return host;
}

Host::~Host() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    ready_ = false;
    changed_.notify_all();
  }
  if (keeper_.joinable()) keeper_.join();
  forget_host(*this);
  instance_.reset();
}

Result<std::shared_ptr<duckdb::DuckDB>> Host::open_instance() {
  try {
    duckdb::DBConfig config;
    config.SetOptionByName("autoinstall_known_extensions", duckdb::Value::BOOLEAN(false));
    config.SetOptionByName("autoload_known_extensions", duckdb::Value::BOOLEAN(false));
    config.SetOptionByName("preserve_insertion_order", duckdb::Value::BOOLEAN(true));
    config.SetOptionByName("default_null_order", duckdb::Value("nulls_first_on_asc_last_on_desc"));
    config.SetOptionByName("ieee_floating_point_ops", duckdb::Value::BOOLEAN(false));  // x / 0 is NULL, not infinity
    config.SetOptionByName("order_by_non_integer_literal", duckdb::Value::BOOLEAN(true));
    sort_merged_rows(config);
    narrow_aggregates(config);
    if (options_.threads > 0) config.options.maximum_threads = options_.threads;
    if (options_.memory_limit_bytes > 0) config.options.maximum_memory = options_.memory_limit_bytes;
    if (options_.temp_limit_bytes > 0) config.options.maximum_swap_space = options_.temp_limit_bytes;
    const auto files = duckdb::FileSystem::CreateLocal();
    const uint64_t memory = duckdb::DBConfig::GetSystemAvailableMemory(*files);
    if (options_.memory_limit_bytes == 0) config.options.maximum_memory = memory / 10 * 8;
    config.allocator = duckdb::make_uniq<duckdb::Allocator>();
    config.block_allocator = duckdb::make_uniq<duckdb::BlockAllocator>(
        *config.allocator, DEFAULT_BLOCK_ALLOC_SIZE, memory / 10 * 8, config.options.block_allocator_size);
    config.buffer_pool =
        duckdb::make_shared_ptr<TableCache>(*config.block_allocator, config.options.maximum_memory,
                                            config.options.allocator_bulk_deallocation_flush_threshold);
    config.options.use_temporary_directory = !options_.temp_dir.empty();
    config.options.temporary_directory = options_.temp_dir.string();

    auto instance = std::make_shared<duckdb::DuckDB>(nullptr, &config);
    register_read_guard(duckdb::DBConfig::GetConfig(*instance->instance));
    register_last_rows(duckdb::DBConfig::GetConfig(*instance->instance));
    duckdb::Connection connection(*instance);
    // Before the data file: its log may hold expressions over our functions, which are bound while it is replayed.
    TRY(create_system_views(connection, system_rows_));
    const std::string file = options_.data_dir.empty() ? ":memory:" : (options_.data_dir / "kernel.duckdb").string();
    TRY(run_at_open(connection, "ATTACH " + quoted(file) + " AS " + kInternalCatalog));
    for (const char* schema : {kServerSchema, kFunctionSchema})
      TRY(run_at_open(connection, std::string("CREATE SCHEMA IF NOT EXISTS ") + kInternalCatalog + "." + schema));
    TRY(run_at_open(connection, make_deleted_rows()));

    connection.context->RunFunctionInTransaction([&] { find_stored_hidden_columns(*connection.context); });

    attach_to_instance(*this, connection);

    // From here on SQL reaches files only below the allowed roots. Settings of the kernel cannot be changed by SQL:
    // the dialect has no statement for them.
    auto& live = duckdb::DBConfig::GetConfig(*instance->instance);
    for (const auto& root : options_.allowed_roots) {
      live.AddAllowedDirectory(std::filesystem::weakly_canonical(root).string());
    }
    register_s3_files(*instance->instance);
    if (!load_spool_dir().empty()) live.AddAllowedDirectory(load_spool_dir().string());
    TRY(run_at_open(connection, "SET enable_external_access = false"));
    return instance;
  } catch (const std::exception& exception) {
    Error error = to_error(exception);
    if (error.message().find("Could not set lock") != std::string::npos) {
      return fail(
          Error(Code::kUnavailable, "another process has the database in " + options_.data_dir.string() + " open")
              .with_cause(error));
    }
    return fail(std::move(error));
  }
}

void Host::watch_commits(CommitWatcher watcher) {
  std::lock_guard lock(watcher_mutex_);
  commits_watched_ = watcher != nullptr;
  commit_watcher_ = std::move(watcher);
}

void Host::tell_commit(const WrittenTables& tables) {
  std::lock_guard lock(watcher_mutex_);
  if (commit_watcher_) commit_watcher_(tables);
}

std::shared_ptr<duckdb::DuckDB> Host::instance() {
  std::lock_guard lock(mutex_);
  return instance_;
}

Result<std::shared_ptr<duckdb::DuckDB>> Host::wait_for_instance() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kReopenWait, [&] { return stopping_ || (instance_ && !failed_); });
  if (stopping_) return fail(sql_error(Code::kUnavailable, 1053, "Server shutdown in progress"));
  if (!instance_ || failed_) {
    return fail(Error(Code::kUnavailable, "the database is being reopened after an internal error; try again")
                    .with_retry(Retry::kBackoff));
  }
  return instance_;
}

Result<std::unique_ptr<Connection>> Host::connect() {
  if (!ready()) TRY(wait_for_instance());
  return std::make_unique<Connection>(*this);
}

void Host::enlist(Connection* connection) {
  std::lock_guard lock(mutex_);
  connections_.insert(connection);
}

void Host::delist(Connection* connection) {
  std::lock_guard lock(mutex_);
  connections_.erase(connection);
}

void Host::report_fatal(const duckdb::DatabaseInstance* failed, const std::string& message) {
  std::lock_guard lock(mutex_);
  if (!instance_ || instance_->instance.get() != failed || failed_) return;
  failed_ = true;
  ready_ = false;
  changed_.notify_all();
}

void Host::keep() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    changed_.wait_for(lock, std::chrono::seconds(1), [&] { return stopping_ || failed_; });
    if (stopping_) return;
    if (failed_) {
      reopen_locked(lock);
    } else {
      lock.unlock();
      release_unread_blocks();
      lock.lock();
    }
  }
}

void Host::release_unread_blocks() {
  std::shared_ptr<duckdb::DuckDB> current = instance();
  if (!current || options_.cache_keep.count() == 0) return;
  auto& pool = duckdb::BufferManager::GetBufferManager(*current->instance).GetBufferPool();
  auto& cache = static_cast<TableCache&>(pool);
  cache.release_unread(options_.cache_keep);
  if (large_results_.load(std::memory_order_relaxed) > 0)
    cache.keep_tables_below(std::max(kTablesBesideLargeResult, tables_before_large_result_));
  else
    tables_before_large_result_ = cache.table_bytes();
}

void Host::reopen_locked(std::unique_lock<std::mutex>& lock) {
  std::weak_ptr<duckdb::DuckDB> old = instance_;
  instance_.reset();
  for (bool detached = true; detached && !old.expired();) {
    detached = false;
    // Connections enlist and delist only under mutex_; one that delists meanwhile is found gone on the next round.
    for (Connection* connection : connections_) {
      if (connection->try_detach()) detached = true;
    }
    if (!old.expired()) {
      changed_.wait_for(lock, std::chrono::milliseconds(20));
      detached = true;
    }
    if (stopping_) return;
  }
  lock.unlock();
  auto reopened = open_instance();
  lock.lock();
  if (reopened) {
    instance_ = std::move(*reopened);
    failed_ = false;
    ready_ = true;
    reopen_count_.fetch_add(1);
    schema_version_.fetch_add(1);
    changed_.notify_all();
  } else {
    changed_.wait_for(lock, std::chrono::seconds(1), [&] { return stopping_; });
  }
}

uint64_t Host::memory_used_bytes() {
  auto current = instance();
  return current ? duckdb::BufferManager::GetBufferManager(*current->instance).GetUsedMemory() : 0;
}

uint64_t Host::memory_limit_bytes() {
  auto current = instance();
  return current ? duckdb::BufferManager::GetBufferManager(*current->instance).GetMaxMemory() : 0;
}

uint32_t Host::thread_count() {
  auto current = instance();
  return current ? static_cast<uint32_t>(current->instance->NumberOfThreads()) : 0;
}

Status Host::checkpoint() {
  auto current = TRY(wait_for_instance());
  try {
    duckdb::Connection connection(*current);
    return run_at_open(connection, std::string("CHECKPOINT ") + kInternalCatalog);
  } catch (const std::exception& exception) {
    return fail(to_error(exception));
  }
}

}  // namespace sluice::kernel
