// SPDX-License-Identifier: Apache-2.0
// DataDirLock: one server (or generator) at a time on a data directory. Holds flock() on <directory>/lock, which also
// names the process; the system frees it however the process ends. Not thread-safe.
#pragma once

#include <filesystem>

#include "base/result.h"

namespace sluice::server {

class DataDirLock {
 public:
  // Makes the directory (for its owner only) when it is missing. Errors: kFailedPrecondition naming the process that
  // has it.
  static Result<DataDirLock> acquire(const std::filesystem::path& directory);

  DataDirLock() = default;
  DataDirLock(DataDirLock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  DataDirLock& operator=(DataDirLock&& other) noexcept;
  ~DataDirLock();

 private:
  int fd_ = -1;
};

}  // namespace sluice::server
