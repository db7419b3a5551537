// SPDX-License-Identifier: Apache-2.0
// The functions of single BITMAP values.
#include <charconv>

#include "duckdb/common/vector_operations/binary_executor.hpp"
#include "duckdb/common/vector_operations/ternary_executor.hpp"
#include "duckdb/common/vector_operations/unary_executor.hpp"
#include "functions/aggregate_state.h"
#include "functions/base64.h"
#include "functions/bitmap.h"
#include "functions/bitmap_values.h"
#include "functions/decimals.h"
#include "functions/families.h"
#include "functions/murmur.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

using duckdb::BinaryExecutor;
using duckdb::DataChunk;
using duckdb::ExpressionState;
using duckdb::TernaryExecutor;
using duckdb::UnaryExecutor;
using duckdb::ValidityMask;

// ---- making them

std::optional<uint64_t> element(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return std::nullopt;
  text = text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
  uint64_t value = 0;
  auto [after, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || after != text.data() + text.size()) return std::nullopt;
  return value;
}
std::optional<uint64_t> element(const string_t& text) { return element(view_of(text)); }
std::optional<uint64_t> element(int64_t value) {
  if (value < 0) return std::nullopt;
  return static_cast<uint64_t>(value);
}
std::optional<uint64_t> element(const duckdb::hugeint_t& value) {
  if (value.upper != 0) return std::nullopt;
  return value.lower;
}

std::string shown(const string_t& text) { return text.GetString(); }
std::string shown(int64_t value) { return std::to_string(value); }
std::string shown(const duckdb::hugeint_t& value) { return value.ToString(); }

// NULL and what is no element give the empty set; with `check` the latter is an error.
template <typename T, bool check>
void run_to_bitmap(DataChunk& input, ExpressionState&, Vector& result) {
  Rows rows(input.data.data(), 1, input.size(), false);
  for (idx_t i = 0; i < input.size(); ++i) {
    Bitmap made;
    if (!rows.is_null(0, i)) {
      const T& value = rows.get<T>(0, i);
      if (auto number = element(value)) {
        made.add(*number);
      } else if (check) {
        throw duckdb::InvalidInputException(
            "The input: %s is not valid, to_bitmap_with_check only support bigint value from 0 to "
            "18446744073709551615 currently",
            shown(value));
      }
    }
    set_text(result, i, made.to_bytes());
  }
}

template <bool wide>
void run_hash(DataChunk& input, ExpressionState&, Vector& result) {
  Rows rows(input.data.data(), 1, input.size(), false);
  for (idx_t i = 0; i < input.size(); ++i) {
    Bitmap made;
    if (!rows.is_null(0, i)) made.add(wide ? murmur3_64(rows.text(0, i)) : murmur3_32(rows.text(0, i)));
    set_text(result, i, made.to_bytes());
  }
}

void run_empty(DataChunk& input, ExpressionState&, Vector& result) {
  result.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
  duckdb::ConstantVector::GetData<string_t>(result)[0] =
      duckdb::StringVector::AddStringOrBlob(result, Bitmap().to_bytes());
}

template <typename Make>
void run_making(DataChunk& input, Vector& result, Make make) {
  UnaryExecutor::ExecuteWithNulls<string_t, string_t>(
      input.data[0], result, input.size(), [&](const string_t& text, ValidityMask& mask, idx_t row) {
        std::optional<Bitmap> made = make(view_of(text));
        if (made) return duckdb::StringVector::AddStringOrBlob(result, made->to_bytes());
        mask.SetInvalid(row);
        return string_t();
      });
}

void run_from_string(DataChunk& input, ExpressionState&, Vector& result) {
  run_making(input, result, [](std::string_view text) { return Bitmap::from_text(text); });
}

void run_from_base64(DataChunk& input, ExpressionState&, Vector& result) {
  run_making(input, result, [](std::string_view text) -> std::optional<Bitmap> {
    auto bytes = from_base64(text);
    if (!bytes) return std::nullopt;
    auto read = Bitmap::from_bytes(*bytes);
    if (!read) return std::nullopt;
    // Made anew: of foreign bytes only the numbers count, their containers may be in disorder.
    Bitmap clean;
    read->each(0, [&](uint64_t value) {
      clean.add(value);
      return true;
    });
    return clean;
  });
}

// NULL when an element is NULL or negative.
void run_from_array(DataChunk& input, ExpressionState&, Vector& result) {
  Vector& lists = input.data[0];
  Vector& child = duckdb::ListVector::GetEntry(lists);
  duckdb::UnifiedVectorFormat elements;
  child.ToUnifiedFormat(duckdb::ListVector::GetListSize(lists), elements);
  auto* values = duckdb::UnifiedVectorFormat::GetData<int64_t>(elements);
  UnaryExecutor::ExecuteWithNulls<duckdb::list_entry_t, string_t>(
      lists, result, input.size(), [&](const duckdb::list_entry_t& list, ValidityMask& mask, idx_t row) {
        Bitmap made;
        for (idx_t i = 0; i < list.length; ++i) {
          const idx_t at = elements.sel->get_index(list.offset + i);
          if (!elements.validity.RowIsValid(at) || values[at] < 0) {
            mask.SetInvalid(row);
            return string_t();
          }
          made.add(static_cast<uint64_t>(values[at]));
        }
        return duckdb::StringVector::AddStringOrBlob(result, made.to_bytes());
      });
}

// ---- asking them

void run_to_string(DataChunk& input, ExpressionState&, Vector& result) {
  UnaryExecutor::Execute<string_t, string_t>(input.data[0], result, input.size(), [&](const string_t& bytes) {
    return duckdb::StringVector::AddString(result, bitmap_of(bytes).to_text());
  });
}

void run_to_base64(DataChunk& input, ExpressionState&, Vector& result) {
  UnaryExecutor::Execute<string_t, string_t>(input.data[0], result, input.size(), [&](const string_t& bytes) {
    return duckdb::StringVector::AddString(result, to_base64(bitmap_of(bytes).to_bytes()));
  });
}

void run_to_array(DataChunk& input, ExpressionState&, Vector& result) {
  Rows rows(input.data.data(), 1, input.size(), false);
  for (idx_t row = 0; row < input.size(); ++row) {
    if (rows.is_null(0, row)) {
      set_null(result, row);
      continue;
    }
    const Bitmap bitmap = bitmap_of(rows.get<string_t>(0, row));
    idx_t at = set_list(result, row, bitmap.count());
    auto* values = duckdb::FlatVector::GetData<int64_t>(duckdb::ListVector::GetEntry(result));
    bitmap.each(0, [&](uint64_t value) {
      values[at++] = static_cast<int64_t>(value);
      return true;
    });
  }
}

// 0 for NULL.
void run_count(DataChunk& input, ExpressionState&, Vector& result) {
  Rows rows(input.data.data(), 1, input.size(), false);
  for (idx_t i = 0; i < input.size(); ++i) {
    const uint64_t count = rows.is_null(0, i) ? 0 : bitmap_of(rows.get<string_t>(0, i)).count();
    set_value(result, i, static_cast<int64_t>(count));
  }
}

template <bool largest>
void run_extreme(DataChunk& input, ExpressionState&, Vector& result) {
  UnaryExecutor::ExecuteWithNulls<string_t, int64_t>(
      input.data[0], result, input.size(), [&](const string_t& bytes, ValidityMask& mask, idx_t row) -> int64_t {
        const Bitmap bitmap = bitmap_of(bytes);
        if (bitmap.empty()) {
          mask.SetInvalid(row);
          return 0;
        }
        return static_cast<int64_t>(largest ? bitmap.maximum() : bitmap.minimum());
      });
}

void run_contains(DataChunk& input, ExpressionState&, Vector& result) {
  BinaryExecutor::Execute<string_t, int64_t, bool>(
      input.data[0], input.data[1], result, input.size(), [](const string_t& bytes, int64_t value) {
        return value >= 0 && bitmap_of(bytes).contains(static_cast<uint64_t>(value));
      });
}

void run_has_any(DataChunk& input, ExpressionState&, Vector& result) {
  BinaryExecutor::Execute<string_t, string_t, bool>(input.data[0], input.data[1], result, input.size(),
                                                    [](const string_t& left, const string_t& right) {
                                                      Bitmap both = bitmap_of(left);
                                                      both &= bitmap_of(right);
                                                      return !both.empty();
                                                    });
}

void run_has_all(DataChunk& input, ExpressionState&, Vector& result) {
  BinaryExecutor::Execute<string_t, string_t, bool>(input.data[0], input.data[1], result, input.size(),
                                                    [](const string_t& left, const string_t& right) {
                                                      Bitmap missing = bitmap_of(right);
                                                      missing -= bitmap_of(left);
                                                      return missing.empty();
                                                    });
}

// ---- several of them

enum class SetOperation : uint8_t { kAnd, kOr, kXor, kMinus };

void apply(SetOperation operation, Bitmap& to, const Bitmap& other) {
  switch (operation) {
    case SetOperation::kAnd:
      to &= other;
      return;
    case SetOperation::kOr:
      to |= other;
      return;
    case SetOperation::kXor:
      to ^= other;
      return;
    case SetOperation::kMinus:
      to -= other;
      return;
  }
}

// Nothing when one is NULL; OR leaves NULLs out.
template <SetOperation operation>
std::optional<Bitmap> combined(const Rows& rows, idx_t row) {
  std::optional<Bitmap> result;
  for (idx_t i = 0; i < rows.columns(); ++i) {
    if (rows.is_null(i, row)) {
      if (operation == SetOperation::kOr) continue;
      return std::nullopt;
    }
    Bitmap bitmap = bitmap_of(rows.get<string_t>(i, row));
    if (result)
      apply(operation, *result, bitmap);
    else
      result = std::move(bitmap);
  }
  return result;
}

template <SetOperation operation>
void run_combined(DataChunk& input, ExpressionState&, Vector& result) {
  Rows rows(input.data.data(), input.ColumnCount(), input.size(), false);
  for (idx_t i = 0; i < input.size(); ++i) {
    auto bitmap = combined<operation>(rows, i);
    if (bitmap)
      set_text(result, i, bitmap->to_bytes());
    else
      set_null(result, i);
  }
}

// 0 for NULL.
template <SetOperation operation>
void run_combined_count(DataChunk& input, ExpressionState&, Vector& result) {
  Rows rows(input.data.data(), input.ColumnCount(), input.size(), false);
  for (idx_t i = 0; i < input.size(); ++i) {
    auto bitmap = combined<operation>(rows, i);
    set_value(result, i, bitmap ? static_cast<int64_t>(bitmap->count()) : int64_t{0});
  }
}

// ---- parts of them

template <typename Take>
void run_part(DataChunk& input, Vector& result, Take take) {
  TernaryExecutor::ExecuteWithNulls<string_t, int64_t, int64_t, string_t>(
      input.data[0], input.data[1], input.data[2], result, input.size(),
      [&](const string_t& bytes, int64_t first, int64_t second, ValidityMask& mask, idx_t row) {
        std::optional<Bitmap> part = take(bitmap_of(bytes), first, second);
        if (part) return duckdb::StringVector::AddStringOrBlob(result, part->to_bytes());
        mask.SetInvalid(row);
        return string_t();
      });
}

void run_subset_in_range(DataChunk& input, ExpressionState&, Vector& result) {
  run_part(input, result, [](const Bitmap& bitmap, int64_t begin, int64_t end) -> std::optional<Bitmap> {
    if (begin < 0 || end < 0 || begin >= end) return std::nullopt;
    Bitmap part;
    bitmap.each(static_cast<uint64_t>(begin), [&](uint64_t value) {
      if (value >= static_cast<uint64_t>(end)) return false;
      part.add(value);
      return true;
    });
    return part;
  });
}

// At most `limit` numbers from `begin` on.
void run_subset_limit(DataChunk& input, ExpressionState&, Vector& result) {
  run_part(input, result, [](const Bitmap& bitmap, int64_t begin, int64_t limit) -> std::optional<Bitmap> {
    if (begin < 0 || limit < 0) return std::nullopt;
    Bitmap part;
    if (limit == 0) return part;
    bitmap.each(static_cast<uint64_t>(begin), [&](uint64_t value) {
      part.add(value);
      return --limit > 0;
    });
    return part;
  });
}

// At most `limit` numbers from the place `offset` on, which counts from the end when it is negative.
void run_sub_bitmap(DataChunk& input, ExpressionState&, Vector& result) {
  run_part(input, result, [](const Bitmap& bitmap, int64_t offset, int64_t limit) -> std::optional<Bitmap> {
    const auto count = static_cast<int64_t>(bitmap.count());
    if (limit <= 0 || offset >= count || offset < -count) return std::nullopt;
    int64_t skipped = offset < 0 ? count + offset : offset;
    Bitmap part;
    bitmap.each(0, [&](uint64_t value) {
      if (skipped-- > 0) return true;
      part.add(value);
      return --limit > 0;
    });
    return part;
  });
}

void run_remove(DataChunk& input, ExpressionState&, Vector& result) {
  BinaryExecutor::Execute<string_t, int64_t, string_t>(
      input.data[0], input.data[1], result, input.size(), [&](const string_t& bytes, int64_t value) {
        Bitmap bitmap = bitmap_of(bytes);
        if (value >= 0) bitmap.remove(static_cast<uint64_t>(value));
        return duckdb::StringVector::AddStringOrBlob(result, bitmap.to_bytes());
      });
}

}  // namespace

Bitmap bitmap_of(const string_t& bytes) {
  auto bitmap = Bitmap::from_bytes(view_of(bytes));
  if (!bitmap) throw duckdb::InvalidInputException("A value of type BITMAP holds bytes that are no bitmap");
  return std::move(*bitmap);
}

void add_bitmap_functions(Registry& registry) {
  const LogicalType bitmap = bitmap_type();
  const LogicalType text = LogicalType::VARCHAR;
  const LogicalType number = LogicalType::BIGINT;
  registry.add("to_bitmap", "The set of this one number; empty for NULL and for what is no number from 0 to 2^64 - 1.")
      .overload({text}, bitmap, run_to_bitmap<string_t, false>)
      .overload({number}, bitmap, run_to_bitmap<int64_t, false>)
      .overload({LogicalType::HUGEINT}, bitmap, run_to_bitmap<duckdb::hugeint_t, false>)
      .own_nulls();
  registry.add("to_bitmap_with_check", "As to_bitmap(), with an error for what is no number from 0 to 2^64 - 1.")
      .overload({text}, bitmap, run_to_bitmap<string_t, true>)
      .overload({number}, bitmap, run_to_bitmap<int64_t, true>)
      .overload({LogicalType::HUGEINT}, bitmap, run_to_bitmap<duckdb::hugeint_t, true>)
      .own_nulls();
  registry.add("bitmap_hash", "The set of the text's MurmurHash3 of 32 bits; empty for NULL.")
      .overload({text}, bitmap, run_hash<false>)
      .own_nulls();
  registry.add("bitmap_hash64", "The set of the text's MurmurHash3 of 64 bits; empty for NULL.")
      .overload({text}, bitmap, run_hash<true>)
      .own_nulls();
  registry.add("bitmap_empty", "The empty set.").overload({}, bitmap, run_empty);
  registry.add("bitmap_from_string", "The set of the numbers between the commas; NULL for other text.")
      .overload({text}, bitmap, run_from_string);
  registry.add("bitmap_from_array", "The set of an array's elements; NULL when one is negative or NULL.")
      .overload({LogicalType::LIST(number)}, bitmap, run_from_array);
  registry.add("bitmap_from_base64", "The set that bitmap_to_base64() wrote; NULL for other text.")
      .overload({text}, bitmap, run_from_base64);
  registry.add("bitmap_to_string", "The numbers with commas between them.").overload({bitmap}, text, run_to_string);
  registry.add("bitmap_to_base64", "The set in Doris' format as Base64.").overload({bitmap}, text, run_to_base64);
  registry.add("bitmap_to_array", "The numbers as an array.")
      .overload({bitmap}, LogicalType::LIST(number), run_to_array)
      .own_nulls();
  registry.add("bitmap_count", "How many numbers there are; 0 for NULL.")
      .overload({bitmap}, number, run_count)
      .own_nulls();
  registry.add("bitmap_min", "The smallest number; NULL of the empty set.")
      .overload({bitmap}, number, run_extreme<false>);
  registry.add("bitmap_max", "The largest number; NULL of the empty set.")
      .overload({bitmap}, number, run_extreme<true>);
  registry.add("bitmap_contains", "Whether the number is in the set.")
      .overload({bitmap, number}, LogicalType::BOOLEAN, run_contains);
  registry.add("bitmap_has_any", "Whether both sets share a number.")
      .overload({bitmap, bitmap}, LogicalType::BOOLEAN, run_has_any);
  registry.add("bitmap_has_all", "Whether the first set has all numbers of the second.")
      .overload({bitmap, bitmap}, LogicalType::BOOLEAN, run_has_all);
  registry.add("bitmap_and", "The numbers that all sets have.")
      .variadic({bitmap}, bitmap, run_combined<SetOperation::kAnd>)
      .own_nulls();
  registry.add("bitmap_or", "The numbers that some set has; NULLs are left out.")
      .variadic({bitmap}, bitmap, run_combined<SetOperation::kOr>)
      .own_nulls();
  registry.add("bitmap_xor", "The numbers that an odd count of the sets has.")
      .variadic({bitmap}, bitmap, run_combined<SetOperation::kXor>)
      .own_nulls();
  registry.add("bitmap_and_not", "The numbers of the first set that the second has not.")
      .alias("bitmap_andnot")
      .alias("bitmap_not")
      .overload({bitmap, bitmap}, bitmap, run_combined<SetOperation::kMinus>)
      .own_nulls();
  registry.add("bitmap_and_count", "bitmap_count(bitmap_and(..)).")
      .variadic({bitmap}, number, run_combined_count<SetOperation::kAnd>)
      .own_nulls();
  registry.add("bitmap_or_count", "bitmap_count(bitmap_or(..)).")
      .variadic({bitmap}, number, run_combined_count<SetOperation::kOr>)
      .own_nulls();
  registry.add("bitmap_xor_count", "bitmap_count(bitmap_xor(..)).")
      .variadic({bitmap}, number, run_combined_count<SetOperation::kXor>)
      .own_nulls();
  registry.add("bitmap_and_not_count", "bitmap_count(bitmap_and_not(..)).")
      .alias("bitmap_andnot_count")
      .overload({bitmap, bitmap}, number, run_combined_count<SetOperation::kMinus>)
      .own_nulls();
  registry.add("bitmap_subset_in_range", "The numbers from the second argument to before the third.")
      .overload({bitmap, number, number}, bitmap, run_subset_in_range);
  registry.add("bitmap_subset_limit", "At most as many numbers as the third argument says, from the second on.")
      .overload({bitmap, number, number}, bitmap, run_subset_limit);
  registry.add("sub_bitmap", "At most as many numbers as the third argument says, from the place of the second on.")
      .overload({bitmap, number, number}, bitmap, run_sub_bitmap);
  registry.add("bitmap_remove", "The set without the number.").overload({bitmap, number}, bitmap, run_remove);
}

}  // namespace sluice::functions
