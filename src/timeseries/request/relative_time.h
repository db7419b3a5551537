// SPDX-License-Identifier: Apache-2.0
// Times relative to now, in the calendar of UTC. Pure functions.
// Source of truth: KairosDB's RelativeTime (java.util.Calendar).
// Differs from Java: the Gregorian calendar holds before 1582 too.
#pragma once

#include <cstdint>

#include "timeseries/query.h"

namespace sluice::timeseries {

// `now` minus the duration, in milliseconds. Of all units but milliseconds the value counts as an int32. Months and
// years keep the day, or take the last one of the month.
int64_t time_before(int64_t now, const Duration& duration);
// `now` plus the duration.
int64_t time_after(int64_t now, const Duration& duration);

}  // namespace sluice::timeseries
