// SPDX-License-Identifier: Apache-2.0
// The statements about materialised views: those kept with one table (CREATE MATERIALIZED VIEW v AS ..) and those with
// rows of their own (.. BUILD .. REFRESH ..).
#include "dialect/expression.h"
#include "dialect/names.h"
#include "dialect/query.h"
#include "dialect/statements.h"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "duckdb/parser/query_node/list.hpp"
#include "duckdb/parser/tableref/list.hpp"

namespace sluice::dialect {
namespace {

using View = MaterializedViewStatement;
using What = View::What;

// The tables that a query reads, at any depth; names that WITH defines among them (harmless: no such table).
class SourceTables {
 public:
  explicit SourceTables(std::vector<QualifiedName>& found) : found_(found) {}
  void visit(duckdb::QueryNode& node) {
    duckdb::ParsedExpressionIterator::EnumerateQueryNodeChildren(
        node, [&](duckdb::unique_ptr<duckdb::ParsedExpression>& child) { visit(*child); },
        [&](duckdb::TableRef& table) { visit(table); });
  }

 private:
  void visit(duckdb::ParsedExpression& expression) {
    if (expression.GetExpressionClass() == duckdb::ExpressionClass::SUBQUERY) {
      visit(*expression.Cast<duckdb::SubqueryExpression>().subquery->node);
    }
    duckdb::ParsedExpressionIterator::EnumerateChildren(
        expression, [&](duckdb::unique_ptr<duckdb::ParsedExpression>& child) { visit(*child); });
  }
  void visit(duckdb::TableRef& table) {
    if (table.type != duckdb::TableReferenceType::BASE_TABLE) return;
    const auto& base = table.Cast<duckdb::BaseTableRef>();
    found_.push_back({base.catalog_name, base.schema_name, base.table_name});
  }
  std::vector<QualifiedName>& found_;
};

// (a [COMMENT 'x'], b, ..)
Parsed<std::vector<View::Column>> parse_columns(ParseContext& c) {
  std::vector<View::Column> columns;
  TRY(c.expect(TokenKind::kLeftParen, "'(' and columns"));
  do {
    View::Column& column = columns.emplace_back();
    column.name = TRY(parse_name(c, "a column name"));
    if (c.accept("COMMENT"_kw)) column.comment = TRY(parse_string(c, "a comment"));
  } while (c.accept(TokenKind::kComma));
  TRY(c.expect(TokenKind::kRightParen, "',' or ')'"));
  return columns;
}

// REFRESH AUTO|COMPLETE|NEVER, ON MANUAL|COMMIT|SCHEDULE EVERY n unit [STARTS 't']
Parsed<void> parse_refresh(ParseContext& c, View& view) {
  if (c.accept("REFRESH"_kw)) {
    for (const char* word : {"AUTO", "COMPLETE", "NEVER"}) {
      if (c.accept_word(word)) view.refresh = word;
    }
  }
  if (!c.accept("ON"_kw)) return {};
  if (c.accept_word("MANUAL")) {
    view.trigger = "ON MANUAL";
  } else if (c.accept("COMMIT"_kw)) {
    view.trigger = "ON COMMIT";
  } else if (c.accept_word("SCHEDULE")) {
    if (!c.is_word("EVERY")) return c.expected("EVERY");
    const Schedule schedule = TRY(parse_schedule(c));
    if (!schedule.ends.empty()) return c.unsupported("ENDS in the schedule of a materialized view");
    view.trigger = "ON SCHEDULE EVERY " + std::to_string(schedule.every) + " " + schedule.unit;
    if (!schedule.starts.empty()) view.trigger += " STARTS \"" + schedule.starts + "\"";
    view.schedule = schedule;
  } else {
    return c.expected("MANUAL, COMMIT or SCHEDULE");
  }
  return {};
}

Parsed<void> parse_storage(ParseContext& c, View& view) {
  for (;;) {
    const size_t first = c.mark();
    if (c.accept("DUPLICATE"_kw, "KEY"_kw) || c.accept("KEY"_kw)) {
      const size_t list = c.mark();
      TRY(parse_name_list(c));
      view.keys = "DUPLICATE KEY " + std::string(c.text_since(list));
    } else if (c.accept("COMMENT"_kw)) {
      view.comment = TRY(parse_string(c, "a comment"));
    } else if (c.accept("PARTITION"_kw, "BY"_kw)) {
      TRY(c.expect(TokenKind::kLeftParen, "'('"));
      const size_t inside = c.mark();
      TRY(parse_expression(c));
      view.partition = std::string(c.text_since(inside));
      TRY(c.expect(TokenKind::kRightParen, "')'"));
    } else if (c.accept("DISTRIBUTED"_kw, "BY"_kw)) {
      if (c.accept("HASH"_kw))
        TRY(parse_name_list(c));
      else
        TRY(c.expect("RANDOM"_kw));
      if (c.accept("BUCKETS"_kw) && !c.accept("AUTO"_kw)) TRY(parse_unsigned(c, "a number of buckets"));
      view.distribution = std::string(c.text_since(first));
    } else if (c.is("PROPERTIES"_kw)) {
      view.properties = TRY(parse_properties(c));
    } else {
      return {};
    }
  }
}

Parsed<void> check_properties(ParseContext& c, const View& view) {
  for (const auto& [name, value] : view.properties) {
    const bool sequence = name == "function_column.sequence_col" || name == "function_column.sequence_type";
    if (!sequence && !name.starts_with("dynamic_partition.")) continue;
    return c.failure(sql_error(
        Code::kInvalidArgument, 1105,
        "errCode = 2, detailMessage = " + (sequence ? std::string("sequence column only support UNIQUE_KEYS")
                                                    : "a materialized view has no dynamic partitions: " + name)));
  }
  return {};
}

// Calls whose answer is another one each time, in the text from token `first` to the cursor.
Parsed<void> check_calls(ParseContext& c, size_t first) {
  static constexpr const char* kChanging[] = {"now",  "current_time", "current_date",   "utc_timestamp",
                                              "uuid", "random",       "unix_timestamp", "curdate"};
  for (size_t i = first; i + 1 < c.mark(); ++i) {
    if (c.peek_at(i).kind != TokenKind::kWord || c.peek_at(i + 1).kind != TokenKind::kLeftParen) continue;
    for (const char* name : kChanging) {
      if (!duckdb::StringUtil::CIEquals(c.name_at(i), name)) continue;
      return c.failure(sql_error(
          Code::kInvalidArgument, 1105,
          std::string("errCode = 2, detailMessage = The materialized view contain ") + name + " is disallowed"));
    }
  }
  return {};
}

Parsed<void> check_one_table(ParseContext& c, View& view) {
  const auto refuse = [&](const char* sentence) {
    return c.failure(sql_error(Code::kInvalidArgument, 1105, std::string("errCode = 2, detailMessage = ") + sentence));
  };
  auto& node = *view.query->Cast<duckdb::SelectStatement>().node;
  if (node.type != duckdb::QueryNodeType::SELECT_NODE)
    return refuse("A materialized view of one table is a plain SELECT; write BUILD and REFRESH for other queries");
  auto& select = node.Cast<duckdb::SelectNode>();
  if (!select.from_table || select.from_table->type != duckdb::TableReferenceType::BASE_TABLE)
    return refuse("The materialized view only support one table in from clause.");
  if (!select.from_table->alias.empty()) return refuse("The materialized view not support table with alias.");
  if (select.having) return refuse("The having clause is not supported in add materialized view clause");
  for (const auto& modifier : node.modifiers) {
    if (modifier->type == duckdb::ResultModifierType::LIMIT_MODIFIER)
      return refuse("The limit clause is not supported in add materialized view clause");
  }
  for (const auto& column : select.select_list) {
    if (column->GetExpressionClass() == duckdb::ExpressionClass::STAR)
      return refuse("The materialized view not support select star");
  }
  const auto& base = select.from_table->Cast<duckdb::BaseTableRef>();
  view.table = QualifiedName{base.catalog_name, base.schema_name, base.table_name};
  return {};
}

}  // namespace

Body parse_create_materialized_view(ParseContext& c, bool or_replace) {
  View view;
  view.or_replace = or_replace;
  view.if_not_exists = TRY(parse_if_not_exists(c));
  view.name = TRY(parse_qualified_name(c, "a name for the materialized view"));
  const size_t options = c.mark();
  if (c.is(TokenKind::kLeftParen)) view.columns = TRY(parse_columns(c));
  if (c.accept("BUILD"_kw)) {
    const bool now = c.accept_word("IMMEDIATE");
    if (!now && !c.accept_word("DEFERRED")) return c.expected("IMMEDIATE or DEFERRED");
    view.build = now ? "IMMEDIATE" : "DEFERRED";
  }
  TRY(parse_refresh(c, view));
  TRY(parse_storage(c, view));
  const bool plain = c.mark() == options;
  TRY(c.expect("AS"_kw));
  const size_t first = c.mark();
  view.query = TRY(parse_query(c));
  view.query_text = std::string(c.text_since(first));
  if (plain) TRY(check_calls(c, first));
  if (c.is("PROPERTIES"_kw)) view.properties = TRY(parse_properties(c));
  SourceTables(view.sources).visit(*view.query->Cast<duckdb::SelectStatement>().node);
  view.what = plain ? What::kCreateSync : What::kCreateAsync;
  if (plain)
    TRY(check_one_table(c, view));
  else
    TRY(check_properties(c, view));
  if (view.build.empty()) view.build = "IMMEDIATE";
  if (view.refresh.empty()) view.refresh = "AUTO";
  if (view.trigger.empty()) view.trigger = "ON MANUAL";
  return view;
}

Body parse_alter_materialized_view(ParseContext& c) {
  View view;
  view.name = TRY(parse_qualified_name(c, "a materialized view"));
  if (c.accept("RENAME"_kw)) {
    view.what = What::kRename;
    if (!c.accept("TO"_kw)) c.accept("AS"_kw);
    view.other = TRY(parse_qualified_name(c, "the new name"));
  } else if (c.accept("SET"_kw)) {
    view.what = What::kSetProperties;
    view.properties = TRY(parse_property_list(c));
  } else if (c.accept("REPLACE"_kw)) {
    view.what = What::kReplaceWith;
    TRY(c.expect("WITH"_kw));
    TRY(c.expect("MATERIALIZED"_kw));
    TRY(c.expect("VIEW"_kw));
    view.other = TRY(parse_qualified_name(c, "a materialized view"));
    if (c.is("PROPERTIES"_kw)) view.properties = TRY(parse_properties(c));
    for (const auto& [key, value] : view.properties) {
      if (key == "swap") view.swap = !duckdb::StringUtil::CIEquals(value, "false");
    }
  } else {
    view.what = What::kSetRefresh;
    if (!c.is("REFRESH"_kw) && !c.is("ON"_kw)) return c.expected("RENAME, REFRESH, SET or REPLACE WITH");
    TRY(parse_refresh(c, view));
  }
  return view;
}

Body parse_drop_materialized_view(ParseContext& c) {
  View view;
  view.what = What::kDrop;
  view.if_exists = TRY(parse_if_exists(c));
  view.name = TRY(parse_qualified_name(c, "a materialized view"));
  if (c.accept("ON"_kw)) view.table = TRY(parse_qualified_name(c, "a table name"));
  return view;
}

Body parse_refresh_materialized_view(ParseContext& c) {
  View view;
  view.what = What::kRefresh;
  view.name = TRY(parse_qualified_name(c, "a materialized view"));
  if (c.accept("PARTITION"_kw) || c.accept("PARTITIONS"_kw)) {
    view.partitions = TRY(parse_name_list(c));
    view.refresh = "PARTITIONS";
  } else if (c.accept_word("COMPLETE")) {
    view.refresh = "COMPLETE";
  } else {
    c.accept("AUTO"_kw);
    view.refresh = "AUTO";
  }
  return view;
}

Body parse_materialized_view_job(ParseContext& c, What what) {
  View view;
  view.what = what;
  if (what == What::kCancel) view.task = TRY(parse_unsigned(c, "the number of a task"));
  TRY(c.expect("ON"_kw));
  view.name = TRY(parse_qualified_name(c, "a materialized view"));
  return view;
}

}  // namespace sluice::dialect
