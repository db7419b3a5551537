// SPDX-License-Identifier: Apache-2.0
// ALTER TABLE: each clause becomes one statement of the kernel, run in order.
#include "dialect/expression.h"
#include "dialect/names.h"
#include "dialect/statements.h"
#include "dialect/tree.h"
#include "duckdb/parser/constraints/list.hpp"
#include "duckdb/parser/parsed_data/alter_table_info.hpp"
#include "duckdb/parser/parsed_data/drop_info.hpp"

namespace sluice::dialect {
namespace {

using Trees = std::vector<std::unique_ptr<duckdb::SQLStatement>>;

class Alterations {
 public:
  explicit Alterations(KernelName table) : table_(std::move(table)) {}

  duckdb::AlterEntryData entry() const {
    return {table_.catalog, table_.schema, table_.name, duckdb::OnEntryNotFound::THROW_EXCEPTION};
  }
  void add(duckdb::unique_ptr<duckdb::AlterInfo> info) {
    auto alter = std::make_unique<duckdb::AlterStatement>();
    alter->info = std::move(info);
    trees_.push_back(std::move(alter));
  }
  void drop_index(std::string name) {
    auto drop = std::make_unique<duckdb::DropStatement>();
    drop->info->type = duckdb::CatalogType::INDEX_ENTRY;
    drop->info->catalog = table_.catalog;
    drop->info->schema = table_.schema;
    drop->info->name = std::move(name);
    trees_.push_back(std::move(drop));
  }
  // Later clauses speak of the new name.
  void renamed(std::string name) { table_.name = std::move(name); }
  Trees take() { return std::move(trees_); }

 private:
  KernelName table_;
  Trees trees_;
};

// FIRST, AFTER c: the kernel adds columns at the end, and nothing may depend on the order of columns silently.
Parsed<void> refuse_position(ParseContext& c) {
  if (c.is("FIRST"_kw) || c.is("AFTER"_kw)) return c.unsupported("placing a column with FIRST or AFTER");
  return {};
}

Parsed<void> add_one_column(ParseContext& c, Alterations& table, bool if_not_exists) {
  ColumnParts parts = TRY(parse_column_definition(c));
  TRY(refuse_position(c));
  std::string name = parts.column.Name();
  if (parts.primary_key || parts.unique || parts.check)
    return c.unsupported("adding a column together with a key or check");
  bool has_default = parts.column.HasDefaultValue();
  if (parts.not_null && !has_default) {
    // MySQL fills the rows that exist with the type's zero; the kernel would leave NULLs in a NOT NULL column.
    return c.unsupported("adding a NOT NULL column without DEFAULT");
  }
  table.add(duckdb::make_uniq<duckdb::AddColumnInfo>(table.entry(), std::move(parts.column), if_not_exists));
  if (parts.not_null) table.add(duckdb::make_uniq<duckdb::SetNotNullInfo>(table.entry(), name));
  return {};
}

// After ADD.
Parsed<void> parse_add(ParseContext& c, Alterations& table) {
  if (c.is("CONSTRAINT"_kw) || c.is("PRIMARY"_kw) || c.is("UNIQUE"_kw)) {
    if (c.accept("CONSTRAINT"_kw) && at_name(c)) TRY(parse_name(c, "a constraint name"));
    if (!c.is("PRIMARY"_kw)) return c.unsupported("adding a constraint other than PRIMARY KEY");
    c.advance();
    TRY(c.expect("KEY"_kw));
    auto columns = TRY(parse_name_list(c));
    duckdb::vector<std::string> names(columns.begin(), columns.end());
    table.add(duckdb::make_uniq<duckdb::AddConstraintInfo>(
        table.entry(), duckdb::make_uniq<duckdb::UniqueConstraint>(std::move(names), true)));
    return {};
  }
  if (c.is_any("INDEX"_kw, "KEY"_kw, "FULLTEXT"_kw, "SPATIAL"_kw, "FOREIGN"_kw)) {
    // Secondary indexes and foreign keys have no effect; see create_table.cc.
    size_t open = 0;
    while (!c.at_end() && (open > 0 || !c.is(TokenKind::kComma))) {
      if (c.is(TokenKind::kLeftParen)) ++open;
      if (c.is(TokenKind::kRightParen) && open > 0) --open;
      c.advance();
    }
    return {};
  }
  if (c.is_any("PARTITION"_kw, "ROLLUP"_kw, "TEMPORARY"_kw)) {
    return c.unsupported("ALTER TABLE .. ADD " + std::string(c.text(c.peek())));
  }
  c.accept("COLUMN"_kw);
  bool if_not_exists = TRY(parse_if_not_exists(c));
  if (!c.accept(TokenKind::kLeftParen)) return add_one_column(c, table, if_not_exists);
  do {
    TRY(add_one_column(c, table, if_not_exists));
  } while (c.accept(TokenKind::kComma));
  return c.expect(TokenKind::kRightParen, "',' or ')'");
}

// After DROP.
Parsed<void> parse_drop_clause(ParseContext& c, Alterations& table) {
  if (c.is_any("PARTITION"_kw, "ROLLUP"_kw, "PRIMARY"_kw, "FOREIGN"_kw, "CONSTRAINT"_kw, "CHECK"_kw)) {
    return c.unsupported("ALTER TABLE .. DROP " + std::string(c.text(c.peek())));
  }
  if (c.accept("INDEX"_kw) || c.accept("KEY"_kw)) {
    table.drop_index(TRY(parse_name(c, "an index name")));
    return {};
  }
  c.accept("COLUMN"_kw);
  bool if_exists = TRY(parse_if_exists(c));
  std::string name = TRY(parse_name(c, "a column name"));
  table.add(duckdb::make_uniq<duckdb::RemoveColumnInfo>(table.entry(), std::move(name), if_exists, false));
  return {};
}

// The new definition of column `old_name`, after MODIFY c and CHANGE c.
Parsed<void> change_column(ParseContext& c, Alterations& table, const std::string& old_name) {
  ColumnParts parts = TRY(parse_column_definition(c));
  TRY(refuse_position(c));
  std::string name = parts.column.Name();
  if (old_name != name) table.add(duckdb::make_uniq<duckdb::RenameColumnInfo>(table.entry(), old_name, name));
  auto type = parts.column.Type();
  table.add(duckdb::make_uniq<duckdb::ChangeColumnTypeInfo>(
      table.entry(), name, type, tree::strict_cast(duckdb::make_uniq<duckdb::ColumnRefExpression>(name), type)));
  if (parts.column.HasDefaultValue()) {
    table.add(duckdb::make_uniq<duckdb::SetDefaultInfo>(table.entry(), name, parts.column.DefaultValue().Copy()));
  }
  if (parts.not_null)
    table.add(duckdb::make_uniq<duckdb::SetNotNullInfo>(table.entry(), name));
  else
    table.add(duckdb::make_uniq<duckdb::DropNotNullInfo>(table.entry(), name));
  return {};
}

// After RENAME.
Parsed<void> parse_rename_clause(ParseContext& c, Alterations& table) {
  if (c.accept("COLUMN"_kw)) {
    std::string from = TRY(parse_name(c, "a column name"));
    c.accept("TO"_kw);
    std::string to = TRY(parse_name(c, "the new name"));
    table.add(duckdb::make_uniq<duckdb::RenameColumnInfo>(table.entry(), std::move(from), std::move(to)));
    return {};
  }
  if (c.is_any("INDEX"_kw, "KEY"_kw, "ROLLUP"_kw, "PARTITION"_kw)) {
    return c.unsupported("ALTER TABLE .. RENAME " + std::string(c.text(c.peek())));
  }
  if (!c.accept("TO"_kw)) c.accept("AS"_kw);
  QualifiedName to = TRY(parse_qualified_name(c, "the new name"));
  table.add(duckdb::make_uniq<duckdb::RenameTableInfo>(table.entry(), to.name));
  table.renamed(to.name);
  return {};
}

// ALTER [COLUMN] c SET DEFAULT x | DROP DEFAULT
Parsed<void> parse_alter_column(ParseContext& c, Alterations& table) {
  c.accept("COLUMN"_kw);
  std::string name = TRY(parse_name(c, "a column name"));
  ExprPtr value;
  if (c.accept("SET"_kw)) {
    TRY(c.expect("DEFAULT"_kw));
    value = TRY(parse_operand(c));
  } else {
    TRY(c.expect("DROP"_kw));
    TRY(c.expect("DEFAULT"_kw));
  }
  table.add(duckdb::make_uniq<duckdb::SetDefaultInfo>(table.entry(), std::move(name), std::move(value)));
  return {};
}

Parsed<void> parse_clause(ParseContext& c, Alterations& table) {
  switch (c.peek().keyword) {
    case "ADD"_kw:
      c.advance();
      return parse_add(c, table);
    case "DROP"_kw:
      c.advance();
      return parse_drop_clause(c, table);
    case "RENAME"_kw:
      c.advance();
      return parse_rename_clause(c, table);
    case "ALTER"_kw:
      c.advance();
      return parse_alter_column(c, table);
    case "MODIFY"_kw: {
      c.advance();
      if (c.is("COMMENT"_kw) || c.is("PARTITION"_kw) || c.is("DISTRIBUTED"_kw)) {
        return c.unsupported("ALTER TABLE .. MODIFY " + std::string(c.text(c.peek())));
      }
      c.accept("COLUMN"_kw);
      Token where = c.peek();
      if (!at_name(c)) return c.syntax_error("expected a column name", where);
      // The definition begins with the name itself.
      std::string_view written = c.text(where);
      std::string name(written);
      if (where.kind == TokenKind::kQuotedIdentifier) name = std::string(written.substr(1, written.size() - 2));
      return change_column(c, table, name);
    }
    case "CHANGE"_kw: {
      c.advance();
      c.accept("COLUMN"_kw);
      std::string old_name = TRY(parse_name(c, "a column name"));
      return change_column(c, table, old_name);
    }
    case "COMMENT"_kw:
    case "ENGINE"_kw:
    case "AUTO_INCREMENT"_kw:
    case "CHARSET"_kw:
    case "ROW_FORMAT"_kw:
    case "COLLATE"_kw:
      c.advance();
      c.accept(TokenKind::kEqual);
      c.advance();
      return {};
    case "DISABLE"_kw:
    case "ENABLE"_kw:
      c.advance();
      return c.expect("KEYS"_kw);
    case "CONVERT"_kw:
    case "DEFAULT"_kw:
    case "CHARACTER"_kw:
      skip_to_end(c);  // CONVERT TO CHARACTER SET ..: text is UTF-8 always
      return {};
    case "SET"_kw:
      c.advance();
      skip_to_end(c);  // SET ("property" = "value"): no property means anything here
      return {};
    default:
      return c.expected("ADD, DROP, MODIFY, CHANGE, ALTER or RENAME");
  }
}

}  // namespace

Body parse_alter_table(ParseContext& c) {
  QualifiedName name = TRY(parse_qualified_name(c, "a table name"));
  if (at_alter_partitions(c)) return parse_alter_partitions(c, std::move(name));
  Alterations table(kernel_name(std::move(name)));
  do {
    TRY(parse_clause(c, table));
  } while (c.accept(TokenKind::kComma));
  Trees trees = table.take();
  if (trees.empty()) return NoOpStatement{};
  KernelStatement statement;
  statement.effect = KernelStatement::Effect::kSchema;
  statement.tree = std::move(trees.front());
  trees.erase(trees.begin());
  statement.rest = std::move(trees);
  return statement;
}

}  // namespace sluice::dialect
