// SPDX-License-Identifier: Apache-2.0
// LoadSpool: a temporary file that takes in the bytes of a load whose format must be read with seeking (Parquet).
// Belongs to one Load; the file goes away with it. Worker thread.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "kernel/host.h"

namespace sluice::session {

class LoadSpool {
 public:
  // Below Host::load_spool_dir(). Errors: kUnsupported when the kernel has no directory; the system's.
  static Result<std::unique_ptr<LoadSpool>> create(const kernel::Host& host);
  ~LoadSpool();
  LoadSpool(const LoadSpool&) = delete;
  LoadSpool& operator=(const LoadSpool&) = delete;

  Status write(std::string_view bytes);
  const std::filesystem::path& path() const { return path_; }

 private:
  LoadSpool(std::filesystem::path path, int fd) : path_(std::move(path)), fd_(fd) {}
  const std::filesystem::path path_;
  const int fd_;
};

}  // namespace sluice::session
