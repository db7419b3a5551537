// SPDX-License-Identifier: Apache-2.0
// REGEXP, REGEXP_EXTRACT, SPLIT_BY_REGEXP and their kind by RE2, in which a dot matches line ends; LIKE as a function.
#include <re2/re2.h>

#include "duckdb/planner/expression/list.hpp"
#include "functions/characters.h"
#include "functions/conversion.h"
#include "functions/families.h"
#include "functions/overload.h"
#include "functions/rows.h"
#include "functions/text_rows.h"
#include "functions/types.h"

namespace sluice::functions {
namespace {

using duckdb::DataChunk;
using duckdb::ExpressionState;
using duckdb::idx_t;
using duckdb::Vector;
using duckdb_re2::RE2;
using duckdb_re2::StringPiece;
using View = std::string_view;

StringPiece piece(View text) { return {text.data(), text.size()}; }
View view(const StringPiece& text) { return {text.data(), text.size()}; }

// The compiled pattern; the last ones of each thread are kept.
const RE2& pattern_of(View text) {
  constexpr size_t kMostKept = 32;
  thread_local std::unordered_map<std::string, std::unique_ptr<RE2>> kept;
  thread_local std::string last_text;
  thread_local const RE2* last = nullptr;
  if (last && last_text == text) return *last;
  std::string key(text);
  auto found = kept.find(key);
  if (found == kept.end()) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_dot_nl(true);
    auto made = std::make_unique<RE2>(piece(text), options);
    if (!made->ok()) {
      throw duckdb::InvalidInputException("Could not compile regexp pattern: %s\nError: %s", key, made->error());
    }
    if (kept.size() >= kMostKept) {
      kept.clear();
      last = nullptr;
    }
    found = kept.emplace(std::move(key), std::move(made)).first;
  }
  last_text = found->first;
  last = found->second.get();
  return *last;
}

bool matches(View text, View pattern) { return RE2::PartialMatch(piece(text), pattern_of(pattern)); }

// The group of the first match; nothing when there is no match or no such group.
std::optional<View> first_group(View text, View pattern, int64_t group) {
  const RE2& re = pattern_of(pattern);
  if (group < 0 || group > re.NumberOfCapturingGroups()) return std::nullopt;
  std::vector<StringPiece> groups(static_cast<size_t>(group) + 1);
  if (!re.Match(piece(text), 0, text.size(), RE2::UNANCHORED, groups.data(), static_cast<int>(groups.size()))) {
    return std::nullopt;
  }
  return view(groups.back());
}
View regexp_extract(View text, View pattern, int64_t group) {
  return first_group(text, pattern, group).value_or(View());
}
std::optional<View> regexp_extract_or_null(View text, View pattern, int64_t group) {
  return first_group(text, pattern, group);
}
std::optional<View> regexp_substr(View text, View pattern) { return first_group(text, pattern, 0); }

// Calls `take` with the groups of each match from left to right.
template <typename Take>
void each_match(View text, const RE2& re, size_t groups_wanted, Take take) {
  std::vector<StringPiece> groups(groups_wanted);
  size_t at = 0;
  while (at <= text.size() &&
         re.Match(piece(text), at, text.size(), RE2::UNANCHORED, groups.data(), static_cast<int>(groups.size()))) {
    take(groups);
    const size_t end = static_cast<size_t>(groups[0].data() - text.data()) + groups[0].size();
    at = groups[0].empty() ? end + 1 : end;
  }
}

// The first group of all matches as "['a','b']"; '' for none.
std::string regexp_extract_all(View text, View pattern) {
  const RE2& re = pattern_of(pattern);
  if (re.NumberOfCapturingGroups() < 1) return {};
  std::string result;
  each_match(text, re, 2, [&](const std::vector<StringPiece>& groups) {
    result += result.empty() ? "['" : ",'";
    result += view(groups[1]);
    result += '\'';
  });
  if (!result.empty()) result += ']';
  return result;
}

int64_t regexp_count(View text, View pattern) {
  int64_t count = 0;
  if (pattern.empty()) return 0;
  each_match(text, pattern_of(pattern), 1, [&](const std::vector<StringPiece>&) { ++count; });
  return count;
}

// In replacements \1 means the first group. MySQL and Doris know no other escapes.
std::string replaced(View text, View pattern, View with, bool all) {
  std::string result(text);
  const RE2& re = pattern_of(pattern);
  if (all)
    RE2::GlobalReplace(&result, re, piece(with));
  else
    RE2::Replace(&result, re, piece(with));
  return result;
}
std::string regexp_replace(View text, View pattern, View with) { return replaced(text, pattern, with, true); }
std::string regexp_replace_one(View text, View pattern, View with) { return replaced(text, pattern, with, false); }

// MULTI_MATCH_ANY(text, ['a.*', 'b']). A NULL is '' or [].
void run_multi_match(DataChunk& input, ExpressionState& state, Vector& result) {
  duckdb::UnifiedVectorFormat texts;
  duckdb::UnifiedVectorFormat lists;
  duckdb::UnifiedVectorFormat elements;
  input.data[0].ToUnifiedFormat(input.size(), texts);
  input.data[1].ToUnifiedFormat(input.size(), lists);
  auto& child = duckdb::ListVector::GetEntry(input.data[1]);
  child.ToUnifiedFormat(duckdb::ListVector::GetListSize(input.data[1]), elements);
  rows::fill<std::optional<int8_t>>(input, state, result, [&](idx_t row) -> std::optional<int8_t> {
    const View text = rows::read_argument<std::optional<View>>(texts, row).value_or("");
    const idx_t index = lists.sel->get_index(row);
    if (!lists.validity.RowIsValid(index)) return int8_t{0};
    const auto entry = duckdb::UnifiedVectorFormat::GetData<duckdb::list_entry_t>(lists)[index];
    for (idx_t i = entry.offset; i < entry.offset + entry.length; ++i) {
      auto pattern = rows::read_argument<std::optional<View>>(elements, i);
      if (pattern && matches(text, *pattern)) return int8_t{1};
    }
    return int8_t{0};
  });
}

// SPLIT_BY_REGEXP(text, pattern[, most parts]): an empty pattern splits into characters, a match of nothing not at all;
// 0 parts: no limit.
void run_split_by_regexp(DataChunk& input, ExpressionState&, Vector& result) {
  std::optional<ValueRows<int32_t>> limits;
  if (input.ColumnCount() > 2) limits.emplace(input.data[2], rows_of(input));
  run_split(input, result, [&](const std::vector<TextRows>& columns, idx_t row, std::vector<View>& parts) {
    View rest = functions::view(columns[0][row]);
    const View pattern = functions::view(columns[1][row]);
    const auto last = [&] { return limits && parts.size() + 1 == static_cast<size_t>((*limits)[row]); };
    if (pattern.empty()) {
      while (!rest.empty()) {
        const View part = last() ? rest : characters(rest, 0, 1);
        parts.push_back(part);
        rest.remove_prefix(std::max<size_t>(part.size(), 1));
      }
      return;
    }
    const RE2& re = pattern_of(pattern);
    StringPiece match;
    while (!last() && re.Match(piece(rest), 0, rest.size(), RE2::UNANCHORED, &match, 1) && !match.empty()) {
      const auto before = static_cast<size_t>(match.data() - rest.data());
      parts.push_back(rest.substr(0, before));
      rest.remove_prefix(before + match.size());
    }
    parts.push_back(rest);
  });
}
BoundPtr expand_split_by_regexp(Call& call) {
  auto& arguments = call.arguments;
  if (arguments.size() == 3) {
    const auto* limit = arguments[2]->GetExpressionClass() == duckdb::ExpressionClass::BOUND_CONSTANT
                            ? &arguments[2]->Cast<duckdb::BoundConstantExpression>().value
                            : nullptr;
    if (!limit || limit->IsNull() || !is_integer(limit->type()) ||
        limit->DefaultCastAs(LogicalType::HUGEINT).GetValue<duckdb::hugeint_t>() < duckdb::hugeint_t(0)) {
      throw duckdb::BinderException("the third parameter of split_by_regexp function must be a positive constant");
    }
    convert_at(call, 2, LogicalType::INTEGER);
  }
  for (size_t i = 0; i < 2; ++i) convert_at(call, i, LogicalType::VARCHAR);
  if (const auto pattern = constant_of(call.context, *arguments[1]); pattern && !arguments[0]->IsFoldable()) {
    if (!pattern->IsNull() && duckdb::StringValue::Get(*pattern).empty())
      throw duckdb::BinderException("Invalid pattern: '' does not split a column");
  }
  return bind_body(call, LogicalType::LIST(LogicalType::VARCHAR), run_split_by_regexp);
}

// LIKE of the kernel; '\' takes the meaning from the character behind it.
BoundPtr expand_like(Call& call) {
  auto& arguments = call.arguments;
  for (auto& argument : arguments) argument = convert(call.context, std::move(argument), LogicalType::VARCHAR);
  if (arguments.size() == 2) {
    arguments.push_back(duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value("\\")));
  }
  return bind_native(call.context, "like_escape", std::move(arguments));
}

}  // namespace

void add_regular_expressions(Registry& registry) {
  add_rows<matches>(
      registry.add("regexp", "Whether the pattern matches a part of the text.").alias("rlike").alias("regexp_like"));
  registry.add("like", "Whether the whole text follows a pattern of % and _.")
      .expanded(2, 3, "BOOLEAN like(VARCHAR, VARCHAR[, VARCHAR])", expand_like);
  add_rows<regexp_extract>(registry.add("regexp_extract", "A group of the first match; '' when there is none."));
  add_rows<regexp_extract_or_null>(
      registry.add("regexp_extract_or_null", "A group of the first match; NULL when there is none."));
  add_rows<regexp_substr>(registry.add("regexp_substr", "The first match; NULL when there is none."));
  add_rows<regexp_extract_all>(registry.add("regexp_extract_all", "The first group of all matches, as ['a','b']."));
  add_rows<regexp_count>(registry.add("regexp_count", "How often the pattern matches."));
  add_rows<regexp_replace>(registry.add("regexp_replace", "The text with all matches replaced."));
  add_rows<regexp_replace_one>(registry.add("regexp_replace_one", "The text with the first match replaced."));
  registry.add("split_by_regexp", "The parts of the text between matches of the pattern.")
      .expanded(2, 3, "ARRAY<VARCHAR> split_by_regexp(VARCHAR, VARCHAR[, INT])", expand_split_by_regexp);
  registry.add("multi_match_any", "1 when one of the patterns matches a part of the text, else 0.")
      .own_nulls()
      .overload({LogicalType::VARCHAR, LogicalType::LIST(LogicalType::VARCHAR)}, LogicalType::TINYINT, run_multi_match);
}

}  // namespace sluice::functions
