// SPDX-License-Identifier: Apache-2.0
#include "timeseries/store/embedded/database.h"

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>

#include <cstdio>

#include "base/failpoint.h"
#include "base/log.h"

namespace sluice::timeseries {
namespace {

constexpr size_t kBlocksBuffer = 16u << 20;  // bytes in memory before RocksDB writes a file by itself
constexpr size_t kOtherBuffer = 8u << 20;
constexpr int kCacheShardBits = 2;

// RocksDB's own log lines: warnings and errors go into ours, there is no file of them.
class LogLines : public rocksdb::Logger {
 public:
  LogLines() : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}
  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override { write(log::Level::kWarn, format, arguments); }
  void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
    if (level < rocksdb::InfoLogLevel::WARN_LEVEL || level == rocksdb::InfoLogLevel::HEADER_LEVEL) return;
    write(level == rocksdb::InfoLogLevel::WARN_LEVEL ? log::Level::kWarn : log::Level::kError, format, arguments);
  }

 private:
  static void write(log::Level level, const char* format, va_list arguments) {
    char line[512];
    std::vsnprintf(line, sizeof line, format, arguments);
    if (level == log::Level::kWarn)
      log::warn("time-series blocks", {{"line", std::string_view(line)}});
    else
      log::error("time-series blocks", {{"line", std::string_view(line)}});
  }
};

rocksdb::ColumnFamilyOptions family_options(const std::shared_ptr<rocksdb::Cache>& cache, bool blocks) {
  rocksdb::ColumnFamilyOptions options;
  options.write_buffer_size = blocks ? kBlocksBuffer : kOtherBuffer;
  options.max_write_buffer_number = 3;
  options.level_compaction_dynamic_level_bytes = true;
  // Blocks are compressed by us.
  options.compression = blocks ? rocksdb::kNoCompression : rocksdb::kZSTD;
  options.target_file_size_base = 32u << 20;
  options.max_bytes_for_level_base = 128u << 20;
  // Files in which many blocks were dropped are rewritten.
  options.table_properties_collector_factories.push_back(rocksdb::NewCompactOnDeletionCollectorFactory(256, 96, 0.4));
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  // Each of our full blocks is one of RocksDB's: a query reads no other.
  table.block_size = blocks ? 8u << 10 : 16u << 10;
  table.format_version = 5;
  if (!blocks) {
    // In pieces: the filter of a whole file is larger than what a part of the cache keeps, and would be read for each
    // look-up of a series.
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10, false));
    table.partition_filters = true;
    table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  }
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

}  // namespace

Error database_error(std::string_view what, const rocksdb::Status& status) {
  Code code = Code::kUnavailable;
  if (status.IsNoSpace()) code = Code::kResourceExhausted;
  if (status.IsCorruption()) code = Code::kDataLoss;
  if (status.IsIOError() && status.ToString().find("lock") != std::string::npos) code = Code::kFailedPrecondition;
  return Error(code, std::string(what) + ": " + status.ToString());
}

Result<std::unique_ptr<Database>> Database::open(const std::string& folder, size_t cache_bytes) {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.atomic_flush = true;
  options.avoid_flush_during_shutdown = true;
  options.max_background_jobs = 2;
  options.max_open_files = 512;
  options.info_log = std::make_shared<LogLines>();
  options.manifest_preallocation_size = 64u << 10;
  options.max_manifest_file_size = 4u << 20;
  options.skip_stats_update_on_db_open = true;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.recycle_log_file_num = 0;
  options.wal_bytes_per_sync = 0;
  // Few parts: each holds the largest blocks of index and filter many times.
  const auto cache = rocksdb::NewLRUCache(cache_bytes, kCacheShardBits);
  const std::vector<rocksdb::ColumnFamilyDescriptor> descriptors = {
      {rocksdb::kDefaultColumnFamilyName, family_options(cache, false)},
      {"spans", family_options(cache, false)},
      {"blocks", family_options(cache, true)},
  };
  std::unique_ptr<Database> database(new Database());
  rocksdb::DB* db = nullptr;
  const auto status = rocksdb::DB::Open(options, folder, descriptors, &database->families_, &db);
  if (!status.ok()) return fail(database_error("cannot open the time-series store " + folder, status));
  database->db_.reset(db);
  return database;
}

Database::~Database() {
  if (!db_) return;
  for (auto* family : families_) db_->DestroyColumnFamilyHandle(family);
  // What was not flushed is in the store's log.
  db_->Close();
}

Status Database::write(rocksdb::WriteBatch& batch) {
  if (auto fault = FAILPOINT("store.blocks.write")) return fail(std::move(*fault));
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  auto status = db_->Write(options, &batch);
  if (!status.ok() && db_->Resume().ok()) status = db_->Write(options, &batch);
  if (!status.ok()) return fail(database_error("cannot write to the time-series store", status));
  return {};
}

Status Database::flush() {
  if (auto fault = FAILPOINT("store.blocks.flush")) return fail(std::move(*fault));
  rocksdb::FlushOptions options;
  options.allow_write_stall = true;
  auto status = db_->Flush(options, families_);
  // After a full disk RocksDB refuses until it is told that there is room again.
  if (!status.ok() && db_->Resume().ok()) status = db_->Flush(options, families_);
  if (!status.ok()) return fail(database_error("cannot flush the time-series store", status));
  return {};
}

Status Database::compact() {
  rocksdb::CompactRangeOptions options;
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
  for (auto* family : families_) {
    const auto status = db_->CompactRange(options, family, nullptr, nullptr);
    if (!status.ok()) return fail(database_error("cannot compact the time-series store", status));
  }
  return {};
}

uint64_t Database::disk_bytes() const {
  uint64_t sum = 0;
  for (auto* family : families_) {
    uint64_t bytes = 0;
    if (db_->GetIntProperty(family, rocksdb::DB::Properties::kTotalSstFilesSize, &bytes)) sum += bytes;
  }
  return sum;
}

Database::Snapshot Database::snapshot() {
  return {db_->GetSnapshot(), [this](const rocksdb::Snapshot* snapshot) { db_->ReleaseSnapshot(snapshot); }};
}

std::unique_ptr<rocksdb::Iterator> Database::iterate(rocksdb::ColumnFamilyHandle* family, const Snapshot& snapshot,
                                                     const rocksdb::Slice* end) const {
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = end;
  options.snapshot = snapshot.get();
  return std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(options, family));
}

Result<std::optional<std::string>> Database::get(rocksdb::ColumnFamilyHandle* family, std::string_view key) const {
  std::string value;
  const auto status = db_->Get({}, family, rocksdb::Slice(key.data(), key.size()), &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  if (!status.ok()) return fail(database_error("cannot read the time-series store", status));
  return std::optional<std::string>(std::move(value));
}

Result<bool> Database::get(rocksdb::ColumnFamilyHandle* family, std::string_view key, const Snapshot& snapshot,
                           rocksdb::PinnableSlice& value) const {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot.get();
  value.Reset();
  const auto status = db_->Get(options, family, rocksdb::Slice(key.data(), key.size()), &value);
  if (status.IsNotFound()) return false;
  if (!status.ok()) return fail(database_error("cannot read the time-series store", status));
  return true;
}

}  // namespace sluice::timeseries
