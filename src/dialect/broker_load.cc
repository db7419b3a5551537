// SPDX-License-Identifier: Apache-2.0
// LOAD LABEL l (DATA INFILE(..) INTO TABLE t ..) WITH S3 (..): Doris' load of files from elsewhere.
#include <algorithm>
#include <set>

#include "base/decompress.h"
#include "dialect/expression.h"
#include "dialect/literals.h"
#include "dialect/names.h"
#include "dialect/statements.h"
#include "dialect/table_clauses.h"
#include "dialect/tree.h"

namespace sluice::dialect {
namespace {

using Part = BrokerLoadStatement::Part;

using Merge = BrokerLoadStatement::Merge;

Parsed<ExprPtr> parse_condition(ParseContext& c) { return tree::condition(TRY(parse_expression(c))); }

// Each name once, also those that the other lists have.
Parsed<std::vector<std::string>> parse_fields(ParseContext& c, std::set<std::string>& seen) {
  const Token& first = c.peek();
  auto names = TRY(parse_name_list(c));
  for (const auto& name : names) {
    if (!seen.insert(duckdb::StringUtil::Lower(name)).second) return c.syntax_error("Duplicate column: " + name, first);
  }
  return names;
}

Parsed<void> parse_mappings(ParseContext& c, Part& part) {
  TRY(c.expect(TokenKind::kLeftParen, "'(' and column = expression"));
  std::set<std::string> seen;
  do {
    const Token& first = c.peek();
    std::string column = TRY(parse_name(c, "a column"));
    if (!seen.insert(duckdb::StringUtil::Lower(column)).second)
      return c.syntax_error("Duplicate column mapping: " + column, first);
    TRY(c.expect(TokenKind::kEqual, "'='"));
    part.mappings.emplace_back(std::move(column), TRY(parse_expression(c)));
  } while (c.accept(TokenKind::kComma));
  return c.expect(TokenKind::kRightParen, "',' or ')'");
}

// What the file looks like.
Parsed<void> parse_file(ParseContext& c, Part& part) {
  if (c.accept("COLUMNS"_kw, "TERMINATED"_kw)) {
    TRY(c.expect("BY"_kw));
    part.column_separator = TRY(parse_string(c, "the separator in quotes"));
  }
  if (c.accept("LINES"_kw)) {
    TRY(c.expect("TERMINATED"_kw));
    TRY(c.expect("BY"_kw));
    part.line_delimiter = TRY(parse_string(c, "the end of lines in quotes"));
  }
  if (c.accept("FORMAT"_kw)) {
    TRY(c.expect("AS"_kw));
    part.format = duckdb::StringUtil::Upper(TRY(parse_name_or_string(c, "a format in quotes")));
  }
  if (c.accept_word("COMPRESS_TYPE")) {
    TRY(c.expect("AS"_kw));
    part.compression = duckdb::StringUtil::Lower(TRY(parse_name_or_string(c, "a compression in quotes")));
    if (part.compression != "plain" && part.compression != "none" && !find_compression(part.compression))
      return c.unsupported("COMPRESS_TYPE AS " + part.compression + " in LOAD LABEL");
  }
  return {};
}

// Which fields it has, and what becomes of them.
Parsed<void> parse_rows(ParseContext& c, Part& part) {
  std::set<std::string> seen;
  if (c.is(TokenKind::kLeftParen)) part.columns = TRY(parse_fields(c, seen));
  if (c.is("COLUMNS"_kw)) {
    const Token& first = c.peek();
    c.advance();
    TRY(c.expect("FROM"_kw));
    if (!c.accept_word("PATH")) return c.expected("PATH AS and columns");
    TRY(c.expect("AS"_kw));
    part.path_columns = TRY(parse_fields(c, seen));
    if (part.columns.empty()) return c.syntax_error("Can not specify columns_from_path without column_list", first);
  }
  if (c.accept("SET"_kw)) TRY(parse_mappings(c, part));
  if (c.accept_word("PRECEDING")) {
    if (!c.accept_word("FILTER")) return c.expected("FILTER and a condition");
    part.preceding = TRY(parse_condition(c));
  }
  if (c.accept("WHERE"_kw)) part.where = TRY(parse_condition(c));
  if (c.is("DELETE"_kw)) {
    if (part.merge != Merge::kMerge)
      return c.syntax_error("not support DELETE ON clause when merge type is not MERGE.", c.peek());
    c.advance();
    TRY(c.expect("ON"_kw));
    part.delete_on = TRY(parse_condition(c));
  } else if (part.merge == Merge::kMerge) {
    return c.expected("DELETE ON and a condition, because of MERGE");
  }
  if (c.accept("ORDER"_kw)) {
    TRY(c.expect("BY"_kw));
    part.sequence = TRY(parse_name(c, "the sequence column"));
  }
  if (c.is("PROPERTIES"_kw)) part.properties = TRY(parse_properties(c));
  return {};
}

Parsed<Part> parse_part(ParseContext& c) {
  static constexpr std::pair<const char*, Merge> kMerges[] = {
      {"MERGE", Merge::kMerge}, {"APPEND", Merge::kAppend}, {"DELETE", Merge::kDelete}};
  Part part;
  const bool with = c.accept("WITH"_kw);
  const auto written = std::ranges::find_if(kMerges, [&](const auto& merge) { return c.accept_word(merge.first); });
  if (written != std::end(kMerges)) part.merge = written->second;
  if (with && written == std::end(kMerges)) return c.expected("MERGE, APPEND or DELETE");
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
  TRY(parse_file(c, part));
  TRY(parse_rows(c, part));
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
  if (c.parameter_count() > 0) return c.unsupported("'?' in LOAD LABEL");
  return load;
}

}  // namespace sluice::dialect
