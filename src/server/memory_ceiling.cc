// SPDX-License-Identifier: Apache-2.0
#include "server/memory_ceiling.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sluice::server {

Status set_memory_ceiling([[maybe_unused]] uint64_t bytes) {
#ifndef SLUICE_SANITIZED
  rlimit limit{};
  if (::getrlimit(RLIMIT_DATA, &limit) != 0 ||
      (limit.rlim_cur = std::min<rlim_t>(limit.rlim_cur, bytes), ::setrlimit(RLIMIT_DATA, &limit) != 0)) {
    return fail(Code::kUnavailable,
                std::string("the memory of the process cannot be limited: ") + std::strerror(errno));
  }
#endif
  return {};
}

}  // namespace sluice::server
