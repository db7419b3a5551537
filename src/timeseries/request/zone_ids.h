// SPDX-License-Identifier: Apache-2.0
// The names of time zones that KairosDB knows, and lists in the message about one that it does not. Pure functions.
// Source of truth: Joda-Time 2.10.6 (tz database 2020a), DateTimeZone.forID().
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice::timeseries {

// "Africa/Abidjan, Africa/Accra, ..".
std::string_view joda_zone_ids();
bool is_joda_zone_id(std::string_view id);
// A fixed offset (+hh, +hh:mm, +hhmm, +hh:mm:ss, +hh:mm:ss.SSS; '-' too) with colons and at least minutes; "UTC" for 0;
// nullopt: it is none.
std::optional<std::string> normal_offset(std::string_view id);

}  // namespace sluice::timeseries
