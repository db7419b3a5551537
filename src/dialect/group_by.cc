// SPDX-License-Identifier: Apache-2.0
// GROUP BY with its grouping sets. The list of sets is the cross product of what each item gives, as in SQL.
#include "dialect/expression.h"
#include "dialect/query.h"
#include "duckdb/parser/parsed_expression_iterator.hpp"

namespace sluice::dialect {
namespace {

using duckdb::GroupingSet;
using Sets = duckdb::vector<GroupingSet>;

constexpr size_t kMaxSets = 4096;

void collect_columns(const duckdb::ParsedExpression& expression, duckdb::case_insensitive_set_t& columns) {
  if (expression.GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF)
    columns.insert(expression.Cast<duckdb::ColumnRefExpression>().GetColumnName());
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      expression, [&](const duckdb::ParsedExpression& child) { collect_columns(child, columns); });
}
duckdb::case_insensitive_set_t columns_of(const duckdb::ParsedExpression& expression) {
  duckdb::case_insensitive_set_t columns;
  collect_columns(expression, columns);
  return columns;
}

class Groups {
 public:
  explicit Groups(duckdb::SelectNode& select) : node_(select.groups), select_list_(select.select_list) {}

  // The number of `expression` among the group expressions; equal ones share it.
  size_t add(ExprPtr expression) {
    auto found = numbers_.find(*expression);
    if (found != numbers_.end()) return found->second;
    size_t number = node_.group_expressions.size();
    numbers_[*expression] = number;
    node_.group_expressions.push_back(std::move(expression));
    return number;
  }

  // The same in one of several sets: there an alias and the columns that it stands for are one. A name that is also one
  // of these columns is the column.
  size_t add_to_set(ExprPtr expression) {
    if (expression->GetExpressionClass() != duckdb::ExpressionClass::COLUMN_REF) return add(std::move(expression));
    const auto names = expression->Cast<duckdb::ColumnRefExpression>().column_names;
    for (const ExprPtr& item : select_list_) {
      if (names.size() > 1 || !item->HasAlias() || !duckdb::StringUtil::CIEquals(item->GetAlias(), names[0])) continue;
      const duckdb::case_insensitive_set_t columns = columns_of(*item);
      if (columns.empty() || columns.find(names[0]) != columns.end()) continue;
      expression = item->Copy();
      expression->ClearAlias();
      break;
    }
    return add(std::move(expression));
  }

 private:
  duckdb::GroupByNode& node_;
  const ExprList& select_list_;
  duckdb::parsed_expression_map_t<size_t> numbers_;
};

// a, or (a, b) as one element: the columns of one set.
Parsed<GroupingSet> parse_element(ParseContext& c, Groups& groups, bool in_sets) {
  GroupingSet set;
  if (c.is(TokenKind::kLeftParen) && c.is(TokenKind::kRightParen, 1)) {
    c.advance();
    c.advance();
    return set;
  }
  ExprPtr expression = TRY(parse_expression(c));
  bool row = expression->GetExpressionClass() == duckdb::ExpressionClass::FUNCTION &&
             expression->Cast<duckdb::FunctionExpression>().function_name == "row";
  if (row) {
    for (auto& child : expression->Cast<duckdb::FunctionExpression>().children)
      set.insert(in_sets ? groups.add_to_set(std::move(child)) : groups.add(std::move(child)));
  } else {
    set.insert(in_sets ? groups.add_to_set(std::move(expression)) : groups.add(std::move(expression)));
  }
  return set;
}

Parsed<Sets> rollup(ParseContext& c, const Sets& elements) {
  Sets sets;
  GroupingSet current;
  sets.push_back(current);
  for (const GroupingSet& element : elements) {
    current.insert(element.begin(), element.end());
    sets.push_back(current);
  }
  return sets;
}

Parsed<Sets> cube(ParseContext& c, const Sets& elements) {
  if (elements.size() > 12) return c.syntax_error("CUBE makes too many grouping sets");
  Sets sets;
  for (size_t mask = 0; mask < size_t{1} << elements.size(); ++mask) {
    GroupingSet set;
    for (size_t i = 0; i < elements.size(); ++i) {
      if (mask & size_t{1} << i) set.insert(elements[i].begin(), elements[i].end());
    }
    sets.push_back(std::move(set));
  }
  return sets;
}

Parsed<Sets> parse_item(ParseContext& c, Groups& groups, bool in_sets = false) {
  ParseContext::Nested nested(c);
  TRY(nested.check());
  bool is_rollup = c.is("ROLLUP"_kw) && c.is(TokenKind::kLeftParen, 1);
  bool is_cube = c.is("CUBE"_kw) && c.is(TokenKind::kLeftParen, 1);
  bool is_sets = c.is("GROUPING"_kw) && c.is("SETS"_kw, 1);
  Sets sets;
  if (!is_rollup && !is_cube && !is_sets) {
    sets.push_back(TRY(parse_element(c, groups, in_sets)));
    return sets;
  }
  c.advance();
  if (is_sets) c.advance();
  TRY(c.expect(TokenKind::kLeftParen, "'('"));
  do {
    if (is_sets) {
      Sets inner = TRY(parse_item(c, groups, true));
      sets.insert(sets.end(), inner.begin(), inner.end());
    } else {
      sets.push_back(TRY(parse_element(c, groups, true)));
    }
    if (sets.size() > kMaxSets) return c.syntax_error("there are too many grouping sets");
  } while (c.accept(TokenKind::kComma));
  TRY(c.expect(TokenKind::kRightParen, "',' or ')'"));
  if (is_rollup) return rollup(c, sets);
  if (is_cube) return cube(c, sets);
  return sets;
}

}  // namespace

Parsed<bool> parse_group_by(ParseContext& c, duckdb::SelectNode& select) {
  ParseContext::LiftScope off(c, ParseContext::LiftScope::Rule::kForbidInside);
  Groups groups(select);
  Sets all;
  Sets items;  // the items' own sets, for WITH ROLLUP
  bool sets = false;
  do {
    sets |= (c.is("ROLLUP"_kw) && c.is(TokenKind::kLeftParen, 1)) ||
            (c.is("CUBE"_kw) && c.is(TokenKind::kLeftParen, 1)) || (c.is("GROUPING"_kw) && c.is("SETS"_kw, 1));
    Sets item = TRY(parse_item(c, groups));
    if (item.size() == 1) items.push_back(item[0]);
    if (all.empty()) {
      all = std::move(item);
      continue;
    }
    if (all.size() * item.size() > kMaxSets) return c.syntax_error("there are too many grouping sets");
    Sets product;
    product.reserve(all.size() * item.size());
    for (const GroupingSet& left : all) {
      for (const GroupingSet& right : item) {
        product.push_back(left);
        product.back().insert(right.begin(), right.end());
      }
    }
    all = std::move(product);
  } while (c.accept(TokenKind::kComma));
  if (c.accept("WITH"_kw, "ROLLUP"_kw)) {
    all = TRY(rollup(c, items));
    sets = true;
  }
  select.groups.grouping_sets = std::move(all);
  return sets;
}

}  // namespace sluice::dialect
