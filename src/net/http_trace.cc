// SPDX-License-Identifier: Apache-2.0
#include "net/http_trace.h"

#include <algorithm>

namespace sluice::net {
namespace {
constexpr size_t kMaxRequestIdBytes = 128;
}  // namespace

std::optional<TraceContext> remote_trace(const HttpHeaders& headers) {
  const auto parent = headers.find("traceparent");
  if (!parent) return std::nullopt;
  auto context = TraceContext::parse(*parent, headers.find("tracestate").value_or(std::string_view()));
  if (!context) return std::nullopt;
  return std::move(*context);
}

std::string request_id(const HttpHeaders& headers, const TraceContext& trace) {
  const auto id = headers.find("x-request-id");
  const bool valid = id && !id->empty() && id->size() <= kMaxRequestIdBytes &&
                     std::all_of(id->begin(), id->end(), [](char c) { return c > ' ' && c < 0x7f && c != '"'; });
  return valid ? std::string(*id) : trace.trace_id_hex();
}

}  // namespace sluice::net
