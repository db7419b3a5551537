// SPDX-License-Identifier: Apache-2.0
#include "dialect/locate.h"

#include "duckdb/parser/parsed_expression_iterator.hpp"

namespace sluice::dialect {

void locate(duckdb::ParsedExpression& tree, size_t offset) {
  if (tree.GetQueryLocation().IsValid()) return;
  switch (tree.GetExpressionClass()) {
    case duckdb::ExpressionClass::COLUMN_REF:
    case duckdb::ExpressionClass::STAR:
      return;
    case duckdb::ExpressionClass::CONSTANT:
    case duckdb::ExpressionClass::PARAMETER:
      tree.SetQueryLocation(offset);
      return;
    default:
      break;
  }
  tree.SetQueryLocation(offset);
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      tree, [offset](duckdb::ParsedExpression& child) { locate(child, offset); });
}

}  // namespace sluice::dialect
