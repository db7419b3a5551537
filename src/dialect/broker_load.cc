// SPDX-License-Identifier: Apache-2.0
// LOAD LABEL l (DATA INFILE(..) INTO TABLE t ..) WITH S3 (..): Doris' load of files from elsewhere.
#include "dialect/expression.h"
#include "dialect/literals.h"
#include "dialect/names.h"
#include "dialect/statements.h"
#include "dialect/table_clauses.h"

namespace sluice::dialect {
namespace {

using Part = BrokerLoadStatement::Part;

// An expression, as it is written.
Parsed<std::string> parse_written(ParseContext& c) {
  const size_t first = c.mark();
  TRY(parse_expression(c));
  return std::string(c.text_since(first));
}

Parsed<void> parse_mappings(ParseContext& c, Part& part) {
  TRY(c.expect(TokenKind::kLeftParen, "'(' and column = expression"));
  do {
    std::string column = TRY(parse_name(c, "a column"));
    TRY(c.expect(TokenKind::kEqual, "'='"));
    part.mappings.emplace_back(std::move(column), TRY(parse_written(c)));
  } while (c.accept(TokenKind::kComma));
  return c.expect(TokenKind::kRightParen, "',' or ')'");
}

Parsed<void> parse_clauses(ParseContext& c, Part& part) {
  for (;;) {
    if (c.is("COLUMNS"_kw) && c.is("FROM"_kw, 1)) return c.unsupported("COLUMNS FROM PATH AS in LOAD LABEL");
    if (c.accept("COLUMNS"_kw, "TERMINATED"_kw)) {
      TRY(c.expect("BY"_kw));
      part.column_separator = TRY(parse_string(c, "the separator in quotes"));
    } else if (c.accept("LINES"_kw, "TERMINATED"_kw)) {
      TRY(c.expect("BY"_kw));
      part.line_delimiter = TRY(parse_string(c, "the end of lines in quotes"));
    } else if (c.accept("FORMAT"_kw)) {
      TRY(c.expect("AS"_kw));
      part.format = duckdb::StringUtil::Upper(TRY(parse_name_or_string(c, "a format in quotes")));
    } else if (c.is_word("COMPRESS_TYPE")) {
      return c.unsupported("COMPRESS_TYPE in LOAD LABEL");
    } else if (c.is(TokenKind::kLeftParen)) {
      part.columns = TRY(parse_name_list(c));
    } else if (c.accept("SET"_kw)) {
      TRY(parse_mappings(c, part));
    } else if (c.is_word("PRECEDING")) {
      return c.unsupported("PRECEDING FILTER in LOAD LABEL");
    } else if (c.accept("WHERE"_kw)) {
      part.where = TRY(parse_written(c));
    } else if (c.is("DELETE"_kw)) {
      return c.unsupported("DELETE ON in LOAD LABEL");
    } else if (c.is("ORDER"_kw)) {
      return c.unsupported("ORDER BY in LOAD LABEL");
    } else if (c.is("PROPERTIES"_kw)) {
      TRY(parse_properties(c));
    } else {
      return {};
    }
  }
}

Parsed<Part> parse_part(ParseContext& c) {
  Part part;
  for (const char* word : {"MERGE", "APPEND", "DELETE"}) {
    if (!c.is_word(word) || !c.is("DATA"_kw, 1)) continue;
    if (std::string_view(word) != "APPEND") return c.unsupported(std::string(word) + " in LOAD LABEL");
    c.advance();
  }
  TRY(c.expect("DATA"_kw));
  TRY(c.expect("INFILE"_kw));
  TRY(c.expect(TokenKind::kLeftParen, "'(' and URLs in quotes"));
  do {
    part.urls.push_back(TRY(parse_string(c, "a URL in quotes: \"s3://bucket/key\"")));
  } while (c.accept(TokenKind::kComma));
  TRY(c.expect(TokenKind::kRightParen, "',' or ')'"));
  if (c.is_word("NEGATIVE")) return c.unsupported("NEGATIVE in LOAD LABEL");
  TRY(c.expect("INTO"_kw));
  TRY(c.expect("TABLE"_kw));
  part.table = TRY(parse_qualified_name(c, "a table name"));
  if (c.accept("PARTITION"_kw) || c.accept("PARTITIONS"_kw)) part.partitions = TRY(parse_name_list(c));
  TRY(parse_clauses(c, part));
  return part;
}

}  // namespace

Body parse_broker_load(ParseContext& c) {
  BrokerLoadStatement load;
  QualifiedName label = TRY(parse_qualified_name(c, "a label"));
  load.label = std::move(label.name);
  load.database = std::move(label.database);
  TRY(c.expect(TokenKind::kLeftParen, "'(' and DATA INFILE"));
  do {
    load.parts.push_back(TRY(parse_part(c)));
  } while (c.accept(TokenKind::kComma));
  TRY(c.expect(TokenKind::kRightParen, "',' or ')'"));
  TRY(c.expect("WITH"_kw));
  if (!c.accept_word("S3")) return c.unsupported("LOAD LABEL WITH anything but S3");
  load.storage = TRY(parse_property_list(c));
  if (c.is("PROPERTIES"_kw)) load.properties = TRY(parse_properties(c));
  if (c.accept("COMMENT"_kw)) TRY(parse_string(c, "a comment"));
  return load;
}

}  // namespace sluice::dialect
