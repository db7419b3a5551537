// SPDX-License-Identifier: Apache-2.0
// Database: the RocksDB below the embedded store: three column families, opened, read and written with the options
// that the store needs. Its own log is off: the store's log is replayed instead, and all families are flushed as one.
// Thread-safe.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::timeseries {

class Database {
 public:
  // Errors: kFailedPrecondition (another process has it open), kResourceExhausted, kUnavailable, kDataLoss.
  static Result<std::unique_ptr<Database>> open(const std::string& folder, size_t cache_bytes);
  ~Database();

  rocksdb::ColumnFamilyHandle* index() const { return families_[0]; }   // names, series, service values
  rocksdb::ColumnFamilyHandle* spans() const { return families_[1]; }   // what is known of each block
  rocksdb::ColumnFamilyHandle* blocks() const { return families_[2]; }  // the same keys: blocks

  // Visible at once, durable after flush().
  Status write(rocksdb::WriteBatch& batch);
  Status flush();
  // Frees the room of what was deleted or replaced.
  Status compact();
  // Bytes of all files, about.
  uint64_t disk_bytes() const;

  using Snapshot = std::shared_ptr<const rocksdb::Snapshot>;
  Snapshot snapshot();
  // `snapshot` may be null: the newest state. `end`: keys from there on are not looked at, which matters where many
  // were deleted; null: all. The iterator must not outlive either.
  std::unique_ptr<rocksdb::Iterator> iterate(rocksdb::ColumnFamilyHandle* family, const Snapshot& snapshot,
                                             const rocksdb::Slice* end = nullptr) const;
  Result<std::optional<std::string>> get(rocksdb::ColumnFamilyHandle* family, std::string_view key) const;
  // Without a copy of the value; false: there is none.
  Result<bool> get(rocksdb::ColumnFamilyHandle* family, std::string_view key, const Snapshot& snapshot,
                   rocksdb::PinnableSlice& value) const;

 private:
  Database() = default;

  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
};

// The error that a status stands for.
Error database_error(std::string_view what, const rocksdb::Status& status);
inline std::string_view view(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

}  // namespace sluice::timeseries
