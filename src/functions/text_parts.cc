// SPDX-License-Identifier: Apache-2.0
// Parts of text and text made longer: SUBSTRING, LEFT, SPLIT_PART, LPAD, REPEAT, CONCAT, lengths. Positions count
// characters from 1.
#include "functions/characters.h"
#include "functions/families.h"
#include "functions/rows.h"

namespace sluice::functions {
namespace {

using duckdb::DataChunk;
using duckdb::ExpressionState;
using duckdb::idx_t;
using duckdb::Vector;

constexpr int64_t kMostRepeats = 10'000;         // repeat_max_num
constexpr size_t kMostBytes = 64 * 1024 * 1024;  // of one text that a function makes

void check_size(size_t bytes) {
  if (bytes > kMostBytes) {
    throw duckdb::InvalidInputException("The text would have %d bytes; a function makes at most %d", bytes, kMostBytes);
  }
}

int64_t length(std::string_view text) { return static_cast<int64_t>(text.size()); }
int64_t bit_length(std::string_view text) { return static_cast<int64_t>(text.size()) * 8; }
int64_t char_length(std::string_view text) { return character_count(text); }

// Position 0 and positions before the begin give ''.
std::string_view substring_from(std::string_view text, int64_t position, int64_t count) {
  if (position == 0 || count <= 0) return {};
  if (position < 0) {
    const int64_t size = character_count(text);
    if (position < -size) return {};
    position += size + 1;
  }
  return characters(text, position - 1, count);
}
std::string_view substring(std::string_view text, int64_t position) {
  return substring_from(text, position, std::numeric_limits<int64_t>::max());
}
std::string_view left(std::string_view text, int64_t count) { return characters(text, 0, count); }
// A negative count: the text from that position.
std::string_view right(std::string_view text, int64_t count) {
  if (count == 0) return {};
  if (count < 0) return count == std::numeric_limits<int64_t>::min() ? std::string_view() : substring(text, -count);
  const int64_t size = character_count(text);
  return characters(text, std::max<int64_t>(0, size - count), count);
}

// NULL where there is no such part.
std::optional<std::string_view> split_part(std::string_view text, std::string_view separator, int64_t number) {
  if (number == 0) return std::nullopt;
  if (separator.empty()) return std::string_view();
  if (text.find(separator) == text.npos) return std::nullopt;
  if (number > 0) {
    while (true) {
      const size_t end = text.find(separator);
      if (--number == 0) return text.substr(0, end);
      if (end == text.npos) return std::nullopt;
      text.remove_prefix(end + separator.size());
    }
  }
  while (true) {
    const size_t begin = text.rfind(separator);
    if (++number == 0) return begin == text.npos ? text : text.substr(begin + separator.size());
    if (begin == text.npos) return std::nullopt;
    text = text.substr(0, begin);
  }
}

// What stands before the n-th separator, or behind it from the end.
std::string_view substring_index(std::string_view text, std::string_view separator, int64_t number) {
  if (number == 0 || separator.empty()) return {};
  if (number > 0) {
    size_t at = 0;
    for (; number > 0; --number) {
      at = text.find(separator, at);
      if (at == text.npos) return text;
      if (number > 1) at += separator.size();
    }
    return text.substr(0, at);
  }
  size_t end = text.size();
  for (; number < 0; ++number) {
    if (end < separator.size()) return text;
    const size_t at = text.rfind(separator, end - separator.size());
    if (at == text.npos) return text;
    if (number == -1) return text.substr(at + separator.size());
    end = at;
  }
  return text;
}

enum class Side : uint8_t { kLeft, kRight };
template <Side side>
std::optional<std::string> pad(std::string_view text, int64_t width, std::string_view fill) {
  if (width < 0) return std::nullopt;
  const int64_t size = character_count(text);
  if (size >= width) return std::string(characters(text, 0, width));
  if (fill.empty()) return std::string();
  const int64_t missing = width - size;
  const int64_t fill_size = character_count(fill);
  check_size(text.size() + static_cast<size_t>(missing) * 4);
  std::string padding;
  for (int64_t i = 0; i < missing / fill_size; ++i) padding += fill;
  padding += characters(fill, 0, missing % fill_size);
  return side == Side::kLeft ? padding + std::string(text) : std::string(text) + padding;
}
template <Side side>
std::optional<std::string> pad_spaces(std::string_view text, int64_t width) {
  return pad<side>(text, width, " ");
}

std::string repeat(std::string_view text, int64_t count) {
  count = std::min(count, kMostRepeats);
  std::string result;
  if (count <= 0) return result;
  check_size(text.size() * static_cast<size_t>(count));
  result.reserve(text.size() * static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) result += text;
  return result;
}
std::string space(int64_t count) {
  return std::string(static_cast<size_t>(std::clamp<int64_t>(count, 0, 1 << 20)), ' ');
}

std::string concat(std::span<const std::string_view> parts) {
  std::string result;
  for (std::string_view part : parts) result += part;
  check_size(result.size());
  return result;
}
// The separator first; NULLs are left out.
std::optional<std::string> concat_ws(std::span<const std::optional<std::string_view>> parts) {
  if (!parts[0]) return std::nullopt;
  std::string result;
  bool first = true;
  for (const auto& part : parts.subspan(1)) {
    if (!part) continue;
    if (!first) result += *parts[0];
    first = false;
    result += *part;
  }
  check_size(result.size());
  return result;
}

// CONCAT_WS(separator, array); of a NULL array ''.
void run_concat_list(DataChunk& input, ExpressionState& state, Vector& result) {
  duckdb::UnifiedVectorFormat separators;
  duckdb::UnifiedVectorFormat lists;
  duckdb::UnifiedVectorFormat elements;
  input.data[0].ToUnifiedFormat(input.size(), separators);
  input.data[1].ToUnifiedFormat(input.size(), lists);
  auto& child = duckdb::ListVector::GetEntry(input.data[1]);
  child.ToUnifiedFormat(duckdb::ListVector::GetListSize(input.data[1]), elements);
  rows::fill<std::optional<std::string>>(input, state, result, [&](idx_t row) -> std::optional<std::string> {
    auto separator = rows::read_argument<std::optional<std::string_view>>(separators, row);
    const idx_t index = lists.sel->get_index(row);
    if (!separator) return std::nullopt;
    const auto entry = lists.validity.RowIsValid(index)
                           ? duckdb::UnifiedVectorFormat::GetData<duckdb::list_entry_t>(lists)[index]
                           : duckdb::list_entry_t();
    std::string text;
    bool first = true;
    for (idx_t i = entry.offset; i < entry.offset + entry.length; ++i) {
      auto part = rows::read_argument<std::optional<std::string_view>>(elements, i);
      if (!part) continue;
      if (!first) text += *separator;
      first = false;
      text += *part;
    }
    check_size(text.size());
    return text;
  });
}

}  // namespace

void add_text_parts(Registry& registry) {
  add_rows<length>(registry.add("length", "The bytes of the text.").alias("octet_length"));
  add_rows<bit_length>(registry.add("bit_length", "The bits of the text."));
  add_rows<char_length>(registry.add("char_length", "The characters of the text.").alias("character_length"));
  auto& sub = registry.add("substring", "The text from a position, which is negative from the end.");
  sub.alias("substr").alias("mid");
  add_rows<substring>(sub);
  add_rows<substring_from>(sub);
  add_rows<left>(registry.add("left", "The first characters.").alias("strleft"));
  add_rows<right>(registry.add("right", "The last characters.").alias("strright"));
  add_rows<split_part>(registry.add(
      "split_part", "The n-th part between separators; from the end when n is negative; NULL without any."));
  add_rows<substring_index>(
      registry.add("substring_index", "What stands before the n-th separator, or behind it from the end."));
  auto& lpad = registry.add("lpad", "The text filled on the left to a width, or cut.");
  add_rows<pad<Side::kLeft>>(lpad);
  add_rows<pad_spaces<Side::kLeft>>(lpad);
  auto& rpad = registry.add("rpad", "The text filled on the right to a width, or cut.");
  add_rows<pad<Side::kRight>>(rpad);
  add_rows<pad_spaces<Side::kRight>>(rpad);
  add_rows<repeat>(registry.add("repeat", "The text so many times, at most 10000."));
  add_rows<space>(registry.add("space", "So many spaces."));
  add_variadic_rows<concat>(registry.add("concat", "The texts one after another; NULL when one is NULL."));
  auto& with_separator = registry.add("concat_ws", "The texts with a separator between them; NULLs are left out.");
  with_separator.own_nulls();
  add_variadic_rows<concat_ws>(with_separator, 2);
  with_separator.overload({LogicalType::VARCHAR, LogicalType::LIST(LogicalType::VARCHAR)}, LogicalType::VARCHAR,
                          run_concat_list);
}

}  // namespace sluice::functions
