// SPDX-License-Identifier: Apache-2.0
// BEGIN, COMMIT, ROLLBACK, and savepoints.
#include "dialect/names.h"
#include "dialect/statements.h"

namespace sluice::dialect {

Body parse_begin(ParseContext& c) {
  TransactionStatement begin;
  bool start = c.is("START"_kw);
  c.advance();
  if (start) {
    TRY(c.expect("TRANSACTION"_kw));
    do {
      if (c.accept("WITH"_kw)) {
        TRY(c.expect("CONSISTENT"_kw));
        TRY(c.expect("SNAPSHOT"_kw));
      } else if (c.accept("READ"_kw)) {
        begin.read_only = c.accept("ONLY"_kw);
        if (!*begin.read_only) TRY(c.expect("WRITE"_kw));
      }
    } while (c.accept(TokenKind::kComma));
  } else {
    if (!c.accept("WORK"_kw)) c.accept("TRANSACTION"_kw);
    if (c.accept("WITH"_kw, "LABEL"_kw)) TRY(parse_name(c, "a label"));
  }
  return begin;
}

Body parse_end_of_transaction(ParseContext& c, TransactionStatement::What what) {
  c.advance();
  c.accept("WORK"_kw);
  if (what == TransactionStatement::What::kRollback && c.accept("TO"_kw)) {
    c.accept("SAVEPOINT"_kw);
    return SavepointStatement{SavepointStatement::What::kRollback, TRY(parse_name(c, "a savepoint"))};
  }
  TransactionStatement end;
  end.what = what;
  if (c.accept("AND"_kw)) {
    end.chain = !c.accept("NO"_kw);
    TRY(c.expect("CHAIN"_kw));
  }
  const bool no = c.accept("NO"_kw);
  if (c.is("RELEASE"_kw) && !no) return c.unsupported("COMMIT RELEASE");
  c.accept("RELEASE"_kw);
  return end;
}

Body parse_savepoint(ParseContext& c) {
  c.advance();
  return SavepointStatement{SavepointStatement::What::kSet, TRY(parse_name(c, "a savepoint"))};
}

Body parse_release_savepoint(ParseContext& c) {
  c.advance();
  TRY(c.expect("SAVEPOINT"_kw));
  return SavepointStatement{SavepointStatement::What::kRelease, TRY(parse_name(c, "a savepoint"))};
}

}  // namespace sluice::dialect
