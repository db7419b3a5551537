// SPDX-License-Identifier: Apache-2.0
#include "client/cassandra/retry_table.h"

namespace sluice::client::cassandra {

Decision decide(const ServerError& error, bool idempotent, uint32_t retries) {
  const bool first = retries == 0;
  switch (error.code) {
    case ErrorCode::kOverloaded:
    case ErrorCode::kBootstrapping:
      return Decision::kNextHost;
    case ErrorCode::kUnavailable:
      return first ? Decision::kNextHost : Decision::kFail;
    case ErrorCode::kReadTimeout:
      return first && error.received >= error.required && !error.data_present ? Decision::kSameHost
                                                                              : Decision::kNextHost;
    case ErrorCode::kWriteTimeout:
      if (error.write_type == "BATCH_LOG") return first ? Decision::kSameHost : Decision::kFail;
      return idempotent ? Decision::kNextHost : Decision::kFail;
    case ErrorCode::kServerError:
    case ErrorCode::kTruncateError:
      return idempotent ? Decision::kNextHost : Decision::kFail;
    default:
      return Decision::kFail;
  }
}

}  // namespace sluice::client::cassandra
