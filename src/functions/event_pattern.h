// SPDX-License-Identifier: Apache-2.0
// Patterns of events in time: SEQUENCE_MATCH and SEQUENCE_COUNT. Not for several threads at once.
//   (?3)      the third condition holds
//   .  .*     one event, any number of events
//   (?t<=60)  at most 60 seconds since the event before; also < > >= ==
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace sluice::functions {

struct Event {
  int64_t micros = 0;
  uint32_t conditions = 0;  // a bit for each that holds
};

class EventPattern {
 public:
  static constexpr uint32_t kMaxConditions = 32;

  // InvalidInputException for text that is no pattern over this many conditions.
  EventPattern(std::string_view text, uint32_t conditions);

  // Of events in the order of time.
  bool matches(const std::vector<Event>& events) const;
  // How many matches follow each other without sharing an event.
  int64_t count(const std::vector<Event>& events) const;

 private:
  enum class Kind : uint8_t { kCondition, kAny, kStar, kAtMost, kLess, kAtLeast, kMore, kEqual };
  struct Step {
    Kind kind;
    int64_t number = 0;  // of the condition, of seconds
  };

  bool possible(const std::vector<Event>& events) const;
  // Searches from `at` on, which becomes the place after the match.
  bool search(const std::vector<Event>& events, size_t& at) const;

  std::vector<Step> steps_;
  uint32_t used_ = 0;  // conditions that the pattern names
};

}  // namespace sluice::functions
