// SPDX-License-Identifier: Apache-2.0
// Zone: a time zone with the questions that Joda-Time asks of one. A value that remembers the last span of constant
// offset it was asked about: not thread-safe, copies are independent. Times are milliseconds since 1970.
// Source of truth: org.joda.time.DateTimeZone; rules from the system's tz database through cctz.
#pragma once

#include <cctz/time_zone.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::timeseries {

class Zone {
 public:
  // UTC.
  Zone() = default;
  // IANA names as they are spelled, "UTC", and offsets "+02:00", "-0330", "+02:00:00.000"; empty: UTC. Nullopt: no
  // zone.
  static std::optional<Zone> find(std::string_view id);

  const std::string& id() const { return id_; }
  // No transitions: days are 24 hours.
  bool fixed() const { return !rules_.has_value(); }

  // Milliseconds that local time is ahead of UTC.
  int64_t offset(int64_t utc) const {
    if (utc < begin_ || utc >= end_) [[unlikely]]
      find_span(utc);
    return offset_;
  }
  // The first transition after `utc`; `utc` itself when there is none.
  int64_t next_transition(int64_t utc) const;
  // The last millisecond before the last transition that is not after `utc`; `utc` itself when there is none.
  int64_t previous_transition(int64_t utc) const;

  // The instant of a local time that was made from `original` (an instant) by setting a field: keeps its offset where a
  // local time comes twice; local times that do not exist move on by the length of the gap.
  int64_t local_to_utc(int64_t local, int64_t original) const;
  // The offset to subtract from a local time; of two the earlier instant's.
  int64_t offset_from_local(int64_t local) const;

 private:
  void find_span(int64_t utc) const;
  int64_t local_to_utc(int64_t local) const;

  std::string id_ = "UTC";
  std::optional<cctz::time_zone> rules_;
  // offset_ holds from begin_ to before end_.
  mutable int64_t begin_ = std::numeric_limits<int64_t>::min();
  mutable int64_t end_ = std::numeric_limits<int64_t>::max();
  mutable int64_t offset_ = 0;
};

}  // namespace sluice::timeseries
