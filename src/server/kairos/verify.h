// SPDX-License-Identifier: Apache-2.0
// Comparing two KairosDB servers: the same requests to both, and the first difference of each pair of answers.
// Answers are compared as JSON values: members of objects in any order, numbers exactly, but "1" equals "1.0".
#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "server/kairos/http_call.h"
#include "timeseries/request/json_value.h"

namespace sluice::server {

// A request with its name in reports.
struct VerifyRequest {
  std::string name;
  std::string method = "POST";
  std::string path = "/api/v1/datapoints/query";
  std::string body;
};

// Nullopt: they are equal. Otherwise where they differ and how: "$.queries[0].sample_size: 5 against 6".
std::optional<std::string> first_difference(const timeseries::JsonValue& left, const timeseries::JsonValue& right);

// Requests of a file: a line each, or one JSON array. Each is a query, or {"method":..,"path":..,"body":..,"case":..}.
// Errors: kInvalidArgument with the line.
Result<std::vector<VerifyRequest>> read_verify_requests(std::istream& in);

// Relative times of a query as absolute ones before `now` (milliseconds), so that both servers are asked for the same;
// what is no query is returned as it is.
std::string with_absolute_times(std::string_view query, int64_t now);

// What is asked when no file is given, for each metric of either server (at most `metrics`; none of those about the
// servers themselves): its tags, its points counted, summed and fitted with a line by day, which values at other times
// change, and the newest points of the last 30 days.
struct DefaultRequests {
  std::vector<VerifyRequest> requests;
  size_t left_out = 0;  // metrics beyond the first `metrics`
};
Result<DefaultRequests> default_verify_requests(HttpCaller& left, HttpCaller& right, size_t metrics, int64_t now);

struct VerifyFigures {
  uint64_t requests = 0;
  uint64_t different = 0;
  uint64_t failed = 0;  // without an answer
};
// `report` gets the name of each request that is not equal, and why.
VerifyFigures verify(HttpCaller& left, HttpCaller& right, const std::vector<VerifyRequest>& requests, int64_t now,
                     const std::function<void(const std::string& name, const std::string& why)>& report);

}  // namespace sluice::server
