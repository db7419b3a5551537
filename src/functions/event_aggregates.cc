// SPDX-License-Identifier: Apache-2.0
// What happened in which order: WINDOW_FUNNEL, SEQUENCE_MATCH, SEQUENCE_COUNT, RETENTION.
#include "functions/aggregate_state.h"
#include "functions/event_pattern.h"
#include "functions/families.h"

namespace sluice::functions {
namespace {

std::vector<Event> in_order(std::vector<Event> events) {
  std::stable_sort(events.begin(), events.end(),
                   [](const Event& left, const Event& right) { return left.micros < right.micros; });
  return events;
}

// The conditions from the argument `first` on as bits.
uint32_t conditions_of(const Rows& rows, idx_t first, idx_t row) {
  uint32_t bits = 0;
  for (idx_t i = first; i < rows.columns(); ++i) bits |= uint32_t{rows.get<bool>(i, row)} << (i - first);
  return bits;
}

void check_conditions(idx_t count) {
  if (count <= EventPattern::kMaxConditions) return;
  throw duckdb::InvalidInputException("There are %d conditions, at most %d are allowed", count,
                                      EventPattern::kMaxConditions);
}

// ---- window_funnel(seconds, mode, time, condition, ..)

enum class Mode : uint8_t { kDefault, kDeduplication, kFixed, kIncrease };

Mode mode_of(std::string_view text) {
  const std::string mode = duckdb::StringUtil::Lower(std::string(text));
  if (mode == "default") return Mode::kDefault;
  if (mode == "deduplication") return Mode::kDeduplication;
  if (mode == "fixed") return Mode::kFixed;
  if (mode == "increase") return Mode::kIncrease;
  throw duckdb::InvalidInputException(
      "The mode of WINDOW_FUNNEL() is 'default', 'deduplication', 'fixed' or 'increase', not '%s'", std::string(text));
}

struct WindowFunnel {
  struct State {
    std::vector<Event> events;
    int64_t window = 0;  // seconds
    Mode mode = Mode::kDefault;
    uint32_t conditions = 0;
  };
  static constexpr idx_t kFirst = 3;
  static constexpr bool kSkipNulls = true;
  static constexpr bool kKeys = false;
  static void add(State& state, const Rows& rows, idx_t row) {
    if (state.events.empty()) {
      check_conditions(rows.columns() - kFirst);
      state.window = rows.get<int64_t>(0, row);
      state.mode = mode_of(rows.text(1, row));
      state.conditions = static_cast<uint32_t>(rows.columns() - kFirst);
    }
    state.events.push_back({rows.get<duckdb::timestamp_t>(2, row).value, conditions_of(rows, kFirst, row)});
  }
  static void merge(State& into, const State& from) {
    if (into.events.empty()) {
      into = from;
      return;
    }
    into.events.insert(into.events.end(), from.events.begin(), from.events.end());
  }

  static bool holds(const std::vector<Event>& events, size_t at, uint32_t condition) {
    return (events[at].conditions >> condition) & 1;
  }
  static size_t find(const std::vector<Event>& events, size_t at, uint32_t condition) {
    while (at < events.size() && !holds(events, at, condition)) ++at;
    return at;
  }
  // Whether an earlier condition holds again between two places, both left out.
  static bool repeated(const std::vector<Event>& events, size_t after, size_t before, uint32_t condition) {
    for (uint32_t earlier = 0; earlier < condition; ++earlier) {
      if (find(events, after + 1, earlier) < before) return true;
    }
    return false;
  }
  // How many conditions in a row hold from the first event of the first condition on; `start` goes behind that.
  static int32_t chain(const State& state, const std::vector<Event>& events, size_t& start) {
    size_t at = find(events, start, 0);
    start = at + 1;
    if (at >= events.size()) return 0;
    const int64_t end = events[at].micros + state.window * 1'000'000;
    int64_t previous = events[at].micros;
    size_t last = at;
    int32_t matched = 1;
    for (uint32_t condition = 1; condition < state.conditions; ++condition) {
      if (state.mode == Mode::kFixed) {
        ++at;
        if (at >= events.size() || !holds(events, at, condition) || events[at].micros > end) break;
        ++matched;
        continue;
      }
      at = find(events, at + 1, condition);
      if (at >= events.size() || events[at].micros > end) break;
      if (state.mode == Mode::kIncrease && events[at].micros <= previous) break;
      previous = events[at].micros;
      if (state.mode == Mode::kDeduplication) {
        if (repeated(events, last, at, condition)) break;
        last = at;
      }
      ++matched;
    }
    return matched;
  }
  static void finish(const State* state, Vector& result, idx_t row) {
    if (!state) return set_null(result, row);
    const std::vector<Event> events = in_order(state->events);
    int32_t longest = 0;
    for (size_t start = 0; start < events.size() && longest < static_cast<int32_t>(state->conditions);) {
      longest = std::max(longest, chain(*state, events, start));
    }
    set_value(result, row, longest);
  }
};

// ---- sequence_match(pattern, time, condition, ..)

template <bool counting>
struct Sequence {
  struct State {
    std::vector<Event> events;
    std::string pattern;
    uint32_t conditions = 0;
  };
  static constexpr idx_t kFirst = 2;
  static constexpr bool kSkipNulls = true;
  static constexpr bool kKeys = false;
  static void add(State& state, const Rows& rows, idx_t row) {
    if (state.conditions == 0) {
      check_conditions(rows.columns() - kFirst);
      state.conditions = static_cast<uint32_t>(rows.columns() - kFirst);
      state.pattern = rows.text(0, row);
      EventPattern(state.pattern, state.conditions);
    }
    const uint32_t conditions = conditions_of(rows, kFirst, row);
    if (conditions != 0) state.events.push_back({rows.get<duckdb::timestamp_t>(1, row).value, conditions});
  }
  static void merge(State& into, const State& from) {
    if (into.conditions == 0) {
      into = from;
      return;
    }
    into.events.insert(into.events.end(), from.events.begin(), from.events.end());
  }
  static void finish(const State* state, Vector& result, idx_t row) {
    if (!state) return set_null(result, row);
    const EventPattern pattern(state->pattern, state->conditions);
    const std::vector<Event> events = in_order(state->events);
    if (counting)
      set_value(result, row, pattern.count(events));
    else
      set_value(result, row, pattern.matches(events));
  }
};

// ---- retention(condition, ..)

// Whether the first condition ever held; whether it and the second did; ..
struct Retention {
  struct State {
    uint32_t met = 0;
    uint32_t conditions = 0;
  };
  static constexpr bool kSkipNulls = true;
  static constexpr bool kKeys = false;
  static void add(State& state, const Rows& rows, idx_t row) {
    check_conditions(rows.columns());
    state.conditions = static_cast<uint32_t>(rows.columns());
    state.met |= conditions_of(rows, 0, row);
  }
  static void merge(State& into, const State& from) {
    into.conditions = from.conditions;
    into.met |= from.met;
  }
  static void finish(const State* state, Vector& result, idx_t row) {
    if (!state) return set_null(result, row);
    const idx_t at = set_list(result, row, state->conditions);
    for (uint32_t i = 0; i < state->conditions; ++i) {
      set_value(duckdb::ListVector::GetEntry(result), at + i, (state->met & 1) != 0 && ((state->met >> i) & 1) != 0);
    }
  }
};

}  // namespace

void add_event_aggregates(Registry& registry) {
  const LogicalType condition = LogicalType::BOOLEAN;
  const LogicalType time = LogicalType::TIMESTAMP;
  const LogicalType text = LogicalType::VARCHAR;
  registry.add("window_funnel", "How many of the conditions held one after the other within the seconds.")
      .aggregate(heap_aggregate<WindowFunnel>({LogicalType::BIGINT, text, time}, LogicalType::INTEGER, condition));
  registry.add("sequence_match", "Whether the events in the order of time match the pattern.")
      .aggregate(heap_aggregate<Sequence<false>>({text, time}, LogicalType::BOOLEAN, condition));
  registry.add("sequence_count", "How many matches of the pattern follow each other in the order of time.")
      .aggregate(heap_aggregate<Sequence<true>>({text, time}, LogicalType::BIGINT, condition));
  registry.add("retention", "Whether the first condition held, and whether each other one held with it.")
      .aggregate(heap_aggregate<Retention>({}, LogicalType::LIST(condition), condition));
}

}  // namespace sluice::functions
