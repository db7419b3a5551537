// SPDX-License-Identifier: Apache-2.0
#include "functions/asked_digits.h"

#include <algorithm>

#include "duckdb/planner/expression/list.hpp"
#include "duckdb/planner/expression_iterator.hpp"

namespace sluice::functions {
namespace {

using duckdb::Expression;
using duckdb::ExpressionClass;

// The mark of a function that asked. Calls that are the same but for it are the same.
struct AskedPlace final : duckdb::FunctionData {
  explicit AskedPlace(size_t place) : place(place) {}
  duckdb::unique_ptr<FunctionData> Copy() const override { return duckdb::make_uniq<AskedPlace>(place); }
  bool Equals(const FunctionData&) const override { return true; }
  const size_t place;
};

// What a conversion or a call is made of first; null: it is neither.
const Expression* first_inside(const Expression& expression) {
  if (expression.GetExpressionClass() == ExpressionClass::BOUND_CAST)
    return expression.Cast<duckdb::BoundCastExpression>().child.get();
  if (expression.GetExpressionClass() != ExpressionClass::BOUND_FUNCTION) return nullptr;
  const auto& call = expression.Cast<duckdb::BoundFunctionExpression>();
  return call.children.empty() ? nullptr : call.children[0].get();
}

// Null: a constant has taken its place.
const Expression* moment_inside(const Expression& expression) {
  const Expression* at = &expression;
  while (at && count_moments(at->return_type) == 0) at = first_inside(*at);
  return at;
}

// The function below conversions; null: a constant.
duckdb::BoundFunctionExpression* function_of(Expression& expression) {
  Expression* at = &expression;
  while (at->GetExpressionClass() == ExpressionClass::BOUND_CAST)
    at = at->Cast<duckdb::BoundCastExpression>().child.get();
  if (at->GetExpressionClass() != ExpressionClass::BOUND_FUNCTION) return nullptr;
  return &at->Cast<duckdb::BoundFunctionExpression>();
}

}  // namespace

void AskedDigits::begin(bool may_bind_again) {
  may_bind_again_ = may_bind_again;
  bind_again_ = false;
  asked_ = 0;
  digits_.clear();
}

AskedDigits::Asked AskedDigits::ask() {
  const size_t place = asked_++;
  return {place, place < digits_.size() ? digits_[place] : uint8_t{0}};
}

void AskedDigits::answer(size_t place, uint8_t digits) {
  if (!may_bind_again_) return;
  digits_.resize(std::max(digits_.size(), place + 1));
  bind_again_ = bind_again_ || digits > digits_[place];
  digits_[place] = std::max(digits_[place], digits);
}

void AskedDigits::settle() const {
  if (bind_again_)
    throw duckdb::BinderException("The digits of a DATETIME are known after the call that asked for them");
}

bool AskedDigits::begin_again() {
  if (!bind_again_) return false;
  may_bind_again_ = false;
  bind_again_ = false;
  asked_ = 0;
  return true;
}

duckdb::RebindQueryInfo AskedDigits::OnPlanningError(duckdb::ClientContext&, duckdb::SQLStatement&,
                                                     duckdb::ErrorData&) {
  return begin_again() ? duckdb::RebindQueryInfo::ATTEMPT_TO_REBIND : duckdb::RebindQueryInfo::DO_NOT_REBIND;
}

BoundPtr bind_asking(duckdb::ClientContext& context, const std::function<BoundPtr(uint8_t digits)>& make) {
  const auto asked_digits = context.registered_state->Get<AskedDigits>(AskedDigits::kKey);
  if (!asked_digits) return make(0);
  const AskedDigits::Asked asked = asked_digits->ask();
  BoundPtr made = make(asked.digits);
  if (auto* call = function_of(*made)) call->bind_info = duckdb::make_uniq<AskedPlace>(asked.place);
  return made;
}

void answer_asked_digits(Expression& expression, const MomentContext& known) {
  duckdb::ExpressionIterator::EnumerateChildren(expression,
                                                [&](Expression& child) { answer_asked_digits(child, known); });
  if (expression.GetExpressionClass() != ExpressionClass::BOUND_FUNCTION) return;
  auto& call = expression.Cast<duckdb::BoundFunctionExpression>();
  const auto* asked = dynamic_cast<const AskedPlace*>(call.bind_info.get());
  if (!asked) return;
  const auto asked_digits = known.context.registered_state->Get<AskedDigits>(AskedDigits::kKey);
  const Expression* moment = moment_inside(call);
  if (asked_digits && moment) asked_digits->answer(asked->place, moment_digits(*moment, known)[0].value_or(uint8_t{0}));
  call.bind_info.reset();
}

}  // namespace sluice::functions
