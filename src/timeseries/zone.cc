// SPDX-License-Identifier: Apache-2.0
#include "timeseries/zone.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/zone_name.h"

namespace sluice::timeseries {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
constexpr int64_t kAlways = std::numeric_limits<int64_t>::min();

int64_t floor_seconds(int64_t milliseconds) { return milliseconds / 1000 - (milliseconds % 1000 < 0 ? 1 : 0); }

cctz::time_point<cctz::seconds> point(int64_t seconds) {
  return cctz::time_point<cctz::seconds>(cctz::seconds(seconds));
}

int64_t epoch_seconds(const cctz::civil_second& civil) { return civil - cctz::civil_second(); }

// Local and instant times near the ends of int64 wrap around, as they do in Java.
int64_t minus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}

// "+hh", "+hhmm", "+hh:mm", "+hh:mm:ss", "+hh:mm:ss.SSS" in milliseconds.
std::optional<int64_t> parse_offset(std::string_view text) {
  const int64_t sign = text[0] == '-' ? -1 : 1;
  text.remove_prefix(1);
  constexpr std::array<int64_t, 4> kUnits{3'600'000, 60'000, 1000, 1};
  constexpr std::array<int64_t, 4> kLimits{23, 59, 59, 999};
  int64_t total = 0;
  bool colons = false;
  for (size_t part = 0; part < kUnits.size() && !text.empty(); ++part) {
    if (part == 1) colons = text[0] == ':';
    if (part == 3) {
      if (text[0] != '.' && text[0] != ',') return std::nullopt;
      text.remove_prefix(1);
    } else if (part > 0 && colons) {
      if (text[0] != ':') return std::nullopt;
      text.remove_prefix(1);
    }
    const size_t digits = part == 3 ? 3 : 2;
    if (text.size() < digits || !std::all_of(text.begin(), text.begin() + static_cast<ptrdiff_t>(digits),
                                             [](char c) { return c >= '0' && c <= '9'; }))
      return std::nullopt;
    int64_t value = 0;
    for (const char c : text.substr(0, digits)) value = value * 10 + (c - '0');
    if (value > kLimits[part]) return std::nullopt;
    total += value * kUnits[part];
    text.remove_prefix(digits);
  }
  if (!text.empty()) return std::nullopt;
  return sign * total;
}

}  // namespace

std::optional<Zone> Zone::find(std::string_view id) {
  Zone zone;
  if (id.empty() || id == "UTC") return zone;
  if (id[0] == '+' || id[0] == '-') {
    if (id.size() < 3) return std::nullopt;
    const auto offset = parse_offset(id);
    if (!offset) return std::nullopt;
    zone.offset_ = *offset;
    if (*offset != 0) zone.id_ = id;
    return zone;
  }
  if (!is_zone_name(id)) return std::nullopt;
  cctz::time_zone rules;
  // Joda has this link still; the tz database dropped it in 2020.
  const std::string_view file = id == "US/Pacific-New" ? "America/Los_Angeles" : id;
  if (!cctz::load_time_zone(std::string(file), &rules)) return std::nullopt;
  zone.id_ = id;
  zone.rules_ = rules;
  zone.begin_ = zone.end_ = 0;
  cctz::time_zone::civil_transition transition;
  if (!rules.next_transition(cctz::time_point<cctz::seconds>::min(), &transition)) {
    zone.offset_ = rules.lookup(point(0)).offset * int64_t{1000};
    zone.begin_ = kAlways;
    zone.end_ = kNever;
    zone.rules_.reset();
  }
  return zone;
}

void Zone::find_span(int64_t utc) const {
  if (!rules_) return;  // the last millisecond of all
  const int64_t seconds = floor_seconds(utc);
  offset_ = rules_->lookup(point(seconds)).offset * int64_t{1000};
  cctz::time_zone::civil_transition transition;
  begin_ = kAlways;
  end_ = kNever;
  if (rules_->prev_transition(point(seconds + 1), &transition)) begin_ = epoch_seconds(transition.to) * 1000 - offset_;
  if (rules_->next_transition(point(seconds), &transition)) end_ = epoch_seconds(transition.from) * 1000 - offset_;
}

int64_t Zone::next_transition(int64_t utc) const {
  if (!rules_) return utc;
  (void)offset(utc);
  return end_ == kNever ? utc : end_;
}

int64_t Zone::previous_transition(int64_t utc) const {
  if (!rules_) return utc;
  (void)offset(utc);
  return begin_ == kAlways ? utc : begin_ - 1;
}

int64_t Zone::local_to_utc(int64_t local, int64_t original) const {
  const int64_t before = offset(original);
  const int64_t utc = minus(local, before);
  return offset(utc) == before ? utc : local_to_utc(local);
}

// Joda's way from local time to an instant, step by step: other ways differ from it in gaps west of Greenwich.
int64_t Zone::local_to_utc(int64_t local) const {
  const int64_t first = offset(local);
  int64_t chosen = offset(minus(local, first));
  if (first != chosen && first < 0) {
    const int64_t utc_first = minus(local, first);
    const int64_t utc_chosen = minus(local, chosen);
    int64_t next_first = next_transition(utc_first);
    if (next_first == utc_first) next_first = kNever;
    int64_t next_chosen = next_transition(utc_chosen);
    if (next_chosen == utc_chosen) next_chosen = kNever;
    if (next_first != next_chosen) chosen = first;
  }
  return minus(local, chosen);
}

int64_t Zone::offset_from_local(int64_t local) const {
  const int64_t first = offset(local);
  const int64_t adjusted = minus(local, first);
  const int64_t second = offset(adjusted);
  if (first != second) {
    if (first - second < 0) {
      int64_t next_first = next_transition(adjusted);
      if (next_first == adjusted) next_first = kNever;
      const int64_t other = minus(local, second);
      int64_t next_second = next_transition(other);
      if (next_second == other) next_second = kNever;
      if (next_first != next_second) return first;
    }
  } else if (first >= 0) {
    const int64_t previous = previous_transition(adjusted);
    if (previous < adjusted) {
      const int64_t before = offset(previous);
      if (adjusted - previous <= before - first) return before;
    }
  }
  return second;
}

}  // namespace sluice::timeseries
