// SPDX-License-Identifier: Apache-2.0
// Paths of routes: "/api/{}/_stream_load" fits "/api/db/_stream_load" and tells "db". Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::net {

// Whether `path` (as sent, beginning with '/', without the query) has the pattern's shape; then its variable segments,
// not decoded. In the pattern "{}" stands for one segment that is not empty, "{*}" at its end for any number of them.
bool path_fits(std::string_view pattern, std::string_view path, std::vector<std::string_view>& variables);

// The variables percent-decoded, appended to `arguments`. False for a broken escape or a NUL.
bool decode_path_variables(const std::vector<std::string_view>& variables, std::vector<std::string>& arguments);

}  // namespace sluice::net
