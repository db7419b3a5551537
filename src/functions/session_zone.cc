// SPDX-License-Identifier: Apache-2.0
#include "functions/session_zone.h"

#include "base/zone_name.h"
#include "functions/calendar.h"

namespace sluice::functions {
namespace {

std::optional<cctz::time_zone> zone_of(duckdb::ClientContext& context) {
  duckdb::Value name;
  if (!context.TryGetCurrentSetting("TimeZone", name) || name.IsNull()) return std::nullopt;
  cctz::time_zone zone;
  const std::string text = name.ToString();
  if (!is_zone_name(text) || !cctz::load_time_zone(text, &zone)) return std::nullopt;
  return zone;
}

}  // namespace

int64_t SessionZone::local(const Moment& moment) {
  if (!moment.zone_offset) return moment.micros;
  if (!looked_up_) {
    looked_up_ = true;
    zone_ = zone_of(context_);
  }
  const int64_t utc = moment.micros - int64_t{*moment.zone_offset} * kMicrosPerSecond;
  if (zone_) {
    const cctz::time_point<cctz::seconds> second{cctz::seconds(floor_divide(utc, kMicrosPerSecond))};
    return utc + zone_->lookup(second).offset * kMicrosPerSecond;
  }
  const auto local =
      duckdb::Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(utc)).CastAs(context_, duckdb::LogicalType::TIMESTAMP);
  return duckdb::TimestampValue::Get(local).value;
}

}  // namespace sluice::functions
