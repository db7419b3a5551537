// SPDX-License-Identifier: Apache-2.0
// What a request's head says of where it comes from: its trace and its id. Pure functions.
#pragma once

#include <optional>
#include <string>

#include "base/trace.h"
#include "net/http.h"

namespace sluice::net {

// Of "traceparent" and "tracestate"; nullopt when there is none or it is malformed.
std::optional<TraceContext> remote_trace(const HttpHeaders& headers);

// "X-Request-Id" when it is visible ASCII without quotes, of at most 128 bytes (it is echoed and logged); else the
// trace's id.
std::string request_id(const HttpHeaders& headers, const TraceContext& trace);

}  // namespace sluice::net
