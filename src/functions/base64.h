// SPDX-License-Identifier: Apache-2.0
// Base64 with padding, without line breaks. Pure functions: no thread rule.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice::functions {

std::string to_base64(std::string_view bytes);
// Nothing for text that is no Base64.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace sluice::functions
