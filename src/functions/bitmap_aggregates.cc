// SPDX-License-Identifier: Apache-2.0
// Aggregates of BITMAP values.
#include "functions/aggregate_state.h"
#include "functions/bitmap_values.h"
#include "functions/conversion.h"
#include "functions/families.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

enum class Kind : uint8_t { kUnion, kIntersection, kXor };
enum class Result : uint8_t { kBitmap, kCount, kBitmapOrNull };

void finish_as(Result wanted, const Bitmap* bitmap, Vector& result, idx_t row) {
  if (wanted == Result::kCount) {
    set_value(result, row, bitmap ? static_cast<int64_t>(bitmap->count()) : int64_t{0});
  } else if (wanted == Result::kBitmapOrNull && !bitmap) {
    set_null(result, row);
  } else {
    set_text(result, row, bitmap ? bitmap->to_bytes() : Bitmap().to_bytes());
  }
}

// bitmap_union and the like.
template <Kind kind, Result wanted>
struct Sets {
  using State = std::optional<Bitmap>;
  static constexpr bool kSkipNulls = true;
  static constexpr bool kKeys = false;
  static void take(State& state, const Bitmap& bitmap) {
    if (!state)
      state = bitmap;
    else if (kind == Kind::kUnion)
      *state |= bitmap;
    else if (kind == Kind::kIntersection)
      *state &= bitmap;
    else
      *state ^= bitmap;
  }
  static void add(State& state, const Rows& rows, idx_t row) { take(state, bitmap_of(rows.get<string_t>(0, row))); }
  static void merge(State& into, const State& from) {
    if (from) take(into, *from);
  }
  static void finish(const State* state, Vector& result, idx_t row) {
    finish_as(wanted, state && *state ? &**state : nullptr, result, row);
  }
};

// bitmap_agg, bitmap_union_int.
template <Result wanted>
struct Numbers {
  using State = Bitmap;
  static constexpr bool kSkipNulls = true;
  static constexpr bool kKeys = false;
  static void add(State& state, const Rows& rows, idx_t row) {
    const auto value = rows.get<int64_t>(0, row);
    if (value >= 0) state.add(static_cast<uint64_t>(value));
  }
  static void merge(State& into, const State& from) { into |= from; }
  static void finish(const State* state, Vector& result, idx_t row) { finish_as(wanted, state, result, row); }
};

// intersect_count(bitmap, key, value, ..): a union for each value of the key, and what all unions share.
template <Result wanted>
struct KeyedIntersection {
  struct State {
    std::map<std::string, Bitmap, std::less<>> unions;
  };
  static constexpr bool kSkipNulls = true;
  static constexpr bool kKeys = true;
  static void add(State& state, const Rows& rows, idx_t row) {
    for (idx_t i = 2; i < rows.columns(); ++i) state.unions.try_emplace(std::string(rows.key(i, row)));
    auto found = state.unions.find(rows.key(1, row));
    if (found != state.unions.end()) found->second |= bitmap_of(rows.get<string_t>(0, row));
  }
  static void merge(State& into, const State& from) {
    for (const auto& [key, bitmap] : from.unions) into.unions[key] |= bitmap;
  }
  static void finish(const State* state, Vector& result, idx_t row) {
    std::optional<Bitmap> shared;
    if (state) {
      for (const auto& [key, bitmap] : state->unions) {
        if (shared)
          *shared &= bitmap;
        else
          shared = bitmap;
      }
    }
    finish_as(wanted, shared ? &*shared : nullptr, result, row);
  }
};

template <Result wanted>
AggregateFunction bind_keyed(duckdb::ClientContext& context, std::string_view name, BoundList& arguments) {
  if (!is_bitmap(arguments[0]->return_type)) {
    throw duckdb::BinderException("%s() wants a BITMAP as its first argument",
                                  duckdb::StringUtil::Upper(std::string(name)));
  }
  const LogicalType key = arguments[1]->return_type;
  std::vector<LogicalType> types{arguments[0]->return_type, key};
  for (size_t i = 2; i < arguments.size(); ++i) {
    arguments[i] = convert(context, std::move(arguments[i]), key);
    types.push_back(key);
  }
  return heap_aggregate<KeyedIntersection<wanted>>(std::move(types),
                                                   wanted == Result::kCount ? LogicalType::BIGINT : bitmap_type());
}

}  // namespace

AggregateFunction bitmap_union_count() {
  return heap_aggregate<Sets<Kind::kUnion, Result::kCount>>({bitmap_type()}, LogicalType::BIGINT);
}

void add_bitmap_aggregates(Registry& registry) {
  const LogicalType bitmap = bitmap_type();
  registry.add("bitmap_union", "The numbers of all sets.")
      .aggregate(heap_aggregate<Sets<Kind::kUnion, Result::kBitmap>>({bitmap}, bitmap));
  registry.add("bitmap_union_count", "How many numbers all sets have together.")
      .alias("orthogonal_bitmap_union_count")
      .aggregate(bitmap_union_count());
  registry.add("bitmap_intersect", "The numbers that all sets have.")
      .aggregate(heap_aggregate<Sets<Kind::kIntersection, Result::kBitmap>>({bitmap}, bitmap));
  registry.add("group_bitmap_xor", "The numbers that an odd count of the sets has.")
      .aggregate(heap_aggregate<Sets<Kind::kXor, Result::kBitmapOrNull>>({bitmap}, bitmap));
  registry.add("bitmap_union_int", "How many different numbers there are that are not negative.")
      .aggregate(heap_aggregate<Numbers<Result::kCount>>({LogicalType::BIGINT}, LogicalType::BIGINT));
  registry.add("bitmap_agg", "The set of all numbers that are not negative.")
      .aggregate(heap_aggregate<Numbers<Result::kBitmap>>({LogicalType::BIGINT}, bitmap));
  registry.add("intersect_count", "How many numbers the unions for each of the key's named values share.")
      .alias("orthogonal_bitmap_intersect_count")
      .aggregate_by(3, 255, "BIGINT intersect_count(BITMAP, ANY key, ANY value, ...)", bind_keyed<Result::kCount>);
  registry.add("orthogonal_bitmap_intersect", "The numbers that the unions for each of the key's named values share.")
      .aggregate_by(3, 255, "BITMAP orthogonal_bitmap_intersect(BITMAP, ANY key, ANY value, ...)",
                    bind_keyed<Result::kBitmap>);
}

}  // namespace sluice::functions
