// SPDX-License-Identifier: Apache-2.0
// CREATE TABLE of MySQL and of Doris. Keys become constraints of the kernel: PRIMARY KEY and Doris' UNIQUE KEY(..) of
// columns that are NOT NULL its PRIMARY KEY, MySQL's UNIQUE [KEY] its UNIQUE. Doris' key model, partitions,
// distribution and properties become the table's model (kernel/table_model.h). Engines, MySQL's secondary indexes and
// character sets are read and have no effect.
#include <map>
#include <set>

#include "dialect/expression.h"
#include "dialect/names.h"
#include "dialect/query.h"
#include "dialect/statements.h"
#include "dialect/table_clauses.h"
#include "dialect/tree.h"
#include "dialect/types.h"
#include "duckdb/parser/constraints/list.hpp"
#include "duckdb/parser/parsed_data/alter_table_info.hpp"
#include "duckdb/parser/parsed_data/comment_on_column_info.hpp"
#include "duckdb/parser/parsed_data/create_sequence_info.hpp"
#include "duckdb/parser/parsed_data/create_table_info.hpp"
#include "functions/types.h"

namespace sluice::dialect {
namespace {

using Effect = KernelStatement::Effect;
using Columns = std::vector<std::string>;
using Trees = std::vector<std::unique_ptr<duckdb::SQLStatement>>;

struct TableParts {
  duckdb::unique_ptr<duckdb::CreateTableInfo> info;
  Columns primary_key;  // MySQL's, from wherever it was written
  std::vector<Columns> unique_keys;
  std::set<std::string> not_null;  // columns, in lower case
  kernel::TableModel model;
  std::vector<kernel::WrittenPartition> partitions;
  std::map<std::string, uint64_t> first_numbers;  // of AUTO_INCREMENT columns
  bool doris = false;                             // something that only Doris has was written
};

Parsed<void> set_primary_key(ParseContext& c, TableParts& table, Columns columns) {
  if (!table.primary_key.empty()) {
    return c.failure(sql_error(Code::kInvalidArgument, 1068, "Multiple primary key defined"));
  }
  table.primary_key = std::move(columns);
  return {};
}

Parsed<void> parse_primary_key(ParseContext& c, TableParts& table) {
  Columns columns = TRY(parse_name_list(c));
  return set_primary_key(c, table, std::move(columns));
}

// INDEX i (c) USING INVERTED PROPERTIES(..) COMMENT '..', KEY (c), FULLTEXT KEY f (c): nothing to build.
Parsed<void> skip_index(ParseContext& c, TableParts& table) {
  const size_t first = c.mark();
  const bool index = c.accept("INDEX"_kw);
  if (!index) c.accept("KEY"_kw);
  TRY(parse_if_not_exists(c));
  if (!c.is(TokenKind::kLeftParen) && !c.is("USING"_kw)) TRY(parse_name(c, "an index name"));
  if (c.accept("USING"_kw)) c.advance();
  TRY(skip_parentheses(c));
  while (!c.is(TokenKind::kComma) && !c.is(TokenKind::kRightParen) && !c.at_end()) {
    if (c.is(TokenKind::kLeftParen))
      TRY(skip_parentheses(c));
    else
      c.advance();
  }
  if (index) table.model.indexes.emplace_back(c.text_since(first));
  return {};
}

// PRIMARY KEY (..), UNIQUE KEY name (..), CHECK (..), FOREIGN KEY .., INDEX ..; false when a column stands here.
Parsed<bool> parse_table_constraint(ParseContext& c, TableParts& table) {
  bool named = c.accept("CONSTRAINT"_kw);
  if (named && at_name(c)) TRY(parse_name(c, "a constraint name"));
  switch (c.peek().keyword) {
    case "PRIMARY"_kw:
      c.advance();
      TRY(c.expect("KEY"_kw));
      if (c.accept("USING"_kw)) c.advance();
      TRY(parse_primary_key(c, table));
      if (c.accept("USING"_kw)) c.advance();
      return true;
    case "UNIQUE"_kw:
      c.advance();
      if (!c.accept("KEY"_kw)) c.accept("INDEX"_kw);
      if (!c.is(TokenKind::kLeftParen) && !c.is("USING"_kw)) TRY(parse_name(c, "an index name"));
      if (c.accept("USING"_kw)) c.advance();
      table.unique_keys.push_back(TRY(parse_name_list(c)));
      if (c.accept("USING"_kw)) c.advance();
      if (c.accept("COMMENT"_kw)) TRY(parse_string(c, "a comment"));
      return true;
    case "CHECK"_kw: {
      c.advance();
      TRY(c.expect(TokenKind::kLeftParen, "'('"));
      ExprPtr condition = TRY(parse_expression(c));
      TRY(c.expect(TokenKind::kRightParen, "')'"));
      table.info->constraints.push_back(duckdb::make_uniq<duckdb::CheckConstraint>(std::move(condition)));
      if (c.accept("NOT"_kw, "ENFORCED"_kw))
        table.info->constraints.pop_back();
      else
        c.accept("ENFORCED"_kw);
      return true;
    }
    case "FOREIGN"_kw:
      while (!c.is(TokenKind::kComma) && !c.is(TokenKind::kRightParen) && !c.at_end()) {
        if (c.is(TokenKind::kLeftParen))
          TRY(skip_parentheses(c));
        else
          c.advance();
      }
      return true;
    case "FULLTEXT"_kw:
    case "SPATIAL"_kw:
      if (!c.is("KEY"_kw, 1) && !c.is("INDEX"_kw, 1)) return false;
      c.advance();
      TRY(skip_index(c, table));
      return true;
    case "INDEX"_kw:
    case "KEY"_kw:
      TRY(skip_index(c, table));
      return true;
    default:
      if (named) return c.expected("PRIMARY KEY, UNIQUE, CHECK or FOREIGN KEY");
      return false;
  }
}

Parsed<void> add_column(ParseContext& c, TableParts& table) {
  ColumnParts parts = TRY(parse_column_definition(c));
  std::string name = parts.column.Name();
  auto& info = *table.info;
  if (info.columns.ColumnExists(name)) {
    return c.failure(sql_error(Code::kInvalidArgument, 1060, "Duplicate column name '" + name + "'"));
  }
  duckdb::LogicalIndex index(info.columns.LogicalColumnCount());
  if (parts.not_null) {
    info.constraints.push_back(duckdb::make_uniq<duckdb::NotNullConstraint>(index));
    table.not_null.insert(duckdb::StringUtil::Lower(name));
  }
  if (parts.check) info.constraints.push_back(duckdb::make_uniq<duckdb::CheckConstraint>(std::move(parts.check)));
  if (parts.first_number) table.first_numbers[name] = *parts.first_number;
  if (parts.primary_key) TRY(set_primary_key(c, table, {name}));
  if (parts.unique) table.unique_keys.push_back({name});
  info.columns.AddColumn(std::move(parts.column));
  return {};
}

Parsed<void> parse_table_elements(ParseContext& c, TableParts& table) {
  TRY(c.expect(TokenKind::kLeftParen, "'(' and columns"));
  do {
    if (!TRY(parse_table_constraint(c, table))) TRY(add_column(c, table));
    if (c.is(TokenKind::kComma) && c.is(TokenKind::kRightParen, 1)) c.advance();  // Doris lets a comma end the list
  } while (c.accept(TokenKind::kComma));
  return c.expect(TokenKind::kRightParen, "',' or ')' after a column");
}

Parsed<void> set_keys(ParseContext& c, TableParts& table, kernel::KeyModel model) {
  TRY(c.expect("KEY"_kw));
  table.doris = true;
  table.model.keys = model;
  if (c.is(TokenKind::kLeftParen) && c.is(TokenKind::kRightParen, 1)) {  // a table without keys
    c.advance();
    c.advance();
    return {};
  }
  table.model.key_order = TRY(parse_name_list(c));
  return {};
}

// One option after the columns; false when none stands here.
Parsed<bool> parse_table_option(ParseContext& c, TableParts& table) {
  c.accept(TokenKind::kComma);
  switch (c.peek().keyword) {
    case "UNIQUE"_kw:
      c.advance();
      TRY(set_keys(c, table, kernel::KeyModel::kUnique));
      return true;
    case "DUPLICATE"_kw:
      c.advance();
      TRY(set_keys(c, table, kernel::KeyModel::kDuplicate));
      return true;
    case "AGGREGATE"_kw:
      c.advance();
      TRY(set_keys(c, table, kernel::KeyModel::kAggregate));
      return true;
    case "CLUSTER"_kw:
      c.advance();
      if (!c.accept("BY"_kw)) TRY(c.expect("KEY"_kw));
      table.model.cluster_by = TRY(parse_name_list(c));
      table.doris = true;
      return true;
    case "AUTO"_kw:
      c.advance();
      TRY(c.expect("PARTITION"_kw));
      table.doris = true;
      TRY(parse_partition_by(c, true, table.model, table.partitions));
      return true;
    case "PARTITION"_kw:
      c.advance();
      TRY(parse_partition_by(c, false, table.model, table.partitions));
      return true;
    case "DISTRIBUTED"_kw:
      c.advance();
      table.doris = true;
      table.model.distribution = TRY(parse_distribution(c));
      return true;
    case "ROLLUP"_kw: {
      c.advance();
      const size_t first = c.mark();
      TRY(skip_parentheses(c));
      table.doris = true;
      table.model.rollups.emplace_back(c.text_since(first));
      return true;
    }
    case "PROPERTIES"_kw:
      c.advance();
      table.doris = true;
      table.model.properties = TRY(parse_properties(c));
      return true;
    case "COMMENT"_kw:
      c.advance();
      c.accept(TokenKind::kEqual);
      table.model.comment = TRY(parse_string(c, "a comment"));
      return true;
    case "AS"_kw:
    case "SELECT"_kw:
    case "WITH"_kw:
    case "IGNORE"_kw:
    case "REPLACE"_kw:
      return false;
    default:
      break;
  }
  // ENGINE = x, DEFAULT CHARSET = x, CHARACTER SET x, AUTO_INCREMENT = n, ..
  if (!c.is(TokenKind::kWord)) return false;
  c.accept("DEFAULT"_kw);
  if (!c.accept("CHARACTER"_kw, "SET"_kw)) {
    if (!c.is(TokenKind::kWord)) return c.expected("a table option");
    c.advance();
  }
  c.accept(TokenKind::kEqual);
  if (c.is(TokenKind::kWord) || c.is(TokenKind::kQuotedIdentifier) || is_literal(c.peek().kind)) {
    c.advance();
    return true;
  }
  return c.expected("the value of a table option");
}

duckdb::unique_ptr<duckdb::UniqueConstraint> key_constraint(const Columns& columns, bool primary) {
  duckdb::vector<std::string> names(columns.begin(), columns.end());
  return duckdb::make_uniq<duckdb::UniqueConstraint>(std::move(names), primary);
}

std::unique_ptr<duckdb::SQLStatement> create_statement(duckdb::unique_ptr<duckdb::CreateTableInfo> info) {
  auto create = std::make_unique<duckdb::CreateStatement>();
  create->info = std::move(info);
  return create;
}

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

// Column names without types: CREATE TABLE t (a, b) AS SELECT ..
bool at_plain_names(const ParseContext& c) {
  return c.is(TokenKind::kLeftParen) && at_name(c, 1) &&
         (c.is(TokenKind::kComma, 2) || c.is(TokenKind::kRightParen, 2));
}

// The columns that Doris makes keys of when nothing says which: the first ones, of at most 36 bytes and three columns,
// up to the first text.
Columns default_keys(const duckdb::ColumnList& columns) {
  constexpr size_t kMostColumns = 3;
  constexpr size_t kMostBytes = 36;
  Columns keys;
  size_t bytes = 0;
  for (const auto& column : columns.Logical()) {
    const auto& type = column.Type();
    const bool is_text = type.id() == duckdb::LogicalTypeId::VARCHAR && !type.IsJSONType();
    const bool usable = type.id() != duckdb::LogicalTypeId::FLOAT && type.id() != duckdb::LogicalTypeId::DOUBLE &&
                        !type.IsNested() && !type.IsJSONType() && type.id() != duckdb::LogicalTypeId::BLOB;
    bytes += is_text ? 0 : duckdb::GetTypeIdSize(type.InternalType());
    if (!usable || keys.size() == kMostColumns || bytes > kMostBytes) break;
    if (is_text && kernel::decode_column(column.Comment()).type.empty()) break;  // STRING
    keys.push_back(column.Name());
    if (is_text) break;
  }
  return keys;
}

Error wrong_table(std::string text) {
  return sql_error(Code::kInvalidArgument, 1105, "errCode = 2, detailMessage = " + std::move(text));
}

Parsed<void> resolve_partitions(ParseContext& c, TableParts& table) {
  if (table.model.partitioned == kernel::PartitionKind::kNone) return {};
  for (const auto& name : table.model.partition_columns) {
    if (!table.info->columns.ColumnExists(name))
      return c.failure(wrong_table("partition column[" + name + "] does not exist"));
  }
  const auto types = kernel::partition_types(table.model, table.info->columns);
  if (!table.model.auto_unit.empty() && !functions::is_moment(types[0]))
    return c.failure(wrong_table("partition expr date_trunc is illegal!"));
  for (auto& partition : table.partitions) {
    if (auto added = kernel::add_written(table.model, std::move(partition), types); !added)
      return c.failure(std::move(added.error()));
  }
  return {};
}

// Why a column of this type is no key; null: it may be one.
const char* cannot_be_key(const duckdb::LogicalType& type, const kernel::ColumnModel& column) {
  if (type.id() == duckdb::LogicalTypeId::FLOAT || type.id() == duckdb::LogicalTypeId::DOUBLE)
    return "Float or double can not used as a key, use decimal instead. ";
  if (type.IsNested() || type.IsJSONType() || functions::is_object(type))
    return "Key column can not set complex type. ";
  if (type.id() == duckdb::LogicalTypeId::VARCHAR && column.type.empty())
    return "String Type should not be used in key column. ";
  return nullptr;
}

// Doris' model from all that was written: which columns are keys, how the others aggregate, the bounds of partitions.
Parsed<void> finish_model(ParseContext& c, TableParts& table) {
  auto& columns = table.info->columns;
  auto& model = table.model;
  bool aggregates = false;
  for (const auto& column : columns.Logical()) {
    const auto parts = kernel::decode_column(column.Comment());
    aggregates |= !parts.aggregation.empty();
    table.doris |= parts.key && table.primary_key.empty();
  }
  table.doris |= aggregates;
  // MySQL's primary key goes before what Doris would choose.
  if (!table.doris || (!table.primary_key.empty() && model.keys == kernel::KeyModel::kNone)) {
    model.indexes.clear();
    TRY(resolve_partitions(c, table));
    table.info->comment = kernel::encode(model);
    return {};
  }
  if (model.keys == kernel::KeyModel::kNone) {
    model.keys = aggregates ? kernel::KeyModel::kAggregate : kernel::KeyModel::kDuplicate;
    for (const auto& column : columns.Logical()) {
      const auto parts = kernel::decode_column(column.Comment());
      if (aggregates ? parts.aggregation.empty() : parts.key) model.key_order.push_back(column.Name());
    }
    if (model.key_order.empty() && !aggregates) model.key_order = default_keys(columns);
  }
  size_t at = 0;
  for (const auto& key : model.key_order) {
    if (!columns.ColumnExists(key)) return c.failure(wrong_table("Key column[" + key + "] doesn't exist."));
    if (columns.GetColumn(key).Logical().index != at++) {
      return c.failure(
          wrong_table("Key columns must be the first few columns of the schema and the order of the key columns must "
                      "be consistent with the order of the schema"));
    }
  }
  bool nullable_key = model.key_order.empty();
  for (size_t i = 0; i < columns.LogicalColumnCount(); ++i) {
    auto& column = columns.GetColumnMutable(duckdb::LogicalIndex(i));
    auto parts = kernel::decode_column(column.Comment());
    parts.key = i < model.key_order.size();
    if (parts.key) {
      if (!parts.aggregation.empty())
        return c.failure(wrong_table("Key column[" + column.Name() + "] could not have aggregate type."));
      if (const char* reason = cannot_be_key(column.Type(), parts))
        return c.failure(wrong_table(reason + std::string("Key column[") + column.Name() + "]"));
      nullable_key |= !table.not_null.contains(duckdb::StringUtil::Lower(column.Name()));
    } else if (model.keys == kernel::KeyModel::kAggregate && parts.aggregation.empty() && !column.Generated()) {
      return c.failure(wrong_table(
          "should specify aggregation type to non-key column in aggregate key table, column: " + column.Name()));
    } else if (model.keys != kernel::KeyModel::kAggregate && !parts.aggregation.empty()) {
      if (!(model.keys == kernel::KeyModel::kUnique && parts.aggregation == "REPLACE"))
        return c.failure(wrong_table("column " + column.Name() + " can not have aggregation method " +
                                     parts.aggregation + " in this table"));
      parts.aggregation.clear();
    }
    column.SetComment(kernel::encode(parts));
  }
  if (model.keys == kernel::KeyModel::kUnique && !nullable_key && table.primary_key.empty())
    table.primary_key = model.key_order;
  TRY(resolve_partitions(c, table));
  table.info->comment = kernel::encode(model);
  return {};
}

std::string in_double_quotes(const std::string& name) {
  std::string text = "\"";
  for (char letter : name) text += letter == '"' ? std::string("\"\"") : std::string(1, letter);
  return text + "\"";
}

// A sequence of the kernel for each AUTO_INCREMENT column; its name goes into the column's model.
Trees make_sequences(ParseContext& c, TableParts& table) {
  Trees trees;
  auto& info = *table.info;
  if (info.temporary) return trees;
  for (size_t i = 0; i < info.columns.LogicalColumnCount(); ++i) {
    auto& column = info.columns.GetColumnMutable(duckdb::LogicalIndex(i));
    auto model = kernel::decode_column(column.Comment());
    if (!model.auto_increment) continue;
    std::string schema = info.schema;
    if (schema.empty() && c.options().session) schema = c.session()->database();
    if (schema.empty()) continue;
    auto sequence = duckdb::make_uniq<duckdb::CreateSequenceInfo>();
    sequence->catalog = kInternalCatalog;
    sequence->schema = schema;
    sequence->name = "__auto_" + info.table + "_" + column.Name();
    auto first = table.first_numbers.find(column.Name());
    sequence->start_value = first == table.first_numbers.end() ? 1 : static_cast<int64_t>(first->second);
    sequence->min_value = std::min<int64_t>(1, sequence->start_value);
    sequence->on_conflict = info.on_conflict == duckdb::OnCreateConflict::IGNORE_ON_CONFLICT
                                ? duckdb::OnCreateConflict::IGNORE_ON_CONFLICT
                                : duckdb::OnCreateConflict::REPLACE_ON_CONFLICT;
    model.sequence =
        in_double_quotes(sequence->catalog) + "." + in_double_quotes(schema) + "." + in_double_quotes(sequence->name);
    column.SetComment(kernel::encode(model));
    auto create = std::make_unique<duckdb::CreateStatement>();
    create->info = std::move(sequence);
    trees.push_back(std::move(create));
  }
  return trees;
}

// CREATE TABLE .. AS: the kernel finds the columns; what Doris says of them is noted after.
Parsed<StatementBody> create_as(TableParts& table, KernelStatement statement) {
  auto& info = *table.info;
  const duckdb::AlterEntryData entry(info.catalog, info.schema, info.table, duckdb::OnEntryNotFound::THROW_EXCEPTION);
  auto alter = [&](duckdb::unique_ptr<duckdb::AlterInfo> change) {
    auto tree = std::make_unique<duckdb::AlterStatement>();
    tree->info = std::move(change);
    statement.rest.push_back(std::move(tree));
  };
  const bool merges = table.model.keys == kernel::KeyModel::kUnique && !table.model.key_order.empty();
  if (table.doris && table.model.keys == kernel::KeyModel::kNone) table.model.keys = kernel::KeyModel::kDuplicate;
  table.model.partitioned = kernel::PartitionKind::kNone;  // the types of its columns are not known here
  table.model.indexes.clear();
  std::unique_ptr<duckdb::SQLStatement> insert;
  if (merges) {  // rows of equal keys replace each other: an INSERT of its own, into the empty table
    auto tree = duckdb::make_uniq<duckdb::InsertStatement>();
    tree->catalog = info.catalog;
    tree->schema = info.schema;
    tree->table = info.table;
    tree->select_statement = duckdb::unique_ptr_cast<duckdb::SQLStatement, duckdb::SelectStatement>(info.query->Copy());
    insert = std::move(tree);
    auto limit = duckdb::make_uniq<duckdb::LimitModifier>();
    limit->limit = duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value::BIGINT(0));
    auto outer = duckdb::make_uniq<duckdb::SelectNode>();
    outer->select_list.push_back(duckdb::make_uniq<duckdb::StarExpression>());
    outer->from_table = duckdb::make_uniq<duckdb::SubqueryRef>(std::move(info.query), "__q");
    outer->modifiers.push_back(std::move(limit));
    info.query = duckdb::make_uniq<duckdb::SelectStatement>();
    info.query->node = std::move(outer);
  }
  for (const auto& key : table.model.key_order) {
    kernel::ColumnModel column;
    column.key = true;
    auto comment = duckdb::make_uniq<duckdb::SetColumnCommentInfo>(
        info.catalog, info.schema, info.table, key, kernel::encode(column), duckdb::OnEntryNotFound::THROW_EXCEPTION);
    comment->catalog_entry_type = duckdb::CatalogType::TABLE_ENTRY;
    alter(std::move(comment));
  }
  if (!table.model.is_plain() || !table.model.comment.empty()) {
    alter(duckdb::make_uniq<duckdb::SetCommentInfo>(duckdb::CatalogType::TABLE_ENTRY, info.catalog, info.schema,
                                                    info.table, kernel::encode(table.model),
                                                    duckdb::OnEntryNotFound::THROW_EXCEPTION));
  }
  if (!table.primary_key.empty())
    alter(duckdb::make_uniq<duckdb::AddConstraintInfo>(entry, key_constraint(table.primary_key, true)));
  if (insert) statement.rest.push_back(std::move(insert));
  statement.tree = create_statement(std::move(table.info));
  return StatementBody(std::move(statement));
}

}  // namespace

Parsed<ColumnParts> parse_column_definition(ParseContext& c) {
  ColumnParts parts;
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
        break;
      }
      case "ON"_kw:
        c.advance();
        TRY(c.expect("UPDATE"_kw));
        TRY(parse_operand(c));
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
        parts.column.SetGeneratedExpression(TRY(parse_expression(c)));
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
        parts.column.SetComment(kernel::encode(model));
        return parts;
    }
  }
}

Body parse_create_table(ParseContext& c, bool temporary) {
  TableParts table;
  table.info = duckdb::make_uniq<duckdb::CreateTableInfo>();
  bool if_not_exists = TRY(parse_if_not_exists(c));
  QualifiedName written = TRY(parse_qualified_name(c, "a table name"));
  bool like_in_parentheses = c.is(TokenKind::kLeftParen) && c.is("LIKE"_kw, 1);
  if (c.is("LIKE"_kw) || like_in_parentheses) {
    CreateLikeStatement like;
    c.advance();
    if (like_in_parentheses) c.advance();
    like.table = std::move(written);
    like.source = TRY(parse_qualified_name(c, "a table name"));
    like.temporary = temporary;
    like.if_not_exists = if_not_exists;
    if (like_in_parentheses) TRY(c.expect(TokenKind::kRightParen, "')'"));
    if (c.accept("WITH"_kw)) skip_to_end(c);  // WITH ROLLUP of Doris
    return like;
  }

  KernelName name = kernel_name(std::move(written));
  auto& info = *table.info;
  info.temporary = temporary;
  info.catalog = temporary ? std::string() : name.catalog;
  info.schema = temporary ? std::string() : name.schema;
  info.table = name.name;
  info.on_conflict =
      if_not_exists ? duckdb::OnCreateConflict::IGNORE_ON_CONFLICT : duckdb::OnCreateConflict::ERROR_ON_CONFLICT;
  KernelStatement statement;
  statement.effect = Effect::kSchema;

  bool typed_columns = false;
  if (at_plain_names(c)) {
    for (auto& column : TRY(parse_name_list(c))) {
      info.columns.AddColumn(duckdb::ColumnDefinition(column, duckdb::LogicalType::UNKNOWN));
    }
  } else if (c.is(TokenKind::kLeftParen) && !c.at_parenthesised_query()) {
    typed_columns = true;
    TRY(parse_table_elements(c, table));
  }
  while (!c.at_end() && !c.is(TokenKind::kLeftParen) && TRY(parse_table_option(c, table))) {
  }
  if (!c.accept("IGNORE"_kw)) c.accept("REPLACE"_kw);
  bool as = c.accept("AS"_kw);
  if (!as && !c.at_query_start() && !c.is(TokenKind::kLeftParen)) {
    if (!typed_columns) {
      return c.failure(sql_error(Code::kInvalidArgument, 1113, "A table must have at least 1 column"));
    }
    if (info.columns.empty()) {
      return c.failure(sql_error(Code::kInvalidArgument, 1113, "A table must have at least 1 column"));
    }
    TRY(finish_model(c, table));
    if (!table.primary_key.empty()) info.constraints.push_back(key_constraint(table.primary_key, true));
    for (const Columns& columns : table.unique_keys) info.constraints.push_back(key_constraint(columns, false));
    auto sequences = make_sequences(c, table);
    statement.tree = create_statement(std::move(table.info));
    for (auto& sequence : sequences) {  // first the sequences
      statement.rest.push_back(std::move(statement.tree));
      statement.tree = std::move(sequence);
    }
    return statement;
  }
  if (typed_columns) return c.unsupported("CREATE TABLE .. AS with column types");
  info.query = TRY(parse_query(c));
  return create_as(table, std::move(statement));
}

}  // namespace sluice::dialect
