// SPDX-License-Identifier: Apache-2.0
// The recorded requests to real KairosDB servers (test/kairos/recorded), for the tests of parsers and engine.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "timeseries/request/json_value.h"

namespace sluice::timeseries {

struct RecordedCase {
  std::string name;
  std::string path;
  std::string body;
  int status = 0;
  std::string response;
};

inline std::string read_recorded(std::string_view name) {
  const auto path = std::filesystem::path(__FILE__).parent_path() / "../../../test/kairos/recorded" / name;
  std::ifstream in(path);
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::vector<RecordedCase> read_cases(std::string_view file) {
  std::vector<RecordedCase> cases;
  std::istringstream lines(read_recorded(file));
  for (std::string line; std::getline(lines, line);) {
    const auto json = parse_document(line, Compat::kV14);
    EXPECT_TRUE(json);
    const auto text = [&](std::string_view member) {
      const JsonValue* const value = json->find(member);
      return value && !value->is_null() ? *value->as_string() : "";
    };
    cases.push_back({text("case"), text("path"), text("body"), std::stoi(text("status")), text("response")});
  }
  return cases;
}

}  // namespace sluice::timeseries
