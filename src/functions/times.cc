// SPDX-License-Identifier: Apache-2.0
// Times that may be negative and longer than a day: TIMEDIFF, SEC_TO_TIME, CAST(.. AS TIME). They lie in INTERVALs of
// microseconds only, which print as [-]HH:MM:SS.
#include <cmath>

#include "functions/calendar.h"
#include "functions/families.h"
#include "functions/rows.h"
#include "functions/text_to_value.h"

namespace sluice::functions {
namespace {

using duckdb::interval_t;
using duckdb::timestamp_t;

interval_t time_of(int64_t micros) {
  interval_t time;
  time.months = 0;
  time.days = 0;
  time.micros = std::clamp(micros, -kMostTime, kMostTime);
  return time;
}

interval_t timediff(timestamp_t left, timestamp_t right) { return time_of(left.value - right.value); }
interval_t sec_to_time(int64_t seconds) {
  return time_of(std::clamp<int64_t>(seconds, -kMostTime, kMostTime) * kMicrosPerSecond);
}
// The second may have a fraction of six digits.
std::optional<interval_t> maketime(int64_t hour, int64_t minute, double second) {
  if (minute < 0 || minute > 59 || !(second >= 0) || second >= 60) return std::nullopt;
  const int64_t micros = std::llround(second * kMicrosPerSecond);
  const int64_t hours = std::clamp<int64_t>(hour, -kMostHours - 1, kMostHours + 1);
  const int64_t rest = minute * 60 * kMicrosPerSecond + micros;
  return time_of(hours * 3600 * kMicrosPerSecond + (hours < 0 ? -rest : rest));
}
int64_t time_to_sec(interval_t time) { return (time.days * kMicrosPerDay + time.micros) / kMicrosPerSecond; }
std::optional<int64_t> text_to_sec(std::string_view text) {
  auto micros = text_to_time(text);
  if (!micros) return std::nullopt;
  return *micros / kMicrosPerSecond;
}
int64_t moment_to_sec(timestamp_t at) { return time_of_moment(at.value) / kMicrosPerSecond; }

}  // namespace

void add_times(Registry& registry) {
  add_rows<timediff>(registry.add("timediff", "The time from the second moment to the first; at most 838:59:59."));
  add_rows<sec_to_time>(registry.add("sec_to_time", "Seconds as a time."));
  add_rows<maketime>(registry.add("maketime", "The time of an hour, a minute and a second; at most 838:59:59."));
  auto& seconds = registry.add("time_to_sec", "The seconds of a time.");
  add_rows<text_to_sec>(seconds);
  add_rows<time_to_sec>(seconds);
  add_rows<moment_to_sec>(seconds);
}

}  // namespace sluice::functions
