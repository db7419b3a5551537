// SPDX-License-Identifier: Apache-2.0
// Strings and regular expressions.
#include "dialect/function_call.h"
#include "dialect/tree.h"

namespace sluice::dialect {
namespace {

using duckdb::ExpressionType;
using duckdb::LogicalType;

ExprPtr as_text(ExprPtr value) {
  if (tree::constant_text(*value)) return value;
  return tree::cast(std::move(value), LogicalType::VARCHAR);
}
ExprPtr as_integer(ExprPtr value) {
  if (tree::constant_integer(*value)) return value;
  return tree::cast(std::move(value), LogicalType::BIGINT);
}
ExprPtr less(ExprPtr left, ExprPtr right) {
  return tree::compare(ExpressionType::COMPARE_LESSTHAN, std::move(left), std::move(right));
}
ExprPtr plus(ExprPtr value, int32_t number) { return tree::binary("+", std::move(value), tree::integer(number)); }

// A kernel function of the same arguments whose first one is text.
template <const char* (*Name)()>
Parsed<ExprPtr> build_on_text(ParseContext&, Call& call) {
  call.args[0] = as_text(std::move(call.args[0]));
  return tree::call(Name(), std::move(call.args));
}
Parsed<ExprPtr> build_length(ParseContext&, Call& call) {
  return tree::function("strlen", as_text(std::move(call.args[0])));
}
Parsed<ExprPtr> build_bit_length(ParseContext&, Call& call) {
  return tree::binary("*", tree::function("strlen", as_text(std::move(call.args[0]))), tree::integer(8));
}

// NULL when one argument is NULL: the operator has it so, the kernel's concat() has not.
Parsed<ExprPtr> build_concat(ParseContext&, Call& call) {
  ExprPtr result;
  for (auto& arg : call.args) {
    ExprPtr part = as_text(std::move(arg));
    result = result ? tree::binary("||", std::move(result), std::move(part)) : std::move(part);
  }
  return result;
}

// Position 0 gives '' and so does one before the beginning; the kernel would count on.
Parsed<ExprPtr> build_substring(ParseContext& c, Call& call) {
  if (call.args.size() < 2 || call.args.size() > 3) {
    return c.syntax_error("SUBSTRING() takes 2 or 3 arguments", call.where);
  }
  ExprPtr text = as_text(std::move(call.args[0]));
  auto position = tree::constant_integer(*call.args[1]);
  auto length = call.args.size() == 3 ? tree::constant_integer(*call.args[2]) : std::nullopt;
  bool empty = (position && *position == 0) || (length && *length <= 0);
  if (empty) return tree::when(tree::is_null(std::move(text)), tree::null(), tree::text(""));
  ExprPtr condition;
  if (position && *position < 0) {
    condition = less(tree::function("length", text->Copy()), tree::constant(duckdb::Value::BIGINT(-*position)));
  } else if (!position) {
    condition = tree::equal(call.args[1]->Copy(), tree::integer(0));
  }
  ExprList args = tree::list(std::move(text), as_integer(std::move(call.args[1])));
  if (call.args.size() == 3) args.push_back(as_integer(std::move(call.args[2])));
  ExprPtr part = tree::call("substring", std::move(args));
  if (!condition) return part;
  return tree::when(std::move(condition), tree::text(""), std::move(part));
}

// A negative count gives ''; the kernel would leave out characters at the other end.
Parsed<ExprPtr> build_side(ParseContext&, Call& call) {
  const char* name = call.name.ends_with("left") ? "left" : "right";
  ExprPtr text = as_text(std::move(call.args[0]));
  auto count = tree::constant_integer(*call.args[1]);
  ExprPtr number = as_integer(std::move(call.args[1]));
  if (!count)
    number = tree::when(less(number->Copy(), tree::integer(0)), tree::integer(0), number->Copy());
  else if (*count < 0)
    number = tree::integer(0);
  return tree::function(name, std::move(text), std::move(number));
}

// SUBSTRING_INDEX(text, separator, n): what is before the n-th separator, or behind it from the end.
Parsed<ExprPtr> build_substring_index(ParseContext&, Call& call) {
  ExprPtr separator = as_text(std::move(call.args[1]));
  ExprPtr parts = tree::function("string_split", as_text(std::move(call.args[0])), separator->Copy());
  auto slice = [&](ExprPtr from, ExprPtr to) {
    return tree::function("array_to_string",
                          tree::function("list_slice", parts->Copy(), std::move(from), std::move(to)),
                          separator->Copy());
  };
  auto count = tree::constant_integer(*call.args[2]);
  ExprPtr number = as_integer(std::move(call.args[2]));
  if (count && *count > 0) return slice(tree::integer(1), std::move(number));
  if (count && *count < 0) return slice(std::move(number), tree::integer(-1));
  ExprPtr positive = less(tree::integer(0), number->Copy());
  ExprPtr negative = less(number->Copy(), tree::integer(0));
  ExprPtr behind = tree::when(std::move(negative), slice(number->Copy(), tree::integer(-1)), tree::text(""));
  return tree::when(std::move(positive), slice(tree::integer(1), number->Copy()), std::move(behind));
}

// LOCATE(part, text[, from])
Parsed<ExprPtr> build_locate(ParseContext&, Call& call) {
  ExprPtr part = as_text(std::move(call.args[0]));
  ExprPtr text = as_text(std::move(call.args[1]));
  if (call.args.size() == 2) return tree::function("instr", std::move(text), std::move(part));
  ExprPtr from = as_integer(std::move(call.args[2]));
  ExprPtr found = tree::function("instr", tree::function("substring", std::move(text), from->Copy()), std::move(part));
  ExprPtr nothing = tree::either(tree::equal(found->Copy(), tree::integer(0)), less(from->Copy(), tree::integer(1)));
  ExprPtr place = tree::binary("-", tree::binary("+", std::move(found), std::move(from)), tree::integer(1));
  return tree::when(std::move(nothing), tree::integer(0), std::move(place));
}
Parsed<ExprPtr> build_instr(ParseContext&, Call& call) {
  return tree::function("instr", as_text(std::move(call.args[0])), as_text(std::move(call.args[1])));
}

// FIELD(x, a, b, ..): the number of the first equal one.
Parsed<ExprPtr> build_field(ParseContext&, Call& call) {
  auto result = duckdb::make_uniq<duckdb::CaseExpression>();
  for (size_t i = 1; i < call.args.size(); ++i) {
    duckdb::CaseCheck check;
    check.when_expr = tree::equal(call.args[0]->Copy(), std::move(call.args[i]));
    check.then_expr = tree::integer(static_cast<int32_t>(i));
    result->case_checks.push_back(std::move(check));
  }
  result->else_expr = tree::integer(0);
  return result;
}

// ELT(n, a, b, ..)
Parsed<ExprPtr> build_elt(ParseContext&, Call& call) {
  auto result = duckdb::make_uniq<duckdb::CaseExpression>();
  for (size_t i = 1; i < call.args.size(); ++i) {
    duckdb::CaseCheck check;
    check.when_expr = tree::equal(call.args[0]->Copy(), tree::integer(static_cast<int32_t>(i)));
    check.then_expr = std::move(call.args[i]);
    result->case_checks.push_back(std::move(check));
  }
  result->else_expr = tree::null();
  return result;
}

Parsed<ExprPtr> build_find_in_set(ParseContext&, Call& call) {
  ExprPtr wanted = as_text(std::move(call.args[0]));
  ExprPtr set = as_text(std::move(call.args[1]));
  ExprPtr unknown = tree::either(tree::is_null(wanted->Copy()), tree::is_null(set->Copy()));
  ExprPtr place = tree::function("list_position", tree::function("string_split", std::move(set), tree::text(",")),
                                 std::move(wanted));
  return tree::when(std::move(unknown), tree::null(), tree::coalesce(std::move(place), tree::integer(0)));
}

// FORMAT(x, decimals): thousands with commas.
Parsed<ExprPtr> build_format(ParseContext& c, Call& call) {
  auto decimals = tree::constant_integer(*call.args[1]);
  if (!decimals) return c.unsupported("FORMAT() with decimals that are no literal");
  int64_t digits = std::min<int64_t>(std::max<int64_t>(*decimals, 0), 30);
  return tree::function("format", tree::text("{:,." + std::to_string(digits) + "f}"),
                        tree::cast(std::move(call.args[0]), LogicalType::DOUBLE));
}

// CHAR(77, 121): the characters of these codes.
Parsed<ExprPtr> build_char(ParseContext&, Call& call) {
  ExprPtr result;
  for (auto& arg : call.args) {
    ExprPtr one = tree::function("chr", tree::cast(std::move(arg), LogicalType::INTEGER));
    result = result ? tree::binary("||", std::move(result), std::move(one)) : std::move(one);
  }
  return result;
}

Parsed<ExprPtr> build_space(ParseContext&, Call& call) {
  return tree::function("repeat", tree::text(" "), as_integer(std::move(call.args[0])));
}
Parsed<ExprPtr> build_repeat(ParseContext&, Call& call) {
  return tree::function("repeat", as_text(std::move(call.args[0])), as_integer(std::move(call.args[1])));
}
Parsed<ExprPtr> build_pad(ParseContext&, Call& call) {
  ExprPtr width = tree::cast(std::move(call.args[1]), LogicalType::INTEGER);
  ExprPtr fill = call.args.size() == 3 ? as_text(std::move(call.args[2])) : tree::text(" ");
  return tree::function(call.name, as_text(std::move(call.args[0])), std::move(width), std::move(fill));
}
Parsed<ExprPtr> build_replace(ParseContext&, Call& call) {
  for (auto& arg : call.args) arg = as_text(std::move(arg));
  return tree::call("replace", std::move(call.args));
}

Parsed<ExprPtr> build_strcmp(ParseContext&, Call& call) {
  ExprPtr left = as_text(std::move(call.args[0]));
  ExprPtr right = as_text(std::move(call.args[1]));
  ExprPtr smaller = less(left->Copy(), right->Copy());
  ExprPtr greater = less(right->Copy(), left->Copy());
  ExprPtr same = tree::equal(std::move(left), std::move(right));
  ExprPtr rest =
      tree::when(std::move(smaller), tree::integer(-1), tree::when(std::move(greater), tree::integer(1), tree::null()));
  return tree::when(std::move(same), tree::integer(0), std::move(rest));
}

// INSERT(text, position, length, new)
Parsed<ExprPtr> build_insert(ParseContext&, Call& call) {
  ExprPtr text = as_text(std::move(call.args[0]));
  ExprPtr position = as_integer(std::move(call.args[1]));
  ExprPtr length = as_integer(std::move(call.args[2]));
  ExprPtr outside = tree::either(less(position->Copy(), tree::integer(1)),
                                 less(tree::function("length", text->Copy()), position->Copy()));
  ExprPtr head = tree::function("left", text->Copy(), plus(position->Copy(), -1));
  ExprPtr tail = tree::function("substring", text->Copy(), tree::binary("+", std::move(position), std::move(length)));
  ExprPtr joined =
      tree::binary("||", tree::binary("||", std::move(head), as_text(std::move(call.args[3]))), std::move(tail));
  return tree::when(std::move(outside), std::move(text), std::move(joined));
}

// TRIM, LTRIM, RTRIM with a string to remove: the whole of it, again and again.
Parsed<ExprPtr> build_trim(ParseContext& c, Call& call) {
  if (call.args.size() > 2) return c.syntax_error("TRIM() takes 1 or 2 arguments", call.where);
  ExprPtr text = as_text(std::move(call.args[0]));
  if (call.args.size() == 1) return tree::function(call.name, std::move(text), tree::text(" "));
  const std::string* removed = tree::constant_text(*call.args[1]);
  if (!removed) return c.unsupported("TRIM() of a string that is no literal");
  if (removed->empty()) return text;
  if (removed->size() == 1) return tree::function(call.name, std::move(text), std::move(call.args[1]));
  std::string pattern = "(?:";
  for (char character : *removed) {
    if (!std::isalnum(static_cast<unsigned char>(character)) && static_cast<unsigned char>(character) < 0x80)
      pattern += '\\';
    pattern += character;
  }
  pattern += ")+";
  if (call.name != "rtrim")
    text = tree::function("regexp_replace", std::move(text), tree::text("^" + pattern), tree::text(""));
  if (call.name != "ltrim")
    text = tree::function("regexp_replace", std::move(text), tree::text(pattern + "$"), tree::text(""));
  return text;
}

Parsed<ExprPtr> build_quote(ParseContext&, Call& call) {
  ExprPtr text = as_text(std::move(call.args[0]));
  ExprPtr unknown = tree::is_null(text->Copy());
  text = tree::function("replace", std::move(text), tree::text("\\"), tree::text("\\\\"));
  text = tree::function("replace", std::move(text), tree::text("'"), tree::text("\\'"));
  text = tree::binary("||", tree::binary("||", tree::text("'"), std::move(text)), tree::text("'"));
  return tree::when(std::move(unknown), tree::text("NULL"), std::move(text));
}

Parsed<ExprPtr> build_sha2(ParseContext& c, Call& call) {
  auto bits = tree::constant_integer(*call.args[1]);
  if (!bits || (*bits != 256 && *bits != 0)) return c.unsupported("SHA2() other than with 256 bits");
  return tree::function("sha256", as_text(std::move(call.args[0])));
}
Parsed<ExprPtr> build_to_base64(ParseContext&, Call& call) {
  return tree::function("to_base64", tree::function("encode", as_text(std::move(call.args[0]))));
}
Parsed<ExprPtr> build_from_base64(ParseContext&, Call& call) {
  return tree::function("decode", tree::function("from_base64", as_text(std::move(call.args[0]))));
}
Parsed<ExprPtr> build_bin(ParseContext&, Call& call) {
  return tree::function("bin", as_integer(std::move(call.args[0])));
}
Parsed<ExprPtr> build_oct(ParseContext&, Call& call) {
  return tree::function("format", tree::text("{:o}"), tree::cast(std::move(call.args[0]), LogicalType::BIGINT));
}

// All matches are replaced; the kernel needs to be told.
Parsed<ExprPtr> build_regexp_replace(ParseContext&, Call& call) {
  ExprPtr text = as_text(std::move(call.args[0]));
  return tree::function("regexp_replace", std::move(text), std::move(call.args[1]), std::move(call.args[2]),
                        tree::text("g"));
}
Parsed<ExprPtr> build_regexp_like(ParseContext&, Call& call) {
  call.args[0] = as_text(std::move(call.args[0]));
  return tree::call("regexp_matches", std::move(call.args));
}
// NULL where nothing matches; the kernel gives ''.
Parsed<ExprPtr> build_regexp_substr(ParseContext&, Call& call) {
  ExprPtr text = as_text(std::move(call.args[0]));
  ExprPtr matches = tree::function("regexp_matches", text->Copy(), call.args[1]->Copy());
  ExprPtr found = tree::function("regexp_extract", std::move(text), std::move(call.args[1]));
  return tree::when(std::move(matches), std::move(found), tree::null());
}
Parsed<ExprPtr> build_regexp_extract(ParseContext&, Call& call) {
  return tree::function("regexp_extract", as_text(std::move(call.args[0])), std::move(call.args[1]),
                        std::move(call.args[2]));
}
Parsed<ExprPtr> build_null_or_empty(ParseContext&, Call& call) {
  ExprPtr unknown = tree::is_null(call.args[0]->Copy());
  return tree::either(std::move(unknown), tree::equal(std::move(call.args[0]), tree::text("")));
}

Parsed<ExprPtr> refuse(ParseContext& c, Call& call) {
  return c.unsupported("the function " + duckdb::StringUtil::Upper(call.name) + "()");
}

constexpr const char* length_name() { return "length"; }
constexpr const char* upper_name() { return "upper"; }
constexpr const char* lower_name() { return "lower"; }
constexpr const char* md5_name() { return "md5"; }
constexpr const char* sha1_name() { return "sha1"; }
constexpr const char* ascii_name() { return "ascii"; }

constexpr FunctionEntry kFunctions[] = {
    {"length", 1, 1, nullptr, build_length},
    {"octet_length", 1, 1, nullptr, build_length},
    {"bit_length", 1, 1, nullptr, build_bit_length},
    {"char_length", 1, 1, nullptr, build_on_text<length_name>},
    {"character_length", 1, 1, nullptr, build_on_text<length_name>},
    {"upper", 1, 1, nullptr, build_on_text<upper_name>},
    {"ucase", 1, 1, nullptr, build_on_text<upper_name>},
    {"lower", 1, 1, nullptr, build_on_text<lower_name>},
    {"lcase", 1, 1, nullptr, build_on_text<lower_name>},
    {"ascii", 1, 1, nullptr, build_on_text<ascii_name>},
    {"ord", 1, 1, nullptr, build_on_text<ascii_name>},
    {"concat", 1, FunctionEntry::kAny, nullptr, build_concat},
    {"substring", 1, 4, nullptr, build_substring},
    {"substr", 1, 4, nullptr, build_substring},
    {"mid", 2, 3, nullptr, build_substring},
    {"left", 2, 2, nullptr, build_side},
    {"strleft", 2, 2, nullptr, build_side},
    {"right", 2, 2, nullptr, build_side},
    {"strright", 2, 2, nullptr, build_side},
    {"substring_index", 3, 3, nullptr, build_substring_index},
    {"locate", 2, 3, nullptr, build_locate},
    {"position", 2, 3, nullptr, build_locate},
    {"instr", 2, 2, nullptr, build_instr},
    {"field", 2, FunctionEntry::kAny, nullptr, build_field},
    {"elt", 2, FunctionEntry::kAny, nullptr, build_elt},
    {"find_in_set", 2, 2, nullptr, build_find_in_set},
    {"format", 2, 3, nullptr, build_format},
    {"char", 1, FunctionEntry::kAny, nullptr, build_char},
    {"space", 1, 1, nullptr, build_space},
    {"repeat", 2, 2, nullptr, build_repeat},
    {"lpad", 2, 3, nullptr, build_pad},
    {"rpad", 2, 3, nullptr, build_pad},
    {"replace", 3, 3, nullptr, build_replace},
    {"strcmp", 2, 2, nullptr, build_strcmp},
    {"insert", 4, 4, nullptr, build_insert},
    {"trim", 1, 2, nullptr, build_trim},
    {"ltrim", 1, 2, nullptr, build_trim},
    {"rtrim", 1, 2, nullptr, build_trim},
    {"quote", 1, 1, nullptr, build_quote},
    {"md5", 1, 1, nullptr, build_on_text<md5_name>},
    {"sha", 1, 1, nullptr, build_on_text<sha1_name>},
    {"sha1", 1, 1, nullptr, build_on_text<sha1_name>},
    {"sha2", 2, 2, nullptr, build_sha2},
    {"to_base64", 1, 1, nullptr, build_to_base64},
    {"from_base64", 1, 1, nullptr, build_from_base64},
    {"bin", 1, 1, nullptr, build_bin},
    {"oct", 1, 1, nullptr, build_oct},
    {"regexp_replace", 3, 3, nullptr, build_regexp_replace},
    {"regexp_like", 2, 3, nullptr, build_regexp_like},
    {"regexp", 2, 2, nullptr, build_regexp_like},
    {"regexp_substr", 2, 2, nullptr, build_regexp_substr},
    {"regexp_extract", 3, 3, nullptr, build_regexp_extract},
    {"null_or_empty", 1, 1, nullptr, build_null_or_empty},
    {"ends_with", 2, 2, "suffix"},
    {"crc32", 1, 1, nullptr, refuse},
    {"soundex", 1, 1, nullptr, refuse},
    {"aes_encrypt", 2, FunctionEntry::kAny, nullptr, refuse},
    {"aes_decrypt", 2, FunctionEntry::kAny, nullptr, refuse},
    {"password", 1, 1, nullptr, refuse},
    {"inet_aton", 1, 1, nullptr, refuse},
    {"inet_ntoa", 1, 1, nullptr, refuse},
    {"compress", 1, 1, nullptr, refuse},
    {"uncompress", 1, 1, nullptr, refuse},
};

}  // namespace

std::span<const FunctionEntry> text_functions() { return kFunctions; }

}  // namespace sluice::dialect
