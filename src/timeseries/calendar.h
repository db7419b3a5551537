// SPDX-License-Identifier: Apache-2.0
// The calendar of KairosDB's queries: buckets of range aggregators, lengths of sampling periods, relative times.
// Proleptic Gregorian, milliseconds since 1970, any sign. Objects are for one thread (their Zone remembers).
// Source of truth: Joda-Time's GregorianChronology as KairosDB's RangeAggregator, Util.getSamplingDuration and
// RelativeTime use it; errors carry the texts of Joda's exceptions (kOutOfRange; KairosDB answers them with 500).
#pragma once

#include <cstdint>

#include "base/result.h"
#include "timeseries/query.h"
#include "timeseries/zone.h"

namespace sluice::timeseries {

struct CivilDate {
  int64_t year;
  int month;  // 1 to 12
  int day;    // 1 to 31
};
int64_t days_from_civil(int64_t year, int month, int day);
CivilDate civil_from_days(int64_t days);
int days_in_month(int64_t year, int month);

// Counting in a unit: n units from an instant on, and how many whole units lie between two instants.
class UnitField {
 public:
  UnitField(TimeUnit unit, Zone zone);

  // Milliseconds of a unit that is always as long; 0: months and years, and in zones with transitions weeks and days.
  int64_t fixed_length() const { return fixed_; }
  // Months and years keep the day of the month as far as the month has it.
  Result<int64_t> add(int64_t instant, int64_t amount) const;
  // Whole units from `from` to `to`, towards zero.
  Result<int64_t> difference(int64_t to, int64_t from) const;

 private:
  const TimeUnit unit_;
  const Zone zone_;
  const int64_t fixed_;
};

// The start of the unit that holds the instant: of years, months and weeks (Monday) their first midnight; of days and
// shorter units down to seconds midnight; of milliseconds the second. Fails where the zone has no such midnight.
Result<int64_t> align_to_unit(int64_t instant, TimeUnit unit, const Zone& zone);

// The buckets of a range aggregator: bucket n is [origin + n samplings, origin + n + 1 samplings).
class Buckets {
 public:
  struct Bucket {
    int64_t start;
    int64_t end;  // not in it
  };
  // `origin` as align_to_unit gave it, or as the query said.
  Buckets(int64_t origin, Duration sampling, const Zone& zone);

  int64_t origin() const { return origin_; }
  // Nonzero: from the origin on every bucket is that long.
  int64_t fixed_length() const { return fixed_; }
  // The bucket of a time. Times before the origin count towards zero, as in Java: the first bucket is two wide.
  // Fails with "/ by zero" when the sampling is empty.
  Result<Bucket> bucket(int64_t time) const;

 private:
  const int64_t origin_;
  const int64_t value_;
  const UnitField field_;
  int64_t fixed_ = 0;
};

// How long a sampling is from an instant on, in milliseconds.
class SamplingLength {
 public:
  SamplingLength(Duration sampling, Zone zone);
  // Nonzero: the same from every instant on.
  int64_t fixed_length() const { return fixed_; }
  Result<int64_t> from(int64_t instant) const;

 private:
  const int64_t value_;
  const TimeUnit unit_;
  const Zone zone_;
  const int64_t fixed_;
};

// `now` minus a duration, counted in UTC as java.util.Calendar does: Julian dates before 15 October 1582.
int64_t relative_time(int64_t now, Duration back);

// The time's month since year 0 in UTC: year * 12 + month - 1.
int64_t month_number(int64_t instant);

}  // namespace sluice::timeseries
