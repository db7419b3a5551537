// SPDX-License-Identifier: Apache-2.0
// What headers of stream load and clauses of LOAD LABEL write alike, as values. Pure functions: any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "pch/pch.h"

namespace sluice::session {

// "\x01", "\x0102", "\t", "|" as separators are written -> the bytes. Error 1105, which does not name the option.
Result<std::string> load_separator(std::string_view text);

// LoadSpec::delete_when of a load that deletes the keys of all its rows.
std::unique_ptr<duckdb::ParsedExpression> all_rows();

}  // namespace sluice::session
