// SPDX-License-Identifier: Apache-2.0
// Where text stands in other text, and comparisons of texts: LOCATE, FIELD, FIND_IN_SET, NGRAM_SEARCH, LEVENSHTEIN.
// Positions count characters from 1; 0 means nowhere.
#include <charconv>
#include <map>

#include "functions/characters.h"
#include "functions/families.h"
#include "functions/rows.h"

namespace sluice::functions {
namespace {

using duckdb::DataChunk;
using duckdb::ExpressionState;
using duckdb::idx_t;
using duckdb::UnifiedVectorFormat;
using duckdb::Vector;

int32_t instr(std::string_view text, std::string_view part) {
  const size_t at = text.find(part);
  if (at == text.npos) return 0;
  return static_cast<int32_t>(character_count(text.substr(0, at))) + 1;
}
int32_t locate(std::string_view part, std::string_view text) { return instr(text, part); }
int32_t locate_from(std::string_view part, std::string_view text, int64_t from) {
  if (from < 1 || from > character_count(text) + 1) return 0;
  if (part.empty()) return static_cast<int32_t>(from);
  const int32_t found = instr(text.substr(byte_of_character(text, from - 1)), part);
  return found == 0 ? 0 : found + static_cast<int32_t>(from) - 1;
}

int32_t strcmp_text(std::string_view left, std::string_view right) {
  const int order = left.compare(right);
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}
bool starts_with(std::string_view text, std::string_view part) { return text.starts_with(part); }
bool ends_with(std::string_view text, std::string_view part) { return text.ends_with(part); }

// NULL is at no place in a list of texts, nor is text that is no number; among whole numbers and moments its place is
// NULL.
template <typename T>
std::optional<int32_t> field(std::span<const std::optional<T>> values) {
  constexpr bool kFromText = std::is_same_v<T, std::string_view> || std::is_same_v<T, double>;
  if (!values[0]) return kFromText ? std::optional(0) : std::nullopt;
  for (size_t i = 1; i < values.size(); ++i) {
    if (values[i] && *values[i] == *values[0]) return static_cast<int32_t>(i);
  }
  return 0;
}

int32_t find_in_set(std::string_view wanted, std::string_view set) {
  if (wanted.find(',') != wanted.npos) return 0;
  for (int32_t place = 1;; ++place) {
    const size_t end = set.find(',');
    if (set.substr(0, end) == wanted) return place;
    if (end == set.npos) return 0;
    set.remove_prefix(end + 1);
  }
}

int64_t count_substrings(std::string_view text, std::string_view part) {
  if (part.empty()) return 0;
  int64_t count = 0;
  for (size_t at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

bool null_or_empty(std::optional<std::string_view> text) { return !text || text->empty(); }
bool not_null_or_empty(std::optional<std::string_view> text) { return text && !text->empty(); }

// How alike two texts are by their pieces of n bytes, from 0 to 1.
double ngram_search(std::string_view text, std::string_view pattern, int32_t n) {
  if (n < 1) return 0;
  const auto size = static_cast<size_t>(n);
  if (text.size() < size || pattern.size() < size) return 0;
  std::map<std::string_view, int64_t> pieces;
  for (size_t i = 0; i + size <= pattern.size(); ++i) ++pieces[pattern.substr(i, size)];
  int64_t common = 0;
  for (size_t i = 0; i + size <= text.size(); ++i) {
    auto found = pieces.find(text.substr(i, size));
    if (found == pieces.end() || found->second == 0) continue;
    --found->second;
    ++common;
  }
  const auto total = static_cast<double>(text.size() + pattern.size() - 2 * size + 2);
  return 2.0 * static_cast<double>(common) / total;
}

constexpr size_t kMostCompared = 65'535;  // bytes: the time grows with the product of both lengths

int32_t levenshtein(std::string_view left, std::string_view right) {
  if (left.size() > kMostCompared || right.size() > kMostCompared) {
    throw duckdb::InvalidInputException("levenshtein() compares texts of at most %d bytes", kMostCompared);
  }
  std::vector<std::string_view> a;
  std::vector<std::string_view> b;
  for (size_t at = 0; at < left.size(); at += a.back().size()) a.push_back(left.substr(at, character_size(left, at)));
  for (size_t at = 0; at < right.size(); at += b.back().size())
    b.push_back(right.substr(at, character_size(right, at)));
  std::vector<int32_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = static_cast<int32_t>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    int32_t diagonal = row[0];
    row[0] = static_cast<int32_t>(i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const int32_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}
int32_t hamming_distance(std::string_view left, std::string_view right) {
  if (character_count(left) != character_count(right)) {
    throw duckdb::InvalidInputException("hamming_distance() compares texts of the same length");
  }
  int32_t count = 0;
  for (size_t i = 0, j = 0; i < left.size();) {
    const size_t a = character_size(left, i);
    const size_t b = character_size(right, j);
    if (left.substr(i, a) != right.substr(j, b)) ++count;
    i += a;
    j += b;
  }
  return count;
}

std::string soundex(std::string_view text) {
  constexpr std::string_view kCodes = "01230120022455012623010202";  // of A to Z
  std::string result;
  char last = 0;
  for (char c : text) {
    if (!is_letter(c)) continue;
    const char letter = upper_letter(c);
    const char code = kCodes[static_cast<size_t>(letter - 'A')];
    if (result.empty())
      result += letter;
    else if (code != '0' && code != last && result.size() < 4)
      result += code;
    if (letter != 'H' && letter != 'W') last = code;
  }
  if (!result.empty()) result.resize(std::max<size_t>(4, result.size()), '0');
  return result;
}

// MULTI_SEARCH_ALL_POSITIONS(text, ['a', 'b']): a position each, in bytes. A NULL is '' or [].
void run_multi_search(DataChunk& input, ExpressionState&, Vector& result) {
  UnifiedVectorFormat texts;
  UnifiedVectorFormat lists;
  UnifiedVectorFormat elements;
  input.data[0].ToUnifiedFormat(input.size(), texts);
  input.data[1].ToUnifiedFormat(input.size(), lists);
  auto& child = duckdb::ListVector::GetEntry(input.data[1]);
  child.ToUnifiedFormat(duckdb::ListVector::GetListSize(input.data[1]), elements);
  const bool constant = input.AllConstant();
  const idx_t count = constant ? 1 : input.size();
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* entries = duckdb::FlatVector::GetData<duckdb::list_entry_t>(result);
  idx_t used = 0;
  for (idx_t row = 0; row < count; ++row) {
    const auto text = rows::read_argument<std::optional<std::string_view>>(texts, row).value_or("");
    const idx_t index = lists.sel->get_index(row);
    const auto list = lists.validity.RowIsValid(index)
                          ? UnifiedVectorFormat::GetData<duckdb::list_entry_t>(lists)[index]
                          : duckdb::list_entry_t();
    duckdb::ListVector::Reserve(result, used + list.length);
    auto* positions = duckdb::FlatVector::GetData<int32_t>(duckdb::ListVector::GetEntry(result));
    entries[row] = {used, list.length};
    for (idx_t i = 0; i < list.length; ++i) {
      auto part = rows::read_argument<std::optional<std::string_view>>(elements, list.offset + i);
      const size_t at = part ? text.find(*part) : text.npos;
      positions[used++] = at == text.npos ? 0 : static_cast<int32_t>(at) + 1;
    }
  }
  duckdb::ListVector::SetListSize(result, used);
  if (constant) result.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
}

// ELT(n, a, b, ..)
std::optional<std::string_view> elt(std::span<const std::optional<std::string_view>> values) {
  if (!values[0]) return std::nullopt;
  int64_t number = 0;
  const std::string_view digits = *values[0];
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || number < 1 || number >= static_cast<int64_t>(values.size())) return std::nullopt;
  return values[static_cast<size_t>(number)];
}

}  // namespace

void add_text_search(Registry& registry) {
  add_rows<instr>(registry.add("instr", "Where the second text stands in the first."));
  auto& place = registry.add("locate", "Where the first text stands in the second, from a position on.");
  place.alias("position");
  add_rows<locate>(place);
  add_rows<locate_from>(place);
  add_rows<strcmp_text>(registry.add("strcmp", "-1, 0 or 1 as the first text is smaller, equal or greater."));
  add_rows<starts_with>(registry.add("starts_with", "Whether the first text begins with the second."));
  add_rows<ends_with>(registry.add("ends_with", "Whether the first text ends with the second."));
  auto& fields = registry.add("field", "The number of the argument that equals the first one; 0 for none.").own_nulls();
  add_variadic_rows<field<int64_t>>(fields, 2);
  add_variadic_rows<field<double>>(fields, 2);
  add_variadic_rows<field<std::string_view>>(fields, 2);
  add_variadic_rows<field<duckdb::timestamp_t>>(fields, 2);
  add_variadic_rows<elt>(registry.add("elt", "The argument of this number.").own_nulls(), 2);
  add_rows<find_in_set>(registry.add("find_in_set", "The place of a text in a list with commas."));
  add_rows<count_substrings>(registry.add("count_substrings", "How often the second text stands in the first."));
  add_rows<null_or_empty>(registry.add("null_or_empty", "Whether the text is NULL or ''.").own_nulls());
  add_rows<not_null_or_empty>(
      registry.add("not_null_or_empty", "Whether the text is neither NULL nor ''.").own_nulls());
  add_rows<ngram_search>(registry.add("ngram_search", "How alike two texts are by their pieces of n bytes, 0 to 1."));
  add_rows<levenshtein>(registry.add("levenshtein", "The fewest changes of characters from one text to the other."));
  add_rows<hamming_distance>(registry.add("hamming_distance", "How many characters differ."));
  add_rows<soundex>(registry.add("soundex", "The sound of an English word: a letter and three digits."));
  registry.add("multi_search_all_positions", "Where each text of an array stands in the first text, in bytes.")
      .own_nulls()
      .overload({LogicalType::VARCHAR, LogicalType::LIST(LogicalType::VARCHAR)},
                LogicalType::LIST(LogicalType::INTEGER), run_multi_search);
}

}  // namespace sluice::functions
