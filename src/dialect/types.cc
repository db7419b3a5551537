// SPDX-License-Identifier: Apache-2.0
#include "dialect/types.h"

#include "dialect/expression.h"
#include "dialect/names.h"
#include "duckdb/common/string_util.hpp"
#include "functions/decimal256.h"
#include "functions/decimalv2.h"
#include "functions/nested_aggregate.h"
#include "functions/type_names.h"
#include "functions/types.h"

namespace sluice::dialect {
namespace {

using duckdb::LogicalType;

constexpr uint64_t kMaxVarcharBytes = 65533;  // of VARCHAR without a length

// (n) or (n, m); nothing when there is no parenthesis.
struct Sizes {
  std::optional<uint64_t> first;
  std::optional<uint64_t> second;
};
Parsed<Sizes> parse_sizes(ParseContext& c) {
  Sizes sizes;
  if (!c.accept(TokenKind::kLeftParen)) return sizes;
  if (c.accept(TokenKind::kStar)) {  // VARCHAR(*) of Doris
    TRY(c.expect(TokenKind::kRightParen, "')'"));
    return sizes;
  }
  sizes.first = TRY(parse_unsigned(c, "a length"));
  if (c.accept(TokenKind::kComma)) sizes.second = TRY(parse_unsigned(c, "a number of decimals"));
  TRY(c.expect(TokenKind::kRightParen, "')' after the length"));
  return sizes;
}

// SIGNED, UNSIGNED and ZEROFILL (which implies UNSIGNED) after a number's type.
bool accept_unsigned(ParseContext& c) {
  bool is_unsigned = false;
  for (;;) {
    if (c.accept("UNSIGNED"_kw) || c.accept("ZEROFILL"_kw))
      is_unsigned = true;
    else if (!c.accept("SIGNED"_kw))
      return is_unsigned;
  }
}

Parsed<LogicalType> parse_integer(ParseContext& c, LogicalType signed_type, LogicalType unsigned_type) {
  TRY(parse_sizes(c));
  return accept_unsigned(c) ? unsigned_type : signed_type;
}

Parsed<LogicalType> parse_decimal(ParseContext& c, bool v2) {
  Sizes sizes = TRY(parse_sizes(c));
  accept_unsigned(c);
  if (v2 && !sizes.first) return functions::decimalv2_type();
  // DECIMAL alone is Doris' largest one with 9 decimals.
  constexpr uint64_t kDefaultScale = 9;
  uint64_t precision = sizes.first.value_or(functions::kMaxDecimalWidth);
  uint64_t scale = sizes.second.value_or(sizes.first ? 0 : kDefaultScale);
  if (precision == 0) precision = 10;
  if (precision > functions::kMaxDecimal256Width) return c.syntax_error("a DECIMAL has at most 76 digits");
  if (scale > precision) return c.syntax_error("a DECIMAL cannot have more decimals than digits");
  // Smaller ones are plain: a UNION takes the type of its first DECIMALV2, which must have room.
  if (v2 && precision == functions::kDecimalV2Width && scale == functions::kDecimalV2Scale) {
    return functions::decimalv2_type();
  }
  return functions::decimal_type(static_cast<int>(precision), static_cast<int>(scale));
}

Parsed<LogicalType> parse_float(ParseContext& c) {
  Sizes sizes = TRY(parse_sizes(c));
  accept_unsigned(c);
  bool wide = sizes.first && !sizes.second && *sizes.first > 24;
  return wide ? LogicalType::DOUBLE : LogicalType::FLOAT;
}

// The digits of the second's fraction in DATETIME(n) and TIME(n).
Parsed<uint64_t> parse_fraction_digits(ParseContext& c, const Token& word) {
  constexpr uint64_t kMostDigits = 6;
  const uint64_t digits = TRY(parse_sizes(c)).first.value_or(0);
  if (digits > kMostDigits) {
    return c.failure(sql_error(Code::kInvalidArgument, 1426,
                               "Too big precision " + std::to_string(digits) + " for " + std::string(c.text(word)) +
                                   ": a second has at most 6 digits after the point"));
  }
  return digits;
}

// CHARACTER SET x, CHARSET x, COLLATE y, ASCII, UNICODE, BINARY: text is UTF-8 and compared by bytes here.
Parsed<void> skip_charset(ParseContext& c) {
  for (;;) {
    bool named = false;
    if (c.accept("CHARACTER"_kw, "SET"_kw) || c.accept("CHAR"_kw, "SET"_kw))
      named = true;
    else if (c.accept("CHARSET"_kw) || c.accept("COLLATE"_kw))
      named = true;
    else if (!c.accept("BINARY"_kw) && !c.accept_word("ASCII") && !c.accept_word("UNICODE"))
      return {};
    if (!named) continue;
    c.accept(TokenKind::kEqual);
    if (c.accept("BINARY"_kw)) continue;
    TRY(parse_name_or_string(c, "a character set or collation"));
  }
}

// <..> of ARRAY, MAP and STRUCT: '>>' closes two of them.
class AngleCloser {
 public:
  static Parsed<void> close(ParseContext& c) {
    if (c.accept(TokenKind::kGreater)) return {};
    if (c.split_shift_right()) return {};
    return c.expected("'>'");
  }
};

// A type inside another one. `not_null`: of an argument of AGG_STATE, whose values come as they are in columns.
Parsed<LogicalType> parse_nested_type(ParseContext& c, bool* not_null = nullptr) {
  ParseContext::Nested nested(c);
  TRY(nested.check());
  TypeName inner = TRY(parse_column_type(c));
  const bool rounded = !not_null;
  const bool never_null = c.accept("NOT"_kw, "NULL"_kw);
  if (not_null) *not_null = never_null;
  c.accept("NULL"_kw);
  // Nothing else says how many digits of a second the elements have. The kernel has types for none and three.
  if (inner.type.id() == duckdb::LogicalTypeId::TIMESTAMP && rounded) {
    if (inner.declared.empty()) return LogicalType::TIMESTAMP_S;
    if (inner.declared == "datetime(3)") return LogicalType::TIMESTAMP_MS;
  }
  // Elements are DECIMALs.
  if (!functions::is_decimalv2(inner.type)) return inner.type;
  return functions::decimal_type(functions::decimal_width(inner.type), functions::decimal_scale(inner.type));
}

Parsed<LogicalType> parse_struct(ParseContext& c) {
  TRY(c.expect(TokenKind::kLess, "'<' after STRUCT"));
  duckdb::child_list_t<LogicalType> fields;
  do {
    std::string name = TRY(parse_name_after_dot(c, "a field name"));
    c.accept(TokenKind::kColon);
    LogicalType type = TRY(parse_nested_type(c));
    if (c.accept("COMMENT"_kw)) TRY(parse_string(c, "the comment"));
    fields.emplace_back(std::move(name), std::move(type));
  } while (c.accept(TokenKind::kComma));
  TRY(AngleCloser::close(c));
  return LogicalType::STRUCT(std::move(fields));
}

// AGG_STATE<sum(int)>, behind its first word.
Parsed<TypeName> parse_aggregate_state(ParseContext& c) {
  TRY(c.expect(TokenKind::kLess, "'<' after AGG_STATE"));
  const std::string function = duckdb::StringUtil::Lower(std::string(c.text(c.peek())));
  if (!functions::is_aggregate_name(function)) return c.expected("an aggregate function");
  c.advance();
  TRY(c.expect(TokenKind::kLeftParen, "'(' and the types of the arguments"));
  std::vector<LogicalType> arguments;
  TypeName result;
  result.declared = "agg_state<" + function + "(";
  do {
    bool not_null = false;
    arguments.push_back(TRY(parse_nested_type(c, &not_null)));
    result.declared += (arguments.size() > 1 ? ", " : "") + functions::type_name(arguments.back());
    if (!not_null) result.declared += " null";
  } while (c.accept(TokenKind::kComma));
  TRY(c.expect(TokenKind::kRightParen, "',' or ')' after a type"));
  TRY(AngleCloser::close(c));
  result.declared += ")>";
  result.type = functions::aggregate_state_type(function, arguments);
  return result;
}

Parsed<LogicalType> parse_enum(ParseContext& c, bool is_set) {
  TRY(c.expect(TokenKind::kLeftParen, "'(' and the values"));
  std::vector<std::string> values;
  do {
    values.push_back(TRY(parse_string(c, "a value as a string")));
  } while (c.accept(TokenKind::kComma));
  TRY(c.expect(TokenKind::kRightParen, "',' or ')' after a value"));
  TRY(skip_charset(c));
  if (is_set) return LogicalType::VARCHAR;
  duckdb::Vector ordered(LogicalType::VARCHAR, values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    for (size_t j = 0; j < i && values.size() <= 4096; ++j) {
      if (values[i] == values[j]) return c.syntax_error("the ENUM has the value '" + values[i] + "' twice");
    }
    ordered.SetValue(i, duckdb::Value(values[i]));
  }
  return LogicalType::ENUM(ordered, values.size());
}

Parsed<TypeName> parse_text_type(ParseContext& c) {
  TypeName result;
  Sizes sizes = TRY(parse_sizes(c));
  TRY(skip_charset(c));
  result.type = LogicalType::VARCHAR;
  result.length = sizes.first;
  return result;
}

// CHAR(n), VARCHAR(n): with the length in the name. `open_length`: of one without.
Parsed<TypeName> parse_sized_text_type(ParseContext& c, const char* name, uint64_t open_length) {
  TypeName result = TRY(parse_text_type(c));
  result.declared = std::string(name) + "(" + std::to_string(result.length.value_or(open_length)) + ")";
  return result;
}

Parsed<TypeName> of_moment(uint64_t digits) {
  TypeName result;
  result.type = LogicalType::TIMESTAMP;
  if (digits > 0) result.declared = "datetime(" + std::to_string(digits) + ")";
  return result;
}

Parsed<TypeName> parse_blob_type(ParseContext& c) {
  TypeName result;
  result.length = TRY(parse_sizes(c)).first;
  result.type = LogicalType::BLOB;
  return result;
}

Parsed<TypeName> of(Parsed<LogicalType> type) {
  if (!type) return tl::unexpected<Failed>(Failed{});
  TypeName result;
  result.type = std::move(*type);
  return result;
}

}  // namespace

Parsed<TypeName> parse_column_type(ParseContext& c) {
  if (!c.is(TokenKind::kWord)) return c.expected("a type");
  Token word = c.peek();
  c.advance();
  switch (word.keyword) {
    case "TINYINT"_kw:
    case "INT1"_kw:
      return of(parse_integer(c, LogicalType::TINYINT, LogicalType::UTINYINT));
    case "SMALLINT"_kw:
    case "INT2"_kw:
      return of(parse_integer(c, LogicalType::SMALLINT, LogicalType::USMALLINT));
    case "MEDIUMINT"_kw:
    case "MIDDLEINT"_kw:
    case "INT3"_kw:
    case "INT"_kw:
    case "INT4"_kw:
    case "INTEGER"_kw:
      return of(parse_integer(c, LogicalType::INTEGER, LogicalType::UINTEGER));
    case "BIGINT"_kw:
    case "INT8"_kw:
      return of(parse_integer(c, LogicalType::BIGINT, LogicalType::UBIGINT));
    case "LARGEINT"_kw:
      return of(parse_integer(c, LogicalType::HUGEINT, LogicalType::UHUGEINT));
    case "BOOL"_kw:
    case "BOOLEAN"_kw:
      return of(LogicalType::BOOLEAN);
    case "BIT"_kw: {
      Sizes sizes = TRY(parse_sizes(c));
      return of(sizes.first.value_or(1) == 1 ? LogicalType::BOOLEAN : LogicalType::UBIGINT);
    }
    case "DECIMALV2"_kw:
      return of(parse_decimal(c, true));
    case "DECIMAL"_kw:
    case "DECIMALV3"_kw:
    case "NUMERIC"_kw:
    case "DEC"_kw:
    case "FIXED"_kw:
      return of(parse_decimal(c, false));
    case "FLOAT"_kw:
      return of(parse_float(c));
    case "REAL"_kw:
    case "DOUBLE"_kw:
      c.accept("PRECISION"_kw);
      TRY(parse_sizes(c));
      accept_unsigned(c);
      return of(LogicalType::DOUBLE);
    case "DATE"_kw:
    case "DATEV2"_kw:
      return of(LogicalType::DATE);
    case "DATETIME"_kw:
    case "DATETIMEV2"_kw:
    case "TIMESTAMP"_kw:
      return of_moment(TRY(parse_fraction_digits(c, word)));
    case "TIME"_kw:
      TRY(parse_fraction_digits(c, word));
      return of(LogicalType::TIME);
    case "YEAR"_kw:
      TRY(parse_sizes(c));
      return of(LogicalType::SMALLINT);
    case "NATIONAL"_kw:
      if (!c.accept("CHAR"_kw) && !c.accept("VARCHAR"_kw)) TRY(c.expect("CHARACTER"_kw));
      c.accept("VARYING"_kw);
      return parse_text_type(c);
    case "CHAR"_kw:
    case "CHARACTER"_kw:
    case "NCHAR"_kw:
      if (c.accept("VARYING"_kw)) return parse_sized_text_type(c, "varchar", kMaxVarcharBytes);
      return parse_sized_text_type(c, "char", 1);
    case "VARCHAR"_kw:
    case "NVARCHAR"_kw:
      return parse_sized_text_type(c, "varchar", kMaxVarcharBytes);
    case "STRING"_kw:
    case "TEXT"_kw:
    case "TINYTEXT"_kw:
    case "MEDIUMTEXT"_kw:
    case "LONGTEXT"_kw:
      return parse_text_type(c);
    case "LONG"_kw:
      if (c.accept("VARBINARY"_kw)) return of(LogicalType::BLOB);
      c.accept("VARCHAR"_kw);
      return parse_text_type(c);
    case "BLOB"_kw:
    case "TINYBLOB"_kw:
    case "MEDIUMBLOB"_kw:
    case "LONGBLOB"_kw:
    case "BINARY"_kw:
    case "VARBINARY"_kw:
      return parse_blob_type(c);
    case "JSON"_kw:
    case "JSONB"_kw:
      return of(LogicalType::JSON());
    case "VARIANT"_kw: {
      TypeName result;
      result.type = LogicalType::JSON();
      result.declared = "variant";
      return result;
    }
    case "ENUM"_kw:
      return of(parse_enum(c, false));
    case "SET"_kw:
      return of(parse_enum(c, true));
    case "ARRAY"_kw: {
      TRY(c.expect(TokenKind::kLess, "'<' after ARRAY"));
      LogicalType element = TRY(parse_nested_type(c));
      TRY(AngleCloser::close(c));
      return of(LogicalType::LIST(element));
    }
    case "MAP"_kw: {
      TRY(c.expect(TokenKind::kLess, "'<' after MAP"));
      LogicalType key = TRY(parse_nested_type(c));
      TRY(c.expect(TokenKind::kComma, "',' between the types of key and value"));
      LogicalType value = TRY(parse_nested_type(c));
      TRY(AngleCloser::close(c));
      return of(LogicalType::MAP(key, value));
    }
    case "STRUCT"_kw:
      return of(parse_struct(c));
    case "HLL"_kw:
      return of(functions::hll_type());
    case "BITMAP"_kw:
      return of(functions::bitmap_type());
    case "IPV4"_kw:
      return of(functions::ipv4_type());
    case "IPV6"_kw:
      return of(functions::ipv6_type());
    default: {
      const std::string name = duckdb::StringUtil::Upper(std::string(c.text(word)));
      if (name == "QUANTILE_STATE") return of(functions::quantile_state_type());
      if (name == "AGG_STATE") return parse_aggregate_state(c);
      if (name == "DATEV1") return of(LogicalType::DATE);
      if (name == "DATETIMEV1") return of_moment(TRY(parse_fraction_digits(c, word)));
      if (name == "UUID") return of(LogicalType::UUID);
      return c.syntax_error("'" + std::string(c.text(word)) + "' is not a type", word);
    }
  }
}

Parsed<TypeName> parse_cast_type(ParseContext& c) {
  if (c.accept("SIGNED"_kw)) {
    if (!c.accept("INTEGER"_kw)) c.accept("INT"_kw);
    return of(LogicalType::BIGINT);
  }
  if (c.accept("UNSIGNED"_kw)) {
    if (!c.accept("INTEGER"_kw)) c.accept("INT"_kw);
    return of(LogicalType::UBIGINT);
  }
  if (c.is_any("DATETIME"_kw, "DATETIMEV2"_kw)) {
    // The kernel has types that round to these digits. Columns do not use them: their comparisons with text and with
    // other time stamps would round, or not reach the scan.
    const Token word = c.peek();
    c.advance();
    const uint64_t digits = TRY(parse_fraction_digits(c, word));
    TypeName result;
    result.type = digits == 0   ? LogicalType::TIMESTAMP_S
                  : digits == 3 ? LogicalType::TIMESTAMP_MS
                                : LogicalType::TIMESTAMP;
    result.fraction_digits = digits;
    return result;
  }
  if (c.is("TIME"_kw)) {  // a time of Doris, which may go beyond a day; the kernel's does not
    TypeName result = TRY(parse_column_type(c));
    result.type = LogicalType::INTERVAL;
    return result;
  }
  return parse_column_type(c);
}

}  // namespace sluice::dialect
