// SPDX-License-Identifier: Apache-2.0
#include "server/data_dir_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

namespace sluice::server {

Result<DataDirLock> DataDirLock::acquire(const std::filesystem::path& directory) {
  std::error_code failed;
  const bool existed = std::filesystem::is_directory(directory, failed);
  if (!existed) {
    std::filesystem::create_directories(directory, failed);
    if (failed) return fail(system_error("cannot make the data directory " + directory.string(), failed.value()));
    std::filesystem::permissions(directory, std::filesystem::perms::owner_all, failed);
  }
  const std::string file = (directory / "lock").string();
  DataDirLock lock;
  lock.fd_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock.fd_ < 0) return fail(system_error("cannot use the data directory: opening " + file, errno));
  if (::flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return fail(system_error("cannot lock " + file, errno));
    char text[32] = {};
    const ssize_t length = ::pread(lock.fd_, text, sizeof text - 1, 0);
    std::string owner(text, length > 0 ? static_cast<size_t>(length) : 0);
    while (!owner.empty() && (owner.back() < '0' || owner.back() > '9')) owner.pop_back();
    return fail(Code::kFailedPrecondition,
                "the data directory " + std::filesystem::absolute(directory).string() + " is in use by " +
                    (owner.empty() ? std::string("another process") : "the process " + owner) +
                    ": stop that one first, or choose another directory with --data-dir");
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock.fd_, 0) != 0 ||
      ::pwrite(lock.fd_, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return fail(system_error("cannot write " + file, errno));
  }
  return lock;
}

DataDirLock& DataDirLock::operator=(DataDirLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

DataDirLock::~DataDirLock() {
  if (fd_ < 0) return;
  (void)!::ftruncate(fd_, 0);
  ::close(fd_);
}

}  // namespace sluice::server
