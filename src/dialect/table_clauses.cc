// SPDX-License-Identifier: Apache-2.0
#include "dialect/table_clauses.h"

#include "base/sql_text.h"
#include "dialect/expression.h"
#include "dialect/literals.h"
#include "dialect/names.h"
#include "dialect/statements.h"
#include "duckdb/common/string_util.hpp"

namespace sluice::dialect {
namespace {

using kernel::Bound;
using kernel::PartitionKind;
using kernel::WrittenPartition;

// A literal of a bound as text; nothing for MAXVALUE and NULL.
Parsed<std::optional<std::string>> parse_bound_value(ParseContext& c) {
  if (c.accept("MAXVALUE"_kw) || c.accept("NULL"_kw)) return std::optional<std::string>();
  if (c.is(TokenKind::kString)) return std::optional(TRY(parse_string(c, "a value")));
  for (const char* word : {"TRUE", "FALSE"}) {
    if (c.accept_word(word)) return std::optional<std::string>(word);
  }
  std::string text;
  if (c.accept(TokenKind::kMinus)) text = "-";
  if (is_literal(c.peek().kind)) {
    text += c.text(c.peek());
    c.advance();
    return std::optional(std::move(text));
  }
  // DATE '2020-01-01', current_date(), ..: no value that is known here.
  if (c.is(TokenKind::kWord) && c.is(TokenKind::kString, 1)) {
    c.advance();
    return std::optional(TRY(parse_string(c, "a value")));
  }
  return c.expected("a value of a partition, or MAXVALUE");
}

// (a, b)
Parsed<Bound> parse_bound(ParseContext& c) {
  Bound bound;
  if (c.accept("MAXVALUE"_kw)) {
    bound.emplace_back();
    return bound;
  }
  TRY(c.expect(TokenKind::kLeftParen, "'(' and a bound"));
  do {
    bound.push_back(TRY(parse_bound_value(c)));
  } while (c.accept(TokenKind::kComma));
  TRY(c.expect(TokenKind::kRightParen, "',' or ')'"));
  return bound;
}

// (1, 2) or ((1, 'a'), (2, 'b'))
Parsed<std::vector<Bound>> parse_list_values(ParseContext& c) {
  std::vector<Bound> values;
  TRY(c.expect(TokenKind::kLeftParen, "'(' and values"));
  do {
    if (c.is(TokenKind::kLeftParen))
      values.push_back(TRY(parse_bound(c)));
    else
      values.push_back({TRY(parse_bound_value(c))});
  } while (c.accept(TokenKind::kComma));
  TRY(c.expect(TokenKind::kRightParen, "',' or ')'"));
  return values;
}

// After FROM.
Parsed<void> parse_interval(ParseContext& c, WrittenPartition& written) {
  written.interval = true;
  Bound from = TRY(parse_bound(c));
  TRY(c.expect("TO"_kw));
  Bound to = TRY(parse_bound(c));
  if (from.size() != 1 || to.size() != 1 || !from[0] || !to[0])
    return c.syntax_error("FROM and TO of partitions have one value each");
  written.from = *from[0];
  written.to = *to[0];
  TRY(c.expect("INTERVAL"_kw));
  const uint64_t step = TRY(parse_unsigned(c, "a number"));
  if (step > 1'000'000'000) return c.syntax_error("the interval is too long");
  written.step = static_cast<int64_t>(step);
  for (const char* unit : {"YEAR", "MONTH", "WEEK", "DAY", "HOUR"}) {
    if (c.accept_word(unit)) written.unit = unit;
  }
  return {};
}

// The columns in PARTITION BY RANGE (..): names, or date_trunc(c, 'unit') of AUTO partitions. False for anything else,
// with the cursor after the parentheses.
Parsed<bool> parse_partition_columns(ParseContext& c, kernel::TableModel& model) {
  const bool plain = [&] {
    for (size_t i = 1;; i += 2) {
      if (!at_name(c, i)) return false;
      if (c.is(TokenKind::kRightParen, i + 1)) return true;
      if (!c.is(TokenKind::kComma, i + 1)) return false;
    }
  }();
  if (plain) {
    model.partition_columns = TRY(parse_name_list(c));
    return true;
  }
  const bool truncated = c.is_word("DATE_TRUNC", 1) && c.is(TokenKind::kLeftParen, 2) && at_name(c, 3) &&
                         c.is(TokenKind::kComma, 4) && c.is(TokenKind::kString, 5) && c.is(TokenKind::kRightParen, 6) &&
                         c.is(TokenKind::kRightParen, 7);
  if (!truncated) {
    TRY(skip_parentheses(c));
    return false;
  }
  for (int i = 0; i < 3; ++i) c.advance();
  model.partition_columns = {TRY(parse_name(c, "a column"))};
  c.advance();
  model.auto_unit = duckdb::StringUtil::Lower(TRY(parse_string(c, "a unit")));
  c.advance();
  c.advance();
  return true;
}

}  // namespace

Parsed<void> skip_parentheses(ParseContext& c) {
  TRY(c.expect(TokenKind::kLeftParen, "'('"));
  for (size_t open = 1; open > 0; c.advance()) {
    if (c.is(TokenKind::kEnd)) return c.expected("')'");
    if (c.is(TokenKind::kLeftParen) || c.is(TokenKind::kLeftBracket)) ++open;
    if (c.is(TokenKind::kRightParen) || c.is(TokenKind::kRightBracket)) --open;
  }
  return {};
}

Parsed<WrittenPartition> parse_partition(ParseContext& c) {
  WrittenPartition written;
  TRY(parse_if_not_exists(c));
  written.partition.name = TRY(parse_name_or_string(c, "a partition name"));
  if (c.accept("FROM"_kw)) {
    TRY(parse_interval(c, written));
  } else {
    TRY(c.expect("VALUES"_kw));
    if (c.accept("LESS"_kw, "THAN"_kw)) {
      written.less_than = true;
      written.partition.upper = TRY(parse_bound(c));
    } else if (c.accept("IN"_kw)) {
      written.partition.values = TRY(parse_list_values(c));
    } else {
      TRY(c.expect(TokenKind::kLeftBracket, "LESS THAN, IN or '['"));
      written.partition.lower = TRY(parse_bound(c));
      TRY(c.expect(TokenKind::kComma, "',' between the bounds"));
      written.partition.upper = TRY(parse_bound(c));
      TRY(c.expect(TokenKind::kRightParen, "')' after the bounds"));
    }
  }
  if (c.is(TokenKind::kLeftParen)) TRY(parse_property_list(c));
  return written;
}

Parsed<WrittenPartition> parse_partition_interval(ParseContext& c) {
  WrittenPartition written;
  TRY(c.expect("FROM"_kw));
  TRY(parse_interval(c, written));
  return written;
}

Parsed<void> parse_partition_by(ParseContext& c, bool automatic, kernel::TableModel& model,
                                std::vector<WrittenPartition>& partitions) {
  TRY(c.expect("BY"_kw));
  const bool range = c.accept("RANGE"_kw);
  const bool list = !range && c.accept("LIST"_kw);
  if (!range && !list) {
    while (c.is_any("HASH"_kw, "LINEAR"_kw, "KEY"_kw)) c.advance();
    if (at_name(c) && c.is(TokenKind::kLeftParen, 1)) {  // MySQL's functions, Doris' date_trunc(..) without RANGE
      c.advance();
      TRY(skip_parentheses(c));
    } else {
      TRY(skip_parentheses(c));
    }
    if (c.accept("PARTITIONS"_kw)) TRY(parse_unsigned(c, "a number of partitions"));
    if (c.is(TokenKind::kLeftParen) && !c.at_parenthesised_query()) TRY(skip_parentheses(c));
    return {};
  }
  c.accept("COLUMNS"_kw);
  const bool known = TRY(parse_partition_columns(c, model));
  if (automatic && range && model.auto_unit.empty()) {
    return c.failure(sql_error(Code::kInvalidArgument, 1105,
                               known ? "errCode = 2, detailMessage = auto create partition only support date_trunc "
                                       "function of RANGE partition"
                                     : "errCode = 2, detailMessage = auto create partition only support function call "
                                       "expr is date_trunc: partition expr date_trunc is illegal!"));
  }
  if (automatic && list && !known) {
    return c.failure(sql_error(Code::kInvalidArgument, 1105,
                               "errCode = 2, detailMessage = auto create partition only support slotRef in list "
                               "partitions."));
  }
  if (c.accept("PARTITIONS"_kw)) TRY(parse_unsigned(c, "a number of partitions"));
  if (!known) {
    if (c.is(TokenKind::kLeftParen) && !c.at_parenthesised_query()) TRY(skip_parentheses(c));
    return {};
  }
  model.partitioned = range ? PartitionKind::kRange : PartitionKind::kList;
  model.auto_partitions = automatic || !model.auto_unit.empty();
  if (!c.is(TokenKind::kLeftParen) || c.at_parenthesised_query()) return {};
  c.advance();
  while (!c.is(TokenKind::kRightParen)) {
    if (c.is("FROM"_kw)) {
      partitions.push_back(TRY(parse_partition_interval(c)));
    } else {
      TRY(c.expect("PARTITION"_kw));
      partitions.push_back(TRY(parse_partition(c)));
      // MySQL: ENGINE = InnoDB, COMMENT = 'x'
      while (c.is("ENGINE"_kw) || c.is("COMMENT"_kw)) {
        c.advance();
        c.accept(TokenKind::kEqual);
        c.advance();
      }
    }
    if (!c.accept(TokenKind::kComma)) break;
  }
  return c.expect(TokenKind::kRightParen, "',' or ')' after a partition");
}

Parsed<std::string> parse_distribution(ParseContext& c) {
  TRY(c.expect("BY"_kw));
  std::string text;
  if (c.accept("HASH"_kw)) {
    for (const auto& column : TRY(parse_name_list(c))) text += (text.empty() ? "" : ", ") + quoted_name(column);
    text = "HASH(" + text + ")";
  } else {
    TRY(c.expect("RANDOM"_kw));
    text = "RANDOM";
  }
  if (!c.accept("BUCKETS"_kw)) return text + " BUCKETS 10";
  if (c.accept("AUTO"_kw)) return text + " BUCKETS AUTO";
  return text + " BUCKETS " + std::to_string(TRY(parse_unsigned(c, "a number of buckets")));
}

Parsed<PartitionNames> parse_partition_names(ParseContext& c) {
  PartitionNames result;
  const bool temporary = c.is("TEMPORARY"_kw) && (c.is("PARTITION"_kw, 1) || c.is("PARTITIONS"_kw, 1));
  if (temporary) {
    c.advance();
    result.temporary = true;
  } else if (!c.is("PARTITION"_kw) && !c.is("PARTITIONS"_kw)) {
    return result;
  }
  if (!c.is(TokenKind::kLeftParen, 1) && !at_name(c, 1)) return result;
  c.advance();
  if (!c.accept(TokenKind::kLeftParen)) {
    result.names.push_back(TRY(parse_name(c, "a partition name")));
    return result;
  }
  if (c.accept(TokenKind::kStar)) {
    result.all = true;
  } else {
    do {
      result.names.push_back(TRY(parse_name_or_string(c, "a partition name")));
    } while (c.accept(TokenKind::kComma));
  }
  TRY(c.expect(TokenKind::kRightParen, "',' or ')' after a partition name"));
  return result;
}

}  // namespace sluice::dialect
