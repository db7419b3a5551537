// SPDX-License-Identifier: Apache-2.0
#include "net/http_path.h"

#include "net/http.h"

namespace sluice::net {
namespace {

std::string_view next_segment(std::string_view& rest) {
  const size_t at = rest.find('/');
  std::string_view segment = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return segment;
}

}  // namespace

bool path_fits(std::string_view pattern, std::string_view path, std::vector<std::string_view>& variables) {
  variables.clear();
  if (pattern.empty() || path.empty() || pattern[0] != '/' || path[0] != '/') return false;
  pattern.remove_prefix(1);
  path.remove_prefix(1);
  while (!pattern.empty() || !path.empty()) {
    if (pattern == "{*}") {
      variables.push_back(path);
      return true;
    }
    if (pattern.empty() || path.empty()) return false;
    const std::string_view expected = next_segment(pattern);
    const std::string_view segment = next_segment(path);
    if (expected == "{}") {
      if (segment.empty()) return false;
      variables.push_back(segment);
    } else if (expected != segment) {
      return false;
    }
  }
  return true;
}

bool decode_path_variables(const std::vector<std::string_view>& variables, std::vector<std::string>& arguments) {
  for (std::string_view variable : variables) {
    auto decoded = percent_decode(variable, false);
    if (!decoded) return false;
    arguments.push_back(std::move(*decoded));
  }
  return true;
}

}  // namespace sluice::net
