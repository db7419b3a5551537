// SPDX-License-Identifier: Apache-2.0
// Objects of S3 as files of the kernel: read-only, by ranges, with signature version 4. A key may have wildcards. Which
// endpoints may be asked is told once at the start (files.s3_endpoints); none by default. Objects are registered under
// a path without their secrets, so that plans, errors and EXPLAIN never show those. Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "pch/pch.h"

namespace sluice::kernel {

struct S3Object {
  std::string endpoint;  // "https://s3.eu-west-1.amazonaws.com", "http://127.0.0.1:9000"
  std::string bucket;
  std::string key;
  std::string region = "us-east-1";
  std::string access_key;  // empty: the request is not signed
  std::string secret_key;
  std::string session_token;
  bool path_style = true;  // http://endpoint/bucket/key; else http://bucket.endpoint/key
};

// Hosts with their ports, as in the URLs: "s3.eu-west-1.amazonaws.com", "127.0.0.1:9000". Before the kernel opens.
void allow_s3_endpoints(std::vector<std::string> endpoints);

// A path for file_scan(); the last 1,000 are kept. Errors: 1105 the endpoint is not allowed or no URL.
Result<std::string> register_s3_object(S3Object object);

// Makes the paths readable. Before external access is switched off.
void register_s3_files(duckdb::DatabaseInstance& database);

// From "s3://bucket/key" or "http://endpoint/bucket/key" and the names that Doris' versions have for the rest:
// s3.endpoint, AWS_ENDPOINT, .. (in lower case). Errors: 1105 what is missing.
using S3Properties = std::vector<std::pair<std::string, std::string>>;
Result<S3Object> s3_object(const S3Properties& properties, std::string uri);
// Whether a property is one of those.
bool is_s3_property(const std::string& name);
// Whether the object may be asked for. Errors: 1105.
Status check_s3_object(S3Object& object);

// s3_signature.cc
struct S3Request {
  std::string method;
  std::string host;
  std::string path;
  std::string query;  // as s3_query() gives it
  std::string range;
  std::string_view body;
  std::string time;  // "20130524T000000Z"
};
// The headers of a signed request, "name: value".
std::vector<std::string> s3_headers(const S3Object& object, const S3Request& request);
// The path of a URL with everything escaped but letters, digits and "-._~/".
std::string s3_path(const std::string& text);
// "a=1&b=2", sorted and escaped.
std::string s3_query(S3Properties query);

}  // namespace sluice::kernel
