// SPDX-License-Identifier: Apache-2.0
// What the kernel calls things, in errors, under the names that users know. Functions without state: any thread.
#pragma once

#include <string>
#include <string_view>

namespace sluice::kernel {

// "system.doris.d_abs(STRING_LITERAL, INT32[])" -> "abs(VARCHAR, ARRAY<INT>)". What stands in quotes was written by
// users and stays.
std::string with_our_names(std::string_view text);

}  // namespace sluice::kernel
