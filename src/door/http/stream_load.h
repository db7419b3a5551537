// SPDX-License-Identifier: Apache-2.0
// Stream load: Doris' request headers as a LoadSpec, and a load's report as Doris' JSON answer. Pure functions; the
// request itself is served by stream_load_request.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/decompress.h"
#include "base/result.h"
#include "net/http.h"
#include "session/load.h"

namespace sluice::door::http {

struct StreamLoadRequest {
  session::LoadSpec spec;
  std::string label;  // empty: to be generated
  std::string comment;
  std::optional<Compression> compression;
  bool two_phase = false;  // only the first of two phases
  std::chrono::seconds timeout{600};
};

// Errors: 1105 a header's value is wrong, naming it; 1235 a header asks for what we do not do; 1064 columns or where.
Result<StreamLoadRequest> parse_stream_load(const net::HttpHeaders& headers, const std::string& database,
                                            const std::string& table);

// "\x01", "\x0102", "\t", "|" as a header spells separators -> the bytes. Error 1105.
Result<std::string> parse_separator(std::string_view header, std::string_view text);

// The answer's fields.
struct StreamLoadAnswer {
  std::string label;
  std::string comment;
  std::string status;               // Success, Fail, Label Already Exists
  std::string existing_job_status;  // RUNNING, PRECOMMITTED or FINISHED, with Label Already Exists
  bool two_phase = false;
  std::string message;
  std::string error_url;
  session::LoadReport report;
  std::chrono::milliseconds total{0};
};
std::string stream_load_json(const StreamLoadAnswer& answer);

}  // namespace sluice::door::http
