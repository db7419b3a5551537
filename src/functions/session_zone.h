// SPDX-License-Identifier: Apache-2.0
// Moments that are written with a zone of their own, in the session's: what Doris stores of them. For one thread, while
// one statement runs.
#pragma once

#include <cctz/time_zone.h>

#include <optional>

#include "functions/text_to_value.h"

namespace sluice::functions {

class SessionZone {
 public:
  explicit SessionZone(duckdb::ClientContext& context) : context_(context) {}

  // Microseconds of the local time; of a moment without a zone its own.
  int64_t local(const Moment& moment);

 private:
  duckdb::ClientContext& context_;
  bool looked_up_ = false;
  std::optional<cctz::time_zone> zone_;  // nothing: the kernel alone knows it
};

}  // namespace sluice::functions
