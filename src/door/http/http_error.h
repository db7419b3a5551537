// SPDX-License-Identifier: Apache-2.0
// The one table from Error to HTTP: status, MySQL error number, SQLSTATE, and the JSON object that carries them.
// Functions without state. Source of the SQLSTATEs: MySQL's server error reference.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace sluice::door::http {

unsigned http_status(const Error& error);
// The MySQL server error number that SQL clients know the failure by; 1105 where there is none.
int error_number(const Error& error);
std::string_view sqlstate(int mysql_errno);
// {"code":1146,"sqlstate":"42S02","message":"..."}
std::string error_json(const Error& error);

// Appends `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string_view text, std::string& out);

}  // namespace sluice::door::http
