// SPDX-License-Identifier: Apache-2.0
// ALTER TABLE of MySQL and of Doris, CREATE, DROP and BUILD INDEX of Doris: read into clauses, which the session
// carries out.
#include "dialect/expression.h"
#include "dialect/names.h"
#include "dialect/statements.h"
#include "kernel/table_model.h"

namespace sluice::dialect {
namespace {

using Alter = AlterTableStatement;
using What = Alter::What;
using Clause = Alter::Clause;

Clause clause_of(What what) {
  Clause clause;
  clause.what = what;
  return clause;
}

Alter::Column alter_column(ColumnParts parts) {
  Alter::Column column;
  column.not_null = parts.not_null;
  column.definition = std::move(parts.column);
  if (parts.key) {
    kernel::ColumnModel model = kernel::decode_column(column.definition.Comment());
    model.key = true;
    column.definition.SetComment(kernel::encode(model));
  }
  return column;
}

// FIRST | AFTER c
Parsed<void> parse_position(ParseContext& c, Alter::Column& column) {
  if (c.accept("FIRST"_kw))
    column.first = true;
  else if (c.accept("AFTER"_kw))
    column.after = TRY(parse_name(c, "a column name"));
  return {};
}

// TO rollup | IN rollup | FROM rollup, then PROPERTIES (..)
Parsed<void> parse_rollup_and_properties(ParseContext& c, Clause& clause) {
  if (c.accept("TO"_kw) || c.accept("IN"_kw) || c.accept("FROM"_kw))
    clause.rollup = TRY(parse_name(c, "a rollup name"));
  if (c.is("PROPERTIES"_kw)) clause.properties = TRY(parse_properties(c));
  return {};
}

Parsed<Alter::Column> parse_new_column(ParseContext& c) {
  ColumnParts parts = TRY(parse_column_definition(c));
  if (parts.primary_key || parts.unique || parts.check)
    return c.unsupported("adding or changing a column together with a key or check");
  Alter::Column column = alter_column(std::move(parts));
  TRY(parse_position(c, column));
  return column;
}

// After ADD [COLUMN]
Parsed<void> parse_add_columns(ParseContext& c, Alter& alter) {
  bool if_not_exists = TRY(parse_if_not_exists(c));
  bool several = c.accept(TokenKind::kLeftParen);
  const size_t begin = alter.clauses.size();
  do {
    Clause clause = clause_of(What::kAddColumn);
    clause.if_not_exists = if_not_exists;
    clause.column = TRY(parse_new_column(c));
    clause.name = clause.column->definition.Name();
    alter.clauses.push_back(std::move(clause));
  } while (several && c.accept(TokenKind::kComma));
  if (several) TRY(c.expect(TokenKind::kRightParen, "',' or ')'"));
  Clause target;
  TRY(parse_rollup_and_properties(c, target));
  for (size_t i = begin; i < alter.clauses.size(); ++i) alter.clauses[i].rollup = target.rollup;
  return {};
}

// After ADD CONSTRAINT name, ADD, at PRIMARY, UNIQUE or FOREIGN.
Parsed<Clause> parse_constraint(ParseContext& c, std::string name) {
  Clause clause = clause_of(name.empty() ? What::kAddPrimaryKey : What::kAddConstraint);
  clause.name = std::move(name);
  if (c.accept("PRIMARY"_kw, "KEY"_kw)) {
    clause.text = "PRIMARY KEY";
  } else if (c.accept("FOREIGN"_kw, "KEY"_kw)) {
    clause.text = "FOREIGN KEY";
    if (!c.is(TokenKind::kLeftParen)) TRY(parse_name(c, "a constraint name"));
  } else {
    TRY(c.expect("UNIQUE"_kw));
    clause.text = "UNIQUE";
    if (!c.accept("KEY"_kw)) c.accept("INDEX"_kw);
    if (clause.name.empty()) {
      if (!c.is(TokenKind::kLeftParen)) clause.name = TRY(parse_name(c, "an index name"));
      return c.unsupported("ALTER TABLE .. ADD UNIQUE; write CREATE UNIQUE INDEX name ON table (..)");
    }
  }
  clause.columns = TRY(parse_name_list(c));
  if (clause.text == "FOREIGN KEY") {
    TRY(c.expect("REFERENCES"_kw));
    clause.other = TRY(parse_qualified_name(c, "a table name"));
    if (c.is(TokenKind::kLeftParen)) clause.other_columns = TRY(parse_name_list(c));
    while (c.accept("ON"_kw)) {  // DELETE CASCADE, UPDATE SET NULL: without effect, as the constraint
      c.advance();
      if (c.accept("SET"_kw) || c.accept("NO"_kw))
        c.advance();
      else
        c.advance();
    }
    if (clause.name.empty()) clause.what = What::kAccepted;
  }
  return clause;
}

// ROLLUP r (a, b) [DUPLICATE KEY (..)] [FROM base] [PROPERTIES (..)], r2 (..), ..
Parsed<void> parse_add_rollups(ParseContext& c, Alter& alter) {
  do {
    Clause clause = clause_of(What::kAddRollup);
    clause.name = TRY(parse_name(c, "a rollup name"));
    clause.columns = TRY(parse_name_list(c));
    if (c.accept("DUPLICATE"_kw, "KEY"_kw)) clause.other_columns = TRY(parse_name_list(c));
    TRY(parse_rollup_and_properties(c, clause));
    alter.clauses.push_back(std::move(clause));
  } while (c.is(TokenKind::kComma) && at_name(c, 1) && c.is(TokenKind::kLeftParen, 2) && c.accept(TokenKind::kComma));
  return {};
}

// After INDEX, KEY, FULLTEXT KEY of ADD: [IF NOT EXISTS] [name] (c, ..) [USING kind] [PROPERTIES (..)] [COMMENT 'x']
Parsed<Clause> parse_index(ParseContext& c) {
  Clause clause = clause_of(What::kAddIndex);
  clause.if_not_exists = TRY(parse_if_not_exists(c));
  if (!c.is(TokenKind::kLeftParen) && !c.is("USING"_kw)) clause.name = TRY(parse_name(c, "an index name"));
  if (c.accept("USING"_kw)) clause.text = TRY(parse_name(c, "a kind of index"));
  clause.columns = TRY(parse_name_list(c));
  TRY(parse_index_options(c, clause));
  if (clause.name.empty()) clause.name = clause.columns.front();
  return clause;
}

// After ADD.
Parsed<void> parse_add(ParseContext& c, Alter& alter) {
  if (c.accept("CONSTRAINT"_kw)) {
    std::string name;
    if (at_name(c)) name = TRY(parse_name(c, "a constraint name"));
    alter.clauses.push_back(TRY(parse_constraint(c, std::move(name))));
    return {};
  }
  if (c.is("PRIMARY"_kw) || c.is("UNIQUE"_kw) || c.is("FOREIGN"_kw)) {
    alter.clauses.push_back(TRY(parse_constraint(c, {})));
    return {};
  }
  if (c.is("FULLTEXT"_kw) || c.is("SPATIAL"_kw)) {
    c.advance();
    if (!c.accept("INDEX"_kw)) c.accept("KEY"_kw);
    alter.clauses.push_back(TRY(parse_index(c)));
    return {};
  }
  if (c.accept("INDEX"_kw) || c.accept("KEY"_kw)) {
    alter.clauses.push_back(TRY(parse_index(c)));
    return {};
  }
  if (c.accept("ROLLUP"_kw)) return parse_add_rollups(c, alter);
  if (c.is_any("PARTITION"_kw, "TEMPORARY"_kw)) {
    return c.unsupported("ALTER TABLE .. ADD " + std::string(c.text(c.peek())));
  }
  c.accept("COLUMN"_kw);
  return parse_add_columns(c, alter);
}

// After DROP.
Parsed<void> parse_drop_clause(ParseContext& c, Alter& alter) {
  if (c.is_any("PARTITION"_kw, "TEMPORARY"_kw, "PRIMARY"_kw, "FOREIGN"_kw, "CHECK"_kw)) {
    return c.unsupported("ALTER TABLE .. DROP " + std::string(c.text(c.peek())));
  }
  Clause clause;
  if (c.accept("ROLLUP"_kw)) {
    do {
      clause = clause_of(What::kDropRollup);
      clause.if_exists = TRY(parse_if_exists(c));
      clause.name = TRY(parse_name(c, "a rollup name"));
      if (c.is("PROPERTIES"_kw)) TRY(skip_properties(c));
      if (!c.is(TokenKind::kComma) || !at_name(c, 1) ||
          !(c.is(TokenKind::kEnd, 2) || c.is(TokenKind::kComma, 2) || c.is(TokenKind::kSemicolon, 2))) {
        break;
      }
      alter.clauses.push_back(std::move(clause));
      c.advance();
    } while (true);
  } else if (c.accept("INDEX"_kw) || c.accept("KEY"_kw)) {
    clause = clause_of(What::kDropIndex);
    clause.if_exists = TRY(parse_if_exists(c));
    clause.name = TRY(parse_name(c, "an index name"));
  } else if (c.accept("CONSTRAINT"_kw)) {
    clause = clause_of(What::kDropConstraint);
    clause.if_exists = TRY(parse_if_exists(c));
    clause.name = TRY(parse_name(c, "a constraint name"));
  } else {
    clause = clause_of(What::kDropColumn);
    c.accept("COLUMN"_kw);
    clause.if_exists = TRY(parse_if_exists(c));
    clause.name = TRY(parse_name(c, "a column name"));
    TRY(parse_rollup_and_properties(c, clause));
  }
  alter.clauses.push_back(std::move(clause));
  return {};
}

// After RENAME.
Parsed<Clause> parse_rename_clause(ParseContext& c) {
  Clause clause;
  if (c.is("COLUMN"_kw) || c.is("ROLLUP"_kw)) {
    clause = clause_of(c.is("COLUMN"_kw) ? What::kRenameColumn : What::kRenameRollup);
    c.advance();
    clause.name = TRY(parse_name(c, "a name"));
    c.accept("TO"_kw);
    clause.new_name = TRY(parse_name(c, "the new name"));
    return clause;
  }
  if (c.is_any("INDEX"_kw, "KEY"_kw, "PARTITION"_kw)) {
    return c.unsupported("ALTER TABLE .. RENAME " + std::string(c.text(c.peek())));
  }
  if (!c.accept("TO"_kw)) c.accept("AS"_kw);
  clause = clause_of(What::kRenameTable);
  clause.other = TRY(parse_qualified_name(c, "the new name"));
  return clause;
}

// After REPLACE: WITH TABLE t [PROPERTIES ("swap" = "false")] [FORCE]
Parsed<Clause> parse_replace_clause(ParseContext& c) {
  Clause clause = clause_of(What::kReplaceWith);
  TRY(c.expect("WITH"_kw));
  TRY(c.expect("TABLE"_kw));
  clause.other = TRY(parse_qualified_name(c, "a table name"));
  if (c.is("PROPERTIES"_kw)) clause.properties = TRY(parse_properties(c));
  for (const auto& [key, value] : clause.properties) {
    if (key == "swap") clause.swap = !duckdb::StringUtil::CIEquals(value, "false");
  }
  c.accept("FORCE"_kw);
  return clause;
}

// ALTER [COLUMN] c SET DEFAULT x | DROP DEFAULT
Parsed<Clause> parse_column_default(ParseContext& c) {
  Clause clause = clause_of(What::kColumnDefault);
  c.accept("COLUMN"_kw);
  clause.name = TRY(parse_name(c, "a column name"));
  if (c.accept("SET"_kw)) {
    TRY(c.expect("DEFAULT"_kw));
    clause.value = TRY(parse_operand(c));
  } else {
    TRY(c.expect("DROP"_kw));
    TRY(c.expect("DEFAULT"_kw));
  }
  return clause;
}

// The new definition of column `old_name`, after MODIFY and CHANGE c.
Parsed<Clause> parse_changed_column(ParseContext& c, std::string old_name) {
  Clause clause = clause_of(What::kModifyColumn);
  clause.column = TRY(parse_new_column(c));
  clause.name = old_name.empty() ? clause.column->definition.Name() : std::move(old_name);
  TRY(parse_rollup_and_properties(c, clause));
  return clause;
}

// After MODIFY.
Parsed<Clause> parse_modify(ParseContext& c) {
  if (c.is("PARTITION"_kw)) return c.unsupported("ALTER TABLE .. MODIFY PARTITION");
  if (c.accept("COMMENT"_kw)) {
    Clause clause = clause_of(What::kTableComment);
    clause.text = TRY(parse_string(c, "a comment"));
    return clause;
  }
  if (c.is_word("DISTRIBUTION") && c.is("DISTRIBUTED"_kw, 1)) {
    skip_to_end(c);  // how rows are spread over tablets
    return clause_of(What::kAccepted);
  }
  if (c.is("ENGINE"_kw) && c.is("TO"_kw, 1)) {
    skip_to_end(c);
    return clause_of(What::kEngine);
  }
  c.accept("COLUMN"_kw);
  if (!at_name(c)) return c.expected("a column name");
  const bool comment = c.is("COMMENT"_kw, 1);
  if (comment || (c.is("SET"_kw, 1) && c.is("STATS"_kw, 2))) {
    Clause clause = clause_of(comment ? What::kColumnComment : What::kColumnStats);
    clause.name = TRY(parse_name(c, "a column name"));
    c.advance();
    if (comment) {
      clause.text = TRY(parse_string(c, "a comment"));
      return clause;
    }
    c.advance();
    clause.properties = TRY(parse_property_list(c));
    if (c.accept("PARTITION"_kw)) TRY(parse_name_list(c));
    return clause;
  }
  return parse_changed_column(c, {});
}

Parsed<void> parse_clause(ParseContext& c, Alter& alter) {
  auto add = [&](Parsed<Clause> clause) -> Parsed<void> {
    alter.clauses.push_back(TRY(std::move(clause)));
    return {};
  };
  switch (c.peek().keyword) {
    case "ADD"_kw:
      c.advance();
      return parse_add(c, alter);
    case "DROP"_kw:
      c.advance();
      return parse_drop_clause(c, alter);
    case "RENAME"_kw:
      c.advance();
      return add(parse_rename_clause(c));
    case "REPLACE"_kw:
      c.advance();
      return add(parse_replace_clause(c));
    case "ALTER"_kw:
      c.advance();
      return add(parse_column_default(c));
    case "MODIFY"_kw:
      c.advance();
      return add(parse_modify(c));
    case "CHANGE"_kw: {
      c.advance();
      c.accept("COLUMN"_kw);
      std::string old_name = TRY(parse_name(c, "a column name"));
      return add(parse_changed_column(c, std::move(old_name)));
    }
    case "ORDER"_kw: {
      c.advance();
      TRY(c.expect("BY"_kw));
      Clause clause = clause_of(What::kOrderColumns);
      if (c.is(TokenKind::kLeftParen)) {
        clause.columns = TRY(parse_name_list(c));
        TRY(parse_rollup_and_properties(c, clause));
      } else {  // MySQL's sorts rows once
        skip_to_end(c);
        clause.what = What::kAccepted;
      }
      return add(std::move(clause));
    }
    case "COMMENT"_kw: {
      c.advance();
      c.accept(TokenKind::kEqual);
      Clause clause = clause_of(What::kTableComment);
      clause.text = TRY(parse_string(c, "a comment"));
      return add(std::move(clause));
    }
    case "ENGINE"_kw:
    case "AUTO_INCREMENT"_kw:
    case "CHARSET"_kw:
    case "ROW_FORMAT"_kw:
    case "COLLATE"_kw:
      c.advance();
      c.accept(TokenKind::kEqual);
      c.advance();
      return add(clause_of(What::kAccepted));
    case "DISABLE"_kw:
    case "ENABLE"_kw:
      c.advance();
      if (c.accept_word("FEATURE")) {
        Clause clause = clause_of(What::kFeature);
        clause.text = duckdb::StringUtil::Upper(TRY(parse_string(c, "a feature in quotes")));
        if (c.accept("WITH"_kw)) clause.properties = TRY(parse_properties(c));
        return add(std::move(clause));
      } else {
        TRY(c.expect("KEYS"_kw));
      }
      return add(clause_of(What::kAccepted));
    case "CONVERT"_kw:
    case "DEFAULT"_kw:
    case "CHARACTER"_kw:
      skip_to_end(c);  // CONVERT TO CHARACTER SET ..: text is UTF-8 always
      return add(clause_of(What::kAccepted));
    case "SET"_kw: {
      c.advance();
      Clause clause = clause_of(What::kProperties);
      clause.properties = TRY(parse_property_list(c));
      return add(std::move(clause));
    }
    default:
      return c.expected("ADD, DROP, MODIFY, CHANGE, ALTER, ORDER BY, RENAME, REPLACE or SET");
  }
}

}  // namespace

Parsed<void> parse_index_options(ParseContext& c, AlterTableStatement::Clause& clause) {
  for (;;) {
    if (c.accept("USING"_kw)) {
      clause.text = TRY(parse_name(c, "a kind of index"));
    } else if (c.is("PROPERTIES"_kw)) {
      clause.properties = TRY(parse_properties(c));
    } else if (c.accept("COMMENT"_kw)) {
      clause.new_name = TRY(parse_string(c, "a comment"));
    } else {
      clause.text = duckdb::StringUtil::Upper(clause.text);
      return {};
    }
  }
}

Body parse_alter_table(ParseContext& c) {
  QualifiedName name = TRY(parse_qualified_name(c, "a table name"));
  if (at_alter_partitions(c)) return parse_alter_partitions(c, std::move(name));
  Alter alter;
  alter.table = std::move(name);
  do {
    TRY(parse_clause(c, alter));
  } while (c.accept(TokenKind::kComma));
  return alter;
}

}  // namespace sluice::dialect
