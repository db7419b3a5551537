// SPDX-License-Identifier: Apache-2.0
// UNION, INTERSECT, EXCEPT and MINUS, and whose ORDER BY and LIMIT is which.
#include "dialect/query.h"

namespace sluice::dialect {
namespace {

struct SetOperator {
  duckdb::SetOperationType type = duckdb::SetOperationType::NONE;
  bool all = false;
};

duckdb::SetOperationType set_operation_at(const ParseContext& c) {
  switch (c.peek().keyword) {
    case "UNION"_kw:
      return duckdb::SetOperationType::UNION;
    case "EXCEPT"_kw:
    case "MINUS"_kw:
      return duckdb::SetOperationType::EXCEPT;
    case "INTERSECT"_kw:
      return duckdb::SetOperationType::INTERSECT;
    default:
      return duckdb::SetOperationType::NONE;
  }
}

Parsed<SetOperator> parse_set_operator(ParseContext& c) {
  SetOperator result{set_operation_at(c), false};
  c.advance();
  if (c.is("ALL"_kw) && result.type != duckdb::SetOperationType::UNION)
    return c.unsupported("ALL after INTERSECT, EXCEPT or MINUS");
  if (c.accept("ALL"_kw))
    result.all = true;
  else
    c.accept("DISTINCT"_kw);
  return result;
}

// Joins `left` and `right`; a chain of equal UNIONs stays one node.
Parsed<NodePtr> combine(ParseContext& c, NodePtr left, NodePtr right, SetOperator op,
                        duckdb::SetOperationNode*& chain) {
  if (chain && chain == left.get() && op.type == duckdb::SetOperationType::UNION && chain->setop_type == op.type &&
      chain->setop_all == op.all) {
    chain->children.push_back(std::move(right));
    return left;
  }
  TRY(c.add_level());
  auto node = duckdb::make_uniq<duckdb::SetOperationNode>();
  node->setop_type = op.type;
  node->setop_all = op.all;
  node->children.push_back(std::move(left));
  node->children.push_back(std::move(right));
  chain = node.get();
  return node;
}

// Whether the ORDER BY or LIMIT at the cursor, after a SELECT of a set operation, is that SELECT's own: in Doris it is,
// also after the last one. There an ORDER BY without LIMIT says nothing; it is taken for the whole, as in MySQL.
bool limits_one_select(const ParseContext& c) {
  size_t depth = 0;
  for (size_t ahead = 0;; ++ahead) {
    switch (c.peek(ahead).kind) {
      case TokenKind::kLeftParen:
        ++depth;
        continue;
      case TokenKind::kRightParen:
        if (depth == 0) return false;
        --depth;
        continue;
      case TokenKind::kEnd:
      case TokenKind::kSemicolon:
        return false;
      default:
        break;
    }
    if (depth > 0) continue;
    switch (c.peek(ahead).keyword) {
      case "LIMIT"_kw:
      case "UNION"_kw:
      case "EXCEPT"_kw:
      case "MINUS"_kw:
      case "INTERSECT"_kw:
        return true;
      default:
        break;
    }
  }
}

// A term of a set operation behind its operator.
Parsed<NodePtr> parse_right_term(ParseContext& c) {
  const bool select = c.is("SELECT"_kw);
  NodePtr node = TRY(parse_term(c));
  if (select && (c.is("ORDER"_kw) || c.is("LIMIT"_kw)) && limits_one_select(c))
    return parse_modifiers(c, std::move(node));
  return node;
}

// INTERSECT binds tighter than UNION and EXCEPT.
Parsed<NodePtr> continue_intersect(ParseContext& c, NodePtr left) {
  duckdb::SetOperationNode* chain = nullptr;
  while (set_operation_at(c) == duckdb::SetOperationType::INTERSECT) {
    SetOperator op = TRY(parse_set_operator(c));
    NodePtr right = TRY(parse_right_term(c));
    left = TRY(combine(c, std::move(left), std::move(right), op, chain));
  }
  return left;
}

Parsed<NodePtr> continue_set_operations(ParseContext& c, NodePtr left) {
  left = TRY(continue_intersect(c, std::move(left)));
  duckdb::SetOperationNode* chain = nullptr;
  while (set_operation_at(c) != duckdb::SetOperationType::NONE) {
    SetOperator op = TRY(parse_set_operator(c));
    NodePtr right = TRY(parse_right_term(c));
    right = TRY(continue_intersect(c, std::move(right)));
    left = TRY(combine(c, std::move(left), std::move(right), op, chain));
  }
  return left;
}

}  // namespace

bool at_query_continuation(const ParseContext& c) {
  return set_operation_at(c) != duckdb::SetOperationType::NONE || c.is("ORDER"_kw) || c.is("LIMIT"_kw);
}

Parsed<NodePtr> continue_query(ParseContext& c, NodePtr first) {
  NodePtr node = TRY(continue_set_operations(c, std::move(first)));
  node = TRY(parse_modifiers(c, std::move(node)));
  if (set_operation_at(c) == duckdb::SetOperationType::NONE) return node;
  // What was limited is the first SELECT.
  node = TRY(continue_set_operations(c, std::move(node)));
  return parse_modifiers(c, std::move(node));
}

}  // namespace sluice::dialect
