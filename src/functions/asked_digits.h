// SPDX-License-Identifier: Apache-2.0
// Calls whose type follows the n of a DATETIME(n), as UNIX_TIMESTAMP's. That n is known once the whole plan is there,
// not yet while the call is bound: a statement is bound with n = 0 first, and once more when its plan shows others.
// Thread rule of the binder.
#pragma once

#include <vector>

#include "duckdb/main/client_context_state.hpp"
#include "functions/moment_digits.h"

namespace sluice::functions {

// Registered in the kernel's context.
class AskedDigits final : public duckdb::ClientContextState {
 public:
  static constexpr const char* kKey = "sluice_asked_digits";

  // Before a statement is bound. To bind it again costs a copy of its tree: not where that may be large.
  void begin(bool may_bind_again);

  // While a call is bound: its place among those that ask, always the same one, and the digits to take.
  struct Asked {
    size_t place;
    uint8_t digits;
  };
  Asked ask();
  // Of the bound plan.
  void answer(size_t place, uint8_t digits);
  // After all answers. Throws where the statement is to be bound again with them: then begin_again() is true, once.
  void settle() const;
  bool begin_again();

  // The kernel's way to bind again.
  bool CanRequestRebind() override { return may_bind_again_; }
  duckdb::RebindQueryInfo OnPlanningError(duckdb::ClientContext& context, duckdb::SQLStatement& statement,
                                          duckdb::ErrorData& error) override;

 private:
  bool may_bind_again_ = false;
  bool bind_again_ = false;
  size_t asked_ = 0;
  std::vector<uint8_t> digits_;  // by place; 0 beyond
};

// Makes a call of the digits of its argument, a DATETIME: make(0..6) gives a function of which the first argument, its
// own first argument, and so on come to that DATETIME.
BoundPtr bind_asking(duckdb::ClientContext& context, const std::function<BoundPtr(uint8_t digits)>& make);
// Answers for such calls inside of a bound plan's expression.
void answer_asked_digits(duckdb::Expression& expression, const MomentContext& known);

}  // namespace sluice::functions
