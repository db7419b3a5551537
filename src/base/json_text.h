// SPDX-License-Identifier: Apache-2.0
// Writing JSON strings and recognising UTF-8 (RFC 8259, RFC 3629). Functions without state: any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sluice {

// The length of the UTF-8 sequence at the front of `text` (not empty), 1 to 4; 0 when there is none.
size_t utf8_sequence(std::string_view text);
bool is_utf8(std::string_view text);

// Appends `text` between quotes, escaped. Bytes that are no UTF-8 become U+FFFD, so the result is always valid JSON.
void append_json_string(std::string& json, std::string_view text);

}  // namespace sluice
