// SPDX-License-Identifier: Apache-2.0
#include "session/load_spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace sluice::session {

Result<std::unique_ptr<LoadSpool>> LoadSpool::create(const kernel::Host& host) {
  const std::filesystem::path directory = host.load_spool_dir();
  if (directory.empty()) {
    return fail(sql_error(Code::kUnsupported, 1235,
                          "loading Parquet needs a data directory; this server keeps everything in memory"));
  }
  std::error_code failed;
  std::filesystem::create_directories(directory, failed);
  if (failed) return fail(system_error("cannot create the directory " + directory.string(), failed.value()));
  std::string name = (directory / "load-XXXXXX.parquet").string();
  const int fd = mkostemps(name.data(), 8, O_CLOEXEC);
  if (fd < 0) return fail(system_error("cannot create " + name, errno));
  return std::unique_ptr<LoadSpool>(new LoadSpool(name, fd));
}

LoadSpool::~LoadSpool() {
  ::close(fd_);
  ::unlink(path_.c_str());
}

Status LoadSpool::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return fail(system_error("cannot write the load's temporary file", errno));
    }
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

}  // namespace sluice::session
