// SPDX-License-Identifier: Apache-2.0
// The scalar functions of system.doris that add an INTERVAL to a moment with MySQL's result types: a DATE stays a DATE
// when the interval's unit is a day or longer. Each is gone once it is bound: what stays in the plan are the kernel's
// own operators and casts, so constants fold and filters reach the tables as ever. Internal to src/kernel; thread rule
// of the binder.
#pragma once

#include "pch/pch.h"

namespace sluice::kernel {

// Adds to the schema `doris` of the system catalog, which must exist:
//   add_date_interval(x, i), subtract_date_interval(x, i)   i in units of days or longer
//   add_time_interval(x, i), subtract_time_interval(x, i)   i in units of hours or shorter
// x is a date, a time stamp, a time, an INTERVAL, or text, which is read as a time stamp. Stored views hold these
// names.
void create_date_arithmetic(duckdb::ClientContext& context);

}  // namespace sluice::kernel
