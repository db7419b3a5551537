// SPDX-License-Identifier: Apache-2.0
// MySQL's number and words for messages of the kernel, which name its own types, settings and functions. Internal to
// src/kernel. Functions without state: any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace sluice::kernel {

struct ErrorText {
  Code code;
  int mysql_errno;
  std::string message;
};

// Nothing for a message that is not known; the kernel's own words must do then.
std::optional<ErrorText> error_text(std::string_view kernel_message);

}  // namespace sluice::kernel
