// SPDX-License-Identifier: Apache-2.0
// Objects of S3 as files of the kernel: read-only, by ranges, with signature version 4. Which endpoints may be asked is
// told once at the start (files.s3_endpoints); none by default. Objects are registered under a path without their
// secrets, so that plans, errors and EXPLAIN never show those. Thread-safe.
#pragma once

#include <string>
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

// The headers of a signed GET or HEAD request, "name: value". `time`: "20130524T000000Z". (s3_signature.cc)
std::vector<std::string> s3_headers(const S3Object& object, const std::string& method, const std::string& host,
                                    const std::string& path, const std::string& range, const std::string& time);
// The path of a URL with everything escaped but letters, digits and "-._~/".
std::string s3_path(const std::string& text);

}  // namespace sluice::kernel
