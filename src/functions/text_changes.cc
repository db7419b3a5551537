// SPDX-License-Identifier: Apache-2.0
// Text with something changed: TRIM, REPLACE, INSERT, SUB_REPLACE, TRANSLATE, INITCAP, REVERSE, MASK, MONEY_FORMAT.
#include <cmath>

#include "duckdb/function/scalar/string_functions.hpp"
#include "duckdb/planner/expression/list.hpp"
#include "functions/characters.h"
#include "functions/conversion.h"
#include "functions/decimals.h"
#include "functions/families.h"
#include "functions/overload.h"
#include "functions/rows.h"
#include "functions/text_changes.h"

namespace sluice::functions {
namespace {

constexpr size_t kMostBytes = 64 * 1024 * 1024;

bool is_utf8(std::string_view text) { return duckdb::Value::StringIsValid(text.data(), text.size()); }
// Each byte for itself: right for ASCII, and what becomes of texts that are no UTF-8.
template <char (*letter)(char)>
duckdb::string_t change_letters(duckdb::string_t text, duckdb::Vector& result) {
  if (text.IsInlined()) {
    char* to = text.GetDataWriteable();
    for (uint32_t i = 0; i < duckdb::string_t::INLINE_LENGTH; ++i) to[i] = letter(to[i]);
    return text;
  }
  duckdb::string_t changed = duckdb::StringVector::EmptyString(result, text.GetSize());
  const char* from = text.GetData();
  char* to = changed.GetDataWriteable();
  for (duckdb::idx_t i = 0; i < text.GetSize(); ++i) to[i] = letter(from[i]);
  changed.Finalize();
  return changed;
}

// UPPER and LOWER of the kernel for these rows, which must be UTF-8.
template <bool upper>
void change_characters(duckdb::Vector& texts, const duckdb::SelectionVector& rows, duckdb::idx_t count,
                       duckdb::ExpressionState& state, duckdb::Vector& result) {
  static const auto run =
      (upper ? duckdb::UpperFun::GetFunction() : duckdb::LowerFun::GetFunction()).GetFunctionCallback();
  duckdb::DataChunk chosen;
  chosen.InitializeEmpty({LogicalType::VARCHAR});
  chosen.data[0].Slice(texts, rows, count);
  chosen.SetCardinality(count);
  duckdb::Vector changed(LogicalType::VARCHAR, count);
  run(chosen, state, changed);
  changed.Flatten(count);
  const auto* from = duckdb::FlatVector::GetData<duckdb::string_t>(changed);
  auto* to = duckdb::FlatVector::GetData<duckdb::string_t>(result);
  for (duckdb::idx_t i = 0; i < count; ++i)
    to[rows.get_index(i)] = duckdb::StringVector::AddStringOrBlob(result, from[i]);
}

template <bool upper>
void run_case(duckdb::DataChunk& input, duckdb::ExpressionState& state, duckdb::Vector& result) {
  duckdb::Vector& texts = input.data[0];
  const bool constant = texts.GetVectorType() == duckdb::VectorType::CONSTANT_VECTOR;
  const duckdb::idx_t count = constant ? 1 : input.size();
  duckdb::UnifiedVectorFormat format;
  texts.ToUnifiedFormat(count, format);
  const auto* values = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(format);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* changed = duckdb::FlatVector::GetData<duckdb::string_t>(result);
  auto& validity = duckdb::FlatVector::Validity(result);
  duckdb::SelectionVector others(count);
  duckdb::idx_t other = 0;
  for (duckdb::idx_t row = 0; row < count; ++row) {
    const duckdb::idx_t at = format.sel->get_index(row);
    if (!format.validity.RowIsValid(at)) {
      validity.SetInvalid(row);
      continue;
    }
    const std::string_view text(values[at].GetData(), values[at].GetSize());
    if (!is_ascii(text) && is_utf8(text))
      others.set_index(other++, row);
    else
      changed[row] = change_letters<upper ? upper_letter : lower_letter>(values[at], result);
  }
  if (other > 0) change_characters<upper>(texts, others, other, state, result);
  if (constant) result.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
}

// Bytes that are no UTF-8 the kernel's functions must not see.
BoundPtr expand_case(Call& call) {
  const bool upper = call.name == "upper";
  BoundList text;
  text.push_back(convert(call.context, std::move(call.arguments[0]), LogicalType::VARCHAR));
  return bind_private(call.context, upper ? "upper" : "lower", {LogicalType::VARCHAR}, LogicalType::VARCHAR,
                      upper ? run_case<true> : run_case<false>, std::move(text));
}

std::string reversed_text(std::string_view text) {
  std::string result(text.size(), '\0');
  size_t end = text.size();
  for (size_t at = 0; at < text.size();) {
    const size_t size = character_size(text, at);
    end -= size;
    text.copy(result.data() + end, size, at);
    at += size;
  }
  return result;
}

// Letters at the begins of words large, the others small.
std::string initcap(std::string_view text) {
  std::string result(text);
  bool inside = false;
  for (char& c : result) {
    c = inside ? lower_letter(c) : upper_letter(c);
    inside = is_letter(c) || is_decimal_digit(c) || static_cast<unsigned char>(c) >= 0x80;
  }
  return result;
}

// The whole of `removed` again and again.
template <bool left, bool right>
std::string_view trim(std::string_view text, std::string_view removed) {
  if (removed.empty()) return text;
  while (left && text.starts_with(removed)) text.remove_prefix(removed.size());
  while (right && text.ends_with(removed)) text.remove_suffix(removed.size());
  return text;
}
template <bool left, bool right>
std::string_view trim_spaces(std::string_view text) {
  return trim<left, right>(text, " ");
}
// Any of the characters in `set`.
template <bool left, bool right>
std::string_view trim_in(std::string_view text, std::string_view set) {
  const auto inside = [&](std::string_view character) { return set.find(character) != set.npos; };
  while (left && !text.empty() && inside(text.substr(0, character_size(text, 0)))) {
    text.remove_prefix(character_size(text, 0));
  }
  while (right && !text.empty()) {
    size_t begin = text.size() - 1;
    while (begin > 0 && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) --begin;
    if (!inside(text.substr(begin))) break;
    text = text.substr(0, begin);
  }
  return text;
}
template <bool left, bool right>
std::string_view trim_in_spaces(std::string_view text) {
  return trim_spaces<left, right>(text);
}

std::string replace(std::string_view text, std::string_view old, std::string_view with) {
  if (old.empty()) return std::string(text);
  std::string result;
  size_t begin = 0;
  for (size_t at = text.find(old); at != text.npos; at = text.find(old, begin)) {
    result += text.substr(begin, at - begin);
    result += with;
    begin = at + old.size();
    if (result.size() > kMostBytes) throw duckdb::InvalidInputException("replace() makes at most %d bytes", kMostBytes);
  }
  result += text.substr(begin);
  return result;
}
// REPLACE, but an empty `old` is between all characters.
std::string replace_empty(std::string_view text, std::string_view old, std::string_view with) {
  if (!old.empty()) return replace(text, old, with);
  std::string result;
  if (text.empty()) return std::string(with);
  for (size_t at = 0; at < text.size();) {
    const size_t size = character_size(text, at);
    result += with;
    result += text.substr(at, size);
    at += size;
  }
  result += with;
  return result;
}

// INSERT(text, position, length, new): the text itself when the position is outside.
std::string insert(std::string_view text, int64_t position, int64_t length, std::string_view with) {
  const int64_t size = character_count(text);
  if (position < 1 || position > size) return std::string(text);
  if (length < 0 || length > size - position + 1) length = size - position + 1;
  std::string result(characters(text, 0, position - 1));
  result += with;
  result += text.substr(byte_of_character(text, position - 1 + length));
  return result;
}

// SUB_REPLACE(text, new, start[, length]): start counts from 0.
std::optional<std::string> sub_replace(std::string_view text, std::string_view with, int64_t start, int64_t length) {
  const int64_t size = character_count(text);
  if (start < 0 || length < 0 || start >= size) return std::nullopt;
  std::string result(characters(text, 0, start));
  result += with;
  if (length < size - start) result += text.substr(byte_of_character(text, start + length));
  return result;
}
std::optional<std::string> sub_replace_plain(std::string_view text, std::string_view with, int64_t start) {
  return sub_replace(text, with, start, character_count(with));
}

std::string translate(std::string_view text, std::string_view from, std::string_view to) {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    const std::string_view character = text.substr(at, character_size(text, at));
    at += character.size();
    int64_t place = 0;
    size_t found = 0;
    for (; found < from.size(); ++place) {
      const size_t size = character_size(from, found);
      if (from.substr(found, size) == character) break;
      found += size;
    }
    if (found >= from.size())
      result += character;
    else
      result += characters(to, place, 1);
  }
  return result;
}

std::optional<std::string> append_if_absent(std::string_view text, std::string_view last) {
  if (last.size() != 1) return std::nullopt;
  std::string result(text);
  if (!text.ends_with(last)) result += last;
  return result;
}

// ---- masks: letters and digits replaced, bytes of other characters stay

struct Mask {
  char upper = 'X';
  char lower = 'x';
  char digit = 'n';

  std::string apply(std::string_view text, size_t from, size_t to) const {
    std::string result(text);
    for (size_t i = from; i < to; ++i) {
      char& c = result[i];
      if (c >= 'A' && c <= 'Z')
        c = upper;
      else if (c >= 'a' && c <= 'z')
        c = lower;
      else if (is_decimal_digit(c))
        c = digit;
    }
    return result;
  }
};
std::string mask(std::span<const std::string_view> arguments) {
  Mask with;
  char* const parts[] = {&with.upper, &with.lower, &with.digit};
  for (size_t i = 1; i < arguments.size() && i <= 3; ++i) {
    if (!arguments[i].empty()) *parts[i - 1] = arguments[i][0];
  }
  return with.apply(arguments[0], 0, arguments[0].size());
}
size_t masked_bytes(std::string_view text, int64_t count) {
  if (count < 0)
    throw duckdb::InvalidInputException("mask_first_n() and mask_last_n() take a number that is not negative");
  return std::min(text.size(), static_cast<size_t>(count));
}
std::string mask_first(std::string_view text, int64_t count) {
  return Mask().apply(text, 0, masked_bytes(text, count));
}
std::string mask_last(std::string_view text, int64_t count) {
  return Mask().apply(text, text.size() - masked_bytes(text, count), text.size());
}
// How many bytes MASK_FIRST_N and MASK_LAST_N mask is the same for all rows.
duckdb::unique_ptr<duckdb::FunctionData> bind_masked(duckdb::ClientContext&, duckdb::ScalarFunction& function,
                                                     BoundList& arguments) {
  if (!arguments[1]->IsFoldable() && !arguments[1]->HasParameter()) {
    throw duckdb::BinderException("%s must accept literal for 2nd argument",
                                  function.name.starts_with("d_") ? function.name.substr(2) : function.name);
  }
  return nullptr;
}
std::string mask_all(std::string_view text) { return Mask().apply(text, 0, text.size()); }

std::string digital_masking(int64_t number) {
  const std::string digits = std::to_string(number);
  return digits.substr(0, 3) + "****" + digits.substr(digits.size() < 4 ? 0 : digits.size() - 4);
}

// ---- 1,234.50

using UInt128 = unsigned __int128;

std::string with_commas(bool negative, UInt128 whole, unsigned hundredths) {
  std::string backwards{static_cast<char>('0' + hundredths % 10), static_cast<char>('0' + hundredths / 10), '.'};
  for (size_t digits = 0; digits == 0 || whole > 0; ++digits) {
    if (digits > 0 && digits % 3 == 0) backwards += ',';
    backwards += static_cast<char>('0' + static_cast<int>(whole % 10));
    whole /= 10;
  }
  if (negative) backwards += '-';
  return {backwards.rbegin(), backwards.rend()};
}
UInt128 magnitude(Int128 number) { return number < 0 ? -static_cast<UInt128>(number) : static_cast<UInt128>(number); }

// A number of `scale` digits behind the point, at most 2.
template <unsigned scale>
std::string money_decimal(duckdb::hugeint_t number) {
  constexpr unsigned kUnits[] = {1, 10, 100};
  const Int128 value = to_int128(number);
  const UInt128 rest = magnitude(value);
  const auto fraction = static_cast<unsigned>(rest % kUnits[scale]);
  return with_commas(value < 0, rest / kUnits[scale], fraction * kUnits[2 - scale]);
}
std::optional<std::string> money_double(double number) {
  if (!std::isfinite(number) || std::abs(number) > 1e36) return std::nullopt;
  return money_decimal<2>(to_hugeint(static_cast<Int128>(std::round(number * 100))));
}

BoundPtr expand_money(Call& call) {
  BoundPtr& value = call.arguments[0];
  LogicalType type = LogicalType::DOUBLE;
  duckdb::scalar_function_t run = run_rows<money_double>;
  if (value->return_type.id() == LogicalTypeId::DECIMAL) {
    const uint8_t scale = std::min<uint8_t>(duckdb::DecimalType::GetScale(value->return_type), 2);
    type = LogicalType::DECIMAL(38, scale);
    run = scale == 0   ? run_rows<money_decimal<0>>
          : scale == 1 ? run_rows<money_decimal<1>>
                       : run_rows<money_decimal<2>>;
  } else if (value->return_type.IsIntegral()) {
    type = LogicalType::HUGEINT;
    run = run_rows<money_decimal<0>>;
  }
  BoundList children;
  children.push_back(convert(call.context, std::move(value), type));
  return bind_private(call.context, "money_format", {type}, LogicalType::VARCHAR, std::move(run), std::move(children));
}

std::string quote(std::optional<std::string_view> text) {
  if (!text) return "NULL";
  std::string result = "'";
  for (char c : *text) {
    if (c == '\'' || c == '\\') result += '\\';
    result += c;
  }
  return result + "'";
}

template <bool left, bool right>
void add_trim(Registry& registry, const std::string& name, const std::string& where) {
  auto& entry = registry.add(name, "The text without a given text (or spaces) " + where + ".");
  add_rows<trim_spaces<left, right>>(entry);
  add_rows<trim<left, right>>(entry);
  auto& set = registry.add(name + "_in", "The text without given characters (or spaces) " + where + ".");
  add_rows<trim_in_spaces<left, right>>(set);
  add_rows<trim_in<left, right>>(set);
}

}  // namespace

BoundPtr bind_reversed_text(Call& call) {
  BoundList children;
  children.push_back(convert(call.context, std::move(call.arguments[0]), LogicalType::VARCHAR));
  return bind_private(call.context, "reverse_text", {LogicalType::VARCHAR}, LogicalType::VARCHAR,
                      run_rows<reversed_text>, std::move(children));
}

void add_text_changes(Registry& registry) {
  registry.add("upper", "The text in large letters.")
      .alias("ucase")
      .expanded(1, 1, "VARCHAR upper(VARCHAR)", expand_case);
  registry.add("lower", "The text in small letters.")
      .alias("lcase")
      .expanded(1, 1, "VARCHAR lower(VARCHAR)", expand_case);
  add_rows<initcap>(registry.add("initcap", "The text with each word's first letter large, the others small."));
  add_trim<true, true>(registry, "trim", "at both ends");
  add_trim<true, false>(registry, "ltrim", "at its begin");
  add_trim<false, true>(registry, "rtrim", "at its end");
  add_rows<replace>(registry.add("replace", "The text with one text replaced by another."));
  add_rows<replace_empty>(registry.add("replace_empty", "As replace(); '' is replaced between all characters."));
  add_rows<insert>(registry.add("insert", "The text with characters from a position replaced.").alias("overlay"));
  auto& sub = registry.add("sub_replace", "The text with characters from a position, counted from 0, replaced.");
  add_rows<sub_replace_plain>(sub);
  add_rows<sub_replace>(sub);
  add_rows<translate>(
      registry.add("translate", "The text with each character of one text replaced by that of another."));
  add_rows<append_if_absent>(
      registry.add("append_trailing_char_if_absent", "The text with a character at its end, if it is not there."));
  add_variadic_rows<mask>(registry.add("mask", "The text with its letters and digits replaced by X, x and n."));
  auto& first = registry.add("mask_first_n", "The text with the letters and digits of its first n bytes replaced.");
  add_rows<mask_all>(first);
  add_rows<mask_first>(first);
  first.overloads.back().bind = bind_masked;
  auto& last = registry.add("mask_last_n", "The text with the letters and digits of its last n bytes replaced.");
  add_rows<mask_all>(last);
  add_rows<mask_last>(last);
  last.overloads.back().bind = bind_masked;
  add_rows<digital_masking>(registry.add("digital_masking", "The first 3 and last 4 digits of a number."));
  registry.add("money_format", "The number with commas and two decimals.")
      .expanded(1, 1, "VARCHAR money_format(NUMBER)", expand_money);
  add_rows<quote>(registry.add("quote", "The text as a literal.").own_nulls());
}

}  // namespace sluice::functions
