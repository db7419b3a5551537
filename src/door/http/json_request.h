// SPDX-License-Identifier: Apache-2.0
// The JSON that clients send: the body of POST /api/query, and small arrays in headers. Pure functions.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "pch/pch.h"

namespace sluice::door::http {

struct QueryRequest {
  std::string sql;
  std::string database;
  std::string format;  // empty: by the Accept header
  std::optional<std::chrono::milliseconds> timeout;
  std::vector<duckdb::Value> params;  // for the '?' of `sql`
  bool has_params = false;
};

// {"sql": "...", "database": "d", "params": [1, "x", null], "format": "csv", "timeout_ms": 1000}. Unknown members are
// refused with their name. Errors: kInvalidArgument, 1105.
Result<QueryRequest> parse_query_request(std::string_view json);

// ["a", "b"]; nullopt for anything else.
std::optional<std::vector<std::string>> parse_string_array(std::string_view json);

}  // namespace sluice::door::http
