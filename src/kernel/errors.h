// SPDX-License-Identifier: Apache-2.0
// The one place where the kernel's exceptions become Errors and Errors become kernel exceptions.
// Source of the numbers: MySQL's server error reference. Functions without state.
#pragma once

#include <exception>

#include "base/result.h"
#include "pch/pch.h"

namespace sluice::kernel {

// The Error for what the kernel reported: MySQL errno by the kind of failure (1146 no such table, 1054 unknown column,
// 1062 duplicate key, 1213 conflict with another transaction, 1317 interrupted, 1105 where MySQL has no number).
Error to_error(const duckdb::ErrorData& error);
// The same for an exception caught at the border to the kernel.
Error to_error(const std::exception& exception);
// Throws `error` as a kernel exception that ends only the statement (never InternalException: that one
// invalidates the whole database).
[[noreturn]] void throw_to_kernel(const Error& error);

// Whether the kernel declared its whole database unusable with this error.
bool is_fatal(const duckdb::ErrorData& error);

}  // namespace sluice::kernel
