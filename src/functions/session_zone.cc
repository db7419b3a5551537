// SPDX-License-Identifier: Apache-2.0
#include "functions/session_zone.h"

namespace sluice::functions {

int64_t SessionZone::local(const Moment& moment) const {
  if (!moment.zone_offset) return moment.micros;
  const duckdb::timestamp_tz_t utc(moment.micros - int64_t{*moment.zone_offset} * 1'000'000);
  const auto local = duckdb::Value::TIMESTAMPTZ(utc).CastAs(context_, duckdb::LogicalType::TIMESTAMP);
  return duckdb::TimestampValue::Get(local).value;
}

}  // namespace sluice::functions
