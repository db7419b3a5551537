// SPDX-License-Identifier: Apache-2.0
#include "functions/event_pattern.h"

#include <charconv>

#include "pch/pch.h"

namespace sluice::functions {
namespace {

constexpr size_t kMostSteps = 1'000'000;  // of one search

}  // namespace

EventPattern::EventPattern(std::string_view text, uint32_t conditions) {
  steps_.push_back({Kind::kStar});
  const std::string_view whole = text;
  const auto wrong = [&](const char* what) {
    throw duckdb::InvalidInputException("Unsupported sequence pattern '%s': %s at position %d", std::string(whole),
                                        what, whole.size() - text.size() + 1);
  };
  const auto take = [&](std::string_view part) {
    if (!text.starts_with(part)) return false;
    text.remove_prefix(part.size());
    return true;
  };
  const auto number = [&] {
    int64_t value = 0;
    auto [after, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc() || value < 0) wrong("expected a number");
    text.remove_prefix(static_cast<size_t>(after - text.data()));
    return value;
  };
  while (!text.empty()) {
    if (take("(?t")) {
      Kind kind = Kind::kEqual;
      if (take("<="))
        kind = Kind::kAtMost;
      else if (take("<"))
        kind = Kind::kLess;
      else if (take(">="))
        kind = Kind::kAtLeast;
      else if (take(">"))
        kind = Kind::kMore;
      else if (!take("=="))
        wrong("expected one of <= < >= > ==");
      if (steps_.back().kind > Kind::kStar) wrong("a time must follow an event");
      steps_.push_back({kind, number()});
      if (!take(")")) wrong("expected ')'");
    } else if (take("(?")) {
      const int64_t condition = number();
      if (condition < 1 || condition > conditions) wrong("there is no such condition");
      steps_.push_back({Kind::kCondition, condition - 1});
      used_ |= uint32_t{1} << (condition - 1);
      if (!take(")")) wrong("expected ')'");
    } else if (take(".*")) {
      steps_.push_back({Kind::kStar});
    } else if (take(".")) {
      steps_.push_back({Kind::kAny});
    } else {
      wrong("expected (?n), (?t..), . or .*");
    }
  }
}

bool EventPattern::possible(const std::vector<Event>& events) const {
  uint32_t met = 0;
  for (const Event& event : events) met |= event.conditions;
  return (used_ & met) == used_;
}

bool EventPattern::search(const std::vector<Event>& events, size_t& at) const {
  // Where to go on when a step fails: the same step, one event later.
  struct Retry {
    size_t step;
    size_t at;
    size_t base;
  };
  std::vector<Retry> retries;
  const size_t begin = at;
  size_t step = 0;
  size_t base = at;  // the event that times count from
  const auto go_back = [&] {
    while (!retries.empty()) {
      const Retry retry = retries.back();
      retries.pop_back();
      step = retry.step;
      at = retry.at + 1;
      base = retry.base;
      if (at < events.size()) return true;
    }
    return false;
  };
  const auto pass_time = [&] {
    retries.push_back({step, at, base});
    base = at;
    ++step;
  };
  size_t done = 0;
  bool failed = false;
  while (!failed && step < steps_.size() && at < events.size()) {
    const Step& wanted = steps_[step];
    const int64_t seconds = (events[at].micros - events[base].micros) / 1'000'000;
    switch (wanted.kind) {
      case Kind::kCondition:
        if ((events[at].conditions >> wanted.number) & 1) {
          base = at++;
          ++step;
        } else {
          failed = !go_back();
        }
        break;
      case Kind::kAny:
        base = at++;
        ++step;
        break;
      case Kind::kStar:
        pass_time();
        break;
      case Kind::kAtMost:
      case Kind::kLess:
        if (wanted.kind == Kind::kAtMost ? seconds <= wanted.number : seconds < wanted.number)
          pass_time();
        else
          failed = !go_back();
        break;
      case Kind::kAtLeast:
      case Kind::kMore:
      case Kind::kEqual: {
        const bool holds = wanted.kind == Kind::kAtLeast ? seconds >= wanted.number
                           : wanted.kind == Kind::kMore  ? seconds > wanted.number
                                                         : seconds == wanted.number;
        if (holds)
          pass_time();
        else if (++at == events.size())
          failed = !go_back();
        break;
      }
    }
    if (++done > kMostSteps) {
      throw duckdb::InvalidInputException("The sequence pattern needs more than %d steps over these events",
                                          kMostSteps);
    }
  }
  // What the end of the events satisfies.
  while (step < steps_.size() &&
         (steps_[step].kind == Kind::kStar || steps_[step].kind == Kind::kAtMost || steps_[step].kind == Kind::kLess ||
          (steps_[step].kind == Kind::kAtLeast && steps_[step].number == 0))) {
    ++step;
  }
  if (at == begin) ++at;
  return step == steps_.size();
}

bool EventPattern::matches(const std::vector<Event>& events) const {
  if (events.empty() || !possible(events)) return false;
  size_t at = 0;
  return search(events, at);
}

int64_t EventPattern::count(const std::vector<Event>& events) const {
  if (events.empty() || !possible(events)) return 0;
  int64_t found = 0;
  size_t at = 0;
  while (at < events.size() && search(events, at)) ++found;
  return found;
}

}  // namespace sluice::functions
