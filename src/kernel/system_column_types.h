// SPDX-License-Identifier: Apache-2.0
// The declared types of the texts in information_schema, where Doris gives them a length. Pure function: any thread.
#pragma once

#include <string>
#include <string_view>

namespace sluice::kernel {

// "varchar(64)"; empty: a text without a length.
std::string system_column_type(std::string_view view, std::string_view column);

}  // namespace sluice::kernel
