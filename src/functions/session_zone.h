// SPDX-License-Identifier: Apache-2.0
// Moments that are written with a zone of their own, in the session's: what Doris stores of them. For one thread, while
// one statement runs.
#pragma once

#include "functions/text_to_value.h"

namespace sluice::functions {

class SessionZone {
 public:
  explicit SessionZone(duckdb::ClientContext& context) : context_(context) {}

  // Microseconds of the local time; of a moment without a zone its own.
  int64_t local(const Moment& moment) const;

 private:
  duckdb::ClientContext& context_;
};

}  // namespace sluice::functions
