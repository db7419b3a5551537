// SPDX-License-Identifier: Apache-2.0
// What to do with a request that a server refused or failed. A pure function: the table of retries.
#pragma once

#include <cstdint>

#include "client/cassandra/server_error.h"

namespace sluice::client::cassandra {

enum class Decision : uint8_t { kFail, kSameHost, kNextHost };

// | error                          | first time                                        | afterwards |
// |--------------------------------|---------------------------------------------------|------------|
// | overloaded, bootstrapping      | next host: nothing was done                       | the same   |
// | unavailable                    | next host: it may see other replicas alive        | fail       |
// | read time-out                  | same host when replicas answered but not the one  | next host  |
// |                                | asked for the data; else next host                |            |
// | write time-out of a batch log  | same host: nothing was done                       | fail       |
// | write time-out, server error,  | next host when idempotent                         | the same   |
// | truncate error                 |                                                   |            |
// | all others                     | fail                                              | fail       |
// The caller bounds the number of retries. `retries`: made so far.
Decision decide(const ServerError& error, bool idempotent, uint32_t retries);

}  // namespace sluice::client::cassandra
