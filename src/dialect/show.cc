// SPDX-License-Identifier: Apache-2.0
// SHOW, DESCRIBE and EXPLAIN.
#include "dialect/expression.h"
#include "dialect/names.h"
#include "dialect/statements.h"
#include "dialect/table_function.h"

namespace sluice::dialect {
namespace {

using What = ShowStatement::What;

// FROM|IN database
Parsed<void> parse_from_database(ParseContext& c, ShowStatement& show) {
  if (!c.accept("FROM"_kw) && !c.accept("IN"_kw)) return {};
  QualifiedName name = TRY(parse_database_name(c));
  show.object.catalog = std::move(name.catalog);
  show.object.database = std::move(name.database);
  return {};
}

// FROM|IN table [FROM|IN database]
Parsed<void> parse_from_table(ParseContext& c, ShowStatement& show) {
  if (!c.accept("FROM"_kw)) TRY(c.expect("IN"_kw));
  show.object = TRY(parse_qualified_name(c, "a table name"));
  if (c.accept("FROM"_kw) || c.accept("IN"_kw)) {
    QualifiedName database = TRY(parse_database_name(c));
    show.object.catalog = std::move(database.catalog);
    show.object.database = std::move(database.database);
  }
  return {};
}

// After SHOW CREATE.
Parsed<void> parse_show_create(ParseContext& c, ShowStatement& show) {
  if (c.accept("TABLE"_kw)) {
    show.what = What::kCreateTable;
    show.object = TRY(parse_qualified_name(c, "a table name"));
  } else if (c.accept("VIEW"_kw)) {
    show.what = What::kCreateView;
    show.object = TRY(parse_qualified_name(c, "a view name"));
  } else if (c.accept("DATABASE"_kw) || c.accept("SCHEMA"_kw)) {
    show.what = What::kCreateDatabase;
    TRY(parse_if_not_exists(c));
    show.object = TRY(parse_database_name(c));
  } else if (c.accept("MATERIALIZED"_kw, "VIEW"_kw)) {
    // As SHOW CREATE TABLE of the table that holds the rows; ON t: a view kept with t.
    show.what = What::kFamily;
    show.family = "CREATE MATERIALIZED VIEW";
    show.words = TRY(parse_name(c, "a materialized view"));
    if (c.accept(TokenKind::kDot)) {
      show.object.database = std::move(show.words);
      show.words = TRY(parse_name_after_dot(c, "a materialized view"));
    }
    if (c.accept("ON"_kw)) show.object = TRY(parse_qualified_name(c, "a table name"));
  } else if (c.accept("USER"_kw)) {
    show.what = What::kCreateUser;
    show.account = TRY(parse_account(c));
  } else {
    return c.unsupported("SHOW CREATE " + std::string(c.text(c.peek())));
  }
  return {};
}

// SHOW GRANTS [FOR account]
Parsed<void> parse_show_grants(ParseContext& c, ShowStatement& show) {
  show.what = What::kGrants;
  if (!c.accept("FOR"_kw)) return {};
  show.account = TRY(parse_account(c));
  return {};
}

// COUNT(*) WARNINGS|ERRORS
Parsed<void> parse_show_count(ParseContext& c, ShowStatement& show) {
  TRY(c.expect(TokenKind::kLeftParen, "'(*)'"));
  TRY(c.expect(TokenKind::kStar, "'*'"));
  TRY(c.expect(TokenKind::kRightParen, "')'"));
  bool warnings = c.accept("WARNINGS"_kw);
  if (!warnings) TRY(c.expect("ERRORS"_kw));
  show.what = warnings ? What::kCountWarnings : What::kCountErrors;
  return {};
}

// Kinds that take FROM database and a filter.
std::optional<What> database_kind(ParseContext& c) {
  switch (c.peek().keyword) {
    case "TABLES"_kw:
      return What::kTables;
    case "TRIGGERS"_kw:
      return What::kTriggers;
    case "EVENTS"_kw:
      return What::kEvents;
    default:
      break;
  }
  bool status = c.is("STATUS"_kw, 1);
  std::optional<What> two_words;
  if (c.is("TABLE"_kw) && status) two_words = What::kTableStatus;
  if (c.is("OPEN"_kw) && c.is("TABLES"_kw, 1)) two_words = What::kOpenTables;
  if (c.is("PROCEDURE"_kw) && status) two_words = What::kProcedureStatus;
  if (c.is("FUNCTION"_kw) && status) two_words = What::kFunctionStatus;
  if (two_words) c.advance();  // the caller goes over the last word
  return two_words;
}

// Kinds of one word that take a filter at most.
std::optional<What> plain_kind(const ParseContext& c) {
  switch (c.peek().keyword) {
    case "DATABASES"_kw:
    case "SCHEMAS"_kw:
      return What::kDatabases;
    case "VARIABLES"_kw:
      return What::kVariables;
    case "STATUS"_kw:
      return What::kStatus;
    case "ENGINES"_kw:
      return What::kEngines;
    case "CHARSET"_kw:
      return What::kCharset;
    case "COLLATION"_kw:
      return What::kCollation;
    case "WARNINGS"_kw:
      return What::kWarnings;
    case "ERRORS"_kw:
      return What::kErrors;
    case "PLUGINS"_kw:
      return What::kPlugins;
    case "PRIVILEGES"_kw:
      return What::kPrivileges;
    case "PROCESSLIST"_kw:
      return What::kProcesslist;
    case "CATALOGS"_kw:
      return What::kCatalogs;
    default:
      return std::nullopt;
  }
}

Parsed<void> parse_other(ParseContext& c, ShowStatement& show) {
  for (size_t i = 0; !c.at_end(); ++i, c.advance()) {
    if (i >= 8 || !c.is(TokenKind::kWord)) continue;
    if (!show.words.empty()) show.words += ' ';
    show.words += duckdb::StringUtil::Upper(std::string(c.text(c.peek())));
  }
  if (show.words.empty()) return c.expected("what to show");
  return {};
}

Parsed<void> parse_show_kind(ParseContext& c, ShowStatement& show) {
  if (auto kind = database_kind(c)) {
    show.what = *kind;
    c.advance();
    TRY(parse_from_database(c, show));
    return parse_show_filter(c, show);
  }
  if (auto kind = plain_kind(c)) {
    show.what = *kind;
    c.advance();
    if (*kind == What::kDatabases && (c.accept("FROM"_kw) || c.accept("IN"_kw))) {
      show.object.catalog = TRY(parse_name(c, "a catalog name"));
    }
    return parse_show_filter(c, show);
  }
  if (c.is("ROW"_kw) && c.is_word("POLICY", 1)) return parse_show_row_policies(c, show);
  if (c.is("ALL"_kw) && c.is("GRANTS"_kw, 1)) {
    c.advance();
    show.full = true;
  }
  if (TRY(parse_show_family(c, show))) return {};
  switch (c.peek().keyword) {
    case "CREATE"_kw:
      c.advance();
      return parse_show_create(c, show);
    case "GRANTS"_kw:
      c.advance();
      return parse_show_grants(c, show);
    case "COUNT"_kw:
      c.advance();
      return parse_show_count(c, show);
    case "COLUMNS"_kw:
    case "FIELDS"_kw:
      c.advance();
      show.what = What::kColumns;
      TRY(parse_from_table(c, show));
      return parse_show_filter(c, show);
    case "INDEX"_kw:
    case "INDEXES"_kw:
    case "KEYS"_kw:
    case "KEY"_kw:
      c.advance();
      show.what = What::kIndex;
      TRY(parse_from_table(c, show));
      return parse_show_filter(c, show);
    case "TEMPORARY"_kw:
    case "PARTITIONS"_kw:
      if (c.is("TEMPORARY"_kw) && !c.is("PARTITIONS"_kw, 1)) return parse_other(c, show);
      show.full = c.accept("TEMPORARY"_kw);  // the temporary ones
      c.advance();
      show.what = What::kPartitions;
      TRY(parse_from_table(c, show));
      TRY(parse_show_filter(c, show));
      if (c.is("ORDER"_kw) || c.is("LIMIT"_kw)) skip_to_end(c);
      return {};
    case "CHARACTER"_kw:
      c.advance();
      TRY(c.expect("SET"_kw));
      show.what = What::kCharset;
      return parse_show_filter(c, show);
    case "STORAGE"_kw:
      if (!c.is("ENGINES"_kw, 1)) return parse_other(c, show);
      c.advance();
      c.advance();
      show.what = What::kEngines;
      return {};
    case "MASTER"_kw:
      if (!c.is("STATUS"_kw, 1)) return parse_other(c, show);
      c.advance();
      c.advance();
      show.what = What::kMasterStatus;
      return {};
    case "FUNCTIONS"_kw:
      c.advance();
      show.what = What::kFunctions;
      TRY(parse_from_database(c, show));
      return parse_show_filter(c, show);
    default:
      return parse_other(c, show);
  }
}

// The words between EXPLAIN and the statement.
Parsed<ExplainStatement::Form> parse_explain_form(ParseContext& c) {
  using Form = ExplainStatement::Form;
  Form form = Form::kPlan;
  bool planned = false;  // the word before PLAN was read
  for (;;) {
    Form next = form;
    switch (c.peek().keyword) {
      case "ANALYZE"_kw:
        next = Form::kAnalyze;
        break;
      case "VERBOSE"_kw:
        next = Form::kVerbose;
        break;
      case "GRAPH"_kw:
        next = Form::kGraph;
        break;
      case "TREE"_kw:
        next = Form::kTree;
        break;
      case "SHAPE"_kw:
        next = Form::kShape;
        break;
      case "PARSED"_kw:
        next = Form::kAnalyzed;
        break;
      case "LOGICAL"_kw:
      case "REWRITTEN"_kw:
        next = Form::kRewritten;
        break;
      case "OPTIMIZED"_kw:
      case "PHYSICAL"_kw:
        next = Form::kPhysical;
        break;
      case "MEMO"_kw:
        next = Form::kMemo;
        break;
      case "EXTENDED"_kw:
      case "PARTITIONS"_kw:
      case "PROCESS"_kw:
      case "PLAN"_kw:
        break;
      case "FORMAT"_kw: {
        c.advance();
        TRY(c.expect(TokenKind::kEqual, "'='"));
        const std::string format = duckdb::StringUtil::Upper(TRY(parse_name_or_string(c, "a format")));
        if (form == Form::kAnalyze) continue;
        if (format == "JSON") form = Form::kJson;
        if (format == "TREE") form = Form::kTree;
        continue;
      }
      default:
        if (!c.is("PLAN"_kw, 1)) return form;
        if (c.is_word("ANALYZED"))
          next = Form::kAnalyzed;
        else if (c.is_word("DISTRIBUTED"))
          next = Form::kDistributed;
        else if (c.is("ALL"_kw))
          next = Form::kAll;
        else if (!c.is_word("DUMP"))
          return form;
        break;
    }
    // A table may have such a name: EXPLAIN plan.
    if (c.is(TokenKind::kEnd, 1) || c.is(TokenKind::kSemicolon, 1)) return form;
    // EXPLAIN SHAPE PLAN VERBOSE: the kind of plan counts.
    if (!planned || next == Form::kAnalyze) form = next;
    planned = planned || c.is("PLAN"_kw, 1);
    c.advance();
  }
}

}  // namespace

Body parse_show(ParseContext& c) {
  c.advance();
  ShowStatement show;
  for (;;) {
    if (c.accept("FULL"_kw))
      show.full = true;
    else if (c.accept("GLOBAL"_kw))
      show.scope = VariableScope::kGlobal;
    else if (!c.accept("SESSION"_kw) && !c.accept("LOCAL"_kw) && !c.accept("EXTENDED"_kw))
      break;
  }
  TRY(parse_show_kind(c, show));
  return show;
}

Body parse_describe(ParseContext& c) {
  c.advance();
  const ExplainStatement::Form form = TRY(parse_explain_form(c));
  bool statement = c.is(TokenKind::kLeftParen) ||
                   c.is_any("SELECT"_kw, "WITH"_kw, "VALUES"_kw, "INSERT"_kw, "REPLACE"_kw, "UPDATE"_kw, "DELETE"_kw) ||
                   (c.is("CREATE"_kw) && c.is("TABLE"_kw, 1));
  if (statement) {
    StatementBody inner = TRY(parse_statement(c));
    if (auto* outfile = std::get_if<OutfileStatement>(&inner)) {
      ExplainStatement explain;
      explain.form = form;
      explain.tree = std::move(outfile->query);
      return explain;
    }
    auto* kernel = std::get_if<KernelStatement>(&inner);
    if (!kernel) return c.unsupported("EXPLAIN of this statement");
    ExplainStatement explain;
    explain.form = form;
    explain.tree = std::move(kernel->tree);
    // INSERT OVERWRITE: rows leave before those of the INSERT come.
    for (auto& other : kernel->rest) {
      if (other->type == duckdb::StatementType::INSERT_STATEMENT) explain.tree = std::move(other);
    }
    return explain;
  }
  if (c.is("FOR"_kw) && c.is("CONNECTION"_kw, 1)) return c.unsupported("EXPLAIN FOR CONNECTION");
  if (c.is("FUNCTION"_kw) && at_name(c, 1) && c.is(TokenKind::kLeftParen, 2)) {
    c.advance();
    ShowStatement show;
    show.what = ShowStatement::What::kFunctionType;
    show.query = TRY(parse_function_as_query(c));
    return show;
  }
  c.accept("TABLE"_kw);
  ShowStatement show;
  show.what = ShowStatement::What::kColumns;
  show.describe = true;
  show.object = TRY(parse_qualified_name(c, "a table name or a query"));
  if (c.accept("PARTITION"_kw) || c.accept("PARTITIONS"_kw)) TRY(parse_name_list(c));
  if (c.accept("ALL"_kw)) {
    show.what = ShowStatement::What::kAllIndexes;
    return show;
  }
  // DESC t column | 'pattern'
  if (c.is(TokenKind::kString) || at_name(c)) show.like = TRY(parse_name_or_string(c, "a column name"));
  return show;
}

}  // namespace sluice::dialect
