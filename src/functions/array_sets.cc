// SPDX-License-Identifier: Apache-2.0
// Arrays as sets, and their order: ARRAY_DISTINCT, ARRAY_UNION, ARRAY_SORT, ARRAY_REVERSE, ARRAY_SHUFFLE, ..
#include <algorithm>
#include <random>
#include <unordered_map>
#include <unordered_set>

#include "duckdb/function/function_binder.hpp"
#include "functions/array_rows.h"
#include "functions/conversion.h"
#include "functions/families.h"
#include "functions/plan_copies.h"
#include "functions/registry.h"
#include "functions/set_order.h"
#include "functions/text_changes.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

using duckdb::DataChunk;
using duckdb::ExpressionState;
using duckdb::FlatVector;
using duckdb::idx_t;
using duckdb::list_entry_t;
using duckdb::Vector;
using KeySet = std::unordered_set<std::string_view>;

// All arguments as arrays with keys.
struct ArraysWithKeys {
  ArraysWithKeys(DataChunk& input, idx_t count) {
    arrays.reserve(input.ColumnCount());
    keys.reserve(input.ColumnCount());
    for (auto& column : input.data) {
      arrays.emplace_back(column, count);
      keys.push_back(std::make_unique<Keys>(arrays.back().elements(), arrays.back().element_count()));
    }
  }
  bool valid(idx_t row) const {
    return std::all_of(arrays.begin(), arrays.end(), [&](const ArrayRows& array) { return array.valid(row); });
  }
  std::vector<ArrayRows> arrays;
  std::vector<std::unique_ptr<Keys>> keys;
};

// Calls `fill(row, built)` for rows where no argument is NULL.
template <typename Fill>
void run_rows(DataChunk& input, Vector& result, Fill fill) {
  const idx_t count = rows_of(input);
  ArraysWithKeys all(input, count);
  make_arrays(
      input, result, count, [&](idx_t row) { return all.valid(row); },
      [&](idx_t row, ArrayResult& built) { fill(all, row, built); });
}

idx_t end_of(const list_entry_t& entry) { return entry.offset + entry.length; }

void run_distinct(DataChunk& input, ExpressionState&, Vector& result) {
  run_rows(input, result, [](ArraysWithKeys& all, idx_t row, ArrayResult& built) {
    KeySet seen;
    const auto entry = all.arrays[0][row];
    for (idx_t i = entry.offset; i < end_of(entry); ++i) {
      if (seen.insert((*all.keys[0])[i]).second) built.pick(all.arrays[0].elements(), i);
    }
  });
}

struct Element {
  size_t argument;
  idx_t index;
  size_t arrays;  // how many of the first arguments have it, without a gap
};

// The elements that are in one of the arrays, or in all of them, each once: NULL first, the others as in a hash table.
template <bool in_all>
void run_merged(DataChunk& input, ExpressionState&, Vector& result) {
  std::vector<SetPlaces> places;
  const bool ordered = SetPlaces::known(duckdb::ListType::GetChildType(result.GetType()));
  run_rows(input, result, [&](ArraysWithKeys& all, idx_t row, ArrayResult& built) {
    for (size_t a = places.size(); ordered && a < all.arrays.size(); ++a) {
      places.emplace_back(all.arrays[a].elements(), all.arrays[a].element_count());
    }
    std::unordered_map<std::string_view, size_t> numbers;
    std::vector<Element> elements;
    Element null{0, 0, 0};
    bool has_null = false;
    for (size_t a = 0; a < all.arrays.size(); ++a) {
      const auto entry = all.arrays[a][row];
      for (idx_t i = entry.offset; i < end_of(entry); ++i) {
        if (!all.keys[a]->valid(i)) {
          if (!std::exchange(has_null, true)) null = {a, i, 0};
          if (null.arrays == a) ++null.arrays;
          continue;
        }
        const auto [found, added] = numbers.emplace((*all.keys[a])[i], elements.size());
        if (added) elements.push_back({a, i, 0});
        Element& element = elements[found->second];
        if (element.arrays == a) ++element.arrays;
      }
    }
    const auto take = [&](const Element& element) {
      if (!in_all || element.arrays == all.arrays.size())
        built.pick(all.arrays[element.argument].elements(), element.index);
    };
    if (has_null) take(null);
    if (!ordered) {
      for (const Element& element : elements) take(element);
      return;
    }
    std::vector<SetPlace> wanted;
    wanted.reserve(elements.size());
    for (const Element& element : elements) wanted.push_back(places[element.argument][element.index]);
    for (const size_t number : set_order(wanted, kArraySetDegree)) take(elements[number]);
  });
}

KeySet keys_of(const ArraysWithKeys& all, size_t argument, idx_t row) {
  KeySet result;
  const auto entry = all.arrays[argument][row];
  for (idx_t i = entry.offset; i < end_of(entry); ++i) result.insert((*all.keys[argument])[i]);
  return result;
}

void run_except(DataChunk& input, ExpressionState&, Vector& result) {
  run_rows(input, result, [](ArraysWithKeys& all, idx_t row, ArrayResult& built) {
    const KeySet other = keys_of(all, 1, row);
    KeySet seen;
    const auto entry = all.arrays[0][row];
    for (idx_t i = entry.offset; i < end_of(entry); ++i) {
      const std::string_view key = (*all.keys[0])[i];
      if (!other.contains(key) && seen.insert(key).second) built.pick(all.arrays[0].elements(), i);
    }
  });
}

void run_compact(DataChunk& input, ExpressionState&, Vector& result) {
  run_rows(input, result, [](ArraysWithKeys& all, idx_t row, ArrayResult& built) {
    const auto entry = all.arrays[0][row];
    for (idx_t i = entry.offset; i < end_of(entry); ++i) {
      if (i == entry.offset || (*all.keys[0])[i] != (*all.keys[0])[i - 1]) built.pick(all.arrays[0].elements(), i);
    }
  });
}

void run_reverse(DataChunk& input, ExpressionState&, Vector& result) {
  run_rows(input, result, [](ArraysWithKeys& all, idx_t row, ArrayResult& built) {
    const auto entry = all.arrays[0][row];
    for (idx_t i = end_of(entry); i > entry.offset; --i) built.pick(all.arrays[0].elements(), i - 1);
  });
}

// The arrays with their elements in another order: `arrange(order)` moves the elements' places.
template <typename Arrange>
void run_ordered(DataChunk& input, Vector& result, const ArrayRows& arrays, idx_t count, Arrange arrange) {
  std::vector<idx_t> order;
  make_arrays(
      input, result, count, [&](idx_t row) { return arrays.valid(row); },
      [&](idx_t row, ArrayResult& built) {
        order.clear();
        for (idx_t i = arrays[row].offset; i < end_of(arrays[row]); ++i) order.push_back(i);
        arrange(order);
        for (idx_t i : order) built.pick(arrays.elements(), i);
      });
}

template <bool descending>
void run_sort(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ArrayRows arrays(input.data[0], count);
  Keys keys(arrays.elements(), arrays.element_count(), descending);
  run_ordered(input, result, arrays, count, [&](std::vector<idx_t>& order) {
    std::stable_sort(order.begin(), order.end(), [&](idx_t a, idx_t b) { return keys[a] < keys[b]; });
  });
}

[[noreturn]] void differ_in_size(const char* name) {
  throw duckdb::InvalidInputException("lengths of all arrays of function %s must be equal.", name);
}

// The first array in the order of the second one's elements; as it is where the second is NULL.
void run_sortby(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ArraysWithKeys all(input, count);
  ArrayResult built(result, count);
  for (idx_t row = 0; row < count; ++row) {
    if (!all.arrays[0].valid(row)) {
      built.null(row);
      continue;
    }
    built.begin(row);
    const auto entry = all.arrays[0][row];
    const auto by = all.arrays[1].valid(row) ? all.arrays[1][row] : list_entry_t();
    if (all.arrays[1].valid(row) && entry.length != by.length) differ_in_size("array_sortby");
    std::vector<idx_t> order(entry.length);
    for (idx_t i = 0; i < entry.length; ++i) order[i] = i;
    const Keys& keys = *all.keys[1];
    if (all.arrays[1].valid(row)) {
      std::stable_sort(order.begin(), order.end(),
                       [&](idx_t a, idx_t b) { return keys[by.offset + a] < keys[by.offset + b]; });
    }
    for (idx_t i : order) built.pick(all.arrays[0].elements(), entry.offset + i);
    built.end(row);
  }
  built.flush();
  finish(input, result);
}

bool has_null(const ArraysWithKeys& all, idx_t row) {
  for (size_t a = 0; a < all.arrays.size(); ++a) {
    const auto entry = all.arrays[a][row];
    for (idx_t i = entry.offset; i < end_of(entry); ++i) {
      if (!all.keys[a]->valid(i)) return true;
    }
  }
  return false;
}

// NULL also when an element is NULL.
void run_overlap(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ArraysWithKeys all(input, count);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  bool* overlap = FlatVector::GetData<bool>(result);
  for (idx_t row = 0; row < count; ++row) {
    if (!all.valid(row) || has_null(all, row)) {
      FlatVector::SetNull(result, row, true);
      continue;
    }
    const KeySet first = keys_of(all, 0, row);
    overlap[row] = false;
    const auto entry = all.arrays[1][row];
    for (idx_t i = entry.offset; i < end_of(entry) && !overlap[row]; ++i) {
      overlap[row] = first.contains((*all.keys[1])[i]);
    }
  }
  finish(input, result);
}

// Whether the second array's elements stand in the first one after the other.
void run_contains_all(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ArraysWithKeys all(input, count);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  bool* contained = FlatVector::GetData<bool>(result);
  for (idx_t row = 0; row < count; ++row) {
    contained[row] = false;
    if (!all.valid(row)) {
      FlatVector::SetNull(result, row, true);
      continue;
    }
    const auto array = all.arrays[0][row];
    const auto part = all.arrays[1][row];
    for (idx_t from = 0; from + part.length <= array.length && !contained[row]; ++from) {
      idx_t same = 0;
      while (same < part.length && (*all.keys[0])[array.offset + from + same] == (*all.keys[1])[part.offset + same]) {
        ++same;
      }
      contained[row] = same == part.length;
    }
  }
  finish(input, result);
}

// ---- numbering

// An array of numbers as long as the first argument's: `number(index of the element in the row)`.
template <typename Begin, typename Number>
void run_numbering(DataChunk& input, Vector& result, idx_t count, const ArraysWithKeys& all, Begin begin,
                   Number number) {
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* entries = FlatVector::GetData<list_entry_t>(result);
  idx_t size = 0;
  for (idx_t row = 0; row < count; ++row) {
    if (!all.valid(row)) {
      entries[row] = {size, 0};
      FlatVector::SetNull(result, row, true);
      continue;
    }
    const idx_t length = all.arrays[0][row].length;
    begin(row);
    entries[row] = {size, length};
    duckdb::ListVector::Reserve(result, size + length);
    int64_t* numbers = FlatVector::GetData<int64_t>(duckdb::ListVector::GetEntry(result));
    for (idx_t i = 0; i < length; ++i) numbers[size++] = number(row, i);
  }
  duckdb::ListVector::SetListSize(result, size);
  finish(input, result);
}

void run_enumerate(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ArraysWithKeys all(input, count);
  run_numbering(input, result, count, all, [](idx_t) {}, [](idx_t, idx_t i) { return static_cast<int64_t>(i) + 1; });
}

// How often the element (of all arguments together) was there up to this place.
void run_enumerate_uniq(DataChunk& input, ExpressionState&, Vector& result) {
  const idx_t count = rows_of(input);
  ArraysWithKeys all(input, count);
  std::unordered_map<std::string, int64_t> seen;
  const auto begin = [&](idx_t row) {
    seen.clear();
    for (const auto& array : all.arrays) {
      if (array[row].length != all.arrays[0][row].length) differ_in_size("array_enumerate_uniq");
    }
  };
  const auto number = [&](idx_t row, idx_t i) {
    std::string key;
    for (size_t a = 0; a < all.arrays.size(); ++a) {
      const std::string_view part = (*all.keys[a])[all.arrays[a][row].offset + i];
      const auto size = static_cast<uint32_t>(part.size());
      key.append(reinterpret_cast<const char*>(&size), sizeof size);
      key.append(part);
    }
    return ++seen[std::move(key)];
  };
  run_numbering(input, result, count, all, begin, number);
}

// ---- shuffling

// The order that std::shuffle of libc++ gives with std::mt19937, which Doris is built with; libstdc++'s is another one.
class Shuffler {
 public:
  explicit Shuffler(uint32_t seed) : generator_(seed) {}
  void shuffle(std::vector<idx_t>& order) { std::shuffle(order.begin(), order.end(), generator_); }

 private:
  std::mt19937 generator_;
};

void run_shuffle(DataChunk& input, ExpressionState&, Vector& result) {
  const bool seeded = input.ColumnCount() > 1;
  const idx_t count = seeded ? rows_of(input) : input.size();
  ArrayRows arrays(input.data[0], count);
  uint32_t seed = std::random_device()();
  if (seeded) {
    ValueRows<int64_t> seeds(input.data[1], count);
    seed = count > 0 && seeds.valid(0) ? static_cast<uint32_t>(seeds[0]) : 0;
  }
  Shuffler shuffler(seed);
  run_ordered(input, result, arrays, count, [&](std::vector<idx_t>& order) { shuffler.shuffle(order); });
}

// ---- binding

template <auto run>
BoundPtr expand_alike(Call& call) {
  const LogicalType type = to_arrays_alike(call);
  return bind_body(call, type, run);
}

template <auto run>
BoundPtr expand_one(Call& call) {
  to_array(call, 0);
  const LogicalType type = call.arguments[0]->return_type;
  return bind_body(call, type, run);
}

BoundPtr expand_reverse(Call& call) {
  if (call.arguments[0]->return_type.id() == LogicalTypeId::LIST) return expand_one<run_reverse>(call);
  return bind_reversed_text(call);
}

template <auto run>
BoundPtr expand_truth(Call& call) {
  to_arrays_alike(call);
  return bind_body(call, LogicalType::BOOLEAN, run);
}

// Text beside numbers counts as numbers.
BoundPtr expand_contains_all(Call& call) {
  const auto& arguments = call.arguments;
  const bool lists =
      arguments[0]->return_type.id() == LogicalTypeId::LIST && arguments[1]->return_type.id() == LogicalTypeId::LIST;
  if (lists && is_number(element_type(call, 0)) && is_text(element_type(call, 1))) {
    const LogicalType type = arguments[0]->return_type;
    convert_at(call, 1, type);
  }
  return expand_truth<run_contains_all>(call);
}

BoundPtr expand_sortby(Call& call) {
  to_array(call, 0);
  to_array(call, 1);
  const LogicalType type = call.arguments[0]->return_type;
  return bind_body(call, type, run_sortby);
}

template <auto run>
BoundPtr expand_numbering(Call& call) {
  for (size_t i = 0; i < call.arguments.size(); ++i) to_array(call, i);
  return bind_body(call, LogicalType::LIST(LogicalType::BIGINT), run);
}

BoundPtr expand_shuffle(Call& call) {
  to_array(call, 0);
  const LogicalType type = call.arguments[0]->return_type;
  duckdb::vector<LogicalType> types{type};
  if (call.arguments.size() > 1) {
    convert_at(call, 1, LogicalType::BIGINT);
    types.push_back(LogicalType::BIGINT);
  }
  duckdb::ScalarFunction function(kernel_name(call.name), std::move(types), type, run_shuffle);
  function.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
  if (call.arguments.size() == 1) function.SetStability(duckdb::FunctionStability::VOLATILE);
  refuse_copies(function);
  return duckdb::FunctionBinder(call.context).BindScalarFunction(std::move(function), std::move(call.arguments));
}

}  // namespace

void add_array_sets(Registry& registry) {
  registry.add("array_distinct", "The elements, each once.")
      .expanded(1, 1, "ARRAY<T> array_distinct(ARRAY<T>)", expand_one<run_distinct>);
  registry.add("array_union", "The elements of all arrays, each once.")
      .expanded(2, 255, "ARRAY<T> array_union(ARRAY<T>, ARRAY<T>, ...)", expand_alike<run_merged<false>>);
  registry.add("array_intersect", "The elements that are in all arrays, each once.")
      .expanded(2, 255, "ARRAY<T> array_intersect(ARRAY<T>, ARRAY<T>, ...)", expand_alike<run_merged<true>>);
  registry.add("array_except", "The elements of the first array that are not in the second, each once.")
      .expanded(2, 2, "ARRAY<T> array_except(ARRAY<T>, ARRAY<T>)", expand_alike<run_except>);
  registry.add("arrays_overlap", "Whether the arrays have an element in common.")
      .expanded(2, 2, "BOOLEAN arrays_overlap(ARRAY<T>, ARRAY<T>)", expand_truth<run_overlap>);
  registry.add("array_contains_all", "Whether the second array is a part of the first, in the same order.")
      .expanded(2, 2, "BOOLEAN array_contains_all(ARRAY<T>, ARRAY<T>)", expand_contains_all);
  registry.add("array_compact", "The array without elements that equal the one before them.")
      .expanded(1, 1, "ARRAY<T> array_compact(ARRAY<T>)", expand_one<run_compact>);
  registry.add("array_reverse", "The elements from the last to the first.")
      .expanded(1, 1, "ARRAY<T> array_reverse(ARRAY<T>)", expand_one<run_reverse>);
  registry.add("reverse", "A text's characters or an array's elements from the last to the first.")
      .expanded(1, 1, "VARCHAR|ARRAY<T> reverse(VARCHAR|ARRAY<T>)", expand_reverse);
  registry.add("array_sort", "The elements from the smallest on; NULL first.")
      .expanded(1, 1, "ARRAY<T> array_sort(ARRAY<T>)", expand_one<run_sort<false>>);
  registry.add("array_reverse_sort", "The elements from the largest on; NULL last.")
      .expanded(1, 1, "ARRAY<T> array_reverse_sort(ARRAY<T>)", expand_one<run_sort<true>>);
  registry.add("array_sortby", "The first array in the order of the second one's elements.")
      .expanded(2, 2, "ARRAY<T> array_sortby(ARRAY<T>, ARRAY)", expand_sortby);
  registry.add("array_shuffle", "The elements in random order; always the same for a seed.")
      .alias("shuffle")
      .expanded(1, 2, "ARRAY<T> array_shuffle(ARRAY<T>[, BIGINT])", expand_shuffle);
  registry.add("array_enumerate", "The numbers 1, 2, .. for the elements.")
      .expanded(1, 1, "ARRAY<BIGINT> array_enumerate(ARRAY)", expand_numbering<run_enumerate>);
  registry.add("array_enumerate_uniq", "For each element how often it was there up to its place.")
      .expanded(1, 255, "ARRAY<BIGINT> array_enumerate_uniq(ARRAY, ...)", expand_numbering<run_enumerate_uniq>);
}

}  // namespace sluice::functions
