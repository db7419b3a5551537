// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"

#include <cstdlib>

#include "base/log.h"

namespace sluice::detail {

void bug(const char* condition, const char* file, int line, std::string_view message) {
  log::error("defect: a condition that must hold does not",
             {{"condition", condition}, {"file", file}, {"line", line}, {"message", message}});
  log::shutdown();  // also writes out what an asynchronous log still holds
  std::abort();
}

}  // namespace sluice::detail
