// SPDX-License-Identifier: Apache-2.0
// ALTER TABLE .. ADD, DROP, RENAME, MODIFY PARTITION.
#include "dialect/expression.h"
#include "dialect/names.h"
#include "dialect/statements.h"
#include "dialect/table_clauses.h"

namespace sluice::dialect {
namespace {

using Change = AlterPartitionsStatement::Change;
using What = AlterPartitionsStatement::What;

bool accept_partition(ParseContext& c) { return c.accept("PARTITION"_kw) || c.accept("PARTITIONS"_kw); }

Parsed<void> parse_add(ParseContext& c, Change& change) {
  change.what = What::kAdd;
  if (c.is("FROM"_kw)) {
    change.written = TRY(parse_partition_interval(c));
  } else {
    change.if_exists = TRY(parse_if_not_exists(c));
    change.written = TRY(parse_partition(c));
  }
  if (c.is(TokenKind::kLeftParen)) TRY(parse_property_list(c));
  if (c.accept("DISTRIBUTED"_kw)) TRY(parse_distribution(c));
  if (c.is(TokenKind::kLeftParen)) TRY(parse_property_list(c));
  return {};
}

// REPLACE PARTITION (p, ..) WITH TEMPORARY PARTITION (t, ..) [FORCE] [PROPERTIES (..)]
Parsed<Change> parse_replace(ParseContext& c) {
  Change change;
  change.what = What::kReplace;
  c.advance();
  change.replaced = TRY(parse_partition_names(c)).names;
  TRY(c.expect("WITH"_kw));
  const PartitionNames by = TRY(parse_partition_names(c));
  if (!by.temporary || by.names.empty()) return c.expected("TEMPORARY PARTITION (..)");
  change.by = by.names;
  change.force = c.accept("FORCE"_kw);
  if (!c.is("PROPERTIES"_kw)) return change;
  for (const auto& [key, value] : TRY(parse_properties(c))) {
    const bool on = duckdb::StringUtil::CIEquals(value, "true");
    if (key == "strict_range") change.strict_range = on;
    if (key == "use_temp_partition_name") change.keep_temporary_names = on;
  }
  return change;
}

Parsed<Change> parse_change(ParseContext& c) {
  if (c.is("REPLACE"_kw)) return parse_replace(c);
  Change change;
  auto& name = change.written.partition.name;
  const Keyword verb = c.peek().keyword;
  c.advance();
  change.written.partition.temporary = c.accept("TEMPORARY"_kw);
  accept_partition(c);
  switch (verb) {
    case "ADD"_kw: {
      const bool temporary = change.written.partition.temporary;
      TRY(parse_add(c, change));
      change.written.partition.temporary = temporary;
      return change;
    }
    case "DROP"_kw:
      change.what = What::kDrop;
      change.if_exists = TRY(parse_if_exists(c));
      name = TRY(parse_name(c, "a partition name"));
      change.force = c.accept("FORCE"_kw);
      if (c.accept("FROM"_kw)) {
        TRY(c.expect("INDEX"_kw));
        TRY(parse_name(c, "an index name"));
        change.of_index = true;
      }
      change.force |= c.accept("FORCE"_kw);
      return change;
    case "RENAME"_kw:
      change.what = What::kRename;
      name = TRY(parse_name(c, "a partition name"));
      c.accept("TO"_kw);
      change.new_name = TRY(parse_name(c, "the new name"));
      return change;
    default:
      change.what = What::kModify;
      if (c.is(TokenKind::kLeftParen))
        TRY(skip_parentheses(c));
      else
        name = TRY(parse_name(c, "a partition name"));
      TRY(c.expect("SET"_kw));
      for (const auto& [key, value] : TRY(parse_property_list(c))) {
        if (key == "in_memory" && duckdb::StringUtil::CIEquals(value, "true"))
          return c.failure(sql_error(Code::kInvalidArgument, 1105, "Not support set 'in_memory'='true' now!"));
      }
      return change;
  }
}

}  // namespace

bool at_alter_partitions(const ParseContext& c) {
  const bool verb = c.is_any("ADD"_kw, "DROP"_kw, "RENAME"_kw, "MODIFY"_kw, "REPLACE"_kw);
  const size_t ahead = c.is("TEMPORARY"_kw, 1) ? 2 : 1;
  return verb && (c.is("PARTITION"_kw, ahead) || c.is("PARTITIONS"_kw, ahead));
}

Body parse_recover(ParseContext& c) {
  c.advance();
  RecoverStatement recover;
  auto id = [&]() -> Parsed<void> {
    if (c.is(TokenKind::kInteger)) recover.id = TRY(parse_unsigned(c, "an id"));
    return {};
  };
  if (c.accept("DATABASE"_kw) || c.accept("SCHEMA"_kw)) {
    recover.what = RecoverStatement::What::kDatabase;
    recover.table.database = TRY(parse_name(c, "a database name"));
    TRY(id());
  } else if (c.accept("TABLE"_kw)) {
    recover.table = TRY(parse_qualified_name(c, "a table name"));
    TRY(id());
  } else {
    recover.what = RecoverStatement::What::kPartition;
    TRY(c.expect("PARTITION"_kw));
    recover.partition = TRY(parse_name(c, "a partition name"));
    TRY(id());
  }
  if (c.accept("AS"_kw)) recover.new_name = TRY(parse_name(c, "the new name"));
  if (recover.what == RecoverStatement::What::kPartition) {
    TRY(c.expect("FROM"_kw));
    recover.table = TRY(parse_qualified_name(c, "a table name"));
  }
  return recover;
}

Body parse_alter_partitions(ParseContext& c, QualifiedName table) {
  AlterPartitionsStatement statement;
  statement.table = std::move(table);
  do {
    if (!at_alter_partitions(c)) return c.unsupported("ALTER TABLE with partitions and other changes");
    statement.changes.push_back(TRY(parse_change(c)));
  } while (c.accept(TokenKind::kComma));
  return statement;
}

}  // namespace sluice::dialect
