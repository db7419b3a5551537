// SPDX-License-Identifier: Apache-2.0
// Accounts and privileges as rows, for the views of information_schema and mysql. Thread-safe, as Access is.
#pragma once

#include <vector>

#include "pch/pch.h"
#include "session/access.h"

namespace sluice::session {

using SystemTable = std::vector<std::vector<duckdb::Value>>;

SystemTable account_rows(const Access& access);
SystemTable privilege_rows(const Access& access);

}  // namespace sluice::session
