// SPDX-License-Identifier: Apache-2.0
// Aggregates that gather values of any type into arrays and maps. Values are held as keys of the kernel's sorts.
#include <unordered_set>

#include "functions/aggregate_state.h"
#include "functions/conversion.h"
#include "functions/families.h"
#include "functions/set_order.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

constexpr size_t kNoLimit = std::numeric_limits<size_t>::max();

void set_keys(Vector& result, idx_t row, const std::vector<std::string>& keys) {
  const idx_t at = set_list(result, row, keys.size());
  Vector& elements = duckdb::ListVector::GetEntry(result);
  for (size_t i = 0; i < keys.size(); ++i) decode_key(keys[i], elements, at + i);
}

// The keys of a set's values in the order in which Doris gives them.
std::vector<std::string> in_set_order(const std::vector<std::string>& keys, const LogicalType& type) {
  if (keys.size() < 2 || !SetPlaces::known(type)) return keys;
  Vector values(type, keys.size());
  for (size_t i = 0; i < keys.size(); ++i) decode_key(keys[i], values, i);
  const SetPlaces places(values, keys.size());
  std::vector<SetPlace> wanted;
  wanted.reserve(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) wanted.push_back(places[i]);
  std::vector<std::string> ordered;
  ordered.reserve(keys.size());
  for (const size_t number : set_order(wanted, kCollectSetDegree)) ordered.push_back(keys[number]);
  return ordered;
}

// The second argument, where there is one: how many elements at most; no limit when it is negative.
size_t limit_of(const Rows& rows, idx_t row) {
  if (rows.columns() < 2) return kNoLimit;
  const auto limit = rows.get<int32_t>(1, row);
  return limit < 0 ? kNoLimit : static_cast<size_t>(limit);
}

struct CollectList {
  struct State {
    std::vector<std::string> keys;
    std::optional<size_t> limit;  // the first row's: inside foreach they may differ
  };
  static constexpr bool kSkipNulls = true;
  static constexpr bool kKeys = true;
  static void add(State& state, const Rows& rows, idx_t row) {
    if (!state.limit) state.limit = limit_of(rows, row);
    if (state.keys.size() < state.limit.value_or(kNoLimit)) state.keys.emplace_back(rows.key(0, row));
  }
  static void merge(State& into, const State& from) {
    if (!into.limit) into.limit = from.limit;
    for (const auto& key : from.keys) {
      if (into.keys.size() >= into.limit.value_or(kNoLimit)) return;
      into.keys.push_back(key);
    }
  }
  static void finish(const State* state, Vector& result, idx_t row) {
    set_keys(result, row, state ? state->keys : std::vector<std::string>());
  }
};

// NULLs are elements.
struct ArrayAgg : CollectList {
  static constexpr bool kSkipNulls = false;
  static void add(State& state, const Rows& rows, idx_t row) { state.keys.emplace_back(rows.key(0, row)); }
};

struct CollectSet {
  struct State {
    std::vector<std::string> keys;  // in the order of their first rows
    std::unordered_set<std::string> seen;
    std::optional<size_t> limit;
  };
  static constexpr bool kSkipNulls = true;
  static constexpr bool kKeys = true;
  static void take(State& state, std::string key) {
    if (state.keys.size() >= state.limit.value_or(kNoLimit)) return;
    if (state.seen.insert(key).second) state.keys.push_back(std::move(key));
  }
  static void add(State& state, const Rows& rows, idx_t row) {
    if (!state.limit) state.limit = limit_of(rows, row);
    take(state, std::string(rows.key(0, row)));
  }
  static void merge(State& into, const State& from) {
    if (!into.limit) into.limit = from.limit;
    for (const auto& key : from.keys) take(into, key);
  }
  static void finish(const State* state, Vector& result, idx_t row) {
    set_keys(result, row,
             state ? in_set_order(state->keys, duckdb::ListType::GetChildType(result.GetType()))
                   : std::vector<std::string>());
  }
};

// The first value of each key; a NULL key does not count.
struct MapAgg {
  struct State {
    std::vector<std::pair<std::string, std::string>> entries;
    std::unordered_set<std::string> seen;
  };
  static constexpr bool kSkipNulls = false;
  static constexpr bool kKeys = true;
  static void take(State& state, std::string key, std::string value) {
    if (state.seen.insert(key).second) state.entries.emplace_back(std::move(key), std::move(value));
  }
  static void add(State& state, const Rows& rows, idx_t row) {
    if (rows.is_null(0, row)) return;
    take(state, std::string(rows.key(0, row)), std::string(rows.key(1, row)));
  }
  static void merge(State& into, const State& from) {
    for (const auto& [key, value] : from.entries) take(into, key, value);
  }
  static void finish(const State* state, Vector& result, idx_t row) {
    const idx_t at = set_list(result, row, state ? state->entries.size() : 0);
    if (!state) return;
    Vector& keys = duckdb::MapVector::GetKeys(result);
    Vector& values = duckdb::MapVector::GetValues(result);
    for (size_t i = 0; i < state->entries.size(); ++i) {
      decode_key(state->entries[i].first, keys, at + i);
      decode_key(state->entries[i].second, values, at + i);
    }
  }
};

// What all arrays share, in the order of the first one. A NULL is an array without elements.
struct Intersect {
  struct State {
    std::vector<std::string> keys;
    bool first = true;
  };
  static constexpr bool kSkipNulls = false;
  static constexpr bool kKeys = false;
  static void keep(State& state, std::vector<std::string> keys) {
    if (state.first) {
      state.first = false;
      std::unordered_set<std::string> seen;
      for (auto& key : keys) {
        if (seen.insert(key).second) state.keys.push_back(std::move(key));
      }
      return;
    }
    const std::unordered_set<std::string> others(std::make_move_iterator(keys.begin()),
                                                 std::make_move_iterator(keys.end()));
    std::erase_if(state.keys, [&](const std::string& key) { return !others.contains(key); });
  }
  static void add(State& state, const Rows& rows, idx_t row) {
    std::vector<std::string> keys;
    const bool null = rows.is_null(0, row);
    const auto list = null ? duckdb::list_entry_t() : rows.get<duckdb::list_entry_t>(0, row);
    for (idx_t i = 0; i < list.length; ++i) keys.emplace_back(rows.element_key(0, list.offset + i));
    keep(state, std::move(keys));
  }
  static void merge(State& into, const State& from) {
    if (!from.first) keep(into, from.keys);
  }
  static void finish(const State* state, Vector& result, idx_t row) {
    set_keys(result, row, state ? state->keys : std::vector<std::string>());
  }
};

// A value of the type NULL has no key of its own.
void settle(duckdb::ClientContext& context, BoundPtr& argument) {
  if (argument->return_type.id() != LogicalTypeId::SQLNULL) return;
  argument = convert(context, std::move(argument), LogicalType::TINYINT);
}

template <typename Operation>
AggregateFunction bind_collect(duckdb::ClientContext& context, std::string_view, BoundList& arguments) {
  settle(context, arguments[0]);
  const LogicalType type = arguments[0]->return_type;
  if (arguments.size() < 2) return heap_aggregate<Operation>({type}, LogicalType::LIST(type));
  arguments[1] = convert(context, std::move(arguments[1]), LogicalType::INTEGER);
  return heap_aggregate<Operation>({type, LogicalType::INTEGER}, LogicalType::LIST(type));
}

AggregateFunction bind_map(duckdb::ClientContext& context, std::string_view, BoundList& arguments) {
  settle(context, arguments[0]);
  settle(context, arguments[1]);
  const LogicalType key = arguments[0]->return_type;
  const LogicalType value = arguments[1]->return_type;
  return heap_aggregate<MapAgg>({key, value}, LogicalType::MAP(key, value));
}

AggregateFunction bind_intersect(duckdb::ClientContext& context, std::string_view, BoundList& arguments) {
  arguments[0] = convert_argument(context, std::move(arguments[0]), LogicalType(LogicalTypeId::LIST));
  LogicalType type = arguments[0]->return_type;
  if (duckdb::ListType::GetChildType(type).id() == LogicalTypeId::SQLNULL) {
    type = LogicalType::LIST(LogicalType::TINYINT);
    arguments[0] = convert(context, std::move(arguments[0]), type);
  }
  return heap_aggregate<Intersect>({type}, type);
}

}  // namespace

void add_collect_aggregates(Registry& registry) {
  registry.add("collect_list", "All values that are not NULL as an array; with a number at most so many.")
      .alias("group_array")
      .aggregate_by(1, 2, "ARRAY collect_list(ANY[, INT limit])", bind_collect<CollectList>);
  registry.add("collect_set", "The different values that are not NULL as an array; with a number at most so many.")
      .alias("group_uniq_array")
      .aggregate_by(1, 2, "ARRAY collect_set(ANY[, INT limit])", bind_collect<CollectSet>);
  registry.add("array_agg", "All values, with NULLs, as an array.")
      .aggregate_by(1, 1, "ARRAY array_agg(ANY)", bind_collect<ArrayAgg>);
  registry.add("map_agg", "A map of all keys that are not NULL, with the first value of each.")
      .aggregate_by(2, 2, "MAP map_agg(ANY key, ANY value)", bind_map);
  registry.add("group_array_intersect", "The elements that all arrays share.")
      .aggregate_by(1, 1, "ARRAY group_array_intersect(ARRAY)", bind_intersect);
}

}  // namespace sluice::functions
