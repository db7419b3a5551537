// SPDX-License-Identifier: Apache-2.0
// Warning: one line of SHOW WARNINGS. Plain data, kept by the session until its next statement.
#pragma once

#include <string>

namespace sluice::session {

struct Warning {
  std::string level;  // "Note", "Warning" or "Error"
  int code = 0;       // MySQL's error number
  std::string message;
};

}  // namespace sluice::session
