// SPDX-License-Identifier: Apache-2.0
// A column of CREATE TABLE and ALTER TABLE: its type and what is said of it.

#include "dialect/create_table_parts.h"
#include "dialect/expression.h"
#include "dialect/names.h"
#include "dialect/statements.h"
#include "dialect/table_clauses.h"
#include "dialect/tree.h"
#include "dialect/types.h"

namespace sluice::dialect {
namespace {

// SUM, MAX, REPLACE, .. of a column of an aggregate table.
bool accept_aggregation(ParseContext& c, kernel::ColumnModel& model) {
  for (const char* how : {"SUM", "MAX", "MIN", "REPLACE", "REPLACE_IF_NOT_NULL", "HLL_UNION", "BITMAP_UNION",
                          "QUANTILE_UNION", "GENERIC"}) {
    if (!c.accept_word(how)) continue;
    model.aggregation = how;
    return true;
  }
  return false;
}

// "current_timestamp(3)" -> 3, "now()" -> 0; nothing for what is not the present moment.
std::optional<std::string> precision_of_now(std::string_view text) {
  const std::string lower = duckdb::StringUtil::Lower(std::string(text));
  for (std::string_view word : {"current_timestamp", "now", "localtimestamp", "localtime"}) {
    if (!lower.starts_with(word)) continue;
    std::string digits;
    for (char letter : lower.substr(word.size())) {
      if (letter >= '0' && letter <= '9') digits += letter;
    }
    return digits.empty() ? "0" : digits;
  }
  return std::nullopt;
}

// DEFAULT CURRENT_TIMESTAMP and ON UPDATE CURRENT_TIMESTAMP as they were written; empty for none.
Parsed<void> check_present_moment(ParseContext& c, const ColumnParts& parts, std::string_view value,
                                  std::string_view on_update) {
  const auto refuse = [&](const std::string& reason) {
    return c.failure(sql_error(Code::kInvalidArgument, 1105, "errCode = 2, detailMessage = " + reason));
  };
  const auto now = precision_of_now(value);
  const auto type = parts.column.Type().id();
  const bool moment = type == duckdb::LogicalTypeId::TIMESTAMP || type == duckdb::LogicalTypeId::TIMESTAMP_SEC ||
                      type == duckdb::LogicalTypeId::TIMESTAMP_MS || type == duckdb::LogicalTypeId::TIMESTAMP_TZ;
  if (now && !moment)
    return refuse("Types other than DATETIME and DATETIMEV2 cannot use current_timestamp as the default value");
  constexpr std::string_view kDatetime = "datetime(";
  const std::string& declared = parts.model.type;
  if (now && declared.starts_with(kDatetime) && now->front() > declared[kDatetime.size()])
    return refuse("default value precision: CURRENT_TIMESTAMP(" + *now +
                  ") can not be greater than type precision: datetimev2(" + declared[kDatetime.size()] + ")");
  const std::string constant = duckdb::StringUtil::Upper(std::string(value));
  if ((constant == "CURRENT_DATE" || constant == "CURRENT_DATE()") && type != duckdb::LogicalTypeId::DATE)
    return refuse("Types other than DATE and DATEV2 cannot use current_date as the default value");
  if (constant == "PI" && type != duckdb::LogicalTypeId::DOUBLE)
    return refuse("Types other than DOUBLE cannot use pi as the default value");
  if (on_update.empty()) return {};
  if (!now) {
    return refuse("You must set the default value of the column[" + parts.column.Name() +
                  "] to CURRENT_TIMESTAMP when using 'ON UPDATE CURRENT_TIMESTAMP'.");
  }
  if (precision_of_now(on_update) != now) {
    return refuse("The precision of the default value of column[" + parts.column.Name() +
                  "] should be the same with the precision in 'ON UPDATE CURRENT_TIMESTAMP'.");
  }
  return {};
}

}  // namespace

Parsed<ColumnParts> parse_column_definition(ParseContext& c) {
  ColumnParts parts;
  std::string default_text, on_update_text;
  std::string name = TRY(parse_name(c, "a column name"));
  TypeName type = TRY(parse_column_type(c));
  parts.column = duckdb::ColumnDefinition(std::move(name), type.type);
  kernel::ColumnModel& model = parts.model;
  model.type = std::move(type.declared);
  if (type.type.id() == duckdb::LogicalTypeId::VARCHAR)
    model.max_bytes = type.length.value_or(model.type == "char(1)" ? 1 : 0);
  for (;;) {
    switch (c.peek().keyword) {
      case "NOT"_kw:
        c.advance();
        TRY(c.expect("NULL"_kw));
        parts.not_null = true;
        break;
      case "NULL"_kw:
        c.advance();
        break;
      case "PRIMARY"_kw:
        c.advance();
        TRY(c.expect("KEY"_kw));
        parts.primary_key = true;
        break;
      case "UNIQUE"_kw:
        c.advance();
        c.accept("KEY"_kw);
        parts.unique = true;
        break;
      case "KEY"_kw:
        c.advance();
        parts.key = true;
        model.key = true;
        break;
      case "DEFAULT"_kw: {
        c.advance();
        const size_t value = c.mark();
        // Doris' constants; else a bare function name, a literal or (expression): operators need the parentheses.
        if (c.accept_word("BITMAP_EMPTY")) {
          parts.column.SetDefaultValue(tree::doris("bitmap_empty"));
        } else if (c.accept_word("HLL_EMPTY")) {
          parts.column.SetDefaultValue(tree::doris("hll_empty"));
        } else if (c.is_word("PI") && !c.is(TokenKind::kLeftParen, 1)) {
          c.advance();
          parts.column.SetDefaultValue(tree::function("pi"));
        } else {
          parts.column.SetDefaultValue(TRY(parse_operand(c)));
        }
        default_text = c.text_since(value);
        break;
      }
      case "ON"_kw:
        c.advance();
        TRY(c.expect("UPDATE"_kw));
        {
          const size_t value = c.mark();
          TRY(parse_operand(c));
          on_update_text = c.text_since(value);
        }
        model.now_on_update = true;
        break;
      case "AUTO_INCREMENT"_kw:
        c.advance();
        model.auto_increment = true;
        if (c.accept(TokenKind::kLeftParen)) {
          parts.first_number = TRY(parse_unsigned(c, "the first number"));
          TRY(c.expect(TokenKind::kRightParen, "')'"));
        }
        break;
      case "COMMENT"_kw:
        c.advance();
        model.comment = TRY(parse_string(c, "a comment"));
        break;
      case "COLLATE"_kw:
        c.advance();
        TRY(parse_name_or_string(c, "a collation"));
        break;
      case "CHECK"_kw:
        c.advance();
        TRY(c.expect(TokenKind::kLeftParen, "'('"));
        parts.check = TRY(parse_expression(c));
        TRY(c.expect(TokenKind::kRightParen, "')'"));
        break;
      case "GENERATED"_kw:
        c.advance();
        if (!c.accept_word("ALWAYS")) return c.expected("ALWAYS");
        TRY(c.expect("AS"_kw));
        [[fallthrough]];
      case "AS"_kw: {
        if (c.is("AS"_kw)) c.advance();
        TRY(c.expect(TokenKind::kLeftParen, "'(' and an expression"));
        const size_t first = c.mark();
        parts.column.SetGeneratedExpression(TRY(parse_expression(c)));
        for (size_t i = first; i < c.mark(); ++i) {
          const TokenKind kind = c.peek_at(i).kind;
          if (kind == TokenKind::kUserVariable || kind == TokenKind::kAtAt)
            return c.failure(sql_error(Code::kInvalidArgument, 1105,
                                       "errCode = 2, detailMessage = Generated column expression cannot contain "
                                       "variable."));
        }
        parts.generated = c.text_since(first);
        TRY(c.expect(TokenKind::kRightParen, "')'"));
        if (!c.accept("VIRTUAL"_kw)) c.accept("STORED"_kw);
        break;
      }
      case "REFERENCES"_kw:
        while (!c.is(TokenKind::kComma) && !c.is(TokenKind::kRightParen) && !c.at_end()) {
          if (c.is(TokenKind::kLeftParen))
            TRY(skip_parentheses(c));
          else
            c.advance();
        }
        break;
      case "INVISIBLE"_kw:
      case "VISIBLE"_kw:
        c.advance();
        break;
      default:
        if (accept_aggregation(c, model)) break;
        TRY(check_present_moment(c, parts, default_text, on_update_text));
        parts.column.SetComment(kernel::encode(model));
        return parts;
    }
  }
}

}  // namespace sluice::dialect
