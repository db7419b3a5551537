// SPDX-License-Identifier: Apache-2.0
// The version of this build; the number comes from CMakeLists.txt.
#pragma once

#include <string>
#include <string_view>

namespace sluice::server {

std::string_view version();     // "0.1.0"
std::string version_details();  // several lines: version, kernel, compiler, libraries

}  // namespace sluice::server
